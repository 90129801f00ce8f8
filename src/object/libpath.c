/*
** libpath.c - see libpath.h.
**
**   name -> the names that files may have
**        -> the callers' DT_RPATH, LD_LIBRARY_PATH, the callers' DT_RUNPATH,
**           folder by folder: the name as it stands, then the highest
**           libz.so.N
**        -> the loader's cache and the system's folders: the name as it
**           stands in any of them, then the highest libz.so.N of all
**
** In each folder a build for better processors comes before the common one.
** A file that is found may be a linker script, which names others: those are
** looked for in the same way.
*/
#define _GNU_SOURCE
#include "object/libpath.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object/elfimage.h"
#include "object/elfsym.h"
#include "object/filekind.h"
#include "object/ldcache.h"
#include "object/ldscript.h"
#include "object/libfolder.h"
#include "object/libhint.h"

#define LIMIT_VERSION 64          /* bytes of the number behind its .so */
#define LIMIT_SCRIPT 65536        /* bytes of a linker script */
#define LIMIT_ITEMS 32            /* files named in scripts, in one search */
#define TRIED_ROOM 700            /* bytes of the list of what was tried */

typedef struct Wanted {
  char exact[LIMIT_FILE];         /* "libz.so" */
  char stem[LIMIT_FILE];          /* "libz" where libz.so.N will do, or "" */
} Wanted;

typedef struct Search {
  const LibSystem *rules;
  const char *version;            /* the one asked for, or NULL */
  const char *soname;             /* the same: "libz.so.1" */
  FolderList *all;                /* where all that would do go, or NULL */
  bool anymachine;                /* files for other machines will do */
  bool ready;                     /* the next three are filled */
  FolderList user, system;
  LdCache cache;
  int items;                      /* files in scripts, tried so far */
  char tried[TRIED_ROOM];         /* "\n  path: why not", each */
  size_t used;                    /* bytes of it */
  size_t left_out;                /* that it has no room for */
} Search;

typedef struct Candidate {
  char *path;
  char version[LIMIT_VERSION];    /* "1.2.13" of libz.so.1.2.13 */
} Candidate;

typedef struct CandidateList {
  Candidate *items;
  size_t count, room;
} CandidateList;

/* ---------------------------------------------------------------------
** What was tried.
*/

static bool is_noted(const Search *search, const char *text) {
  size_t length = strlen(text);
  const char *at = search->tried;
  for (; (at = strstr(at, text)) != NULL; at++)
    if (at[-1] == ' ' && (at[length] == '\n' || at[length] == '\0'))
      return true;
  return false;
}

static void note(Search *search, const char *text) {
  size_t room = sizeof search->tried - search->used;
  size_t size = strlen(text) + 3;
  if (*text == '\0' || is_noted(search, text))
    return;
  if (size >= room) {
    search->left_out++;
    return;
  }
  snprintf(search->tried + search->used, room, "\n  %s", text);
  search->used += size;
}

/* ---------------------------------------------------------------------
** Versions of files.
*/

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static bool fits(const Search *search, const char *path) {
  return filename_fits(search->rules, last_part(path), search->version);
}

/* By its real name or its soname; without one by its own. */
static bool has_version(const Search *search, const ElfFile *file,
                        const char *path, const char *real, Error *error) {
  const char *soname = elf_info(file)->soname;
  if (search->version == NULL || fits(search, real) ||
      fits(search, soname != NULL ? soname : path))
    return true;
  return error_set(error, 0, "%s: is %s%s%s, not version %s",
                   image_shown(path), image_shown(real),
                   soname == NULL ? " without a soname" : " with soname ",
                   soname == NULL ? "" : soname, search->version);
}

/* Is that the file's own name, with a version (1.2) that no soname has? */
static bool is_real_name(const Search *search, const char *name,
                         const char *real) {
  FileName parts;
  return strcmp(last_part(real), name) == 0 &&
         filename_split(search->rules, name, &parts) &&
         memchr(parts.version, '.', parts.digits) != NULL;
}

/* A name with a number is a soname, or the real name of a file. */
static bool has_soname(const Search *search, const ElfFile *file,
                       const char *path, const char *real, Error *error) {
  const char *soname = elf_info(file)->soname;
  if (search->soname == NULL || soname == NULL ||
      strcmp(soname, search->soname) == 0 ||
      strcmp(last_part(path), search->soname) != 0 ||
      is_real_name(search, search->soname, real))
    return true;
  return error_set(error, 0, "%s: has the soname %.200s, not %s: open that, "
                   "or this file by its path", image_shown(path), soname,
                   search->soname);
}

/* ---------------------------------------------------------------------
** One file.
*/

static char *search_wanted(Search *search, const Wanted *wanted);
static char *try_file(Search *search, const char *path);
static bool wanted_init(const Search *search, Wanted *wanted,
                        const char *name);

/* A file to read: opening a named pipe would wait for somebody to write. */
static FILE *open_regular(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
    return NULL;
  return fopen(path, "re");
}

/* The text at `path`, malloc'ed, or NULL if no script looks like that. */
static char *read_script(const char *path, size_t *size) {
  char *text = malloc(LIMIT_SCRIPT);
  FILE *file = open_regular(path);
  *size = 0;
  if (file != NULL && text != NULL)
    *size = fread(text, 1, LIMIT_SCRIPT, file);
  if (file != NULL)
    fclose(file);
  if (*size < LIMIT_SCRIPT && filekind(text, *size) == FILE_IS_TEXT)
    return text;
  free(text);
  return NULL;
}

/* A file named in the script at `path`. */
static char *try_item(Search *search, const char *path, const char *item) {
  Wanted wanted = {"", ""};
  if (strncmp(item, "-l", 2) == 0)
    return wanted_init(search, &wanted, item + 2)
           ? search_wanted(search, &wanted) : NULL;
  if (strchr(item, '/') != NULL)
    return try_file(search, item);
  if (strstr(item, ".so") == NULL || strlen(item) >= LIMIT_FILE)
    return NULL;                  /* an archive or an object file */
  char *beside, *found = NULL;
  int folder = (int)(strrchr(path, '/') + 1 - path);
  if (asprintf(&beside, "%.*s%s", folder, path, item) < 0)
    return NULL;
  if (access(beside, F_OK) == 0)
    found = try_file(search, beside);
  free(beside);
  strcpy(wanted.exact, item);
  return found != NULL ? found : search_wanted(search, &wanted);
}

/*
** Takes the file at `path`, which is no ELF file, for a linker script. NULL
** if it is none (*is_script tells) or leads to no shared object.
*/
static char *follow_script(Search *search, const char *path,
                           bool *is_script) {
  size_t size;
  char item[4096], *found = NULL;
  LdScript script;
  *is_script = false;
  char *text = read_script(path, &size);
  if (text == NULL)
    return NULL;
  ldscript_init(&script, text, size);
  size_t kept = search->all == NULL ? 0 : search->all->count;
  while (found == NULL && ldscript_next(&script, item, sizeof item) &&
         (search->all == NULL || search->all->count == kept)) {
    *is_script = true;
    if (++search->items > LIMIT_ITEMS)
      break;
    found = try_item(search, path, item);
  }
  free(text);
  return found;
}

/* Does it begin as files of that system do? More than that dlopen tells. */
static bool is_macho(const char *path, Error *error) {
  char bytes[FILEKIND_BYTES];
  FILE *file = open_regular(path);
  if (file == NULL)
    return error_set(error, 0, "%s: is not a file that can be read",
                     image_shown(path));
  FileKind kind = filekind(bytes, fread(bytes, 1, sizeof bytes, file));
  fclose(file);
  return kind == FILE_IS_MACHO ||
         error_set(error, 0, "%s: %s", image_shown(path),
                   filekind_advice(kind));
}

/* Is it a shared object that will do? */
static bool usable(const Search *search, const char *path, const char *real,
                   Error *error) {
  if (!search->rules->elf)
    return is_macho(path, error) && has_version(search, NULL, path, real,
                                                error);
  ElfFile *file = elf_glance(path, error);
  bool ok = file != NULL &&
            (search->anymachine || elf_loadable(file, error)) &&
            has_version(search, file, path, real, error) &&
            has_soname(search, file, path, real, error);
  elf_close(file);
  return ok;
}

/* The real path of the file that `path` leads to, or NULL with an error. */
static char *resolve(Search *search, const char *path, Error *error) {
  bool is_script;
  char *real = folders_real(path);
  if (real == NULL) {
    libhint_path(search->rules, path, errno, error);
    return NULL;
  }
  if (usable(search, path, real, error))
    return real;
  char *found = follow_script(search, real, &is_script);
  free(real);
  if (found == NULL && is_script)
    error_set(error, 0, "%s: is a linker script that leads to no shared "
              "object that can be used", image_shown(path));
  return found;
}

/* Where all are wanted, one is kept, and the search goes on. */
static char *keep(Search *search, char *found) {
  FolderList *all = search->all;
  if (all == NULL)
    return found;
  for (size_t i = 0; i < all->count; i++)
    if (strcmp(all->paths[i], found) == 0) {
      free(found);
      return NULL;
    }
  if (all->count < LIMIT_FOLDERS)
    all->paths[all->count++] = found;
  else
    free(found);
  return NULL;
}

/* The same in a search: the note says why not, if the file exists. */
static char *try_file(Search *search, const char *path) {
  Error error;
  char *found = resolve(search, path, &error);
  if (found != NULL)
    return keep(search, found);
  note(search, access(path, F_OK) == 0 ? error.message : image_shown(path));
  return NULL;
}

/* Its build for this processor, if there is one, else the file itself. */
static char *try_builds(Search *search, const char *path) {
  const char *const *level = folders_levels();
  const char *name = last_part(path);
  char *build, *found = NULL;
  for (; *level != NULL && found == NULL; level++) {
    if (asprintf(&build, "%.*s%s/%s", (int)(name - path), path, *level,
                 name) < 0)
      return NULL;
    if (access(build, F_OK) == 0)
      found = try_file(search, build);
    free(build);
  }
  return found != NULL ? found : try_file(search, path);
}

/* ---------------------------------------------------------------------
** Files with a number: libz.so.N.
*/

/* "libz.so.1.2" for the stem libz? With a version libz.so itself, too. */
static bool is_candidate(const Search *search, const Wanted *wanted,
                         const char *name, FileName *parts) {
  size_t length = strlen(wanted->stem);
  if (length == 0 || strncmp(name, wanted->stem, length) != 0 ||
      !filename_split(search->rules, name, parts) || parts->length != length)
    return false;
  return parts->digits == 0 ? search->version != NULL
         : strspn(parts->version, ".0123456789") >= parts->digits;
}

/* Takes over `path`, which is malloc'ed. */
static void add_candidate(CandidateList *list, char *path,
                          const FileName *parts) {
  if (list->count == list->room) {
    size_t room = list->room * 2 + 8;
    Candidate *items = realloc(list->items, room * sizeof *items);
    if (items == NULL) {
      free(path);
      return;
    }
    list->items = items;
    list->room = room;
  }
  Candidate *item = &list->items[list->count++];
  item->path = path;
  snprintf(item->version, sizeof item->version, "%.*s", (int)parts->digits,
           parts->version);
}

static void add_from_folder(const Search *search, const Wanted *wanted,
                            const char *folder, CandidateList *list) {
  DIR *stream = opendir(folder);
  struct dirent *entry;
  FileName parts;
  char *path;
  while (stream != NULL && (entry = readdir(stream)) != NULL)
    if (is_candidate(search, wanted, entry->d_name, &parts) &&
        asprintf(&path, "%s/%s", folder, entry->d_name) >= 0)
      add_candidate(list, path, &parts);
  if (stream != NULL)
    closedir(stream);
}

static void add_from_cache(const Search *search, const Wanted *wanted,
                           CandidateList *list) {
  for (size_t i = 0; i < search->cache.count; i++) {
    const LdCacheEntry *entry = &search->cache.entries[i];
    FileName parts;
    char *path;
    if (is_candidate(search, wanted, entry->name, &parts) &&
        (path = strdup(entry->path)) != NULL)
      add_candidate(list, path, &parts);
  }
}

/* The highest version first; of equal ones the path decides. */
static int compare_candidates(const void *left, const void *right) {
  const Candidate *a = left, *b = right;
  int order = version_compare(b->version, a->version);
  return order != 0 ? order : strcmp(a->path, b->path);
}

/* The first of the list that can be used; frees the list. */
static char *try_candidates(Search *search, CandidateList *list) {
  char *found = NULL;
  if (list->count > 0)
    qsort(list->items, list->count, sizeof *list->items, compare_candidates);
  for (size_t i = 0; i < list->count; i++) {
    if (found == NULL)
      found = try_builds(search, list->items[i].path);
    free(list->items[i].path);
  }
  free(list->items);
  return found;
}

/* ---------------------------------------------------------------------
** The search.
*/

/* The name as it stands in a folder. */
static char *try_folder(Search *search, const char *folder,
                        const char *name) {
  char *path, *found;
  if (asprintf(&path, "%s/%s", folder, name) < 0)
    return NULL;
  found = try_builds(search, path);
  free(path);
  return found;
}

static char *search_folders(Search *search, const Wanted *wanted,
                            const FolderList *folders) {
  char *found = NULL;
  for (size_t i = 0; i < folders->count && found == NULL; i++) {
    CandidateList list = {NULL, 0, 0};
    found = try_folder(search, folders->paths[i], wanted->exact);
    if (found != NULL)
      break;
    add_from_folder(search, wanted, folders->paths[i], &list);
    found = try_candidates(search, &list);
  }
  return found;
}

static char *search_system(Search *search, const Wanted *wanted) {
  char *found = NULL;
  CandidateList list = {NULL, 0, 0};
  for (size_t i = 0; i < search->cache.count && found == NULL; i++)
    if (strcmp(search->cache.entries[i].name, wanted->exact) == 0)
      found = try_builds(search, search->cache.entries[i].path);
  for (size_t i = 0; i < search->system.count && found == NULL; i++)
    found = try_folder(search, search->system.paths[i], wanted->exact);
  if (found != NULL)
    return found;
  add_from_cache(search, wanted, &list);
  for (size_t i = 0; i < search->system.count; i++)
    add_from_folder(search, wanted, search->system.paths[i], &list);
  return try_candidates(search, &list);
}

static void prepare(Search *search) {
  if (search->ready)
    return;
  search->ready = true;
  folders_of_user(&search->user, search->rules);
  folders_of_system(&search->system, search->rules);
  if (search->rules->cache != NULL)
    ldcache_read(&search->cache, search->rules->cache);
}

static void search_end(Search *search) {
  folders_free(&search->user);
  folders_free(&search->system);
  ldcache_free(&search->cache);
}

static char *search_wanted(Search *search, const Wanted *wanted) {
  prepare(search);
  char *found = search_folders(search, wanted, folders_of_callers(true));
  if (found == NULL)
    found = search_folders(search, wanted, &search->user);
  if (found == NULL)
    found = search_folders(search, wanted, folders_of_callers(false));
  return found != NULL ? found : search_system(search, wanted);
}

/* Of any system: macOS has libraries that are called as Linux's, too. */
static bool is_file_name(const Search *search, const char *name) {
  FileName ignored;
  return filename_split(search->rules, name, &ignored) ||
         filename_split(&system_glibc, name, &ignored);
}

/* What the file may be called. False if the name is too long for that. */
static bool wanted_init(const Search *search, Wanted *wanted,
                        const char *name) {
  FileName parts;
  size_t room = sizeof wanted->stem;
  wanted->stem[0] = '\0';
  if (strlen(name) + (search->version == NULL ? 0 : strlen(search->version)) >
      room - 16)
    return false;
  strcpy(wanted->exact, name);
  if (!is_file_name(search, name))
    snprintf(wanted->stem, room, "lib%s", name);
  else if (filename_split(search->rules, name, &parts) && parts.digits == 0)
    snprintf(wanted->stem, room, "%.*s", (int)parts.length, name);
  if (wanted->stem[0] == '\0')
    return true;                  /* it has a number already */
  const char *version = search->version == NULL ? "" : search->version;
  parts = (FileName){wanted->stem, strlen(wanted->stem), version,
                     strlen(version)};
  return filename_join(search->rules, &parts, wanted->exact, room);
}

static void not_found(const Search *search, const Wanted *wanted,
                      const char *name, Error *error) {
  char best[LIMIT_FILE], more[48] = "";
  libhint_name(search->rules, &search->cache, name, wanted->exact, best);
  bool near = best[0] != '\0';
  if (search->left_out > 0)
    snprintf(more, sizeof more, "\n  and %zu more", search->left_out);
  error_set(error, 0, "%s: not found; tried:%s%s%s%s%s", wanted->exact,
            search->tried, more, near ? "\ndid you mean \"" : "\ninstall it, "
            "or name its folder in ", near ? best : search->rules->variable,
            near ? "\"?" : "");
}

/* "libz", where "z" was meant or libz.so. */
static char *search_whole(Search *search, const char *name) {
  Wanted wanted;
  if (strncmp(name, "lib", 3) != 0 || is_file_name(search, name) ||
      !wanted_init(search, &wanted, name + 3))
    return NULL;
  return search_wanted(search, &wanted);
}

static char *find_name(Search *search, const char *name, Error *error) {
  Wanted wanted;
  if (*name == '\0' || !wanted_init(search, &wanted, name)) {
    error_set(error, 0, "\"%.40s\": is not a library's name", name);
    return NULL;
  }
  if (wanted.stem[0] == '\0')
    search->soname = name;
  char *found = search_wanted(search, &wanted);
  if (found == NULL && (search->all == NULL || search->all->count == 0))
    found = search_whole(search, name);
  if (found == NULL)
    not_found(search, &wanted, name, error);
  return found;
}

static char *find_any(const LibSystem *rules, const char *name,
                      const char *version, FolderList *all, Error *error) {
  Search search;
  memset(&search, 0, sizeof search);
  search.rules = rules;
  search.version = version;
  search.all = all;
  search.anymachine = strchr(name, '/') != NULL;
  char *found = search.anymachine ? resolve(&search, name, error)
                                  : find_name(&search, name, error);
  search_end(&search);
  return found;
}

char *libpath_find_on(const LibSystem *system, const char *name,
                      const char *version, Error *error) {
  return find_any(system, name, version, NULL, error);
}

char *libpath_find(const char *name, const char *version, Error *error) {
  return libpath_find_on(system_here(), name, version, error);
}

bool libpath_all(const char *name, const char *version, FolderList *paths,
                 Error *error) {
  paths->count = 0;
  char *found = find_any(system_here(), name, version, paths, error);
  if (found != NULL)              /* a path: only that file */
    paths->paths[paths->count++] = found;
  return paths->count > 0;
}
