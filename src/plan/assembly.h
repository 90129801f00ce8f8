/*
** assembly.h - how functions in assembly begin and end. Offsets in them are
** those of the block, see invoke.h.
*/
#ifndef CPLUGIN_ASSEMBLY_H
#define CPLUGIN_ASSEMBLY_H

#define FUNCTION(name) \
  ".text\n" \
  ".p2align 4\n" \
  ".globl " name "\n" \
  ".hidden " name "\n" \
  ".type " name ", %function\n" \
  name ":\n"
#define END(name) ".size " name ", . - " name "\n"

#endif
