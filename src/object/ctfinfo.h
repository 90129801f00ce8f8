/*
** ctfinfo.h - the CTF of a file: the types of its symbols, by their names.
**
** It is in a section .ctf, which strip leaves there, and which takes its
** strings from one of the file's tables of symbols.
*/
#ifndef CPLUGIN_CTFINFO_H
#define CPLUGIN_CTFINFO_H

#include "object/ctftype.h"
#include "object/elfsym.h"

typedef struct CtfInfo CtfInfo;

/* NULL with an error: the section is damaged, zlib is not installed ... */
CtfInfo *ctfinfo_open(const char *path, Error *error);
void ctfinfo_close(CtfInfo *info);        /* NULL is fine */

/* Has its nodes; debugreader_start comes before the first. */
DebugReader *ctfinfo_reader(CtfInfo *info);

/*
** The node of the type of a symbol that `elf` exports, by its name or another
** one of its address. NULL with an error: it is not known.
*/
DebugType *ctfinfo_symbol(CtfInfo *info, const ElfFile *elf,
                          const ElfSymbol *symbol);

#endif
