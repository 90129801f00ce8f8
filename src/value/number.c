/* number.c - see number.h. */
#include "value/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "value/push.h"

#if defined(__SIZEOF_FLOAT128__)
typedef __float128 Quad;
#else
typedef long double Quad;
#endif

typedef unsigned __int128 Wide;
typedef __int128 SignedWide;

static const Type *underlying(const Type *type) {
  type = type->bare;
  return type->kind == TYPE_ENUM ? type->target : type;
}

static bool is_unsigned(const Type *type) {
  return (underlying(type)->flags & TYPE_UNSIGNED) != 0;
}

/* Cuts to the type's width, and extends by its sign. */
static Wide wrapped(const Type *type, Wide value) {
  unsigned unused = 128 - (unsigned)type_size(type) * 8;
  if (unused == 0)
    return value;
  value <<= unused;
  return is_unsigned(type) ? value >> unused
                           : (Wide)((SignedWide)value >> unused);
}

static long double load_part(const Type *type, const void *at) {
  if (type->rank == BASE_FLOAT128) {
    Quad value;
    memcpy(&value, at, sizeof value);
    return (long double)value;
  }
  if (type_size(type) <= sizeof(double))
    return load_float(type, at);
  long double value;
  memcpy(&value, at, sizeof value);
  return value;
}

static void store_part(const Type *type, void *to, long double part) {
  if (type->rank == BASE_FLOAT128) {
    Quad value = part;
    memcpy(to, &value, sizeof value);
  } else if (type_size(type) == sizeof(float)) {
    float value = (float)part;
    memcpy(to, &value, sizeof value);
  } else if (type_size(type) == sizeof(double)) {
    double value = (double)part;
    memcpy(to, &value, sizeof value);
  } else {
    memcpy(to, &part, sizeof part);
  }
}

static void load_wide(const Type *type, const void *at, Number *number) {
  number->kind = NUMBER_INTEGER;
  if (type_size(type) == sizeof(Wide))
    memcpy(&number->integer, at, sizeof(Wide));
  else
    number->integer = wrapped(type, (Wide)load_integer(type, at));
}

bool number_load(const Type *type, const void *at, Number *number) {
  type = type->bare;
  number->type = type;
  number->integer = 0;
  number->re = number->im = 0;
  switch (type->kind) {
    case TYPE_BOOL: case TYPE_INTEGER: case TYPE_ENUM:
      load_wide(type, at, number);
      return true;
    case TYPE_FLOAT:
      if (type->rank == BASE_FLOAT16)
        return false;
      number->kind = NUMBER_FLOAT;
      number->re = load_part(type, at);
      return true;
    case TYPE_COMPLEX:
      number->kind = NUMBER_COMPLEX;
      number->re = load_part(type->target, at);
      number->im = load_part(type->target, (const char *)at +
                                           type_size(type->target));
      return true;
    default:
      return false;
  }
}

bool number_read(lua_State *L, State *s, int index, Number *number) {
  long long integer = 0;
  CData *cd;
  switch (lua_type(L, index)) {
    case LUA_TBOOLEAN: {
      int boolean = lua_toboolean(L, index);
      return number_load(type_base(BASE_INT), &boolean, number);
    }
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        integer = lua_tointeger(L, index);
        return number_load(type_base(BASE_LLONG), &integer, number);
      } else {
        double value = lua_tonumber(L, index);
        return number_load(type_base(BASE_DOUBLE), &value, number);
      }
    case LUA_TUSERDATA:
      cd = cdata_test(L, s, index);
      return cd != NULL && cd->class->shape == SHAPE_VALUE &&
             number_load(cd->class->type, cdata_payload(cd), number);
    default:
      return false;
  }
}

long double number_float(const Number *number) {
  if (number->kind != NUMBER_INTEGER)
    return number->re;
  SignedWide value = (SignedWide)number->integer;
  if (value == (int64_t)value)    /* mostly, and no sum of two halves */
    return (long double)(int64_t)value;
  if (is_unsigned(number->type))
    return (long double)number->integer;
  return (long double)value;
}

/* A float as an integer, cut towards zero; what does not fit wraps or is 0. */
static Wide truncated(long double value) {
  if (!isfinite(value))
    return 0;
  value = truncl(value);
  if (fabsl(value) < 0x1p127L)
    return (Wide)(SignedWide)value;
  return value > 0 && value < 0x1p128L ? (Wide)value : 0;
}

static void store_wide(const Type *type, void *to, const Number *number) {
  Wide value = number->kind == NUMBER_INTEGER ? number->integer
                                              : truncated(number->re);
  if (type->kind == TYPE_BOOL) {
    value = number->kind == NUMBER_INTEGER
                ? number->integer != 0
                : number->re != 0 || number->im != 0;
  }
  memcpy(to, &value, (size_t)type_size(type));  /* little-endian */
}

void number_store(const Type *type, void *to, const Number *number) {
  type = type->bare;
  if (type->kind == TYPE_COMPLEX) {
    bool iscomplex = number->kind == NUMBER_COMPLEX;
    store_part(type->target, to, number_float(number));
    store_part(type->target, (char *)to + type_size(type->target),
               iscomplex ? number->im : 0);
  } else if (type->kind == TYPE_FLOAT) {
    store_part(type, to, number_float(number));
  } else {
    store_wide(type, to, number);
  }
}

bool number_fits(const Type *type, const Number *number, bool *whole) {
  Number integer = *number;
  type = type->bare;
  *whole = true;
  if (number->kind != NUMBER_INTEGER) {
    *whole = number->kind == NUMBER_FLOAT && isfinite(number->re) &&
             truncl(number->re) == number->re;
    if (!*whole || fabsl(number->re) >= 0x1p127L)
      return false;
    integer.integer = truncated(number->re);
    integer.type = type_base(BASE_INT128);
  }
  bool negative = !is_unsigned(integer.type) &&
                  (SignedWide)integer.integer < 0;
  if (type->kind == TYPE_BOOL)
    return integer.integer <= 1;
  if (negative && is_unsigned(type))
    return false;
  Wide cut = wrapped(type, integer.integer);
  bool stays = is_unsigned(type) || ((SignedWide)cut < 0) == negative;
  return cut == integer.integer && stays;
}

void number_push(lua_State *L, State *s, const Number *number) {
  Wide room[2] = {0, 0};          /* holds a long double _Complex */
  const Type *type = number->type;
  if (number->kind == NUMBER_FLOAT && type_size(type) <= sizeof(double)) {
    lua_pushnumber(L, (lua_Number)number->re);
    return;
  }
  number_store(type, room, number);
  cdata_copy(L, s, type, room);
}

static void wide_text(char *text, size_t size, const Number *number) {
  char digits[48];
  size_t at = sizeof digits - 1;
  bool negative = !is_unsigned(number->type) &&
                  (SignedWide)number->integer < 0;
  Wide rest = negative ? -number->integer : number->integer;
  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + (int)(rest % 10));
    rest /= 10;
  } while (rest != 0);
  snprintf(text, size, "%s%s", negative ? "-" : "", digits + at);
}

void number_text(lua_State *L, const Number *number) {
  char text[128];
  size_t size = type_size(number->type);
  if (number->kind == NUMBER_COMPLEX)
    size /= 2;
  int digits = size == sizeof(float) ? 9 : size == sizeof(double) ? 17 : 21;
  if (number->kind == NUMBER_INTEGER)
    wide_text(text, sizeof text, number);
  else if (number->kind == NUMBER_FLOAT)
    snprintf(text, sizeof text, "%.*Lg", digits, number->re);
  else
    snprintf(text, sizeof text, "%.*Lg%+.*Lgi", digits, number->re, digits,
             number->im);
  lua_pushstring(L, text);
}
