/*
** stubx64.c - instructions of stubs for x86-64, System V.
**
**   rbx  L            rbp  the frame     [rsp ...]  see Frame
**   r12  the State    r13  stub_api
**
** See stubcode.h for what each of these functions is to do.
*/
#include "bind/stubcode.h"

#if defined(ABI_SYSV)

#include "bind/call.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R12 = 12, R13 };

static const unsigned char registers[] = {RDI, RSI, RDX, RCX, R8, R9};

/* ---- instructions ---- */

#define PUT(w, ...) \
  do { \
    static const unsigned char put[] = {__VA_ARGS__}; \
    stub_bytes((w)->code, put, sizeof put); \
  } while (0)

static void put_byte(Writer *w, unsigned byte) {
  stub_number(w->code, byte, 1);
}

/* mov $value, %reg */
static void load_constant(Writer *w, unsigned reg, uint64_t value) {
  if (value <= UINT32_MAX) {
    if (reg >= 8)
      put_byte(w, 0x41);
    put_byte(w, 0xb8 + (reg & 7));
    stub_number(w->code, value, 4);
    return;
  }
  put_byte(w, reg >= 8 ? 0x49 : 0x48);
  put_byte(w, 0xb8 + (reg & 7));
  stub_number(w->code, value, 8);
}

static void load_pointer(Writer *w, unsigned reg, const void *pointer) {
  load_constant(w, reg, (uintptr_t)pointer);
}

/* The operand (base + distance), behind an opcode; `reg` is the other one. */
static void operand(Writer *w, unsigned reg, unsigned base,
                    unsigned distance) {
  bool small = distance < 128;
  put_byte(w, (small ? 0x40u : 0x80u) | (reg & 7) << 3 | (base & 7));
  if ((base & 7) == RSP)
    put_byte(w, 0x24);
  stub_number(w->code, distance, small ? 1 : 4);
}

/* One with a 64-bit register: mov is 0x8b to it, 0x89 from it, lea 0x8d. */
static void wide(Writer *w, unsigned opcode, unsigned reg, unsigned base,
                 unsigned distance) {
  put_byte(w, 0x48u | (reg >= 8 ? 4u : 0u) | (base >= 8 ? 1u : 0u));
  put_byte(w, opcode);
  operand(w, reg, base, distance);
}

#define LOAD 0x8b
#define STORE 0x89
#define ADDRESS 0x8d

/* The same with xmm0 to xmm7, as a double (0xf2) or a float (0xf3). */
static void floating(Writer *w, unsigned prefix, unsigned opcode,
                     unsigned reg, unsigned base, unsigned distance) {
  put_byte(w, prefix);
  put_byte(w, 0x0f);
  put_byte(w, opcode);
  operand(w, reg, base, distance);
}

#define FLOAT_LOAD 0x10
#define FLOAT_STORE 0x11

/* Jumps back to a place in the code that was written already. */
static void jump(Writer *w, size_t to) {
  put_byte(w, 0xe9);
  stub_number(w->code, to - (w->code->size + 4), 4);
}

enum { IF_ABOVE = 7, IF_EQUAL = 4, IF_NOT_EQUAL = 5 };

static void jump_if(Writer *w, unsigned condition, size_t to) {
  put_byte(w, 0x0f);
  put_byte(w, 0x80 | condition);
  stub_number(w->code, to - (w->code->size + 4), 4);
}

/* A short jump forward. */
static size_t jump_over(Writer *w, unsigned opcode) {
  put_byte(w, opcode);
  put_byte(w, 0);
  return w->code->size;
}

size_t emit_skip_unless(Writer *w, unsigned value) {
  PUT(w, 0x83, 0xf8);                           /* cmp $value, %eax */
  put_byte(w, value);
  return jump_over(w, 0x70 | IF_NOT_EQUAL);
}

size_t emit_skip(Writer *w) {
  return jump_over(w, 0xeb);
}

void emit_land(Writer *w, size_t skip) {
  if (skip <= sizeof w->code->bytes)
    w->code->bytes[skip - 1] = (unsigned char)(w->code->size - skip);
}

/* ---- Lua's API ---- */

void emit_argument(Writer *w, unsigned n, uint64_t value) {
  if (value != 0) {
    load_constant(w, registers[n], value);
    return;
  }
  PUT(w, 0x31);                                 /* xor %reg, %reg */
  put_byte(w, 0xc0u | registers[n] * 9u);
}

void emit_argument_place(Writer *w, unsigned n, unsigned place) {
  wide(w, ADDRESS, registers[n], RSP, place);
}

void emit_api(Writer *w, StubApi function) {
  PUT(w, 0x48, 0x89, 0xdf);                     /* mov %rbx, %rdi */
  PUT(w, 0x41, 0xff);                           /* call *(%r13 + ...) */
  operand(w, 2, R13, function * (unsigned)sizeof stub_api[0]);
}

void emit_keep(Writer *w, unsigned place) {
  wide(w, STORE, RAX, RSP, place);
}

/* ---- the frame ---- */

void emit_enter(Writer *w) {
  const State *s = w->callee->state;
  unsigned size = (w->frame.size + 15) / 16 * 16 + (w->calls ? 8 : 0);
  PUT(w, 0x55, 0x48, 0x89, 0xe5);               /* push %rbp, as frame */
  PUT(w, 0x53, 0x41, 0x54);                     /* push %rbx, %r12 */
  if (w->calls)
    PUT(w, 0x41, 0x55);                         /* push %r13 */
  PUT(w, 0x48, 0x81, 0xec);                     /* sub $size, %rsp */
  stub_number(w->code, size, 4);
  PUT(w, 0x48, 0x89, 0xfb);                     /* mov %rdi, %rbx */
  load_pointer(w, R12, s);
  if (w->calls)
    load_pointer(w, R13, stub_api);
  load_pointer(w, RAX, &w->callee->plugin->closed);
  PUT(w, 0x80, 0x38, 0x00);                     /* cmpb $0, (%rax) */
  jump_if(w, IF_NOT_EQUAL, w->restart);
}

static void leave(Writer *w) {
  PUT(w, 0x48, 0x8d, 0x65);                     /* lea -...(%rbp), %rsp */
  put_byte(w, w->calls ? 0xe8 : 0xf0);
  if (w->calls)
    PUT(w, 0x41, 0x5d);                         /* pop %r13 */
  PUT(w, 0x41, 0x5c, 0x5b, 0x5d);               /* pop %r12, %rbx, %rbp */
}

static void jump_to_function(Writer *w, StubFunction function) {
  load_constant(w, RAX, stub_address(function));
  PUT(w, 0xff, 0xe0);                           /* jmp *%rax */
}

void emit_ways_out(Writer *w, unsigned floats) {
  w->restart = w->code->size;
  PUT(w, 0x48, 0x89, 0xdf);                     /* mov %rbx, %rdi */
  load_pointer(w, RSI, w->callee);
  leave(w);
  jump_to_function(w, (StubFunction)fast_restart);
  w->finish = w->code->size;
  PUT(w, 0x48, 0x89, 0xdf);                     /* mov %rbx, %rdi */
  PUT(w, 0x48, 0x89, 0xd1);                     /* mov %rdx, %rcx */
  PUT(w, 0x48, 0x89, 0xc2);                     /* mov %rax, %rdx */
  load_pointer(w, RSI, w->callee);
  load_constant(w, R8, floats);
  leave(w);
  jump_to_function(w, (StubFunction)fast_finish);
}

/* ---- checks ---- */

void emit_restart_unless(Writer *w, unsigned value) {
  PUT(w, 0x83, 0xf8);                           /* cmp $value, %eax */
  put_byte(w, value);
  jump_if(w, IF_NOT_EQUAL, w->restart);
}

void emit_restart_if_zero(Writer *w) {
  PUT(w, 0x85, 0xc0);                           /* test %eax, %eax */
  jump_if(w, IF_EQUAL, w->restart);
}

void emit_restart_if_empty(Writer *w, unsigned place, unsigned bytes) {
  if (bytes == 8)
    put_byte(w, 0x48);
  PUT(w, 0x83);                                 /* cmp $0, place */
  operand(w, 7, RSP, place);
  put_byte(w, 0);
  jump_if(w, IF_EQUAL, w->restart);
}

void emit_restart_unless_in(Writer *w, FastRange range) {
  if (range.lowest == INT32_MIN) {
    PUT(w, 0x48, 0x63, 0xc8);                   /* movslq %eax, %rcx */
    PUT(w, 0x48, 0x39, 0xc1);                   /* cmp %rax, %rcx */
    jump_if(w, IF_NOT_EQUAL, w->restart);
    return;
  }
  if (range.span == UINT32_MAX) {
    PUT(w, 0x89, 0xc1);                         /* mov %eax, %ecx */
    PUT(w, 0x48, 0x39, 0xc1);                   /* cmp %rax, %rcx */
    jump_if(w, IF_NOT_EQUAL, w->restart);
    return;
  }
  PUT(w, 0x48, 0x8d, 0x88);                     /* lea -lowest(%rax), %rcx */
  stub_number(w->code, (uint64_t)-range.lowest, 4);
  PUT(w, 0x48, 0x81, 0xf9);                     /* cmp $span, %rcx */
  stub_number(w->code, range.span, 4);
  jump_if(w, IF_ABOVE, w->restart);
}

/*
** A float takes what a double has of an integer only where that is exact,
** up to 2^53: else it would be rounded twice.
*/
static void narrow(Writer *w) {
  PUT(w, 0x66, 0x48, 0x0f, 0x7e, 0xc0);         /* movq %xmm0, %rax */
  PUT(w, 0x48, 0x0f, 0xba, 0xf0, 0x3f);         /* btr $63, %rax */
  load_constant(w, RCX, UINT64_C(0x4340000000000000));
  PUT(w, 0x48, 0x39, 0xc8);                     /* cmp %rcx, %rax */
  jump_if(w, IF_ABOVE, w->restart);
  PUT(w, 0xf2, 0x0f, 0x5a, 0xc0);               /* cvtsd2ss %xmm0, %xmm0 */
}

void emit_keep_number(Writer *w, unsigned place, bool isfloat) {
  if (isfloat)
    narrow(w);
  floating(w, isfloat ? 0xf3 : 0xf2, FLOAT_STORE, 0, RSP, place);
}

void emit_copy(Writer *w, unsigned from, unsigned to, unsigned bytes) {
  unsigned prefix = bytes == 8 ? 0xf2 : 0xf3;
  floating(w, prefix, FLOAT_LOAD, 0, RSP, from);
  floating(w, prefix, FLOAT_STORE, 0, RSP, to);
}

/* ---- the call ---- */

static void load_registers(Writer *w) {
  const Frame *frame = &w->frame;
  unsigned at = frame->stack;
  for (unsigned i = 0; i < frame->integers; i++, at += 8)
    wide(w, LOAD, registers[i], RSP, at);
  for (unsigned i = 0; i < frame->vectors; i++, at += 8)
    floating(w, 0xf2, FLOAT_LOAD, i, RSP, at);
}

/* mov errno to %ecx (0x8b) or from it (0x89). */
static void move_errno(Writer *w, unsigned opcode) {
  PUT(w, 0x64);
  put_byte(w, opcode);
  PUT(w, 0x0c, 0x25);
  stub_number(w->code, (uint64_t)stub_errno(), 4);
}

static void move_err(Writer *w, unsigned opcode) {
  PUT(w, 0x41);
  put_byte(w, opcode);
  operand(w, RCX, R12, offsetof(State, now.err));
}

/* As run() of call.c does; errno is what the script has. */
static void tell_state(Writer *w) {
  const State *s = w->callee->state;
  wide(w, STORE, RBX, R12, offsetof(State, now.L));
  load_pointer(w, RAX, w->callee->plugin);
  wide(w, STORE, RAX, R12, offsetof(State, now.plugin));
  PUT(w, 0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0);   /* mov %fs:0, %rax */
  load_pointer(w, RDX, s->caller);
  wide(w, STORE, RAX, RDX, offsetof(Caller, thread));
  move_err(w, LOAD);
  move_errno(w, STORE);
}

/* The result's registers stay: rax, rdx, xmm0, xmm1. */
static void restore_state(Writer *w) {
  move_errno(w, LOAD);
  move_err(w, STORE);
  load_pointer(w, RSI, w->callee->state->caller);
  wide(w, LOAD, RCX, R12, offsetof(State, now.outer));
  wide(w, STORE, RCX, RSI, offsetof(Caller, thread));
}

void emit_call(Writer *w) {
  tell_state(w);
  load_registers(w);
  load_constant(w, RAX, stub_address(w->callee->code));
  PUT(w, 0xff, 0xd0);                           /* call *%rax */
  restore_state(w);
}

/* ---- results ---- */

/* Sign or zero extends %rax into %rsi. */
void emit_result_integer(Writer *w, const Type *type) {
  if (type->kind == TYPE_ENUM)
    type = type->target;
  bool has_sign = (type->flags & TYPE_UNSIGNED) == 0;
  switch (type->size) {
    case 1:
      PUT(w, 0x48, 0x0f);
      put_byte(w, has_sign ? 0xbe : 0xb6);
      PUT(w, 0xf0);
      break;
    case 2:
      PUT(w, 0x48, 0x0f);
      put_byte(w, has_sign ? 0xbf : 0xb7);
      PUT(w, 0xf0);
      break;
    case 4:
      if (has_sign)
        PUT(w, 0x48, 0x63, 0xf0);               /* movslq %eax, %rsi */
      else
        PUT(w, 0x89, 0xc6);                     /* mov %eax, %esi */
      break;
    default:
      PUT(w, 0x48, 0x89, 0xc6);                 /* mov %rax, %rsi */
  }
}

void emit_result_bool(Writer *w) {
  PUT(w, 0x31, 0xf6);                           /* xor %esi, %esi */
  PUT(w, 0x84, 0xc0);                           /* test %al, %al */
  PUT(w, 0x40, 0x0f, 0x95, 0xc6);               /* setne %sil */
}

void emit_result_float(Writer *w) {
  PUT(w, 0xf3, 0x0f, 0x5a, 0xc0);               /* cvtss2sd %xmm0, %xmm0 */
}

void emit_finish(Writer *w) {
  jump(w, w->finish);
}

void emit_finish_if_pending(Writer *w) {
  PUT(w, 0x41, 0x83);                           /* cmpl $0, pending(%r12) */
  operand(w, 7, R12, offsetof(State, pending));
  put_byte(w, 0);
  jump_if(w, IF_NOT_EQUAL, w->finish);
}

void emit_return(Writer *w, unsigned n) {
  load_constant(w, RAX, n);
  leave(w);
  PUT(w, 0xc3);                                 /* ret */
}

#endif
