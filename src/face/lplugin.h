/*
** lplugin.h - the Lua surface of plugins: open, look up, close.
*/
#ifndef CPLUGIN_LPLUGIN_H
#define CPLUGIN_LPLUGIN_H

#include "face/ltype.h"
#include "object/library.h"

/* The plugin at that index; throws if it is none. It may be closed. */
Plugin *check_plugin(lua_State *L, int index);

/*
** The string at that index, an argument, as a name: throws where it has a
** zero byte, which C would take for its end.
*/
const char *check_name(lua_State *L, int index);

/*
** The version at that index as text, or NULL if there is none: a whole
** number or a string. False: it is something else.
*/
bool to_version(lua_State *L, int index, const char **version);

/* Pushes the plugin that is the running program, with the global scope. */
Plugin *push_program(lua_State *L, State *s);

/*
** plugin.open, plugin.search. Upvalue 1 is the State, as of all functions
** that are handed to Lua.
*/
int plugin_open(lua_State *L);
int plugin_search(lua_State *L);

/*
** Pushes what a Lua module beside this one defines under `name` ("header"), as
** a function of the module or as a method of plugins. False, with nothing
** pushed: none does.
*/
bool lua_module_field(lua_State *L, const char *name, bool method);

/* The names that the module, not a plugin, has so; NULL behind the last. */
const char *lua_module_name(size_t i);

/*
** Pushes ", did you mean 'open'?" for a key that is near to one of the table's
** at the index or to one that lua_module_field has; else "".
*/
const char *push_hint(lua_State *L, int index, const char *key, bool method);

/* Sets a C function over the State in the table on the top. */
void set_closure(lua_State *L, State *s, const char *name,
                 lua_CFunction function);

/* Pushes a malloc'ed path and frees it, also where Lua is out of memory. */
const char *push_path(lua_State *L, char *path);

/* Pushes nil and the message, for a return. */
int failure(lua_State *L, const char *message);

/* Makes the metatable of plugins, with these functions as methods. */
void plugin_setup(lua_State *L, State *s);

/* lnames.c: pushes the table p.C of the plugin whose userdata is on top. */
void names_new(lua_State *L, Plugin *plugin);

/* What a scope has declared, to be told later what has come since. */
typedef struct NamesMark {
  const Decl *last;
  unsigned long revisions;
} NamesMark;

static inline NamesMark names_mark(const Scope *scope) {
  return (NamesMark){scope->last, scope->revisions};
}

/*
** After declarations in the scope: what p.C has kept of names that have been
** declared differently, or shadowed, since the mark is looked up anew.
*/
void names_refresh(lua_State *L, const Env *env, NamesMark mark);

/* lsymbol.c: methods of plugins. */
void symbol_setup(lua_State *L, State *s);
int symbol_lookup(lua_State *L);
int symbol_find(lua_State *L);    /* the lookup of files */
int symbol_symbols(lua_State *L);

/*
** Pushes C closures over the State for the functions of a list, for the
** table on the top: module functions, or methods that take a plugin first.
*/
void set_functions(lua_State *L, State *s, const EnvEntry *list,
                   bool methods);

#endif
