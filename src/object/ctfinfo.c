/* ctfinfo.c - see ctfinfo.h. */
#include "object/ctfinfo.h"

#include <stdlib.h>
#include <string.h>

#include "object/elfsection.h"

#define ARCHIVE_MAGIC 0x8b47f2a4d7623eebu
#define LIMIT_DICTS 100000

enum { ELF_OBJECT = 1, ELF_FUNCTION = 2 };      /* types of symbols */

/*
** What a dict has types of are symbols by their names; or, where that is
** shorter, all of a kind in the order of the file's table of symbols.
*/
struct CtfInfo {
  CtfDict *dicts;                 /* in the arena, as all of it; the first is */
  size_t ndicts;                  /* the parent of the others */
  CtfReader reader;
  Cursor symbols;                 /* the table that CTF goes by */
  ElfStrings names;
  Arena arena;
};

/* ---------------------------------------------------------------------
** Opening.
*/

/* False: the file is damaged. One that is not there is empty. */
static bool read_section(CtfInfo *info, ElfImage *image,
                         const ElfSections *sections, const char *name,
                         Cursor *out) {
  const ElfSection *section = sections_find(sections, name);
  *out = image_cursor(image, "", 0);
  if (section == NULL)
    return true;
  void *bytes = image_read(image, &info->arena, section->offset,
                           section->size);
  *out = image_cursor(image, bytes,
                      bytes == NULL ? 0 : (size_t)section->size);
  return bytes != NULL;
}

static bool read_symbols(CtfInfo *info, ElfImage *image,
                         const ElfSections *sections, bool dynamic) {
  Cursor strings;
  if (!read_section(info, image, sections, dynamic ? ".dynsym" : ".symtab",
                    &info->symbols) ||
      !read_section(info, image, sections, dynamic ? ".dynstr" : ".strtab",
                    &strings))
    return false;
  info->names.bytes = (const char *)strings.bytes;
  info->names.size = strings.size;
  return true;
}

/*
** The nth dict of the section. An archive has magic, model, how many there
** are, where names and dicts are, and pairs of places of a name and a dict; a
** dict has its size before it. All that is little-endian.
*/
static bool nth_dict(Cursor section, size_t n, Cursor *out) {
  Cursor at = section;
  at.big = false;
  if (cursor_u64(&at) != ARCHIVE_MAGIC) {
    *out = section;
    return n == 0;
  }
  cursor_u64(&at);
  uint64_t count = cursor_u64(&at);
  cursor_u64(&at);
  uint64_t dicts = cursor_u64(&at);
  if (at.failed || n >= count || n >= LIMIT_DICTS)
    return false;
  cursor_skip(&at, 16 * n + 8);
  uint64_t place = cursor_u64(&at);
  cursor_seek(&at, dicts > at.size ? at.size + 1 : dicts);
  cursor_skip(&at, place);
  uint64_t size = cursor_u64(&at);
  if (at.failed || size > at.size - at.at)
    return false;
  *out = section;
  out->bytes += at.at;
  out->size = (size_t)size;
  return true;
}

static bool make_dicts(CtfInfo *info, Cursor section, Error *error) {
  Cursor bytes;
  size_t count = 0;
  while (nth_dict(section, count, &bytes))
    count++;
  info->dicts = arena_alloc(&info->arena, count * sizeof *info->dicts + 1);
  if (info->dicts == NULL)
    return error_set(error, 0, "not enough memory for debug info");
  for (size_t i = 0; i < count; i++) {
    info->dicts[i].outer = info->names;
    if (!nth_dict(section, i, &bytes) ||
        !ctfdict_make(&info->dicts[i], i == 0 ? NULL : info->dicts, bytes,
                      &info->arena, error))
      return false;
    info->ndicts++;
  }
  info->reader.dicts = info->dicts;
  info->reader.ndicts = info->ndicts;
  return count > 0 || error_set(error, 0, "its debug info in CTF is damaged");
}

static bool open_file(CtfInfo *info, ElfImage *image, Error *error) {
  ElfSections sections;
  Cursor section, first;
  if (!sections_read(image, &sections) ||
      !read_section(info, image, &sections, ".ctf", &section))
    return false;
  bool dynamic = nth_dict(section, 0, &first) && ctfdict_isdynamic(first);
  return read_symbols(info, image, &sections, dynamic) &&
         make_dicts(info, section, error);
}

CtfInfo *ctfinfo_open(const char *path, Error *error) {
  ElfImage image;
  CtfInfo *info = calloc(1, sizeof *info);
  if (info == NULL) {
    error_set(error, 0, "not enough memory for debug info");
    return NULL;
  }
  ctfreader_init(&info->reader);
  arena_init(&info->arena, LIMIT_ARENA);
  bool opened = image_open_any(&image, path, error) &&
                open_file(info, &image, error);
  image_close(&image);
  if (opened)
    return info;
  ctfinfo_close(info);
  return NULL;
}

void ctfinfo_close(CtfInfo *info) {
  if (info == NULL)
    return;
  debugreader_free(&info->reader.reader);
  arena_free(&info->arena);
  free(info);
}

DebugReader *ctfinfo_reader(CtfInfo *info) {
  return &info->reader.reader;
}

/* ---------------------------------------------------------------------
** Symbols.
*/

/* The number of a part, from 0; 0 where the part is shorter. */
static uint32_t number_at(const CtfDict *dict, int part, size_t n) {
  Cursor cursor = dict->data;
  size_t count = (dict->parts[part + 1] - dict->parts[part]) / 4;
  if (n >= count)
    return 0;
  cursor_seek(&cursor, dict->parts[part] + 4 * n);
  return cursor_u32(&cursor);
}

/* The type of the name in a list of names. */
static uint32_t by_names(const CtfDict *dict, int types, int names,
                         const char *name) {
  size_t count = (dict->parts[names + 1] - dict->parts[names]) / 4;
  for (size_t i = 0; i < count; i++) {
    const char *other = ctfdict_string(dict, number_at(dict, names, i));
    if (other != NULL && strcmp(other, name) == 0)
      return number_at(dict, types, i);
  }
  return 0;
}

typedef struct Entry {            /* of the table of symbols */
  const char *name;               /* NULL: CTF passes over it */
  uint8_t type;
} Entry;

static Entry read_entry(const CtfInfo *info, Cursor *cursor) {
  uint32_t name = cursor_u32(cursor);
  if (!cursor->wide)
    cursor_skip(cursor, 8);
  uint8_t type = cursor_u8(cursor) & 15;
  cursor_u8(cursor);
  uint16_t section = cursor_u16(cursor);
  if (cursor->wide)
    cursor_skip(cursor, 16);
  Entry entry = {strings_at(&info->names, name, LIMIT_NAME), type};
  if (entry.name != NULL && (section == 0 || *entry.name == '\0' ||
                             strcmp(entry.name, "_START_") == 0 ||
                             strcmp(entry.name, "_END_") == 0))
    entry.name = NULL;
  return entry;
}

/* The type of the name where all symbols of a kind have one. */
static uint32_t by_order(const CtfInfo *info, const CtfDict *dict, int types,
                         uint8_t type, const char *name) {
  Cursor cursor = info->symbols;
  size_t n = 0;
  while (cursor.at < cursor.size && !cursor.failed) {
    Entry entry = read_entry(info, &cursor);
    if (entry.name == NULL || entry.type != type)
      continue;
    if (strcmp(entry.name, name) == 0)
      return number_at(dict, types, n);
    n++;
  }
  return 0;
}

static uint32_t number_of(const CtfInfo *info, const CtfDict *dict,
                          bool function, const char *name) {
  int types = function ? CTF_FUNCTIONS : CTF_OBJECTS;
  int names = function ? CTF_FUNCTION_NAMES : CTF_OBJECT_NAMES;
  if (dict->parts[names + 1] > dict->parts[names])
    return by_names(dict, types, names, name);
  return by_order(info, dict, types, function ? ELF_FUNCTION : ELF_OBJECT,
                  name);
}

static DebugType *find(CtfInfo *info, bool function, const char *name) {
  for (size_t i = 0; i < info->ndicts; i++) {
    uint32_t number = number_of(info, &info->dicts[i], function, name);
    if (number != 0)
      return ctf_node(&info->reader, &info->dicts[i], number);
  }
  return NULL;
}

DebugType *ctfinfo_symbol(CtfInfo *info, const ElfFile *elf,
                          const ElfSymbol *symbol) {
  bool function = symbol->kind == SYMBOL_FUNCTION ||
                  symbol->kind == SYMBOL_IFUNC;
  Error *error = info->reader.reader.error;
  DebugType *type = symbol->isdefault ? find(info, function, symbol->name)
                                      : NULL;
  for (size_t i = 0; i < elf_count(elf) && type == NULL; i++) {
    const ElfSymbol *other = elf_symbol(elf, i);
    if (other->value == symbol->value && other->kind == symbol->kind &&
        other->isdefault && symbol->kind != SYMBOL_TLS)
      type = find(info, function, other->name);
  }
  if (type == NULL)
    error_set(error, 0, "debug info in CTF has nothing of '%.200s': give a "
              "declaration", symbol->name);
  else if (!debug_read(&info->reader.reader, type))
    type = NULL;
  else if ((type->kind == DEBUG_FUNCTION) != function) {
    error_set(error, 0, "debug info in CTF is damaged: '%.200s' has a type of "
              "something else", symbol->name);
    type = NULL;
  }
  return type;
}
