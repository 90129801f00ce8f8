/* debugtype.c - see debugtype.h. */
#include "object/debugtype.h"

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
