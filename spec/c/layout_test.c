/*
** layout_test.c - what layout refuses, and enums. What it computes is held
** to the compiler by layout_gen.lua.
*/
#include "graph.h"

/* What must be refused: the second of two fields, and the message. */
static void refuse(Scope *scope, Field field, const char *message) {
  Error error = {"", 0};
  Type *record = rec(scope, "refused");
  Field fields[3] = {member("first", BASE(CHAR)), field,
                     member("last", BASE(CHAR))};
  size_t bytes = scope->arena.bytes;
  CHECK(!layout_record(record, fields, 3, &error) && error.offset == 1);
  if (!CHECK(strcmp(error.message, message) == 0))
    fprintf(stderr, "  have: %s\n", error.message);
  CHECK(!type_complete(record) && record->record->fields == NULL);
  CHECK(scope->arena.bytes == bytes);
}

static void test_refused(Scope *a) {
  here = a;
  refuse(a, member("f", fun(BASE(INT), ' ', NULL, NULL)),
         "field 'f' declared as a function");
  refuse(a, member("v", BASE(VOID)), "field 'v' declared void");
  refuse(a, member("s", rec(a, "s")),
         "field 's' has incomplete type 'struct s'");
  refuse(a, member("e", type_enum(a, "e")),
         "field 'e' has incomplete type 'enum e'");
  refuse(a, member("a", arr(BASE(INT), COUNT_UNKNOWN)),
         "field 'a' is a flexible array that is not the last member");
  refuse(a, member("big", arr(BASE(CHAR), LIMIT_SIZE)),
         "field 'big' makes the type too large");
  Field field = {.name = "b", .type = BASE(INT), .bitfield = true};
  refuse(a, field, "field 'b' has zero width");
  field.width = 33;
  refuse(a, field, "field 'b' is wider than its type 'int'");
  field.name = NULL;
  refuse(a, field, "unnamed field is wider than its type 'int'");
  field = (Field){.name = "b", .type = BASE(BOOL), .bitfield = true,
                  .width = 2};
  refuse(a, field, "field 'b' is wider than its type '_Bool'");
  field.type = BASE(FLOAT);
  refuse(a, field, "field 'b' is a bit-field and has the wrong type 'float'");
  field = (Field){.name = "x", .type = BASE(INT), .aligned = 3};
  refuse(a, field, "field 'x' has an alignment other than 2^n");
}

/* The largest record; rounding up must not pass the limit either. */
static void test_largest(Scope *a) {
  here = a;
  Field bytes = member("a", arr(BASE(CHAR), LIMIT_SIZE - 7));
  Field number = member("b", BASE(INT));
  Type *record = rec(a, "largest");
  CHECK(lay(record, &bytes, NULL) && type_size(record) == LIMIT_SIZE - 7);
  CHECK(lay(record = rec(a, "largest"), &bytes, &number));
  CHECK(type_size(record) == LIMIT_SIZE - 3);
  bytes.type = arr(BASE(CHAR), LIMIT_SIZE - 3);
  CHECK(!lay(rec(a, "largest"), &bytes, &number));
  record = type_record(a, "largest", TYPE_UNION);
  bytes.type = arr(BASE(CHAR), LIMIT_SIZE);
  CHECK(!lay(record, &bytes, &number) && !type_complete(record));
}

/* Enums: what gcc would take for the values. */

static void underlying(Scope *scope, int64_t low, int64_t high, bool packed,
                       bool big, const Type *want) {
  Error error = {"", 0};
  Type *type = type_enum(scope, NULL);
  Enumerator enumerators[2] = {{"LOW", low}, {"HIGH", high}};
  CHECK(layout_enum(type, enumerators, 2, NULL, packed, big, &error));
  CHECK(type->target == want && type_size(type) == want->size);
}

static void test_enums(Scope *a) {
  underlying(a, 0, INT32_MAX, false, false, BASE(UINT));
  underlying(a, 0, UINT32_MAX, false, false, BASE(UINT));
  underlying(a, -1, INT32_MAX, false, false, BASE(INT));
  underlying(a, -1, UINT32_MAX, false, false, BASE(LONG));
  underlying(a, 0, (int64_t)UINT32_MAX + 1, false, false, BASE(ULONG));
  underlying(a, 0, -1, false, true, BASE(ULONG));
  underlying(a, INT64_MIN, 0, false, false, BASE(LONG));
  underlying(a, 0, 255, true, false, BASE(UCHAR));
  underlying(a, -128, 127, true, false, BASE(SCHAR));
  underlying(a, 0, 256, true, false, BASE(USHORT));
  underlying(a, -129, 0, true, false, BASE(SHORT));
  underlying(a, 0, 65536, true, false, BASE(UINT));
}

static void test_fixed_enums(Scope *a) {
  Error error = {"", 0};
  Enumerator enumerators[2] = {{"A", 0}, {"B", 256}};
  Type *type = type_enum(a, "fixed");
  CHECK(!layout_enum(type, enumerators, 2, BASE(UCHAR), false, false, &error));
  CHECK(error.offset == 1 && !type_complete(type));
  CHECK(strcmp(error.message,
               "enumerator 'B' does not fit 'unsigned char'") == 0);
  CHECK(!layout_enum(type, NULL, 0, BASE(FLOAT), false, false, &error));
  CHECK(layout_enum(type, NULL, 0, BASE(SHORT), false, false, &error));
  CHECK(type->enumeration->fixed && type_size(type) == 2);
  CHECK(layout_enum(type, enumerators, 2, BASE(SHORT), false, false, &error));
  CHECK(type->enumeration->count == 2);
}

int main(void) {
  Scope *scope = scope_new(NULL);
  test_refused(scope);
  test_largest(scope);
  test_enums(scope);
  test_fixed_enums(scope);
  scope_free(scope);
  return check_report();
}
