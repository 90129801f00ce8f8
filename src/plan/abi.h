/*
** abi.h - how the target's ABI passes a value: the pieces that go to one
** register each, or memory.
**
** The rules are those of the System V psABI for x86-64 (3.2.3), of AAPCS64
** (6.8), and of the System V psABI for i386 (2.2, 2.3). Where a rule is
** missing, or gcc and clang read it in two ways, the type is refused by name,
** never guessed.
**
**   struct { double a; float b; int c; }      x86-64
**     pieces  { VECTOR 8 bytes at 0 } { INTEGER 8 bytes at 8 }
*/
#ifndef CPLUGIN_ABI_H
#define CPLUGIN_ABI_H

#include "type/type.h"

/* Is this a target whose rules are known here? */
#if defined(__x86_64__) && !defined(__ILP32__) && !defined(_WIN32)
#define ABI_SYSV 1
#elif defined(__aarch64__) && !defined(__ILP32__) && !defined(__APPLE__) && \
    !defined(__AARCH64EB__) && !defined(_WIN32)
#define ABI_AAPCS64 1
#elif defined(__i386__) && defined(__linux__)
#define ABI_I386 1                /* calls are libffi's */
#endif

typedef enum AbiBank { BANK_INTEGER, BANK_VECTOR, BANK_X87 } AbiBank;

typedef struct AbiPiece {         /* what one register holds of a value */
  uint8_t bank;                   /* AbiBank */
  uint8_t size;                   /* bytes, 16 at most */
  uint8_t offset;                 /* in the value */
} AbiPiece;

#define ABI_PIECES 4              /* of one value, at most */

typedef enum AbiPass {
  ABI_NOTHING,                    /* an empty struct: not passed at all */
  ABI_REGISTERS,                  /* in `pieces`, while registers last */
  ABI_MEMORY                      /* x86-64: on the stack; AArch64: by the */
                                  /* address of a copy. A result: where the */
                                  /* caller says */
} AbiPass;

typedef struct AbiValue {
  AbiPass pass;
  uint8_t extend;                 /* an integer narrower than int: its bytes */
  bool issigned;                  /* and how it is extended */
  unsigned count;
  AbiPiece pieces[ABI_PIECES];
  uint32_t size, align;           /* on the stack; AArch64: an alignment of */
                                  /* 16 wants an even register, too */
  bool unsure;                    /* on the stack gcc and clang agree only */
                                  /* about multiples of 16 */
} AbiValue;

/*
** How a value of a complete type is passed. False with an error that names
** the type and why, where there is no rule for it.
*/
bool abi_value(const Type *type, AbiValue *value, Error *error);

/*
** The type that a parameter of that type is passed as: of a transparent union
** its first member.
*/
const Type *abi_parameter(const Type *type);

/*
** Adds what goes to registers of a record of 16 bytes (AArch64: 64) at most;
** leaves ABI_MEMORY in value->pass where that is its way. sysv.c, aapcs.c,
** i386.c.
*/
bool abi_record(const Type *type, AbiValue *value, Error *error);

/* Whether the ABI knows vectors of that kind; else why not. */
const char *abi_vector(const Type *type);

/* error_set() with "'type' cannot be passed by value: why". */
bool abi_refuse(const Type *type, const char *why, Error *error);

#endif
