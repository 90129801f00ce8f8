/* elfnote.c - see elfnote.h. */
#include "object/elfnote.h"

#include <string.h>

static uint64_t aligned(uint64_t size, uint64_t align) {
  return (size + align - 1) & ~(align - 1);
}

bool note_find(Cursor *cursor, uint64_t align, uint32_t type, ElfNote *note) {
  align = align == 8 ? 8 : 4;
  while (!cursor->failed && cursor->at < cursor->size) {
    uint64_t name = cursor_u32(cursor);
    uint64_t size = cursor_u32(cursor);
    uint32_t is = cursor_u32(cursor);
    size_t start = cursor->at;
    cursor_skip(cursor, aligned(name, align));
    size_t bytes = cursor->at;
    if (!cursor->failed && is == type && name == 4 &&
        size <= cursor->size - bytes &&
        memcmp(cursor->bytes + start, "GNU", 4) == 0) {
      note->bytes = cursor->bytes + bytes;
      note->size = (size_t)size;
      return true;
    }
    cursor_skip(cursor, aligned(size, align));
  }
  return false;
}
