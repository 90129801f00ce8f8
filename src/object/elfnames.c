/* elfnames.c - see elfnames.h. */
#include "object/elfnames.h"

#include <stdlib.h>
#include <string.h>

#include "object/elfsection.h"

enum { TYPE_NONE = 0, TYPE_FUNCTION = 2 };      /* of a symbol */
#define UNDEFINED 0               /* section of one that is elsewhere */

static int by_address(const void *left, const void *right) {
  const ElfName *a = left, *b = right;
  return a->address < b->address ? -1 : a->address > b->address;
}

static void read_items(ElfNames *names, Cursor cursor, size_t count) {
  for (size_t i = 0; i < count; i++) {
    ElfName item = {0, cursor_u32(&cursor)};
    if (!cursor.wide) {
      item.address = cursor_u32(&cursor);
      cursor_u32(&cursor);        /* the size */
    }
    uint8_t type = cursor_u8(&cursor) & 15;
    cursor_u8(&cursor);
    uint16_t section = cursor_u16(&cursor);
    if (cursor.wide) {
      item.address = cursor_u64(&cursor);
      cursor_u64(&cursor);
    }
    if (section == UNDEFINED)
      item.address = 0;
    if ((type == TYPE_FUNCTION ||
         (type == TYPE_NONE && section == UNDEFINED)) &&
        item.name < names->size)
      names->items[names->count++] = item;
  }
}

static void read_tables(ElfNames *names, ElfImage *image,
                        const ElfSection *table, const ElfSection *strings) {
  size_t each = image->head.wide ? 24 : 16;
  void *bytes = image_read(image, &image->scratch, table->offset,
                           table->size);
  void *text = image_read(image, &image->scratch, strings->offset,
                          strings->size);
  size_t count = (size_t)table->size / each;
  if (bytes == NULL || text == NULL || count == 0)
    return;
  names->strings = malloc((size_t)strings->size + 1);
  names->items = malloc(count * sizeof *names->items);
  if (names->strings == NULL || names->items == NULL)
    return;
  memcpy(names->strings, text, (size_t)strings->size + 1);
  names->size = (size_t)strings->size;
  read_items(names, image_cursor(image, bytes, count * each), count);
  qsort(names->items, names->count, sizeof *names->items, by_address);
}

void elfnames_read(ElfNames *names, const char *path) {
  ElfImage image;
  ElfSections sections;
  Error ignored;
  memset(names, 0, sizeof *names);
  if (image_open_any(&image, path, &ignored) &&
      sections_read(&image, &sections)) {
    const ElfSection *table = sections_find(&sections, ".symtab");
    const ElfSection *strings = sections_find(&sections, ".strtab");
    if (table != NULL && strings != NULL)
      read_tables(names, &image, table, strings);
  }
  image_close(&image);
}

void elfnames_free(ElfNames *names) {
  free(names->strings);
  free(names->items);
  memset(names, 0, sizeof *names);
}

/* Up to the version that a linker may have put behind it. */
static bool same_name(const char *a, const char *b) {
  while (*a == *b && *a != '\0' && *a != '@')
    a++, b++;
  return (*a == '\0' || *a == '@') && (*b == '\0' || *b == '@');
}

/* Is nothing else of that name? */
static bool is_only(const ElfNames *names, const ElfName *one) {
  for (size_t i = 0; i < names->count; i++)
    if (names->items[i].address != one->address &&
        same_name(names->strings + names->items[i].name,
                  names->strings + one->name))
      return false;
  return true;
}

const char *elfnames_next(const ElfNames *names, uint64_t address,
                          size_t *at) {
  size_t low = 0, high = names->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (names->items[middle].address < address)
      low = middle + 1;
    else
      high = middle;
  }
  for (low += *at; low < names->count; low++) {
    const ElfName *item = &names->items[low];
    if (item->address != address || address == 0)
      break;
    ++*at;
    if (is_only(names, item))
      return names->strings + item->name;
  }
  return NULL;
}
