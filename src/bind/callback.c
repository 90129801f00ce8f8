/*
** callback.c - see callback.h. Slots have the addresses; here is what runs
** when C calls one, and how long that lives.
*/
#include "bind/callback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bind/slot.h"
#include "plan/moves.h"
#include "type/compat.h"
#include "value/push.h"
#include "value/scalar.h"

#define GUARD "cplugin.callback"

typedef struct Guard {
  Slot *slot;                     /* NULL: freed */
} Guard;

/* ---- C has called ---- */

/*
** One run of a callback. It may be freed meanwhile: then its slot and its
** guard, which keeps the types, stay until the last run has returned.
*/
typedef struct Run {
  Slot *slot;
  State *state;
  const char *block;              /* see slot_called */
  void **arguments;
  char *place;                    /* of the result */
  Plugin *plugin;                 /* whose C code calls */
} Run;

/* ---- with protection for everything ---- */

/*
** The C closure of a callback's function: that is upvalue 1, and upvalue 2 + i
** is the class of argument i, a pointer, once it is known.
*/
#define FUNCTION lua_upvalueindex(1)
#define CLASS(i) (2 + (int)(i))

/*
** The class keeps its plugin's file: only a callback for one call remembers it
** then.
*/
static void remember_class(lua_State *L, const Run *r, uint32_t i) {
  const CData *cd = cdata_test(L, -1);
  if (cd == NULL || (cd->class->plugin != NULL && !r->slot->temporary))
    return;
  class_userdata(L, cd->class);
  lua_replace(L, lua_upvalueindex(CLASS(i)));
}

/* Pointers come from the called plugin. */
static void push_address(lua_State *L, const Run *r, uint32_t i,
                         const void *at) {
  uintptr_t address;
  memcpy(&address, at, sizeof address);
  if (address == 0) {
    lua_pushnil(L);
  } else if (!cdata_point(L, CLASS(i), r->plugin, address)) {
    push_result(L, r->state, r->slot->plan->args[i].type, at, r->plugin);
    remember_class(L, r, i);
  }
}

static void push_argument(lua_State *L, const Run *r, uint32_t i) {
  const char *text;
  const PlanArg *arg = &r->slot->plan->args[i];
  const Type *type = arg->type;
  const void *at = r->arguments == NULL ? r->block + arg->offset
                                        : r->arguments[i];
  const Param *params = r->slot->params;
  if (params != NULL && (params[i].flags & PARAM_STRING)) {
    memcpy(&text, at, sizeof text);
    lua_pushstring(L, text);
  } else if (type->kind == TYPE_POINTER) {
    push_address(L, r, i, at);
  } else {
    push_result(L, r->state, type, at, r->plugin);
  }
}

/* The value on the top, which the Lua function returned, goes to C. */
static void take_result(lua_State *L, const Run *r) {
  const Type *type = r->slot->plan->result;
  if (scalar_store(L, type, r->place, -1))
    return;
  Site site = {SITE_RESULT, 0, slot_about(r->slot), type, NULL, false, NULL};
  memset(r->place, 0, r->slot->result);
  store_value(L, r->state, type, r->place, lua_gettop(L), &site);
}

static int run(lua_State *L) {
  const Run *r = lua_touserdata(L, 1);
  const Plan *plan = r->slot->plan;
  bool isvoid = plan->result->kind == TYPE_VOID;
  if (plan->nargs > SLOT_FEW)
    luaL_checkstack(L, (int)plan->nargs + 12, "callback");
  if (r->slot->isplain)
    lua_rawgeti(L, LUA_REGISTRYINDEX, r->slot->ref);
  else
    lua_pushvalue(L, FUNCTION);
  for (uint32_t i = 0; i < plan->nargs; i++)
    push_argument(L, r, i);
  lua_call(L, (int)plan->nargs, !isvoid);
  if (!isvoid)
    take_result(L, r);
  return 0;
}

/* Replaces the Lua function on the top by a closure that runs it. */
static void push_closure(lua_State *L, const Plan *plan) {
  int upvalues = 1;
  luaL_checkstack(L, (int)plan->nargs + 2, "callback");
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (plan->args[i].type->kind == TYPE_POINTER)
      upvalues = 2 + (int)i;
  }
  for (int i = 1; i < upvalues; i++)
    lua_pushnil(L);
  lua_pushcclosure(L, run, upvalues);
}

/* ---- a run ---- */

static int traceback(lua_State *L) {
  bool has = lua_type(L, 1) == LUA_TSTRING &&
             strstr(lua_tostring(L, 1), "\nstack traceback:") != NULL;
  if (lua_type(L, 1) == LUA_TSTRING && !has)
    luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

/* False: it failed. The error or nil is on the top. */
static bool run_protected(lua_State *L, Run *r, int handler) {
  if (r->slot->isplain)
    lua_pushcfunction(L, run);
  else
    lua_rawgeti(L, LUA_REGISTRYINDEX, r->slot->ref);
  lua_pushlightuserdata(L, r);
  return lua_pcall(L, 1, 1, handler) == LUA_OK;
}

/* It failed, the error is on the top: C gets onerror. */
static void answer_error(lua_State *L, const Run *r) {
  State *s = r->state;
  const Slot *slot = r->slot;
  if (slot->onerror != NULL)
    memcpy(r->place, slot->onerror, slot->result);
  else
    memset(r->place, 0, slot->result);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &s->error);
  atomic_fetch_or(&s->pending, PENDING_ERROR);
}

/*
** The first error of an outer call is kept for it. What calls that are made
** inside the callback leave is raised there, so what is pending for the
** outer call is put aside meanwhile.
*/
static void run_later(lua_State *L, Run *r, unsigned earlier, int handler) {
  State *s = r->state;
  const char *culprit = atomic_load(&s->culprit);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &s->error);
  int error = lua_gettop(L);
  if (!run_protected(L, r, handler))
    answer_error(L, r);
  if (earlier & PENDING_ERROR) {
    lua_pushvalue(L, error);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &s->error);
  }
  if (earlier & (PENDING_DEAD | PENDING_THREAD))
    atomic_store(&s->culprit, culprit);
  atomic_fetch_or(&s->pending, earlier);
}

/* What a run changes of the State, to be put back. */
typedef struct Outer {
  lua_State *L;                   /* the outer call's */
  uintptr_t thread;
  Plugin *plugin;
  int err;
} Outer;

/* Pushes the error handler: see call_small for the room. */
static inline void begin(Slot *slot, State *s, Outer *outer) {
  *outer = (Outer){s->L, s->caller->outer, s->plugin, s->err};
  s->caller->outer = this_thread();
  slot->running++;
  lua_pushcfunction(outer->L, traceback);
}

static inline void end(Slot *slot, State *s, const Outer *outer) {
  s->caller->outer = outer->thread;
  s->plugin = outer->plugin;
  s->L = outer->L;
  s->err = outer->err;
  if (--slot->running > 0 || slot->alive)
    return;
  luaL_unref(outer->L, LUA_REGISTRYINDEX, slot->ref);
  slot_bury(slot);                /* it was freed while it ran */
}

/* Without Lua: C gets zero. */
static void refuse(Slot *slot, char *place, unsigned why) {
  memset(place, 0, slot->result);
  slot_complain(slot, why);
}

void slot_called(Slot *slot, const char *block, void **arguments,
                 char *place) {
  State *s = slot->state;
  Outer outer;
  if (s == NULL || !call_is_running(slot->caller)) {
    refuse(slot, place, PENDING_THREAD);
  } else if (!slot->alive) {
    refuse(slot, place, PENDING_DEAD);
  } else {
    begin(slot, s, &outer);
    Run r = {slot, s, block, arguments, place, s->plugin};
    int handler = lua_gettop(outer.L);
    if (atomic_load_explicit(&s->pending, memory_order_relaxed) != 0)
      run_later(outer.L, &r, atomic_exchange(&s->pending, 0), handler);
    else if (!run_protected(outer.L, &r, handler))
      answer_error(outer.L, &r);
    lua_settop(outer.L, handler - 1);
    end(slot, s, &outer);
  }
}

/* ---- the short way in, where all values are in the block ---- */

static inline bool is_ready(const Slot *slot, const State *s) {
  return s != NULL && call_is_running(slot->caller) && slot->alive &&
         atomic_load_explicit(&s->pending, memory_order_relaxed) == 0;
}

/* Entry.enter where plan->direct, and nothing is unusual. */
static unsigned enter_direct(Entry *entry, char *block) {
  Slot *slot = (Slot *)entry;
  State *s = slot->state;
  if (!is_ready(slot, s))
    return slot_enter(entry, block);
  Outer outer;
  const Plan *plan = slot->plan;
  int *err = &errno, outer_err = *err;
  begin(slot, s, &outer);
  Run r = {slot, s, block, NULL, block + plan->result_offset, s->plugin};
  int handler = lua_gettop(outer.L);
  if (!run_protected(outer.L, &r, handler))
    answer_error(outer.L, &r);
  lua_settop(outer.L, handler - 1);
  if (plan->widens)
    moves_widen(plan, block);
  end(slot, s, &outer);
  *err = outer_err;
  return 0;
}

/* What the Lua function returned is for store_value to say. */
static int convert(lua_State *L) {
  const Run *r = lua_touserdata(L, 1);
  take_result(L, r);
  return 0;
}

/* Replaces it by anything. False: by the error. */
static bool run_convert(lua_State *L, Run *r) {
  lua_pushcfunction(L, convert);
  lua_insert(L, -2);
  lua_pushlightuserdata(L, r);
  lua_insert(L, -2);              /* handler, convert, r, value */
  return lua_pcall(L, 2, 1, -4) == LUA_OK;
}

/*
** What a Lua function of plain numbers has left on the top is no number, or
** the error if it failed; pops it.
*/
static void finish_plain(lua_State *L, Slot *slot, State *s, char *place,
                         bool failed) {
  Run r = {slot, s, NULL, NULL, place, s->plugin};
  if (failed || !run_convert(L, &r))
    answer_error(L, &r);
  else
    lua_pop(L, 1);
}

/*
** The same for plain numbers: nothing here allocates, and the Lua function is
** all that needs protection.
*/
static unsigned enter_plain(Entry *entry, char *block) {
  Slot *slot = (Slot *)entry;
  State *s = slot->state;
  if (!is_ready(slot, s))
    return slot_enter(entry, block);
  Outer outer;
  const Plan *plan = slot->plan;
  int *err = &errno, outer_err = *err, nargs = (int)plan->nargs;
  char *place = block + plan->result_offset;
  begin(slot, s, &outer);
  lua_State *L = outer.L;
  lua_rawgeti(L, LUA_REGISTRYINDEX, slot->ref);
  for (int i = 0; i < nargs; i++)
    scalar_push(L, plan->args[i].type->bare, block + plan->args[i].offset);
  bool failed = lua_pcall(L, nargs, 1, -nargs - 2) != LUA_OK;
  if (!failed && (plan->result->kind == TYPE_VOID ||
                  scalar_store(L, plan->result, place, -1))) {
    lua_pop(L, 2);
  } else {
    finish_plain(L, slot, s, place, failed);
    lua_pop(L, 1);
  }
  if (plan->widens)
    moves_widen(plan, block);
  end(slot, s, &outer);
  *err = outer_err;
  return 0;
}

/* ---- guards ---- */

void callback_free(lua_State *L, int index) {
  Guard *guard = lua_touserdata(L, index);
  Slot *slot = guard->slot;
  if (slot == NULL)
    return;
  guard->slot = NULL;
  slot->alive = false;
  if (slot->running > 0) {        /* see end_run; the guard keeps the types */
    lua_pushvalue(L, index);
    lua_rawseti(L, LUA_REGISTRYINDEX, slot->ref);
    return;
  }
  luaL_unref(L, LUA_REGISTRYINDEX, slot->ref);
  slot_bury(slot);
}

static int guard_gc(lua_State *L) {
  callback_free(L, 1);
  return 0;
}

bool callback_is_guard(lua_State *L, int index) {
  return luaL_testudata(L, index, GUARD) != NULL;
}

/* State.usable */
static bool is_usable(lua_State *L, int index) {
  const CData *cd = cdata_test(L, index);
  if (cd == NULL || !(cd->tag & CDATA_OWNED) ||
      cd->class->element == NULL ||
      cd->class->element->kind != TYPE_FUNCTION)
    return true;
  lua_getiuservalue(L, index, 1);
  const Guard *guard = luaL_testudata(L, -1, GUARD);
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

/* Are all values plain ones, each in its place of the block? */
static bool is_plain(const Plan *plan) {
  const Type *result = plan->result;
  if (plan->nargs > SLOT_FEW || !plan->direct ||
      !(scalar_is_plain(result) || result->kind == TYPE_VOID))
    return false;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (!scalar_is_plain(plan->args[i].type))
      return false;
  }
  return true;
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
  push_closure(L, plan);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);     /* + guard */
  Slot *slot = slot_take(s, plan, &error);
  if (slot == NULL) {
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    luaL_error(L, "%s", error.message);
  }
  slot->plan = plan;
  slot->params = decl->params;
  slot->ref = ref;
  slot->temporary = argument != 0;
  slot->isplain = is_plain(plan);
  if (slot->isplain) {            /* instead of the closure, in its place */
    lua_pushvalue(L, index);
    lua_rawseti(L, LUA_REGISTRYINDEX, ref);
  }
  if (plan->direct)
    slot->entry.enter = slot->isplain ? enter_plain : enter_direct;
  slot->alive = true;
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
