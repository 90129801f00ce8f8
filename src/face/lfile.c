/*
** lfile.c - info, inspect, candidates; see docs/manual.md.
*/
#include "face/lfile.h"

#include <stdio.h>
#include <string.h>

#include "face/ldebug.h"
#include "face/lplugin.h"
#include "object/libname.h"
#include "object/libpath.h"
#include "object/loader.h"

#define FILE_HANDLE "cplugin.file"
#define PATHS "cplugin.paths"

/* What inspect() returns: a file that is not loaded. */
typedef struct File {
  State *state;
  ElfFile *elf;                   /* until it is collected */
  Scope *scope;                   /* for the types of its debug info */
  bool closed;
} File;

enum { FILE_PATH = 1, FILE_SCOPE, FILE_DEBUG, FILE_VALUES = FILE_DEBUG };

static int closed_file(lua_State *L) {
  return luaL_error(L, "the file is closed");
}

static Source find_source(lua_State *L, int index) {
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
  lua_getiuservalue(L, index, PLUGIN_PIN);
  return source;
}

Source check_source(lua_State *L, int index) {
  Source source = find_source(L, index);
  if (source.plugin != NULL)
    source.plugin->exposed = true;
  return source;
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
    lua_getiuservalue(L, 1, FILE_PATH);
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

/* Another file with the same bytes that was loaded before. */
static void set_copy(lua_State *L, const Library *library) {
  if (library == NULL)
    return;
  lua_pushstring(L, library_copy(library));
  lua_setfield(L, -2, "copyof");
}

static void set_linker_name(lua_State *L, const char *path,
                            const char *soname) {
  char *name = libname_linker(path, soname);
  if (name == NULL)
    return;
  push_path(L, name);
  lua_setfield(L, -2, "linkername");
}

/* A finaliser may close the plugin meanwhile: then it has no library. */
static void push_info(lua_State *L, const Source *source) {
  const ElfInfo *info = elf_info(source->elf);
  const Library *library = source->plugin == NULL ? NULL
                                                  : source->plugin->library;
  const char *path = push_file(L, source);
  const char *slash = strrchr(path, '/');
  lua_newtable(L);                              /* path stays below it */
  set_string(L, "path", path);
  set_string(L, "realname", slash == NULL ? path : slash + 1);
  set_string(L, "soname", info->soname);
  set_linker_name(L, path, info->soname);
  set_string(L, "runpath", info->runpath);
  set_list(L, "needed", info->needed, info->nneeded);
  set_list(L, "defined", info->defined, info->ndefined);
  set_list(L, "required", info->required, info->nrequired);
  set_list(L, "compilers", info->compilers, info->ncompilers);
  set_starts(L, info);
  set_build_id(L, info);
  set_copy(L, library);
}

/*
** info(): what the file says of itself, as a table. All is copied, so a plugin
** can be unmapped by a close then, but not before. (If memory runs out here,
** it stays mapped until it is collected.)
*/
int file_info(lua_State *L) {
  Source source = find_source(L, 1);
  if (source.plugin != NULL)
    source.plugin->readers++;
  push_info(L, &source);
  if (source.plugin != NULL)
    source.plugin->readers--;
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
  lua_getiuservalue(L, 1, FILE_PATH);
  lua_pushfstring(L, "file '%s'%s", lua_tostring(L, -1),
                  file->closed ? " (closed)" : "");
  return 1;
}

/* The option debuginfo, as of open: pushes folders or nil. */
static bool wants_debug(lua_State *L, int index, const char **folders) {
  *folders = NULL;
  lua_pushnil(L);
  if (lua_isnoneornil(L, index))
    return false;
  luaL_checktype(L, index, LUA_TTABLE);
  while (lua_next(L, index) != 0) {
    luaL_tolstring(L, -2, NULL);
    if (strcmp(lua_tostring(L, -1), "debuginfo") != 0)
      luaL_error(L, "unknown option '%s' (there is debuginfo)",
                 lua_tostring(L, -1));
    lua_pop(L, 2);
  }
  lua_getfield(L, index, "debuginfo");
  if (lua_type(L, -1) == LUA_TSTRING)
    *folders = lua_tostring(L, -1);
  return lua_toboolean(L, -1);
}

/* A file that is valid, and closed. */
static File *new_file(lua_State *L, State *s) {
  File *file = lua_newuserdatauv(L, sizeof *file, FILE_VALUES);
  *file = (File){s, NULL, NULL, true};
  luaL_setmetatable(L, FILE_HANDLE);
  file->scope = state_scope_new(L, s, s->global);
  lua_setiuservalue(L, -2, FILE_SCOPE);
  return file;
}

/*
** plugin.inspect(name [, options]): a file that is not loaded; a name without
** a slash is searched as open does.
*/
int file_inspect(lua_State *L) {
  State *s = state_of(L);
  Error error;
  const char *folders;
  const char *name = check_name(L, 1);
  bool debug = wants_debug(L, 2, &folders);
  File *file = new_file(L, s);
  int index = lua_gettop(L);
  char *path = libpath_find(name, NULL, &error);
  if (path == NULL)
    return failure(L, error.message);
  const char *real = push_path(L, path);
  file->elf = elf_open(real, &error);
  if (file->elf == NULL)
    return failure(L, error.message);
  if (debug && !push_debug(L, real, folders))
    return failure(L, lua_tostring(L, -1));
  if (debug) {
    use_debug(L, DEBUG_DECLARES);
    lua_setiuservalue(L, index, FILE_DEBUG);
  }
  lua_setiuservalue(L, index, FILE_PATH);
  file->closed = false;
  return 1;
}

const Decl *file_declared(lua_State *L, const ElfSymbol *symbol,
                          Error *error) {
  const File *file = lua_touserdata(L, -1);
  const DebugHome home = {file->state, file->scope, NULL, file->elf};
  const Decl *decl = debug_symbol(scope_find(file->scope, NAMES,
                                             symbol->name,
                                             strlen(symbol->name)));
  if (decl != NULL && symbol->isdefault)
    return decl;
  lua_getiuservalue(L, -1, FILE_DEBUG);
  decl = debug_version(decl, debug_declare(L, &home, symbol, error));
  lua_pop(L, 1);
  return decl;
}

/* ---- functions on types, in the file's scope ---- */

/* Upvalue 2: the entry of the list. */
static int file_env(lua_State *L) {
  State *s = state_of(L);
  const EnvEntry *entry = lua_touserdata(L, lua_upvalueindex(2));
  const File *file = luaL_checkudata(L, 1, FILE_HANDLE);
  const Env env = {s, file->scope, 1, NULL};
  return entry->function(L, &env);
}

static void set_env_functions(lua_State *L, State *s) {
  for (const EnvEntry *entry = type_functions; entry->name != NULL; entry++) {
    lua_pushlightuserdata(L, s);
    lua_pushlightuserdata(L, (void *)(uintptr_t)entry);
    lua_pushcclosure(L, file_env, 2);
    lua_setfield(L, -2, entry->name);
  }
}

/* ---- candidates ---- */

/* {path, realname, soname, linkername} of a file. */
static void push_candidate(lua_State *L, const char *path) {
  Error ignored;
  ElfFile *elf = elf_glance(path, &ignored);
  const char *soname = elf_info(elf)->soname;
  char name[256] = "";
  if (soname != NULL)             /* Lua may throw: nothing may be left */
    snprintf(name, sizeof name, "%s", soname);
  elf_close(elf);
  lua_createtable(L, 0, 4);
  set_string(L, "path", path);
  set_string(L, "realname", strrchr(path, '/') + 1);
  set_string(L, "soname", name[0] == '\0' ? NULL : name);
  set_linker_name(L, path, name[0] == '\0' ? NULL : name);
}

/* candidates(name [, version]): all files that open could take, best first. */
int file_candidates(lua_State *L) {
  Error error;
  const char *version;
  FolderList paths;
  const char *name = check_name(L, 1);
  if (!to_version(L, 2, &version))
    return luaL_argerror(L, 2, "a whole number or a string expected");
  FolderList *kept = lua_newuserdatauv(L, sizeof *kept, 0);
  kept->count = 0;
  luaL_setmetatable(L, PATHS);
  bool found = libpath_all(name, version, &paths, &error);
  *kept = paths;
  if (!found)
    return failure(L, error.message);
  lua_createtable(L, (int)kept->count, 0);
  for (size_t i = 0; i < kept->count; i++) {
    push_candidate(L, kept->paths[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int paths_gc(lua_State *L) {
  folders_free(luaL_checkudata(L, 1, PATHS));
  return 0;
}

/* ---- set-up ---- */

void file_setup(lua_State *L, State *s) {
  luaL_newmetatable(L, FILE_HANDLE);
  set_closure(L, s, "__gc", file_gc);
  set_closure(L, s, "__close", file_close);
  set_closure(L, s, "__tostring", file_tostring);
  lua_newtable(L);
  set_env_functions(L, s);
  set_closure(L, s, "lookup", symbol_find);
  set_closure(L, s, "symbols", symbol_symbols);
  set_closure(L, s, "info", file_info);
  set_closure(L, s, "close", file_close);
  lua_setfield(L, -2, "__index");
  lua_pushliteral(L, "file");
  lua_setfield(L, -2, "__metatable");
  luaL_newmetatable(L, PATHS);
  set_closure(L, s, "__gc", paths_gc);
  lua_pop(L, 2);
}
