/* elfimage.c - see elfimage.h. */
#define _GNU_SOURCE
#include "object/elfimage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object/filekind.h"
#include "object/ldscript.h"

#define HEADER_32 52              /* bytes of the two file headers */
#define HEADER_64 64
#define SEGMENT_32 32             /* and of one program header */
#define SEGMENT_64 56
#define SECTION_NOBITS 8          /* type of a section without bytes */
#define SECTION_CODE 4            /* flag of one with instructions */
#define SHOWN_PATH 400            /* bytes of a path in a message */

const char *image_shown(const char *path) {
  size_t length = strlen(path);
  return length <= SHOWN_PATH ? path : path + length - SHOWN_PATH;
}

bool image_damaged(ElfImage *image, const char *what) {
  return error_set(image->error, 0,
                   "%s: is damaged: %s; build or copy it again",
                   image_shown(image->path), what);
}

/* ---------------------------------------------------------------------
** The operating system: these three functions only.
*/

/*
** Opens for reading. O_NONBLOCK: opening a named pipe must not wait for
** somebody to write.
*/
static bool open_file(ElfImage *image) {
  struct stat status;
  image->fd = open(image->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (image->fd < 0 && errno == ENOENT)
    return error_set(image->error, 0, "%s: there is no such file; check the "
                     "path", image_shown(image->path));
  if (image->fd < 0 || fstat(image->fd, &status) != 0)
    return error_set(image->error, 0, "%s: cannot be read: %s",
                     image_shown(image->path), strerror(errno));
  if (S_ISDIR(status.st_mode))
    return error_set(image->error, 0, "%s: is a directory, not a shared "
                     "object; name a file in it", image_shown(image->path));
  if (!S_ISREG(status.st_mode))
    return error_set(image->error, 0, "%s: is not a file but a pipe, socket "
                     "or device", image_shown(image->path));
  image->length = (uint64_t)status.st_size;
  return true;
}

bool image_fetch(ElfImage *image, uint64_t offset, void *bytes, size_t size) {
  uint8_t *to = bytes;
  if (offset < image->nstart && size <= image->nstart - offset) {
    memcpy(bytes, image->start + offset, size);
    return true;
  }
  while (size > 0) {
    ssize_t got = pread(image->fd, to, size, (off_t)offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return error_set(image->error, 0, "%s: cannot be read: %s",
                       image_shown(image->path), strerror(errno));
    if (got == 0)
      return image_damaged(image, "it ends too early");
    to += got;
    offset += (uint64_t)got;
    size -= (size_t)got;
  }
  return true;
}

void image_close(ElfImage *image) {
  if (image->fd >= 0)
    close(image->fd);
  image->fd = -1;
  arena_free(&image->scratch);
}

/* --------------------------------------------------------------------- */

void *image_alloc(ElfImage *image, Arena *arena, size_t size) {
  void *bytes = arena_alloc(arena, size);
  if (bytes == NULL)
    error_set(image->error, 0, "%s: not enough memory to read it",
              image_shown(image->path));
  return bytes;
}

void *image_read(ElfImage *image, Arena *arena, uint64_t offset,
                 uint64_t size) {
  if (offset > image->length || size > image->length - offset) {
    image_damaged(image, "a table lies outside of the file");
    return NULL;
  }
  char *bytes = image_alloc(image, arena, (size_t)size + 1);
  if (bytes == NULL || !image_fetch(image, offset, bytes, (size_t)size))
    return NULL;
  return bytes;
}

const ElfSegment *image_segment(const ElfImage *image, uint32_t type) {
  for (size_t i = 0; i < image->nsegments; i++)
    if (image->segments[i].type == type)
      return &image->segments[i];
  return NULL;
}

bool image_place(ElfImage *image, uint64_t address, uint64_t *offset,
                 uint64_t *room) {
  for (size_t i = 0; i < image->nsegments; i++) {
    const ElfSegment *segment = &image->segments[i];
    if (segment->type != SEGMENT_LOAD || address < segment->address ||
        address - segment->address >= segment->size)
      continue;
    uint64_t into = address - segment->address;
    *offset = segment->offset + into;
    *room = segment->size - into;
    return true;
  }
  return image_damaged(image, "a table's address is in no segment");
}

bool image_readonly(const ElfImage *image, uint64_t address) {
  bool loaded = false, writable = false, sealed = false;
  for (size_t i = 0; i < image->nsegments; i++) {
    const ElfSegment *segment = &image->segments[i];
    if (address < segment->address ||
        address - segment->address >= segment->memory)
      continue;
    if (segment->type == SEGMENT_LOAD) {
      loaded = true;
      writable = writable || (segment->flags & SEGMENT_WRITABLE) != 0;
    }
    sealed = sealed || segment->type == SEGMENT_RELRO;
  }
  return loaded && (sealed || !writable);
}

void *image_table(ElfImage *image, Arena *arena, uint64_t address,
                  uint64_t size) {
  uint64_t offset, room;
  if (!image_place(image, address, &offset, &room))
    return NULL;
  if (size > room) {
    image_damaged(image, "a table is longer than its segment");
    return NULL;
  }
  return image_read(image, arena, offset, size);
}

Cursor image_cursor(const ElfImage *image, const void *bytes, size_t size) {
  Cursor cursor = {bytes, size, 0, image->head.big, image->head.wide, false};
  return cursor;
}

const char *strings_at(const ElfStrings *strings, uint64_t offset,
                       size_t limit) {
  if (offset >= strings->size)
    return NULL;
  const char *string = strings->bytes + offset;
  size_t room = strings->size - (size_t)offset;
  if (memchr(string, '\0', room < limit ? room : limit) == NULL)
    return NULL;
  return string;
}

/* --------------------------------------------------------------------- */

/* Says what the file is, if it is not ELF. */
static bool check_kind(ElfImage *image) {
  const char *bytes = (const char *)image->start;
  size_t size = image->nstart < FILEKIND_BYTES ? image->nstart
                                               : FILEKIND_BYTES;
  FileKind kind = filekind(bytes, size);
  if (kind == FILE_IS_ELF)
    return true;
  char name[LIMIT_NAME];
  if (kind == FILE_IS_TEXT && ldscript_first(bytes, size, name, sizeof name))
    return error_set(image->error, 0, "%s: is not a shared object: it is a "
                     "text file, a GNU ld script, which tells the linker to "
                     "take %.300s; open that",
                     image_shown(image->path), name);
  return error_set(image->error, 0, "%s: %s", image_shown(image->path),
                   filekind_advice(kind));
}

/* Class, byte order, type and machine from the file's first bytes. */
static bool read_head(ElfImage *image) {
  ElfHead *head = &image->head;
  const uint8_t *bytes = image->start;
  size_t size = image->nstart;
  if (size < HEADER_32 || (bytes[4] == 2 && size < HEADER_64))
    return error_set(image->error, 0, "%s: is truncated: it ends within its "
                     "header; build or copy it again",
                     image_shown(image->path));
  if (bytes[4] < 1 || bytes[4] > 2 || bytes[5] < 1 || bytes[5] > 2)
    return image_damaged(image, "its header gives no class or byte order");
  head->wide = bytes[4] == 2;
  head->big = bytes[5] == 2;
  head->osabi = bytes[7];
  Cursor cursor = image_cursor(image, bytes, size);
  cursor_seek(&cursor, 16);
  head->type = cursor_u16(&cursor);
  head->machine = cursor_u16(&cursor);
  return true;
}

static bool check_type(ElfImage *image) {
  switch (image->head.type) {
    case ELFTYPE_EXEC: case ELFTYPE_DYN:
      return true;
    case ELFTYPE_REL:
      return error_set(image->error, 0, "%s: is not a shared object: it is "
                       "an object file; link it with cc -shared",
                       image_shown(image->path));
    case ELFTYPE_CORE:
      return error_set(image->error, 0, "%s: is not a shared object: it is a "
                       "core dump", image_shown(image->path));
    default:
      return image_damaged(image, "its header gives no known file type");
  }
}

static void read_segment(Cursor *cursor, ElfSegment *segment) {
  segment->type = cursor_u32(cursor);
  if (cursor->wide)               /* 32-bit files have them further down */
    segment->flags = cursor_u32(cursor);
  segment->offset = cursor_word(cursor);
  segment->address = cursor_word(cursor);
  cursor_word(cursor);            /* the physical address */
  segment->size = cursor_word(cursor);
  segment->memory = cursor_word(cursor);
  if (!cursor->wide)
    segment->flags = cursor_u32(cursor);
  segment->align = cursor_word(cursor);
}

/* The place, size and number of the program headers. */
static bool read_segments(ElfImage *image) {
  bool wide = image->head.wide;
  Cursor cursor = image_cursor(image, image->start, image->nstart);
  cursor_seek(&cursor, wide ? 32 : 28);
  uint64_t offset = cursor_word(&cursor);
  cursor_seek(&cursor, wide ? 54 : 42);
  size_t each = cursor_u16(&cursor);
  size_t count = cursor_u16(&cursor);
  if (count == 0 || each != (wide ? SEGMENT_64 : SEGMENT_32))
    return image_damaged(image, "it has no proper program headers");
  void *table = image_read(image, &image->scratch, offset, count * each);
  image->segments = image_alloc(image, &image->scratch,
                                count * sizeof(ElfSegment));
  if (table == NULL || image->segments == NULL)
    return false;
  image->nsegments = count;
  cursor = image_cursor(image, table, count * each);
  for (size_t i = 0; i < count; i++)
    read_segment(&cursor, &image->segments[i]);
  return true;
}

/*
** A file that holds debug info only has the segments of the file that it was
** taken from, but not their bytes: its code section is marked as empty.
*/
static bool is_debug_only(ElfImage *image) {
  bool wide = image->head.wide;
  Cursor cursor = image_cursor(image, image->start, image->nstart);
  cursor_seek(&cursor, wide ? 40 : 32);
  uint64_t offset = cursor_word(&cursor);
  cursor_seek(&cursor, wide ? 58 : 46);
  size_t each = cursor_u16(&cursor);
  size_t count = cursor_u16(&cursor);
  Error ignored, *error = image->error;
  image->error = &ignored;
  void *table = image_read(image, &image->scratch, offset, count * each);
  image->error = error;
  cursor = image_cursor(image, table, table == NULL ? 0 : count * each);
  for (size_t i = 0; i < count && !cursor.failed; i++) {
    cursor_seek(&cursor, i * each + 4);
    uint32_t type = cursor_u32(&cursor);
    if (type == SECTION_NOBITS && (cursor_word(&cursor) & SECTION_CODE) != 0)
      return true;
  }
  return false;
}

/* The first segment to load whose bytes are not all in the file, or NULL. */
static const ElfSegment *find_cut(const ElfImage *image) {
  for (size_t i = 0; i < image->nsegments; i++) {
    const ElfSegment *segment = &image->segments[i];
    if (segment->type == SEGMENT_LOAD &&
        (segment->offset > image->length ||
         segment->size > image->length - segment->offset))
      return segment;
  }
  return NULL;
}

/* Is the dynamic segment, if there is one, a part of one to be loaded? */
static bool has_dynamic(ElfImage *image) {
  const ElfSegment *segment = image_segment(image, SEGMENT_DYNAMIC);
  uint64_t offset, room;
  return segment == NULL ||
         (image_place(image, segment->address, &offset, &room) &&
          segment->size <= room);
}

/*
** The loader maps what the segments claim: bytes that are not there would be
** a SIGBUS in the middle of dlopen.
*/
static bool check_length(ElfImage *image) {
  const ElfSegment *cut = find_cut(image);
  if (cut == NULL && has_dynamic(image))
    return true;
  image->debugonly = is_debug_only(image);
  if (image->debugonly)
    return true;
  if (cut == NULL)
    return image_damaged(image, "its dynamic segment is in no other one");
  return error_set(image->error, 0, "%s: is truncated: a segment has %llu "
                   "bytes from byte %llu on, the file has %llu in all; build "
                   "or copy it again", image_shown(image->path),
                   (unsigned long long)cut->size,
                   (unsigned long long)cut->offset,
                   (unsigned long long)image->length);
}

/* How many of `start` the mapping begins with, where nobody writes them. */
static size_t mapped_start(const ElfImage *image) {
  const ElfSegment *first = image_segment(image, SEGMENT_LOAD);
  if (first == NULL || first->offset != 0 ||
      (first->flags & SEGMENT_READABLE) == 0 ||
      (first->flags & SEGMENT_WRITABLE) != 0)
    return 0;
  return first->size < image->nstart ? (size_t)first->size : image->nstart;
}

bool image_is_at(const ElfImage *image, const uint8_t *base) {
  size_t size = mapped_start(image);
  size_t header = image->head.wide ? HEADER_64 : HEADER_32;
  if (size < header)
    return true;
  bool same = memcmp(image->start, base, header) == 0;
  for (size_t i = 0; i < image->nsegments; i++) {
    const ElfSegment *note = &image->segments[i];
    if (note->type == SEGMENT_NOTE && note->offset < size &&
        note->size <= size - note->offset)
      same = same && memcmp(image->start + note->offset, base + note->offset,
                            (size_t)note->size) == 0;
  }
  return same;
}

bool image_open_any(ElfImage *image, const char *path, Error *error) {
  memset(image, 0, sizeof *image);
  image->path = path;
  image->fd = -1;
  image->error = error;
  arena_init(&image->scratch, LIMIT_ARENA);
  if (!open_file(image))
    return false;
  size_t size = image->length < IMAGE_START ? (size_t)image->length
                                            : IMAGE_START;
  if (!image_fetch(image, 0, image->start, size))
    return false;
  image->nstart = size;
  return check_kind(image) && read_head(image);
}

bool image_open(ElfImage *image, const char *path, Error *error) {
  return image_open_any(image, path, error) && check_type(image) &&
         read_segments(image) && check_length(image);
}
