/* elfsection.c - see elfsection.h. */
#include "object/elfsection.h"

#include <string.h>

#define NAMES_ELSEWHERE 0xffff    /* index of the names: see section 0 */

typedef struct Table {            /* as the file's header tells of it */
  uint64_t offset;
  uint64_t each, count;           /* bytes of a header, how many */
  uint64_t names;                 /* index of the section with the names */
} Table;

static bool read_head(ElfImage *image, Table *table) {
  uint8_t bytes[64];
  bool wide = image->head.wide;
  size_t size = wide ? 64 : 52;
  if (!image_fetch(image, 0, bytes, size))
    return false;
  Cursor cursor = image_cursor(image, bytes, size);
  cursor_seek(&cursor, wide ? 40 : 32);
  table->offset = cursor_word(&cursor);
  cursor_seek(&cursor, wide ? 58 : 46);
  table->each = cursor_u16(&cursor);
  table->count = cursor_u16(&cursor);
  table->names = cursor_u16(&cursor);
  return true;
}

/* Returns where in the table of names the name is. */
static uint64_t read_section(Cursor *cursor, ElfSection *section,
                             uint32_t *link) {
  uint64_t name = cursor_u32(cursor);
  section->type = cursor_u32(cursor);
  section->flags = cursor_word(cursor);
  cursor_word(cursor);            /* the address */
  section->offset = cursor_word(cursor);
  section->size = cursor_word(cursor);
  *link = cursor_u32(cursor);
  return name;
}

/* A header has no room for large numbers: then section 0 has them. */
static bool read_large(ElfImage *image, Table *table) {
  ElfSection first;
  uint32_t link;
  if (table->count != 0 && table->names != NAMES_ELSEWHERE)
    return true;
  void *bytes = image_read(image, &image->scratch, table->offset,
                           table->each);
  if (bytes == NULL)
    return false;
  Cursor cursor = image_cursor(image, bytes, (size_t)table->each);
  read_section(&cursor, &first, &link);
  if (table->count == 0)
    table->count = first.size;
  if (table->names == NAMES_ELSEWHERE)
    table->names = link;
  return true;
}

/* Gives the sections their names; `places` says where these begin. */
static bool read_names(ElfImage *image, ElfSections *sections,
                       const uint64_t *places, uint64_t index) {
  ElfStrings strings = {"", 1};
  if (index != 0 && index < sections->count &&
      sections->items[index].type != SECTION_NOBITS) {
    const ElfSection *section = &sections->items[index];
    strings.bytes = image_read(image, &image->scratch, section->offset,
                               section->size);
    strings.size = (size_t)section->size;
    if (strings.bytes == NULL)
      return false;
  }
  for (size_t i = 0; i < sections->count; i++) {
    const char *name = strings_at(&strings, places[i], LIMIT_NAME);
    sections->items[i].name = name == NULL ? "" : name;
  }
  return true;
}

bool sections_read(ElfImage *image, ElfSections *sections) {
  Table table;
  uint32_t link;
  sections->items = NULL;
  sections->count = 0;
  if (!read_head(image, &table))
    return false;
  if (table.offset == 0)
    return true;
  if (table.each != (image->head.wide ? 64 : 40) ||
      !read_large(image, &table) || table.count > image->length / table.each)
    return image_damaged(image, "it has no proper section headers");
  size_t count = (size_t)table.count;
  void *bytes = image_read(image, &image->scratch, table.offset,
                           table.count * table.each);
  ElfSection *items = image_alloc(image, &image->scratch,
                                  count * sizeof *items);
  uint64_t *places = image_alloc(image, &image->scratch,
                                 count * sizeof *places);
  if (bytes == NULL || items == NULL || places == NULL)
    return false;
  Cursor cursor = image_cursor(image, bytes, count * (size_t)table.each);
  for (size_t i = 0; i < count; i++) {
    cursor_seek(&cursor, i * table.each);
    places[i] = read_section(&cursor, &items[i], &link);
  }
  sections->items = items;
  sections->count = count;
  return read_names(image, sections, places, table.names);
}

const ElfSection *sections_find(const ElfSections *sections,
                                const char *name) {
  for (size_t i = 0; i < sections->count; i++)
    if (sections->items[i].type != SECTION_NOBITS &&
        strcmp(sections->items[i].name, name) == 0)
      return &sections->items[i];
  return NULL;
}
