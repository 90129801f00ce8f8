/*
** ctftype.h - CTF's types as nodes of debugtype.h.
*/
#ifndef CPLUGIN_CTFTYPE_H
#define CPLUGIN_CTFTYPE_H

#include "object/debugtype.h"
#include "object/ctfdict.h"

typedef struct CtfReader {
  DebugReader reader;             /* first: its functions get this one */
  const CtfDict *dicts;           /* all that the file has */
  size_t ndicts;
} CtfReader;

/* debugreader_free is due. */
void ctfreader_init(CtfReader *reader);

/* The node of a type, whose key is its dict and number. NULL with an error. */
DebugType *ctf_node(CtfReader *reader, const CtfDict *dict, uint32_t number);

#endif
