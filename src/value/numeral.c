/* numeral.c - see numeral.h. */
#include "value/numeral.h"

#include <string.h>

#include "base/decimal.h"
#include "value/number.h"

/* ---- as text ---- */

static size_t write_integer(const Type *type, const void *at, char *to) {
  char digits[48];
  size_t start = sizeof digits;
  Number number;
  number_load(type, at, &number);
  bool negative = !(type_underlying(type)->flags & TYPE_UNSIGNED) &&
                  (SignedWide)number.integer < 0;
  Wide rest = negative ? -number.integer : number.integer;
  do {
    Wide digit;
    rest = wide_divide(rest, 10, false, &digit);
    digits[--start] = (char)('0' + (int)digit);
  } while (rest != 0);
  if (negative)
    digits[--start] = '-';
  memcpy(to, digits + start, sizeof digits - start);
  return sizeof digits - start;
}

static size_t write_part(const Type *type, const void *at, char *to) {
  Floating f;
  float_decode(type_format(type), at, &f);
  return decimal_write(type_format(type), &f, to);
}

/* "1-2i" */
static size_t write_complex(const Type *part, const char *at, char *to) {
  size_t length = write_part(part, at, to);
  size_t more = write_part(part, at + type_size(part), to + length + 1);
  if (to[length + 1] == '-') {
    memmove(to + length, to + length + 1, more);
  } else {
    to[length] = '+';
    more++;
  }
  to[length + more] = 'i';
  return length + more + 1;
}

void numeral_push(lua_State *L, const Type *type, const void *at) {
  char text[2 * DECIMAL_TEXT + 2];
  size_t length;
  type = type->bare;
  if (type->kind == TYPE_COMPLEX)
    length = write_complex(type->target, at, text);
  else if (type->kind == TYPE_FLOAT)
    length = write_part(type, at, text);
  else
    length = write_integer(type, at, text);
  lua_pushlstring(L, text, length);
}

/* ---- from text ---- */

#define NO_NUMBER "it is no number"
#define NOT_IN_RANGE "it is out of range"

/* Digits of base 10, or 16 behind "0x"; false: the text has other ones. */
static bool read_integer(const char *at, const char *end, bool *negative,
                         Wide *magnitude, bool *fits) {
  *negative = at < end && *at == '-';
  at += at < end && (*at == '-' || *at == '+');
  bool hexadecimal = end - at > 2 && at[0] == '0' && (at[1] | 0x20) == 'x';
  unsigned base = hexadecimal ? 16 : 10;
  at += hexadecimal ? 2 : 0;
  *magnitude = 0;
  *fits = true;
  for (const char *digit = at; digit < end; digit++) {
    bool letter = (*digit | 0x20) >= 'a' && (*digit | 0x20) <= 'f';
    if (!(*digit >= '0' && *digit <= '9') && !(hexadecimal && letter))
      return false;
    unsigned value = letter ? (unsigned)((*digit | 0x20) - 'a') + 10
                            : (unsigned)(*digit - '0');
    if (__builtin_mul_overflow(*magnitude, (Wide)base, magnitude) ||
        __builtin_add_overflow(*magnitude, (Wide)value, magnitude))
      *fits = false;
  }
  return at < end;
}

static const char *parse_integer(const Type *type, const char *at,
                                 const char *end, void *to) {
  bool negative, fits, whole = true, exact = true;
  Wide magnitude;
  Floating f;
  if (!read_integer(at, end, &negative, &magnitude, &fits)) {
    if (decimal_read(&float_binary128, at, end, &f, &exact) != end)
      return NO_NUMBER;
    magnitude = float_truncated(&f, &whole, &fits);
    negative = f.negative;
    if (f.kind == FLOAT_FINITE && !fits)
      return NOT_IN_RANGE;
    if (!whole || !exact)
      return "it has no integer representation";
  }
  Number number = {NUMBER_INTEGER, type_base(BASE_UINT128), magnitude, 0, 0};
  if (negative) {
    number.type = type_base(BASE_INT128);
    number.integer = -magnitude;
    fits = fits && (SignedWide)number.integer <= 0;
  }
  if (!fits || !number_fits(type, &number, &whole))
    return NOT_IN_RANGE;
  number_store(type, to, &number);
  return NULL;
}

static const char *parse_float(const Type *type, const char *at,
                               const char *end, void *to) {
  Floating f;
  bool exact;
  if (decimal_read(type_format(type), at, end, &f, &exact) != end)
    return NO_NUMBER;
  return float_encode(type_format(type), &f, to) ? NULL : NOT_IN_RANGE;
}

/* "1", "2i" or "1+2i" */
static const char *parse_complex(const Type *type, const char *at,
                                 const char *end, void *to) {
  const Type *part = type->target;
  Floating f;
  bool exact;
  const char *middle = decimal_read(type_format(part), at, end, &f, &exact);
  bool imaginary = end > at && end[-1] == 'i';
  char *second = (char *)to + type_size(part);
  if (middle == NULL)
    return NO_NUMBER;
  memset(to, 0, (size_t)type_size(type));
  if (!imaginary)
    return parse_float(part, at, end, to);
  if (middle == end - 1)
    return parse_float(part, at, end - 1, second);
  if (*middle != '+' && *middle != '-')
    return NO_NUMBER;
  const char *why = parse_float(part, at, middle, to);
  return why != NULL ? why : parse_float(part, middle, end - 1, second);
}

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

const char *numeral_read(const Type *type, const char *text, size_t length,
                         void *to) {
  char room[2 * sizeof(Quad)] = {0};
  const char *end = text + length, *why;
  while (text < end && is_space(*text))
    text++;
  while (text < end && is_space(end[-1]))
    end--;
  if (type->kind == TYPE_INTEGER)
    why = parse_integer(type, text, end, room);
  else if (type->kind == TYPE_FLOAT)
    why = parse_float(type, text, end, room);
  else
    why = parse_complex(type, text, end, room);
  if (why == NULL)
    memcpy(to, room, (size_t)type_size(type));
  return why;
}
