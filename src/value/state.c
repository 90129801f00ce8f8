/* state.c - see state.h. */
#include "value/state.h"

#include <string.h>

#include "decl/decl.h"
#include "value/cdata.h"

const char state_mark = 0;

#define HANDLE "cplugin.handle"

/* ---- handles ---- */

static void unlink_handle(Handle *handle) {
  if (handle->link == NULL)
    return;
  *handle->link = handle->next;
  if (handle->next != NULL)
    handle->next->link = handle->link;
  handle->link = NULL;
}

static void link_handle(Handle *handle) {
  State *s = handle->state;
  handle->next = s->handles;
  handle->link = &s->handles;
  if (s->handles != NULL)
    s->handles->link = &handle->next;
  s->handles = handle;
}

/*
** Weak keys are taken out of a table only when they are not brought back by
** anything that is finalised in the same collection, and not at lua_close.
** While the token is still there the handle is armed again.
*/
static int handle_gc(lua_State *L) {
  Handle *handle = lua_touserdata(L, 1);
  lua_getiuservalue(L, 1, 1);
  lua_pushnil(L);
  if (handle->object != NULL && lua_istable(L, 2) && lua_next(L, 2) != 0) {
    lua_getmetatable(L, 1);
    lua_setmetatable(L, 1);
    return 0;
  }
  if (handle->object != NULL)
    link_end(L, handle->state, 1);
  handle_release(handle);
  return 0;
}

void handle_release(Handle *handle) {
  void *object = handle->object;
  handle->object = NULL;
  unlink_handle(handle);
  if (object != NULL)
    handle->release(object);
}

Handle *handle_of(lua_State *L, int index) {
  lua_getiuservalue(L, index, TOKEN_HANDLE);
  Handle *handle = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return handle;
}

/* Pushes a table with weak keys. */
static void new_weak(lua_State *L, State *s) {
  lua_newtable(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &s->weak);
  lua_setmetatable(L, -2);
}

void state_make_weak(lua_State *L, State *s) {
  state_table(L, s, STATE_DRESSES);
  lua_getmetatable(L, -1);
  lua_setmetatable(L, -3);
  lua_pop(L, 1);
}

/* Pushes a handle that holds nothing yet. */
static Handle *push_handle(lua_State *L, State *s) {
  Handle *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  memset(handle, 0, sizeof *handle);
  handle->state = s;
  if (luaL_newmetatable(L, HANDLE)) {
    lua_pushcfunction(L, handle_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return handle;
}

Handle *handle_new(lua_State *L, State *s, void *object,
                   void (*release)(void *)) {
  luaL_checkstack(L, 8, "cplugin");
  lua_newuserdatauv(L, 0, TOKEN_VALUES);
  Handle *handle = push_handle(L, s);
  new_weak(L, s);                               /* token, handle, table */
  lua_pushvalue(L, -3);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_setiuservalue(L, -2, 1);
  lua_setiuservalue(L, -2, TOKEN_HANDLE);
  handle->release = release;
  handle->object = object;
  link_handle(handle);
  return handle;                                /* + token */
}

/* ---- userdata by their address ---- */

/* Takes the entries of userdata that are gone for good out of the table. */
static void sweep_objects(lua_State *L, State *s) {
  int top = lua_gettop(L);
  s->kept = 0;
  state_table(L, s, STATE_OBJECTS);
  lua_pushnil(L);
  while (lua_next(L, top + 1) != 0) {           /* objects address box */
    lua_pushnil(L);
    if (lua_next(L, -2) != 0) {
      s->kept++;
      lua_pop(L, 2);
    } else {
      lua_pushvalue(L, -2);
      lua_pushnil(L);
      lua_rawset(L, top + 1);
    }
    lua_pop(L, 1);
  }
  s->kept_limit = 2 * s->kept + 64;
  lua_settop(L, top);
}

void state_object(lua_State *L, State *s, const void *address) {
  int top = lua_gettop(L);
  lua_pushnil(L);
  state_table(L, s, STATE_OBJECTS);
  if (lua_rawgetp(L, -1, address) == LUA_TTABLE) {
    lua_pushnil(L);
    if (lua_next(L, -2) != 0)                   /* nil objects box key true */
      lua_copy(L, -2, top + 1);
  }
  lua_settop(L, top + 1);
}

void state_keep(lua_State *L, State *s, const void *address) {
  int top = lua_gettop(L);
  if (++s->kept > s->kept_limit)
    sweep_objects(L, s);
  state_table(L, s, STATE_OBJECTS);
  lua_createtable(L, 0, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &s->weak);
  lua_setmetatable(L, -2);
  lua_pushvalue(L, top);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_rawsetp(L, -2, address);
  lua_settop(L, top);
}

void state_own_table(lua_State *L, int index, int n, int list, int keys) {
  index = lua_absindex(L, index);
  if (lua_getiuservalue(L, index, n) == LUA_TTABLE)
    return;
  lua_createtable(L, list, keys);                /* nil, table */
  if (lua_getiuservalue(L, index, n) == LUA_TTABLE) {
    lua_replace(L, -3);
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, index, n);
  lua_replace(L, -2);
}

/* ---- scopes ---- */

static void release_scope(void *scope) {
  scope_free(scope);
}

bool state_is_lasting(const State *s, const Scope *scope) {
  return scope == NULL || scope == s->builtin || scope == s->global;
}

void state_scope(lua_State *L, State *s, Scope *scope) {
  if (state_is_lasting(s, scope)) {
    lua_pushnil(L);
    return;
  }
  state_object(L, s, scope);
}

Scope *state_scope_new(lua_State *L, State *s, Scope *parent) {
  Handle *handle = handle_new(L, s, NULL, release_scope);
  Scope *scope = scope_new(parent);
  if (scope == NULL)
    luaL_error(L, "not enough memory");
  handle->object = scope;
  state_keep(L, s, scope);
  return scope;
}

void state_scope_uses(lua_State *L, State *s, Scope *scope, Scope *other) {
  if (scope == other || state_is_lasting(s, other))
    return;
  state_scope(L, s, other);
  if (state_is_lasting(s, scope)) {       /* so the other one lives on, too */
    lua_rawsetp(L, LUA_REGISTRYINDEX, other);
    return;
  }
  state_scope(L, s, scope);
  state_own_table(L, -1, TOKEN_KEEP, 0, 0);
  lua_pushvalue(L, -3);                         /* other, own, table, other */
  lua_rawsetp(L, -2, other);
  lua_pop(L, 3);
}

void state_scope_table(lua_State *L, State *s, StateTable which,
                       Scope *scope) {
  int slot = which == STATE_CACHES ? TOKEN_CACHES : TOKEN_METATYPES;
  if (state_is_lasting(s, scope)) {
    state_table(L, s, which);
    return;
  }
  state_scope(L, s, scope);
  state_own_table(L, -1, slot, 0, 0);
  lua_remove(L, -2);                            /* + table */
}

/* ---- the State ---- */

Plugin *plugin_test(lua_State *L, int index) {
  Plugin *plugin = lua_touserdata(L, index);
  if (plugin == NULL || lua_rawlen(L, index) != sizeof *plugin ||
      plugin->tag != (uintptr_t)plugin + STATE_COOKIE + TAG_PLUGIN)
    return NULL;
  return plugin;
}

/* What variables of plugins that are still open hold. */
static void end_links(lua_State *L, State *s) {
  state_table(L, s, STATE_LINKS);
  if (!lua_istable(L, -1))        /* the State was never made whole */
    return;
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    const Handle *handle = luaL_testudata(L, -2, HANDLE);
    if (handle != NULL && handle->object != NULL)
      link_end(L, s, lua_gettop(L) - 1);
    lua_pop(L, 1);
  }
}

/* Ends all objects that are keys of a table, each at the index given. */
static void end_keys(lua_State *L, State *s, StateTable table,
                     void (*end)(lua_State *L, int index)) {
  state_table(L, s, table);
  lua_pushnil(L);
  while (lua_istable(L, -2) && lua_next(L, -2) != 0) {
    end(L, -2);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* So bound functions have one thing to look at; cdata, below, have none. */
static void end_plugin(lua_State *L, int index) {
  Plugin *plugin = plugin_test(L, index);
  if (plugin != NULL)
    plugin->closed = true;
}

static void end_class(lua_State *L, int index) {
  Class *class = class_test(L, index);
  if (class != NULL)
    class_end(class);
}

static int state_gc(lua_State *L) {
  State *s = lua_touserdata(L, 1);
  s->finished = true;
  end_keys(L, s, STATE_PLUGINS, end_plugin);
  end_keys(L, s, STATE_CLASSES, end_class);
  end_links(L, s);
  while (s->handles != NULL)
    handle_release(s->handles);
  scope_free(s->global);
  scope_free(s->builtin);
  s->global = s->builtin = NULL;
  return 0;
}

static void new_table(lua_State *L, State *s, StateTable which, bool weak) {
  if (weak)
    new_weak(L, s);
  else
    lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &s->tables[which]);
}

static void make_values_weak(lua_State *L, State *s, StateTable which) {
  state_table(L, s, which);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

State *state_new(lua_State *L) {
  Error error;
  State *s = lua_newuserdatauv(L, sizeof *s, 0);
  memset(s, 0, sizeof *s);
  lua_newtable(L);
  lua_pushcfunction(L, state_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &s->weak);
  for (int i = 0; i < STATE_TABLES; i++)
    new_table(L, s, (StateTable)i, i < STATE_DRESSES);
  make_values_weak(L, s, STATE_DRESSES);
  make_values_weak(L, s, STATE_LATEST);
  make_values_weak(L, s, STATE_RECENT);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  s->main = lua_tothread(L, -1);
  lua_pop(L, 1);
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

int state_finished(lua_State *L) {
  return luaL_error(L, "cplugin cannot be used any more: the Lua state is "
                    "closing");
}

int plugin_closed(lua_State *L, const Plugin *plugin) {
  return luaL_error(L, "plugin '%s' is closed", plugin->name);
}
