/*
** library.c - see library.h.
**
** A Library holds one of the loader's references, however many users it has.
** A file is loaded first and looked up in the table by its handle then;
** whoever comes second gives his reference back.
*/
#define _GNU_SOURCE
#include "object/library.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "object/elfimage.h"
#include "object/libentry.h"
#include "object/libsystem.h"
#include "object/loader.h"

#define OLDER_FILES 1000          /* that may be loaded from one path */

typedef struct LoadedFile LoadedFile;

struct LoadedFile {
  LoadedFile *next;
  char *path;
  ElfFile *elf;                   /* NULL: cannot be read */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Library *program;          /* guarded by it, as are the next ones */
static LoadedFile *files;

static void free_library(Library *library) {
  elf_close(library->elf);
  free(library->path);
  free(library->copyof);
  free(library);
}

/* ---------------------------------------------------------------------
** Opening.
*/

static unsigned loader_flags(unsigned flags) {
  unsigned result = 0;
  result |= flags & LIBRARY_GLOBAL ? LOADER_GLOBAL : 0;
  result |= flags & LIBRARY_LAZY ? LOADER_LAZY : 0;
  result |= flags & LIBRARY_RESIDENT ? LOADER_RESIDENT : 0;
  return result;
}

/* Makes what is loaded global or resident; the loader keeps that. */
static void promote(const Library *library, unsigned flags) {
  LoaderPlace place = {library->path, NULL};
  if ((flags & (LIBRARY_GLOBAL | LIBRARY_RESIDENT)) == 0)
    return;
  loader_place(library->spot.anchor, &place);     /* see load_newer */
  void *handle = loader_open(place.path,
                             loader_flags(flags) | LOADER_ONLY_OPEN);
  if (handle != NULL)
    loader_close(handle);
}

/*
** The library that the loader's message says is missing, into `name`:
**
**   libz.so.1: cannot open shared object file: No such file ...      glibc
**   Error loading shared library libz.so.1: No such file ...         musl
*/
static bool missing_library(const char *message, char *name, size_t room) {
  static const char glibc[] = ": cannot open shared object file";
  static const char musl[] = "Error loading shared library ";
  const char *end = strstr(message, glibc);
  if (strncmp(message, musl, sizeof musl - 1) == 0) {
    message += sizeof musl - 1;
    end = strchr(message, ':');
  }
  if (end == NULL || (size_t)(end - message) >= room)
    return false;
  memcpy(name, message, (size_t)(end - message));
  name[end - message] = '\0';
  return true;
}

static void explain_library(const char *path, const ElfInfo *info,
                            const char *name, const char *message,
                            Error *error) {
  bool own = false;
  for (size_t i = 0; i < info->nneeded; i++)
    own = own || strcmp(info->needed[i], name) == 0;
  error_set(error, 0, "%s: needs %s%s, which cannot be loaded (%s); install "
            "it or name its folder in %s", image_shown(path),
            own ? "" : "a library that needs ", name, message,
            system_here()->variable);
}

/*
** The symbol that the loader's message says is missing, into `name`:
**
**   /tmp/libx.so: undefined symbol: spam, version V1                 glibc
**   Error relocating /tmp/libx.so: spam: symbol not found            musl
*/
static bool missing_symbol(const char *message, char *name, size_t room) {
  static const char glibc[] = "undefined symbol: ";
  const char *end = strstr(message, ": symbol not found");
  const char *start = strstr(message, glibc);
  if (start != NULL) {
    start += sizeof glibc - 1;
    end = start + strlen(start);
  } else if (end != NULL) {
    for (start = end; start > message && start[-1] != ' '; start--)
      continue;
  }
  if (start == NULL || (size_t)(end - start) >= room)
    return false;
  memcpy(name, start, (size_t)(end - start));
  name[end - start] = '\0';
  return true;
}

/* The loader's message, with what the file's own tables say. */
static void explain(const char *path, const ElfFile *elf, const char *message,
                    Error *error) {
  char name[LIMIT_NAME];
  size_t length = strlen(path);
  if (missing_library(message, name, sizeof name)) {
    explain_library(path, elf_info(elf), name, message, error);
    return;
  }
  if (strncmp(message, path, length) == 0 && message[length] == ':')
    message += length + 1 + strspn(message + length + 1, " ");
  if (missing_symbol(message, name, sizeof name))
    error_set(error, 0, "%s: cannot be loaded: it needs the symbol '%.200s', "
              "which no library that it is linked with exports; first open "
              "the one that does, as global (%s)", image_shown(path), name,
              message);
  else
    error_set(error, 0, "%s: cannot be loaded: %s", image_shown(path),
              message);
}

static Library *new_library(const char *path, const struct stat *status,
                            Error *error) {
  Library *library = calloc(1, sizeof *library);
  char *copy = strdup(path);
  if (library == NULL || copy == NULL) {
    error_set(error, 0, "%s: not enough memory", image_shown(path));
    free(library);
    free(copy);
    return NULL;
  }
  library->path = copy;
  library->device = (uint64_t)status->st_dev;
  library->inode = (uint64_t)status->st_ino;
  library->size = (uint64_t)status->st_size;
  return library;
}

/* `path` is how the loader is told library->path. */
static bool load_as(Library *library, const char *path, unsigned flags,
                    Error *error) {
  library->handle = loader_open(path, loader_flags(flags));
  if (library->handle == NULL) {
    explain(path, library->elf, loader_error(), error);
    return false;
  }
  library->spot = loader_spot(library->handle);
  return true;
}

/* Does something else depend on it? The process then has one, the older. */
static bool is_needed(const Library *library) {
  const char *soname = elf_info(library->elf)->soname;
  return loader_needs(soname != NULL ? soname
                                     : strrchr(library->path, '/') + 1);
}

/* Has the loader given what was loaded from that path before? */
static bool is_older(const Library *library) {
  ElfImage image;
  Error ignored;
  if (libtable_has_other(library))
    return true;
  if (library->elf == NULL || library->spot.base == NULL)
    return false;
  bool older = image_open(&image, library->path, &ignored) &&
               !image_is_at(&image, library->spot.base);
  image_close(&image);
  return older;
}

/* The path with `n` times "/." before its last part; malloc'ed, or NULL. */
static char *respelled(const char *path, size_t n) {
  size_t folder = (size_t)(strrchr(path, '/') - path);
  char *spelled = malloc(strlen(path) + 2 * n + 1);
  if (spelled == NULL)
    return NULL;
  memcpy(spelled, path, folder);
  for (size_t i = 0; i < n; i++)
    memcpy(spelled + folder + 2 * i, "/.", 2);
  strcpy(spelled + folder + 2 * n, path + folder);
  return spelled;
}

/*
** glibc goes by the path first, and so takes a file that has replaced one
** that is loaded for that one. A path that it has not seen, /opt/./libx.so,
** makes it look at the file.
*/
static bool load_newer(Library *library, unsigned flags, Error *error) {
  for (size_t n = 1; is_older(library) && !is_needed(library); n++) {
    char *path = n > OLDER_FILES ? NULL : respelled(library->path, n);
    loader_close(library->handle);
    if (path == NULL)
      return error_set(error, 0, "%s: was replaced, and the loader gives what "
                       "was there before; close that, or choose another name",
                       image_shown(library->path));
    bool loaded = load_as(library, path, flags, error);
    free(path);
    if (!loaded)
      return false;
  }
  return true;
}

/* Reads and checks the file, then loads it. */
static bool load(Library *library, unsigned flags, Error *error) {
  if (system_here()->elf) {
    library->elf = elf_open(library->path, error);
    if (library->elf == NULL || !elf_loadable(library->elf, error))
      return false;
  }
  return load_as(library, library->path, flags, error) &&
         load_newer(library, flags, error);
}

Library *library_open(const char *path, unsigned flags, Error *error) {
  struct stat status;
  if (stat(path, &status) != 0) {
    error_set(error, 0, "%s: cannot be found: %s; check the path",
              image_shown(path), strerror(errno));
    return NULL;
  }
  Library *library = libtable_take((uint64_t)status.st_dev,
                                   (uint64_t)status.st_ino);
  if (library != NULL) {
    promote(library, flags);
    return library;
  }
  Library *fresh = new_library(path, &status, error);
  if (fresh == NULL)
    return NULL;
  if (!load(fresh, flags, error)) {
    free_library(fresh);
    return NULL;
  }
  libtable_find_copy(fresh);
  library = libtable_enter(fresh);
  if (library != fresh) {
    loader_close(fresh->handle);
    free_library(fresh);
  }
  return library;
}

/* ---------------------------------------------------------------------
** Closing.
*/

/*
** Is the object still where it was? Its name is not compared: another thread
** may unload it meanwhile, and the loader then frees that.
*/
static bool is_mapped(const LoaderSpot *spot) {
  LoaderPlace place;
  return spot->anchor == NULL ||
         (loader_place(spot->anchor, &place) && place.base == spot->base);
}

bool library_close(Library *library) {
  if (library->program || !libtable_leave(library))
    return true;
  loader_close(library->handle);
  bool mapped = is_mapped(&library->spot);
  free_library(library);
  return mapped;
}

/* ---------------------------------------------------------------------
** The program, and what else the process has loaded.
*/

static Library *new_program(Error *error) {
  struct stat none = {0};
  Library *library = new_library("", &none, error);
  if (library == NULL)
    return NULL;
  library->program = true;
  library->handle = loader_open(NULL, LOADER_LAZY);
  if (loader_program() != NULL)
    library->elf = elf_open(loader_program(), error);
  if (library->handle != NULL)
    library->spot = loader_spot(library->handle);
  return library;
}

Library *library_program(Error *error) {
  pthread_mutex_lock(&mutex);
  Library *library = program;
  pthread_mutex_unlock(&mutex);
  if (library != NULL)
    return library;
  Library *fresh = new_program(error);
  if (fresh == NULL || fresh->handle == NULL) {
    if (fresh != NULL)
      free_library(fresh);
    error_set(error, 0, "the program cannot be opened: %s", loader_error());
    return NULL;
  }
  pthread_mutex_lock(&mutex);
  if (program == NULL) {
    program = fresh;
    fresh = NULL;
  }
  library = program;
  pthread_mutex_unlock(&mutex);
  if (fresh != NULL)
    free_library(fresh);          /* another thread was faster */
  return library;
}

Library *library_program_entry(void) {
  Error ignored;
  return library_program(&ignored);
}

static LoadedFile *find_loaded(const char *path) {
  LoadedFile *file = files;
  while (file != NULL && strcmp(file->path, path) != 0)
    file = file->next;
  return file;
}

/* Puts the file in the list, if another thread has not done so. */
static LoadedFile *keep_loaded(LoadedFile *fresh) {
  pthread_mutex_lock(&mutex);
  LoadedFile *file = find_loaded(fresh->path);
  if (file == NULL) {
    file = fresh;
    file->next = files;
    files = file;
  }
  pthread_mutex_unlock(&mutex);
  return file;
}

static void free_loaded(LoadedFile *file) {
  elf_close(file->elf);
  free(file->path);
  free(file);
}

const ElfFile *library_loaded_file(const char *path) {
  Error ignored;
  pthread_mutex_lock(&mutex);
  LoadedFile *file = find_loaded(path);
  pthread_mutex_unlock(&mutex);
  if (file != NULL)
    return file->elf;
  LoadedFile *fresh = calloc(1, sizeof *fresh);
  if (fresh == NULL)
    return NULL;
  fresh->path = strdup(path);
  if (fresh->path == NULL) {
    free(fresh);
    return NULL;
  }
  fresh->elf = elf_open(path, &ignored);
  file = keep_loaded(fresh);
  if (file != fresh)
    free_loaded(fresh);
  return file->elf;
}

/* --------------------------------------------------------------------- */

const char *library_path(const Library *library) {
  return library->path;
}

bool library_is_program(const Library *library) {
  return library->program;
}

const char *library_copy(const Library *library) {
  return library->copyof;
}

const ElfFile *library_elf(const Library *library) {
  return library->elf;
}
