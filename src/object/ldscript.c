/* ldscript.c - see ldscript.h. */
#include "object/ldscript.h"

#include <string.h>

typedef struct Token {
  const char *text;
  size_t size;                    /* 0: the end */
  bool quoted;
} Token;

void ldscript_init(LdScript *script, const char *text, size_t size) {
  script->at = text;
  script->end = text + size;
  script->depth = 0;
}

static bool one_of(char c, const char *set) {
  return c != '\0' && strchr(set, c) != NULL;
}

/* Past a comment, to the end if it is never closed. */
static void skip_comment(LdScript *script) {
  script->at += 2;
  while (script->at < script->end) {
    if (script->end - script->at >= 2 && memcmp(script->at, "*/", 2) == 0) {
      script->at += 2;
      return;
    }
    script->at++;
  }
}

static void skip_blanks(LdScript *script) {
  while (script->at < script->end) {
    if (script->end - script->at >= 2 && memcmp(script->at, "/*", 2) == 0)
      skip_comment(script);
    else if (one_of(*script->at, " \t\r\n\f\v,;"))
      script->at++;
    else
      return;
  }
}

static Token quoted(LdScript *script) {
  Token token = {++script->at, 0, true};
  while (script->at < script->end && *script->at != '"')
    script->at++;
  token.size = (size_t)(script->at - token.text);
  if (script->at < script->end)
    script->at++;
  return token;
}

/* A parenthesis or brace, or all up to the next blank or one of them. */
static Token next_token(LdScript *script) {
  skip_blanks(script);
  Token token = {script->at, 0, false};
  if (script->at == script->end)
    return token;
  if (*script->at == '"')
    return quoted(script);
  do
    script->at++;
  while (!one_of(*token.text, "(){}") && script->at < script->end &&
         !one_of(*script->at, " \t\r\n\f\v,;(){}\""));
  token.size = (size_t)(script->at - token.text);
  return token;
}

static bool is_word(Token token, const char *word) {
  return !token.quoted && token.size == strlen(word) &&
         memcmp(token.text, word, token.size) == 0;
}

static bool at_end(const LdScript *script, Token token) {
  return token.size == 0 && script->at == script->end;
}

/* Past what stands between brackets, if some open here. */
static void skip_brackets(LdScript *script) {
  LdScript start = *script;
  Token token = next_token(script);
  if (!is_word(token, "(") && !is_word(token, "{")) {
    *script = start;
    return;
  }
  for (int depth = 1; depth > 0 && !at_end(script, token);) {
    token = next_token(script);
    if (is_word(token, "(") || is_word(token, "{"))
      depth++;
    else if (is_word(token, ")") || is_word(token, "}"))
      depth--;
  }
}

/* Past the bracket that opens here: false, and nothing read, if none does. */
static bool enter(LdScript *script) {
  LdScript start = *script;
  if (is_word(next_token(script), "("))
    return true;
  *script = start;
  return false;
}

/* The token as a file's name; the root that stands for ld's own is cut. */
static void copy_name(Token token, char *name, size_t room) {
  static const char root[] = "$SYSROOT";
  size_t cut = 0;
  if (token.text[0] == '=')
    cut = 1;
  else if (token.size >= sizeof root - 1 &&
           memcmp(token.text, root, sizeof root - 1) == 0)
    cut = sizeof root - 1;
  size_t size = token.size - cut;
  if (size > room - 1)
    size = room - 1;
  memcpy(name, token.text + cut, size);
  name[size] = '\0';
}

/* Within INPUT or GROUP: true if the token is a file's name. */
static bool inside(LdScript *script, Token token) {
  if (is_word(token, ")"))
    script->depth--;
  else if (is_word(token, "("))
    script->depth++;
  else if (is_word(token, "AS_NEEDED") && enter(script))
    script->depth++;
  else
    return token.size > 0;
  return false;
}

static void outside(LdScript *script, Token token) {
  if ((is_word(token, "INPUT") || is_word(token, "GROUP")) && enter(script))
    script->depth = 1;
  else
    skip_brackets(script);
}

bool ldscript_next(LdScript *script, char *name, size_t room) {
  for (;;) {
    Token token = next_token(script);
    if (at_end(script, token))
      return false;
    if (script->depth == 0) {
      outside(script, token);
    } else if (inside(script, token)) {
      copy_name(token, name, room);
      return true;
    }
  }
}

bool ldscript_first(const char *text, size_t size, char *name, size_t room) {
  LdScript script;
  ldscript_init(&script, text, size);
  return ldscript_next(&script, name, room);
}
