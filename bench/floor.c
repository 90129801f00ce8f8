/*
** floor.c - what Lua itself costs: each function does what a row of the bench
** cannot do without, and nothing else. No check, no name, no type; an error
** in a callback goes through C. No module for stock Lua can be faster that
** calls Lua's public API.
*/
#include <lauxlib.h>
#include <lua.h>

#include "target.h"

/* ---- access: the metamethod is called, and gives a number ---- */

static int give(lua_State *L) {
  lua_pushnumber(L, 2.5);
  return 1;
}

static int take(lua_State *L) {
  (void)L;
  return 0;
}

/* Gives the table or userdata on the top these metamethods. */
static int accessed(lua_State *L, lua_CFunction index) {
  lua_newtable(L);
  lua_pushcfunction(L, index);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, take);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  return 1;
}

static int f_variables(lua_State *L) {
  lua_newtable(L);
  return accessed(L, give);
}

static int f_memory(lua_State *L) {
  lua_newuserdatauv(L, 16, 0);
  return accessed(L, give);
}

/* ---- new memory: upvalue 1 is its metatable ---- */

static int f_pair(lua_State *L) {
  lua_newuserdatauv(L, sizeof(struct pair), 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setmetatable(L, -2);
  return 1;
}

/* ---- callbacks: the function is at index 1, the metatable at 3 ---- */

static lua_State *calling;

static int result(lua_State *L, int nargs) {
  lua_call(L, nargs, 1);
  int n = (int)lua_tointeger(L, -1);
  lua_settop(L, 3);
  return n;
}

static int call_lua(int n) {
  lua_pushvalue(calling, 1);
  lua_pushinteger(calling, n);
  return result(calling, 1);
}

static int f_repeat(lua_State *L) {
  calling = L;
  lua_settop(L, 3);
  lua_pushinteger(L, repeat(call_lua, (int)lua_tointeger(L, 2)));
  return 1;
}

static void push_pointer(lua_State *L, const int *at) {
  *(const int **)lua_newuserdatauv(L, sizeof at, 0) = at;
  lua_pushvalue(L, 3);
  lua_setmetatable(L, -2);
}

static int int_index(lua_State *L) {
  const int *const *at = lua_touserdata(L, 1);
  lua_pushinteger(L, (*at)[lua_tointeger(L, 2)]);
  return 1;
}

static int compare_lua(const int *a, const int *b) {
  lua_pushvalue(calling, 1);
  push_pointer(calling, a);
  push_pointer(calling, b);
  return result(calling, 2);
}

/* sort(compare, values) */
static int f_sort(lua_State *L) {
  size_t n = lua_rawlen(L, 2);
  int *array = lua_newuserdatauv(L, n * sizeof *array, 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    array[i] = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
  }
  lua_replace(L, 2);              /* it keeps the array */
  lua_newtable(L);
  lua_pushcfunction(L, int_index);
  lua_setfield(L, -2, "__index");
  calling = L;
  sort(array, n, compare_lua);
  return 0;
}

/* ---- */

int luaopen_floor(lua_State *L);

int luaopen_floor(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"variables", f_variables}, {"memory", f_memory}, {"repeat_", f_repeat},
    {"sort", f_sort}, {NULL, NULL}
  };
  luaL_newlib(L, functions);
  lua_newtable(L);
  lua_pushcclosure(L, f_pair, 1);
  lua_setfield(L, -2, "pair");
  return 1;
}
