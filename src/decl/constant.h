/*
** constant.h - C's arithmetic on constants.
**
** Every expression has a type; its value may be known or not. What C could
** only know at run time, or what has no value (1/0), is VALUE_OPEN and says
** why, so that `0 ? 1/0 : 5` is 5 and an error comes only where a constant
** is needed.
*/
#ifndef CPLUGIN_CONSTANT_H
#define CPLUGIN_CONSTANT_H

#include "decl/parser.h"

typedef enum ValueKind {
  VALUE_OPEN,                     /* not constant: `why` */
  VALUE_INTEGER,                  /* `integer`; of a pointer its address */
  VALUE_FLOAT,                    /* `number` */
  VALUE_STRING,                   /* `bytes`, `length`; an array */
  VALUE_PLACE                     /* an object at the address `integer` */
} ValueKind;

typedef struct Value {
  ValueKind kind;
  bool lvalue;                    /* its type keeps qualifiers for typeof */
  const Type *type;
  SignedWide integer;             /* in the range of `type`: as its bits for */
                                  /* unsigned __int128 */
  long double number;
  const char *bytes;              /* without the closing NUL */
  size_t length;
  const char *why;                /* VALUE_OPEN: what is not constant */
} Value;

#define BASE_SIZE \
  _Generic((size_t)0, unsigned: BASE_UINT, unsigned long: BASE_ULONG, \
           unsigned long long: BASE_ULLONG)
#define BASE_PTRDIFF \
  _Generic((ptrdiff_t)0, int: BASE_INT, long: BASE_LONG, \
           long long: BASE_LLONG)

Value value_open(const Type *type, const char *why);
Value value_integer(const Type *type, SignedWide integer);
Value value_float(const Type *type, long double number);

bool is_integer(const Type *type);        /* _Bool and enums too */
bool is_arithmetic(const Type *type);

/* The integer that `type` makes of these bits (wrapped). */
SignedWide wrap(const Type *type, SignedWide integer);

/* Is a constant's truth known? *truth is then 0 or 1. */
bool value_truth(const Value *value, bool *truth);

/* Arrays and functions become pointers, objects their (unknown) values. */
Value decay(Parser *p, Value value);

/* As a cast to `type` does. `at` is for errors. */
Value convert(Parser *p, Value value, const Type *type, const Token *at);

/* C11 6.3.1.8, of two arithmetic types. */
const Type *common_type(const Type *a, const Type *b);

/* `operation` is the operator's token. */
Value apply_unary(Parser *p, const Token *operation, Value value);
Value apply_binary(Parser *p, const Token *operation, Value a, Value b);

#endif
