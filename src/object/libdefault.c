/* libdefault.c - see libdefault.h. */
#define _GNU_SOURCE
#include "object/libdefault.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static void add_below(FolderList *list, const char *root, const char *path,
                      size_t length) {
  char *whole;
  if (length == 0 || asprintf(&whole, "%s%.*s", root, (int)length, path) < 0)
    return;
  folders_add(list, whole);
  free(whole);
}

/* A list with any of `between` between its folders. */
static void add_list(FolderList *list, const char *root, const char *text,
                     const char *between) {
  while (*text != '\0') {
    size_t length = strcspn(text, between);
    add_below(list, root, text, length);
    text += length + (text[length] != '\0');
  }
}

/* Of several files the one for this machine, "ld-musl-x86_64.path". */
static FILE *open_first(const glob_t *files) {
  struct utsname system;
  size_t first = 0;
  if (uname(&system) == 0)
    for (size_t i = 0; i < files->gl_pathc; i++)
      if (strstr(files->gl_pathv[i], system.machine) != NULL)
        first = i;
  return fopen(files->gl_pathv[first], "re");
}

/* One folder a line, or with colons; where there is such a file, it counts */
/* alone. */
static void add_musl(FolderList *list, const char *root) {
  char *pattern, text[4096] = "/lib:/usr/local/lib:/usr/lib";
  glob_t files;
  if (asprintf(&pattern, "%s/etc/ld-musl-*.path", root) < 0)
    return;
  FILE *file = glob(pattern, 0, NULL, &files) == 0 ? open_first(&files) : NULL;
  if (file != NULL) {
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
  }
  globfree(&files);
  free(pattern);
  add_list(list, root, text, ":\n");
}

/* dyld's own, and Homebrew's, on either processor. */
static void add_dyld(FolderList *list, const char *root) {
  const char *fallback = getenv("DYLD_FALLBACK_LIBRARY_PATH");
  if (fallback != NULL)
    add_list(list, "", fallback, ":");
  add_list(list, root, "/opt/homebrew/lib:/usr/local/lib:/usr/lib", ":");
}

void folders_default(FolderList *list, SystemLoader loader,
                     const char *root) {
  switch (loader) {
    case LOADER_MUSL: add_musl(list, root); break;
    case LOADER_DYLD: add_dyld(list, root); break;
    default:
      add_list(list, root, "/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib",
               ":");
  }
}
