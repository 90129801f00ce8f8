/*
** cexpr.h - C expressions, of which declarations need the constant ones.
*/
#ifndef CPLUGIN_CEXPR_H
#define CPLUGIN_CEXPR_H

#include "decl/constant.h"

/* expression: with commas. conditional: what C calls constant-expression. */
Value expression(Parser *p);
Value conditional(Parser *p);

/*
** A conditional that must be an integer constant; `what` names it in the
** error: "the array's size is not constant".
*/
Value constant_integer(Parser *p, const char *what);

/* Fails unless the value is known; `what` as above. */
void require_constant(Parser *p, const Value *value, const char *what,
                      const Token *at);

#endif
