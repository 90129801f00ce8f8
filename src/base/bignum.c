/* bignum.c - see bignum.h. */
#include "base/bignum.h"

#include <string.h>

void bignum_set(Bignum *x, Wide value) {
  x->count = 0;
  for (; value != 0; value >>= 32)
    x->words[x->count++] = (uint32_t)value;
}

void bignum_multiply(Bignum *x, uint32_t factor, uint32_t more) {
  uint64_t carry = more;
  for (uint32_t i = 0; i < x->count; i++) {
    carry += (uint64_t)x->words[i] * factor;
    x->words[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry != 0)
    x->words[x->count++] = (uint32_t)carry;
}

void bignum_scale(Bignum *x, uint32_t power) {
  for (; power >= 9; power -= 9)
    bignum_multiply(x, 1000000000, 0);
  for (; power > 0; power--)
    bignum_multiply(x, 10, 0);
}

void bignum_shift(Bignum *x, uint32_t bits) {
  uint32_t words = bits / 32;
  if (x->count == 0)
    return;
  memmove(x->words + words, x->words, x->count * sizeof *x->words);
  memset(x->words, 0, words * sizeof *x->words);
  x->count += words;
  if (bits % 32 != 0)
    bignum_multiply(x, (uint32_t)1 << bits % 32, 0);
}

void bignum_add(Bignum *x, const Bignum *y) {
  uint64_t carry = 0;
  for (uint32_t i = 0; i < y->count || carry != 0; i++) {
    if (i == x->count)
      x->words[x->count++] = 0;
    carry += (uint64_t)x->words[i] + (i < y->count ? y->words[i] : 0);
    x->words[i] = (uint32_t)carry;
    carry >>= 32;
  }
}

void bignum_subtract(Bignum *x, const Bignum *y) {
  uint64_t borrow = 0;
  for (uint32_t i = 0; i < y->count || borrow != 0; i++) {
    uint64_t less = borrow + (i < y->count ? y->words[i] : 0);
    borrow = less > x->words[i];
    x->words[i] -= (uint32_t)less;
  }
  while (x->count > 0 && x->words[x->count - 1] == 0)
    x->count--;
}

int bignum_compare(const Bignum *x, const Bignum *y) {
  if (x->count != y->count)
    return x->count < y->count ? -1 : 1;
  for (uint32_t i = x->count; i-- > 0;) {
    if (x->words[i] != y->words[i])
      return x->words[i] < y->words[i] ? -1 : 1;
  }
  return 0;
}

uint32_t bignum_bits(const Bignum *x) {
  if (x->count == 0)
    return 0;
  return x->count * 32 - (uint32_t)__builtin_clz(x->words[x->count - 1]);
}
