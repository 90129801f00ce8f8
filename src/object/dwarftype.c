/* dwarftype.c - see dwarftype.h. */
#include "object/dwarftype.h"

#include <string.h>

#define LIMIT_MEMBERS 1000000     /* of one record, enum or function */
#define LIMIT_ORIGINS 16          /* from an entry to its origin's origin ... */

enum {                            /* DW_ATE_... */
  ENCODING_BOOLEAN = 2, ENCODING_COMPLEX = 3, ENCODING_FLOAT = 4,
  ENCODING_SIGNED = 5, ENCODING_SIGNED_CHAR = 6, ENCODING_UNSIGNED = 7,
  ENCODING_UNSIGNED_CHAR = 8, ENCODING_UTF = 16
};

/* ---------------------------------------------------------------------
** From an entry to a node.
*/

DebugType *dwarf_node(DwarfReader *reader, const DwarfDie *die) {
  return debug_node(&reader->reader, (DebugKey){die->addr, 0}, die,
                    sizeof *die);
}

static bool damaged(DwarfReader *reader, const char *what) {
  return error_set(reader->reader.error, 0, "debug info is damaged: %s",
                   what);
}

/* A type of a unit for types, which many sources share. */
static bool lost_unit(DwarfReader *reader) {
  return error_set(reader->reader.error, 0, "debug info has a type in a unit "
                   "of its own, which is not there, or not in a form that "
                   "libdw reads (as of -fdebug-types-section with "
                   "-gsplit-dwarf)");
}

/* The entry of a record or enum that may be in such a unit. */
static bool find_unit(DwarfReader *reader, Die *die) {
  DwarfDie other;
  if (!die_has(die, ATTR_SIGNATURE))
    return true;
  return (die_refer(reader->dw, die, ATTR_SIGNATURE, &other) &&
          die_read(reader->dw, &other, die)) || lost_unit(reader);
}

static DebugType *new_type(DwarfReader *reader, DebugKind kind) {
  DebugType *type = debug_alloc(&reader->reader, sizeof *type);
  if (type != NULL)
    type->kind = kind;
  return type;
}

/* What DW_AT_type leads to; none is void. NULL with an error. */
static DebugType *type_of(DwarfReader *reader, Die *die) {
  DwarfDie other;
  if (!die_has(die, ATTR_TYPE))
    return new_type(reader, DEBUG_BASE);        /* void: base is 0 */
  if (die_refer(reader->dw, die, ATTR_TYPE, &other))
    return dwarf_node(reader, &other);
  if (die->attrs[ATTR_TYPE].form == FORM_REF_SIG8)
    lost_unit(reader);
  else
    damaged(reader, "a type lies outside of it");
  return NULL;
}

static bool set_target(DwarfReader *reader, Die *die, DebugType *type) {
  type->target = type_of(reader, die);
  return type->target != NULL;
}

static bool set_name(DwarfReader *reader, Die *die, const char **name) {
  const char *string = die_string(reader->dw, die, ATTR_NAME);
  if (string == NULL || *string == '\0')
    return true;
  *name = debug_copy(&reader->reader, string);
  return *name != NULL;
}

static uint32_t alignment(DwarfReader *reader, Die *die) {
  uint64_t align;
  if (!die_number(reader->dw, die, ATTR_ALIGNMENT, &align) ||
      align > UINT32_MAX || (align & (align - 1)) != 0)
    return 0;
  return (uint32_t)align;
}

static bool read_base(DwarfReader *reader, Die *die, DebugType *type) {
  static const uint8_t kinds[] = {
    [ENCODING_BOOLEAN] = TYPE_BOOL, [ENCODING_COMPLEX] = TYPE_COMPLEX,
    [ENCODING_FLOAT] = TYPE_FLOAT, [ENCODING_SIGNED] = TYPE_INTEGER,
    [ENCODING_SIGNED_CHAR] = TYPE_INTEGER, [ENCODING_UNSIGNED] = TYPE_INTEGER,
    [ENCODING_UNSIGNED_CHAR] = TYPE_INTEGER, [ENCODING_UTF] = TYPE_INTEGER
  };
  uint64_t encoding, size;
  const char *name = die_string(reader->dw, die, ATTR_NAME);
  if (!die_number(reader->dw, die, ATTR_ENCODING, &encoding) ||
      !die_number(reader->dw, die, ATTR_BYTE_SIZE, &size))
    return damaged(reader, "a basic type has no size");
  TypeKind kind = encoding < sizeof kinds ? kinds[encoding] : 0;
  bool isunsigned = encoding == ENCODING_UNSIGNED ||
                    encoding == ENCODING_UNSIGNED_CHAR ||
                    encoding == ENCODING_UTF;
  type->base = debug_base(kind, isunsigned, size, name);
  if (kind == TYPE_VOID || type->base == BASE_COUNT)
    return error_set(reader->reader.error, 0, "debug info has a type '%.100s' "
                     "of %llu bytes that C does not have here",
                     name == NULL ? "" : name, (unsigned long long)size);
  type->kind = DEBUG_BASE;
  return true;
}

static bool read_qualified(DwarfReader *reader, Die *die, DebugType *type,
                           unsigned qual) {
  type->kind = DEBUG_QUALIFIED;
  type->qual = qual;
  return set_target(reader, die, type);
}

static bool read_derived(DwarfReader *reader, Die *die, DebugType *type,
                         DebugKind kind) {
  type->kind = kind;
  type->align = alignment(reader, die);
  return set_name(reader, die, &type->name) &&
         set_target(reader, die, type);
}

/* ---------------------------------------------------------------------
** What has members.
*/

/*
** Goes over the children of an entry that `wants` takes: first to count
** them, then to `add` them.
*/
typedef struct Children {
  bool (*wants)(int tag);
  bool (*add)(DwarfReader *reader, Die *child, DebugMember *member);
} Children;

static bool count_children(DwarfReader *reader, DwarfDie *parent,
                           const Children *children, uint32_t *count) {
  DwarfDie child;
  uint32_t seen = 0;
  int more = reader->dw->dwarf_child(parent, &child);
  for (; more == 0; more = reader->dw->dwarf_siblingof(&child, &child)) {
    *count += children->wants(reader->dw->dwarf_tag(&child));
    if (++seen > LIMIT_MEMBERS)
      return damaged(reader, "a type has too many members");
  }
  return more > 0 || damaged(reader, "the members of a type");
}

static bool read_children(DwarfReader *reader, DwarfDie *parent,
                          const Children *children, DebugType *type) {
  DwarfDie at;
  Die child;
  if (!count_children(reader, parent, children, &type->nmembers))
    return false;
  type->members = debug_alloc(&reader->reader,
                              type->nmembers * sizeof *type->members);
  if (type->members == NULL)
    return false;
  uint32_t n = 0;
  int more = reader->dw->dwarf_child(parent, &at);
  for (; more == 0 && n < type->nmembers;
       more = reader->dw->dwarf_siblingof(&at, &at)) {
    if (!children->wants(reader->dw->dwarf_tag(&at)))
      continue;
    if (!die_read(reader->dw, &at, &child))
      return damaged(reader, "a member of a type");
    if (!children->add(reader, &child, &type->members[n++]))
      return false;
  }
  return true;
}

/* The size of what a bit-field is cut from, which DWARF 2 and 3 count by. */
static bool storage_size(DwarfReader *reader, Die *die,
                         const DebugMember *member, uint64_t *size) {
  if (die_number(reader->dw, die, ATTR_BYTE_SIZE, size))
    return true;
  const DebugType *bare = debug_bare(&reader->reader, member->type);
  if (bare == NULL)
    return false;
  *size = bare->kind == DEBUG_ENUM ? bare->size
          : bare->kind == DEBUG_BASE ? type_base(bare->base)->size : 0;
  return true;
}

/* Where a bit-field begins: before DWARF 4 counted from the most signi- */
/* ficant bit of its storage. */
static bool bit_position(DwarfReader *reader, Die *die, uint64_t place,
                         DebugMember *member) {
  uint64_t from_top, size;
  member->bit = place * 8;
  if (die_number(reader->dw, die, ATTR_DATA_BIT_OFFSET, &member->bit) ||
      !die_number(reader->dw, die, ATTR_BIT_OFFSET, &from_top))
    return true;
  if (!storage_size(reader, die, member, &size))
    return false;
  member->bit = place * 8 + size * 8 - from_top - member->width;
  return true;
}

static bool is_member(int tag) {
  return tag == TAG_MEMBER;
}

static bool add_member(DwarfReader *reader, Die *die, DebugMember *member) {
  uint64_t place = 0, width = 0;
  if (!set_name(reader, die, &member->name))
    return false;
  member->type = type_of(reader, die);
  if (member->type == NULL)
    return false;
  die_number(reader->dw, die, ATTR_MEMBER_LOCATION, &place);
  die_number(reader->dw, die, ATTR_BIT_SIZE, &width);
  if (place > LIMIT_SIZE / 8 || width > 128)
    return damaged(reader, "a member lies outside of its struct");
  member->width = (uint32_t)width;
  member->align = alignment(reader, die);
  return bit_position(reader, die, place, member);
}

static bool read_record(DwarfReader *reader, Die *die, DebugType *type) {
  static const Children members = {is_member, add_member};
  if (!find_unit(reader, die))
    return false;
  type->kind = DEBUG_RECORD;
  type->isunion = die->tag == TAG_UNION;
  type->incomplete = die_flag(reader->dw, die, ATTR_DECLARATION);
  type->align = alignment(reader, die);
  if (!set_name(reader, die, &type->name))
    return false;
  if (type->incomplete)
    return true;
  if (!die_number(reader->dw, die, ATTR_BYTE_SIZE, &type->size))
    return damaged(reader, "a struct has no size");
  return read_children(reader, &die->die, &members, type);
}

static bool is_enumerator(int tag) {
  return tag == TAG_ENUMERATOR;
}

static bool add_enumerator(DwarfReader *reader, Die *die,
                           DebugMember *member) {
  uint64_t value;
  if (!set_name(reader, die, &member->name))
    return false;
  if (!die_number(reader->dw, die, ATTR_CONST_VALUE, &value))
    return damaged(reader, "an enumerator has no value");
  member->value = (int64_t)value;
  return true;
}

/* By its underlying type, or else by its values. */
static bool set_sign(DwarfReader *reader, Die *die, DebugType *type) {
  type->isunsigned = true;
  if (die_has(die, ATTR_TYPE)) {
    DebugType *target = type_of(reader, die);
    if (target == NULL || !(target = debug_bare(&reader->reader, target)))
      return false;
    type->isunsigned = target->kind == DEBUG_BASE &&
                       (type_base(target->base)->flags & TYPE_UNSIGNED) != 0;
    return true;
  }
  for (uint32_t i = 0; i < type->nmembers; i++)
    if (type->members[i].value < 0)
      type->isunsigned = false;
  return true;
}

static bool read_enum(DwarfReader *reader, Die *die, DebugType *type) {
  static const Children enumerators = {is_enumerator, add_enumerator};
  if (!find_unit(reader, die))
    return false;
  type->kind = DEBUG_ENUM;
  type->incomplete = die_flag(reader->dw, die, ATTR_DECLARATION);
  if (!set_name(reader, die, &type->name))
    return false;
  if (type->incomplete)
    return true;
  if (!die_number(reader->dw, die, ATTR_BYTE_SIZE, &type->size))
    return damaged(reader, "an enum has no size");
  return read_children(reader, &die->die, &enumerators, type) &&
         set_sign(reader, die, type);
}

/* ---------------------------------------------------------------------
** Arrays: an entry has all dimensions, a node has one.
*/

static bool is_dimension(int tag) {
  return tag == TAG_SUBRANGE;
}

static bool add_dimension(DwarfReader *reader, Die *die,
                          DebugMember *member) {
  uint64_t count;
  if (die_number(reader->dw, die, ATTR_COUNT, &count))
    member->bit = count;
  else if (die_number(reader->dw, die, ATTR_UPPER_BOUND, &count))
    member->bit = count + 1;      /* C begins at 0; -1 is the bound of [0] */
  else
    member->bit = COUNT_UNKNOWN;  /* none, or not constant */
  return true;
}

static bool read_array(DwarfReader *reader, Die *die, DebugType *type) {
  static const Children dimensions = {is_dimension, add_dimension};
  DebugType list = {.nmembers = 0};
  DebugType *element = type_of(reader, die);
  bool vector = die_flag(reader->dw, die, ATTR_GNU_VECTOR);
  if (element == NULL ||
      !read_children(reader, &die->die, &dimensions, &list))
    return false;
  for (uint32_t i = list.nmembers; i-- > 1;) {
    DebugType *inner = new_type(reader, DEBUG_ARRAY);
    if (inner == NULL)
      return false;
    inner->target = element;
    inner->count = list.members[i].bit;
    element = inner;
  }
  type->kind = vector ? DEBUG_VECTOR : DEBUG_ARRAY;
  type->target = element;
  type->count = list.nmembers == 0 ? COUNT_UNKNOWN : list.members[0].bit;
  return true;
}

/* ---------------------------------------------------------------------
** Functions.
*/

static bool is_parameter(int tag) {
  return tag == TAG_PARAMETER || tag == TAG_UNSPECIFIED_PARAMETERS;
}

/* "..." has no type. */
static bool add_parameter(DwarfReader *reader, Die *die,
                          DebugMember *member) {
  if (die->tag == TAG_UNSPECIFIED_PARAMETERS)
    return true;
  member->type = type_of(reader, die);
  return member->type != NULL && set_name(reader, die, &member->name);
}

/* Clang tells it where it is not the usual one, gcc (12) never. */
static bool read_convention(DwarfReader *reader, Die *die, DebugType *type) {
  uint64_t code;
  if (!die_number(reader->dw, die, ATTR_CALLING_CONVENTION, &code))
    return true;
  type->msabi = code == CC_LLVM_WIN64;
  return (code >= CC_NORMAL && code <= CC_NOCALL) || type->msabi ||
         code == CC_LLVM_X86_64_SYSV ||
         error_set(reader->reader.error, 0, "debug info has a function with "
                   "a calling convention (DWARF's 0x%x) that is not known "
                   "here", (unsigned)code);
}

static bool read_function(DwarfReader *reader, Die *die, DebugType *type) {
  static const Children parameters = {is_parameter, add_parameter};
  Die origin;
  bool known = read_convention(reader, die, type);
  for (int i = 0; known && i < LIMIT_ORIGINS &&
                  die_origin(reader->dw, die, &origin); i++) {
    *die = origin;
    known = read_convention(reader, die, type);
  }
  if (!known)
    return false;
  type->kind = DEBUG_FUNCTION;
  type->prototyped = die_flag(reader->dw, die, ATTR_PROTOTYPED);
  if (!set_name(reader, die, &type->name) || !set_target(reader, die, type) ||
      !read_children(reader, &die->die, &parameters, type))
    return false;
  while (type->nmembers > 0 &&
         type->members[type->nmembers - 1].type == NULL) {
    type->nmembers--;
    type->variadic = true;
  }
  for (uint32_t i = 0; i < type->nmembers; i++)
    if (type->members[i].type == NULL)
      return damaged(reader, "a parameter behind '...'");
  return true;
}

/* A variable's node is a typedef without a name: its type. */
static bool read_variable(DwarfReader *reader, Die *die, DebugType *type) {
  Die origin;
  for (int i = 0; i < LIMIT_ORIGINS && !die_has(die, ATTR_TYPE) &&
       die_origin(reader->dw, die, &origin); i++)
    *die = origin;
  type->kind = DEBUG_QUALIFIED;
  if (!die_has(die, ATTR_TYPE))
    return error_set(reader->reader.error, 0, "its debug info has no type of "
                     "it (as of gcc -g1)");
  return set_target(reader, die, type);
}

static bool unknown(DwarfReader *reader, Die *die) {
  const char *name = die_string(reader->dw, die, ATTR_NAME);
  return error_set(reader->reader.error, 0, "debug info has a type%s%.100s%s "
                   "that is none of C's (DWARF tag 0x%x)",
                   name == NULL ? "" : " '", name == NULL ? "" : name,
                   name == NULL ? "" : "'", (unsigned)die->tag);
}

static bool read_type(DebugReader *base, DebugType *type) {
  DwarfReader *reader = (DwarfReader *)base;
  Die die;
  if (!die_read(reader->dw, type->origin, &die))
    return damaged(reader, "the attributes of a type");
  switch (die.tag) {
    case TAG_BASE: return read_base(reader, &die, type);
    case TAG_CONST: return read_qualified(reader, &die, type, QUAL_CONST);
    case TAG_VOLATILE:
      return read_qualified(reader, &die, type, QUAL_VOLATILE);
    case TAG_RESTRICT:
      return read_qualified(reader, &die, type, QUAL_RESTRICT);
    case TAG_ATOMIC: return read_qualified(reader, &die, type, QUAL_ATOMIC);
    case TAG_POINTER: return read_derived(reader, &die, type, DEBUG_POINTER);
    case TAG_TYPEDEF: return read_derived(reader, &die, type, DEBUG_TYPEDEF);
    case TAG_STRUCT: case TAG_UNION: return read_record(reader, &die, type);
    case TAG_ENUM: return read_enum(reader, &die, type);
    case TAG_ARRAY: return read_array(reader, &die, type);
    case TAG_SUBROUTINE: case TAG_SUBPROGRAM:
      return read_function(reader, &die, type);
    case TAG_VARIABLE: return read_variable(reader, &die, type);
    default: return unknown(reader, &die);
  }
}

void dwarfreader_init(DwarfReader *reader, const LibDw *dw) {
  debugreader_init(&reader->reader, read_type);
  reader->dw = dw;
}
