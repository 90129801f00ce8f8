/*
** scalar.h - numbers and booleans that Lua has: C bytes <-> Lua values, the
** short way that most values go.
*/
#ifndef CPLUGIN_SCALAR_H
#define CPLUGIN_SCALAR_H

#include <lua.h>
#include <string.h>

#include "type/type.h"

/* Is it a type whose values are plain Lua values? (up to 64 bits) */
bool scalar_is_plain(const Type *type);

/* What scalar_push and scalar_store do, for what is not the commonest. */
bool scalar_push_other(lua_State *L, const Type *type, const void *at);
bool scalar_store_other(lua_State *L, const Type *type, void *to, int index);

/*
** Pushes the value at `at`, at any alignment; unsigned 64-bit integers as
** their bits. False, and nothing pushed: Lua has no such values. `type` is
** bare. Allocates nothing.
*/
static inline bool scalar_push(lua_State *L, const Type *type,
                               const void *at) {
  int integer;
  double number;
  if (type->rank == BASE_INT) {
    memcpy(&integer, at, sizeof integer);
    lua_pushinteger(L, integer);
    return true;
  }
  if (type->rank == BASE_DOUBLE) {
    memcpy(&number, at, sizeof number);
    lua_pushnumber(L, number);
    return true;
  }
  return scalar_push_other(L, type, at);
}

/*
** Sets the table on the top to `count` values that stand side by side, from
** 1 on. False as above.
*/
bool scalar_push_table(lua_State *L, const Type *type, const char *at,
                       uint64_t count);

/*
** Writes the Lua value at `index` to `to` if it is just what the type takes:
** an integer in its range, a number for a float, a boolean for a boolean.
** False, and nothing written: it is for store_value() to say. `type` is bare.
** Allocates nothing.
*/
static inline bool scalar_store(lua_State *L, const Type *type, void *to,
                                int index) {
  int isinteger;
  if (type->rank == BASE_INT) {
    lua_Integer value = lua_tointegerx(L, index, &isinteger);
    int integer = (int)value;
    if (!isinteger || integer != value)
      return false;
    memcpy(to, &integer, sizeof integer);
    return true;
  }
  if (type->rank == BASE_DOUBLE) {
    double number = lua_tonumber(L, index);
    if (lua_type(L, index) != LUA_TNUMBER)
      return false;
    memcpy(to, &number, sizeof number);
    return true;
  }
  return scalar_store_other(L, type, to, index);
}

/*
** The same with the `count` values that a table has from a key on, for
** elements side by side. Returns how many were written before one was not
** plain. Leaves on the stack what it has taken out of the table, up to `count`
** values, for which there must be room. The table has no metatable.
*/
int scalar_store_run(lua_State *L, const Type *type, char *to, int table,
                     lua_Integer key, int count);

/*
** The value at `at` as an integer, of up to 64 bits; a bare integer, bool or
** enum type.
*/
lua_Integer scalar_integer(const Type *type, const void *at);

/* The bits of a bit-field, `bit` from the lowest of the byte at `at`. */
uint64_t scalar_bits(const void *at, unsigned bit, unsigned width);
void scalar_set_bits(void *to, unsigned bit, unsigned width, uint64_t value);

#endif
