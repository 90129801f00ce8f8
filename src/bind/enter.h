/*
** enter.h - C has called a slot: its Lua function runs.
*/
#ifndef CPLUGIN_ENTER_H
#define CPLUGIN_ENTER_H

#include "bind/slot.h"

/*
** The slot is new, its plan, annotations and function are known: C may call
** it, by the shortest way in.
*/
void enter_begin(Slot *slot);

/*
** The slot was made for a call alone, which is about to be made, with that
** Current.number: pushes what its runs then find on the stack.
*/
#define ENTER_PREPARED 2          /* values */
#define ENTER_NEVER UINT32_MAX    /* no call has that number */
void enter_prepare(lua_State *L, Slot *slot, uint32_t number);

/* C may not call it any more. False: runs of it have yet to return. */
bool enter_end(lua_State *L, Slot *slot);

#endif
