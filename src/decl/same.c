/*
** same.c - see same.h.
**
** A definition without a tag cannot contain itself, so that going down into
** these, and no others, comes to an end. It may come there on exponentially
** many ways, though: so the number of comparisons is limited, past it types
** count as different.
*/
#include "decl/same.h"

#include "type/compat.h"

#include <string.h>

#define MOST_COMPARISONS 1000000

typedef struct Search {
  int left;                       /* comparisons */
  bool words;                     /* same_words() is asked */
} Search;

static bool same(const Type *a, const Type *b, Search *search);

static bool same_name(const char *a, const char *b) {
  if (a == NULL || b == NULL)
    return a == b;
  return strcmp(a, b) == 0;
}

static bool same_field(const Field *a, const Field *b, Search *search) {
  return a->offset == b->offset && a->bitfield == b->bitfield &&
         a->bit == b->bit && a->width == b->width &&
         same_name(a->name, b->name) && same(a->type, b->type, search);
}

static bool same_records(const Type *a, const Type *b, Search *search) {
  const Record *one = a->record, *other = b->record;
  if (a->flags != b->flags || type_size(a) != type_size(b) ||
      type_align(a) != type_align(b) || one->nfields != other->nfields)
    return false;
  for (uint32_t i = 0; i < one->nfields; i++)
    if (!same_field(&one->fields[i], &other->fields[i], search))
      return false;
  return true;
}

static bool same_enums(const Type *a, const Type *b) {
  const Enum *one = a->enumeration, *other = b->enumeration;
  if (a->target != b->target || one->count != other->count)
    return false;
  for (uint32_t i = 0; i < one->count; i++)
    if (one->enumerators[i].value != other->enumerators[i].value ||
        strcmp(one->enumerators[i].name, other->enumerators[i].name) != 0)
      return false;
  return true;
}

static bool same_signatures(const Signature *a, const Signature *b,
                            Search *search) {
  if (a->nparams != b->nparams || a->variadic != b->variadic ||
      a->unprototyped != b->unprototyped || a->convention != b->convention)
    return false;
  for (uint32_t i = 0; i < a->nparams; i++)
    if (!same(a->params[i], b->params[i], search))
      return false;
  return true;
}

static const char *tag_of(const Type *type) {
  return type->kind == TYPE_RECORD ? type->record->tag
                                   : type->enumeration->tag;
}

static bool members(const Type *a, const Type *b, Search *search) {
  if (a->kind != b->kind || !type_complete(a) || !type_complete(b))
    return false;
  return a->kind == TYPE_RECORD ? same_records(a->bare, b->bare, search)
                                : same_enums(a->bare, b->bare);
}

/* `struct node` and `struct node`, whatever these are; both of one kind. */
static bool same_tag(const Type *a, const Type *b) {
  return (a->kind == TYPE_RECORD || a->kind == TYPE_ENUM) &&
         a->scope == b->scope && a->flags == b->flags &&
         tag_of(a) != NULL && same_name(tag_of(a), tag_of(b));
}

static bool same(const Type *a, const Type *b, Search *search) {
  if (a == b)
    return true;
  if (--search->left < 0 || a->kind != b->kind || a->qual != b->qual)
    return false;
  if (search->words && same_tag(a->bare, b->bare))
    return true;
  if (a->align != b->align)
    return false;
  switch ((TypeKind)a->kind) {
    case TYPE_RECORD: case TYPE_ENUM:
      return a->bare == b->bare ||
             (tag_of(a->bare) == NULL && tag_of(b->bare) == NULL &&
              members(a, b, search));
    case TYPE_POINTER:
      return same(a->target, b->target, search);
    case TYPE_ARRAY: case TYPE_VECTOR:
      return a->count == b->count && same(a->target, b->target, search);
    case TYPE_FUNCTION:
      return same(a->target, b->target, search) &&
             same_signatures(a->signature, b->signature, search);
    default:
      return a->bare == b->bare;
  }
}

bool same_members(const Type *a, const Type *b) {
  Search search = {MOST_COMPARISONS, false};
  return members(a, b, &search);
}

bool same_words(const Type *a, const Type *b) {
  Search search = {MOST_COMPARISONS, true};
  return same(a, b, &search);
}

bool same_type(const Type *a, const Type *b) {
  Search search = {MOST_COMPARISONS, false};
  return same(a, b, &search) || (type_qualifiers(a) == type_qualifiers(b) &&
                        type_compatible(a, b));
}
