/*
** debugtext.h - types of debug info -> C text that declares a name and all
** that it needs, in order.
**
**   struct internal_state;
**   struct z_stream_s;
**   typedef unsigned char Byte;
**   typedef Byte Bytef;
**   struct z_stream_s { Bytef *next_in; ... struct internal_state *state; };
**   typedef struct z_stream_s z_stream;
**   int deflate(z_stream *strm, int flush);
**
** A piece is what declares one tag or typedef. Pieces that a scope has had
** before are left out.
*/
#ifndef CPLUGIN_DEBUGTEXT_H
#define CPLUGIN_DEBUGTEXT_H

#include "object/debugpiece.h"
#include "object/debugtype.h"

typedef struct DebugText {
  char *bytes;                    /* malloc'ed, with a NUL behind them */
  size_t length, room;
  DebugPieces pieces;             /* that it declares */
  bool clash;                     /* `known` has another piece of a name */
} DebugText;

/*
** Makes the text for `name`, a function or variable of that type; NULL: for
** what the type needs. Without
** pieces that `known` has (NULL: it has none). False with an error. *text,
** all zero at first, is due to debugtext_free in both cases.
*/
bool debugtext_make(DebugReader *reader, DebugType *type, const char *name,
                    const DebugPieces *known, DebugText *text);

/* Appends the type alone, as the source wrote it: "size_t". */
bool debugtext_type(DebugReader *reader, DebugType *type, DebugText *text);

void debugtext_free(DebugText *text);

#endif
