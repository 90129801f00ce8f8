/*
** quick.h - indexing cdata the short way, where the memory is known to be
** there: numbers and booleans, to read and to write; to read, bit-fields,
** pointers in memory without links, and structs, unions and arrays in others.
** All else is access.h's.
*/
#ifndef CPLUGIN_QUICK_H
#define CPLUGIN_QUICK_H

#include <lua.h>

/* Metamethods, with the upvalues that those of access.h have. */
int quick_index(lua_State *L);
int quick_newindex(lua_State *L);

#endif
