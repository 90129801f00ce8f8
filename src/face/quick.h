/*
** quick.h - indexing cdata the short way: numbers and booleans in memory that
** is known to be there. All else is access.h's.
*/
#ifndef CPLUGIN_QUICK_H
#define CPLUGIN_QUICK_H

#include <lua.h>

/* Metamethods, with the upvalues that those of access.h have. */
int quick_index(lua_State *L);
int quick_newindex(lua_State *L);

#endif
