/*
** record.c - structs and unions.
**
**   record  = ("struct" | "union") attributes? tag? ("{" members "}")?
**             attributes?
**   members = (specifiers (member ("," member)*)? ";" | assertion | ";")*
**   member  = declarator | declarator? ":" width
*/
#include "decl/cexpr.h"
#include "decl/grammar.h"
#include "decl/same.h"
#include "type/layout.h"

#include <string.h>

typedef struct Members {
  Field *fields;
  Token *places;                  /* one each, for errors */
  size_t count;
} Members;

static void add_member(Parser *p, Members *m, const Field *field,
                       const Token *place) {
  if (m->count == UINT32_MAX)
    parse_fail(p, place, "too many members");
  m->fields = scratch_grow(p, m->fields, m->count, sizeof *m->fields);
  m->places = scratch_grow(p, m->places, m->count, sizeof *m->places);
  m->fields[m->count] = *field;
  m->places[m->count++] = *place;
}

static int bits_allowed(const Type *type) {
  switch (type->kind) {
    case TYPE_BOOL: return 1;
    case TYPE_INTEGER: return (int)type->size * 8;
    case TYPE_ENUM: return type_complete(type) ? (int)type_size(type) * 8 : -1;
    default: return -1;
  }
}

/* ":" constant */
static void width(Parser *p, Field *field) {
  char text[TYPE_TEXT];
  Token colon = expect(p, ':');
  SignedWide bits = constant_integer(p, "the bit-field's width").integer;
  int most = bits_allowed(field->type);
  if (most < 0)
    parse_fail(p, &colon, "a bit-field cannot be '%s'",
               type_text(field->type, text));
  if (bits < 0 || bits > most)
    parse_fail(p, &colon, "a bit-field of '%s' has 0 to %d bits",
               type_text(field->type, text), most);
  if (bits == 0 && field->name != NULL)
    parse_fail(p, &colon, "a bit-field with a name has at least one bit");
  field->bitfield = true;
  field->width = (uint8_t)bits;
}

static void note_attributes(Field *field, const Attributes *list) {
  field->packed = list->any && list->packed;
  field->aligned = list->any ? list->aligned : 0;
}

static void member(Parser *p, const Specifiers *spec, Members *m) {
  Declarator d;
  Token place = p->lex.token;
  Field field = {.type = spec->type};
  if (at(p, ':'))
    d.attributes = spec->attributes;
  else {
    declarator(p, spec, NAME_NEEDED, &d);
    place = d.name;
    field.name = keep_text(p, &d.name);
    field.type = d.type;
  }
  if (at(p, ':'))
    width(p, &field);
  attributes(p, &d.attributes);
  if (field.type->kind == TYPE_FUNCTION)
    parse_fail(p, &place, "a member cannot be a function");
  note_attributes(&field, &d.attributes);
  add_member(p, m, &field, &place);
}

/*
** `struct {...};` in a record: its members are the record's. So are those of
** a typedef's record (`header;`), as for MSVC and gcc's -fms-extensions.
*/
static void anonymous_member(Parser *p, const Specifiers *spec, Members *m) {
  Field field = {.type = spec->type};
  if (spec->tagged && !spec->anonymous)
    return;                       /* only declares a tag */
  if (field.type->kind != TYPE_RECORD && !spec->tagged)
    parse_expected(p, "a member's name");
  note_attributes(&field, &spec->attributes);
  add_member(p, m, &field, &spec->where);
}

/* specifiers (member ("," member)*)? ";" */
static void member_declaration(Parser *p, Members *m) {
  Specifiers spec;
  specifiers(p, &spec);
  if (spec.storage != 0)
    parse_fail(p, &spec.where, "no storage class is allowed here");
  if (spec.string)
    parse_fail(p, &spec.where, "unknown type name 'string'");
  if (at(p, ';'))
    anonymous_member(p, &spec, m);
  else
    do
      member(p, &spec, m);
    while (accept(p, ','));
  expect(p, ';');
}

static void members(Parser *p, Members *m) {
  unsigned lists = p->lists;
  enter(p);
  p->lists = 0;
  expect(p, '{');
  while (!at(p, '}')) {
    if (at(p, KEY_STATIC_ASSERT))
      static_assertion(p);
    else if (!accept(p, ';'))
      member_declaration(p, m);
  }
  p->lists = lists;
  leave(p);
}

/* A set of names, to find those that are there twice. */
typedef struct NameSet {
  const char **slots;
  size_t mask;
} NameSet;

/* False: the name is there already. */
static bool set_add(NameSet *set, const char *name) {
  size_t hash = 5381;
  for (const char *s = name; *s != '\0'; s++)
    hash = hash * 33 + (unsigned char)*s;
  size_t i = (hash ^ hash >> 15) & set->mask;
  for (; set->slots[i] != NULL; i = (i + 1) & set->mask)
    if (strcmp(set->slots[i], name) == 0)
      return false;
  set->slots[i] = name;
  return true;
}

static bool is_anonymous(const Field *field) {
  return field->name == NULL && !field->bitfield;
}

static size_t count_names(const Field *fields, size_t count) {
  size_t names = 0;
  for (size_t i = 0; i < count; i++) {
    const Record *inner = fields[i].type->record;
    names += is_anonymous(&fields[i])
                 ? count_names(inner->fields, inner->nfields) : 1;
  }
  return names;
}

/* The first name that is there already, or NULL. */
static const char *add_names(NameSet *set, const Field *field) {
  const Record *inner = field->type->record;
  if (field->name != NULL)
    return set_add(set, field->name) ? NULL : field->name;
  const char *twice = NULL;
  if (is_anonymous(field))
    for (uint32_t i = 0; i < inner->nfields && twice == NULL; i++)
      twice = add_names(set, &inner->fields[i]);
  return twice;
}

static void check_names(Parser *p, const Members *m) {
  NameSet set = {NULL, 16};
  while (set.mask < 2 * count_names(m->fields, m->count))
    set.mask *= 2;
  set.slots = scratch(p, set.mask * sizeof *set.slots);
  set.mask--;
  for (size_t i = 0; i < m->count; i++) {
    const char *twice = add_names(&set, &m->fields[i]);
    if (twice != NULL)
      parse_fail(p, &m->places[i], "two members have the name '%.100s'",
                 twice);
  }
}

static void complete(Parser *p, Type *type, const Members *m,
                     const Attributes *list, uint32_t pack) {
  Error error;
  Record *record = type->record;
  announce(p, type, sizeof *type);
  announce(p, record, sizeof *record);
  record->packed = list->packed;
  record->transparent = list->transparent && (type->flags & TYPE_UNION);
  record->aligned = list->aligned;
  record->pack = pack;
  if (layout_record(type, m->fields, (uint32_t)m->count, &error))
    return;
  Token place = error.offset < m->count ? m->places[error.offset]
                                        : p->lex.token;
  parse_fail(p, &place, "%s", error.message);
}

/* The type of a new definition: a tag of this scope, if it has one. */
static Type *defined_type(Parser *p, const Token *tag, unsigned flags,
                          Decl **first) {
  *first = NULL;
  if (tag->length == 0) {
    Type *type = type_record(p->scope, NULL, flags);
    need_type(p, type);
    return type;
  }
  Type *type = tag_type(p, tag, TYPE_RECORD, flags, true);
  if (!type_complete(type))
    return type;
  *first = scope_find_here(p->scope, TAGS, tag->text, tag->length);
  type = type_record(p->scope, (*first)->name, flags);
  need_type(p, type);
  return type;
}

/* "{" members "}" attributes? */
static Type *definition(Parser *p, const Token *tag, unsigned flags,
                        Attributes *list) {
  Members m = {NULL, NULL, 0};
  Decl *first;                    /* of an equal definition before this one */
  Type *type = defined_type(p, tag, flags, &first);
  members(p, &m);
  uint32_t pack = p->lex.pack;
  expect(p, '}');
  attributes(p, list);
  settle_attributes(list);
  if (type_complete(type))
    parse_fail(p, tag, "'%.*s' is defined inside itself", (int)tag->length,
               tag->text);
  check_names(p, &m);
  complete(p, type, &m, list, pack);
  return defined(p, tag, first, type, "defined with other members");
}

Type *record_specifier(Parser *p, Specifiers *spec) {
  Attributes list;
  Token tag = {.length = 0};
  unsigned flags = at(p, KEY_UNION) ? TYPE_UNION : 0;
  list.any = false;
  spec->tagged = true;
  advance(p);
  attributes(p, &list);
  if (at(p, TOKEN_NAME))
    tag = expect_name(p, "a tag");
  if (at(p, '{')) {
    spec->anonymous = tag.length == 0;
    return definition(p, &tag, flags, &list);
  }
  if (tag.length == 0)
    parse_expected(p, "a tag or '{'");
  return tag_type(p, &tag, TYPE_RECORD, flags, at(p, ';'));
}

static const char *tag_word(TypeKind kind, unsigned flags) {
  if (kind == TYPE_ENUM)
    return "enum";
  return flags & TYPE_UNION ? "union" : "struct";
}

static Decl *add_tag(Parser *p, const Token *tag) {
  Decl *d = scope_add(p->scope, TAGS, DECL_TAG, tag->text, tag->length);
  if (d == NULL)
    no_memory(p);
  d->symbol = d->name;
  d->place = lex_place(&p->lex, tag->text);
  return d;
}

/* A tag of a text that does not yield does, once one that does defines it. */
static void lend(Parser *p, const Token *tag) {
  Decl *d = scope_find_here(p->scope, TAGS, tag->text, tag->length);
  announce(p, d, sizeof *d);
  d->yields = true;
}

Type *defined(Parser *p, const Token *tag, Decl *first, Type *type,
              const char *now) {
  if (first == NULL) {
    if (p->source->yields && tag->length != 0)
      lend(p, tag);
    return type;
  }
  if (same_members(first->type, type)) {
    confirm(p, first, tag);
    return (Type *)(uintptr_t)first->type;
  }
  if (!gives_way(p, first))
    conflict(p, tag, first, now);
  add_tag(p, tag)->type = type;
  return type;
}

static Type *new_tag(Parser *p, const Token *tag, TypeKind kind,
                     unsigned flags) {
  Decl *d = add_tag(p, tag);
  Type *type = kind == TYPE_ENUM ? type_enum(p->scope, d->name)
                                 : type_record(p->scope, d->name, flags);
  need_type(p, type);
  d->type = type;
  return type;
}

static bool is_tag_of(const Decl *d, TypeKind kind, unsigned flags) {
  return d != NULL && d->type->kind == kind &&
         (d->type->flags & TYPE_UNION) == flags;
}

Type *tag_type(Parser *p, const Token *tag, TypeKind kind, unsigned flags,
               bool own) {
  Decl *here = scope_find_here(p->scope, TAGS, tag->text, tag->length);
  const Decl *d = own ? here : look_up(p, TAGS, tag);
  if (!is_tag_of(d, kind, flags))
    d = here;
  if (is_tag_of(d, kind, flags)) {
    if (own && !type_complete(d->type))
      confirm(p, here, tag);
    return (Type *)(uintptr_t)d->type;
  }
  if (here != NULL && !gives_way(p, here)) {
    char now[32] = "declared as ";
    conflict(p, tag, here, strcat(now, tag_word(kind, flags)));
  }
  return new_tag(p, tag, kind, flags);
}
