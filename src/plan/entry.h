/*
** entry.h - where C comes in: assembly, and the code that leads to it.
**
** Each function that C may call is a few instructions of its own, which load
** the address of an Entry and go on to what all share: the argument registers
** are laid out below the stack arguments, as a block (see invoke.h), and
** Entry.enter is called. What it leaves in the block is the result.
*/
#ifndef CPLUGIN_ENTRY_H
#define CPLUGIN_ENTRY_H

#include "plan/invoke.h"

#define ENTRY_BYTES 48            /* of the instructions, at most */

typedef struct Entry Entry;

struct Entry {
  /* Returns how many results are in st(0) and st(1): Invocation.x87. */
  unsigned (*_Atomic enter)(Entry *entry, char *block);
  bool vectors;                   /* vector registers are looked at, too */
};

#if defined(INVOKE_HERE)
/*
** Writes the instructions for an entry; they may run at any address. Returns
** how many bytes they have.
*/
size_t entry_code(unsigned char code[ENTRY_BYTES], const Entry *entry);
#endif

#endif
