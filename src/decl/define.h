/*
** define.h - `#define NAME value` as a constant of the scope.
*/
#ifndef CPLUGIN_DEFINE_H
#define CPLUGIN_DEFINE_H

#include "decl/parser.h"

/*
** Declares what the #define lines of the text say, in their order, behind
** its last declaration, so that their values may use enumerators and sizes
** of types. A body that is no constant expression (a type, a statement, the
** name of a function) is passed over, as are macros with parameters and
** names that are declared as something else.
*/
void defines(Parser *p);

#endif
