/*
** stubcode.h - what the parts of stubs share: stub.c keeps them, stubplan.c
** says what each one does, and stubx64.c or stubarm64.c writes that down as
** instructions.
*/
#ifndef CPLUGIN_STUBCODE_H
#define CPLUGIN_STUBCODE_H

#include <stddef.h>
#include <string.h>

#include "bind/codemem.h"
#include "bind/fast.h"
#include "bind/stub.h"
#include "plan/place.h"

#if defined(ABI_SYSV) || defined(ABI_AAPCS64)
#define STUBS_HERE 1
#endif

/* Code as it grows. What is too long is not copied, but counted. */
typedef struct StubCode {
  size_t size;
  size_t entry;                   /* where the lua_CFunction begins */
  unsigned char bytes[CODEMEM_MAX];
} StubCode;

/* Both are inlined, with a known `n` where that is constant. */
static inline void stub_bytes(StubCode *code, const void *bytes, size_t n) {
  if (code->size + n <= sizeof code->bytes)
    memcpy(code->bytes + code->size, bytes, n);
  code->size += n;
}

/* Little-endian. More than `n` bytes may be written: what follows is yet to. */
static inline void stub_number(StubCode *code, uint64_t number, size_t n) {
  if (code->size + sizeof number <= sizeof code->bytes)
    memcpy(code->bytes + code->size, &number, sizeof number);
  else if (code->size + n <= sizeof code->bytes)
    memcpy(code->bytes + code->size, &number, n);
  code->size += n;
}

/*
** Places the header here, with the code's start aligned behind it; see
** stub.c for what it holds.
*/
void stub_header(StubCode *code);

/* Writes the whole stub; false: there is none for this callee. stubplan.c. */
bool stub_write(StubCode *code, const Callee *callee);

/* The address of a function, as a number. */
typedef void (*StubFunction)(void);
uint64_t stub_address(StubFunction function);

/* What stubs call, by its place in stub_api, which a register leads to. */
#define STUB_API(X) \
  X(tointegerx, lua_tointegerx) X(tonumberx, lua_tonumberx) \
  X(type, lua_type) X(toboolean, lua_toboolean) X(tolstring, lua_tolstring) \
  X(pushinteger, lua_pushinteger) X(pushnumber, lua_pushnumber) \
  X(pushboolean, lua_pushboolean) X(pointer, fast_pointer) \
  X(record, fast_record)

#define STUB_API_ID(name, function) API_##name,
typedef enum StubApi { STUB_API(STUB_API_ID) API_COUNT } StubApi;
extern const StubFunction stub_api[API_COUNT];

/*
** The frame, in bytes from the stack pointer: arguments on the stack, places
** where register arguments wait until just before the call, integers first,
** and scratch.
*/
#define STUB_SCRATCH 16           /* bytes */
typedef struct Frame {
  unsigned stack;                 /* bytes of arguments on the stack */
  unsigned integers, vectors;     /* registers used */
  unsigned scratch;
  unsigned size;
} Frame;

typedef struct Writer {
  StubCode *code;
  const Callee *callee;
  Frame frame;
  bool calls;                     /* the API */
  size_t restart, finish;         /* the ways out: where in the code */
} Writer;

/*
** The ways out, which come first: to fast_restart, and to fast_finish with
** the result's registers.
*/
void emit_ways_out(Writer *w, unsigned floats);

/* The entry: makes the frame; the State and L stay in registers. */
void emit_enter(Writer *w);

/* A call of the API; argument 0 is L. Results: integer, or floating. */
void emit_argument(Writer *w, unsigned n, uint64_t value);
void emit_argument_place(Writer *w, unsigned n, unsigned place);
void emit_api(Writer *w, StubApi function);

/* The result to a place: 8 bytes; a double, or a float of it if exact. */
void emit_keep(Writer *w, unsigned place);
void emit_keep_number(Writer *w, unsigned place, bool isfloat);

/* 4 or 8 bytes from place to place. */
void emit_copy(Writer *w, unsigned from, unsigned to, unsigned bytes);

/* Leaves by the restart unless the result, an int, is that; is in range. */
void emit_restart_unless(Writer *w, unsigned value);
void emit_restart_unless_in(Writer *w, FastRange range);

/* ... if the result is 0; if the 4 or 8 bytes of the place are. */
void emit_restart_if_zero(Writer *w);
void emit_restart_if_empty(Writer *w, unsigned place, unsigned bytes);

/* Jumps, if the result is not that or always, to where land() comes. */
size_t emit_skip_unless(Writer *w, unsigned value);
size_t emit_skip(Writer *w);
void emit_land(Writer *w, size_t skip);

/* Calls the C function, as call_small() does. */
void emit_call(Writer *w);

/* The result as argument 1, as Lua's API wants it. */
void emit_result_integer(Writer *w, const Type *type);
void emit_result_bool(Writer *w);
void emit_result_float(Writer *w);

/* The ends: fast_finish, if something is pending or always; n results. */
void emit_finish_if_pending(Writer *w);
void emit_finish(Writer *w);
void emit_return(Writer *w, unsigned n);

#endif
