/* debugpiece.c - see debugpiece.h. */
#include "object/debugpiece.h"

#include <stdlib.h>
#include <string.h>

uint64_t debugpiece_hash(const char *text, size_t length) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3;
  return hash;
}

/* The place of a name, or a free one for it. There is one. */
static DebugPiece *place(const DebugPieces *pieces, const char *name,
                         bool istag) {
  size_t i = (size_t)debugpiece_hash(name, strlen(name)) + istag;
  for (;; i++) {
    DebugPiece *piece = &pieces->items[i & (pieces->room - 1)];
    if (piece->name == NULL ||
        (piece->istag == istag && strcmp(piece->name, name) == 0))
      return piece;
  }
}

const DebugPiece *debugpieces_find(const DebugPieces *pieces,
                                   const char *name, bool istag) {
  if (pieces->count == 0)
    return NULL;
  const DebugPiece *piece = place(pieces, name, istag);
  return piece->name == NULL ? NULL : piece;
}

static bool grow(DebugPieces *pieces) {
  DebugPieces more = {NULL, pieces->count,
                      pieces->room == 0 ? 32 : pieces->room * 2};
  more.items = calloc(more.room, sizeof *more.items);
  if (more.items == NULL)
    return false;
  for (size_t i = 0; i < pieces->room; i++) {
    const DebugPiece *piece = &pieces->items[i];
    if (piece->name != NULL)
      *place(&more, piece->name, piece->istag) = *piece;
  }
  free(pieces->items);
  *pieces = more;
  return true;
}

bool debugpieces_add(DebugPieces *pieces, const DebugPiece *piece) {
  if (pieces->count * 2 >= pieces->room && !grow(pieces))
    return false;
  DebugPiece *at = place(pieces, piece->name, piece->istag);
  pieces->count += at->name == NULL;
  *at = *piece;
  return true;
}

void debugpieces_free(DebugPieces *pieces) {
  free(pieces->items);
  memset(pieces, 0, sizeof *pieces);
}
