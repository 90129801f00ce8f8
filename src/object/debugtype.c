/* debugtype.c - see debugtype.h. */
#include "object/debugtype.h"

#include <stdlib.h>
#include <string.h>

DebugType *debug_bare(DebugReader *reader, DebugType *type) {
  for (int depth = 0; depth < LIMIT_DEPTH; depth++) {
    if (!debug_read(reader, type))
      return NULL;
    if (type->kind != DEBUG_TYPEDEF && type->kind != DEBUG_QUALIFIED)
      return type;
    type = type->target;
  }
  error_set(reader->error, 0, "debug info is damaged: types are nested deeper "
            "than %d", LIMIT_DEPTH);
  return NULL;
}

void *debug_alloc(DebugReader *reader, size_t size) {
  void *memory = arena_alloc(&reader->arena, size);
  if (memory == NULL)
    error_set(reader->error, 0, "not enough memory for debug info");
  return memory;
}

char *debug_copy(DebugReader *reader, const char *text) {
  char *copy = arena_copy(&reader->arena, text, strlen(text));
  if (copy == NULL)
    error_set(reader->error, 0, "not enough memory for debug info");
  return copy;
}

/* ---------------------------------------------------------------------
** The nodes that there are, and those that are settled.
*/

static size_t hash_key(DebugKey key) {
  return (size_t)(((uintptr_t)key.place ^ key.number) * 0x9e3779b97f4a7c15
                  >> 20);
}

/* The slot that has the key, or the free one where it belongs. There is one. */
static DebugNode *slot_of(const DebugTable *table, DebugKey key) {
  for (size_t i = hash_key(key);; i++) {
    DebugNode *slot = &table->slots[i & (table->room - 1)];
    if (slot->key.place == NULL || (slot->key.place == key.place &&
                                    slot->key.number == key.number))
      return slot;
  }
}

/* Makes room for one more. */
static bool grow(DebugTable *table) {
  DebugTable more = {NULL, table->count,
                     table->room == 0 ? 64 : table->room * 4};
  if (table->count * 2 < table->room)
    return true;
  more.slots = calloc(more.room, sizeof *more.slots);
  if (more.slots == NULL)
    return false;
  for (size_t i = 0; i < table->room; i++)
    if (table->slots[i].key.place != NULL)
      *slot_of(&more, table->slots[i].key) = table->slots[i];
  free(table->slots);
  *table = more;
  return true;
}

/* `slot` is slot_of(), after grow(). */
static void fill(DebugTable *table, DebugNode *slot, DebugNode node) {
  table->count += slot->key.place == NULL;
  *slot = node;
}

static void empty(DebugTable *table) {
  free(table->slots);
  *table = (DebugTable){NULL, 0, 0};
}

void debugreader_init(DebugReader *reader, DebugRead *read) {
  memset(reader, 0, sizeof *reader);
  reader->read = read;
  arena_init(&reader->arena, LIMIT_ARENA);
}

void debugreader_free(DebugReader *reader) {
  arena_free(&reader->arena);
  empty(&reader->nodes);
  empty(&reader->settled);
}

void debugreader_start(DebugReader *reader, Error *error) {
  arena_free(&reader->arena);
  empty(&reader->nodes);
  reader->error = error;
}

bool debugreader_settle(DebugReader *reader) {
  DebugTable *settled = &reader->settled;
  for (size_t i = 0; i < reader->nodes.room; i++) {
    DebugNode node = reader->nodes.slots[i];
    if (node.type == NULL || !node.type->told || node.type->settled)
      continue;
    if (!grow(settled))
      return false;
    fill(settled, slot_of(settled, node.key), (DebugNode){node.key, NULL});
  }
  return true;
}

void debugreader_unsettle(DebugReader *reader) {
  empty(&reader->settled);
}

DebugType *debug_node(DebugReader *reader, DebugKey key, const void *origin,
                      size_t size) {
  if (!grow(&reader->nodes)) {
    error_set(reader->error, 0, "not enough memory for debug info");
    return NULL;
  }
  DebugNode *node = slot_of(&reader->nodes, key);
  if (node->type != NULL)
    return node->type;
  DebugType *type = debug_alloc(reader, sizeof *type);
  void *copy = debug_alloc(reader, size);
  if (type == NULL || copy == NULL)
    return NULL;
  type->origin = memcpy(copy, origin, size);
  type->settled = reader->settled.count > 0 &&
                  slot_of(&reader->settled, key)->key.place != NULL;
  fill(&reader->nodes, node, (DebugNode){key, type});
  return type;
}

/* --------------------------------------------------------------------- */

/* How compilers write what C has more than one spelling for. */
static const struct {
  const char *name;
  BaseType base;
} spellings[] = {
  {"short int", BASE_SHORT}, {"short unsigned int", BASE_USHORT},
  {"long int", BASE_LONG}, {"long unsigned int", BASE_ULONG},
  {"long long int", BASE_LLONG}, {"long long unsigned int", BASE_ULLONG},
  {"__int128 unsigned", BASE_UINT128}, {"__float128", BASE_FLOAT128},
  {"complex float", BASE_FLOAT_COMPLEX},
  {"complex double", BASE_DOUBLE_COMPLEX},
  {"complex long double", BASE_LDOUBLE_COMPLEX}
};

static BaseType by_name(const char *name) {
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
    if (strcmp(name, spellings[i].name) == 0)
      return spellings[i].base;
  for (BaseType id = BASE_VOID + 1; id < BASE_COUNT; id++)
    if (strcmp(name, type_base(id)->name) == 0)
      return id;
  return BASE_COUNT;
}

static bool fits(BaseType id, TypeKind kind, bool isunsigned, uint64_t size) {
  const Type *type = type_base(id);
  return type->kind == kind && type->size == size &&
         (kind != TYPE_INTEGER ||
          ((type->flags & TYPE_UNSIGNED) != 0) == isunsigned);
}

/* A damaged file's name may have no end: it is not looked for. */
static bool is_bitint(const char *name) {
  return strncmp(name, "_BitInt", 7) == 0 ||
         strncmp(name, "unsigned _BitInt", 16) == 0;
}

BaseType debug_base(TypeKind kind, bool isunsigned, uint64_t size,
                    const char *name) {
  static const BaseType usual[] = {
    BASE_BOOL, BASE_SCHAR, BASE_UCHAR, BASE_SHORT, BASE_USHORT, BASE_INT,
    BASE_UINT, BASE_LONG, BASE_ULONG, BASE_INT128, BASE_UINT128, BASE_FLOAT,
    BASE_DOUBLE, BASE_FLOAT_COMPLEX, BASE_DOUBLE_COMPLEX
  };                              /* other floats have sizes in common */
  BaseType named = name == NULL ? BASE_COUNT : by_name(name);
  if (name != NULL && is_bitint(name))
    return BASE_COUNT;            /* how many of the bits are its own? */
  if (named != BASE_COUNT && fits(named, kind, isunsigned, size))
    return named;
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (fits(usual[i], kind, isunsigned, size))
      return usual[i];
  return BASE_COUNT;
}
