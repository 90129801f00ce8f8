/*
** elfimage.h - an ELF file while it is being read: header and segments.
**
**   [header][program headers] ... [segment 1] ... [segment 2] ...
**                |                    ^
**                +-- offset, address, file size
**
** Tables are found as the loader finds them: by an address in the dynamic
** segment, which the PT_LOAD segments turn into a place in the file. Bytes
** are copied by pread, never mapped, so that a file that shrinks meanwhile
** is an error and not a SIGBUS.
*/
#ifndef CPLUGIN_ELFIMAGE_H
#define CPLUGIN_ELFIMAGE_H

#include "base/arena.h"
#include "object/cursor.h"

enum { ELFTYPE_REL = 1, ELFTYPE_EXEC = 2, ELFTYPE_DYN = 3, ELFTYPE_CORE = 4 };
enum { SEGMENT_LOAD = 1, SEGMENT_DYNAMIC = 2, SEGMENT_NOTE = 4,
       SEGMENT_RELRO = 0x6474e552 };
enum { SEGMENT_WRITABLE = 2, SEGMENT_READABLE = 4 };    /* of its flags */

typedef struct ElfHead {
  bool big;                       /* byte order, as Cursor has it */
  bool wide;                      /* 64-bit class */
  uint8_t osabi;
  uint16_t type;                  /* ELFTYPE_* */
  uint16_t machine;
} ElfHead;

typedef struct ElfSegment {
  uint32_t type;                  /* SEGMENT_* */
  uint64_t offset;                /* in the file */
  uint64_t address;               /* before relocation */
  uint64_t size;                  /* in the file */
  uint64_t memory;                /* once it is loaded; the rest is zero */
  uint64_t align;
  uint32_t flags;                 /* SEGMENT_WRITABLE, among others */
} ElfSegment;

#define IMAGE_START 1024          /* bytes that most headers have room in */

typedef struct ElfImage {
  const char *path;               /* the caller's */
  int fd;                         /* -1: closed */
  uint64_t length;                /* of the file */
  uint8_t start[IMAGE_START];     /* its first bytes, read once */
  size_t nstart;                  /* as many as it has */
  ElfHead head;
  bool debugonly;                 /* debug info of a file, taken out of it */
  ElfSegment *segments;           /* in `scratch` */
  size_t nsegments;
  Arena scratch;                  /* what is needed only while reading */
  Error *error;                   /* the caller's; set once */
} ElfImage;

typedef struct ElfStrings {       /* DT_STRTAB */
  const char *bytes;              /* with one NUL more behind them */
  size_t size;
} ElfStrings;

/*
** Opens and checks header and segments. False with an error that begins with
** the path. image_close is due in both cases.
*/
bool image_open(ElfImage *image, const char *path, Error *error);
void image_close(ElfImage *image);

/*
** The same for a file that need not be one to load, as those that have only
** debug info: its segments are not read.
*/
bool image_open_any(ElfImage *image, const char *path, Error *error);

/* The first segment of a type, or NULL. */
const ElfSegment *image_segment(const ElfImage *image, uint32_t type);

/* Sets the error: the path, that the file is damaged, and how. */
bool image_damaged(ElfImage *image, const char *what);

/* arena_alloc, with an error when there is no memory. */
void *image_alloc(ElfImage *image, Arena *arena, size_t size);

/*
** A copy in `arena` of a part of the file, with a NUL behind it. NULL with an
** error when the file does not have it.
*/
void *image_read(ElfImage *image, Arena *arena, uint64_t offset,
                 uint64_t size);

/* As image_read, into the caller's `size` bytes. */
bool image_fetch(ElfImage *image, uint64_t offset, void *bytes, size_t size);

/*
** Where in the file the byte at `address` is, and how many of its segment
** follow from there. False with an error where no segment has it.
*/
bool image_place(ElfImage *image, uint64_t address, uint64_t *offset,
                 uint64_t *room);

/*
** May nobody write the byte at `address` once the file is loaded? That is in
** segments that are not writable, and in those made so after relocation.
*/
bool image_readonly(const ElfImage *image, uint64_t address);

/*
** Could it be this file that is mapped at `base`? Its header and what notes
** stand near it, as the build id does, tell one build from another.
*/
bool image_is_at(const ElfImage *image, const uint8_t *base);

/* A copy in `arena` of the table of `size` bytes at `address`, or NULL. */
void *image_table(ElfImage *image, Arena *arena, uint64_t address,
                  uint64_t size);

/* A cursor in the file's byte order. */
Cursor image_cursor(const ElfImage *image, const void *bytes, size_t size);

/*
** The string at `offset`, if it ends within `limit` bytes and within the
** table; else NULL.
*/
const char *strings_at(const ElfStrings *strings, uint64_t offset,
                       size_t limit);

/* A path as messages show it: the end of a very long one. */
const char *image_shown(const char *path);

#endif
