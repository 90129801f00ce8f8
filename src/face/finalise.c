/* finalise.c - see finalise.h. */
#include "face/finalise.h"

#include <errno.h>
#include <stdlib.h>

#include "bind/callback.h"
#include "face/access.h"

/*
** May a plugin that is closed have to run the finaliser, as `concerns` below
** says? These are run in their order.
*/
static bool is_ordered(lua_State *L, const State *s, const CData *cd,
                       int function) {
  const Class *class = cd->class;
  const Scope *scope = class->type->scope;
  return class->plugin != NULL || !state_is_lasting(s, scope) ||
         callee_test(L, function) != NULL;
}

/* Notes the number of the finaliser that the cdata at `index` gets. */
static void set_order(lua_State *L, State *s, int index) {
  lua_Integer order = s->finalisers;
  state_table(L, s, STATE_ORDER);
  lua_pushvalue(L, index);
  lua_pushinteger(L, order);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* Pushes the class of the cdata at `index`, which its metatable mostly has. */
static void push_class(lua_State *L, const CData *cd, int index) {
  if (lua_getmetatable(L, index)) {
    lua_rawgetp(L, -1, &cdata_zero);
    lua_replace(L, -2);
    if (lua_touserdata(L, -1) == cd->class)
      return;
    lua_pop(L, 1);
  }
  class_userdata(L, cd->class);
}

void finalise_set(lua_State *L, State *s, int index, int function) {
  CData *cd = lua_touserdata(L, index);
  bool none = lua_isnil(L, function);
  if (!none) {
    s->finalisers++;
    if (is_ordered(L, s, cd, function))
      set_order(L, s, index);     /* before it has one */
  }
  state_table(L, s, STATE_FINALISERS);
  lua_pushvalue(L, index);
  lua_pushvalue(L, function);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  if (cd->class->shape != SHAPE_VALUE)
    cd->tag |= CDATA_KEPT;
  push_class(L, cd, index);
  lua_getiuservalue(L, -1, none ? CLASS_METATABLE : CLASS_FINALISING);
  lua_setmetatable(L, index);
  lua_pop(L, 1);
}

/* Takes the finaliser of the cdata at `index` and pushes it, or nil. */
static void take(lua_State *L, State *s, int index) {
  state_table(L, s, STATE_FINALISERS);
  lua_pushvalue(L, index);
  lua_rawget(L, -2);
  if (!lua_isnil(L, -1)) {
    lua_pushvalue(L, index);
    lua_pushnil(L);
    lua_rawset(L, -4);
  }
  lua_remove(L, -2);
}

/* Runs the finaliser of the cdata at `index`, if it has one. */
static void finalise(lua_State *L, State *s, int index) {
  int err = s->now.err;
  int real = errno;
  take(L, s, index);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return;
  }
  lua_pushvalue(L, index);
  int status = lua_pcall(L, 1, 0, 0);
  s->now.err = err;
  errno = real;
  if (status != LUA_OK)
    lua_error(L);
}

int finalise_gc(lua_State *L) {
  State *s = lua_touserdata(L, lua_upvalueindex(1));
  if (!s->finished)
    finalise(L, s, 1);
  return 0;
}

int finalise_close(lua_State *L) {
  State *s = state_of(L);
  CData *cd = check_cdata(L, 1);
  lua_settop(L, 1);
  if (cd->tag & CDATA_OWNED) {
    lua_getiuservalue(L, 1, 1);
    if (callback_is_guard(L, -1))
      callback_free(L, lua_gettop(L));
    lua_settop(L, 1);
  }
  finalise(L, s, 1);
  return 0;
}

/* ---- before a plugin is closed ---- */

/* Does the finaliser at the top, of the cdata below it, need the plugin? */
static bool concerns(lua_State *L, const Plugin *plugin) {
  const Callee *callee = callee_test(L, -1);
  const CData *cd = cdata_test(L, -2);
  if (callee != NULL && callee->plugin == plugin)
    return true;
  return cd != NULL && (cd->class->plugin == plugin ||
                        cd->class->type->scope == plugin->scope);
}

static int later(const void *a, const void *b) {
  lua_Integer x = *(const lua_Integer *)a;
  lua_Integer y = *(const lua_Integer *)b;
  return (x < y) - (x > y);
}

/* Adds what concerns the plugin to the table on the top. */
static void add_concerned(lua_State *L, State *s, const Plugin *plugin) {
  state_table(L, s, STATE_ORDER);
  state_table(L, s, STATE_FINALISERS);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {                /* t order all cdata f */
    if (concerns(L, plugin)) {
      lua_pushvalue(L, -2);
      lua_rawget(L, -5);
      lua_pushvalue(L, -3);
      lua_rawset(L, -7);
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
}

/*
** Pushes a table {number -> cdata} of what concerns the plugin; how many. A
** walk in the middle of which a finaliser was set may have missed some.
*/
static size_t collect(lua_State *L, State *s, const Plugin *plugin) {
  size_t n = 0;
  lua_Integer before;
  lua_newtable(L);
  do {
    before = s->finalisers;
    add_concerned(L, s, plugin);
  } while (before != s->finalisers);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    lua_pop(L, 1);
    n++;
  }
  return n;
}

/* Pushes the n keys of the table on the top as an array, newest first. */
static const lua_Integer *sorted_keys(lua_State *L, size_t n) {
  int table = lua_gettop(L);
  lua_Integer *keys = lua_newuserdatauv(L, (n + 1) * sizeof *keys, 0);
  size_t i = 0;
  lua_pushnil(L);
  while (i < n && lua_next(L, table) != 0) {
    lua_pop(L, 1);
    keys[i++] = lua_tointeger(L, -1);
  }
  lua_settop(L, table + 1);
  qsort(keys, i, sizeof *keys, later);
  return keys;
}

static int finalise_protected(lua_State *L) {
  finalise(L, lua_touserdata(L, 2), 1);
  return 0;
}

bool finalise_plugin(lua_State *L, Plugin *plugin) {
  State *s = plugin->state;
  int first = lua_gettop(L) + 1;                /* where an error is kept */
  luaL_checkstack(L, 16, "cplugin");
  lua_pushnil(L);
  bool failed = false;
  size_t n = collect(L, s, plugin);
  const lua_Integer *keys = sorted_keys(L, n);
  for (size_t i = 0; i < n; i++) {
    lua_pushcfunction(L, finalise_protected);
    lua_rawgeti(L, first + 1, keys[i]);
    lua_pushlightuserdata(L, s);
    if (lua_pcall(L, 2, 0, 0) == LUA_OK)
      continue;
    if (failed)
      lua_pop(L, 1);              /* only the first error is told */
    else
      lua_replace(L, first);
    failed = true;
  }
  lua_settop(L, failed ? first : first - 1);
  return failed;
}
