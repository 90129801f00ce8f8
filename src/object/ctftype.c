/*
** ctftype.c - see ctftype.h.
**
** What CTF has no word for is refused where that shows (vectors, enums with
** values wider than int). It cannot show that a function has no prototype, that
** a type is _Atomic, or what an attribute aligns: these look like the others.
*/
#include "object/ctftype.h"

#include <string.h>

#define SIZE_LARGE 0x20000000u    /* structs that have other members */

enum { FORMAT_SIGNED = 1, FORMAT_BOOL = 4 };    /* of integers */
enum { FORMAT_COMPLEX = 3, FORMAT_LONG_COMPLEX = 5 };   /* of floats */

typedef struct Encoding {
  uint32_t format, bits;
} Encoding;

/* ---------------------------------------------------------------------
** From a type to a node.
*/

DebugType *ctf_node(CtfReader *reader, const CtfDict *dict,
                    uint32_t number) {
  DebugKey key = {dict, number};
  return debug_node(&reader->reader, key, &key, sizeof key);
}

static bool damaged(CtfReader *reader, const char *what) {
  return error_set(reader->reader.error, 0, "debug info in CTF is damaged: %s",
                   what);
}

static bool set_name(CtfReader *reader, const char *name, const char **out) {
  if (name == NULL)
    return true;
  *out = debug_copy(&reader->reader, name);
  return *out != NULL;
}

static bool set_target(CtfReader *reader, const CtfRecord *record,
                       uint32_t number, DebugType *type) {
  type->target = ctf_node(reader, record->dict, number);
  return type->target != NULL;
}

static bool read_derived(CtfReader *reader, const CtfRecord *record,
                         DebugType *type, DebugKind kind, unsigned qual) {
  type->kind = kind;
  type->qual = qual;
  return (kind != DEBUG_TYPEDEF ||
          set_name(reader, record->name, &type->name)) &&
         set_target(reader, record, record->target, type);
}

static Encoding read_encoding(CtfRecord *record) {
  uint32_t word = cursor_u32(&record->rest);
  return (Encoding){word >> 24, word & 0xffff};
}

static TypeKind base_kind(bool isfloat, uint32_t format) {
  if (!isfloat)
    return (format & FORMAT_BOOL) != 0 ? TYPE_BOOL : TYPE_INTEGER;
  return format >= FORMAT_COMPLEX && format <= FORMAT_LONG_COMPLEX
             ? TYPE_COMPLEX : TYPE_FLOAT;
}

/* Void is an integer without bits. */
static bool read_base(CtfReader *reader, CtfRecord *record, DebugType *type) {
  Encoding encoding = read_encoding(record);
  bool isfloat = record->kind == CTF_FLOAT;
  type->kind = DEBUG_BASE;
  if (!isfloat && encoding.bits == 0)
    return true;
  type->base = debug_base(base_kind(isfloat, encoding.format),
                          (encoding.format & FORMAT_SIGNED) == 0,
                          record->size, record->name);
  if (type->base == BASE_COUNT)
    return error_set(reader->reader.error, 0, "debug info has a type '%.100s' "
                     "of %llu bytes that C does not have here",
                     record->name == NULL ? "" : record->name,
                     (unsigned long long)record->size);
  return true;
}

/* Gcc before 14 has dimensions in reverse order, and CTF not which gcc. */
static bool check_dimensions(CtfReader *reader, const DebugType *type) {
  const DebugType *inner = type->target;
  if (!debug_read(&reader->reader, type->target))
    return false;
  if (inner->kind != DEBUG_ARRAY || inner->count == type->count)
    return true;
  return error_set(reader->reader.error, 0, "debug info in CTF does not tell "
                   "the order of an array's dimensions");
}

/* It knows no difference between [0] and []. */
static bool read_array(CtfReader *reader, CtfRecord *record,
                       DebugType *type) {
  uint32_t element = cursor_u32(&record->rest);
  cursor_u32(&record->rest);      /* the type of an index */
  uint32_t count = cursor_u32(&record->rest);
  type->kind = DEBUG_ARRAY;
  type->count = count == 0 ? COUNT_UNKNOWN : count;
  return set_target(reader, record, element, type) &&
         check_dimensions(reader, type);
}

/* "..." is a last parameter of type 0. */
static bool read_function(CtfReader *reader, CtfRecord *record,
                          DebugType *type) {
  uint32_t number = 0;
  type->members = debug_alloc(&reader->reader,
                              record->count * sizeof *type->members);
  if (type->members == NULL)
    return false;
  type->kind = DEBUG_FUNCTION;
  for (uint32_t i = 0; i < record->count; i++) {
    number = cursor_u32(&record->rest);
    type->variadic = number == 0 && i + 1 == record->count;
    if (type->variadic)
      break;
    type->members[i].type = ctf_node(reader, record->dict, number);
    if (type->members[i].type == NULL)
      return false;
    type->nmembers++;
  }
  type->prototyped = !type->variadic || type->nmembers > 0;
  return set_target(reader, record, record->target, type);
}

/* ---------------------------------------------------------------------
** What has members.
*/

typedef struct Ends {             /* of a record's members, in bytes */
  uint64_t bits;
  uint64_t slices;                /* with bit-fields as whole integers */
} Ends;

/* The size of what stands in a record, or 0. */
static uint64_t size_of(const CtfRecord *record, int depth) {
  CtfRecord inner = *record;
  switch (record->kind) {
    case CTF_POINTER: return record->dict->data.wide ? 8 : 4;
    case CTF_ARRAY: {
      uint32_t element = cursor_u32(&inner.rest);
      cursor_u32(&inner.rest);
      uint64_t count = cursor_u32(&inner.rest);
      return depth < LIMIT_DEPTH &&
             ctfdict_record(record->dict, element, &inner)
                 ? count * size_of(&inner, depth + 1) : 0;
    }
    case CTF_TYPEDEF: case CTF_CONST: case CTF_VOLATILE: case CTF_RESTRICT:
      return depth < LIMIT_DEPTH &&
             ctfdict_record(record->dict, record->target, &inner)
                 ? size_of(&inner, depth + 1) : 0;
    case CTF_FUNCTION: case CTF_FORWARD: case CTF_UNKNOWN: return 0;
    default: return record->size;
  }
}

/* A bit-field's type is a slice: some bits of the type that it names. */
static bool set_member(CtfReader *reader, const CtfDict *dict,
                       uint32_t number, DebugMember *member, Ends *ends) {
  CtfRecord record;
  if (!ctfdict_record(dict, number, &record))
    return damaged(reader, "a member has no type");
  uint64_t size = size_of(&record, 0), start = member->bit / 8;
  uint64_t end = start + size;
  if (record.kind == CTF_SLICE) {
    number = cursor_u32(&record.rest);
    member->bit += cursor_u16(&record.rest);
    member->width = cursor_u16(&record.rest);
    if (member->width == 0 || member->width > 128)
      return damaged(reader, "a bit-field is too wide");
    end = (member->bit + member->width + 7) / 8;
  }
  if (end > ends->bits)
    ends->bits = end;
  if (start + size > ends->slices)
    ends->slices = start + size;
  member->type = ctf_node(reader, dict, number);
  return member->type != NULL;
}

/*
** Ld (2.40) makes a struct as long as its bit-fields would be if they were whole
** integers: what it is in truth is not known then.
*/
static bool check_size(CtfReader *reader, const DebugType *type,
                       const Ends *ends) {
  if (type->size != ends->slices || ends->slices == ends->bits)
    return true;
  return error_set(reader->reader.error, 0, "debug info in CTF does not tell "
                   "the size of a %s%s%.100s, which has bit-fields",
                   type->isunion ? "union" : "struct",
                   type->name == NULL ? "" : " ",
                   type->name == NULL ? "" : type->name);
}

static bool read_record(CtfReader *reader, CtfRecord *record,
                        DebugType *type) {
  Ends ends = {0, 0};
  type->kind = DEBUG_RECORD;
  type->isunion = record->kind == CTF_UNION;
  type->size = record->size;
  type->members = debug_alloc(&reader->reader,
                              record->count * sizeof *type->members);
  if (type->members == NULL || !set_name(reader, record->name, &type->name))
    return false;
  if (record->size >= SIZE_LARGE)
    return damaged(reader, "a struct is larger than can be read");
  type->nmembers = record->count;
  for (uint32_t i = 0; i < record->count; i++) {
    DebugMember *member = &type->members[i];
    const char *name = ctfdict_string(record->dict,
                                      cursor_u32(&record->rest));
    member->bit = cursor_u32(&record->rest);
    if (!set_name(reader, name, &member->name) ||
        !set_member(reader, record->dict, cursor_u32(&record->rest), member,
                    &ends))
      return false;
  }
  return check_size(reader, type, &ends);
}

static bool read_enum(CtfReader *reader, CtfRecord *record,
                      DebugType *type) {
  if (record->count == 0)
    return error_set(reader->reader.error, 0, "debug info in CTF has no values "
                     "of enum %.100s: they do not fit into an int",
                     record->name == NULL ? "" : record->name);
  type->members = debug_alloc(&reader->reader,
                              record->count * sizeof *type->members);
  if (type->members == NULL || !set_name(reader, record->name, &type->name))
    return false;
  type->kind = DEBUG_ENUM;
  type->size = record->size;
  type->nmembers = record->count;
  type->isunsigned = true;
  for (uint32_t i = 0; i < record->count; i++) {
    DebugMember *member = &type->members[i];
    const char *name = ctfdict_string(record->dict,
                                      cursor_u32(&record->rest));
    member->value = (int32_t)cursor_u32(&record->rest);
    type->isunsigned = type->isunsigned && member->value >= 0;
    if (!set_name(reader, name, &member->name))
      return false;
  }
  return true;
}

/* Has one of the dicts for single sources a record or enum of that name? */
static bool is_several(const CtfReader *reader, const char *name) {
  CtfRecord record;
  for (size_t i = 1; i < reader->ndicts; i++)
    for (uint32_t n = 1; n <= reader->dicts[i].ntypes; n++)
      if (ctfdict_record(&reader->dicts[i], n | CTF_CHILD, &record) &&
          (record.kind == CTF_STRUCT || record.kind == CTF_UNION ||
           record.kind == CTF_ENUM) &&
          record.name != NULL && strcmp(record.name, name) == 0)
        return true;
  return false;
}

/*
** Its "type" is the kind of what is declared. Ld makes one such type of all
** structs of a name that differ from source to source.
*/
static bool read_forward(CtfReader *reader, const CtfRecord *record,
                         DebugType *type) {
  type->kind = record->target == CTF_ENUM ? DEBUG_ENUM : DEBUG_RECORD;
  type->isunion = record->target == CTF_UNION;
  type->incomplete = true;
  if (record->name != NULL && is_several(reader, record->name))
    return error_set(reader->reader.error, 0, "debug info in CTF does not tell "
                     "which of several '%.100s' is meant", record->name);
  return set_name(reader, record->name, &type->name);
}

static bool read_kind(CtfReader *reader, CtfRecord *record, DebugType *type) {
  switch (record->kind) {
    case CTF_INTEGER: case CTF_FLOAT: return read_base(reader, record, type);
    case CTF_POINTER:
      return read_derived(reader, record, type, DEBUG_POINTER, 0);
    case CTF_TYPEDEF:
      return read_derived(reader, record, type, DEBUG_TYPEDEF, 0);
    case CTF_VOLATILE:
      return read_derived(reader, record, type, DEBUG_QUALIFIED,
                          QUAL_VOLATILE);
    case CTF_CONST:
      return read_derived(reader, record, type, DEBUG_QUALIFIED, QUAL_CONST);
    case CTF_RESTRICT:
      return read_derived(reader, record, type, DEBUG_QUALIFIED,
                          QUAL_RESTRICT);
    case CTF_ARRAY: return read_array(reader, record, type);
    case CTF_FUNCTION: return read_function(reader, record, type);
    case CTF_STRUCT: case CTF_UNION: return read_record(reader, record, type);
    case CTF_ENUM: return read_enum(reader, record, type);
    case CTF_FORWARD: return read_forward(reader, record, type);
    case CTF_UNKNOWN:
      return error_set(reader->reader.error, 0, "it has a type that debug info "
                       "in CTF cannot express: give a declaration");
    default: return damaged(reader, "a type of an unknown kind");
  }
}

static bool read_type(DebugReader *base, DebugType *type) {
  CtfReader *reader = (CtfReader *)base;
  const DebugKey *key = type->origin;
  CtfRecord record;
  if (!ctfdict_record(key->place, key->number, &record))
    return damaged(reader, "a type is not there");
  if (read_kind(reader, &record, type))
    return true;
  type->kind = DEBUG_UNREAD;
  return false;
}

void ctfreader_init(CtfReader *reader) {
  debugreader_init(&reader->reader, read_type);
}
