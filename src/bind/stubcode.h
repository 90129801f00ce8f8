/*
** stubcode.h - what stub.c and the code for each processor share.
*/
#ifndef CPLUGIN_STUBCODE_H
#define CPLUGIN_STUBCODE_H

#include <stddef.h>

#include "bind/codemem.h"
#include "bind/stub.h"

/* How a value goes between Lua and C. */
typedef enum StubKind {
  STUB_NONE,                      /* only call() can do it */
  STUB_VOID,
  STUB_INTEGER,                   /* up to 8 bytes; enums */
  STUB_BOOL,
  STUB_FLOAT,
  STUB_DOUBLE,
  STUB_POINTER,
  STUB_RECORD                     /* through registers */
} StubKind;

/* Of a bare type. */
StubKind stub_kind(const Type *type);

/* Code as it grows. What is too long is not copied, but counted. */
typedef struct StubCode {
  size_t size;
  size_t entry;                   /* where the lua_CFunction begins */
  unsigned char bytes[CODEMEM_MAX];
} StubCode;

void stub_bytes(StubCode *code, const void *bytes, size_t n);
void stub_number(StubCode *code, uint64_t number, size_t n);

/*
** Places the header here, with the code's start aligned behind it; see
** stub.c for what it holds.
*/
void stub_header(StubCode *code);

/* Writes the whole stub; false: there is none for this callee. */
bool stub_write(StubCode *code, const Callee *callee);

/* How far the running thread's errno is from its thread pointer. */
ptrdiff_t stub_errno(void);

/* The address of a function, as a number. */
typedef void (*StubFunction)(void);
uint64_t stub_address(StubFunction function);

#endif
