/*
** floating.h - floating numbers of every format, taken apart and put
** together exactly, whatever the compiler knows of them.
*/
#ifndef CPLUGIN_FLOATING_H
#define CPLUGIN_FLOATING_H

#include <float.h>

#include "base/base.h"
#include "base/wide.h"

/* A type that every floating number of C fits in: binary128. */
#if LDBL_MANT_DIG == 113
typedef long double Quad;
typedef long double _Complex QuadComplex;
#else
typedef __float128 Quad;
typedef float _Complex QuadComplex __attribute__((mode(TC)));
#endif

/* How the bits are laid out (IEEE 754-2008 3.4, and the x87's own). */
typedef struct FloatFormat {
  uint8_t bytes;                  /* in memory, padding included */
  uint8_t width;                  /* bits of the exponent */
  uint8_t precision;              /* bits of the significand, the leading */
                                  /* one included */
  bool leading;                   /* that one is written, too */
} FloatFormat;

extern const FloatFormat float_binary16, float_binary32, float_binary64,
                         float_binary128, float_long_double;

#define FLOAT_QUIET ((Wide)1 << 127)

typedef enum FloatKind { FLOAT_FINITE, FLOAT_INFINITE, FLOAT_NAN } FloatKind;

typedef struct Floating {
  FloatKind kind;
  bool negative;
  Wide significand;               /* NAN: its fraction, from the top bit, */
                                  /* which says "quiet", down */
  int32_t exponent;               /* value: significand * 2^exponent */
} Floating;

void float_decode(const FloatFormat *format, const void *at, Floating *f);

/*
** Writes it, rounded to the nearest, to even ones in the middle. False if
** it was finite and is not any more.
*/
bool float_encode(const FloatFormat *format, const Floating *f, void *to);

/* An integer, exactly. */
void float_of_integer(Floating *f, Wide value, bool isunsigned);

/*
** Its integral part without the sign, modulo 2^128; of infinities and NaN 0.
** *whole: there is no other part; *fits: no other bits.
*/
Wide float_truncated(const Floating *f, bool *whole, bool *fits);

/* -1, 0 or 1, by value; 2 where they have no order (NaN). */
int float_compare(const Floating *a, const Floating *b);

#endif
