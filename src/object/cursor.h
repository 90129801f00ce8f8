/*
** cursor.h - bytes that nobody vouches for, read with a check at each step.
**
** The first read past the end sets `failed`, which stays: from then on every
** read gives 0. So a reader can read a whole record and ask once.
*/
#ifndef CPLUGIN_CURSOR_H
#define CPLUGIN_CURSOR_H

#include "base/base.h"

typedef struct Cursor {
  const uint8_t *bytes;
  size_t size;                    /* of `bytes` */
  size_t at;                      /* next byte to read; <= size */
  bool big;                       /* most significant byte first */
  bool wide;                      /* a word has 8 bytes, else 4 */
  bool failed;
} Cursor;

uint8_t cursor_u8(Cursor *cursor);
uint16_t cursor_u16(Cursor *cursor);
uint32_t cursor_u32(Cursor *cursor);
uint64_t cursor_u64(Cursor *cursor);
uint64_t cursor_word(Cursor *cursor);

/* Goes to a place counted from the start; past the end is a failure. */
void cursor_seek(Cursor *cursor, uint64_t at);
void cursor_skip(Cursor *cursor, uint64_t count);

/* Is this host's most significant byte the first one? */
bool cursor_host_big(void);

#endif
