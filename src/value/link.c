/*
** link.c - what memory that Lua owns keeps alive; see cdata.h.
**
**   STATE_LINKS  { owner -> { place -> value } }
**
** A place is the distance from the start of the owner's C data; of a
** plugin's variable, whose owner is the plugin, the address.
*/
#include "value/cdata.h"

/* Does the owner on the top of the stack have links? Marks it if `make`. */
static bool linked(lua_State *L, State *s, const Span *span, bool make) {
  bool was;
  if (span->variable) {
    was = span->plugin->linked;
    span->plugin->linked = was || make;
    return was;
  }
  CData *owner = cdata_test(L, s, -1);
  was = (owner->tag & CDATA_LINKED) != 0;
  if (make)
    owner->tag |= CDATA_LINKED;
  return was;
}

/* The place of `at` in the memory of the owner on the top of the stack. */
static lua_Integer place(lua_State *L, const Span *span, const char *at) {
  if (span->variable)
    return (lua_Integer)(uintptr_t)at;
  return (lua_Integer)(at - cdata_payload(lua_touserdata(L, -1)));
}

/* Pushes the owner's table of links over the owner; false, with nothing. */
static bool push_links(lua_State *L, State *s, const Span *span, bool make) {
  luaL_checkstack(L, 8, "cplugin");
  span_owner(L, s, span);
  bool holds = span->variable || cdata_test(L, s, -1) != NULL;
  if (!holds || (!linked(L, s, span, make) && !make)) {
    lua_pop(L, 1);
    return false;
  }
  state_table(L, s, STATE_LINKS);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) == LUA_TNIL) {          /* owner, all, nil */
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_remove(L, -2);
  return true;                                  /* + owner, table */
}

void link_set(lua_State *L, State *s, const Span *span, const char *at,
              int index) {
  if (!span_owned(L, span) || !push_links(L, s, span, index != 0))
    return;
  if (index != 0)
    lua_pushvalue(L, index);
  else
    lua_pushnil(L);
  lua_pushvalue(L, -3);
  lua_Integer key = place(L, span, at);
  lua_pop(L, 1);
  lua_rawseti(L, -2, key);
  lua_pop(L, 2);
}

void link_get(lua_State *L, State *s, const Span *span, const char *at) {
  if (!span_owned(L, span) || !push_links(L, s, span, false)) {
    lua_pushnil(L);
    return;
  }
  lua_pushvalue(L, -2);
  lua_Integer key = place(L, span, at);
  lua_pop(L, 1);
  lua_rawgeti(L, -1, key);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* Pushes a list of {place, value, ...} of the links in that memory. */
static lua_Integer collect(lua_State *L, State *s, const Span *from,
                           uint64_t size) {
  lua_Integer n = 0;
  lua_newtable(L);
  if (!span_owned(L, from) || !push_links(L, s, from, false))
    return 0;
  lua_pushvalue(L, -2);
  lua_Integer start = place(L, from, span_at(from));
  lua_pop(L, 1);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {                /* list owner links key v */
    lua_Integer at = lua_tointeger(L, -2) - start;
    if (at < 0 || (uint64_t)at >= size) {
      lua_pop(L, 1);
      continue;
    }
    lua_rawseti(L, -5, n + 2);
    lua_pushinteger(L, at);
    lua_rawseti(L, -5, n + 1);
    n += 2;
  }
  lua_pop(L, 2);
  return n;
}

void link_copy(lua_State *L, State *s, const Span *to, const Span *from,
               uint64_t size) {
  luaL_checkstack(L, 12, "cplugin");
  lua_Integer n = collect(L, s, from, size);
  for (lua_Integer i = 1; i <= n; i += 2) {
    lua_rawgeti(L, -1, i);
    lua_Integer at = lua_tointeger(L, -1);
    lua_pop(L, 1);
    lua_rawgeti(L, -1, i + 1);
    link_set(L, s, to, span_at(to) + at, lua_gettop(L));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}
