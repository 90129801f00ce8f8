/* cplugin.c - luaopen_cplugin: what the module registers, and nothing else. */
#include <string.h>

#include "bind/callback.h"
#include "face/lcrash.h"
#include "face/ldebug.h"
#include "face/lfile.h"
#include "face/lplugin.h"
#include "face/meta.h"
#include "object/loader.h"

#define VERSION "0.1.0"

/* The ABI by which types are laid out: what is kept for one fits no other. */
#if defined(__x86_64__)
#define ABI "x86_64 System V"
#elif defined(__aarch64__)
#define ABI "aarch64 AAPCS64"
#elif defined(__i386__)
#define ABI "i386 System V"
#else
#define ABI "unknown"
#endif

#if defined(__GNUC__)
#define EXPORTED __attribute__((visibility("default")))
#else
#define EXPORTED
#endif

static const luaL_Reg functions[] = {
  {"candidates", file_candidates},
  {"crashlog", crash_log},
  {"inspect", file_inspect},
  {"open", plugin_open},
  {"search", plugin_search},
  {NULL, NULL}
};

/* LuaJIT's name for open is the one that scripts bring along. */
static int no_field(lua_State *L, const char *key) {
  const char *hint = strcmp(key, "load") == 0
    ? ": open() opens a library, whose functions are in its table C"
    : push_hint(L, 1, key, false);
  return luaL_error(L, "cplugin has no '%s'%s", key, hint);
}

/*
** Fields that are made at first use: C, the program's names in the global
** scope, and what the Lua modules beside this one define.
*/
static int module_index(lua_State *L) {
  State *s = state_of(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  const char *key = luaL_tolstring(L, 2, NULL);
  if (strcmp(key, "C") == 0) {
    push_program(L, s);
    lua_getiuservalue(L, -1, PLUGIN_NAMES);
  } else if (!lua_module_field(L, key, false)) {
    return no_field(L, key);
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

static int module_next(lua_State *L) {
  lua_settop(L, 2);
  return lua_next(L, 1) != 0 ? 2 : 0;
}

/* All fields, also those that nobody has used yet. */
static int module_pairs(lua_State *L) {
  const char *name = "C";
  luaL_checktype(L, 1, LUA_TTABLE);
  for (size_t i = 0; name != NULL; name = lua_module_name(i++))
    lua_getfield(L, 1, name);     /* module_index keeps it */
  lua_pushcfunction(L, module_next);
  lua_pushvalue(L, 1);
  return 2;
}

/* Pushes the module's table. */
static void new_module(lua_State *L) {
  State *s = state_new(L);
  luaL_ref(L, LUA_REGISTRYINDEX);               /* as long as the Lua state */
  s->dress = meta_dress;
  callback_setup(L, s);
  meta_ctype(L, s, ctype_call);
  plugin_setup(L, s);
  symbol_setup(L, s);
  file_setup(L, s);
  debug_setup(L, s);
  luaL_newlibtable(L, functions);
  lua_pushlightuserdata(L, s);
  luaL_setfuncs(L, functions, 1);
  set_functions(L, s, type_functions, false);
  set_functions(L, s, memory_functions, false);
  lua_pushliteral(L, VERSION);
  lua_setfield(L, -2, "version");
  lua_pushliteral(L, ABI);
  lua_setfield(L, -2, "abi");
  lua_newtable(L);
  lua_pushlightuserdata(L, s);
  lua_pushcclosure(L, module_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, module_pairs);
  lua_setfield(L, -2, "__pairs");
  lua_setmetatable(L, -2);
}

EXPORTED int luaopen_cplugin(lua_State *L);

/*
** There is one State in a Lua state, however often this is called. Lua
** unloads its modules with the Lua state, but this one must stay: C code may
** still hold callbacks, whose calls end here, and all Lua states share the
** table of libraries.
*/
int luaopen_cplugin(lua_State *L) {
  static const char key = 0;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
    loader_stay(&key);
    new_module(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
  }
  return 1;
}
