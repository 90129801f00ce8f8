/*
** scalar.h - numbers and booleans that Lua has: C bytes <-> Lua values, the
** short way that most values go.
*/
#ifndef CPLUGIN_SCALAR_H
#define CPLUGIN_SCALAR_H

#include <lua.h>

#include "type/type.h"

/* Is it a type whose values are plain Lua values? (up to 64 bits) */
bool scalar_is_plain(const Type *type);

/*
** Pushes the value at `at`, at any alignment; unsigned 64-bit integers as
** their bits. False, and nothing pushed: Lua has no such values. `type` is
** bare. Allocates nothing.
*/
bool scalar_push(lua_State *L, const Type *type, const void *at);

/*
** Sets the table on the top to `count` values that stand side by side, from
** 1 on. False as above.
*/
bool scalar_push_table(lua_State *L, const Type *type, const char *at,
                       uint64_t count);

/* What scalar_store does, for types of one kind. */
bool scalar_store_integer(lua_State *L, const Type *type, void *to,
                          int index);
bool scalar_store_float(lua_State *L, const Type *type, void *to, int index);
bool scalar_store_bool(lua_State *L, void *to, int index);

/*
** Writes the Lua value at `index` to `to` if it is just what the type takes:
** an integer in its range, a number for a float, a boolean for a boolean. False, and nothing written:
** it is for store_value() to say. `type` is bare. Allocates nothing.
*/
static inline bool scalar_store(lua_State *L, const Type *type, void *to,
                                int index) {
  switch (type->kind) {
    case TYPE_INTEGER: case TYPE_ENUM:
      return scalar_store_integer(L, type, to, index);
    case TYPE_FLOAT: return scalar_store_float(L, type, to, index);
    case TYPE_BOOL: return scalar_store_bool(L, to, index);
    default: return false;
  }
}

/*
** The same with the `count` values from stack index `first` on, for elements
** side by side. Returns how many were written before one was not plain.
*/
int scalar_store_run(lua_State *L, const Type *type, char *to, int first,
                     int count);

/*
** The value at `at` as an integer, of up to 64 bits; a bare integer, bool or
** enum type.
*/
lua_Integer scalar_integer(const Type *type, const void *at);

/* The bits of a bit-field, `bit` from the lowest of the byte at `at`. */
uint64_t scalar_bits(const void *at, unsigned bit, unsigned width);
void scalar_set_bits(void *to, unsigned bit, unsigned width, uint64_t value);

#endif
