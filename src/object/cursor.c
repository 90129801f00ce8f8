/* cursor.c - see cursor.h. */
#include "object/cursor.h"

/* Where the next `count` bytes are, which are then behind; NULL and failed */
/* where they are not there. */
static inline const uint8_t *take(Cursor *cursor, size_t count) {
  if (cursor->failed || cursor->size - cursor->at < count) {
    cursor->failed = true;
    return NULL;
  }
  cursor->at += count;
  return cursor->bytes + cursor->at - count;
}

/* Written out: compilers make one instruction of each. */
static inline uint32_t number(const uint8_t *b, bool big) {
  return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
               (uint32_t)b[2] << 8 | b[3]
             : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 |
               (uint32_t)b[1] << 8 | b[0];
}

uint8_t cursor_u8(Cursor *cursor) {
  const uint8_t *b = take(cursor, 1);
  return b == NULL ? 0 : *b;
}

uint16_t cursor_u16(Cursor *cursor) {
  const uint8_t *b = take(cursor, 2);
  if (b == NULL)
    return 0;
  return (uint16_t)(cursor->big ? b[0] << 8 | b[1] : b[1] << 8 | b[0]);
}

uint32_t cursor_u32(Cursor *cursor) {
  const uint8_t *b = take(cursor, 4);
  return b == NULL ? 0 : number(b, cursor->big);
}

uint64_t cursor_u64(Cursor *cursor) {
  const uint8_t *b = take(cursor, 8);
  if (b == NULL)
    return 0;
  return (uint64_t)number(cursor->big ? b : b + 4, cursor->big) << 32 |
         number(cursor->big ? b + 4 : b, cursor->big);
}

uint64_t cursor_word(Cursor *cursor) {
  return cursor->wide ? cursor_u64(cursor) : cursor_u32(cursor);
}

void cursor_seek(Cursor *cursor, uint64_t at) {
  if (at > cursor->size)
    cursor->failed = true;
  else
    cursor->at = (size_t)at;
}

void cursor_skip(Cursor *cursor, uint64_t count) {
  if (count > cursor->size - cursor->at)
    cursor->failed = true;
  else
    cursor->at += (size_t)count;
}

bool cursor_host_big(void) {
  const uint16_t one = 1;
  return *(const uint8_t *)&one == 0;
}
