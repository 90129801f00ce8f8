/*
** arena.h - memory that is given back all at once, or back to a mark.
**
**   blocks <- [older block] <- [block: used ....| free ....]
**
** An allocation lives until the arena is freed or rolled back past it. Memory
** is cleared a page at a time, just before it is used for the first time, and
** by a rollback.
*/
#ifndef CPLUGIN_ARENA_H
#define CPLUGIN_ARENA_H

#include "base/base.h"

typedef struct ArenaBlock ArenaBlock;
struct ArenaBlock {
  ArenaBlock *older;
  size_t used;                    /* bytes of `room` given out */
  size_t clear;                   /* bytes that are in use or zero */
  size_t size;                    /* bytes of `room` */
  _Alignas(16) char room[];
};

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

/* The same as arena_alloc where nothing clear is left. */
void *arena_grow(Arena *arena, size_t size);

/*
** `size` zeroed bytes, aligned for any object of that size: to 16 if it is a
** multiple of that, else to 8. NULL when the cap is reached or memory is out.
*/
static inline void *arena_alloc(Arena *arena, size_t size) {
  ArenaBlock *block = arena->block;
  if (block != NULL) {
    size_t align = size % 16 == 0 ? 16 : 8;
    size_t start = (block->used + align - 1) & ~(align - 1);
    if (start <= block->clear && size <= block->clear - start) {
      block->used = start + size;
      return block->room + start;
    }
  }
  return arena_grow(arena, size);
}

/* A copy of `length` bytes with a NUL behind them, or NULL as above. */
char *arena_copy(Arena *arena, const char *text, size_t length);

ArenaMark arena_mark(const Arena *arena);

/* Was that, which the arena gave out, allocated since the mark? */
bool arena_is_newer(const Arena *arena, ArenaMark mark, const void *memory);

/* Gives back everything allocated since the mark. */
void arena_rollback(Arena *arena, ArenaMark mark);

/* Gives back everything; the arena is empty and usable again. */
void arena_free(Arena *arena);

#endif
