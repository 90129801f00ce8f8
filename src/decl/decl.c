/*
** decl.c - see decl.h.
**
**   text        = declaration*
**   declaration = ";" | assertion | asm | specifiers (init ("," init)*)? end
**               | specifiers declarator "{" body "}"
**   end         = ";" | the text's end
**   init        = declarator ("=" initializer)?
**
** How to read the parser: parser.h lists its files; in each, a function is
** named after the rule of the grammar that it reads, and the rules stand at
** the head of the file or above the functions.
*/
#include "decl/decl.h"

#include "decl/cexpr.h"
#include "decl/define.h"
#include "decl/grammar.h"
#include "decl/initializer.h"

#include <string.h>

/* "_Static_assert" "(" constant ("," string)? ")" ";" */
void static_assertion(Parser *p) {
  Token word = p->lex.token;
  Value message = {.length = 0};
  advance(p);
  expect(p, '(');
  Value value = constant_integer(p, "the assertion");
  if (accept(p, ',')) {
    if (!at(p, TOKEN_STRING))
      parse_expected(p, "a string");
    message = expression(p);
  }
  expect(p, ')');
  if (value.integer == 0)
    parse_fail(p, &word, "static assertion failed: %.*s",
               message.length < 200 ? (int)message.length : 200,
               message.length > 0 ? message.bytes : "");
  expect(p, ';');
}

/* asm("...") on its own says nothing of C. */
static void asm_declaration(Parser *p) {
  advance(p);
  while (!at(p, '('))
    skip_group(p);
  skip_group(p);
  accept(p, ';');
}

/* declarator ("=" initializer)? */
static void init(Parser *p, const Specifiers *spec, const Declarator *d) {
  Constant constant;
  if (at(p, '=') && (spec->storage & STORAGE_TYPEDEF))
    parse_expected(p, "';'");
  memset(&constant, 0, sizeof constant);
  if (at(p, '=') && initializer(p, spec, d, &constant))
    declare_constant(p, &d->name, &constant);
  else
    declare(p, spec, d);
}

/* "{" body "}", if the declarator is that of a function being defined */
static bool body(Parser *p, const Specifiers *spec, const Declarator *d) {
  if (!at(p, '{') || d->type->kind != TYPE_FUNCTION ||
      (spec->storage & STORAGE_TYPEDEF))
    return false;
  lex_skip_body(&p->lex);
  expect(p, '}');
  return true;
}

/* ";": the last one of a text may be missing, as scripts have it. */
static bool end(Parser *p) {
  return accept(p, ';') || at(p, TOKEN_END);
}

/* specifiers (init ("," init)*)? end */
static void names(Parser *p) {
  Specifiers spec;
  Declarator d;
  specifiers(p, &spec);
  if (spec.tagged && end(p))
    return;
  declarator(p, &spec, NAME_NEEDED, &d);
  init(p, &spec, &d);
  if (body(p, &spec, &d))
    return;
  while (accept(p, ',')) {
    declarator(p, &spec, NAME_NEEDED, &d);
    init(p, &spec, &d);
  }
  if (!end(p))
    parse_expected(p, d.type->kind == TYPE_FUNCTION ? "';', ',' or '{'"
                                                    : "';', ',' or '='");
}

static void declaration(Parser *p) {
  ArenaMark mark = arena_mark(&p->scratch);
  switch ((int)p->lex.token.kind) {
    case ';': advance(p); break;
    case KEY_STATIC_ASSERT: static_assertion(p); break;
    case KEY_ASM: asm_declaration(p); break;
    default: names(p); break;
  }
  arena_rollback(&p->scratch, mark);
}

static void block(Parser *p, Decl *decl) {
  (void)decl;
  while (!at(p, TOKEN_END))
    declaration(p);
  defines(p);
}

/* specifiers declarator? ";"? */
static void single(Parser *p, Decl *decl) {
  Specifiers spec;
  Declarator d;
  memset(decl, 0, sizeof *decl);
  specifiers(p, &spec);
  declarator(p, &spec, NAME_OPTIONAL, &d);
  accept(p, ';');
  if (!at(p, TOKEN_END))
    parse_expected(p, "the end of the declaration");
  describe(p, &spec, &d, decl);
  if (d.name.length != 0)
    decl->name = keep_text(p, &d.name);
  if (decl->symbol == NULL)
    decl->symbol = decl->name;
}

typedef void Rule(Parser *p, Decl *decl);

/* Reads the text by a rule. A failure in it comes back to here. */
static bool guarded(Parser *p, Rule *rule, Decl *decl) {
  jmp_buf escape;
  const DeclText *source = p->source;
  p->lex.escape = &escape;
  if (setjmp(escape) != 0)
    return false;
  const char *name = NULL;
  if (source->name != NULL) {
    Token token = {.text = source->name,
                   .length = (uint32_t)strlen(source->name)};
    name = keep_text(p, &token);
  }
  lex_start(&p->lex, source->text, source->length, name);
  rule(p, decl);
  return true;
}

/* What has the last word, or NULL. */
typedef struct Judge {
  DeclCheck *check;
  void *data;
} Judge;

static void mark_yielding(Scope *scope, const Decl *before) {
  for (Decl *d = before == NULL ? scope->first : before->next; d != NULL;
       d = d->next)
    d->yields = true;
}

/*
** As a transaction: on failure the scope is as it was. It has failed, too, if
** there are rivals that were not known.
*/
static bool try(Scope *scope, const DeclText *source, Rule *rule, Decl *decl,
                const Judge *judge, Yielding *yielding, Error *error) {
  Parser p;
  const Decl *before = scope->last;
  const DeclList *known = yielding->rivals;
  memset(&p, 0, sizeof p);
  p.scope = scope;
  p.source = source;
  p.yielding = yielding;
  p.lex.error = error;
  p.lex.names = &scope->arena;
  arena_init(&p.scratch, LIMIT_ARENA);
  if (!scope_begin(scope))
    return error_set(error, 0, "not enough memory");
  bool done = guarded(&p, rule, decl) && yielding->rivals == known &&
              (judge == NULL || judge->check(judge->data, scope, error));
  if (done)
    scope_commit(scope);
  else
    scope_rollback(scope);
  if (done && source->yields)
    mark_yielding(scope, before);
  lex_end(&p.lex);
  arena_free(&p.scratch);
  return done;
}

static void settle(Scope *scope, const Yielding *yielding, bool done) {
  const DeclList *rivals = yielding->rivals;
  if (done)
    for (const DeclList *at = yielding->confirmed; at != NULL; at = at->next)
      at->decl->yields = false;
  else
    for (const DeclList *at = rivals; at != NULL; at = at->next)
      scope_show(scope, at->decl);
  if (done && rivals != NULL)
    scope_remove_hidden(scope);
}

/*
** Rivals that yield are hidden, and it is tried again, since what stands before
** a rival in the text may have used it.
*/
static bool read(Scope *scope, const DeclText *source, Rule *rule,
                 Decl *decl, const Judge *judge, Error *error) {
  bool done;
  const DeclList *known;
  Yielding yielding = {.rivals = NULL};
  if (source->length >= UINT32_MAX)
    return error_set(error, 0, "the text is longer than 4 GB");
  arena_init(&yielding.memory, LIMIT_ARENA);
  do {
    known = yielding.rivals;
    yielding.confirmed = NULL;
    done = try(scope, source, rule, decl, judge, &yielding, error);
    for (DeclList *at = yielding.rivals; at != known; at = at->next)
      scope_hide(scope, at->decl);
  } while (yielding.rivals != known);
  settle(scope, &yielding, done);
  arena_free(&yielding.memory);
  return done;
}

bool decl_block(Scope *scope, const DeclText *text, Error *error) {
  return read(scope, text, block, NULL, NULL, error);
}

bool decl_checked(Scope *scope, const DeclText *text, DeclCheck *check,
                  void *data, Error *error) {
  const Judge judge = {check, data};
  return read(scope, text, block, NULL, &judge, error);
}

bool decl_one(Scope *scope, const DeclText *text, Decl *decl, Error *error) {
  return read(scope, text, single, decl, NULL, error);
}
