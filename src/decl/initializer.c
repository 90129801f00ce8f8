/*
** initializer.c - see initializer.h.
**
** Real headers define tables and the like in `static const`: what is not
** understood is skipped, the name is then a variable like any other.
*/
#include "decl/initializer.h"

#include "decl/cexpr.h"

#include <string.h>

/* To the `,` or `;` behind it, or the text's end. */
static void skip_initializer(Parser *p) {
  while (!at(p, ',') && !at(p, ';') && !at(p, TOKEN_END))
    skip_group(p);
}

static bool is_string(const Type *type) {
  return type->kind == TYPE_ARRAY && type->target->kind == TYPE_INTEGER;
}

static bool is_constant(const Specifiers *spec, const Declarator *d) {
  if (spec->storage & STORAGE_CONSTEXPR)
    return type_is_scalar(d->type) || is_string(d->type);
  if (!(spec->storage & STORAGE_STATIC) ||
      !(type_qualifiers(d->type) & QUAL_CONST))
    return false;
  return type_is_scalar(d->type) || is_string(d->type);
}

/* conditional | "{" conditional ","? "}" */
static Value scalar(Parser *p) {
  bool braces = accept(p, '{');
  Value value = conditional(p);
  if (braces) {
    accept(p, ',');
    expect(p, '}');
  }
  return value;
}

/*
** What fails in there is not an error: it jumps back to here, not to the
** start of the text, and the value is none.
*/
static bool try_value(Parser *p, Value *value) {
  jmp_buf here, *outer = p->lex.escape;
  bool done = false, quiet = p->lex.quiet;
  p->lex.escape = &here;
  p->lex.quiet = true;
  if (setjmp(here) == 0) {
    *value = scalar(p);
    done = at(p, ',') || at(p, ';') || at(p, TOKEN_END);
  }
  p->lex.escape = outer;
  p->lex.quiet = quiet;
  return done;
}

/* Back to where the parser was; what was allocated since stays. */
static void go_back(Parser *p, const Parser *before) {
  p->lex.token = before->lex.token;
  p->lex.ahead = before->lex.ahead;
  p->lex.peeked = before->lex.peeked;
  p->lex.cursor = before->lex.cursor;
  p->lex.marker = before->lex.marker;
  p->lex.ndefines = before->lex.ndefines;
  p->arguments = before->arguments;
  p->depth = before->depth;
  p->lists = before->lists;
  p->params = before->params;
}

static Value evaluate(Parser *p, const Type *type) {
  Parser before = *p;
  Value value = value_open(type, NULL);
  if (try_value(p, &value))
    return value;
  go_back(p, &before);
  return value_open(type, NULL);
}

bool to_constant(Parser *p, const Value *value, Constant *constant) {
  constant->type = value->type->bare;
  switch (value->kind) {
    case VALUE_INTEGER:
      constant->kind = value->type->kind == TYPE_POINTER ? CONSTANT_POINTER
                                                         : CONSTANT_INTEGER;
      constant->integer = value->integer;
      return true;
    case VALUE_FLOAT:
      constant->kind = CONSTANT_FLOAT;
      constant->number = value->number;
      return true;
    case VALUE_STRING: {
      char *bytes = keep(p, value->length + 4);
      constant->kind = CONSTANT_STRING;
      constant->string.bytes = memcpy(bytes, value->bytes, value->length);
      constant->string.length = value->length;
      return true;
    }
    default: return false;
  }
}

/* Do the elements of a string fit the declared array? */
static bool fits_array(const Type *array, const Type *string) {
  return string->kind == TYPE_ARRAY &&
         type_size(array->target) == type_size(string->target) &&
         (array->count == COUNT_UNKNOWN || array->count >= string->count);
}

bool initializer(Parser *p, const Specifiers *spec, const Declarator *d,
                 Constant *constant) {
  Token equal = expect(p, '=');
  if (!is_constant(spec, d) || (is_string(d->type) && at(p, '{'))) {
    skip_initializer(p);
    return false;
  }
  Value value = evaluate(p, d->type);
  skip_initializer(p);
  if (value.kind == VALUE_OPEN)
    return false;
  if (!is_string(d->type))
    value = convert(p, value, d->type, &equal);
  else if (value.kind != VALUE_STRING || !fits_array(d->type, value.type))
    return false;
  return to_constant(p, &value, constant);
}
