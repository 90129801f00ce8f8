/*
** declare.c - declared names: into the scope, or merged with what is there.
*/
#include "decl/grammar.h"
#include "decl/same.h"

#include <string.h>

void announce(Parser *p, void *memory, size_t size) {
  if (!scope_save(p->scope, memory, size))
    no_memory(p);
}

void conflict(Parser *p, const Token *name, const Decl *first,
              const char *now) {
  char place[LIMIT_MESSAGE / 4];
  parse_fail(p, name, "'%.*s' is %s, but was declared otherwise at %s",
             name->length < 100 ? (int)name->length : 100, name->text, now,
             place_text(&first->place, place, sizeof place));
}

static void note(Parser *p, DeclList **list, Decl *decl) {
  DeclList *head = arena_alloc(&p->yielding->memory, sizeof *head);
  if (head == NULL)
    no_memory(p);
  *head = (DeclList){decl, *list};
  *list = head;
}

void confirm(Parser *p, Decl *first, const Token *name) {
  if (!first->yields || p->source->yields)
    return;
  announce(p, first, sizeof *first);
  first->place = lex_place(&p->lex, name->text);
  note(p, &p->yielding->confirmed, first);
}

bool gives_way(Parser *p, Decl *first) {
  bool gives = first->yields && !p->source->yields;
  if (gives)
    note(p, &p->yielding->rivals, first);
  return gives;
}

static const char *kind_text(DeclKind kind) {
  switch (kind) {
    case DECL_TYPEDEF: return "a typedef";
    case DECL_FUNCTION: return "a function";
    case DECL_VARIABLE: return "a variable";
    case DECL_CONSTANT: return "a constant";
    default: return "a tag";
  }
}

_Noreturn static void type_conflict(Parser *p, const Token *name,
                                    const Decl *first, const Decl *now) {
  char place[LIMIT_MESSAGE / 4], old[TYPE_TEXT], new[TYPE_TEXT];
  if (first->kind != now->kind)
    conflict(p, name, first, kind_text(now->kind));
  parse_fail(p, name, "'%.*s' is '%s' here, but was declared as '%s' at %s",
             name->length < 100 ? (int)name->length : 100, name->text,
             type_text(now->type, new), type_text(first->type, old),
             place_text(&first->place, place, sizeof place));
}

/* The function step of what is a function, or points at one. */
static const Op *function_step(const Declarator *d) {
  const Op *step = d->steps;
  if (d->function == NULL)
    return NULL;
  while (step != d->function)     /* only pointers may be nearer */
    step = step->next;
  for (const Op *s = step->next; s != NULL; s = s->next)
    if (s->kind != OP_POINTER)
      return NULL;
  return step;
}

static void add_nonnull(const Op *step, const Attributes *list) {
  for (uint32_t i = 0; i < step->signature.nparams; i++) {
    bool named = i < 128 && (list->nonnull[i / 64] >> (i % 64) & 1) != 0;
    if ((named || list->nonnull_all) &&
        step->signature.params[i]->kind == TYPE_POINTER)
      step->params[i].flags |= PARAM_NONNULL;
  }
}

/* Params and their names, in one piece of memory; NULL if all are plain. */
static Param *kept_params(Parser *p, const ParamText *texts, size_t count) {
  size_t bytes = 0;
  bool plain = true;
  for (size_t i = 0; i < count; i++) {
    bytes += texts[i].length + 1;
    plain &= texts[i].length == 0 && texts[i].flags == 0;
  }
  if (plain)
    return NULL;
  Param *params = keep(p, count * sizeof *params + bytes);
  char *name = (char *)(params + count);
  for (size_t i = 0; i < count; i++) {
    params[i].flags = texts[i].flags;
    if (texts[i].length == 0)
      continue;
    params[i].name = memcpy(name, texts[i].name, texts[i].length);
    name += texts[i].length + 1;
  }
  return params;
}

static DeclKind kind_of(const Specifiers *spec, const Declarator *d) {
  if (spec->storage & STORAGE_TYPEDEF)
    return DECL_TYPEDEF;
  if (d->type->kind == TYPE_FUNCTION)
    return DECL_FUNCTION;
  return d->name.length != 0 ? DECL_VARIABLE : DECL_TYPEDEF;
}

static const char *kept_symbol(Parser *p, const char *symbol) {
  Token token = {.text = symbol, .length = (uint32_t)strlen(symbol)};
  return keep_text(p, &token);
}

void describe(Parser *p, const Specifiers *spec, const Declarator *d,
              Decl *decl) {
  const Op *step = function_step(d);
  decl->kind = kind_of(spec, d);
  decl->type = d->type;
  decl->internal = (spec->storage & STORAGE_STATIC) != 0;
  decl->place = lex_place(&p->lex, d->name.length != 0 ? d->name.text
                                                 : spec->where.text);
  if (spec->string) {             /* the step from it must be a function's */
    if (step == NULL || step != d->steps)
      parse_fail(p, &spec->where, "unknown type name 'string'");
    decl->result = PARAM_STRING;
  }
  if (step != NULL) {
    if (d->attributes.any)
      add_nonnull(step, &d->attributes);
    decl->params = kept_params(p, step->params, step->signature.nparams);
  }
  if (d->symbol != NULL)
    decl->symbol = kept_symbol(p, d->symbol);
}

static bool is_unprototyped(const Type *type) {
  return type->kind == TYPE_FUNCTION && type->signature->unprototyped;
}

/*
** The type of a name declared twice, or NULL if the two do not agree. That
** of now, if its tags are those of types that have taken others' places.
*/
static const Type *merged(const Parser *p, const Type *first,
                          const Type *now) {
  if (first == now)
    return first;
  if (first->kind == TYPE_ARRAY && now->kind == TYPE_ARRAY &&
      same_type(first->target, now->target)) {
    if (first->count == COUNT_UNKNOWN)
      return now;
    if (now->count == COUNT_UNKNOWN)
      return first;
  }
  if ((is_unprototyped(first) || is_unprototyped(now)) &&
      first->kind == now->kind && same_type(first->target, now->target))
    return is_unprototyped(first) ? now : first;
  if (same_type(first, now))
    return first;
  return !p->source->yields && same_words(first, now) ? now : NULL;
}

static bool is_annotated(const Decl *d, uint32_t count) {
  bool annotated = d->result != 0;
  for (uint32_t i = 0; d->params != NULL && i < count; i++)
    annotated = annotated ||
                (d->params[i].flags & ~(unsigned)PARAM_NONNULL) != 0;
  return annotated;
}

/* The last declaration's annotations count; nonnull adds up, as in C. */
static void merge_params(Parser *p, Decl *first, const Decl *now,
                         uint32_t count) {
  Param *old = first->params;
  bool keeps = p->source->keeps && !is_annotated(now, count);
  unsigned kept = keeps ? ~0u : PARAM_NONNULL;
  if (!keeps)
    first->result = now->result;
  first->params = now->params;
  if (old == NULL)
    return;
  if (now->params == NULL)
    first->params = old;
  for (uint32_t i = 0; i < count; i++) {
    unsigned flags = now->params != NULL ? now->params[i].flags : 0;
    const char *name = now->params != NULL ? now->params[i].name : NULL;
    first->params[i].name = name != NULL ? name : old[i].name;
    first->params[i].flags = flags | (old[i].flags & kept);
  }
}

/* False: the first one gives way. */
static bool merge(Parser *p, Decl *first, const Decl *now,
                  const Token *name) {
  const Type *type = first->kind == now->kind
                         ? merged(p, first->type, now->type) : NULL;
  if (type == NULL && gives_way(p, first))
    return false;
  if (type == NULL)
    type_conflict(p, name, first, now);
  confirm(p, first, name);
  announce(p, first, sizeof *first);
  if (type->kind == TYPE_FUNCTION) {
    uint32_t count = type->signature->nparams;
    if (is_unprototyped(first->type))
      first->params = NULL;
    if (first->params != NULL)
      announce(p, first->params, count * sizeof *first->params);
    if (!is_unprototyped(now->type))
      merge_params(p, first, now, count);
  }
  if (now->symbol != NULL)
    first->symbol = now->symbol;
  first->internal = first->internal || now->internal;
  first->type = type;
  return true;
}

/* `typedef struct {...} name;` gives the struct a name for messages. */
static void set_alias(Parser *p, const Decl *decl) {
  const Type *type = decl->type;
  const char *tag = "", **alias = NULL;
  if (type->kind == TYPE_RECORD) {
    tag = type->record->tag;
    alias = &type->record->alias;
  } else if (type->kind == TYPE_ENUM) {
    tag = type->enumeration->tag;
    alias = &type->enumeration->alias;
  }
  if (tag != NULL || *alias != NULL || type->qual != 0 ||
      type->scope != p->scope)    /* the name must live as long as it */
    return;
  announce(p, alias, sizeof *alias);
  *alias = decl->name;
}

void declare(Parser *p, const Specifiers *spec, const Declarator *d) {
  Decl now = {.name = NULL};
  const Token *name = &d->name;
  describe(p, spec, d, &now);
  if (now.kind == DECL_VARIABLE && now.type->kind == TYPE_VOID)
    parse_fail(p, name, "a variable cannot be void");
  Decl *there = scope_find_here(p->scope, NAMES, name->text, name->length);
  if (there != NULL && merge(p, there, &now, name))
    return;
  Decl *added = scope_add(p->scope, NAMES, now.kind, name->text,
                          name->length);
  if (added == NULL)
    no_memory(p);
  added->result = now.result;
  added->symbol = now.symbol != NULL ? now.symbol : added->name;
  added->type = now.type;
  added->params = now.params;
  added->internal = now.internal;
  added->place = now.place;
  if (added->kind == DECL_TYPEDEF)
    set_alias(p, added);
}

static bool same_value(const Constant *a, const Constant *b) {
  if (a->kind != b->kind)
    return false;
  switch (a->kind) {
    case CONSTANT_FLOAT:
      return a->number == b->number ||
             (a->number != a->number && b->number != b->number);
    case CONSTANT_STRING:
      return a->string.length == b->string.length &&
             memcmp(a->string.bytes, b->string.bytes, a->string.length) == 0;
    default: return a->integer == b->integer;
  }
}

Decl *declare_constant(Parser *p, const Token *name, const Constant *value) {
  Decl *d = scope_find_here(p->scope, NAMES, name->text, name->length);
  bool same = d != NULL && d->kind == DECL_CONSTANT &&
              same_value(d->value, value);
  if (same) {
    confirm(p, d, name);
    return d;
  }
  if (d != NULL && !gives_way(p, d))
    conflict(p, name, d, d->kind == DECL_CONSTANT
             ? "a constant of another value" : "a constant");
  d = scope_add(p->scope, NAMES, DECL_CONSTANT, name->text, name->length);
  if (d == NULL)
    no_memory(p);
  d->symbol = d->name;
  d->type = value->type;
  d->value = keep(p, sizeof *d->value);
  *d->value = *value;
  d->place = lex_place(&p->lex, name->text);
  return d;
}
