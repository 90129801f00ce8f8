/*
** graph.h - for tests: types in few words, made in the scope `here`.
*/
#ifndef CPLUGIN_GRAPH_H
#define CPLUGIN_GRAPH_H

#include <string.h>

#include "check.h"
#include "type/layout.h"
#include "type/scope.h"

#define BASE(id) type_base(BASE_##id)
#define FIND(scope, space, name) \
  scope_find(scope, space, name, strlen(name))

static Scope *here;

static inline const Type *ptr(const Type *type) {
  return type_pointer(here, type);
}

static inline const Type *arr(const Type *type, uint64_t count) {
  return type_array(here, type, count);
}

static inline const Type *qual(const Type *type, unsigned qualifiers) {
  return type_qualified(here, type, qualifiers);
}

/* `kind`: ' ' plain, '.' variadic, '?' unprototyped. */
static inline const Type *fun(const Type *result, char kind,
                              const Type *a, const Type *b) {
  const Type *params[] = {a, b};
  Signature signature = {.params = params, .variadic = kind == '.',
                         .unprototyped = kind == '?'};
  signature.nparams = a == NULL ? 0 : b == NULL ? 1 : 2;
  return type_function(here, result, &signature);
}

static inline Type *rec(Scope *scope, const char *tag) {
  return type_record(scope, tag, 0);
}

static inline Field member(const char *name, const Type *type) {
  return (Field){.name = name, .type = type};
}

static inline bool lay(Type *type, const Field *a, const Field *b) {
  Error error = {"", 0};
  Field fields[2] = {*a};
  if (b != NULL)
    fields[1] = *b;
  return layout_record(type, fields, b == NULL ? 1 : 2, &error);
}

/* struct tag { type name; } */
static inline Type *rec_of(Scope *scope, const char *tag,
                           const char *name, const Type *type) {
  Type *record = rec(scope, tag);
  Field field = member(name, type);
  CHECK(lay(record, &field, NULL));
  return record;
}

/* enum tag { name = value } */
static inline Type *enum_of(Scope *scope, const char *tag,
                            const char *name, int64_t value) {
  Error error = {"", 0};
  Type *type = type_enum(scope, tag);
  Enumerator enumerator = {name, value};
  CHECK(layout_enum(type, &enumerator, 1, NULL, false, false, &error));
  return type;
}

/* f0 is int (struct s); f[n+1] is int (f[n] *, f[n] *): 2^n written out. */
static inline const Type *doubling(Scope *scope, int times) {
  here = scope;
  const Type *type = fun(BASE(INT), ' ', ptr(rec(scope, "s")), NULL);
  for (int i = 0; i < times; i++)
    type = fun(BASE(INT), ' ', ptr(type), ptr(type));
  return type;
}

#endif
