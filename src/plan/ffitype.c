/* ffitype.c - see ffitype.h. */
#include "plan/ffitype.h"

#include "type/ctext.h"

static ffi_type *refuse(const Type *type, const char *why, Error *error) {
  char text[LIMIT_MESSAGE / 2];
  ctext(type, NULL, text, sizeof text);
  error_set(error, 0, "'%s' cannot be passed by value: %s", text, why);
  return NULL;
}

static ffi_type *integer(const Type *type) {
  bool isunsigned = (type->flags & TYPE_UNSIGNED) != 0;
  switch (type_size(type)) {
    case 1: return isunsigned ? &ffi_type_uint8 : &ffi_type_sint8;
    case 2: return isunsigned ? &ffi_type_uint16 : &ffi_type_sint16;
    case 4: return isunsigned ? &ffi_type_uint32 : &ffi_type_sint32;
    default: return isunsigned ? &ffi_type_uint64 : &ffi_type_sint64;
  }
}

/* Has libffi a type for it? */
static bool is_plain(const Type *floating) {
  return floating->rank != BASE_FLOAT16 && floating->rank != BASE_FLOAT128;
}

static ffi_type *floating(const Type *type, Error *error) {
  if (!is_plain(type))
    return refuse(type, "libffi does not know it", error);
  switch (type_size(type)) {
    case 4: return &ffi_type_float;
    case 8: return &ffi_type_double;
    default: return &ffi_type_longdouble;
  }
}

static ffi_type *complex(const Type *type) {
  switch (type_size(type->target)) {
    case 4: return &ffi_type_complex_float;
    case 8: return &ffi_type_complex_double;
    default: return &ffi_type_complex_longdouble;
  }
}

static ffi_type *element(AbiElement kind) {
  switch (kind) {
    case ELEMENT_BYTE: return &ffi_type_uint8;
    case ELEMENT_SHORT: return &ffi_type_uint16;
    case ELEMENT_WORD: return &ffi_type_uint32;
    case ELEMENT_LONG: return &ffi_type_uint64;
    case ELEMENT_FLOAT: return &ffi_type_float;
    case ELEMENT_DOUBLE: return &ffi_type_double;
    default: return &ffi_type_longdouble;
  }
}

/*
** Size and alignment are given, so libffi takes them as they are and looks
** at the elements for the register classes only. A long double in a record
** of another size is what it sends through memory on x86-64.
*/
static void describe(const Type *type, const AbiRecord *how, FfiRecord *room) {
  room->type.size = (size_t)type_size(type);
  room->type.alignment = (unsigned short)type_align(type);
  room->type.type = FFI_TYPE_STRUCT;
  room->type.elements = room->elements;
  unsigned count = 0;
  if (how->pass == ABI_MEMORY)
    room->elements[count++] = &ffi_type_longdouble;
  for (unsigned i = 0; i < how->count; i++)
    room->elements[count++] = element(how->elements[i]);
  room->elements[count] = NULL;
}

static ffi_type *record(const Type *type, FfiRecord *room, FfiPass *pass,
                        Error *error) {
  AbiRecord how;
  if (!abi_record(type, &how, error))
    return NULL;
  if (how.pass == ABI_NOTHING) {
    *pass = FFI_PASS_NOTHING;
    return &ffi_type_void;
  }
  if (how.pass == ABI_MEMORY)
    *pass = FFI_PASS_MEMORY;
  if (how.count == 1 && how.elements[0] == ELEMENT_X87)
    *pass = FFI_PASS_X87;
  describe(type, &how, room);
  return &room->type;
}

ffi_type *ffitype_of(const Type *type, FfiRecord *room, FfiPass *pass,
                     Error *error) {
  *pass = FFI_PASS_DIRECT;
  type = type->bare;
  switch (type->kind) {
    case TYPE_VOID: return &ffi_type_void;
    case TYPE_POINTER: return &ffi_type_pointer;
    case TYPE_BOOL: return &ffi_type_uint8;
    case TYPE_ENUM:
      if (!type_complete(type))
        return refuse(type, "it is incomplete", error);
      return integer(type->target);
    case TYPE_INTEGER:
      if (type_size(type) > 8)
        return record(type, room, pass, error);
      return integer(type);
    case TYPE_FLOAT: return floating(type, error);
    case TYPE_COMPLEX:            /* the ABIs have it as a struct of two */
      if (!is_plain(type->target))
        return record(type, room, pass, error);
      return complex(type);
    case TYPE_VECTOR: return record(type, room, pass, error);
    case TYPE_RECORD:
      if (!type_complete(type))
        return refuse(type, "it is incomplete; declare its members", error);
      return record(type, room, pass, error);
    default: return refuse(type, "C has no such values", error);
  }
}

#if defined(__x86_64__)

#define INTEGERS 6                /* registers for arguments */
#define VECTORS 8

/* The registers of one argument; none: it goes through memory. */
static FfiRegisters needed(const ffi_type *type) {
  FfiRegisters need = {0, 0};
  switch (type->type) {
    case FFI_TYPE_LONGDOUBLE:
      break;
    case FFI_TYPE_FLOAT: case FFI_TYPE_DOUBLE:
      need.vectors = 1;
      break;
    case FFI_TYPE_COMPLEX:
      if (type->elements[0]->type != FFI_TYPE_LONGDOUBLE)
        need.vectors = type->elements[0]->type == FFI_TYPE_FLOAT ? 1 : 2;
      break;
    case FFI_TYPE_STRUCT:
      for (ffi_type **part = type->elements; *part != NULL; part++) {
        FfiRegisters more = needed(*part);
        need.integers += more.integers;
        need.vectors += more.vectors;
      }
      break;
    default:
      need.integers = 1;
  }
  return need;
}

/*
** libffi (up to 3.4.4 at least) copies the whole of an {integer, vector}
** record to the integer's register. Behind the last of these come the vector
** registers, so that the first of them is lost.
*/
bool ffitype_splits(const ffi_type *type, FfiRegisters *used) {
  FfiRegisters need = needed(type);
  if (used->integers + need.integers > INTEGERS ||
      used->vectors + need.vectors > VECTORS)
    return false;                 /* all of it goes through memory */
  bool splits = type->type == FFI_TYPE_STRUCT && need.integers == 1 &&
                need.vectors == 1 && used->integers == INTEGERS - 1 &&
                used->vectors > 0 &&
                needed(type->elements[0]).integers == 1;
  used->integers += need.integers;
  used->vectors += need.vectors;
  return splits;
}

#else

bool ffitype_splits(const ffi_type *type, FfiRegisters *used) {
  (void)type, (void)used;
  return false;
}

#endif
