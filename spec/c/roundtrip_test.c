/*
** roundtrip_test.c - random types, written by ctext and read again by the
** parser, are the same pointers.
*/
#include "graph.h"
#include "decl/decl.h"
#include "type/ctext.h"

#define ROUNDS 20000

static const char declarations[] =
    "struct s { int x; }; struct incomplete; union u { int i; float f; };"
    "enum e { A, B };";

static uint32_t state = 1;

static uint32_t below(uint32_t limit) {
  state = state * 1664525u + 1013904223u;
  return (state >> 16) % limit;
}

static const Type *tagged(const char *tag) {
  const Decl *decl = FIND(here, TAGS, tag);
  return decl->type;
}

static const Type *random_base(void) {
  switch (below(8)) {
    case 0: return tagged("s");
    case 1: return tagged("u");
    case 2: return tagged("e");
    case 3: return tagged("incomplete");
    case 4: return BASE(VOID);
    case 5: return type_vector(here, type_base(BASE_INT + below(2)), 4);
    default: return type_base(BASE_BOOL + below(BASE_COUNT - BASE_BOOL));
  }
}

static const Type *random_type(uint32_t depth);

/* As the parser adjusts them: no arrays, functions, top qualifiers. */
static const Type *random_param(uint32_t depth) {
  const Type *type = random_type(depth);
  bool passes = type->kind != TYPE_ARRAY && type->kind != TYPE_FUNCTION &&
                type_complete(type);
  return passes ? type->bare : ptr(type);
}

static const Type *random_function(uint32_t depth) {
  const Type *params[4], *result = random_type(depth)->bare;
  Signature signature = {.params = params, .nparams = below(4)};
  if (result->kind == TYPE_ARRAY || result->kind == TYPE_FUNCTION)
    result = ptr(result);
  for (uint32_t i = 0; i < signature.nparams; i++)
    params[i] = random_param(depth);
  if (signature.nparams > 0)
    signature.variadic = below(4) == 0;
  else
    signature.unprototyped = below(4) == 0;
  return type_function(here, result, &signature);
}

static uint64_t random_count(void) {
  uint32_t count = below(6);
  return count == 4 ? COUNT_UNKNOWN : count == 5 ? COUNT_VARIABLE : count;
}

/* Only pointers to objects may be restrict, only scalars are atomic here. */
static const Type *random_qualified(const Type *type) {
  unsigned some = below(16);
  if (type->kind == TYPE_FUNCTION || type->kind == TYPE_ARRAY)
    return type;
  if (type->kind != TYPE_POINTER || type->target->kind == TYPE_FUNCTION)
    some &= ~(unsigned)QUAL_RESTRICT;
  if (!type_is_scalar(type))
    some &= ~(unsigned)QUAL_ATOMIC;
  return qual(type, some);
}

static const Type *random_type(uint32_t depth) {
  const Type *type = random_base(), *array;
  if (depth == 0)
    return type;
  switch (below(6)) {
    case 0:
      return random_function(depth - 1);
    case 1:
      array = arr(random_type(depth - 1), random_count());
      return array != NULL ? array : type;
    case 2:
      return random_qualified(random_type(depth - 1));
    default:
      return ptr(random_type(depth - 1));
  }
}

static void round_trip(const Type *type) {
  static char buffer[65536];
  static Error error;
  Decl decl = {.name = NULL};
  DeclText source = {.text = buffer};
  source.length = ctext(type, below(2) == 0 ? "name" : NULL, buffer,
                        sizeof buffer);
  if (!CHECK(source.length < sizeof buffer))
    return;
  bool same = CHECK(decl_one(here, &source, &decl, &error)) &&
              CHECK(decl.type == type);
  if (!same)
    fprintf(stderr, "  %s\n  %s\n", buffer, error.message);
}

int main(void) {
  static Error error;
  DeclText source = {.text = declarations, .length = sizeof declarations - 1};
  here = scope_new(NULL);
  if (CHECK(decl_block(here, &source, &error)))
    for (int i = 0; i < ROUNDS && check_failed < 5; i++)
      round_trip(random_type(below(7)));
  scope_free(here);
  return check_report();
}
