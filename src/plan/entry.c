/* entry.c - see entry.h. */
#include "plan/entry.h"

#include <stddef.h>
#include <string.h>

#include "plan/assembly.h"

_Static_assert(offsetof(Entry, enter) == 0, "known to the assembly");
_Static_assert(offsetof(Entry, vectors) == sizeof(void *),
               "known to the assembly");

#if defined(ABI_SYSV)

/*
** r10: the Entry. rsp is where the block begins, the return address lies in
** its gap.
*/
__asm__(
  FUNCTION("cplugin_entry")
  ".cfi_startproc\n"
  "  endbr64\n"
  "  subq $184, %rsp\n"
  "  .cfi_def_cfa_offset 192\n"
  "  movq %rdi, (%rsp)\n"
  "  movq %rsi, 8(%rsp)\n"
  "  movq %rdx, 16(%rsp)\n"
  "  movq %rcx, 24(%rsp)\n"
  "  movq %r8, 32(%rsp)\n"
  "  movq %r9, 40(%rsp)\n"
  "  movq %r10, %rdi\n"
  "  movq %rsp, %rsi\n"
  "  cmpb $0, 8(%r10)\n"
  "  jne 1f\n"
  "  call *(%r10)\n"
  "  movq (%rsp), %rax\n"
  "  movq 8(%rsp), %rdx\n"
  "  addq $184, %rsp\n"
  "  .cfi_remember_state\n"
  "  .cfi_def_cfa_offset 8\n"
  "  ret\n"
  "1:\n"
  "  .cfi_restore_state\n"
  "  movaps %xmm0, 48(%rsp)\n"
  "  movaps %xmm1, 64(%rsp)\n"
  "  movaps %xmm2, 80(%rsp)\n"
  "  movaps %xmm3, 96(%rsp)\n"
  "  movaps %xmm4, 112(%rsp)\n"
  "  movaps %xmm5, 128(%rsp)\n"
  "  movaps %xmm6, 144(%rsp)\n"
  "  movaps %xmm7, 160(%rsp)\n"
  "  call *(%r10)\n"
  "  testl %eax, %eax\n"
  "  jnz 3f\n"
  "  movaps 48(%rsp), %xmm0\n"
  "  movaps 64(%rsp), %xmm1\n"
  "2:\n"
  "  movq (%rsp), %rax\n"
  "  movq 8(%rsp), %rdx\n"
  "  addq $184, %rsp\n"
  "  .cfi_remember_state\n"
  "  .cfi_def_cfa_offset 8\n"
  "  ret\n"
  "3:\n"
  "  .cfi_restore_state\n"
  "  cmpl $1, %eax\n"
  "  je 4f\n"
  "  fldt 64(%rsp)\n"
  "4:\n"
  "  fldt 48(%rsp)\n"
  "  jmp 2b\n"
  ".cfi_endproc\n"
  END("cplugin_entry")
);

extern void cplugin_entry(void);

size_t entry_code(unsigned char code[ENTRY_BYTES], const Entry *entry) {
  static const unsigned char text[] = {
    0xf3, 0x0f, 0x1e, 0xfa,       /* endbr64 */
    0x49, 0xba, 0, 0, 0, 0, 0, 0, 0, 0,   /* movabs $entry, %r10 */
    0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0,   /* movabs $cplugin_entry, %r11 */
    0x41, 0xff, 0xe3,             /* jmp *%r11 */
  };
  void (*common)(void) = cplugin_entry;
  memcpy(code, text, sizeof text);
  memcpy(code + 6, &entry, sizeof entry);
  memcpy(code + 16, &common, sizeof common);
  return sizeof text;
}

#elif defined(ABI_AAPCS64)

/* x17: the Entry. sp is where the block begins, x29 and x30 are in its gap. */
__asm__(
  FUNCTION("cplugin_entry")
  ".cfi_startproc\n"
  "  sub sp, sp, 224\n"
  "  .cfi_def_cfa_offset 224\n"
  "  stp x29, x30, [sp, 208]\n"
  "  .cfi_offset x29, -16\n"
  "  .cfi_offset x30, -8\n"
  "  add x29, sp, 208\n"
  "  stp x0, x1, [sp]\n"
  "  stp x2, x3, [sp, 16]\n"
  "  stp x4, x5, [sp, 32]\n"
  "  stp x6, x7, [sp, 48]\n"
  "  str x8, [sp, 64]\n"
  "  stp q0, q1, [sp, 80]\n"
  "  stp q2, q3, [sp, 112]\n"
  "  stp q4, q5, [sp, 144]\n"
  "  stp q6, q7, [sp, 176]\n"
  "  mov x0, x17\n"
  "  mov x1, sp\n"
  "  ldr x16, [x17]\n"
  "  blr x16\n"
  "  ldp x0, x1, [sp]\n"
  "  ldp q0, q1, [sp, 80]\n"
  "  ldp q2, q3, [sp, 112]\n"
  "  ldp x29, x30, [sp, 208]\n"
  "  add sp, sp, 224\n"
  "  .cfi_restore x29\n"
  "  .cfi_restore x30\n"
  "  .cfi_def_cfa_offset 0\n"
  "  ret\n"
  ".cfi_endproc\n"
  END("cplugin_entry")
);

extern void cplugin_entry(void);

size_t entry_code(unsigned char code[ENTRY_BYTES], const Entry *entry) {
  static const uint32_t text[] = {
    0xd503245f,                   /* bti c */
    0x58000091,                   /* ldr x17, entry */
    0x580000b0,                   /* ldr x16, cplugin_entry */
    0xd61f0200,                   /* br x16 */
    0xd503201f,                   /* nop */
  };
  void (*common)(void) = cplugin_entry;
  memcpy(code, text, sizeof text);
  memcpy(code + 20, &entry, sizeof entry);
  memcpy(code + 28, &common, sizeof common);
  return 36;
}

#else

typedef int entry_is_not_here;    /* C11 6.9: a file has a declaration */

#endif
