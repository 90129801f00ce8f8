/* cplugin.c - luaopen_cplugin: what the module registers, and nothing else. */
#include "bind/callback.h"
#include "face/lplugin.h"
#include "face/meta.h"

#define VERSION "0.1.0"

#if defined(__GNUC__)
#define EXPORTED __attribute__((visibility("default")))
#else
#define EXPORTED
#endif

static const luaL_Reg functions[] = {
  {"inspect", symbol_inspect},
  {"open", plugin_open},
  {"search", plugin_search},
  {NULL, NULL}
};

/* plugin.C is made at first use: the program's names, the global scope's. */
static int module_index(lua_State *L) {
  State *s = state_of(L);
  lua_pushliteral(L, "C");
  if (!lua_rawequal(L, 2, -1))
    return luaL_error(L, "cplugin has no '%s'", luaL_tolstring(L, 2, NULL));
  push_program(L, s);
  lua_getiuservalue(L, -1, PLUGIN_NAMES);
  lua_pushvalue(L, -1);
  lua_setfield(L, 1, "C");
  return 1;
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
  luaL_newlibtable(L, functions);
  lua_pushlightuserdata(L, s);
  luaL_setfuncs(L, functions, 1);
  set_functions(L, s, type_functions, false);
  set_functions(L, s, memory_functions, false);
  lua_pushliteral(L, VERSION);
  lua_setfield(L, -2, "version");
  lua_newtable(L);
  lua_pushlightuserdata(L, s);
  lua_pushcclosure(L, module_index, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

EXPORTED int luaopen_cplugin(lua_State *L);

/* There is one State in a Lua state, however often this is called. */
int luaopen_cplugin(lua_State *L) {
  static const char key = 0;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
    new_module(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
  }
  return 1;
}
