/*
** invoke.h - the one place that fills argument registers: assembly.
**
** Calls and callbacks see registers and stack through the same block:
**
**   x86-64    0 rdi rsi rdx rcx r8 r9 | 48 xmm0 ... xmm7 | 176 gap
**             | 192 stack arguments ...
**   AArch64   0 x0 ... x7 | 64 x8, unused | 80 v0 ... v7 | 208 gap
**             | 224 stack arguments ...
**
** For a call it is the beginning of the frame. For a callback it is C's own
** stack: the entry lays the registers out below the stack arguments, with
** what it must save in the gap. A result takes the places of the first
** registers: rax and rdx those of rdi and rsi, x0 and v0 their own, and st(0)
** and st(1) those of xmm0 and xmm1.
*/
#ifndef CPLUGIN_INVOKE_H
#define CPLUGIN_INVOKE_H

#include "plan/abi.h"

#if defined(ABI_AAPCS64)
#define BLOCK_INTEGERS 8          /* registers for arguments */
#define BLOCK_VECTORS 8
#define BLOCK_INTEGER 0           /* where they begin */
#define BLOCK_INDIRECT 64         /* x8: where a result in memory goes */
#define BLOCK_VECTOR 80
#define BLOCK_STACK 224
#else
#define BLOCK_INTEGERS 6
#define BLOCK_VECTORS 8
#define BLOCK_INTEGER 0
#define BLOCK_VECTOR 48
#define BLOCK_STACK 192
#endif

/* What a call needs to know besides its block. */
typedef struct Invocation {
  uint32_t stack;                 /* bytes of stack arguments; 16 n */
  uint32_t align;                 /* of these; 2^n, 16 at least */
  uint8_t vectors;                /* vector registers in use (al) */
  uint8_t x87;                    /* results in st(0), st(1): 0 to 2 */
} Invocation;

/* Can this program call by itself? If not, libffi must do it. */
#if defined(ABI_SYSV) || defined(ABI_AAPCS64)
#define INVOKE_HERE 1

/*
** Fills the registers and the stack from the block, which is aligned to 16,
** calls, and puts the registers of the result back into the block.
*/
void cplugin_invoke(char *block, void (*code)(void),
                    const Invocation *how);
#endif

#endif
