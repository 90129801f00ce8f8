/*
** decl_fuzz.c - declares damaged C text, again and again.
**
**   decl_fuzz SEED RUNS FILE...
**
** Each run takes a piece of a file, damages it and declares it in a scope
** over one that has the whole file. It may fail, but then must leave the
** scope empty, and say where. Meant for builds with sanitizers.
*/
#include "decl/decl.h"
#include "type/ctext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FILES 128
#define PIECE 4096                /* bytes of a piece at most */

static uint64_t state;

static size_t below(size_t limit) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return limit == 0 ? 0 : (size_t)((state >> 11) % limit);
}

typedef struct File {
  char *text;
  size_t length;
  Scope *scope;                   /* where all of it is declared */
} File;

static const char *const words[] = {
  "(", ")", "[", "]", "{", "}", "*", ";", ",", "=", "...", ":", "?", "[[",
  "struct", "union", "enum", "int", "unsigned", "long", "char", "typedef",
  "static", "const", "__attribute__((aligned(16)))", "sizeof", "offsetof(",
  "__attribute__((packed))", "__attribute__((vector_size(16)))", "0", "-1",
  "1/0", "18446744073709551615", "1e999", "'a'", "\"\\x\"", "L'\\U0010FFFF'",
  "_Alignas(32)", "_Static_assert(1)", "typeof(", "_Generic(", "/*", "//",
  "#pragma pack(push, 1)\n", "\n# 7 \"x.h\"\n", "\\\n", "\"", "'", "$", "[?]",
  "_Float128", "_Complex", "__int128", "<<", ">>", "?:", "&&", "string",
  "_Out_", "asm(\"x\")", "(((((((((((((((((", "****************", "\0", "\377"
};

static void damage(char *text, size_t *length) {
  size_t at = below(*length + 1), n = below(16), from;
  const char *word = words[below(sizeof words / sizeof *words)];
  if (n > *length - at)
    n = *length - at;
  switch (below(5)) {
    case 0:                       /* delete */
      memmove(text + at, text + at + n, *length - at - n);
      *length -= n;
      break;
    case 1:                       /* one byte */
      if (at < *length)
        text[at] = (char)below(256);
      break;
    case 2:                       /* a piece again, elsewhere */
      from = below(*length + 1);
      n = below(*length - from + 1) % 256;
      memmove(text + at + n, text + at, *length - at);
      memmove(text + at, text + from, n);
      *length += n;
      break;
    default:                      /* a word */
      n = strlen(word);
      memmove(text + at + n, text + at, *length - at);
      memcpy(text + at, word, n);
      *length += n;
      break;
  }
}

/* The bounds of a piece: whole lines, where that works. */
static void choose(const File *file, size_t *start, size_t *length) {
  *start = file->length > PIECE ? below(file->length - PIECE) : 0;
  *length = 1 + below(file->length < PIECE ? file->length : PIECE);
  while (*start > 0 && file->text[*start - 1] != '\n')
    --*start;
  if (*length > file->length - *start)
    *length = file->length - *start;
}

static void stop(const char *what, const char *text, size_t length) {
  fprintf(stderr, "%s\n", what);
  fwrite(text, 1, length, stderr);
  abort();
}

static void write_types(const Scope *scope) {
  char buffer[256];
  for (const Decl *d = scope->first; d != NULL; d = d->next)
    ctext(d->type, d->name, buffer, sizeof buffer);
}

static bool run(const File *file) {
  static char text[PIECE + 16 * 300];
  size_t start, length;
  Error error = {"", 0};
  choose(file, &start, &length);
  memcpy(text, file->text + start, length);
  for (size_t i = below(8); i > 0; i--)
    damage(text, &length);
  char *copy = malloc(length + 1);
  Scope *scope = scope_new(file->scope);
  if (copy == NULL || scope == NULL)
    exit(2);
  memcpy(copy, text, length);
  copy[length] = '\0';
  DeclText source = {.text = copy, .length = length};
  bool done = decl_block(scope, &source, &error);
  if (!done && (scope->first != NULL || scope->arena.bytes != 0))
    stop("not rolled back", copy, length);
  if (!done && strstr(error.message, "column") == NULL)
    stop(error.message, copy, length);
  write_types(scope);
  Decl one;
  decl_one(scope, &source, &one, &error);
  scope_free(scope);
  free(copy);
  return done;
}

static void load(File *file, const char *path, Scope *builtin) {
  FILE *in = fopen(path, "rb");
  Error error;
  if (in == NULL || fseek(in, 0, SEEK_END) != 0)
    exit(2);
  file->length = (size_t)ftell(in);
  file->text = malloc(file->length + 1);
  rewind(in);
  if (file->text == NULL ||
      fread(file->text, 1, file->length, in) != file->length)
    exit(2);
  file->text[file->length] = '\0';
  fclose(in);
  file->scope = scope_new(builtin);
  DeclText source = {.text = file->text, .length = file->length};
  if (!decl_block(file->scope, &source, &error))
    printf("%s: %s\n", path, error.message);
}

int main(int argc, char **argv) {
  static File files[MOST_FILES];
  Error error;
  size_t count = 0, accepted = 0;
  if (argc < 4)
    return 2;
  state = strtoull(argv[1], NULL, 10) * 2654435761u + 1;
  size_t runs = strtoull(argv[2], NULL, 10);
  Scope *builtin = scope_new(NULL);
  if (builtin == NULL || !decl_builtin(builtin, &error))
    return 2;
  for (int i = 3; i < argc && count < MOST_FILES; i++)
    load(&files[count++], argv[i], builtin);
  for (size_t i = 0; i < runs; i++)
    accepted += run(&files[below(count)]);
  printf("seed %s: %zu runs, %zu accepted\n", argv[1], runs, accepted);
  for (size_t i = 0; i < count; i++) {
    scope_free(files[i].scope);
    free(files[i].text);
  }
  scope_free(builtin);
  return 0;
}
