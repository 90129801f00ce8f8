/*
** elfsym.h - what an ELF file says of itself: symbols, soname, needed.
**
** Works on a file, loaded or not; nothing of it is run. All bytes are read
** through a checked cursor: a damaged file gives an error or a sound answer.
** What is returned points into the ElfFile and lives as long as it does; the
** file itself may change or vanish meanwhile.
*/
#ifndef CPLUGIN_ELFSYM_H
#define CPLUGIN_ELFSYM_H

#include "base/base.h"

typedef enum SymbolKind {
  SYMBOL_FUNCTION, SYMBOL_VARIABLE, SYMBOL_TLS, SYMBOL_IFUNC, SYMBOL_OTHER
} SymbolKind;

typedef struct ElfSymbol {
  const char *name;
  const char *version;            /* NULL: none */
  bool isdefault;                 /* name@@version, or without a version */
  bool weak;
  bool unique;                    /* STB_GNU_UNIQUE: stays mapped */
  bool shielded;                  /* STV_PROTECTED: the file itself uses its */
                                  /* own, whatever else has the name */
  bool readonly;                  /* writing there would be a SIGSEGV */
  SymbolKind kind;
  uint64_t value;                 /* st_value: address before relocation */
  uint64_t size;                  /* bytes; 0: not known */
} ElfSymbol;

typedef struct ElfFile ElfFile;

typedef struct ElfInfo {
  const char *soname;             /* NULL: none */
  const char *const *needed;      /* DT_NEEDED, in order */
  size_t nneeded;
  const char *runpath;            /* DT_RUNPATH, else DT_RPATH; NULL: none */
  bool isrpath;                   /* that is DT_RPATH */
  const uint8_t *buildid;         /* NULL: none */
  size_t nbuildid;
  const char *const *defined;     /* versions defined (without the base) */
  size_t ndefined;
  const char *const *required;    /* "library version" in one string: */
  size_t nrequired;               /* "libc.so.6 GLIBC_2.34" */
  uint64_t init, fini;            /* addresses of DT_INIT, DT_FINI; 0: none */
  uint64_t ninits, nfinis;        /* functions in DT_INIT_ARRAY, ..FINI.. */
  const char *const *compilers;   /* what .comment says, each text once */
  size_t ncompilers;
} ElfInfo;

/*
** Opens and checks a shared object or executable of any ELF class, byte
** order and machine. NULL with an error that begins with the path: missing,
** a directory, not ELF ("a text file"), truncated (every PT_LOAD is compared
** with the file's length) ...
*/
ElfFile *elf_open(const char *path, Error *error);

/*
** The same in a fraction of the time, for who only wants to know whether it
** would do: of symbols, versions, notes and compilers it has none.
*/
ElfFile *elf_glance(const char *path, Error *error);
void elf_close(ElfFile *file);    /* NULL is fine */

/*
** Could this process load it? False with an error that names both machines
** (or classes, byte orders, file types) where not.
*/
bool elf_loadable(const ElfFile *file, Error *error);

/* From here on a file may be NULL: it then has nothing. */
const ElfInfo *elf_info(const ElfFile *file);

/* Exported: defined here, global, weak or unique, default or protected. */
size_t elf_count(const ElfFile *file);
const ElfSymbol *elf_symbol(const ElfFile *file, size_t index);

/*
** By name; `version` NULL takes the default one. NULL: this file does not
** export it. Does not depend on how many symbols there are.
*/
const ElfSymbol *elf_find(const ElfFile *file, const char *name,
                          const char *version);

/* The exported name that is nearest to one that is not, or NULL. */
const char *elf_nearest(const ElfFile *file, const char *name);

#endif
