/*
** type.c - see type.h.
**
** A derived type is first filled in on the C stack, as a key, with `bare`
** NULL where the node will be its own; intern() then finds or makes the node.
** A node is a *variant* when it is not its own bare type: other qualifiers,
** another alignment. Variants of records and enums keep nothing of what a
** completion changes; their `align` is 0 unless it is not the bare type's.
*/
#include "type/type.h"

#include <string.h>

#include "type/scope.h"

/*
** AAPCS64 aligns no vector further than 16. On x86-64 they are aligned by
** their size, as the psABI has it for __m256 and __m512 and as clang does
** always (gcc does so where it is told that the machine has such registers).
*/
#if defined(__aarch64__)
#define VECTOR_ALIGN 16
#else
#define VECTOR_ALIGN ((uint32_t)1 << 28) /* gcc's largest alignment */
#endif

/* Base types. */

static const Type base_types[BASE_COUNT];

/* The type of a complex number's parts. */
#define PART(id) \
  (&base_types[BASE_##id == BASE_FLOAT16_COMPLEX ? BASE_FLOAT16 \
               : BASE_##id == BASE_FLOAT_COMPLEX ? BASE_FLOAT \
               : BASE_##id == BASE_DOUBLE_COMPLEX ? BASE_DOUBLE \
               : BASE_##id == BASE_LDOUBLE_COMPLEX ? BASE_LDOUBLE \
                                                   : BASE_FLOAT128])

static const Type base_types[BASE_COUNT] = {
  [BASE_VOID] = {.kind = TYPE_VOID, .size = SIZE_UNKNOWN,
                 .bare = &base_types[BASE_VOID], .name = "void"},
#define BASE_TYPE(id, text, kindof, ctype, flagsof) \
  [BASE_##id] = {.kind = kindof, .flags = flagsof, .rank = BASE_##id, \
                 .align = _Alignof(ctype), .size = sizeof(ctype), \
                 .bare = &base_types[BASE_##id], .name = text, \
                 .target = kindof == TYPE_COMPLEX ? PART(id) : NULL},
  BASE_TYPES(BASE_TYPE)
#undef BASE_TYPE
};

const Type *type_base(BaseType id) {
  return &base_types[id];
}

const Type *type_complex(const Type *part) {
  switch ((BaseType)part->rank) {
    case BASE_FLOAT16: return type_base(BASE_FLOAT16_COMPLEX);
    case BASE_FLOAT: case BASE_FLOAT32: return type_base(BASE_FLOAT_COMPLEX);
    case BASE_FLOAT64X: case BASE_LDOUBLE:
      return type_base(BASE_LDOUBLE_COMPLEX);
    case BASE_FLOAT128: return type_base(BASE_FLOAT128_COMPLEX);
    default: return type_base(BASE_DOUBLE_COMPLEX);
  }
}

const FloatFormat *type_format(const Type *type) {
  switch (type->rank) {
    case BASE_FLOAT16: return &float_binary16;
    case BASE_FLOAT: case BASE_FLOAT32: return &float_binary32;
    case BASE_FLOAT128: return &float_binary128;
    case BASE_LDOUBLE: case BASE_FLOAT64X: return &float_long_double;
    default: return &float_binary64;
  }
}

/* Questions. */

static bool completed_later(const Type *type) {
  return type->kind == TYPE_RECORD || type->kind == TYPE_ENUM;
}

/* As gcc has it: an atomic type of a size that the machine has is aligned. */
static uint32_t natural_align(const Type *bare, unsigned qual) {
  uint64_t size = bare->size;
  if ((qual & QUAL_ATOMIC) != 0 && size > bare->align && size <= 16 &&
      (size & (size - 1)) == 0)
    return (uint32_t)size;
  return bare->align;
}

uint32_t type_align(const Type *type) {
  if (type->align == 0)
    return natural_align(type->bare, type->qual);
  return type->align;
}

unsigned type_qualifiers(const Type *type) {
  while (type->kind == TYPE_ARRAY)
    type = type->target;
  return type->qual;
}

bool type_complete(const Type *type) {
  return type_size(type) != SIZE_UNKNOWN;
}

bool type_is_number(const Type *type) {
  switch ((TypeKind)type->kind) {
    case TYPE_BOOL: case TYPE_INTEGER: case TYPE_ENUM: case TYPE_FLOAT:
    case TYPE_COMPLEX:
      return true;
    default:
      return false;
  }
}

bool type_is_scalar(const Type *type) {
  return type_is_number(type) || type->kind == TYPE_POINTER;
}

unsigned type_holds(const Type *type) {
  type = type->bare;
  while (type->kind == TYPE_ARRAY)
    type = type->target->bare;
  switch (type->kind) {
    case TYPE_POINTER: return HOLDS_POINTER;
    case TYPE_VECTOR: return type_size(type) > 16 ? HOLDS_WIDE_VECTOR : 0;
    case TYPE_RECORD: return type->record->holds;
    default: return 0;
  }
}

bool type_is_const_field(const Field *field) {
  bool unnamed = field->bitfield && field->name == NULL;
  return !unnamed && (type_qualifiers(field->type) & QUAL_CONST) != 0;
}

bool type_is_aggregate(const Type *type) {
  return type->kind == TYPE_ARRAY || type->kind == TYPE_RECORD;
}

const Type *type_promoted(const Type *type) {
  type = type->bare;
  if (type->kind == TYPE_ENUM && type->target != NULL)
    type = type->target;
  bool integer = type->kind == TYPE_BOOL || type->kind == TYPE_INTEGER;
  if (integer && type->rank < BASE_INT)
    return type_base(BASE_INT);
  return type;
}

static bool is_named(const Field *field, const char *name, size_t length) {
  return field->name != NULL && strncmp(field->name, name, length) == 0 &&
         field->name[length] == '\0';
}

const Field *type_field(const Type *record, const char *name, size_t length,
                        uint64_t *offset) {
  const Record *members = record->record;
  for (uint32_t i = 0; i < members->nfields; i++) {
    const Field *field = &members->fields[i], *found = NULL;
    uint64_t inner = 0;
    if (is_named(field, name, length))
      found = field, inner = field->offset;
    else if (field->name == NULL && field->type->kind == TYPE_RECORD) {
      found = type_field(field->type, name, length, &inner);
      inner += field->offset;
    }
    if (found != NULL) {
      *offset = inner;
      return found;
    }
  }
  return NULL;
}

const Field *type_flexible(const Type *type) {
  if (type->kind != TYPE_RECORD || type->record->nfields == 0 ||
      (type->flags & TYPE_UNION))
    return NULL;
  const Field *last = &type->record->fields[type->record->nfields - 1];
  bool flexible = last->type->kind == TYPE_ARRAY && !last->bitfield &&
                  (last->type->count >= COUNT_VARIABLE ||
                   last->type->count == 0);
  return flexible ? last : NULL;
}

/* Where a derived type lives. */

static struct Scope *root_of(struct Scope *scope) {
  while (scope != NULL && scope->parent != NULL)
    scope = scope->parent;
  return scope;
}

static bool sees(const struct Scope *scope, const struct Scope *other) {
  while (scope != NULL && scope->depth > other->depth)
    scope = scope->parent;
  return scope == other;
}

/*
** The scope of a type made of a part that lives in `part`, where that of its
** other parts is `home`; NULL stands for static parts.
*/
static struct Scope *deeper(struct Scope *scope, struct Scope *home,
                            struct Scope *part) {
  if (part == NULL || (home != NULL && sees(home, part)))
    return home;
  return home == NULL || sees(part, home) ? part : scope;
}

/* Interning. */

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
  return hash ^ hash >> 32;
}

static uint64_t hash_signature(uint64_t hash, const Signature *signature) {
  hash = mix(hash, (uint64_t)signature->convention * 4 +
                       signature->variadic * 2u + signature->unprototyped);
  for (uint32_t i = 0; i < signature->nparams; i++)
    hash = mix(hash, (uintptr_t)signature->params[i]);
  return hash;
}

static uint32_t hash_key(const Type *key) {
  uint64_t hash = mix(key->kind, key->qual);
  if (key->bare != NULL)
    hash = mix(mix(hash, key->align), (uintptr_t)key->bare);
  else
    hash = mix(mix(hash, key->count), (uintptr_t)key->target);
  if (key->kind == TYPE_FUNCTION)
    hash = hash_signature(hash, key->signature);
  return (uint32_t)hash;
}

static bool same_signature(const Signature *a, const Signature *b) {
  if (a->nparams != b->nparams || a->variadic != b->variadic ||
      a->unprototyped != b->unprototyped || a->convention != b->convention)
    return false;
  for (uint32_t i = 0; i < a->nparams; i++)
    if (a->params[i] != b->params[i])
      return false;
  return true;
}

static bool is_node_of(const Type *node, const Type *key) {
  if (node->hash != key->hash || node->kind != key->kind ||
      node->qual != key->qual)
    return false;
  if (key->bare != NULL)
    return node->bare == key->bare && node->align == key->align;
  return node->bare == node && node->target == key->target &&
         node->count == key->count &&
         (node->kind != TYPE_FUNCTION ||
          same_signature(node->signature, key->signature));
}

static Signature *copy_signature(Arena *arena, const Signature *signature) {
  size_t size = signature->nparams * sizeof *signature->params;
  Signature *copy = arena_alloc(arena, sizeof *copy);
  const Type **params = arena_alloc(arena, size);
  if (copy == NULL || params == NULL)
    return NULL;
  *copy = *signature;
  if (size > 0)
    memcpy(params, signature->params, size);
  copy->params = params;
  return copy;
}

static const Type *make_node(struct Scope *home, const Type *key) {
  Type *node = arena_alloc(&home->arena, sizeof *node);
  if (node == NULL)
    return NULL;
  *node = *key;
  node->scope = home;
  if (node->bare == NULL)
    node->bare = node;
  if (node->kind == TYPE_FUNCTION && node->bare == node) {
    node->signature = copy_signature(&home->arena, key->signature);
    if (node->signature == NULL)
      return NULL;
  }
  scope_intern(home, node);
  return node;
}

/* The node for a key in `home`, or in the root of `scope` if that is NULL. */
static const Type *intern(struct Scope *scope, struct Scope *home,
                          Type *key) {
  if (home == NULL)
    home = root_of(scope);
  if (home == NULL || key->depth > LIMIT_DEPTH)
    return NULL;
  key->hash = hash_key(key);
  Type *node = *scope_bucket(home, key->hash);
  for (; node != NULL; node = node->chain)
    if (is_node_of(node, key))
      return node;
  return make_node(home, key);
}

/* Variants. */

/* The alignment of a variant where it is not the natural one, or 0. */
static uint32_t changed_align(const Type *type) {
  if (type == type->bare)
    return 0;
  if (completed_later(type))
    return type->align;
  uint32_t natural = natural_align(type->bare, type->qual);
  return type->align == natural ? 0 : type->align;
}

/* `align` 0 is the natural one. */
static const Type *variant(struct Scope *scope, const Type *bare,
                           unsigned qual, uint32_t align) {
  uint32_t natural = natural_align(bare, qual);
  if (align == natural)
    align = 0;
  if (qual == 0 && align == 0)
    return bare;
  Type key = *bare;
  key.bare = bare;
  key.qual = (uint8_t)qual;
  key.align = align != 0 || completed_later(bare) ? align : natural;
  key.plan = NULL;
  return intern(scope, bare->scope, &key);
}

static const Type *qualified_array(struct Scope *scope, const Type *type,
                                   unsigned qual) {
  const Type *element = type_qualified(scope, type->target, qual);
  if (element == NULL || element == type->target)
    return element == NULL ? NULL : type;
  const Type *array = type_array(scope, element, type->count);
  if (array == NULL || changed_align(type) == 0)
    return array;
  return variant(scope, array, 0, changed_align(type));
}

const Type *type_qualified(struct Scope *scope, const Type *type,
                           unsigned qual) {
  if (type->kind == TYPE_ARRAY)
    return qualified_array(scope, type, qual);
  if ((qual & ~(unsigned)type->qual) == 0 || type->kind == TYPE_FUNCTION)
    return type;
  return variant(scope, type->bare, type->qual | qual, changed_align(type));
}

const Type *type_aligned(struct Scope *scope, const Type *type,
                         uint32_t align) {
  if (align == 0 || (align & (align - 1)) != 0)
    return NULL;
  return variant(scope, type->bare, type->qual, align);
}

/* Derived types. */

/* How deep a pointer or function nests that has `type` as a part. */
static uint32_t depth_around(const Type *type) {
  return type->kind == TYPE_RECORD ? 1 : type->depth + 1;
}

const Type *type_pointer(struct Scope *scope, const Type *target) {
  Type key = {.kind = TYPE_POINTER, .align = _Alignof(void *),
              .size = sizeof(void *), .target = target,
              .depth = depth_around(target)};
  return intern(scope, target->scope, &key);
}

const Type *type_array(struct Scope *scope, const Type *element,
                       uint64_t count) {
  uint64_t size = type_size(element);
  if (size == SIZE_UNKNOWN || size % type_align(element) != 0)
    return NULL;
  bool known = count != COUNT_UNKNOWN && count != COUNT_VARIABLE;
  if (known && size != 0 && count > LIMIT_SIZE / size)
    return NULL;
  Type key = {.kind = TYPE_ARRAY, .align = type_align(element),
              .size = known ? size * count : SIZE_UNKNOWN, .count = count,
              .target = element, .depth = element->bare->depth + 1};
  return intern(scope, element->scope, &key);
}

/* As gcc has it, the qualifiers of the element are the vector's. */
const Type *type_vector(struct Scope *scope, const Type *element,
                        uint64_t count) {
  const Type *bare = element->bare;
  bool number = bare->kind == TYPE_INTEGER || bare->kind == TYPE_FLOAT;
  if (!number || count == 0 || (count & (count - 1)) != 0 ||
      count > LIMIT_SIZE / bare->size)
    return NULL;
  uint64_t size = bare->size * count;
  Type key = {.kind = TYPE_VECTOR, .size = size, .count = count,
              .align = size < VECTOR_ALIGN ? (uint32_t)size : VECTOR_ALIGN,
              .target = bare, .depth = bare->depth + 1};
  const Type *vector = intern(scope, bare->scope, &key);
  if (vector == NULL)
    return NULL;
  return type_qualified(scope, vector, element->qual);
}

const Type *type_function(struct Scope *scope, const Type *result,
                          const Signature *signature) {
  if (signature->nparams > LIMIT_PARAMS)
    return NULL;
  struct Scope *home = result->scope;
  uint32_t depth = depth_around(result);
  for (uint32_t i = 0; i < signature->nparams; i++) {
    const Type *param = signature->params[i];
    home = deeper(scope, home, param->scope);
    if (depth < depth_around(param))
      depth = depth_around(param);
  }
  Type key = {.kind = TYPE_FUNCTION, .size = SIZE_UNKNOWN, .target = result,
              .signature = (Signature *)signature, .depth = depth};
  return intern(scope, home, &key);
}

/* Nominal types. */

static Type *new_nominal(struct Scope *scope, TypeKind kind) {
  Type *type = arena_alloc(&scope->arena, sizeof *type);
  if (type == NULL)
    return NULL;
  type->kind = (uint8_t)kind;
  type->size = SIZE_UNKNOWN;
  type->bare = type;
  type->scope = scope;
  return type;
}

Type *type_record(struct Scope *scope, const char *tag, unsigned flags) {
  Type *type = new_nominal(scope, TYPE_RECORD);
  Record *record = arena_alloc(&scope->arena, sizeof *record);
  if (type == NULL || record == NULL)
    return NULL;
  type->flags = (uint8_t)flags;
  type->record = record;
  record->tag = tag;
  return type;
}

Type *type_enum(struct Scope *scope, const char *tag) {
  Type *type = new_nominal(scope, TYPE_ENUM);
  Enum *enumeration = arena_alloc(&scope->arena, sizeof *enumeration);
  if (type == NULL || enumeration == NULL)
    return NULL;
  type->enumeration = enumeration;
  enumeration->tag = tag;
  return type;
}
