/*
** aapcs.c - records on AArch64 (AAPCS64, 6.8 "Parameter passing").
**
** A record of up to four members of one floating type or vector kind goes to
** vector registers, whatever it is nested in; another one of 16 bytes at most
** goes to general ones. gcc and clang do not always agree about which records
** are such homogeneous aggregates (about zero-width bits, say): it is counted
** twice, as each of them does it, and refused where the results differ.
*/
#include "plan/abi.h"

#if defined(ABI_AAPCS64)

#define EIGHTBYTE 8
#define MOST_MEMBERS 4

/* How many members of `base` there are; -1: it is no such aggregate. */
typedef struct Members {
  const Type *base;               /* NULL while there was none */
  int count;
} Members;

const char *abi_vector(const Type *type) {
  const Type *element = type->target;
  if (type_size(type) > 16)
    return "vectors of more than 16 bytes have no rule in AAPCS64";
  if (type_size(type) < 8)
    return "vectors of less than 8 bytes have no rule in AAPCS64";
  if (type->count == 1 && type_size(element) > 8)
    return "gcc and clang pass a vector of one such element differently";
  return NULL;
}

static const Members none = {NULL, -1};

/* A number or vector: a member, if it may be one and is like the others. */
static Members number(const Type *type, const Type *base) {
  Members members = {base, 1};
  if (type->kind == TYPE_COMPLEX) {
    members.count = 2;
    type = type->target;
  }
  bool isvector = type->kind == TYPE_VECTOR;
  if (!isvector && type->kind != TYPE_FLOAT)
    return none;
  if (isvector && type_size(type) != 8 && type_size(type) != 16)
    return none;
  if (base == NULL)
    members.base = type;
  else if ((base->kind == TYPE_VECTOR) != isvector ||
           type_size(base) != type_size(type))
    return none;
  return members;
}

/* Without padding? */
static Members filled(const Type *type, Members members) {
  uint64_t size = members.base == NULL ? 0 : type_size(members.base);
  bool isfull = members.count >= 0 &&
                (uint64_t)members.count * size == type_size(type);
  return isfull ? members : none;
}

static void join(const Type *type, Members *whole, Members part) {
  whole->base = part.base;
  if (type->flags & TYPE_UNION)
    whole->count = part.count > whole->count ? part.count : whole->count;
  else
    whole->count += part.count;
}

/* As gcc does it: zero-width bits are passed over. */
static Members gcc(const Type *type, const Type *base) {
  type = type->bare;
  if (type->kind == TYPE_ARRAY) {
    Members members = gcc(type->target, base);
    if (type->count == 0 || type->count >= COUNT_VARIABLE)
      return none;
    if (members.count > 0 && type->count > MOST_MEMBERS)
      return none;
    members.count *= (int)(members.count > 0 ? type->count : 1);
    return filled(type, members);
  }
  if (type->kind != TYPE_RECORD)
    return number(type, base);
  Members whole = {base, 0};
  for (uint32_t i = 0; i < type->record->nfields; i++) {
    const Field *field = &type->record->fields[i];
    if (field->bitfield && field->width == 0)
      continue;
    Members part = field->bitfield ? none : gcc(field->type, whole.base);
    if (part.count < 0)
      return none;
    join(type, &whole, part);
  }
  return filled(type, whole);
}

/* Is there nothing in it, as clang sees it? Bits without a name are nothing. */
static bool is_empty(const Type *type) {
  type = type->bare;
  if (type->kind == TYPE_ARRAY)
    return type->count == 0 || is_empty(type->target);
  if (type->kind != TYPE_RECORD)
    return false;
  for (uint32_t i = 0; i < type->record->nfields; i++) {
    const Field *field = &type->record->fields[i];
    bool padding = field->bitfield && field->name == NULL;
    if (!type_complete(field->type) || (!padding && !is_empty(field->type)))
      return false;
  }
  return true;
}

/* Has it, or its elements have, an array of length zero? */
static bool no_elements(const Type *type) {
  type = type->bare;
  return type->kind == TYPE_ARRAY &&
         (type->count == 0 || no_elements(type->target));
}

/* As clang does it: empty records are passed over, _Atomic is no number. */
static Members clang(const Type *type, const Type *base) {
  if (type->qual & QUAL_ATOMIC)
    return none;
  type = type->bare;
  Members whole = {base, 0};
  if (type->kind == TYPE_ARRAY) {
    whole = clang(type->target, base);
    if (whole.count > 0 && type->count <= MOST_MEMBERS)
      whole.count *= (int)type->count;
    else
      return none;
  } else if (type->kind == TYPE_RECORD) {
    for (uint32_t i = 0; i < type->record->nfields; i++) {
      const Field *field = &type->record->fields[i];
      if (!type_complete(field->type) || no_elements(field->type))
        return none;
      if (!field->bitfield && is_empty(field->type))
        continue;
      Members part = field->bitfield ? none : clang(field->type, whole.base);
      if (part.count < 0)
        return none;
      join(type, &whole, part);
    }
    whole = filled(type, whole);
  } else {
    whole = number(type, base);
  }
  return whole.count > 0 && whole.count <= MOST_MEMBERS ? whole : none;
}

/* The alignment that the members ask for; aligned(n) on the record doesn't. */
static uint32_t natural_align(const Type *type) {
  const Record *record = type->record;
  uint32_t align = 1;
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    bool packed = record->packed || field->packed;
    uint32_t own = packed && !field->bitfield ? 1 : type_align(field->type);
    if (field->aligned > own)
      own = field->aligned;
    if (record->pack != 0 && record->pack < own)
      own = record->pack;
    align = own > align ? own : align;
  }
  return align;
}

static void add_integers(uint64_t size, AbiValue *value) {
  for (uint64_t at = 0; at < size; at += EIGHTBYTE) {
    uint64_t left = size - at < EIGHTBYTE ? size - at : EIGHTBYTE;
    value->pieces[value->count++] =
        (AbiPiece){BANK_INTEGER, (uint8_t)left, (uint8_t)at};
  }
}

static void add_members(Members members, AbiValue *value) {
  uint64_t size = type_size(members.base);
  for (int i = 0; i < members.count; i++)
    value->pieces[value->count++] = (AbiPiece){
        BANK_VECTOR, (uint8_t)size, (uint8_t)((uint64_t)i * size)};
}

bool abi_record(const Type *type, AbiValue *value, Error *error) {
  uint64_t size = type_size(type);
  if (size == 0 || size > 4 * 16)
    return true;
  Members members = gcc(type, NULL), other = clang(type, NULL);
  if (members.count == 0 || members.count > MOST_MEMBERS)
    members = none;
  if (members.count != other.count)
    return abi_refuse(type, "gcc and clang disagree whether it is a "
                      "homogeneous aggregate", error);
  if (is_empty(type))
    return abi_refuse(type, "gcc and clang pass its padding differently",
                      error);
  value->align = natural_align(type);
  value->unsure = members.count > 0 && value->align < 16 &&
                  type_size(members.base) == 16;
  if (members.count > 0)
    add_members(members, value);
  else if (size <= 2 * EIGHTBYTE)
    add_integers(size, value);
  else
    return true;
  value->pass = ABI_REGISTERS;
  return true;
}

#else

typedef int aapcs_is_not_here;    /* C11 6.9: a file has a declaration */

#endif
