/* parser.c - see parser.h. */
#include "decl/parser.h"

#include "type/ctext.h"

#include <string.h>

void parse_expected(Parser *p, const char *what) {
  const Token *token = &p->lex.token;
  if (token->kind == TOKEN_END)
    parse_fail(p, token, "expected %s before the end", what);
  bool cut = token->length > 40;
  parse_fail(p, token, "expected %s before '%.*s%s'", what,
             cut ? 40 : (int)token->length, token->text, cut ? "..." : "");
}

Token expect(Parser *p, char punctuator) {
  Token token = p->lex.token;
  char what[] = "'?'";
  what[1] = punctuator;
  if (!accept(p, punctuator))
    parse_expected(p, what);
  return token;
}

Token expect_name(Parser *p, const char *what) {
  Token token = p->lex.token;
  if (!accept(p, TOKEN_NAME))
    parse_expected(p, what);
  return token;
}

static char closing(TokenKind kind) {
  switch ((int)kind) {
    case '(': return ')';
    case '[': case TOKEN_BRACKETS: return ']';
    case '{': return '}';
    default: return 0;
  }
}

/* What must close is kept as a stack of characters, not of calls. */
void skip_group(Parser *p) {
  char *stack = NULL;
  size_t depth = 0;
  do {
    char close = closing(p->lex.token.kind);
    for (int i = at(p, TOKEN_BRACKETS) ? 2 : close != 0; i > 0; i--) {
      stack = scratch_grow(p, stack, depth, 1);
      stack[depth++] = close;
    }
    if (close == 0 && (at(p, ')') || at(p, ']') || at(p, '}') ||
                       at(p, TOKEN_END))) {
      char what[] = {'\'', depth > 0 ? stack[depth - 1] : ';', '\'', 0};
      if (depth == 0 || !at(p, stack[depth - 1]))
        parse_expected(p, what);
      depth--;
    }
    advance(p);
  } while (depth > 0);
}

void enter(Parser *p) {
  if (++p->depth > LIMIT_DEPTH)
    parse_fail(p, &p->lex.token, "nested deeper than %d", LIMIT_DEPTH);
}

void leave(Parser *p) {
  p->depth--;
}

void no_memory(Parser *p) {
  parse_fail(p, &p->lex.token, "not enough memory");
}

void *scratch(Parser *p, size_t size) {
  void *memory = arena_alloc(&p->scratch, size);
  if (memory == NULL)
    no_memory(p);
  return memory;
}

void *keep(Parser *p, size_t size) {
  void *memory = arena_alloc(&p->scope->arena, size);
  if (memory == NULL)
    no_memory(p);
  return memory;
}

const char *keep_text(Parser *p, const Token *token) {
  const char *copy = arena_copy(&p->scope->arena, token->text, token->length);
  if (copy == NULL)
    no_memory(p);
  return copy;
}

void *scratch_grow(Parser *p, void *items, size_t count, size_t size) {
  if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
    return items;
  void *more = scratch(p, (count == 0 ? 4 : count * 2) * size);
  if (count > 0)
    memcpy(more, items, count * size);
  return more;
}

Decl *look_up(const Parser *p, NameSpace space, const Token *name) {
  return p->source->yields
             ? scope_nearest(p->scope, space, name->text, name->length)
             : scope_find(p->scope, space, name->text, name->length);
}

const Type *need_type(Parser *p, const Type *made) {
  if (made == NULL)
    parse_fail(p, &p->lex.token, "this type is nested deeper than %d, or"
               " memory is out", LIMIT_DEPTH);
  return made;
}

const char *type_text(const Type *type, char buffer[TYPE_TEXT]) {
  if (ctext(type, NULL, buffer, TYPE_TEXT) >= TYPE_TEXT)
    memcpy(buffer + TYPE_TEXT - 4, "...", 4);
  return buffer;
}
