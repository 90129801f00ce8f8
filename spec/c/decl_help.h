/*
** decl_help.h - what the tests of the parser share.
*/
#ifndef CPLUGIN_DECL_HELP_H
#define CPLUGIN_DECL_HELP_H

#include "decl/decl.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static Scope *builtin;

static inline Scope *fresh(void) {
  return scope_new(builtin);
}

static inline bool block(Scope *scope, const char *text, Error *error) {
  DeclText source = {.text = text, .length = strlen(text)};
  error->message[0] = '\0';
  return decl_block(scope, &source, error);
}

/* Declares what must be right. */
static inline void good(Scope *scope, const char *text) {
  Error error;
  if (!CHECK(block(scope, text, &error)))
    fprintf(stderr, "%s\n%s\n", text, error.message);
}

/* Declares what must be wrong, and say so. */
static inline void bad(Scope *scope, const char *text, const char *message) {
  Error error;
  bool done = block(scope, text, &error);
  if (!CHECK(!done && strstr(error.message, message) != NULL))
    fprintf(stderr, "%s\nexpected: %s\ngot: %s\n", text, message,
            done ? "no error" : error.message);
}

static inline const Decl *find(const Scope *scope, const char *name) {
  return scope_find(scope, NAMES, name, strlen(name));
}

static inline const Decl *tag(const Scope *scope, const char *name) {
  return scope_find(scope, TAGS, name, strlen(name));
}

#endif
