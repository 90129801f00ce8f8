/* libhint.c - see libhint.h. */
#define _GNU_SOURCE
#include "object/libhint.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nearname.h"
#include "object/elfimage.h"

#define SHORTEST_PART 3           /* letters: "ssl" of "openssl" */

/* Into `stem` what one would give to -l for the file `name`. */
static void linker_stem(const LibSystem *rules, const char *name,
                        char stem[LIMIT_FILE]) {
  FileName parts;
  size_t length = filename_split(rules, name, &parts) ? parts.length
                                                      : strlen(name);
  size_t before = strncmp(name, "lib", 3) == 0 ? 3 : 0;
  snprintf(stem, LIMIT_FILE, "%.*s", (int)(length - before), name + before);
}

/* "./libz.so" or "./z.so". */
static bool find_here(const LibSystem *rules, const char *name,
                      const char *file, char best[LIMIT_FILE]) {
  if (snprintf(best, LIMIT_FILE, "./%s", file) < LIMIT_FILE &&
      access(best, F_OK) == 0)
    return true;
  if (snprintf(best, LIMIT_FILE, "./%s%s", name, rules->suffix) < LIMIT_FILE &&
      access(best, F_OK) == 0)
    return true;
  best[0] = '\0';
  return false;
}

/* "sqlite3" and "glib-2.0" for "sqlite" and "glib", "ssl" for "openssl". */
static bool has_part(const char *asked, const char *stem) {
  size_t wanted = strlen(asked), length = strlen(stem);
  if (wanted == 0 || wanted == length)
    return false;
  if (length > wanted)
    return strncmp(stem, asked, wanted) == 0 &&
           !isalpha((unsigned char)stem[wanted]);
  return length >= SHORTEST_PART &&
         strcmp(asked + wanted - length, stem) == 0;
}

/* The first file of just that name wins, then the shortest part. */
void libhint_name(const LibSystem *rules, const LdCache *cache,
                  const char *name, const char *file, char best[LIMIT_FILE]) {
  char asked[LIMIT_FILE], stem[LIMIT_FILE];
  bool part = false;
  NearName near;
  if (find_here(rules, name, file, best))
    return;
  linker_stem(rules, name, asked);
  nearname_init(&near, asked, strlen(asked));
  for (size_t i = 0; i < cache->count; i++) {
    const char *entry = cache->entries[i].name;
    linker_stem(rules, entry, stem);
    near.best = NULL;
    if (strcmp(stem, asked) != 0)
      nearname_offer(&near, stem);
    else if (strcmp(entry, file) != 0) {
      snprintf(best, LIMIT_FILE, "%s", entry);
      return;
    }
    bool better = has_part(asked, stem) &&
                  (!part || strlen(stem) < strlen(best));
    if (better || (near.best != NULL && !part))
      snprintf(best, LIMIT_FILE, "%s", stem);
    part = part || better;
  }
}

/* ---------------------------------------------------------------------
** Paths.
*/

static bool is_link(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

void libhint_path(const LibSystem *rules, const char *path, int code,
                  Error *error) {
  char longer[LIMIT_MESSAGE];
  const char *shown = image_shown(path);
  snprintf(longer, sizeof longer, "%s%s", path, rules->suffix);
  if (path[0] == '~')
    error_set(error, 0, "%s: cannot be found: ~ is a word of the shell's; "
              "here it is os.getenv \"HOME\"", shown);
  else if (code == ENOENT && is_link(path))
    error_set(error, 0, "%s: cannot be found: it is a symbolic link to what "
              "is not there", shown);
  else if (code == ENOENT && access(longer, F_OK) == 0)
    error_set(error, 0, "%s: cannot be found; did you mean \"%s\"?", shown,
              image_shown(longer));
  else
    error_set(error, 0, "%s: cannot be found: %s; check the path", shown,
              strerror(code));
}
