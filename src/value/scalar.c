/* scalar.c - see scalar.h. */
#include "value/scalar.h"

#include <limits.h>
#include <string.h>

#include "base/floating.h"

/* Plain char is apart: it takes what either kind of char does. */
#define INTEGERS(X) \
  X(SCHAR, signed char) X(UCHAR, unsigned char) X(SHORT, short) \
  X(USHORT, unsigned short) X(INT, int) X(UINT, unsigned int)
#define LONG_INTEGERS(X) \
  X(LONG, long) X(ULONG, unsigned long) X(LLONG, long long) \
  X(ULLONG, unsigned long long)
#define FLOATS(X) \
  X(FLOAT, float) X(FLOAT32, float) X(FLOAT32X, double) \
  X(DOUBLE, double) X(FLOAT64, double)

/* The base type, or BASE_VOID for what is none. */
static unsigned base_of(const Type *type) {
  return type->kind == TYPE_ENUM && type->target != NULL ? type->target->rank
                                                         : type->rank;
}

bool scalar_is_plain(const Type *type) {
  type = type->bare;
  switch (type->kind) {
    case TYPE_BOOL: case TYPE_ENUM: return true;
    case TYPE_INTEGER: case TYPE_FLOAT: return type_size(type) <= 8;
    default: return false;
  }
}

static lua_Number half_float(const void *at) {
  Floating f;
  lua_Number value;
  float_decode(&float_binary16, at, &f);
  float_encode(&float_binary64, &f, &value);
  return value;
}

#define LOAD(id, T, push) \
  case BASE_##id: { \
    T value; \
    memcpy(&value, at, sizeof value); \
    push(value); \
  }

bool scalar_push_other(lua_State *L, const Type *type, const void *at) {
#define PUSH(value) lua_pushinteger(L, (lua_Integer)(value)); return true
#define PUSH_FLOAT(value) lua_pushnumber(L, (lua_Number)(value)); return true
#define LOAD_INTEGER(id, T) LOAD(id, T, PUSH)
#define LOAD_FLOAT(id, T) LOAD(id, T, PUSH_FLOAT)
  switch (base_of(type)) {
    case BASE_BOOL:               /* an enum of bools has integers */
      if (type->kind == TYPE_BOOL)
        lua_pushboolean(L, *(const unsigned char *)at != 0);
      else
        lua_pushinteger(L, *(const unsigned char *)at);
      return true;
    LOAD_INTEGER(CHAR, char)
    INTEGERS(LOAD_INTEGER)
    LONG_INTEGERS(LOAD_INTEGER)
    FLOATS(LOAD_FLOAT)
    case BASE_FLOAT16:
      lua_pushnumber(L, half_float(at));
      return true;
    default:
      return false;
  }
}

lua_Integer scalar_integer(const Type *type, const void *at) {
#define GIVE(value) return (lua_Integer)(value)
#define GIVE_INTEGER(id, T) LOAD(id, T, GIVE)
  switch (base_of(type)) {
    case BASE_BOOL: return *(const unsigned char *)at;
    GIVE_INTEGER(CHAR, char)
    INTEGERS(GIVE_INTEGER)
    LONG_INTEGERS(GIVE_INTEGER)
    default: return 0;
  }
}

bool scalar_push_table(lua_State *L, const Type *type, const char *at,
                       uint64_t count) {
  size_t size = (size_t)type_size(type);
  if (!scalar_is_plain(type))
    return false;
  if (type->kind == TYPE_FLOAT && size == sizeof(lua_Number)) {
    for (uint64_t i = 0; i < count; i++) {
      lua_Number value;
      memcpy(&value, at + i * size, sizeof value);
      lua_pushnumber(L, value);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return true;
  }
  for (uint64_t i = 0; i < count; i++) {
    scalar_push(L, type, at + i * size);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return true;
}

/*
** What is an integer is Lua's to say: 3.0 and "3" are. Each type has its
** function, for one value and for many side by side.
*/
#define STORE_INTEGER(id, T) \
  static inline bool store_##id(lua_State *L, void *to, int index) { \
    int isinteger; \
    lua_Integer value = lua_tointegerx(L, index, &isinteger); \
    T narrow = (T)value; \
    if (!isinteger || (lua_Integer)narrow != value) \
      return false; \
    memcpy(to, &narrow, sizeof narrow); \
    return true; \
  }
INTEGERS(STORE_INTEGER)
LONG_INTEGERS(STORE_INTEGER)

static inline bool store_CHAR(lua_State *L, void *to, int index) {
  int isinteger;
  lua_Integer value = lua_tointegerx(L, index, &isinteger);
  if (!isinteger || value < SCHAR_MIN || value > UCHAR_MAX)
    return false;
  *(char *)to = (char)value;
  return true;
}

static bool store_integer(lua_State *L, const Type *type, void *to,
                          int index) {
#define STORE(id, T) case BASE_##id: return store_##id(L, to, index);
  switch (base_of(type)) {
    STORE(CHAR, char)
    INTEGERS(STORE)
    LONG_INTEGERS(STORE)
    default: return false;
  }
}

static inline bool store_double(lua_State *L, void *to, int index) {
  lua_Number value = lua_tonumber(L, index);
  memcpy(to, &value, sizeof value);
  return true;
}

#define EXACT 9007199254740992.0  /* 2^53: integers below are doubles, too */

/* An integer becomes a float without a double in between (C11 6.3.1.4). */
static inline bool store_float(lua_State *L, void *to, int index) {
  lua_Number value = lua_tonumber(L, index);
  float single = (float)value;
  if ((value >= EXACT || value <= -EXACT) && lua_isinteger(L, index))
    single = (float)lua_tointeger(L, index);
  memcpy(to, &single, sizeof single);
  return true;
}

static bool store_floating(lua_State *L, const Type *type, void *to,
                           int index) {
  if (lua_type(L, index) != LUA_TNUMBER)
    return false;
  switch (type_size(type)) {
    case sizeof(float): return store_float(L, to, index);
    case sizeof(double): return store_double(L, to, index);
    default: return false;
  }
}

static inline bool store_bool(lua_State *L, void *to, int index) {
  *(unsigned char *)to = (unsigned char)lua_toboolean(L, index);
  return true;
}

bool scalar_store_other(lua_State *L, const Type *type, void *to,
                        int index) {
  switch (type->kind) {
    case TYPE_ENUM:               /* names are not to be read as numbers */
      return lua_type(L, index) == LUA_TNUMBER &&
             store_integer(L, type, to, index);
    case TYPE_INTEGER: return store_integer(L, type, to, index);
    case TYPE_FLOAT: return store_floating(L, type, to, index);
    case TYPE_BOOL: return lua_isboolean(L, index) && store_bool(L, to, index);
    default: return false;
  }
}

/* Element by element, since that is faster than all of a step at once. */
int scalar_store_run(lua_State *L, const Type *type, char *to, int table,
                     lua_Integer key, int count) {
  int i = 0, first = lua_gettop(L) + 1;
#define STORE_RUN(lua_type, T, store) \
    for (; i < count; i++) \
      if (lua_geti(L, table, key + i) != (lua_type) || \
          !store(L, to + (size_t)i * sizeof(T), first + i)) \
        break; \
    return i;
#define INTEGER_RUN(id, T) \
  case BASE_##id: STORE_RUN(LUA_TNUMBER, T, store_##id)
#define FLOAT_RUN(id, T) \
  case BASE_##id: STORE_RUN(LUA_TNUMBER, T, store_##T)
  if (type->kind == TYPE_BOOL) {
    STORE_RUN(LUA_TBOOLEAN, unsigned char, store_bool)
  }
  switch (base_of(type)) {
    INTEGER_RUN(CHAR, char)
    INTEGERS(INTEGER_RUN)
    LONG_INTEGERS(INTEGER_RUN)
    FLOATS(FLOAT_RUN)
    default: return 0;
  }
}

/* A bit-field of 64 bits may reach into a ninth byte. */
static size_t bytes_of(unsigned bit, unsigned width) {
  return (bit + width + 7) / 8;
}

uint64_t scalar_bits(const void *at, unsigned bit, unsigned width) {
  Wide bits = 0;
  memcpy(&bits, at, bytes_of(bit, width));
  return (uint64_t)(bits >> bit) & (~(uint64_t)0 >> (64 - width));
}

void scalar_set_bits(void *to, unsigned bit, unsigned width,
                     uint64_t value) {
  Wide bits = 0;
  Wide mask = (Wide)(~(uint64_t)0 >> (64 - width)) << bit;
  memcpy(&bits, to, bytes_of(bit, width));
  bits = (bits & ~mask) | ((Wide)value << bit & mask);
  memcpy(to, &bits, bytes_of(bit, width));
}
