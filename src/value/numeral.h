/*
** numeral.h - numbers as text, without a loss.
*/
#ifndef CPLUGIN_NUMERAL_H
#define CPLUGIN_NUMERAL_H

#include "value/cdata.h"

/*
** Pushes the number at `at`, of an arithmetic type, as the shortest text that
** numeral_read makes the same bits of.
*/
void numeral_push(lua_State *L, const Type *type, const void *at);

/*
** Reads the whole text as a number of an arithmetic type: decimal or
** hexadecimal as C writes it, also "inf" and "nan"; complex ones as "1-2i".
** Rounded once, to `to`. Returns NULL, or why it is no such number, and then
** has written nothing.
*/
const char *numeral_read(const Type *type, const char *text, size_t length,
                         void *to);

#endif
