/*
** decimal.c - see decimal.h.
**
** Writing is Steele and White's and Dybvig's free-format algorithm ("Printing
** Floating-Point Numbers Quickly and Accurately", 1996): with integers r, s,
** up and down, the number is r/s, and what lies between its neighbours'
** middles is (r-down)/s to (r+up)/s. Digits are produced until what is left
** is inside.
**
** Reading makes a fraction of two integers and divides bit by bit.
*/
#include "base/decimal.h"

#include <stdio.h>
#include <string.h>

#include "base/bignum.h"

/* ---- writing ---- */

#define MOST_DIGITS 40

typedef struct Digits {
  Bignum r, s, up, down;
  bool even;                      /* the middles read back, too */
  char text[MOST_DIGITS];         /* with a NUL */
  int count;
  int point;                      /* the value is 0.text * 10^point */
} Digits;

/* r/s is the number, up/s and down/s half of what it is to its neighbours. */
static void set_ratio(Digits *d, const FloatFormat *format,
                      const Floating *f) {
  int32_t e = f->exponent;
  Wide hidden = (Wide)1 << (format->precision - 1);
  int32_t least = 3 - (1 << (format->width - 1)) - format->precision;
  bool lowest = f->significand == hidden && e > least;
  bignum_set(&d->r, f->significand);
  bignum_set(&d->s, 1);
  bignum_set(&d->up, 1);
  bignum_shift(&d->r, (uint32_t)(e > 0 ? e : 0) + 1 + lowest);
  bignum_shift(&d->s, (uint32_t)(e < 0 ? -e : 0) + 1 + lowest);
  bignum_shift(&d->up, (uint32_t)(e > 0 ? e : 0));
  d->down = d->up;
  if (lowest)                     /* the one below is nearer */
    bignum_shift(&d->up, 1);
  d->even = (f->significand & 1) == 0;
}

static bool reaches(const Digits *d, const Bignum *sum) {
  int order = bignum_compare(sum, &d->s);
  return d->even ? order >= 0 : order > 0;
}

/* Is r + up, so the upper end, at or above s? */
static bool above(const Digits *d) {
  Bignum sum = d->r;
  bignum_add(&sum, &d->up);
  return reaches(d, &sum);
}

static bool below(const Digits *d) {
  int order = bignum_compare(&d->r, &d->down);
  return d->even ? order <= 0 : order < 0;
}

/* Sets d->point, and scales so that r/s is below 1, the first digit not 0. */
static void scale(Digits *d) {
  int32_t bits = (int32_t)bignum_bits(&d->r) - (int32_t)bignum_bits(&d->s);
  int32_t point = bits * 30103 / 100000 - 2;    /* log10(2); too little */
  bignum_scale(&d->s, (uint32_t)(point > 0 ? point : 0));
  if (point < 0) {
    bignum_scale(&d->r, (uint32_t)-point);
    bignum_scale(&d->up, (uint32_t)-point);
    bignum_scale(&d->down, (uint32_t)-point);
  }
  while (above(d)) {
    bignum_multiply(&d->s, 10, 0);
    point++;
  }
  d->point = point;
}

/* The next digit: the integral part of 10 * r/s, which is taken from it. */
static int next_digit(Digits *d) {
  int digit = 0;
  bignum_multiply(&d->r, 10, 0);
  bignum_multiply(&d->up, 10, 0);
  bignum_multiply(&d->down, 10, 0);
  while (bignum_compare(&d->r, &d->s) >= 0) {
    bignum_subtract(&d->r, &d->s);
    digit++;
  }
  return digit;
}

static void make_digits(Digits *d, const FloatFormat *format,
                        const Floating *f) {
  set_ratio(d, format, f);
  scale(d);
  bool low, high;
  int digit;
  do {
    digit = next_digit(d);
    low = below(d);
    high = above(d);
    d->text[d->count++] = (char)('0' + digit);
  } while (!low && !high);
  bignum_shift(&d->r, 1);
  if (high && (!low || bignum_compare(&d->r, &d->s) >= 0))
    d->text[d->count - 1]++;
}

/* d.ddde+dd, 0.0ddd, ddd00 or d.ddd, whichever "%Lg" would take. */
static int lay_out(const Digits *d, int most, char *to) {
  static const char zeros[] = "0000000000000000000000000000000000000000";
  const char *text = d->text;
  int exponent = d->point - 1;
  if (exponent < -4 || exponent >= most)
    return sprintf(to, "%c%s%se%+03d", text[0], d->count > 1 ? "." : "",
                   text + 1, exponent);
  if (d->point <= 0)
    return sprintf(to, "0.%.*s%s", -d->point, zeros, text);
  if (d->point >= d->count)
    return sprintf(to, "%s%.*s", text, d->point - d->count, zeros);
  return sprintf(to, "%.*s.%s", d->point, text, text + d->point);
}

/* The payload is what the fraction says below its highest bit. */
static int write_nan(const FloatFormat *format, Wide fraction, char *to) {
  const char *name = fraction & FLOAT_QUIET ? "nan" : "snan";
  Wide payload = (fraction & ~FLOAT_QUIET) >> (129 - format->precision);
  unsigned long long high = (unsigned long long)(payload >> 64);
  unsigned long long low = (unsigned long long)payload;
  if (payload == 0)
    return sprintf(to, "%s", name);
  if (high == 0)
    return sprintf(to, "%s(0x%llx)", name, low);
  return sprintf(to, "%s(0x%llx%016llx)", name, high, low);
}

size_t decimal_write(const FloatFormat *format, const Floating *f,
                     char *text) {
  Digits d = {.count = 0};
  char *start = text;
  if (f->negative)
    *text++ = '-';
  if (f->kind == FLOAT_NAN) {
    text += write_nan(format, f->significand, text);
  } else if (f->kind == FLOAT_INFINITE || f->significand == 0) {
    text += sprintf(text, "%s", f->kind == FLOAT_INFINITE ? "inf" : "0");
  } else {
    make_digits(&d, format, f);
    text += lay_out(&d, 2 + format->precision * 30103 / 100000, text);
  }
  return (size_t)(text - start);
}

/* ---- reading ---- */

#define MOST_READ 11600           /* digits; no middle of two numbers of */
                                  /* binary128 has more */
#define MOST_POWER 20000          /* of 2; beyond that any format ends */
#define MOST_SCALE 4990           /* likewise of 10 */

typedef struct Reader {
  const char *at, *end;
  Floating *f;
  bool exact;
} Reader;

static bool skip(Reader *r, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(r->end - r->at) < length)
    return false;
  for (size_t i = 0; i < length; i++) {
    char lower = (char)(r->at[i] >= 'A' && r->at[i] <= 'Z' ? r->at[i] | 0x20
                                                           : r->at[i]);
    if (lower != word[i])
      return false;
  }
  r->at += length;
  return true;
}

/* The digit in view, or -1. */
static int digit_at(const Reader *r, int base) {
  char c = r->at < r->end ? *r->at : ' ';
  char lower = (char)(c | 0x20);
  if (c >= '0' && c <= '9')
    return c - '0';
  return base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/*
** Digits with at most one point as an integer; *power is what of the base it
** is to be multiplied with. False: no digits.
*/
static bool read_digits(Reader *r, int base, Bignum *number, int64_t *power) {
  bool any = false, point = false, rest = false;
  uint32_t kept = 0;
  for (; r->at < r->end; r->at++) {
    int digit = digit_at(r, base);
    if (digit < 0 && (point || *r->at != '.'))
      break;
    if (digit < 0) {
      point = true;
      continue;
    }
    any = true;
    if (kept < MOST_READ) {
      bignum_multiply(number, (uint32_t)base, (uint32_t)digit);
      kept += number->count != 0;
      *power -= point;
    } else {
      rest = rest || digit != 0;
      *power += !point;
    }
  }
  if (rest) {                     /* any digit stands for the others */
    bignum_multiply(number, (uint32_t)base, 1);
    *power -= 1;
    r->exact = false;
  }
  return any;
}

/* An exponent, if there is one; 0 if there is none. */
static int64_t read_exponent(Reader *r, const char *letter) {
  const char *start = r->at;
  int64_t value = 0;
  if (!skip(r, letter))
    return 0;
  bool negative = skip(r, "-");
  if (!negative)
    skip(r, "+");
  if (digit_at(r, 10) < 0)
    r->at = start;
  for (; digit_at(r, 10) >= 0; r->at++)
    value = value < INT32_MAX ? value * 10 + digit_at(r, 10) : value;
  return negative ? -value : value;
}

/* The number is x / y * 2^power. */
static void divide(Reader *r, Bignum *x, Bignum *y, int64_t power) {
  int64_t apart = (int64_t)bignum_bits(y) - (int64_t)bignum_bits(x);
  Wide quotient = 0;
  bignum_shift(apart > 0 ? x : y, (uint32_t)(apart > 0 ? apart : -apart));
  if (bignum_compare(x, y) < 0) {
    bignum_shift(x, 1);
    apart++;
  }
  for (int i = 0; i < 128; i++) {
    quotient <<= 1;
    if (bignum_compare(x, y) >= 0) {
      bignum_subtract(x, y);
      quotient |= 1;
    }
    bignum_shift(x, 1);
  }
  if (x->count != 0) {
    quotient |= 1;                /* so that it is not in the middle */
    r->exact = false;
  }
  r->f->significand = quotient;
  r->f->exponent = (int32_t)(power - apart - 127);
}

/* A number that no format has room for, or that is 0 in any. */
static void set_extreme(Reader *r, bool large) {
  r->f->significand = 1;
  r->f->exponent = large ? 2 * MOST_POWER : -2 * MOST_POWER;
  r->exact = false;
}

static bool read_decimal(Reader *r) {
  Bignum x = {0}, y;
  int64_t power = 0;
  if (!read_digits(r, 10, &x, &power))
    return false;
  power += read_exponent(r, "e");
  if (x.count == 0)
    return true;
  int64_t size = (int64_t)bignum_bits(&x) * 30103 / 100000 + power;
  if (size > MOST_SCALE || size < -MOST_SCALE) {
    set_extreme(r, size > 0);
    return true;
  }
  bignum_set(&y, 1);
  bignum_scale(power > 0 ? &x : &y, (uint32_t)(power > 0 ? power : -power));
  divide(r, &x, &y, 0);
  return true;
}

static bool read_hexadecimal(Reader *r) {
  Bignum x = {0}, y;
  int64_t power = 0;
  if (!read_digits(r, 16, &x, &power))
    return false;
  power = power * 4 + read_exponent(r, "p");
  if (x.count == 0)
    return true;
  int64_t size = (int64_t)bignum_bits(&x) + power;
  bignum_set(&y, 1);
  if (size > MOST_POWER || size < -MOST_POWER)
    set_extreme(r, size > 0);
  else
    divide(r, &x, &y, power);
  return true;
}

/* "(0x5)" behind "nan" or "snan". */
static void read_payload(Reader *r, const FloatFormat *format) {
  const char *start = r->at;
  Wide payload = 0;
  bool open = skip(r, "(0x");
  for (; open && digit_at(r, 16) >= 0; r->at++)
    payload = payload << 4 | (unsigned)digit_at(r, 16);
  if (open && skip(r, ")"))
    r->f->significand |= (payload << (129 - format->precision)) &
                         ~FLOAT_QUIET;
  else
    r->at = start;
}

static bool read_special(Reader *r, const FloatFormat *format) {
  if (skip(r, "infinity") || skip(r, "inf")) {
    r->f->kind = FLOAT_INFINITE;
    return true;
  }
  bool quiet = skip(r, "nan");
  if (!quiet && !skip(r, "snan"))
    return false;
  r->f->kind = FLOAT_NAN;
  r->f->significand = quiet ? FLOAT_QUIET : 0;
  read_payload(r, format);
  return true;
}

const char *decimal_read(const FloatFormat *format, const char *text,
                         const char *end, Floating *f, bool *exact) {
  Reader r = {text, end, f, true};
  *f = (Floating){.kind = FLOAT_FINITE};
  f->negative = skip(&r, "-");
  if (!f->negative)
    skip(&r, "+");
  const char *start = r.at;
  bool known = skip(&r, "0x") && read_hexadecimal(&r);
  if (!known) {                   /* "0xyz" is 0 */
    r.at = start;
    known = read_decimal(&r) || read_special(&r, format);
  }
  *exact = r.exact;
  return known ? r.at : NULL;
}
