/*
** arith.h - C arithmetic and comparison of scalar cdata and Lua numbers.
*/
#ifndef CPLUGIN_ARITH_H
#define CPLUGIN_ARITH_H

#include "value/number.h"

/*
** Pushes `a op b`, op being one of Lua's LUA_OP...: C11's usual arithmetic
** conversions (6.3.1.8), integers being 64 bits wide at least. `/` and `%`
** of integers cut towards zero as in C, `//` rounds down as in Lua; `^` of
** integers is one. Division by zero throws; overflow wraps. Where the C
** library has no functions for _Float128 (musl), that has no `//`, `%` and `^`.
*/
void arith(lua_State *L, State *s, int op, const Number *a, const Number *b);

#endif
