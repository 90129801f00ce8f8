/* libsystem.c - see libsystem.h. */
#include "object/libsystem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const LibSystem system_glibc = {
  .elf = true, .suffix = ".so", .variable = "LD_LIBRARY_PATH",
  .folders = "/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib",
  .cache = "/etc/ld.so.cache"
};

const LibSystem system_musl = {
  .elf = true, .suffix = ".so", .variable = "LD_LIBRARY_PATH",
  .folders = "/lib:/usr/local/lib:/usr/lib", .lists = "/etc/ld-musl-*.path"
};

const LibSystem system_dyld = {
  .elf = false, .suffix = ".dylib", .variable = "DYLD_LIBRARY_PATH",
  .fallback = "DYLD_FALLBACK_LIBRARY_PATH",
  .folders = "/opt/homebrew/lib:/usr/local/lib:/usr/lib"
};

const LibSystem *system_here(void) {
#if defined(__APPLE__)
  return &system_dyld;
#elif defined(__linux__) && !defined(__GLIBC__)
  return &system_musl;
#else
  return &system_glibc;
#endif
}

/* The suffix at the end or before a number; NULL: there is none. */
static const char *find_suffix(const LibSystem *system, const char *name) {
  size_t length = strlen(system->suffix);
  const char *at = name;
  while ((at = strstr(at, system->suffix)) != NULL &&
         at[length] != '\0' && (at[length] != '.' || !system->elf))
    at += length;
  return at;
}

/* How many bytes before `end` are a version, with the dot before it. */
static size_t version_before(const char *name, const char *end) {
  const char *start = end;
  for (const char *at = end; at > name; at--) {
    if (at[-1] == '.')
      start = at - 1;
    else if (strchr("0123456789", at[-1]) == NULL)
      break;
  }
  return (size_t)(end - start);
}

bool filename_split(const LibSystem *system, const char *name,
                    FileName *parts) {
  const char *suffix = find_suffix(system, name);
  if (suffix == NULL)
    return false;
  const char *dot = suffix + strlen(system->suffix);
  size_t before = version_before(name, suffix);
  parts->stem = name;
  if (system->elf) {
    parts->length = (size_t)(suffix - name);
    parts->version = dot + (*dot == '.');
    parts->digits = strlen(parts->version);
    return *dot == '\0' || parts->digits > 0;
  }
  parts->length = (size_t)(suffix - name) - before;
  parts->version = suffix - before + (before > 0);
  parts->digits = before - (before > 0);
  return true;
}

bool filename_join(const LibSystem *system, const FileName *parts,
                   char *name, size_t room) {
  const char *dot = parts->digits == 0 ? "" : ".";
  const char *before = system->elf ? system->suffix : "";
  const char *behind = system->elf ? "" : system->suffix;
  int length = snprintf(name, room, "%.*s%s%s%.*s%s", (int)parts->length,
                        parts->stem, before, dot, (int)parts->digits,
                        parts->version, behind);
  return length >= 0 && (size_t)length < room;
}

bool filename_fits(const LibSystem *system, const char *name,
                   const char *version) {
  FileName parts;
  size_t length = strlen(version);
  return filename_split(system, name, &parts) && parts.digits >= length &&
         memcmp(parts.version, version, length) == 0 &&
         (parts.digits == length || parts.version[length] == '.');
}

int version_compare(const char *a, const char *b) {
  while (*a != '\0' && *b != '\0') {
    char *after_a, *after_b;
    unsigned long na = strtoul(a, &after_a, 10);
    unsigned long nb = strtoul(b, &after_b, 10);
    if (na != nb)
      return na < nb ? -1 : 1;
    a = after_a + (*after_a == '.');
    b = after_b + (*after_b == '.');
  }
  return (*a != '\0') - (*b != '\0');
}
