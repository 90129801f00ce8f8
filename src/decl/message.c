/*
** message.c - lines and columns, and the text of an error: where, what, the
** line, a caret.
*/
#include "decl/lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void lex_mark(Lexer *lex, const char *start, uint32_t line,
              const char *file) {
  Marker *marker = arena_alloc(&lex->markers, sizeof *marker);
  if (marker == NULL)
    return;                       /* lines are then counted on */
  *marker = (Marker){lex->marker, start, file, line};
  lex->marker = marker;
}

/* What is asked for is mostly near the place that was asked for last. */
static void count_back(Counted *c, const char *s) {
  while (s < c->start) {
    do
      c->start--;
    while (c->start > c->marker->start && c->start[-1] != '\n');
    c->line--;
  }
  c->upto = s;
}

static void count_on(Counted *c, const char *s) {
  const char *newline;
  while (s > c->upto &&
         (newline = memchr(c->upto, '\n', (size_t)(s - c->upto))) != NULL) {
    c->start = c->upto = newline + 1;
    c->line++;
  }
  if (s > c->upto)
    c->upto = s;
}

Place lex_place(Lexer *lex, const char *s) {
  const Marker *marker = lex->marker;
  Counted *c = &lex->counted;
  while (marker->start > s && marker->older != NULL)
    marker = marker->older;
  if (c->marker != marker)
    *c = (Counted){marker, marker->start, marker->line, marker->start};
  if (s < c->start)
    count_back(c, s);
  else
    count_on(c, s);
  return (Place){marker->file, c->line, (uint32_t)(s - c->start) + 1};
}

const char *place_text(const Place *place, char *buffer, size_t size) {
  snprintf(buffer, size, "line %u, column %u%s%.100s", (unsigned)place->line,
           (unsigned)place->column, place->file != NULL ? " of " : "",
           place->file != NULL ? place->file : "");
  return buffer;
}

#define WINDOW 72                 /* bytes of the line that are shown */
#define BEFORE 48                 /* of a longer line, in front of the place */

typedef struct Excerpt {
  const char *text;               /* what is shown of the line */
  size_t length, caret;           /* bytes; `caret` of them before the place */
  bool head, tail;                /* is something cut off there? */
} Excerpt;

#define MOST_CONTINUED 3          /* bytes behind the first of a character */

static bool is_continuation(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

static Excerpt excerpt(const Lexer *lex, const Token *at, size_t column) {
  const char *end = at->text, *start = end - (column - 1);
  while (end < lex->end && *end != '\n' && *end != '\0')
    end++;
  Excerpt part = {start, (size_t)(end - start), column - 1, false, false};
  if (part.length > WINDOW && part.caret > BEFORE) {
    part.head = true;
    part.text = at->text - BEFORE;
    for (int i = 0; i < MOST_CONTINUED && is_continuation(*part.text); i++)
      part.text++;
    part.caret = (size_t)(at->text - part.text);
    part.length = (size_t)(end - part.text);
  }
  if (part.length > WINDOW) {
    part.tail = true;
    part.length = WINDOW;
    for (int i = 0; i < MOST_CONTINUED &&
                    is_continuation(part.text[part.length]); i++)
      part.length--;
  }
  return part;
}

/* The line (tabs and the like as blanks), and a line with the caret. */
static void show(const Lexer *lex, const Token *at, size_t column, char *out) {
  Excerpt part = excerpt(lex, at, column);
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
  char what[LIMIT_MESSAGE - 512], line[3 * WINDOW], where[192];
  if (lex->quiet)
    longjmp(*lex->escape, 1);
  Place place = lex_place(lex, at->text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  show(lex, at, place.column, line);
  error_set(lex->error, (size_t)(at->text - lex->text), "%s: %s%s",
            place_text(&place, where, sizeof where), what, line);
  longjmp(*lex->escape, 1);
}
