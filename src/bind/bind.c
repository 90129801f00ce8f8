/* bind.c - see bind.h. */
#include "bind/bind.h"

#include <string.h>

static const char *const kinds[] = {
  [SYMBOL_FUNCTION] = "a function",
  [SYMBOL_VARIABLE] = "a variable",
  [SYMBOL_TLS] = "a thread-local variable",
  [SYMBOL_IFUNC] = "a function",
  [SYMBOL_OTHER] = "neither a function nor a variable"
};

/* Throws if the file says that the symbol is of another kind. */
static void check_kind(lua_State *L, const Decl *decl, const char *name,
                       const ElfSymbol *symbol) {
  bool wanted = decl->type->kind == TYPE_FUNCTION;
  if (symbol->name == NULL || symbol->kind == SYMBOL_OTHER)
    return;
  bool is = symbol->kind == SYMBOL_FUNCTION || symbol->kind == SYMBOL_IFUNC;
  if (wanted != is)
    luaL_error(L, "'%s' is %s, but is declared as '%s'", name,
               kinds[symbol->kind], push_type(L, decl->type));
}

/* Throws if a value of the declared type would reach past the variable. */
static void check_size(lua_State *L, const Decl *decl, const char *name,
                       uint64_t size) {
  uint64_t wanted = type_size(decl->type);
  if (size == 0 || wanted == SIZE_UNKNOWN || wanted <= size)
    return;
  luaL_error(L, "'%s' has %I bytes, but is declared as '%s' of %I bytes",
             name, (LUAI_UACINT)size, push_type(L, decl->type),
             (LUAI_UACINT)wanted);
}

static bool push_message(lua_State *L, const Error *error) {
  lua_pushstring(L, error->message);
  return false;
}

/* ---- variables ---- */

/* Pushes the plugin's table of variables. */
static void push_variables(lua_State *L, Plugin *plugin) {
  state_object(L, plugin->state, plugin);
  lua_getiuservalue(L, -1, PLUGIN_VARIABLES);
  lua_remove(L, -2);
}

/* A new Variable for the symbol, noted under `key`. */
static Variable *add_variable(lua_State *L, Plugin *plugin, void *address,
                              const ElfSymbol *symbol, const char *key) {
  Variable *variable = arena_alloc(&plugin->scope->arena, sizeof *variable);
  if (variable == NULL)
    luaL_error(L, "not enough memory");
  variable->address = (uintptr_t)address;
  variable->size = symbol->name == NULL ? 0 : symbol->size;
  variable->tls = symbol->name != NULL && symbol->kind == SYMBOL_TLS;
  variable->readonly = symbol->name != NULL && symbol->readonly;
  push_variables(L, plugin);
  lua_pushlightuserdata(L, variable);
  lua_setfield(L, -2, key);
  lua_pop(L, 1);
  return variable;
}

/* The Variable that was noted for the symbol, or NULL. */
static Variable *known_variable(lua_State *L, Plugin *plugin,
                                const char *key) {
  push_variables(L, plugin);
  lua_getfield(L, -1, key);
  Variable *variable = lua_touserdata(L, -1);
  lua_pop(L, 2);
  return variable;
}

static Variable *find_variable(lua_State *L, Plugin *plugin,
                               const Decl *decl, const char *name,
                               const char *version) {
  Error error;
  ElfSymbol symbol;
  const char *key = lua_pushfstring(L, "%s@%s", name,
                                    version == NULL ? "" : version);
  Variable *variable = known_variable(L, plugin, key);
  if (variable == NULL || variable->tls) {
    void *address = library_symbol(plugin_library(L, plugin), name, version,
                                   &symbol, &error);
    if (address == NULL) {
      lua_pop(L, 1);
      push_message(L, &error);
      return NULL;
    }
    check_kind(L, decl, name, &symbol);
    if (variable == NULL)
      variable = add_variable(L, plugin, address, &symbol, key);
    variable->address = (uintptr_t)address;
  }
  lua_pop(L, 1);
  return variable;
}

/* The declared type, const where the variable cannot be written. */
static const Type *usable_type(lua_State *L, const Plugin *plugin,
                               const Variable *variable, const Type *type) {
  if (!variable->readonly)
    return type;
  type = type_qualified(plugin->scope, type, QUAL_CONST);
  if (type == NULL)
    luaL_error(L, "not enough memory");
  return type;
}

/* `extern int table[]` has as many elements as the file says. */
static const Type *counted_type(lua_State *L, const Plugin *plugin,
                                const Type *type, const Span *span) {
  if (type->kind != TYPE_ARRAY || type->count != COUNT_UNKNOWN ||
      span->high == UINTPTR_MAX || type_size(type->target) == 0)
    return type;
  type = type_array(plugin->scope, type->target,
                    span->high / type_size(type->target));
  if (type == NULL)
    luaL_error(L, "not enough memory");
  return type;
}

const Type *bind_variable(lua_State *L, Plugin *plugin, const Decl *decl,
                          const char *name, const char *version,
                          Span *span) {
  plugin_check(L, plugin);
  const Variable *variable = find_variable(L, plugin, decl, name, version);
  if (variable == NULL)
    return NULL;
  uint64_t size = type_size(decl->type);
  check_size(L, decl, name, variable->size);
  bool more = size == SIZE_UNKNOWN || type_flexible(decl->type) != NULL;
  if (more && variable->size != 0)
    size = variable->size;
  span->base = &variable->address;
  span->offset = span->low = 0;
  span->high = size == SIZE_UNKNOWN ? UINTPTR_MAX : (uintptr_t)size;
  span->plugin = plugin;
  span->source = 0;
  span->cd = NULL;
  span->variable = true;
  return usable_type(L, plugin, variable,
                     counted_type(L, plugin, decl->type, span));
}

void bind_check_writable(lua_State *L, const CData *cd) {
  if (cd->class->shape == SHAPE_VALUE || !(cd->tag & CDATA_VARIABLE))
    return;
  plugin_check(L, cd->class->plugin);
  const Variable *variable = (const Variable *)((const Pointer *)cd)->base;
  if (variable->readonly)
    luaL_error(L, "this memory of plugin '%s' is read-only (the file has the "
               "variable as const) and cannot be written",
               cd->class->plugin->name);
}

/* ---- symbols ---- */

/* Many are `static inline` in their header, for each file that includes it. */
static void explain_internal(const Decl *decl, const char *name,
                             Error *error) {
  if (decl->internal)
    error_set(error, 0, "'%s' is static: C has it in each file that includes "
              "its header, the library does not export it; write it in Lua, "
              "or compile a library with a function that calls it", name);
}

static bool bind_function(lua_State *L, Plugin *plugin, const Decl *decl,
                          const char *name, const char *version,
                          bool kept) {
  Error error;
  ElfSymbol symbol;
  Code code;
  plugin_check(L, plugin);
  void *address = library_symbol(plugin_library(L, plugin), name, version,
                                 &symbol, &error);
  if (address == NULL) {
    explain_internal(decl, name, &error);
    return push_message(L, &error);
  }
  check_kind(L, decl, name, &symbol);
  memcpy(&code, &address, sizeof code);         /* as POSIX has it of dlsym */
  bool own = decl->symbol != NULL && strcmp(decl->symbol, name) == 0;
  callee_push(L, plugin, decl, own ? decl->name : name, code, kept);
  return true;
}

bool bind_symbol(lua_State *L, Plugin *plugin, const Decl *decl,
                 const char *name, const char *version, bool kept) {
  Span span;
  State *s = plugin->state;
  if (decl->type->kind == TYPE_FUNCTION)
    return bind_function(L, plugin, decl, name, version, kept);
  const Type *type = bind_variable(L, plugin, decl, name, version, &span);
  if (type == NULL)
    return false;
  if (type_is_aggregate(type)) {
    cdata_refer(L, s, type, SHAPE_REFERENCE, &span);
    return true;
  }
  const Type *pointer = type_pointer(plugin->scope, type);
  if (pointer == NULL)
    luaL_error(L, "not enough memory");
  cdata_refer(L, s, pointer, SHAPE_POINTER, &span);
  return true;
}
