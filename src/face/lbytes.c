/* lbytes.c - memory as bytes, and its addresses; see docs/manual.md. */
#include "face/lmemory.h"

#include <string.h>

#include "bind/bind.h"
#include "value/numeral.h"
#include "value/store.h"

/* ---- strings and bytes ---- */

/* Are cdata of the class memory? Numbers are values, and code is no data. */
static bool has_bytes(const Class *class) {
  const Type *element = class->element.type;
  return (class->shape != SHAPE_VALUE || type_is_aggregate(class->type)) &&
         (element == NULL || element->kind != TYPE_FUNCTION);
}

bool memory_span(lua_State *L, int index, Span *span) {
  CData *cd = cdata_test(L, index);
  if (cd == NULL)
    return span_of_value(L, index, span);
  if (!has_bytes(cd->class))
    return false;
  cdata_span(L, cd, index, span);
  return true;
}

static int no_span(lua_State *L, const Env *env, int n) {
  const CData *cd = cdata_test(L, arg(env, n));
  if (cd != NULL && cd->class->element.type != NULL &&
      cd->class->element.type->kind == TYPE_FUNCTION)
    return luaL_argerror(L, arg(env, n), "it points at a function, whose "
                         "bytes are no data");
  if (lua_type(L, arg(env, n)) == LUA_TNIL)
    return luaL_argerror(L, arg(env, n), "it is NULL");
  return luaL_argerror(L, arg(env, n),
                       lua_pushfstring(L, "a pointer, array or struct "
                                       "expected, got %s",
                                       push_description(L, arg(env, n))));
}

/* What argument `n` stands for; throws if it is no data. */
static inline void check_span(lua_State *L, const Env *env, int n,
                              Span *span) {
  if (!memory_span(L, arg(env, n), span))
    no_span(L, env, n);
}

static const Type *bytes_type(void) {
  return type_base(BASE_CHAR);
}

uint64_t check_size(lua_State *L, const Env *env, int n) {
  lua_Integer size = luaL_checkinteger(L, arg(env, n));
  luaL_argcheck(L, size >= 0, arg(env, n), "a size cannot be negative");
  return (uint64_t)size;
}

/* Bytes up to a NUL, or to the end of the memory where that is known. */
static size_t text_length(const Span *span) {
  const char *at = span_at(span);
  if (span->high == UINTPTR_MAX)
    return strlen(at);
  size_t size = span->high - span->offset;
  const char *end = size == 0 ? NULL : memchr(at, '\0', size);
  return end == NULL ? size : (size_t)(end - at);
}

/* string() of what is no memory: nil, or a number as text. */
static int string_of(lua_State *L, const Env *env, bool all) {
  CData *cd = cdata_test(L, arg(env, 1));
  if (cd != NULL && type_is_number(cd->class->type)) {
    luaL_argcheck(L, all, arg(env, 2),
                  "the text of a number has no length to be given");
    numeral_push(L, cd->class->type, cdata_payload(cd));
    return 1;
  }
  if (!all || !lua_isnil(L, arg(env, 1)))
    return no_span(L, env, 1);
  lua_pushnil(L);
  return 1;
}

/*
** string(x [, n]): up to a NUL, or n bytes; a number as text. string(nil) is
** nil.
*/
int memory_string(lua_State *L, const Env *env) {
  Span span;
  bool all = lua_isnoneornil(L, arg(env, 2));
  if (!memory_span(L, arg(env, 1), &span))
    return string_of(L, env, all);
  uint64_t size = all ? 0 : check_size(L, env, 2);
  span_check(L, &span, 0, size, bytes_type());
  lua_pushlstring(L, span_at(&span),
                  all ? text_length(&span) : (size_t)size);
  return 1;
}

/* The same; throws, too, if it must not be written. */
static void check_target(lua_State *L, const Env *env, int n, Span *span) {
  check_span(L, env, n, span);
  const CData *cd = span->cd;
  const Type *type = cd == NULL ? NULL : cd->class->type;
  if (type != NULL && cd->class->shape == SHAPE_POINTER)
    type = type->target;
  if (type == NULL || (type_qualifiers(type) & QUAL_CONST))
    luaL_argerror(L, arg(env, n), "it is const");
  bind_check_writable(L, cd);
}

/* copy(dst, src, n), copy(dst, string): the string and its NUL. */
int memory_copy(lua_State *L, const Env *env) {
  Span to, from;
  uint64_t size;
  check_target(L, env, 1, &to);
  check_span(L, env, 2, &from);
  if (lua_isnoneornil(L, arg(env, 3))) {
    if (lua_type(L, arg(env, 2)) != LUA_TSTRING)
      return luaL_argerror(L, arg(env, 3), "how many bytes?");
    size = lua_rawlen(L, arg(env, 2)) + 1;
  } else {
    size = check_size(L, env, 3);
  }
  span_check(L, &to, 0, size, bytes_type());
  span_check(L, &from, 0, size, bytes_type());
  link_copy(L, env->state, &to, &from, size);
  memmove(span_at(&to), span_at(&from), (size_t)size);
  return 0;
}

/* fill(dst, n [, byte]) */
int memory_fill(lua_State *L, const Env *env) {
  Span to;
  check_target(L, env, 1, &to);
  uint64_t size = check_size(L, env, 2);
  lua_Integer byte = luaL_optinteger(L, arg(env, 3), 0);
  span_check(L, &to, 0, size, bytes_type());
  link_clear(L, env->state, &to, size);
  memset(span_at(&to), (int)(byte & 0xff), (size_t)size);
  return 0;
}

/* ---- addresses ---- */

/* addressof(cdata): a pointer to it, bounded by it. */
int memory_addressof(lua_State *L, const Env *env) {
  Span span;
  CData *cd = env_cdata(L, env, 1);
  const Type *type = cd->class->type;
  if (cd->class->shape == SHAPE_POINTER)
    return luaL_argerror(L, arg(env, 1), "a pointer is a value and has no "
                         "address; use an array of one pointer");
  cdata_span(L, cd, arg(env, 1), &span);
  type = type_pointer(env->scope, type);
  if (type == NULL)
    return luaL_error(L, "not enough memory");
  cdata_refer(L, env->state, type, SHAPE_POINTER, &span);
  return 1;
}

/* address(x): of a bound function, pointer, array or struct, an integer. */
int memory_address(lua_State *L, const Env *env) {
  Span span;
  lua_Integer address;
  if (!cast_address(L, arg(env, 1), &address)) {
    check_span(L, env, 1, &span);
    address = (lua_Integer)(uintptr_t)span_at(&span);
  }
  lua_pushinteger(L, address);
  return 1;
}

/* view(pointer, n): the same pointer, bounded to n elements. */
int memory_view(lua_State *L, const Env *env) {
  Span span;
  CData *cd = env_cdata(L, env, 1);
  const Class *class = cd->class;
  uint64_t n = check_size(L, env, 2);
  if (class->shape != SHAPE_POINTER || class_stride(class) == SIZE_UNKNOWN)
    return luaL_argerror(L, arg(env, 1), "a pointer to a complete type "
                         "expected");
  cdata_span(L, cd, arg(env, 1), &span);
  uint64_t size = array_bytes(L, class->type, class->element.type, n);
  span_check(L, &span, 0, size, class->type);
  span.low = span.offset;
  span.high = span.offset + (uintptr_t)size;
  cdata_refer(L, env->state, class->type, SHAPE_POINTER, &span);
  return 1;
}
