/* debuglayout.c - see debuglayout.h. */
#include "object/debuglayout.h"

#include <string.h>

#define LIMIT_GAP 65536           /* unnamed bits in one place */

enum {                            /* ways to place members, tried in turn */
  HOW_GAPS = 1,                   /* unnamed bits, not alignments */
  HOW_PACKED = 2,
  HOW_LOOSE = 4,                  /* clang gives what an attribute of the */
                                  /* record says, a member may say more */
  HOW_ALL = HOW_GAPS | HOW_PACKED | HOW_LOOSE
};

typedef struct Extent {           /* of a member's type, in bytes */
  uint64_t size;
  uint32_t align;
} Extent;

typedef struct Layout {           /* while members are placed one by one */
  const DebugType *record;
  bool packed;
  bool gaps;                      /* what is too far on has bits before it, */
                                  /* else an alignment */
  uint64_t bit;                   /* behind what has been placed */
  uint64_t end;                   /* of the longest member of a union */
  uint32_t align;                 /* of the record, so far */
} Layout;

static bool extent(DebugReader *reader, DebugType *type, Extent *out,
                   int depth);

static uint64_t rounded(uint64_t bit, uint64_t unit) {
  return unit <= 1 ? bit : (bit + unit - 1) / unit * unit;
}

/* ---------------------------------------------------------------------
** One member. `a` is its alignment, in bytes.
*/

/* Where it would go by itself. */
static uint64_t place(const Layout *layout, const DebugMember *member,
                      const Extent *type, uint32_t a) {
  if (member->width == 0)
    return rounded(layout->bit, 8 * (uint64_t)a);
  bool crosses = layout->bit % (8 * (uint64_t)a) + member->width >
                 8 * type->size;
  return !layout->packed && crosses ? rounded(layout->bit, 8 * (uint64_t)a)
                                    : layout->bit;
}

/* The smallest alignment that brings it from `from` to its place, or 0. */
static uint32_t alignment_for(uint64_t from, uint64_t to) {
  for (uint32_t align = 1; align <= 4096; align *= 2)
    if (rounded(from, 8 * (uint64_t)align) == to)
      return align;
  return 0;
}

/* False: the member cannot be where it is. */
static bool place_member(Layout *layout, const DebugMember *member,
                         const Extent *type, MemberHint *hint) {
  uint32_t a = layout->packed ? 1 : type->align;
  bool own = member->align > type->align;       /* not its type's */
  if (own)
    a = hint->align = member->align;
  uint64_t at = own && member->width != 0
                    ? rounded(layout->bit, 8 * (uint64_t)a)
                    : place(layout, member, type, a);
  if (at > member->bit)
    return false;
  if (at < member->bit && (member->width != 0 || layout->gaps)) {
    uint64_t gap = member->bit - layout->bit;
    if (gap > LIMIT_GAP)
      return false;
    hint->gap = (uint32_t)gap;
  } else if (at < member->bit) {
    uint32_t more = alignment_for(layout->bit, member->bit);
    if (more == 0)
      return false;
    a = hint->align = more;
  }
  if (a > layout->align)
    layout->align = a;
  uint64_t bits = member->width != 0 ? member->width : 8 * type->size;
  layout->bit = layout->record->isunion ? 0 : member->bit + bits;
  if (member->bit + bits > layout->end)
    layout->end = member->bit + bits;
  return true;
}

/* ---------------------------------------------------------------------
** All members, in one of the ways. False: so they are not.
*/

static bool place_all(const DebugType *record, const Extent *types,
                      unsigned how, LayoutHints *hints, uint32_t *natural) {
  Layout layout = {.record = record, .packed = (how & HOW_PACKED) != 0,
                   .gaps = (how & HOW_GAPS) != 0, .align = 1};
  memset(hints->members, 0, record->nmembers * sizeof *hints->members);
  for (uint32_t i = 0; i < record->nmembers; i++)
    if (!place_member(&layout, &record->members[i], &types[i],
                      &hints->members[i]))
      return false;
  hints->packed = layout.packed;
  if (record->align != 0 && record->align < layout.align &&
      (how & HOW_LOOSE) == 0)
    return false;
  hints->align = record->align > layout.align ? record->align : 0;
  *natural = hints->align != 0 ? hints->align : layout.align;
  uint64_t whole = rounded(layout.end, 8 * (uint64_t)*natural);
  uint64_t most = record->isunion ? 64 : LIMIT_GAP;
  bool ends = whole < 8 * record->size && record->nmembers > 0 &&
              record->size % *natural == 0 &&
              8 * record->size - (record->isunion ? 0 : whole) <= most;
  hints->tail = ends ? 8 * record->size - layout.end : 0;
  return ends || whole == 8 * record->size;
}

/* Gcc (12) leaves out the members of unions that are transparent. */
static bool cannot_place(DebugReader *reader, const DebugType *record) {
  bool empty = record->isunion && record->nmembers == 0;
  return error_set(reader->error, 0, "debug info has a %s%s%.100s of %llu "
                   "bytes %s", record->isunion ? "union" : "struct",
                   record->name == NULL ? "" : " ",
                   record->name == NULL ? "" : record->name,
                   (unsigned long long)record->size,
                   empty ? "without its members, as gcc has it of a "
                           "transparent_union"
                         : "whose members C cannot place as it says");
}

static bool layout_of(DebugReader *reader, DebugType *record,
                      LayoutHints *hints, int depth) {
  uint32_t count = record->nmembers;
  Extent *types = debug_alloc(reader, count * sizeof *types);
  hints->members = debug_alloc(reader, count * sizeof *hints->members);
  if (types == NULL || hints->members == NULL)
    return false;
  for (uint32_t i = 0; i < count; i++)
    if (!extent(reader, record->members[i].type, &types[i], depth))
      return false;
  for (unsigned how = 0; how <= HOW_ALL; how++)
    if (place_all(record, types, how, hints, &record->natural))
      return true;
  return cannot_place(reader, record);
}

bool debug_layout(DebugReader *reader, DebugType *record,
                  LayoutHints *hints) {
  return layout_of(reader, record, hints, 0);
}

/* ---------------------------------------------------------------------
** Sizes and alignments of types.
*/

static void set_extent(Extent *out, const Type *type) {
  out->size = type->size == SIZE_UNKNOWN ? 0 : type->size;
  out->align = type->align == 0 ? 1 : type->align;
}

static bool record_extent(DebugReader *reader, DebugType *type, Extent *out,
                          int depth) {
  LayoutHints hints;
  if (type->incomplete)
    return error_set(reader->error, 0, "debug info has a member whose type "
                     "is only declared: struct %.100s",
                     type->name == NULL ? "" : type->name);
  if (type->natural == 0 && !layout_of(reader, type, &hints, depth))
    return false;
  out->size = type->size;
  out->align = type->natural;
  return true;
}

static bool array_extent(DebugReader *reader, const DebugType *type,
                         Extent *out, int depth) {
  if (!extent(reader, type->target, out, depth))
    return false;
  uint64_t count = type->count == COUNT_UNKNOWN ? 0 : type->count;
  if (count != 0 && out->size > LIMIT_SIZE / 8 / count)
    return error_set(reader->error, 0, "debug info has an array that is too "
                     "large");
  out->size *= count;
  if (type->kind == DEBUG_VECTOR)
    out->align = (uint32_t)out->size;
  return true;
}

/* As the record's own, or as its typedef asks for. */
static bool aligned_extent(DebugReader *reader, const DebugType *type,
                           Extent *out, int depth) {
  if (!extent(reader, type->target, out, depth))
    return false;
  if (type->align != 0)
    out->align = type->align;
  return true;
}

static bool extent(DebugReader *reader, DebugType *type, Extent *out,
                   int depth) {
  if (depth > LIMIT_DEPTH)
    return error_set(reader->error, 0, "debug info is damaged: a struct "
                     "contains itself");
  if (!debug_read(reader, type))
    return false;
  switch (type->kind) {
    case DEBUG_BASE: set_extent(out, type_base(type->base)); return true;
    case DEBUG_ENUM:
      out->size = type->size;
      out->align = (uint32_t)type->size;
      return true;
    case DEBUG_RECORD: return record_extent(reader, type, out, depth + 1);
    case DEBUG_ARRAY: case DEBUG_VECTOR:
      return array_extent(reader, type, out, depth + 1);
    case DEBUG_TYPEDEF: case DEBUG_QUALIFIED:
      return aligned_extent(reader, type, out, depth + 1);
    default:
      out->size = sizeof(void *);
      out->align = _Alignof(void *);
      return true;
  }
}
