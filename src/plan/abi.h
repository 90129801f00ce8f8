/*
** abi.h - how the target's ABI passes a struct, union or vector by value.
**
** The rules are those of the System V psABI for x86-64 (3.2.3) and of
** AAPCS64 (6.8). What has no rule here is refused by name, never guessed.
*/
#ifndef CPLUGIN_ABI_H
#define CPLUGIN_ABI_H

#include "type/type.h"

typedef enum AbiElement {         /* one register's worth of a value */
  ELEMENT_BYTE,                   /* integer class: 1, 2, 4, 8 bytes */
  ELEMENT_SHORT,
  ELEMENT_WORD,
  ELEMENT_LONG,
  ELEMENT_FLOAT,                  /* vector-register class */
  ELEMENT_DOUBLE,
  ELEMENT_QUAD,                   /* long double, where that is a register */
  ELEMENT_X87
} AbiElement;

typedef enum AbiPass {
  ABI_NOTHING,                    /* an empty struct: not passed at all */
  ABI_REGISTERS,                  /* as `elements`, while registers last */
  ABI_MEMORY                      /* on the stack, or by reference */
} AbiPass;

typedef struct AbiRecord {
  AbiPass pass;
  unsigned count;
  AbiElement elements[4];
} AbiRecord;

/*
** How a complete record, __int128 or vector is passed. False with an error
** that names the type and why, where the ABI has no rule here.
*/
bool abi_record(const Type *type, AbiRecord *how, Error *error);

/*
** Whether a result that goes through memory is, to the callee, a pointer
** that comes as the first argument (x86-64) and is handed back.
*/
bool abi_hidden_pointer(void);

#endif
