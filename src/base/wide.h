/*
** wide.h - integers of 128 bits, also on machines where C has none.
*/
#ifndef CPLUGIN_WIDE_H
#define CPLUGIN_WIDE_H

#include <stdbool.h>

/* For 32-bit machines compilers have no __int128, but some have _BitInt. */
#if defined(__SIZEOF_INT128__)
#define WIDE_IN_C true            /* are they C types, __int128? */
typedef unsigned __int128 Wide;
typedef __int128 SignedWide;
#elif defined(__BITINT_MAXWIDTH__) && __BITINT_MAXWIDTH__ >= 128
#define WIDE_IN_C false
typedef unsigned _BitInt(128) Wide;
typedef _BitInt(128) SignedWide;
#else
#error "cplugin needs integers of 128 bits: build with clang >= 14 (CC=clang)"
#endif

/*
** x / y, cut towards zero as C has it, and what is left of x; y is not 0.
*/
Wide wide_divide(Wide x, Wide y, bool issigned, Wide *rest);

#endif
