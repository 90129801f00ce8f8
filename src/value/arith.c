/* arith.c - see arith.h. */
#include "value/arith.h"

#include <complex.h>
#include <math.h>

/* The common type of two integers: 64 bits at least. */
static const Type *common_integer(const Type *a, const Type *b) {
  BaseType id = BASE_LLONG;
  a = type_underlying(a);
  b = type_underlying(b);
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

/* The floating type of a number or its parts; of an integer, the lowest. */
static const Type *part(const Number *number) {
  if (number->kind == NUMBER_COMPLEX)
    return number->type->target;
  return number->kind == NUMBER_FLOAT ? number->type
                                      : type_base(BASE_FLOAT16);
}

/* The ranks are C's: see type.h. */
static const Type *common_float(const Number *a, const Number *b) {
  const Type *x = part(a);
  const Type *y = part(b);
  return x->rank > y->rank ? x : y;
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
  Wide rest;
  Wide quotient = wide_divide(a, b, issigned, &rest);
  if (down && issigned && rest != 0 &&
      ((SignedWide)rest < 0) != ((SignedWide)b < 0))
    quotient--;
  return remainder ? rest : quotient;
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
  luaL_error(L, "there is no such operator for '%s' and '%s'", left, right);
}

/*
** Operations on floating numbers, one function for each type that C computes
** in: it rounds each result to its type, and rounding twice would show. They
** return false where there is no such operator.
*/
#define LIBM(floor, fmod, pow) \
  case LUA_OPIDIV: r = floor(x / y); break; \
  case LUA_OPMOD: r = fmod(x, y); break; \
  case LUA_OPPOW: r = pow(x, y); break;

#if LDBL_MANT_DIG == 113
#define QUAD_LIBM LIBM(floorl, fmodl, powl)
#define cpow_quad cpowl
#elif defined(__GLIBC__)          /* not in the math.h of C11 */
Quad floorf128(Quad x), fmodf128(Quad x, Quad y), powf128(Quad x, Quad y);
QuadComplex cpowf128(QuadComplex x, QuadComplex y);
#define QUAD_LIBM LIBM(floorf128, fmodf128, powf128)
#define cpow_quad cpowf128
#else                             /* musl has none of these */
#define QUAD_LIBM
#endif

#define FLOAT_OPERATION(name, T, libm) \
  static bool name(int op, const Type *type, const Number *a, \
                   const Number *b, Number *result) { \
    T x, y, r; \
    number_store(type, &x, a); \
    number_store(type, &y, b); \
    switch (op) { \
      case LUA_OPADD: r = x + y; break; \
      case LUA_OPSUB: r = x - y; break; \
      case LUA_OPMUL: r = x * y; break; \
      case LUA_OPDIV: r = x / y; break; \
      case LUA_OPUNM: r = -x; break; \
      libm \
      default: return false; \
    } \
    return number_load(type, &r, result); \
  }
FLOAT_OPERATION(float_operation, float, LIBM(floorf, fmodf, powf))
FLOAT_OPERATION(double_operation, double, LIBM(floor, fmod, pow))
FLOAT_OPERATION(ldouble_operation, long double, LIBM(floorl, fmodl, powl))
FLOAT_OPERATION(quad_operation, Quad, QUAD_LIBM)

/* A real operand stays real (C11 G.5.1, and 6.3.1.8 for the rest). */
#define MIXED(op) \
  r = !a_complex ? x op w : !b_complex ? z op y : z op w; \
  break;
#define COMPLEX_OPERATION(name, T, C, power) \
  static bool name(int op, const Type *type, const Number *a, \
                   const Number *b, Number *result) { \
    const Type *whole = type_complex(type); \
    bool a_complex = a->kind == NUMBER_COMPLEX; \
    bool b_complex = b->kind == NUMBER_COMPLEX; \
    T x, y; \
    C z, w, r; \
    number_store(type, &x, a); \
    number_store(type, &y, b); \
    number_store(whole, &z, a); \
    number_store(whole, &w, b); \
    switch (op) { \
      case LUA_OPADD: MIXED(+) \
      case LUA_OPSUB: MIXED(-) \
      case LUA_OPMUL: MIXED(*) \
      case LUA_OPDIV: MIXED(/) \
      case LUA_OPUNM: r = -z; break; \
      power \
      default: return false; \
    } \
    return number_load(whole, &r, result); \
  }
#define POWER(cpow) case LUA_OPPOW: r = cpow(z, w); break;
COMPLEX_OPERATION(float_complex, float, float _Complex, POWER(cpowf))
COMPLEX_OPERATION(double_complex, double, double _Complex, POWER(cpow))
COMPLEX_OPERATION(ldouble_complex, long double, long double _Complex,
                  POWER(cpowl))
#ifdef cpow_quad
COMPLEX_OPERATION(quad_complex, Quad, QuadComplex, POWER(cpow_quad))
#else
COMPLEX_OPERATION(quad_complex, Quad, QuadComplex, )
#endif

typedef bool Operation(int op, const Type *type, const Number *a,
                       const Number *b, Number *result);

/* By the format of the parts; a _Float16 is computed as a float. */
static Operation *operation(const Type *type, bool iscomplex) {
  const FloatFormat *format = type_format(type);
  if (format == &float_binary128)
    return iscomplex ? quad_complex : quad_operation;
  if (format == &float_long_double)
    return iscomplex ? ldouble_complex : ldouble_operation;
  if (format == &float_binary64)
    return iscomplex ? double_complex : double_operation;
  return iscomplex ? float_complex : float_operation;
}

static void floats(lua_State *L, int op, const Number *a, const Number *b,
                   Number *result) {
  bool iscomplex = a->kind == NUMBER_COMPLEX || b->kind == NUMBER_COMPLEX;
  const Type *type = common_float(a, b), *computed = type;
  if (type->rank == BASE_FLOAT16)
    computed = type_base(BASE_FLOAT);
  if (!operation(type, iscomplex)(op, computed, a, b, result))
    bad_operator(L, a, b);
  if (iscomplex)
    type = type_complex(type);
  if (result->type != type) {
    char room[2 * sizeof(Quad)];
    number_store(type, room, result);
    number_load(type, room, result);
  }
}

void arith(lua_State *L, State *s, int op, const Number *a, const Number *b) {
  Number result = *a;
  if (a->kind == NUMBER_INTEGER && b->kind == NUMBER_INTEGER)
    integers(L, op, a, b, &result);
  else
    floats(L, op, a, b, &result);
  number_push(L, s, &result);
}
