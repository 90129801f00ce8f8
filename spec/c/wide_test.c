/* wide_test.c - division of 128-bit integers, by what it has to fulfil. */
#include "base/wide.h"

#include <stdint.h>

#include "check.h"

static uint64_t state = 1;

static uint64_t random64(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return state ^ state >> 29;
}

/* Of any number of bits. */
static Wide random_wide(void) {
  Wide value = (Wide)random64() << 64 | random64();
  return value >> random64() % 128;
}

static Wide magnitude(Wide value, bool issigned) {
  return issigned && (SignedWide)value < 0 ? -value : value;
}

/* x = quotient * y + rest, the rest is less than y and has the sign of x. */
static void divides(Wide x, Wide y, bool issigned) {
  Wide rest;
  Wide quotient = wide_divide(x, y, issigned, &rest);
  CHECK(quotient * y + rest == x);
  CHECK(magnitude(rest, issigned) < magnitude(y, issigned));
  CHECK(!issigned || rest == 0 ||
        ((SignedWide)rest < 0) == ((SignedWide)x < 0));
}

int main(void) {
  Wide rest, least = (Wide)1 << 127;
  CHECK(wide_divide(7, 2, false, &rest) == 3 && rest == 1);
  CHECK(wide_divide(-(Wide)7, 2, true, &rest) == -(Wide)3);
  CHECK(rest == -(Wide)1);
  CHECK(wide_divide(7, -(Wide)2, true, &rest) == -(Wide)3 && rest == 1);
  wide_divide(-(Wide)1, 10, false, &rest);      /* 2^128 - 1 ends in 5 */
  CHECK(rest == 5);
  CHECK(wide_divide(least, -(Wide)1, true, &rest) == least && rest == 0);
  for (int i = 0; i < 10000; i++) {
    Wide x = random_wide(), y = random_wide();
    if (y == 0)
      continue;
    divides(x, y, false);
    divides(x, y, true);
    divides(-x, y, true);
    divides(x, -y, true);
  }
  return check_report();
}
