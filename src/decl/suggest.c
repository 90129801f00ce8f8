/*
** suggest.c - what may have been meant by an unknown name.
*/
#include "decl/parser.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 64                /* bytes of a name that is compared */

typedef struct Best {
  const char *name;
  unsigned distance;
} Best;

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

/* How many letters to change, add, drop or swap with the next one. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m) {
  unsigned rows[3][LONGEST + 1];
  unsigned *before = rows[0], *last = rows[1], *row = rows[2];
  for (unsigned j = 0; j <= m; j++)
    last[j] = j;
  for (size_t i = 1; i <= n; i++) {
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= m; j++) {
      row[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
                     least(last[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], before[j - 2] + 1);
    }
    unsigned *free = before;
    before = last;
    last = row;
    row = free;
  }
  return last[m];
}

static void consider(Best *best, const Token *name, const char *other) {
  size_t length = strlen(other);
  size_t longer = length > name->length ? length : name->length;
  size_t shorter = length > name->length ? name->length : length;
  if (longer > LONGEST || longer - shorter >= best->distance)
    return;
  unsigned found = distance(name->text, name->length, other, length);
  if (found < best->distance) {
    best->distance = found;
    best->name = other;
  }
}

static void consider_scope(Best *best, const Scope *scope, const Token *name,
                           bool values) {
  for (const Decl *d = scope->first; d != NULL; d = d->next) {
    bool value = d->kind == DECL_CONSTANT || d->kind == DECL_VARIABLE;
    if (values ? value : d->kind == DECL_TYPEDEF)
      consider(best, name, d->name);
  }
}

static void consider_words(Best *best, const Token *name) {
  static const char *const words[] = {
    "char", "short", "int", "long", "float", "double", "signed", "unsigned",
    "void", "const", "volatile", "struct", "union", "enum", "typedef",
    "extern", "static", "inline", "_Bool"
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    consider(best, name, words[i]);
}

const char *suggestion(Parser *p, const Token *name, bool values) {
  Best best = {NULL, name->length < 4 ? 2 : name->length < 8 ? 3 : 4};
  if (p->lex.quiet)
    return "";
  if (!values)
    consider_words(&best, name);
  for (const Scope *s = p->scope; s != NULL; s = s->parent)
    consider_scope(&best, s, name, values);
  if (best.name == NULL)
    return "";
  char *text = scratch(p, strlen(best.name) + 32);
  sprintf(text, ", did you mean '%s'?", best.name);
  return text;
}
