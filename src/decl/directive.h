/*
** directive.h - preprocessor lines in preprocessed text.
*/
#ifndef CPLUGIN_DIRECTIVE_H
#define CPLUGIN_DIRECTIVE_H

#include "decl/lex.h"

/*
** The cursor is at the `#` that opens a line: understands line markers,
** #line and #pragma pack, skips #define, #undef and other pragmas, refuses
** what only a preprocessor can do. The cursor is then at the line's end.
*/
void directive(Lexer *lex);

/* The text behind `#pragma`, from there or from _Pragma("..."). */
void directive_pragma(Lexer *lex, const char *text, const char *end);

#endif
