/*
** bytes.h - what the fuzzed programs share. Each has the one function that
** clang's -fsanitize=fuzzer calls with whatever bytes it thinks of next.
*/
#ifndef CPLUGIN_BYTES_H
#define CPLUGIN_BYTES_H

#include "decl/decl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A path that has the bytes; until the next call. */
static inline const char *bytes_file(const uint8_t *bytes, size_t size) {
  static int file = -1;
  static char path[32];
  if (file < 0) {
    file = memfd_create("bytes", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  }
  if (ftruncate(file, 0) != 0 || pwrite(file, bytes, size, 0) != (ssize_t)size)
    abort();
  return path;
}

/* A scope under what is built in. */
static inline Scope *bytes_scope(void) {
  static Scope *builtin;
  Error error;
  if (builtin == NULL) {
    builtin = scope_new(NULL);
    if (builtin == NULL || !decl_builtin(builtin, &error))
      abort();
  }
  return scope_new(builtin);
}

/* Reads a text to its end: all of it must be there. NULL is fine. */
static inline void bytes_read(const char *text) {
  volatile size_t length = text == NULL ? 0 : strlen(text);
  (void)length;
}

/* The finding: what is promised does not hold. */
static inline void bytes_must(bool holds, const char *promise,
                              const char *instead) {
  if (holds)
    return;
  fprintf(stderr, "broken: %s\n%s\n", promise, instead);
  abort();
}

#endif
