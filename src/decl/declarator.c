/*
** declarator.c - declarators, and the types that they make.
**
**   declarator = steps ("asm" "(" strings ")" | attributes)*
**   steps      = attributes? "*" qualifiers steps | direct
**   direct     = (name | "(" steps ")")? ("[" size "]" | "(" parameters ")")*
**
** Declarators are written inside out: in `int *(*f)(char)`, what is read
** last (the outer `*`) is the first step from int. So each rule puts its
** step in front of the list, after the rules inside it have put theirs.
** That takes one pass, whatever the nesting.
*/
#include "decl/cexpr.h"
#include "decl/grammar.h"

#include <string.h>

static void steps(Parser *p, bool abstract, Declarator *d);

static Op *add_step(Parser *p, Declarator *d, OpKind kind,
                    const Token *where) {
  Op *step = scratch(p, sizeof *step);
  step->kind = kind;
  step->where = *where;
  step->next = d->steps;
  d->steps = step;
  if (d->nearest == NULL)
    d->nearest = step;
  if (d->function == NULL && kind == OP_FUNCTION)
    d->function = step;
  return step;
}

/* What may stand behind `*` and `[`; clang's _Nonnull is told apart. */
static unsigned qualifiers(Parser *p, Declarator *d, bool *nonnull) {
  unsigned qual = 0;
  for (;;) {
    switch ((int)p->lex.token.kind) {
      case KEY_CONST: qual |= QUAL_CONST; break;
      case KEY_VOLATILE: qual |= QUAL_VOLATILE; break;
      case KEY_RESTRICT: qual |= QUAL_RESTRICT; break;
      case KEY_ATOMIC: qual |= QUAL_ATOMIC; break;
      case KEY_NONNULL: *nonnull = true; break;
      case KEY_NULLABILITY: break;
      default:
        if (attributes(p, &d->attributes))
          continue;
        return qual;
    }
    advance(p);
  }
}

/* Can a `(` in place of the name open another declarator? If not, it opens */
/* the parameters of a function without a name. */
static bool opens_declarator(Parser *p, bool abstract) {
  const Token *token = lex_peek(&p->lex);
  switch ((int)token->kind) {
    case '*': case '(': case '[': case KEY_CONVENTION: case KEY_ATTRIBUTE:
      return true;
    case TOKEN_NAME:
      return !abstract || (!starts_type(p, token) &&
                           !token_is(token, "string") &&
                           !token_is(token, "_Out_") &&
                           !token_is(token, "_Inout_"));
    default:
      return !abstract;
  }
}

static void array_count(Parser *p, Op *step) {
  char text[TYPE_TEXT];
  Token start = p->lex.token;
  Value value = decay(p, conditional(p));
  if (!is_integer(value.type))
    parse_fail(p, &start, "an array's size must be an integer, not '%s'",
               type_text(value.type, text));
  if (value.kind == VALUE_OPEN)
    step->why = value.why;
  else if (value.integer < 0)
    parse_fail(p, &start, "an array's size cannot be negative");
  else if (value.integer > (SignedWide)LIMIT_SIZE)
    parse_fail(p, &start, "this array is too large");
  else
    step->count = (uint64_t)value.integer;
}

/* "[" "static"? qualifiers? (constant | "*" | "?")? "]" */
static void array(Parser *p, Declarator *d) {
  Token bracket = expect(p, '[');
  Op *step = add_step(p, d, OP_ARRAY, &bracket);
  step->count = COUNT_UNKNOWN;
  qualifiers(p, d, &step->nonnull);
  if (accept(p, KEY_STATIC)) {
    step->nonnull = true;
    qualifiers(p, d, &step->nonnull);
  }
  if (accept(p, '?'))
    step->count = COUNT_VARIABLE;
  else if (at(p, '*') && lex_peek(&p->lex)->kind == (TokenKind)']')
    advance(p);
  else if (!at(p, ']'))
    array_count(p, step);
  expect(p, ']');
}

static void function(Parser *p, Declarator *d) {
  Token parenthesis = p->lex.token;
  Op inner = {.kind = OP_FUNCTION};
  parameters(p, &inner);
  Op *step = add_step(p, d, OP_FUNCTION, &parenthesis);
  step->signature = inner.signature;
  step->params = inner.params;
}

/* ("[" size "]" | "(" parameters ")")*, the last one is the first step */
static void suffixes(Parser *p, Declarator *d) {
  for (;;) {
    if (at(p, '['))
      array(p, d);
    else if (at(p, '('))
      function(p, d);
    else if (!at(p, TOKEN_BRACKETS) || !attributes(p, &d->attributes))
      return;
  }
}

static void direct(Parser *p, bool abstract, Declarator *d) {
  if (at(p, TOKEN_NAME))
    d->name = expect_name(p, "a name");
  else if (at(p, '(') && opens_declarator(p, abstract)) {
    advance(p);
    Token first = p->lex.token;
    steps(p, abstract, d);
    if (first.kind == TOKEN_NAME && !at(p, ')'))
      not_a_type(p, &first);    /* `int (FILE *)`: no name, a parameter */
    expect(p, ')');
  }
  else if (!abstract)
    parse_expected(p, "a name");
  suffixes(p, d);
}

static void steps(Parser *p, bool abstract, Declarator *d) {
  enter(p);
  attributes(p, &d->attributes);
  Token star = p->lex.token;
  if (accept(p, '*')) {
    bool nonnull = false;
    unsigned qual = qualifiers(p, d, &nonnull);
    steps(p, abstract, d);
    Op *step = add_step(p, d, OP_POINTER, &star);
    step->qual = qual;
    step->nonnull = nonnull;
  }
  else
    direct(p, abstract, d);
  leave(p);
}

/* "asm" "(" strings ")" */
static void symbol(Parser *p, Declarator *d) {
  advance(p);
  expect(p, '(');
  if (!at(p, TOKEN_STRING))
    parse_expected(p, "a string");
  Value value = expression(p);
  if (value.kind != VALUE_STRING || memchr(value.bytes, 0, value.length))
    parse_fail(p, &p->lex.token, "a symbol's name must be a plain string");
  d->symbol = value.bytes;
  expect(p, ')');
}

static const Type *pointer(Parser *p, const Op *step, const Type *type) {
  char text[TYPE_TEXT];
  type = need_type(p, type_pointer(p->scope, type));
  if ((step->qual & QUAL_RESTRICT) && type->target->kind == TYPE_FUNCTION)
    parse_fail(p, &step->where, "'%s' cannot be restrict",
               type_text(type, text));
  return need_type(p, type_qualified(p->scope, type, step->qual));
}

static const Type *array_of(Parser *p, const Op *step, const Type *element) {
  char text[TYPE_TEXT], hint[SCOPE_HINT];
  uint64_t size = type_size(element), count = step->count;
  if (size == SIZE_UNKNOWN)
    parse_fail(p, &step->where, "an array of '%s', which %s%s",
               type_text(element, text), element->kind == TYPE_FUNCTION
               ? "is a function" : "is incomplete",
               scope_hint(element, hint));
  if (size % type_align(element) != 0)
    parse_fail(p, &step->where, "the alignment of '%s' is greater than its"
               " size", type_text(element, text));
  if (step->why != NULL && p->lists == 0)
    parse_fail(p, &step->where, "the array's size is not constant: %s",
               step->why);
  if (count < COUNT_VARIABLE && size != 0 && count > LIMIT_SIZE / size)
    parse_fail(p, &step->where, "this array is too large");
  return need_type(p, type_array(p->scope, element, count));
}

static const Type *function_of(Parser *p, const Op *step,
                               const Type *result) {
  if (result->kind == TYPE_FUNCTION || result->kind == TYPE_ARRAY)
    parse_fail(p, &step->where, "a function cannot give back %s",
               result->kind == TYPE_ARRAY ? "an array" : "a function");
  return need_type(p, type_function(p->scope, result->bare,
                                    &step->signature));
}

static const Type *take(Parser *p, const Op *step, const Type *type) {
  switch (step->kind) {
    case OP_POINTER: return pointer(p, step, type);
    case OP_ARRAY: return array_of(p, step, type);
    default: return function_of(p, step, type);
  }
}

/* A calling convention on a function whose type is a typedef. */
static const Type *with_convention(Parser *p, const Type *type,
                                   CallConvention convention) {
  if (type->kind != TYPE_FUNCTION || convention == CALL_DEFAULT)
    return type;
  Signature changed = *type->signature;
  changed.convention = convention;
  return need_type(p, type_function(p->scope, type->target, &changed));
}

/* What attributes say of the whole. */
static const Type *attributed(Parser *p, const Specifiers *spec,
                              const Attributes *list, const Type *type) {
  Record *record = type->record;
  if (!(spec->storage & STORAGE_TYPEDEF))
    return type;
  if (list->transparent && type->kind == TYPE_RECORD &&
      (type->flags & TYPE_UNION) && type->scope == p->scope) {
    announce(p, record, sizeof *record);
    record->transparent = true;
  }
  if (list->aligned == 0 || type->kind == TYPE_FUNCTION ||
      type->kind == TYPE_VOID)
    return type;
  return need_type(p, type_aligned(p->scope, type, list->aligned));
}

static const Type *build(Parser *p, const Specifiers *spec,
                         const Declarator *d) {
  const Attributes *list = &d->attributes;
  const Type *type = spec->type;
  if (list->any) {
    type = attributes_on_base(p, list, type);
    if (d->function != NULL)
      d->function->signature.convention = list->convention;
    else
      type = with_convention(p, type, list->convention);
  }
  for (const Op *step = d->steps; step != NULL; step = step->next)
    type = take(p, step, type);
  return list->any ? attributed(p, spec, list, type) : type;
}

/* In a parameter, the array that it is becomes a pointer (C11 6.7.6.3p7); */
/* its size may then be anything. */
static void adjust_array(Declarator *d) {
  Op *step = d->nearest;
  if (step == NULL || step->kind != OP_ARRAY)
    return;
  step->kind = OP_POINTER;
  step->qual = 0;
}

void declarator(Parser *p, const Specifiers *spec, NameRule rule,
                Declarator *out) {
  out->name = (Token){.length = 0};
  out->steps = out->nearest = out->function = NULL;
  out->attributes.any = false;
  out->symbol = NULL;
  steps(p, rule != NAME_NEEDED, out);
  for (;;) {
    if (at(p, KEY_ASM))
      symbol(p, out);
    else if (!attributes(p, &out->attributes))
      break;
  }
  if (rule == NAME_PARAMETER)
    adjust_array(out);
  merge_attributes(&out->attributes, &spec->attributes);
  out->type = build(p, spec, out);
}
