/*
** call.c - see call.h.
**
** A call: convert the arguments into the plan's frame, call, raise what
** callbacks left to be raised, convert the result. What the arguments point
** at stays on the Lua stack until then.
*/
#include "bind/call.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bind/callback.h"
#include "bind/enter.h"
#include "value/push.h"

/* ---- callers ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Caller *unused;

bool caller_take(State *s) {
  pthread_mutex_lock(&lock);
  s->caller = unused;
  if (unused != NULL)
    unused = unused->next;
  pthread_mutex_unlock(&lock);
  if (s->caller == NULL)
    s->caller = calloc(1, sizeof *s->caller);
  return s->caller != NULL;
}

void caller_give_back(Caller *caller) {
  pthread_mutex_lock(&lock);
  caller->next = unused;
  unused = caller;
  pthread_mutex_unlock(&lock);
}

/* ---- what callbacks left behind ---- */

/*
** Plugins that were closed while C code ran stay mapped until the outermost
** call returns.
*/
static void let_pins_go(lua_State *L, State *s) {
  if (call_is_waiting(s)) {
    atomic_fetch_or(&s->pending, PENDING_PINS);
    return;
  }
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &s->tables[STATE_PINS]);
}

void call_raise(lua_State *L, const Callee *callee) {
  State *s = callee->state;
  unsigned pending = atomic_exchange(&s->pending, 0);
  const char *culprit = atomic_load(&s->culprit);
  if (pending & PENDING_ERROR) {  /* taken before anything can replace it */
    lua_rawgetp(L, LUA_REGISTRYINDEX, &s->error);
    lua_pushboolean(L, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &s->error);
  }
  if (pending & PENDING_PINS)
    let_pins_go(L, s);
  if (pending == PENDING_PINS)
    return;
  if (pending & PENDING_ERROR)
    lua_error(L);
  if (pending & PENDING_DEAD)
    luaL_error(L, "'%s' called a dead callback (%s): keep the callback as "
               "long as C may call it", callee->name, culprit);
  luaL_error(L, "a callback (%s) was called on another thread, or while no "
             "call from Lua ran, and answered zero; told by the call of '%s'",
             culprit, callee->name);
}

/* ---- arguments ---- */

/* Where the value of argument `i` stands, and what it may be. */
typedef struct Frame {
  const Plan *plan;
  char *at;
  int first;                      /* stack index of the first Lua argument */
  int given;                      /* stack index of the last one */
} Frame;

static unsigned annotation(const Callee *callee, uint32_t i) {
  uint32_t fixed = callee->type->signature->nparams;
  return callee->params == NULL || i >= fixed ? 0 : callee->params[i].flags;
}

static bool is_null(const Frame *frame, const PlanArg *arg) {
  const void *address;
  memcpy(&address, frame->at + arg->offset, sizeof address);
  return arg->type->bare->kind == TYPE_POINTER && address == NULL;
}

/* The function may write pointers into the memory that it is given. */
static void expose_argument(lua_State *L, const Callee *callee,
                            const Type *target, int index) {
  Span span;
  CData *cd = cdata_test(L, index);
  if (cd == NULL || !cd->class->pointers ||
      (type_qualifiers(target) & QUAL_CONST))
    return;
  cdata_span(L, cd, index, &span);
  link_expose(L, callee->state, &span, callee->plugin);
}

static void store_argument(lua_State *L, const Callee *callee,
                           const Frame *frame, uint32_t i, int index) {
  const PlanArg *arg = &frame->plan->args[i];
  bool variadic = i >= callee->type->signature->nparams;
  Site site = {variadic ? SITE_VARIADIC : SITE_ARGUMENT,
               index - frame->first + 1, callee->name, arg->type, NULL,
               false, NULL};
  if (index > frame->given)
    store_error(L, arg->type, SITE_NO_VALUE, &site, NULL);
  store_value(L, callee->state, arg->type, frame->at + arg->offset, index,
              &site);
  if ((annotation(callee, i) & PARAM_NONNULL) && is_null(frame, arg))
    store_error(L, arg->type, index, &site,
                "the parameter is declared nonnull");
  if (arg->type->kind == TYPE_POINTER && callee->plugin != NULL)
    expose_argument(L, callee, arg->type->target, index);
}

/*
** _Out_ and _Inout_: the argument is the address of a new cdata, which is
** left on the stack. Returns its stack index.
*/
static int store_output(lua_State *L, const Callee *callee,
                        const Frame *frame, uint32_t i, int index) {
  State *s = callee->state;
  const PlanArg *arg = &frame->plan->args[i];
  const Type *target = arg->type->target->bare;
  Site site = {SITE_ARGUMENT, index - frame->first + 1, callee->name, target,
               NULL, false, NULL};
  if (!type_complete(target))
    store_error(L, target, index, &site, "the type is incomplete");
  Class *class = class_dress(L, s, target, SHAPE_VALUE, NULL);
  CData *cd = cdata_new(L, class, class->size);
  int made = lua_gettop(L);
  char *at = cdata_payload(cd);
  bool inout = (annotation(callee, i) & PARAM_INOUT) != 0;
  if (inout && index > frame->given)
    store_error(L, target, SITE_NO_VALUE, &site, NULL);
  Span span;
  cdata_span(L, cd, made, &span);
  site.span = &span;
  if (inout)
    store_value(L, s, target, at, index, &site);
  memcpy(frame->at + arg->offset, &at, sizeof at);
  return made;
}

/*
** Fills the frame. `outputs` gets the stack indices of output cdata, their
** number is returned.
*/
static int store_arguments(lua_State *L, const Callee *callee,
                           const Frame *frame, int *outputs) {
  int index = frame->first;
  int n = 0;
  for (uint32_t i = 0; i < frame->plan->nargs; i++) {
    unsigned flags = annotation(callee, i);
    if (flags & (PARAM_OUT | PARAM_INOUT)) {
      outputs[n++] = store_output(L, callee, frame, i, index);
      if (flags & PARAM_OUT)
        continue;
    } else {
      store_argument(L, callee, frame, i, index);
    }
    index++;
  }
  return n;
}

/* ---- results ---- */

static int push_outputs(lua_State *L, const Callee *callee,
                        const int *outputs, int n) {
  for (int i = 0; i < n; i++) {
    CData *cd = lua_touserdata(L, outputs[i]);
    Span span;
    if (callee->plugin != NULL)
      expose_argument(L, callee, cd->class->type, outputs[i]);
    cdata_span(L, cd, outputs[i], &span);
    if (type_is_aggregate(cd->class->type))
      lua_pushvalue(L, outputs[i]);
    else
      push_value(L, callee->state, cd->class->type, &span);
  }
  return n;
}

static int push_results(lua_State *L, const Callee *callee,
                        const Frame *frame, const int *outputs, int n) {
  const Type *type = frame->plan->result;
  const char *at = frame->at + frame->plan->result_offset;
  luaL_checkstack(L, n + 2, "too many results");
  if (type->kind == TYPE_VOID)
    return push_outputs(L, callee, outputs, n);
  if (callee->result & PARAM_STRING) {
    const char *text;
    memcpy(&text, at, sizeof text);
    lua_pushstring(L, text);
  } else {
    push_result(L, callee->state, type, at, callee->plugin);
  }
  return 1 + push_outputs(L, callee, outputs, n);
}

/* ---- the call ---- */

/* Lua functions that were arguments are callbacks for that call only. */
static void free_temporaries(lua_State *L, int first, int last) {
  for (int i = first; i <= last; i++) {
    if (callback_is_guard(L, i))
      callback_free(L, i);
  }
}

/* Large frames are copied to C's stack, which does not hold many of them. */
static void check_large(lua_State *L, const Callee *callee,
                        const Plan *plan) {
  if (callee->state->frames + plan->bytes > LIMIT_FRAMES)
    luaL_error(L, "'%s' cannot be called here: arguments by value of the "
               "calls around it leave no room for %d bytes more (limit is "
               "%d); pass pointers", callee->name, (int)plan->bytes,
               (int)LIMIT_FRAMES);
}

/* Callbacks for that call only, at these indices, are likely to run. */
static void prepare_temporaries(lua_State *L, State *s, int first, int last) {
  if (++s->calls == ENTER_NEVER)
    s->calls = 1;
  s->now.number = s->calls;
  for (int i = first; i <= last; i++) {
    if (callback_is_guard(L, i))
      callback_prepare(L, i, s->calls);
  }
}

static void call_framed(lua_State *L, const Callee *callee, const Plan *plan,
                        char *frame) {
  State *s = callee->state;
  uint32_t large = plan->bytes > CALL_SMALL ? plan->bytes : 0;
  s->frames += large;
  call_small(L, callee, plan, frame);
  s->frames -= large;
  s->now.number = 0;
}

static int call_plan(lua_State *L, const Callee *callee, const Plan *plan,
                     int first) {
  _Alignas(PLAN_ALIGN) char room[CALL_SMALL];
  int outputs[LIMIT_PARAMS];
  State *s = callee->state;
  Frame frame = {plan, room, first, lua_gettop(L)};
  luaL_checkstack(L, (int)plan->nargs * 3 + 20, "too many arguments");
  if (plan->bytes > CALL_SMALL || plan->align > PLAN_ALIGN) {
    uintptr_t at = (uintptr_t)lua_newuserdatauv(L, plan->bytes + plan->align,
                                                0);
    frame.at = (char *)((at + plan->align - 1) & ~(uintptr_t)(plan->align - 1));
  }
  int first_made = lua_gettop(L) + 1;
  int n = store_arguments(L, callee, &frame, outputs);
  int last = lua_gettop(L), temporaries = last - first_made + 1;
  luaL_checkstack(L, temporaries * ENTER_PREPARED + CALL_ROOM,
                  "too many arguments");
  plugin_check(L, callee->plugin);              /* a __gc may have closed it */
  if (plan->bytes > CALL_SMALL)
    check_large(L, callee, plan);
  if (temporaries > 0)
    prepare_temporaries(L, s, first_made, last);
  call_framed(L, callee, plan, frame.at);
  free_temporaries(L, first_made, last);
  if (atomic_load_explicit(&s->pending, memory_order_relaxed) != 0)
    call_raise(L, callee);
  return push_results(L, callee, &frame, outputs, n);
}

/* `long`, or else the type that C has for such an integer constant. */
static const Type *promoted_number(lua_State *L, int index) {
  if (!lua_isinteger(L, index))
    return type_base(BASE_DOUBLE);
  lua_Integer value = lua_tointeger(L, index);
  bool fits = value >= LONG_MIN && value <= LONG_MAX;
  return type_base(fits ? BASE_LONG : BASE_LLONG);
}

/* The type that a value has in a variadic place (C11 6.5.2.2p7). */
static const Type *promoted(lua_State *L, const Callee *callee, int index,
                            int number) {
  State *s = callee->state;
  Site site = {SITE_VARIADIC, number, callee->name, NULL, NULL, false, NULL};
  const Type *text = type_qualified(s->builtin, type_base(BASE_CHAR),
                                    QUAL_CONST);
  const Type *pointer = type_pointer(s->builtin, type_base(BASE_VOID));
  CData *cd = cdata_test(L, index);
  switch (lua_type(L, index)) {
    case LUA_TNUMBER: return promoted_number(L, index);
    case LUA_TBOOLEAN: return type_base(BASE_INT);
    case LUA_TSTRING: return type_pointer(s->builtin, text);
    case LUA_TNIL: case LUA_TLIGHTUSERDATA: return pointer;
  }
  const Callee *function = callee_test(L, index);
  if (function != NULL)
    return type_pointer(s->builtin, function->type);
  if (cd == NULL)
    store_error(L, pointer, index, &site,
                lua_istable(L, index) ? "make C data of it with new()"
                : lua_isfunction(L, index)
                    ? "make a C function of it with callback()"
                    : "C has no type for it; pass cdata, a number, string, "
                      "boolean or nil");
  const Type *type = cd->class->type->bare;
  if (type->kind == TYPE_ARRAY)
    return type_pointer(s->builtin, type->target);
  if (type->kind == TYPE_FLOAT && type->rank == BASE_FLOAT)
    return type_base(BASE_DOUBLE);  /* _Float32 stays what it is */
  return type_promoted(type);
}

/* A call of a variadic function: the plan is made for these arguments. */
static int call_variadic(lua_State *L, const Callee *callee, int first) {
  const Type *extra[LIMIT_PARAMS];
  Error error;
  uint32_t fixed = callee->type->signature->nparams;
  int given = lua_gettop(L) - first + 1;
  int lua_fixed = 0;
  for (uint32_t i = 0; i < fixed; i++)
    lua_fixed += (annotation(callee, i) & PARAM_OUT) == 0;
  int nextra = given > lua_fixed ? given - lua_fixed : 0;
  if (fixed + (uint32_t)nextra > LIMIT_PARAMS)
    return luaL_error(L, "too many arguments to '%s' (limit is %d)",
                      callee->name, LIMIT_PARAMS);
  for (int i = 0; i < nextra; i++) {
    int number = lua_fixed + i;
    extra[i] = promoted(L, callee, first + number, number + 1);
    if (extra[i] == NULL)
      return luaL_error(L, "not enough memory");
  }
  PlanMeans means = plan_means();
  size_t size = plan_size(means, fixed + (uint32_t)nextra);
  lua_newuserdatauv(L, size + PLAN_ALIGN, 0);
  uintptr_t memory = (uintptr_t)lua_touserdata(L, -1);
  memory = (memory + PLAN_ALIGN - 1) & ~(uintptr_t)(PLAN_ALIGN - 1);
  lua_insert(L, first);           /* below the arguments, to be kept */
  const Plan *plan = plan_make(means, (void *)memory, callee->type, extra,
                               (uint32_t)nextra, &error);
  if (plan == NULL)
    return luaL_error(L, "'%s' cannot be called: %s", callee->name,
                      error.message);
  return call_plan(L, callee, plan, first + 1);
}

int call(lua_State *L, const Callee *callee, int first) {
  plugin_check(L, callee->plugin);
  if (callee->plan == NULL)
    return call_variadic(L, callee, first);
  return call_plan(L, callee, callee->plan, first);
}
