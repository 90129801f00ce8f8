/*
** ldebug.c - see ldebug.h.
**
**   plugin -user value-> Debug -> DebugInfo (C text) -> the plugin's scope
**
** Types of debug info go into the plugin's scope. Where that has others of
** the same names (two files of a library may each have a `struct state`, or
** the script has its own), they go into a scope of their own, and only the
** symbol is declared in the plugin's.
*/
#include "face/ldebug.h"

#include <stdio.h>
#include <string.h>

#include "decl/decl.h"
#include "face/lplugin.h"
#include "object/debuginfo.h"
#include "type/differ.h"

#define DEBUG "cplugin.debuginfo"

static const char source[] = "debug info";      /* Place.file of its text */

/*
** User value 1: "name@version" -> Decl, and the scope's token -> true.
** User value 2: "name@version" -> the type that was found to be right.
*/
typedef struct Debug {
  DebugInfo *info;
  unsigned uses;                  /* DEBUG_DECLARES, DEBUG_CHECKS */
  unsigned long removals;         /* the scope's, when it was last used */
} Debug;

bool push_debug(lua_State *L, const char *path, const char *folders) {
  Error error;
  Debug *debug = lua_newuserdatauv(L, sizeof *debug, 2);
  *debug = (Debug){NULL, 0, 0};
  luaL_setmetatable(L, DEBUG);
  for (int i = 1; i <= 2; i++) {
    lua_newtable(L);
    lua_setiuservalue(L, -2, i);
  }
  debug->info = debuginfo_open(path, folders, &error);
  if (debug->info != NULL)
    return true;
  lua_pop(L, 1);
  lua_pushstring(L, error.message);
  return false;
}

void use_debug(lua_State *L, unsigned uses) {
  Debug *debug = lua_touserdata(L, -1);
  debug->uses |= uses;
}

void set_debug(lua_State *L, int index, unsigned uses) {
  Plugin *plugin = lua_touserdata(L, -1);
  if (lua_getiuservalue(L, -1, PLUGIN_DEBUG) == LUA_TNIL) {
    lua_pushvalue(L, index);
    lua_setiuservalue(L, -3, PLUGIN_DEBUG);
    lua_pushvalue(L, index);
    lua_replace(L, -2);
  }
  use_debug(L, uses);
  const Debug *debug = lua_touserdata(L, -1);
  plugin->checked = (debug->uses & DEBUG_CHECKS) != 0;
  lua_pop(L, 1);
}

/* Pushes the plugin's debug info; NULL, with nil pushed: it has none. */
static Debug *push_own(lua_State *L, const Plugin *plugin) {
  state_object(L, plugin->state, plugin);
  lua_getiuservalue(L, -1, PLUGIN_DEBUG);
  lua_remove(L, -2);
  return lua_touserdata(L, -1);
}

/* ---- declaring ---- */

/*
** Declares the symbol and what it needs, all of it. Nothing of Lua runs
** between the text and its end, as that could ask for another one.
*/
static bool declare_in(lua_State *L, const DebugHome *home, DebugInfo *info,
                       Scope *scope, const ElfSymbol *symbol, bool whole,
                       bool *known, Error *error) {
  bool clash;
  const ElfFile *elf = home->plugin == NULL
                           ? home->elf
                           : library_elf(plugin_library(L, home->plugin));
  DeclText text = {.name = source, .yields = true};
  text.text = debuginfo_text(info, elf, symbol, whole, &text.length, &clash,
                             error);
  *known = text.text != NULL;
  if (!*known)
    return false;
  if (clash && !whole)
    return error_set(error, 0, "its types are declared otherwise");
  if (!decl_checked(scope, &text, debuginfo_check, info, error))
    return false;
  return whole || debuginfo_declared(info) ||
         error_set(error, 0, "not enough memory");
}

/* "name@version", the key of a symbol in tables. */
static void push_key(lua_State *L, const char *name, const char *version) {
  lua_pushfstring(L, "%s@%s", name, version == NULL ? "" : version);
}

static const Decl *find(const Scope *scope, const char *name) {
  return scope_find_here(scope, NAMES, name, strlen(name));
}

/*
** In a scope of its own, which the debug info's table keeps. Under a name
** with the version, since other versions may have other types.
*/
static const Decl *declare_apart(lua_State *L, const DebugHome *home,
                                 const Debug *debug, const ElfSymbol *symbol,
                                 Error *error) {
  bool known;
  State *s = home->state;
  lua_getiuservalue(L, -1, 1);
  Scope *scope = state_scope_new(L, s, s->global);
  if (!declare_in(L, home, debug->info, scope, symbol, true, &known, error)) {
    lua_pop(L, 2);
    return NULL;
  }
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  const Decl *decl = find(scope, symbol->name);
  push_key(L, symbol->name, symbol->version);
  lua_pushlightuserdata(L, (void *)(uintptr_t)decl);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return decl;
}

/* The declaration that declare_apart made before, or NULL. */
static const Decl *known_apart(lua_State *L, const ElfSymbol *symbol) {
  lua_getiuservalue(L, -1, 1);
  push_key(L, symbol->name, symbol->version);
  lua_rawget(L, -2);
  const Decl *decl = lua_touserdata(L, -1);
  lua_pop(L, 2);
  return decl;
}

/* The name as what it is in another scope: "$ name;" */
static const Decl *import(lua_State *L, const DebugHome *home,
                          const Decl *decl, Error *error) {
  DeclText text = {.name = source, .yields = true, .arguments = &decl->type,
                   .narguments = 1};
  text.text = lua_pushfstring(L, "extern $ %s;", decl->name);
  text.length = strlen(text.text);
  state_scope_uses(L, home->state, home->scope, decl->type->scope);
  bool done = decl_block(home->scope, &text, error);
  lua_pop(L, 1);
  return done ? find(home->scope, decl->name) : decl;
}

static const Decl *declare(lua_State *L, const DebugHome *home,
                           Debug *debug, const ElfSymbol *symbol,
                           Error *error) {
  Error ignored;
  bool known = true;
  if (debug->removals != home->scope->removals)
    debuginfo_forget(debug->info);
  debug->removals = home->scope->removals;
  const Decl *decl = known_apart(L, symbol);
  if (decl != NULL)
    return decl;
  if (symbol->isdefault && declare_in(L, home, debug->info, home->scope,
                                      symbol, false, &known, error))
    return find(home->scope, symbol->name);
  if (!known)
    return NULL;
  decl = declare_apart(L, home, debug, symbol, error);
  if (decl == NULL)
    return NULL;
  if (symbol->isdefault)
    return import(L, home, decl, error);
  declare_in(L, home, debug->info, home->scope, symbol, false, &known,
             &ignored);           /* its types, so that they have names */
  return decl;
}

const Decl *debug_declare(lua_State *L, const DebugHome *home,
                          const ElfSymbol *symbol, Error *error) {
  Debug *debug = lua_touserdata(L, -1);
  error->message[0] = '\0';
  if (debug == NULL || (debug->uses & DEBUG_DECLARES) == 0 ||
      symbol->name == NULL)
    return NULL;
  return declare(L, home, debug, symbol, error);
}

const Decl *debug_declared(lua_State *L, Plugin *plugin,
                           const ElfSymbol *symbol, Error *error) {
  const DebugHome home = {plugin->state, plugin->scope, plugin, NULL};
  const Env env = {plugin->state, plugin->scope, 0, plugin};
  NamesMark before = names_mark(plugin->scope);
  push_own(L, plugin);
  const Decl *decl = debug_declare(L, &home, symbol, error);
  lua_pop(L, 1);
  names_refresh(L, &env, before);
  return decl;
}

const Decl *debug_version(const Decl *declared, const Decl *told) {
  Difference ignored;
  if (declared == NULL || declared->yields)
    return told;
  return told != NULL && type_differ(declared->type, told->type, &ignored)
             ? told : declared;
}

const Decl *debug_symbol(const Decl *decl) {
  bool other = decl != NULL && decl->yields &&
               (decl->kind == DECL_TYPEDEF || decl->kind == DECL_CONSTANT);
  return other ? NULL : decl;
}

/* ---- checking ---- */

/* What the library says, with the source's own name of the type. */
static void spell(DebugInfo *info, const Type *type, Difference *found) {
  bool whole = found->where[0] == '\0' && type->kind != TYPE_FUNCTION;
  if (!whole && found->parameter < 0)
    return;
  const char *spelled = debuginfo_spelled(info, found->parameter);
  size_t length = strlen(found->right);
  if (spelled == NULL || strlen(spelled) + length > sizeof found->right - 8 ||
      (length > 2 && strncmp(spelled, found->right + 1, length - 2) == 0 &&
       spelled[length - 2] == '\0'))
    return;
  char ours[sizeof found->right];
  memcpy(ours, found->right, length + 1);
  snprintf(found->right, sizeof found->right, "'%s' (%.*s)", spelled,
           (int)length - 2, ours + 1);
}

/*
** Does the declaration differ from what debug info says in a scope that was
** made for that? Nothing of Lua runs here.
*/
static bool differs(const ElfFile *elf, DebugInfo *info, Scope *scope,
                    const ElfSymbol *symbol, const Decl *decl,
                    Difference *found) {
  Error ignored;
  bool clash;
  DeclText text = {.name = source};
  text.text = debuginfo_text(info, elf, symbol, true, &text.length, &clash,
                             &ignored);
  if (text.text == NULL ||
      !decl_checked(scope, &text, debuginfo_check, info, &ignored))
    return false;
  const Decl *known = find(scope, symbol->name);
  if (!type_differ(decl->type, known->type, found))
    return false;
  spell(info, known->type, found);
  return true;
}

/* Its debug info is on the top. */
static void check(lua_State *L, Plugin *plugin, const Decl *decl,
                  const char *name, const char *version) {
  Error error;
  ElfSymbol symbol;
  Difference found;
  const Debug *debug = lua_touserdata(L, -1);
  Scope *scope = state_scope_new(L, plugin->state, plugin->state->global);
  Library *library = plugin_library(L, plugin);
  if (library_symbol(library, name, version, &symbol, &error) == NULL ||
      symbol.name == NULL) {
    lua_pop(L, 1);
    return;
  }
  bool wrong = differs(library_elf(library), debug->info, scope, &symbol,
                       decl, &found);
  handle_release(handle_of(L, -1));
  lua_pop(L, 1);
  if (wrong)
    luaL_error(L, "the declaration of '%s' contradicts its debug info: "
               "%s%sscript says %s, library says %s", name, found.where,
               found.where[0] == '\0' ? "" : ": ", found.left, found.right);
}

void debug_check(lua_State *L, Plugin *plugin, const Decl *decl,
                 const char *name, const char *version) {
  if (!plugin->checked || decl->yields)
    return;
  push_own(L, plugin);
  lua_getiuservalue(L, -1, 2);
  push_key(L, name, version);
  if (lua_rawget(L, -2) != LUA_TLIGHTUSERDATA ||
      lua_touserdata(L, -1) != decl->type) {
    lua_pop(L, 1);
    lua_insert(L, -2);
    check(L, plugin, decl, name, version);
    lua_insert(L, -2);
    push_key(L, name, version);
    lua_pushlightuserdata(L, (void *)(uintptr_t)decl->type);
    lua_rawset(L, -3);
    lua_pushnil(L);
  }
  lua_pop(L, 3);
}

/* ---- set-up ---- */

static int debug_gc(lua_State *L) {
  Debug *debug = luaL_checkudata(L, 1, DEBUG);
  debuginfo_close(debug->info);
  debug->info = NULL;
  return 0;
}

void debug_setup(lua_State *L, State *s) {
  luaL_newmetatable(L, DEBUG);
  set_closure(L, s, "__gc", debug_gc);
  lua_pop(L, 1);
}
