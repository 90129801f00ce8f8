/*
** enumeration.c - enums.
**
**   enum       = "enum" attributes? tag? (":" type)? ("{" list "}")?
**                attributes?
**   list       = enumerator ("," enumerator)* ","?
**   enumerator = name attributes? ("=" constant)?
*/
#include "decl/cexpr.h"
#include "decl/grammar.h"
#include "type/layout.h"

#include <string.h>

typedef struct List {
  Enumerator *items;
  Decl **decls;                   /* one each: the constants declared */
  size_t count;
  const Type *underlying;         /* as written, or NULL */
  SignedWide next;                /* value of one that has no `=` */
  bool negative, large;           /* some value is < 0, > INT64_MAX */
} List;

/* What an enumerator is while its enum is not complete yet. */
static const Type *type_of_value(const List *list, SignedWide value) {
  static const BaseType types[] = {BASE_INT, BASE_UINT, BASE_LLONG};
  if (list->underlying != NULL)
    return list->underlying->bare;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (wrap(type_base(types[i]), value) == value)
      return type_base(types[i]);
  return type_base(BASE_ULLONG);
}

static void check_value(Parser *p, List *list, SignedWide value,
                        const Token *name) {
  char text[TYPE_TEXT];
  list->negative |= value < 0;
  list->large |= value > INT64_MAX;
  if (value < INT64_MIN || value > (SignedWide)UINT64_MAX ||
      (list->negative && list->large))
    parse_fail(p, name, "no integer type holds the values of this enum");
  if (list->underlying != NULL && wrap(list->underlying, value) != value)
    parse_fail(p, name, "the value is out of the range of '%s'",
               type_text(list->underlying, text));
}

/* name attributes? ("=" constant)? */
static void enumerator(Parser *p, List *list) {
  Attributes unused;
  Token name = expect_name(p, "an enumerator's name");
  unused.any = false;
  attributes(p, &unused);
  if (accept(p, '=')) {
    Value value = constant_integer(p, "an enumerator");
    list->next = value.integer;
    if ((value.type->bare->flags & TYPE_UNSIGNED) && value.integer < 0)
      parse_fail(p, &name, "the value of an enumerator has 64 bits at most");
  }
  check_value(p, list, list->next, &name);
  Constant constant = {.kind = CONSTANT_INTEGER, .integer = list->next,
                       .type = type_of_value(list, list->next)};
  list->items = scratch_grow(p, list->items, list->count,
                             sizeof *list->items);
  list->decls = scratch_grow(p, list->decls, list->count,
                             sizeof *list->decls);
  Decl *d = declare_constant(p, &name, &constant);
  list->items[list->count] = (Enumerator){d->name, (int64_t)list->next};
  list->decls[list->count++] = d;
  list->next++;
}

/* "{" enumerator ("," enumerator)* ","? "}" */
static void enumerators(Parser *p, List *list) {
  expect(p, '{');
  do
    enumerator(p, list);
  while (accept(p, ',') && !at(p, '}'));
  expect(p, '}');
}

/* Those that fit are int, the others of the enum's own type, as in gcc. */
static void settle_types(Parser *p, const Type *type, const List *list) {
  for (size_t i = 0; i < list->count; i++) {
    Decl *d = list->decls[i];
    const Type *settled = type_base(BASE_INT);
    if (list->underlying != NULL ||
        wrap(settled, d->value->integer) != d->value->integer)
      settled = type->target;
    if (d->type == settled)
      continue;
    announce(p, d, sizeof *d);
    announce(p, d->value, sizeof *d->value);
    d->type = d->value->type = settled;
  }
}

/* A new one beside the first, if that is complete already. */
static Type *defined_type(Parser *p, const Token *tag, Decl **first) {
  Type *type;
  *first = NULL;
  if (tag->length == 0)
    type = type_enum(p->scope, NULL);
  else {
    type = tag_type(p, tag, TYPE_ENUM, 0, true);
    if (!type_complete(type) || type->enumeration->count == 0)
      return type;
    *first = scope_find_here(p->scope, TAGS, tag->text, tag->length);
    type = type_enum(p->scope, (*first)->name);
  }
  need_type(p, type);
  return type;
}

static void complete(Parser *p, Type *type, const List *list,
                     const Attributes *attribute_list, const Token *place) {
  Error error;
  announce(p, type, sizeof *type);
  announce(p, type->enumeration, sizeof *type->enumeration);
  if (!layout_enum(type, list->items, (uint32_t)list->count, list->underlying,
                   attribute_list->packed, list->large, &error))
    parse_fail(p, place, "%s", error.message);
}

static Type *definition(Parser *p, const Token *tag, List *list,
                        Attributes *attribute_list, const Token *word) {
  Decl *first;
  Type *type = defined_type(p, tag, &first);
  enter(p);
  enumerators(p, list);
  leave(p);
  attributes(p, attribute_list);
  settle_attributes(attribute_list);
  complete(p, type, list, attribute_list, word);
  settle_types(p, type, list);
  return defined(p, tag, first, type, "defined with other enumerators");
}

/* (":" type)?, but not the width of a bit-field without a name */
static const Type *underlying_type(Parser *p) {
  char text[TYPE_TEXT];
  if (!at(p, ':') || !starts_type(p, lex_peek(&p->lex)))
    return NULL;
  Token colon = expect(p, ':');
  Specifiers spec;
  enter(p);
  specifiers(p, &spec);
  leave(p);
  if (spec.type->kind != TYPE_INTEGER && spec.type->kind != TYPE_BOOL)
    parse_fail(p, &colon, "'%s' cannot hold an enum",
               type_text(spec.type, text));
  return spec.type->bare;
}

/* `enum E : T` is complete without its enumerators. */
static Type *mentioned(Parser *p, const Token *tag, const List *list,
                       const Attributes *attribute_list) {
  bool own = at(p, ';') || list->underlying != NULL;
  Type *type = tag_type(p, tag, TYPE_ENUM, 0, own);
  if (list->underlying != NULL && !type_complete(type))
    complete(p, type, list, attribute_list, tag);
  return type;
}

Type *enum_specifier(Parser *p, Specifiers *spec) {
  Attributes attribute_list;
  List list = {.items = NULL};
  Token word = p->lex.token, tag = {.length = 0};
  attribute_list.any = false;
  spec->tagged = true;
  advance(p);
  attributes(p, &attribute_list);
  if (at(p, TOKEN_NAME))
    tag = expect_name(p, "a tag");
  list.underlying = underlying_type(p);
  settle_attributes(&attribute_list);
  if (at(p, '{'))
    return definition(p, &tag, &list, &attribute_list, &word);
  if (tag.length == 0)
    parse_expected(p, "a tag or '{'");
  return mentioned(p, &tag, &list, &attribute_list);
}
