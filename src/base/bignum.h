/*
** bignum.h - natural numbers of up to 56,000 bits: enough to convert any
** floating number of 128 bits to decimal and back without a loss.
*/
#ifndef CPLUGIN_BIGNUM_H
#define CPLUGIN_BIGNUM_H

#include "base/base.h"
#include "base/wide.h"

#define BIGNUM_WORDS 1760

typedef struct Bignum {
  uint32_t count;                 /* words in use; the last one is not 0 */
  uint32_t words[BIGNUM_WORDS];   /* the lowest first */
} Bignum;

/* Results that do not fit are for the caller to avoid. */

void bignum_set(Bignum *x, Wide value);

/* x = x * factor + more */
void bignum_multiply(Bignum *x, uint32_t factor, uint32_t more);

/* x = x * 10^power, x = x * 2^bits */
void bignum_scale(Bignum *x, uint32_t power);
void bignum_shift(Bignum *x, uint32_t bits);

/* x = x + y; x = x - y, which must not be greater than x */
void bignum_add(Bignum *x, const Bignum *y);
void bignum_subtract(Bignum *x, const Bignum *y);

/* Less than, equal to or greater than 0, as x is to y. */
int bignum_compare(const Bignum *x, const Bignum *y);

/* The place of the highest bit, from 1; 0 for zero. */
uint32_t bignum_bits(const Bignum *x);

#endif
