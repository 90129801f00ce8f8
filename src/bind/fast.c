/* fast.c - see fast.h. */
#include "bind/fast.h"

#include <string.h>

#include "bind/call.h"
#include "value/push.h"
#include "value/scalar.h"

/* ---- arguments ---- */

bool fast_takes_string(const Type *type) {
  const Type *target = type->target;
  const Type *bare = target->bare;
  return (target->qual & QUAL_CONST) &&
         (bare->kind == TYPE_VOID ||
          (bare->kind == TYPE_INTEGER && bare->size == 1));
}

/*
** Is there nothing to note when C code gets memory that it may write pointers
** into? See link_expose. If nobody owns it, or for this plugin's code there
** was once.
*/
static bool is_exposed(lua_State *L, CData *cd, int index, const Type *to,
                       const Callee *callee) {
  const Class *class = cd->class;
  const Plugin *plugin = callee->plugin;
  Span span;
  if (!class->pointers || (type_qualifiers(to) & QUAL_CONST) ||
      plugin->scope == callee->state->global)
    return true;
  if (class->shape != SHAPE_VALUE && class->plugin != NULL)
    return class->plugin == plugin;
  if (class->shape != SHAPE_VALUE && !(cd->tag & CDATA_OWNED))
    return true;
  cdata_span(L, cd, index, &span);
  return link_plugin(L, callee->state, &span) == plugin;
}

/* Where the cdata's memory is; false: its plugin is closed. */
static bool address_of(CData *cd, uintptr_t *address) {
  const Class *class = cd->class;
  const Pointer *pointer = (Pointer *)cd;
  if (class->shape == SHAPE_VALUE) {
    *address = (uintptr_t)cdata_payload(cd);
    return true;
  }
  if (class->plugin != NULL && class->plugin->closed)
    return false;
  *address = *pointer->base + pointer->offset;
  return true;
}

static bool cdata_pointer(lua_State *L, CData *cd, int index, const Type *to,
                          const Callee *callee, uintptr_t *address) {
  State *s = callee->state;
  const Type *from = cd->class->type;
  if (from->kind == TYPE_POINTER || from->kind == TYPE_ARRAY)
    from = from->target;
  else if (from->kind != TYPE_RECORD)
    return false;
  return (from == to || pointer_mismatch(to, from) == NULL) &&
         (from->kind != TYPE_FUNCTION || s->usable(L, index)) &&
         is_exposed(L, cd, index, to, callee) && address_of(cd, address);
}

int fast_pointer(lua_State *L, int index, const Type *type,
                 const Callee *callee, uintptr_t *to) {
  CData *cd;
  switch (lua_type(L, index)) {
    case LUA_TUSERDATA:
      cd = cdata_test(L, index);
      return cd != NULL &&
             cdata_pointer(L, cd, index, type->target, callee, to);
    case LUA_TSTRING:
      *to = (uintptr_t)lua_tostring(L, index);
      return fast_takes_string(type);
    case LUA_TLIGHTUSERDATA:
      *to = (uintptr_t)lua_touserdata(L, index);
      return true;
    case LUA_TNIL:
      *to = 0;
      return true;
    default:
      return false;
  }
}

int fast_record(lua_State *L, int index, const Type *type,
                const Callee *callee, void *to) {
  uintptr_t at;
  CData *cd = cdata_test(L, index);
  (void)callee;                   /* stubs call this as fast_pointer */
  if (cd == NULL || cd->class->type->bare != type->bare)
    return false;
  size_t size = (size_t)type_size(type);
  const Pointer *pointer = (Pointer *)cd;
  if (cd->class->shape != SHAPE_VALUE &&
      (pointer->offset < pointer->low || pointer->offset > pointer->high ||
       pointer->high - pointer->offset < size))
    return false;
  if (!address_of(cd, &at))
    return false;
  memcpy(to, (const void *)at, size);
  return true;
}

/* ---- results ---- */

/* The long way; the class of what it pushes is remembered. */
static int push_slowly(lua_State *L, const Callee *callee, const char *at) {
  State *s = callee->state;
  push_result(L, s, callee->plan->result, at, callee->plugin);
  const CData *cd = cdata_test(L, -1);
  if (cd != NULL) {
    class_userdata(L, cd->class);
    lua_replace(L, lua_upvalueindex(BOUND_CLASS));
  }
  return 1;
}

static int push_address(lua_State *L, const Callee *callee,
                        uintptr_t address) {
  if (address == 0)
    lua_pushnil(L);
  else if (!cdata_point(L, BOUND_CLASS, callee->plugin, address))
    return push_slowly(L, callee, (const char *)&address);
  return 1;
}

static int push_record(lua_State *L, const Callee *callee, const char *at) {
  const Type *type = callee->plan->result;
  size_t size = (size_t)type_size(type);
  if (type_align(type) > _Alignof(CData) || (type_holds(type) & HOLDS_POINTER))
    return push_slowly(L, callee, at);
  CData *cd = lua_newuserdatauv(L, sizeof *cd + size, 0);
  Class *class = lua_touserdata(L, lua_upvalueindex(BOUND_CLASS));
  if (class == NULL) {
    lua_pop(L, 1);
    return push_slowly(L, callee, at);
  }
  cd->class = class;
  cd->tag = (uintptr_t)cd + STATE_COOKIE;
  memcpy(cd + 1, at, size);
  lua_getiuservalue(L, lua_upvalueindex(BOUND_CLASS), CLASS_METATABLE);
  lua_setmetatable(L, -2);
  return 1;
}

/* Pushes the result that stands there. */
static int push(lua_State *L, const Callee *callee, const char *at) {
  const Type *result = callee->plan->result;
  uintptr_t address;
  switch (result->kind) {
    case TYPE_VOID:
      return 0;
    case TYPE_POINTER:
      memcpy(&address, at, sizeof address);
      if (!(callee->result & PARAM_STRING))
        return push_address(L, callee, address);
      lua_pushstring(L, (const char *)address);
      return 1;
    case TYPE_RECORD:
      return push_record(L, callee, at);
    default:
      return scalar_push(L, result->bare, at) ? 1
                                              : push_slowly(L, callee, at);
  }
}

int fast_finish(lua_State *L, const Callee *callee, uint64_t integer,
                uint64_t integer2, unsigned floats, double number,
                double number2) {
  uint64_t words[2] = {integer, integer2};
  if (atomic_load_explicit(&callee->state->pending, memory_order_relaxed))
    call_raise(L, callee);
  if (floats & 1)
    memcpy(&words[0], &number, sizeof number);
  if (floats & 2)
    memcpy(&words[1], floats & 1 ? &number2 : &number, sizeof number);
  else if (floats & 1)
    words[1] = integer;
  return push(L, callee, (const char *)words);
}

/* ---- calls without stubs ---- */

#define OUTPUTS 4                 /* of a call, at most */

static bool is_output(const Callee *callee, uint32_t i) {
  return callee->params != NULL &&
         (callee->params[i].flags & (PARAM_OUT | PARAM_INOUT));
}

bool fast_can(const Callee *callee) {
  const Plan *plan = callee->plan;
  unsigned outputs = 0;
  if (plan == NULL || plan->bytes > CALL_SMALL || plan->align > PLAN_ALIGN)
    return false;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (is_output(callee, i) &&
        (!scalar_is_plain(plan->args[i].type->bare->target) ||
         ++outputs > OUTPUTS))
      return false;
  }
  return true;
}

static bool fetch_address(lua_State *L, int index, const Type *type,
                          const Callee *callee, uint32_t i, char *to) {
  uintptr_t address;
  if (!fast_pointer(L, index, type, callee, &address) ||
      (address == 0 && callee->params != NULL &&
       (callee->params[i].flags & PARAM_NONNULL)))
    return false;
  memcpy(to, &address, sizeof address);
  return true;
}

/* Argument `i`, which is no plain number, into its place. */
static bool fetch(lua_State *L, const Callee *callee, uint32_t i, int index,
                  char *to) {
  const Type *type = callee->plan->args[i].type->bare;
  switch (type->kind) {
    case TYPE_POINTER:
      return fetch_address(L, index, type, callee, i, to);
    case TYPE_RECORD:
      return !type->record->transparent &&
             fast_record(L, index, type, callee, to);
    default:
      return false;
  }
}

/* What a parameter leads to that is _Out_ or _Inout_. */
typedef struct Output {
  const Type *type;
  uint64_t value;                 /* as C has it */
} Output;

/* The address of the output as argument `i`; _Inout_: with the value. */
static bool fetch_output(lua_State *L, const Callee *callee, uint32_t i,
                         int *index, Output *output, char *to) {
  const char *at = (const char *)&output->value;
  output->type = callee->plan->args[i].type->bare->target->bare;
  output->value = 0;
  memcpy(to, &at, sizeof at);
  if (callee->params[i].flags & PARAM_OUT)
    return true;
  return scalar_store(L, output->type, &output->value, (*index)++);
}

int fast_call(lua_State *L, const Callee *callee) {
  _Alignas(PLAN_ALIGN) char frame[CALL_SMALL];
  Output outputs[OUTPUTS];
  const Plan *plan = callee->plan;
  int index = 1, n = 0;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    char *to = frame + plan->args[i].offset;
    if (scalar_store(L, plan->args[i].type->bare, to, index)) {
      index++;
      continue;
    }
    if (is_output(callee, i)
        ? !fetch_output(L, callee, i, &index, &outputs[n++], to)
        : !fetch(L, callee, i, index++, to))
      return FAST_NO;
  }
  call_small(L, callee, plan, frame);
  if (atomic_load_explicit(&callee->state->pending, memory_order_relaxed))
    call_raise(L, callee);
  int results = push(L, callee, frame + plan->result_offset);
  for (int i = 0; i < n; i++)
    scalar_push(L, outputs[i].type, &outputs[i].value);
  return results + n;
}

int fast_restart(lua_State *L, const Callee *callee) {
  if (callee->plugin->closed)
    return callee_closed(L, callee);
  return call(L, callee, 1);
}
