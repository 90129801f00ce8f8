/*
** enter.c - see enter.h. C code waits here: whatever may throw is called by
** lua_pcall.
*/
#include "bind/enter.h"

#include <string.h>

#include "bind/stub.h"
#include "plan/moves.h"
#include "value/push.h"
#include "value/scalar.h"

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
  bool cells;                     /* run() has them on the stack */
} Run;

/* ---- pointers ---- */

/*
** C hands out the same pointer often, run after run: then its cdata of the run
** before, which nothing can have changed but a finaliser, does again. A table
** with weak values has it, as `i`, and as SLOT_FEW + i the metatable for others
** of its class: that keeps the class, so Slot.classes is valid. A finaliser may
** have called the callback, and made the table, while this makes one.
*/
static void make_cells(lua_State *L, Slot *slot) {
  lua_createtable(L, 2 * SLOT_FEW, 0);
  state_make_weak(L, slot->state);
  if (slot->cells == LUA_NOREF)
    slot->cells = luaL_ref(L, LUA_REGISTRYINDEX);
  else
    lua_pop(L, 1);
}

static inline bool fits(const Class *class, const Plugin *plugin) {
  return class->plugin == plugin &&
         (class->element.size != 0 || class_is_current(class));
}

/* Pushes the cdata of the run before. False, and anything: it is not it. */
static inline bool push_same(lua_State *L, const Slot *slot,
                             const Plugin *plugin, uint32_t i, int cells) {
  lua_rawgeti(L, cells, (int)i + 1);
  const Pointer *pointer = lua_touserdata(L, -1);
  return pointer != NULL && pointer->offset == slot->addresses[i] &&
         pointer->head.tag == (uintptr_t)pointer + STATE_COOKIE &&
         fits(pointer->head.class, plugin);
}

/* Pushes a new one of the class that is known. False, and nothing. */
static bool push_alike(lua_State *L, const Run *r, uint32_t i, int cells,
                       uintptr_t address) {
  Pointer *pointer = lua_newuserdatauv(L, sizeof *pointer, 0);
  bool known = lua_rawgeti(L, cells, SLOT_FEW + (int)i + 1) == LUA_TTABLE;
  Class *class = r->slot->classes[i];           /* now: finalisers have run */
  if (!known || !fits(class, r->plugin)) {
    lua_pop(L, 2);
    return false;
  }
  pointer_foreign(pointer, class, address);
  lua_setmetatable(L, -2);
  return true;
}

/* The pointer on the top, and its class, for the runs to come. */
static void remember(lua_State *L, const Run *r, uint32_t i, int cells,
                     uintptr_t address, bool alike) {
  Slot *slot = r->slot;
  if (!alike && lua_getmetatable(L, -1)) {
    const CData *cd = lua_touserdata(L, -2);
    lua_rawseti(L, cells, SLOT_FEW + (int)i + 1);
    slot->classes[i] = cd->class;
  }
  lua_pushvalue(L, -1);
  lua_rawseti(L, cells, (int)i + 1);
  slot->addresses[i] = address;
}

/* They come from the called plugin. */
static void push_address(lua_State *L, const Run *r, uint32_t i, int cells,
                         const void *at) {
  uintptr_t address;
  memcpy(&address, at, sizeof address);
  if (address == 0) {
    lua_pushnil(L);
    return;
  }
  if (address == r->slot->addresses[i]) {
    if (push_same(L, r->slot, r->plugin, i, cells))
      return;
    lua_pop(L, 1);
  }
  bool alike = push_alike(L, r, i, cells, address);
  if (!alike)
    push_result(L, r->state, r->slot->plan->args[i].type, at, r->plugin);
  remember(L, r, i, cells, address, alike);
}

/* ---- with protection for everything ---- */

#define CELLS 2                   /* where run() has them on the stack */

static void push_argument(lua_State *L, const Run *r, uint32_t i) {
  const char *text;
  const Slot *slot = r->slot;
  const PlanArg *arg = &slot->plan->args[i];
  const void *at = r->arguments == NULL ? r->block + arg->offset
                                        : r->arguments[i];
  if (slot->params != NULL && (slot->params[i].flags & PARAM_STRING)) {
    memcpy(&text, at, sizeof text);
    lua_pushstring(L, text);
  } else if (arg->type->kind == TYPE_POINTER && i < SLOT_FEW && r->cells) {
    push_address(L, r, i, CELLS, at);
  } else {
    push_result(L, r->state, arg->type, at, r->plugin);
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

/*
** Most callbacks run for one call, and some of these only once. A finaliser
** may make the cells while this run does without.
*/
static void find_cells(lua_State *L, Run *r) {
  Slot *slot = r->slot;
  if (slot->haspointers && slot->cells == LUA_NOREF && slot->again) {
    make_cells(L, slot);
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->cells);
    lua_replace(L, CELLS);
  }
  slot->again = true;
  r->cells = lua_istable(L, CELLS);
}

/* run, cells or nil, the Lua function */
static int run(lua_State *L) {
  Run *r = lua_touserdata(L, 1);
  const Plan *plan = r->slot->plan;
  bool isvoid = plan->result->kind == TYPE_VOID;
  if (plan->nargs > SLOT_FEW)
    luaL_checkstack(L, (int)plan->nargs + 12, "callback");
  find_cells(L, r);
  for (uint32_t i = 0; i < plan->nargs; i++)
    push_argument(L, r, i);
  lua_call(L, (int)plan->nargs, !isvoid);
  if (!isvoid)
    take_result(L, r);
  return 0;
}

/* ---- a run ---- */

static int traceback(lua_State *L) {
  bool has = lua_type(L, 1) == LUA_TSTRING &&
             strstr(lua_tostring(L, 1), "\nstack traceback:") != NULL;
  if (lua_type(L, 1) == LUA_TSTRING && !has)
    luaL_traceback(L, L, lua_tostring(L, 1), 1);
  return 1;
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
** Calls that are given Lua functions have each of them on the stack, with the
** handler of errors behind it: runs need not fetch them. They look whether it
** is there: C code that is called may call Lua by its API, and in there others
** run the callback, where the stack has another base.
*/
void enter_prepare(lua_State *L, Slot *slot, uint32_t number) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, slot->ref);
  slot->function = lua_gettop(L);
  slot->value = lua_topointer(L, -1);
  slot->number = number;
  lua_pushcfunction(L, traceback);
}

static inline bool is_prepared(const Slot *slot, const Current *outer) {
  return slot->number == outer->number &&
         lua_topointer(outer->L, slot->function) == slot->value;
}

/* The index of the handler of errors, which else is pushed. */
static inline int push_handler(lua_State *L, const Slot *slot,
                               bool prepared) {
  if (prepared)
    return slot->function + 1;
  lua_pushcfunction(L, traceback);
  return lua_gettop(L);
}

static inline void push_function(lua_State *L, const Slot *slot,
                                 bool prepared) {
  if (prepared)
    lua_pushvalue(L, slot->function);
  else
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot->ref);
}

/* So many values are above the handler, which was pushed or prepared. */
static inline void pop_run(lua_State *L, int values, bool prepared) {
  lua_pop(L, prepared ? values : values + 1);
}

static void run_protected(lua_State *L, Run *r, int handler, bool prepared) {
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, r);
  lua_rawgeti(L, LUA_REGISTRYINDEX, r->slot->cells);
  push_function(L, r->slot, prepared);
  if (lua_pcall(L, 3, 0, handler) != LUA_OK)
    answer_error(L, r);
}

/*
** The first error of an outer call is kept for it. What calls that are made
** inside the callback leave is raised there, so what is pending for the
** outer call is put aside meanwhile.
*/
static void run_later(lua_State *L, Run *r, int handler, bool prepared,
                      unsigned earlier) {
  State *s = r->state;
  const char *culprit = atomic_load(&s->culprit);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &s->error);
  int error = lua_gettop(L);
  run_protected(L, r, handler, prepared);
  if (earlier & PENDING_ERROR) {
    lua_pushvalue(L, error);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &s->error);
  }
  lua_settop(L, error - 1);
  if (earlier & (PENDING_DEAD | PENDING_THREAD))
    atomic_store(&s->culprit, culprit);
  atomic_fetch_or(&s->pending, earlier);
}

/* Returns what end() puts back. */
static inline Current begin(Slot *slot, State *s) {
  Current outer = s->now;
  s->now.outer = this_thread();
  s->now.number = 0;
  slot->users++;
  return outer;
}

/* Nobody uses it, nor will: lets go of what it has in Lua. */
static void let_go(lua_State *L, Slot *slot) {
  luaL_unref(L, LUA_REGISTRYINDEX, slot->ref);
  luaL_unref(L, LUA_REGISTRYINDEX, slot->cells);
  slot_bury(slot);
}

static inline void end(Slot *slot, State *s, const Current *outer) {
  s->now = *outer;
  if (--slot->users == 0)
    let_go(outer->L, slot);       /* it was freed while it ran */
}

bool enter_end(lua_State *L, Slot *slot) {
  slot->alive = false;
  slot->entry.enter = slot_enter;
  if (--slot->users > 0)
    return false;
  let_go(L, slot);
  return true;
}

/* Without Lua: C gets zero. */
static void refuse(Slot *slot, char *place, unsigned why) {
  memset(place, 0, slot->result);
  slot_complain(slot, why);
}

void slot_called(Slot *slot, const char *block, void **arguments,
                 char *place) {
  State *s = slot->state;
  if (s == NULL || !call_is_running(slot->caller)) {
    refuse(slot, place, PENDING_THREAD);
  } else if (!slot->alive) {
    refuse(slot, place, PENDING_DEAD);
  } else {
    Current outer = begin(slot, s);
    lua_State *L = outer.L;
    bool prepared = is_prepared(slot, &outer);
    Run r = {slot, s, block, arguments, place, outer.plugin, false};
    int handler = push_handler(L, slot, prepared);
    if (atomic_load_explicit(&s->pending, memory_order_relaxed) != 0)
      run_later(L, &r, handler, prepared, atomic_exchange(&s->pending, 0));
    else
      run_protected(L, &r, handler, prepared);
    pop_run(L, 0, prepared);
    end(slot, s, &outer);
  }
}

/* ---- the short way in: all values are in the block ---- */

/*
** Sets the State. False: something is unusual. That the slot is alive and has
** one is known, since Entry.enter leads here.
*/
static inline bool is_ready(const Slot *slot, State **s) {
  const Caller *caller = atomic_load_explicit(&slot->caller,
                                              memory_order_relaxed);
  if (!call_is_running(caller))
    return false;
  *s = atomic_load_explicit(&slot->state, memory_order_relaxed);
  return atomic_load_explicit(&(*s)->pending, memory_order_relaxed) == 0;
}

/* Of the running thread, found as stubs do. */
static inline int *errno_of(const Slot *slot) {
  return (int *)(this_thread() + slot->err);
}

/* C code that has come the short way in, and what it finds again. */
typedef struct Visit {
  Slot *slot;
  State *s;
  Current outer;
  int err;                        /* errno */
  int handler;                    /* index of the handler of errors */
  bool prepared;                  /* see enter_prepare */
} Visit;

/* False, and nothing done: it is for slot_enter. */
__attribute__((always_inline))
static inline bool arrive(Entry *entry, Visit *v) {
  v->slot = (Slot *)entry;
  if (!is_ready(v->slot, &v->s))
    return false;
  v->err = *errno_of(v->slot);
  v->outer = begin(v->slot, v->s);
  v->prepared = is_prepared(v->slot, &v->outer);
  v->handler = push_handler(v->outer.L, v->slot, v->prepared);
  return true;
}

/* So many values are above the handler. */
__attribute__((always_inline))
static inline unsigned leave(const Visit *v, int values) {
  pop_run(v->outer.L, values, v->prepared);
  end(v->slot, v->s, &v->outer);
  *errno_of(v->slot) = v->err;
  return 0;
}

static inline void widen(const Plan *plan, char *block) {
  if (plan->widens)
    moves_widen(plan, block);
}

static void run_block(lua_State *L, Slot *slot, State *s, char *block,
                      int handler, bool prepared) {
  const Plan *plan = slot->plan;
  Run r = {slot, s, block, NULL, block + plan->result_offset, s->now.plugin,
           false};
  run_protected(L, &r, handler, prepared);
  widen(plan, block);
}

/* Entry.enter where plan->direct, and nothing is unusual. */
static unsigned enter_direct(Entry *entry, char *block) {
  Visit v;
  if (!arrive(entry, &v))
    return slot_enter(entry, block);
  run_block(v.outer.L, v.slot, v.s, block, v.handler, v.prepared);
  return leave(&v, 0);
}

/* ---- the shortest ones, for plain numbers and for pointers ---- */

/* What the Lua function returned is for store_value to say. */
static int convert(lua_State *L) {
  const Run *r = lua_touserdata(L, 1);
  take_result(L, r);
  return 0;
}

/* Takes the value on the top. False: an error is there instead. */
static bool run_convert(lua_State *L, Run *r, int handler) {
  lua_pushcfunction(L, convert);
  lua_insert(L, -2);
  lua_pushlightuserdata(L, r);
  lua_insert(L, -2);              /* convert, r, value */
  return lua_pcall(L, 2, 1, handler) == LUA_OK;
}

/*
** The Lua function has left what is no plain number on the top, or failed.
** Leaves anything there.
*/
static void finish_badly(lua_State *L, Slot *slot, State *s, char *block,
                         int handler, bool failed) {
  Run r = {slot, s, block, NULL, block + slot->plan->result_offset, NULL,
           false};
  if (!failed && run_convert(L, &r, handler))
    return;
  answer_error(L, &r);
  lua_pushnil(L);
}

/*
** The value on the top, or an error, goes to C. Leaves anything there.
*/
static void finish(lua_State *L, Slot *slot, State *s, char *block,
                   int handler, bool failed) {
  const Plan *plan = slot->plan;
  if (failed || !(plan->result->kind == TYPE_VOID ||
                  scalar_store(L, plan->result,
                               block + plan->result_offset, -1)))
    finish_badly(L, slot, s, block, handler, failed);
  widen(plan, block);
}

/*
** Calls the Lua function, which has been pushed with its arguments, for a
** plain result: nothing else needs protection, for nothing else allocates.
** Leaves a value on the top.
*/
static inline void call_pushed(lua_State *L, Slot *slot, State *s,
                               char *block, int handler) {
  int isinteger;
  const Plan *plan = slot->plan;
  bool failed = lua_pcall(L, (int)plan->nargs, 1, handler) != LUA_OK;
  if (!failed && plan->result->rank == BASE_INT) {
    lua_Integer value = lua_tointegerx(L, -1, &isinteger);
    int integer = (int)value;
    if (isinteger && integer == value) {
      memcpy(block + plan->result_offset, &integer, sizeof integer);
      return;
    }
  }
  finish(L, slot, s, block, handler, failed);
}

static unsigned enter_plain(Entry *entry, char *block) {
  Visit v;
  if (!arrive(entry, &v))
    return slot_enter(entry, block);
  lua_State *L = v.outer.L;
  const Plan *plan = v.slot->plan;
  push_function(L, v.slot, v.prepared);
  for (uint32_t i = 0; i < plan->nargs; i++)
    scalar_push(L, plan->args[i].type->bare, block + plan->args[i].offset);
  call_pushed(L, v.slot, v.s, block, v.handler);
  return leave(&v, 1);
}

/* Are all pointers those of the run before? */
static bool is_same(const Slot *slot, const char *block) {
  uintptr_t address;
  const Plan *plan = slot->plan;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (plan->args[i].type->kind != TYPE_POINTER)
      continue;
    memcpy(&address, block + plan->args[i].offset, sizeof address);
    if (address != 0 && address != slot->addresses[i])
      return false;
  }
  return true;
}

/* Pushes cells, function and arguments. False, and nothing: it cannot. */
static bool push_pointers(lua_State *L, const Slot *slot, Plugin *plugin,
                          const char *block, bool prepared) {
  uintptr_t address;
  const Plan *plan = slot->plan;
  lua_rawgeti(L, LUA_REGISTRYINDEX, slot->cells);
  push_function(L, slot, prepared);
  for (uint32_t i = 0; i < plan->nargs; i++) {
    const Type *type = plan->args[i].type;
    const char *at = block + plan->args[i].offset;
    if (type->kind != TYPE_POINTER) {
      scalar_push(L, type->bare, at);
      continue;
    }
    memcpy(&address, at, sizeof address);
    if (address == 0) {
      lua_pushnil(L);
    } else if (!push_same(L, slot, plugin, i, -(int)i - 2)) {
      lua_pop(L, (int)i + 3);
      return false;
    }
  }
  return true;
}

static unsigned enter_pointers(Entry *entry, char *block) {
  Visit v;
  if (!arrive(entry, &v))
    return slot_enter(entry, block);
  lua_State *L = v.outer.L;
  if (is_same(v.slot, block) &&
      push_pointers(L, v.slot, v.outer.plugin, block, v.prepared)) {
    call_pushed(L, v.slot, v.s, block, v.handler);
    return leave(&v, 2);
  }
  run_block(L, v.slot, v.s, block, v.handler, v.prepared);
  return leave(&v, 0);
}

/* ---- which way ---- */

static bool is_string(const Slot *slot, uint32_t i) {
  return slot->params != NULL && (slot->params[i].flags & PARAM_STRING);
}

void enter_begin(Slot *slot) {
  const Plan *plan = slot->plan;
  const Type *result = plan->result;
  bool few = plan->nargs <= SLOT_FEW &&
             (scalar_is_plain(result) || result->kind == TYPE_VOID);
  slot->cells = LUA_NOREF;
  slot->again = slot->haspointers = false;
  memset(slot->addresses, 0, sizeof slot->addresses);
  for (uint32_t i = 0; i < plan->nargs; i++) {
    bool ispointer = plan->args[i].type->kind == TYPE_POINTER &&
                     !is_string(slot, i);
    few = few && (ispointer || scalar_is_plain(plan->args[i].type));
    slot->haspointers = slot->haspointers || ispointer;
  }
  slot->err = (uintptr_t)stub_errno();
  slot->number = ENTER_NEVER;
  slot->users = 1;
  slot->alive = true;
  if (plan->direct)
    slot->entry.enter = !few ? enter_direct
                        : slot->haspointers ? enter_pointers : enter_plain;
}
