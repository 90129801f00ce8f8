/*
** differ.c - see differ.h.
**
** Places are what has a name in a declaration: a parameter, the result, a
** member. The first difference is told for the innermost place: for `int **`
** and `char **` as the type of the parameter, for a struct as that of its
** member. Records that are being compared are on a list, since they may
** contain themselves.
*/
#include "type/differ.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "type/ctext.h"

#define MOST_RECORDS 256          /* past them no difference is seen */

#if defined(__GNUC__)
#define FORMATS(n) __attribute__((format(printf, n, n + 1)))
#else
#define FORMATS(n)
#endif

typedef struct Differ {
  Difference *found;
  struct { const Type *left, *right; } records[MOST_RECORDS];
  size_t count;
  int depth;
} Differ;

/*
** Which way values go: from the caller, to it, or both. `const` is broken
** where the side that hands a pointer over says that it is not written to
** and the other one may.
*/
typedef enum Way { FROM_CALLER = 1, TO_CALLER = 2, BOTH = 3 } Way;

static bool differ(Differ *d, const Type *left, const Type *right, Way way);

/* ---------------------------------------------------------------------
** Telling it. All return true: there is a difference.
*/

static void write_type(char *buffer, size_t size, const Type *type) {
  size_t length = ctext(type, NULL, buffer + 1, size - 2);
  buffer[0] = '\'';
  if (length >= size - 2)
    memcpy(buffer + size - 6, "...", 4);
  strcat(buffer, "'");
}

/* At this place; `...` is its name. The one found before lies within it. */
FORMATS(2)
static bool at(Differ *d, const char *format, ...) {
  char place[100];
  size_t room = sizeof d->found->where;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(place, sizeof place, format, arguments);
  va_end(arguments);
  size_t length = strlen(place), inner = strlen(d->found->where);
  if (length + 2 + inner >= room)
    inner = room - length - 3;
  memmove(d->found->where + length + 2, d->found->where, inner);
  memcpy(d->found->where, place, length);
  memcpy(d->found->where + length, ", ", 2);
  d->found->where[inner == 0 ? length : length + 2 + inner] = '\0';
  return true;
}

static bool types_at(Differ *d, const Type *left, const Type *right) {
  if (d->found->left[0] == '\0') {
    write_type(d->found->left, sizeof d->found->left, left);
    write_type(d->found->right, sizeof d->found->right, right);
  }
  return true;
}

static bool numbers(Differ *d, const char *format, uint64_t left,
                    uint64_t right) {
  char text[40];
  snprintf(text, sizeof text, "%" PRIu64, left);
  snprintf(d->found->left, sizeof d->found->left, format, text);
  snprintf(text, sizeof text, "%" PRIu64, right);
  snprintf(d->found->right, sizeof d->found->right, format, text);
  return true;
}

static bool strings(Differ *d, const char *left, const char *right) {
  snprintf(d->found->left, sizeof d->found->left, "%.100s", left);
  snprintf(d->found->right, sizeof d->found->right, "%.100s", right);
  return true;
}

/* ---------------------------------------------------------------------
** Records and enums.
*/

static bool is_padding(const Field *field) {
  return field->name == NULL && field->bitfield;
}

static const Field *next_field(const Record *record, uint32_t *index) {
  while (*index < record->nfields && is_padding(&record->fields[*index]))
    ++*index;
  return *index < record->nfields ? &record->fields[(*index)++] : NULL;
}

static const char *name_of(const Field *field) {
  return field->name == NULL ? "without a name" : field->name;
}

static bool differ_place(Differ *d, const Field *left, const Field *right) {
  uint64_t one = left->offset * 8 + left->bit;
  uint64_t other = right->offset * 8 + right->bit;
  bool bytes = one % 8 == 0 && other % 8 == 0;
  if (one != other)
    return numbers(d, bytes ? "at byte %s" : "at bit %s",
                   bytes ? one / 8 : one, bytes ? other / 8 : other);
  one = left->bitfield ? left->width : type_size(left->type) * 8;
  other = right->bitfield ? right->width : type_size(right->type) * 8;
  if (one == other || (!left->bitfield && !right->bitfield))
    return false;
  return numbers(d, "%s bits", one, other);
}

/* Both are the same member. */
static bool differ_field(Differ *d, const Field *left, const Field *right) {
  if (!differ_place(d, left, right)) {
    if (!differ(d, left->type, right->type, BOTH))
      return false;
    d->found->parameter = -1;
    types_at(d, left->type, right->type);
  }
  return at(d, "member '%.60s'", name_of(left));
}

static const Field *named(const Record *record, const char *name) {
  for (uint32_t i = 0; i < record->nfields && name != NULL; i++) {
    const Field *field = &record->fields[i];
    if (field->name != NULL && strcmp(field->name, name) == 0)
      return field;
  }
  return NULL;
}

/* A member that only one side has. */
static bool lacks(Differ *d, const Field *left, const Field *right) {
  return strings(d, left != NULL ? "there is one" : "there is none",
                 right != NULL ? "there is one" : "there is none") &&
         at(d, "member '%.60s'", name_of(left != NULL ? left : right));
}

/* Those of two names, or only one: each may stand elsewhere on the other */
/* side; if neither does, they are one under two names. */
static bool differ_names(Differ *d, const Record *one, const Field *left,
                         const Record *other, const Field *right) {
  const Field *there = left == NULL ? NULL : named(other, left->name);
  const Field *here = right == NULL ? NULL : named(one, right->name);
  if ((there != NULL && differ_field(d, left, there)) ||
      (here != NULL && differ_field(d, here, right)))
    return true;
  if (left != NULL && right != NULL && there == NULL && here == NULL)
    return differ_field(d, left, right);
  if (left != NULL && there == NULL)
    return lacks(d, left, NULL);
  return right != NULL && here == NULL && lacks(d, NULL, right);
}

static bool differ_fields(Differ *d, const Record *left,
                          const Record *right) {
  uint32_t i = 0, j = 0;
  for (;;) {
    const Field *one = next_field(left, &i);
    const Field *other = next_field(right, &j);
    if (one == NULL && other == NULL)
      return false;
    bool same = one != NULL && other != NULL &&
                strcmp(name_of(one), name_of(other)) == 0;
    if (same ? differ_field(d, one, other)
             : differ_names(d, left, one, right, other))
      return true;
  }
}

/* Is the pair being compared, or has it been? Else it is noted. */
static bool is_noted(Differ *d, const Type *left, const Type *right) {
  for (size_t i = 0; i < d->count; i++)
    if (d->records[i].left == left && d->records[i].right == right)
      return true;
  if (d->count == MOST_RECORDS)
    return true;
  d->records[d->count].left = left;
  d->records[d->count++].right = right;
  return false;
}

static bool same_tag(const char *left, const char *right) {
  return left == NULL || right == NULL || strcmp(left, right) == 0;
}

static bool differ_records(Differ *d, const Type *left, const Type *right) {
  const Record *one = left->record, *other = right->record;
  if (left->flags != right->flags)
    return true;
  if (!type_complete(left) || !type_complete(right))
    return !same_tag(one->tag, other->tag);
  if (is_noted(d, left, right))
    return false;
  if (differ_fields(d, one, other))
    return true;
  return type_size(left) != type_size(right) &&
         numbers(d, "%s bytes", type_size(left), type_size(right));
}

static bool differ_values(Differ *d, const Enumerator *left,
                          const Enumerator *right) {
  char one[24], other[24];
  if (strcmp(left->name, right->name) != 0 || left->value == right->value)
    return false;
  snprintf(one, sizeof one, "%" PRId64, left->value);
  snprintf(other, sizeof other, "%" PRId64, right->value);
  return strings(d, one, other) && at(d, "enumerator '%.60s'", left->name);
}

/* A name that both have must have one value. */
static bool differ_enums(Differ *d, const Enum *left, const Enum *right) {
  for (uint32_t i = 0; i < left->count; i++)
    for (uint32_t j = 0; j < right->count; j++)
      if (differ_values(d, &left->enumerators[i], &right->enumerators[j]))
        return true;
  return false;
}

/* ---------------------------------------------------------------------
** Other types.
*/

/* Floats of one format have one rank here. */
static int format_of(const Type *type) {
  switch ((BaseType)type->rank) {
    case BASE_FLOAT32: return BASE_FLOAT;
    case BASE_FLOAT64: case BASE_FLOAT32X: return BASE_DOUBLE;
    case BASE_FLOAT64X: return BASE_LDOUBLE;
    default: return type->rank;
  }
}

static const Type *integer_of(const Type *type) {
  return type->kind == TYPE_ENUM && type_complete(type) ? type->target->bare
                                                        : type;
}

static bool differ_integers(const Type *left, const Type *right) {
  return type_size(left) != type_size(right) ||
         ((left->flags ^ right->flags) & TYPE_UNSIGNED) != 0;
}

/* Whether an enum is signed is the compiler's own affair. */
static bool is_enum_as_integer(const Type *left, const Type *right) {
  return left->kind != right->kind &&
         integer_of(left)->kind == TYPE_INTEGER &&
         integer_of(right)->kind == TYPE_INTEGER &&
         type_size(left) == type_size(right);
}

static bool differ_arrays(Differ *d, const Type *left, const Type *right,
                          Way way) {
  if (left->count < COUNT_VARIABLE && right->count < COUNT_VARIABLE &&
      left->count != right->count)
    return true;
  return differ(d, left->target, right->target, way);
}

static bool differ_pointers(Differ *d, const Type *left, const Type *right,
                            Way way) {
  const Type *one = left->target, *other = right->target;
  bool left_only = (one->qual & ~other->qual & QUAL_CONST) != 0;
  bool right_only = (other->qual & ~one->qual & QUAL_CONST) != 0;
  if ((left_only && (way & FROM_CALLER) != 0) ||
      (right_only && (way & TO_CALLER) != 0))
    return true;
  if ((one->kind == TYPE_VOID || other->kind == TYPE_VOID) &&
      one->kind != TYPE_FUNCTION && other->kind != TYPE_FUNCTION)
    return false;
  return differ(d, one, other, way);
}

/* At a place of its own: what differs is told as of there. */
static bool differ_part(Differ *d, const Type *left, const Type *right,
                        int parameter, Way way) {
  if (!differ(d, left, right, way))
    return false;
  d->found->parameter = d->found->left[0] == '\0' ? parameter : -1;
  types_at(d, left, right);
  return parameter > 0 ? at(d, "parameter %d", parameter) : at(d, "result");
}

/* `way` is that of the function: who has it is called by the other side. */
static bool differ_functions(Differ *d, const Type *left, const Type *right,
                             Way way) {
  const Signature *one = left->signature, *other = right->signature;
  Way in = way == BOTH ? BOTH : way == TO_CALLER ? FROM_CALLER : TO_CALLER;
  if ((one->convention == CALL_MS) != (other->convention == CALL_MS))
    return true;
  if (one->unprototyped || other->unprototyped)
    return differ_part(d, left->target, right->target, 0, way);
  for (uint32_t i = 0; i < one->nparams && i < other->nparams; i++)
    if (differ_part(d, one->params[i], other->params[i], (int)i + 1, in))
      return true;
  if (one->nparams != other->nparams)
    return numbers(d, "%s", one->nparams, other->nparams) &&
           at(d, "number of parameters");
  if (one->variadic != other->variadic)
    return strings(d, one->variadic ? "'...'" : "no '...'",
                   other->variadic ? "'...'" : "no '...'");
  return differ_part(d, left->target, right->target, 0, way);
}

static bool differ_bare(Differ *d, const Type *left, const Type *right,
                        Way way) {
  if (left->kind == TYPE_ENUM && right->kind == TYPE_ENUM &&
      type_complete(left) && type_complete(right) &&
      differ_enums(d, left->enumeration, right->enumeration))
    return true;
  if (is_enum_as_integer(left, right))
    return false;
  left = integer_of(left);
  right = integer_of(right);
  if (left == right)
    return false;
  if (left->kind != right->kind)
    return true;
  switch ((TypeKind)left->kind) {
    case TYPE_INTEGER: return differ_integers(left, right);
    case TYPE_FLOAT: case TYPE_COMPLEX:
      return format_of(left) != format_of(right);
    case TYPE_POINTER: return differ_pointers(d, left, right, way);
    case TYPE_ARRAY: case TYPE_VECTOR:
      return differ_arrays(d, left, right, way);
    case TYPE_RECORD: return differ_records(d, left, right);
    case TYPE_FUNCTION: return differ_functions(d, left, right, way);
    case TYPE_ENUM:               /* one that is only declared */
      return !same_tag(left->enumeration->tag, right->enumeration->tag);
    default: return true;
  }
}

/*
** Of qualifiers only _Atomic makes another type here, where the right side
** says it (DWARF before 5 and CTF cannot); const: see above.
*/
static bool differ(Differ *d, const Type *left, const Type *right, Way way) {
  if (left == right || d->depth > LIMIT_DEPTH)
    return false;
  if ((right->qual & ~left->qual & QUAL_ATOMIC) != 0)
    return true;
  d->depth++;
  bool found = differ_bare(d, left->bare, right->bare, way);
  d->depth--;
  return found;
}

bool type_differ(const Type *left, const Type *right,
                 Difference *difference) {
  Differ d = {.found = difference};
  Way way = right->kind == TYPE_FUNCTION ? TO_CALLER : BOTH;
  memset(difference, 0, sizeof *difference);
  difference->parameter = -1;
  if (left == right || !differ_bare(&d, left->bare, right->bare, way))
    return false;
  return types_at(&d, left, right);
}
