/*
** meta.c - see meta.h.
**
** What a cdata can do depends on its type: each class gets the metamethods
** that C has for it, and over these what the script's metatype says.
*/
#include "face/meta.h"

#include <string.h>

#include "bind/call.h"
#include "bind/stub.h"
#include "face/access.h"
#include "face/finalise.h"
#include "face/quick.h"
#include "face/show.h"
#include "value/arith.h"

/* ---- pointer arithmetic ---- */

/* Is the cdata a pointer or array, so that it can be counted from? */
static bool is_pointer(const CData *cd) {
  return cd != NULL && (cd->class->shape == SHAPE_POINTER ||
                        cd->class->type->kind == TYPE_ARRAY);
}

/* A pointer to the element type, `by` elements on. Bounds go with it. */
static int advance(lua_State *L, State *s, CData *cd, int index,
                   lua_Integer by) {
  Span span;
  int64_t distance;
  const Class *class = cd->class;
  uint64_t stride = class_stride(class);
  cdata_span(L, cd, index, &span);
  if (stride == SIZE_UNKNOWN)
    return luaL_error(L, "arithmetic on '%s': the size of '%s' is not known",
                      push_type(L, class->type),
                      push_type(L, class->element.type));
  if (__builtin_mul_overflow(by, (int64_t)stride, &distance))
    return luaL_error(L, "pointer arithmetic overflows");
  span.offset += (uintptr_t)distance;
  if (class->shape == SHAPE_POINTER && cdata_move(L, cd, index, span.offset))
    return 1;
  const Type *type = class->type->bare;
  if (type->kind == TYPE_ARRAY)
    type = type_pointer(s->global, class->element.type);
  if (type == NULL)
    return luaL_error(L, "not enough memory");
  cdata_refer(L, s, type, SHAPE_POINTER, &span);
  return 1;
}

static int difference(lua_State *L, CData *a, CData *b) {
  Span x, y;
  uint64_t stride = class_stride(a->class);
  cdata_span(L, a, 1, &x);
  cdata_span(L, b, 2, &y);
  if (stride == SIZE_UNKNOWN || stride == 0 ||
      a->class->element.type->bare != b->class->element.type->bare)
    return luaL_error(L, "'%s' and '%s' have no difference",
                      push_type(L, a->class->type),
                      push_type(L, b->class->type));
  lua_pushinteger(L, (lua_Integer)(span_at(&x) - span_at(&y)) /
                     (lua_Integer)stride);
  return 1;
}

/* pointer + n, n + pointer, pointer - n, pointer - pointer. */
static bool pointer_arith(lua_State *L, State *s, int op) {
  CData *a = cdata_test(L, 1);
  CData *b = cdata_test(L, 2);
  int isinteger;
  lua_Integer n;
  if (is_pointer(a) && is_pointer(b) && op == LUA_OPSUB)
    return difference(L, a, b);
  if (is_pointer(a) && (op == LUA_OPADD || op == LUA_OPSUB)) {
    n = lua_tointegerx(L, 2, &isinteger);
    return isinteger && advance(L, s, a, 1, op == LUA_OPADD ? n
                                             : (lua_Integer)(0u - (lua_Unsigned)n));
  }
  if (is_pointer(b) && op == LUA_OPADD) {
    n = lua_tointegerx(L, 1, &isinteger);
    return isinteger && advance(L, s, b, 2, n);
  }
  return false;
}

/* ---- arithmetic ---- */

static const char *const operators[] = {
  [LUA_OPADD] = "__add", [LUA_OPSUB] = "__sub", [LUA_OPMUL] = "__mul",
  [LUA_OPMOD] = "__mod", [LUA_OPPOW] = "__pow", [LUA_OPDIV] = "__div",
  [LUA_OPIDIV] = "__idiv", [LUA_OPBAND] = "__band", [LUA_OPBOR] = "__bor",
  [LUA_OPBXOR] = "__bxor", [LUA_OPSHL] = "__shl", [LUA_OPSHR] = "__shr",
  [LUA_OPUNM] = "__unm", [LUA_OPBNOT] = "__bnot"
};

/* Upvalue 2: the operator. */
static int meta_arith(lua_State *L) {
  State *s = state_of(L);
  int op = (int)lua_tointeger(L, lua_upvalueindex(2));
  Number a, b;
  lua_settop(L, 2);
  if (pointer_arith(L, s, op))
    return 1;
  if (!number_read(L, 1, &a) || !number_read(L, 2, &b))
    return luaL_error(L, "attempt to perform arithmetic (%s) on %s and %s",
                      operators[op] + 2, push_description(L, 1),
                      push_description(L, 2));
  arith(L, s, op, &a, &b);
  return 1;
}

/* ---- comparison ---- */

/* The address that a pointer, array or record stands for; false: none. */
static bool address_of(lua_State *L, int index, uintptr_t *at) {
  Span span;
  CData *cd = cdata_test(L, index);
  if (cd == NULL ||
      (!is_pointer(cd) && !type_is_aggregate(cd->class->type)))
    return false;
  cdata_span(L, cd, index, &span);
  *at = (uintptr_t)span_at(&span);
  return true;
}

static int compare(lua_State *L) {
  uintptr_t x, y;
  Number a, b;
  state_check(L);
  if (address_of(L, 1, &x) && address_of(L, 2, &y))
    return x < y ? -1 : x > y;
  if (number_read(L, 1, &a) && number_read(L, 2, &b) &&
      a.kind != NUMBER_COMPLEX && b.kind != NUMBER_COMPLEX)
    return number_compare(&a, &b);
  return luaL_error(L, "attempt to compare %s with %s",
                    push_description(L, 1), push_description(L, 2));
}

static int meta_lt(lua_State *L) {
  lua_pushboolean(L, compare(L) == -1);
  return 1;
}

static int meta_le(lua_State *L) {
  int order = compare(L);
  lua_pushboolean(L, order == -1 || order == 0);
  return 1;
}

static int meta_eq(lua_State *L) {
  uintptr_t x, y;
  Number a, b;
  bool equal = false;
  state_check(L);
  if (address_of(L, 1, &x) && address_of(L, 2, &y))
    equal = x == y;
  else if (number_read(L, 1, &a) && number_read(L, 2, &b))
    equal = number_compare(&a, &b) == 0;
  lua_pushboolean(L, equal);
  return 1;
}

/* ---- calls through function pointers ---- */

static int meta_call(lua_State *L) {
  State *s = state_of(L);
  CData *cd = check_cdata(L, 1);
  const Type *type = cd->class->element.type;
  Span span;
  Error error;
  Callee callee = {0};
  cdata_span(L, cd, 1, &span);
  char *address = span_at(&span);
  callee.state = s;
  callee.plugin = cd->class->plugin;
  callee.type = type;
  callee.name = push_type(L, cd->class->type);
  lua_insert(L, 2);
  if (!type->signature->variadic && !type->signature->unprototyped) {
    callee.plan = plan_of(type, &error);
    if (callee.plan == NULL)
      return luaL_error(L, "'%s' cannot be called: %s", callee.name,
                        error.message);
  }
  memcpy(&callee.code, &address, sizeof address);
  return call(L, &callee, 3);
}

/* ---- dressing ---- */

static void set_method(lua_State *L, State *s, int metatable,
                       const char *name, lua_CFunction function) {
  lua_pushlightuserdata(L, s);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, metatable, name);
}

/* Indexing needs the members and parts that the class at metatable - 1 has. */
static void set_indexing(lua_State *L, State *s, int metatable,
                         const char *name, lua_CFunction function) {
  lua_pushlightuserdata(L, s);
  lua_getiuservalue(L, metatable - 1, CLASS_MEMBERS);
  lua_getiuservalue(L, metatable - 1, CLASS_PARTS);
  lua_pushcclosure(L, function, 3);
  lua_setfield(L, metatable, name);
}

static void set_operators(lua_State *L, State *s, int metatable) {
  for (int op = 0; op < (int)(sizeof operators / sizeof *operators); op++) {
    lua_pushlightuserdata(L, s);
    lua_pushinteger(L, op);
    lua_pushcclosure(L, meta_arith, 2);
    lua_setfield(L, metatable, operators[op]);
  }
}

static void dress_plain(lua_State *L, State *s, const Class *class, int mt) {
  const Type *type = class->type->bare;
  bool number = class->shape == SHAPE_VALUE && type->kind != TYPE_VECTOR &&
                !type_is_aggregate(type);
  bool islong = stub_wish("long");
  set_indexing(L, s, mt, "__index", islong ? access_index : quick_index);
  set_indexing(L, s, mt, "__newindex",
               islong ? access_newindex : quick_newindex);
  set_method(L, s, mt, "__tostring", show_tostring);
  set_method(L, s, mt, "__eq", meta_eq);
  set_method(L, s, mt, "__close", finalise_close);
  set_method(L, s, mt, "__pairs", access_pairs);
  lua_pushliteral(L, "cdata");
  lua_setfield(L, mt, "__name");
  lua_pushliteral(L, "cdata");
  lua_setfield(L, mt, "__metatable");
  if (class->element.type != NULL)
    set_method(L, s, mt, "__len", access_len);
  if (number || class->element.type != NULL) {
    set_operators(L, s, mt);
    set_method(L, s, mt, "__lt", meta_lt);
    set_method(L, s, mt, "__le", meta_le);
  }
  if (class->shape == SHAPE_POINTER &&
      class->element.type->kind == TYPE_FUNCTION)
    set_method(L, s, mt, "__call", meta_call);
}

/* ---- metatypes ---- */

/* These stay ours: they look into the metatype themselves, or hold up. */
static bool is_reserved(const char *name) {
  static const char *const names[] = {"__index", "__newindex", "__gc",
                                      "__name", "__metatable", "__mode"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(name, names[i]) == 0)
      return true;
  }
  return false;
}

/* Copies the metamethods of the metatype on the top to the metatable. */
static void lay_over(lua_State *L, int metatable) {
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING || is_reserved(lua_tostring(L, -2))) {
      lua_pop(L, 1);
      continue;
    }
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, metatable);
  }
}

/* Gives the class on the stack the metatype on the top, and pops that. */
static void wear(lua_State *L, int class, int metatable) {
  Class *wearer = lua_touserdata(L, class);
  lay_over(L, metatable);
  lua_getiuservalue(L, class, CLASS_PARTS);
  lua_insert(L, -2);
  lua_rawseti(L, -2, PART_METATYPE);
  lua_pop(L, 1);
  wearer->worn = true;
}

/* Takes all metamethods, of an earlier metatype too, from the metatable. */
static void strip(lua_State *L, int metatable) {
  lua_pushnil(L);
  while (lua_next(L, metatable) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING ||       /* the class that cdata keep */
        strcmp(lua_tostring(L, -1), "__gc") == 0)
      continue;                   /* without __gc a collection loses some */
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, metatable);
  }
}

/* The metatable with __gc: a copy, filled again when the plain one changes. */
static void set_finalising(lua_State *L, State *s, int class, int metatable) {
  state_own_table(L, class, CLASS_FINALISING);
  strip(L, lua_gettop(L));
  lua_pushnil(L);
  while (lua_next(L, metatable) != 0) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
  set_method(L, s, lua_gettop(L), "__gc", finalise_gc);
  lua_pop(L, 1);
}

/* Puts on the metatype that the record of the class has now, if any. */
static void wear_metatype(lua_State *L, State *s, const Class *class,
                          int metatable) {
  if (class->record == NULL)
    return;
  state_scope_table(L, s, STATE_METATYPES, class->record->scope);
  lua_rawgetp(L, -1, class->record->bare);
  lua_remove(L, -2);
  if (lua_istable(L, -1))
    wear(L, metatable - 1, metatable);
  else
    lua_pop(L, 1);
}

/* Finalisers that run meanwhile may set a metatype: then once more. */
void meta_dress(lua_State *L, Class *class, int metatable) {
  State *s = class->state;
  lua_Integer now;
  luaL_checkstack(L, 12, "cplugin");
  do {
    now = s->metatypes;
    strip(L, metatable);
    dress_plain(L, s, class, metatable);
    wear_metatype(L, s, class, metatable);
    set_finalising(L, s, metatable - 1, metatable);
    class->dressed = now;
  } while (now != s->metatypes);
}

/*
** Pushes a class of the record that was dressed before the metatype of that
** number was set; NULL, with nothing: there is none. Nothing here allocates,
** so that no finaliser can add classes while the table is walked.
*/
static Class *push_outdated(lua_State *L, State *s, const Type *record,
                            lua_Integer number) {
  state_table(L, s, STATE_CLASSES);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {                /* classes class true */
    Class *class = lua_touserdata(L, -2);
    lua_pop(L, 1);
    if (class->record != NULL && class->record->bare == record->bare &&
        class->dressed < number) {
      lua_remove(L, -2);
      return class;
    }
  }
  lua_pop(L, 1);
  return NULL;
}

void meta_set(lua_State *L, State *s, const Type *record, int index) {
  Class *class;
  luaL_checkstack(L, 12, "cplugin");
  state_scope_table(L, s, STATE_METATYPES, record->scope);
  lua_pushvalue(L, index);
  lua_rawsetp(L, -2, record->bare);
  lua_pop(L, 1);
  lua_Integer number = ++s->metatypes;
  while ((class = push_outdated(L, s, record, number)) != NULL) {
    lua_getiuservalue(L, -1, CLASS_METATABLE);
    meta_dress(L, class, lua_gettop(L));
    lua_pop(L, 2);
  }
}

/* ---- types as Lua values ---- */

static int ctype_tostring(lua_State *L) {
  state_check(L);
  Class *class = class_test(L, 1);
  if (class == NULL)
    return luaL_typeerror(L, 1, "ctype");
  lua_pushfstring(L, "ctype<%s>", push_type(L, class->type));
  return 1;
}

void meta_ctype(lua_State *L, State *s, int (*new)(lua_State *)) {
  lua_createtable(L, 0, 4);
  int mt = lua_gettop(L);
  set_method(L, s, mt, "__call", new);
  set_method(L, s, mt, "__tostring", ctype_tostring);
  lua_pushliteral(L, "ctype");
  lua_setfield(L, mt, "__name");
  lua_pushliteral(L, "ctype");
  lua_setfield(L, mt, "__metatable");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &s->ctype);
}
