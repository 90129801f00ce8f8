/*
** elfdynamic.h - the dynamic segment: where a file's tables are, and how many
** symbols it has.
*/
#ifndef CPLUGIN_ELFDYNAMIC_H
#define CPLUGIN_ELFDYNAMIC_H

#include "object/elfimage.h"
#include "object/elfversion.h"

typedef struct Dynamic {          /* 0: the segment does not have it */
  uint64_t strtab, strsz;         /* address and size of the strings */
  uint64_t symtab, syment;        /* address, size of one symbol */
  uint64_t hash, gnuhash, versym; /* addresses */
  uint64_t soname, rpath, runpath; /* where in the strings */
  uint64_t *needed;               /* the same, in the image's scratch */
  size_t nneeded;
  uint64_t flags;                 /* DT_FLAGS_1 */
  uint64_t init, fini;            /* addresses */
  uint64_t initsz, finisz;        /* bytes of the arrays of such addresses */
  VersionTables versions;
} Dynamic;

/* False with an error; a file without such a segment has an empty one. */
bool dynamic_read(ElfImage *image, Dynamic *dynamic);

/*
** How many symbols the symbol table has: as it is for the loader, only a hash
** table says so, and without one there are none. False with an error.
*/
bool dynamic_count(ElfImage *image, const Dynamic *dynamic, uint64_t *count);

#endif
