/* constant.c - see constant.h. */
#include "decl/constant.h"

static const char at_run_time[] = "its value is known at run time only";

Value value_open(const Type *type, const char *why) {
  Value value = {.kind = VALUE_OPEN, .type = type};
  value.why = why != NULL ? why : at_run_time;
  return value;
}

Value value_integer(const Type *type, SignedWide integer) {
  return (Value){.kind = VALUE_INTEGER, .type = type,
                 .integer = wrap(type, integer)};
}

/* Types of one format are told apart by their size, but _Float16. */
static bool fits_double(const Type *type) {
  return type_size(type) <= sizeof(double);
}

Value value_float(const Type *type, long double number) {
  if (type_size(type) <= sizeof(float))
    number = (float)number;
  else if (fits_double(type))
    number = (double)number;
  return (Value){.kind = VALUE_FLOAT, .type = type, .number = number};
}

/* The integer type behind a type: an enum's underlying one. */
static const Type *integer_type(const Type *type) {
  if (type->kind != TYPE_ENUM)
    return type->bare;
  const Type *underlying = type->bare->target;
  return underlying != NULL ? underlying->bare : type_base(BASE_UINT);
}

bool is_integer(const Type *type) {
  return type->kind == TYPE_INTEGER || type->kind == TYPE_BOOL ||
         type->kind == TYPE_ENUM;
}

bool is_arithmetic(const Type *type) {
  return is_integer(type) || type->kind == TYPE_FLOAT ||
         type->kind == TYPE_COMPLEX;
}

static bool is_unsigned(const Type *type) {
  return type->kind == TYPE_POINTER ||
         (integer_type(type)->flags & TYPE_UNSIGNED) != 0;
}

static unsigned bits_of(const Type *type) {
  uint64_t size = type->kind == TYPE_POINTER ? sizeof(void *)
                                             : integer_type(type)->size;
  return (unsigned)size * 8;
}

SignedWide wrap(const Type *type, SignedWide integer) {
  if (type->kind == TYPE_BOOL)
    return integer != 0;
  unsigned bits = bits_of(type);
  if (bits >= 128)
    return integer;
  Wide mask = ((Wide)1 << bits) - 1;
  Wide low = (Wide)integer & mask;
  if (!is_unsigned(type) && (low >> (bits - 1)) != 0)
    low |= ~mask;
  return (SignedWide)low;
}

bool value_truth(const Value *value, bool *truth) {
  switch (value->kind) {
    case VALUE_INTEGER: *truth = value->integer != 0; return true;
    case VALUE_FLOAT: *truth = value->number != 0; return true;
    case VALUE_STRING: *truth = true; return true;
    default: return false;
  }
}

static const Type *pointer_to(Parser *p, const Type *target) {
  return need_type(p, type_pointer(p->scope, target));
}

Value decay(Parser *p, Value value) {
  const Type *type = value.type;
  value.lvalue = false;
  if (type->kind == TYPE_ARRAY || type->kind == TYPE_FUNCTION) {
    value.type = pointer_to(p, type->kind == TYPE_ARRAY ? type->target : type);
    if (value.kind == VALUE_PLACE)
      value.kind = VALUE_INTEGER;
    return value;
  }
  value.type = type->bare;
  return value.kind == VALUE_PLACE ? value_open(value.type, NULL) : value;
}

static Value float_to_integer(const Type *type, long double number) {
  long double limit = 1;
  for (unsigned bits = bits_of(type) - !is_unsigned(type); bits > 0; bits--)
    limit *= 2;
  long double least = is_unsigned(type) ? -1 : -limit - 1;
  if (!(number > least && number < limit))
    return value_open(type, "a number is out of its type's range");
  Floating f;
  bool whole, fits;
  float_decode(&float_long_double, &number, &f);
  Wide magnitude = float_truncated(&f, &whole, &fits);
  return value_integer(type,
                       (SignedWide)(f.negative ? -magnitude : magnitude));
}

static Value to_integer(const Value *value, const Type *type) {
  bool truth;
  if (type->kind == TYPE_BOOL && value_truth(value, &truth))
    return value_integer(type, truth);
  if (value->kind == VALUE_FLOAT)
    return float_to_integer(type, value->number);
  if (value->kind == VALUE_INTEGER)
    return value_integer(type, value->integer);
  return value_open(type, value->why);
}

static Value to_float(const Value *value, const Type *type) {
  if (value->kind == VALUE_FLOAT)
    return value_float(type, value->number);
  if (value->kind != VALUE_INTEGER)
    return value_open(type, value->why);
  Floating f;
  long double number;
  float_of_integer(&f, (Wide)value->integer,
                   bits_of(value->type) == 128 && is_unsigned(value->type));
  float_encode(&float_long_double, &f, &number);
  return value_float(type, number);
}

static Value to_pointer(const Value *value, const Type *type) {
  Value result = *value;
  if (value->kind == VALUE_INTEGER)
    return value_integer(type, value->integer);
  result.type = type;
  return value->kind == VALUE_STRING ? result : value_open(type, value->why);
}

Value convert(Parser *p, Value value, const Type *type, const Token *at) {
  char text[TYPE_TEXT], other[TYPE_TEXT];
  value = decay(p, value);
  bool scalar = type_is_scalar(value.type);
  type = type->bare;
  if (type->kind == TYPE_VOID)
    return value_open(type, NULL);
  if (scalar && is_integer(type))
    return to_integer(&value, type);
  if (scalar && type->kind == TYPE_FLOAT && value.type->kind != TYPE_POINTER)
    return to_float(&value, type);
  if (scalar && type->kind == TYPE_POINTER && value.type->kind != TYPE_FLOAT)
    return to_pointer(&value, type);
  if ((type == value.type && type_complete(type)) ||
      type->kind == TYPE_VECTOR || type->kind == TYPE_COMPLEX)
    return value_open(type, value.why);
  parse_fail(p, at, "'%s' does not convert to '%s'",
             type_text(value.type, other), type_text(type, text));
}

/* Of two integer types, both promoted. */
static const Type *common_integer(const Type *a, const Type *b) {
  bool a_unsigned = is_unsigned(a), b_unsigned = is_unsigned(b);
  if (a_unsigned == b_unsigned)
    return a->rank >= b->rank ? a : b;
  const Type *with = a_unsigned ? a : b;
  const Type *without = a_unsigned ? b : a;
  if (with->rank > without->rank)
    return with;
  if (without->size > with->size)
    return without;
  return type_base((BaseType)(without->rank + 1));
}

static const Type *common_complex(const Type *a, const Type *b) {
  const Type *real_a = a->kind == TYPE_COMPLEX ? a->target : a;
  const Type *real_b = b->kind == TYPE_COMPLEX ? b->target : b;
  return type_complex(common_type(real_a, real_b));
}

const Type *common_type(const Type *a, const Type *b) {
  a = a->bare;
  b = b->bare;
  if (a->kind == TYPE_COMPLEX || b->kind == TYPE_COMPLEX)
    return common_complex(a, b);
  if (a->kind == TYPE_FLOAT && b->kind == TYPE_FLOAT)
    return a->rank >= b->rank ? a : b;
  if (a->kind == TYPE_FLOAT || b->kind == TYPE_FLOAT)
    return a->kind == TYPE_FLOAT ? a : b;
  return common_integer(type_promoted(a), type_promoted(b));
}

/* Division, remainder: C truncates towards zero. */
static Value divide(const Type *type, bool remainder, SignedWide a,
                    SignedWide b) {
  if (b == 0)
    return value_open(type, "division by zero");
  Wide rest;
  Wide quotient = wide_divide((Wide)a, (Wide)b, !is_unsigned(type), &rest);
  return value_integer(type, (SignedWide)(remainder ? rest : quotient));
}

static Value shift(const Type *type, bool left, SignedWide a,
                   SignedWide count) {
  if (count < 0 || count >= (SignedWide)bits_of(type))
    return value_open(type, "a shift count is out of range");
  if (left)
    return value_integer(type, (SignedWide)((Wide)a << count));
  if (is_unsigned(type))
    return value_integer(type, (SignedWide)((Wide)a >> count));
  return value_integer(type, a >> count);
}

/* -1, 0 or 1. */
static int compare_integers(const Type *type, SignedWide a, SignedWide b) {
  if (is_unsigned(type))
    return ((Wide)a > (Wide)b) - ((Wide)a < (Wide)b);
  return (a > b) - (a < b);
}

/* Both of the same type. */
static Value integer_operation(int operation, const Type *type, SignedWide a,
                               SignedWide b) {
  Wide x = (Wide)a, y = (Wide)b;
  switch (operation) {
    case '+': return value_integer(type, (SignedWide)(x + y));
    case '-': return value_integer(type, (SignedWide)(x - y));
    case '*': return value_integer(type, (SignedWide)(x * y));
    case '&': return value_integer(type, a & b);
    case '|': return value_integer(type, a | b);
    case '^': return value_integer(type, a ^ b);
    default: return divide(type, operation == '%', a, b);
  }
}

static long double operate_long(int operation, long double a, long double b) {
  switch (operation) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: return a / b;
  }
}

/* Apart, so that a double is rounded once only; exact enough for float. */
static double operate_double(int operation, double a, double b) {
  switch (operation) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: return a / b;
  }
}

static Value float_operation(int operation, const Type *type, long double a,
                             long double b) {
  if (fits_double(type))
    return value_float(type, operate_double(operation, (double)a, (double)b));
  return value_float(type, operate_long(operation, a, b));
}

static bool is_comparison(int kind) {
  return kind == '<' || kind == '>' || kind == TOKEN_LESSEQUAL ||
         kind == TOKEN_GREATEREQUAL || kind == TOKEN_EQUAL ||
         kind == TOKEN_UNEQUAL;
}

/* `order` is -1, 0, 1, or 2 for a NaN. */
static bool holds(int comparison, int order) {
  switch (comparison) {
    case '<': return order == -1;
    case '>': return order == 1;
    case TOKEN_LESSEQUAL: return order == -1 || order == 0;
    case TOKEN_GREATEREQUAL: return order == 0 || order == 1;
    case TOKEN_EQUAL: return order == 0;
    default: return order != 0;
  }
}

static int compare_floats(long double a, long double b) {
  if (a != a || b != b)
    return 2;
  return (a > b) - (a < b);
}

/* Both known and of the same type. */
static Value compare(int operation, const Value *a, const Value *b) {
  int order = a->kind == VALUE_FLOAT
                  ? compare_floats(a->number, b->number)
                  : compare_integers(a->type, a->integer, b->integer);
  return value_integer(type_base(BASE_INT), holds(operation, order));
}

_Noreturn static void refuse(Parser *p, const Token *operation, const Value *a,
                             const Value *b) {
  char text[TYPE_TEXT], other[TYPE_TEXT];
  parse_fail(p, operation, "'%.*s' does not take '%s' and '%s'",
             (int)operation->length, operation->text, type_text(a->type, text),
             type_text(b->type, other));
}

/* With at least one pointer. */
static Value pointer_comparison(int operation, const Value *a,
                                const Value *b) {
  if (a->kind != VALUE_INTEGER || b->kind != VALUE_INTEGER)
    return value_open(type_base(BASE_INT), NULL);
  const Type *address = type_base(BASE_SIZE);
  Value x = value_integer(address, a->integer);
  Value y = value_integer(address, b->integer);
  return compare(operation, &x, &y);
}

/* As C has it in bytes, GNU C for pointers to void and functions too. */
static SignedWide step_of(const Type *pointer) {
  uint64_t size = type_size(pointer->target);
  return size == SIZE_UNKNOWN ? 1 : (SignedWide)size;
}

static Value pointer_difference(const Value *a, const Value *b) {
  const Type *type = type_base(BASE_PTRDIFF);
  SignedWide step = step_of(a->type);
  if (a->kind != VALUE_INTEGER || b->kind != VALUE_INTEGER || step == 0)
    return value_open(type, NULL);
  const Type *address = type_base(BASE_PTRDIFF);
  return divide(type, false, wrap(address, a->integer - b->integer), step);
}

static Value pointer_operation(Parser *p, const Token *operation,
                               const Value *a, const Value *b) {
  int kind = (int)operation->kind;
  bool a_pointer = a->type->kind == TYPE_POINTER;
  bool b_pointer = b->type->kind == TYPE_POINTER;
  if (is_comparison(kind))
    return pointer_comparison(kind, a, b);
  if (kind == '-' && a_pointer && b_pointer)
    return pointer_difference(a, b);
  const Value *pointer = a_pointer ? a : b, *index = a_pointer ? b : a;
  if (!(kind == '+' || (kind == '-' && a_pointer)) || !is_integer(index->type))
    refuse(p, operation, a, b);
  if (pointer->kind != VALUE_INTEGER || index->kind != VALUE_INTEGER)
    return value_open(pointer->type, NULL);
  SignedWide way = wrap(type_base(BASE_PTRDIFF), index->integer) *
                   step_of(pointer->type);
  return value_integer(pointer->type,
                       kind == '+' ? pointer->integer + way
                                   : pointer->integer - way);
}

static Value logical(int operation, const Value *a, const Value *b) {
  const Type *type = type_base(BASE_INT);
  bool x, y, stop = operation == TOKEN_OR;
  if (!value_truth(a, &x))
    return value_open(type, a->why);
  if (x == stop)
    return value_integer(type, stop);
  if (!value_truth(b, &y))
    return value_open(type, b->why);
  return value_integer(type, y);
}

/* The result's type where a value is not known. */
static Value open_operation(int kind, const Type *type, const Value *a,
                            const Value *b) {
  const char *why = a->kind == VALUE_OPEN ? a->why : b->why;
  return value_open(is_comparison(kind) ? type_base(BASE_INT) : type, why);
}

static Value arithmetic(Parser *p, const Token *operation, Value a, Value b) {
  int kind = (int)operation->kind;
  bool shifts = kind == TOKEN_LEFT || kind == TOKEN_RIGHT;
  bool floats = kind == '+' || kind == '-' || kind == '*' || kind == '/' ||
                is_comparison(kind);
  if (!floats && !(is_integer(a.type) && is_integer(b.type)))
    refuse(p, operation, &a, &b);
  const Type *type = shifts ? type_promoted(a.type)
                            : common_type(a.type, b.type);
  a = convert(p, a, type, operation);
  if (!shifts)
    b = convert(p, b, type, operation);
  if (a.kind == VALUE_OPEN || b.kind == VALUE_OPEN)
    return open_operation(kind, type, &a, &b);
  if (is_comparison(kind))
    return compare(kind, &a, &b);
  if (shifts)
    return shift(type, kind == TOKEN_LEFT, a.integer, b.integer);
  if (a.kind == VALUE_FLOAT)
    return float_operation(kind, type, a.number, b.number);
  return integer_operation(kind, type, a.integer, b.integer);
}

Value apply_binary(Parser *p, const Token *operation, Value a, Value b) {
  int kind = (int)operation->kind;
  a = decay(p, a);
  b = decay(p, b);
  if (kind == TOKEN_AND || kind == TOKEN_OR)
    return logical(kind, &a, &b);
  if (a.type->kind == TYPE_VECTOR || b.type->kind == TYPE_VECTOR)
    return value_open(a.type->kind == TYPE_VECTOR ? a.type : b.type, NULL);
  if (is_arithmetic(a.type) && is_arithmetic(b.type))
    return arithmetic(p, operation, a, b);
  if (!type_is_scalar(a.type) || !type_is_scalar(b.type) ||
      a.type->kind == TYPE_FLOAT || b.type->kind == TYPE_FLOAT)
    refuse(p, operation, &a, &b);
  return pointer_operation(p, operation, &a, &b);
}

static Value negative(const Value *value) {
  if (value->kind == VALUE_FLOAT)
    return value_float(value->type, -value->number);
  return value_integer(value->type,
                       (SignedWide)(0 - (Wide)value->integer));
}

static Value sign(Parser *p, const Token *operation, Value value) {
  char text[TYPE_TEXT];
  int kind = (int)operation->kind;
  if (value.type->kind == TYPE_VECTOR)
    return value_open(value.type, NULL);
  if (!is_arithmetic(value.type) || (kind == '~' && !is_integer(value.type)))
    parse_fail(p, operation, "'%c' does not take '%s'", kind,
               type_text(value.type, text));
  if (is_integer(value.type))
    value = convert(p, value, type_promoted(value.type), operation);
  if (value.kind == VALUE_OPEN || kind == '+')
    return value;
  return kind == '-' ? negative(&value)
                     : value_integer(value.type, ~value.integer);
}

Value apply_unary(Parser *p, const Token *operation, Value value) {
  bool truth;
  value = decay(p, value);
  if (operation->kind != (TokenKind)'!')
    return sign(p, operation, value);
  const Type *type = type_base(BASE_INT);
  if (!value_truth(&value, &truth))
    return value_open(type, value.why);
  return value_integer(type, !truth);
}
