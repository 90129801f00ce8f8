/*
** compat_test.c - C11 6.2.7 between the scopes `a` and `b`.
*/
#include "graph.h"
#include "type/compat.h"
#include "type/ctext.h"

static void compatible(const Type *a, const Type *b, bool want) {
  char left[128], right[128];
  if (CHECK(type_compatible(a, b) == want) &&
      CHECK(type_compatible(b, a) == want))
    return;
  ctext(a, NULL, left, sizeof left);
  ctext(b, NULL, right, sizeof right);
  fprintf(stderr, "  %s and %s\n", left, right);
}

static void test_compatible_derived(Scope *a) {
  here = a;
  const Type *integer = BASE(INT), *cint = qual(integer, QUAL_CONST);
  compatible(integer, integer, true);
  compatible(integer, BASE(LONG), false);
  compatible(BASE(LONG), BASE(LLONG), false);
  compatible(integer, cint, true);
  compatible(ptr(integer), ptr(cint), false);
  compatible(arr(integer, 3), arr(cint, 3), true);
  compatible(ptr(arr(integer, 3)), ptr(arr(cint, 3)), false);
  compatible(arr(integer, 3), arr(integer, COUNT_UNKNOWN), true);
  compatible(arr(integer, 3), arr(integer, 4), false);
  compatible(type_aligned(a, integer, 16), integer, true);
  compatible(type_vector(a, integer, 4), type_vector(a, integer, 8), false);
  compatible(fun(integer, '?', NULL, NULL), fun(integer, ' ', integer, NULL),
             true);
  compatible(fun(integer, '?', NULL, NULL),
             fun(integer, ' ', BASE(CHAR), NULL), false);
  compatible(fun(integer, '?', NULL, NULL),
             fun(integer, ' ', BASE(FLOAT), NULL), false);
  compatible(fun(integer, '?', NULL, NULL), fun(integer, '.', integer, NULL),
             false);
  compatible(fun(integer, ' ', integer, NULL), fun(integer, ' ', cint, NULL),
             true);
  compatible(fun(integer, ' ', integer, NULL),
             fun(integer, ' ', integer, integer), false);
}

static void test_compatible_records(Scope *a, Scope *b) {
  here = a;
  Type *one = rec_of(a, "one", "x", BASE(INT));
  compatible(one, rec_of(b, "one", "x", BASE(INT)), true);
  compatible(ptr(one), ptr(rec_of(b, "one", "x", BASE(INT))), true);
  compatible(one, rec_of(b, "two", "x", BASE(INT)), false);
  compatible(one, rec_of(b, NULL, "x", BASE(INT)), false);
  compatible(one, rec_of(b, "one", "y", BASE(INT)), false);
  compatible(one, rec_of(b, "one", "x", BASE(UINT)), false);
  compatible(one, rec_of(b, "one", "x", qual(BASE(INT), QUAL_CONST)), false);
  compatible(one, rec_of(a, "one", "x", BASE(INT)), false);
  compatible(one, rec(b, "one"), true);
  compatible(one, type_record(b, "one", TYPE_UNION), false);
  compatible(rec_of(a, NULL, "x", BASE(INT)), rec_of(b, NULL, "x", BASE(INT)),
             true);
}

static void test_compatible_enums(Scope *a, Scope *b) {
  Type *color = enum_of(a, "color", "RED", 1);
  compatible(color, enum_of(b, "color", "RED", 1), true);
  compatible(color, enum_of(b, "color", "RED", 2), false);
  compatible(color, enum_of(b, "color", "BLUE", 1), false);
  compatible(color, enum_of(b, "colour", "RED", 1), false);
  compatible(color, type_enum(b, "color"), true);
  compatible(color, BASE(UINT), true);
  compatible(color, BASE(INT), false);
}

/* struct list { struct list *next; T *value; } */
static Type *list_of(Scope *scope, const Type *value) {
  Type *list = rec(scope, "list");
  here = scope;
  Field next = member("next", ptr(list)), item = member("value", ptr(value));
  CHECK(lay(list, &next, &item));
  return list;
}

static void test_compatible_recursion(Scope *a, Scope *b) {
  Type *integers = list_of(a, BASE(INT));
  compatible(integers, list_of(b, BASE(INT)), true);
  compatible(integers, list_of(b, BASE(LONG)), false);
  compatible(list_of(a, integers), list_of(b, list_of(b, BASE(INT))), true);
  compatible(list_of(a, integers), list_of(b, list_of(b, BASE(LONG))), false);
}

static void test_sharing(Scope *a, Scope *b) {
  compatible(doubling(a, 90), doubling(b, 90), true);
}

/* struct s<i> { struct s<i + 1> *next; }, and the last one different. */
static Type *long_chain(Scope *scope, int length, const Type *end) {
  here = scope;
  Type *next = rec_of(scope, NULL, "end", end);
  for (int i = 0; i < length; i++)
    next = rec_of(scope, NULL, "next", ptr(next));
  return next;
}

static void test_long_chains(Scope *a, Scope *b) {
  compatible(long_chain(a, 2000, BASE(INT)), long_chain(b, 2000, BASE(INT)),
             true);
  compatible(long_chain(a, 2000, BASE(INT)), long_chain(b, 2000, BASE(CHAR)),
             false);
}

int main(void) {
  Scope *root = scope_new(NULL), *a = scope_new(root), *b = scope_new(root);
  test_compatible_derived(a);
  test_compatible_records(a, b);
  test_compatible_enums(a, b);
  test_compatible_recursion(a, b);
  test_sharing(a, b);
  test_long_chains(a, b);
  scope_free(b);
  scope_free(a);
  scope_free(root);
  return check_report();
}
