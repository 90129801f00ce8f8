/* lnew.c - making cdata: new, cast, callback; see docs/manual.md. */
#include "face/lmemory.h"

#include <string.h>

#include "bind/callback.h"
#include "face/access.h"
#include "face/finalise.h"
#include "value/push.h"
#include "value/scalar.h"

/* ---- new ---- */

uint64_t array_bytes(lua_State *L, const Type *type, const Type *element,
                     uint64_t count) {
  uint64_t size = type_size(element);
  if (size != 0 && count > LIMIT_SIZE / 2 / size)
    luaL_error(L, "'%s' with %I elements is too large", push_type(L, type),
               (LUAI_UACINT)count);
  return count * size;
}

uint64_t flexible_bytes(lua_State *L, const Type *type, const Field *field,
                        uint64_t count) {
  uint64_t size = type_size(type);
  uint64_t bytes = field->offset +
                   array_bytes(L, type, field->type->target, count);
  return bytes < size ? size : bytes;
}

static uint64_t check_count(lua_State *L, int index) {
  if (lua_isnoneornil(L, index))
    luaL_argerror(L, index, "how many elements? The type does not tell");
  lua_Integer n = luaL_checkinteger(L, index);
  luaL_argcheck(L, n >= 0, index, "a number of elements cannot be negative");
  return (uint64_t)n;
}

/* How many elements the initialiser has for the record's flexible array. */
static uint64_t flexible_count(lua_State *L, const Type *type,
                               const Field *field, int index) {
  lua_Integer place = 0;
  int top = lua_gettop(L);
  if (!lua_istable(L, index) || field->name == NULL)
    return 0;
  for (uint32_t i = 0; i < type->record->nfields; i++)
    place += !type->record->fields[i].bitfield ||
             type->record->fields[i].name != NULL;
  bool zero = lua_geti(L, index, 0) != LUA_TNIL;
  bool given = lua_getfield(L, index, field->name) != LUA_TNIL ||
               lua_geti(L, index, place - zero) != LUA_TNIL;
  uint64_t count =
      given ? init_count(L, field->type->target, lua_gettop(L)) : 0;
  lua_settop(L, top);
  return count;
}

/*
** Bytes for a new value of the type; *next is the argument that the
** initialiser begins with, behind the number of elements if one is needed.
*/
static uint64_t new_bytes(lua_State *L, const Env *env, const Type *type,
                          int *next) {
  const Field *field = type_flexible(type);
  if (type->kind == TYPE_ARRAY && type->count == COUNT_VARIABLE)
    return array_bytes(L, type, type->target,
                       check_count(L, arg(env, (*next)++)));
  if (field == NULL)
    return type_size(type);
  uint64_t count = field->type->count == COUNT_VARIABLE
                       ? check_count(L, arg(env, (*next)++))
                       : flexible_count(L, type, field, arg(env, *next));
  return flexible_bytes(L, type, field, count);
}

/* new("int[]", {1, 2}) has the type int[2], as in C. */
static const Type *counted(lua_State *L, const Env *env, const Type *type) {
  if (type->kind != TYPE_ARRAY || type->count != COUNT_UNKNOWN)
    return type;
  if (lua_isnoneornil(L, arg(env, 2)))
    luaL_error(L, "'%s' needs an initialiser that tells its length",
               push_type(L, type));
  if (lua_type(L, arg(env, 2)) == LUA_TNUMBER)
    luaL_error(L, "'%s' takes its length from a string or table; a length "
               "goes with [?] instead of []", push_type(L, type));
  type = type_array(env->scope, type->target,
                    init_count(L, type->target, arg(env, 2)));
  if (type == NULL)
    luaL_error(L, "not enough memory");
  return type;
}

/*
** Is cdata of that type, or its address, the first part of an array or record,
** and not a copy of all? `new("char *[1]", buffer)`.
*/
static bool is_part(const Type *whole, const Type *given) {
  bool array = given->kind == TYPE_ARRAY;
  if (whole->bare == given || (!array && whole->record->nfields == 0))
    return false;
  const Type *part = array ? whole->target : whole->record->fields[0].type;
  const Type *target = array ? given->target->bare : given;
  part = part->bare;
  if (part == given || target == part)
    return part == given;
  return part->kind == TYPE_POINTER &&
         (part->target->bare == target ||
          (array && part->target->kind == TYPE_VOID));
}

/* Does one argument that is no table stand for the whole, not for a part? */
static bool is_whole(lua_State *L, const Type *type, int index) {
  const CData *cd;
  switch (lua_type(L, index)) {
    case LUA_TSTRING: return type->kind == TYPE_ARRAY;
    case LUA_TUSERDATA:
      cd = cdata_test(L, index);
      return cd != NULL && cd->class->shape != SHAPE_POINTER &&
             cd->class->type->bare->kind == type->kind &&
             (type->kind == TYPE_VECTOR ||
              !is_part(type, cd->class->type->bare));
    default: return false;
  }
}

/* The short way of a copy: of what keeps nothing alive. */
static bool initialise_copy(lua_State *L, CData *cd, int value) {
  CData *from = cdata_test(L, value);
  const Class *class = cd->class;
  if (from == NULL || from->class != class || !class->fixed ||
      (from->tag & CDATA_LINKED) != 0)
    return false;
  memcpy(cdata_payload(cd), cdata_payload(from), (size_t)class->size);
  return true;
}

/* Initialises the new cdata, of that span, with the one value at `value`. */
static void initialise_whole(lua_State *L, State *s, const Type *type,
                             const Span *span, int value) {
  Site site = {SITE_VALUE, 0, NULL, type, span, false, NULL};
  if (type_size(type) != SIZE_UNKNOWN)
    store_value(L, s, type, span_at(span), value, &site);
  else if (lua_type(L, value) == LUA_TSTRING)
    init_string(L, type, span_at(span), span_bytes(span), value, &site);
  else
    store_error(L, type, value, &site, NULL);
}

/* {a, b}, pushed. */
static void push_two(lua_State *L, int a, int b) {
  lua_createtable(L, 2, 0);
  lua_pushvalue(L, a);
  lua_rawseti(L, -2, 1);
  lua_pushvalue(L, b);
  lua_rawseti(L, -2, 2);
}

/* The same with the arguments first .. last: the value, or its parts. */
static void initialise(lua_State *L, State *s, CData *cd, int index,
                       int first, int last) {
  Span span;
  const Type *type = cd->class->type;
  bool one = first == last;
  cdata_span(L, cd, index, &span);
  if (type_is_aggregate(type) || type->kind == TYPE_VECTOR) {
    if (one && lua_istable(L, first))
      init_table(L, s, type, span_at(&span), span_bytes(&span), first, &span,
                 NULL);
    else if (one && initialise_copy(L, cd, first))
      return;
    else if (one && is_whole(L, type, first))
      initialise_whole(L, s, type, &span, first);
    else
      init_list(L, s, type, span_at(&span), span_bytes(&span), first, last,
                &span);
  } else if (one) {
    initialise_whole(L, s, type, &span, first);
  } else if (type->kind == TYPE_COMPLEX && last == first + 1) {
    push_two(L, first, last);
    initialise_whole(L, s, type, &span, lua_gettop(L));
  } else {
    luaL_error(L, "too many values for '%s'", push_type(L, type));
  }
}

/*
** Metatypes with __gc have it called for what new() makes. `of`: where the
** class is, or 0.
*/
static void set_metatype_gc(lua_State *L, State *s, const Class *class,
                            int of, int index) {
  if (class->record == NULL || !access_metatype(L, class, of, "__gc"))
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
  const Callee *callee = callee_test(L, index);
  if (lua_isfunction(L, index) && callee == NULL)
    store_error(L, type, index, site,
                "make a C function of it with callback()");
  store_value(L, s, type, (char *)&address, index, site);
  if (address == NULL) {
    lua_pushnil(L);
    return;
  }
  if (!span_of_value(L, index, &span))
    span_foreign(&span, address, callee == NULL ? NULL : callee->plugin);
  cdata_refer(L, s, type, SHAPE_POINTER, &span);
}

static int cannot_make(lua_State *L, const Env *env, const Type *type) {
  const char *more = "";
  if (type->kind == TYPE_FUNCTION)
    return luaL_error(L, "'%s' cannot be made: use callback() for a function",
                      push_type(L, type));
  const char *tag =
      type->kind == TYPE_RECORD ? type->bare->record->tag : NULL;
  if (tag != NULL)
    more = env_elsewhere(L, env, TAGS, tag, strlen(tag));
  if (*more == '\0')
    more = push_type_hint(L, type);
  return luaL_error(L, "'%s' cannot be made: it is incomplete%s",
                    push_type(L, type), more);
}

static int new_pointer(lua_State *L, const Env *env, const Type *type) {
  Site site = {SITE_VALUE, 0, NULL, type, NULL, false, NULL};
  lua_settop(L, arg(env, 2));
  push_as_pointer(L, env->state, type, arg(env, 2), &site);
  return 1;
}

/*
** The cdata at `made`, the top, is new: it is initialised with the arguments
** from `first` to `last`, and the result. `of`: where its class is, or 0.
*/
static inline int finish(lua_State *L, CData *cd, int of, int made, int first,
                         int last) {
  State *s = cd->class->state;
  if (first <= last) {
    initialise(L, s, cd, made, first, last);
    lua_settop(L, made);
  }
  if (cd->class->worn)
    set_metatype_gc(L, s, cd->class, of, made);
  return 1;
}

/* Pushes a new cdata of the class at `index`. */
static inline CData *make(lua_State *L, Class *class, int index,
                          uint64_t bytes) {
  CData *cd = cdata_bare(L, class, bytes);
  lua_getiuservalue(L, index, CLASS_METATABLE);
  lua_setmetatable(L, -2);
  return cd;
}

/* Argument 1, there, is, mostly, the class of a type that needs no length. */
static inline int new_fixed(lua_State *L, Class *class, int index) {
  int last = lua_gettop(L);
  CData *cd = make(L, class, index, class->size);
  return finish(L, cd, index, last + 1, index + 1, last);
}

/* Is it the class that new values of the type have? */
static bool is_class_of(const Class *class, const Type *type, Shape shape) {
  return class != NULL && class->type == type && class->shape == shape &&
         class->plugin == NULL && class_is_current(class);
}

/* `class` is what argument 1 is, or NULL. */
static int new_any(lua_State *L, const Env *env, Class *class) {
  int next = 2, last = lua_gettop(L);
  const Type *type = env_class_type(L, env, 1, class);
  if (type->kind != TYPE_RECORD)  /* a const struct stays one */
    type = type->bare;
  if (type->kind == TYPE_POINTER)
    return new_pointer(L, env, type);
  type = counted(L, env, type);
  uint64_t bytes = new_bytes(L, env, type, &next);
  if (bytes == SIZE_UNKNOWN)
    return cannot_make(L, env, type);
  CData *cd = is_class_of(class, type, SHAPE_VALUE)
                  ? make(L, class, arg(env, 1), bytes)
                  : cdata_new(L, class_dress(L, env->state, type, SHAPE_VALUE,
                                             NULL), bytes);
  return finish(L, cd, 0, lua_gettop(L), arg(env, next), last);
}

int memory_new(lua_State *L, const Env *env) {
  Class *class = class_test(L, arg(env, 1));
  return class != NULL && class->fixed ? new_fixed(L, class, arg(env, 1))
                                       : new_any(L, env, class);
}

/*
** A call of a type with a metatype, which is asked for __new before, and for
** __gc afterwards. How many results; -1: there is no __new, and the values are
** not all of one size, or what was the metatype is gone.
*/
static int call_worn(lua_State *L, Class *class) {
  int last = lua_gettop(L), metatype = last + 2;
  lua_getiuservalue(L, 1, CLASS_PARTS);
  if (lua_rawgeti(L, -1, PART_METATYPE) != LUA_TTABLE)
    return -1;
  if (lua_getfield(L, metatype, "__new") != LUA_TNIL) {
    lua_insert(L, 1);
    lua_settop(L, last + 1);
    lua_call(L, last, LUA_MULTRET);
    return lua_gettop(L);
  }
  if (!class->fixed)
    return -1;
  lua_settop(L, metatype);
  CData *cd = make(L, class, 1, class->size);
  if (last > 1) {
    initialise(L, class->state, cd, metatype + 1, 2, last);
    lua_settop(L, metatype + 1);
  }
  if (lua_getfield(L, metatype, "__gc") != LUA_TNIL)
    finalise_set(L, class->state, metatype + 1, metatype + 2);
  lua_settop(L, metatype + 1);
  return 1;
}

/* type(...) is new(type, ...), or what the metatype's __new gives. */
int ctype_call(lua_State *L) {
  Class *class = class_test(L, 1);
  if (class != NULL && class->worn) {
    int last = lua_gettop(L), results = call_worn(L, class);
    if (results >= 0)
      return results;
    lua_settop(L, last);
  }
  if (class != NULL && class->fixed)
    return new_fixed(L, class, 1);
  State *s = state_of(L);
  const Env env = {s, s->global, 0, NULL};
  return new_any(L, &env, class);
}

/* ---- cast ---- */

bool cast_address(lua_State *L, int index, lua_Integer *address) {
  Span span;
  const CData *cd = cdata_test(L, index);
  const Callee *callee = callee_test(L, index);
  int type = lua_type(L, index);
  if (type == LUA_TNIL)
    *address = 0;
  else if (type == LUA_TLIGHTUSERDATA)
    *address = (lua_Integer)(uintptr_t)lua_touserdata(L, index);
  else if (callee != NULL) {
    plugin_check(L, callee->plugin);
    memcpy(address, &callee->code, sizeof *address);
  }
  else if (cd != NULL && (cd->class->shape == SHAPE_POINTER ||
                          cd->class->type->kind == TYPE_ARRAY) &&
           span_of_value(L, index, &span))
    *address = (lua_Integer)(uintptr_t)span_at(&span);
  else
    return false;
  return true;
}

/* Pushes a pointer of that type; `class` is what argument 1 is, or NULL. */
static int cast_data(lua_State *L, const Env *env, Class *class,
                     const Type *type, const Span *span) {
  if (span->plugin == NULL && is_class_of(class, type, SHAPE_POINTER)) {
    cdata_bare_pointer(L, class, span);
    lua_getiuservalue(L, arg(env, 1), CLASS_METATABLE);
    lua_setmetatable(L, -2);
  } else {
    cdata_refer(L, env->state, type, SHAPE_POINTER, span);
  }
  return 1;
}

/* A cast of what is no data to a pointer: also from integers. */
static int cast_pointer(lua_State *L, State *s, const Type *type, int index,
                        const Site *site) {
  Number number;
  lua_Integer address;
  if (!number_read(L, index, &number)) {
    push_as_pointer(L, s, type, index, site);
    return 1;
  }
  number_store(type_base(BASE_LLONG), &address, &number);
  push_pointer(L, s, type, (void *)(uintptr_t)address, NULL);
  return 1;
}

/* A cast to what is not a pointer, or of what is no data. */
static int cast_value(lua_State *L, const Env *env, const Type *type) {
  State *s = env->state;
  int index = arg(env, 2);
  Site site = {SITE_VALUE, 0, NULL, type, NULL, true, NULL};
  lua_Integer address;
  luaL_checkany(L, index);
  if (type->kind == TYPE_POINTER)
    return cast_pointer(L, s, type, index, &site);
  if (!type_complete(type) || type->kind == TYPE_FUNCTION)
    return luaL_argerror(L, arg(env, 1),
                         lua_pushfstring(L, "a cast to '%s' is not possible",
                                         push_type(L, type)));
  bool integer = type->kind == TYPE_INTEGER || type->kind == TYPE_BOOL;
  if (integer && cast_address(L, index, &address)) {
    lua_pushinteger(L, type->kind == TYPE_BOOL ? address != 0 : address);
    lua_replace(L, index);
  }
  if (scalar_is_plain(type)) {
    char room[sizeof(uint64_t)];
    store_value(L, s, type, room, index, &site);
    scalar_push(L, type, room);
    return 1;
  }
  Class *class = class_dress(L, s, type, SHAPE_VALUE, NULL);
  CData *cd = cdata_new(L, class, class->size);
  int made = lua_gettop(L);
  Span span;
  cdata_span(L, cd, made, &span);
  site.span = &span;
  store_value(L, s, type, span_at(&span), index, &site);
  lua_settop(L, made);
  return 1;
}

/* cast(type, value): what a function returning that type would give. */
int memory_cast(lua_State *L, const Env *env) {
  Span span;
  Class *class = class_test(L, arg(env, 1));
  const Type *type = env_class_type(L, env, 1, class)->bare;
  if (type->kind == TYPE_POINTER && memory_span(L, arg(env, 2), &span) &&
      span_at(&span) != NULL)     /* a pointer of any type to that */
    return cast_data(L, env, class, type, &span);
  return cast_value(L, env, type);
}

/* ---- callback ---- */

/* The function type that argument 1 gives; pointers to functions do, too. */
static void function_decl(lua_State *L, const Env *env, Decl *decl) {
  *decl = *env_decl(L, env, 1);
  const Type *given = decl->type;
  if (decl->type->kind == TYPE_POINTER) {
    decl->type = decl->type->target;
    decl->params = NULL;
  }
  if (decl->type->kind != TYPE_FUNCTION)
    luaL_argerror(L, arg(env, 1),
                  lua_pushfstring(L, "a function type expected, got '%s'",
                                  push_type(L, given)));
}

/* The only option is onerror. */
static void check_options(lua_State *L, int index) {
  if (lua_isnil(L, index))
    return;
  luaL_checktype(L, index, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING ||
        strcmp(lua_tostring(L, -1), "onerror") != 0)
      luaL_error(L, "unknown option '%s' (there is onerror)",
                 luaL_tolstring(L, -1, NULL));
  }
}

/*
** callback(type, function [, {onerror = v}]): a C function that lives as
** long as the cdata that is returned, until its free() or <close>.
*/
int memory_callback(lua_State *L, const Env *env) {
  State *s = env->state;
  Decl decl;
  Span span;
  function_decl(L, env, &decl);
  luaL_checktype(L, arg(env, 2), LUA_TFUNCTION);
  lua_settop(L, arg(env, 3));
  check_options(L, arg(env, 3));
  const char *about = push_type(L, decl.type);
  void *code = callback_new(L, s, &decl, arg(env, 2), about);
  int guard = lua_gettop(L);
  callback_keep(L, s, env->scope);
  if (!lua_isnil(L, arg(env, 3)) &&
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
