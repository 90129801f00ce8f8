/*
** initializer.h - values that stand behind declarators.
*/
#ifndef CPLUGIN_INITIALIZER_H
#define CPLUGIN_INITIALIZER_H

#include "decl/constant.h"
#include "decl/grammar.h"

/*
** `=` is in view: goes past the initializer. True and *constant, if the
** declared is a constant (`static const`, constexpr) whose value is known.
*/
bool initializer(Parser *p, const Specifiers *spec, const Declarator *d,
                 Constant *constant);

/* A known value as a constant; its bytes are copied. False: not known. */
bool to_constant(Parser *p, const Value *value, Constant *constant);

#endif
