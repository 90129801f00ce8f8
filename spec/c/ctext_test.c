/*
** ctext_test.c - types written as C text.
*/
#include "graph.h"
#include "type/ctext.h"

static void text(const Type *type, const char *name, const char *want) {
  char have[256] = "";
  if (!CHECK(type != NULL))
    return;
  size_t length = ctext(type, name, have, sizeof have);
  if (!CHECK(strcmp(have, want) == 0))
    fprintf(stderr, "  have: %s\n  want: %s\n", have, want);
  CHECK(length == strlen(want));
}

static void test_text(Scope *a) {
  here = a;
  const Type *integer = BASE(INT);
  const Type *cchar = qual(BASE(CHAR), QUAL_CONST);
  text(integer, NULL, "int");
  text(BASE(UINT), "", "unsigned int");
  text(integer, "x", "int x");
  text(ptr(integer), NULL, "int *");
  text(ptr(ptr(integer)), "x", "int **x");
  text(ptr(cchar), NULL, "const char *");
  text(qual(ptr(cchar), QUAL_CONST), NULL, "const char *const");
  text(qual(ptr(cchar), QUAL_CONST), "x", "const char *const x");
  text(ptr(qual(ptr(cchar), QUAL_CONST)), NULL, "const char *const *");
  text(qual(ptr(BASE(VOID)), QUAL_RESTRICT | QUAL_VOLATILE), NULL,
       "void *volatile restrict");
  text(arr(integer, 3), NULL, "int[3]");
  text(arr(arr(integer, 3), 2), "x", "int x[2][3]");
  text(arr(integer, COUNT_UNKNOWN), NULL, "int[]");
  text(arr(integer, COUNT_VARIABLE), NULL, "int[?]");
  text(ptr(arr(integer, 3)), NULL, "int (*)[3]");
  text(arr(ptr(integer), 3), NULL, "int *[3]");
  text(arr(qual(ptr(integer), QUAL_CONST), 3), NULL, "int *const[3]");
  text(qual(integer, QUAL_ATOMIC), NULL, "_Atomic int");
  text(ptr(arr(qual(ptr(integer), QUAL_ATOMIC | QUAL_CONST), 3)), NULL,
       "const _Atomic(int *) (*)[3]");
  text(BASE(DOUBLE_COMPLEX), NULL, "double _Complex");
  text(type_vector(a, integer, 4), NULL,
       "int __attribute__((vector_size(16)))");
  text(type_vector(a, cchar, 8), "x",
       "const char __attribute__((vector_size(8))) x");
  text(type_aligned(a, ptr(integer), 16), "x", "int *x");
}

static void test_function_text(Scope *a) {
  here = a;
  const Type *integer = BASE(INT);
  const Type *plain = fun(integer, ' ', BASE(CHAR), NULL);
  text(plain, NULL, "int (char)");
  text(plain, "f", "int f(char)");
  text(ptr(plain), NULL, "int (*)(char)");
  text(ptr(plain), "f", "int (*f)(char)");
  text(fun(ptr(integer), ' ', NULL, NULL), NULL, "int *(void)");
  text(fun(integer, '?', NULL, NULL), "f", "int f()");
  text(ptr(fun(integer, '.', BASE(CHAR), NULL)), NULL, "int (*)(char, ...)");
  text(fun(integer, '.', NULL, NULL), NULL, "int (...)");
  text(ptr(fun(ptr(arr(integer, 3)), ' ', NULL, NULL)), NULL,
       "int (*(*)(void))[3]");
  text(fun(ptr(fun(BASE(VOID), ' ', integer, NULL)), ' ', integer,
           ptr(fun(BASE(VOID), ' ', integer, NULL))), "signal",
       "void (*signal(int, void (*)(int)))(int)");
  text(arr(ptr(plain), 2), "table", "int (*table[2])(char)");
  text(qual(ptr(plain), QUAL_CONST), "f", "int (*const f)(char)");
  Signature ms = {.convention = CALL_MS};
  const Type *other = type_function(a, integer, &ms);
  text(ptr(other), "f", "int (__attribute__((ms_abi)) *f)(void)");
  text(other, "f", "int __attribute__((ms_abi)) f(void)");
}

static void test_tagged_text(Scope *a) {
  here = a;
  Type *point = rec(a, "point");
  text(point, NULL, "struct point");
  text(ptr(qual(point, QUAL_CONST)), "p", "const struct point *p");
  text(type_record(a, "u", TYPE_UNION), "x", "union u x");
  text(rec(a, NULL), NULL, "struct {...}");
  text(type_enum(a, "e"), NULL, "enum e");
  text(ptr(type_enum(a, NULL)), NULL, "enum {...} *");
}

static void test_short_buffers(Scope *a) {
  here = a;
  char buffer[8] = "unchngd";
  CHECK(ctext(ptr(BASE(INT)), NULL, buffer, 0) == 5);
  CHECK(strcmp(buffer, "unchngd") == 0);
  CHECK(ctext(ptr(BASE(INT)), NULL, NULL, 0) == 5);
  CHECK(ctext(ptr(BASE(INT)), NULL, buffer, 1) == 5 && buffer[0] == '\0');
  CHECK(ctext(ptr(BASE(INT)), NULL, buffer, 5) == 5);
  CHECK(strcmp(buffer, "int ") == 0);
  CHECK(ctext(BASE(UINT), NULL, buffer, sizeof buffer) == 12);
  CHECK(strcmp(buffer, "unsigne") == 0);
}

static void test_sharing(Scope *scope) {
  char start[16];
  const Type *type = doubling(scope, 90);
  size_t length = ctext(type, NULL, start, sizeof start);
  CHECK(length > 65536 && length < 1 << 20);
  CHECK(strcmp(start, "int (int (*)(in") == 0);
}

int main(void) {
  Scope *scope = scope_new(NULL);
  test_text(scope);
  test_function_text(scope);
  test_tagged_text(scope);
  test_short_buffers(scope);
  test_sharing(scope);
  scope_free(scope);
  return check_report();
}
