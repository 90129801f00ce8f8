/*
** decimal_test.c - floating numbers to text and back, all bit patterns of 16
** bits and random ones of the larger formats. libc says what is right.
*/
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "check.h"

#define ROUNDS 2000

#if defined(__GLIBC__) && LDBL_MANT_DIG == 64
#define HAS_BINARY128 1
Quad strtof128(const char *text, char **end);   /* C11's stdlib.h has not */
int strfromf128(char *to, size_t size, const char *format, Quad value);
#else
#define HAS_BINARY128 0
#endif

typedef struct Row {
  const char *name;
  const FloatFormat *format;
  void (*read)(const char *text, void *to);     /* libc's */
  void (*write)(const void *at, int digits, char *text);
} Row;

static void read_float(const char *text, void *to) {
  float value = strtof(text, NULL);
  memcpy(to, &value, sizeof value);
}

static void write_float(const void *at, int digits, char *text) {
  float value;
  memcpy(&value, at, sizeof value);
  sprintf(text, "%.*e", digits - 1, (double)value);
}

static void read_double(const char *text, void *to) {
  double value = strtod(text, NULL);
  memcpy(to, &value, sizeof value);
}

static void write_double(const void *at, int digits, char *text) {
  double value;
  memcpy(&value, at, sizeof value);
  sprintf(text, "%.*e", digits - 1, value);
}

static void read_long(const char *text, void *to) {
  long double value = strtold(text, NULL);
  memset(to, 0, sizeof value);
  memcpy(to, &value, LDBL_MANT_DIG == 64 ? 10 : sizeof value);
}

static void write_long(const void *at, int digits, char *text) {
  long double value;
  memcpy(&value, at, sizeof value);
  sprintf(text, "%.*Le", digits - 1, value);
}

#if HAS_BINARY128
static void read_quad(const char *text, void *to) {
  Quad value = strtof128(text, NULL);
  memcpy(to, &value, sizeof value);
}

static void write_quad(const void *at, int digits, char *text) {
  Quad value;
  char format[16];
  memcpy(&value, at, sizeof value);
  sprintf(format, "%%.%de", digits - 1);
  strfromf128(text, 128, format, value);
}
#endif

static const Row rows[] = {
  {"binary32", &float_binary32, read_float, write_float},
  {"binary64", &float_binary64, read_double, write_double},
  {"long double", &float_long_double, read_long, write_long},
#if HAS_BINARY128
  {"binary128", &float_binary128, read_quad, write_quad},
#endif
};

static uint64_t state = 88172645463325252u;

static uint64_t random64(void) {  /* xorshift */
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* Every fourth has few bits, every eighth a very small exponent. */
static void random_bits(const FloatFormat *format, unsigned char *bits) {
  Wide value = (Wide)random64() << 64 | random64();
  unsigned width = format->precision - !format->leading;
  Wide one = 1;
  if (random64() % 4 == 0)
    value &= ~(one << (width - 3)) + 1;
  if (random64() % 8 == 0)
    value &= ~(((one << format->width) - 4) << width);
  if (format->leading)            /* the x87 refuses what has not that bit */
    value = (value >> width & 0x7fff) == 0 ? value & ~(one << (width - 1))
                                           : value | one << (width - 1);
  memset(bits, 0, 16);
  memcpy(bits, &value, format->leading ? 10 : format->bytes);
}

static bool same(const Row *row, const void *a, const void *b) {
  return memcmp(a, b, row->format->bytes) == 0;
}

static bool read_back(const FloatFormat *format, const char *text, void *to) {
  Floating f;
  bool exact;
  const char *end = text + strlen(text);
  memset(to, 0, 16);
  return decimal_read(format, text, end, &f, &exact) == end &&
         (float_encode(format, &f, to) || f.kind == FLOAT_FINITE);
}

/* How many significant digits the text of a finite number has. */
static int count_digits(const char *text) {
  int n = 0, zeros = 0;
  for (; *text != '\0' && *text != 'e'; text++) {
    if (*text >= '1' && *text <= '9') {
      n += zeros + 1;
      zeros = 0;
    } else if (*text == '0' && n > 0) {
      zeros++;
    }
  }
  return n;
}

static void check_text(const Row *row, const unsigned char *bits) {
  char text[DECIMAL_TEXT], shorter[128];
  unsigned char back[16], libc[16] = {0};
  Floating f;
  float_decode(row->format, bits, &f);
  size_t length = decimal_write(row->format, &f, text);
  CHECK(length == strlen(text) && length < DECIMAL_TEXT);
  if (!CHECK(read_back(row->format, text, back) && same(row, bits, back)))
    fprintf(stderr, "%s: %s\n", row->name, text);
  if (f.kind != FLOAT_FINITE || f.significand == 0)
    return;
  row->read(text, libc);
  if (!CHECK(same(row, bits, libc)))
    fprintf(stderr, "%s: %s\n", row->name, text);
  int digits = count_digits(text);
  if (digits < 2)
    return;
  row->write(bits, digits - 1, shorter);
  row->read(shorter, libc);
  if (!CHECK(!same(row, bits, libc)))
    fprintf(stderr, "%s: %s is longer than %s\n", row->name, text, shorter);
}

static void check_read(const Row *row, const char *text) {
  unsigned char ours[16], libc[16] = {0};
  row->read(text, libc);
  if (!CHECK(read_back(row->format, text, ours) && same(row, ours, libc)))
    fprintf(stderr, "%s: %s\n", row->name, text);
}

static void random_numerals(const Row *row) {
  char text[128];
  int reach = row->format->width == 15 ? 5000 : row->format->width * 32;
  for (int i = 0; i < ROUNDS; i++) {
    int digits = 1 + (int)(random64() % 50), at = 0;
    if (random64() % 2)
      text[at++] = '-';
    for (int k = 0; k < digits; k++) {
      text[at++] = (char)('0' + random64() % 10);
      if (k == digits / 3)
        text[at++] = '.';
    }
    sprintf(text + at, "e%d", (int)(random64() % (unsigned)(2 * reach)) - reach);
    check_read(row, text);
  }
}

static void random_hexadecimals(const Row *row) {
  char text[128];
  int reach = row->format->width == 15 ? 17000 : 1200;
  for (int i = 0; i < ROUNDS; i++) {
    int at = sprintf(text, "0x");
    for (int k = 0; k < 34; k++) {
      text[at++] = "0123456789abcdef"[random64() % 4 ? 0 : random64() % 16];
      if (k == 2)
        text[at++] = '.';
    }
    sprintf(text + at, "p%d", (int)(random64() % (unsigned)(2 * reach)) - reach);
    check_read(row, text);
  }
}

/*
** Numerals in the middle of two numbers of 53 bits, and a little beside it:
** long double writes them down exactly.
*/
static void middles(void) {
  static char text[20000];
  const Row *row = &rows[1];
  for (int i = 0; i < 2000; i++) {
    double value;
    uint64_t bits = random64() & 0x7FFFFFFFFFFFFFFF;
    if (i % 4 == 0)
      bits &= 0x001FFFFFFFFFFFFF;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value) || LDBL_MANT_DIG < 64)
      continue;
    long double next = nextafter(value, 1e308);
    int length = sprintf(text, "%.1100Lf",
                         ((long double)value + next) / 2);
    check_read(row, text);
    strcpy(text + length, "0000000000000000000000000001");
    check_read(row, text);
    text[length - 1]--;
    if (text[length - 1] >= '0')
      check_read(row, text);
  }
}

/* binary128's longest: the middle of two subnormals, made as an integer. */
static void longest(void) {
#if HAS_BINARY128
  static char text[20000];
  for (int i = 1; i < 40; i++) {
    long double odd = (long double)(random64() | 1u);
    int length = sprintf(text, "0x%.0Lfp-16495", odd);
    (void)length;
    check_read(&rows[3], text);
    /* odd * 2^-16495 = odd * 5^16495 / 10^16495: too long for printf; so */
    /* the largest power that long double has: 2^-16445 */
    length = sprintf(text, "%.16600Lf", ldexpl(odd, -16445));
    check_read(&rows[3], text);
    check_read(&rows[2], text);
  }
#endif
}

static void halves(void) {
  const FloatFormat *half = &float_binary16, *single = &float_binary32;
  for (unsigned i = 0; i < 0x10000; i++) {
    uint16_t bits = (uint16_t)i, back[8];
    char text[DECIMAL_TEXT];
    Floating f;
    float value;
    float_decode(half, &bits, &f);
    decimal_write(half, &f, text);
    CHECK(read_back(half, text, back) && back[0] == bits);
    if (f.kind == FLOAT_NAN)
      continue;
    float_encode(single, &f, &value);
    CHECK(value == (f.kind == FLOAT_FINITE
                        ? ldexpf((float)f.significand, f.exponent) *
                              (f.negative ? -1 : 1)
                        : f.negative ? -INFINITY : INFINITY));
  }
}

/* Between every two neighbours: the middle goes to the even one. */
static void half_middles(void) {
  for (uint16_t low = 0; low < 0x7bff; low++) {
    uint16_t high = (uint16_t)(low + 1), made;
    Floating a, b;
    double x, y;
    float_decode(&float_binary16, &low, &a);
    float_decode(&float_binary16, &high, &b);
    float_encode(&float_binary64, &a, &x);
    float_encode(&float_binary64, &b, &y);
    double tries[3] = {(x + y) / 2, nextafter((x + y) / 2, 0),
                       nextafter((x + y) / 2, 1e9)};
    uint16_t wanted[3] = {low & 1 ? high : low, low, high};
    for (int i = 0; i < 3; i++) {
      float_decode(&float_binary64, &tries[i], &a);
      float_encode(&float_binary16, &a, &made);
      CHECK(made == wanted[i]);
    }
  }
}

/* Narrowing: the machine's own, from double to float. */
static void narrowing(void) {
  for (int i = 0; i < ROUNDS * 100; i++) {
    double value;
    float ours, machine;
    Floating f;
    uint64_t bits = random64();
    if (i % 2)                    /* exponents that float has, about */
      bits = (bits & 0x800FFFFFFFFFFFFF) | (uint64_t)(870 + bits % 300) << 52;
    memcpy(&value, &bits, sizeof value);
    if (isnan(value))
      continue;
    machine = (float)value;
    float_decode(&float_binary64, &value, &f);
    float_encode(&float_binary32, &f, &ours);
    CHECK(memcmp(&ours, &machine, sizeof ours) == 0);
  }
}

static void refused(void) {
  static const char *const texts[] = {"", "-", ".", "e5", "x", "+-1", "in",
                                      "na", "--1"};
  static const struct { const char *text; size_t used; } parts[] = {
    {"1x", 1}, {"1e", 1}, {"1e+", 1}, {"0x", 1}, {"0xg", 1}, {"1.2.3", 3},
    {"inf1", 3}, {"infinit", 3}, {"nan(", 3}, {"nan(0x5", 3}, {".5e2z", 4},
    {"0x.8p1p", 6}, {"1 ", 1}};
  Floating f;
  bool exact;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    CHECK(decimal_read(&float_binary64, texts[i], texts[i] + strlen(texts[i]),
                       &f, &exact) == NULL);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const char *text = parts[i].text;
    CHECK(decimal_read(&float_binary64, text, text + strlen(text), &f,
                       &exact) == text + parts[i].used);
  }
}

static void integers(void) {
  static const struct { const char *text; bool whole, exact; } list[] = {
    {"340282366920938463463374607431768211455", true, true},
    {"340282366920938463463374607431768211456", false, true},
    {"1e38", true, true}, {"1e39", false, true}, {"0.5", false, true},
    {"2.50e1", true, true}, {"0x1p127", true, true}, {"inf", false, true},
    {"100000000000000000000000000000000000000.25", false, false}};
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    Floating f;
    bool exact, whole, fits;
    const char *text = list[i].text;
    decimal_read(&float_binary128, text, text + strlen(text), &f, &exact);
    Wide value = float_truncated(&f, &whole, &fits);
    CHECK((whole && fits) == list[i].whole || !exact);
    CHECK(exact == list[i].exact);
    CHECK(i != 0 || value == ~(Wide)0);
    CHECK(i != 5 || value == 25);
  }
}

/* valgrind computes with 64 bits of these 80: libc is then no judge. */
static bool has_long_double(void) {
  volatile long double more = 1 + (volatile long double)LDBL_EPSILON;
  return more != 1;
}

int main(void) {
  unsigned char bits[16];
  bool judge = has_long_double();
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (rows[i].read == read_long && !judge)
      continue;
    for (int k = 0; k < ROUNDS; k++) {
      random_bits(rows[i].format, bits);
      check_text(&rows[i], bits);
    }
    random_numerals(&rows[i]);
    random_hexadecimals(&rows[i]);
  }
  if (judge) {
    middles();
    longest();
  }
  halves();
  half_middles();
  narrowing();
  refused();
  integers();
  return check_report();
}
