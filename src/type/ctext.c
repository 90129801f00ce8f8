/*
** ctext.c - see ctext.h.
**
** C writes a type around its name: what a type derives from goes on the
** left, dimensions and parameters on the right. `int (*f)(char)` is
**
**   left(int (*)(char))  = left(int (char)) "(" "*"
**   right(int (*)(char)) = ")" right(int (char)), which is "(char)"
*/
#include "type/ctext.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
** Types that share parts can be written out to a text that is exponentially
** longer than they are. Past this length no more parts are written.
*/
#define LONGEST_TEXT 65536

typedef struct Text {
  char *buffer;
  size_t size;                    /* of the buffer */
  size_t length;                  /* of the whole text */
  char last;                      /* its last character, or NUL */
} Text;

static void put(Text *text, const char *part) {
  for (; *part != '\0'; part++) {
    if (text->length + 1 < text->size)
      text->buffer[text->length] = *part;
    text->length++;
    text->last = *part;
  }
}

static void put_number(Text *text, uint64_t number) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRIu64, number);
  put(text, digits);
}

/* Two words, or a word and a declarator, stand apart. */
static void put_space(Text *text) {
  if (text->last != '\0' && strchr("*( ", text->last) == NULL)
    put(text, " ");
}

static void put_word(Text *text, const char *word) {
  put_space(text);
  put(text, word);
}

static void put_qualifiers(Text *text, unsigned qual) {
  static const struct { unsigned qual; const char *word; } words[] = {
    {QUAL_CONST, "const"}, {QUAL_VOLATILE, "volatile"},
    {QUAL_RESTRICT, "restrict"}, {QUAL_ATOMIC, "_Atomic"}
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if ((qual & words[i].qual) != 0)
      put_word(text, words[i].word);
}

static void put_convention(Text *text, const Type *function) {
  static const char *const words[] = {
    [CALL_CDECL] = "cdecl", [CALL_STDCALL] = "stdcall",
    [CALL_FASTCALL] = "fastcall", [CALL_THISCALL] = "thiscall",
    [CALL_MS] = "ms_abi", [CALL_SYSV] = "sysv_abi"
  };
  CallConvention convention = function->signature->convention;
  if (convention == CALL_DEFAULT)
    return;
  put_word(text, "__attribute__((");
  put(text, words[convention]);
  put(text, "))");
}

static void put_tagged(Text *text, const char *keyword, const char *tag,
                       const char *alias) {
  if (tag == NULL && alias != NULL) {
    put_word(text, alias);
    return;
  }
  put_word(text, keyword);
  put_word(text, tag == NULL ? "{...}" : tag);
}

static void put_type(Text *text, const Type *type, const char *name);

static void put_vector(Text *text, const Type *type) {
  put_type(text, type->target, NULL);
  put(text, " __attribute__((vector_size(");
  put_number(text, type_size(type));
  put(text, ")))");
}

/* A type that is not written around its name. */
static void put_base(Text *text, const Type *type) {
  bool atomic = type->kind == TYPE_POINTER;
  put_qualifiers(text, type->qual & ~(atomic ? QUAL_ATOMIC : 0u));
  switch ((TypeKind)type->kind) {
    case TYPE_RECORD:
      put_tagged(text, (type->flags & TYPE_UNION) != 0 ? "union" : "struct",
                 type->record->tag, type->record->alias);
      break;
    case TYPE_ENUM:
      put_tagged(text, "enum", type->enumeration->tag,
                 type->enumeration->alias);
      break;
    case TYPE_VECTOR: put_vector(text, type); break;
    case TYPE_POINTER:
      put_word(text, "_Atomic(");
      put_type(text, type->bare, NULL);
      put(text, ")");
      break;
    default: put_word(text, type->name); break;
  }
}

/*
** `int *_Atomic (*)[3]` would not be read back: _Atomic with a parenthesis
** behind it is another thing (C11 6.7.2.4p4). `_Atomic(int *) (*)[3]` is.
*/
static bool is_declarator(const Type *type) {
  if (type->kind == TYPE_POINTER)
    return (type->qual & QUAL_ATOMIC) == 0;
  return type->kind == TYPE_ARRAY || type->kind == TYPE_FUNCTION;
}

/* Needs a pointer to that type a parenthesis? */
static bool binds_tighter(const Type *type) {
  return type->kind == TYPE_ARRAY || type->kind == TYPE_FUNCTION;
}

static void put_left(Text *text, const Type *type) {
  if (!is_declarator(type)) {
    put_base(text, type);
    return;
  }
  put_left(text, type->target);
  if (type->kind != TYPE_POINTER)
    return;
  put_space(text);
  if (binds_tighter(type->target))
    put(text, "(");
  if (type->target->kind == TYPE_FUNCTION) {
    put_convention(text, type->target);
    put_space(text);
  }
  put(text, "*");
  put_qualifiers(text, type->qual);
}

static void put_count(Text *text, uint64_t count) {
  put(text, "[");
  if (count == COUNT_VARIABLE)
    put(text, "?");
  else if (count != COUNT_UNKNOWN)
    put_number(text, count);
  put(text, "]");
}

static void put_params(Text *text, const Signature *signature) {
  put(text, "(");
  for (uint32_t i = 0; i < signature->nparams; i++) {
    if (text->length > LONGEST_TEXT)
      break;
    if (i > 0)
      put(text, ", ");
    put_type(text, signature->params[i], NULL);
  }
  if (signature->variadic)
    put(text, signature->nparams > 0 ? ", ..." : "...");
  else if (signature->nparams == 0 && !signature->unprototyped)
    put(text, "void");
  put(text, ")");
}

static void put_right(Text *text, const Type *type) {
  for (; is_declarator(type); type = type->target) {
    if (type->kind == TYPE_ARRAY)
      put_count(text, type->count);
    else if (type->kind == TYPE_FUNCTION)
      put_params(text, type->signature);
    else if (binds_tighter(type->target))
      put(text, ")");
  }
}

static void put_type(Text *text, const Type *type, const char *name) {
  if (text->length > LONGEST_TEXT)
    return;
  put_left(text, type);
  if (type->kind == TYPE_FUNCTION)
    put_convention(text, type);
  if (name != NULL && *name != '\0')
    put_word(text, name);
  else if (type->kind == TYPE_FUNCTION)
    put_space(text);
  put_right(text, type);
}

size_t ctext(const Type *type, const char *name, char *buffer, size_t size) {
  Text text = {buffer, size, 0, '\0'};
  put_type(&text, type, name);
  if (size > 0)
    buffer[text.length < size ? text.length : size - 1] = '\0';
  return text.length;
}
