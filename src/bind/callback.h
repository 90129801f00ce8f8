/*
** callback.h - C calls Lua.
**
** A callback is an address for C (see slot.h) and the Lua function that it
** runs. A dead one answers zero and has the outer call raise.
*/
#ifndef CPLUGIN_CALLBACK_H
#define CPLUGIN_CALLBACK_H

#include "bind/call.h"

/*
** Makes a callback of the function at stack index `index` and pushes its
** guard, a userdata: the callback lives until callback_free or until that
** is collected. `decl` gives the function type and its annotations, `use`
** says in messages what it is for. Returns the address for C.
*/
void *callback_new(lua_State *L, State *s, const Decl *decl, int index,
                   const char *use);

/*
** Sets what C gets when the Lua function throws: the value at `index`,
** converted to the result type, instead of zero. The guard is on the top.
*/
void callback_onerror(lua_State *L, State *s, int index);

/*
** Keeps the scope of the declaration alive with the callback whose guard is
** on the top: its annotations live there.
*/
void callback_keep(lua_State *L, State *s, Scope *scope);

/* Ends the callback whose guard is at that index; again is fine. */
void callback_free(lua_State *L, int index);

/* Is that value a guard? */
bool callback_is_guard(lua_State *L, int index);

/* See enter_prepare. */
void callback_prepare(lua_State *L, int index, uint32_t number);

/*
** Called once by luaopen: callbacks of this State that C calls after
** lua_close answer zero.
*/
void callback_setup(lua_State *L, State *s);

/* State.function: see store.h. Bound functions give their own address. */
void *callback_address(lua_State *L, State *s, const Type *type, int index,
                       const Site *site);

#endif
