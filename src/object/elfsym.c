/*
** elfsym.c - see elfsym.h.
**
** elf_open goes by the dynamic segment alone, as the loader does, so it also
** reads files whose section headers are stripped:
**
**   PT_DYNAMIC -> DT_STRTAB -> names
**              -> DT_HASH or DT_GNU_HASH -> how many symbols
**              -> DT_SYMTAB, DT_VERSYM, DT_VERDEF, DT_VERNEED -> symbols
*/
#define _POSIX_C_SOURCE 200809L
#include "object/elfsym.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearname.h"
#include "object/elfdynamic.h"
#include "object/elfhost.h"
#include "object/elfnote.h"
#include "object/elfsection.h"

#define LIMIT_HASHED 4096         /* bytes of a name that its hash regards */
#define LIMIT_PATHS 65536         /* bytes of a runpath, or of a soname */
#define LIMIT_NOTES 65536         /* bytes of one segment of notes */
#define LIMIT_COMPILERS 32        /* texts in .comment */
#define NONE UINT32_MAX           /* the end of a chain */

enum {                            /* DT_FLAGS_1 */
  FLAG_NOOPEN = 0x40, FLAG_PIE = 0x8000000
};

enum {                            /* of a symbol's record */
  BIND_GLOBAL = 1, BIND_WEAK = 2, BIND_UNIQUE = 10,
  TYPE_OBJECT = 1, TYPE_FUNC = 2, TYPE_SECTION = 3, TYPE_FILE = 4,
  TYPE_COMMON = 5, TYPE_TLS = 6, TYPE_IFUNC = 10,
  VISIBLE_DEFAULT = 0, VISIBLE_PROTECTED = 3,
  SECTION_UNDEFINED = 0, SECTION_ABSOLUTE = 0xfff1
};

struct ElfFile {
  Arena arena;                    /* has all that is pointed at below */
  const char *path;
  ElfHead head;
  bool dynamic;                   /* has a dynamic segment */
  bool debugonly;                 /* has nothing else than debug info */
  uint64_t flags;                 /* DT_FLAGS_1 */
  ElfStrings strings;
  ElfInfo info;
  ElfSymbol *symbols;             /* the exported ones */
  size_t nsymbols;
  uint32_t *heads;                /* hash of a name -> first symbol or NONE */
  uint32_t *next;                 /* symbol -> the next one of its chain */
  size_t mask;                    /* number of heads, a power of 2, minus 1 */
};

/* ---------------------------------------------------------------------
** What the dynamic segment names.
*/

static bool read_strings(ElfImage *image, const Dynamic *dynamic,
                         ElfFile *file) {
  if (dynamic->strtab == 0)
    return true;
  file->strings.bytes = image_table(image, &file->arena, dynamic->strtab,
                                    dynamic->strsz);
  file->strings.size = (size_t)dynamic->strsz;
  return file->strings.bytes != NULL;
}

/* A name that the dynamic segment may have; 0: it has none. */
static bool read_name(ElfImage *image, const ElfFile *file, uint64_t offset,
                      size_t limit, const char **name) {
  if (offset == 0)
    return true;
  *name = strings_at(&file->strings, offset, limit);
  return *name != NULL || image_damaged(image, "a name in its dynamic "
                                        "segment lies outside of its strings");
}

static bool read_names(ElfImage *image, const Dynamic *dynamic,
                       ElfFile *file) {
  ElfInfo *info = &file->info;
  uint64_t paths = dynamic->runpath != 0 ? dynamic->runpath : dynamic->rpath;
  const char **needed = image_alloc(image, &file->arena,
                                    dynamic->nneeded * sizeof *needed);
  info->needed = needed;
  if (needed == NULL)
    return false;
  for (size_t i = 0; i < dynamic->nneeded; i++) {
    needed[i] = "";
    if (!read_name(image, file, dynamic->needed[i], LIMIT_PATHS, &needed[i]))
      return false;
  }
  info->nneeded = dynamic->nneeded;
  info->isrpath = dynamic->runpath == 0 && dynamic->rpath != 0;
  return read_name(image, file, dynamic->soname, LIMIT_PATHS,
                   &info->soname) &&
         read_name(image, file, paths, LIMIT_PATHS, &info->runpath);
}

/* A damaged note is as good as none. */
static void read_notes(ElfImage *image, ElfFile *file) {
  Error ignored, *error = image->error;
  image->error = &ignored;
  for (size_t i = 0; i < image->nsegments; i++) {
    const ElfSegment *segment = &image->segments[i];
    if (segment->type != SEGMENT_NOTE || segment->size > LIMIT_NOTES ||
        file->info.buildid != NULL)
      continue;
    void *bytes = image_read(image, &file->arena, segment->offset,
                             segment->size);
    Cursor cursor = image_cursor(image, bytes,
                                 bytes == NULL ? 0 : (size_t)segment->size);
    ElfNote note;
    if (note_find(&cursor, segment->align, NOTE_BUILDID, &note)) {
      file->info.buildid = note.bytes;
      file->info.nbuildid = note.size;
    }
  }
  image->error = error;
}

static bool is_among(const char *const *list, size_t count,
                     const char *text) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(list[i], text) == 0)
      return true;
  return false;
}

/* The texts in .comment, each of which ends with a NUL. */
static void read_comment(ElfImage *image, const ElfSection *section,
                         ElfFile *file) {
  size_t size = (size_t)section->size, count = 0;
  const char *bytes = image_read(image, &file->arena, section->offset, size);
  const char **list = image_alloc(image, &file->arena,
                                  LIMIT_COMPILERS * sizeof *list);
  if (bytes == NULL || list == NULL)
    return;
  for (size_t at = 0; at < size && count < LIMIT_COMPILERS;
       at += strlen(bytes + at) + 1)
    if (bytes[at] != '\0' && !is_among(list, count, bytes + at))
      list[count++] = bytes + at;
  file->info.compilers = list;
  file->info.ncompilers = count;
}

/* A file need not have sections: without them this is not known. */
static void read_compilers(ElfImage *image, ElfFile *file) {
  Error ignored, *error = image->error;
  ElfSections sections;
  image->error = &ignored;
  const ElfSection *comment = sections_read(image, &sections)
                                  ? sections_find(&sections, ".comment")
                                  : NULL;
  if (comment != NULL && comment->size <= LIMIT_NOTES)
    read_comment(image, comment, file);
  image->error = error;
}

static void set_starts(const ElfImage *image, const Dynamic *dynamic,
                       ElfInfo *info) {
  uint64_t each = image->head.wide ? 8 : 4;
  info->init = dynamic->init;
  info->fini = dynamic->fini;
  info->ninits = dynamic->initsz / each;
  info->nfinis = dynamic->finisz / each;
}

/* ---------------------------------------------------------------------
** Symbols.
*/

typedef struct Record {           /* a symbol as it stands in the file */
  uint32_t name;
  uint8_t bind, type, visibility;
  uint16_t section;
  uint64_t value, size;
} Record;

static void read_record(Cursor *cursor, Record *record) {
  record->name = cursor_u32(cursor);
  if (!cursor->wide) {
    record->value = cursor_u32(cursor);
    record->size = cursor_u32(cursor);
  }
  uint8_t info = cursor_u8(cursor);
  record->bind = info >> 4;
  record->type = info & 15;
  record->visibility = cursor_u8(cursor) & 3;
  record->section = cursor_u16(cursor);
  if (cursor->wide) {
    record->value = cursor_u64(cursor);
    record->size = cursor_u64(cursor);
  }
}

static bool is_exported(const Record *record) {
  return record->section != SECTION_UNDEFINED &&
         (record->bind == BIND_GLOBAL || record->bind == BIND_WEAK ||
          record->bind == BIND_UNIQUE) &&
         (record->visibility == VISIBLE_DEFAULT ||
          record->visibility == VISIBLE_PROTECTED) &&
         record->type != TYPE_SECTION && record->type != TYPE_FILE;
}

/* The absolute objects of no size are the names of versions. */
static SymbolKind kind_of(const Record *record) {
  switch (record->type) {
    case TYPE_FUNC: return SYMBOL_FUNCTION;
    case TYPE_IFUNC: return SYMBOL_IFUNC;
    case TYPE_TLS: return SYMBOL_TLS;
    case TYPE_OBJECT: case TYPE_COMMON:
      return record->section == SECTION_ABSOLUTE && record->size == 0
             ? SYMBOL_OTHER : SYMBOL_VARIABLE;
    default: return SYMBOL_OTHER;
  }
}

static bool add_symbol(ElfImage *image, ElfFile *file, const Record *record,
                       uint16_t version, const NameList *versions) {
  ElfSymbol *symbol = &file->symbols[file->nsymbols++];
  uint32_t index = version & VERSION_INDEX;
  if (record->name >= file->strings.size)
    return image_damaged(image, "a symbol's name lies outside of its strings");
  symbol->name = file->strings.bytes + record->name;
  symbol->version = index > 1 && index < versions->count
                    ? versions->items[index] : NULL;
  symbol->isdefault = index <= 1 || (version & VERSION_HIDDEN) == 0;
  if (symbol->version != NULL && strcmp(symbol->version, symbol->name) == 0)
    symbol->version = NULL;       /* it names a version, and has none */
  symbol->weak = record->bind == BIND_WEAK;
  symbol->unique = record->bind == BIND_UNIQUE;
  symbol->shielded = record->visibility == VISIBLE_PROTECTED;
  symbol->kind = kind_of(record);
  symbol->readonly = symbol->kind != SYMBOL_TLS &&
                     image_readonly(image, record->value);
  symbol->value = record->value;
  symbol->size = record->size;
  return true;
}

/* How many of the `count` symbols in the table are exported. */
static size_t count_exported(Cursor cursor, uint64_t count) {
  size_t exported = 0;
  for (uint64_t i = 0; i < count; i++) {
    Record record;
    read_record(&cursor, &record);
    exported += is_exported(&record);
  }
  return exported;
}

/* Both cursors: over the symbols, and over their version indices. */
static bool add_symbols(ElfImage *image, ElfFile *file, Cursor symbols,
                        Cursor indices, uint64_t count,
                        const NameList *versions) {
  size_t room = count_exported(symbols, count);
  file->symbols = image_alloc(image, &file->arena,
                              room * sizeof *file->symbols);
  if (file->symbols == NULL)
    return false;
  for (uint64_t i = 0; i < count; i++) {
    Record record;
    read_record(&symbols, &record);
    uint16_t version = cursor_u16(&indices);
    if (is_exported(&record) &&
        !add_symbol(image, file, &record, version, versions))
      return false;
  }
  return true;
}

static bool read_symbols(ElfImage *image, const Dynamic *dynamic,
                         ElfFile *file, const NameList *versions) {
  uint64_t count, each = image->head.wide ? 24 : 16;
  if (!dynamic_count(image, dynamic, &count))
    return false;
  if (count == 0)
    return true;
  if (dynamic->syment != each)
    return image_damaged(image, "its symbols have a wrong size");
  if (count > image->length / each)
    return image_damaged(image, "it has more symbols than bytes");
  void *table = image_table(image, &image->scratch, dynamic->symtab,
                            count * each);
  if (table == NULL)
    return false;
  Cursor symbols = image_cursor(image, table, (size_t)(count * each));
  Cursor indices = image_cursor(image, NULL, 0);
  if (dynamic->versym != 0) {
    table = image_table(image, &image->scratch, dynamic->versym, count * 2);
    if (table == NULL)
      return false;
    indices = image_cursor(image, table, (size_t)count * 2);
  }
  return add_symbols(image, file, symbols, indices, count, versions);
}

/* ---------------------------------------------------------------------
** Finding by name. The table is made at once and never changes, so that
** threads may share a file without a lock.
*/

/*
** By length and both ends only: names are long in C++, and a damaged file can
** make each of them as long as its string table.
*/
static uint32_t hash(const char *name) {
  size_t length = strnlen(name, LIMIT_HASHED);
  uint32_t result = 2166136261u ^ (uint32_t)length;
  for (size_t i = 0; i < length; i++) {
    if (i == 48 && length > 96)
      i = length - 48;
    result = (result ^ (uint8_t)name[i]) * 16777619u;
  }
  return result;
}

static bool build_table(ElfImage *image, ElfFile *file) {
  size_t size = 1;
  while (size < file->nsymbols)
    size *= 2;
  file->heads = image_alloc(image, &file->arena, size * sizeof(uint32_t));
  file->next = image_alloc(image, &file->arena,
                           file->nsymbols * sizeof(uint32_t));
  if (file->heads == NULL || file->next == NULL)
    return false;
  file->mask = size - 1;
  for (size_t i = 0; i < size; i++)
    file->heads[i] = NONE;
  for (size_t i = file->nsymbols; i-- > 0;) {  /* so that the first is first */
    uint32_t *head = &file->heads[hash(file->symbols[i].name) & file->mask];
    file->next[i] = *head;
    *head = (uint32_t)i;
  }
  return true;
}

static bool is_version(const ElfSymbol *symbol, const char *version) {
  if (version == NULL)
    return symbol->isdefault;
  return symbol->version != NULL && strcmp(symbol->version, version) == 0;
}

const ElfSymbol *elf_find(const ElfFile *file, const char *name,
                          const char *version) {
  if (file == NULL)
    return NULL;
  uint32_t i = file->heads[hash(name) & file->mask];
  for (; i != NONE; i = file->next[i]) {
    const ElfSymbol *symbol = &file->symbols[i];
    if (strcmp(symbol->name, name) == 0 && is_version(symbol, version))
      return symbol;
  }
  return NULL;
}

/* ---------------------------------------------------------------------
** The file.
*/

static ElfFile *new_file(ElfImage *image) {
  ElfFile *file = calloc(1, sizeof *file);
  if (file == NULL) {
    error_set(image->error, 0, "%s: not enough memory to read it",
              image_shown(image->path));
    return NULL;
  }
  arena_init(&file->arena, LIMIT_ARENA);
  file->head = image->head;
  file->dynamic = image_segment(image, SEGMENT_DYNAMIC) != NULL;
  file->debugonly = image->debugonly;
  return file;
}

/* What the dynamic segment says itself. */
static bool read_dynamic(ElfImage *image, Dynamic *dynamic, ElfFile *file) {
  size_t length = strlen(image->path);
  char *path = image_alloc(image, &file->arena, length + 1);
  if (path == NULL || !dynamic_read(image, dynamic))
    return false;
  file->path = memcpy(path, image->path, length);
  file->flags = dynamic->flags;
  set_starts(image, dynamic, &file->info);
  return read_strings(image, dynamic, file) &&
         read_names(image, dynamic, file);
}

/* And what the rest of the file does. */
static bool read_rest(ElfImage *image, const Dynamic *dynamic,
                      ElfFile *file) {
  NameList versions = {0};
  read_notes(image, file);
  read_compilers(image, file);
  return versions_read(image, &dynamic->versions, &file->strings,
                       &file->arena, &file->info, &versions) &&
         read_symbols(image, dynamic, file, &versions);
}

static ElfFile *open_file(const char *path, bool whole, Error *error) {
  ElfImage image;
  Dynamic dynamic = {0};
  ElfFile *file = NULL;
  if (image_open(&image, path, error))
    file = new_file(&image);
  if (file != NULL && !(read_dynamic(&image, &dynamic, file) &&
                        (!whole || read_rest(&image, &dynamic, file)) &&
                        build_table(&image, file))) {
    elf_close(file);
    file = NULL;
  }
  image_close(&image);
  return file;
}

ElfFile *elf_open(const char *path, Error *error) {
  return open_file(path, true, error);
}

ElfFile *elf_glance(const char *path, Error *error) {
  return open_file(path, false, error);
}

void elf_close(ElfFile *file) {
  if (file == NULL)
    return;
  arena_free(&file->arena);
  free(file);
}

bool elf_loadable(const ElfFile *file, Error *error) {
  const char *path = image_shown(file->path);
  if (!host_accepts(&file->head, path, error))
    return false;
  if (file->head.type == ELFTYPE_EXEC || (file->flags & FLAG_PIE) != 0)
    return error_set(error, 0, "%s: is an executable, not a shared object; "
                     "link it with cc -shared", path);
  if (file->debugonly)
    return error_set(error, 0, "%s: is not a shared object: it holds only "
                     "the debug info of one", path);
  if (!file->dynamic)
    return error_set(error, 0, "%s: is not a shared object: it has no "
                     "dynamic segment; link it with cc -shared", path);
  if ((file->flags & FLAG_NOOPEN) != 0)
    return error_set(error, 0, "%s: was linked with -z nodlopen, so that it "
                     "cannot be opened by a running program", path);
  return true;
}

const ElfInfo *elf_info(const ElfFile *file) {
  static const ElfInfo empty;
  return file == NULL ? &empty : &file->info;
}

size_t elf_count(const ElfFile *file) {
  return file == NULL ? 0 : file->nsymbols;
}

const ElfSymbol *elf_symbol(const ElfFile *file, size_t index) {
  return index < elf_count(file) ? &file->symbols[index] : NULL;
}

const char *elf_nearest(const ElfFile *file, const char *name) {
  NearName near;
  nearname_init(&near, name, strlen(name));
  for (size_t i = 0; i < elf_count(file); i++)
    nearname_offer(&near, file->symbols[i].name);
  return near.best;
}
