/* abi.c - see abi.h: scalars, and what both ABIs have in common. */
#include "plan/abi.h"

#include "type/ctext.h"

#define MAX_ALIGN 4096            /* bytes, of a value on the stack: a page */

bool abi_refuse(const Type *type, const char *why, Error *error) {
  char text[LIMIT_MESSAGE / 2];
  ctext(type, NULL, text, sizeof text);
  return error_set(error, 0, "'%s' cannot be passed by value: %s", text, why);
}

const Type *abi_parameter(const Type *type) {
  const Type *bare = type->bare;
  if (bare->kind != TYPE_RECORD || !type_complete(bare) ||
      !bare->record->transparent || bare->record->nfields == 0)
    return type;
  const Type *first = bare->record->fields[0].type;
  return type_size(first) == type_size(bare) ? first : type;
}

static void add(AbiValue *value, AbiBank bank, uint64_t size) {
  unsigned offset = 0;
  if (value->count > 0) {
    const AbiPiece *last = &value->pieces[value->count - 1];
    offset = last->offset + last->size;
  }
  value->pieces[value->count++] =
      (AbiPiece){(uint8_t)bank, (uint8_t)size, (uint8_t)offset};
}

static void integer(const Type *type, AbiValue *value) {
  uint64_t size = type_size(type);
  if (size < sizeof(int)) {
    value->extend = (uint8_t)size;
    value->issigned = (type->flags & TYPE_UNSIGNED) == 0;
  }
  add(value, BANK_INTEGER, size > 8 ? 8 : size);
  if (size > 8)
    add(value, BANK_INTEGER, 8);
}

/* x86-64: the 80-bit type; elsewhere 128 bits in a vector register. */
static AbiBank float_bank(const Type *type) {
#if defined(ABI_SYSV)
  if (type_size(type) == 16 && type->rank != BASE_FLOAT128)
    return BANK_X87;
#else
  (void)type;
#endif
  return BANK_VECTOR;
}

/* Like a struct of two; on x86-64 small parts share an eightbyte. */
static void complex(const Type *type, AbiValue *value) {
  AbiBank bank = float_bank(type->target);
  uint64_t size = type_size(type->target);
#if defined(ABI_SYSV)
  if (size < 8) {
    add(value, bank, 2 * size);
    return;
  }
  if (bank == BANK_VECTOR && size > 8) {
    value->pass = ABI_MEMORY;
    return;
  }
#endif
  add(value, bank, size);
  add(value, bank, size);
}

static bool vector(const Type *type, AbiValue *value, Error *error) {
  const char *why = abi_vector(type);
  if (why != NULL)
    return abi_refuse(type, why, error);
  uint64_t size = type_size(type);
  add(value, size < 8 ? BANK_INTEGER : BANK_VECTOR, size);
  return true;
}

static bool record(const Type *type, AbiValue *value, Error *error) {
  if (!type_complete(type))
    return abi_refuse(type, "it is incomplete; declare its members", error);
  if (type_align(type) > MAX_ALIGN)
    return abi_refuse(type, "its alignment is above 4096", error);
  if (type_holds(type) & HOLDS_WIDE_VECTOR)
    return abi_refuse(type, "it holds a vector of more than 16 bytes", error);
  value->pass = ABI_MEMORY;
  if (!abi_record(type, value, error))
    return false;
  if (type_size(type) == 0)
    value->pass = ABI_NOTHING;
  return true;
}

#if defined(ABI_SYSV) || defined(ABI_AAPCS64) || defined(ABI_I386)

bool abi_value(const Type *type, AbiValue *value, Error *error) {
  type = type->bare;
  *value = (AbiValue){.pass = ABI_REGISTERS};
  value->size = (uint32_t)type_size(type);
  value->align = type_align(type);
  switch (type->kind) {
    case TYPE_VOID:
      value->pass = ABI_NOTHING;
      value->size = 0;
      return true;
    case TYPE_ENUM:
      if (!type_complete(type))
        return abi_refuse(type, "it is incomplete", error);
      integer(type->target, value);
      return true;
    case TYPE_POINTER: case TYPE_BOOL: case TYPE_INTEGER:
      integer(type, value);
      return true;
    case TYPE_FLOAT:
      add(value, float_bank(type), type_size(type));
      return true;
    case TYPE_COMPLEX:
      complex(type, value);
      return true;
    case TYPE_VECTOR:
      return vector(type, value, error);
    case TYPE_RECORD:
      return record(type, value, error);
    default:
      return abi_refuse(type, "C has no such values", error);
  }
}

#else

bool abi_value(const Type *type, AbiValue *value, Error *error) {
  (void)value, (void)integer, (void)complex, (void)vector, (void)record;
  return abi_refuse(type, "the rules of this processor's ABI are not known "
                    "here", error);
}

#endif
