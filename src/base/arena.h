/*
** arena.h - memory that is given back all at once, or back to a mark.
**
**   blocks <- [older block] <- [block: used ....| free ....]
**
** An allocation lives until the arena is freed or rolled back past it.
*/
#ifndef CPLUGIN_ARENA_H
#define CPLUGIN_ARENA_H

#include "base/base.h"

typedef struct ArenaBlock ArenaBlock;

typedef struct Arena {
  ArenaBlock *block;              /* the one in use; older ones behind it */
  ArenaBlock *spare;              /* given back by a rollback, to be used */
                                  /* next; or NULL */
  size_t bytes;                   /* of all blocks but the spare one */
  size_t cap;                     /* `bytes` never grows past it */
} Arena;

typedef struct ArenaMark {
  ArenaBlock *block;
  size_t used;                    /* of that block */
} ArenaMark;

void arena_init(Arena *arena, size_t cap);

/*
** `size` zeroed bytes, aligned for any scalar (16). NULL when the cap is
** reached or memory is out.
*/
void *arena_alloc(Arena *arena, size_t size);

/* A copy of `length` bytes with a NUL behind them, or NULL as above. */
char *arena_copy(Arena *arena, const char *text, size_t length);

ArenaMark arena_mark(const Arena *arena);

/* Gives back everything allocated since the mark. */
void arena_rollback(Arena *arena, ArenaMark mark);

/* Gives back everything; the arena is empty and usable again. */
void arena_free(Arena *arena);

#endif
