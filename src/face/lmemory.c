/* lmemory.c - making, filling and reading cdata; see docs/manual.md. */
#include <string.h>

#include "bind/bind.h"
#include "bind/callback.h"
#include "face/access.h"
#include "face/finalise.h"
#include "face/ltype.h"
#include "value/arith.h"
#include "value/push.h"

/* ---- new ---- */

/* The flexible array that ends the record, or NULL. */
static const Field *flexible_field(const Type *type) {
  if (type->kind != TYPE_RECORD || type->record->nfields == 0 ||
      (type->flags & TYPE_UNION))
    return NULL;
  const Field *last = &type->record->fields[type->record->nfields - 1];
  bool flexible = last->type->kind == TYPE_ARRAY && !last->bitfield &&
                  (last->type->count >= COUNT_VARIABLE ||
                   last->type->count == 0);
  return flexible ? last : NULL;
}

static uint64_t array_bytes(lua_State *L, const Type *type,
                            const Type *element, uint64_t count) {
  uint64_t size = type_size(element);
  if (size != 0 && count > LIMIT_SIZE / 2 / size)
    luaL_error(L, "'%s' with %I elements is too large", push_type(L, type),
               (LUAI_UACINT)count);
  return count * size;
}

static uint64_t check_count(lua_State *L, int index) {
  lua_Integer n = luaL_checkinteger(L, index);
  luaL_argcheck(L, n >= 0, index, "a number of elements cannot be negative");
  return (uint64_t)n;
}

/* How many elements the initialiser has for the record's flexible array. */
static uint64_t flexible_count(lua_State *L, const Field *field, int index) {
  uint64_t count = 0;
  if (!lua_istable(L, index) || field->name == NULL)
    return 0;
  if (lua_getfield(L, index, field->name) != LUA_TNIL)
    count = init_count(L, field->type->target, lua_gettop(L));
  lua_pop(L, 1);
  return count;
}

/*
** Bytes for a new value of the type; *next is the argument that the
** initialiser begins with, behind the number of elements if one is needed.
*/
static uint64_t new_bytes(lua_State *L, const Env *env, const Type *type,
                          int *next) {
  const Field *field = flexible_field(type);
  uint64_t size = type_size(type);
  if (type->kind == TYPE_ARRAY && type->count == COUNT_VARIABLE)
    return array_bytes(L, type, type->target,
                       check_count(L, arg(env, (*next)++)));
  if (type->kind == TYPE_ARRAY && type->count == COUNT_UNKNOWN)
    return array_bytes(L, type, type->target,
                       init_count(L, type->target, arg(env, *next)));
  if (field == NULL)
    return size;
  uint64_t count = field->type->count == COUNT_VARIABLE
                       ? check_count(L, arg(env, (*next)++))
                       : flexible_count(L, field, arg(env, *next));
  uint64_t bytes = field->offset +
                   array_bytes(L, type, field->type->target, count);
  return bytes < size ? size : bytes;
}

/* new("int[]", {1, 2}) has the type int[2], as in C. */
static const Type *counted(lua_State *L, const Env *env, const Type *type) {
  if (type->kind != TYPE_ARRAY || type->count != COUNT_UNKNOWN)
    return type;
  if (lua_isnoneornil(L, arg(env, 2)))
    luaL_error(L, "'%s' needs an initialiser that tells its length",
               push_type(L, type));
  type = type_array(env->scope, type->target,
                    init_count(L, type->target, arg(env, 2)));
  if (type == NULL)
    luaL_error(L, "not enough memory");
  return type;
}

/* Pushes a table of the arguments at stack indices first .. last. */
static void pack(lua_State *L, int first, int last) {
  lua_createtable(L, last - first + 1, 0);
  for (int i = first; i <= last; i++) {
    lua_pushvalue(L, i);
    lua_rawseti(L, -2, i - first + 1);
  }
}

/* Does one argument stand for the whole value, not for its first part? */
static bool is_whole(lua_State *L, State *s, const Type *type, int index) {
  const CData *cd = cdata_test(L, s, index);
  if (lua_istable(L, index) || type->kind == TYPE_COMPLEX)
    return true;
  if (lua_type(L, index) == LUA_TSTRING)
    return type->kind == TYPE_ARRAY;
  return cd != NULL && cd->class->shape != SHAPE_POINTER &&
         cd->class->type->bare->kind == type->kind;
}

/*
** Initialises the new cdata at `index` with the arguments first .. last: a
** value, or its parts in order.
*/
static void initialise(lua_State *L, State *s, CData *cd, int index,
                       int first, int last) {
  Span span;
  const Type *type = cd->class->type;
  Site site = {SITE_VALUE, 0, NULL, type, &span, false};
  bool parts = type_is_aggregate(type) || type->kind == TYPE_VECTOR ||
               type->kind == TYPE_COMPLEX;
  if (first > last)
    return;
  cdata_span(L, cd, index, &span);
  char *to = span_at(&span);
  if (parts && (last > first || !is_whole(L, s, type, first))) {
    pack(L, first, last);
    first = lua_gettop(L);
  }
  if (lua_istable(L, first) && parts && type->kind != TYPE_COMPLEX)
    init_table(L, s, type, to, cdata_bytes(L, cd, index), first, &span);
  else if (type_size(type) != SIZE_UNKNOWN)
    store_value(L, s, type, to, first, &site);
  else if (lua_type(L, first) != LUA_TSTRING ||
           !init_string(L, type, to, cdata_bytes(L, cd, index), first))
    store_error(L, s, type, first, &site, NULL);
}

/* Metatypes with __gc have it called for what new() makes. */
static void set_metatype_gc(lua_State *L, State *s, Class *class,
                            int index) {
  if (class->record == NULL || !access_metatype(L, class, "__gc"))
    return;
  finalise_set(L, s, index, lua_gettop(L));
  lua_pop(L, 1);
}

/*
** Pushes what argument `index` is as a pointer of that type: owner and
** bounds go with it. site->wrap allows what a C cast allows.
*/
static void push_as_pointer(lua_State *L, State *s, const Type *type,
                            int index, const Site *site) {
  char *address = NULL;
  Span span;
  const Callee *callee = callee_test(L, s, index);
  if (lua_isfunction(L, index) && callee == NULL)
    store_error(L, s, type, index, site,
                "make a C function of it with callback()");
  store_value(L, s, type, (char *)&address, index, site);
  if (address == NULL) {
    lua_pushnil(L);
    return;
  }
  if (!span_of_value(L, s, index, &span))
    span_foreign(&span, address, callee == NULL ? NULL : callee->plugin);
  cdata_refer(L, s, type, SHAPE_POINTER, &span);
}

static int memory_new(lua_State *L, const Env *env) {
  State *s = env->state;
  const Type *type = env_type(L, env, 1)->bare;
  int next = 2;
  if (type->kind == TYPE_POINTER) {
    Site site = {SITE_VALUE, 0, NULL, type, NULL, false};
    lua_settop(L, arg(env, 2));
    push_as_pointer(L, s, type, arg(env, 2), &site);
    return 1;
  }
  uint64_t bytes = new_bytes(L, env, type, &next);
  type = counted(L, env, type);
  if (bytes == SIZE_UNKNOWN)
    return luaL_error(L, "'%s' cannot be made: %s", push_type(L, type),
                      type->kind == TYPE_FUNCTION
                          ? "use callback() for a function"
                          : "it is incomplete");
  int last = lua_gettop(L);
  Class *class = class_push(L, s, type, SHAPE_VALUE, NULL);
  CData *cd = cdata_new(L, class, bytes);
  int made = lua_gettop(L);
  initialise(L, s, cd, made, arg(env, next), last);
  lua_settop(L, made);
  set_metatype_gc(L, s, class, made);
  return 1;
}

int ctype_call(lua_State *L) {
  State *s = state_of(L);
  const Env env = {s, s->global, 0};
  return memory_new(L, &env);
}

/* ---- cast ---- */

/* The address that a value has, for a cast to an integer or bool. */
static bool cast_address(lua_State *L, State *s, int index,
                         lua_Integer *address) {
  Span span;
  const CData *cd = cdata_test(L, s, index);
  const Callee *callee = callee_test(L, s, index);
  int type = lua_type(L, index);
  if (type == LUA_TNIL)
    *address = 0;
  else if (type == LUA_TLIGHTUSERDATA)
    *address = (lua_Integer)(uintptr_t)lua_touserdata(L, index);
  else if (callee != NULL)
    memcpy(address, &callee->code, sizeof *address);
  else if (cd != NULL && (cd->class->shape == SHAPE_POINTER ||
                          cd->class->type->kind == TYPE_ARRAY) &&
           span_of_value(L, s, index, &span))
    *address = (lua_Integer)(uintptr_t)span_at(&span);
  else
    return false;
  return true;
}

/* A cast to a pointer: also from integers. */
static int cast_pointer(lua_State *L, State *s, const Type *type, int index,
                        const Site *site) {
  Number number;
  lua_Integer address;
  if (lua_type(L, index) == LUA_TBOOLEAN ||
      !number_read(L, s, index, &number)) {
    push_as_pointer(L, s, type, index, site);
    return 1;
  }
  number_store(type_base(BASE_LLONG), &address, &number);
  push_pointer(L, s, type, (void *)(uintptr_t)address, NULL);
  return 1;
}

/* cast(type, value): what a function returning that type would give. */
static int memory_cast(lua_State *L, const Env *env) {
  State *s = env->state;
  const Type *type = env_type(L, env, 1)->bare;
  int index = arg(env, 2);
  Site site = {SITE_VALUE, 0, NULL, type, NULL, true};
  lua_Integer address;
  luaL_checkany(L, index);
  if (type->kind == TYPE_POINTER)
    return cast_pointer(L, s, type, index, &site);
  if (!type_complete(type) || type->kind == TYPE_FUNCTION)
    return luaL_argerror(L, arg(env, 1),
                         lua_pushfstring(L, "a cast to '%s' is not possible",
                                         push_type(L, type)));
  bool integer = type->kind == TYPE_INTEGER || type->kind == TYPE_BOOL;
  if (integer && cast_address(L, s, index, &address)) {
    lua_pushinteger(L, type->kind == TYPE_BOOL ? address != 0 : address);
    lua_replace(L, index);
  }
  Class *class = class_push(L, s, type, SHAPE_VALUE, NULL);
  CData *cd = cdata_new(L, class, class->size);
  store_value(L, s, type, cdata_payload(cd), index, &site);
  if (is_lua_number(type))
    push_result(L, s, type, cdata_payload(cd), NULL);
  else
    lua_pushvalue(L, lua_gettop(L));
  return 1;
}

/* ---- strings and bytes ---- */

/* The memory that argument `n` stands for; throws if it is none. */
static void check_span(lua_State *L, const Env *env, int n, Span *span) {
  const CData *cd = cdata_test(L, env->state, arg(env, n));
  bool scalar = cd != NULL && cd->class->shape == SHAPE_VALUE &&
                !type_is_aggregate(cd->class->type);
  if (lua_type(L, arg(env, n)) == LUA_TNIL)
    luaL_argerror(L, arg(env, n), "it is NULL");
  if (scalar || !span_of_value(L, env->state, arg(env, n), span))
    luaL_argerror(L, arg(env, n),
                  lua_pushfstring(L, "a pointer, array or struct expected, "
                                  "got %s", push_description(L, env->state,
                                                             arg(env, n))));
}

static const Type *bytes_type(void) {
  return type_base(BASE_CHAR);
}

static uint64_t check_size(lua_State *L, const Env *env, int n) {
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

/* string(x [, n]): up to a NUL, or n bytes. string(nil) is nil. */
static int memory_string(lua_State *L, const Env *env) {
  Span span;
  if (lua_isnil(L, arg(env, 1)) && lua_isnoneornil(L, arg(env, 2))) {
    lua_pushnil(L);
    return 1;
  }
  check_span(L, env, 1, &span);
  if (lua_isnoneornil(L, arg(env, 2))) {
    span_check(L, &span, 0, 0, bytes_type());
    lua_pushlstring(L, span_at(&span), text_length(&span));
    return 1;
  }
  uint64_t size = check_size(L, env, 2);
  span_check(L, &span, 0, size, bytes_type());
  lua_pushlstring(L, span_at(&span), (size_t)size);
  return 1;
}

/* Throws if what argument `n` leads to must not be written. */
static void check_writable(lua_State *L, const Env *env, int n) {
  const CData *cd = cdata_test(L, env->state, arg(env, n));
  const Type *type = cd == NULL ? NULL : cd->class->type;
  if (type != NULL && cd->class->shape == SHAPE_POINTER)
    type = type->target;
  if (type == NULL || (type_qualifiers(type) & QUAL_CONST))
    luaL_argerror(L, arg(env, n), "it is const");
  bind_check_writable(L, cd);
}

/* copy(dst, src, n), copy(dst, string): the string and its NUL. */
static int memory_copy(lua_State *L, const Env *env) {
  Span to, from;
  uint64_t size;
  check_span(L, env, 1, &to);
  check_writable(L, env, 1);
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
static int memory_fill(lua_State *L, const Env *env) {
  Span to;
  check_span(L, env, 1, &to);
  check_writable(L, env, 1);
  uint64_t size = check_size(L, env, 2);
  lua_Integer byte = luaL_optinteger(L, arg(env, 3), 0);
  span_check(L, &to, 0, size, bytes_type());
  link_clear(L, env->state, &to, size);
  memset(span_at(&to), (int)(byte & 0xff), (size_t)size);
  return 0;
}

/* ---- addresses ---- */

/* addressof(cdata): a pointer to it, bounded by it. */
static int memory_addressof(lua_State *L, const Env *env) {
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
static int memory_address(lua_State *L, const Env *env) {
  Span span;
  lua_Integer address;
  if (!cast_address(L, env->state, arg(env, 1), &address)) {
    check_span(L, env, 1, &span);
    address = (lua_Integer)(uintptr_t)span_at(&span);
  }
  lua_pushinteger(L, address);
  return 1;
}

/* view(pointer, n): the same pointer, bounded to n elements. */
static int memory_view(lua_State *L, const Env *env) {
  Span span;
  CData *cd = env_cdata(L, env, 1);
  const Class *class = cd->class;
  uint64_t n = check_size(L, env, 2);
  if (class->shape != SHAPE_POINTER || class->stride == 0)
    return luaL_argerror(L, arg(env, 1), "a pointer to a complete type "
                         "expected");
  cdata_span(L, cd, arg(env, 1), &span);
  uint64_t size = array_bytes(L, class->type, class->element, n);
  span_check(L, &span, 0, size, class->type);
  span.low = span.offset;
  span.high = span.offset + (uintptr_t)size;
  cdata_refer(L, env->state, class->type, SHAPE_POINTER, &span);
  return 1;
}

/* errno([n]): as C code left it; sets it for the next call. */
static int memory_errno(lua_State *L, const Env *env) {
  int old = env->state->err;
  if (!lua_isnoneornil(L, arg(env, 1)))
    env->state->err = (int)luaL_checkinteger(L, arg(env, 1));
  lua_pushinteger(L, old);
  return 1;
}

/* gc(cdata, function or nil): returns the cdata. */
static int memory_gc(lua_State *L, const Env *env) {
  env_cdata(L, env, 1);
  luaL_checkany(L, arg(env, 2));
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
  if (class->element == NULL || class->stride == 0)
    return luaL_argerror(L, arg(env, 1), "an array or a pointer to a "
                         "complete type expected");
  lua_Integer count = access_count(L, cd, arg(env, 1));
  if (!lua_isnoneornil(L, arg(env, 2)))
    count = (lua_Integer)check_size(L, env, 2);
  if (count < 0)
    return luaL_argerror(L, arg(env, 2), "how many elements? The pointer "
                         "does not tell");
  cdata_span(L, cd, arg(env, 1), &span);
  span_check(L, &span, 0, array_bytes(L, class->type, class->element,
                                      (uint64_t)count), class->type);
  push_table(L, env->state, class->element, &span, (uint64_t)count);
  return 1;
}

/* tonumber(x): a scalar cdata as a Lua number; nil if it is none. */
static int memory_tonumber(lua_State *L, const Env *env) {
  Number number;
  bool whole;
  int index = arg(env, 1);
  luaL_checkany(L, index);
  if (lua_type(L, index) == LUA_TSTRING) {
    lua_settop(L, index);
    if (lua_stringtonumber(L, lua_tostring(L, index)) == 0)
      lua_pushnil(L);
  } else if (lua_isboolean(L, index) ||
             !number_read(L, env->state, index, &number) ||
             number.kind == NUMBER_COMPLEX) {
    lua_pushnil(L);
  } else if (number.kind == NUMBER_INTEGER &&
             number_fits(type_base(BASE_LLONG), &number, &whole)) {
    lua_pushinteger(L, (lua_Integer)number.integer);
  } else {
    lua_pushnumber(L, (lua_Number)number_float(&number));
  }
  return 1;
}

/* ---- eq ---- */

static bool same_values(lua_State *L, const Type *type, const char *a,
                        const char *b);

static bool same_members(lua_State *L, const Type *type, const char *a,
                         const char *b) {
  const Record *record = type->record;
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    size_t at = (size_t)field->offset;
    if (field->bitfield && field->name == NULL)
      continue;
    if (field->bitfield) {
      unsigned __int128 x = 0, y = 0, mask = 1;
      size_t bytes = (field->bit + field->width + 7u) / 8;
      memcpy(&x, a + at, bytes);
      memcpy(&y, b + at, bytes);
      mask = ((mask << field->width) - 1) << field->bit;
      if ((x & mask) != (y & mask))
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
    return true;                  /* a flexible array */
  if (type->kind == TYPE_RECORD && !(type->flags & TYPE_UNION))
    return same_members(L, type, a, b);
  if (type->kind == TYPE_ARRAY || type->kind == TYPE_VECTOR) {
    uint64_t stride = type_size(type->target);
    for (uint64_t at = 0; stride != 0 && at < size; at += stride) {
      if (!same_values(L, type->target, a + at, b + at))
        return false;
    }
    return true;
  }
  if (number_load(type, a, &x) && number_load(type, b, &y))
    return arith_compare(&x, &y) == 0;
  return memcmp(a, b, (size_t)size) == 0;
}

/* Do both arguments lead to aggregates of one type? Compares these. */
static bool same_aggregates(lua_State *L, const Env *env, bool *same) {
  Span x, y;
  CData *a = cdata_test(L, env->state, arg(env, 1));
  CData *b = cdata_test(L, env->state, arg(env, 2));
  if (a == NULL || b == NULL || a->class->shape == SHAPE_POINTER ||
      b->class->shape == SHAPE_POINTER ||
      a->class->type->bare != b->class->type->bare ||
      !type_is_aggregate(a->class->type))
    return false;
  cdata_span(L, a, arg(env, 1), &x);
  cdata_span(L, b, arg(env, 2), &y);
  uint64_t size = type_size(a->class->type);
  if (size == SIZE_UNKNOWN)       /* [?]: all of the memory */
    *same = x.high - x.offset == y.high - y.offset &&
            memcmp(span_at(&x), span_at(&y), x.high - x.offset) == 0;
  else
    *same = same_values(L, a->class->type, span_at(&x), span_at(&y));
  return true;
}

/* eq(a, b): by value, where == compares Lua values and addresses. */
static int memory_eq(lua_State *L, const Env *env) {
  State *s = env->state;
  Number x, y;
  bool same;
  lua_settop(L, arg(env, 2));
  if (!same_aggregates(L, env, &same)) {
    if (number_read(L, s, arg(env, 1), &x) &&
        number_read(L, s, arg(env, 2), &y))
      same = arith_compare(&x, &y) == 0;
    else
      same = lua_compare(L, arg(env, 1), arg(env, 2), LUA_OPEQ);
  }
  lua_pushboolean(L, same);
  return 1;
}

/* ---- callback ---- */

/* The function type that argument 1 gives; pointers to functions do, too. */
static void function_decl(lua_State *L, const Env *env, Decl *decl) {
  *decl = *env_decl(L, env, 1);
  if (decl->type->kind == TYPE_POINTER) {
    decl->type = decl->type->target;
    decl->params = NULL;
  }
  if (decl->type->kind != TYPE_FUNCTION)
    luaL_argerror(L, arg(env, 1),
                  lua_pushfstring(L, "a function type expected, got '%s'",
                                  push_type(L, decl->type)));
}

/*
** callback(type, function [, {onerror = v}]): a C function that lives as
** long as the cdata that is returned, until its free() or <close>.
*/
static int memory_callback(lua_State *L, const Env *env) {
  State *s = env->state;
  Decl decl;
  Span span;
  function_decl(L, env, &decl);
  luaL_checktype(L, arg(env, 2), LUA_TFUNCTION);
  lua_settop(L, arg(env, 3));
  const char *about = push_type(L, decl.type);
  void *code = callback_new(L, s, &decl, arg(env, 2), NULL, about);
  int guard = lua_gettop(L);
  callback_keep(L, s, env->scope);
  if (lua_istable(L, arg(env, 3)) &&
      lua_getfield(L, arg(env, 3), "onerror") != LUA_TNIL) {
    lua_pushvalue(L, guard);
    callback_onerror(L, s, guard + 1);
  }
  const Type *pointer = type_pointer(env->scope, decl.type);
  if (pointer == NULL)
    return luaL_error(L, "not enough memory");
  span_foreign(&span, code, NULL);
  span.source = guard;
  cdata_refer(L, s, pointer, SHAPE_POINTER, &span);
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
