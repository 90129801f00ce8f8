/*
** define.c - see define.h.
**
** The lexer notes #define lines while it goes over them (Lexer.defines).
** Each body is then read by a lexer of its own; what fails there is not an
** error of the text.
*/
#include "decl/define.h"

#include "decl/cexpr.h"
#include "decl/initializer.h"

#include <string.h>

/* Reads all of the text as one constant; false: it is none. */
static bool read_body(Parser *p, const char *text, size_t length,
                      Value *value) {
  jmp_buf here;
  bool done = false;
  p->lex.escape = &here;
  if (setjmp(here) == 0) {
    lex_start(&p->lex, text, length, NULL);
    *value = conditional(p);
    done = at(p, TOKEN_END);
  }
  return done;
}

/* The same, with the parser as it was afterwards but for its scratch. */
static bool body(Parser *p, const Define *define, Value *value) {
  Parser inner = *p;
  char *text = scratch(p, define->length + 1);
  memcpy(text, define->body, define->length);
  inner.scratch = p->scratch;
  memset(&inner.lex, 0, sizeof inner.lex);
  inner.lex.quiet = true;
  inner.lex.names = p->lex.names;
  bool done = read_body(&inner, text, define->length, value);
  lex_end(&inner.lex);
  p->scratch = inner.scratch;
  return done;
}

/* A macro may be defined again; other declarations stay. */
static void add(Parser *p, const Token *name, const Constant *constant) {
  Decl *d = scope_find_here(p->scope, NAMES, name->text, name->length);
  if (d != NULL && d->kind != DECL_CONSTANT)
    return;
  if (d == NULL) {
    declare_constant(p, name, constant);
    return;
  }
  announce(p, d, sizeof *d);
  d->type = constant->type;
  d->value = *constant;
}

static void define_one(Parser *p, const Define *define) {
  Value value;
  Constant constant;
  memset(&constant, 0, sizeof constant);
  if (define->length != 0 && body(p, define, &value) &&
      to_constant(p, &value, &constant))
    add(p, &define->name, &constant);
}

void defines(Parser *p) {
  for (size_t i = 0; i < p->lex.ndefines; i++) {
    ArenaMark mark = arena_mark(&p->scratch);
    define_one(p, &p->lex.defines[i]);
    arena_rollback(&p->scratch, mark);
  }
}
