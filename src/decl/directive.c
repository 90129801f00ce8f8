/* directive.c - see directive.h. */
#include "decl/directive.h"

#include <stdlib.h>
#include <string.h>

struct FileName {
  FileName *next;
  size_t length;
  char *text;
};

static const char *skip_blanks(const char *s) {
  while (*s == ' ' || *s == '\t')
    s++;
  return s;
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static const char *skip_word(const char *s) {
  while (is_letter(*s) || is_digit(*s))
    s++;
  return s;
}

static bool equal(const char *s, size_t length, const char *word) {
  return strlen(word) == length && memcmp(s, word, length) == 0;
}

/* Reads digits at *s; too large a number becomes UINT32_MAX. */
static uint32_t number(const char **s) {
  uint64_t value = 0;
  for (; is_digit(**s); ++*s) {
    value = value * 10 + (uint64_t)(**s - '0');
    if (value > UINT32_MAX)
      value = UINT32_MAX;
  }
  return (uint32_t)value;
}

static Token token_at(const char *text, size_t length) {
  return (Token){text, (uint32_t)length, TOKEN_END};
}

static FileName *new_file(Lexer *lex, const char *name, size_t length) {
  FileName *file = arena_alloc(lex->names, sizeof *file);
  if (file != NULL)
    file->text = arena_copy(lex->names, name, length);
  if (file == NULL || file->text == NULL) {
    Token at = token_at(name, length);
    lex_fail(lex, &at, "not enough memory");
  }
  file->length = length;
  return file;
}

#define NAMES_TRIED 64

/*
** The copy of a file's name. Includes come and go, so the names that were
** used last stand in front; one that is far behind gets another copy.
*/
static const char *file_name(Lexer *lex, const char *name, size_t length) {
  FileName **link = &lex->files;
  int left = NAMES_TRIED;
  while (*link != NULL && left > 0 &&
         !((*link)->length == length &&
           memcmp((*link)->text, name, length) == 0)) {
    link = &(*link)->next;
    left--;
  }
  FileName *file = *link;
  if (file == NULL || left == 0)
    file = new_file(lex, name, length);
  else
    *link = file->next;
  file->next = lex->files;
  lex->files = file;
  return file->text;
}

/* To the newline that ends the directive: not one behind a backslash. */
static void skip_line(Lexer *lex) {
  const char *s = lex->cursor + strcspn(lex->cursor, "\n");
  while (*s == '\n' && (s[-1] == '\\' || (s[-1] == '\r' && s[-2] == '\\')))
    s += 1 + strcspn(s + 1, "\n");
  lex->cursor = s;
}

/* # 12 "file.h" 1 3: the next line is line 12 of that file. */
static void line_marker(Lexer *lex, const char *s) {
  const char *file = lex->marker->file;
  uint32_t line = number(&s);
  s = skip_blanks(s);
  if (*s == '"') {
    size_t length = strcspn(s + 1, "\"\n");
    if (s[1 + length] == '"')
      file = file_name(lex, s + 1, length);
  }
  skip_line(lex);
  lex_mark(lex, lex->cursor + (*lex->cursor == '\n'), line, file);
}

static bool is_pack_value(uint32_t value) {
  return value <= 16 && (value & (value - 1)) == 0;
}

static void pack_push(Lexer *lex, const char *name, size_t length) {
  if (lex->packs == LIMIT_PACK) {
    Token at = token_at(lex->cursor, 1);
    lex_fail(lex, &at, "#pragma pack(push) nested deeper than %d",
             LIMIT_PACK);
  }
  lex->stack[lex->packs++] = (PackEntry){name, length, lex->pack};
}

/* Pops to the entry of that name, if one is given and there; else one. */
static void pack_pop(Lexer *lex, const char *name, size_t length) {
  uint32_t i = lex->packs;
  if (i == 0)
    return;
  if (name == NULL)
    i--;
  else {
    while (i > 0 && !(lex->stack[i - 1].length == length &&
                      memcmp(lex->stack[i - 1].name, name, length) == 0))
      i--;
    if (i == 0)
      return;
    i--;
  }
  lex->pack = lex->stack[i].pack;
  lex->packs = i;
}

/* #pragma pack(), pack(n), pack(push|pop [, name] [, n]) */
static void pragma_pack(Lexer *lex, const char *s, const char *end) {
  const char *action = NULL, *name = NULL;
  size_t length = 0;
  uint32_t value = 0;
  bool given = false;
  for (s = skip_blanks(s + 1); s < end && *s != ')';) {
    const char *word = s;
    s = skip_word(s);
    if (is_digit(*word)) {
      const char *digits = word;
      value = number(&digits);
      given = true;
    }
    else if (action == NULL && s > word)
      action = word;
    else if (s > word) {
      name = word;
      length = (size_t)(s - word);
    }
    s = skip_blanks(s);
    if (*s == ',')
      s = skip_blanks(s + 1);
    else if (s == word)
      return;                     /* not understood: not ours to judge */
  }
  if (action != NULL && strncmp(action, "push", 4) == 0)
    pack_push(lex, name, length);
  else if (action != NULL && strncmp(action, "pop", 3) == 0)
    pack_pop(lex, name, length);
  if ((given || action == NULL) && is_pack_value(value))
    lex->pack = value;
}

#define NATIVE_ORDER \
  (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big")

/* Would what follows be laid out in a way that this module does not know? */
static bool changes_layout(const char *word, size_t length,
                           const char *argument) {
  size_t given = (size_t)(skip_word(argument) - argument);
  if (equal(word, length, "ms_struct"))
    return equal(argument, given, "on");
  return equal(word, length, "scalar_storage_order") &&
         !equal(argument, given, "default") &&
         !equal(argument, given, NATIVE_ORDER);
}

void directive_pragma(Lexer *lex, const char *text, const char *end) {
  const char *word = skip_blanks(text);
  const char *s = skip_word(word);
  size_t length = (size_t)(s - word);
  s = skip_blanks(s);
  if (equal(word, length, "pack") && *s == '(')
    pragma_pack(lex, s, end);
  else if (changes_layout(word, length, s)) {
    Token at = token_at(word, length);
    lex_fail(lex, &at, "#pragma %.*s is not supported", (int)length, word);
  }
}

static bool is_one_of(const char *word, size_t length, const char **list) {
  for (; *list != NULL; list++)
    if (equal(word, length, *list))
      return true;
  return false;
}

/* Notes `#define name body`; see define.h. `s` is behind the word. */
static void note_define(Lexer *lex, const char *s, const char *end) {
  const char *name = skip_blanks(s);
  const char *body = skip_word(name);
  if (lex->ndefines == lex->maxdefines) {
    size_t room = lex->maxdefines == 0 ? 64 : lex->maxdefines * 2;
    Define *more = realloc(lex->defines, room * sizeof *more);
    if (more == NULL) {
      Token at = token_at(name, 1);
      lex_fail(lex, &at, "not enough memory");
    }
    lex->defines = more;
    lex->maxdefines = room;
  }
  Token token = token_at(name, (size_t)(body - name));
  lex->defines[lex->ndefines++] =
      (Define){token, body, (size_t)(end - body), *body == '('};
}

/* A directive by name. */
static void command(Lexer *lex, const char *word) {
  static const char *skipped[] = {"define", "undef", "ident", "sccs",
                                  "warning", "assert", "unassert", "", NULL};
  const char *s = skip_word(word);
  size_t length = (size_t)(s - word);
  if (equal(word, length, "define") && is_letter(*skip_blanks(s))) {
    const char *start = lex->cursor;
    skip_line(lex);
    note_define(lex, s, lex->cursor);
    lex->cursor = start;
  } else if (equal(word, length, "pragma"))
    directive_pragma(lex, s, s + strcspn(s, "\n"));
  else if (equal(word, length, "line") && is_digit(*skip_blanks(s)))
    line_marker(lex, skip_blanks(s));
  else if (!is_one_of(word, length, skipped)) {
    Token at = token_at(lex->cursor, (size_t)(s - lex->cursor));
    lex_fail(lex, &at, "'#%.*s' is for a preprocessor: put the text in"
             " a header file, and import that with header()",
             (int)(length < 40 ? length : 40), word);
  }
}

void directive(Lexer *lex) {
  const char *s = skip_blanks(lex->cursor + 1);
  if (is_digit(*s)) {
    line_marker(lex, s);
    return;
  }
  command(lex, s);
  skip_line(lex);
}
