/*
** libdw.h - elfutils' libdw, opened when somebody asks for debug info.
**
** Neither its headers nor its library are needed to build: what is used of
** it is declared here, as its ABI has it since ELFUTILS_0.171. It is only
** what reads files, nothing of libdwfl, which may ask servers.
**
** A Dwarf belongs to one thread at a time.
*/
#ifndef CPLUGIN_LIBDW_H
#define CPLUGIN_LIBDW_H

#include "base/base.h"

typedef struct Elf Elf;           /* libelf's, and libdw's */
typedef struct Elf_Scn ElfScn;
typedef struct Dwarf Dwarf;
typedef struct Dwarf_CU DwarfUnit;

typedef struct DwarfDie {
  void *addr;                     /* its bytes: what tells it from others */
  DwarfUnit *cu;
  void *abbrev;
  long padding;
} DwarfDie;

typedef struct DwarfAttr {
  unsigned code;                  /* AT_... */
  unsigned form;                  /* FORM_... */
  unsigned char *bytes;
  DwarfUnit *cu;
} DwarfAttr;

typedef struct DwarfOp {
  uint8_t atom;                   /* OP_... */
  uint64_t number, number2;
  uint64_t offset;
} DwarfOp;

typedef struct ElfHeader {        /* a section's, of either class of files */
  uint32_t name, type;
  uint64_t flags, address, offset, size;
  uint32_t link, info;
  uint64_t align, entry_size;
} ElfHeader;

typedef struct ElfBytes {         /* of a section, as libelf has them */
  char *start;
  int type;
  unsigned version;
  size_t size;
  int64_t offset;
  size_t align;
} ElfBytes;

typedef int DwarfVisit(DwarfAttr *attr, void *data);
typedef void DwarfOom(void);      /* must not return */

/* X(name, result, parameters) */
#define LIBDW_FUNCTIONS(X) \
  X(elf_version, unsigned, (unsigned)) \
  X(elf_begin, Elf *, (int, int, Elf *)) \
  X(elf_end, int, (Elf *)) \
  X(elf_getshdrstrndx, int, (Elf *, size_t *)) \
  X(elf_nextscn, ElfScn *, (Elf *, ElfScn *)) \
  X(gelf_getshdr, ElfHeader *, (ElfScn *, ElfHeader *)) \
  X(elf_strptr, char *, (Elf *, size_t, size_t)) \
  X(elf_rawdata, ElfBytes *, (ElfScn *, ElfBytes *)) \
  X(dwarf_begin_elf, Dwarf *, (Elf *, int, void *)) \
  X(dwarf_end, int, (Dwarf *)) \
  X(dwarf_getelf, Elf *, (Dwarf *)) \
  X(dwarf_cu_getdwarf, Dwarf *, (DwarfUnit *)) \
  X(dwarf_setalt, void, (Dwarf *, Dwarf *)) \
  X(dwarf_new_oom_handler, DwarfOom *, (Dwarf *, DwarfOom *)) \
  X(dwarf_get_units, int, \
    (Dwarf *, DwarfUnit *, DwarfUnit **, uint16_t *, uint8_t *, DwarfDie *, \
     DwarfDie *)) \
  X(dwarf_tag, int, (DwarfDie *)) \
  X(dwarf_child, int, (DwarfDie *, DwarfDie *)) \
  X(dwarf_siblingof, int, (DwarfDie *, DwarfDie *)) \
  X(dwarf_getattrs, ptrdiff_t, \
    (DwarfDie *, DwarfVisit *, void *, ptrdiff_t)) \
  X(dwarf_formstring, const char *, (DwarfAttr *)) \
  X(dwarf_formudata, int, (DwarfAttr *, uint64_t *)) \
  X(dwarf_formsdata, int, (DwarfAttr *, int64_t *)) \
  X(dwarf_formaddr, int, (DwarfAttr *, uint64_t *)) \
  X(dwarf_formflag, int, (DwarfAttr *, bool *)) \
  X(dwarf_formref_die, DwarfDie *, (DwarfAttr *, DwarfDie *)) \
  X(dwarf_haspc, int, (DwarfDie *, uint64_t)) \
  X(dwarf_ranges, ptrdiff_t, \
    (DwarfDie *, ptrdiff_t, uint64_t *, uint64_t *, uint64_t *)) \
  X(dwarf_getlocation, int, (DwarfAttr *, DwarfOp **, size_t *)) \
  X(dwarf_getlocation_attr, int, (DwarfAttr *, const DwarfOp *, DwarfAttr *))

typedef struct LibDw {
#define LIBDW_MEMBER(name, result, parameters) result (*name)parameters;
  LIBDW_FUNCTIONS(LIBDW_MEMBER)
#undef LIBDW_MEMBER
} LibDw;

/*
** libdw, opened at the first call and then kept. NULL with an error where
** it is not installed.
*/
const LibDw *libdw_open(Error *error);

#endif
