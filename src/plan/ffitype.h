/*
** ffitype.h - type -> libffi's description of it.
*/
#ifndef CPLUGIN_FFITYPE_H
#define CPLUGIN_FFITYPE_H

#include <ffi.h>

#include "plan/abi.h"

/* A described record: the ffi_type, and the elements that it points at. */
typedef struct FfiRecord {
  ffi_type type;
  ffi_type *elements[ABI_PIECES + 1];
} FfiRecord;

/*
** Whether a result that goes through memory is, to the callee, a pointer
** that comes as the first argument and is handed back; else libffi does it.
*/
#if defined(ABI_SYSV)
#define FFITYPE_HIDDEN true
#else
#define FFITYPE_HIDDEN false
#endif

/* Whether an empty record, as a result, goes through memory as others do. */
#if defined(ABI_I386)
#define FFITYPE_EMPTY_RESULT true
#else
#define FFITYPE_EMPTY_RESULT false
#endif

typedef enum FfiPass {
  FFI_PASS_DIRECT,                /* as the ffi_type says */
  FFI_PASS_MEMORY,                /* a record that goes through memory */
  FFI_PASS_X87,                   /* one whose result is in st(0) */
  FFI_PASS_NOTHING                /* an empty record: no argument */
} FfiPass;

/*
** The same of arguments: libffi (up to 3.5 at least) copies them to a part of
** the stack that it counted too small.
*/
#if defined(ABI_AAPCS64)
#define FFITYPE_ADDRESS true
#else
#define FFITYPE_ADDRESS false
#endif

/*
** The description of a complete type. Records are described in *room, which
** must live as long as the result. NULL with an error that names the type
** where it cannot be passed by value.
*/
ffi_type *ffitype_of(const Type *type, FfiRecord *room, FfiPass *pass,
                     Error *error);

/* The registers that arguments have taken so far (x86-64). */
typedef struct FfiRegisters {
  unsigned integers, vectors;
} FfiRegisters;

/*
** Counts the registers of the next argument. True if libffi gets it wrong
** when it is described as the record that it is: it must then be handed over
** as two arguments, its two eightbytes (an integer and a double).
*/
bool ffitype_splits(const ffi_type *type, FfiRegisters *used);

#endif
