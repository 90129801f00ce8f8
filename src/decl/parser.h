/*
** parser.h - what the files of the parser share. Private to this folder.
**
**   decl.c        declaration      blocks, single types, the entry points
**   declare.c     (no grammar)     a declarator becomes a name in the scope
**   initializer.c (values)         `static const int x = 5`
**   define.c      (values)         `#define NAME 5`
**   specifier.c   specifiers       `static const unsigned long`
**   record.c      struct, union    their members
**   enumeration.c enum             its enumerators
**   declarator.c  declarator       `*(*name[3])(int)` and what it makes
**   parameter.c   parameters       `(int n, char *s, ...)`
**   attribute.c   attributes       __attribute__, [[...]], _Alignas, asm
**   cexpr.c       expressions      constant expressions
**   literal.c     constants        numbers, characters, strings
**   constant.c    (no grammar)     C's arithmetic on constants
**   lex.c, directive.c             text -> tokens; preprocessor lines
**   message.c, suggest.c           what an error says
**   same.c                         is it the same declaration again?
**   builtin.c                      what every scope knows
**
** Every rule of the grammar is a function that takes the parser with the
** rule's first token in view and leaves it with the first token behind the
** rule in view. A rule that does not fit fails: parse_fail() does not
** return, so nobody checks. What a rule needs only until the end of the
** declaration lives in the scratch arena.
*/
#ifndef CPLUGIN_PARSER_H
#define CPLUGIN_PARSER_H

#include "decl/decl.h"
#include "decl/lex.h"

typedef struct ParamName ParamName;

typedef struct DeclList DeclList;
struct DeclList {
  Decl *decl;
  DeclList *next;
};

/* What yields, and this text declares as well: see DeclText.yields. */
typedef struct Yielding {
  Arena memory;                   /* of the lists, which may have one twice */
  DeclList *rivals;               /* that it declares otherwise */
  DeclList *confirmed;            /* that it declares the same way */
} Yielding;

typedef struct Parser {
  Lexer lex;
  Scope *scope;                   /* where to declare */
  Arena scratch;
  const DeclText *source;
  size_t arguments;               /* how many `$` were met */
  unsigned depth;                 /* nesting, at most LIMIT_DEPTH */
  unsigned lists;                 /* parameter lists around */
  ParamName *params;              /* of the parameter lists around, */
                                  /* innermost and newest first */
  Yielding *yielding;
} Parser;

struct ParamName {                /* hides declared names while in its list */
  ParamName *outer;
  const Type *type;
  Token name;
};

/* Fails at the token `at`. */
#define parse_fail(p, at, ...) lex_fail(&(p)->lex, (at), __VA_ARGS__)

/* Fails at the token in view: "expected WHAT before 'token'". */
_Noreturn void parse_expected(Parser *p, const char *what);

static inline bool at(const Parser *p, int kind) {
  return (int)p->lex.token.kind == kind;
}

static inline void advance(Parser *p) {
  lex_advance(&p->lex);
}

/* Goes past the token if it is of that kind. */
static inline bool accept(Parser *p, int kind) {
  bool fits = at(p, kind);
  if (fits)
    advance(p);
  return fits;
}

/* Goes past a punctuator that must be there; gives it back. */
Token expect(Parser *p, char punctuator);

/* The name in view, which must be one. */
Token expect_name(Parser *p, const char *what);

/* Goes past one token or one bracketed group; the brackets must match. */
void skip_group(Parser *p);

/* One level of nesting deeper, and back. Fails at LIMIT_DEPTH. */
void enter(Parser *p);
void leave(Parser *p);

_Noreturn void no_memory(Parser *p);

/* Zeroed memory that lasts as long as the declaration, or the scope. */
void *scratch(Parser *p, size_t size);
void *keep(Parser *p, size_t size);
const char *keep_text(Parser *p, const Token *token);

/*
** Room for item number `count` of a growing array in the scratch arena:
** call it before adding each.
*/
void *scratch_grow(Parser *p, void *items, size_t count, size_t size);

/*
** What the name stands for, along the scopes; NULL: nothing is declared. A
** text that yields means what its like have declared, see scope_find.
*/
Decl *look_up(const Parser *p, NameSpace space, const Token *name);

/* `made` if it is not NULL; else fails: too deep, or no memory. */
const Type *need_type(Parser *p, const Type *made);

/*
** ", did you mean 'fooo'?" when a typedef or type word (or, for `values`, a
** constant or variable) is near, or which header has a type of that name; else
** "". Lives in the scratch arena.
*/
const char *suggestion(Parser *p, const Token *name, bool values);

#define TYPE_TEXT 160             /* bytes of a type in a message */

/* The type in C, cut to fit. */
const char *type_text(const Type *type, char buffer[TYPE_TEXT]);

#endif
