/* arena.c - see arena.h. */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 4096u
#define FIRST_BLOCK 1024          /* bytes of the first block's room */
#define LARGEST_BLOCK 65536       /* blocks double until they have this */

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
  if (block != NULL) {
    block->used = block->clear = 0;
    block->size = room;
  }
  return block;
}

static bool add_block(Arena *arena, size_t size) {
  size_t room = block_size(arena, size);
  size_t total = sizeof(ArenaBlock) + room;
  if (size > arena->cap || total > arena->cap ||
      arena->bytes > arena->cap - total)
    return false;
  ArenaBlock *block = take_block(arena, room);
  if (block == NULL)
    return false;
  block->older = arena->block;
  arena->block = block;
  arena->bytes += sizeof(ArenaBlock) + block->size;
  return true;
}

/* Clears what follows, so that there are `size` bytes behind `used` at least. */
static void clear_more(ArenaBlock *block, size_t size) {
  size_t upto = (block->used + size + PAGE - 1) / PAGE * PAGE;
  if (upto > block->size)
    upto = block->size;
  memset(block->room + block->clear, 0, upto - block->clear);
  block->clear = upto;
}

void *arena_grow(Arena *arena, size_t size) {
  size_t most = size + 16;        /* however it is aligned */
  ArenaBlock *block = arena->block;
  if (most < size || ((block == NULL || block->size - block->used < most) &&
                      !add_block(arena, most)))
    return NULL;
  if (arena->block->clear - arena->block->used < most)
    clear_more(arena->block, most);
  return arena_alloc(arena, size);
}

/* Text needs no alignment. */
char *arena_copy(Arena *arena, const char *text, size_t length) {
  ArenaBlock *block = arena->block;
  char *copy;
  if (block != NULL && length < block->clear - block->used) {
    copy = block->room + block->used;
    block->used += length + 1;
  } else {
    copy = arena_alloc(arena, length + 1);
  }
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

static bool is_in(const ArenaBlock *block, size_t from, const char *memory) {
  return block != NULL && memory >= block->room + from &&
         memory < block->room + block->size;
}

bool arena_is_newer(const Arena *arena, ArenaMark mark, const void *memory) {
  const ArenaBlock *block = arena->block;
  while (block != mark.block && !is_in(block, 0, memory))
    block = block->older;
  return is_in(block, block == mark.block ? mark.used : 0, memory);
}

/* From there on nothing of the block is in use. */
static void cut(ArenaBlock *block, size_t used) {
  memset(block->room + used, 0, block->used - used);
  block->used = used;
}

/* The larger one of it and the spare block is kept. */
static void give_back(Arena *arena, ArenaBlock *block) {
  if (arena->spare != NULL && arena->spare->size > block->size) {
    free(block);
    return;
  }
  free(arena->spare);
  arena->spare = block;
  cut(block, 0);
}

void arena_rollback(Arena *arena, ArenaMark mark) {
  while (arena->block != mark.block) {
    ArenaBlock *block = arena->block;
    arena->block = block->older;
    arena->bytes -= sizeof(ArenaBlock) + block->size;
    give_back(arena, block);
  }
  if (arena->block != NULL)
    cut(arena->block, mark.used);
}

void arena_free(Arena *arena) {
  free(arena->spare);
  arena->spare = NULL;
  while (arena->block != NULL) {
    ArenaBlock *block = arena->block;
    arena->block = block->older;
    free(block);
  }
  arena->bytes = 0;
}
