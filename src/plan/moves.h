/*
** moves.h - how values get from a frame to registers and stack, and back.
*/
#ifndef CPLUGIN_MOVES_H
#define CPLUGIN_MOVES_H

#include "plan/plan.h"

/* How many moves a plan has at most. */
uint32_t moves_limit(uint32_t nargs);

/*
** Lays out the frame of a plan whose types are set, and finds the moves.
** plan->moves has room for moves_limit(nargs). False with an error that
** names the type that cannot be passed, and why.
*/
bool moves_make(Plan *plan, Error *error);

/* Before the call, and after it if result_apart. */
void moves_put(const Plan *plan, char *frame);
void moves_get(const Plan *plan, char *frame);

#if defined(INVOKE_HERE)
/* plan_call() for plans of own means, without errno. */
static inline void moves_call(const Plan *plan, void (*code)(void),
                              char *frame) {
  if (plan->nmoves > 0)
    moves_put(plan, frame);
  cplugin_invoke(frame, code, &plan->how);
  if (plan->result_apart)
    moves_get(plan, frame);
}
#endif

/*
** For callbacks: where in the block, or in `room`, the values of the arguments
** are (nargs of them).
*/
#define MOVES_ROOM (16 * (BLOCK_INTEGERS + BLOCK_VECTORS))
void moves_received(const Plan *plan, char *block, void **arguments,
                    char room[MOVES_ROOM]);

/* Where the caller wants the result; NULL: in registers. */
char *moves_place(const Plan *plan, const char *block);

/* The result, in its register, of a plan that widens. */
void moves_widen(const Plan *plan, char *block);

/*
** Puts a result at `place` into the registers of the block; there must be 7
** bytes more. Returns what Entry.enter does.
*/
unsigned moves_returned(const Plan *plan, char *block, char *place);

#endif
