/* plan.c - see plan.h. */
#include "plan/plan.h"

#include <errno.h>
#include <string.h>

#include "type/ctext.h"
#include "type/scope.h"

static uint32_t align_up(uint32_t n, uint32_t align) {
  return (n + align - 1) / align * align;
}

size_t plan_size(uint32_t nargs) {
  size_t size = sizeof(Plan) + nargs * sizeof(PlanArg);
  size = (size + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
  return size + (nargs + 1) * (sizeof(ffi_type *) + sizeof(FfiRecord)) +
         sizeof(ffi_type *);
}

/* Points the plan's tables into the memory behind it. */
static void lay_out(Plan *plan, const Type *function, uint32_t nargs) {
  size_t size = sizeof(Plan) + nargs * sizeof(PlanArg);
  size = (size + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
  plan->type = function;
  plan->nargs = nargs;
  plan->bytes = 0;
  plan->pool = NULL;
  plan->hidden = false;
  plan->records = (FfiRecord *)((char *)plan + size);
  plan->ffitypes = (ffi_type **)(plan->records + nargs + 1);
}

/* Room for a value of `size` bytes in the frame; false: too large. */
static bool place(Plan *plan, uint64_t size, uint32_t align,
                  uint32_t *offset) {
  if (align > PLAN_ALIGN || size > LIMIT_FRAME)
    return false;
  uint64_t at = align_up(plan->bytes, PLAN_ALIGN / 2);
  if (align > PLAN_ALIGN / 2)
    at = align_up(plan->bytes, PLAN_ALIGN);
  if (at + size > LIMIT_FRAME)
    return false;
  *offset = (uint32_t)at;
  plan->bytes = (uint32_t)(at + size);
  return true;
}

static bool too_large(const Type *type, Error *error) {
  char text[LIMIT_MESSAGE / 2];
  ctext(type, NULL, text, sizeof text);
  return error_set(error, 0, "'%s' is too large to be passed by value: a call has "
                   "%u bytes for all; pass a pointer", text, LIMIT_FRAME);
}

/* What libffi is given: so many arguments, so many registers. */
typedef struct Passed {
  uint32_t n;
  FfiRegisters registers;
} Passed;

static void add_passed(Plan *plan, PlanArg *arg, ffi_type *described,
                       Passed *passed) {
  arg->split = ffitype_splits(described, &passed->registers);
  if (arg->split) {
    plan->ffitypes[passed->n++] = &ffi_type_uint64;
    described = &ffi_type_double;
  }
  plan->ffitypes[passed->n++] = described;
}

/* Adds argument `i` of the plan. */
static bool add_argument(Plan *plan, uint32_t i, const Type *type,
                         Passed *passed, Error *error) {
  FfiPass pass;
  ffi_type *described = ffitype_of(type, &plan->records[i], &pass, error);
  PlanArg *arg = &plan->args[i];
  if (described == NULL)
    return false;
  arg->type = type;
  arg->skip = pass == FFI_PASS_NOTHING;
  if (!place(plan, type_size(type), type_align(type), &arg->offset))
    return too_large(type, error);
  arg->split = false;
  if (!arg->skip)
    add_passed(plan, arg, described, passed);
  return true;
}

/* Integers narrower than a register are widened (see plan_returned). */
static void set_widening(Plan *plan) {
  const Type *type = plan->result;
  if (type->kind == TYPE_ENUM)
    type = type->target;
  bool isinteger = type->kind == TYPE_INTEGER || type->kind == TYPE_BOOL;
  plan->widen = 0;
  if (isinteger && type_size(type) < sizeof(ffi_arg))
    plan->widen = (uint8_t)type_size(type);
  plan->widen_signed = (type->flags & TYPE_UNSIGNED) == 0;
}

/* Describes the result; a hidden pointer becomes the first argument. */
static ffi_type *add_result(Plan *plan, Passed *passed, Error *error) {
  FfiPass pass;
  plan->result = plan->type->target->bare;
  ffi_type *described =
      ffitype_of(plan->result, &plan->records[plan->nargs], &pass, error);
  if (described == NULL)
    return NULL;
  set_widening(plan);
  if (pass == FFI_PASS_X87)
    return &ffi_type_longdouble;
  if (pass == FFI_PASS_MEMORY && abi_hidden_pointer()) {
    plan->hidden = true;
    ffitype_splits(&ffi_type_pointer, &passed->registers);
    plan->ffitypes[passed->n++] = &ffi_type_pointer;
    return &ffi_type_pointer;
  }
  return described;
}

/* The result comes last in the frame, a whole register at least. */
static bool place_result(Plan *plan, Error *error) {
  uint64_t size = plan->result->kind == TYPE_VOID ? 0
                                                  : type_size(plan->result);
  if (size < sizeof(ffi_arg) && !plan->hidden)
    size = sizeof(ffi_arg);
  plan->result_bytes = (uint32_t)size;
  if (!place(plan, size, PLAN_ALIGN, &plan->result_offset))
    return too_large(plan->result, error);
  plan->bytes = align_up(plan->bytes, PLAN_ALIGN);
  return true;
}

static bool prepare(Plan *plan, ffi_type *result, uint32_t fixed,
                    uint32_t count, Error *error) {
  bool variadic = plan->type->signature->variadic;
  ffi_status status =
      variadic ? ffi_prep_cif_var(&plan->cif, FFI_DEFAULT_ABI, fixed, count,
                                  result, plan->ffitypes)
               : ffi_prep_cif(&plan->cif, FFI_DEFAULT_ABI, count, result,
                              plan->ffitypes);
  if (status == FFI_OK)
    return true;
  char text[LIMIT_MESSAGE / 2];
  ctext(plan->type, NULL, text, sizeof text);
  return error_set(error, 0, "libffi cannot call '%s' (status %d)", text,
                   (int)status);
}

const Plan *plan_make(void *memory, const Type *function,
                      const Type *const *extra, uint32_t nextra,
                      Error *error) {
  Plan *plan = memory;
  const Signature *signature = function->signature;
  Passed passed = {0, {0, 0}};
  uint32_t fixed = 0;
  lay_out(plan, function, signature->nparams + nextra);
  ffi_type *result = add_result(plan, &passed, error);
  if (result == NULL)
    return NULL;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (i == signature->nparams)
      fixed = passed.n;
    const Type *type = i < signature->nparams
                           ? signature->params[i]
                           : extra[i - signature->nparams];
    if (!add_argument(plan, i, type, &passed, error))
      return NULL;
  }
  if (nextra == 0)
    fixed = passed.n;
  if (!place_result(plan, error) ||
      !prepare(plan, result, fixed, passed.n, error))
    return NULL;
  return plan;
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

const Plan *plan_of(const Type *function, Error *error) {
  if (function->plan != NULL)
    return function->plan;
  if (!convention_known(function, error))
    return NULL;
  Arena *arena = &function->scope->arena;
  ArenaMark mark = arena_mark(arena);
  void *memory = arena_alloc(arena, plan_size(function->signature->nparams));
  if (memory == NULL) {
    error_set(error, 0, "not enough memory");
    return NULL;
  }
  const Plan *plan = plan_make(memory, function, NULL, 0, error);
  if (plan != NULL)
    ((Type *)function)->plan = memory;
  else
    arena_rollback(arena, mark);
  return plan;
}

void plan_call(const Plan *plan, void (*code)(void), char *frame, int *err) {
  void *values[LIMIT_PARAMS + 3];
  void *result = frame + plan->result_offset;
  void *hidden = result;
  unsigned n = 0;
  if (plan->hidden)
    values[n++] = &hidden;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    const PlanArg *arg = &plan->args[i];
    if (!arg->skip)
      values[n++] = frame + arg->offset;
    if (arg->split)
      values[n++] = frame + arg->offset + sizeof(ffi_arg);
  }
  ffi_arg ignored[2];
  errno = *err;
  /* libffi only reads the cif that it takes without const. */
  ffi_call((ffi_cif *)&plan->cif, code, plan->hidden ? ignored : result,
           values);
  *err = errno;
}

void plan_received(const Plan *plan, void **values, void *result,
                   void **arguments, void **place, char room[PLAN_ALIGN]) {
  static char empty[PLAN_ALIGN];
  *place = result;
  if (plan->hidden)
    *place = *(void **)*values++;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    const PlanArg *arg = &plan->args[i];
    arguments[i] = arg->skip ? empty : *values++;
    if (!arg->split)
      continue;
    memcpy(room, arguments[i], sizeof(ffi_arg));
    memcpy(room + sizeof(ffi_arg), *values++, sizeof(double));
    arguments[i] = room;
  }
  if (plan->hidden)
    *(void **)result = *place;
}

void plan_returned(const Plan *plan, void *place) {
  unsigned unused = (unsigned)(sizeof(ffi_arg) - plan->widen) * 8;
  if (plan->widen == 0)
    return;
  ffi_arg value = 0;
  memcpy(&value, place, plan->widen);           /* little-endian */
  value <<= unused;
  value = plan->widen_signed ? (ffi_arg)((ffi_sarg)value >> unused)
                             : value >> unused;
  memcpy(place, &value, sizeof value);
}
