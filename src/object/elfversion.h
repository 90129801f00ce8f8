/*
** elfversion.h - symbol versions: those a file defines and those it needs.
**
** A symbol has a version index; the two tables together say what each index
** means. Index 0 and 1 are no version.
*/
#ifndef CPLUGIN_ELFVERSION_H
#define CPLUGIN_ELFVERSION_H

#include "object/elfimage.h"
#include "object/elfsym.h"

#define VERSION_INDEX 0x7fff      /* the part of an entry that is the index */
#define VERSION_HIDDEN 0x8000     /* not the default version of its symbol */

typedef struct VersionTables {    /* as the dynamic segment has them */
  uint64_t defined, ndefined;     /* DT_VERDEF, DT_VERDEFNUM; 0: none */
  uint64_t required, nrequired;   /* DT_VERNEED, DT_VERNEEDNUM */
} VersionTables;

typedef struct NameList {
  const char **items;
  size_t count;
  size_t room;
} NameList;

/*
** Reads both tables: info's `defined` and `required`, allocated in `keep`,
** and in `names` (by index, NULL: no such) what the indices mean. False with
** an error where the tables are damaged.
*/
bool versions_read(ElfImage *image, const VersionTables *tables,
                   const ElfStrings *strings, Arena *keep, ElfInfo *info,
                   NameList *names);

#endif
