/*
** literal.h - numbers, characters and strings of the text as values.
*/
#ifndef CPLUGIN_LITERAL_H
#define CPLUGIN_LITERAL_H

#include "decl/constant.h"

/* The token in view, of that kind; goes past it. */
Value literal_number(Parser *p);
Value literal_character(Parser *p);

/* All strings that stand side by side, as one. */
Value literal_string(Parser *p);

#endif
