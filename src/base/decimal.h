/*
** decimal.h - floating numbers as text, without a loss: libc's functions
** follow the locale, and not every libc knows all formats.
*/
#ifndef CPLUGIN_DECIMAL_H
#define CPLUGIN_DECIMAL_H

#include "base/floating.h"

#define DECIMAL_TEXT 64           /* bytes of a text, at most; NUL included */

/*
** Writes the shortest text that reads back as the same bits, laid out as
** "%Lg" does; NaNs are "nan", "nan(0x5)", signalling ones "snan(0x5)".
** Returns its length.
*/
size_t decimal_write(const FloatFormat *format, const Floating *f,
                     char *text);

/*
** Reads the numeral that the text begins with: decimal or hexadecimal as
** C's strtold has it, "inf", "infinity", and what decimal_write says of NaNs.
** Returns where it ends, or NULL if there is none. What float_encode() makes
** of *f is the number rounded once; *exact: *f is the number itself. Only
** NaNs ask for the format.
*/
const char *decimal_read(const FloatFormat *format, const char *text,
                         const char *end, Floating *f, bool *exact);

#endif
