/* floating.c - see floating.h. */
#include "base/floating.h"

#include <string.h>

const FloatFormat float_binary16 = {2, 5, 11, false};
const FloatFormat float_binary32 = {4, 8, 24, false};
const FloatFormat float_binary64 = {8, 11, 53, false};
const FloatFormat float_binary128 = {16, 15, 113, false};

#if LDBL_MANT_DIG == 64
const FloatFormat float_long_double = {sizeof(long double), 15, 64, true};
#elif LDBL_MANT_DIG == 113
const FloatFormat float_long_double = {16, 15, 113, false};
#else
const FloatFormat float_long_double = {8, 11, 53, false};
#endif

static Wide low_bits(unsigned count) {
  return ((Wide)1 << count) - 1;
}

static Wide hidden_bit(const FloatFormat *format) {
  return (Wide)1 << (format->precision - 1);
}

/* The bits of the significand that are written. */
static unsigned stored(const FloatFormat *format) {
  return format->precision - !format->leading;
}

static int32_t bias(const FloatFormat *format) {
  return (1 << (format->width - 1)) - 1;
}

/* What the greatest exponent says, and numbers that the x87 refuses. */
static void decode_special(const FloatFormat *format, Floating *f) {
  bool valid = (f->significand & hidden_bit(format)) != 0;
  f->significand = f->significand << (129 - format->precision);
  f->kind = valid && f->significand == 0 ? FLOAT_INFINITE : FLOAT_NAN;
  if (!valid)
    f->significand |= FLOAT_QUIET;
}

void float_decode(const FloatFormat *format, const void *at, Floating *f) {
  Wide bits = 0;
  Wide greatest = low_bits(format->width);
  memcpy(&bits, at, format->bytes);
  Wide field = bits >> stored(format) & greatest;
  f->kind = FLOAT_FINITE;
  f->negative = (bits >> (stored(format) + format->width) & 1) != 0;
  f->significand = bits & low_bits(stored(format));
  if (field != 0 && !format->leading)
    f->significand |= hidden_bit(format);
  f->exponent = (int32_t)(field == 0 ? 1 : field) - bias(format) -
                (format->precision - 1);
  if (field == greatest ||
      (field != 0 && (f->significand & hidden_bit(format)) == 0))
    decode_special(format, f);
}

static void write_bits(const FloatFormat *format, bool negative, Wide field,
                       Wide significand, void *to) {
  Wide bits = (field | (Wide)negative << format->width) << stored(format);
  bits |= significand & low_bits(stored(format));
  memcpy(to, &bits, format->bytes);
}

static unsigned width_of(Wide value) {
  uint64_t high = (uint64_t)(value >> 64);
  if (high != 0)
    return 128 - (unsigned)__builtin_clzll(high);
  return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll((uint64_t)value);
}

/* value / 2^by, to the nearest, to even ones in the middle. */
static Wide rounded(Wide value, int32_t by) {
  if (by <= 0)
    return value << -by;
  if (by > 128)
    return 0;
  Wide quotient = by == 128 ? 0 : value >> by;
  Wide rest = value << (128 - by);
  Wide half = (Wide)1 << 127;
  return quotient + (rest > half || (rest == half && (quotient & 1)));
}

bool float_encode(const FloatFormat *format, const Floating *f, void *to) {
  Wide hidden = hidden_bit(format);
  Wide greatest = low_bits(format->width);
  int32_t least = 1 - bias(format) - (format->precision - 1);
  if (f->kind != FLOAT_FINITE) {
    Wide nan = f->significand >> (129 - format->precision);
    if (nan == 0)                 /* what made it a NaN has been cut off */
      nan = hidden >> 1;
    write_bits(format, f->negative, greatest,
               hidden | (f->kind == FLOAT_NAN ? nan : 0), to);
    return true;
  }
  int32_t exponent = f->exponent + (int32_t)width_of(f->significand) -
                     format->precision;
  if (exponent < least)
    exponent = least;
  Wide significand = rounded(f->significand, exponent - f->exponent);
  if (significand >= hidden << 1) {             /* 1.11...1 became 10.0 */
    significand >>= 1;
    exponent++;
  }
  Wide field = (significand & hidden) == 0 ? 0
                                           : (Wide)(exponent - least + 1);
  bool fits = field < greatest;
  write_bits(format, f->negative, fits ? field : greatest,
             fits ? significand : hidden, to);
  return fits;
}

void float_of_integer(Floating *f, Wide value, bool isunsigned) {
  f->kind = FLOAT_FINITE;
  f->negative = !isunsigned && (SignedWide)value < 0;
  f->significand = f->negative ? -value : value;
  f->exponent = 0;
}

Wide float_truncated(const Floating *f, bool *whole, bool *fits) {
  Wide value = f->significand;
  int32_t e = f->exponent;
  *whole = *fits = f->kind == FLOAT_FINITE;
  if (f->kind != FLOAT_FINITE || value == 0)
    return 0;
  *fits = e + (int32_t)width_of(value) <= 128;
  if (e >= 0)
    return e < 128 ? value << e : 0;
  *whole = e > -128 && (value & low_bits((unsigned)-e)) == 0;
  return e > -128 ? value >> -e : 0;
}

/* Of two positive ones: the significands from the top bit down. */
static int compare_size(const Floating *a, const Floating *b) {
  int32_t x = a->exponent + (int32_t)width_of(a->significand);
  int32_t y = b->exponent + (int32_t)width_of(b->significand);
  Wide p = a->significand << (128 - width_of(a->significand));
  Wide q = b->significand << (128 - width_of(b->significand));
  if (x != y)
    return x < y ? -1 : 1;
  return p < q ? -1 : p > q;
}

/* -2 for -infinity, -1, 0, 1, and 2 for infinity. */
static int region(const Floating *f) {
  int size = f->kind == FLOAT_INFINITE ? 2 : f->significand != 0;
  return f->negative ? -size : size;
}

int float_compare(const Floating *a, const Floating *b) {
  int x = region(a);
  int y = region(b);
  if (a->kind == FLOAT_NAN || b->kind == FLOAT_NAN)
    return 2;
  if (x != y)
    return x < y ? -1 : 1;
  if (x == 1 || x == -1)
    return compare_size(a, b) * x;
  return 0;
}
