/* arith.c - see arith.h. */
#include "value/arith.h"

#include <complex.h>
#include <math.h>
#include <string.h>

typedef unsigned __int128 Wide;
typedef __int128 SignedWide;

static const Type *underlying(const Type *type) {
  return type->kind == TYPE_ENUM ? type->target : type;
}

/* The common type of two integers: 64 bits at least. */
static const Type *common_integer(const Type *a, const Type *b) {
  BaseType id = BASE_LLONG;
  a = underlying(a);
  b = underlying(b);
  if (type_size(a) == 16 || type_size(b) == 16) {
    id = BASE_INT128;
    if ((type_size(a) == 16 && (a->flags & TYPE_UNSIGNED)) ||
        (type_size(b) == 16 && (b->flags & TYPE_UNSIGNED)))
      id = BASE_UINT128;
  } else if ((type_size(a) == 8 && (a->flags & TYPE_UNSIGNED)) ||
             (type_size(b) == 8 && (b->flags & TYPE_UNSIGNED))) {
    id = BASE_ULLONG;
  }
  return type_base(id);
}

/* The part type of a float or complex number; double for an integer. */
static const Type *part(const Number *number) {
  if (number->kind == NUMBER_COMPLEX)
    return number->type->target;
  return number->kind == NUMBER_FLOAT ? number->type : type_base(BASE_FLOAT);
}

static const Type *common_float(const Number *a, const Number *b) {
  const Type *x = part(a);
  const Type *y = part(b);
  return x->rank > y->rank ? x : y;
}

static const Type *complex_of(const Type *type) {
  switch (type_size(type)) {
    case 4: return type_base(BASE_FLOAT_COMPLEX);
    case 8: return type_base(BASE_DOUBLE_COMPLEX);
    default: return type_base(BASE_LDOUBLE_COMPLEX);
  }
}

static Wide integer_power(Wide base, Wide exponent, bool negative) {
  Wide result = 1;
  if (negative) {
    if (base == 1)
      return 1;
    return base == (Wide)-1 ? (exponent & 1 ? base : 1) : 0;
  }
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1)
      result *= base;
    base *= base;
  }
  return result;
}

/* a / b and a % b as C has them; `down`: rounded down, as Lua has `//`. */
static Wide divide(lua_State *L, Wide a, Wide b, bool issigned, bool down,
                   bool remainder) {
  if (b == 0)
    luaL_error(L, "attempt to divide by zero");
  if (!issigned)
    return remainder ? a % b : a / b;
  if (b == (Wide)-1)
    return remainder ? 0 : -a;
  SignedWide x = (SignedWide)a;
  SignedWide y = (SignedWide)b;
  SignedWide quotient = x / y;
  if (down && x % y != 0 && (x % y < 0) != (y < 0))
    quotient--;
  return remainder ? (Wide)(x % y) : (Wide)quotient;
}

/* Shifts by the width or more give 0, as in Lua; C leaves them undefined. */
static Wide shift(Wide a, Wide by, unsigned width, bool right, bool issigned) {
  if (by >= width)
    return right && issigned && (SignedWide)a < 0 ? (Wide)-1 : 0;
  if (!right)
    return a << by;
  return issigned ? (Wide)((SignedWide)a >> by) : a >> by;
}

static void integers(lua_State *L, int op, const Number *a, const Number *b,
                     Number *result) {
  const Type *type = common_integer(a->type, b->type);
  bool issigned = !(type->flags & TYPE_UNSIGNED);
  unsigned width = (unsigned)type_size(type) * 8;
  Wide x = a->integer;
  Wide y = b->integer;
  if (!issigned && width < 128) {               /* converted to unsigned */
    x = (uint64_t)x;
    y = (uint64_t)y;
  }
  Wide r = 0;
  switch (op) {
    case LUA_OPADD: r = x + y; break;
    case LUA_OPSUB: r = x - y; break;
    case LUA_OPMUL: r = x * y; break;
    case LUA_OPDIV: r = divide(L, x, y, issigned, false, false); break;
    case LUA_OPIDIV: r = divide(L, x, y, issigned, true, false); break;
    case LUA_OPMOD: r = divide(L, x, y, issigned, false, true); break;
    case LUA_OPPOW:
      r = integer_power(x, y, issigned && (SignedWide)y < 0);
      break;
    case LUA_OPBAND: r = x & y; break;
    case LUA_OPBOR: r = x | y; break;
    case LUA_OPBXOR: r = x ^ y; break;
    case LUA_OPSHL: r = shift(x, y, width, false, issigned); break;
    case LUA_OPSHR: r = shift(x, y, width, true, issigned); break;
    case LUA_OPUNM: r = -x; break;
    case LUA_OPBNOT: r = ~x; break;
  }
  result->kind = NUMBER_INTEGER;
  result->type = type;
  result->integer = r;
}

static void bad_operator(lua_State *L, const Number *a, const Number *b) {
  const char *left = push_type(L, a->type);
  const char *right = push_type(L, b->type);
  luaL_error(L, "C has no such operator for '%s' and '%s'", left, right);
}

/*
** One function for each floating type: C rounds each result to its type, and
** double rounding would show. False: C has no such operator.
*/
#define FLOAT_OPERATION(name, T, suffix) \
  static bool name(int op, const Number *a, const Number *b, \
                   long double *result) { \
    T x = (T)number_float(a); \
    T y = (T)number_float(b); \
    T r; \
    switch (op) { \
      case LUA_OPADD: r = x + y; break; \
      case LUA_OPSUB: r = x - y; break; \
      case LUA_OPMUL: r = x * y; break; \
      case LUA_OPDIV: r = x / y; break; \
      case LUA_OPIDIV: r = floor##suffix(x / y); break; \
      case LUA_OPMOD: r = fmod##suffix(x, y); break; \
      case LUA_OPPOW: r = pow##suffix(x, y); break; \
      case LUA_OPUNM: r = -x; break; \
      default: return false; \
    } \
    *result = r; \
    return true; \
  }
FLOAT_OPERATION(float_operation, float, f)
FLOAT_OPERATION(double_operation, double, )
FLOAT_OPERATION(ldouble_operation, long double, l)

static void floats(lua_State *L, int op, const Number *a, const Number *b,
                   Number *result) {
  bool done;
  result->kind = NUMBER_FLOAT;
  result->type = common_float(a, b);
  switch (type_size(result->type)) {
    case sizeof(float): done = float_operation(op, a, b, &result->re); break;
    case sizeof(double):
      done = double_operation(op, a, b, &result->re);
      break;
    default: done = ldouble_operation(op, a, b, &result->re);
  }
  if (!done)
    bad_operator(L, a, b);
}

static long double _Complex complex_value(const Number *number) {
  long double _Complex value;     /* C11 6.2.5p13: laid out as two parts */
  long double parts[2] = {number_float(number), 0};
  if (number->kind == NUMBER_COMPLEX)
    parts[1] = number->im;
  memcpy(&value, parts, sizeof value);
  return value;
}

#define COMPLEX_OPERATION(name, T, suffix) \
  static bool name(int op, const Number *a, const Number *b, \
                   long double _Complex *result) { \
    T x = (T)complex_value(a); \
    T y = (T)complex_value(b); \
    T r; \
    switch (op) { \
      case LUA_OPADD: r = x + y; break; \
      case LUA_OPSUB: r = x - y; break; \
      case LUA_OPMUL: r = x * y; break; \
      case LUA_OPDIV: r = x / y; break; \
      case LUA_OPPOW: r = cpow##suffix(x, y); break; \
      case LUA_OPUNM: r = -x; break; \
      default: return false; \
    } \
    *result = r; \
    return true; \
  }
COMPLEX_OPERATION(float_complex, float _Complex, f)
COMPLEX_OPERATION(double_complex, double _Complex, )
COMPLEX_OPERATION(ldouble_complex, long double _Complex, l)

static void complexes(lua_State *L, int op, const Number *a, const Number *b,
                      Number *result) {
  bool done;
  long double _Complex r = 0;
  const Type *type = common_float(a, b);
  switch (type_size(type)) {
    case sizeof(float): done = float_complex(op, a, b, &r); break;
    case sizeof(double): done = double_complex(op, a, b, &r); break;
    default: done = ldouble_complex(op, a, b, &r);
  }
  if (!done)
    bad_operator(L, a, b);
  result->kind = NUMBER_COMPLEX;
  result->type = complex_of(type);
  result->re = creall(r);
  result->im = cimagl(r);
}

void arith(lua_State *L, State *s, int op, const Number *a, const Number *b) {
  Number result = *a;
  if (a->kind == NUMBER_COMPLEX || b->kind == NUMBER_COMPLEX)
    complexes(L, op, a, b, &result);
  else if (a->kind == NUMBER_FLOAT || b->kind == NUMBER_FLOAT)
    floats(L, op, a, b, &result);
  else
    integers(L, op, a, b, &result);
  number_push(L, s, &result);
}

static int compare_integers(const Number *a, const Number *b) {
  bool asigned = !(underlying(a->type)->flags & TYPE_UNSIGNED);
  bool bsigned = !(underlying(b->type)->flags & TYPE_UNSIGNED);
  bool anegative = asigned && (SignedWide)a->integer < 0;
  bool bnegative = bsigned && (SignedWide)b->integer < 0;
  if (anegative != bnegative)
    return anegative ? -1 : 1;
  return a->integer < b->integer ? -1 : a->integer > b->integer;
}

int arith_compare(const Number *a, const Number *b) {
  if (a->kind == NUMBER_INTEGER && b->kind == NUMBER_INTEGER)
    return compare_integers(a, b);
  long double x = number_float(a);
  long double y = number_float(b);
  if (a->kind == NUMBER_COMPLEX || b->kind == NUMBER_COMPLEX)
    return complex_value(a) == complex_value(b) ? 0 : 2;
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
}
