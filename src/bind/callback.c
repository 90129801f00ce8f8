/*
** callback.c - see callback.h.
**
**   Pool (one per C function type, for the whole process)
**     plan      how libffi hands arguments over; never freed
**     dead      [slot] -> [slot] -> ...   oldest first
**   Slot
**     closure   libffi's machine code, which calls entered(slot)
**     state     NULL once its Lua state is gone; changed under the lock
**     ref       of the Lua function in STATE_CALLBACKS; 0: dead
*/
#include "bind/callback.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/ffiplan.h"
#include "type/compat.h"
#include "type/ctext.h"
#include "value/push.h"

#define QUARANTINE 64             /* dead slots before the oldest is reused */
#define ABOUT 160                 /* bytes of a slot's description */
#define GUARD "cplugin.callback"

typedef struct Pool Pool;
typedef struct Slot Slot;

struct Slot {
  ffi_closure *closure;
  void *code;                     /* what C calls */
  Pool *pool;
  State *_Atomic state;
  Caller *_Atomic caller;         /* the State's, never freed */
  const Plan *plan;               /* while alive: with the types */
  const Param *params;            /* annotations, or NULL */
  lua_Integer ref;
  char *onerror;                  /* bytes of the result, or NULL: zero */
  Slot *next;                     /* of Pool.dead */
  Slot *all;                      /* of Pool.slots */
  char about[ABOUT];
};

struct Pool {
  char *key;                      /* the C type, and how it is passed */
  Plan *plan;
  size_t result;                  /* bytes that the answer's place has */
  Slot *dead, **tail;
  unsigned ndead;
  Slot *slots;
  Pool *next;
};

typedef struct Guard {
  Slot *slot;                     /* NULL: freed */
} Guard;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Pool *pools;

/* ---- C has called ---- */

/*
** One run of a callback, for the protected function. The callback may be
** freed while it runs: what the run needs is copied from the slot, and its
** guard, which keeps the types, stays on the stack.
*/
typedef struct Run {
  Slot *slot;
  State *state;
  const Plan *plan;
  const Param *params;
  void **arguments;
  char *place;                    /* of the result */
  Plugin *plugin;                 /* whose C code calls */
  char about[ABOUT];
} Run;

static void push_argument(lua_State *L, const Run *r, uint32_t i) {
  const char *text;
  const void *at = r->arguments[i];
  if (r->params != NULL && (r->params[i].flags & PARAM_STRING)) {
    memcpy(&text, at, sizeof text);
    lua_pushstring(L, text);
  } else {                        /* pointers come from the called plugin */
    push_result(L, r->state, r->plan->args[i].type, at, r->plugin);
  }
}

static int run(lua_State *L) {
  Run *r = lua_touserdata(L, 1);
  State *s = r->state;
  const Plan *plan = r->plan;
  const Type *result = plan->result;
  Site site = {SITE_RESULT, 0, r->about, result, NULL, false, NULL};
  luaL_checkstack(L, (int)plan->nargs + 12, "callback");
  state_table(L, s, STATE_CALLBACKS);
  lua_rawgeti(L, -1, r->slot->ref);
  state_object(L, s, r->slot);                  /* the guard */
  lua_insert(L, -2);
  for (uint32_t i = 0; i < plan->nargs; i++)
    push_argument(L, r, i);
  bool isvoid = result->kind == TYPE_VOID;
  lua_call(L, (int)plan->nargs, !isvoid);
  if (!isvoid)
    store_value(L, s, result, r->place, lua_gettop(L), &site);
  return 0;
}

static int traceback(lua_State *L) {
  bool has = lua_type(L, 1) == LUA_TSTRING &&
             strstr(lua_tostring(L, 1), "\nstack traceback:") != NULL;
  if (lua_type(L, 1) == LUA_TSTRING && !has)
    luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
}

static void answer_error(const Slot *slot, char *place) {
  if (slot->onerror != NULL)
    memcpy(place, slot->onerror, slot->pool->result);
  else
    memset(place, 0, slot->pool->result);
}

/*
** The first error of an outer call is kept for it. What calls that are made
** inside the callback leave is raised there, so what is pending for the
** outer call is put aside meanwhile.
*/
static void run_protected(lua_State *L, Run *r) {
  State *s = r->state;
  unsigned earlier = atomic_exchange(&s->pending, 0);
  const char *culprit = atomic_load(&s->culprit);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &s->error);
  lua_pushcfunction(L, traceback);
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, r);
  bool failed = lua_pcall(L, 1, 0, -3) != LUA_OK;
  if (failed)
    answer_error(r->slot, r->place);
  if (earlier & PENDING_ERROR)
    lua_pushvalue(L, failed ? -3 : -2);
  if (failed || (earlier & PENDING_ERROR)) {
    lua_rawsetp(L, LUA_REGISTRYINDEX, &s->error);
    earlier |= PENDING_ERROR;
  }
  if (earlier & (PENDING_DEAD | PENDING_THREAD))
    atomic_store(&s->culprit, culprit);
  atomic_fetch_or(&s->pending, earlier);
}

static void complain(State *s, Slot *slot, unsigned what) {
  atomic_store(&s->culprit, slot->about);
  atomic_fetch_or(&s->pending, what);
}

/*
** Runs the Lua function of a slot that is alive, on the outer call's L. What
** calls within change of the State is put back.
*/
static void enter(Slot *slot, void **arguments, char *place) {
  State *s = slot->state;
  lua_State *L = s->L;
  uintptr_t outer = s->caller->outer;
  Run r = {slot, s, slot->plan, slot->params, arguments, place, s->plugin, ""};
  memcpy(r.about, slot->about, sizeof r.about);
  int err = s->err;
  int top = lua_gettop(L);
  if (!lua_checkstack(L, 8)) {
    complain(s, slot, PENDING_THREAD);
    return;
  }
  s->caller->outer = this_thread();
  run_protected(L, &r);
  lua_settop(L, top);
  s->caller->outer = outer;
  s->plugin = r.plugin;
  s->L = L;
  s->err = err;
}

/*
** On a thread that is in no call of the slot's State: the lock holds off the
** State's end (see forget).
*/
static void refuse(Slot *slot) {
  pthread_mutex_lock(&lock);
  if (slot->state != NULL)
    complain(slot->state, slot, PENDING_THREAD);
  pthread_mutex_unlock(&lock);
}

/* What libffi calls when C calls a slot's code. */
static void entered(ffi_cif *cif, void *result, void **values, void *user) {
  void *arguments[LIMIT_PARAMS + 2];
  _Alignas(PLAN_ALIGN) char room[PLAN_ALIGN];
  void *place;
  Slot *slot = user;
  State *s = slot->state;
  int err = errno;
  (void)cif;
  ffiplan_received(slot->pool->plan, values, result, arguments, &place, room);
  memset(place, 0, slot->pool->result);
  if (s == NULL || !call_is_running(slot->caller))
    refuse(slot);
  else if (slot->ref == 0)
    complain(s, slot, PENDING_DEAD);
  else
    enter(slot, arguments, place);
  ffiplan_returned(slot->pool->plan, place);
  errno = err;
}

/* ---- slots ---- */

/*
** How libffi hands over what a plan's function is given, as a plan that
** outlives the scope of its types: they are not asked again.
*/
static Plan *passing_of(const Plan *plan, Error *error) {
  void *memory = malloc(plan_size(PLAN_LIBFFI, plan->nargs));
  if (memory == NULL) {
    error_set(error, 0, "not enough memory for a callback");
    return NULL;
  }
  if (plan_make(PLAN_LIBFFI, memory, plan->type, NULL, 0, error) != NULL)
    return memory;
  free(memory);
  return NULL;
}

/* Names a function type together with how libffi sees its values. */
static char *pool_key(const Plan *plan) {
  const FfiPlan *ffi = plan->ffi;
  const ffi_cif *cif = &ffi->cif;
  size_t text = ctext(plan->type, NULL, NULL, 0) + 1;
  size_t size = text + plan->nargs + (cif->nargs + 2) * 64;
  char *key = malloc(size);
  if (key == NULL)
    return NULL;
  ctext(plan->type, NULL, key, text);
  size_t at = text - 1;
  at += (size_t)snprintf(key + at, size - at, " %u:%d",
                         (unsigned)plan->result_bytes, ffi->hidden);
  for (uint32_t i = 0; i < plan->nargs; i++)
    key[at++] = ffi->args[i].skip ? 's' : ffi->args[i].split ? '2' : '1';
  for (unsigned i = 0; i <= cif->nargs; i++) {
    const ffi_type *t = i == 0 ? cif->rtype : cif->arg_types[i - 1];
    at += (size_t)snprintf(key + at, size - at, " %u:%zu:%u",
                           (unsigned)t->type, t->size,
                           (unsigned)t->alignment);
    for (unsigned k = 0; t->type == FFI_TYPE_STRUCT && t->elements[k]; k++)
      at += (size_t)snprintf(key + at, size - at, ",%u",
                             (unsigned)t->elements[k]->type);
  }
  return key;
}

/* A pool for that passing, which is then its own. */
static Pool *new_pool(Plan *passing, char *key) {
  Pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL)
    return NULL;
  pool->plan = passing;
  pool->key = key;
  pool->result = passing->result_bytes;
  if (passing->result->kind == TYPE_VOID)
    pool->result = 0;
  pool->tail = &pool->dead;
  pool->next = pools;
  pools = pool;
  return pool;
}

/* The pool of a plan, made on first use. Under the lock. */
static Pool *pool_of(const Plan *plan, Error *error) {
  if (plan->pool != NULL)
    return plan->pool;
  error_set(error, 0, "not enough memory for a callback");
  Plan *passing = passing_of(plan, error);
  char *key = passing == NULL ? NULL : pool_key(passing);
  Pool *pool = key == NULL ? NULL : pools;
  while (pool != NULL && strcmp(pool->key, key) != 0)
    pool = pool->next;
  if (pool == NULL && key != NULL)
    pool = new_pool(passing, key);
  if (pool == NULL || pool->plan != passing) {
    free(key);
    free(passing);
  }
  ((Plan *)plan)->pool = pool;
  return pool;
}

static Slot *new_slot(Pool *pool) {
  Slot *slot = calloc(1, sizeof *slot);
  if (slot == NULL)
    return NULL;
  slot->pool = pool;
  slot->closure = ffi_closure_alloc(sizeof(ffi_closure), &slot->code);
  if (slot->closure == NULL ||
      ffi_prep_closure_loc(slot->closure, &pool->plan->ffi->cif, entered, slot,
                           slot->code) != FFI_OK) {
    if (slot->closure != NULL)
      ffi_closure_free(slot->closure);
    free(slot);
    return NULL;
  }
  slot->all = pool->slots;
  pool->slots = slot;
  return slot;
}

static Slot *take_slot(State *s, const Plan *plan, Error *error) {
  pthread_mutex_lock(&lock);
  Slot *slot = NULL;
  Pool *pool = pool_of(plan, error);
  if (pool != NULL && pool->ndead > QUARANTINE) {
    slot = pool->dead;
    pool->dead = slot->next;
    pool->ndead--;
  } else if (pool != NULL) {
    slot = new_slot(pool);
  }
  if (slot != NULL) {
    slot->caller = s->caller;
    slot->state = s;
  }
  pthread_mutex_unlock(&lock);
  return slot;
}

static void bury_slot(Slot *slot) {
  Pool *pool = slot->pool;
  free(slot->onerror);
  slot->onerror = NULL;
  slot->plan = NULL;
  slot->ref = 0;
  slot->next = NULL;
  pthread_mutex_lock(&lock);
  *pool->tail = slot;
  pool->tail = &slot->next;
  pool->ndead++;
  pthread_mutex_unlock(&lock);
}

/* ---- guards ---- */

void callback_free(lua_State *L, int index) {
  Guard *guard = lua_touserdata(L, index);
  Slot *slot = guard->slot;
  if (slot == NULL)
    return;
  guard->slot = NULL;
  state_table(L, slot->state, STATE_CALLBACKS);
  luaL_unref(L, -1, (int)slot->ref);
  lua_pop(L, 1);
  bury_slot(slot);
}

static int guard_gc(lua_State *L) {
  callback_free(L, 1);
  return 0;
}

bool callback_is_guard(lua_State *L, int index) {
  return luaL_testudata(L, index, GUARD) != NULL;
}

/* State.usable */
static bool is_usable(lua_State *L, State *s, int index) {
  const CData *cd = cdata_test(L, s, index);
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

/* What messages call it: where the function is defined, and what it is for. */
static void describe(lua_State *L, Slot *slot, int index, const char *about) {
  lua_Debug ar;
  lua_pushvalue(L, index);
  lua_getinfo(L, ">S", &ar);
  if (*ar.what == 'C')
    snprintf(slot->about, sizeof slot->about, "%s", about);
  else
    snprintf(slot->about, sizeof slot->about, "%s:%d, %s", ar.short_src,
             ar.linedefined, about);
}

void *callback_new(lua_State *L, State *s, const Decl *decl, int index,
                   const char *about) {
  Error error;
  const Type *type = decl->type;
  if (type->signature->variadic)
    luaL_error(L, "a callback cannot be variadic ('%s')", push_type(L, type));
  const Plan *plan = plan_of(type, &error);
  if (plan == NULL)
    luaL_error(L, "%s", error.message);
  Guard *guard = push_guard(L, s, type);
  state_table(L, s, STATE_CALLBACKS);
  lua_pushvalue(L, index);
  int ref = luaL_ref(L, -2);
  lua_pop(L, 1);                                /* + guard */
  Slot *slot = take_slot(s, plan, &error);
  if (slot == NULL)
    luaL_error(L, "%s", error.message);
  slot->plan = plan;
  slot->params = decl->params;
  slot->ref = ref;
  describe(L, slot, index, about);
  guard->slot = slot;
  state_keep(L, s, slot);
  return slot->code;
}

void callback_onerror(lua_State *L, State *s, int index) {
  int guard_index = lua_gettop(L);
  Guard *guard = lua_touserdata(L, guard_index);
  Slot *slot = guard->slot;
  const Type *result = slot->plan->result;
  Site site = {SITE_RESULT, 0, slot->about, result, NULL, false,
               NULL};
  if (result->kind == TYPE_VOID)
    luaL_error(L, "onerror: the callback returns nothing");
  slot->onerror = calloc(1, slot->pool->result);
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
static Plugin *function_of(lua_State *L, State *s, int index,
                           const void *address) {
  const Callee *callee = callee_test(L, s, index);
  const void *code = NULL;
  if (callee != NULL)
    memcpy(&code, &callee->code, sizeof code);
  return code == address && code != NULL ? callee->plugin : NULL;
}

/* ---- the State's end ---- */

static void forget(void *state) {
  pthread_mutex_lock(&lock);
  for (Pool *pool = pools; pool != NULL; pool = pool->next) {
    for (Slot *slot = pool->slots; slot != NULL; slot = slot->all) {
      if (slot->state == state)
        slot->state = NULL;
    }
  }
  pthread_mutex_unlock(&lock);
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
static int bad_function(lua_State *L, State *s, const Type *type, int index,
                        const Site *site) {
  bool owned = site->span != NULL && span_owned(site->span);
  return store_error(L, s, type, index, site,
                     owned ? "make a C function of it with callback()"
                           : "nothing would keep a Lua function alive there; "
                             "use callback() and hold what it returns");
}

/* A bound function that has another type, or would lose qualifiers. */
static int wrong_function(lua_State *L, State *s, const Type *type, int index,
                          const Site *site, const Callee *callee) {
  const char *own = push_type(L, callee->type);
  return store_error(L, s, type, index, site,
                     lua_pushfstring(L, "%s: '%s' is '%s'",
                                     push_difference(L, type->target,
                                                     callee->type),
                                     callee->name, own));
}

void *callback_address(lua_State *L, State *s, const Type *type, int index,
                       const Site *site) {
  char about[ABOUT];
  const Callee *callee = callee_test(L, s, index);
  const Type *function = type->target;
  if (callee != NULL) {
    if (pointer_mismatch(function, callee->type) != NULL && !site->wrap)
      wrong_function(L, s, type, index, site, callee);
    plugin_check(L, callee->plugin);
    callee_expose(L, s, index);
    void *address;                /* C11 6.5.4 forbids the cast, POSIX not */
    memcpy(&address, &callee->code, sizeof address);
    return address;
  }
  if (site->kind != SITE_ARGUMENT)
    bad_function(L, s, type, index, site);
  Decl decl = {.kind = DECL_FUNCTION, .type = function};
  snprintf(about, sizeof about, "argument #%d of '%.60s'", (int)site->number,
           site->name);
  return callback_new(L, s, &decl, index, about);  /* + guard */
}
