/*
** ldebug.h - declarations from debug info, in the scope of a plugin that was
** opened with them.
*/
#ifndef CPLUGIN_LDEBUG_H
#define CPLUGIN_LDEBUG_H

#include "face/ltype.h"

/*
** Pushes the debug info of the file at `path`, which set_debug then gives to
** a plugin. `folders` are looked in, too; or NULL. False, with a message
** pushed instead: there is none.
*/
bool push_debug(lua_State *L, const char *path, const char *folders);

enum {                            /* set_debug's: what it is for */
  DEBUG_DECLARES = 1,             /* to declare what nobody has */
  DEBUG_CHECKS = 2                /* to check what somebody has */
};

/* What the debug info on the top may be used for, too. */
void use_debug(lua_State *L, unsigned uses);

/* Gives what is at `index` to the plugin on the top, if that has none yet. */
void set_debug(lua_State *L, int index, unsigned uses);

/*
** What debug info says of a symbol that nobody has declared: it is declared
** now, with the types that it needs. NULL with an error, which is "" where
** the plugin was opened without debug info. Lives as long as the plugin.
*/
const Decl *debug_declared(lua_State *L, Plugin *plugin,
                           const ElfSymbol *symbol, Error *error);

/* Whose symbols it tells of, and the scope that its types go into. */
typedef struct DebugHome {
  State *state;
  Scope *scope;
  Plugin *plugin;                 /* NULL: of a file that is not loaded ... */
  const ElfFile *elf;             /* ... with these tables */
} DebugHome;

/* The same where the debug info is on the top, or nil. It stays there. */
const Decl *debug_declare(lua_State *L, const DebugHome *home,
                          const ElfSymbol *symbol, Error *error);

/*
** What the name of a symbol is declared as, if it is: not the type or the
** enumerator that debug info has of another file of the library. May be NULL.
*/
const Decl *debug_symbol(const Decl *decl);

/*
** Where the plugin was opened to check declarations: throws if this one of
** the symbol `name` is not what debug info says of it. What that does not
** know passes.
*/
void debug_check(lua_State *L, Plugin *plugin, const Decl *decl,
                 const char *name, const char *version);

/*
** The declaration of a version that is not the default: what the scope declares
** of its name is of the default one. So it counts only where debug info tells
** the same of this version, or nothing. Each may be NULL.
*/
const Decl *debug_version(const Decl *declared, const Decl *told);

void debug_setup(lua_State *L, State *s);

#endif
