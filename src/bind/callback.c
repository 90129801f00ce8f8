/*
** callback.c - see callback.h. Slots have the addresses, enter.c runs what C
** calls; here is how long that lives.
*/
#include "bind/callback.h"

#include <stdlib.h>
#include <string.h>

#include "bind/enter.h"
#include "type/compat.h"

#define GUARD "cplugin.callback"

typedef struct Guard {
  uintptr_t tag;                  /* TAG_GUARD */
  Slot *slot;                     /* NULL: freed */
} Guard;

/* ---- guards ---- */

void callback_free(lua_State *L, int index) {
  Guard *guard = lua_touserdata(L, index);
  Slot *slot = guard->slot;
  if (slot == NULL)
    return;
  guard->slot = NULL;
  if (enter_end(L, slot))
    return;
  lua_pushvalue(L, index);        /* it keeps the types until they end */
  lua_rawseti(L, LUA_REGISTRYINDEX, slot->ref);
}

static int guard_gc(lua_State *L) {
  callback_free(L, 1);
  return 0;
}

static Guard *guard_test(lua_State *L, int index) {
  Guard *guard = lua_touserdata(L, index);
  return guard != NULL && lua_rawlen(L, index) >= sizeof *guard &&
                 guard->tag == (uintptr_t)guard + STATE_COOKIE + TAG_GUARD
             ? guard
             : NULL;
}

bool callback_is_guard(lua_State *L, int index) {
  return guard_test(L, index) != NULL;
}

void callback_prepare(lua_State *L, int index, uint32_t number) {
  const Guard *guard = lua_touserdata(L, index);
  enter_prepare(L, guard->slot, number);
}

/* State.usable */
static bool is_usable(lua_State *L, int index) {
  const CData *cd = cdata_test(L, index);
  if (cd == NULL || !(cd->tag & CDATA_OWNED) ||
      cd->class->element.type == NULL ||
      cd->class->element.type->kind != TYPE_FUNCTION)
    return true;
  lua_getiuservalue(L, index, 1);
  const Guard *guard = guard_test(L, -1);
  lua_pop(L, 1);
  return guard == NULL || guard->slot != NULL;
}

/*
** Pushes a guard that has nothing to free yet. User values: the handles of
** the scopes that the type and (see callback_keep) its annotations are of,
** and what onerror gives.
*/
static Guard *push_guard(lua_State *L, State *s, const Type *type) {
  Guard *guard = lua_newuserdatauv(L, sizeof *guard, 3);
  guard->tag = (uintptr_t)guard + STATE_COOKIE + TAG_GUARD;
  guard->slot = NULL;
  state_scope(L, s, type->scope);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, GUARD);
  return guard;
}

/* See SlotOrigin: the use is a type, or a function's name (and the argument not 0). */
static void set_origin(lua_State *L, SlotOrigin *origin, int index,
                       const char *use, int argument) {
  lua_Debug ar;
  size_t length = strlen(use);
  lua_pushvalue(L, index);
  lua_getinfo(L, ">S", &ar);
  *origin->source = '\0';
  if (*ar.what != 'C')
    memcpy(origin->source, ar.short_src, sizeof origin->source);
  origin->line = ar.linedefined;
  origin->argument = argument;
  if (length >= sizeof origin->use)
    length = sizeof origin->use - 1;
  memcpy(origin->use, use, length);
  origin->use[length] = '\0';
}

static void *make(lua_State *L, State *s, const Decl *decl, int index,
                  const char *use, int argument) {
  Error error;
  const Type *type = decl->type;
  if (type->signature->variadic)
    luaL_error(L, "a callback cannot be variadic ('%s')", push_type(L, type));
  const Plan *plan = plan_of(type, &error);
  if (plan == NULL)
    luaL_error(L, "%s", error.message);
  Guard *guard = push_guard(L, s, type);
  lua_pushvalue(L, index);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);     /* + guard */
  Slot *slot = slot_take(s, plan, &error);
  if (slot == NULL) {
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    luaL_error(L, "%s", error.message);
  }
  slot->plan = plan;
  slot->params = decl->params;
  slot->ref = ref;
  enter_begin(slot);
  set_origin(L, &slot->origin, index, use, argument);
  guard->slot = slot;
  return slot->code;
}

void *callback_new(lua_State *L, State *s, const Decl *decl, int index,
                   const char *use) {
  return make(L, s, decl, index, use, 0);
}

void callback_onerror(lua_State *L, State *s, int index) {
  int guard_index = lua_gettop(L);
  Guard *guard = lua_touserdata(L, guard_index);
  Slot *slot = guard->slot;
  const Type *result = slot->plan->result;
  Site site = {SITE_RESULT, 0, slot_about(slot), result, NULL, false, NULL};
  if (result->kind == TYPE_VOID)
    luaL_error(L, "onerror: the callback returns nothing");
  slot->onerror = calloc(1, slot->result);
  if (slot->onerror == NULL)
    luaL_error(L, "not enough memory");
  store_value(L, s, result, slot->onerror, index, &site);
  lua_pushvalue(L, index);
  lua_setiuservalue(L, guard_index, 3);
}

void callback_keep(lua_State *L, State *s, Scope *scope) {
  state_scope(L, s, scope);
  lua_setiuservalue(L, -2, 2);
}

/* State.function_of */
static Plugin *function_of(lua_State *L, int index, const void *address) {
  const Callee *callee = callee_test(L, index);
  const void *code = NULL;
  if (callee != NULL)
    memcpy(&code, &callee->code, sizeof code);
  return code == address && code != NULL ? callee->plugin : NULL;
}

/* ---- the State's end ---- */

static void forget(void *state) {
  slot_forget(state);
  caller_give_back(((State *)state)->caller);
}

void callback_setup(lua_State *L, State *s) {
  luaL_newmetatable(L, GUARD);
  lua_pushcfunction(L, guard_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  Handle *handle = handle_new(L, s, NULL, forget);
  if (!caller_take(s))
    luaL_error(L, "not enough memory");
  handle->object = s;
  luaL_ref(L, LUA_REGISTRYINDEX);
  s->function = callback_address;
  s->usable = is_usable;
  s->function_of = function_of;
}

/* ---- Lua functions as C pointers ---- */

/* A callback() that is stored in memory of Lua is kept alive by that. */
static int bad_function(lua_State *L, const Type *type, int index,
                        const Site *site) {
  bool owned = site->span != NULL && span_owned(site->span);
  return store_error(L, type, index, site,
                     owned ? "make a C function of it with callback()"
                           : "nothing would keep a Lua function alive there; "
                             "use callback() and hold what it returns");
}

/* A bound function that has another type, or would lose qualifiers. */
static int wrong_function(lua_State *L, const Type *type, int index,
                          const Site *site, const Callee *callee) {
  const char *own = push_type(L, callee->type);
  return store_error(L, type, index, site,
                     lua_pushfstring(L, "%s: '%s' is '%s'",
                                     push_difference(L, type->target,
                                                     callee->type),
                                     callee->name, own));
}

void *callback_address(lua_State *L, State *s, const Type *type, int index,
                       const Site *site) {
  const Callee *callee = callee_test(L, index);
  const Type *function = type->target;
  if (callee != NULL) {
    if (pointer_mismatch(function, callee->type) != NULL && !site->wrap)
      wrong_function(L, type, index, site, callee);
    plugin_check(L, callee->plugin);
    callee_expose(L, s, index);
    void *address;                /* C11 6.5.4 forbids the cast, POSIX not */
    memcpy(&address, &callee->code, sizeof address);
    return address;
  }
  if (site->kind != SITE_ARGUMENT)
    bad_function(L, type, index, site);
  Decl decl = {.kind = DECL_FUNCTION, .type = function};
  return make(L, s, &decl, index, site->name, (int)site->number);
                                                /* + guard */
}
