/*
** dwarfindex.h - DWARF's functions and variables by their addresses.
**
** By address and not by name: half of the names that libc exports are second
** names of a function that debug info knows under another one, which need
** not be exported itself. A function that is in more than one piece is known
** by where each of them begins. Linkers that make one of functions with the
** same code (--icf) keep one entry, too: the others are known by name.
**
** What is written in assembler has no types there. But the library's own C
** code that uses it says how it declares it: entries without an address are
** known by name.
*/
#ifndef CPLUGIN_DWARFINDEX_H
#define CPLUGIN_DWARFINDEX_H

#include "object/dwarfdie.h"
#include "object/elfsym.h"

typedef struct DwarfEntry {
  uint64_t address;               /* before relocation; TLS: in its block */
  SymbolKind kind;                /* FUNCTION, VARIABLE or TLS */
  DwarfDie die;
} DwarfEntry;

typedef struct DwarfEntries {
  DwarfEntry *items;              /* malloc'ed, sorted by address */
  size_t count, room;
} DwarfEntries;

typedef struct DwarfIndex {
  const LibDw *dw;
  Dwarf *dwarf;
  DwarfEntries placed;            /* what is in the file */
  DwarfEntries unplaced;          /* functions that the linker left out, and */
                                  /* thread-local variables of split units: */
                                  /* the hash of the name is their address */
  DwarfEntries declared;          /* what C code uses; by names, too */
  bool listed;                    /* `declared` has been made */
} DwarfIndex;

/*
** Goes over all units in C. False with an error: no memory. dwarfindex_free
** is due in both cases; it does not close `dwarf`.
*/
bool dwarfindex_make(DwarfIndex *index, const LibDw *dw, Dwarf *dwarf,
                     Error *error);
void dwarfindex_free(DwarfIndex *index);

/*
** The entry of a symbol that `elf` exports; of those that share its address
** the one of its name, which *named tells. An IFUNC's is its resolver. False
** with an error that says why there is none: it is in a unit of another
** language, was compiled with -g1 ...
*/
bool dwarfindex_find(DwarfIndex *index, const ElfFile *elf,
                     const ElfSymbol *symbol, DwarfDie *die, bool *named,
                     Error *error);

/*
** The entry of a function or variable, as the symbol is, that C code declares
** to use it under that name.
*/
bool dwarfindex_declared(DwarfIndex *index, const char *name,
                         const ElfSymbol *symbol, DwarfDie *die);

#endif
