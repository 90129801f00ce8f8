/*
** abi.c - see abi.h.
**
** Both ABIs look at the leaves of a record: its scalars, vectors and
** bit-fields with their offsets, whatever structs, unions and arrays they
** stand in. leaves() visits them.
*/
#include "plan/abi.h"

#include "type/ctext.h"

#define EIGHTBYTE 8
#define MAX_ALIGN 16              /* libffi aligns the stack no further */

#if defined(__x86_64__)
#define VECTORS true              /* 8 bytes of them are like a double */
#else
#define VECTORS false
#endif

typedef struct Visit Visit;
struct Visit {
  bool (*leaf)(Visit *visit, const Type *type, uint64_t offset);
  bool (*bits)(Visit *visit, const Field *field, uint64_t offset);
  bool (*join)(Visit *whole, const Visit *record); /* x86-64: see merge_all */
  bool padding;                   /* unnamed bits and [0] count, see below */
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

/* To gcc, bits in a union, even unnamed or none, are as wide as their type. */
static bool field_leaves(Visit *visit, const Field *field, uint64_t offset,
                         bool isunion) {
  offset += field->offset;
  bool whole = isunion && visit->padding;
  if (!field->bitfield || whole)
    return leaves(visit, field->type, offset);
  if (field->width == 0 || (field->name == NULL && !visit->padding))
    return true;                  /* unnamed bits are padding */
  return visit->bits(visit, field, offset);
}

/*
** Classes are merged within each record first, then that into what it stands
** in: a long double beside a float is not one beside {float, int}.
*/
static bool record_leaves(Visit *visit, const Type *type, uint64_t offset) {
  const Record *record = type->record;
  bool isunion = (type->flags & TYPE_UNION) != 0;
  Visit inner = *visit;
  inner.class[0] = inner.class[1] = 0;
  for (uint32_t i = 0; i < record->nfields; i++) {
    if (!field_leaves(&inner, &record->fields[i], offset, isunion))
      return false;
  }
  if (visit->join != NULL)
    return visit->join(visit, &inner);
  *visit = inner;
  return true;
}

static bool part_leaves(Visit *visit, const Type *part, uint64_t count,
                        uint64_t offset) {
  if (count >= COUNT_VARIABLE)
    return true;                  /* a flexible array takes no part */
  if (count == 0 && visit->padding && offset % EIGHTBYTE != 0)
    count = 1;
  if (count > 1 && type_size(part) == 0)
    count = 1;                    /* empty structs, all at one place */
  for (uint64_t i = 0; i < count; i++) {
    if (!leaves(visit, part, offset + i * type_size(part)))
      return false;
  }
  return true;
}

/* Visits every leaf; stops at the first that says false. */
static bool leaves(Visit *visit, const Type *type, uint64_t offset) {
  type = type->bare;
  switch (type->kind) {
    case TYPE_RECORD:
      return record_leaves(visit, type, offset);
    case TYPE_ARRAY:
      return part_leaves(visit, type->target, type->count, offset);
    case TYPE_COMPLEX:
      return part_leaves(visit, type->target, 2, offset);
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

/* Leaves that registers are filled with by rules that are not known here. */
static bool known(Visit *visit, const Type *type, uint64_t offset) {
  (void)visit, (void)offset;
  if (type->kind == TYPE_VECTOR)
    return VECTORS && type_size(type) == EIGHTBYTE && type->count > 1;
  return type->kind != TYPE_FLOAT ||
         (type->rank != BASE_FLOAT16 && type->rank != BASE_FLOAT128);
}

static bool any_bits(Visit *visit, const Field *field, uint64_t offset) {
  (void)visit, (void)field, (void)offset;
  return true;
}

static bool supported(const Type *type, Error *error) {
  Visit visit = {known, any_bits, NULL, false, {0, 0}, NULL, 0};
  bool large = type_size(type) > 2 * EIGHTBYTE && type->kind != TYPE_VECTOR;
  if (type_align(type) > MAX_ALIGN)
    return refuse(type, "its alignment is above 16", error);
  if (large ? !(type_holds(type) & HOLDS_WIDE_VECTOR)
            : leaves(&visit, type, 0))
    return true;
  return refuse(type, type->kind == TYPE_VECTOR
                          ? "it is a vector of another kind than 8 bytes"
                          : "it holds a vector, _Float16 or _Float128",
                error);
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
  uint64_t i = offset / EIGHTBYTE;
  if (i < 2)
    visit->class[i] = merged(visit->class[i], class);
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
  bool isvector = type->kind == TYPE_VECTOR;
  merge(visit, offset, isfloat || isvector ? SSE : INTEGER);
  if (type_size(type) > EIGHTBYTE)
    merge(visit, offset + EIGHTBYTE, INTEGER);    /* __int128 */
  return true;
}

/* Bit-fields are integers wherever they stand, aligned or not. */
static bool classify_bits(Visit *visit, const Field *field,
                          uint64_t offset) {
  merge(visit, offset, INTEGER);
  merge(visit, offset + (field->bit + field->width - 1u) / 8, INTEGER);
  return true;
}

static bool in_memory(const Visit *visit) {
  const uint8_t *class = visit->class;
  return class[0] == MEMORY || class[1] == MEMORY ||
         (class[1] == X87UP && class[0] != X87);
}

/* psABI 3.2.3: a record's classes, cleaned up, go to what it stands in. */
static bool merge_all(Visit *whole, const Visit *record) {
  if (in_memory(record))
    return false;
  whole->class[0] = merged(whole->class[0], record->class[0]);
  whole->class[1] = merged(whole->class[1], record->class[1]);
  return true;
}

static void describe(const Visit *visit, uint64_t size, AbiRecord *how) {
  if (visit->class[0] == X87) {
    how->elements[how->count++] = ELEMENT_X87;
    return;
  }
  for (uint64_t at = 0; at < size; at += EIGHTBYTE) {
    uint64_t left = size - at;
    if (visit->class[at / EIGHTBYTE] == INTEGER)
      integers(how, left);
    else
      how->elements[how->count++] = left < 8 ? ELEMENT_FLOAT : ELEMENT_DOUBLE;
  }
}

/*
** What goes through registers. gcc counts unnamed bits, and arrays of length
** zero that do not begin an eightbyte, as if they held values; clang and the
** psABI do not. Where that makes a difference there is no right way. An
** eightbyte of padding takes no register, but libffi's closures think so.
*/
static bool in_registers(const Type *type, const Visit *visit,
                         AbiRecord *how, Error *error) {
  Visit gcc = {classify, classify_bits, merge_all, true, {NO_CLASS, NO_CLASS},
               NULL, 0};
  uint64_t size = type_size(type);
  if (!leaves(&gcc, type, 0) || gcc.class[0] != visit->class[0] ||
      gcc.class[1] != visit->class[1])
    return refuse(type, "gcc and clang pass its padding differently", error);
  for (uint64_t at = 0; at < size; at += EIGHTBYTE) {
    if (visit->class[at / EIGHTBYTE] == NO_CLASS)
      return refuse(type, "eight bytes of it are padding", error);
  }
  describe(visit, size, how);
  how->pass = size == 0 ? ABI_NOTHING : ABI_REGISTERS;
  return true;
}

bool abi_record(const Type *type, AbiRecord *how, Error *error) {
  Visit visit = {classify, classify_bits, merge_all, false,
                 {NO_CLASS, NO_CLASS}, NULL, 0};
  how->count = 0;
  how->pass = ABI_MEMORY;
  if (!supported(type, error))
    return false;
  if (type_size(type) > 2 * EIGHTBYTE || !leaves(&visit, type, 0) ||
      in_memory(&visit))
    return true;
  return in_registers(type, &visit, how, error);
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

static bool no_float(Visit *visit, const Field *field, uint64_t offset) {
  (void)visit, (void)field, (void)offset;
  return false;
}

static AbiElement float_element(const Type *type) {
  return type_size(type) == 4 ? ELEMENT_FLOAT
       : type_size(type) == 8 ? ELEMENT_DOUBLE : ELEMENT_QUAD;
}

bool abi_record(const Type *type, AbiRecord *how, Error *error) {
  Visit visit = {homogeneous, no_float, NULL, false, {0, 0}, NULL, 0};
  uint64_t size = type_size(type);
  how->count = 0;
  how->pass = ABI_REGISTERS;
  if (!supported(type, error))
    return false;
  if (size == 0) {
    how->pass = ABI_NOTHING;
  } else if (leaves(&visit, type, 0) && visit.element != NULL &&
             visit.count * type_size(visit.element) == size) {
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
  (void)how, (void)integers, (void)supported;
  return refuse(type, "the rules of this processor's ABI are not known here",
                error);
}

bool abi_hidden_pointer(void) {
  return false;
}

#endif
