/* ldcache.c - see ldcache.h. */
#define _GNU_SOURCE
#include "object/ldcache.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object/cursor.h"

#define LIMIT_CACHE ((size_t)64 << 20)  /* bytes of the file */
#define OLD_MAGIC "ld.so-1.7.0"   /* with its NUL */
#define OLD_HEADER 16             /* bytes before the entries */
#define OLD_ENTRY 12
#define NEW_MAGIC "glibc-ld.so.cache1.1" /* without */
#define NEW_HEADER 48
#define NEW_ENTRY 24
#define NEW_ALIGN 8               /* where it may begin behind the old one */

typedef struct Format {
  size_t entries;                 /* where they begin */
  size_t count;
  size_t each;                    /* bytes of one */
  size_t strings;                 /* what `name` and `path` are counted from */
} Format;

/* The whole file with a NUL behind it, or NULL. */
static char *read_all(Arena *arena, const char *path, size_t *size) {
  struct stat status;
  char *bytes = NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return NULL;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      (uint64_t)status.st_size <= LIMIT_CACHE) {
    bytes = arena_alloc(arena, (size_t)status.st_size + 1);
    if (bytes != NULL && read(fd, bytes, (size_t)status.st_size) !=
        (ssize_t)status.st_size)
      bytes = NULL;
    *size = (size_t)status.st_size;
  }
  close(fd);
  return bytes;
}

static Cursor cursor_at(const char *bytes, size_t size, size_t at) {
  Cursor cursor = {(const uint8_t *)bytes, size, 0, cursor_host_big(), true,
                   false};
  cursor_seek(&cursor, at);
  return cursor;
}

/* Is there the new format at `at`? */
static bool new_format(const char *bytes, size_t size, size_t at,
                       Format *format) {
  size_t magic = sizeof NEW_MAGIC - 1;
  if (at > size || size - at < NEW_HEADER ||
      memcmp(bytes + at, NEW_MAGIC, magic) != 0)
    return false;
  Cursor cursor = cursor_at(bytes, size, at + magic);
  format->entries = at + NEW_HEADER;
  format->count = cursor_u32(&cursor);
  format->each = NEW_ENTRY;
  format->strings = at;
  return true;
}

static bool old_format(const char *bytes, size_t size, Format *format) {
  if (size < OLD_HEADER || memcmp(bytes, OLD_MAGIC, sizeof OLD_MAGIC) != 0)
    return false;
  Cursor cursor = cursor_at(bytes, size, sizeof OLD_MAGIC);
  format->entries = OLD_HEADER;
  format->count = cursor_u32(&cursor);
  format->each = OLD_ENTRY;
  format->strings = OLD_HEADER + format->count * OLD_ENTRY;
  return true;
}

/* The new format if there is one, alone or behind the old one. */
static bool find_format(const char *bytes, size_t size, Format *format) {
  if (new_format(bytes, size, 0, format))
    return true;
  if (!old_format(bytes, size, format))
    return false;
  size_t behind = (format->strings + NEW_ALIGN - 1) & ~(size_t)(NEW_ALIGN - 1);
  new_format(bytes, size, behind, format);
  return true;
}

static void read_entries(LdCache *cache, const char *bytes, size_t size,
                         const Format *format) {
  Cursor cursor = cursor_at(bytes, size, format->entries);
  for (size_t i = 0; i < format->count; i++) {
    cursor_u32(&cursor);          /* flags: the file itself tells better */
    size_t name = format->strings + cursor_u32(&cursor);
    size_t path = format->strings + cursor_u32(&cursor);
    uint64_t hwcap = 0;
    if (format->each == NEW_ENTRY) {
      cursor_u32(&cursor);
      hwcap = cursor_u64(&cursor);
    }
    if (cursor.failed)
      return;
    if (hwcap != 0 || name >= size || path >= size)
      continue;
    LdCacheEntry entry = {bytes + name, bytes + path};
    cache->entries[cache->count++] = entry;
  }
}

void ldcache_read(LdCache *cache, const char *path) {
  size_t size;
  Format format;
  memset(cache, 0, sizeof *cache);
  arena_init(&cache->arena, LIMIT_ARENA);
  const char *bytes = read_all(&cache->arena, path, &size);
  if (bytes == NULL || !find_format(bytes, size, &format) ||
      format.count > size / format.each)
    return;
  cache->entries = arena_alloc(&cache->arena,
                               format.count * sizeof *cache->entries);
  if (cache->entries != NULL)
    read_entries(cache, bytes, size, &format);
}

void ldcache_free(LdCache *cache) {
  arena_free(&cache->arena);
  memset(cache, 0, sizeof *cache);
}
