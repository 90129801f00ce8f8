/*
** ctfdict.h - a dict of CTF (version 3, gcc -gctf): types by their numbers.
**
**   header | objects | functions | their names | variables | types | strings
**            number    number      string                      |
**            of the type                                       v
**   [ name | kind, how many | size or type | what the kind has ] ...
**
** A file has one, or an archive of them: the first has what all of its sources
** agree on, each other one the types of a source that it does not. Their types
** have a bit in their numbers that says so.
*/
#ifndef CPLUGIN_CTFDICT_H
#define CPLUGIN_CTFDICT_H

#include "base/arena.h"
#include "object/elfimage.h"

enum {                            /* CTF_K_... */
  CTF_UNKNOWN, CTF_INTEGER, CTF_FLOAT, CTF_POINTER, CTF_ARRAY, CTF_FUNCTION,
  CTF_STRUCT, CTF_UNION, CTF_ENUM, CTF_FORWARD, CTF_TYPEDEF, CTF_VOLATILE,
  CTF_CONST, CTF_RESTRICT, CTF_SLICE
};

enum {                            /* parts of a dict; each ends at the next */
  CTF_LABELS, CTF_OBJECTS, CTF_FUNCTIONS, CTF_OBJECT_NAMES,
  CTF_FUNCTION_NAMES, CTF_VARIABLES, CTF_TYPES, CTF_STRINGS, CTF_PARTS
};

#define CTF_CHILD 0x80000000u     /* in the numbers of types that are not the */
                                  /* first dict's */

typedef struct CtfDict CtfDict;
struct CtfDict {
  const CtfDict *parent;          /* NULL: it is the first one */
  Cursor data;                    /* behind the header */
  uint32_t parts[CTF_PARTS + 1];  /* where they begin */
  ElfStrings own, outer;          /* its strings; the symbol table's */
  uint32_t *types;                /* where each is; number 1 is the first */
  uint32_t ntypes;
};

typedef struct CtfRecord {        /* of a type */
  const CtfDict *dict;            /* that has it */
  uint32_t kind, count;           /* of what follows */
  const char *name;               /* NULL: none */
  uint64_t size;                  /* bytes, of what has a size */
  uint32_t target;                /* type, of what has none */
  Cursor rest;
} CtfRecord;

/*
** Makes a dict of the bytes of one, which must last as long as it does; what
** is needed is in the arena. False with an error: it is damaged ...
*/
bool ctfdict_make(CtfDict *dict, const CtfDict *parent, Cursor bytes,
                  Arena *arena, Error *error);

/* Does the dict go by .dynsym, not by .symtab? */
bool ctfdict_isdynamic(Cursor bytes);

/* A type by its number. False: there is none. */
bool ctfdict_record(const CtfDict *dict, uint32_t number, CtfRecord *out);

/* NULL where there is none, or it is "". */
const char *ctfdict_string(const CtfDict *dict, uint32_t place);

#endif
