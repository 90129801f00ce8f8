/*
** dwarftype.h - DWARF's entries as nodes of debugtype.h.
*/
#ifndef CPLUGIN_DWARFTYPE_H
#define CPLUGIN_DWARFTYPE_H

#include "object/debugtype.h"
#include "object/dwarfdie.h"

typedef struct DwarfReader {
  DebugReader reader;             /* first: its functions get this one */
  const LibDw *dw;
} DwarfReader;

/* debugreader_free is due. */
void dwarfreader_init(DwarfReader *reader, const LibDw *dw);

/*
** The node of an entry: a type, or a function or variable, whose node is
** that of its type. NULL with an error.
*/
DebugType *dwarf_node(DwarfReader *reader, const DwarfDie *die);

#endif
