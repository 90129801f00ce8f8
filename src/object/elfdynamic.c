/* elfdynamic.c - see elfdynamic.h. */
#include "object/elfdynamic.h"

enum {                            /* tags of the dynamic segment */
  TAG_NULL = 0, TAG_NEEDED = 1, TAG_HASH = 4, TAG_STRTAB = 5, TAG_SYMTAB = 6,
  TAG_STRSZ = 10, TAG_SYMENT = 11, TAG_INIT = 12, TAG_FINI = 13,
  TAG_SONAME = 14, TAG_RPATH = 15, TAG_INIT_ARRAYSZ = 27,
  TAG_FINI_ARRAYSZ = 28, TAG_RUNPATH = 29, TAG_GNU_HASH = 0x6ffffef5, TAG_VERSYM = 0x6ffffff0,
  TAG_FLAGS_1 = 0x6ffffffb, TAG_VERDEF = 0x6ffffffc,
  TAG_VERDEFNUM = 0x6ffffffd, TAG_VERNEED = 0x6ffffffe,
  TAG_VERNEEDNUM = 0x6fffffff
};

enum { MACHINE_S390 = 22, MACHINE_ALPHA = 0x9026 };

static void read_entry(Dynamic *dynamic, uint64_t tag, uint64_t value) {
  switch (tag) {
    case TAG_NEEDED: dynamic->needed[dynamic->nneeded++] = value; break;
    case TAG_HASH: dynamic->hash = value; break;
    case TAG_STRTAB: dynamic->strtab = value; break;
    case TAG_SYMTAB: dynamic->symtab = value; break;
    case TAG_STRSZ: dynamic->strsz = value; break;
    case TAG_SYMENT: dynamic->syment = value; break;
    case TAG_INIT: dynamic->init = value; break;
    case TAG_FINI: dynamic->fini = value; break;
    case TAG_INIT_ARRAYSZ: dynamic->initsz = value; break;
    case TAG_FINI_ARRAYSZ: dynamic->finisz = value; break;
    case TAG_SONAME: dynamic->soname = value; break;
    case TAG_RPATH: dynamic->rpath = value; break;
    case TAG_RUNPATH: dynamic->runpath = value; break;
    case TAG_GNU_HASH: dynamic->gnuhash = value; break;
    case TAG_VERSYM: dynamic->versym = value; break;
    case TAG_FLAGS_1: dynamic->flags = value; break;
    case TAG_VERDEF: dynamic->versions.defined = value; break;
    case TAG_VERDEFNUM: dynamic->versions.ndefined = value; break;
    case TAG_VERNEED: dynamic->versions.required = value; break;
    case TAG_VERNEEDNUM: dynamic->versions.nrequired = value; break;
    default: break;
  }
}

bool dynamic_read(ElfImage *image, Dynamic *dynamic) {
  const ElfSegment *segment = image_segment(image, SEGMENT_DYNAMIC);
  if (segment == NULL || image->debugonly)
    return true;
  size_t each = image->head.wide ? 16 : 8;
  void *bytes = image_table(image, &image->scratch, segment->address,
                            segment->size);
  if (bytes == NULL)
    return false;
  size_t count = (size_t)segment->size / each;
  dynamic->needed = image_alloc(image, &image->scratch,
                                count * sizeof *dynamic->needed);
  if (dynamic->needed == NULL)
    return false;
  Cursor cursor = image_cursor(image, bytes, count * each);
  for (size_t i = 0; i < count; i++) {
    uint64_t tag = cursor_word(&cursor);
    uint64_t value = cursor_word(&cursor);
    if (tag == TAG_NULL)
      break;
    read_entry(dynamic, tag, value);
  }
  return true;
}

/* ---------------------------------------------------------------------
** The number of symbols.
*/

/* DT_HASH says how many there are. */
static bool count_by_hash(ElfImage *image, uint64_t address, uint64_t *count) {
  const ElfHead *head = &image->head;
  uint64_t offset, room;
  uint8_t bytes[16];
  bool wide = head->machine == MACHINE_ALPHA ||
              (head->machine == MACHINE_S390 && head->wide);
  size_t size = wide ? 16 : 8;
  if (!image_place(image, address, &offset, &room))
    return false;
  if (room < size)
    return image_damaged(image, "its hash table is cut");
  if (!image_fetch(image, offset, bytes, size))
    return false;
  Cursor cursor = image_cursor(image, bytes, size);
  cursor.wide = wide;
  cursor_word(&cursor);           /* the number of buckets */
  *count = cursor_word(&cursor);
  return true;
}

/* From the start of the last chain: the index of its last symbol, plus 1. */
static bool end_of_chain(ElfImage *image, uint64_t address, uint64_t index,
                         uint64_t *count) {
  uint64_t offset, room;
  if (!image_place(image, address, &offset, &room))
    return false;
  uint8_t bytes[256];
  for (; room >= 4; offset += sizeof bytes, room -= sizeof bytes) {
    size_t size = room < sizeof bytes ? (size_t)room & ~(size_t)3
                                      : sizeof bytes;
    if (!image_fetch(image, offset, bytes, size))
      return false;
    Cursor cursor = image_cursor(image, bytes, size);
    for (; cursor.at < size; index++)
      if (cursor_u32(&cursor) & 1) {
        *count = index + 1;
        return true;
      }
    if (size < sizeof bytes)
      break;
  }
  return image_damaged(image, "its hash table has no end");
}

/*
** DT_GNU_HASH does not say it: it is where the last chain ends. Symbols that
** it does not have (those not exported) come first.
**
**   [nbuckets, first symbol, nwords, shift][words][buckets][chains]
*/
static bool count_by_gnu_hash(ElfImage *image, uint64_t address,
                              uint64_t *count) {
  uint8_t *bytes = image_table(image, &image->scratch, address, 16);
  if (bytes == NULL)
    return false;
  Cursor cursor = image_cursor(image, bytes, 16);
  uint64_t nbuckets = cursor_u32(&cursor);
  uint64_t first = cursor_u32(&cursor);
  uint64_t nwords = cursor_u32(&cursor);
  uint64_t buckets = address + 16 + nwords * (image->head.wide ? 8 : 4);
  bytes = image_table(image, &image->scratch, buckets, nbuckets * 4);
  if (bytes == NULL)
    return false;
  cursor = image_cursor(image, bytes, (size_t)nbuckets * 4);
  uint64_t last = 0;
  for (uint64_t i = 0; i < nbuckets; i++) {
    uint64_t bucket = cursor_u32(&cursor);
    last = bucket > last ? bucket : last;
  }
  *count = first;
  if (last < first)
    return true;
  uint64_t chains = buckets + nbuckets * 4;
  return end_of_chain(image, chains + (last - first) * 4, last, count);
}

bool dynamic_count(ElfImage *image, const Dynamic *dynamic, uint64_t *count) {
  *count = 0;
  if (dynamic->symtab == 0)
    return true;
  if (dynamic->hash != 0)
    return count_by_hash(image, dynamic->hash, count);
  if (dynamic->gnuhash != 0)
    return count_by_gnu_hash(image, dynamic->gnuhash, count);
  return true;
}
