/*
** shapes.c - a Lua module for the records of target.h, written by hand as a
** good C programmer would: what is a part of a record, or is pointed at, is a
** userdata that keeps the memory it leads to.
*/
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "target.h"

#define SHAPE "shapes.shape"
#define PAIR "shapes.pair"
#define INTS "shapes.ints"

/* ---- pairs: memory of their own, or a part of a shape ---- */

typedef struct Pair {
  struct pair *at;
  struct pair own;                /* at, if it is no part */
} Pair;

static struct pair *check_pair(lua_State *L, int index) {
  Pair *pair = luaL_checkudata(L, index, PAIR);
  return pair->at;
}

static Pair *push_pair(lua_State *L, int values) {
  Pair *pair = lua_newuserdatauv(L, sizeof *pair, values);
  memset(pair, 0, sizeof *pair);
  pair->at = &pair->own;
  luaL_setmetatable(L, PAIR);
  return pair;
}

static double number_at(lua_State *L, const char *key) {
  lua_getfield(L, 1, key);
  double number = luaL_optnumber(L, -1, 0);
  lua_pop(L, 1);
  return number;
}

/* pair(x, y), pair {x = x, y = y} */
static int s_pair(lua_State *L) {
  struct pair pair;
  if (lua_istable(L, 1)) {
    pair.x = number_at(L, "x");
    pair.y = number_at(L, "y");
  } else {
    pair.x = luaL_optnumber(L, 1, 0);
    pair.y = luaL_optnumber(L, 2, 0);
  }
  push_pair(L, 0)->own = pair;
  return 1;
}

/* Upvalue 1: the methods. */
static int pair_index(lua_State *L) {
  struct pair *pair = check_pair(L, 1);
  const char *key = luaL_checkstring(L, 2);
  if (strcmp(key, "x") == 0) {
    lua_pushnumber(L, pair->x);
  } else if (strcmp(key, "y") == 0) {
    lua_pushnumber(L, pair->y);
  } else {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL)
      return luaL_error(L, "no field '%s'", key);
  }
  return 1;
}

/* ---- shapes ---- */

static int s_shape(lua_State *L) {
  struct shape *shape = lua_newuserdatauv(L, sizeof *shape, 1);
  memset(shape, 0, sizeof *shape);
  luaL_setmetatable(L, SHAPE);
  return 1;
}

static int shape_index(lua_State *L) {
  struct shape *shape = luaL_checkudata(L, 1, SHAPE);
  const char *key = luaL_checkstring(L, 2);
  if (strcmp(key, "id") == 0) {
    lua_pushinteger(L, shape->id);
  } else if (strcmp(key, "at") == 0) {
    push_pair(L, 1)->at = &shape->at;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
  } else if (strcmp(key, "next") == 0) {
    lua_getiuservalue(L, 1, 1);
  } else if (strcmp(key, "name") == 0) {
    const char *end = memchr(shape->name, '\0', sizeof shape->name);
    lua_pushlstring(L, shape->name, end == NULL ? sizeof shape->name
                                                : (size_t)(end - shape->name));
  } else {
    return luaL_error(L, "no field '%s'", key);
  }
  return 1;
}

static int set_name(lua_State *L, struct shape *shape) {
  size_t length;
  const char *name = luaL_checklstring(L, 3, &length);
  luaL_argcheck(L, length < sizeof shape->name, 3, "too long");
  memcpy(shape->name, name, length + 1);
  return 0;
}

static int shape_newindex(lua_State *L) {
  struct shape *shape = luaL_checkudata(L, 1, SHAPE);
  const char *key = luaL_checkstring(L, 2);
  if (strcmp(key, "name") == 0)
    return set_name(L, shape);
  if (strcmp(key, "at") == 0) {
    shape->at = *check_pair(L, 3);
  } else if (strcmp(key, "next") == 0) {
    shape->next = lua_isnil(L, 3) ? NULL : check_pair(L, 3);
    lua_settop(L, 3);
    lua_setiuservalue(L, 1, 1);
  } else {
    return luaL_error(L, "no field '%s'", key);
  }
  return 0;
}

/* ---- arrays, and pointers into them ---- */

typedef struct Ints {
  int *at, *low, *high;
} Ints;

static int s_ints(lua_State *L) {
  size_t count = (size_t)luaL_checkinteger(L, 1);
  Ints *ints = lua_newuserdatauv(L, sizeof *ints + count * sizeof(int), 0);
  memset(ints + 1, 0, count * sizeof(int));
  ints->at = ints->low = (int *)(ints + 1);
  ints->high = ints->low + count;
  luaL_setmetatable(L, INTS);
  return 1;
}

static int ints_add(lua_State *L) {
  Ints *ints = luaL_checkudata(L, 1, INTS);
  lua_Integer n = luaL_checkinteger(L, 2);
  luaL_argcheck(L, n >= ints->low - ints->at && n <= ints->high - ints->at, 2,
                "out of bounds");
  Ints *moved = lua_newuserdatauv(L, sizeof *moved, 1);
  *moved = (Ints){ints->at + n, ints->low, ints->high};
  luaL_setmetatable(L, INTS);
  if (ints->low == (int *)(ints + 1))
    lua_pushvalue(L, 1);
  else
    lua_getiuservalue(L, 1, 1);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

/* ---- */

static void set_function(lua_State *L, const char *name, lua_CFunction f) {
  lua_pushcfunction(L, f);
  lua_setfield(L, -2, name);
}

int luaopen_shapes(lua_State *L);

int luaopen_shapes(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"pair", s_pair}, {"shape", s_shape}, {"ints", s_ints}, {NULL, NULL}
  };
  luaL_newlib(L, functions);
  luaL_newmetatable(L, SHAPE);
  set_function(L, "__index", shape_index);
  set_function(L, "__newindex", shape_newindex);
  luaL_newmetatable(L, INTS);
  set_function(L, "__add", ints_add);
  luaL_newmetatable(L, PAIR);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, -6, "methods");
  lua_pushcclosure(L, pair_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 3);
  return 1;
}
