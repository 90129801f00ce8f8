/* cursor.c - see cursor.h. */
#include "object/cursor.h"

/* `count` bytes as one number; 0 and failed where they are not there. */
static uint64_t number(Cursor *cursor, size_t count) {
  if (cursor->failed || cursor->size - cursor->at < count) {
    cursor->failed = true;
    return 0;
  }
  const uint8_t *bytes = cursor->bytes + cursor->at;
  uint64_t result = 0;
  for (size_t i = 0; i < count; i++)
    result = result << 8 | bytes[cursor->big ? i : count - 1 - i];
  cursor->at += count;
  return result;
}

uint8_t cursor_u8(Cursor *cursor) {
  return (uint8_t)number(cursor, 1);
}

uint16_t cursor_u16(Cursor *cursor) {
  return (uint16_t)number(cursor, 2);
}

uint32_t cursor_u32(Cursor *cursor) {
  return (uint32_t)number(cursor, 4);
}

uint64_t cursor_u64(Cursor *cursor) {
  return number(cursor, 8);
}

uint64_t cursor_word(Cursor *cursor) {
  return number(cursor, cursor->wide ? 8 : 4);
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
