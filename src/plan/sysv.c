/*
** sysv.c - records on x86-64 (System V psABI, 3.2.3 "Parameter Passing").
**
** Each eightbyte of a record of 16 bytes at most gets a class, merged from
** those of the scalars in it, whatever structs, unions and arrays these stand
** in. That much is the psABI's. Where it is silent gcc and clang go their own
** ways: about unnamed bits, arrays of length zero, flexible arrays, members
** that stand at no multiple of their alignment. So a record is classified
** twice, as each of them does it, and refused where the results differ.
*/
#include "plan/abi.h"

#if defined(ABI_SYSV)

#include <stdio.h>
#include <string.h>

#define EIGHTBYTE 8

enum { NO_CLASS, INTEGER, SSE, SSEUP, X87, X87UP, MEMORY };

typedef struct Classes {          /* of the eightbytes that a part is in */
  unsigned count;                 /* 0: all goes to memory */
  uint8_t of[3];                  /* from the part's first eightbyte on */
} Classes;

static const Classes memory = {0, {0}};

const char *abi_vector(const Type *type) {
  const Type *element = type->target;
  uint64_t size = type_size(type);
  if (size > 16)
    return "vectors of more than 16 bytes need AVX, which not all code has";
  if (element->rank == BASE_FLOAT16 && size < 8)
    return "the ABI has no rule for a vector of so few _Float16";
  bool wide = type_size(element) > 8;
  if (type->count == 1 && (element->kind == TYPE_FLOAT || wide))
    return "gcc and clang pass a vector of one such element differently";
  return NULL;
}

/* psABI 3.2.3, "Classification", step 4. */
static uint8_t merged(uint8_t a, uint8_t b) {
  if (a == b || b == NO_CLASS)
    return a;
  if (a == NO_CLASS)
    return b;
  if (a == MEMORY || b == MEMORY)
    return MEMORY;
  if (a == INTEGER || b == INTEGER)
    return INTEGER;
  if (a >= X87 || b >= X87)
    return MEMORY;
  return SSE;
}

/* Merges the classes of a part that begins in eightbyte `from`. */
static void merge(Classes *whole, const Classes *part, unsigned from) {
  for (unsigned i = 0; i < part->count && from + i < whole->count; i++)
    whole->of[from + i] = merged(whole->of[from + i], part->of[i]);
}

/* psABI 3.2.3, step 5; both compilers do it for each record and array. */
static Classes cleaned(Classes classes) {
  if (classes.count > 2)
    return memory;
  for (unsigned i = 0; i < classes.count; i++) {
    uint8_t before = i == 0 ? NO_CLASS : classes.of[i - 1];
    if (classes.of[i] == MEMORY || (classes.of[i] == X87UP && before != X87))
      return memory;
    if (classes.of[i] == SSEUP && before != SSE)
      classes.of[i] = SSE;
  }
  return classes;
}

static const Classes nothing = {1, {NO_CLASS}};

/* Room for a part of `size` bytes that begins at `offset`. */
static Classes part_of(uint64_t size, uint64_t offset) {
  uint64_t count = (offset % EIGHTBYTE + size + EIGHTBYTE - 1) / EIGHTBYTE;
  if (count > 2)
    return memory;
  return (Classes){count == 0 ? 1 : (unsigned)count, {NO_CLASS}};
}

/* Named bits: integers wherever they stand, aligned or not. */
static Classes bits_at(const Field *field, uint64_t offset) {
  uint64_t first = offset % EIGHTBYTE * 8 + field->bit;
  uint64_t last = first + field->width - 1;
  return (Classes){(unsigned)(last / 64) + 1, {INTEGER, INTEGER, INTEGER}};
}

/* The class of a number's first eightbyte, and that of its second. */
static void number_classes(const Type *type, uint8_t class[2]) {
  if (type->kind == TYPE_COMPLEX)
    type = type->target;
  uint64_t size = type_size(type);
  bool isfloat = type->kind == TYPE_FLOAT;
  bool isvector = type->kind == TYPE_VECTOR && size >= EIGHTBYTE;
  class[0] = isfloat || isvector ? SSE : INTEGER;
  class[1] = class[0];
  if (size == 16 && class[0] == SSE)
    class[1] = SSEUP;
  if (isfloat && size == 16 && type->rank != BASE_FLOAT128) {
    class[0] = X87;
    class[1] = X87UP;
  }
}

/* A number, pointer or vector of `size` bytes at `offset`. */
static Classes number(const Type *type, uint64_t size, uint64_t offset) {
  uint8_t class[2];
  Classes classes = part_of(size, offset);
  number_classes(type, class);
  memcpy(classes.of, class, sizeof class);
  return classes;
}

/* ---- as gcc does it ---- */

static Classes gcc(const Type *type, uint64_t offset);

/*
** Numbers are aligned to their size, whatever a typedef says; complex ones
** that do not begin an eightbyte reach into the next one.
*/
static Classes gcc_number(const Type *type, uint64_t size, uint64_t offset) {
  bool iscomplex = type->kind == TYPE_COMPLEX;
  Classes classes = number(type, size, offset);
  if (offset % (iscomplex ? size / 2 : size) != 0)
    return memory;
  if (iscomplex && offset % EIGHTBYTE != 0)
    classes.count = 2;
  return classes;
}

/* Bits that the machine could load at once are a number to gcc. */
static bool loadable(const Record *record, const Field *field) {
  unsigned width = field->width;
  bool packed = record->packed || field->packed;
  return width >= 8 && (width & (width - 1)) == 0 && field->bit == 0 &&
         field->offset * 8 % width == 0 && (width == 8 || !packed);
}

/* Unnamed bits count, too. */
static Classes gcc_bits(const Record *record, const Field *field,
                        uint64_t offset) {
  if (field->width == 0)
    return nothing;
  if (loadable(record, field))
    return gcc_number(field->type->bare, field->width / 8, offset);
  return bits_at(field, offset);
}

/* In a union bits are a number that is large enough for them. */
static Classes gcc_union_bits(const Field *field, uint64_t offset) {
  uint64_t size = type_size(field->type);
  while (field->width != 0 && size / 2 * 8 >= field->width)
    size /= 2;
  return gcc_number(field->type->bare, size, offset);
}

static Classes gcc_record(const Type *type, uint64_t offset) {
  const Record *record = type->record;
  Classes whole = part_of(type_size(type), offset);
  if (type_size(type) == 0 && offset % EIGHTBYTE == 0)
    return nothing;
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    uint64_t at = offset + field->offset;
    Classes part;
    if (!type_complete(field->type))
      continue;                   /* a flexible array takes no part */
    if (!field->bitfield)
      part = gcc(field->type, at);
    else if (type->flags & TYPE_UNION)
      part = gcc_union_bits(field, at);
    else
      part = gcc_bits(record, field, at);
    if (part.count == 0)
      return memory;
    merge(&whole, &part,
          (unsigned)((offset % EIGHTBYTE + field->offset) / EIGHTBYTE));
  }
  return cleaned(whole);
}

/*
** The first element stands for all, and for one of an array that has none
** (if the array doesn't begin an eightbyte).
*/
static Classes gcc_array(const Type *type, uint64_t offset) {
  Classes whole = part_of(type_size(type), offset);
  if (type_size(type) == 0 && offset % EIGHTBYTE == 0)
    return nothing;
  Classes element = gcc(type->target, offset);
  if (element.count == 0)
    return memory;
  for (unsigned i = 0; i < whole.count; i++)
    whole.of[i] = element.of[i % element.count];
  return cleaned(whole);
}

static Classes gcc(const Type *type, uint64_t offset) {
  type = type->bare;
  switch (type->kind) {
    case TYPE_RECORD: return gcc_record(type, offset);
    case TYPE_ARRAY: return gcc_array(type, offset);
    default: return gcc_number(type, type_size(type), offset);
  }
}

/* ---- as clang does it ---- */

static Classes clang(const Type *type, uint64_t offset);

/* Bits without a name are padding. */
static Classes clang_bits(const Field *field, uint64_t offset) {
  return field->name == NULL ? nothing : bits_at(field, offset);
}

/* A flexible array sends everything to memory, also from within. */
static Classes clang_record(const Type *type, uint64_t offset) {
  const Record *record = type->record;
  Classes whole = part_of(type_size(type), offset);
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    uint64_t at = offset + field->offset;
    if (!type_complete(field->type))
      return memory;
    if (!field->bitfield && at % type_align(field->type) != 0)
      return memory;
    Classes part = field->bitfield ? clang_bits(field, at)
                                   : clang(field->type, at);
    if (part.count == 0)
      return memory;
    merge(&whole, &part,
          (unsigned)((offset % EIGHTBYTE + field->offset) / EIGHTBYTE));
  }
  return cleaned(whole);
}

static Classes clang_array(const Type *type, uint64_t offset) {
  uint64_t stride = type_size(type->target);
  Classes whole = part_of(type_size(type), offset);
  if (offset % type_align(type->target) != 0)
    return memory;
  for (uint64_t i = 0; i < type->count && stride != 0; i++) {
    Classes part = clang(type->target, offset + i * stride);
    if (part.count == 0)
      return memory;
    merge(&whole, &part,
          (unsigned)((offset % EIGHTBYTE + i * stride) / EIGHTBYTE));
  }
  return cleaned(whole);
}

/* What is _Atomic within a record sends it to memory. */
static Classes clang(const Type *type, uint64_t offset) {
  if (type->qual & QUAL_ATOMIC)
    return memory;
  type = type->bare;
  switch (type->kind) {
    case TYPE_RECORD: return clang_record(type, offset);
    case TYPE_ARRAY: return clang_array(type, offset);
    default: return number(type, type_size(type), offset);
  }
}

/* ---- what comes of it ---- */

/* Of a vector in the record that has no rule: why. NULL: there is none. */
static const char *odd_vector(const Type *type) {
  type = type->bare;
  const char *why = NULL;
  if (type->kind == TYPE_VECTOR)
    return abi_vector(type);
  if (type->kind == TYPE_ARRAY)
    return odd_vector(type->target);
  if (type->kind != TYPE_RECORD)
    return NULL;
  for (uint32_t i = 0; i < type->record->nfields && why == NULL; i++)
    why = odd_vector(type->record->fields[i].type);
  return why;
}

/* "integer, vector", as a message has it. */
static void describe(const Classes *classes, char text[32]) {
  static const char *const names[] = {"nothing", "integer", "vector", NULL,
                                      "x87", NULL, NULL};
  const char *first = names[classes->of[0]];
  const char *second = classes->count > 1 ? names[classes->of[1]] : NULL;
  if (classes->count == 0)
    snprintf(text, 32, "memory");
  else if (second == NULL)
    snprintf(text, 32, "%s", first);
  else
    snprintf(text, 32, "%s and %s", first, second);
}

static bool disagree(const Type *type, const Classes *a, const Classes *b,
                     Error *error) {
  char why[128], gcc_way[32], clang_way[32];
  describe(a, gcc_way);
  describe(b, clang_way);
  snprintf(why, sizeof why, "gcc and clang pass it differently (%s; %s)",
           gcc_way, clang_way);
  return abi_refuse(type, why, error);
}

static void add_pieces(const Classes *classes, uint64_t size,
                       AbiValue *value) {
  for (unsigned i = 0; i < classes->count; i++) {
    uint64_t left = size - i * EIGHTBYTE;
    AbiPiece piece = {BANK_INTEGER, EIGHTBYTE, (uint8_t)(i * EIGHTBYTE)};
    if (classes->of[i] == NO_CLASS)
      continue;
    if (classes->of[i] != INTEGER)
      piece.bank = classes->of[i] == SSE ? BANK_VECTOR : BANK_X87;
    if (left < EIGHTBYTE)
      piece.size = (uint8_t)left;
    if (i == 0 && (classes->of[1] == SSEUP || classes->of[1] == X87UP))
      piece.size = 2 * EIGHTBYTE;
    value->pieces[value->count++] = piece;
    if (piece.size > EIGHTBYTE)
      break;
  }
}

bool abi_record(const Type *type, AbiValue *value, Error *error) {
  const char *why = odd_vector(type);
  if (type_size(type) > 2 * EIGHTBYTE)
    return true;
  if (why != NULL)
    return abi_refuse(type, why, error);
  Classes a = gcc(type, 0), b = clang(type, 0);
  if (a.count != b.count || memcmp(a.of, b.of, sizeof a.of) != 0)
    return disagree(type, &a, &b, error);
  if (a.count != 0) {
    value->pass = ABI_REGISTERS;
    add_pieces(&a, type_size(type), value);
  }
  return true;
}

#else

typedef int sysv_is_not_here;     /* C11 6.9: a file has a declaration */

#endif
