/*
** lnames.c - p.C: the declared names of a plugin.
**
** A table that fills itself: functions, enumerators and constants become
** plain fields at first use, so that they cost no metamethod again.
** Variables never do, they are read and written in place.
*/
#include <string.h>

#include "bind/bind.h"
#include "face/access.h"
#include "face/ldebug.h"
#include "face/lplugin.h"
#include "base/nearname.h"
#include "value/push.h"
#include "value/scalar.h"

/*
** Upvalues of the metamethods: State, the plugin's userdata, and a table
** {name -> Known} for __index and __newindex.
*/
static inline Plugin *names_plugin(lua_State *L) {
  Plugin *plugin = lua_touserdata(L, lua_upvalueindex(2));
  if (plugin->closed && plugin->state->finished)
    state_finished(L);
  plugin_check(L, plugin);
  return plugin;
}

/* The name nearest to one that is not declared, or NULL. */
static const char *near_name(const Scope *scope, const char *name) {
  NearName near;
  nearname_init(&near, name, strlen(name));
  for (; scope->parent != NULL; scope = scope->parent)
    for (const Decl *decl = scope->first; decl != NULL; decl = decl->next)
      if (decl->kind != DECL_TAG && decl->kind != DECL_MACRO)
        nearname_offer(&near, decl->name);
  return near.best;
}

/* What debug info declares of a name; NULL with an error, maybe "". */
static const Decl *described(lua_State *L, Plugin *plugin, const char *name,
                             Error *why) {
  Error ignored;
  ElfSymbol symbol;
  why->message[0] = '\0';
  Library *library = plugin_library(L, plugin);
  if (library_symbol(library, name, NULL, &symbol, &ignored) == NULL)
    return NULL;
  return debug_declared(L, plugin, &symbol, why);
}

/*
** Throws what there is to say about a name that nobody has declared; `why`
** not, where debug info was asked.
*/
static int undeclared(lua_State *L, const Plugin *plugin, const char *name,
                      const Error *why) {
  Error error;
  ElfSymbol symbol;
  const char *near = near_name(plugin->scope, name);
  const Decl *macro = scope_find(plugin->scope, MACROS, name, strlen(name));
  if (strcmp(name, "errno") == 0) /* a macro of C's, over a function */
    return luaL_error(L, "'errno' is what plugin.errno() gives");
  if (macro != NULL)
    return luaL_error(L, "'%s' is a macro and no constant: C replaces "
                      "it by its text (#define %s%s%s)", name,
                      name, *macro->symbol == '(' ? "" : " ", macro->symbol);
  if (scope_find(plugin->scope, TAGS, name, strlen(name)) != NULL)
    return luaL_error(L, "'%s' is not declared as a name, only as the tag of "
                      "a struct, union or enum", name);
  Library *library = plugin_library(L, plugin);
  if (library_symbol(library, name, NULL, &symbol, &error) != NULL)
    return luaL_error(L, "'%s' is exported by plugin '%s' but not declared: "
                      "give its C declaration to cdef(), or its header to "
                      "header()%s%s", name,
                      plugin->name, why->message[0] == '\0' ? "" : "; ",
                      why->message);
  if (near != NULL)
    return luaL_error(L, "'%s' is not declared; did you mean '%s'?", name,
                      near);
  return luaL_error(L, "'%s' is not declared, and %s", name, error.message);
}

/* What the scope or debug info declares of a name; NULL as described(). */
static const Decl *declared(lua_State *L, Plugin *plugin, const char *name,
                            size_t length, Error *why) {
  const Decl *decl = scope_find(plugin->scope, NAMES, name, length);
  if (debug_symbol(decl) != NULL)
    return decl;
  const Decl *told = described(L, plugin, name, why);
  return told != NULL ? told : decl;
}

static const Decl *check_declared(lua_State *L, Plugin *plugin) {
  size_t length;
  Error why;
  if (lua_type(L, 2) != LUA_TSTRING)
    luaL_error(L, "a name expected, got %s", luaL_typename(L, 2));
  const char *name = lua_tolstring(L, 2, &length);
  const Decl *decl = declared(L, plugin, name, length, &why);
  if (decl == NULL)
    undeclared(L, plugin, name, &why);
  else if (decl->kind == DECL_TYPEDEF)
    luaL_error(L, "'%s' is a type: give it to new(), cast() or typeof()",
               name);
  return decl;
}

static void push_constant(lua_State *L, State *s, const Constant *value) {
  char room[sizeof value->integer] = {0};
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

/*
** Pushes what the declaration stands for. False, with a message pushed
** instead: the plugin does not export it.
*/
static bool push_declared(lua_State *L, State *s, Plugin *plugin,
                          const Decl *decl) {
  Span span;
  if (decl->kind == DECL_CONSTANT) {
    push_constant(L, s, decl->value);
    return true;
  }
  debug_check(L, plugin, decl, decl->symbol, NULL);
  if (decl->kind == DECL_FUNCTION)
    return bind_symbol(L, plugin, decl, decl->symbol, NULL, true);
  const Type *type = bind_variable(L, plugin, decl, decl->symbol, NULL,
                                   &span);
  if (type == NULL)
    return false;
  plugin_check(L, plugin);
  push_value(L, s, type, &span);
  return true;
}

/* ---- variables that have been used before ---- */

/*
** Where one is, as long as nothing is declared. They stay as long as the table
** that has them, so that a plugin may remember some by the addresses of their
** names.
*/
typedef struct Known {
  const void *key;                /* lua_topointer() of the name in the table */
  const Decl *decl;
  const Type *type;               /* see bind_variable */
  Span span;
  unsigned long generation;
  bool checked;                   /* against debug info, if there is any */
} Known;

static const Known **recent(Plugin *plugin, const void *key) {
  return &plugin->recent[string_place(key, RECENT_VARIABLES - 1)];
}

/* The variable of that name, not among the last ones; NULL: there is none. */
static const Known *find_older(lua_State *L, Plugin *plugin) {
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(3));
  const Known *known = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (known != NULL)
    *recent(plugin, known->key) = known;
  return known;
}

/* The variable that the key names; NULL: it is to be looked up. */
static inline const Known *find_known(lua_State *L, Plugin *plugin) {
  const void *key = lua_topointer(L, 2);
  const Known *known = *recent(plugin, key);
  if (known == NULL || known->key != key)
    known = find_older(L, plugin);
  if (known == NULL || known->checked != plugin->checked ||
      known->generation != scope_generation(plugin->scope))
    return NULL;
  return known;
}

/*
** Notes it for find_known; not what each thread has its own of. What is in the
** table stays there: finalisers may have noted the same name when there was
** made room for it.
*/
static void keep_known(lua_State *L, Known *known) {
  const Variable *variable = (const Variable *)known->span.base;
  if (variable->tls)
    return;
  lua_settop(L, 3);
  Known *kept = lua_newuserdatauv(L, sizeof *known, 0);
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(3));           /* room, what there is */
  Known *old = lua_touserdata(L, -1);
  known->key = old == NULL ? lua_topointer(L, 2) : old->key;
  if (old != NULL) {
    kept = old;
  } else {
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 4);
    lua_rawset(L, lua_upvalueindex(3));
  }
  *kept = *known;
  lua_settop(L, 3);
}

/* Looks a declared variable up; throws if it is not there. */
static void find_variable(lua_State *L, Plugin *plugin, const Decl *decl,
                          Known *known) {
  known->decl = decl;
  known->generation = scope_generation(plugin->scope);
  known->checked = plugin->checked;
  debug_check(L, plugin, decl, decl->symbol, NULL);
  known->type = bind_variable(L, plugin, decl, decl->symbol, NULL,
                              &known->span);
  if (known->type == NULL)
    luaL_error(L, "%s", lua_tostring(L, -1));
  keep_known(L, known);
  plugin_check(L, plugin);
}

/* ---- reading and writing ---- */

/* What is no number; `found`: see find_known. */
static int index_other(lua_State *L, Plugin *plugin, const Known *found) {
  State *s = plugin->state;
  Known known;
  if (found != NULL) {
    known = *found;
    push_value(L, s, known.type, &known.span);
    return 1;
  }
  const Decl *decl = check_declared(L, plugin);
  if (decl->kind == DECL_VARIABLE) {
    find_variable(L, plugin, decl, &known);
    push_value(L, s, known.type, &known.span);
    return 1;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!push_declared(L, s, plugin, decl))
    return luaL_error(L, "%s", lua_tostring(L, -1));
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

static int names_index(lua_State *L) {
  Plugin *plugin = names_plugin(L);
  const Known *found = find_known(L, plugin);
  if (found != NULL &&
      scalar_push(L, found->type->bare, span_at(&found->span)))
    return 1;
  return index_other(L, plugin, found);
}

static int not_writable(lua_State *L, const Plugin *plugin,
                        const Decl *decl) {
  if (decl->kind != DECL_VARIABLE)
    return luaL_error(L, "'%s' is a %s and cannot be written", decl->name,
                      decl->kind == DECL_FUNCTION ? "function" : "constant");
  if (type_qualifiers(decl->type) & QUAL_CONST)
    return luaL_error(L, "variable '%s' is const and cannot be written",
                      decl->name);
  return luaL_error(L, "variable '%s' cannot be written: plugin '%s' has it "
                    "in read-only memory, so that it should be declared as "
                    "const", decl->name, plugin->name);
}

/* The short way, of numbers that are to be numbers. */
static bool write_plain(lua_State *L, const Known *known) {
  return (known->type->qual & QUAL_CONST) == 0 &&
         scalar_store(L, known->type->bare, span_at(&known->span), 3);
}

/* The same by the long way. */
static int write_other(lua_State *L, Plugin *plugin, const Known *found) {
  Known known;
  if (found != NULL) {
    known = *found;
  } else {
    const Decl *decl = check_declared(L, plugin);
    if (decl->kind != DECL_VARIABLE)
      return not_writable(L, plugin, decl);
    find_variable(L, plugin, decl, &known);
  }
  if (type_qualifiers(known.type) & QUAL_CONST)
    return not_writable(L, plugin, known.decl);
  check_assignable(L, known.type);
  Site site = {SITE_VARIABLE, 0, known.decl->name, known.type, &known.span,
               false, NULL};
  store_value(L, plugin->state, known.type, span_at(&known.span), 3, &site);
  return 0;
}

static int names_newindex(lua_State *L) {
  Plugin *plugin = names_plugin(L);
  const Known *found = find_known(L, plugin);
  if (found != NULL && !plugin->state->shared && write_plain(L, found))
    return 0;
  return write_other(L, plugin, found);
}

/* ---- pairs: what the plugin's own scope declares ---- */

static bool is_listed(const Scope *scope, const Decl *decl) {
  if (decl->hidden || decl->unlisted || decl->kind == DECL_TYPEDEF ||
      decl->kind == DECL_TAG || decl->kind == DECL_MACRO)
    return false;
  return !decl->yields ||
         scope_find(scope, NAMES, decl->name, strlen(decl->name)) == decl;
}

static const Decl *next_listed(const Scope *scope, const Decl *decl) {
  while (decl != NULL && !is_listed(scope, decl))
    decl = decl->next;
  return decl;
}

/*
** Upvalues: State, plugin, the declaration to go on with. Arguments: the
** table and a name. What is declared but not exported comes with nil.
*/
static int names_next(lua_State *L) {
  Plugin *plugin = names_plugin(L);
  State *s = plugin->state;
  Error ignored;
  luaL_checktype(L, 1, LUA_TTABLE);
  const Decl *decl = next_listed(plugin->scope,
                                 lua_touserdata(L, lua_upvalueindex(3)));
  if (decl == NULL)
    return 0;
  lua_pushlightuserdata(L, decl->next);
  lua_replace(L, lua_upvalueindex(3));
  decl = declared(L, plugin, decl->name, strlen(decl->name), &ignored);
  lua_pushstring(L, decl->name);
  lua_pushvalue(L, -1);
  if (lua_rawget(L, 1) == LUA_TNIL && !push_declared(L, s, plugin, decl))
    lua_pushnil(L);
  else if (decl->kind != DECL_VARIABLE) {       /* as indexing does */
    lua_pushstring(L, decl->name);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
  }
  lua_pushstring(L, decl->name);
  lua_insert(L, -2);
  return 2;
}

static int names_pairs(lua_State *L) {
  const Plugin *plugin = names_plugin(L);
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_pushlightuserdata(L, plugin->scope->first);
  lua_pushcclosure(L, names_next, 3);
  lua_pushvalue(L, 1);
  return 2;
}

/* ---- when declarations change ---- */

/* Is the field at the top still what the declaration says? */
static bool is_current(lua_State *L, const Decl *decl) {
  const Callee *callee = callee_test(L, -1);
  return callee != NULL && decl != NULL && decl->kind == DECL_FUNCTION &&
         callee->type == decl->type && callee->params == decl->params &&
         callee->result == decl->result &&
         strcmp(callee->name, decl->name) == 0;
}

/* Takes the field at the top, whose name is below it, out if it is not. */
static void refresh_field(lua_State *L, int fields, const Plugin *plugin) {
  size_t length;
  const char *name = lua_type(L, -2) == LUA_TSTRING
                         ? lua_tolstring(L, -2, &length) : NULL;
  if (name != NULL &&
      !is_current(L, scope_find(plugin->scope, NAMES, name, length))) {
    lua_pushvalue(L, -2);
    lua_pushnil(L);
    lua_rawset(L, fields);
  }
}

static void refresh_new(lua_State *L, int fields, const Plugin *plugin,
                        const Decl *decl) {
  for (; decl != NULL; decl = decl->next) {
    lua_pushstring(L, decl->name);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, fields) != LUA_TNIL)
      refresh_field(L, fields, plugin);
    lua_pop(L, 2);
  }
}

/* Those with the names of declarations from `first` on, or (NULL) all. */
static void refresh(lua_State *L, State *s, const Plugin *plugin,
                    const Decl *first) {
  state_object(L, s, plugin);
  lua_getiuservalue(L, -1, PLUGIN_NAMES);
  int fields = lua_gettop(L);
  if (!lua_istable(L, fields)) {
    lua_pop(L, 2);
    return;
  }
  if (first != NULL)
    refresh_new(L, fields, plugin, first);
  else
    for (lua_pushnil(L); lua_next(L, fields) != 0; lua_pop(L, 1))
      refresh_field(L, fields, plugin);
  lua_pop(L, 2);
}

/* The global scope is seen by all plugins. */
static void refresh_all(lua_State *L, State *s, const Decl *first) {
  int top = lua_gettop(L);
  state_table(L, s, STATE_PLUGINS);
  lua_pushnil(L);
  while (lua_next(L, top + 1) != 0) {
    const Plugin *plugin = lua_touserdata(L, -2);
    if (!plugin->closed)
      refresh(L, s, plugin, first);
    lua_pop(L, 1);
  }
  lua_settop(L, top);
}

void names_refresh(lua_State *L, const Env *env, NamesMark mark) {
  const Decl *first = NULL;
  if (mark.revisions == env->scope->revisions) {
    first = mark.last == NULL ? env->scope->first : mark.last->next;
    if (first == NULL)
      return;
  }
  luaL_checkstack(L, 12, "cplugin");
  if (env->scope == env->state->global)
    refresh_all(L, env->state, first);
  else if (env->plugin != NULL)
    refresh(L, env->state, env->plugin, first);
}

/* ---- the table ---- */

static void set_metamethod(lua_State *L, State *s, int plugin, int known,
                           const char *name, lua_CFunction function) {
  lua_pushlightuserdata(L, s);
  lua_pushvalue(L, plugin);
  lua_pushvalue(L, known);
  lua_pushcclosure(L, function, 3);
  lua_setfield(L, -2, name);
}

void names_new(lua_State *L, Plugin *plugin) {
  State *s = plugin->state;
  int index = lua_gettop(L);
  lua_newtable(L);
  lua_newtable(L);                              /* plugin, known, names */
  lua_createtable(L, 0, 4);
  set_metamethod(L, s, index, index + 1, "__index", names_index);
  set_metamethod(L, s, index, index + 1, "__newindex", names_newindex);
  set_metamethod(L, s, index, index + 1, "__pairs", names_pairs);
  lua_pushliteral(L, "names");
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_remove(L, index + 1);
}
