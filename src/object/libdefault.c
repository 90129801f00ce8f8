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

/* The text of the file that says which. False: there is none. */
static bool read_lists(const char *root, const char *pattern, char *text,
                       size_t room) {
  char *whole;
  glob_t files;
  if (pattern == NULL || asprintf(&whole, "%s%s", root, pattern) < 0)
    return false;
  FILE *file = glob(whole, 0, NULL, &files) == 0 ? open_first(&files) : NULL;
  if (file != NULL) {
    text[fread(text, 1, room - 1, file)] = '\0';
    fclose(file);
  }
  globfree(&files);
  free(whole);
  return file != NULL;
}

void folders_default(FolderList *list, const LibSystem *system,
                     const char *root) {
  char text[4096];
  const char *user = system->fallback == NULL ? NULL
                                              : getenv(system->fallback);
  if (user != NULL)
    add_list(list, "", user, ":");
  bool told = read_lists(root, system->lists, text, sizeof text);
  add_list(list, root, told ? text : system->folders, ":\n");
}
