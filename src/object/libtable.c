/*
** libtable.c - the libraries that are open; see libentry.h.
**
** Each is found by its file, by the loader's handle, and by size and digest:
** three hash tables of a fixed number of buckets.
*/
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object/libentry.h"

#define BUCKET_BITS 10

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Library *table[LIBRARY_KEYS][1 << BUCKET_BITS];  /* guarded by it, */
static unsigned sizes[1 << BUCKET_BITS];  /* how many have such a size, too */

static uint64_t mix(uint64_t number) {
  return number * UINT64_C(0x9E3779B97F4A7C15);
}

static size_t hash(uint64_t value) {
  return mix(value) >> (64 - BUCKET_BITS);
}

static Library **bucket_of(unsigned key, const Library *library) {
  uint64_t values[] = {
    [BY_FILE] = library->inode,
    [BY_HANDLE] = (uintptr_t)library->handle,
    [BY_DIGEST] = library->size ^ library->digest
  };
  return &table[key][hash(values[key])];
}

static void put_in(unsigned key, Library *library) {
  Library **link = bucket_of(key, library);
  library->next[key] = *link;
  *link = library;
}

static void take_out(unsigned key, Library *library) {
  Library **link = bucket_of(key, library);
  while (*link != library)
    link = &(*link)->next[key];
  *link = library->next[key];
}

Library *libtable_take(uint64_t device, uint64_t inode) {
  pthread_mutex_lock(&mutex);
  Library *library = table[BY_FILE][hash(inode)];
  while (library != NULL &&
         (library->device != device || library->inode != inode))
    library = library->next[BY_FILE];
  if (library != NULL)
    library->users++;
  pthread_mutex_unlock(&mutex);
  return library;
}

/* The one with that handle, or NULL; the table is locked. */
static Library *with_handle(const Library *fresh) {
  Library *library = *bucket_of(BY_HANDLE, fresh);
  while (library != NULL && library->handle != fresh->handle)
    library = library->next[BY_HANDLE];
  return library;
}

bool libtable_has_other(const Library *fresh) {
  pthread_mutex_lock(&mutex);
  const Library *library = with_handle(fresh);
  bool other = library != NULL && (library->device != fresh->device ||
                                   library->inode != fresh->inode);
  pthread_mutex_unlock(&mutex);
  return other;
}

Library *libtable_enter(Library *fresh) {
  pthread_mutex_lock(&mutex);
  Library *library = with_handle(fresh);
  if (library == NULL) {
    library = fresh;
    sizes[hash(library->size)]++;
    for (unsigned key = 0; key < LIBRARY_KEYS; key++)
      put_in(key, library);
  }
  library->users++;
  pthread_mutex_unlock(&mutex);
  return library;
}

bool libtable_leave(Library *library) {
  pthread_mutex_lock(&mutex);
  bool last = --library->users == 0;
  if (last) {
    sizes[hash(library->size)]--;
    for (unsigned key = 0; key < LIBRARY_KEYS; key++)
      take_out(key, library);
  }
  pthread_mutex_unlock(&mutex);
  return last;
}

/* ---------------------------------------------------------------------
** Copies: two files with the same bytes are two libraries to the loader.
** Files of one size are told apart by a digest, so that each is read once
** for that, however many there are; mostly there is one, and it is not read.
*/

#define CHUNK 8192

/* Not 0. A file that cannot be read is as an empty one. */
static uint64_t digest_of(const char *path) {
  uint64_t digest = 1, words[CHUNK / sizeof(uint64_t)];
  FILE *file = fopen(path, "re");
  for (size_t size = CHUNK; file != NULL && size == CHUNK;) {
    memset(words, 0, sizeof words);
    size = fread(words, 1, CHUNK, file);
    for (size_t i = 0; i * sizeof *words < size; i++) {
      digest = mix(digest ^ words[i]);
      digest ^= digest >> 32;
    }
  }
  if (file != NULL)
    fclose(file);
  return digest == 0 ? 1 : digest;
}

static bool same_bytes(const char *path, const char *other) {
  char left[CHUNK], right[CHUNK];
  FILE *one = fopen(path, "re"), *two = fopen(other, "re");
  bool same = one != NULL && two != NULL;
  for (size_t size = CHUNK; same && size == CHUNK;) {
    size = fread(left, 1, CHUNK, one);
    same = fread(right, 1, CHUNK, two) == size &&
           memcmp(left, right, size) == 0;
  }
  if (one != NULL)
    fclose(one);
  if (two != NULL)
    fclose(two);
  return same;
}

/* Is there one of that size, or of one that hashes to the same? */
static bool has_size(uint64_t size) {
  pthread_mutex_lock(&mutex);
  bool has = sizes[hash(size)] > 0;
  pthread_mutex_unlock(&mutex);
  return has;
}

/* The path, malloc'ed, of the nth one with that digest; NULL: none. */
static char *path_with(uint64_t size, uint64_t digest, size_t n) {
  char *path = NULL;
  pthread_mutex_lock(&mutex);
  Library *library = table[BY_DIGEST][hash(size ^ digest)];
  for (; library != NULL && path == NULL; library = library->next[BY_DIGEST])
    if (library->size == size && library->digest == digest && n-- == 0)
      path = strdup(library->path);
  pthread_mutex_unlock(&mutex);
  return path;
}

/* Sets the digest of a library that has none, if it is still there. */
static void set_digest(uint64_t size, const char *path, uint64_t digest) {
  pthread_mutex_lock(&mutex);
  Library *library = table[BY_DIGEST][hash(size)];
  while (library != NULL &&
         (library->size != size || library->digest != 0 ||
          strcmp(library->path, path) != 0))
    library = library->next[BY_DIGEST];
  if (library != NULL) {
    take_out(BY_DIGEST, library);
    library->digest = digest;
    put_in(BY_DIGEST, library);
  }
  pthread_mutex_unlock(&mutex);
}

void libtable_find_copy(Library *fresh) {
  char *path;
  if (!has_size(fresh->size))
    return;
  while ((path = path_with(fresh->size, 0, 0)) != NULL) {
    set_digest(fresh->size, path, digest_of(path));
    free(path);
  }
  fresh->digest = digest_of(fresh->path);
  for (size_t n = 0; fresh->copyof == NULL &&
       (path = path_with(fresh->size, fresh->digest, n)) != NULL; n++) {
    if (strcmp(fresh->path, path) != 0 && same_bytes(fresh->path, path))
      fresh->copyof = path;       /* not the file that it has replaced */
    else
      free(path);
  }
}
