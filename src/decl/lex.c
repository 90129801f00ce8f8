/*
** lex.c - see lex.h.
**
** scan() reads one token at the cursor: skip_space() first, then one of the
** scan_... functions by the class of the first byte. The text ends in NUL,
** which is in no class, so that no loop has to look for the end.
*/
#include "decl/lex.h"

#include <stdlib.h>

#include "decl/directive.h"

enum {                            /* classes of bytes */
  OTHER = 0,                      /* what C does not know, and operators */
  SPACE = 1,
  LETTER = 2,                     /* may start a name */
  DIGIT = 4,
  SINGLE = 8,                     /* punctuators that start no longer one */
  COMMENT = 16,                   /* may start something to be skipped */
  BODY = 32,                      /* counts in the body of a function */
  WORD = 64                       /* goes on with a name or number */
};

#define S SPACE
#define L (LETTER | WORD)
#define D (DIGIT | WORD)
#define P SINGLE
#define C (COMMENT | BODY)
#define B BODY
#define BP (BODY | SINGLE)
#define PW (SINGLE | WORD)        /* `$` */
static const uint8_t classes[256] = {
  B, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  S, 0, B, C, PW, P, 0, B, P, P, P, 0, P, 0, 0, C,
  D, D, D, D, D, D, D, D, D, D, 0, P, 0, 0, 0, P,
  0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, 0, C, P, P, L,
  0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, BP, 0, BP, P, 0,
  L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
  L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L
};
#undef S
#undef L
#undef D
#undef P
#undef C
#undef B
#undef BP
#undef PW

static unsigned class_of(const char *s) {
  return classes[(unsigned char)*s];
}

/* Keywords: open addressing on a hash that is cheap for short words. */
#define SLOTS 512
#define LONGEST_KEYWORD 28

typedef struct Keyword {
  const char *text;
  uint32_t length;
  TokenKind kind;
} Keyword;

static Keyword keywords[SLOTS];

static unsigned keyword_slot(const char *text, size_t length) {
  unsigned first = (unsigned char)text[0];
  unsigned middle = (unsigned char)text[length / 2];
  unsigned last = (unsigned char)text[length - 1];
  return (first * 7 + middle * 31 + last * 3 + (unsigned)length * 67) % SLOTS;
}

static void keyword_add(const char *text, TokenKind kind) {
  unsigned slot = keyword_slot(text, strlen(text));
  while (keywords[slot].text != NULL)
    slot = (slot + 1) % SLOTS;
  keywords[slot] = (Keyword){text, (uint32_t)strlen(text), kind};
}

/* Filled when the program or module is loaded: before any thread reads. */
static void __attribute__((constructor)) fill_keywords(void) {
#define ADD(id, spelling) keyword_add(spelling, KEY_##id);
  KEYWORDS(ADD)
#undef ADD
}

/* The kind of a name: none of the keywords begins with a capital. */
static TokenKind keyword(const char *text, size_t length) {
  if (*text < '_' || length > LONGEST_KEYWORD)
    return TOKEN_NAME;
  unsigned slot = keyword_slot(text, length);
  for (; keywords[slot].text != NULL; slot = (slot + 1) % SLOTS) {
    const Keyword *word = &keywords[slot];
    if (word->length == length && memcmp(word->text, text, length) == 0)
      return word->kind;
  }
  return TOKEN_NAME;
}

/* The cursor as a token, for errors. */
static Token here(const Lexer *lex, size_t length) {
  return (Token){lex->cursor, (uint32_t)length, TOKEN_END};
}

static void skip_comment(Lexer *lex) {
  Token start = here(lex, 2);
  const char *s = lex->cursor + 2;
  while (!(s[0] == '*' && s[1] == '/')) {
    if (s >= lex->end)
      lex_fail(lex, &start, "this comment does not end");
    s++;
  }
  lex->cursor = s + 2;
}

static void skip_line_comment(Lexer *lex) {
  lex->cursor += strcspn(lex->cursor, "\n");
}

/* The bytes of a line splice at `s`, or 0. */
static size_t splice(const char *s) {
  if (s[0] != '\\')
    return 0;
  if (s[1] == '\n')
    return 2;
  return s[1] == '\r' && s[2] == '\n' ? 3 : 0;
}

static bool opens_line(const Lexer *lex) {
  const char *s = lex->cursor;
  while (s > lex->text && s[-1] != '\n' && (class_of(s - 1) & SPACE))
    s--;
  return s == lex->text || s[-1] == '\n';
}

/* What may be a comment or the like: true if it was, and is skipped. */
static bool skip_comment_like(Lexer *lex) {
  const char *s = lex->cursor;
  if (s[0] == '/' && s[1] == '*')
    skip_comment(lex);
  else if (s[0] == '/' && s[1] == '/')
    skip_line_comment(lex);
  else if (*s == '#' && opens_line(lex))
    directive(lex);
  else if (splice(s) > 0)
    lex->cursor = s + splice(s);
  else
    return false;
  return true;
}

static void skip_space(Lexer *lex) {
  do {
    const char *s = lex->cursor;
    while (class_of(s) & SPACE)
      s++;
    lex->cursor = s;
  } while ((class_of(lex->cursor) & COMMENT) && skip_comment_like(lex));
}

/* A string or character constant, from its first quote on. */
static const char *scan_quoted(Lexer *lex, const char *s) {
  Token start = here(lex, 1);
  char quote = *s++;
  while (*s != quote) {
    if (splice(s) > 0) {
      s += splice(s);
      continue;
    }
    if (*s == '\\' && s[1] != '\n')
      s++;
    if (*s == '\n' || s >= lex->end)
      lex_fail(lex, &start, "this constant lacks its closing %c", quote);
    s++;
  }
  return s + 1;
}

static bool is_prefix(const char *text, size_t length) {
  if (length == 1)
    return *text == 'L' || *text == 'u' || *text == 'U';
  return length == 2 && text[0] == 'u' && text[1] == '8';
}

static const char *scan_string(Lexer *lex, Token *token, const char *s) {
  token->kind = *s == '"' ? TOKEN_STRING : TOKEN_CHARACTER;
  return scan_quoted(lex, s);
}

static const char *scan_name(Lexer *lex, Token *token) {
  const char *s = lex->cursor + 1;
  while (class_of(s) & WORD)
    s++;
  size_t length = (size_t)(s - lex->cursor);
  if (length > LIMIT_NAME) {
    Token name = here(lex, length);
    lex_fail(lex, &name, "this name has more than %d bytes", LIMIT_NAME);
  }
  if ((*s == '"' || *s == '\'') && is_prefix(lex->cursor, length))
    return scan_string(lex, token, s);
  token->kind = keyword(lex->cursor, length);
  return s;
}

/* C11 6.4.8: a preprocessing number, with C23's separators. */
static const char *scan_number(Token *token, const char *s) {
  token->kind = TOKEN_NUMBER;
  for (;;) {
    if ((*s == '+' || *s == '-') && strchr("eEpP", s[-1]) != NULL)
      s++;
    else if (*s == '\'' && (class_of(s + 1) & WORD))
      s++;
    else if ((class_of(s) & WORD) || *s == '.')
      s++;
    else
      return s;
  }
}

/* Punctuators of two or three characters. */
static const struct { char text[4]; TokenKind kind; } punctuators[] = {
  {"...", TOKEN_ELLIPSIS}, {"->", TOKEN_ARROW}, {"++", TOKEN_INCREMENT},
  {"--", TOKEN_DECREMENT}, {"<<", TOKEN_LEFT}, {">>", TOKEN_RIGHT},
  {"<=", TOKEN_LESSEQUAL}, {">=", TOKEN_GREATEREQUAL}, {"==", TOKEN_EQUAL},
  {"!=", TOKEN_UNEQUAL}, {"&&", TOKEN_AND}, {"||", TOKEN_OR},
  {"::", TOKEN_COLONS}, {"[[", TOKEN_BRACKETS}
};

static const char *scan_operator(Token *token, const char *s) {
  for (size_t i = 0; i < sizeof punctuators / sizeof *punctuators; i++) {
    const char *text = punctuators[i].text;
    if (s[0] == text[0] && s[1] == text[1] &&
        (text[2] == '\0' || s[2] == text[2])) {
      token->kind = punctuators[i].kind;
      return s + (text[2] == '\0' ? 2 : 3);
    }
  }
  token->kind = (TokenKind)(unsigned char)*s;
  return s + 1;
}

static const char *scan_other(Lexer *lex, Token *token) {
  const char *s = lex->cursor;
  switch (*s) {
    case '/':
      token->kind = (TokenKind)'/';
      return s + 1;
    case '"': case '\'':
      return scan_string(lex, token, s);
    case '.': case '-': case '+': case '<': case '>': case '=': case '!':
    case '&': case '|': case ':': case '[':
      if (*s == '.' && (class_of(s + 1) & DIGIT))
        return scan_number(token, s + 1);
      return scan_operator(token, s);
    case '\0':
      if (s >= lex->end) {
        token->kind = TOKEN_END;
        return s;
      }
      break;
    default:
      break;
  }
  Token stray = here(lex, 1);
  lex_fail(lex, &stray, "byte 0x%02x does not belong in C",
           (unsigned)(unsigned char)*s);
}

/* _Pragma("text"), whose `_Pragma` was just scanned. */
static void pragma_operator(Lexer *lex) {
  Token parts[3];
  static const TokenKind expected[3] = {(TokenKind)'(', TOKEN_STRING,
                                        (TokenKind)')'};
  for (int i = 0; i < 3; i++) {
    skip_space(lex);
    parts[i] = here(lex, 1);
    const char *s = lex->cursor;
    if (class_of(s) & SINGLE)
      parts[i].kind = (TokenKind)*s++;
    else if (!(class_of(s) & (LETTER | DIGIT)))
      s = scan_other(lex, &parts[i]);
    if (parts[i].kind != expected[i])
      lex_fail(lex, &parts[i], "expected _Pragma(\"...\")");
    lex->cursor = s;
    parts[i].length = (uint32_t)(s - parts[i].text);
  }
  directive_pragma(lex, parts[1].text + 1,
                   parts[1].text + parts[1].length - 1);
}

/* A keyword that nobody is to see. */
static bool drop(Lexer *lex, const Token *token) {
  if (token->kind == KEY_PRAGMA)
    pragma_operator(lex);
  return true;
}

static void scan(Lexer *lex, Token *token) {
  do {
    skip_space(lex);
    const char *s = lex->cursor;
    unsigned class = class_of(s);
    token->text = s;
    if (class & LETTER)
      s = scan_name(lex, token);
    else if (class & SINGLE)
      token->kind = (TokenKind)*s++;
    else if (class & DIGIT)
      s = scan_number(token, s + 1);
    else
      s = scan_other(lex, token);
    token->length = (uint32_t)(s - token->text);
    lex->cursor = s;
  } while (token->kind >= KEY_PRAGMA && drop(lex, token));
}

void lex_start(Lexer *lex, const char *text, size_t length,
               const char *name) {
  lex->text = lex->cursor = text;
  lex->end = text + length;
  arena_init(&lex->markers, LIMIT_ARENA);
  lex->first = (Marker){NULL, text, name, 1};
  lex->marker = &lex->first;
  scan(lex, &lex->token);
}

void lex_end(Lexer *lex) {
  arena_free(&lex->markers);
  free(lex->defines);
}

void lex_advance(Lexer *lex) {
  if (lex->peeked) {
    lex->token = lex->ahead;
    lex->peeked = false;
  }
  else
    scan(lex, &lex->token);
}

const Token *lex_peek(Lexer *lex) {
  if (!lex->peeked) {
    scan(lex, &lex->ahead);
    lex->peeked = true;
  }
  return &lex->ahead;
}

/* Is the quote in view a separator of a number, as C23 has it: 1'000? */
static bool separates(const Lexer *lex) {
  const char *s = lex->cursor;
  if (*s != '\'' || !(class_of(s + 1) & WORD))
    return false;
  while (lex->cursor - s < LIMIT_NAME &&
         ((class_of(s - 1) & WORD) || s[-1] == '\''))
    s--;
  return s < lex->cursor && (class_of(s) & DIGIT);
}

/* Goes past one byte of a body that may mean something, and what it begins. */
static void skip_in_body(Lexer *lex, size_t *depth) {
  switch (*lex->cursor) {
    case '{': ++*depth; lex->cursor++; break;
    case '}': --*depth; lex->cursor++; break;
    case '"': case '\'':
      lex->cursor = separates(lex) ? lex->cursor + 1
                                   : scan_quoted(lex, lex->cursor);
      break;
    default:
      if (!(class_of(lex->cursor) & COMMENT) || !skip_comment_like(lex))
        lex->cursor++;
  }
}

void lex_skip_body(Lexer *lex) {
  Token open = lex->token;
  size_t depth = 1;
  lex->cursor = open.text + 1;
  lex->peeked = false;
  while (depth > 0) {
    while (!(class_of(lex->cursor) & BODY))
      lex->cursor++;
    if (lex->cursor >= lex->end)
      lex_fail(lex, &open, "this '{' has no '}'");
    skip_in_body(lex, &depth);
  }
  lex->cursor--;
  lex_advance(lex);
}
