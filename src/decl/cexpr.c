/*
** cexpr.c - see cexpr.h.
**
** One function per rule of C11 6.5, but the binary operators, which are one
** loop over a table of their levels. Everything is evaluated as it is read,
** in one pass: what has no constant value is a VALUE_OPEN with its type.
*/
#include "decl/cexpr.h"

#include "decl/grammar.h"
#include "decl/literal.h"
#include "type/compat.h"

#include <string.h>

static Value cast(Parser *p);

void require_constant(Parser *p, const Value *value, const char *what,
                      const Token *at) {
  if (value->kind == VALUE_OPEN)
    parse_fail(p, at, "%s is not constant: %s", what, value->why);
}

Value constant_integer(Parser *p, const char *what) {
  char text[TYPE_TEXT];
  Token start = p->lex.token;
  Value value = decay(p, conditional(p));
  require_constant(p, &value, what, &start);
  if (value.kind != VALUE_INTEGER || !is_integer(value.type))
    parse_fail(p, &start, "%s must be an integer, not '%s'", what,
               type_text(value.type, text));
  return value;
}

/* Of a member or element: as far as the whole is known, the part is. */
static Value part(const Value *whole, const Type *type, uint64_t offset) {
  Value value = value_open(type, whole->why);
  value.lvalue = true;
  if (whole->kind == VALUE_PLACE) {
    value.kind = VALUE_PLACE;
    value.integer = wrap(type_base(BASE_SIZE),
                         whole->integer + (SignedWide)offset);
  }
  return value;
}

/* `*pointer`. */
static Value indirect(Parser *p, Value value, const Token *operation) {
  char text[TYPE_TEXT];
  value = decay(p, value);
  if (value.type->kind != TYPE_POINTER)
    parse_fail(p, operation, "'%s' is no pointer",
               type_text(value.type, text));
  value.kind = value.kind == VALUE_INTEGER ? VALUE_PLACE : VALUE_OPEN;
  return part(&value, value.type->target, 0);
}

static Value address_of(Parser *p, const Value *value) {
  Value result = value_open(need_type(p, type_pointer(p->scope, value->type)),
                            NULL);
  if (value->kind == VALUE_PLACE)
    result = value_integer(result.type, value->integer);
  return result;
}

/* The member in view, of a record. */
static Value member(Parser *p, const Value *record) {
  char text[TYPE_TEXT];
  uint64_t offset;
  const Type *type = record->type;
  Token name = expect_name(p, "a member's name");
  if (type->kind != TYPE_RECORD)
    parse_fail(p, &name, "'%s' has no members", type_text(type, text));
  if (!type_complete(type))
    parse_fail(p, &name, "'%s' is incomplete here", type_text(type, text));
  const Field *field = type_field(type->bare, name.text, name.length, &offset);
  if (field == NULL)
    parse_fail(p, &name, "'%s' has no member '%.*s'", type_text(type, text),
               (int)name.length, name.text);
  const Type *of = type_qualified(p->scope, field->type,
                                  type->qual & ~(unsigned)QUAL_RESTRICT);
  return part(record, need_type(p, of), offset);
}

/* "[" expression "]" */
static Value subscript(Parser *p, Value value) {
  Token bracket = expect(p, '[');
  Value index = expression(p);
  expect(p, ']');
  bracket.kind = (TokenKind)'+';
  return indirect(p, apply_binary(p, &bracket, value, index), &bracket);
}

/* "(" anything ")" behind a function: no call is constant. */
static Value call(Parser *p, Value value) {
  char text[TYPE_TEXT];
  Token parenthesis = p->lex.token;
  value = decay(p, value);
  const Type *function = value.type->target;
  if (value.type->kind != TYPE_POINTER || function->kind != TYPE_FUNCTION)
    parse_fail(p, &parenthesis, "'%s' is no function",
               type_text(value.type, text));
  skip_group(p);
  return value_open(function->bare->target, "a function is called");
}

static Value postfix_of(Parser *p, Value value) {
  for (;;) {
    Token token = p->lex.token;
    switch ((int)token.kind) {
      case '[': value = subscript(p, value); break;
      case '(': value = call(p, value); break;
      case '.':
        advance(p);
        value = member(p, &value);
        break;
      case TOKEN_ARROW:
        advance(p);
        value = indirect(p, value, &token);
        value = member(p, &value);
        break;
      default: return value;
    }
  }
}

static Value declared(Parser *p, const Token *name) {
  const ParamName *param = find_param(p, name);
  Value value = value_open(param != NULL ? param->type : NULL, NULL);
  value.lvalue = true;
  if (param != NULL)
    return value;
  const Decl *d = look_up(p, NAMES, name);
  if (d == NULL || d->kind == DECL_TYPEDEF)
    parse_fail(p, name, "'%.*s' is not declared%s", (int)name->length,
               name->text, suggestion(p, name, true));
  value.type = d->type;
  if (d->kind != DECL_CONSTANT)
    return value;
  switch (d->value->kind) {
    case CONSTANT_FLOAT: return value_float(d->type, d->value->number);
    case CONSTANT_STRING:
      value.kind = VALUE_STRING;
      value.bytes = d->value->string.bytes;
      value.length = d->value->string.length;
      return value;
    default: return value_integer(d->type, d->value->integer);
  }
}

/* offsetof "(" type "," member ("." member | "[" index "]")* ")" */
static Value offset_of(Parser *p) {
  advance(p);
  expect(p, '(');
  Value place = value_integer(type_base(BASE_SIZE), 0);
  place.type = type_name(p);
  place.kind = VALUE_PLACE;
  Token comma = expect(p, ',');
  place = member(p, &place);
  while (!at(p, ')')) {
    if (at(p, '['))
      place = subscript(p, place);
    else if (accept(p, '.'))
      place = member(p, &place);
    else
      parse_expected(p, "')'");
  }
  expect(p, ')');
  if (place.kind != VALUE_PLACE)
    parse_fail(p, &comma, "this offset is not constant");
  return value_integer(type_base(BASE_SIZE), place.integer);
}

/* __builtin_types_compatible_p "(" type "," type ")" */
static Value types_compatible(Parser *p) {
  advance(p);
  expect(p, '(');
  const Type *a = type_name(p);
  expect(p, ',');
  const Type *b = type_name(p);
  expect(p, ')');
  return value_integer(type_base(BASE_INT),
                       a->bare == b->bare || type_compatible(a->bare, b->bare));
}

/* __builtin_choose_expr "(" constant "," conditional "," conditional ")" */
static Value choose(Parser *p) {
  advance(p);
  expect(p, '(');
  Value condition = constant_integer(p, "the condition");
  expect(p, ',');
  Value yes = conditional(p);
  expect(p, ',');
  Value no = conditional(p);
  expect(p, ')');
  return condition.integer != 0 ? yes : no;
}

/* _Generic "(" conditional ("," (type | "default") ":" conditional)+ ")" */
static Value generic(Parser *p) {
  Value result = {.type = NULL}, otherwise = {.type = NULL};
  Token word = p->lex.token;
  advance(p);
  expect(p, '(');
  const Type *type = decay(p, conditional(p)).type;
  while (accept(p, ',')) {
    const Type *choice = NULL;
    if (at(p, TOKEN_NAME) && token_is(&p->lex.token, "default"))
      advance(p);
    else
      choice = type_name(p);
    expect(p, ':');
    Value value = conditional(p);
    if (choice == NULL)
      otherwise = value;
    else if (result.type == NULL && choice->qual == type->qual &&
             (choice->bare == type->bare || type_compatible(choice, type)))
      result = value;
  }
  expect(p, ')');
  if (result.type == NULL)
    result = otherwise;
  if (result.type == NULL)
    parse_fail(p, &word, "no type of this _Generic fits");
  return result;
}

static Value parenthesized(Parser *p) {
  expect(p, '(');
  if (at(p, '{'))
    parse_fail(p, &p->lex.token, "statements in expressions are not read");
  Value value = expression(p);
  expect(p, ')');
  return value;
}

static Value primary(Parser *p) {
  Token token = p->lex.token;
  switch ((int)token.kind) {
    case TOKEN_NUMBER: return literal_number(p);
    case TOKEN_CHARACTER: return literal_character(p);
    case TOKEN_STRING: return literal_string(p);
    case TOKEN_NAME:
      advance(p);
      return declared(p, &token);
    case '(': return parenthesized(p);
    case KEY_OFFSETOF: return offset_of(p);
    case KEY_COMPATIBLE: return types_compatible(p);
    case KEY_CHOOSE: return choose(p);
    case KEY_GENERIC: return generic(p);
    default: parse_expected(p, "an expression");
  }
}

/* As GNU C has it, sizeof(void) and of a function are 1. */
static uint64_t size_of(Parser *p, const Type *type, const Token *at) {
  char text[TYPE_TEXT], hint[SCOPE_HINT];
  if (type->kind == TYPE_VOID || type->kind == TYPE_FUNCTION)
    return 1;
  uint64_t size = type_size(type);
  if (size == SIZE_UNKNOWN)
    parse_fail(p, at, "'%s' is incomplete, its size is not known%s",
               type_text(type, text), scope_hint(type, hint));
  return size;
}

static uint64_t align_of(Parser *p, const Type *type, const Token *at) {
  char text[TYPE_TEXT];
  if (type->kind == TYPE_VOID || type->kind == TYPE_FUNCTION)
    return 1;
  uint32_t align = type_align(type);
  if (align == 0)
    parse_fail(p, at, "'%s' is incomplete, its alignment is not known",
               type_text(type, text));
  return align;
}

/* "{" anything "}" behind "(" type ")", and what follows as of any value */
static Value compound_literal(Parser *p, const Type *type) {
  Value value = value_open(type, "a compound literal");
  value.lvalue = true;
  skip_group(p);
  return postfix_of(p, value);
}

/* ("sizeof" | "_Alignof") (unary | "(" type ")") */
static Value measure(Parser *p) {
  Token word = p->lex.token;
  const Type *type;
  advance(p);
  if (at(p, '(') && starts_type(p, lex_peek(&p->lex))) {
    advance(p);
    type = type_name(p);
    expect(p, ')');
    if (at(p, '{'))
      type = compound_literal(p, type).type;
  }
  else if (at(p, '('))
    type = postfix_of(p, primary(p)).type;
  else
    type = cast(p).type;
  uint64_t result = word.kind == KEY_SIZEOF ? size_of(p, type, &word)
                                            : align_of(p, type, &word);
  return value_integer(type_base(BASE_SIZE), (SignedWide)result);
}

/* __real__ and __imag__: of complex numbers, which are never known. */
static Value part_of_complex(Parser *p) {
  Token word = p->lex.token;
  advance(p);
  Value value = decay(p, cast(p));
  if (value.type->kind == TYPE_COMPLEX)
    return value_open(value.type->target, value.why);
  if (!is_arithmetic(value.type))
    parse_fail(p, &word, "no number to take a part of");
  return value_open(value.type, NULL);
}

/* ("+" | "-" | "!" | "~" | "*" | "&" | "sizeof" ...) cast | postfix */
static Value unary(Parser *p) {
  Token token = p->lex.token;
  Value value;
  switch ((int)token.kind) {
    case '+': case '-': case '!': case '~':
      advance(p);
      return apply_unary(p, &token, cast(p));
    case '*':
      advance(p);
      return indirect(p, cast(p), &token);
    case '&':
      advance(p);
      value = cast(p);
      return address_of(p, &value);
    case KEY_SIZEOF: case KEY_ALIGNOF: return measure(p);
    case KEY_REAL: return part_of_complex(p);
    default: return postfix_of(p, primary(p));
  }
}

/* "(" type ")" cast | unary */
static Value cast(Parser *p) {
  enter(p);
  Value value;
  if (at(p, '(') && starts_type(p, lex_peek(&p->lex))) {
    Token parenthesis = expect(p, '(');
    const Type *type = type_name(p);
    expect(p, ')');
    if (at(p, '{'))
      value = compound_literal(p, type);
    else
      value = convert(p, cast(p), type, &parenthesis);
  }
  else
    value = unary(p);
  leave(p);
  return value;
}

/* How tightly a binary operator binds; 0: it is none. */
static int level_of(TokenKind kind) {
  switch ((int)kind) {
    case TOKEN_OR: return 1;
    case TOKEN_AND: return 2;
    case '|': return 3;
    case '^': return 4;
    case '&': return 5;
    case TOKEN_EQUAL: case TOKEN_UNEQUAL: return 6;
    case '<': case '>': case TOKEN_LESSEQUAL: case TOKEN_GREATEREQUAL:
      return 7;
    case TOKEN_LEFT: case TOKEN_RIGHT: return 8;
    case '+': case '-': return 9;
    case '*': case '/': case '%': return 10;
    default: return 0;
  }
}

/* cast (operator cast)*, of operators of that level or tighter ones */
static Value binary(Parser *p, int level) {
  Value left = cast(p);
  for (;;) {
    Token operation = p->lex.token;
    int own = level_of(operation.kind);
    if (own == 0 || own < level)
      return left;
    advance(p);
    Value right = binary(p, own + 1);
    left = apply_binary(p, &operation, left, right);
  }
}

/* The type of `c ? a : b`; both decayed. */
static const Type *merged_type(const Value *a, const Value *b) {
  if (is_arithmetic(a->type) && is_arithmetic(b->type))
    return common_type(a->type, b->type);
  if (a->type->kind != TYPE_POINTER || b->type->kind != TYPE_POINTER)
    return b->type->kind == TYPE_POINTER ? b->type : a->type;
  bool null = a->kind == VALUE_INTEGER && a->integer == 0;
  if (a->type->target->kind == TYPE_VOID)
    return null ? b->type : a->type;
  if (b->type->target->kind == TYPE_VOID)
    return b->kind == VALUE_INTEGER && b->integer == 0 ? a->type : b->type;
  return a->type;
}

static Value merge(Parser *p, const Value *condition, Value yes, Value no,
                   const Token *question) {
  bool truth;
  yes = decay(p, yes);
  no = decay(p, no);
  const Type *type = merged_type(&yes, &no);
  if (!value_truth(condition, &truth))
    return value_open(type, condition->why);
  return convert(p, truth ? yes : no, type, question);
}

/* binary ("?" expression? ":" conditional)? */
Value conditional(Parser *p) {
  Value value = binary(p, 1);
  Token question = p->lex.token;
  if (accept(p, '?')) {
    enter(p);
    value = decay(p, value);
    Value yes = at(p, ':') ? value : expression(p);
    expect(p, ':');
    value = merge(p, &value, yes, conditional(p), &question);
    leave(p);
  }
  return value;
}

/* conditional ("," conditional)* */
Value expression(Parser *p) {
  Value value = conditional(p);
  while (accept(p, ','))
    value = conditional(p);
  return value;
}
