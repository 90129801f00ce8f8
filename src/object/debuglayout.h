/*
** debuglayout.h - what a struct must be told, so that a compiler lays it out
** as debug info says it is: that tells offsets, never "packed".
**
**   offsets 0, 1         struct __attribute__((packed)) { char a; int b; };
**   offsets 0, 16        struct { char a; int b __attribute__((aligned(16))); }
**   bits 0 to 3, 8 to 9  struct { int a : 3; int : 5; int b : 2; };
**
** It is a guess by the shortest text that fits; debugcheck.h compares what
** came of it.
*/
#ifndef CPLUGIN_DEBUGLAYOUT_H
#define CPLUGIN_DEBUGLAYOUT_H

#include "object/debugtype.h"

typedef struct MemberHint {
  uint32_t align;                 /* aligned(n), or 0 */
  uint32_t gap;                   /* unnamed bits in front of it */
} MemberHint;

typedef struct LayoutHints {
  bool packed;
  uint32_t align;                 /* of the record: aligned(n), or 0 */
  uint64_t tail;                  /* bits behind all members, which unnamed */
                                  /* ones must have */
  MemberHint *members;            /* one each, in the reader's arena */
} LayoutHints;

/* For a complete record that has been read. False with an error. */
bool debug_layout(DebugReader *reader, DebugType *record,
                  LayoutHints *hints);

#endif
