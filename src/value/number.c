/* number.c - see number.h. */
#include "value/number.h"

#include <string.h>

#include "value/scalar.h"

static bool is_unsigned(const Type *type) {
  return (type_underlying(type)->flags & TYPE_UNSIGNED) != 0;
}

/* ---- from C and Lua ---- */

/* Cuts to the type's width, and extends by its sign. */
static Wide wrapped(const Type *type, Wide value) {
  unsigned unused = 128 - (unsigned)type_size(type) * 8;
  value <<= unused;
  return is_unsigned(type) ? value >> unused
                           : (Wide)((SignedWide)value >> unused);
}

static Quad load_part(const Type *type, const void *at) {
  Floating f;
  Quad part;
  float_decode(type_format(type), at, &f);
  float_encode(&float_binary128, &f, &part);
  return part;
}

static void load_wide(const Type *type, const void *at, Number *number) {
  number->kind = NUMBER_INTEGER;
  if (type_size(type) == sizeof(Wide))
    memcpy(&number->integer, at, sizeof(Wide));
  else
    number->integer = wrapped(type, (Wide)scalar_integer(type, at));
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

bool number_read(lua_State *L, int index, Number *number) {
  long long integer = 0;
  CData *cd;
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        integer = lua_tointeger(L, index);
        return number_load(type_base(BASE_LLONG), &integer, number);
      } else {
        double value = lua_tonumber(L, index);
        return number_load(type_base(BASE_DOUBLE), &value, number);
      }
    case LUA_TUSERDATA:
      cd = cdata_test(L, index);
      return cd != NULL && cd->class->shape == SHAPE_VALUE &&
             number_load(cd->class->type, cdata_payload(cd), number);
    default:
      return false;
  }
}

/* ---- to C and Lua ---- */

/* The number, or its real part, taken apart. */
static void real_part(const Number *number, Floating *f) {
  if (number->kind == NUMBER_INTEGER)
    float_of_integer(f, number->integer, is_unsigned(number->type));
  else
    float_decode(&float_binary128, &number->re, f);
}

static void imaginary_part(const Number *number, Floating *f) {
  float_decode(&float_binary128, &number->im, f);
}

/* A conversion makes a signalling NaN a quiet one. */
static void store_part(const Type *type, void *to, Floating *f) {
  if (f->kind == FLOAT_NAN)
    f->significand |= FLOAT_QUIET;
  float_encode(type_format(type), f, to);
}

static void store_wide(const Type *type, void *to, const Number *number) {
  Wide value = number->integer;
  if (number->kind != NUMBER_INTEGER) {
    Floating f;
    bool whole, fits;
    real_part(number, &f);
    value = float_truncated(&f, &whole, &fits);
    value = f.negative ? -value : value;
  }
  if (type->kind == TYPE_BOOL)
    value = number->integer != 0 || number->re != 0 || number->im != 0;
  memcpy(to, &value, (size_t)type_size(type));  /* little-endian */
}

void number_store(const Type *type, void *to, const Number *number) {
  Floating f;
  type = type->bare;
  if (type->kind == TYPE_COMPLEX) {
    real_part(number, &f);
    store_part(type->target, to, &f);
    imaginary_part(number, &f);
    store_part(type->target, (char *)to + type_size(type->target), &f);
  } else if (type->kind == TYPE_FLOAT) {
    real_part(number, &f);
    store_part(type, to, &f);
  } else {
    store_wide(type, to, number);
  }
}

/* Has the type that integer, given as sign and magnitude? */
static bool in_range(const Type *type, bool negative, Wide magnitude) {
  unsigned bits = (unsigned)type_size(type) * 8;
  if (type->kind == TYPE_BOOL)
    return magnitude <= 1 && !(negative && magnitude != 0);
  bool ischar = type->kind == TYPE_INTEGER && type->rank == BASE_CHAR;
  Wide limit = (Wide)1 << (bits - 1);           /* plain char: either sign */
  if (negative)
    return magnitude <= (is_unsigned(type) && !ischar ? 0 : limit);
  return magnitude <= limit - 1 + (is_unsigned(type) || ischar ? limit : 0);
}

bool number_fits(const Type *type, const Number *number, bool *whole) {
  Floating f;
  bool fits;
  real_part(number, &f);
  Wide magnitude = float_truncated(&f, whole, &fits);
  if (number->kind == NUMBER_COMPLEX)
    *whole = false;
  return *whole && fits && in_range(type->bare, f.negative, magnitude);
}

lua_Number number_lua(const Number *number) {
  Floating f;
  lua_Number value;
  real_part(number, &f);
  store_part(type_base(BASE_DOUBLE), &value, &f);
  return value;
}

int number_compare(const Number *a, const Number *b) {
  Floating x, y;
  real_part(a, &x);
  real_part(b, &y);
  int order = float_compare(&x, &y);
  if (a->kind == NUMBER_COMPLEX || b->kind == NUMBER_COMPLEX)
    return order == 0 && a->im == b->im ? 0 : 2;
  return order;
}

void number_push(lua_State *L, State *s, const Number *number) {
  char room[2 * sizeof(Quad)];
  if (number->kind == NUMBER_FLOAT && scalar_is_plain(number->type)) {
    lua_pushnumber(L, number_lua(number));
    return;
  }
  number_store(number->type, room, number);
  cdata_copy(L, s, number->type, room);
}
