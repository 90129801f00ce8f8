/*
** dwarfstring.h - DWARF's sections of text, which libdw (before 0.189) gives
** pieces of without a look at where they end.
*/
#ifndef CPLUGIN_DWARFSTRING_H
#define CPLUGIN_DWARFSTRING_H

#include "object/libdw.h"

/*
** Does each of a file's sections end with a text's end? To be asked when
** libdw has opened it, which unpacks what is compressed, and before anything
** is read. False: it is damaged.
*/
bool dwarfstring_ends(const LibDw *dw, Elf *elf);

#endif
