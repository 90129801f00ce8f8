/*
** debugtext.c - see debugtext.h.
**
** To declare a type, what it needs is declared first, down to the bottom:
** the element of an array, the type of a member, the target of a typedef.
** What is only pointed at need not be complete: its tag is declared, and its
** definition is put on a list that is worked off at the end. So recursive
** types end, and the order is one that C accepts, as the source was C.
**
** Types are written as ctext.c writes them: around the name.
*/
#include "object/debugtext.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object/debuglayout.h"

#define LIMIT_TEXT ((size_t)1 << 23)  /* bytes of one text */

enum {                            /* DebugType.state: how far it is declared */
  STATE_FORWARD = 1, STATE_LISTED = 2, STATE_OPEN = 4, STATE_DONE = 8
};

typedef struct Writer {
  DebugReader *reader;
  const DebugPieces *known;
  DebugText *text;
  DebugType **list;               /* records still to be defined */
  size_t nlist, room;
  int depth;
} Writer;

/* ---------------------------------------------------------------------
** Writing. Each function returns false once the error is set.
*/

static bool no_memory(Writer *w) {
  return error_set(w->reader->error, 0, "not enough memory for debug info");
}

static bool reserve(Writer *w, size_t more) {
  DebugText *text = w->text;
  if (text->room - text->length > more)
    return true;
  size_t room = (text->length + more) * 2 + 256;
  if (room > LIMIT_TEXT)
    return error_set(w->reader->error, 0, "debug info has types that take "
                     "more than %zu bytes of C", LIMIT_TEXT);
  char *bytes = realloc(text->bytes, room);
  if (bytes == NULL)
    return no_memory(w);
  text->bytes = bytes;
  text->room = room;
  return true;
}

static bool put(Writer *w, const char *part) {
  size_t length = strlen(part);
  if (!reserve(w, length))
    return false;
  memcpy(w->text->bytes + w->text->length, part, length + 1);
  w->text->length += length;
  return true;
}

static bool put_number(Writer *w, const char *before, uint64_t number,
                       const char *behind) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRIu64, number);
  return put(w, before) && put(w, digits) && put(w, behind);
}

/* Two words, or a word and a declarator, stand apart. */
static bool put_word(Writer *w, const char *word) {
  size_t length = w->text->length;
  char last = length == 0 ? '\n' : w->text->bytes[length - 1];
  return (strchr("*( \n", last) != NULL || put(w, " ")) && put(w, word);
}

/* A name from the file: nothing else must come into the text. */
static bool is_identifier(const char *name) {
  size_t length = strlen(name);
  for (size_t i = 0; i < length; i++) {
    char c = name[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '_' || c == '$' || (c & 0x80) != 0;
    if (!letter && (i == 0 || c < '0' || c > '9'))
      return false;
  }
  return length > 0 && length < LIMIT_NAME;
}

static bool put_name(Writer *w, const char *name) {
  if (!is_identifier(name))
    return error_set(w->reader->error, 0, "debug info has the name '%.100s', "
                     "which is none in C", name);
  return put_word(w, name);
}

/* ---------------------------------------------------------------------
** Types around a name.
*/

static bool enter(Writer *w) {
  return ++w->depth <= LIMIT_DEPTH ||
         error_set(w->reader->error, 0, "debug info is damaged: types are "
                   "nested deeper than %d", LIMIT_DEPTH);
}

static bool put_declared(Writer *w, DebugType *type, const char *name);
static bool put_body(Writer *w, DebugType *type);

/* Goes past qualifiers, which are added to *qual. */
static DebugType *unqualified(Writer *w, DebugType *type, unsigned *qual) {
  for (int i = 0; i < LIMIT_DEPTH; i++) {
    if (!debug_read(w->reader, type))
      return NULL;
    if (type->kind != DEBUG_QUALIFIED)
      return type;
    *qual |= type->qual;
    type = type->target;
  }
  error_set(w->reader->error, 0, "debug info is damaged: too many qualifiers");
  return NULL;
}

static bool put_qualifiers(Writer *w, unsigned qual) {
  return ((qual & QUAL_CONST) == 0 || put_word(w, "const")) &&
         ((qual & QUAL_VOLATILE) == 0 || put_word(w, "volatile")) &&
         ((qual & QUAL_RESTRICT) == 0 || put_word(w, "restrict")) &&
         ((qual & QUAL_ATOMIC) == 0 || put_word(w, "_Atomic"));
}

static const char *keyword(const DebugType *type) {
  return type->kind == DEBUG_ENUM ? "enum" : type->isunion ? "union"
                                                           : "struct";
}

static bool put_vector(Writer *w, DebugType *type) {
  DebugType *element = debug_bare(w->reader, type->target);
  if (element == NULL)
    return false;
  uint64_t size = element->kind == DEBUG_BASE
                      ? type_base(element->base)->size : 0;
  return put_declared(w, type->target, NULL) &&
         put_number(w, " __attribute__((vector_size(", size * type->count,
                    ")))");
}

/* A type that is not written around its name. */
static bool put_base(Writer *w, DebugType *type, unsigned qual) {
  if (type->kind == DEBUG_POINTER)  /* an atomic one: see ctext.c */
    return put_qualifiers(w, qual & ~(unsigned)QUAL_ATOMIC) &&
           put_word(w, "_Atomic(") && put_declared(w, type, NULL) &&
           put(w, ")");
  if (!put_qualifiers(w, qual))
    return false;
  switch (type->kind) {
    case DEBUG_BASE: return put_word(w, type_base(type->base)->name);
    case DEBUG_TYPEDEF: return put_name(w, type->name);
    case DEBUG_VECTOR: return put_vector(w, type);
    default:
      return put_word(w, keyword(type)) &&
             (type->name == NULL ? put_body(w, type)
                                 : put_name(w, type->name));
  }
}

/* Is it written around its name? */
static bool is_declarator(const DebugType *type, unsigned qual) {
  if (type->kind == DEBUG_POINTER)
    return (qual & QUAL_ATOMIC) == 0;
  return type->kind == DEBUG_ARRAY || type->kind == DEBUG_FUNCTION;
}

static bool binds_tighter(const DebugType *type) {
  return type->kind == DEBUG_ARRAY || type->kind == DEBUG_FUNCTION;
}

/* Of a function, and of what points at one in front of the `*`. */
static bool put_convention(Writer *w, const DebugType *type) {
  return !type->msabi || (put_word(w, "__attribute__((ms_abi))") &&
                          put(w, " "));
}

/* What stands left of the name; an array hands `qual` to its elements. */
static bool put_left(Writer *w, DebugType *type, unsigned qual) {
  unsigned inner = 0;
  type = unqualified(w, type, &qual);
  if (type == NULL || !enter(w))
    return false;
  bool done;
  if (!is_declarator(type, qual)) {
    done = put_base(w, type, qual);
  } else if (type->kind != DEBUG_POINTER) {
    done = put_left(w, type->target,
                    type->kind == DEBUG_ARRAY ? qual : 0);
  } else {
    const DebugType *target = unqualified(w, type->target, &inner);
    done = target != NULL && put_left(w, type->target, 0) &&
           (!binds_tighter(target) || put_word(w, "(")) &&
           put_convention(w, target) && put_word(w, "*") &&
           put_qualifiers(w, qual);
  }
  w->depth--;
  return done;
}

static bool put_params(Writer *w, const DebugType *type) {
  bool done = put(w, "(");
  for (uint32_t i = 0; i < type->nmembers && done; i++) {
    const DebugMember *param = &type->members[i];
    bool named = param->name != NULL && is_identifier(param->name);
    done = (i == 0 || put(w, ", ")) &&
           put_declared(w, param->type, named ? param->name : NULL);
  }
  if (type->nmembers == 0 && type->prototyped)
    done = done && put(w, type->variadic ? "..." : "void");
  else if (type->variadic && type->nmembers > 0)
    done = done && put(w, ", ...");
  return done && put(w, ")");
}

static bool put_right(Writer *w, DebugType *type) {
  bool done = true;
  while (done) {
    unsigned qual = 0, inner = 0;
    type = unqualified(w, type, &qual);
    if (type == NULL || !is_declarator(type, qual))
      return type != NULL;
    if (type->kind == DEBUG_FUNCTION)
      done = put_params(w, type);
    else if (type->kind == DEBUG_ARRAY)
      done = type->count == COUNT_UNKNOWN
                 ? put(w, "[]") : put_number(w, "[", type->count, "]");
    else {
      const DebugType *target = unqualified(w, type->target, &inner);
      done = target != NULL && (!binds_tighter(target) || put(w, ")"));
    }
    type = type->target;
  }
  return false;
}

/* The declaration of `name` with that type, or the type alone. */
static bool put_declared(Writer *w, DebugType *type, const char *name) {
  bool done = enter(w) && put_left(w, type, 0) && put_convention(w, type) &&
              (name == NULL || put_name(w, name)) && put_right(w, type);
  w->depth--;
  return done;
}

/* ---------------------------------------------------------------------
** Bodies.
*/

/* Unnamed bits, of whichever type has them in one unit. */
static bool put_bits(Writer *w, uint64_t from, uint64_t gap) {
  bool done = true;
  while (gap > 0 && done) {
    bool whole = from % 32 == 0 && gap >= 32;
    uint64_t bits = whole ? 32 : 8 - from % 8 < gap ? 8 - from % 8 : gap;
    done = put_number(w, whole ? " int : " : " unsigned char : ", bits, ";");
    from += bits;
    gap -= bits;
  }
  return done;
}

/* Unnamed bits, best as one field of the type of the field behind them. */
static bool put_gap(Writer *w, const DebugMember *member, uint64_t from,
                    uint64_t gap) {
  DebugType *bare = debug_bare(w->reader, member->type);
  if (bare == NULL)
    return false;
  bool integer = bare->kind == DEBUG_BASE &&
                 type_base(bare->base)->kind == TYPE_INTEGER;
  uint64_t unit = integer ? type_base(bare->base)->size * 8 : 8;
  const char *type = integer ? type_base(bare->base)->name : "unsigned char";
  if (from % unit + gap <= unit)
    return put_word(w, type) && put_number(w, " : ", gap, ";");
  if (member->bit % unit == 0 && gap < unit)
    return put_word(w, type) && put(w, " : 0;");
  return put_bits(w, from, gap);
}

static bool put_member(Writer *w, const DebugMember *member,
                       const MemberHint *hint) {
  if (hint->gap != 0 &&
      !put_gap(w, member, member->bit - hint->gap, hint->gap))
    return false;
  return put_declared(w, member->type, member->name) &&
         (member->width == 0 || put_number(w, " : ", member->width, "")) &&
         (hint->align == 0 ||
          put_number(w, " __attribute__((aligned(", hint->align, ")))")) &&
         put(w, ";");
}

static bool put_tail(Writer *w, const DebugType *type, uint64_t tail) {
  if (tail == 0 || !type->isunion)
    return put_bits(w, 8 * type->size - tail, tail);
  return put_number(w, " unsigned long long : ", 8 * type->size, ";");
}

static bool put_members(Writer *w, DebugType *type) {
  LayoutHints hints;
  bool done = debug_layout(w->reader, type, &hints) && put(w, " {");
  for (uint32_t i = 0; i < type->nmembers && done; i++)
    done = put(w, " ") &&
           put_member(w, &type->members[i], &hints.members[i]);
  return done && put_tail(w, type, hints.tail) && put(w, " }") && (!hints.packed || put(w, " __attribute__((packed))")) &&
         (hints.align == 0 ||
          put_number(w, " __attribute__((aligned(", hints.align, ")))"));
}

/* The size that C gives an enum with these values. */
static uint64_t usual_size(const DebugType *type) {
  for (uint32_t i = 0; i < type->nmembers; i++) {
    int64_t value = type->members[i].value;
    if (value > UINT32_MAX || (value < 0 && type->isunsigned) ||
        value < INT32_MIN || (!type->isunsigned && value > INT32_MAX))
      return 8;
  }
  return 4;
}

static bool put_value(Writer *w, const DebugType *type, int64_t value) {
  char digits[40];
  if (value < 0 && type->isunsigned)
    snprintf(digits, sizeof digits, " = %" PRIu64 "u", (uint64_t)value);
  else if (value == INT64_MIN)    /* a minus and a number without a type */
    snprintf(digits, sizeof digits, " = %" PRId64 " - 1", value + 1);
  else
    snprintf(digits, sizeof digits, " = %" PRId64, value);
  return put(w, digits);
}

static bool put_enumerators(Writer *w, DebugType *type) {
  BaseType base = debug_base(TYPE_INTEGER, type->isunsigned, type->size,
                             NULL);
  bool done = true;
  if (base == BASE_COUNT)
    return error_set(w->reader->error, 0, "debug info has an enum of %" PRIu64
                     " bytes", type->size);
  if (usual_size(type) != type->size)
    done = put(w, " : ") && put(w, type_base(base)->name);
  done = done && put(w, " {");
  for (uint32_t i = 0; i < type->nmembers && done; i++)
    done = put(w, i == 0 ? " " : ", ") &&
           put_name(w, type->members[i].name == NULL
                           ? "" : type->members[i].name) &&
           put_value(w, type, type->members[i].value);
  return done && put(w, " }");
}

static bool put_body(Writer *w, DebugType *type) {
  if (type->incomplete)
    return error_set(w->reader->error, 0, "debug info has %s that is only "
                     "declared, and without a tag", keyword(type));
  return type->kind == DEBUG_ENUM ? put_enumerators(w, type)
                                  : put_members(w, type);
}

/* ---------------------------------------------------------------------
** What a type needs.
*/

static bool need(Writer *w, DebugType *type, bool complete);

static bool need_members(Writer *w, const DebugType *type, bool complete) {
  bool done = true;
  for (uint32_t i = 0; i < type->nmembers && done; i++)
    if (type->members[i].type != NULL)
      done = need(w, type->members[i].type, complete);
  return done;
}

/*
** Takes the text from `start` on as the piece of a tag or typedef; out
** again, if the scope has it. Sizes are told by the text: it follows from
** them.
*/
static bool end_piece(Writer *w, DebugType *type, size_t start) {
  DebugText *text = w->text;
  DebugPiece piece = {type->name, type->kind != DEBUG_TYPEDEF,
                      debugpiece_hash(text->bytes + start,
                                      text->length - start), type};
  const DebugPiece *before = w->known == NULL ? NULL
      : debugpieces_find(w->known, piece.name, piece.istag);
  type->told = true;
  if (before != NULL && before->hash == piece.hash) {
    text->length = start;
    return true;
  }
  text->clash = text->clash || before != NULL;
  return debugpieces_add(&text->pieces, &piece) || no_memory(w);
}

static bool define(Writer *w, DebugType *type) {
  if (type->state & STATE_OPEN)
    return error_set(w->reader->error, 0, "debug info is damaged: %s %.100s "
                     "contains itself", keyword(type), type->name);
  type->state |= STATE_OPEN;
  if (type->kind == DEBUG_RECORD && !need_members(w, type, true))
    return false;
  size_t start = w->text->length;
  bool done = put(w, keyword(type)) && put_name(w, type->name) &&
              put_body(w, type) && put(w, ";\n") && end_piece(w, type, start);
  type->state = STATE_FORWARD | STATE_DONE;
  return done;
}

static bool put_typedef(Writer *w, DebugType *type) {
  type->state |= STATE_OPEN;
  if (!need(w, type->target, false))
    return false;
  size_t start = w->text->length;
  bool done = put(w, "typedef ") && put_declared(w, type->target, type->name);
  if (done && type->align != 0)
    done = put_number(w, " __attribute__((aligned(", type->align, ")))");
  type->state = STATE_DONE;
  return done && put(w, ";\n") && end_piece(w, type, start);
}

static bool enlist(Writer *w, DebugType *type) {
  if (w->nlist == w->room) {
    size_t room = w->room * 2 + 16;
    DebugType **list = realloc(w->list, room * sizeof *list);
    if (list == NULL)
      return no_memory(w);
    w->list = list;
    w->room = room;
  }
  w->list[w->nlist++] = type;
  type->state |= STATE_LISTED;
  return true;
}

/* "struct tag;", so that it is not declared in a list of parameters. */
static bool forward(Writer *w, DebugType *type) {
  if (type->state & STATE_FORWARD)
    return true;
  type->state |= STATE_FORWARD;
  return put(w, keyword(type)) && put_name(w, type->name) && put(w, ";\n");
}

/*
** Of what has no name, each time that it is met: so it is noted when its parts
** are there, as ways down to one may be more than anybody can count.
*/
static bool need_parts(Writer *w, DebugType *type) {
  bool record = type->kind == DEBUG_RECORD;
  if (type->state & STATE_DONE)
    return true;
  if ((!record && !need(w, type->target, false)) ||
      !need_members(w, type, record))
    return false;
  type->state |= STATE_DONE;
  return true;
}

static bool need_record(Writer *w, DebugType *type, bool complete) {
  if (type->name == NULL)
    return need_parts(w, type);
  if (!forward(w, type))
    return false;
  if (type->incomplete || type->state & STATE_DONE)
    return true;
  if (complete)
    return define(w, type);
  return type->state & (STATE_LISTED | STATE_OPEN) || enlist(w, type);
}

static bool need_enum(Writer *w, DebugType *type) {
  return type->name == NULL || type->incomplete ||
         type->state & STATE_DONE || define(w, type);
}

/*
** Names that the parser knows as the compiler does: what they stand for is
** not declared again.
*/
static bool is_builtin(const DebugType *type) {
  return type->name != NULL &&
         (strncmp(type->name, "__builtin_", 10) == 0 ||
          strncmp(type->name, "__va_list", 9) == 0);
}

static bool need_typedef(Writer *w, DebugType *type, bool complete) {
  if (type->name == NULL || !is_identifier(type->name))
    return error_set(w->reader->error, 0, "debug info has a typedef without "
                     "a name of C");
  if (!(type->state & (STATE_DONE | STATE_OPEN)) && !put_typedef(w, type))
    return false;
  return !complete || need(w, type->target, true);
}

static bool need_it(Writer *w, DebugType *type, bool complete) {
  if (!debug_read(w->reader, type))
    return false;
  if (is_builtin(type) || (type->settled && w->known != NULL))
    return true;
  switch (type->kind) {
    case DEBUG_QUALIFIED: return need(w, type->target, complete);
    case DEBUG_POINTER: return need(w, type->target, false);
    case DEBUG_ARRAY: case DEBUG_VECTOR: return need(w, type->target, true);
    case DEBUG_TYPEDEF: return need_typedef(w, type, complete);
    case DEBUG_RECORD: return need_record(w, type, complete);
    case DEBUG_ENUM: return need_enum(w, type);
    case DEBUG_FUNCTION: return need_parts(w, type);
    default: return true;
  }
}

/* Declares what comes before a use of the type, or of a complete one. */
static bool need(Writer *w, DebugType *type, bool complete) {
  bool done = enter(w) && need_it(w, type, complete);
  w->depth--;
  return done;
}

/* ---------------------------------------------------------------------
** The text.
*/

static bool make(Writer *w, DebugType *type, const char *name) {
  if (!need(w, type, type->kind != DEBUG_FUNCTION))
    return false;
  for (size_t i = 0; i < w->nlist; i++)         /* it grows meanwhile */
    if (!(w->list[i]->state & STATE_DONE) && !define(w, w->list[i]))
      return false;
  return name == NULL ||
         ((type->kind == DEBUG_FUNCTION || put(w, "extern ")) &&
          put_declared(w, type, name) && put(w, ";\n"));
}

bool debugtext_make(DebugReader *reader, DebugType *type, const char *name,
                    const DebugPieces *known, DebugText *text) {
  Writer w = {.reader = reader, .known = known, .text = text};
  bool done = debug_read(reader, type) && put(&w, "") &&
              make(&w, type, name);             /* there may be nothing */
  free(w.list);
  return done;
}

bool debugtext_type(DebugReader *reader, DebugType *type, DebugText *text) {
  Writer w = {.reader = reader, .text = text};
  return reserve(&w, 64) && put_declared(&w, type, NULL);
}

void debugtext_free(DebugText *text) {
  free(text->bytes);
  debugpieces_free(&text->pieces);
  memset(text, 0, sizeof *text);
}
