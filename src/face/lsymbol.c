/*
** lsymbol.c - lookup, symbols, info, inspect; see docs/manual.md.
*/
#include <stdio.h>
#include <string.h>

#include "bind/bind.h"
#include "face/ldebug.h"
#include "face/lplugin.h"
#include "object/libfolder.h"
#include "object/libpath.h"
#include "object/loader.h"

#define SYMBOL "cplugin.symbol"
#define FILE_HANDLE "cplugin.file"

/* What inspect() returns. User value 1: the path. */
typedef struct File {
  ElfFile *elf;                   /* until it is collected */
  bool closed;
} File;

/*
** A symbol without a type. User values: 1 the plugin (nil: of a file that is
** not loaded), 2 name, 3 version or nil.
*/
typedef struct Symbol {
  State *state;
  Plugin *plugin;
  ElfSymbol elf;                  /* strings are those of the user values */
  lua_Integer address;
} Symbol;

static const char *const kinds[] = {
  [SYMBOL_FUNCTION] = "function", [SYMBOL_VARIABLE] = "variable",
  [SYMBOL_TLS] = "tls", [SYMBOL_IFUNC] = "ifunc", [SYMBOL_OTHER] = "other"
};

/* Pushes a Symbol; `owner` is the stack index of its plugin, or 0. */
static void push_symbol(lua_State *L, State *s, Plugin *plugin, int owner,
                        const ElfSymbol *elf, const char *name,
                        lua_Integer address) {
  lua_pushstring(L, elf->version);              /* first: see plugin_library */
  Symbol *symbol = lua_newuserdatauv(L, sizeof *symbol, 3);
  symbol->state = s;
  symbol->plugin = plugin;
  symbol->elf = *elf;
  symbol->address = address;
  if (owner != 0) {
    lua_pushvalue(L, owner);
    lua_setiuservalue(L, -2, 1);
  }
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
  if (bind_symbol(L, plugin, decl, name, version))
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

/* ---- Symbol ---- */

/* Throws if its plugin is closed: the address would be wrong. */
static const Symbol *check_symbol(lua_State *L) {
  state_of(L);
  const Symbol *symbol = luaL_checkudata(L, 1, SYMBOL);
  plugin_check(L, symbol->plugin);
  return symbol;
}

/*
** What the scope declares of the symbol, or debug info does: then the scope
** declares it now. Debug info knows one declaration for each version. NULL
** with an error, which may be "".
*/
static const Decl *declared(lua_State *L, const Symbol *symbol,
                            Error *error) {
  const char *name = symbol->elf.name;
  error->message[0] = '\0';
  if (symbol->plugin == NULL || symbol->plugin->closed)
    return NULL;
  const Decl *decl = scope_find(symbol->plugin->scope, NAMES, name,
                                strlen(name));
  if (decl == NULL || (!symbol->elf.isdefault && debug_has_declared(decl)))
    return debug_declared(L, symbol->plugin, &symbol->elf, error);
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

/* Where a list of symbols comes from: a plugin, or a file. */
typedef struct Source {
  const ElfFile *elf;
  Plugin *plugin;                 /* NULL: a file that is not loaded */
} Source;

static int closed_file(lua_State *L) {
  return luaL_error(L, "the file is closed");
}

/*
** Pushes what keeps the tables of the source while they are read: the file,
** or the plugin's pin, which then holds the library even after a close.
*/
static Source check_source(lua_State *L, int index) {
  Source source = {NULL, NULL};
  const File *file = luaL_testudata(L, index, FILE_HANDLE);
  if (file != NULL) {
    if (file->closed)
      closed_file(L);
    source.elf = file->elf;
    lua_pushvalue(L, index);
    return source;
  }
  source.plugin = check_plugin(L, index);
  source.elf = library_elf(plugin_library(L, source.plugin));
  source.plugin->exposed = true;
  lua_getiuservalue(L, index, PLUGIN_PIN);
  return source;
}

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

static bool matches(lua_State *L, const char *name) {
  if (lua_isnil(L, lua_upvalueindex(3)))
    return true;
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
  push_symbol(L, s, source.plugin, source.plugin == NULL ? 0 : owner, symbol,
              symbol->name, loaded_address(L, &source, symbol));
  return 1;
}

/* symbols([pattern]): iterates over Symbols that the file exports. */
int symbol_symbols(lua_State *L) {
  lua_settop(L, 2);
  luaL_optstring(L, 2, NULL);
  check_source(L, 1);
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);               /* State, source, pattern */
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_symbol, 4);
  return 1;
}

/* ---- info ---- */

static void set_string(lua_State *L, const char *name, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void set_list(lua_State *L, const char *name,
                     const char *const *list, size_t count) {
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, list[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}

static void set_build_id(lua_State *L, const ElfInfo *info) {
  luaL_Buffer b;
  char hex[3];
  if (info->buildid == NULL)
    return;
  luaL_buffinit(L, &b);
  for (size_t i = 0; i < info->nbuildid; i++) {
    snprintf(hex, sizeof hex, "%02x", info->buildid[i]);
    luaL_addstring(&b, hex);
  }
  luaL_pushresult(&b);
  lua_setfield(L, -2, "buildid");
}

/* Pushes the path of the file at index 1; of the program, that of its own. */
static const char *push_file(lua_State *L, const Source *source) {
  if (source->plugin == NULL) {
    lua_getiuservalue(L, 1, 1);
    return lua_tostring(L, -1);
  }
  if (!library_is_program(source->plugin->library))
    return lua_pushstring(L, library_path(source->plugin->library));
  const char *program = loader_program();
  return push_path(L, program == NULL ? NULL : folders_real(program));
}

/* What runs when the file is loaded and unloaded. */
static void set_starts(lua_State *L, const ElfInfo *info) {
  const struct { const char *name; uint64_t value; } list[] = {
    {"init", info->init}, {"fini", info->fini}
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    if (list[i].value != 0) {
      lua_pushinteger(L, (lua_Integer)list[i].value);
      lua_setfield(L, -2, list[i].name);
    }
  lua_pushinteger(L, (lua_Integer)info->ninits);
  lua_setfield(L, -2, "initarray");
  lua_pushinteger(L, (lua_Integer)info->nfinis);
  lua_setfield(L, -2, "finiarray");
}

/* info(): what the file says of itself, as a table. */
int symbol_info(lua_State *L) {
  Source source = check_source(L, 1);
  const ElfInfo *info = elf_info(source.elf);
  const char *path = push_file(L, &source);
  const char *slash = strrchr(path, '/');
  lua_newtable(L);
  set_string(L, "path", path);
  set_string(L, "realname", slash == NULL ? path : slash + 1);
  set_string(L, "soname", info->soname);
  set_string(L, "runpath", info->runpath);
  set_list(L, "needed", info->needed, info->nneeded);
  set_list(L, "defined", info->defined, info->ndefined);
  set_list(L, "required", info->required, info->nrequired);
  set_list(L, "compilers", info->compilers, info->ncompilers);
  set_starts(L, info);
  set_build_id(L, info);
  return 1;
}

/* ---- inspect ---- */

static int file_close(lua_State *L) {
  File *file = luaL_checkudata(L, 1, FILE_HANDLE);
  file->closed = true;
  return 0;
}

static int file_gc(lua_State *L) {
  File *file = luaL_checkudata(L, 1, FILE_HANDLE);
  elf_close(file->elf);
  file->elf = NULL;
  file->closed = true;
  return 0;
}

static int file_tostring(lua_State *L) {
  const File *file = luaL_checkudata(L, 1, FILE_HANDLE);
  lua_getiuservalue(L, 1, 1);
  lua_pushfstring(L, "file '%s'%s", lua_tostring(L, -1),
                  file->closed ? " (closed)" : "");
  return 1;
}

/*
** plugin.inspect(name): symbols() and info() of a file that is not loaded;
** a name without a slash is searched as open does.
*/
int symbol_inspect(lua_State *L) {
  Error error;
  const char *name = check_name(L, 1);
  File *file = lua_newuserdatauv(L, sizeof *file, 1);
  *file = (File){NULL, true};
  luaL_setmetatable(L, FILE_HANDLE);
  char *path = libpath_find(name, NULL, &error);
  if (path == NULL)
    return failure(L, error.message);
  file->elf = elf_open(push_path(L, path), &error);
  file->closed = file->elf == NULL;
  lua_setiuservalue(L, -2, 1);
  return file->closed ? failure(L, error.message) : 1;
}

/* ---- set-up ---- */

static void setup_symbols(lua_State *L, State *s) {
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

void symbol_setup(lua_State *L, State *s) {
  setup_symbols(L, s);
  luaL_newmetatable(L, FILE_HANDLE);
  set_closure(L, s, "__gc", file_gc);
  set_closure(L, s, "__close", file_close);
  set_closure(L, s, "__tostring", file_tostring);
  lua_newtable(L);
  set_closure(L, s, "symbols", symbol_symbols);
  set_closure(L, s, "info", symbol_info);
  set_closure(L, s, "close", file_close);
  lua_setfield(L, -2, "__index");
  lua_pushliteral(L, "file");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}
