/*
** floor.c - what Lua itself costs: each function does what a row of the bench
** cannot do without, and nothing else. Nothing is checked, there is one name
** and one type, and an error in a callback goes through C. No module for
** stock Lua that calls Lua's public API can be faster.
*/
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "target.h"

/* ---- access: which object, which key (one is known), the value ---- */

static const void *known;         /* lua_topointer() of the name */
static double value;

static int name_index(lua_State *L) {
  if (lua_topointer(L, 2) == known)
    lua_pushnumber(L, value);
  return 1;
}

static int name_newindex(lua_State *L) {
  if (lua_topointer(L, 2) == known)
    value = lua_tonumber(L, 3);
  return 0;
}

static int field_index(lua_State *L) {
  const double *y = lua_touserdata(L, 1);
  if (lua_topointer(L, 2) == known)
    lua_pushnumber(L, *y);
  return 1;
}

static int field_newindex(lua_State *L) {
  double *y = lua_touserdata(L, 1);
  if (lua_topointer(L, 2) == known)
    *y = lua_tonumber(L, 3);
  return 0;
}

static int element_index(lua_State *L) {
  const double *array = lua_touserdata(L, 1);
  lua_pushnumber(L, array[lua_tointeger(L, 2)]);
  return 1;
}

static int element_newindex(lua_State *L) {
  double *array = lua_touserdata(L, 1);
  array[lua_tointeger(L, 2)] = lua_tonumber(L, 3);
  return 0;
}

/* Gives the table or userdata on the top these metamethods. */
static int accessed(lua_State *L, lua_CFunction index,
                    lua_CFunction newindex) {
  lua_newtable(L);
  lua_pushcfunction(L, index);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, newindex);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  return 1;
}

/* variables(name), with one variable of that name */
static int f_variables(lua_State *L) {
  known = lua_topointer(L, 1);
  lua_newtable(L);
  return accessed(L, name_index, name_newindex);
}

/* record(name), with one field of that name */
static int f_record(lua_State *L) {
  known = lua_topointer(L, 1);
  memset(lua_newuserdatauv(L, sizeof(double), 0), 0, sizeof(double));
  return accessed(L, field_index, field_newindex);
}

#define COUNT 1000

static int f_array(lua_State *L) {
  memset(lua_newuserdatauv(L, COUNT * sizeof(double), 0), 0,
         COUNT * sizeof(double));
  return accessed(L, element_index, element_newindex);
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
    {"variables", f_variables}, {"record", f_record}, {"array", f_array},
    {"repeat_", f_repeat}, {"sort", f_sort}, {NULL, NULL}
  };
  luaL_newlib(L, functions);
  lua_newtable(L);
  lua_pushcclosure(L, f_pair, 1);
  lua_setfield(L, -2, "pair");
  return 1;
}
