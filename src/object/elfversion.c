/* elfversion.c - see elfversion.h. */
#include "object/elfversion.h"

#include <stdio.h>
#include <string.h>

#define DEFINED_SIZE 20           /* bytes of a definition */
#define REQUIRED_SIZE 16          /* of a needed library, and of its version */
#define BASE 1                    /* flag: names the file, not a version */
#define WINDOW 4096               /* bytes read at once */

/*
** Every entry says where the next one is, so a damaged table could lead round
** for ever: as many as there are indices is enough.
*/
#define LIMIT_VERSIONS VERSION_INDEX

typedef struct Reader {
  ElfImage *image;
  const ElfStrings *strings;
  Arena *keep;
  NameList *names;
  size_t entries;                 /* read so far, in both tables */
  uint8_t window[WINDOW];         /* the part of the file read last */
  uint64_t start;                 /* where in the file it begins */
  size_t size;                    /* bytes in it */
} Reader;

/* Makes room for `count` items. */
static bool list_grow(Reader *reader, NameList *list, size_t count) {
  if (count <= list->room)
    return true;
  size_t room = count < 8 ? 8 : count * 2;
  const char **items = image_alloc(reader->image, reader->keep,
                                   room * sizeof *items);
  if (items == NULL)
    return false;
  if (list->count > 0)
    memcpy(items, list->items, list->count * sizeof *items);
  list->items = items;
  list->room = room;
  return true;
}

static bool list_add(Reader *reader, NameList *list, const char *name) {
  if (!list_grow(reader, list, list->count + 1))
    return false;
  list->items[list->count++] = name;
  return true;
}

/* Remembers what an index means. */
static bool name_index(Reader *reader, uint32_t index, const char *name) {
  NameList *names = reader->names;
  index &= VERSION_INDEX;
  if (!list_grow(reader, names, index + 1))
    return false;
  if (names->count <= index)
    names->count = index + 1;
  names->items[index] = name;
  return true;
}

static const char *version_name(Reader *reader, uint32_t offset) {
  const char *name = strings_at(reader->strings, offset, LIMIT_NAME);
  if (name == NULL)
    image_damaged(reader->image, "a version has no name");
  return name;
}

/* Makes the window begin at `offset`, if it has not `size` bytes from there. */
static bool move_window(Reader *reader, uint64_t offset, uint64_t room,
                        size_t size) {
  if (offset >= reader->start && offset - reader->start <= reader->size &&
      reader->size - (offset - reader->start) >= size)
    return true;
  reader->start = offset;
  reader->size = room < WINDOW ? (size_t)room : WINDOW;
  return image_fetch(reader->image, offset, reader->window, reader->size);
}

/* A cursor over the record of `size` bytes at an address. */
static bool record(Reader *reader, uint64_t address, size_t size,
                   Cursor *cursor) {
  uint64_t offset, room;
  if (++reader->entries > LIMIT_VERSIONS)
    return image_damaged(reader->image, "it has too many versions");
  if (!image_place(reader->image, address, &offset, &room))
    return false;
  if (room < size)
    return image_damaged(reader->image, "a version lies past its segment");
  if (!move_window(reader, offset, room, size))
    return false;
  *cursor = image_cursor(reader->image,
                         reader->window + (offset - reader->start), size);
  return true;
}

/* The definition at `address`; *next is how far the next one is. */
static bool read_defined(Reader *reader, uint64_t address, NameList *defined,
                         uint32_t *next) {
  Cursor cursor;
  if (!record(reader, address, DEFINED_SIZE, &cursor))
    return false;
  cursor_u16(&cursor);            /* the format's version, always 1 */
  uint32_t flags = cursor_u16(&cursor);
  uint32_t index = cursor_u16(&cursor);
  cursor_skip(&cursor, 6);        /* how many names, and a hash */
  uint32_t first = cursor_u32(&cursor);
  *next = cursor_u32(&cursor);
  if (flags & BASE)
    return true;
  if (!record(reader, address + first, 8, &cursor))
    return false;
  const char *name = version_name(reader, cursor_u32(&cursor));
  return name != NULL && name_index(reader, index, name) &&
         list_add(reader, defined, name);
}

/* "libc.so.6 GLIBC_2.34" */
static const char *pair(Reader *reader, const char *library,
                        const char *version) {
  size_t size = strlen(library) + strlen(version) + 2;
  char *text = image_alloc(reader->image, reader->keep, size);
  if (text != NULL)
    snprintf(text, size, "%s %s", library, version);
  return text;
}

/* One version needed of a library; *next is how far the next one is. */
static bool read_version(Reader *reader, uint64_t address, const char *library,
                         NameList *required, uint32_t *next) {
  Cursor cursor;
  if (!record(reader, address, REQUIRED_SIZE, &cursor))
    return false;
  cursor_skip(&cursor, 6);        /* its hash and flags */
  uint32_t index = cursor_u16(&cursor);
  const char *version = version_name(reader, cursor_u32(&cursor));
  *next = cursor_u32(&cursor);
  if (version == NULL || !name_index(reader, index, version))
    return false;
  const char *text = pair(reader, library, version);
  return text != NULL && list_add(reader, required, text);
}

/* A library of which versions are needed, and those. */
static bool read_required(Reader *reader, uint64_t address,
                          NameList *required, uint32_t *next) {
  Cursor cursor;
  if (!record(reader, address, REQUIRED_SIZE, &cursor))
    return false;
  cursor_u16(&cursor);            /* the format's version, always 1 */
  uint32_t count = cursor_u16(&cursor);
  const char *library = version_name(reader, cursor_u32(&cursor));
  uint32_t step = cursor_u32(&cursor);
  *next = cursor_u32(&cursor);
  if (library == NULL)
    return false;
  for (uint32_t i = 0; i < count && step != 0; i++) {
    address += step;
    if (!read_version(reader, address, library, required, &step))
      return false;
  }
  return true;
}

typedef bool ReadEntry(Reader *reader, uint64_t address, NameList *list,
                       uint32_t *next);

static bool read_list(Reader *reader, ReadEntry *read_entry, uint64_t address,
                      uint64_t count, NameList *list) {
  uint32_t next = 1;
  for (uint64_t i = 0; address != 0 && i < count && next != 0; i++) {
    if (!read_entry(reader, address, list, &next))
      return false;
    address += next;
  }
  return true;
}

bool versions_read(ElfImage *image, const VersionTables *tables,
                   const ElfStrings *strings, Arena *keep, ElfInfo *info,
                   NameList *names) {
  Reader reader;
  NameList defined = {0}, required = {0};
  reader.image = image;
  reader.strings = strings;
  reader.keep = keep;
  reader.names = names;
  reader.entries = reader.size = 0;
  reader.start = 0;
  if (!read_list(&reader, read_defined, tables->defined, tables->ndefined,
                 &defined) ||
      !read_list(&reader, read_required, tables->required, tables->nrequired,
                 &required))
    return false;
  info->defined = defined.items;
  info->ndefined = defined.count;
  info->required = required.items;
  info->nrequired = required.count;
  return true;
}
