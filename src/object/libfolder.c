/* libfolder.c - see libfolder.h. */
#define _GNU_SOURCE
#include "object/libfolder.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *user_folders(void);
static void add_defaults(FolderList *list);

static void add(FolderList *list, const char *path, size_t length) {
  if (list->count == LIMIT_FOLDERS)
    return;
  char *copy = strndup(path, length);
  if (copy != NULL)
    list->paths[list->count++] = copy;
}

/* Is it a folder that is not in the list, not under another name either? */
static bool is_new(const FolderList *list, const char *path) {
  struct stat status, other;
  if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
    return false;
  for (size_t i = 0; i < list->count; i++)
    if (stat(list->paths[i], &other) == 0 &&
        other.st_dev == status.st_dev && other.st_ino == status.st_ino)
      return false;
  return true;
}

static void add_new(FolderList *list, const char *path) {
  if (is_new(list, path))
    add(list, path, strlen(path));
}

void folders_of_user(FolderList *list) {
  list->count = 0;
  const char *at = user_folders();
  while (at != NULL && *at != '\0') {
    size_t length = strcspn(at, ":;");
    if (length == 0)
      add(list, ".", 1);          /* an empty entry is the current folder */
    else
      add(list, at, length);
    at += length;
    at += *at != '\0';
  }
}

/*
** The folder that this process's C library is in: on multi-arch systems the
** one for its machine (/lib/x86_64-linux-gnu).
*/
static void add_libc_folder(FolderList *list) {
  Dl_info info;
  char other[4096];
  void *address = dlsym(RTLD_DEFAULT, "getenv");
  if (address == NULL || dladdr(address, &info) == 0)
    return;
  const char *slash = strrchr(info.dli_fname, '/');
  if (slash == NULL || slash == info.dli_fname)
    return;
  int length = (int)(slash - info.dli_fname);
  snprintf(other, sizeof other, "%.*s", length, info.dli_fname);
  add_new(list, other);
  snprintf(other, sizeof other, "/usr%.*s", length, info.dli_fname);
  add_new(list, other);
}

void folders_of_system(FolderList *list) {
  list->count = 0;
  add_libc_folder(list);
  add_defaults(list);
}

void folders_free(FolderList *list) {
  for (size_t i = 0; i < list->count; i++)
    free(list->paths[i]);
  list->count = 0;
}

char *folders_real(const char *path) {
  struct stat status;
  char *real = realpath(path, NULL);
  if (real == NULL && stat(path, &status) == 0)
    return strdup(path);
  return real;
}

/* What the loader of this system goes by. */
#if defined(__linux__)

static const char *user_folders(void) {
  return secure_getenv("LD_LIBRARY_PATH");
}

#else

static const char *user_folders(void) {
  return getenv("LD_LIBRARY_PATH");
}

#endif

#if defined(__linux__) && !defined(__GLIBC__)

#include <glob.h>

/* musl: a file of folders, one a line or with colons. */
static void add_defaults(FolderList *list) {
  glob_t files;
  char line[4096], *rest;
  FILE *file = NULL;
  if (glob("/etc/ld-musl-*.path", 0, NULL, &files) == 0)
    file = fopen(files.gl_pathv[0], "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    for (char *at = strtok_r(line, ":\n", &rest); at != NULL;
         at = strtok_r(NULL, ":\n", &rest))
      add_new(list, at);
  if (file != NULL)
    fclose(file);
  globfree(&files);
  add_new(list, "/lib");
  add_new(list, "/usr/local/lib");
  add_new(list, "/usr/lib");
}

const char *folders_cache(void) {
  return NULL;
}

#else

static void add_defaults(FolderList *list) {
  static const char *const defaults[] = {
    "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"
  };
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
    add_new(list, defaults[i]);
}

const char *folders_cache(void) {
  return "/etc/ld.so.cache";
}

#endif
