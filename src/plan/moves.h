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

/* plan_call() for plans of own means, without errno. */
void moves_call(const Plan *plan, void (*code)(void), char *frame);

#endif
