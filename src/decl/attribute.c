/*
** attribute.c - what attributes say.
**
**   attributes = ( "__attribute__" "((" list "))" | "[[" list "]]"
**                | "__declspec" "(" list ")" | "__stdcall" ... )*
**   list       = attribute? ("," attribute?)*
**   attribute  = (name "::")? name ("(" arguments ")")?
**
** One row of a table for each attribute that changes types; all others are
** skipped with their arguments.
*/
#include "decl/cexpr.h"
#include "decl/grammar.h"

#include <string.h>

#define LIMIT_ALIGN ((SignedWide)1 << 28)  /* as gcc has it */

/* An attribute's reader: its name is behind, its arguments in view. */
typedef void Reader(Parser *p, const Token *name, Attributes *out);

static SignedWide argument(Parser *p, const char *what) {
  expect(p, '(');
  Value value = constant_integer(p, what);
  expect(p, ')');
  return value.integer;
}

static uint32_t alignment(Parser *p, const Token *name, SignedWide bytes) {
  if (bytes < 0 || bytes > LIMIT_ALIGN || (bytes & (bytes - 1)) != 0)
    parse_fail(p, name, "an alignment must be a power of two, at most 2^28");
  return (uint32_t)bytes;
}

/* Something is said: the rest starts from zero. */
static void begin(Attributes *out) {
  if (!out->any)
    *out = (Attributes){.any = true};
}

void settle_attributes(Attributes *list) {
  if (!list->any)
    *list = (Attributes){.any = false};
}

static void add_alignment(Attributes *out, uint32_t bytes) {
  if (bytes > out->aligned)
    out->aligned = bytes;
}

static void read_packed(Parser *p, const Token *name, Attributes *out) {
  (void)p;
  (void)name;
  out->packed = true;
}

static void read_transparent(Parser *p, const Token *name, Attributes *out) {
  (void)p;
  (void)name;
  out->transparent = true;
}

static void read_aligned(Parser *p, const Token *name, Attributes *out) {
  SignedWide bytes = __BIGGEST_ALIGNMENT__;
  if (at(p, '('))
    bytes = argument(p, "the alignment");
  add_alignment(out, alignment(p, name, bytes));
}

static uint64_t vector_argument(Parser *p, const Token *name) {
  SignedWide value = argument(p, "the vector's size");
  if (value <= 0 || value > LIMIT_ALIGN)
    parse_fail(p, name, "this vector's size is out of range");
  return (uint64_t)value;
}

static void read_vector_size(Parser *p, const Token *name, Attributes *out) {
  out->vector_bytes = vector_argument(p, name);
}

static void read_vector_count(Parser *p, const Token *name, Attributes *out) {
  out->vector_count = vector_argument(p, name);
}

static void read_mode(Parser *p, const Token *name, Attributes *out) {
  (void)name;
  expect(p, '(');
  out->mode = expect_name(p, "a mode");
  expect(p, ')');
}

static void read_nonnull(Parser *p, const Token *name, Attributes *out) {
  (void)name;
  if (!accept(p, '(') || accept(p, ')')) {
    out->nonnull_all = true;
    return;
  }
  do {
    SignedWide number = constant_integer(p, "a parameter's number").integer - 1;
    if (number >= 0 && number < 128)
      out->nonnull[number / 64] |= (uint64_t)1 << (number % 64);
  } while (accept(p, ','));
  expect(p, ')');
}

#if defined(__x86_64__)
static void read_ms_abi(Parser *p, const Token *name, Attributes *out) {
  (void)p;
  (void)name;
  out->convention = CALL_MS;
}
#elif defined(__i386__)
static void read_convention(Parser *p, const Token *name, Attributes *out) {
  (void)p;
  const char *letter = name->text;
  while (*letter == '_')
    letter++;
  out->convention = *letter == 'c' ? CALL_CDECL : *letter == 's' ? CALL_STDCALL
                  : *letter == 'f' ? CALL_FASTCALL : CALL_THISCALL;
}
#endif

/* What nothing here knows: better no layout, no call, than a wrong one. */
static void read_refused(Parser *p, const Token *name, Attributes *out) {
  (void)out;
  parse_fail(p, name, "attribute '%.*s' is not supported", (int)name->length,
             name->text);
}

/* Of the calling conventions, only what the machine's compilers honour. */
#define READER(name, read) {name, sizeof name - 1, read}
static const struct { char name[24]; uint32_t length; Reader *read; }
readers[] = {
  READER("packed", read_packed),
  READER("aligned", read_aligned),
  READER("align", read_aligned),  /* __declspec */
  READER("vector_size", read_vector_size),
  READER("ext_vector_type", read_vector_count),
  READER("neon_vector_type", read_vector_count),
  READER("mode", read_mode),
  READER("transparent_union", read_transparent),
  READER("nonnull", read_nonnull),
  READER("scalar_storage_order", read_refused),
  READER("ms_struct", read_refused),
#if defined(__x86_64__)
  READER("ms_abi", read_ms_abi),
#elif defined(__i386__)
  READER("cdecl", read_convention), READER("stdcall", read_convention),
  READER("fastcall", read_convention), READER("thiscall", read_convention),
  READER("regparm", read_refused), READER("sseregparm", read_refused),
#endif
};

/* `__name__` is `name`. */
static Token stripped(Token name) {
  if (name.length > 4 && memcmp(name.text, "__", 2) == 0 &&
      memcmp(name.text + name.length - 2, "__", 2) == 0) {
    name.text += 2;
    name.length -= 4;
  }
  return name;
}

static Reader *reader_of(const Token *name) {
  Token bare = stripped(*name);
  for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
    if (bare.length == readers[i].length &&
        memcmp(bare.text, readers[i].name, bare.length) == 0)
      return readers[i].read;
  return NULL;
}

/* (name "::")? name ("(" arguments ")")? */
static void attribute(Parser *p, Attributes *out) {
  Token name = p->lex.token;
  if (name.kind != TOKEN_NAME && name.kind < KEY_ATTRIBUTE)
    parse_expected(p, "an attribute");
  advance(p);
  if (accept(p, TOKEN_COLONS)) {
    name = p->lex.token;
    advance(p);
  }
  Reader *read = reader_of(&name);
  if (read != NULL) {
    begin(out);
    out->where = name;
    read(p, &name, out);
  }
  else if (at(p, '('))
    skip_group(p);
}

/* attribute? ("," attribute?)*, up to the closing bracket; without commas */
/* in __declspec */
static void attribute_list(Parser *p, char close, Attributes *out) {
  while (!at(p, close))
    if (!accept(p, ','))
      attribute(p, out);
}

static void gnu_attributes(Parser *p, Attributes *out) {
  advance(p);
  expect(p, '(');
  expect(p, '(');
  attribute_list(p, ')', out);
  expect(p, ')');
  expect(p, ')');
}

static void bracket_attributes(Parser *p, Attributes *out) {
  advance(p);
  attribute_list(p, ']', out);
  expect(p, ']');
  expect(p, ']');
}

static void declspec(Parser *p, Attributes *out) {
  advance(p);
  expect(p, '(');
  attribute_list(p, ')', out);
  expect(p, ')');
}

/* __stdcall and its like stand without brackets. */
static void convention_word(Parser *p, Attributes *out) {
  Token name = p->lex.token;
  advance(p);
  name.text += 2;
  name.length -= 2;
  Reader *read = reader_of(&name);
  if (read != NULL) {
    begin(out);
    read(p, &name, out);
  }
}

bool some_attributes(Parser *p, Attributes *out) {
  for (bool any = false;; any = true) {
    switch ((int)p->lex.token.kind) {
      case KEY_ATTRIBUTE: gnu_attributes(p, out); break;
      case TOKEN_BRACKETS: bracket_attributes(p, out); break;
      case KEY_DECLSPEC: declspec(p, out); break;
      case KEY_CONVENTION: convention_word(p, out); break;
      default: return any;
    }
  }
}

/* "_Alignas" "(" (type | constant) ")" */
void alignas_specifier(Parser *p, Attributes *out) {
  Token word = p->lex.token;
  advance(p);
  begin(out);
  if (!at(p, '(') || !starts_type(p, lex_peek(&p->lex))) {
    add_alignment(out, alignment(p, &word, argument(p, "the alignment")));
    return;
  }
  expect(p, '(');
  uint32_t align = type_align(type_name(p));
  expect(p, ')');
  if (align == 0)
    parse_fail(p, &word, "an incomplete type has no alignment");
  add_alignment(out, align);
}

void merge_attributes(Attributes *into, const Attributes *from) {
  if (!from->any)
    return;
  begin(into);
  into->packed |= from->packed;
  into->transparent |= from->transparent;
  into->nonnull_all |= from->nonnull_all;
  into->nonnull[0] |= from->nonnull[0];
  into->nonnull[1] |= from->nonnull[1];
  add_alignment(into, from->aligned);
  if (from->vector_bytes != 0)
    into->vector_bytes = from->vector_bytes;
  if (from->vector_count != 0)
    into->vector_count = from->vector_count;
  if (from->mode.length != 0)
    into->mode = from->mode;
  if (from->convention != CALL_DEFAULT)
    into->convention = from->convention;
  if (from->where.length != 0)
    into->where = from->where;
}

/* GNU's names of machine modes: signed type, unsigned type. */
static const struct { char name[12]; BaseType with, without; } modes[] = {
  {"QI", BASE_SCHAR, BASE_UCHAR}, {"byte", BASE_SCHAR, BASE_UCHAR},
  {"HI", BASE_SHORT, BASE_USHORT}, {"SI", BASE_INT, BASE_UINT},
#if __SIZEOF_LONG__ == 8
  {"DI", BASE_LONG, BASE_ULONG},
#else
  {"DI", BASE_LLONG, BASE_ULLONG},
#endif
#if defined(__SIZEOF_INT128__)
  {"TI", BASE_INT128, BASE_UINT128},
#endif
  {"word", BASE_LONG, BASE_ULONG}, {"pointer", BASE_LONG, BASE_ULONG},
  {"unwind_word", BASE_LONG, BASE_ULONG},
  {"SF", BASE_FLOAT, BASE_FLOAT}, {"DF", BASE_DOUBLE, BASE_DOUBLE},
  {"XF", BASE_LDOUBLE, BASE_LDOUBLE}, {"HF", BASE_FLOAT16, BASE_FLOAT16},
#if defined(__x86_64__) || defined(__i386__)
  {"TF", BASE_FLOAT128, BASE_FLOAT128},
  {"TC", BASE_FLOAT128_COMPLEX, BASE_FLOAT128_COMPLEX},
#else
  {"TF", BASE_LDOUBLE, BASE_LDOUBLE},
  {"TC", BASE_LDOUBLE_COMPLEX, BASE_LDOUBLE_COMPLEX},
#endif
  {"HC", BASE_FLOAT16_COMPLEX, BASE_FLOAT16_COMPLEX},
  {"SC", BASE_FLOAT_COMPLEX, BASE_FLOAT_COMPLEX},
  {"DC", BASE_DOUBLE_COMPLEX, BASE_DOUBLE_COMPLEX},
  {"XC", BASE_LDOUBLE_COMPLEX, BASE_LDOUBLE_COMPLEX}
};

static const Type *with_mode(Parser *p, const Token *mode, const Type *type) {
  char text[TYPE_TEXT];
  Token name = stripped(*mode);
  bool without = type->kind == TYPE_BOOL ||
                 (type->bare->flags & TYPE_UNSIGNED) != 0;
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (!token_is(&name, modes[i].name))
      continue;
    const Type *made = type_base(without ? modes[i].without : modes[i].with);
    bool fits = made->kind == type->kind;
    if (type->kind == TYPE_ENUM || type->kind == TYPE_POINTER)
      return type;                /* of their own size by now */
    if (!fits)
      break;
    return need_type(p, type_qualified(p->scope, made, type->qual));
  }
  parse_fail(p, mode, "mode '%.*s' does not fit '%s'", (int)mode->length,
             mode->text, type_text(type, text));
}

static const Type *vector_of(Parser *p, const Attributes *list,
                             const Type *element) {
  char text[TYPE_TEXT];
  uint64_t size = type_size(element), count = list->vector_count;
  if ((element->kind != TYPE_INTEGER && element->kind != TYPE_FLOAT) ||
      size == 0)
    parse_fail(p, &list->where, "no vectors of '%s'",
               type_text(element, text));
  if (count == 0)
    count = list->vector_bytes % size == 0 ? list->vector_bytes / size : 0;
  if (count == 0 || (count & (count - 1)) != 0)
    parse_fail(p, &list->where, "a vector of '%s' must have a power of two of"
               " elements", type_text(element, text));
  const Type *made = need_type(p, type_vector(p->scope, element->bare,
                                              count));
  return need_type(p, type_qualified(p->scope, made, element->qual));
}

const Type *attributes_on_base(Parser *p, const Attributes *list,
                               const Type *type) {
  if (list->mode.length != 0)
    type = with_mode(p, &list->mode, type);
  if (list->vector_bytes != 0 || list->vector_count != 0)
    type = vector_of(p, list, type);
  return type;
}
