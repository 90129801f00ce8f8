/*
** stubarm64.c - instructions of stubs for AArch64, AAPCS64.
**
**   x19  L            x29  the frame     [sp ...]  see Frame
**   x20  the State    x21  stub_api
**
** See stubcode.h for what each of these functions is to do. x9 to x11 and
** x16 are for passing values from one instruction to the next.
*/
#include "bind/stubcode.h"

#if defined(ABI_AAPCS64)

#include <string.h>

#include "bind/call.h"

#define SP 31u
#define ZERO 31u
#define L_ 19u
#define STATE 20u
#define API 21u

/* ---- instructions: Arm ARM, C6.2 ---- */

static void put(Writer *w, uint32_t instruction) {
  stub_number(w->code, instruction, 4);
}

/* An instruction with registers in its usual fields. */
static void put3(Writer *w, uint32_t opcode, unsigned d, unsigned n,
                 unsigned m) {
  put(w, opcode | m << 16 | n << 5 | d);
}

#define ADD_NUMBER 0x91000000u    /* add xd, xn, #number */
#define SUB_NUMBER 0xd1000000u
#define COMPARE_NUMBER_32 0x71000000u
#define COMPARE 0xeb000000u
#define OR 0xaa000000u

static void put_number(Writer *w, uint32_t opcode, unsigned d, unsigned n,
                       unsigned number) {
  put(w, opcode | number << 10 | n << 5 | d);
}

static void move(Writer *w, unsigned to, unsigned from) {
  put3(w, OR, to, ZERO, from);
}

/* movz and movk, 16 bits at a time. */
static void load_constant(Writer *w, unsigned reg, uint64_t value) {
  put(w, 0xd2800000u | (uint32_t)(value & 0xffff) << 5 | reg);
  for (unsigned i = 1; i < 4; i++) {
    uint32_t part = (uint32_t)(value >> (i * 16)) & 0xffff;
    if (part != 0)
      put(w, 0xf2800000u | i << 21 | part << 5 | reg);
  }
}

static void load_pointer(Writer *w, unsigned reg, const void *pointer) {
  load_constant(w, reg, (uintptr_t)pointer);
}

/* Loads and stores of 2^`log` bytes at [base + distance]. */
#define LOAD 0x39400000u
#define STORE 0x39000000u
#define VECTOR 0x04000000u        /* of s0 ... or d0 ... */

static void memory(Writer *w, uint32_t opcode, unsigned log, unsigned reg,
                   unsigned base, size_t distance) {
  put_number(w, opcode | log << 30, reg, base, (unsigned)(distance >> log));
}

/* Those of 4 bytes at [base + index]. */
#define LOAD_AT 0xb8606800u
#define STORE_AT 0xb8206800u

/* Conditional jumps, and those on a register's being 0. */
#define IF_NOT_EQUAL 0x54000001u
#define IF_ABOVE 0x54000008u
#define ALWAYS 0x5400000eu
#define IF_ZERO_32 0x34000000u
#define IF_NOT_ZERO_32 0x35000000u
#define IF_ZERO 0xb4000000u

/* Jumps back to a place in the code that was written already. */
static void jump_if(Writer *w, uint32_t opcode, unsigned reg, size_t to) {
  uint32_t distance = (uint32_t)((ptrdiff_t)(to - w->code->size) / 4);
  put(w, opcode | (distance & 0x7ffff) << 5 | reg);
}

static void restart_if(Writer *w, uint32_t condition) {
  jump_if(w, condition, 0, w->restart);
}

static size_t jump_over(Writer *w, uint32_t condition) {
  put(w, condition);
  return w->code->size;
}

size_t emit_skip_unless(Writer *w, unsigned value) {
  put_number(w, COMPARE_NUMBER_32, ZERO, 0, value);
  return jump_over(w, IF_NOT_EQUAL);
}

size_t emit_skip(Writer *w) {
  return jump_over(w, ALWAYS);
}

void emit_land(Writer *w, size_t skip) {
  uint32_t jump;
  if (skip > sizeof w->code->bytes)
    return;
  unsigned char *at = w->code->bytes + skip - sizeof jump;
  memcpy(&jump, at, sizeof jump);
  jump |= (uint32_t)(w->code->size - (skip - sizeof jump)) / 4 << 5;
  memcpy(at, &jump, sizeof jump);
}

/* ---- Lua's API ---- */

void emit_argument(Writer *w, unsigned n, uint64_t value) {
  load_constant(w, n, value);
}

void emit_argument_place(Writer *w, unsigned n, unsigned place) {
  put_number(w, ADD_NUMBER, n, SP, place);
}

#define CALL 0xd63f0000u          /* blr xn */
#define JUMP 0xd61f0000u          /* br xn */

void emit_api(Writer *w, StubApi function) {
  move(w, 0, L_);
  memory(w, LOAD, 3, 16, API, function * sizeof stub_api[0]);
  put(w, CALL | 16u << 5);
}

void emit_keep(Writer *w, unsigned place) {
  memory(w, STORE, 3, 0, SP, place);
}

/* ---- the frame ---- */

void emit_enter(Writer *w) {
  put(w, 0xa9bd7bfd);                           /* stp x29, x30, [sp, -48]! */
  put(w, 0x910003fd);                           /* mov x29, sp */
  put(w, 0xa90153f3);                           /* stp x19, x20, [sp, 16] */
  put(w, 0xf90013f5);                           /* str x21, [sp, 32] */
  put_number(w, SUB_NUMBER, SP, SP, (w->frame.size + 15) / 16 * 16);
  move(w, L_, 0);
  load_pointer(w, STATE, w->callee->state);
  load_pointer(w, API, stub_api);
  load_pointer(w, 9, &w->callee->plugin->closed);
  memory(w, LOAD, 0, 9, 9, 0);
  jump_if(w, IF_NOT_ZERO_32, 9, w->restart);
}

static void leave(Writer *w) {
  put(w, 0x910003bf);                           /* mov sp, x29 */
  put(w, 0xf94013f5);                           /* ldr x21, [sp, 32] */
  put(w, 0xa94153f3);                           /* ldp x19, x20, [sp, 16] */
  put(w, 0xa8c37bfd);                           /* ldp x29, x30, [sp], 48 */
}

static void jump_to_function(Writer *w, StubFunction function) {
  load_constant(w, 16, stub_address(function));
  put(w, JUMP | 16u << 5);
}

/* The floating results are arguments of fast_finish where they are. */
void emit_ways_out(Writer *w, unsigned floats) {
  w->restart = w->code->size;
  move(w, 0, L_);
  load_pointer(w, 1, w->callee);
  leave(w);
  jump_to_function(w, (StubFunction)fast_restart);
  w->finish = w->code->size;
  move(w, 3, 1);
  move(w, 2, 0);
  move(w, 0, L_);
  load_pointer(w, 1, w->callee);
  load_constant(w, 4, floats);
  leave(w);
  jump_to_function(w, (StubFunction)fast_finish);
}

/* ---- checks ---- */

void emit_restart_unless(Writer *w, unsigned value) {
  put_number(w, COMPARE_NUMBER_32, ZERO, 0, value);
  restart_if(w, IF_NOT_EQUAL);
}

void emit_restart_if_zero(Writer *w) {
  jump_if(w, IF_ZERO_32, 0, w->restart);
}

void emit_restart_if_empty(Writer *w, unsigned place, unsigned bytes) {
  memory(w, LOAD, bytes == 8 ? 3 : 2, 9, SP, place);
  jump_if(w, bytes == 8 ? IF_ZERO : IF_ZERO_32, 9, w->restart);
}

/* cmp x0, w0, sxtw or uxtw */
#define COMPARE_SIGNED 0xeb20c000u
#define COMPARE_UNSIGNED 0xeb204000u

void emit_restart_unless_in(Writer *w, FastRange range) {
  if (range.span == UINT32_MAX) {
    put3(w, range.lowest == 0 ? COMPARE_UNSIGNED : COMPARE_SIGNED, ZERO, 0, 0);
    restart_if(w, IF_NOT_EQUAL);
    return;
  }
  load_constant(w, 9, (uint64_t)range.lowest);
  load_constant(w, 10, range.span);
  put3(w, 0xcb000000u, 9, 0, 9);                /* sub x9, x0, x9 */
  put3(w, COMPARE, ZERO, 9, 10);
  restart_if(w, IF_ABOVE);
}

/*
** A float takes what a double has of an integer only where that is exact,
** up to 2^53: else it would be rounded twice.
*/
static void narrow(Writer *w) {
  put(w, 0x9e660009);                           /* fmov x9, d0 */
  put(w, 0x9240f929);                           /* and x9, x9, INT64_MAX */
  load_constant(w, 10, UINT64_C(0x4340000000000000));
  put3(w, COMPARE, ZERO, 9, 10);
  restart_if(w, IF_ABOVE);
  put(w, 0x1e624000);                           /* fcvt s0, d0 */
}

void emit_keep_number(Writer *w, unsigned place, bool isfloat) {
  if (isfloat)
    narrow(w);
  memory(w, STORE | VECTOR, isfloat ? 2 : 3, 0, SP, place);
}

void emit_copy(Writer *w, unsigned from, unsigned to, unsigned bytes) {
  unsigned log = bytes == 8 ? 3 : 2;
  memory(w, LOAD, log, 9, SP, from);
  memory(w, STORE, log, 9, SP, to);
}

/* ---- the call ---- */

static void load_registers(Writer *w) {
  const Frame *frame = &w->frame;
  unsigned at = frame->stack;
  for (unsigned i = 0; i < frame->integers; i++, at += 8)
    memory(w, LOAD, 3, i, SP, at);
  for (unsigned i = 0; i < frame->vectors; i++, at += 8)
    memory(w, LOAD | VECTOR, 3, i, SP, at);
}

/* x9: the thread pointer, x10: how far errno is from it. */
static void find_errno(Writer *w) {
  put(w, 0xd53bd049);                           /* mrs x9, tpidr_el0 */
  load_constant(w, 10, (uint64_t)stub_errno());
}

/* As run() of call.c does; errno is what the script has. */
static void tell_state(Writer *w) {
  memory(w, STORE, 3, L_, STATE, offsetof(State, now.L));
  load_pointer(w, 9, w->callee->plugin);
  memory(w, STORE, 3, 9, STATE, offsetof(State, now.plugin));
  find_errno(w);
  memory(w, LOAD, 2, 11, STATE, offsetof(State, now.err));
  put3(w, STORE_AT, 11, 9, 10);
  load_pointer(w, 10, w->callee->state->caller);
  memory(w, STORE, 3, 9, 10, offsetof(Caller, thread));
}

/* The result's registers stay: x0, x1, v0, v1. */
static void restore_state(Writer *w) {
  find_errno(w);
  put3(w, LOAD_AT, 11, 9, 10);
  memory(w, STORE, 2, 11, STATE, offsetof(State, now.err));
  load_pointer(w, 10, w->callee->state->caller);
  memory(w, LOAD, 3, 11, STATE, offsetof(State, now.outer));
  memory(w, STORE, 3, 11, 10, offsetof(Caller, thread));
}

void emit_call(Writer *w) {
  tell_state(w);
  load_registers(w);
  load_constant(w, 16, stub_address(w->callee->code));
  put(w, CALL | 16u << 5);
  restore_state(w);
}

/* ---- results ---- */

void emit_result_integer(Writer *w, const Type *type) {
  static const uint32_t signed_[] = {
    0x93401c01, 0x93403c01, 0x93407c01          /* sxtb, sxth, sxtw x1, w0 */
  };
  static const uint32_t unsigned_[] = {
    0x53001c01, 0x53003c01, 0x2a0003e1          /* uxtb, uxth, mov w1, w0 */
  };
  if (type->kind == TYPE_ENUM)
    type = type->target;
  unsigned log = (unsigned)__builtin_ctzll(type->size);
  if (log == 3)
    move(w, 1, 0);
  else
    put(w, (type->flags & TYPE_UNSIGNED ? unsigned_ : signed_)[log]);
}

void emit_result_bool(Writer *w) {
  put(w, 0x72001c1f);                           /* tst w0, 255 */
  put(w, 0x1a9f07e1);                           /* cset w1, ne */
}

void emit_result_float(Writer *w) {
  put(w, 0x1e22c000);                           /* fcvt d0, s0 */
}

void emit_finish(Writer *w) {
  jump_if(w, ALWAYS, 0, w->finish);
}

void emit_finish_if_pending(Writer *w) {
  memory(w, LOAD, 2, 9, STATE, offsetof(State, pending));
  jump_if(w, IF_NOT_ZERO_32, 9, w->finish);
}

void emit_return(Writer *w, unsigned n) {
  leave(w);
  load_constant(w, 0, n);
  put(w, 0xd65f03c0);                           /* ret */
}

#endif
