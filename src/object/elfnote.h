/*
** elfnote.h - notes: what tools have attached to an ELF file.
*/
#ifndef CPLUGIN_ELFNOTE_H
#define CPLUGIN_ELFNOTE_H

#include "object/cursor.h"

typedef struct ElfNote {
  const uint8_t *bytes;           /* in the cursor's bytes */
  size_t size;
} ElfNote;

enum { NOTE_BUILDID = 3 };        /* type of GNU's note of that name */

/*
** Looks for GNU's note of that type; `align` is that of the segment or
** section. Notes are never essential: a damaged one ends the search.
*/
bool note_find(Cursor *cursor, uint64_t align, uint32_t type, ElfNote *note);

#endif
