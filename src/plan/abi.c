/*
** abi.c - see abi.h.
**
** Both ABIs look at the leaves of a record: its scalars with their offsets,
** whatever structs, unions and arrays they stand in. leaves() visits them.
*/
#include "plan/abi.h"

#include "type/ctext.h"

#define EIGHTBYTE 8
#define MAX_ALIGN 16              /* libffi aligns the stack no further */

typedef struct Visit Visit;
struct Visit {
  bool (*leaf)(Visit *visit, const Type *type, uint64_t offset);
  uint8_t class[2];               /* x86-64: of each eightbyte */
  const Type *element;            /* AArch64: the one float type, or NULL */
  unsigned count;                 /* AArch64: how many of it */
};

static bool refuse(const Type *type, const char *why, Error *error) {
  char text[LIMIT_MESSAGE / 2];
  ctext(type, NULL, text, sizeof text);
  return error_set(error, 0, "'%s' cannot be passed by value: %s", text, why);
}

static bool leaves(Visit *visit, const Type *type, uint64_t offset);

static bool record_leaves(Visit *visit, const Type *type, uint64_t offset) {
  const Record *record = type->record;
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    if (field->bitfield && field->name == NULL)
      continue;                   /* unnamed bits are padding */
    if (!leaves(visit, field->type, offset + field->offset))
      return false;
  }
  return true;
}

/* Calls visit->leaf for every scalar; stops at the first false. */
static bool leaves(Visit *visit, const Type *type, uint64_t offset) {
  type = type->bare;
  switch (type->kind) {
    case TYPE_RECORD:
      return record_leaves(visit, type, offset);
    case TYPE_ARRAY: case TYPE_VECTOR: case TYPE_COMPLEX: {
      uint64_t count = type->kind == TYPE_COMPLEX ? 2 : type->count;
      if (count >= COUNT_VARIABLE)
        return true;              /* a flexible array takes no part */
      for (uint64_t i = 0; i < count; i++) {
        uint64_t at = offset + i * type_size(type->target);
        if (!leaves(visit, type->target, at))
          return false;
      }
      return true;
    }
    default:
      return visit->leaf(visit, type, offset);
  }
}

/* Integer elements for `size` bytes of registers. */
static void integers(AbiRecord *how, uint64_t size) {
  if (size >= 8)
    how->elements[how->count++] = ELEMENT_LONG;
  else if (size >= 4)
    how->elements[how->count++] = ELEMENT_WORD;
  else if (size >= 2)
    how->elements[how->count++] = ELEMENT_SHORT;
  else
    how->elements[how->count++] = ELEMENT_BYTE;
}

#if defined(__x86_64__)

enum { NO_CLASS, INTEGER, SSE, X87, X87UP, MEMORY };

/* psABI 3.2.3, "Classification", step 4. */
static uint8_t merged(uint8_t a, uint8_t b) {
  if (a == b || b == NO_CLASS)
    return a;
  if (a == NO_CLASS)
    return b;
  if (a == MEMORY || b == MEMORY)
    return MEMORY;
  if (a == INTEGER || b == INTEGER)
    return INTEGER;
  if (a != SSE || b != SSE)
    return MEMORY;                /* one of the x87 classes */
  return SSE;
}

static void merge(Visit *visit, uint64_t offset, uint8_t class) {
  uint8_t *at = &visit->class[offset / EIGHTBYTE];
  *at = merged(*at, class);
}

/* The leaf's class goes to its eightbytes; false: all goes to memory. */
static bool classify(Visit *visit, const Type *type, uint64_t offset) {
  if (offset % type_align(type) != 0)
    return false;
  bool isfloat = type->kind == TYPE_FLOAT;
  if (isfloat && type_size(type) == 16) {
    merge(visit, offset, X87);
    merge(visit, offset + EIGHTBYTE, X87UP);
    return true;
  }
  merge(visit, offset, isfloat ? SSE : INTEGER);
  if (type_size(type) > EIGHTBYTE)
    merge(visit, offset + EIGHTBYTE, INTEGER);    /* __int128 */
  return true;
}

static bool in_memory(const Visit *visit) {
  const uint8_t *class = visit->class;
  return class[0] == MEMORY || class[1] == MEMORY ||
         (class[1] == X87UP && class[0] != X87);
}

static void describe(const Visit *visit, uint64_t size, AbiRecord *how) {
  if (visit->class[0] == X87) {
    how->elements[how->count++] = ELEMENT_X87;
    return;
  }
  for (uint64_t at = 0; at < size; at += EIGHTBYTE) {
    uint8_t class = visit->class[at / EIGHTBYTE];
    uint64_t left = size - at;
    if (class == SSE)
      how->elements[how->count++] = left < 8 ? ELEMENT_FLOAT : ELEMENT_DOUBLE;
    else if (class == INTEGER)
      integers(how, left);
  }
}

/* Leaves whose registers libffi cannot fill. */
static bool unsupported(Visit *visit, const Type *type, uint64_t offset) {
  (void)visit, (void)offset;
  return type->kind != TYPE_FLOAT ||
         (type->rank != BASE_FLOAT16 && type->rank != BASE_FLOAT128);
}

bool abi_record(const Type *type, AbiRecord *how, Error *error) {
  Visit visit = {classify, {NO_CLASS, NO_CLASS}, NULL, 0};
  Visit check = {unsupported, {NO_CLASS, NO_CLASS}, NULL, 0};
  uint64_t size = type_size(type);
  how->count = 0;
  how->pass = ABI_MEMORY;
  if (type_align(type) > MAX_ALIGN)
    return refuse(type, "its alignment is above 16", error);
  if (type->kind == TYPE_VECTOR && size > EIGHTBYTE)
    return refuse(type, "it is a vector of more than 8 bytes", error);
  if (size > 2 * EIGHTBYTE)
    return true;
  if (!leaves(&check, type, 0))
    return refuse(type, "it holds a _Float16 or _Float128", error);
  if (type->kind == TYPE_VECTOR)
    visit.class[0] = SSE;
  else if (!leaves(&visit, type, 0) || in_memory(&visit))
    return true;
  describe(&visit, size, how);
  how->pass = how->count == 0 ? ABI_NOTHING : ABI_REGISTERS;
  return true;
}

bool abi_hidden_pointer(void) {
  return true;
}

#elif defined(__aarch64__)

/* A homogeneous aggregate has leaves of one floating type only. */
static bool homogeneous(Visit *visit, const Type *type, uint64_t offset) {
  uint64_t size = type_size(type);
  if (type->kind != TYPE_FLOAT || offset % size != 0)
    return false;
  if (visit->element != NULL && type_size(visit->element) != size)
    return false;
  visit->element = type;
  unsigned index = (unsigned)(offset / size) + 1;
  visit->count = visit->count < index ? index : visit->count;
  return index <= 4;
}

static AbiElement float_element(const Type *type) {
  return type_size(type) == 4 ? ELEMENT_FLOAT
       : type_size(type) == 8 ? ELEMENT_DOUBLE : ELEMENT_QUAD;
}

bool abi_record(const Type *type, AbiRecord *how, Error *error) {
  Visit visit = {homogeneous, {0, 0}, NULL, 0};
  uint64_t size = type_size(type);
  how->count = 0;
  how->pass = ABI_REGISTERS;
  if (type->kind == TYPE_VECTOR)
    return refuse(type, "it is a vector", error);
  if (type_align(type) > MAX_ALIGN)
    return refuse(type, "its alignment is above 16", error);
  if (size == 0) {
    how->pass = ABI_NOTHING;
  } else if (leaves(&visit, type, 0) && visit.element != NULL &&
             visit.count * type_size(visit.element) == size) {
    if (type_size(visit.element) == 2)
      return refuse(type, "it holds a _Float16", error);
    while (how->count < visit.count)
      how->elements[how->count++] = float_element(visit.element);
  } else if (size > 2 * EIGHTBYTE) {
    how->pass = ABI_MEMORY;
  } else {
    for (uint64_t at = 0; at < size; at += EIGHTBYTE)
      integers(how, size - at);
  }
  return true;
}

bool abi_hidden_pointer(void) {
  return false;
}

#else

bool abi_record(const Type *type, AbiRecord *how, Error *error) {
  (void)how, (void)integers, (void)leaves;
  return refuse(type, "the rules of this processor's ABI are not known here",
                error);
}

bool abi_hidden_pointer(void) {
  return false;
}

#endif
