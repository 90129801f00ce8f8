/*
** quick.h - indexing cdata the short way, where the memory is known to be
** there: numbers and booleans, to read and to write; to read, bit-fields,
** pointers, and structs, unions and arrays in others; to write, what assign.h
** has. All else is access.h's. And pointer arithmetic; all else of that is
** operate.h's.
*/
#ifndef CPLUGIN_QUICK_H
#define CPLUGIN_QUICK_H

#include <lua.h>
#include <stdbool.h>

/* Metamethods, with the upvalues that those of access.h have. */
int quick_index(lua_State *L);
int quick_newindex(lua_State *L);

/*
** Pushes what the key at index 2 names in the cdata at index 1 if that is a
** number or boolean. False, and nothing: it isn't, or nothing is there.
*/
bool quick_value(lua_State *L);

/* Metamethods with the upvalues that operate_arith has: a + b and a - b. */
int quick_add(lua_State *L);
int quick_sub(lua_State *L);

#endif
