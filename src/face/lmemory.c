/*
** lmemory.c - the functions on memory: their list, and those on values; see
** docs/manual.md.
*/
#include "face/lmemory.h"

#include <limits.h>
#include <string.h>

#include "face/access.h"
#include "face/finalise.h"
#include "value/number.h"
#include "value/push.h"
#include "value/scalar.h"

/* errno([n]): as C code left it; sets it for the next call. */
static int memory_errno(lua_State *L, const Env *env) {
  int old = env->state->now.err;
  if (!lua_isnoneornil(L, arg(env, 1))) {
    lua_Integer err = luaL_checkinteger(L, arg(env, 1));
    luaL_argcheck(L, err >= INT_MIN && err <= INT_MAX, arg(env, 1),
                  "out of the range of int");
    env->state->now.err = (int)err;
  }
  lua_pushinteger(L, old);
  return 1;
}

/* gc(cdata, function or nil): returns the cdata. */
static int memory_gc(lua_State *L, const Env *env) {
  env_cdata(L, env, 1);
  luaL_checkany(L, arg(env, 2));
  if (!lua_isnil(L, arg(env, 2)) && !lua_isfunction(L, arg(env, 2)) &&
      luaL_getmetafield(L, arg(env, 2), "__call") == LUA_TNIL)
    return luaL_typeerror(L, arg(env, 2), "function or nil");
  finalise_set(L, env->state, arg(env, 1), arg(env, 2));
  lua_settop(L, arg(env, 1));
  return 1;
}

/* ---- values ---- */

static void push_table(lua_State *L, State *s, const Type *type,
                       const Span *span, uint64_t count);

/* Pushes a value as Lua has it: records and arrays as tables. */
static void push_plain(lua_State *L, State *s, const Type *type,
                       const Span *span) {
  const Type *bare = type->bare;
  if (bare->kind == TYPE_ARRAY && bare->count < COUNT_VARIABLE)
    push_table(L, s, bare->target, span, bare->count);
  else
    push_value(L, s, type, span);
}

/* A 1-based table of `count` elements at the span. */
static void push_table(lua_State *L, State *s, const Type *element,
                       const Span *span, uint64_t count) {
  uint64_t stride = type_size(element);
  Span part = *span;
  luaL_checkstack(L, 8, "array nested too deeply");
  lua_createtable(L, count < INT32_MAX ? (int)count : 0, 0);
  if (scalar_push_table(L, element->bare, span_at(span), count))
    return;
  for (uint64_t i = 0; i < count; i++) {
    push_plain(L, s, element, &part);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
    part.offset += (uintptr_t)stride;
  }
}

/* totable(array [, n]): a 1-based table of its first n elements. */
static int memory_totable(lua_State *L, const Env *env) {
  Span span;
  CData *cd = env_cdata(L, env, 1);
  const Class *class = cd->class;
  if (class_stride(class) == SIZE_UNKNOWN)
    return luaL_argerror(L, arg(env, 1), "an array or a pointer to a "
                         "complete type expected");
  lua_Integer count = access_count(L, cd, arg(env, 1));
  if (!lua_isnoneornil(L, arg(env, 2)))
    count = (lua_Integer)check_size(L, env, 2);
  if (count < 0)
    return luaL_argerror(L, arg(env, 2), "how many elements? The pointer "
                         "does not tell");
  cdata_span(L, cd, arg(env, 1), &span);
  span_check(L, &span, 0, array_bytes(L, class->type, class->element.type,
                                      (uint64_t)count), class->type);
  push_table(L, env->state, class->element.type, &span, (uint64_t)count);
  return 1;
}

/* tonumber(x): a scalar cdata as a Lua number; nil if it is none. */
static int memory_tonumber(lua_State *L, const Env *env) {
  Number number;
  bool whole;
  int index = arg(env, 1);
  luaL_checkany(L, index);
  if (lua_type(L, index) == LUA_TNUMBER) {
    lua_pushvalue(L, index);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    lua_settop(L, index);
    if (lua_stringtonumber(L, lua_tostring(L, index)) == 0)
      lua_pushnil(L);
  } else if (!number_read(L, index, &number) ||
             number.kind == NUMBER_COMPLEX) {
    lua_pushnil(L);
  } else if (number.kind == NUMBER_INTEGER &&
             number_fits(type_base(BASE_LLONG), &number, &whole)) {
    lua_pushinteger(L, (lua_Integer)number.integer);
  } else {
    lua_pushnumber(L, number_lua(&number));
  }
  return 1;
}

/* ---- eq ---- */

static bool same_values(lua_State *L, const Type *type, const char *a,
                        const char *b);

static bool same_elements(lua_State *L, const Type *element, const char *a,
                          const char *b, uint64_t bytes) {
  uint64_t stride = type_size(element);
  for (uint64_t at = 0; stride != 0 && at + stride <= bytes; at += stride) {
    if (!same_values(L, element, a + at, b + at))
      return false;
  }
  return true;
}

static bool same_members(lua_State *L, const Type *type, const char *a,
                         const char *b) {
  const Record *record = type->record;
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    size_t at = (size_t)field->offset;
    if (field->bitfield && field->name == NULL)
      continue;
    if (field->bitfield) {
      if (scalar_bits(a + at, field->bit, field->width) !=
          scalar_bits(b + at, field->bit, field->width))
        return false;
    } else if (!same_values(L, field->type, a + at, b + at)) {
      return false;
    }
  }
  return true;
}

/* Unions are compared by their bytes, since no member says which one holds. */
static bool same_values(lua_State *L, const Type *type, const char *a,
                        const char *b) {
  Number x, y;
  uint64_t size = type_size(type);
  type = type->bare;
  luaL_checkstack(L, 4, "cplugin");
  if (size == SIZE_UNKNOWN)
    return true;                  /* a flexible array: see same_rest */
  if (type->kind == TYPE_RECORD && !(type->flags & TYPE_UNION))
    return same_members(L, type, a, b);
  if (type->kind == TYPE_ARRAY || type->kind == TYPE_VECTOR)
    return same_elements(L, type->target, a, b, size);
  if (number_load(type, a, &x) && number_load(type, b, &y))
    return number_compare(&x, &y) == 0;
  return memcmp(a, b, (size_t)size) == 0;
}

/* Compares memory from `at` on as elements, as many as there is room for. */
static bool same_rest(lua_State *L, const Type *element, const Span *x,
                      const Span *y, uint64_t at) {
  uint64_t stride = type_size(element);
  uint64_t left = x->high - x->offset - at, right = y->high - y->offset - at;
  return stride == 0 || (left / stride == right / stride &&
                         same_elements(L, element, span_at(x) + at,
                                       span_at(y) + at, left));
}

/* Arrays and records of one type, flexible arrays with them. */
static bool same_memory(lua_State *L, const Type *type, const Span *x,
                        const Span *y) {
  uint64_t size = type_size(type);
  bool endless = x->high == UINTPTR_MAX || y->high == UINTPTR_MAX;
  const Field *field = type_flexible(type);
  if (size == SIZE_UNKNOWN && endless)
    luaL_error(L, "the length of '%s' is not known", push_type(L, type));
  span_check(L, x, 0, size == SIZE_UNKNOWN ? 0 : size, type);
  span_check(L, y, 0, size == SIZE_UNKNOWN ? 0 : size, type);
  if (size == SIZE_UNKNOWN)       /* an incomplete struct by its bytes */
    return same_rest(L, type->kind == TYPE_ARRAY ? type->target
                                                 : type_base(BASE_CHAR),
                     x, y, 0);
  return same_values(L, type, span_at(x), span_at(y)) &&
         (field == NULL || endless ||
          same_rest(L, field->type->target, x, y, field->offset));
}

/* Are both arrays, records or vectors of one type? Compares these. */
static bool same_aggregates(lua_State *L, const Env *env, bool *same) {
  Span x, y;
  CData *a = cdata_test(L, arg(env, 1));
  CData *b = cdata_test(L, arg(env, 2));
  if (a == NULL || b == NULL || a->class->shape == SHAPE_POINTER ||
      b->class->shape == SHAPE_POINTER ||
      a->class->type->bare != b->class->type->bare ||
      (!type_is_aggregate(a->class->type) &&
       a->class->type->kind != TYPE_VECTOR))
    return false;
  cdata_span(L, a, arg(env, 1), &x);
  cdata_span(L, b, arg(env, 2), &y);
  *same = same_memory(L, a->class->type, &x, &y);
  return true;
}

/* What Lua has as a boolean: one, or a _Bool. */
static bool to_boolean(lua_State *L, int index, bool *value) {
  CData *cd = cdata_test(L, index);
  bool isbool = cd != NULL && cd->class->type->kind == TYPE_BOOL;
  *value = isbool ? *cdata_payload(cd) != 0 : lua_toboolean(L, index);
  return isbool || lua_isboolean(L, index);
}

/* eq(a, b): by value, where == compares Lua values and addresses. */
static int memory_eq(lua_State *L, const Env *env) {
  Number x, y;
  bool same, a, b;
  luaL_checkany(L, arg(env, 2));
  lua_settop(L, arg(env, 2));
  if (!same_aggregates(L, env, &same)) {
    if (number_read(L, arg(env, 1), &x) &&
        number_read(L, arg(env, 2), &y))
      same = number_compare(&x, &y) == 0;
    else if (to_boolean(L, arg(env, 1), &a) &&
             to_boolean(L, arg(env, 2), &b))
      same = a == b;
    else
      same = lua_compare(L, arg(env, 1), arg(env, 2), LUA_OPEQ);
  }
  lua_pushboolean(L, same);
  return 1;
}

const EnvEntry memory_functions[] = {
  {"address", memory_address},
  {"addressof", memory_addressof},
  {"callback", memory_callback},
  {"cast", memory_cast},
  {"copy", memory_copy},
  {"eq", memory_eq},
  {"errno", memory_errno},
  {"fill", memory_fill},
  {"gc", memory_gc},
  {"new", memory_new},
  {"string", memory_string},
  {"tonumber", memory_tonumber},
  {"totable", memory_totable},
  {"view", memory_view},
  {NULL, NULL}
};
