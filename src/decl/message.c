/*
** message.c - the text of an error: where, what, the line, a caret.
*/
#include "decl/lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WINDOW 72                 /* bytes of the line that are shown */
#define BEFORE 48                 /* of a longer line, in front of the place */

typedef struct Excerpt {
  const char *text;               /* what is shown of the line */
  size_t length, caret;           /* bytes; `caret` of them before the place */
  bool head, tail;                /* is something cut off there? */
} Excerpt;

static bool is_continuation(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

static Excerpt excerpt(const Lexer *lex, const Token *at) {
  const char *end = at->text;
  while (end < lex->end && *end != '\n' && *end != '\0')
    end++;
  Excerpt part = {at->line_start, (size_t)(end - at->line_start),
                  (size_t)(at->text - at->line_start), false, false};
  if (part.length > WINDOW && part.caret > BEFORE) {
    part.head = true;
    part.text = at->text - BEFORE;
    while (is_continuation(*part.text))
      part.text++;
    part.caret = (size_t)(at->text - part.text);
    part.length = (size_t)(end - part.text);
  }
  if (part.length > WINDOW) {
    part.tail = true;
    part.length = WINDOW;
    while (is_continuation(part.text[part.length]))
      part.length--;
  }
  return part;
}

/* The line (tabs and the like as blanks), and a line with the caret. */
static void show(const Lexer *lex, const Token *at, char *out) {
  Excerpt part = excerpt(lex, at);
  char *o = out + sprintf(out, "\n%s", part.head ? "..." : "");
  for (size_t i = 0; i < part.length; i++)
    *o++ = (unsigned char)part.text[i] < ' ' ? ' ' : part.text[i];
  o += sprintf(o, "%s\n%s", part.tail ? "..." : "", part.head ? "   " : "");
  for (size_t i = 0; i < part.caret && i < WINDOW; i++)
    if (!is_continuation(part.text[i]))
      *o++ = ' ';
  memcpy(o, "^", 2);
}

void lex_fail(Lexer *lex, const Token *at, const char *format, ...) {
  char what[LIMIT_MESSAGE - 512], line[3 * WINDOW], of[128] = "";
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  if (at->file != NULL)
    snprintf(of, sizeof of, " of %.100s", at->file);
  show(lex, at, line);
  error_set(lex->error, (size_t)(at->text - lex->text),
            "line %u, column %u%s: %s%s", (unsigned)at->line,
            (unsigned)(at->text - at->line_start) + 1, of, what, line);
  longjmp(*lex->escape, 1);
}
