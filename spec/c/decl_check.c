/*
** decl_check.c - declares a file of preprocessed C in a fresh scope.
**
**   decl_check FILE      how many declarations it has, or the error
**   decl_check -l FILE   size, alignment and offsets of its records, as rows
**                        "size struct foo 16", which a C program can print, too
**   decl_check -c FILE   a C program that prints those rows: it is FILE with
**                        a main behind it
**   decl_check -t FILE N declares it N times, and how long that took
*/
#include "decl/decl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The file's bytes, and a NUL. */
static char *read_file(const char *path, size_t *length) {
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
  size_t room = 1 << 20, used = 0, got;
  char *text = malloc(room);
  if (file == NULL || text == NULL)
    exit(2);
  while ((got = fread(text + used, 1, room - used, file)) > 0) {
    used += got;
    if (used == room && (text = realloc(text, room *= 2)) == NULL)
      exit(2);
  }
  text[used] = '\0';
  *length = used;
  if (file != stdin)
    fclose(file);
  return text;
}

/* How the rows name a type: "struct foo", or a typedef's name. */
static void type_word(const Decl *d, char *out, size_t size) {
  const char *word = "";
  if (d->kind == DECL_TAG && d->type->kind == TYPE_ENUM)
    word = "enum ";
  else if (d->kind == DECL_TAG)
    word = d->type->flags & TYPE_UNION ? "union " : "struct ";
  snprintf(out, size, "%s%s", word, d->name);
}

typedef void Emit(const char *what, const char *type, const char *field,
                  unsigned long value);

static void emit_row(const char *what, const char *type, const char *field,
                     unsigned long value) {
  printf("%s %s %s %lu\n", what, type, field, value);
}

/* The same row, printed by a C program from the compiler's knowledge. */
static void emit_c(const char *what, const char *type, const char *field,
                   unsigned long value) {
  (void)value;
  printf("  __builtin_printf(\"%s %s %s %%lu\\n\", (unsigned long)", what,
         type, field);
  if (strcmp(what, "size") == 0)
    printf("sizeof(%s));\n", type);
  else if (strcmp(what, "align") == 0)
    printf("_Alignof(%s));\n", type);
  else
    printf("__builtin_offsetof(%s, %s));\n", type, field);
}

static void emit_fields(const char *word, const Type *record, uint64_t base,
                        Emit *emit) {
  const Record *r = record->record;
  for (uint32_t i = 0; i < r->nfields; i++) {
    const Field *f = &r->fields[i];
    if (f->name == NULL && !f->bitfield)
      emit_fields(word, f->type, base + f->offset, emit);
    else if (!f->bitfield)
      emit("offset", word, f->name, (unsigned long)(base + f->offset));
  }
}

static void emit_layout(const Decl *d, Emit *emit) {
  char word[2048];
  if ((d->kind != DECL_TAG && d->kind != DECL_TYPEDEF) ||
      type_size(d->type) == SIZE_UNKNOWN)
    return;
  type_word(d, word, sizeof word);
  emit("size", word, "", (unsigned long)type_size(d->type));
  emit("align", word, "", (unsigned long)type_align(d->type));
  if (d->type->kind == TYPE_RECORD)
    emit_fields(word, d->type, 0, emit);
}

/* Tags are listed among the declarations of a scope. */
static void emit_scope(const Scope *scope, Emit *emit) {
  for (const Decl *d = scope->first; d != NULL; d = d->next)
    emit_layout(d, emit);
}

static int count(const Scope *scope) {
  int n = 0;
  for (const Decl *d = scope->first; d != NULL; d = d->next)
    n++;
  return n;
}

static void print_constants(const Scope *scope) {
  for (const Decl *d = scope->first; d != NULL; d = d->next)
    if (d->kind == DECL_CONSTANT && d->value->kind == CONSTANT_INTEGER)
      printf("%s %lld\n", d->name, (long long)d->value->integer);
}

static bool declare(Scope *builtin, const char *text, size_t length,
                    const char *mode) {
  Error error;
  DeclText source = {.text = text, .length = length};
  Scope *scope = scope_new(builtin);
  if (scope == NULL)
    return false;
  bool done = decl_block(scope, &source, &error);
  if (!done)
    printf("%s\n", error.message);
  else if (strcmp(mode, "-l") == 0)
    emit_scope(scope, emit_row);
  else if (strcmp(mode, "-k") == 0)
    print_constants(scope);
  else if (strcmp(mode, "-c") == 0) {
    fwrite(text, 1, length, stdout);
    printf("\nint main(void) {\n");
    emit_scope(scope, emit_c);
    printf("  return 0;\n}\n");
  }
  else if (strcmp(mode, "-t") != 0)
    printf("%d declarations, %zu bytes\n", count(scope), scope->arena.bytes);
  scope_free(scope);
  return done;
}

/* Of the processor: other programs may be running. */
static double now(void) {
  return (double)clock() / CLOCKS_PER_SEC;
}

static bool measure(Scope *builtin, const char *text, size_t length, int n) {
  double start = now();
  for (int i = 0; i < n; i++)
    if (!declare(builtin, text, length, "-t"))
      return false;
  double seconds = (now() - start) / n;
  printf("%zu bytes, %.3f ms, %.1f MB/s\n", length, seconds * 1e3,
         (double)length / seconds * 1e-6);
  return true;
}

int main(int argc, char **argv) {
  const char *mode = argc > 2 ? argv[1] : "";
  size_t length;
  Error error;
  if (argc < 2)
    return 2;
  char *text = read_file(argv[argc > 2 ? 2 : 1], &length);
  Scope *builtin = scope_new(NULL);
  if (builtin == NULL || !decl_builtin(builtin, &error)) {
    printf("built-in: %s\n", error.message);
    return 2;
  }
  bool done = strcmp(mode, "-t") == 0 && argc > 3
                  ? measure(builtin, text, length, atoi(argv[3]))
                  : declare(builtin, text, length, mode);
  scope_free(builtin);
  free(text);
  return done ? 0 : 1;
}
