/*
** scope.c - see scope.h.
**
** Both tables are chained hash tables whose buckets double. After a rollback
** names are put back into theirs from the list of declarations, and types
** whose memory is gone are taken out.
*/
#include "type/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearname.h"

#define FIRST_BUCKETS 64          /* a power of two */

typedef struct Undo Undo;
struct Undo {                     /* one step of a rollback */
  Undo *older;
  void *memory;                   /* to be restored, */
  size_t size;
  unsigned char bytes[];          /* what was in `memory` */
};

typedef struct ScopeTables {
  Decl **names;                   /* of all name spaces */
  size_t nnames;                  /* declarations in it */
  size_t name_mask;               /* buckets - 1 */
  Type **types;                   /* interned ones */
  size_t ntypes;
  size_t type_mask;
  bool open;                      /* in a transaction, which has: */
  bool changed;                   /* something that `generation` counts */
  Undo *undo;                     /* the newest step */
  Arena log;                      /* where the steps are */
  ArenaMark mark;                 /* of the scope's arena at begin */
  Decl *last;                     /* the scope's last one at begin */
} ScopeTables;

/* Eight bytes at a time: names are hashed once per identifier of the text. */
static uint32_t hash_name(NameSpace space, const char *name, size_t length) {
  const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
  uint64_t hash = length * 3 + space;
  uint64_t word = 0;
  for (; length > 8; name += 8, length -= 8) {
    memcpy(&word, name, 8);
    hash = (hash ^ word) * factor;
    hash ^= hash >> 29;
  }
  word = 0;
  memcpy(&word, name, length);
  hash = (hash ^ word) * factor;
  return (uint32_t)(hash >> 32);
}

static ScopeTables *tables_new(void) {
  ScopeTables *tables = calloc(1, sizeof *tables);
  if (tables == NULL)
    return NULL;
  tables->name_mask = tables->type_mask = FIRST_BUCKETS - 1;
  tables->names = calloc(FIRST_BUCKETS, sizeof *tables->names);
  tables->types = calloc(FIRST_BUCKETS, sizeof *tables->types);
  return tables;
}

Scope *scope_new(Scope *parent) {
  Scope *scope = calloc(1, sizeof *scope);
  if (scope == NULL)
    return NULL;
  scope->parent = parent;
  scope->depth = parent == NULL ? 0 : parent->depth + 1;
  arena_init(&scope->arena, LIMIT_ARENA);
  scope->tables = tables_new();
  if (scope->tables == NULL || scope->tables->names == NULL ||
      scope->tables->types == NULL) {
    scope_free(scope);
    return NULL;
  }
  return scope;
}

void scope_free(Scope *scope) {
  if (scope == NULL)
    return;
  if (scope->object != NULL)
    scope->release(scope->object);
  if (scope->tables != NULL) {
    free(scope->tables->names);
    free(scope->tables->types);
    arena_free(&scope->tables->log);
    free(scope->tables);
  }
  arena_free(&scope->arena);
  free(scope);
}

/* Names. */

static NameSpace space_of(const Decl *decl) {
  switch (decl->kind) {
    case DECL_TAG: return TAGS;
    case DECL_MACRO: return MACROS;
    default: return NAMES;
  }
}

/* The length comes last: the name may be shorter than what it is held to. */
static Decl *find_hashed(const Scope *scope, NameSpace space, uint32_t hash,
                         const char *name, size_t length) {
  const ScopeTables *tables = scope->tables;
  Decl *decl = tables->names[hash & tables->name_mask];
  for (; decl != NULL; decl = decl->chain)
    if (decl->hash == hash && space_of(decl) == space &&
        strncmp(decl->name, name, length) == 0 && decl->name[length] == '\0')
      return decl;
  return NULL;
}

Decl *scope_find_here(const Scope *scope, NameSpace space, const char *name,
                      size_t length) {
  uint32_t hash = hash_name(space, name, length);
  return find_hashed(scope, space, hash, name, length);
}

/* From that scope on, down to one of `depth`. */
static Decl *find_until(const Scope *scope, unsigned depth, NameSpace space,
                        uint32_t hash, const char *name, size_t length) {
  Decl *decl = NULL;
  for (; scope != NULL && scope->depth >= depth && decl == NULL;
       scope = scope->parent)
    decl = find_hashed(scope, space, hash, name, length);
  return decl;
}

Decl *scope_nearest(const Scope *scope, NameSpace space, const char *name,
                    size_t length) {
  uint32_t hash = hash_name(space, name, length);
  return find_until(scope, 0, space, hash, name, length);
}

/* A tag alone, `struct node;`, says nothing. */
static bool says(const Decl *decl) {
  return decl != NULL &&
         (decl->kind != DECL_TAG || type_complete(decl->type));
}

Decl *scope_find(const Scope *scope, NameSpace space, const char *name,
                 size_t length) {
  uint32_t hash = hash_name(space, name, length);
  Decl *decl = find_until(scope, 0, space, hash, name, length);
  if (decl == NULL || !decl->yields)
    return decl;
  Decl *said = find_until(scope->parent, 1, space, hash, name, length);
  return says(said) ? said : decl;
}

static void chain_name(ScopeTables *tables, Decl *decl) {
  Decl **bucket = &tables->names[decl->hash & tables->name_mask];
  decl->chain = *bucket;
  *bucket = decl;
  tables->nnames++;
}

/* Fills the names' buckets anew from the list of declarations. */
static void chain_names(Scope *scope) {
  ScopeTables *tables = scope->tables;
  memset(tables->names, 0, (tables->name_mask + 1) * sizeof *tables->names);
  tables->nnames = 0;
  for (Decl *decl = scope->first; decl != NULL; decl = decl->next)
    if (!decl->hidden)
      chain_name(tables, decl);
}

/* Without memory for more buckets the chains just grow longer. */
static void grow_names(Scope *scope) {
  ScopeTables *tables = scope->tables;
  size_t size = (tables->name_mask + 1) * 2;
  Decl **names = calloc(size, sizeof *names);
  if (names == NULL)
    return;
  free(tables->names);
  tables->names = names;
  tables->name_mask = size - 1;
  chain_names(scope);
}

static void count_change(Scope *scope) {
  if (scope->tables->open)
    scope->tables->changed = true;
  else
    scope->generation++;
}

static void append(Scope *scope, Decl *decl) {
  if (scope->last == NULL)
    scope->first = decl;
  else
    scope->last->next = decl;
  scope->last = decl;
  chain_name(scope->tables, decl);
  if (scope->tables->nnames > scope->tables->name_mask)
    grow_names(scope);
}

Decl *scope_add(Scope *scope, NameSpace space, DeclKind kind,
                const char *name, size_t length) {
  Decl *decl = arena_alloc(&scope->arena, sizeof *decl);
  char *copy = arena_copy(&scope->arena, name, length);
  if (decl == NULL || copy == NULL)
    return NULL;
  decl->kind = kind;
  decl->name = copy;
  decl->hash = hash_name(space, name, length);
  append(scope, decl);
  count_change(scope);
  return decl;
}

void scope_hide(Scope *scope, Decl *decl) {
  Decl **link = &scope->tables->names[decl->hash & scope->tables->name_mask];
  if (decl->hidden)
    return;
  while (*link != decl)
    link = &(*link)->chain;
  *link = decl->chain;
  scope->tables->nnames--;
  decl->hidden = true;
}

void scope_show(Scope *scope, Decl *decl) {
  if (decl->hidden)
    chain_name(scope->tables, decl);
  decl->hidden = false;
}

void scope_remove_hidden(Scope *scope) {
  Decl *before = NULL;
  for (Decl *decl = scope->first; decl != NULL; decl = decl->next) {
    if (!decl->hidden)
      before = decl;
    else if (before == NULL)
      scope->first = decl->next;
    else
      before->next = decl->next;
  }
  scope->last = before;
  scope->removals++;
  scope->revisions++;
  count_change(scope);
}

void scope_remove(Scope *scope, Decl *decl) {
  scope_hide(scope, decl);
  scope_remove_hidden(scope);
}

/* Interned types. */

Type **scope_bucket(Scope *scope, uint32_t hash) {
  return &scope->tables->types[hash & scope->tables->type_mask];
}

static void chain_type(Type **buckets, size_t mask, Type *type) {
  Type **bucket = &buckets[type->hash & mask];
  type->chain = *bucket;
  *bucket = type;
}

static void grow_types(ScopeTables *tables) {
  size_t size = (tables->type_mask + 1) * 2;
  Type **types = calloc(size, sizeof *types);
  if (types == NULL)
    return;
  for (size_t i = 0; i <= tables->type_mask; i++) {
    Type *next;
    for (Type *type = tables->types[i]; type != NULL; type = next) {
      next = type->chain;
      chain_type(types, size - 1, type);
    }
  }
  free(tables->types);
  tables->types = types;
  tables->type_mask = size - 1;
}

void scope_intern(Scope *scope, Type *type) {
  ScopeTables *tables = scope->tables;
  chain_type(tables->types, tables->type_mask, type);
  if (++tables->ntypes > tables->type_mask)
    grow_types(tables);
}

/* Takes out what came since the transaction began. */
static void drop_types(Scope *scope) {
  ScopeTables *tables = scope->tables;
  for (size_t i = 0; i <= tables->type_mask; i++) {
    Type **link = &tables->types[i];
    while (*link != NULL) {
      if (arena_is_newer(&scope->arena, tables->mark, *link)) {
        *link = (*link)->chain;
        tables->ntypes--;
      } else {
        link = &(*link)->chain;
      }
    }
  }
}

/* What may have been meant. */

static const char *tag_of(const Type *type) {
  if (type->kind == TYPE_RECORD)
    return type->record->tag;
  return type->kind == TYPE_ENUM ? type->enumeration->tag : NULL;
}

const char *scope_hint(const Type *type, char *text) {
  NearName near;
  const char *tag = tag_of(type->bare), *word = "enum";
  text[0] = '\0';
  if (tag == NULL || type_complete(type))
    return text;
  nearname_init(&near, tag, strlen(tag));
  for (const Scope *s = type->bare->scope; s != NULL; s = s->parent)
    for (const Decl *d = s->first; d != NULL; d = d->next)
      if (!d->hidden && d->kind == DECL_TAG && d->type->kind == type->kind &&
          d->type->flags == type->flags && type_complete(d->type))
        nearname_offer(&near, d->name);
  if (type->kind == TYPE_RECORD)
    word = type->flags & TYPE_UNION ? "union" : "struct";
  if (near.best != NULL)
    snprintf(text, SCOPE_HINT, ", did you mean '%s %.80s'?", word, near.best);
  return text;
}

/* Transactions. */

bool scope_begin(Scope *scope) {
  for (; scope != NULL; scope = scope->parent) {
    ScopeTables *tables = scope->tables;
    tables->open = true;
    arena_init(&tables->log, scope->arena.cap);
    tables->mark = arena_mark(&scope->arena);
    tables->last = scope->last;
  }
  return true;
}

/* Writes the step down. */
static bool log_step(ScopeTables *tables, void *memory, size_t size) {
  Undo *undo = arena_alloc(&tables->log, sizeof *undo + size);
  if (undo == NULL)
    return false;
  undo->older = tables->undo;
  undo->memory = memory;
  undo->size = size;
  memcpy(undo->bytes, memory, size);
  tables->undo = undo;
  return true;
}

bool scope_save(Scope *scope, void *memory, size_t size) {
  ScopeTables *tables = scope->tables;
  if (size > 0 && tables->open && !log_step(tables, memory, size))
    return false;
  if (tables->open && !arena_is_newer(&scope->arena, tables->mark, memory))
    scope->revisions++;
  count_change(scope);
  return true;
}

static void close_transaction(ScopeTables *tables) {
  arena_free(&tables->log);
  tables->undo = NULL;
  tables->open = tables->changed = false;
}

void scope_commit(Scope *scope) {
  for (; scope != NULL; scope = scope->parent) {
    if (scope->tables->changed)
      scope->generation++;
    close_transaction(scope->tables);
  }
}

/*
** Restored memory may have been a declaration, with links from before the
** buckets grew; so the links are made anew from the shortened list.
*/
static void forget_names(Scope *scope, Decl *last) {
  scope->last = last;
  if (last == NULL)
    scope->first = NULL;
  else
    last->next = NULL;
  chain_names(scope);
}

static void take_back(Scope *scope) {
  ScopeTables *tables = scope->tables;
  for (Undo *undo = tables->undo; undo != NULL; undo = undo->older)
    memcpy(undo->memory, undo->bytes, undo->size);
  drop_types(scope);
  if (tables->changed)
    forget_names(scope, tables->last);
  arena_rollback(&scope->arena, tables->mark);
  close_transaction(tables);
}

/* Children first: what they saved may lie in a parent's new memory. */
void scope_rollback(Scope *scope) {
  for (; scope != NULL; scope = scope->parent)
    take_back(scope);
}
