/*
** specifier.c - what stands in front of declarators.
**
**   specifiers = ( storage | qualifier | attributes | "_Alignas" ...
**                | word+ | record | enum | name | typeof | atomic | "$" )+
**
** Words (`unsigned long`) are collected as a set of bits, in whatever order
** they come; a table then says what type they make. A typedef's name is one
** only as long as there is no type yet: `typedef int foo; struct { long
** foo; }`.
*/
#include "decl/cexpr.h"
#include "decl/grammar.h"

#include <string.h>

enum {                            /* words */
  VOID = 1, BOOL = 2, CHAR = 4, SHORT = 8, INT = 16, LONG = 32, LLONG = 64,
  SIGNED = 128, UNSIGNED = 256, FLOAT = 512, DOUBLE = 1024, COMPLEX = 2048,
  INT128 = 4096, FLOAT16 = 8192, FLOAT32 = 16384, FLOAT32X = 32768,
  FLOAT64 = 65536, FLOAT64X = 131072, FLOAT128 = 262144
};

typedef struct Reading {          /* specifiers, while they are read */
  Specifiers *out;
  const Type *type;               /* what is no word: typedef, struct ... */
  unsigned words;
  unsigned qual;
} Reading;

static unsigned word_bit(TokenKind kind) {
  switch ((int)kind) {
    case KEY_VOID: return VOID;
    case KEY_BOOL: return BOOL;
    case KEY_CHAR: return CHAR;
    case KEY_SHORT: return SHORT;
    case KEY_INT: return INT;
    case KEY_LONG: return LONG;
    case KEY_SIGNED: return SIGNED;
    case KEY_UNSIGNED: return UNSIGNED;
    case KEY_FLOAT: return FLOAT;
    case KEY_DOUBLE: return DOUBLE;
    case KEY_COMPLEX: return COMPLEX;
    case KEY_INT128: return INT128;
    case KEY_FLOAT16: return FLOAT16;
    case KEY_FLOAT32: return FLOAT32;
    case KEY_FLOAT32X: return FLOAT32X;
    case KEY_FLOAT64: return FLOAT64;
    case KEY_FLOAT64X: return FLOAT64X;
    case KEY_FLOAT128: return FLOAT128;
    default: return 0;
  }
}

static const struct { unsigned words; BaseType type; } combinations[] = {
  {INT, BASE_INT}, {CHAR, BASE_CHAR}, {VOID, BASE_VOID},
  {UNSIGNED | INT, BASE_UINT}, {LONG, BASE_LONG},
  {UNSIGNED | LONG, BASE_ULONG}, {UNSIGNED | CHAR, BASE_UCHAR},
  {DOUBLE, BASE_DOUBLE}, {FLOAT, BASE_FLOAT}, {LLONG, BASE_LLONG},
  {UNSIGNED | LLONG, BASE_ULLONG}, {SHORT, BASE_SHORT},
  {UNSIGNED | SHORT, BASE_USHORT}, {SIGNED | CHAR, BASE_SCHAR},
  {BOOL, BASE_BOOL}, {LONG | DOUBLE, BASE_LDOUBLE},
  {INT128, BASE_INT128}, {UNSIGNED | INT128, BASE_UINT128},
  {FLOAT16, BASE_FLOAT16}, {FLOAT32, BASE_FLOAT32},
  {FLOAT32X, BASE_FLOAT32X}, {FLOAT64, BASE_FLOAT64},
  {FLOAT64X, BASE_FLOAT64X}, {FLOAT128, BASE_FLOAT128},
  {COMPLEX, BASE_DOUBLE_COMPLEX}, {COMPLEX | FLOAT, BASE_FLOAT_COMPLEX},
  {COMPLEX | DOUBLE, BASE_DOUBLE_COMPLEX},
  {COMPLEX | LONG | DOUBLE, BASE_LDOUBLE_COMPLEX},
  {COMPLEX | FLOAT32, BASE_FLOAT_COMPLEX},
  {COMPLEX | FLOAT32X, BASE_DOUBLE_COMPLEX},
  {COMPLEX | FLOAT64, BASE_DOUBLE_COMPLEX},
  {COMPLEX | FLOAT64X, BASE_LDOUBLE_COMPLEX},
  {COMPLEX | FLOAT16, BASE_FLOAT16_COMPLEX},
  {COMPLEX | FLOAT128, BASE_FLOAT128_COMPLEX},
};

/* Drops words that add nothing: `short int`, `signed long`. */
static unsigned normal(unsigned words) {
  if ((words & (SHORT | LONG | LLONG)) && !(words & DOUBLE))
    words &= ~(unsigned)INT;
  if (words == UNSIGNED || words == SIGNED)
    words |= INT;
  if (words & (SHORT | INT | LONG | LLONG | INT128))
    words &= ~(unsigned)SIGNED;
  return words;
}

static const Type *words_type(Parser *p, unsigned words, const Token *where) {
  unsigned wanted = normal(words);
  if (!WIDE_IN_C && (words & INT128))
    parse_fail(p, where, "there is no '__int128' on this machine");
  for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++)
    if (combinations[i].words == wanted)
      return type_base(combinations[i].type);
  parse_fail(p, where, "these words do not make a type together");
}

#define FLOAT_N (FLOAT16 | FLOAT32 | FLOAT32X | FLOAT64 | FLOAT64X | FLOAT128)

/*
** Where the compiler lacks such a type, libc's headers make a typedef of it:
** `typedef float _Float32;`. The word is then a name.
*/
static bool names_float(Parser *p, const Reading *r, unsigned bit) {
  bool name = (bit & FLOAT_N) && (r->out->storage & STORAGE_TYPEDEF) &&
              (r->type != NULL || (r->words & ~(unsigned)COMPLEX) != 0);
  if (name)
    p->lex.token.kind = TOKEN_NAME;
  return name;
}

static void add_word(Parser *p, Reading *r, unsigned bit) {
  const Token *token = &p->lex.token;
  if (r->type != NULL)
    parse_expected(p, "a name");
  if (bit == LONG && (r->words & LONG)) {
    r->words &= ~(unsigned)LONG;
    bit = LLONG;
  }
  if (r->words & (bit | (bit == LLONG || bit == LONG ? LLONG : 0)))
    parse_fail(p, token, "'%.*s' once too often", (int)token->length,
               token->text);
  r->words |= bit;
  advance(p);
}

static unsigned storage_bit(TokenKind kind) {
  switch ((int)kind) {
    case KEY_TYPEDEF: return STORAGE_TYPEDEF;
    case KEY_EXTERN: return STORAGE_EXTERN;
    case KEY_STATIC: return STORAGE_STATIC;
    case KEY_CONSTEXPR: return STORAGE_CONSTEXPR;
    case KEY_THREAD: return STORAGE_THREAD;
    case KEY_AUTO: case KEY_REGISTER: case KEY_INLINE: return STORAGE_OTHER;
    default: return 0;
  }
}

static unsigned qualifier_bit(TokenKind kind) {
  switch ((int)kind) {
    case KEY_CONST: return QUAL_CONST;
    case KEY_VOLATILE: return QUAL_VOLATILE;
    case KEY_RESTRICT: return QUAL_RESTRICT;
    case KEY_ATOMIC: return QUAL_ATOMIC;
    default: return 0;
  }
}

const ParamName *find_param(const Parser *p, const Token *name) {
  for (const ParamName *n = p->params; n != NULL; n = n->outer)
    if (n->name.length == name->length &&
        memcmp(n->name.text, name->text, name->length) == 0)
      return n;
  return NULL;
}

static const Decl *typedef_of(const Parser *p, const Token *name) {
  if (p->params != NULL && find_param(p, name) != NULL)
    return NULL;
  const Decl *d = look_up(p, NAMES, name);
  return d != NULL && d->kind == DECL_TYPEDEF ? d : NULL;
}

/*
** Words that headers get from a macro, and that scripts and MSVC's code use
** as they are: the bit of a name that is one, behind the `words`; else 0.
*/
static unsigned soft_word(const Parser *p, const Token *name,
                          unsigned words) {
  static const struct { const char *text; unsigned bit, behind; } soft[] = {
    {"complex", COMPLEX, FLOAT | DOUBLE | LONG},
    {"__int8", CHAR, SIGNED | UNSIGNED}, {"__int16", SHORT, SIGNED | UNSIGNED},
    {"__int32", INT, SIGNED | UNSIGNED}, {"__int64", LLONG, SIGNED | UNSIGNED}
  };
  if ((words & ~(unsigned)LONG) == 0 && words != 0)
    return 0;                     /* a `long` of that name */
  for (size_t i = 0; i < sizeof soft / sizeof *soft; i++)
    if (token_is(name, soft[i].text) && (words & ~soft[i].behind) == 0 &&
        find_param(p, name) == NULL && look_up(p, NAMES, name) == NULL)
      return soft[i].bit;
  return 0;
}

bool starts_type(Parser *p, const Token *token) {
  switch ((int)token->kind) {
    case TOKEN_NAME:
      return typedef_of(p, token) != NULL || soft_word(p, token, 0) != 0;
    case KEY_STRUCT: case KEY_UNION: case KEY_ENUM: case KEY_TYPEOF:
    case KEY_TYPEOF_UNQUAL: case KEY_ATTRIBUTE: case KEY_ALIGNAS: case '$':
      return true;
    default:
      return word_bit(token->kind) != 0 || storage_bit(token->kind) != 0 ||
             qualifier_bit(token->kind) != 0;
  }
}

/* "$": the next one of the types that were given with the text. */
static const Type *given_type(Parser *p) {
  const DeclText *source = p->source;
  size_t i = p->arguments++;
  if (i >= source->narguments)
    parse_fail(p, &p->lex.token, "there is no type for '$' number %zu",
               i + 1);
  if (source->arguments[i] == NULL)
    parse_fail(p, &p->lex.token, "argument %zu, for this '$', is no type",
               i + 1);
  advance(p);
  return source->arguments[i];
}

/* ("typeof" | "typeof_unqual") "(" (type | expression) ")" */
static const Type *typeof_specifier(Parser *p) {
  bool bare = at(p, KEY_TYPEOF_UNQUAL);
  const Type *type;
  enter(p);
  advance(p);
  expect(p, '(');
  if (starts_type(p, &p->lex.token))
    type = type_name(p);
  else
    type = expression(p).type;
  expect(p, ')');
  leave(p);
  return bare ? type->bare : type;
}

/* `string`, where no typedef has that name; else no type at all. */
static const Type *unknown_type(Parser *p, Reading *r) {
  const Token *name = &p->lex.token;
  if (!token_is(name, "string") || find_param(p, name) != NULL)
    return NULL;
  advance(p);
  r->out->string = true;
  const Type *target = type_qualified(p->scope, type_base(BASE_CHAR),
                                      QUAL_CONST);
  return need_type(p, type_pointer(p->scope, need_type(p, target)));
}

/* A name: a typedef's, a word, or what follows the specifiers. */
static bool name_specifier(Parser *p, Reading *r) {
  if (r->type != NULL)
    return false;
  unsigned bit = soft_word(p, &p->lex.token, r->words);
  if (bit != 0)
    add_word(p, r, bit);
  if (bit != 0 || r->words != 0)
    return bit != 0;
  const Decl *d = typedef_of(p, &p->lex.token);
  if (d == NULL)
    return (r->type = unknown_type(p, r)) != NULL;
  r->type = d->type;
  advance(p);
  return true;
}

static const Type *atomic_specifier(Parser *p) {
  advance(p);
  expect(p, '(');
  const Type *type = type_name(p);
  expect(p, ')');
  return need_type(p, type_qualified(p->scope, type->bare, QUAL_ATOMIC));
}

/* A type that is not made of words. */
static void whole_type(Parser *p, Reading *r) {
  if (r->type != NULL || r->words != 0)
    parse_fail(p, &p->lex.token, "two types in one declaration");
  switch ((int)p->lex.token.kind) {
    case KEY_STRUCT: case KEY_UNION:
      r->type = record_specifier(p, r->out);
      break;
    case KEY_ENUM: r->type = enum_specifier(p, r->out); break;
    case KEY_ATOMIC: r->type = atomic_specifier(p); break;
    case '$': r->type = given_type(p); break;
    default: r->type = typeof_specifier(p); break;
  }
}

/* One specifier, if there is one. */
static bool specifier(Parser *p, Reading *r) {
  TokenKind kind = p->lex.token.kind;
  unsigned bit;
  if (kind == TOKEN_NAME)
    return name_specifier(p, r);
  if ((bit = word_bit(kind)) != 0) {
    if (names_float(p, r, bit))
      return false;
    add_word(p, r, bit);
    return true;
  }
  switch ((int)kind) {
    case KEY_STRUCT: case KEY_UNION: case KEY_ENUM: case KEY_TYPEOF:
    case KEY_TYPEOF_UNQUAL: case '$':
      whole_type(p, r);
      return true;
    case KEY_ATOMIC:
      if (lex_peek(&p->lex)->kind == (TokenKind)'(') {
        whole_type(p, r);
        return true;
      }
      break;
    case KEY_ALIGNAS: alignas_specifier(p, &r->out->attributes); return true;
    case KEY_NONNULL: case KEY_NULLABILITY:
      r->out->nonnull |= kind == KEY_NONNULL;
      advance(p);
      return true;
    default: break;
  }
  if ((bit = storage_bit(kind)) != 0)
    r->out->storage |= bit;
  else if ((bit = qualifier_bit(kind)) != 0)
    r->qual |= bit;
  else
    return attributes(p, &r->out->attributes);
  advance(p);
  return true;
}

void not_a_type(Parser *p, const Token *name) {
  parse_fail(p, name, "unknown type name '%.*s'%s", (int)name->length,
             name->text, suggestion(p, name, false));
}

_Noreturn static void no_type(Parser *p) {
  if (at(p, TOKEN_NAME))
    not_a_type(p, &p->lex.token);
  if (at(p, TOKEN_STRING))
    parse_fail(p, &p->lex.token, "extern \"C\" is C++: give what stands "
               "between its braces");
  parse_expected(p, "a type");
}

/* Only pointers may be restrict; functions have no qualifiers. */
static const Type *qualified(Parser *p, const Type *type, unsigned qual,
                             const Token *where) {
  const Type *element = type;
  while (element->kind == TYPE_ARRAY)
    element = element->target;
  if (qual == 0 || element->kind == TYPE_FUNCTION)
    return type;
  if ((qual & QUAL_RESTRICT) && element->kind != TYPE_POINTER)
    parse_fail(p, where, "only a pointer can be restrict");
  return need_type(p, type_qualified(p->scope, type, qual));
}

void specifiers(Parser *p, Specifiers *out) {
  Reading r = {.out = out};
  out->storage = 0;
  out->string = out->nonnull = out->anonymous = out->tagged = false;
  out->attributes.any = false;
  out->where = p->lex.token;
  while (specifier(p, &r))
    continue;
  if (r.words != 0)
    r.type = words_type(p, r.words, &out->where);
  if (r.type == NULL)
    no_type(p);
  out->type = qualified(p, r.type, r.qual, &out->where);
}

const Type *type_name(Parser *p) {
  Specifiers spec;
  Declarator d;
  enter(p);
  specifiers(p, &spec);
  if (spec.storage != 0)
    parse_fail(p, &spec.where, "no storage class is allowed here");
  declarator(p, &spec, NAME_OPTIONAL, &d);
  if (d.name.length != 0)
    parse_fail(p, &d.name, "expected ')' before '%.*s'", (int)d.name.length,
               d.name.text);
  leave(p);
  return d.type;
}
