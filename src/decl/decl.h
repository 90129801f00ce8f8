/*
** decl.h - C text -> types and declarations. The one road into the graph.
*/
#ifndef CPLUGIN_DECL_H
#define CPLUGIN_DECL_H

#include "type/scope.h"

typedef struct DeclText {
  const char *text;               /* a NUL stands behind it */
  size_t length;                  /* of the text, in which NULs are errors */
  bool keeps;                     /* annotations of what it declares again */
                                  /* stay, if it has none */
  bool yields;                    /* what it declares gives way to what a */
                                  /* text that does not declares otherwise */
  const char *name;               /* for messages and Place.file; or NULL */
  const Type *const *arguments;   /* what each `$` stands for, in order; a */
  size_t narguments;              /* NULL entry is refused by number */
} DeclText;

/*
** Declares a block of C text in `scope`, all of it or, on error, nothing.
** The error's message has "line L, column C", the line's text and a caret.
*/
bool decl_block(Scope *scope, const DeclText *text, Error *error);

/*
** The same, if `check` then finds what has been declared good; otherwise
** nothing is declared. `check` sets the error.
*/
typedef bool DeclCheck(void *data, const Scope *scope, Error *error);

bool decl_checked(Scope *scope, const DeclText *text, DeclCheck *check,
                  void *data, Error *error);

/*
** Reads one type ("int (*)(char)") or one declaration ("int add(int, int);",
** with or without the semicolon). Fills *decl: kind (TYPEDEF where there is
** no name and no function type), name or NULL, type, params, result, symbol.
** Nothing is added to the scope but tags that the text itself defines.
*/
bool decl_one(Scope *scope, const DeclText *text, Decl *decl, Error *error);

/*
** Fills a new built-in scope: stdint, stddef, stdbool, stdarg, ssize_t,
** wchar_t.
*/
bool decl_builtin(Scope *scope, Error *error);

#endif
