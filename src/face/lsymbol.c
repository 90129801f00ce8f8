/*
** lsymbol.c - lookup, Symbols, symbols(); see docs/manual.md.
*/
#include <string.h>

#include "bind/bind.h"
#include "face/ldebug.h"
#include "face/lfile.h"
#include "face/lplugin.h"
#include "object/libsystem.h"

#define SYMBOL "cplugin.symbol"

/*
** A symbol without a type. User values: 1 the plugin or file, 2 name, 3
** version or nil.
*/
typedef struct Symbol {
  State *state;
  Plugin *plugin;                 /* NULL: of a file that is not loaded */
  ElfSymbol elf;                  /* strings are those of the user values */
  lua_Integer address;
} Symbol;

static const char *const kinds[] = {
  [SYMBOL_FUNCTION] = "function", [SYMBOL_VARIABLE] = "variable",
  [SYMBOL_TLS] = "tls", [SYMBOL_IFUNC] = "ifunc", [SYMBOL_OTHER] = "other"
};

/* Pushes a Symbol; `owner` is the stack index of its plugin or file. */
static void push_symbol(lua_State *L, State *s, Plugin *plugin, int owner,
                        const ElfSymbol *elf, const char *name,
                        lua_Integer address) {
  lua_pushstring(L, elf->version);              /* first: see plugin_library */
  Symbol *symbol = lua_newuserdatauv(L, sizeof *symbol, 3);
  symbol->state = s;
  symbol->plugin = plugin;
  symbol->elf = *elf;
  symbol->address = address;
  lua_pushvalue(L, owner);
  lua_setiuservalue(L, -2, 1);
  symbol->elf.name = lua_pushstring(L, name);
  lua_setiuservalue(L, -2, 2);
  lua_insert(L, -2);              /* symbol, version */
  symbol->elf.version = lua_tostring(L, -1);
  lua_setiuservalue(L, -2, 3);
  luaL_setmetatable(L, SYMBOL);
}

/* ---- lookup ---- */

/* lookup(name [, nil, version]): untyped. */
static int lookup_untyped(lua_State *L, State *s, Plugin *plugin,
                          const char *name, const char *version) {
  ElfSymbol elf;
  Error error;
  void *address = library_symbol(plugin_library(L, plugin), name, version,
                                 &elf, &error);
  if (address == NULL)
    return failure(L, error.message);
  if (elf.name == NULL) {
    elf.version = version;
    elf.kind = SYMBOL_OTHER;
  }
  push_symbol(L, s, plugin, 1, &elf, name,
              (lua_Integer)(uintptr_t)address);
  return 1;
}

static int bind_or_fail(lua_State *L, Plugin *plugin, const Decl *decl,
                        const char *name, const char *version) {
  debug_check(L, plugin, decl, name, version);
  if (bind_symbol(L, plugin, decl, name, version, false))
    return 1;
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

/* p:lookup(name [, declaration [, version]]): or nil and a message. */
int symbol_lookup(lua_State *L) {
  State *s = state_of(L);
  Plugin *plugin = check_plugin(L, 1);
  plugin_check(L, plugin);
  const char *name = check_name(L, 2);
  lua_settop(L, 4);
  const char *version = lua_isnil(L, 4) ? NULL : check_name(L, 4);
  if (lua_isnil(L, 3))
    return lookup_untyped(L, s, plugin, name, version);
  const Env env = {s, plugin->scope, 2, plugin};
  const Decl *decl = env_decl(L, &env, 1);
  return bind_or_fail(L, plugin, decl, name, version);
}

static int not_in_file(lua_State *L, const ElfFile *elf, const char *name,
                       const char *version) {
  const char *near = elf_nearest(elf, name);
  if (version != NULL)
    return failure(L, lua_pushfstring(L, "the file does not export '%s' in "
                                      "version %s", name, version));
  return failure(L, lua_pushfstring(L, "the file does not export '%s'%s%s%s",
                                    name, near == NULL ? ""
                                                       : "; did you mean '",
                                    near == NULL ? "" : near,
                                    near == NULL ? "" : "'?"));
}

/* file:lookup(name [, nil, version]): a Symbol. */
int symbol_find(lua_State *L) {
  State *s = state_of(L);
  const char *name = check_name(L, 2);
  lua_settop(L, 4);
  const char *version = lua_isnil(L, 4) ? NULL : check_name(L, 4);
  if (!lua_isnil(L, 3))
    return luaL_error(L, "'%s' has no address to be used at: the file is not "
                      "loaded; open it first", name);
  Source source = check_source(L, 1);
  const ElfSymbol *symbol = elf_find(source.elf, name, version);
  if (symbol == NULL)
    return not_in_file(L, source.elf, name, version);
  push_symbol(L, s, NULL, 1, symbol, name, (lua_Integer)symbol->value);
  return 1;
}

/* ---- Symbol ---- */

/* Throws if its plugin is closed: the address would be wrong. */
static const Symbol *check_symbol(lua_State *L) {
  state_of(L);
  const Symbol *symbol = luaL_checkudata(L, 1, SYMBOL);
  plugin_check(L, symbol->plugin);
  return symbol;
}

static const Decl *declared_in_file(lua_State *L, const Symbol *symbol,
                                    Error *error) {
  lua_getiuservalue(L, 1, 1);
  const Decl *decl = file_declared(L, &symbol->elf, error);
  lua_pop(L, 1);
  return decl;
}

/*
** What the scope declares of the symbol at index 1, or debug info does: then
** the scope declares it now. NULL with an error, which may be "".
*/
static const Decl *declared(lua_State *L, const Symbol *symbol,
                            Error *error) {
  const char *name = symbol->elf.name;
  error->message[0] = '\0';
  if (symbol->plugin == NULL)
    return declared_in_file(L, symbol, error);
  if (symbol->plugin->closed)
    return NULL;
  const Decl *decl = debug_symbol(scope_find(symbol->plugin->scope, NAMES,
                                             name, strlen(name)));
  if (decl == NULL || !symbol->elf.isdefault)
    decl = debug_version(decl, debug_declared(L, symbol->plugin, &symbol->elf,
                                              error));
  if (decl == NULL)
    return NULL;
  bool typed = decl->kind == DECL_FUNCTION || decl->kind == DECL_VARIABLE;
  return typed ? decl : NULL;
}

/* sym:as([declaration]): by what is declared, if none is given. */
static int symbol_as(lua_State *L) {
  State *s = state_of(L);
  Error error;
  const Decl *decl;
  const Symbol *symbol = check_symbol(L);
  const char *name = symbol->elf.name;
  lua_settop(L, 2);
  if (symbol->plugin == NULL)
    return luaL_error(L, "'%s' is a symbol of a file that is not loaded: "
                      "open it first", name);
  if (!lua_isnil(L, 2)) {
    const Env env = {s, symbol->plugin->scope, 1, symbol->plugin};
    decl = env_decl(L, &env, 1);
  } else {
    decl = declared(L, symbol, &error);
  }
  if (decl == NULL)
    return luaL_error(L, "nothing is declared of '%s': give as() a "
                      "declaration%s%s", name,
                      error.message[0] == '\0' ? "" : "; ", error.message);
  return bind_or_fail(L, symbol->plugin, decl, name, symbol->elf.version);
}

/* A C type of that size to begin with, for a user who knows no better. */
static const char *push_guess(lua_State *L, const ElfSymbol *elf) {
  if (elf->kind == SYMBOL_FUNCTION || elf->kind == SYMBOL_IFUNC)
    return lua_pushliteral(L, "int (int)");
  switch (elf->size) {
    case 0: case 4: return lua_pushliteral(L, "int");
    case 1: return lua_pushliteral(L, "char");
    case 2: return lua_pushliteral(L, "short");
    case 8: return lua_pushliteral(L, "long");
    default:
      return lua_pushfstring(L, "char [%I]", (LUAI_UACINT)elf->size);
  }
}

/* Throws; the message has the line that the user has to write instead. */
static int untyped(lua_State *L, const char *what) {
  const Symbol *symbol = check_symbol(L);
  const ElfSymbol *elf = &symbol->elf;
  Error ignored;
  const Decl *decl = declared(L, symbol, &ignored);
  if (symbol->plugin == NULL)
    return luaL_error(L, "symbol '%s' cannot be %s: its file is not loaded; "
                      "write plugin.open(path):lookup(\"%s\", \"%s\") with "
                      "its real declaration", elf->name, what, elf->name,
                      push_guess(L, elf));
  if (decl != NULL)
    return luaL_error(L, "symbol '%s' has no type yet and cannot be %s: "
                      "write sym:as(), which makes it '%s'", elf->name, what,
                      push_declaration_of(L, decl->type, elf->name));
  return luaL_error(L, "symbol '%s' has no type and cannot be %s: write "
                    "p:lookup(\"%s\", \"%s\") with its real declaration",
                    elf->name, what, elf->name, push_guess(L, elf));
}

static int symbol_call(lua_State *L) {
  return untyped(L, "called");
}

static int symbol_newindex(lua_State *L) {
  return untyped(L, "written");
}

/* What is indexed is no field of a Symbol. */
static int no_field(lua_State *L) {
  const char *key = luaL_tolstring(L, 2, NULL);
  return untyped(L, lua_pushfstring(L, "indexed with '%s'", key));
}

static int push_declaration(lua_State *L, const Symbol *symbol) {
  Error ignored;
  const Decl *decl = declared(L, symbol, &ignored);
  if (decl == NULL)
    lua_pushnil(L);
  else
    push_declaration_of(L, decl->type, symbol->elf.name);
  return 1;
}

static int push_its_type(lua_State *L, const Symbol *symbol) {
  Error ignored;
  const Decl *decl = declared(L, symbol, &ignored);
  if (decl == NULL)
    lua_pushnil(L);
  else
    push_ctype(L, symbol->state, decl->type);
  return 1;
}

/* Upvalue 2: the method `as`. */
static int symbol_index(lua_State *L) {
  const Symbol *symbol = check_symbol(L);
  const ElfSymbol *elf = &symbol->elf;
  const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (strcmp(key, "name") == 0)
    lua_pushstring(L, elf->name);
  else if (strcmp(key, "kind") == 0)
    lua_pushstring(L, kinds[elf->kind]);
  else if (strcmp(key, "address") == 0)
    lua_pushinteger(L, symbol->address);
  else if (strcmp(key, "size") == 0)
    lua_pushinteger(L, (lua_Integer)elf->size);
  else if (strcmp(key, "version") == 0)
    lua_pushstring(L, elf->version);
  else if (strcmp(key, "default") == 0)
    lua_pushboolean(L, elf->isdefault);
  else if (strcmp(key, "binding") == 0)
    lua_pushstring(L, elf->unique ? "unique" : elf->weak ? "weak" : "global");
  else if (strcmp(key, "visibility") == 0)
    lua_pushstring(L, elf->shielded ? "protected" : "default");
  else if (strcmp(key, "declaration") == 0)
    return push_declaration(L, symbol);
  else if (strcmp(key, "type") == 0)
    return push_its_type(L, symbol);
  else if (strcmp(key, "as") == 0)
    lua_pushvalue(L, lua_upvalueindex(2));
  else
    return no_field(L);
  return 1;
}

static int symbol_tostring(lua_State *L) {
  const Symbol *symbol = luaL_checkudata(L, 1, SYMBOL);
  const ElfSymbol *elf = &symbol->elf;
  lua_pushfstring(L, "symbol '%s%s%s' (%s, %I bytes)", elf->name,
                  elf->version == NULL ? "" : "@",
                  elf->version == NULL ? "" : elf->version,
                  kinds[elf->kind], (LUAI_UACINT)elf->size);
  return 1;
}

/* ---- symbols ---- */

/* Its address in this process: 0 if it is not to be had. */
static lua_Integer loaded_address(lua_State *L, const Source *source,
                                  const ElfSymbol *symbol) {
  Error error;
  ElfSymbol found;
  if (source->plugin == NULL)
    return (lua_Integer)symbol->value;
  Library *library = plugin_library(L, source->plugin);
  void *address = library_symbol(library, symbol->name, symbol->version,
                                 &found, &error);
  return (lua_Integer)(uintptr_t)address;
}

/* The rest of a pattern "^name", which needs no matching; else NULL. */
static const char *plain_prefix(const char *pattern) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
                                "abcdefghijklmnopqrstuvwxyz";
  if (pattern[0] != '^' ||
      pattern[1 + strspn(pattern + 1, letters)] != '\0')
    return NULL;
  return pattern + 1;
}

static bool matches(lua_State *L, const char *name) {
  size_t length;
  const char *pattern = lua_tolstring(L, lua_upvalueindex(3), &length);
  if (pattern == NULL)
    return true;
  const char *prefix = plain_prefix(pattern);
  if (prefix != NULL && strlen(pattern) == length)
    return strncmp(name, prefix, length - 1) == 0;
  lua_pushstring(L, name);
  lua_getfield(L, -1, "find");    /* by the metatable of strings */
  lua_pushvalue(L, -2);
  lua_pushvalue(L, lua_upvalueindex(3));
  lua_call(L, 2, 1);
  bool found = lua_toboolean(L, -1);
  lua_pop(L, 2);
  return found;
}

/* Upvalues: State, the plugin or file, the pattern or nil, the next index. */
static int next_symbol(lua_State *L) {
  State *s = state_of(L);
  int owner = lua_upvalueindex(2);
  Source source = check_source(L, owner);
  size_t i = (size_t)lua_tointeger(L, lua_upvalueindex(4));
  size_t count = elf_count(source.elf);
  while (i < count && !matches(L, elf_symbol(source.elf, i)->name))
    i++;
  lua_pushinteger(L, (lua_Integer)i + 1);
  lua_replace(L, lua_upvalueindex(4));
  if (i >= count)
    return 0;
  const ElfSymbol *symbol = elf_symbol(source.elf, i);
  push_symbol(L, s, source.plugin, owner, symbol, symbol->name,
              loaded_address(L, &source, symbol));
  return 1;
}

/* symbols([pattern]): iterates over Symbols that the file exports. */
int symbol_symbols(lua_State *L) {
  lua_settop(L, 2);
  luaL_optstring(L, 2, NULL);
  if (check_source(L, 1).elf == NULL)
    return luaL_error(L, "what it exports cannot be listed: its file %s",
                      system_here()->elf ? "cannot be read"
                      : "is a macOS (Mach-O) file, not ELF");
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);               /* State, source, pattern */
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_symbol, 4);
  return 1;
}

/* ---- set-up ---- */

void symbol_setup(lua_State *L, State *s) {
  luaL_newmetatable(L, SYMBOL);
  lua_pushlightuserdata(L, s);
  lua_pushlightuserdata(L, s);
  lua_pushcclosure(L, symbol_as, 1);
  lua_pushcclosure(L, symbol_index, 2);
  lua_setfield(L, -2, "__index");
  set_closure(L, s, "__newindex", symbol_newindex);
  set_closure(L, s, "__call", symbol_call);
  set_closure(L, s, "__tostring", symbol_tostring);
  lua_pushliteral(L, "symbol");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}
