/*
** same.c - see same.h.
**
** A definition without a tag cannot contain itself, so that going down into
** these, and no others, comes to an end.
*/
#include "decl/same.h"

#include "type/compat.h"

#include <string.h>

static bool same(const Type *a, const Type *b);

static bool same_name(const char *a, const char *b) {
  if (a == NULL || b == NULL)
    return a == b;
  return strcmp(a, b) == 0;
}

static bool same_field(const Field *a, const Field *b) {
  return a->offset == b->offset && a->bitfield == b->bitfield &&
         a->bit == b->bit && a->width == b->width &&
         same_name(a->name, b->name) && same(a->type, b->type);
}

static bool same_records(const Type *a, const Type *b) {
  const Record *left = a->record, *right = b->record;
  if (a->flags != b->flags || type_size(a) != type_size(b) ||
      type_align(a) != type_align(b) || left->nfields != right->nfields)
    return false;
  for (uint32_t i = 0; i < left->nfields; i++)
    if (!same_field(&left->fields[i], &right->fields[i]))
      return false;
  return true;
}

static bool same_enums(const Type *a, const Type *b) {
  const Enum *left = a->enumeration, *right = b->enumeration;
  if (a->target != b->target || left->count != right->count)
    return false;
  for (uint32_t i = 0; i < left->count; i++)
    if (left->enumerators[i].value != right->enumerators[i].value ||
        strcmp(left->enumerators[i].name, right->enumerators[i].name) != 0)
      return false;
  return true;
}

static bool same_signatures(const Signature *a, const Signature *b) {
  if (a->nparams != b->nparams || a->variadic != b->variadic ||
      a->unprototyped != b->unprototyped || a->convention != b->convention)
    return false;
  for (uint32_t i = 0; i < a->nparams; i++)
    if (!same(a->params[i], b->params[i]))
      return false;
  return true;
}

static bool without_tag(const Type *type) {
  return type->kind == TYPE_RECORD ? type->record->tag == NULL
                                   : type->enumeration->tag == NULL;
}

bool same_members(const Type *a, const Type *b) {
  if (a->kind != b->kind || !type_complete(a) || !type_complete(b))
    return false;
  return a->kind == TYPE_RECORD ? same_records(a->bare, b->bare)
                                : same_enums(a->bare, b->bare);
}

static bool same(const Type *a, const Type *b) {
  if (a == b)
    return true;
  if (a->kind != b->kind || a->qual != b->qual || a->align != b->align)
    return false;
  switch ((TypeKind)a->kind) {
    case TYPE_RECORD: case TYPE_ENUM:
      return a->bare == b->bare ||
             (without_tag(a->bare) && without_tag(b->bare) &&
              same_members(a, b));
    case TYPE_POINTER:
      return same(a->target, b->target);
    case TYPE_ARRAY: case TYPE_VECTOR:
      return a->count == b->count && same(a->target, b->target);
    case TYPE_FUNCTION:
      return same(a->target, b->target) &&
             same_signatures(a->signature, b->signature);
    default:
      return a->bare == b->bare;
  }
}

bool same_type(const Type *a, const Type *b) {
  return same(a, b) || (type_qualifiers(a) == type_qualifiers(b) &&
                        type_compatible(a, b));
}
