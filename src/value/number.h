/*
** number.h - any C arithmetic value in its widest form, and back.
**
** What Lua has no numbers for (64-bit unsigned, __int128, long double,
** _Complex) meets Lua's numbers here: conversions and arithmetic of scalar
** cdata go through a Number.
*/
#ifndef CPLUGIN_NUMBER_H
#define CPLUGIN_NUMBER_H

#include "value/cdata.h"

typedef enum NumberKind { NUMBER_INTEGER, NUMBER_FLOAT, NUMBER_COMPLEX }
  NumberKind;

typedef struct Number {
  NumberKind kind;
  const Type *type;               /* its C type: base or enum, bare */
  unsigned __int128 integer;      /* INTEGER: two's complement */
  long double re, im;             /* FLOAT: re; COMPLEX: both */
} Number;

/* The value of an arithmetic type at that address; false: not arithmetic. */
bool number_load(const Type *type, const void *at, Number *number);

/*
** The number at a stack index: a Lua number or boolean, or a scalar cdata
** (an integer as `long long`, a float as `double`, a boolean as `int`).
** False if it is something else.
*/
bool number_read(lua_State *L, State *s, int index, Number *number);

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

/* The number as floating: what a C conversion to long double gives. */
long double number_float(const Number *number);

/* Pushes it: as a Lua number if it is a float or double, else as cdata. */
void number_push(lua_State *L, State *s, const Number *number);

/* Pushes the number as text, as C would print it. */
void number_text(lua_State *L, const Number *number);

#endif
