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
  DebugType **nodes;              /* hash table, by origin; in the arena */
  size_t count, mask;
} DwarfReader;

void dwarfreader_init(DwarfReader *reader, const LibDw *dw);
void dwarfreader_free(DwarfReader *reader);

/* Forgets all nodes, and tells failures to `error` from now on. */
void dwarfreader_start(DwarfReader *reader, Error *error);

/*
** The node of an entry: a type, or a function or variable, whose node is
** that of its type. NULL with an error.
*/
DebugType *dwarf_node(DwarfReader *reader, const DwarfDie *die);

#endif
