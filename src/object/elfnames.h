/*
** elfnames.h - all names that a file has for its functions, in the table that
** strip takes away and debug files keep: also those that are not exported.
*/
#ifndef CPLUGIN_ELFNAMES_H
#define CPLUGIN_ELFNAMES_H

#include "base/base.h"

typedef struct ElfName {
  uint64_t address;               /* before relocation; 0: it is elsewhere */
  uint32_t name;                  /* where in the strings */
} ElfName;

typedef struct ElfNames {         /* all zero: none */
  char *strings;                  /* malloc'ed, as the items */
  size_t size;                    /* of the strings */
  ElfName *items;                 /* sorted by address */
  size_t count;
} ElfNames;

/* Reads the table of the file at `path`; a file without one has no names. */
void elfnames_read(ElfNames *names, const char *path);
void elfnames_free(ElfNames *names);

/*
** The names at an address, one for each call; *at is 0 at first. NULL: there
** are no more. A name that something else has, too, is left out: a static
** function may be called as one of another library, which is not meant.
*/
const char *elfnames_next(const ElfNames *names, uint64_t address,
                          size_t *at);

#endif
