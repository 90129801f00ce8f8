/*
** scope_test.c - names, transactions, memory running out.
*/
#include "graph.h"

static void test_names(void) {
  Scope *root = scope_new(NULL), *a = scope_new(root);
  Decl *tag = scope_add(root, TAGS, DECL_TAG, "both", 4);
  Decl *name = scope_add(root, NAMES, DECL_TYPEDEF, "both of them", 4);
  CHECK(tag != NULL && name != NULL && strcmp(name->name, "both") == 0);
  CHECK(FIND(a, TAGS, "both") == tag && FIND(a, NAMES, "both") == name);
  CHECK(scope_find_here(a, NAMES, "both", 4) == NULL);
  CHECK(scope_find_here(root, NAMES, "both", 4) == name);
  Decl *hiding = scope_add(a, NAMES, DECL_VARIABLE, "both", 4);
  CHECK(FIND(a, NAMES, "both") == hiding && FIND(root, NAMES, "both") == name);
  CHECK(FIND(a, NAMES, "bot") == NULL && FIND(a, NAMES, "both_") == NULL);
  CHECK(root->first == tag && tag->next == name && root->last == name);
  scope_free(a);
  scope_free(root);
}

static void add_many(Scope *scope, int from, int to) {
  char name[32];
  here = scope;
  for (int i = from; i < to; i++) {
    int length = snprintf(name, sizeof name, "name_number_%d", i);
    Decl *decl = scope_add(scope, NAMES, DECL_TYPEDEF, name, (size_t)length);
    decl->type = arr(BASE(CHAR), (uint64_t)i);
  }
}

static int count_found(const Scope *scope, int from, int to) {
  char name[32];
  int found = 0;
  for (int i = from; i < to; i++) {
    snprintf(name, sizeof name, "name_number_%d", i);
    const Decl *decl = FIND(scope, NAMES, name);
    found += decl != NULL && strcmp(decl->name, name) == 0;
  }
  return found;
}

static int count_types(Scope *scope) {
  int count = 0;
  for (uint32_t i = 0; i < 64; i++)
    for (Type *type = *scope_bucket(scope, i); type; type = type->chain)
      count++;
  return count;
}

/* First, last, in the middle; through growing tables, then used again. */
static void test_remove(void) {
  Scope *scope = scope_new(NULL);
  add_many(scope, 0, 200);
  unsigned long generation = scope->generation;
  const int gone[] = {0, 199, 100};
  for (int i = 0; i < 3; i++) {
    char name[32];
    snprintf(name, sizeof name, "name_number_%d", gone[i]);
    scope_remove(scope, FIND(scope, NAMES, name));
    CHECK(FIND(scope, NAMES, name) == NULL);
  }
  CHECK(scope->generation == generation + 3);
  CHECK(count_found(scope, 0, 200) == 197);
  add_many(scope, 200, 400);
  CHECK(count_found(scope, 0, 400) == 397);
  int listed = 0;
  for (const Decl *decl = scope->first; decl != NULL; decl = decl->next)
    listed++;
  CHECK(listed == 397 && scope->last == FIND(scope, NAMES, "name_number_399"));
  Decl *last = scope->last, *other = FIND(scope, NAMES, "name_number_300");
  generation = scope->generation;
  scope_hide(scope, last);
  scope_hide(scope, other);
  scope_hide(scope, last);
  CHECK(scope_begin(scope));
  add_many(scope, 399, 1000);
  CHECK(scope->last != last && FIND(scope, NAMES, "name_number_399") != last);
  scope_rollback(scope);
  CHECK(scope->last == last && count_found(scope, 0, 400) == 395);
  scope_show(scope, last);
  CHECK(FIND(scope, NAMES, "name_number_399") == last);
  CHECK(scope->generation == generation);
  scope_hide(scope, last);
  scope_remove_hidden(scope);
  CHECK(count_found(scope, 0, 400) == 395 && scope->last->next == NULL);
  CHECK(scope->last == FIND(scope, NAMES, "name_number_398"));
  CHECK(other->next == FIND(scope, NAMES, "name_number_301"));
  Scope *single = scope_new(NULL);
  scope_remove(single, scope_add(single, TAGS, DECL_TAG, "only", 4));
  CHECK(single->first == NULL && single->last == NULL);
  CHECK(scope_add(single, TAGS, DECL_TAG, "only", 4) == single->first);
  scope_free(single);
  scope_free(scope);
}

static void test_rollback(void) {
  Scope *root = scope_new(NULL), *a = scope_new(root);
  add_many(a, 0, 40);
  unsigned long generation = a->generation, above = root->generation;
  size_t bytes = a->arena.bytes, root_bytes = root->arena.bytes;
  int types = count_types(root);
  Decl *last = a->last;
  CHECK(scope_begin(a));
  add_many(a, 40, 3000);
  CHECK(count_found(a, 0, 3000) == 3000);
  scope_rollback(a);
  CHECK(a->last == last && last->next == NULL);
  CHECK(count_found(a, 0, 40) == 40 && count_found(a, 40, 3000) == 0);
  CHECK(a->generation == generation && root->generation == above);
  CHECK(a->arena.bytes == bytes && root->arena.bytes == root_bytes);
  CHECK(count_types(root) <= types);
  CHECK(scope_begin(a));
  add_many(a, 40, 3000);
  scope_commit(a);
  CHECK(count_found(a, 0, 3000) == 3000);
  CHECK(a->generation != generation && root->generation == above);
  here = a;
  CHECK(arr(BASE(CHAR), 2999) == a->last->type);
  scope_free(a);
  scope_free(root);
}

/* All from the very first declaration on is taken back. */
static void test_rollback_first(void) {
  Scope *scope = scope_new(NULL);
  CHECK(scope_begin(scope));
  add_many(scope, 0, 100);
  scope_rollback(scope);
  CHECK(scope->first == NULL && scope->last == NULL);
  CHECK(scope->arena.bytes == 0 && count_found(scope, 0, 100) == 0);
  CHECK(scope_begin(scope));
  scope_commit(scope);
  CHECK(scope->generation == 0);
  scope_free(scope);
}

static void test_save(void) {
  Scope *root = scope_new(NULL), *a = scope_new(root);
  Type *record = rec(a, "s");
  Decl *decl = scope_add(a, NAMES, DECL_FUNCTION, "f", 1);
  unsigned long generation = a->generation;
  CHECK(scope_begin(a));
  CHECK(scope_save(a, decl, sizeof *decl));
  decl->symbol = "changed";
  CHECK(scope_save(a, decl, sizeof *decl));
  decl->kind = DECL_VARIABLE;
  add_many(a, 0, 500);            /* changes the links of `decl` too */
  Field field = member("x", BASE(INT));
  CHECK(lay(record, &field, NULL) && type_complete(record));
  scope_rollback(a);
  CHECK(decl->symbol == NULL && decl->kind == DECL_FUNCTION);
  CHECK(decl->next == NULL && FIND(a, NAMES, "f") == decl);
  CHECK(count_found(a, 0, 500) == 0 && a->generation == generation);
  CHECK(!type_complete(record) && type_align(record) == 0);
  CHECK(record->record->nfields == 0);
  CHECK(scope_begin(a) && lay(record, &field, NULL));
  scope_commit(a);
  CHECK(type_size(record) == 4 && a->generation != generation);
  scope_free(a);
  scope_free(root);
}

/* One of everything, in a transaction; false where memory ran out. */
static bool make_all(Scope *scope) {
  Error error = {"", 0};
  here = scope;
  Type *record = rec(scope, "s"), *values = type_enum(scope, "e");
  Enumerator enumerator = {"E", 1};
  if (record == NULL || values == NULL || ptr(record) == NULL)
    return false;
  Field field = member("next", ptr(record));
  const Type *function = fun(BASE(INT), '.', ptr(BASE(INT)), ptr(record));
  if (function == NULL || qual(record, QUAL_CONST) == NULL ||
      arr(BASE(INT), 3) == NULL || type_vector(scope, BASE(INT), 4) == NULL ||
      scope_add(scope, NAMES, DECL_FUNCTION, "f", 1) == NULL ||
      !scope_save(scope, record, sizeof *record) ||
      !lay(record, &field, NULL))
    return false;
  return layout_enum(values, &enumerator, 1, NULL, false, false, &error);
}

/* Leaves that many bytes in the arena, which will get no more. */
static void leave(Arena *arena, size_t bytes) {
  CHECK(arena_alloc(arena, 4096) != NULL);
  ArenaMark mark = arena_mark(arena);
  mark.used -= bytes;
  arena_rollback(arena, mark);
  arena->cap = arena->bytes;
}

/* Memory running out anywhere is an error and leaves nothing behind. */
static bool make_within(size_t bytes, size_t root_bytes) {
  Scope *root = scope_new(NULL), *scope = scope_new(root);
  leave(&scope->arena, bytes);
  leave(&root->arena, root_bytes);
  CHECK(scope_begin(scope));
  bool done = make_all(scope);
  if (done)
    scope_commit(scope);
  else
    scope_rollback(scope);
  CHECK((FIND(scope, NAMES, "f") != NULL) == done);
  CHECK((count_types(root) > 0) == done);
  CHECK(done || (scope->first == NULL && count_types(scope) == 0));
  scope_free(scope);
  scope_free(root);
  return done;
}

static void test_memory(void) {
  CHECK(make_within(4096, 4096));
  size_t bytes = 4096, root_bytes = 4096;
  while (make_within(bytes - 16, 4096))
    bytes -= 16;
  while (make_within(4096, root_bytes - 16))
    root_bytes -= 16;
  CHECK(make_within(bytes, root_bytes));
  for (size_t less = 16; less <= bytes; less += 16)
    CHECK(!make_within(bytes - less, 4096));
  for (size_t less = 16; less <= root_bytes; less += 16)
    CHECK(!make_within(4096, root_bytes - less));
}

/* The undo log has the cap of the scope that it belongs to. */
static void test_log_memory(void) {
  char memory[8192] = "first";
  Scope *scope = scope_new(NULL);
  scope->arena.cap = sizeof memory;
  CHECK(scope_begin(scope));
  CHECK(scope_save(scope, memory, 16));
  memory[0] = 'F';
  CHECK(!scope_save(scope, memory, sizeof memory));
  scope_rollback(scope);
  CHECK(strcmp(memory, "first") == 0);
  scope_free(scope);
}

int main(void) {
  test_names();
  test_remove();
  test_rollback();
  test_rollback_first();
  test_save();
  test_memory();
  test_log_memory();
  return check_report();
}
