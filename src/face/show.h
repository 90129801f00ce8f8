/*
** show.h - cdata and types as text.
*/
#ifndef CPLUGIN_SHOW_H
#define CPLUGIN_SHOW_H

#include "value/cdata.h"

/* Metamethod __tostring: "cdata<struct point>: {x = 1, y = 2}". */
int show_tostring(lua_State *L);

#endif
