/*
** recent.h - arrays, records and pointers to Lua's memory that were read of
** late: read once more they are the same cdata.
**
** It is in a table with weak values. Of a cdata that was made of the place
** nothing can have changed but a finaliser, which shows in its flags; so it is
** what would be made now if class, flags, address and bounds are. Its owner
** need not be compared: no two that are alive have the same memory.
*/
#ifndef CPLUGIN_RECENT_H
#define CPLUGIN_RECENT_H

#include "value/cdata.h"

/* Where it is noted what that class has at that address. */
static inline Recent *recent_place(State *s, const void *at,
                                   const Class *class) {
  uintptr_t word = (uintptr_t)at / 8 ^ (uintptr_t)class / 64;
  return &s->recent[(word ^ word / RECENT_PARTS) % RECENT_PARTS];
}

static inline bool recent_is(const Recent *recent, const void *at,
                             const Class *class) {
  return recent->at == at && recent->class == class;
}

/*
** Pushes what was made there if it is as `wish`, which has its class, and as
** tag just the flags. False, and nothing: it isn't. This and recent_keep are
** for metamethods that have STATE_RECENT as upvalue 5.
*/
bool recent_push(lua_State *L, const Recent *recent, const Pointer *wish);

/* Keeps the cdata on the top, which was made there. */
void recent_keep(lua_State *L, Recent *recent);

/*
** The cdata on the top was made there. Only one that is made a second time is
** kept for a third: most places are read but once.
*/
static inline void recent_note(lua_State *L, Recent *recent, const void *at,
                               const Class *class) {
  if (recent_is(recent, at, class))
    recent_keep(L, recent);
  else
    *recent = (Recent){at, class, NULL};
}

#endif
