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
** The nodes that there are.
*/

void debugreader_init(DebugReader *reader, DebugRead *read) {
  memset(reader, 0, sizeof *reader);
  reader->read = read;
  arena_init(&reader->arena, LIMIT_ARENA);
}

void debugreader_free(DebugReader *reader) {
  arena_free(&reader->arena);
  debugreader_unsettle(reader);
}

void debugreader_start(DebugReader *reader, Error *error) {
  arena_free(&reader->arena);
  reader->error = error;
  reader->nodes = NULL;
  reader->count = reader->mask = 0;
}

static size_t hash_key(DebugKey key) {
  return (size_t)(((uintptr_t)key.place ^ key.number) * 0x9e3779b97f4a7c15
                  >> 20);
}

/* The slot that has the key, or the free one where it belongs. */
static DebugNode *slot_of(const DebugReader *reader, DebugKey key) {
  size_t i = hash_key(key) & reader->mask;
  for (; reader->nodes[i].type != NULL; i = (i + 1) & reader->mask)
    if (reader->nodes[i].key.place == key.place &&
        reader->nodes[i].key.number == key.number)
      break;
  return &reader->nodes[i];
}

/* Makes room for one more. */
static bool grow(DebugReader *reader) {
  DebugNode *old = reader->nodes;
  size_t room = old == NULL ? 0 : reader->mask + 1;
  if (reader->count * 2 < room)
    return true;
  size_t more = room == 0 ? 64 : room * 4;
  DebugNode *nodes = debug_alloc(reader, more * sizeof *nodes);
  if (nodes == NULL)
    return false;
  reader->nodes = nodes;
  reader->mask = more - 1;
  for (size_t i = 0; i < room; i++)
    if (old[i].type != NULL)
      *slot_of(reader, old[i].key) = old[i];
  return true;
}

/* The same of what is settled, of which there is room for one more. */
static DebugKey *settled_slot(const DebugReader *reader, DebugKey key) {
  size_t i = hash_key(key) & (reader->room - 1);
  for (; reader->settled[i].place != NULL; i = (i + 1) & (reader->room - 1))
    if (reader->settled[i].place == key.place &&
        reader->settled[i].number == key.number)
      break;
  return &reader->settled[i];
}

static bool grow_settled(DebugReader *reader) {
  DebugReader more = {.room = reader->room == 0 ? 64 : reader->room * 2};
  if (reader->nsettled * 2 < reader->room)
    return true;
  more.settled = calloc(more.room, sizeof *more.settled);
  if (more.settled == NULL)
    return false;
  for (size_t i = 0; i < reader->room; i++)
    if (reader->settled[i].place != NULL)
      *settled_slot(&more, reader->settled[i]) = reader->settled[i];
  free(reader->settled);
  reader->settled = more.settled;
  reader->room = more.room;
  return true;
}

bool debugreader_settle(DebugReader *reader) {
  for (size_t i = 0; reader->nodes != NULL && i <= reader->mask; i++) {
    const DebugNode *node = &reader->nodes[i];
    if (node->type == NULL || !node->type->told || node->type->settled)
      continue;
    if (!grow_settled(reader))
      return false;
    DebugKey *slot = settled_slot(reader, node->key);
    reader->nsettled += slot->place == NULL;
    *slot = node->key;
  }
  return true;
}

void debugreader_unsettle(DebugReader *reader) {
  free(reader->settled);
  reader->settled = NULL;
  reader->nsettled = reader->room = 0;
}

DebugType *debug_node(DebugReader *reader, DebugKey key, const void *origin,
                      size_t size) {
  if (!grow(reader))
    return NULL;
  DebugNode *node = slot_of(reader, key);
  if (node->type != NULL)
    return node->type;
  DebugType *type = debug_alloc(reader, sizeof *type);
  void *copy = debug_alloc(reader, size);
  if (type == NULL || copy == NULL)
    return NULL;
  type->origin = memcpy(copy, origin, size);
  type->settled = reader->nsettled > 0 &&
                  settled_slot(reader, key)->place != NULL;
  *node = (DebugNode){key, type};
  reader->count++;
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

BaseType debug_base(TypeKind kind, bool isunsigned, uint64_t size,
                    const char *name) {
  static const BaseType usual[] = {
    BASE_BOOL, BASE_SCHAR, BASE_UCHAR, BASE_SHORT, BASE_USHORT, BASE_INT,
    BASE_UINT, BASE_LONG, BASE_ULONG, BASE_INT128, BASE_UINT128, BASE_FLOAT,
    BASE_DOUBLE, BASE_FLOAT_COMPLEX, BASE_DOUBLE_COMPLEX
  };                              /* other floats have sizes in common */
  BaseType named = name == NULL ? BASE_COUNT : by_name(name);
  if (named != BASE_COUNT && fits(named, kind, isunsigned, size))
    return named;
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (fits(usual[i], kind, isunsigned, size))
      return usual[i];
  return BASE_COUNT;
}
