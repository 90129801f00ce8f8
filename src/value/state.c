/* state.c - see state.h. */
#include "value/state.h"

#include <string.h>

#include "decl/decl.h"

/*
** Finalisers run in the reverse order of creation at lua_close, and then
** for objects that are still in use. Handles must outlast them: a handle
** that is finalised although the table of weak values still has it was not
** collected, so lua_close is at work, and the State releases it at the end.
*/
static int handle_gc(lua_State *L) {
  Handle *handle = lua_touserdata(L, 1);
  State *s = handle->state;
  state_object(L, s, handle->key);
  if (lua_isnil(L, -1)) {
    handle_release(handle);
  } else {
    handle->next = s->deferred;
    s->deferred = handle;
  }
  return 0;
}

void handle_release(Handle *handle) {
  void *object = handle->object;
  handle->object = NULL;
  if (object != NULL)
    handle->release(object);
}

Handle *handle_new(lua_State *L, State *s, const void *key, void *object,
                   void (*release)(void *)) {
  Handle *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  memset(handle, 0, sizeof *handle);
  handle->state = s;
  handle->key = key == NULL ? handle : key;
  handle->release = release;
  if (luaL_newmetatable(L, "cplugin.handle")) {
    lua_pushcfunction(L, handle_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  state_keep(L, s, handle->key);
  handle->object = object;
  return handle;
}

void state_object(lua_State *L, State *s, const void *address) {
  state_table(L, s, STATE_OBJECTS);
  lua_rawgetp(L, -1, address);
  lua_remove(L, -2);
}

void state_keep(lua_State *L, State *s, const void *address) {
  state_table(L, s, STATE_OBJECTS);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, address);
  lua_pop(L, 1);
}

static void release_scope(void *scope) {
  scope_free(scope);
}

void state_scope(lua_State *L, State *s, Scope *scope) {
  if (scope == NULL || scope == s->builtin || scope == s->global) {
    lua_pushnil(L);
    return;
  }
  state_object(L, s, scope);
  if (!lua_isnil(L, -1))
    return;
  lua_pop(L, 1);
  handle_new(L, s, scope, scope, release_scope);
}

void state_scope_table(lua_State *L, State *s, StateTable which,
                       Scope *scope) {
  state_scope(L, s, scope);
  if (lua_isnil(L, -1)) {         /* a scope that lives as long as the State */
    lua_pop(L, 1);
    lua_pushlightuserdata(L, s);
  }
  state_table(L, s, which);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) == LUA_TNIL) {          /* key, all, nil */
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_replace(L, -3);
  lua_pop(L, 1);                                /* + table */
}

static int state_gc(lua_State *L) {
  State *s = lua_touserdata(L, 1);
  s->finished = true;
  while (s->deferred != NULL) {
    Handle *handle = s->deferred;
    s->deferred = handle->next;
    handle_release(handle);
  }
  scope_free(s->global);
  scope_free(s->builtin);
  s->global = s->builtin = NULL;
  return 0;
}

static void new_table(lua_State *L, State *s, StateTable which,
                      const char *mode) {
  lua_newtable(L);
  if (mode != NULL) {
    lua_newtable(L);
    lua_pushstring(L, mode);
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
  }
  lua_rawsetp(L, LUA_REGISTRYINDEX, &s->tables[which]);
}

State *state_new(lua_State *L) {
  Error error;
  State *s = lua_newuserdatauv(L, sizeof *s, 0);
  memset(s, 0, sizeof *s);
  s->L = L;
  s->thread = pthread_self();
  s->cookie = ((uintptr_t)s * 0x9E3779B97F4A7C15u) & ~(uintptr_t)7;
  lua_newtable(L);
  lua_pushcfunction(L, state_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  new_table(L, s, STATE_OBJECTS, "v");
  new_table(L, s, STATE_LINKS, "k");
  new_table(L, s, STATE_FINALISERS, "k");
  new_table(L, s, STATE_ORDER, "k");
  new_table(L, s, STATE_CLASSES, "k");
  new_table(L, s, STATE_CACHES, "k");
  new_table(L, s, STATE_METATYPES, "k");
  new_table(L, s, STATE_PINS, NULL);
  new_table(L, s, STATE_CALLBACKS, NULL);
  lua_pushboolean(L, 0);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &s->error);
  s->builtin = scope_new(NULL);
  if (s->builtin != NULL)
    s->global = scope_new(s->builtin);
  if (s->global == NULL)
    luaL_error(L, "not enough memory");
  if (!decl_builtin(s->builtin, &error))
    luaL_error(L, "%s", error.message);
  return s;
}

int plugin_closed(lua_State *L, const Plugin *plugin) {
  return luaL_error(L, "plugin '%s' is closed", plugin->name);
}
