/* plan.c - see plan.h. */
#include "plan/plan.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "plan/ffiplan.h"
#include "plan/moves.h"
#include "type/ctext.h"
#include "type/scope.h"

PlanMeans plan_means(void) {
  static atomic_int means = -1;   /* several threads may find out at once */
  int known = atomic_load_explicit(&means, memory_order_relaxed);
  if (known >= 0)
    return (PlanMeans)known;
  const char *wanted = getenv("CPLUGIN_CALL");
  known = PLAN_LIBFFI;
#if defined(INVOKE_HERE)
  if (wanted == NULL || strcmp(wanted, "libffi") != 0)
    known = PLAN_OWN;
#endif
  (void)wanted;
  atomic_store_explicit(&means, known, memory_order_relaxed);
  return (PlanMeans)known;
}

bool plan_too_large(const Type *type, Error *error) {
  char text[LIMIT_MESSAGE / 2];
  ctext(type, NULL, text, sizeof text);
  return error_set(error, 0, "'%s' is too large to be passed by value: a call "
                   "has %u bytes for all; pass a pointer", text, LIMIT_FRAME);
}

static size_t round_up(size_t n) {
  return (n + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
}

static size_t own_size(uint32_t nargs) {
  return round_up(sizeof(Plan) + nargs * sizeof(PlanArg));
}

size_t plan_size(PlanMeans means, uint32_t nargs) {
  return own_size(nargs) + (means == PLAN_OWN
                                ? moves_limit(nargs) * sizeof(Move)
                                : ffiplan_size(nargs));
}

/* The types, and room for the means behind the plan. */
static void begin(Plan *plan, PlanMeans means, const Type *function,
                  const Type *const *extra, uint32_t nextra) {
  const Signature *signature = function->signature;
  uint32_t nargs = signature->nparams + nextra;
  void *behind = (char *)plan + own_size(nargs);
  *plan = (Plan){.type = function, .nargs = nargs, .align = PLAN_ALIGN};
  plan->result = function->target->bare;
  for (uint32_t i = 0; i < nargs; i++) {
    const Type *type = i < signature->nparams
                           ? signature->params[i]
                           : extra[i - signature->nparams];
    plan->args[i] = (PlanArg){.type = type};
  }
  if (means == PLAN_OWN)
    plan->moves = behind;
  else
    plan->ffi = behind;
}

static bool convention_known(const Type *function, Error *error) {
  CallConvention convention = function->signature->convention;
#if defined(__x86_64__) || defined(__aarch64__)
  /* 32-bit conventions say nothing on these machines, as gcc warns. */
  if (convention != CALL_MS)
    return true;
#else
  if (convention == CALL_DEFAULT || convention == CALL_CDECL)
    return true;
#endif
  char text[LIMIT_MESSAGE / 2];
  ctext(function, NULL, text, sizeof text);
  return error_set(error, 0, "'%s' has a calling convention that is not "
                   "supported here", text);
}

const Plan *plan_make(PlanMeans means, void *memory, const Type *function,
                      const Type *const *extra, uint32_t nextra,
                      Error *error) {
  Plan *plan = memory;
  if (!convention_known(function, error))
    return NULL;
  begin(plan, means, function, extra, nextra);
  bool made = means == PLAN_OWN
                  ? moves_make(plan, error)
                  : ffiplan_make(plan, plan->nargs - nextra, error);
  return made ? plan : NULL;
}

const Plan *plan_of(const Type *function, Error *error) {
  if (function->plan != NULL)
    return function->plan;
  PlanMeans means = plan_means();
  Arena *arena = &function->scope->arena;
  ArenaMark mark = arena_mark(arena);
  size_t size = plan_size(means, function->signature->nparams);
  void *memory = arena_alloc(arena, size);
  if (memory == NULL) {
    error_set(error, 0, "not enough memory");
    return NULL;
  }
  const Plan *plan = plan_make(means, memory, function, NULL, 0, error);
  if (plan != NULL)
    ((Type *)function)->plan = memory;
  else
    arena_rollback(arena, mark);
  return plan;
}

void plan_call(const Plan *plan, void (*code)(void), char *frame, int *err) {
  errno = *err;
#if defined(INVOKE_HERE)
  if (plan->ffi == NULL)
    moves_call(plan, code, frame);
  else
#endif
    ffiplan_call(plan, code, frame);
  *err = errno;
}
