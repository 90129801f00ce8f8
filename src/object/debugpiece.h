/*
** debugpiece.h - which tags and typedefs have been declared, and how: by a
** hash of their text. Two pieces with the same text are the same if those
** that the text names are.
*/
#ifndef CPLUGIN_DEBUGPIECE_H
#define CPLUGIN_DEBUGPIECE_H

#include "base/arena.h"

typedef struct DebugPiece {
  const char *name;               /* NULL: a free place */
  bool istag;
  uint64_t hash;
  struct DebugType *type;         /* as long as its reader has it */
} DebugPiece;

/* A hash table; all zero: empty. */
typedef struct DebugPieces {
  DebugPiece *items;              /* malloc'ed */
  size_t count, room;
} DebugPieces;

void debugpieces_free(DebugPieces *pieces);

const DebugPiece *debugpieces_find(const DebugPieces *pieces,
                                   const char *name, bool istag);

/* Adds one, or replaces that of the same name. False: no memory. */
bool debugpieces_add(DebugPieces *pieces, const DebugPiece *piece);

uint64_t debugpiece_hash(const char *text, size_t length);

#endif
