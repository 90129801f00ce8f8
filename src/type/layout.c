/*
** layout.c - see layout.h.
**
** Positions are counted in bits from the record's start. A struct hands its
** fields places from `next` on, a union all of them place 0; what both keep
** is the furthest end and the greatest alignment.
*/
#include "type/layout.h"

#include <stdio.h>
#include <string.h>

#include "type/ctext.h"
#include "type/scope.h"

/* AAPCS64 lets bit-fields without a name align the record, SysV doesn't. */
#if defined(__aarch64__)
#define UNNAMED_BITS_ALIGN true
#else
#define UNNAMED_BITS_ALIGN false
#endif

typedef Wide Bits;   /* no sum of sizes in bits overflows it */

typedef struct Layout {
  const Record *record;
  bool is_union;
  Bits next;                      /* a struct's first free bit */
  Bits end;                       /* of the field that goes furthest */
  uint32_t align;                 /* bytes */
  uint32_t depth;                 /* of the deepest record or array within */
} Layout;

static Bits round_up(Bits bits, Bits align) {
  return (bits + align - 1) & ~(align - 1);
}

/* The bits from the last multiple of `align` to `bits`. */
static Bits misplaced(Bits bits, Bits align) {
  return bits & (align - 1);
}

static bool is_power(uint32_t number) {
  return (number & (number - 1)) == 0;
}

static uint32_t larger(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

/* #pragma pack, which goes even before aligned(n) on the field. */
static uint32_t packed_to(const Record *record, uint32_t align) {
  return record->pack != 0 && record->pack < align ? record->pack : align;
}

/* Keeps the place of a field and moves on behind it. */
static void take(Layout *layout, Field *field, Bits start, Bits width) {
  field->offset = (uint64_t)(start / 8);
  field->bit = (uint8_t)(start % 8);
  layout->next = start + width;
  if (layout->next > layout->end)
    layout->end = layout->next;
  if (layout->is_union)
    layout->next = 0;
}

static void place_plain(Layout *layout, Field *field) {
  bool packed = field->packed || layout->record->packed;
  uint32_t align = packed ? 1 : type_align(field->type);
  align = packed_to(layout->record, larger(align, field->aligned));
  layout->align = larger(layout->align, align);
  uint64_t size = type_size(field->type);
  Bits width = size == SIZE_UNKNOWN ? 0 : (Bits)size * 8;
  take(layout, field, round_up(layout->next, (Bits)align * 8), width);
}

/*
** `int : 0` ends the storage unit; neither packed nor #pragma pack keep it
** from doing so.
*/
static void place_zero(Layout *layout, Field *field) {
  uint32_t align = larger(type_align(field->type), field->aligned);
  if (UNNAMED_BITS_ALIGN)
    layout->align = larger(layout->align, align);
  take(layout, field, round_up(layout->next, (Bits)align * 8), 0);
}

/*
** gcc gives bits that the machine could load at once, an aligned short or so,
** the treatment of such a field. It shows where the type's own alignment has
** been changed; clang doesn't do it.
*/
static bool is_loadable(const Field *field, Bits start) {
  Bits width = field->width;
  return width >= 8 && is_power(field->width) &&
         misplaced(start, width) == 0;
}

/*
** Would the bits, from `start` on, lie across more units of their type than
** one? A type that is aligned further than its own size has no such unit:
** gcc then starts a new one (and clang measures by the size).
*/
static bool crosses(const Field *field, Bits start) {
  Bits align = (Bits)type_align(field->type) * 8;
  Bits unit = (Bits)type_size(field->type) * 8;
  if (align <= unit)
    return misplaced(start, align) + field->width > unit;
  return misplaced(start, align) != 0;
}

/*
** What bits that are loaded at once are aligned to, at most: as i386 aligns
** `long long` in records, but for fields that are said to be aligned.
*/
static uint32_t loadable_align(const Field *field) {
  uint32_t align = field->width / 8;
  uint32_t most = field->aligned != 0 ? align : _Alignof(long long);
  return align < most ? align : most;
}

/* The alignment that a bit-field gives to its record. */
static uint32_t bits_align(const Record *record, const Field *field,
                           bool packed, bool loadable) {
  uint32_t align = type_align(field->type);
  if (packed && record->pack == 0)
    align = 1;
  if (loadable && !packed)
    align = larger(align, loadable_align(field));
  return packed_to(record, larger(align, field->aligned));
}

/*
** Bits go on where the last field ended, if they don't cross a unit of their
** type. Where fields are packed they may.
*/
static void place_bits(Layout *layout, Field *field) {
  const Record *record = layout->record;
  bool packed = field->packed || record->packed;
  Bits unit = (Bits)type_align(field->type) * 8;
  Bits start = layout->next;
  bool loadable = is_loadable(field, start);
  if (field->aligned != 0)
    start = round_up(start, (Bits)packed_to(record, field->aligned) * 8);
  if (!packed && !loadable && record->pack == 0 && crosses(field, start))
    start = round_up(start, unit);
  if (field->name != NULL || UNNAMED_BITS_ALIGN)
    layout->align = larger(layout->align,
                           bits_align(record, field, packed, loadable));
  take(layout, field, start, field->width);
}

/* What is wrong with a field. */

static bool fail(Error *error, uint32_t index, const Field *field,
                 const char *what) {
  if (field->name == NULL)
    return error_set(error, index, "unnamed field %s", what);
  return error_set(error, index, "field '%.200s' %s", field->name, what);
}

static bool fail_type(Error *error, uint32_t index, const Field *field,
                      const char *what) {
  char text[256], message[512];
  ctext(field->type, NULL, text, sizeof text);
  snprintf(message, sizeof message, "%s '%s'", what, text);
  return fail(error, index, field, message);
}

static bool fail_incomplete(Error *error, uint32_t index,
                            const Field *field) {
  char hint[SCOPE_HINT];
  fail_type(error, index, field, "has incomplete type");
  size_t length = strlen(error->message);
  snprintf(error->message + length, sizeof error->message - length, "%s",
           scope_hint(field->type, hint));
  return false;
}

/* `int []` or `int [?]`. */
static bool is_flexible(const Type *type) {
  return type->kind == TYPE_ARRAY && !type_complete(type);
}

static bool check_plain(const Field *field, uint32_t index, bool last,
                        Error *error) {
  if (field->type->kind == TYPE_FUNCTION)
    return fail(error, index, field, "declared as a function");
  if (field->type->kind == TYPE_VOID)
    return fail(error, index, field, "declared void");
  if (is_flexible(field->type))
    return last || fail(error, index, field,
                        "is a flexible array that is not the last member");
  if (!type_complete(field->type))
    return fail_incomplete(error, index, field);
  return true;
}

/* Bits that a bit-field of that type may have; 0: none can be made of it. */
static uint64_t most_bits(const Type *type) {
  if (type->kind == TYPE_BOOL)
    return 1;
  if (type->kind == TYPE_INTEGER)
    return type_size(type) * 8;
  if (type->kind == TYPE_ENUM && type_complete(type))
    return type_size(type) * 8;
  return 0;
}

static bool check_bits(const Field *field, uint32_t index, Error *error) {
  uint64_t most = most_bits(field->type);
  if (most == 0)
    return fail_type(error, index, field,
                     "is a bit-field and has the wrong type");
  if (field->width > most)
    return fail_type(error, index, field, "is wider than its type");
  if (field->width == 0 && field->name != NULL)
    return fail(error, index, field, "has zero width");
  return true;
}

static bool check_field(const Field *field, uint32_t index, bool last,
                        Error *error) {
  if (!is_power(field->aligned))
    return fail(error, index, field, "has an alignment other than 2^n");
  if (field->bitfield)
    return check_bits(field, index, error);
  return check_plain(field, index, last, error);
}

/* Records. */

/* How deep values of that type nest in one another. */
static uint32_t depth_of(const Type *type) {
  bool nests = type->kind == TYPE_RECORD || type->kind == TYPE_ARRAY;
  return nests ? type->bare->depth : 0;
}

static void place(Layout *layout, Field *field) {
  if (!field->bitfield)
    place_plain(layout, field);
  else if (field->width == 0)
    place_zero(layout, field);
  else
    place_bits(layout, field);
  layout->depth = larger(layout->depth, depth_of(field->type));
}

static bool place_all(Layout *layout, Field *fields, uint32_t count,
                      Error *error) {
  for (uint32_t i = 0; i < count; i++) {
    bool last = layout->is_union || i + 1 == count;
    if (!check_field(&fields[i], i, last, error))
      return false;
    place(layout, &fields[i]);
    if (layout->end > (Bits)LIMIT_SIZE * 8)
      return fail(error, i, &fields[i], "makes the type too large");
    if (layout->depth >= LIMIT_DEPTH)
      return fail(error, i, &fields[i], "nests too deep");
  }
  return true;
}

/* Writes the result down, the last step of all. */
static bool complete(Type *type, const Layout *layout, Field *fields,
                     uint32_t count, Error *error) {
  Bits align = layout->align;
  Bits size = round_up((layout->end + 7) / 8, align);
  if (size > LIMIT_SIZE)
    return error_set(error, count, "the type is too large");
  if (!scope_save(type->scope, type, sizeof *type) ||
      !scope_save(type->scope, type->record, sizeof *type->record))
    return error_set(error, count, "not enough memory");
  type->size = (uint64_t)size;
  type->align = layout->align;
  type->depth = layout->depth + 1;
  type->record->fields = fields;
  type->record->nfields = count;
  type->record->holds = 0;
  for (uint32_t i = 0; i < count; i++) {
    type->record->holds |= type_holds(fields[i].type);
    if (type_is_const_field(&fields[i]))
      type->record->holds |= HOLDS_CONST;
  }
  if ((type->flags & TYPE_UNION) && (type->record->holds & HOLDS_POINTER))
    type->record->holds |= HOLDS_SHARED;
  return true;
}

bool layout_record(Type *type, const Field *fields, uint32_t count,
                   Error *error) {
  const Record *record = type->record;
  if (!is_power(record->aligned) || !is_power(record->pack))
    return error_set(error, count, "an alignment must be 2^n");
  Arena *arena = &type->scope->arena;
  ArenaMark mark = arena_mark(arena);
  Field *copy = arena_alloc(arena, count * sizeof *copy);
  if (copy == NULL)
    return error_set(error, count, "not enough memory");
  if (count > 0)
    memcpy(copy, fields, count * sizeof *copy);
  Layout layout = {.record = record, .align = larger(1, record->aligned),
                   .is_union = (type->flags & TYPE_UNION) != 0};
  if (place_all(&layout, copy, count, error) &&
      complete(type, &layout, copy, count, error))
    return true;
  arena_rollback(arena, mark);
  return false;
}

/* Enums. */

/* Holds a type the value? `big` says that a negative one is unsigned. */
static bool holds(const Type *type, int64_t value, bool big) {
  bool is_unsigned = (type->flags & TYPE_UNSIGNED) != 0;
  uint64_t bits = type->kind == TYPE_BOOL ? 1 : type_size(type) * 8;
  if (value < 0 && big)
    return bits > 64 || (bits == 64 && is_unsigned);
  if (value < 0 && is_unsigned)
    return false;
  if (bits >= 64)
    return true;
  int64_t limit = (int64_t)1 << (is_unsigned ? bits : bits - 1);
  return value < limit && value >= -limit;
}

static bool holds_all(const Type *type, const Enumerator *enumerators,
                      uint32_t count, bool big, uint32_t *failing) {
  for (uint32_t i = 0; i < count; i++)
    if (!holds(type, enumerators[i].value, big)) {
      *failing = i;
      return false;
    }
  return true;
}

/* The type that gcc takes: the first of these that holds all values. */
static const Type *chosen(const Enumerator *enumerators, uint32_t count,
                          bool packed, bool big) {
  static const BaseType order[] = {
    BASE_UCHAR, BASE_SCHAR, BASE_USHORT, BASE_SHORT,
    BASE_UINT, BASE_INT,
    sizeof(long) == 8 ? BASE_ULONG : BASE_ULLONG,
    sizeof(long) == 8 ? BASE_LONG : BASE_LLONG
  };
  size_t first = packed ? 0 : 4, last = sizeof order / sizeof *order - 1;
  uint32_t failing;
  for (size_t i = first; i < last; i++) {
    const Type *type = type_base(order[i]);
    if (holds_all(type, enumerators, count, big, &failing))
      return type;
  }
  return type_base(order[last]);
}

bool layout_enum(Type *type, const Enumerator *enumerators, uint32_t count,
                 const Type *underlying, bool packed, bool anyunsigned,
                 Error *error) {
  uint32_t failing;
  bool fixed = underlying != NULL;
  if (!fixed)
    underlying = chosen(enumerators, count, packed, anyunsigned);
  underlying = underlying->bare;
  if (underlying->kind != TYPE_INTEGER && underlying->kind != TYPE_BOOL)
    return error_set(error, 0, "an enum's type must be an integer type");
  if (!holds_all(underlying, enumerators, count, anyunsigned, &failing))
    return error_set(error, failing, "enumerator '%.200s' does not fit '%s'",
                     enumerators[failing].name, underlying->name);
  Enum *enumeration = type->enumeration;
  Enumerator *copy = arena_alloc(&type->scope->arena, count * sizeof *copy);
  if (copy == NULL || !scope_save(type->scope, type, sizeof *type) ||
      !scope_save(type->scope, enumeration, sizeof *enumeration))
    return error_set(error, 0, "not enough memory");
  if (count > 0)
    memcpy(copy, enumerators, count * sizeof *copy);
  enumeration->enumerators = copy;
  enumeration->count = count;
  enumeration->fixed = fixed;
  type->target = underlying;
  type->size = underlying->size;
  type->align = underlying->align;
  return true;
}
