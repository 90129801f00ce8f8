/*
** suggest.c - what may have been meant by an unknown name.
*/
#include "base/nearname.h"
#include "decl/parser.h"

#include <stdio.h>
#include <string.h>

static void consider_scope(NearName *near, const Scope *scope, bool values) {
  for (const Decl *d = scope->first; d != NULL; d = d->next) {
    bool value = d->kind == DECL_CONSTANT || d->kind == DECL_VARIABLE;
    if (!d->hidden && (values ? value : d->kind == DECL_TYPEDEF))
      nearname_offer(near, d->name);
  }
}

static void consider_words(NearName *near) {
  static const char *const words[] = {
    "char", "short", "int", "long", "float", "double", "signed", "unsigned",
    "void", "const", "volatile", "struct", "union", "enum", "typedef",
    "extern", "static", "inline", "_Bool"
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    nearname_offer(near, words[i]);
}

/* C++ has a tag for a type's name: the word that C wants in front, or "". */
static const char *consider_tags(NearName *near, const Scope *scope) {
  const char *word = "";
  for (const Decl *d = scope->first; d != NULL; d = d->next) {
    size_t distance = near->distance;
    if (d->hidden || d->kind != DECL_TAG)
      continue;
    nearname_offer(near, d->name);
    if (near->distance < distance)
      word = d->type->kind == TYPE_ENUM ? "enum "
           : d->type->flags & TYPE_UNION ? "union " : "struct ";
  }
  return word;
}

const char *suggestion(Parser *p, const Token *name, bool values) {
  NearName near;
  const char *word = "";
  if (p->lex.quiet)
    return "";
  nearname_init(&near, name->text, name->length);
  if (!values)
    consider_words(&near);
  for (const Scope *s = p->scope; s != NULL; s = s->parent)
    consider_scope(&near, s, values);
  for (const Scope *s = values ? NULL : p->scope; s != NULL; s = s->parent) {
    const char *tag = consider_tags(&near, s);
    word = *tag == '\0' ? word : tag;
  }
  if (near.best == NULL)
    return "";
  char *text = scratch(p, strlen(near.best) + 32);
  sprintf(text, ", did you mean '%s%s'?", word, near.best);
  return text;
}
