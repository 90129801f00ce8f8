/*
** lex.h - C text -> tokens.
**
** One token is in view, one more can be peeked at; nothing is allocated per
** token, a token only points into the text. White space, comments, line
** markers, #pragma and `__extension__` never come out as tokens.
*/
#ifndef CPLUGIN_LEX_H
#define CPLUGIN_LEX_H

#include "base/arena.h"
#include "type/scope.h"

#include <setjmp.h>
#include <string.h>

/* Keywords, each with all its spellings. */
#define KEYWORDS(X) \
  X(TYPEDEF, "typedef") X(EXTERN, "extern") X(STATIC, "static") \
  X(AUTO, "auto") X(REGISTER, "register") X(CONSTEXPR, "constexpr") \
  X(THREAD, "_Thread_local") X(THREAD, "__thread") X(THREAD, "thread_local") \
  X(INLINE, "inline") X(INLINE, "__inline") X(INLINE, "__inline__") \
  X(INLINE, "_Noreturn") \
  X(CONST, "const") X(CONST, "__const") X(CONST, "__const__") \
  X(VOLATILE, "volatile") X(VOLATILE, "__volatile") \
  X(VOLATILE, "__volatile__") \
  X(RESTRICT, "restrict") X(RESTRICT, "__restrict") \
  X(RESTRICT, "__restrict__") X(ATOMIC, "_Atomic") \
  X(NONNULL, "_Nonnull") X(NULLABILITY, "_Nullable") \
  X(NULLABILITY, "_Null_unspecified") X(NULLABILITY, "__ptr64") \
  X(VOID, "void") X(BOOL, "_Bool") X(CHAR, "char") X(SHORT, "short") \
  X(INT, "int") X(LONG, "long") X(FLOAT, "float") X(DOUBLE, "double") \
  X(SIGNED, "signed") X(SIGNED, "__signed") X(SIGNED, "__signed__") \
  X(UNSIGNED, "unsigned") X(INT128, "__int128") \
  X(COMPLEX, "_Complex") X(COMPLEX, "__complex") X(COMPLEX, "__complex__") \
  X(FLOAT16, "_Float16") X(FLOAT32, "_Float32") X(FLOAT32X, "_Float32x") \
  X(FLOAT64, "_Float64") X(FLOAT64X, "_Float64x") X(FLOAT64X, "__float80") \
  X(FLOAT128, "_Float128") X(FLOAT128, "__float128") \
  X(STRUCT, "struct") X(UNION, "union") X(ENUM, "enum") \
  X(TYPEOF, "typeof") X(TYPEOF, "__typeof") X(TYPEOF, "__typeof__") \
  X(TYPEOF_UNQUAL, "typeof_unqual") \
  X(ATTRIBUTE, "__attribute__") X(ATTRIBUTE, "__attribute") \
  X(DECLSPEC, "__declspec") X(CONVENTION, "__cdecl") \
  X(CONVENTION, "__stdcall") X(CONVENTION, "__fastcall") \
  X(CONVENTION, "__thiscall") \
  X(ALIGNAS, "_Alignas") X(ALIGNAS, "alignas") \
  X(ALIGNOF, "_Alignof") X(ALIGNOF, "alignof") X(ALIGNOF, "__alignof") \
  X(ALIGNOF, "__alignof__") X(SIZEOF, "sizeof") \
  X(OFFSETOF, "offsetof") X(OFFSETOF, "__builtin_offsetof") \
  X(COMPATIBLE, "__builtin_types_compatible_p") \
  X(CHOOSE, "__builtin_choose_expr") X(GENERIC, "_Generic") \
  X(REAL, "__real__") X(REAL, "__real") X(REAL, "__imag__") \
  X(REAL, "__imag") \
  X(ASM, "asm") X(ASM, "__asm") X(ASM, "__asm__") \
  X(STATIC_ASSERT, "_Static_assert") X(STATIC_ASSERT, "static_assert") \
  X(PRAGMA, "_Pragma") X(EXTENSION, "__extension__")

typedef enum TokenKind {
  TOKEN_END = 0,                  /* a punctuator of one character is its */
                                  /* own kind, below 256 */
  TOKEN_NAME = 256, TOKEN_NUMBER, TOKEN_CHARACTER, TOKEN_STRING,
  TOKEN_ARROW, TOKEN_INCREMENT, TOKEN_DECREMENT, TOKEN_LEFT, TOKEN_RIGHT,
  TOKEN_LESSEQUAL, TOKEN_GREATEREQUAL, TOKEN_EQUAL, TOKEN_UNEQUAL,
  TOKEN_AND, TOKEN_OR, TOKEN_ELLIPSIS, TOKEN_COLONS,
  TOKEN_BRACKETS,                 /* `[[` of a C23 attribute */
  KEY_ATTRIBUTE, KEY_DECLSPEC, KEY_CONVENTION,   /* attributes end here */
  KEY_TYPEDEF, KEY_EXTERN, KEY_STATIC, KEY_AUTO, KEY_REGISTER, KEY_CONSTEXPR,
  KEY_THREAD, KEY_INLINE, KEY_CONST, KEY_VOLATILE, KEY_RESTRICT, KEY_ATOMIC,
  KEY_NONNULL, KEY_NULLABILITY, KEY_VOID, KEY_BOOL, KEY_CHAR, KEY_SHORT, KEY_INT, KEY_LONG,
  KEY_FLOAT, KEY_DOUBLE, KEY_SIGNED, KEY_UNSIGNED, KEY_INT128, KEY_COMPLEX,
  KEY_FLOAT16, KEY_FLOAT32, KEY_FLOAT32X, KEY_FLOAT64, KEY_FLOAT64X,
  KEY_FLOAT128, KEY_STRUCT, KEY_UNION, KEY_ENUM, KEY_TYPEOF,
  KEY_TYPEOF_UNQUAL, KEY_ALIGNAS, KEY_ALIGNOF, KEY_SIZEOF, KEY_OFFSETOF,
  KEY_COMPATIBLE, KEY_CHOOSE, KEY_GENERIC, KEY_REAL, KEY_ASM,
  KEY_STATIC_ASSERT,
  KEY_PRAGMA, KEY_EXTENSION       /* never come out of the lexer */
} TokenKind;

typedef struct Token {
  const char *text;               /* its first byte */
  uint32_t length;                /* bytes */
  TokenKind kind;
} Token;

/* Where lines are numbered anew: by a line marker, or at the text's start. */
typedef struct Marker Marker;
struct Marker {
  Marker *older;
  const char *start;              /* the first byte of the line */
  const char *file;               /* NULL: the text itself */
  uint32_t line;                  /* its number */
};

typedef struct Counted {          /* how far lines have been counted */
  const Marker *marker;           /* from there */
  const char *start;              /* the first byte of a line, */
  uint32_t line;                  /* ... its number, */
  const char *upto;               /* ... which goes at least up to there */
} Counted;

#define LIMIT_PACK 64             /* nesting of #pragma pack(push) */

typedef struct PackEntry {
  const char *name;               /* of pack(push, name), or NULL */
  size_t length;
  uint32_t pack;                  /* in force before */
} PackEntry;

typedef struct FileName FileName;

typedef struct Define {           /* #define name body */
  Token name;
  const char *body;               /* with the parameters, if it has any */
  size_t length;
  bool parameters;
} Define;

typedef struct Lexer {
  Token token;                    /* the one in view */
  Token ahead;                    /* the one behind it, if `peeked` */
  bool peeked;
  const char *cursor;             /* behind the last scanned token */
  const char *text, *end;         /* *end is NUL */
  uint32_t pack;                  /* #pragma pack(n) in force, or 0 */
  uint32_t packs;                 /* how many are pushed */
  PackEntry stack[LIMIT_PACK];
  Marker first;                   /* at the start of the text */
  Marker *marker;                 /* the newest one */
  Counted counted;
  Arena markers;                  /* where markers are */
  Arena *names;                   /* where names of files go */
  FileName *files;                /* those met so far */
  Define *defines;                /* malloc'ed: the #define lines met so far */
  size_t ndefines, maxdefines;
  bool quiet;                     /* nobody reads the error: only jump */
  Error *error;
  jmp_buf *escape;                /* where lex_fail() jumps to */
} Lexer;

/*
** Starts at the first token. `text[length]` must be NUL. `name` is the
** text's file name or NULL. Fails, as everything here, through lex_fail():
** `escape` must be set by the caller.
*/
void lex_start(Lexer *lex, const char *text, size_t length, const char *name);

/* Gives back what lex_start() and the others took. */
void lex_end(Lexer *lex);

/* The next token comes into view. */
void lex_advance(Lexer *lex);

/* The token behind the one in view. */
const Token *lex_peek(Lexer *lex);

/*
** The token in view is `{`: goes to the matching `}`, which comes into view.
** Strings, comments and line markers on the way are understood.
*/
void lex_skip_body(Lexer *lex);

/* Does the token consist of this text? */
static inline bool token_is(const Token *token, const char *text) {
  size_t length = strlen(text);
  return token->length == length && memcmp(token->text, text, length) == 0;
}

/* Line, column and file of a place in the text that was scanned already. */
Place lex_place(Lexer *lex, const char *s);

/* "line 3, column 5 of x.h", in `buffer`. */
const char *place_text(const Place *place, char *buffer, size_t size);

/* Lines are numbered anew from `start`. */
void lex_mark(Lexer *lex, const char *start, uint32_t line, const char *file);

/*
** Sets the error, with the place of `at`, its line and a caret, and jumps
** to `escape`.
*/
_Noreturn void lex_fail(Lexer *lex, const Token *at, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
