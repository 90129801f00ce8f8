/* lplugin.c - see lplugin.h and docs/manual.md. */
#include "face/lplugin.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/call.h"
#include "face/finalise.h"
#include "face/ldebug.h"
#include "face/lfile.h"
#include "object/libpath.h"
#include "base/nearname.h"

#define PLUGIN "cplugin.plugin"

Plugin *check_plugin(lua_State *L, int index) {
  Plugin *plugin = plugin_test(L, index);
  if (plugin == NULL)
    luaL_argerror(L, index, lua_pushfstring(L, "plugin expected, got %s%s",
      luaL_typename(L, index), index > 1 ? "" :
      ": a plugin's functions are called with a colon, p:name(...)"));
  if (plugin->state->finished)
    state_finished(L);
  return plugin;
}

const char *check_name(lua_State *L, int index) {
  size_t length;
  const char *name = luaL_checklstring(L, index, &length);
  luaL_argcheck(L, strlen(name) == length, index,
                "the name contains a zero byte");
  return name;
}

/* ---- functions on types, in the scope of the module or of a plugin ---- */

/* Upvalue 2: the entry of the list. */
static int env_function(lua_State *L) {
  State *s = state_of(L);
  const EnvEntry *entry = lua_touserdata(L, lua_upvalueindex(2));
  const Env env = {s, s->global, 0, NULL};
  return entry->function(L, &env);
}

static int env_method(lua_State *L) {
  const EnvEntry *entry = lua_touserdata(L, lua_upvalueindex(2));
  Plugin *plugin = check_plugin(L, 1);
  plugin_check(L, plugin);
  const Env env = {plugin->state, plugin->scope, 1, plugin};
  return entry->function(L, &env);
}

void set_functions(lua_State *L, State *s, const EnvEntry *list,
                   bool methods) {
  for (; list->name != NULL; list++) {
    lua_pushlightuserdata(L, s);
    lua_pushlightuserdata(L, (void *)(uintptr_t)list);
    lua_pushcclosure(L, methods ? env_method : env_function, 2);
    lua_setfield(L, -2, list->name);
  }
}

/* ---- options ---- */

typedef struct Options {
  const char *version;            /* NULL: any */
  const char *cdef;               /* NULL: none */
  const char *lock;               /* the file of an interface; NULL: none */
  unsigned debug;                 /* DEBUG_...: what debug info is for */
  const char *folders;            /* with debug files; NULL: the usual ones */
  unsigned flags;                 /* LIBRARY_... */
} Options;

static int unknown_option(lua_State *L, const char *name) {
  static const char *const known[] = {"version", "global", "lazy", "resident",
                                      "cdef", "debuginfo", "check", "lock"};
  const int count = sizeof known / sizeof *known;
  NearName near;
  nearname_init(&near, name, strlen(name));
  for (int i = 0; i < count; i++)
    nearname_offer(&near, known[i]);
  if (near.best != NULL)
    return luaL_error(L, "unknown option '%s', did you mean '%s'?", name,
                      near.best);
  lua_pushstring(L, known[0]);
  for (int i = 1; i < count; i++)
    lua_pushfstring(L, "%s%s", i < count - 1 ? ", " : " and ", known[i]);
  lua_concat(L, count);
  return luaL_error(L, "unknown option '%s' (there are %s)", name,
                    lua_tostring(L, -1));
}

/* The value is on the top. */
static void set_flag(lua_State *L, const char *name, unsigned flag,
                     unsigned *flags) {
  if (!lua_isboolean(L, -1))
    luaL_error(L, "option '%s' must be true or false, got a %s", name,
               luaL_typename(L, -1));
  if (lua_toboolean(L, -1))
    *flags |= flag;
}

bool to_version(lua_State *L, int index, const char **version) {
  int whole = 1;
  *version = NULL;
  if (lua_isnoneornil(L, index))
    return true;
  if (lua_type(L, index) == LUA_TNUMBER) {
    lua_pushinteger(L, lua_tointegerx(L, index, &whole));  /* 1 of 1.0 */
    lua_replace(L, index);
  }
  *version = lua_tostring(L, index);
  return whole && *version != NULL && **version != '\0' &&
         strlen(*version) == lua_rawlen(L, index);
}

/* The value is on the top: a boolean, or folders. */
static void set_debuginfo(lua_State *L, Options *options) {
  bool folders = lua_type(L, -1) == LUA_TSTRING;
  if (!folders && !lua_isboolean(L, -1))
    luaL_error(L, "option 'debuginfo' must be true, false or the name of a "
               "folder with debug files, got a %s", luaL_typename(L, -1));
  if (folders || lua_toboolean(L, -1))
    options->debug |= DEBUG_DECLARES;
}

/* The option whose name is below its value on the top. Leaves both. */
static void take_option(lua_State *L, Options *options) {
  if (lua_type(L, -2) != LUA_TSTRING)
    luaL_error(L, "options are a table of names, got a %s as a name",
               luaL_typename(L, -2));
  const char *name = lua_tostring(L, -2);
  if (strcmp(name, "version") == 0)
    return;
  if (strcmp(name, "global") == 0) {
    set_flag(L, name, LIBRARY_GLOBAL, &options->flags);
  } else if (strcmp(name, "lazy") == 0) {
    set_flag(L, name, LIBRARY_LAZY, &options->flags);
  } else if (strcmp(name, "resident") == 0) {
    set_flag(L, name, LIBRARY_RESIDENT, &options->flags);
  } else if (strcmp(name, "debuginfo") == 0) {
    set_debuginfo(L, options);
  } else if (strcmp(name, "check") == 0) {
    set_flag(L, name, DEBUG_CHECKS, &options->debug);
  } else if (strcmp(name, "lock") == 0) {
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "option 'lock' must be the name of a file that p:lock() "
                 "has written, got a %s", luaL_typename(L, -1));
  } else if (strcmp(name, "cdef") == 0) {
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "option 'cdef' must be C text, got a %s",
                 luaL_typename(L, -1));
  } else {
    unknown_option(L, name);
  }
}

/* Checks the table at `index`; pushes the values that are texts. */
static void take_options(lua_State *L, int index, Options *options) {
  memset(options, 0, sizeof *options);
  if (lua_isnoneornil(L, index))
    return;
  luaL_checktype(L, index, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    take_option(L, options);
    lua_pop(L, 1);
  }
  lua_getfield(L, index, "version");
  if (!to_version(L, lua_gettop(L), &options->version))
    luaL_error(L, "option 'version' must be a whole number or a string, as 1 "
               "or \"1.2\"");
  lua_getfield(L, index, "cdef");
  options->cdef = lua_tostring(L, -1);
  lua_getfield(L, index, "debuginfo");
  if (lua_type(L, -1) == LUA_TSTRING)
    options->folders = lua_tostring(L, -1);
  lua_getfield(L, index, "lock");
  options->lock = lua_tostring(L, -1);
}

/* ---- open ---- */

/* The pin lets go: nothing of this Lua state can reach the library. */
static void let_go(void *library) {
  library_close(library);
}

/* Pushes a plugin that is valid, and closed. */
static Plugin *new_plugin(lua_State *L, State *s, const char *name) {
  Plugin *plugin = lua_newuserdatauv(L, sizeof *plugin, PLUGIN_UPVALUES);
  memset(plugin, 0, sizeof *plugin);
  plugin->state = s;
  plugin->closed = true;
  plugin->name = "?";
  plugin->tag = (uintptr_t)plugin + STATE_COOKIE + TAG_PLUGIN;
  luaL_setmetatable(L, PLUGIN);
  for (int i = PLUGIN_CLASSES; i <= PLUGIN_VARIABLES; i++) {
    lua_newtable(L);
    lua_setiuservalue(L, -2, i);
  }
  state_keep(L, s, plugin);
  state_table(L, s, STATE_PLUGINS);
  lua_pushvalue(L, -2);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  lua_pushstring(L, name);
  return plugin;                                /* + plugin, name */
}

/* Gives it a scope, the global one for the program. Pops the name. */
static void set_scope(lua_State *L, Plugin *plugin, Scope *scope) {
  State *s = plugin->state;
  size_t length;
  const char *name = lua_tolstring(L, -1, &length);
  if (scope == NULL)
    scope = state_scope_new(L, s, s->global);
  else
    state_scope(L, s, scope);
  plugin->scope = scope;
  lua_setiuservalue(L, -3, PLUGIN_SCOPE);
  plugin->name = arena_copy(&plugin->scope->arena, name, length);
  if (plugin->name == NULL)
    luaL_error(L, "not enough memory");
  lua_pop(L, 1);
}

/* Gives it a pin and the table p.C. The plugin is on the top. */
static Handle *set_pin(lua_State *L, Plugin *plugin) {
  Handle *pin = handle_new(L, plugin->state, NULL, let_go);
  lua_setiuservalue(L, -2, PLUGIN_PIN);
  names_new(L, plugin);
  lua_setiuservalue(L, -2, PLUGIN_NAMES);
  return pin;
}

/* Opens the plugin on the top, with a library that its pin now keeps. */
static void set_library(lua_State *L, Plugin *plugin, Handle *pin,
                        Library *library) {
  plugin->library = library;
  pin->object = library;
  plugin->closed = false;
  state_keep(L, plugin->state, library);
}

Plugin *push_program(lua_State *L, State *s) {
  Error error;
  state_object(L, s, s);
  if (!lua_isnil(L, -1))
    return lua_touserdata(L, -1);
  lua_pop(L, 1);
  Plugin *plugin = new_plugin(L, s, "(the running program)");
  set_scope(L, plugin, s->global);
  Handle *pin = set_pin(L, plugin);
  Library *library = library_program(&error);
  if (library == NULL)
    luaL_error(L, "%s", error.message);
  set_library(L, plugin, pin, library);
  state_keep(L, s, s);
  lua_pushvalue(L, -1);
  luaL_ref(L, LUA_REGISTRYINDEX);
  return plugin;
}

/* The plugin of this state that has the library open; false: none. */
static bool push_open(lua_State *L, State *s, Library *library) {
  state_object(L, s, library);
  const Plugin *plugin = lua_touserdata(L, -1);
  if (plugin != NULL && !plugin->closed)
    return true;
  lua_pop(L, 1);
  return false;
}

const char *push_path(lua_State *L, char *path) {
  char copy[PATH_MAX];            /* Lua may throw: nothing may be left */
  snprintf(copy, sizeof copy, "%s", path == NULL ? "" : path);
  free(path);
  return lua_pushstring(L, copy);
}

int failure(lua_State *L, const char *message) {
  lua_pushnil(L);
  lua_pushstring(L, message);
  return 2;
}

/* Declares the text in the plugin on the top. */
static void declare(lua_State *L, State *s, const char *text) {
  Plugin *plugin = lua_touserdata(L, -1);
  const Env env = {s, plugin->scope, lua_gettop(L), plugin};
  lua_pushstring(L, text);
  env_cdef(L, &env, 1);
  lua_settop(L, env.base);
}

static int open_library(lua_State *L, State *s, const char *path,
                        const char *name, const Options *options) {
  Error error;
  Plugin *plugin = new_plugin(L, s, name);
  set_scope(L, plugin, NULL);
  Handle *pin = set_pin(L, plugin);
  Library *library = library_open(path, options->flags, &error);
  if (library == NULL)
    return failure(L, error.message);
  if (push_open(L, s, library))
    library_close(library);       /* it has a user: the plugin */
  else
    set_library(L, plugin, pin, library);
  return 1;
}

/*
** Is the interface of what is on the top the one that was locked? False with
** nil and a message on the top. See lua/cplugin/lock.lua.
*/
static bool is_locked(lua_State *L, const char *check, const char *path,
                      const Options *options) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cplugin.lock");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, check);
  lua_remove(L, -2);
  if (path == NULL)
    lua_pushvalue(L, -2);
  else
    lua_pushstring(L, path);
  lua_pushstring(L, options->lock);
  lua_pushstring(L, options->folders);
  lua_call(L, 3, 2);
  if (!lua_toboolean(L, -2))
    return false;
  lua_pop(L, 2);
  return true;
}

/* The same by name, with debug info where that is asked for. */
static int open_named(lua_State *L, State *s, const char *name,
                      const Options *options) {
  Error error;
  char *path = libpath_find(name, options->version, &error);
  if (path == NULL)
    return failure(L, error.message);
  const char *real = push_path(L, path);
  if (options->lock != NULL && !is_locked(L, "check_file", real, options))
    return 2;
  if (options->debug != 0 && !push_debug(L, real, options->folders))
    return failure(L, lua_tostring(L, -1));
  int debug = lua_gettop(L);
  if (open_library(L, s, real, name, options) != 1)
    return 2;
  if (options->debug != 0)
    set_debug(L, debug, options->debug);
  return 1;
}

/* open([name [, options]]): Plugin, or nil and a message. */
int plugin_open(lua_State *L) {
  State *s = state_of(L);
  Options options;
  lua_settop(L, 2);
  take_options(L, 2, &options);
  if (lua_isnil(L, 1)) {
    if (options.debug != 0 || options.lock != NULL)
      return luaL_error(L, "options 'debuginfo', 'check' and 'lock' are for "
                        "one file: the program is more than that");
    push_program(L, s);
  } else {
    if (open_named(L, s, check_name(L, 1), &options) != 1)
      return 2;
  }
  if (options.cdef != NULL)
    declare(L, s, options.cdef);
  if (options.lock != NULL && !is_locked(L, "check_declared", NULL, &options))
    return 2;
  return 1;
}

/* search(name [, version]): the path that open would take. */
int plugin_search(lua_State *L) {
  Error error;
  const char *version;
  const char *name = check_name(L, 1);
  if (!to_version(L, 2, &version))
    return luaL_argerror(L, 2, "a whole number or a string expected");
  char *path = libpath_find(name, version, &error);
  if (path == NULL)
    return failure(L, error.message);
  push_path(L, path);
  return 1;
}

/* ---- close ---- */

/* Keeps the pin on the top until the outermost call returns. */
static void keep_pin(lua_State *L, State *s) {
  state_table(L, s, STATE_PINS);
  lua_pushvalue(L, -2);
  luaL_ref(L, -2);
  lua_pop(L, 1);
  atomic_fetch_or(&s->pending, PENDING_PINS);
}

/* Would anything see that the library is gone? */
static bool is_needed(const Plugin *plugin) {
  return call_is_waiting(plugin->state) || plugin->exposed ||
         plugin->readers > 0;
}

/*
** The plugin at `index` is closed and forgets its library. Returns whether
** that is still mapped. What allocates comes first: it can throw, and run a
** finaliser that closes the plugin.
*/
static bool forget(lua_State *L, Plugin *plugin, int index) {
  State *s = plugin->state;
  lua_newtable(L);
  lua_getiuservalue(L, index, PLUGIN_PIN);
  if (call_is_waiting(s) && !plugin->closed)
    keep_pin(L, s);
  if (plugin->closed)
    return plugin->mapped;
  Library *library = plugin->library;
  Handle *pin = handle_of(L, -1);
  if (!is_needed(plugin)) {
    lua_getiuservalue(L, -1, TOKEN_HANDLE);
    link_end(L, s, lua_gettop(L));
    lua_pop(L, 1);
  }
  plugin->closed = true;
  plugin->library = NULL;
  lua_pushnil(L);
  lua_setiuservalue(L, index, PLUGIN_PIN);
  lua_pop(L, 1);
  lua_setiuservalue(L, index, PLUGIN_CLASSES);
  if (is_needed(plugin))
    return true;
  pin->object = NULL;
  return library_close(library);
}

/* close(): true, and whether the file is still mapped. */
static int plugin_close(lua_State *L) {
  State *s = state_of(L);
  Plugin *plugin = check_plugin(L, 1);
  lua_settop(L, 1);
  if (plugin->scope == s->global || plugin->closed) {
    lua_pushboolean(L, 1);
    lua_pushboolean(L, plugin->library != NULL || plugin->mapped);
    return 2;
  }
  bool failed = finalise_plugin(L, plugin);
  if (!plugin->closed)            /* a finaliser may have closed it */
    plugin->mapped = forget(L, plugin, 1);
  if (failed)
    return lua_error(L);
  lua_pushboolean(L, 1);
  lua_pushboolean(L, plugin->mapped);
  return 2;
}

/* ---- the Lua modules beside this one ---- */

static const struct {
  const char *name, *module;
  const char *function, *method;  /* its fields; NULL: it is none */
} modules[] = {
  {"header", "cplugin.header", "header", "declare"},
  {"diff", "cplugin.diff", "diff", NULL},
  {"lock", "cplugin.lock", NULL, "lock"}
};

static const char *module_field(size_t i, bool method) {
  return method ? modules[i].method : modules[i].function;
}

const char *lua_module_name(size_t i) {
  const size_t count = sizeof modules / sizeof *modules;
  size_t at = 0;
  while (at < count && (modules[at].function == NULL || i-- > 0))
    at++;
  return at < count ? modules[at].name : NULL;
}

bool lua_module_field(lua_State *L, const char *name, bool method) {
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
    const char *field = module_field(i, method);
    if (field == NULL || strcmp(name, modules[i].name) != 0)
      continue;
    lua_getglobal(L, "require");
    lua_pushstring(L, modules[i].module);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, field);
    lua_remove(L, -2);
    return true;
  }
  return false;
}

const char *push_hint(lua_State *L, int index, const char *key, bool method) {
  NearName near;
  nearname_init(&near, key, strlen(key));
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
    if (module_field(i, method) != NULL)
      nearname_offer(&near, modules[i].name);
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING)
      nearname_offer(&near, lua_tostring(L, -1));
  }
  return near.best == NULL
           ? lua_pushliteral(L, "")
           : lua_pushfstring(L, ", did you mean '%s'?", near.best);
}

/* ---- the object ---- */

/* Upvalue 2: the methods. p.C is the table of declared names. */
static int plugin_index(lua_State *L) {
  const Plugin *plugin = check_plugin(L, 1);
  const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (strcmp(key, "C") == 0) {
    plugin_check(L, plugin);
    lua_getiuservalue(L, 1, PLUGIN_NAMES);
    return 1;
  }
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL ||
      lua_module_field(L, key, true))
    return 1;
  const char *hint = push_hint(L, lua_upvalueindex(2), key, true);
  return luaL_error(L, "a plugin has no '%s'%s", key, *hint != '\0' ? hint :
                    "; what it declares is in its table C, what it exports "
                    "is told by lookup()");
}

static int plugin_newindex(lua_State *L) {
  check_plugin(L, 1);
  return luaL_error(L, "a plugin's fields cannot be written; its variables "
                    "are in its table C");
}

static int plugin_tostring(lua_State *L) {
  const Plugin *plugin = check_plugin(L, 1);
  lua_pushstring(L, plugin->closed ? NULL : library_copy(plugin->library));
  lua_pushfstring(L, "plugin '%s'%s", plugin->name,
                  plugin->closed ? " (closed)" : "");
  if (!lua_isnil(L, -2))
    lua_pushfstring(L, "%s (another copy of %s)", lua_tostring(L, -1),
                    lua_tostring(L, -2));
  return 1;
}

void set_closure(lua_State *L, State *s, const char *name,
                 lua_CFunction function) {
  lua_pushlightuserdata(L, s);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

void plugin_setup(lua_State *L, State *s) {
  luaL_newmetatable(L, PLUGIN);
  set_closure(L, s, "__close", plugin_close);
  set_closure(L, s, "__newindex", plugin_newindex);
  set_closure(L, s, "__tostring", plugin_tostring);
  lua_pushlightuserdata(L, s);
  lua_newtable(L);
  set_functions(L, s, type_functions, true);
  set_functions(L, s, memory_functions, true);
  set_closure(L, s, "close", plugin_close);
  set_closure(L, s, "lookup", symbol_lookup);
  set_closure(L, s, "symbols", symbol_symbols);
  set_closure(L, s, "info", file_info);
  lua_pushcclosure(L, plugin_index, 2);
  lua_setfield(L, -2, "__index");
  lua_pushliteral(L, "plugin");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}
