/*
** plan.h - a function type made ready to call: the call plan.
**
** Made once per function type and never changed. A call lays the values out
** in a frame of plan->bytes bytes (aligned to PLAN_ALIGN):
**
**   frame   [ argument 0 | argument 1 | ... | result ]
**             ^offset[0]   ^offset[1]         ^result
*/
#ifndef CPLUGIN_PLAN_H
#define CPLUGIN_PLAN_H

#include "plan/ffitype.h"

#define PLAN_ALIGN 16

typedef struct PlanArg {
  const Type *type;
  uint32_t offset;                /* of its value in the frame */
  bool skip;                      /* an empty struct: not passed */
  bool split;                     /* libffi gets it as two arguments */
} PlanArg;

typedef struct Plan {
  const Type *type;               /* the function type */
  const Type *result;             /* bare; void */
  uint32_t nargs;
  uint32_t bytes;                 /* of the frame */
  uint32_t result_offset;
  uint32_t result_bytes;          /* a register at least, if not hidden */
  bool hidden;                    /* the result's address goes first */
  uint8_t widen;                  /* bytes of an integer result, or 0 */
  bool widen_signed;
  void *pool;                     /* floor 5's: callbacks of this type */
  ffi_cif cif;
  ffi_type **ffitypes;            /* cif.nargs of them */
  FfiRecord *records;             /* nargs + 1: descriptions of records */
  PlanArg args[];
} Plan;

/*
** The plan of a function type that is not variadic; kept with the type.
** NULL with an error that names the type that cannot be passed, and why.
*/
const Plan *plan_of(const Type *function, Error *error);

/*
** The same for one call of a variadic function, `extra` being the promoted
** types of the arguments after the fixed ones (also for plain functions,
** with none). The plan is made in `memory`, of plan_size(nargs) bytes.
*/
size_t plan_size(uint32_t nargs);
const Plan *plan_make(void *memory, const Type *function,
                      const Type *const *extra, uint32_t nextra,
                      Error *error);

/*
** Calls `code` with the values in the frame; the result is then at
** result_offset, integers narrower than a register included. errno before
** the call is *err, and *err after it is errno.
*/
void plan_call(const Plan *plan, void (*code)(void), char *frame, int *err);

/*
** For closures: the values that libffi hands over, as pointers to each of
** the plan's arguments (nargs of them), and where the result goes. `result`
** is libffi's own place for it; `room` is used for a split argument, of
** which there is one at most.
*/
void plan_received(const Plan *plan, void **values, void *result,
                   void **arguments, void **place, char room[PLAN_ALIGN]);

/*
** Widens a result of `plan` at `place` as libffi wants it from a closure
** (integers to a whole register).
*/
void plan_returned(const Plan *plan, void *place);

#endif
