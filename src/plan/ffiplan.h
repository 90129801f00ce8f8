/*
** ffiplan.h - calls by libffi: what a plan needs for them.
*/
#ifndef CPLUGIN_FFIPLAN_H
#define CPLUGIN_FFIPLAN_H

#include "plan/ffitype.h"
#include "plan/plan.h"

typedef struct FfiArg {
  bool skip;                      /* an empty struct: not passed */
  bool split;                     /* libffi gets it as two arguments */
  bool address;                   /* or as the address of the value */
} FfiArg;

typedef struct FfiPlan {
  ffi_cif cif;
  bool hidden;                    /* the result's address goes first */
  uint8_t widen;                  /* bytes of an integer result, or 0 */
  bool widen_signed;
  FfiArg *args;                   /* the plan's */
  ffi_type **types;               /* cif.nargs of them */
  FfiRecord *records;             /* nargs + 1: descriptions of records */
} FfiPlan;

/* Bytes of a FfiPlan with what it points at; aligned to 16. */
size_t ffiplan_size(uint32_t nargs);

/*
** Makes plan->ffi, for which there are ffiplan_size(nargs) bytes, and lays
** out the frame; the plan's types are set. `fixed` arguments stand before
** those of a variadic call. False with an error that names the type that
** cannot be passed, and why.
*/
bool ffiplan_make(Plan *plan, uint32_t fixed, Error *error);

/* plan_call() for plans of libffi's means, without errno. */
void ffiplan_call(const Plan *plan, void (*code)(void), char *frame);

/*
** For closures: the values that libffi hands over, as pointers to each of
** the plan's arguments (nargs of them), and where the result goes. `result`
** is libffi's own place for it; `room` is used for a split argument, of
** which there is one at most.
*/
void ffiplan_received(const Plan *plan, void **values, void *result,
                      void **arguments, void **place, char room[PLAN_ALIGN]);

/*
** Widens a result of `plan` at `place` as libffi wants it from a closure
** (integers to a whole register).
*/
void ffiplan_returned(const Plan *plan, void *place);

#endif
