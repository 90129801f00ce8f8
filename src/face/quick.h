/*
** quick.h - indexing cdata the short way, where the memory is known to be
** there: numbers and booleans, to read and to write; to read, bit-fields,
** pointers, and structs, unions and arrays in others. All else is access.h's.
** And pointer arithmetic; all else of that is operate.h's.
*/
#ifndef CPLUGIN_QUICK_H
#define CPLUGIN_QUICK_H

#include <lua.h>

/* Metamethods, with the upvalues that those of access.h have. */
int quick_index(lua_State *L);
int quick_newindex(lua_State *L);

/* The same with those of operate_arith: a + b and a - b. */
int quick_add(lua_State *L);
int quick_sub(lua_State *L);

#endif
