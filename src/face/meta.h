/*
** meta.h - the metatables of cdata.
*/
#ifndef CPLUGIN_META_H
#define CPLUGIN_META_H

#include "value/cdata.h"

/*
** State.dress: fills the metatable at that index, of a class that is on the
** stack right below it, and makes the one with __gc.
*/
void meta_dress(lua_State *L, Class *class, int metatable);

/*
** Makes the table at `index` the metatype of a record type, for its values,
** references and pointers, made already or to be made.
*/
void meta_set(lua_State *L, State *s, const Type *record, int index);

/* The metamethod of types that typeof() returned: ct(...) and tostring. */
void meta_ctype(lua_State *L, State *s, int (*new)(lua_State *));

#endif
