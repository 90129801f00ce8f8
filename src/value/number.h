/*
** number.h - any C arithmetic value in its widest form, and back.
**
** What Lua has no numbers for (64-bit unsigned, __int128, long double,
** _Float128, _Complex) meets Lua's numbers here: conversions and arithmetic
** of scalar cdata go through a Number.
*/
#ifndef CPLUGIN_NUMBER_H
#define CPLUGIN_NUMBER_H

#include "base/floating.h"
#include "value/cdata.h"

typedef enum NumberKind { NUMBER_INTEGER, NUMBER_FLOAT, NUMBER_COMPLEX }
  NumberKind;

typedef struct Number {
  NumberKind kind;
  const Type *type;               /* its C type: base or enum, bare */
  Wide integer;                   /* INTEGER: two's complement */
  Quad re, im;                    /* FLOAT: re; COMPLEX: both */
} Number;

/* The value of an arithmetic type at that address; false: not arithmetic. */
bool number_load(const Type *type, const void *at, Number *number);

/*
** The number at a stack index: a Lua number or scalar cdata (an integer as
** `long long`, a float as `double`). False if it is something else.
*/
bool number_read(lua_State *L, int index, Number *number);

/*
** Converts as a C cast does (C11 6.3.1) and writes to `to`, which has the
** arithmetic type `type`.
*/
void number_store(const Type *type, void *to, const Number *number);

/*
** Is the value an integer in the range of the integer, bool or enum type?
** Sets *whole to whether it is an integer at all.
*/
bool number_fits(const Type *type, const Number *number, bool *whole);

/* The number as Lua has it: what a C conversion to double gives. */
lua_Number number_lua(const Number *number);

/* -1, 0 or 1, by value; 2 where they have no order: NaN, complex. */
int number_compare(const Number *a, const Number *b);

/* Pushes it: as a Lua number if it is a float or double, else as cdata. */
void number_push(lua_State *L, State *s, const Number *number);

#endif
