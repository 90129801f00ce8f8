/*
** ctftype.h - CTF's types as nodes of debugtype.h.
*/
#ifndef CPLUGIN_CTFTYPE_H
#define CPLUGIN_CTFTYPE_H

#include "object/debugtype.h"
#include "object/ctfdict.h"

typedef struct CtfOrigin {        /* of a node */
  const CtfDict *dict;
  uint32_t number;
} CtfOrigin;

typedef struct CtfReader {
  DebugReader reader;             /* first: its functions get this one */
  const CtfDict *dicts;           /* all that the file has */
  size_t ndicts;
  DebugType **nodes;              /* hash table, by origin; in the arena */
  size_t count, mask;
} CtfReader;

void ctfreader_init(CtfReader *reader);
void ctfreader_free(CtfReader *reader);

/* Forgets all nodes, and tells failures to `error` from now on. */
void ctfreader_start(CtfReader *reader, Error *error);

/* The node of a type. NULL with an error. */
DebugType *ctf_node(CtfReader *reader, const CtfDict *dict, uint32_t number);

#endif
