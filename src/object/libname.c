/* libname.c - see libname.h. */
#define _GNU_SOURCE
#include "object/libname.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object/libpath.h"

/* Is that what the linker would take for the file? */
static bool leads_to(const char *folder, size_t length, const char *name,
                     const char *real) {
  Error ignored;
  char *path;
  if (asprintf(&path, "%.*s/%s", (int)length, folder, name) < 0)
    return false;
  char *found = access(path, F_OK) != 0 ? NULL
                                        : libpath_find(path, NULL, &ignored);
  bool same = found != NULL && strcmp(found, real) == 0;
  free(found);
  free(path);
  return same;
}

/* "libz.so" of "libz.so.1", malloc'ed; NULL: it is no such name. */
static char *without_version(const LibSystem *system, const char *name) {
  FileName parts;
  size_t room = strlen(name) + 1;
  char *result = malloc(room);
  if (result == NULL || !filename_split(system, name, &parts)) {
    free(result);
    return NULL;
  }
  parts.digits = 0;
  filename_join(system, &parts, result, room);
  return result;
}

char *libname_linker(const char *real, const char *soname) {
  FolderList folders;
  const LibSystem *system = system_here();
  const char *slash = strrchr(real, '/');
  if (slash == NULL)
    return NULL;
  bool plain = soname != NULL && strchr(soname, '/') == NULL;
  char *name = without_version(system, plain ? soname : slash + 1);
  if (name == NULL)
    return NULL;
  bool found = leads_to(real, (size_t)(slash - real), name, real);
  folders_of_system(&folders, system);
  for (size_t i = 0; i < folders.count && !found; i++)
    found = leads_to(folders.paths[i], strlen(folders.paths[i]), name, real);
  folders_free(&folders);
  if (found)
    return name;
  free(name);
  return NULL;
}
