/* libfolder.c - see libfolder.h. */
#define _GNU_SOURCE
#include "object/libfolder.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "object/elfsym.h"
#include "object/libdefault.h"
#include "object/loader.h"

static bool user_trusted(void);

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

void folders_add(FolderList *list, const char *path) {
  if (is_new(list, path))
    add(list, path, strlen(path));
}

void folders_of_user(FolderList *list, const LibSystem *system) {
  list->count = 0;
  const char *at = user_trusted() ? getenv(system->variable) : NULL;
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

/* ---------------------------------------------------------------------
** What the callers were linked with.
*/

static FolderList rpaths, runpaths;

/* One folder of a list; $ORIGIN is where the object is that has the list. */
static void add_expanded(FolderList *list, const char *path, size_t length,
                         const char *origin) {
  static const char *const names[] = {"$ORIGIN", "${ORIGIN}"};
  char folder[4096];
  size_t name = 0, used = 0;
  for (size_t i = 0; i < 2; i++)
    if (strncmp(path, names[i], strlen(names[i])) == 0)
      name = strlen(names[i]);
  if (length == 0 || name > length || memchr(path + name, '$',
                                             length - name) != NULL)
    return;                       /* other names are the loader's own */
  if (name > 0)
    used = (size_t)(strrchr(origin, '/') - origin);
  if (used + length - name >= sizeof folder)
    return;
  memcpy(folder, origin, used);
  memcpy(folder + used, path + name, length - name);
  add(list, folder, used + length - name);
}

/* Those of the object at `path`. */
static void add_caller(const char *path) {
  Error ignored;
  char *real = path == NULL ? NULL : folders_real(path);
  ElfFile *elf = real == NULL || *real != '/' ? NULL
                                              : elf_glance(real, &ignored);
  const ElfInfo *info = elf_info(elf);
  FolderList *list = info->isrpath ? &rpaths : &runpaths;
  const char *at = info->runpath == NULL ? "" : info->runpath;
  while (*at != '\0') {
    size_t length = strcspn(at, ":");
    add_expanded(list, at, length, real);
    at += length;
    at += *at == ':';
  }
  elf_close(elf);
  free(real);
}

static void find_callers(void) {
  static const char here;
  LoaderPlace place;
  if (!user_trusted())
    return;
  if (loader_place(&here, &place))
    add_caller(place.path);
  add_caller(loader_program());
}

const FolderList *folders_of_callers(bool rpath) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find_callers);
  return rpath ? &rpaths : &runpaths;
}

/* ---------------------------------------------------------------------
** Builds for better processors: the psABI's levels, glibc's names for them.
*/

#if defined(__x86_64__) && defined(__GLIBC__)

static const char *levels[4];

static void find_levels(void) {
  size_t n = 0;
  __builtin_cpu_init();
  bool second = __builtin_cpu_supports("sse4.2") &&
                __builtin_cpu_supports("popcnt");
  bool third = second && __builtin_cpu_supports("avx2") &&
               __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
  bool fourth = third && __builtin_cpu_supports("avx512f") &&
                __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512cd") &&
                __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512vl");
  if (fourth)
    levels[n++] = "glibc-hwcaps/x86-64-v4";
  if (third)
    levels[n++] = "glibc-hwcaps/x86-64-v3";
  if (second)
    levels[n++] = "glibc-hwcaps/x86-64-v2";
}

const char *const *folders_levels(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find_levels);
  return levels;
}

#else

const char *const *folders_levels(void) {
  static const char *const none[] = {NULL};
  return none;
}

#endif

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
  folders_add(list, other);
  snprintf(other, sizeof other, "/usr%.*s", length, info.dli_fname);
  folders_add(list, other);
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

void folders_of_system(FolderList *list, const LibSystem *system) {
  list->count = 0;
  if (system == &system_glibc)
    add_libc_folder(list);
  folders_default(list, system, "");
}

/* Not so in a program that has more rights than who runs it. */
#if defined(__linux__)

#include <sys/auxv.h>

static bool user_trusted(void) {
  return getauxval(AT_SECURE) == 0;
}

#else

static bool user_trusted(void) {
  return true;
}

#endif
