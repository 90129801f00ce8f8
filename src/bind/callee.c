/*
** callee.c - see callee.h.
**
** The callees of a scope, for all of its plugins, are found again in a hash
** table, so that looking up the same function again and again costs nothing
** that stays.
*/
#include "bind/callee.h"

#include <stdlib.h>
#include <string.h>

#include "bind/call.h"
#include "bind/fast.h"
#include "bind/last.h"
#include "bind/stub.h"

#define FIRST_BUCKETS 8           /* a power of two */

typedef struct Callees {
  Last last;
  struct Callees *next, **link;   /* of State.callees */
  State *state;
  Arena arena;                    /* of the callees */
  Callee **buckets;
  size_t count;
  size_t mask;                    /* buckets - 1 */
} Callees;

int callee_closed(lua_State *L, const Callee *callee) {
  if (callee->state->finished)
    return state_finished(L);
  return plugin_closed(L, callee->plugin);
}

/* A bound function without a stub. */
static int call_bound(lua_State *L) {
  const Callee *callee = lua_touserdata(L, lua_upvalueindex(BOUND_CALLEE));
  if (callee->plugin->closed)
    return callee_closed(L, callee);
  int n = callee->fast ? fast_call(L, callee) : FAST_NO;
  return n == FAST_NO ? call(L, callee, 1) : n;
}

/* ---- the callees of a scope ---- */

static bool has_stub(const Callee *callee) {
  return callee->function != call_bound && callee->function != NULL;
}

/* Runs `visit` for each, which may free its stub. */
static void each(const Callees *callees, void (*visit)(Callee *)) {
  for (size_t i = 0; i <= callees->mask; i++) {
    for (Callee *it = callees->buckets[i]; it != NULL; it = it->next)
      visit(it);
  }
}

static void end_stub(Callee *callee) {
  if (has_stub(callee))
    stub_free(callee->function);
}

static void free_callees(Last *object) {
  Callees *callees = (Callees *)object;
  each(callees, end_stub);
  free(callees->buckets);
  arena_free(&callees->arena);
  free(callees);
}

static void release_callees(void *object) {
  Callees *callees = object;
  *callees->link = callees->next;
  if (callees->next != NULL)
    callees->next->link = callees->link;
  last_release(callees->state, &callees->last);
}

static void link_callees(State *s, Callees *callees) {
  callees->state = s;
  callees->next = s->callees;
  callees->link = &s->callees;
  if (s->callees != NULL)
    s->callees->link = &callees->next;
  s->callees = callees;
}

/* Those of the scope, made at first use; NULL: no memory. */
static Callees *callees_of(State *s, Scope *scope) {
  if (scope->object != NULL)
    return scope->object;
  Callees *callees = calloc(1, sizeof *callees);
  if (callees == NULL)
    return NULL;
  callees->buckets = calloc(FIRST_BUCKETS, sizeof *callees->buckets);
  if (callees->buckets == NULL) {
    free(callees);
    return NULL;
  }
  callees->last.release = free_callees;
  link_callees(s, callees);
  arena_init(&callees->arena, LIMIT_ARENA);
  callees->mask = FIRST_BUCKETS - 1;
  scope->object = callees;
  scope->release = release_callees;
  return callees;
}

static Callee **bucket(const Callees *callees, const Callee *callee) {
  uintptr_t code;
  memcpy(&code, &callee->code, sizeof code);
  uint64_t hash = (code >> 4 ^ (uintptr_t)callee->type >> 4) *
                  UINT64_C(0x9E3779B97F4A7C15);
  return &callees->buckets[hash >> 32 & callees->mask];
}

static bool same(const Callee *a, const Callee *b) {
  return a->code == b->code && a->type == b->type &&
         a->plugin == b->plugin && a->params == b->params &&
         a->result == b->result && strcmp(a->name, b->name) == 0;
}

/* Twice the buckets, if there is memory: without it chains grow longer. */
static void grow(Callees *callees) {
  Callees larger = *callees;
  larger.mask = callees->mask * 2 + 1;
  larger.buckets = calloc(larger.mask + 1, sizeof *larger.buckets);
  if (larger.buckets == NULL)
    return;
  for (size_t i = 0; i <= callees->mask; i++) {
    while (callees->buckets[i] != NULL) {
      Callee *callee = callees->buckets[i];
      callees->buckets[i] = callee->next;
      callee->next = *bucket(&larger, callee);
      *bucket(&larger, callee) = callee;
    }
  }
  free(callees->buckets);
  *callees = larger;
}

/* The callee that is the same as that one, or NULL. */
static Callee *find(const Callees *callees, const Callee *wanted) {
  Callee *callee = *bucket(callees, wanted);
  while (callee != NULL && !same(callee, wanted))
    callee = callee->next;
  return callee;
}

/*
** How the callee will be called: by a stub, the short way or, always, the
** long one. CPLUGIN_STUB=off allows no stubs, =long the long way only.
*/
static void choose_way(Callee *callee) {
  bool islong = stub_wish("long");
  lua_CFunction stub = islong || stub_wish("off") ? NULL : stub_make(callee);
  callee->function = stub == NULL ? call_bound : stub;
  callee->fast = !islong && fast_can(callee);
}

/* Adds a copy of it, with a name of its own; NULL: no memory. */
static Callee *add(Callees *callees, const Callee *wanted) {
  Arena *arena = &callees->arena;
  char *name = arena_copy(arena, wanted->name, strlen(wanted->name));
  Callee *callee = name == NULL ? NULL : arena_alloc(arena, sizeof *callee);
  if (callee == NULL)
    return NULL;
  if (callees->count++ > callees->mask)
    grow(callees);
  *callee = *wanted;
  callee->name = name;
  callee->next = *bucket(callees, callee);
  *bucket(callees, callee) = callee;
  return callee;
}

/* ---- stubs that nobody has any more ---- */

static void mark_pinned(Callee *callee) {
  callee->used = callee->pins > 0;
}

static void end_unused(Callee *callee) {
  if (!has_stub(callee))
    return;
  if (callee->used) {
    callee->state->loose += callee->pins == 0;
    return;
  }
  stub_free(callee->function);
  callee->function = NULL;
}

/*
** The functions that are still there are keys of STATE_LOOSE: weak ones, so
** also those that finalisers have brought back. Nothing here allocates.
*/
static void free_unused(lua_State *L, State *s) {
  for (Callees *c = s->callees; c != NULL; c = c->next)
    each(c, mark_pinned);
  state_table(L, s, STATE_LOOSE);
  lua_pushnil(L);
  while (lua_next(L, -2) != 0) {
    Callee *callee = lua_touserdata(L, -1);
    callee->used = true;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  s->loose = 0;
  for (Callees *c = s->callees; c != NULL; c = c->next)
    each(c, end_unused);
  s->loose_limit = 2 * s->loose + 64;
}

/* The new function on the top may go before its plugin. */
static void note_loose(lua_State *L, Callee *callee) {
  state_table(L, callee->state, STATE_LOOSE);
  lua_pushvalue(L, -2);
  lua_pushlightuserdata(L, callee);
  lua_rawset(L, -3);
  state_table(L, callee->state, STATE_LATEST);
  lua_pushvalue(L, -3);
  lua_rawsetp(L, -2, callee);
  lua_pop(L, 2);
}

/* Pushes such a function that is still there; false: there is none. */
static bool push_latest(lua_State *L, const Callee *callee) {
  state_table(L, callee->state, STATE_LATEST);
  lua_rawgetp(L, -1, callee);
  lua_remove(L, -2);
  if (!lua_isnil(L, -1))
    return true;
  lua_pop(L, 1);
  return false;
}

/* ---- bound functions ---- */

/*
** An unprototyped function takes whatever comes, each promoted, as if it
** were variadic (C11 6.5.2.2p6); libffi knows the two as one.
*/
static bool needs_plan_per_call(const Type *type) {
  return type->signature->variadic || type->signature->unprototyped;
}

/* The callee of that plugin, made if there is none yet. */
static Callee *intern(lua_State *L, Callee *wanted) {
  Error error;
  Scope *scope = wanted->plugin->scope;
  Callees *callees = callees_of(wanted->state, scope);
  Callee *callee = callees == NULL ? NULL : find(callees, wanted);
  if (callee != NULL)
    return callee;
  if (!needs_plan_per_call(wanted->type)) {
    wanted->plan = plan_of(wanted->type, &error);
    if (wanted->plan == NULL)
      luaL_error(L, "'%s' cannot be called: %s", wanted->name, error.message);
  }
  state_scope_uses(L, wanted->state, scope, wanted->type->scope);
  callee = callees == NULL ? NULL : add(callees, wanted);
  if (callee == NULL)
    luaL_error(L, "not enough memory");
  return callee;
}

/* Are its results cdata, or NULL? */
static bool has_class(const Callee *callee) {
  const Type *result = callee->type->target->bare;
  return result->kind == TYPE_POINTER || result->kind == TYPE_RECORD;
}

/* Sees to it that there is a way to call it, pinned for now. */
static void make_ready(lua_State *L, Callee *callee, bool kept) {
  State *s = callee->state;
  callee->pins++;
  if (callee->function != NULL)
    return;
  if (!kept && ++s->loose > s->loose_limit)
    free_unused(L, s);
  choose_way(callee);
}

void callee_push(lua_State *L, Plugin *plugin, const Decl *decl,
                 const char *name, Code code, bool kept) {
  Callee wanted = {.state = plugin->state, .plugin = plugin,
                   .type = decl->type, .code = code, .params = decl->params,
                   .result = decl->result, .name = name};
  luaL_checkstack(L, 8, "cplugin");
  state_object(L, plugin->state, plugin);
  Callee *callee = intern(L, &wanted);
  if (!kept && push_latest(L, callee)) {
    lua_remove(L, -2);
    return;
  }
  make_ready(L, callee, kept);
  int n = BOUND_PLUGIN;
  if (callee->function == call_bound || has_class(callee)) {
    lua_pushnil(L);
    lua_pushlightuserdata(L, callee);
    n = BOUND_CALLEE;
  }
  lua_pushcclosure(L, callee->function, n);
  if (kept)
    return;                       /* it stays pinned */
  note_loose(L, callee);
  callee->pins--;
}

/* Functions of other modules may have a plugin for an upvalue, too. */
const Callee *callee_test(lua_State *L, int index) {
  lua_CFunction function = lua_tocfunction(L, index);
  if (function == NULL || lua_getupvalue(L, index, BOUND_PLUGIN) == NULL)
    return NULL;
  bool bound = plugin_test(L, -1) != NULL;
  lua_pop(L, 1);
  if (!bound || function != call_bound)
    return bound ? stub_callee(function) : NULL;
  lua_getupvalue(L, index, BOUND_CALLEE);
  const Callee *callee = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return callee;
}

void callee_expose(lua_State *L, State *s, int index) {
  const Callee *callee = callee_test(L, index);
  if (callee == NULL || callee->plugin->closed)
    return;
  callee->plugin->exposed = true;
  lua_pushvalue(L, index);
  state_table(L, s, STATE_EXPOSED);
  lua_insert(L, -2);
  state_object(L, s, callee->plugin);
  lua_getiuservalue(L, -1, PLUGIN_PIN);
  lua_remove(L, -2);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}
