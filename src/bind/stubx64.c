/*
** stubx64.c - stubs for x86-64, System V.
**
**   rbx  L            rbp  the frame     [rsp ...]  arguments on the stack,
**   r12  the State    r13  api[]                    then places, see Frame
**
** Each argument is fetched into its place in the frame, which may fail; then
** registers are loaded from the places, and the C function is called with
** the State told of it. The ways out come first in the code, so that jumps
** to them are known when they are written.
*/
#include "bind/stubcode.h"

#if defined(__x86_64__)

#include <string.h>

#include "bind/call.h"
#include "bind/fast.h"
#include "plan/abi.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R12 = 12, R13 };

#define GP_REGISTERS 6
#define FP_REGISTERS 8

/* What stubs call, by its place in a table that r13 leads to. */
#define API(X) \
  X(tointegerx, lua_tointegerx) X(tonumberx, lua_tonumberx) \
  X(type, lua_type) X(toboolean, lua_toboolean) X(tolstring, lua_tolstring) \
  X(pushinteger, lua_pushinteger) X(pushnumber, lua_pushnumber) \
  X(pushboolean, lua_pushboolean) X(pointer, fast_pointer) \
  X(record, fast_record)

#define API_ID(name, function) API_##name,
enum { API(API_ID) API_COUNT };

#define API_ADDRESS(name, function) (StubFunction)function,
static const StubFunction api[] = {API(API_ADDRESS)};

/*
** Distances from rsp. Register arguments wait in the places for those, from
** where they are loaded just before the call.
*/
typedef struct Frame {
  unsigned stack;                 /* bytes of arguments on the stack */
  unsigned gp, fp;                /* registers used */
  unsigned scratch;               /* sixteen bytes */
  unsigned size;
} Frame;

typedef struct Writer {
  StubCode *code;
  const Callee *callee;
  Frame frame;
  Frame next;                     /* what the arguments so far take */
  bool calls;                     /* the API, so that r13 is needed */
  size_t restart, finish;         /* the ways out */
} Writer;

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

enum { ALWAYS = 0xb, IF_ABOVE = 7, IF_EQUAL = 4, IF_NOT_EQUAL = 5 };

static void jump_if(Writer *w, unsigned condition, size_t to) {
  put_byte(w, 0x0f);
  put_byte(w, 0x80 | condition);
  stub_number(w->code, to - (w->code->size + 4), 4);
}

/* A short jump forward; land() says where it goes. */
static size_t jump_over(Writer *w, unsigned condition) {
  put_byte(w, condition == ALWAYS ? 0xeb : 0x70 | condition);
  put_byte(w, 0);
  return w->code->size;
}

static void land(Writer *w, size_t from) {
  if (from <= sizeof w->code->bytes)
    w->code->bytes[from - 1] = (unsigned char)(w->code->size - from);
}

static void call_api(Writer *w, unsigned function) {
  PUT(w, 0x48, 0x89, 0xdf);                     /* mov %rbx, %rdi */
  PUT(w, 0x41, 0xff);                           /* call *(%r13 + ...) */
  operand(w, 2, R13, function * (unsigned)sizeof api[0]);
}

/* ---- the frame ---- */

/* The place of the next word of that class, and its register if it has one. */
static unsigned place_word(Writer *w, bool isfloat) {
  const Frame *frame = &w->frame;
  unsigned *used = isfloat ? &w->next.fp : &w->next.gp;
  unsigned at = frame->stack;
  if (*used == (isfloat ? FP_REGISTERS : GP_REGISTERS)) {
    at = w->next.stack;
    w->next.stack += 8;
    return at;
  }
  if (isfloat)
    at += frame->gp * 8;
  return at + (*used)++ * 8;
}

/* How a record is passed; false: not in registers, or only perhaps. */
static bool record_words(const Type *type, bool *floats, unsigned *n) {
  Error error;
  AbiValue how;
  if (type->record->transparent || !abi_value(type, &how, &error) ||
      how.pass != ABI_REGISTERS)
    return false;
  *n = (unsigned)((type_size(type) + 7) / 8);
  for (unsigned i = 0; i < how.count; i++) {
    if (how.pieces[i].bank == BANK_X87)
      return false;
    floats[i] = how.pieces[i].bank == BANK_VECTOR;
  }
  return how.count == *n;
}

/* A record goes to registers as a whole, or not. */
static bool fits(const Writer *w, const bool *floats, unsigned n) {
  unsigned gp = w->next.gp, fp = w->next.fp;
  for (unsigned i = 0; i < n; i++)
    *(floats[i] ? &fp : &gp) += 1;
  return gp <= GP_REGISTERS && fp <= FP_REGISTERS;
}

/* Counts what one argument takes; false: it is out of reach. */
static bool measure(Writer *w, const Type *type) {
  bool floats[2];
  unsigned n;
  switch (stub_kind(type)) {
    case STUB_NONE: case STUB_VOID:
      return false;
    case STUB_RECORD:
      if (!record_words(type, floats, &n) || !fits(w, floats, n))
        return false;
      for (unsigned i = 0; i < n; i++)
        place_word(w, floats[i]);
      return true;
    case STUB_FLOAT: case STUB_DOUBLE:
      place_word(w, true);
      return true;
    default:
      place_word(w, false);
      return true;
  }
}

/* Lays out the frame; false: there are arguments that are out of reach. */
static bool lay_out(Writer *w) {
  const Plan *plan = w->callee->plan;
  const Param *params = w->callee->params;
  Frame *frame = &w->frame;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (params != NULL && (params[i].flags & (PARAM_OUT | PARAM_INOUT)))
      return false;
    if (!measure(w, plan->args[i].type->bare))
      return false;
  }
  *frame = w->next;
  memset(&w->next, 0, sizeof w->next);
  frame->scratch = frame->stack + (frame->gp + frame->fp) * 8;
  frame->size = frame->scratch + 16;
  if ((frame->size % 16 == 8) != w->calls)      /* an odd number was pushed */
    frame->size += 8;
  return true;
}

static void enter(Writer *w) {
  const State *s = w->callee->state;
  PUT(w, 0x55, 0x48, 0x89, 0xe5);               /* push %rbp, as frame */
  PUT(w, 0x53, 0x41, 0x54);                     /* push %rbx, %r12 */
  if (w->calls)
    PUT(w, 0x41, 0x55);                         /* push %r13 */
  PUT(w, 0x48, 0x81, 0xec);                     /* sub $size, %rsp */
  stub_number(w->code, w->frame.size, 4);
  PUT(w, 0x48, 0x89, 0xfb);                     /* mov %rdi, %rbx */
  load_pointer(w, R12, s);
  if (w->calls)
    load_pointer(w, R13, api);
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

/* fast_restart(L, callee), and fast_finish with the result's registers. */
static void ways_out(Writer *w, unsigned floats) {
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

/* ---- arguments ---- */

static void restart_if_zero(Writer *w) {
  PUT(w, 0x85, 0xc0);                           /* test %eax, %eax */
  jump_if(w, IF_EQUAL, w->restart);
}

/* Whether %rax is in the range of the integer type. */
static void check_range(Writer *w, const Type *type) {
  FastRange range = fast_range(type);
  if (range.span == UINT64_MAX)
    return;
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

static void fetch_integer(Writer *w, const Type *type, unsigned index) {
  load_constant(w, RSI, index);
  wide(w, ADDRESS, RDX, RSP, w->frame.scratch);
  call_api(w, API_tointegerx);
  PUT(w, 0x83);                                 /* cmpl $0, scratch */
  operand(w, 7, RSP, w->frame.scratch);
  put_byte(w, 0);
  jump_if(w, IF_EQUAL, w->restart);
  check_range(w, type);
  wide(w, STORE, RAX, RSP, place_word(w, false));
}

static void check_type(Writer *w, unsigned index, unsigned type) {
  load_constant(w, RSI, index);
  call_api(w, API_type);
  PUT(w, 0x83, 0xf8);                           /* cmp $type, %eax */
  put_byte(w, type);
  jump_if(w, IF_NOT_EQUAL, w->restart);
}

static void fetch_bool(Writer *w, unsigned index) {
  check_type(w, index, LUA_TBOOLEAN);
  load_constant(w, RSI, index);
  call_api(w, API_toboolean);
  wide(w, STORE, RAX, RSP, place_word(w, false));
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

static void fetch_number(Writer *w, unsigned index, bool isfloat) {
  check_type(w, index, LUA_TNUMBER);
  load_constant(w, RSI, index);
  PUT(w, 0x31, 0xd2);                           /* xor %edx, %edx */
  call_api(w, API_tonumberx);
  if (isfloat)
    narrow(w);
  floating(w, isfloat ? 0xf3 : 0xf2, FLOAT_STORE, 0, RSP,
           place_word(w, true));
}

static void call_pointer(Writer *w, const Type *type, unsigned index,
                         unsigned place) {
  load_constant(w, RSI, index);
  load_pointer(w, RDX, type);
  load_pointer(w, RCX, w->callee);
  wide(w, ADDRESS, R8, RSP, place);
  call_api(w, API_pointer);
  restart_if_zero(w);
}

/* Where strings fit they are what comes mostly. */
static void call_string(Writer *w, const Type *type, unsigned index,
                        unsigned place) {
  load_constant(w, RSI, index);
  call_api(w, API_type);
  PUT(w, 0x83, 0xf8, LUA_TSTRING);              /* cmp $..., %eax */
  size_t other = jump_over(w, IF_NOT_EQUAL);
  load_constant(w, RSI, index);
  PUT(w, 0x31, 0xd2);                           /* xor %edx, %edx */
  call_api(w, API_tolstring);
  wide(w, STORE, RAX, RSP, place);
  size_t done = jump_over(w, ALWAYS);
  land(w, other);
  call_pointer(w, type, index, place);
  land(w, done);
}

static void fetch_pointer(Writer *w, const Type *type, unsigned index,
                          bool nonnull) {
  unsigned place = place_word(w, false);
  if (fast_takes_string(type))
    call_string(w, type, index, place);
  else
    call_pointer(w, type, index, place);
  if (nonnull) {
    PUT(w, 0x48, 0x83);                         /* cmpq $0, place */
    operand(w, 7, RSP, place);
    put_byte(w, 0);
    jump_if(w, IF_EQUAL, w->restart);
  }
}

static void fetch_record(Writer *w, const Type *type, unsigned index) {
  bool floats[2];
  unsigned n;
  record_words(type, floats, &n);
  load_constant(w, RSI, index);
  load_pointer(w, RDX, type);
  load_pointer(w, RCX, w->callee);
  wide(w, ADDRESS, R8, RSP, w->frame.scratch);
  call_api(w, API_record);
  restart_if_zero(w);
  for (unsigned i = 0; i < n; i++) {
    wide(w, LOAD, RAX, RSP, w->frame.scratch + i * 8);
    wide(w, STORE, RAX, RSP, place_word(w, floats[i]));
  }
}

static void fetch(Writer *w, uint32_t i) {
  const Type *type = w->callee->plan->args[i].type->bare;
  const Param *params = w->callee->params;
  StubKind kind = stub_kind(type);
  switch (kind) {
    case STUB_INTEGER: fetch_integer(w, type, i + 1); break;
    case STUB_BOOL: fetch_bool(w, i + 1); break;
    case STUB_FLOAT: case STUB_DOUBLE:
      fetch_number(w, i + 1, kind == STUB_FLOAT);
      break;
    case STUB_POINTER:
      fetch_pointer(w, type, i + 1,
                    params != NULL && (params[i].flags & PARAM_NONNULL));
      break;
    default: fetch_record(w, type, i + 1); break;
  }
}

/* ---- the call ---- */

static const unsigned char gp_order[] = {RDI, RSI, RDX, RCX, R8, R9};

static void load_registers(Writer *w) {
  const Frame *frame = &w->frame;
  unsigned at = frame->stack;
  for (unsigned i = 0; i < frame->gp; i++, at += 8)
    wide(w, LOAD, gp_order[i], RSP, at);
  for (unsigned i = 0; i < frame->fp; i++, at += 8)
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
  operand(w, RCX, R12, offsetof(State, err));
}

/* As run() of call.c does; errno is what the script has. */
static void tell_state(Writer *w) {
  const State *s = w->callee->state;
  wide(w, STORE, RBX, R12, offsetof(State, L));
  load_pointer(w, RAX, w->callee->plugin);
  wide(w, STORE, RAX, R12, offsetof(State, plugin));
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
  wide(w, LOAD, RCX, RSI, offsetof(Caller, outer));
  wide(w, STORE, RCX, RSI, offsetof(Caller, thread));
}

/* ---- results ---- */

/* Sign or zero extends %rax into %rsi. */
static void extend(Writer *w, const Type *type) {
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

/* The result that stub_kind tells, by the API; the rest by fast_finish. */
static void push_result(Writer *w, StubKind kind) {
  const Type *type = w->callee->plan->result;
  switch (kind) {
    case STUB_INTEGER:
      extend(w, type);
      call_api(w, API_pushinteger);
      break;
    case STUB_BOOL:
      PUT(w, 0x31, 0xf6);                       /* xor %esi, %esi */
      PUT(w, 0x84, 0xc0);                       /* test %al, %al */
      PUT(w, 0x40, 0x0f, 0x95, 0xc6);           /* setne %sil */
      call_api(w, API_pushboolean);
      break;
    case STUB_FLOAT:
      PUT(w, 0xf3, 0x0f, 0x5a, 0xc0);           /* cvtss2sd %xmm0, %xmm0 */
      call_api(w, API_pushnumber);
      break;
    case STUB_DOUBLE:
      call_api(w, API_pushnumber);
      break;
    default:
      break;
  }
  load_constant(w, RAX, kind != STUB_VOID);
  leave(w);
  PUT(w, 0xc3);                                 /* ret */
}

static void end(Writer *w, StubKind kind) {
  if (kind == STUB_POINTER || kind == STUB_RECORD) {
    jump(w, w->finish);
    return;
  }
  PUT(w, 0x41, 0x83);                           /* cmpl $0, pending(%r12) */
  operand(w, 7, R12, offsetof(State, pending));
  put_byte(w, 0);
  jump_if(w, IF_NOT_EQUAL, w->finish);
  push_result(w, kind);
}

/* Which words of the result are in float registers; false: out of reach. */
static bool result_floats(const Type *type, StubKind kind,
                          unsigned *floats) {
  bool isfloat[2] = {kind == STUB_FLOAT || kind == STUB_DOUBLE, false};
  unsigned n;
  if (kind == STUB_NONE ||
      (kind == STUB_RECORD && !record_words(type, isfloat, &n)))
    return false;
  *floats = isfloat[0] | (unsigned)isfloat[1] << 1;
  return true;
}

bool stub_write(StubCode *code, const Callee *callee) {
  Writer w = {code, callee, {0}, {0}, false, 0, 0};
  unsigned floats;
  StubKind kind = stub_kind(callee->plan->result);
  w.calls = callee->plan->nargs > 0 || kind != STUB_VOID;
  if (!result_floats(callee->plan->result, kind, &floats) || !lay_out(&w))
    return false;
  ways_out(&w, floats);
  stub_header(code);
  enter(&w);
  for (uint32_t i = 0; i < callee->plan->nargs; i++)
    fetch(&w, i);
  tell_state(&w);
  load_registers(&w);
  load_constant(&w, RAX, stub_address(callee->code));
  PUT(&w, 0xff, 0xd0);                          /* call *%rax */
  restore_state(&w);
  end(&w, kind);
  return true;
}

#endif
