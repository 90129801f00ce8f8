/*
** ldcache.h - /etc/ld.so.cache: the libraries that ldconfig has found.
**
** Two formats, told by their first bytes. A file may have the old one and,
** between its entries and its strings, the new one:
**
**   old  "ld.so-1.7.0" NUL, count, count * {flags, name, path}, strings
**   new  "glibc-ld.so.cache1.1", count, size of strings, 20 bytes,
**        count * {flags, name, path, os version, hwcap (8)}, strings
**
** `name` and `path` are offsets, in the old format from the end of its
** entries, in the new one from its own first byte.
*/
#ifndef CPLUGIN_LDCACHE_H
#define CPLUGIN_LDCACHE_H

#include "base/arena.h"

typedef struct LdCacheEntry {
  const char *name;               /* "libz.so.1" */
  const char *path;               /* "/lib/x86_64-linux-gnu/libz.so.1" */
} LdCacheEntry;

typedef struct LdCache {
  Arena arena;
  LdCacheEntry *entries;          /* in the file's order */
  size_t count;
} LdCache;

/*
** Reads the cache at `path`: one that is not there or damaged has no entries.
** Libraries for special processors only (hwcap) are left out: where there is
** one, the same library for all is there too. ldcache_free is due.
*/
void ldcache_read(LdCache *cache, const char *path);
void ldcache_free(LdCache *cache);

#endif
