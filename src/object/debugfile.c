/* debugfile.c - see debugfile.h. */
#define _GNU_SOURCE
#include "object/debugfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object/elfnote.h"
#include "object/elfsection.h"
#include "object/libfolder.h"

#define SYSTEM_FOLDER "/usr/lib/debug"
#define LIMIT_LINK 4096           /* bytes of a section that names a file */
#define TRIED_ROOM 600            /* bytes of the list of what was tried */

/* What a file says of itself, as far as debug info goes. */
typedef struct Head {
  bool dwarf, ctf;
  uint8_t id[LIMIT_BUILDID];
  size_t nid;                     /* 0: it has no build id */
  char link[LIMIT_LINK];          /* the file that has its debug info, or "" */
  uint32_t crc;                   /* of that file */
  char common[LIMIT_LINK];        /* dwz's file, or "" */
  uint8_t commonid[LIMIT_BUILDID];
  size_t ncommonid;
} Head;

typedef struct Search {
  const char *path;               /* real, of the file that asks */
  const char *folders;            /* the user's, or NULL */
  const uint8_t *id;              /* that the file must have */
  size_t nid;
  const uint32_t *crc;            /* or this checksum; NULL: none is known */
  char tried[TRIED_ROOM];
  size_t used;
} Search;

/* ---------------------------------------------------------------------
** What a file says of itself.
*/

static void read_buildid(ElfImage *image, const ElfSections *sections,
                         Head *head) {
  ElfNote note;
  const ElfSection *section = sections_find(sections, ".note.gnu.build-id");
  if (section == NULL || section->size > LIMIT_LINK)
    return;
  void *bytes = image_read(image, &image->scratch, section->offset,
                           section->size);
  Cursor cursor = image_cursor(image, bytes,
                               bytes == NULL ? 0 : (size_t)section->size);
  if (!note_find(&cursor, 4, NOTE_BUILDID, &note) ||
      note.size > LIMIT_BUILDID)
    return;
  memcpy(head->id, note.bytes, note.size);
  head->nid = note.size;
}

/*
** A section that begins with the name of a file, into `name`; returns what
** follows, up to the end of the section, or NULL.
*/
static const uint8_t *read_link(ElfImage *image, const ElfSections *sections,
                                const char *which, char *name,
                                size_t *rest) {
  const ElfSection *section = sections_find(sections, which);
  if (section == NULL || section->size >= LIMIT_LINK)
    return NULL;
  const char *bytes = image_read(image, &image->scratch, section->offset,
                                 section->size);
  if (bytes == NULL)
    return NULL;
  size_t length = strnlen(bytes, (size_t)section->size);
  memcpy(name, bytes, length);
  name[length] = '\0';
  if (length == section->size)
    return NULL;
  *rest = (size_t)section->size - length - 1;
  return (const uint8_t *)bytes + length + 1;
}

static void read_links(ElfImage *image, const ElfSections *sections,
                       Head *head) {
  size_t rest;
  const uint8_t *more = read_link(image, sections, ".gnu_debuglink",
                                  head->link, &rest);
  size_t padding = 3 - strlen(head->link) % 4;
  if (more != NULL && rest >= padding + 4) {
    Cursor cursor = image_cursor(image, more + padding, 4);
    head->crc = cursor_u32(&cursor);
  } else {
    head->link[0] = '\0';
  }
  more = read_link(image, sections, ".gnu_debugaltlink", head->common, &rest);
  if (more == NULL || rest > LIMIT_BUILDID)
    return;
  memcpy(head->commonid, more, rest);
  head->ncommonid = rest;
}

static bool read_head(const char *path, Head *head, Error *error) {
  ElfImage image;
  ElfSections sections;
  memset(head, 0, sizeof *head);
  bool ok = image_open_any(&image, path, error) &&
            sections_read(&image, &sections);
  if (ok) {
    head->dwarf = sections_find(&sections, ".debug_info") != NULL ||
                  sections_find(&sections, ".zdebug_info") != NULL;
    head->ctf = sections_find(&sections, ".ctf") != NULL;
    read_buildid(&image, &sections, head);
    read_links(&image, &sections, head);
  }
  image_close(&image);
  return ok;
}

/* ---------------------------------------------------------------------
** Is it the right file?
*/

/* The checksum of .gnu_debuglink: that of zlib and Ethernet. */
static uint32_t crc32(uint32_t crc, const uint8_t *bytes, size_t size) {
  static const uint32_t table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
    0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
  };
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return crc;
}

static bool has_crc(const char *path, uint32_t wanted) {
  uint8_t bytes[16384];
  size_t size;
  uint32_t crc = 0xffffffff;
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return false;
  while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
    crc = crc32(crc, bytes, size);
  fclose(file);
  return ~crc == wanted;
}

static void note_tried(Search *search, const char *path, const char *why) {
  size_t room = sizeof search->tried - search->used;
  int length = snprintf(search->tried + search->used, room, "\n  %s%s",
                        path, why);
  if (length > 0 && (size_t)length < room)
    search->used += (size_t)length;
  else
    search->tried[search->used] = '\0';
}

/* Takes the file at `path`, malloc'ed, if it is the one; else frees it. */
static char *checked(Search *search, char *path) {
  Error ignored;
  Head head;
  const char *why = "";
  if (path == NULL)
    return NULL;
  if (access(path, R_OK) != 0) {
    note_tried(search, path, "");
    free(path);
    return NULL;
  }
  bool same = false;
  if (!read_head(path, &head, &ignored))
    why = ": is damaged";
  else if (!head.dwarf && !head.ctf)
    why = ": has no debug info";
  else if (search->nid != 0 && head.nid != 0)
    same = head.nid == search->nid &&
           memcmp(head.id, search->id, head.nid) == 0;
  else
    same = search->crc != NULL && has_crc(path, *search->crc);
  if (same)
    return path;
  note_tried(search, path, *why == '\0' ? ": is of another build" : why);
  free(path);
  return NULL;
}

/* ---------------------------------------------------------------------
** Where it may be.
*/

/* One look in a folder for debug files. */
typedef char *Look(Search *search, const char *folder, size_t length,
                   const char *name);

/* The user's folders, then the system's. */
static char *look(Search *search, Look *in, const char *name) {
  const char *at = search->folders == NULL ? "" : search->folders;
  char *found = NULL;
  while (*at != '\0' && found == NULL) {
    size_t length = strcspn(at, ":");
    if (length > 0)
      found = in(search, at, length, name);
    at += length;
    at += *at == ':';
  }
  return found != NULL ? found : in(search, SYSTEM_FOLDER,
                                    strlen(SYSTEM_FOLDER), name);
}

static char *by_buildid(Search *search, const char *folder, size_t length,
                        const char *name) {
  char hex[2 * LIMIT_BUILDID + 1], *path;
  (void)name;
  for (size_t i = 0; i < search->nid; i++)
    snprintf(hex + 2 * i, 3, "%02x", search->id[i]);
  if (asprintf(&path, "%.*s/.build-id/%.2s/%s.debug", (int)length, folder,
               hex, hex + 2) < 0)
    return NULL;
  return checked(search, path);
}

static int folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? 0 : (int)(slash - path);
}

/* Debug files lie there as the files themselves do from the root on. */
static char *by_folder(Search *search, const char *folder, size_t length,
                       const char *name) {
  char *path;
  if (asprintf(&path, "%.*s%.*s/%s", (int)length, folder,
               folder_length(search->path), search->path, name) < 0)
    return NULL;
  return checked(search, path);
}

/* Beside the file, or in a folder of that name there. */
static char *beside(Search *search, const char *folder, const char *name) {
  char *path;
  if (asprintf(&path, "%.*s/%s%s", folder_length(search->path), search->path,
               folder, name) < 0)
    return NULL;
  return checked(search, path);
}

static char *by_link(Search *search, const char *name) {
  char *found = NULL;
  if (*name == '/')
    return checked(search, strdup(name));
  if (strcmp(strrchr(search->path, '/') + 1, name) != 0)
    found = beside(search, "", name);
  if (found == NULL)
    found = beside(search, ".debug/", name);
  return found != NULL ? found : look(search, by_folder, name);
}

static char *search_apart(Search *search, const Head *head) {
  char *found = NULL;
  search->id = head->id;
  search->nid = head->nid;
  if (head->nid > 1)
    found = look(search, by_buildid, NULL);
  if (found != NULL || head->link[0] == '\0')
    return found;
  search->crc = &head->crc;
  return by_link(search, head->link);
}

/* ---------------------------------------------------------------------
** dwz's file, without which half of the types are missing.
*/

/* A relative name counts from the file that has the debug info. */
static bool find_common(DebugFile *file, const Head *head,
                        const char *folders, Error *error) {
  Search search = {.path = file->path, .folders = folders,
                   .id = head->commonid, .nid = head->ncommonid};
  if (head->common[0] == '\0')
    return true;
  file->common = head->common[0] == '/' ? checked(&search,
                                                 strdup(head->common))
                                        : beside(&search, "", head->common);
  if (file->common == NULL && head->ncommonid > 1)
    file->common = look(&search, by_buildid, NULL);
  if (file->common == NULL)
    error_set(error, 0, "%s: a part of its debug info is in a file that dwz "
              "made, which is not there; tried:%s", image_shown(file->path),
              search.tried);
  return file->common != NULL;
}

/* --------------------------------------------------------------------- */

static bool not_found(const Search *search, Error *error) {
  return error_set(error, 0, "%s: has no debug info%s%s\ncompile it with -g, "
                   "or install the package with its debug symbols",
                   image_shown(search->path),
                   search->used > 0 ? ", nor is there any in:" : "",
                   search->tried);
}

static bool find_file(DebugFile *file, Search *search, Head *head,
                      Error *error) {
  if (!read_head(search->path, head, error))
    return false;
  if (head->dwarf || head->ctf) {
    file->path = strdup(search->path);
    return file->path != NULL || error_set(error, 0, "not enough memory");
  }
  file->path = search_apart(search, head);
  if (file->path == NULL)
    return not_found(search, error);
  return read_head(file->path, head, error);
}

bool debugfile_find(DebugFile *file, const char *path, const char *folders,
                    Error *error) {
  Head head;
  Search search = {.folders = folders};
  memset(file, 0, sizeof *file);
  char *real = folders_real(path);
  if (real == NULL)
    return error_set(error, 0, "%s: cannot be found", image_shown(path));
  search.path = real;
  bool found = find_file(file, &search, &head, error) &&
               find_common(file, &head, folders, error);
  free(real);
  file->dwarf = found && head.dwarf;
  file->ctf = found && head.ctf;
  return found;
}

void debugfile_free(DebugFile *file) {
  free(file->path);
  free(file->common);
  file->path = file->common = NULL;
}
