/*
** define.h - `#define NAME value` as a constant of the scope.
*/
#ifndef CPLUGIN_DEFINE_H
#define CPLUGIN_DEFINE_H

#include "decl/parser.h"

/*
** Declares what the #define lines of the text say, in their order, behind
** its last declaration, so that their values may use enumerators and sizes
** of types. The name of a function or variable makes the macro another name
** of it, and so does a macro that hands its parameters on as they are. What
** is none of these (a type, a statement) is noted as a DECL_MACRO. Names that are declared as something else stay that.
*/
void defines(Parser *p);

#endif
