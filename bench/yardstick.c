/*
** yardstick.c - a Lua module for target.h, written by hand as a good C
** programmer would: arguments are checked, results are what Lua expects,
** records are full userdata with a metatable, callbacks contain errors.
*/
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "target.h"

#define ITEM "yardstick.item"
#define PAIR "yardstick.pair"
#define DOUBLES "yardstick.doubles"

static int check_int(lua_State *L, int index) {
  lua_Integer value = luaL_checkinteger(L, index);
  luaL_argcheck(L, value >= INT32_MIN && value <= INT32_MAX, index,
                "out of range");
  return (int)value;
}

/* ---- calls ---- */

static int y_nothing(lua_State *L) {
  (void)L;
  nothing();
  return 0;
}

static int y_add(lua_State *L) {
  lua_pushinteger(L, add(check_int(L, 1), check_int(L, 2)));
  return 1;
}

static int y_scale(lua_State *L) {
  lua_pushnumber(L, scale(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));
  return 1;
}

static int y_length(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)length(luaL_checkstring(L, 1)));
  return 1;
}

static int y_six(lua_State *L) {
  lua_pushinteger(L, six(luaL_checkinteger(L, 1), luaL_checkinteger(L, 2),
                         luaL_checkinteger(L, 3), luaL_checkinteger(L, 4),
                         luaL_checkinteger(L, 5), luaL_checkinteger(L, 6)));
  return 1;
}

static int y_mixed(lua_State *L) {
  lua_pushnumber(L, mixed(check_int(L, 1), luaL_checknumber(L, 2),
                          luaL_checkinteger(L, 3),
                          (float)luaL_checknumber(L, 4)));
  return 1;
}

static void push_item(lua_State *L, struct item *item) {
  struct item **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = item;
  luaL_setmetatable(L, ITEM);
}

static struct item *check_item(lua_State *L, int index) {
  struct item **box = luaL_checkudata(L, index, ITEM);
  return *box;
}

static int y_same(lua_State *L) {
  push_item(L, same(check_item(L, 1)));
  return 1;
}

static int y_make_item(lua_State *L) {
  push_item(L, make_item());
  return 1;
}

static int y_negate(lua_State *L) {
  luaL_checktype(L, 1, LUA_TBOOLEAN);
  lua_pushboolean(L, negate(lua_toboolean(L, 1)));
  return 1;
}

static uint8_t check_byte(lua_State *L, int index) {
  lua_Integer value = luaL_checkinteger(L, index);
  luaL_argcheck(L, value >= 0 && value <= UINT8_MAX, index, "out of range");
  return (uint8_t)value;
}

static int y_next(lua_State *L) {
  lua_pushinteger(L, next(check_byte(L, 1)));
  return 1;
}

static int y_ten(lua_State *L) {
  luaL_checktype(L, 6, LUA_TBOOLEAN);
  lua_Integer h = luaL_checkinteger(L, 8);
  luaL_argcheck(L, h >= INT16_MIN && h <= INT16_MAX, 8, "out of range");
  lua_pushnumber(L, ten(check_int(L, 1), luaL_checknumber(L, 2),
                        luaL_checkinteger(L, 3),
                        (float)luaL_checknumber(L, 4),
                        luaL_checkstring(L, 5), lua_toboolean(L, 6),
                        check_byte(L, 7), (short)h, luaL_checknumber(L, 9),
                        luaL_checkinteger(L, 10)));
  return 1;
}

/* ---- records by value, and their fields ---- */

static struct pair *new_pair(lua_State *L) {
  struct pair *pair = lua_newuserdatauv(L, sizeof *pair, 0);
  luaL_setmetatable(L, PAIR);
  return pair;
}

static int y_pair(lua_State *L) {
  struct pair pair = {luaL_optnumber(L, 1, 0), luaL_optnumber(L, 2, 0)};
  *new_pair(L) = pair;
  return 1;
}

static int y_swap(lua_State *L) {
  struct pair *p = luaL_checkudata(L, 1, PAIR);
  struct pair q = swap(*p);
  *new_pair(L) = q;
  return 1;
}

static double *pair_field(lua_State *L) {
  struct pair *p = luaL_checkudata(L, 1, PAIR);
  const char *key = luaL_checkstring(L, 2);
  if (key[0] == 'x' && key[1] == '\0')
    return &p->x;
  if (key[0] == 'y' && key[1] == '\0')
    return &p->y;
  luaL_error(L, "no field '%s'", key);
  return NULL;
}

static int pair_index(lua_State *L) {
  lua_pushnumber(L, *pair_field(L));
  return 1;
}

static int pair_newindex(lua_State *L) {
  *pair_field(L) = luaL_checknumber(L, 3);
  return 0;
}

/* ---- arrays ---- */

typedef struct Doubles {
  size_t count;
  double items[];
} Doubles;

static int y_doubles(lua_State *L) {
  size_t count = (size_t)luaL_checkinteger(L, 1);
  size_t size = sizeof(Doubles) + count * sizeof(double);
  Doubles *array = lua_newuserdatauv(L, size, 0);
  memset(array, 0, size);
  array->count = count;
  luaL_setmetatable(L, DOUBLES);
  if (lua_istable(L, 2)) {
    for (size_t i = 0; i < count; i++) {
      lua_rawgeti(L, 2, (lua_Integer)i + 1);
      array->items[i] = luaL_checknumber(L, -1);
      lua_pop(L, 1);
    }
  }
  return 1;
}

static double *item_of(lua_State *L) {
  Doubles *array = luaL_checkudata(L, 1, DOUBLES);
  lua_Integer i = luaL_checkinteger(L, 2);
  luaL_argcheck(L, i >= 0 && (size_t)i < array->count, 2, "out of bounds");
  return &array->items[i];
}

static int doubles_index(lua_State *L) {
  lua_pushnumber(L, *item_of(L));
  return 1;
}

static int doubles_newindex(lua_State *L) {
  *item_of(L) = luaL_checknumber(L, 3);
  return 0;
}

static int y_totable(lua_State *L) {
  Doubles *array = luaL_checkudata(L, 1, DOUBLES);
  lua_createtable(L, (int)array->count, 0);
  for (size_t i = 0; i < array->count; i++) {
    lua_pushnumber(L, array->items[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* ---- bytes ---- */

#define BYTES "yardstick.bytes"

static int y_bytes(lua_State *L) {
  size_t n = (size_t)luaL_checkinteger(L, 1);
  memset(lua_newuserdatauv(L, n, 0), 0, n);
  luaL_setmetatable(L, BYTES);
  return 1;
}

static size_t check_count(lua_State *L, int index, size_t most) {
  lua_Integer n = luaL_checkinteger(L, index);
  luaL_argcheck(L, n >= 0 && (size_t)n <= most, index, "out of bounds");
  return (size_t)n;
}

static int y_copy(lua_State *L) {
  size_t length;
  char *bytes = luaL_checkudata(L, 1, BYTES);
  const char *text = luaL_checklstring(L, 2, &length);
  size_t n = check_count(L, 3, length);
  luaL_argcheck(L, n <= lua_rawlen(L, 1), 3, "out of bounds");
  memcpy(bytes, text, n);
  return 0;
}

static int y_string(lua_State *L) {
  const char *bytes = luaL_checkudata(L, 1, BYTES);
  lua_pushlstring(L, bytes, check_count(L, 2, lua_rawlen(L, 1)));
  return 1;
}

/* ---- variables ---- */

static int variables_index(lua_State *L) {
  const char *key = luaL_checkstring(L, 2);
  if (strcmp(key, "target_int") == 0)
    lua_pushinteger(L, target_int);
  else if (strcmp(key, "target_double") == 0)
    lua_pushnumber(L, target_double);
  else
    return luaL_error(L, "no variable '%s'", key);
  return 1;
}

static int variables_newindex(lua_State *L) {
  const char *key = luaL_checkstring(L, 2);
  if (strcmp(key, "target_int") == 0)
    target_int = check_int(L, 3);
  else if (strcmp(key, "target_double") == 0)
    target_double = luaL_checknumber(L, 3);
  else
    return luaL_error(L, "no variable '%s'", key);
  return 0;
}

/* ---- callbacks ---- */

static lua_State *calling;        /* the function is at index 1 of it */
static bool failed;

static int traceback(lua_State *L) {
  luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

static int run(lua_State *L, int nargs) {
  int handler = lua_gettop(L) - nargs;
  if (lua_pcall(L, nargs, 1, handler - 1) != LUA_OK) {
    failed = true;
    return 0;
  }
  return (int)lua_tointeger(L, -1);
}

static int call_lua(int n) {
  lua_State *L = calling;
  int top = lua_gettop(L);
  lua_pushcfunction(L, traceback);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, n);
  int result = run(L, 1);
  if (!failed)
    lua_settop(L, top);
  return result;
}

static int finish(lua_State *L) {
  calling = NULL;
  if (!failed)
    return 1;
  failed = false;
  return lua_error(L);
}

static int y_repeat(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  int n = check_int(L, 2);
  calling = L;
  int sum = repeat(call_lua, n);
  lua_pushinteger(L, sum);
  return finish(L);
}

static void push_int_pointer(lua_State *L, const int *at) {
  const int **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = at;
  luaL_setmetatable(L, "yardstick.int");
}

static int int_index(lua_State *L) {
  const int **box = luaL_checkudata(L, 1, "yardstick.int");
  lua_pushinteger(L, (*box)[luaL_checkinteger(L, 2)]);
  return 1;
}

static int compare_lua(const int *a, const int *b) {
  lua_State *L = calling;
  int top = lua_gettop(L);
  if (failed)
    return 0;
  lua_pushcfunction(L, traceback);
  lua_pushvalue(L, 1);
  push_int_pointer(L, a);
  push_int_pointer(L, b);
  int result = run(L, 2);
  if (!failed)
    lua_settop(L, top);
  return result;
}

/* sort(compare, values): the sorted values' first one. */
static int y_sort(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_checktype(L, 2, LUA_TTABLE);
  size_t n = lua_rawlen(L, 2);
  int *array = lua_newuserdatauv(L, n * sizeof *array, 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    array[i] = check_int(L, -1);
    lua_pop(L, 1);
  }
  calling = L;
  sort(array, n, compare_lua);
  lua_pushinteger(L, array[0]);
  return finish(L);
}

/* ---- */

static const luaL_Reg functions[] = {
  {"nothing", y_nothing}, {"add", y_add}, {"scale", y_scale},
  {"length", y_length}, {"six", y_six}, {"mixed", y_mixed},
  {"same", y_same}, {"make_item", y_make_item}, {"negate", y_negate},
  {"next", y_next}, {"ten", y_ten}, {"pair", y_pair}, {"swap", y_swap},
  {"doubles", y_doubles}, {"totable", y_totable}, {"repeat_", y_repeat},
  {"sort", y_sort}, {"bytes", y_bytes}, {"copy", y_copy},
  {"string", y_string}, {NULL, NULL}
};

static void metatable(lua_State *L, const char *name, lua_CFunction index,
                      lua_CFunction newindex) {
  luaL_newmetatable(L, name);
  lua_pushcfunction(L, index);
  lua_setfield(L, -2, "__index");
  if (newindex != NULL) {
    lua_pushcfunction(L, newindex);
    lua_setfield(L, -2, "__newindex");
  }
  lua_pop(L, 1);
}

int luaopen_yardstick(lua_State *L);

int luaopen_yardstick(lua_State *L) {
  luaL_newmetatable(L, ITEM);
  luaL_newmetatable(L, BYTES);
  lua_pop(L, 2);
  metatable(L, PAIR, pair_index, pair_newindex);
  metatable(L, DOUBLES, doubles_index, doubles_newindex);
  metatable(L, "yardstick.int", int_index, NULL);
  luaL_newlib(L, functions);
  lua_newtable(L);
  lua_newtable(L);
  lua_pushcfunction(L, variables_index);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, variables_newindex);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "variables");
  return 1;
}
