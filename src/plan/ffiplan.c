/* ffiplan.c - see ffiplan.h. */
#include "plan/ffiplan.h"

#include <string.h>

#include "type/ctext.h"

static size_t round_up(size_t n) {
  return (n + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
}

/*
** FfiPlan | records | types (each argument may be split, and there may be a
** hidden one) | args
*/
size_t ffiplan_size(uint32_t nargs) {
  return round_up(sizeof(FfiPlan)) + (nargs + 1) * sizeof(FfiRecord) +
         (2 * nargs + 1) * sizeof(ffi_type *) +
         round_up(nargs * sizeof(FfiArg));
}

static void lay_out(FfiPlan *ffi, uint32_t nargs) {
  ffi->records = (FfiRecord *)((char *)ffi + round_up(sizeof *ffi));
  ffi->types = (ffi_type **)(ffi->records + nargs + 1);
  ffi->args = (FfiArg *)(ffi->types + 2 * nargs + 1);
  ffi->hidden = false;
}

/* Room for a value in the frame; false: too large. */
static bool place(Plan *plan, const Type *type, uint64_t size,
                  uint32_t *offset, Error *error) {
  uint64_t at = round_up(plan->bytes);
  if (size > LIMIT_FRAME || at + size > LIMIT_FRAME)
    return plan_too_large(type, error);
  *offset = (uint32_t)at;
  plan->bytes = (uint32_t)(at + size);
  return true;
}

/* What libffi is given: so many arguments, so many registers. */
typedef struct Passed {
  uint32_t n;
  FfiRegisters registers;
} Passed;

static void add_passed(FfiPlan *ffi, FfiArg *arg, ffi_type *described,
                       Passed *passed) {
  arg->split = ffitype_splits(described, &passed->registers);
  if (arg->split) {
    ffi->types[passed->n++] = &ffi_type_uint64;
    described = &ffi_type_double;
  }
  ffi->types[passed->n++] = described;
}

/* Adds argument `i` of the plan. */
static bool add_argument(Plan *plan, uint32_t i, Passed *passed,
                         Error *error) {
  FfiPlan *ffi = plan->ffi;
  PlanArg *arg = &plan->args[i];
  FfiPass pass;
  ffi_type *described = ffitype_of(abi_parameter(arg->type),
                                   &ffi->records[i], &pass, error);
  if (described == NULL ||
      !place(plan, arg->type, type_size(arg->type), &arg->offset, error))
    return false;
  bool address = pass == FFI_PASS_MEMORY && FFITYPE_ADDRESS;
  if (address)
    described = &ffi_type_pointer;
  ffi->args[i] = (FfiArg){pass == FFI_PASS_NOTHING, false, address};
  if (!ffi->args[i].skip)
    add_passed(ffi, &ffi->args[i], described, passed);
  return true;
}

/* Integers narrower than a register are widened (see ffiplan_returned). */
static void set_widening(FfiPlan *ffi, const Type *type) {
  if (type->kind == TYPE_ENUM)
    type = type->target;
  bool isinteger = type->kind == TYPE_INTEGER || type->kind == TYPE_BOOL;
  ffi->widen = 0;
  if (isinteger && type_size(type) < sizeof(ffi_arg))
    ffi->widen = (uint8_t)type_size(type);
  ffi->widen_signed = (type->flags & TYPE_UNSIGNED) == 0;
}

/* Describes the result; a hidden pointer becomes the first argument. */
static ffi_type *add_result(Plan *plan, Passed *passed, Error *error) {
  FfiPlan *ffi = plan->ffi;
  FfiPass pass;
  ffi_type *described =
      ffitype_of(plan->result, &ffi->records[plan->nargs], &pass, error);
  if (described == NULL)
    return NULL;
  set_widening(ffi, plan->result);
  if (pass == FFI_PASS_X87)
    return &ffi_type_longdouble;
  if (pass == FFI_PASS_MEMORY && FFITYPE_HIDDEN) {
    ffi->hidden = true;
    ffitype_splits(&ffi_type_pointer, &passed->registers);
    ffi->types[passed->n++] = &ffi_type_pointer;
    return &ffi_type_pointer;
  }
  return described;
}

/* The result comes last in the frame; if in registers, a whole one at least. */
static bool place_result(Plan *plan, Error *error) {
  bool isvoid = plan->result->kind == TYPE_VOID;
  uint64_t size = isvoid ? 0 : type_size(plan->result);
  if (size < sizeof(ffi_arg) && !plan->ffi->hidden)
    size = sizeof(ffi_arg);
  plan->result_bytes = (uint32_t)size;
  if (!place(plan, plan->result, size, &plan->result_offset, error))
    return false;
  plan->bytes = (uint32_t)round_up(plan->bytes);
  return true;
}

static bool prepare(Plan *plan, ffi_type *result, uint32_t fixed,
                    uint32_t count, Error *error) {
  FfiPlan *ffi = plan->ffi;
  bool variadic = plan->type->signature->variadic;
  ffi_status status =
      variadic ? ffi_prep_cif_var(&ffi->cif, FFI_DEFAULT_ABI, fixed, count,
                                  result, ffi->types)
               : ffi_prep_cif(&ffi->cif, FFI_DEFAULT_ABI, count, result,
                              ffi->types);
  if (status == FFI_OK)
    return true;
  char text[LIMIT_MESSAGE / 2];
  ctext(plan->type, NULL, text, sizeof text);
  return error_set(error, 0, "libffi cannot call '%s' (status %d)", text,
                   (int)status);
}

bool ffiplan_make(Plan *plan, uint32_t fixed, Error *error) {
  Passed passed = {0, {0, 0}};
  uint32_t passed_fixed = 0;
  lay_out(plan->ffi, plan->nargs);
  ffi_type *result = add_result(plan, &passed, error);
  if (result == NULL)
    return false;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (i == fixed)
      passed_fixed = passed.n;
    if (!add_argument(plan, i, &passed, error))
      return false;
  }
  if (fixed == plan->nargs)
    passed_fixed = passed.n;
  return place_result(plan, error) &&
         prepare(plan, result, passed_fixed, passed.n, error);
}

void ffiplan_call(const Plan *plan, void (*code)(void), char *frame) {
  const FfiPlan *ffi = plan->ffi;
  void *values[2 * LIMIT_PARAMS + 1], *addresses[LIMIT_PARAMS];
  void *result = frame + plan->result_offset;
  void *hidden = result;
  unsigned n = 0;
  if (ffi->hidden)
    values[n++] = &hidden;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    char *value = frame + plan->args[i].offset;
    addresses[i] = value;
    if (ffi->args[i].address)
      values[n++] = &addresses[i];
    else if (!ffi->args[i].skip)
      values[n++] = value;
    if (ffi->args[i].split)
      values[n++] = value + sizeof(ffi_arg);
  }
  ffi_arg ignored[2];
  /* libffi only reads the cif that it takes without const. */
  ffi_call((ffi_cif *)&ffi->cif, code, ffi->hidden ? ignored : result,
           values);
}

void ffiplan_received(const Plan *plan, void **values, void *result,
                      void **arguments, void **place,
                      char room[PLAN_ALIGN]) {
  static char empty[PLAN_ALIGN];
  const FfiPlan *ffi = plan->ffi;
  *place = result;
  if (ffi->hidden)
    *place = *(void **)*values++;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    const FfiArg *arg = &ffi->args[i];
    arguments[i] = arg->skip ? empty : *values++;
    if (arg->address)
      arguments[i] = *(void **)arguments[i];
    if (!arg->split)
      continue;
    memcpy(room, arguments[i], sizeof(ffi_arg));
    memcpy(room + sizeof(ffi_arg), *values++, sizeof(double));
    arguments[i] = room;
  }
  if (ffi->hidden)
    *(void **)result = *place;
}

void ffiplan_returned(const Plan *plan, void *place) {
  const FfiPlan *ffi = plan->ffi;
  unsigned unused = (unsigned)(sizeof(ffi_arg) - ffi->widen) * 8;
  if (ffi->widen == 0)
    return;
  ffi_arg value = 0;
  memcpy(&value, place, ffi->widen);            /* little-endian */
  value <<= unused;
  value = ffi->widen_signed ? (ffi_arg)((ffi_sarg)value >> unused)
                            : value >> unused;
  memcpy(place, &value, sizeof value);
}
