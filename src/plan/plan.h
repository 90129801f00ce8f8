/*
** plan.h - a function type made ready to call: the call plan.
**
** Made once per function type and never changed. A call lays the values out
** in a frame of plan->bytes bytes, aligned to plan->align:
**
**   frame   [ block: registers | stack arguments ][ values taken apart ]
**             ^offset[0]  ^offset[1]  ^offset[3]    ^offset[2]  ^result
**
** A value that one register takes, or several that lie side by side in the
** block (see invoke.h), stands in the block from the start, and so does one
** that goes onto the stack. Others have a place of their own, and moves that
** say what goes from there to which register. Results likewise.
**
** Where libffi makes the calls there is no block: all values are in places
** of their own, and no moves.
*/
#ifndef CPLUGIN_PLAN_H
#define CPLUGIN_PLAN_H

#include "plan/invoke.h"

#define PLAN_ALIGN 16             /* of most frames */

typedef enum MoveKind {
  MOVE_8,                         /* so many bytes; padding goes along */
  MOVE_16,
  MOVE_ADDRESS,                   /* the value's address */
  MOVE_SIGNED,                    /* an integer of `size` bytes, widened to */
  MOVE_UNSIGNED                   /* a register */
} MoveKind;

typedef struct Move {             /* between offsets in the frame */
  uint8_t kind;                   /* MoveKind */
  uint8_t size;
  uint32_t value;                 /* the value, or a part of it */
  uint32_t slot;                  /* the register's or stack's place for it */
} Move;

typedef struct PlanArg {
  const Type *type;
  uint32_t offset;                /* of its value in the frame */
  uint16_t move;                  /* the first of its moves ... */
  uint8_t moves;                  /* ... and how many there are */
  bool apart;                     /* it has a place of its own */
} PlanArg;

typedef struct Plan {
  const Type *type;               /* the function type */
  const Type *result;             /* bare; void */
  uint32_t nargs;
  uint32_t bytes;                 /* of the frame */
  uint32_t align;                 /* of the frame */
  uint32_t result_offset;
  uint32_t result_bytes;          /* a register at least, if not hidden */
  uint16_t nmoves;                /* before the call */
  uint8_t result_moves;           /* after it; they follow in `moves` */
  bool result_apart;              /* they are needed: it isn't in the block */
  bool direct;                    /* all values are in the block, as they are */
  bool widens;                    /* but the result is a narrow integer */
  bool vectors;                   /* some are in vector or x87 registers */
  bool hidden;                    /* the caller says where the result goes */
  Invocation how;
  Move *moves;
  struct FfiPlan *ffi;            /* NULL: called by this program's own code */
  void *pool;                     /* floor 5's: callbacks of this type */
  PlanArg args[];
} Plan;

/*
** Who makes the calls: this program itself where it knows the ABI, libffi
** elsewhere, and everywhere if the environment has CPLUGIN_CALL=libffi.
*/
typedef enum PlanMeans { PLAN_OWN, PLAN_LIBFFI } PlanMeans;
PlanMeans plan_means(void);

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
size_t plan_size(PlanMeans means, uint32_t nargs);
const Plan *plan_make(PlanMeans means, void *memory, const Type *function,
                      const Type *const *extra, uint32_t nextra,
                      Error *error);

/* The error that a value of the type takes more room than a call has. */
bool plan_too_large(const Type *type, Error *error);

/*
** Calls `code` with the values in the frame; the result is then at
** result_offset, integers narrower than a register included. errno before
** the call is *err, and *err after it is errno.
*/
void plan_call(const Plan *plan, void (*code)(void), char *frame, int *err);

#endif
