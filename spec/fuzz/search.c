/*
** search.c - any bytes as the loader's cache, and as a linker script.
*/
#define _GNU_SOURCE
#include "bytes.h"

#include "object/ldcache.h"
#include "object/ldscript.h"

static void read_cache(const char *path) {
  LdCache cache;
  ldcache_read(&cache, path);
  for (size_t i = 0; i < cache.count; i++)
    bytes_read(cache.entries[i].name), bytes_read(cache.entries[i].path);
  ldcache_free(&cache);
}

static void read_script(const uint8_t *bytes, size_t size) {
  char *text = malloc(size), name[64], small[4];
  LdScript script;
  memcpy(text, bytes, size);
  ldscript_init(&script, text, size);
  while (ldscript_next(&script, name, sizeof name))
    bytes_must(strlen(name) < sizeof name, "a name fits", "");
  ldscript_first(text, size, small, sizeof small);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  read_cache(bytes_file(bytes, size));
  if (size > 0)
    read_script(bytes, size);
  return 0;
}
