/*
** place.h - which register, or which bytes of the stack, each argument gets.
*/
#ifndef CPLUGIN_PLACE_H
#define CPLUGIN_PLACE_H

#include "plan/invoke.h"

/* What earlier arguments have taken. All zero at first. */
typedef struct Places {
  uint32_t integers, vectors;     /* registers */
  uint32_t stack;                 /* bytes */
  uint32_t align;                 /* the largest one on the stack, or 0 */
} Places;

typedef enum PlaceKind {
  PLACE_NONE,                     /* not passed */
  PLACE_REGISTERS,                /* piece i at slot[i] */
  PLACE_STACK,                    /* all of it at slot[0] */
  PLACE_UNSURE,                   /* there, or where clang puts it */
  PLACE_ADDRESS                   /* its address at slot[0] */
} PlaceKind;

typedef struct Placement {
  PlaceKind kind;
  uint32_t slot[ABI_PIECES];      /* offsets in the block, see invoke.h */
} Placement;

Placement place_argument(Places *taken, const AbiValue *value);

/*
** The place of the result, to be asked for before the first argument: where
** it goes through memory, its address takes a register.
*/
Placement place_result(Places *taken, const AbiValue *value);

#endif
