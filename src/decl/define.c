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

/* A macro may be defined again; other declarations stay, but what yields. */
static void add_constant(Parser *p, const Token *name,
                         const Constant *constant) {
  Decl *d = scope_find_here(p->scope, NAMES, name->text, name->length);
  if (d == NULL || d->yields) {
    declare_constant(p, name, constant);
  } else if (d->kind == DECL_CONSTANT) {
    announce(p, d, sizeof *d);
    d->type = constant->type;
    announce(p, d->value, sizeof *d->value);
    *d->value = *constant;
  }
}

static Decl *add(Parser *p, NameSpace space, DeclKind kind,
                 const Token *name) {
  Decl *d = scope_add(p->scope, space, kind, name->text, name->length);
  if (d == NULL)
    no_memory(p);
  d->place = lex_place(&p->lex, name->text);
  return d;
}

/* The body without the blanks around it, as a token that names it. */
static Token trimmed(const Define *define) {
  static const char blanks[] = " \t\r\n\v\f";
  const char *end = define->body + define->length;
  const char *start = define->body + strspn(define->body, blanks);
  while (end > start && strchr(blanks, end[-1]) != NULL)
    end--;
  size_t length = start < end ? (size_t)(end - start) : 0;
  return (Token){.text = start, .length = (uint32_t)length};
}

/* What is left to be read of a macro's parameters or arguments. */
typedef struct Rest {
  const char *s, *end;
} Rest;

static bool next_is(Rest *rest, char c) {
  while (rest->s < rest->end && (*rest->s == ' ' || *rest->s == '\t'))
    rest->s++;
  bool fits = rest->s < rest->end && *rest->s == c;
  rest->s += fits;
  return fits;
}

static bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (c >= '0' && c <= '9') || c == '.';
}

static Token next_word(Rest *rest) {
  next_is(rest, '\0');
  Token word = {.text = rest->s};
  while (rest->s < rest->end && in_word(*rest->s))
    rest->s++;
  word.length = (uint32_t)(rest->s - word.text);
  return word;
}

/* Is the argument `x` or `(x)`, for a parameter `x`? */
static bool passes_on(Rest *params, Rest *args) {
  bool wrapped = next_is(args, '(');
  Token param = next_word(params), arg = next_word(args);
  if (wrapped && !next_is(args, ')'))
    return false;
  if (token_is(&param, "..."))
    return token_is(&arg, "__VA_ARGS__");
  return param.length == arg.length &&
         memcmp(param.text, arg.text, arg.length) == 0;
}

/* `(a, b) f(a, (b))`: that is `f`. A macro that does more: no name. */
static Token forwarded(const Token *text) {
  static const Token none = {.text = ""};
  const char *end = text->text + text->length;
  const char *close = memchr(text->text, ')', text->length);
  if (close == NULL)
    return none;
  Rest params = {text->text, close + 1}, args = {close + 1, end};
  Token name = next_word(&args);
  if (!next_is(&params, '(') || !next_is(&args, '('))
    return none;
  do {
    if (!passes_on(&params, &args))
      return none;
  } while (next_is(&params, ',') && next_is(&args, ','));
  bool whole = next_is(&params, ')') && next_is(&args, ')');
  return whole && args.s == end ? name : none;
}

/* `#define deflateReset2 z_deflateReset2`: the same under another name. */
static bool add_alias(Parser *p, const Token *name, const Token *text) {
  const Decl *known =
      look_up(p, NAMES, text);
  if (known == NULL ||
      (known->kind != DECL_FUNCTION && known->kind != DECL_VARIABLE))
    return false;
  Decl *here = scope_find_here(p->scope, NAMES, name->text, name->length);
  if (here != NULL && (here == known || !gives_way(p, here)))
    return true;
  Decl *d = add(p, NAMES, known->kind, name);
  d->result = known->result;
  d->symbol = known->symbol;
  d->type = known->type;
  d->params = known->params;
  return true;
}

static void add_macro(Parser *p, const Token *name, const Token *text) {
  const char *kept = keep_text(p, text);
  Decl *d = scope_find_here(p->scope, MACROS, name->text, name->length);
  if (d == NULL)
    d = add(p, MACROS, DECL_MACRO, name);
  else
    announce(p, d, sizeof *d);
  d->symbol = kept;
}

static void define_one(Parser *p, const Define *define) {
  Value value;
  Constant constant;
  memset(&constant, 0, sizeof constant);
  const Token text = trimmed(define);
  if (!define->parameters && text.length != 0 && body(p, define, &value) &&
      to_constant(p, &value, &constant)) {
    add_constant(p, &define->name, &constant);
    return;
  }
  const Token other = define->parameters ? forwarded(&text) : text;
  if (other.length == 0 || !add_alias(p, &define->name, &other))
    add_macro(p, &define->name, &text);
}

void defines(Parser *p) {
  for (size_t i = 0; i < p->lex.ndefines; i++) {
    ArenaMark mark = arena_mark(&p->scratch);
    define_one(p, &p->lex.defines[i]);
    arena_rollback(&p->scratch, mark);
  }
}
