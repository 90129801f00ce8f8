/*
** type_test.c - the type graph without a parser: interning, variants, limits.
*/
#include "graph.h"

static void test_interning(Scope *root, Scope *a, Scope *b) {
  here = a;
  const Type *pointer = ptr(BASE(INT));
  here = b;
  CHECK(pointer != NULL && ptr(BASE(INT)) == pointer);
  CHECK(pointer->scope == root);
  CHECK(ptr(pointer)->scope == root && ptr(pointer) != pointer);
  CHECK(ptr(BASE(UINT)) != pointer);
  CHECK(arr(BASE(INT), 3) == arr(BASE(INT), 3));
  CHECK(arr(BASE(INT), 3) != arr(BASE(INT), 4));
  CHECK(arr(BASE(INT), COUNT_UNKNOWN) != arr(BASE(INT), COUNT_VARIABLE));
  CHECK(type_vector(a, BASE(INT), 4) == type_vector(b, BASE(INT), 4));
  CHECK(fun(pointer, ' ', BASE(INT), pointer) ==
        fun(pointer, ' ', BASE(INT), pointer));
  CHECK(fun(pointer, ' ', BASE(INT), NULL) !=
        fun(pointer, '.', BASE(INT), NULL));
  CHECK(fun(pointer, ' ', NULL, NULL) != fun(pointer, '?', NULL, NULL));
  CHECK(fun(pointer, ' ', BASE(INT), BASE(LONG)) !=
        fun(pointer, ' ', BASE(LONG), BASE(INT)));
}

static void test_homes(Scope *root, Scope *a, Scope *b) {
  Type *in_root = rec(root, "s"), *in_a = rec(a, "s"), *in_b = rec(b, "s");
  here = a;
  CHECK(ptr(in_root)->scope == root && ptr(in_a)->scope == a);
  CHECK(qual(in_a, QUAL_CONST)->scope == a);
  CHECK(fun(in_root, ' ', in_a, NULL)->scope == a);
  CHECK(fun(in_a, ' ', in_root, BASE(INT))->scope == a);
  CHECK(fun(ptr(in_b), ' ', ptr(in_a), NULL)->scope == a);
  here = b;
  CHECK(fun(ptr(in_b), ' ', ptr(in_a), NULL)->scope == b);
  CHECK(ptr(in_a) == type_pointer(root, in_a));
}

static void test_variants(Scope *a) {
  here = a;
  const Type *both = qual(BASE(INT), QUAL_CONST | QUAL_VOLATILE);
  CHECK(qual(qual(BASE(INT), QUAL_CONST), QUAL_VOLATILE) == both);
  CHECK(qual(qual(BASE(INT), QUAL_VOLATILE), QUAL_CONST) == both);
  CHECK(qual(both, QUAL_CONST) == both && qual(both, 0) == both);
  CHECK(both->bare == BASE(INT) && both->kind == TYPE_INTEGER);
  const Type *array = arr(arr(BASE(INT), 2), 3);
  const Type *constant = qual(array, QUAL_CONST);
  CHECK(constant == arr(arr(qual(BASE(INT), QUAL_CONST), 2), 3));
  CHECK(constant->bare == constant && constant->qual == 0);
  CHECK(type_qualifiers(constant) == QUAL_CONST);
  const Type *function = fun(BASE(INT), ' ', NULL, NULL);
  CHECK(qual(function, QUAL_CONST) == function);
}

static void test_alignment(Scope *a) {
  here = a;
  const Type *wide = type_aligned(a, BASE(INT), 16);
  CHECK(wide->bare == BASE(INT) && type_align(wide) == 16);
  CHECK(type_size(wide) == 4);
  CHECK(type_aligned(a, wide, 4) == BASE(INT));
  CHECK(type_aligned(a, BASE(INT), 3) == NULL);
  CHECK(type_aligned(a, BASE(INT), 0) == NULL);
  CHECK(qual(wide, QUAL_CONST) ==
        type_aligned(a, qual(BASE(INT), QUAL_CONST), 16));
  CHECK(type_align(type_aligned(a, BASE(LONG), 1)) == 1);
  CHECK(arr(wide, 2) == NULL);
  const Type *array = type_aligned(a, arr(BASE(INT), 4), 32);
  CHECK(type_align(qual(array, QUAL_CONST)) == 32);
  CHECK(type_qualifiers(qual(array, QUAL_CONST)) == QUAL_CONST);
}

/* Variants made of an incomplete record know what it becomes. */
static void test_completion(Scope *a) {
  here = a;
  Type *record = rec(a, "later");
  const Type *constant = qual(record, QUAL_CONST);
  const Type *wide = type_aligned(a, record, 16);
  const Type *atomic = qual(record, QUAL_ATOMIC);
  CHECK(!type_complete(constant) && type_align(constant) == 0);
  Field field = member("x", arr(BASE(INT), 2));
  CHECK(lay(record, &field, NULL));
  CHECK(type_size(constant) == 8 && type_align(constant) == 4);
  CHECK(type_size(wide) == 8 && type_align(wide) == 16);
  CHECK(type_align(atomic) == 8);
  CHECK(qual(record, QUAL_CONST) == constant);
  CHECK(type_aligned(a, record, 16) == wide);
  CHECK(constant->record->nfields == 1);
}

static void test_questions(Scope *a) {
  here = a;
  CHECK(type_promoted(BASE(BOOL)) == BASE(INT));
  CHECK(type_promoted(BASE(USHORT)) == BASE(INT));
  CHECK(type_promoted(qual(BASE(CHAR), QUAL_CONST)) == BASE(INT));
  CHECK(type_promoted(BASE(UINT)) == BASE(UINT));
  CHECK(type_promoted(BASE(LONG)) == BASE(LONG));
  CHECK(type_promoted(BASE(FLOAT)) == BASE(FLOAT));
  CHECK(type_promoted(enum_of(a, "u", "U", 1)) == BASE(UINT));
  CHECK(type_promoted(enum_of(a, "i", "I", -1)) == BASE(INT));
  CHECK(type_is_scalar(BASE(DOUBLE_COMPLEX)) && type_is_scalar(BASE(BOOL)));
  CHECK(!type_is_scalar(BASE(VOID)) && !type_is_scalar(rec(a, "x")));
  CHECK(type_is_aggregate(rec(a, "x")) && type_is_aggregate(arr(BASE(INT), 1)));
  CHECK(!type_complete(BASE(VOID)) && type_align(BASE(VOID)) == 0);
  CHECK(BASE(FLOAT_COMPLEX)->target == BASE(FLOAT));
  CHECK(BASE(LDOUBLE_COMPLEX)->target == BASE(LDOUBLE));
  CHECK(type_size(arr(BASE(INT), COUNT_UNKNOWN)) == SIZE_UNKNOWN);
  CHECK(type_align(arr(BASE(INT), COUNT_UNKNOWN)) == 4);
}

static void test_anonymous(Scope *a) {
  uint64_t offset = 0;
  Type *inner = rec_of(a, NULL, "deep", BASE(INT));
  Type *middle = rec_of(a, NULL, NULL, inner);
  Type *outer = rec(a, "outer");
  Field first = member("first", BASE(LONG)), second = member(NULL, middle);
  CHECK(lay(outer, &first, &second));
  const Field *field = type_field(outer, "deep", 4, &offset);
  CHECK(field != NULL && field->type == BASE(INT) && offset == 8);
  CHECK(type_field(outer, "dee", 3, &offset) == NULL);
  CHECK(type_field(outer, "deeper", 6, &offset) == NULL);
}

static void test_limits(Scope *a) {
  here = a;
  CHECK(type_size(arr(BASE(CHAR), LIMIT_SIZE)) == LIMIT_SIZE);
  CHECK(arr(BASE(CHAR), LIMIT_SIZE + 1) == NULL);
  CHECK(arr(BASE(INT), LIMIT_SIZE / 4 + 1) == NULL);
  CHECK(arr(arr(BASE(INT), LIMIT_SIZE / 4), 2) == NULL);
  CHECK(type_size(arr(arr(BASE(INT), 0), LIMIT_SIZE)) == 0);
  CHECK(arr(BASE(VOID), 1) == NULL && arr(rec(a, "x"), 1) == NULL);
  CHECK(arr(arr(BASE(INT), COUNT_UNKNOWN), 1) == NULL);
  CHECK(type_vector(a, BASE(INT), 3) == NULL);
  CHECK(type_vector(a, BASE(INT), (uint64_t)1 << 62) == NULL);
  CHECK(type_vector(a, ptr(BASE(INT)), 4) == NULL);
  const Type *params[LIMIT_PARAMS + 1];
  for (int i = 0; i <= LIMIT_PARAMS; i++)
    params[i] = BASE(INT);
  Signature signature = {.params = params, .nparams = LIMIT_PARAMS};
  CHECK(type_function(a, BASE(INT), &signature) != NULL);
  signature.nparams++;
  CHECK(type_function(a, BASE(INT), &signature) == NULL);
}

static void test_depth(Scope *a) {
  here = a;
  const Type *type = BASE(INT);
  int pointers = 0, records = 0;
  for (; (type = ptr(type)) != NULL; pointers++) {}
  CHECK(pointers == LIMIT_DEPTH);
  Type *record = rec_of(a, NULL, "x", BASE(INT));
  Field field = member("x", record);
  for (; lay(record = rec(a, NULL), &field, NULL); records++)
    field.type = record;
  CHECK(records == LIMIT_DEPTH - 1);
  field.type = ptr(field.type);
  CHECK(lay(record, &field, NULL));
}

int main(void) {
  Scope *root = scope_new(NULL), *a = scope_new(root), *b = scope_new(root);
  test_interning(root, a, b);
  test_homes(root, a, b);
  test_variants(a);
  test_alignment(a);
  test_completion(a);
  test_questions(a);
  test_anonymous(a);
  test_limits(a);
  test_depth(a);
  scope_free(b);
  scope_free(a);
  scope_free(root);
  return check_report();
}
