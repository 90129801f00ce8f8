/* ffitype.c - see ffitype.h. */
#include "plan/ffitype.h"

static ffi_type *refuse(const Type *type, const char *why, Error *error) {
  abi_refuse(type, why, error);
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

/* NULL: libffi has nothing that goes to such a register in that way. */
static ffi_type *element(const AbiPiece *piece) {
  if (piece->bank == BANK_X87)
    return &ffi_type_longdouble;
  if (piece->bank == BANK_VECTOR) {
    switch (piece->size) {
      case 4: return &ffi_type_float;
      case 8: return &ffi_type_double;
#if defined(ABI_AAPCS64)
      case 16: return &ffi_type_longdouble;
#endif
      default: return NULL;
    }
  }
  return piece->size == 8 ? &ffi_type_uint64
       : piece->size >= 4 ? &ffi_type_uint32
       : piece->size >= 2 ? &ffi_type_uint16 : &ffi_type_uint8;
}

/*
** Why libffi (up to 3.4.4 at least) does not pass it as the ABI does, or NULL.
** For eight bytes of padding its closures take a register that calls do not
** use, and it knows nothing of registers in even pairs.
*/
static const char *unable(const AbiValue *value) {
  if (value->align > 16)
    return "libffi aligns the stack to 16 only";
  if (value->unsure)
    return "libffi does not know its place on the stack";
  for (unsigned i = 0; i < value->count; i++) {
    if (element(&value->pieces[i]) == NULL)
      return "libffi has no such register of vectors";
  }
  if (value->count == 1 && value->size > 8 && value->pieces[0].size <= 8)
    return "eight bytes of it are padding, which libffi does not know";
#if defined(ABI_AAPCS64)
  if (value->align == 16 && value->count > 0 &&
      value->pieces[0].bank == BANK_INTEGER)
    return "libffi does not know its alignment";
#endif
  return NULL;
}

/*
** Size and alignment are given, so libffi takes them as they are and looks
** at the elements for the register classes only. A long double in a record
** of another size is what it sends through memory on x86-64; on AArch64 a
** few of them would go to vector registers.
*/
#if defined(ABI_AAPCS64)
#define THROUGH_MEMORY ffi_type_uint64
#else
#define THROUGH_MEMORY ffi_type_longdouble
#endif

static ffi_type *describe(const AbiValue *value, FfiRecord *room) {
  room->type.size = value->size;
  room->type.alignment = (unsigned short)value->align;
  room->type.type = FFI_TYPE_STRUCT;
  room->type.elements = room->elements;
  unsigned count = 0;
  if (value->pass == ABI_MEMORY)
    room->elements[count++] = &THROUGH_MEMORY;
  for (unsigned i = 0; i < value->count; i++)
    room->elements[count++] = element(&value->pieces[i]);
  room->elements[count] = NULL;
  return &room->type;
}

static ffi_type *record(const Type *type, FfiRecord *room, FfiPass *pass,
                        Error *error) {
  AbiValue value;
  if (!abi_value(type, &value, error))
    return NULL;
  const char *why = unable(&value);
  if (why != NULL)
    return refuse(type, why, error);
  if (value.pass == ABI_NOTHING) {
    *pass = FFI_PASS_NOTHING;
    if (!FFITYPE_EMPTY_RESULT)
      return &ffi_type_void;
    value.pass = ABI_MEMORY;
    value.size = 1;               /* libffi takes no less */
  } else if (value.pass == ABI_MEMORY) {
    *pass = FFI_PASS_MEMORY;
  }
  if (value.count == 1 && value.pieces[0].bank == BANK_X87)
    *pass = FFI_PASS_X87;
  return describe(&value, room);
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
    case TYPE_RECORD: return record(type, room, pass, error);
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
