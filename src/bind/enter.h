/*
** enter.h - C has called a slot: its Lua function runs.
*/
#ifndef CPLUGIN_ENTER_H
#define CPLUGIN_ENTER_H

#include "bind/slot.h"

/*
** The slot is new, its plan and annotations are known: chooses the shortest
** way in.
*/
void enter_choose(Slot *slot);

/* It runs no more, and will not again: lets go of what it has in Lua. */
void enter_end(lua_State *L, Slot *slot);

/* The message handler of runs: appends a traceback. */
int enter_traceback(lua_State *L);

#endif
