/*
** numbers.c - every arithmetic type in and out.
**
** For each type T of the table, with the short name n:
**   T same_n(T x);                 gives x back
**   T value_n;                     a variable, one at first
**   T get_n(void);                 what C sees in it
*/
#include <complex.h>
#include <stddef.h>
#include <stdint.h>

enum Colour { RED, GREEN = 5, BLUE };
enum Signed { BELOW = -1, ABOVE = 1 };
enum Wide { NARROW = 1, WIDE = 0x100000000 };

#define NUMBER(n, T) \
  T same_##n(T x) { return x; } \
  T value_##n = (T)1; \
  T get_##n(void) { return value_##n; }

NUMBER(bool, _Bool)
NUMBER(char, char)
NUMBER(schar, signed char)
NUMBER(uchar, unsigned char)
NUMBER(short, short)
NUMBER(ushort, unsigned short)
NUMBER(int, int)
NUMBER(uint, unsigned int)
NUMBER(long, long)
NUMBER(ulong, unsigned long)
NUMBER(llong, long long)
NUMBER(ullong, unsigned long long)

NUMBER(int8, int8_t)
NUMBER(uint8, uint8_t)
NUMBER(int16, int16_t)
NUMBER(uint16, uint16_t)
NUMBER(int32, int32_t)
NUMBER(uint32, uint32_t)
NUMBER(int64, int64_t)
NUMBER(uint64, uint64_t)
NUMBER(size, size_t)
NUMBER(ptrdiff, ptrdiff_t)
NUMBER(intptr, intptr_t)
NUMBER(uintptr, uintptr_t)
NUMBER(wchar, wchar_t)

NUMBER(float, float)
NUMBER(double, double)
NUMBER(ldouble, long double)

NUMBER(cfloat, float _Complex)
NUMBER(cdouble, double _Complex)
NUMBER(cldouble, long double _Complex)

NUMBER(colour, enum Colour)
NUMBER(signed, enum Signed)
NUMBER(wide, enum Wide)

#if defined(__SIZEOF_INT128__)
NUMBER(int128, __int128)
NUMBER(uint128, unsigned __int128)
#endif

#if defined(__GNUC__) && !defined(__clang__)
NUMBER(float128, _Float128)
#endif

/* Many of one kind, so that registers run out and the stack is used. */
long sum_of_12(long a, long b, long c, long d, long e, long f, long g,
               long h, long i, long j, long k, long l) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i +
         10 * j + 11 * k + 12 * l;
}

double sum_of_10_doubles(double a, double b, double c, double d, double e,
                         double f, double g, double h, double i, double j) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i +
         10 * j;
}

/* Kinds mixed: each goes to its own registers. */
double sum_of_mixed(signed char a, double b, unsigned short c, float d,
                    long long e, long double f, _Bool g, unsigned int h) {
  return (double)(a + b + c + (double)d + (double)e + (double)f + g + h);
}

/* Only the address counts: which one, or none. */
void *same_pointer(void *p) { return p; }
int is_null(const void *p) { return p == NULL; }
const char *same_string(const char *s) { return s; }

/* Fills in what the caller points at. */
void split(double x, long *whole, double *rest) {
  *whole = (long)x;
  *rest = x - (double)*whole;
}
