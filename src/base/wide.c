/* wide.c - see wide.h. */
#include "base/wide.h"

#if defined(__SIZEOF_INT128__)

static Wide quotient(Wide x, Wide y) {
  return x / y;
}

#else

/* Bit by bit: the compiler's library has no function for it. */
static Wide quotient(Wide x, Wide y) {
  Wide result = 0, rest = 0;
  for (int bit = 127; bit >= 0; bit--) {
    int carry = (int)(rest >> 127);
    rest = rest << 1 | (x >> bit & 1);
    if (carry || rest >= y) {
      rest -= y;
      result |= (Wide)1 << bit;
    }
  }
  return result;
}

#endif

Wide wide_divide(Wide x, Wide y, bool issigned, Wide *rest) {
  bool x_negative = issigned && (SignedWide)x < 0;
  bool y_negative = issigned && (SignedWide)y < 0;
  Wide result = quotient(x_negative ? -x : x, y_negative ? -y : y);
  if (x_negative != y_negative)
    result = -result;
  *rest = x - result * y;
  return result;
}
