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
#include "face/operate.h"
#include "face/quick.h"
#include "face/show.h"

/* ---- calls through function pointers ---- */

/* As __call of another class a script may get it by `debug`. */
static int meta_call(lua_State *L) {
  State *s = state_of(L);
  CData *cd = check_cdata(L, 1);
  const Type *type = cd->class->element.type;
  if (type == NULL || type->kind != TYPE_FUNCTION)
    return luaL_error(L, "'%s' is no function", push_type(L, cd->class->type));
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
  lua_pushstring(L, name);
  state_table(L, s, STATE_RECENT);
  lua_pushcclosure(L, function, 5);
  lua_setfield(L, metatable, name);
}

/* Arithmetic: quick.h, where there are pointers to count from. */
static void set_operators(lua_State *L, State *s, int metatable,
                          const Class *class, bool islong) {
  for (int op = 0; op < OPERATORS; op++) {
    lua_CFunction function = operate_arith;
    if (!islong && class->element.type != NULL && op == LUA_OPADD)
      function = quick_add;
    if (!islong && class->element.type != NULL && op == LUA_OPSUB)
      function = quick_sub;
    lua_pushlightuserdata(L, s);
    lua_pushinteger(L, op);
    lua_getiuservalue(L, metatable - 1, CLASS_PARTS);
    lua_pushcclosure(L, function, 3);
    lua_setfield(L, metatable, operate_names[op]);
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
  set_method(L, s, mt, "__eq", operate_eq);
  set_method(L, s, mt, "__close", finalise_close);
  set_method(L, s, mt, "__pairs", access_pairs);
  lua_pushliteral(L, "cdata");
  lua_setfield(L, mt, "__name");
  lua_pushliteral(L, "cdata");
  lua_setfield(L, mt, "__metatable");
  if (class->element.type != NULL)
    set_method(L, s, mt, "__len", access_len);
  if (number || class->element.type != NULL) {
    set_operators(L, s, mt, class, islong);
    set_method(L, s, mt, "__lt", operate_lt);
    set_method(L, s, mt, "__le", operate_le);
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
  state_own_table(L, class, CLASS_FINALISING, 0, 0);
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
