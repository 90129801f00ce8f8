/* invoke.c - see invoke.h. */
#include "plan/invoke.h"

#include <stddef.h>

#include "plan/assembly.h"

_Static_assert(offsetof(Invocation, stack) == 0, "known to the assembly");
_Static_assert(offsetof(Invocation, align) == 4, "known to the assembly");
_Static_assert(offsetof(Invocation, vectors) == 8, "known to the assembly");
_Static_assert(offsetof(Invocation, x87) == 9, "known to the assembly");

#if defined(ABI_SYSV)

/*
** rbx: the block, r12: how. The stack arguments are copied from the last one
** down, so that a stack that is too small is noticed at its guard page.
*/
__asm__(
  FUNCTION("cplugin_invoke")
  ".cfi_startproc\n"
  "  pushq %rbp\n"
  "  .cfi_def_cfa_offset 16\n"
  "  .cfi_offset %rbp, -16\n"
  "  movq %rsp, %rbp\n"
  "  .cfi_def_cfa_register %rbp\n"
  "  pushq %rbx\n"
  "  .cfi_offset %rbx, -24\n"
  "  pushq %r12\n"
  "  .cfi_offset %r12, -32\n"
  "  movq %rdi, %rbx\n"
  "  movq %rdx, %r12\n"
  "  movq %rsi, %r11\n"
  "  movl (%rdx), %ecx\n"
  "  testl %ecx, %ecx\n"
  "  jz 2f\n"
  "  movl 4(%rdx), %eax\n"
  "  subq %rcx, %rsp\n"
  "  negq %rax\n"
  "  andq %rax, %rsp\n"
  "1:\n"
  "  movups 176(%rbx, %rcx), %xmm0\n"
  "  movups %xmm0, -16(%rsp, %rcx)\n"
  "  subq $16, %rcx\n"
  "  jnz 1b\n"
  "2:\n"
  "  movzbl 8(%r12), %eax\n"
  "  testl %eax, %eax\n"
  "  jz 3f\n"
  "  movaps 48(%rbx), %xmm0\n"
  "  movaps 64(%rbx), %xmm1\n"
  "  movaps 80(%rbx), %xmm2\n"
  "  movaps 96(%rbx), %xmm3\n"
  "  movaps 112(%rbx), %xmm4\n"
  "  movaps 128(%rbx), %xmm5\n"
  "  movaps 144(%rbx), %xmm6\n"
  "  movaps 160(%rbx), %xmm7\n"
  "3:\n"
  "  movq (%rbx), %rdi\n"
  "  movq 8(%rbx), %rsi\n"
  "  movq 16(%rbx), %rdx\n"
  "  movq 24(%rbx), %rcx\n"
  "  movq 32(%rbx), %r8\n"
  "  movq 40(%rbx), %r9\n"
  "  call *%r11\n"
  "  movq %rax, (%rbx)\n"
  "  movq %rdx, 8(%rbx)\n"
  "  movzbl 9(%r12), %ecx\n"
  "  testl %ecx, %ecx\n"
  "  jnz 5f\n"
  "  movaps %xmm0, 48(%rbx)\n"
  "  movaps %xmm1, 64(%rbx)\n"
  "4:\n"
  "  leaq -16(%rbp), %rsp\n"
  "  popq %r12\n"
  "  popq %rbx\n"
  "  popq %rbp\n"
  "  .cfi_remember_state\n"
  "  .cfi_def_cfa %rsp, 8\n"
  "  ret\n"
  "5:\n"
  "  .cfi_restore_state\n"
  "  fstpt 48(%rbx)\n"
  "  cmpl $1, %ecx\n"
  "  je 4b\n"
  "  fstpt 64(%rbx)\n"
  "  jmp 4b\n"
  ".cfi_endproc\n"
  END("cplugin_invoke")
);

#elif defined(ABI_AAPCS64)

/* x19: the block. */
__asm__(
  FUNCTION("cplugin_invoke")
  ".cfi_startproc\n"
  "  stp x29, x30, [sp, -32]!\n"
  "  .cfi_def_cfa_offset 32\n"
  "  .cfi_offset x29, -32\n"
  "  .cfi_offset x30, -24\n"
  "  mov x29, sp\n"
  "  .cfi_def_cfa x29, 32\n"
  "  str x19, [sp, 16]\n"
  "  .cfi_offset x19, -16\n"
  "  mov x19, x0\n"
  "  mov x16, x1\n"
  "  ldp w9, w10, [x2]\n"
  "  cbz w9, 2f\n"
  "  sub x11, sp, x9\n"
  "  neg x10, x10\n"
  "  and x11, x11, x10\n"
  "  mov sp, x11\n"
  "  add x12, x19, 208\n"
  "1:\n"
  "  ldr q0, [x12, x9]\n"
  "  sub x9, x9, 16\n"
  "  str q0, [x11, x9]\n"
  "  cbnz x9, 1b\n"
  "2:\n"
  "  ldrb w9, [x2, 8]\n"
  "  cbz w9, 3f\n"
  "  ldp q0, q1, [x19, 80]\n"
  "  ldp q2, q3, [x19, 112]\n"
  "  ldp q4, q5, [x19, 144]\n"
  "  ldp q6, q7, [x19, 176]\n"
  "3:\n"
  "  ldp x0, x1, [x19]\n"
  "  ldp x2, x3, [x19, 16]\n"
  "  ldp x4, x5, [x19, 32]\n"
  "  ldp x6, x7, [x19, 48]\n"
  "  ldr x8, [x19, 64]\n"
  "  blr x16\n"
  "  stp x0, x1, [x19]\n"
  "  stp q0, q1, [x19, 80]\n"
  "  stp q2, q3, [x19, 112]\n"
  "  mov sp, x29\n"
  "  ldr x19, [sp, 16]\n"
  "  ldp x29, x30, [sp], 32\n"
  "  .cfi_restore x29\n"
  "  .cfi_restore x30\n"
  "  .cfi_restore x19\n"
  "  .cfi_def_cfa sp, 0\n"
  "  ret\n"
  ".cfi_endproc\n"
  END("cplugin_invoke")
);

#endif
