/*
** elfsection.h - an ELF file's sections, where it has kept its section
** headers: what only debuggers want is in no segment.
*/
#ifndef CPLUGIN_ELFSECTION_H
#define CPLUGIN_ELFSECTION_H

#include "object/elfimage.h"

typedef struct ElfSection {
  const char *name;
  uint32_t type;
  uint64_t flags;
  uint64_t offset, size;          /* in the file */
} ElfSection;

typedef struct ElfSections {
  ElfSection *items;              /* in the image's scratch, as the names */
  size_t count;
} ElfSections;

enum { SECTION_NOBITS = 8 };      /* type: it has no bytes in the file */
enum { SECTION_CODE = 4, SECTION_COMPRESSED = 0x800 }; /* flags */

/*
** A file without section headers has none. False with an error: they are
** damaged.
*/
bool sections_read(ElfImage *image, ElfSections *sections);

/* The first one of that name that has bytes, or NULL. */
const ElfSection *sections_find(const ElfSections *sections,
                                const char *name);

#endif
