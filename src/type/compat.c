/*
** compat.c - see compat.h.
**
** Records may contain themselves, and types that share parts unfold to
** exponentially many. So a pair of records or functions that is met is only
** put on a list; it counts as equal until its turn comes, and is compared
** once. When the list is through without a difference, there is none.
*/
#include "type/compat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "type/ctext.h"

#define MOST_PAIRS 16384          /* past them types count as different */
#define FIRST_PAIRS 32

typedef struct Pair {
  const Type *a, *b;
} Pair;

typedef struct Pairs {
  Pair *list;                     /* `first`, or allocated */
  size_t count, room;
  Pair first[FIRST_PAIRS];
  const Field *one, *other;       /* the members that differ; NULL: one side */
                                  /* has none there, or it is no member */
} Pairs;

static bool grow(Pairs *pairs) {
  bool was_first = pairs->list == pairs->first;
  size_t room = pairs->room * 2;
  if (room > MOST_PAIRS)
    return false;
  Pair *list = realloc(was_first ? NULL : pairs->list, room * sizeof *list);
  if (list == NULL)
    return false;
  if (was_first)
    memcpy(list, pairs->first, sizeof pairs->first);
  pairs->list = list;
  pairs->room = room;
  return true;
}

/* Puts a pair on the list once. False: no room. */
static bool add(Pairs *pairs, const Type *a, const Type *b) {
  for (size_t i = 0; i < pairs->count; i++)
    if (pairs->list[i].a == a && pairs->list[i].b == b)
      return true;
  if (pairs->count == pairs->room && !grow(pairs))
    return false;
  pairs->list[pairs->count++] = (Pair){a, b};
  return true;
}

static bool same_name(const char *a, const char *b) {
  if (a == NULL || b == NULL)
    return a == b;
  return strcmp(a, b) == 0;
}

static bool same_enumerators(const Enum *a, const Enum *b) {
  if (a->count != b->count)
    return false;
  for (uint32_t i = 0; i < a->count; i++)
    if (a->enumerators[i].value != b->enumerators[i].value ||
        strcmp(a->enumerators[i].name, b->enumerators[i].name) != 0)
      return false;
  return true;
}

/* Within a scope each definition is a type of its own. */
static bool compare_enums(const Type *a, const Type *b) {
  if (a->scope == b->scope || !same_name(a->enumeration->tag,
                                         b->enumeration->tag))
    return false;
  if (!type_complete(a) || !type_complete(b))
    return true;
  return a->target == b->target &&
         same_enumerators(a->enumeration, b->enumeration);
}

/* An enum is compatible with its integer type (C11 6.7.2.2p4). */
static bool compare_enum(const Type *a, const Type *b) {
  if (a->kind == b->kind)
    return compare_enums(a, b);
  return a->kind == TYPE_ENUM ? a->target == b : b->target == a;
}

static bool same_count(uint64_t a, uint64_t b) {
  return a == b || a >= COUNT_VARIABLE || b >= COUNT_VARIABLE;
}

/*
** Compares down to the next pair of records or functions. The outermost
** qualifiers, of an array its element's, do not count.
*/
static bool compare(Pairs *pairs, const Type *a, const Type *b, bool top) {
  for (;; a = a->target, b = b->target) {
    if (a == b)
      return true;
    if (!top && a->qual != b->qual)
      return false;
    a = a->bare;
    b = b->bare;
    if (a == b)
      return true;
    if (a->kind == TYPE_ENUM || b->kind == TYPE_ENUM)
      return compare_enum(a, b);
    if (a->kind != b->kind)
      return false;
    switch ((TypeKind)a->kind) {
      case TYPE_RECORD: case TYPE_FUNCTION:
        return add(pairs, a, b);
      case TYPE_POINTER:
        top = false;
        break;
      case TYPE_ARRAY:
        if (!same_count(a->count, b->count))
          return false;
        break;
      default:                    /* other kinds have one scope, the root */
        return false;
    }
  }
}

static bool same_place(const Field *a, const Field *b) {
  return a->offset == b->offset && a->bitfield == b->bitfield &&
         a->bit == b->bit && a->width == b->width &&
         same_name(a->name, b->name);
}

static bool compare_records(Pairs *pairs, const Type *a, const Type *b) {
  const Record *left = a->record, *right = b->record;
  if (a->scope == b->scope || a->flags != b->flags ||
      !same_name(left->tag, right->tag))
    return false;
  if (!type_complete(a) || !type_complete(b))
    return true;
  for (uint32_t i = 0; i < left->nfields || i < right->nfields; i++) {
    pairs->one = i < left->nfields ? &left->fields[i] : NULL;
    pairs->other = i < right->nfields ? &right->fields[i] : NULL;
    if (pairs->one == NULL || pairs->other == NULL ||
        !same_place(pairs->one, pairs->other) ||
        !compare(pairs, pairs->one->type, pairs->other->type, false))
      return false;
  }
  pairs->one = pairs->other = NULL;
  return a->size == b->size && a->align == b->align;
}

/* What a call without a prototype passes as it is (C11 6.7.6.3p15). */
static bool passes_unpromoted(const Signature *signature) {
  if (signature->variadic)
    return false;
  for (uint32_t i = 0; i < signature->nparams; i++) {
    const Type *param = signature->params[i]->bare;
    if (param->kind == TYPE_ENUM && type_complete(param))
      param = param->target;
    if (param == type_base(BASE_FLOAT) || param != type_promoted(param))
      return false;
  }
  return true;
}

/* On 64-bit machines only ms_abi differs from the rest. */
static bool same_convention(const Signature *a, const Signature *b) {
  return (a->convention == CALL_MS) == (b->convention == CALL_MS);
}

static bool compare_functions(Pairs *pairs, const Type *a, const Type *b) {
  const Signature *left = a->signature, *right = b->signature;
  if (!same_convention(left, right) ||
      !compare(pairs, a->target, b->target, false))
    return false;
  if (left->unprototyped)
    return right->unprototyped || passes_unpromoted(right);
  if (right->unprototyped)
    return passes_unpromoted(left);
  if (left->nparams != right->nparams || left->variadic != right->variadic)
    return false;
  for (uint32_t i = 0; i < left->nparams; i++)
    if (!compare(pairs, left->params[i], right->params[i], true))
      return false;
  return true;
}

static bool compare_pair(Pairs *pairs, Pair pair) {
  if (pair.a->kind == TYPE_RECORD)
    return compare_records(pairs, pair.a, pair.b);
  return compare_functions(pairs, pair.a, pair.b);
}

/* Compares all pairs; the one that differs, if any, is put into *clash. */
static bool compare_all(Pairs *pairs, const Type *a, const Type *b,
                        Pair *clash) {
  pairs->list = pairs->first;
  pairs->room = FIRST_PAIRS;
  pairs->count = 0;
  pairs->one = pairs->other = NULL;
  *clash = (Pair){a, b};
  bool same = compare(pairs, a, b, true);
  for (size_t i = 0; same && i < pairs->count; i++) {
    *clash = pairs->list[i];
    same = compare_pair(pairs, *clash);
  }
  if (pairs->list != pairs->first)
    free(pairs->list);
  return same;
}

bool type_compatible(const Type *a, const Type *b) {
  Pairs pairs;
  Pair clash;
  return compare_all(&pairs, a, b, &clash);
}

/* ---- what differs ---- */

#define TEXT 160                  /* bytes of a type's text, cut to fit */

static const char *name_of(const Field *field) {
  return field->name == NULL ? "(anonymous)" : field->name;
}

static void put_place(const Field *field, char *text) {
  int n = snprintf(text, TEXT, "byte %" PRIu64, field->offset);
  if (field->bitfield)
    snprintf(text + n, TEXT - (size_t)n, ", bit %u, %u bits", field->bit,
             field->width);
}

static void put_type(const Type *type, char *text) {
  size_t length = ctext(type, NULL, text + 1, TEXT - 2);
  text[0] = '\'';
  strcpy(text + (length < TEXT - 3 ? length + 1 : TEXT - 6),
         length < TEXT - 3 ? "'" : "...'");
}

/* Two members that have the same turn; NULL: that side has none. */
static void tell_member(const Field *to, const Field *from, const char *of,
                        char *what, size_t size) {
  char left[TEXT], right[TEXT];
  const char *name = name_of(to == NULL ? from : to);
  if (to == NULL || from == NULL) {
    snprintf(what, size, "member '%.60s'%s, which %s", name, of,
             to == NULL ? "is one too many" : "is missing");
    return;
  }
  if (!same_name(to->name, from->name)) {
    snprintf(what, size, "member '%.60s'%s instead of '%.60s'",
             name_of(from), of, name);
    return;
  }
  put_type(to->type, left);
  put_type(from->type, right);
  if (strcmp(left, right) == 0 && !same_place(to, from)) {
    put_place(to, left);
    put_place(from, right);
  }
  if (strcmp(left, right) == 0)
    snprintf(what, size, "member '%.60s'%s: another %s", name, of, left);
  else
    snprintf(what, size, "member '%.60s'%s: %s instead of %s", name, of,
             right, left);
}

/* Two records of one name, no member of which differs. */
static void tell_record(Pair clash, const char *name, char *what,
                        size_t size) {
  const Type *to = clash.a, *from = clash.b;
  if (to->scope == from->scope)
    snprintf(what, size, "%s: each declaration is a type of its own", name);
  else if (to->size != from->size)
    snprintf(what, size, "%s: %" PRIu64 " bytes instead of %" PRIu64, name,
             from->size, to->size);
  else
    snprintf(what, size, "%s: aligned to %u bytes instead of %u", name,
             (unsigned)from->align, (unsigned)to->align);
}

bool type_fits(const Type *to, const Type *from, char *what, size_t size) {
  Pairs pairs;
  Pair clash;
  char left[TEXT], right[TEXT], of[TEXT + 8] = "";
  *what = '\0';
  if (compare_all(&pairs, to, from, &clash))
    return true;
  bool inner = clash.a->bare != to->bare || clash.b->bare != from->bare;
  put_type(clash.a, left);
  put_type(clash.b, right);
  if (inner)
    snprintf(of, sizeof of, " of %s", left);
  if (pairs.one != NULL || pairs.other != NULL)
    tell_member(pairs.one, pairs.other, of, what, size);
  else if (strcmp(left, right) != 0 && inner)
    snprintf(what, size, "%s instead of %s", right, left);
  else if (strcmp(left, right) == 0 && clash.a->kind == TYPE_RECORD)
    tell_record(clash, left, what, size);
  return false;
}
