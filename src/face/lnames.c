/*
** lnames.c - p.C: the declared names of a plugin.
**
** A table that fills itself: functions, enumerators and constants become
** plain fields at first use, so that they cost no metamethod again.
** Variables never do, they are read and written in place.
*/
#include <string.h>

#include "bind/bind.h"
#include "face/lplugin.h"
#include "value/push.h"

/* Upvalues of the metamethods: State, the plugin's userdata. */
static Plugin *names_plugin(lua_State *L) {
  Plugin *plugin = lua_touserdata(L, lua_upvalueindex(2));
  plugin_check(L, plugin);
  return plugin;
}

static int undeclared(lua_State *L, const Plugin *plugin, const char *name) {
  Error error;
  const char *type = scope_find(plugin->scope, TAGS, name, strlen(name))
                         ? " (there is a struct, union or enum of that tag)"
                         : "";
  if (library_symbol(plugin->library, name, NULL, NULL, &error) != NULL)
    return luaL_error(L, "'%s' is exported by plugin '%s' but not declared: "
                      "declare it with cdef(\"...\")%s", name, plugin->name,
                      type);
  return luaL_error(L, "'%s' is not declared%s", name, type);
}

static const Decl *check_declared(lua_State *L, const Plugin *plugin) {
  size_t length;
  if (lua_type(L, 2) != LUA_TSTRING)
    luaL_error(L, "a name expected, got %s", luaL_typename(L, 2));
  const char *name = lua_tolstring(L, 2, &length);
  const Decl *decl = scope_find(plugin->scope, NAMES, name, length);
  if (decl == NULL)
    undeclared(L, plugin, name);
  else if (decl->kind == DECL_TYPEDEF)
    luaL_error(L, "'%s' is a type: give it to new(), cast() or typeof()",
               name);
  return decl;
}

static void push_constant(lua_State *L, State *s, const Constant *value) {
  char room[sizeof(long double)] = {0};
  switch (value->kind) {
    case CONSTANT_STRING:
      lua_pushlstring(L, value->string.bytes, value->string.length);
      break;
    case CONSTANT_FLOAT:
      lua_pushnumber(L, (lua_Number)value->number);
      break;
    case CONSTANT_POINTER:
      push_pointer(L, s, value->type,
                   (const void *)(uintptr_t)value->integer, NULL);
      break;
    case CONSTANT_INTEGER:
      memcpy(room, &value->integer, sizeof value->integer);
      push_result(L, s, value->type, room, NULL);
      break;
  }
}

/* Pushes a function or constant and makes it a field of the table. */
static int push_field(lua_State *L, State *s, Plugin *plugin,
                      const Decl *decl) {
  if (decl->kind == DECL_CONSTANT)
    push_constant(L, s, &decl->value);
  else if (!bind_symbol(L, plugin, decl, decl->symbol, NULL))
    return lua_error(L);          /* the message is on the top */
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

static int names_index(lua_State *L) {
  State *s = state_of(L);
  Plugin *plugin = names_plugin(L);
  const Decl *decl = check_declared(L, plugin);
  Span span;
  if (decl->kind != DECL_VARIABLE)
    return push_field(L, s, plugin, decl);
  if (!bind_variable(L, plugin, decl, decl->symbol, NULL, &span))
    return lua_error(L);
  push_value(L, s, decl->type, &span);
  return 1;
}

static int names_newindex(lua_State *L) {
  State *s = state_of(L);
  Plugin *plugin = names_plugin(L);
  const Decl *decl = check_declared(L, plugin);
  Span span;
  if (decl->kind != DECL_VARIABLE)
    return luaL_error(L, "'%s' is a %s and cannot be written", decl->name,
                      decl->kind == DECL_FUNCTION ? "function" : "constant");
  if (type_qualifiers(decl->type) & QUAL_CONST)
    return luaL_error(L, "variable '%s' is const and cannot be written",
                      decl->name);
  if (!bind_variable(L, plugin, decl, decl->symbol, NULL, &span))
    return lua_error(L);
  Site site = {SITE_VARIABLE, 0, decl->name, decl->type, &span, false};
  store_value(L, s, decl->type, span_at(&span), 3, &site);
  return 0;
}

/* ---- pairs: what the plugin's own scope declares ---- */

/* Upvalue 1: the declaration to begin with. Arguments: the table, a name. */
static int names_next(lua_State *L) {
  const Decl *decl = lua_touserdata(L, lua_upvalueindex(1));
  while (decl != NULL &&
         (decl->kind == DECL_TYPEDEF || decl->kind == DECL_TAG))
    decl = decl->next;
  if (decl == NULL)
    return 0;
  lua_pushlightuserdata(L, decl->next);
  lua_replace(L, lua_upvalueindex(1));
  lua_pushstring(L, decl->name);
  lua_pushvalue(L, -1);
  lua_gettable(L, 1);
  return 2;
}

static int names_pairs(lua_State *L) {
  const Plugin *plugin = names_plugin(L);
  lua_pushlightuserdata(L, plugin->scope->first);
  lua_pushcclosure(L, names_next, 1);
  lua_pushvalue(L, 1);
  return 2;
}

static void set_metamethod(lua_State *L, State *s, int plugin,
                           const char *name, lua_CFunction function) {
  lua_pushlightuserdata(L, s);
  lua_pushvalue(L, plugin);
  lua_pushcclosure(L, function, 2);
  lua_setfield(L, -2, name);
}

void names_new(lua_State *L, Plugin *plugin) {
  State *s = plugin->state;
  int index = lua_gettop(L);
  lua_newtable(L);
  lua_newtable(L);
  set_metamethod(L, s, index, "__index", names_index);
  set_metamethod(L, s, index, "__newindex", names_newindex);
  set_metamethod(L, s, index, "__pairs", names_pairs);
  lua_pushliteral(L, "names");
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}
