/*
** debugtype.h - types as debug info has them, whatever its format.
**
** A graph of nodes, read on demand: what a node says is not known before
** debug_read has asked its reader for it.
**
**   typedef struct z_stream_s z_stream;
**
**   TYPEDEF "z_stream" -target-> RECORD "z_stream_s" -members-> "next_in" ...
*/
#ifndef CPLUGIN_DEBUGTYPE_H
#define CPLUGIN_DEBUGTYPE_H

#include "base/arena.h"
#include "type/type.h"

typedef enum DebugKind {
  DEBUG_UNREAD,
  DEBUG_BASE,                     /* base: also void */
  DEBUG_QUALIFIED,                /* qual, target */
  DEBUG_POINTER,                  /* target */
  DEBUG_TYPEDEF,                  /* name, target */
  DEBUG_ARRAY,                    /* target, count */
  DEBUG_VECTOR,                   /* target, size */
  DEBUG_RECORD,                   /* name, isunion, members */
  DEBUG_ENUM,                     /* name, members; size, isunsigned */
  DEBUG_FUNCTION                  /* target: its result; members: parameters */
} DebugKind;

typedef struct DebugType DebugType;

/* Of a record; a parameter has name and type, an enumerator name and value. */
typedef struct DebugMember {
  const char *name;               /* NULL: none */
  DebugType *type;
  uint64_t bit;                   /* where it begins in the record */
  uint32_t width;                 /* bits of a bit-field; 0: it is none */
  uint32_t align;                 /* bytes, where the source asks for it */
  int64_t value;
} DebugMember;

struct DebugType {
  DebugKind kind;
  BaseType base;
  unsigned qual;                  /* QUAL_... */
  bool isunion, isunsigned;
  bool incomplete;                /* a record or enum that is only declared */
  bool prototyped, variadic;      /* functions, */
  bool msabi;                     /* called as on Windows */
  const char *name;               /* NULL: none */
  uint64_t size;                  /* bytes, of records and enums */
  uint32_t align;                 /* bytes, where the source asks for it */
  uint64_t count;                 /* of an array; or COUNT_UNKNOWN */
  DebugType *target;
  DebugMember *members;
  uint32_t nmembers;
  const void *origin;             /* the reader's */
  uint32_t natural;               /* a record's alignment: debuglayout.c's */
  uint8_t state;                  /* debugtext.c's */
  bool told;                      /* a text has it: debugtext.c's */
  bool settled;                   /* a scope has it: see debugreader_settle */
};

/* Where a format has a type: at a place, or by a number in what is there. */
typedef struct DebugKey {
  const void *place;
  uint32_t number;
} DebugKey;

typedef struct DebugNode {
  DebugKey key;                   /* of a free slot: no place */
  DebugType *type;                /* of `settled`: none */
} DebugNode;

typedef struct DebugTable {       /* a hash table */
  DebugNode *slots;               /* malloc'ed */
  size_t count, room;
} DebugTable;

typedef struct DebugReader DebugReader;
typedef bool DebugRead(DebugReader *reader, DebugType *type);

struct DebugReader {
  Arena arena;                    /* has the types */
  Error *error;                   /* where failures are told; set once */
  DebugRead *read;
  DebugTable nodes;               /* that there are since the last start */
  DebugTable settled;             /* see debugreader_settle */
};

void debugreader_init(DebugReader *reader, DebugRead *read);
void debugreader_free(DebugReader *reader);

/* Forgets all nodes, and tells failures to `error` from now on. */
void debugreader_start(DebugReader *reader, Error *error);

/*
** The scope has declared the text: its tags and typedefs are there with all
** that they need. The nodes that have them are `settled` from the next start
** on, until debugreader_unsettle. False: no memory.
*/
bool debugreader_settle(DebugReader *reader);
void debugreader_unsettle(DebugReader *reader);

/*
** The node of what a key stands for; a new one has a copy of the `size` bytes
** of `origin`. NULL with an error.
*/
DebugType *debug_node(DebugReader *reader, DebugKey key, const void *origin,
                      size_t size);

/* False with an error: debug info does not say, or is damaged. */
static inline bool debug_read(DebugReader *reader, DebugType *type) {
  return type->kind != DEBUG_UNREAD || reader->read(reader, type);
}

/* The type behind typedefs and qualifiers, read; NULL with an error. */
DebugType *debug_bare(DebugReader *reader, DebugType *type);

/*
** The base type with that size: of the integers the one called `name`, as
** compilers write it ("long unsigned int"), or the usual one. BASE_COUNT:
** C has none here.
*/
BaseType debug_base(TypeKind kind, bool isunsigned, uint64_t size,
                    const char *name);

/* arena_alloc and arena_copy, with an error when there is no memory. */
void *debug_alloc(DebugReader *reader, size_t size);
char *debug_copy(DebugReader *reader, const char *text);

#endif
