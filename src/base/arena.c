/* arena.c - see arena.h. */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define FIRST_BLOCK 1024          /* bytes of the first block's room */
#define LARGEST_BLOCK 65536       /* blocks double until they have this */

struct ArenaBlock {
  ArenaBlock *older;
  size_t used;                    /* bytes of `room` given out */
  size_t size;                    /* bytes of `room` */
  _Alignas(ALIGNMENT) char room[];
};

void arena_init(Arena *arena, size_t cap) {
  arena->block = NULL;
  arena->spare = NULL;
  arena->bytes = 0;
  arena->cap = cap;
}

/* Room for a new block that holds `size` bytes at least. */
static size_t block_size(const Arena *arena, size_t size) {
  size_t room = FIRST_BLOCK;
  if (arena->block != NULL)
    room = arena->block->size * 2;
  if (room > LARGEST_BLOCK)
    room = LARGEST_BLOCK;
  return room < size ? size : room;
}

/* A block with that much room: the spare one, if it will do. */
static ArenaBlock *take_block(Arena *arena, size_t room) {
  ArenaBlock *block = arena->spare;
  arena->spare = NULL;
  if (block != NULL && block->size >= room)
    return block;
  free(block);
  block = malloc(sizeof(ArenaBlock) + room);
  if (block != NULL)
    block->size = room;
  return block;
}

static bool grow(Arena *arena, size_t size) {
  size_t total = sizeof(ArenaBlock) + block_size(arena, size);
  if (total > arena->cap || arena->bytes > arena->cap - total)
    return false;
  ArenaBlock *block = take_block(arena, total - sizeof(ArenaBlock));
  if (block == NULL)
    return false;
  block->older = arena->block;
  block->used = 0;
  arena->block = block;
  arena->bytes += sizeof(ArenaBlock) + block->size;
  return true;
}

void *arena_alloc(Arena *arena, size_t size) {
  if (size > arena->cap)
    return NULL;
  size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  ArenaBlock *block = arena->block;
  if (block == NULL || block->size - block->used < size) {
    if (!grow(arena, size))
      return NULL;
    block = arena->block;
  }
  void *result = block->room + block->used;
  block->used += size;
  return memset(result, 0, size);
}

char *arena_copy(Arena *arena, const char *text, size_t length) {
  char *copy = arena_alloc(arena, length + 1);
  if (copy != NULL)
    memcpy(copy, text, length);
  return copy;
}

ArenaMark arena_mark(const Arena *arena) {
  ArenaMark mark = {arena->block, 0};
  if (arena->block != NULL)
    mark.used = arena->block->used;
  return mark;
}

void arena_rollback(Arena *arena, ArenaMark mark) {
  while (arena->block != mark.block) {
    ArenaBlock *block = arena->block;
    arena->block = block->older;
    arena->bytes -= sizeof(ArenaBlock) + block->size;
    free(arena->spare);
    arena->spare = block;
  }
  if (arena->block != NULL)
    arena->block->used = mark.used;
}

void arena_free(Arena *arena) {
  ArenaMark empty = {NULL, 0};
  arena_rollback(arena, empty);
  free(arena->spare);
  arena->spare = NULL;
}
