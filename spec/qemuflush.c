/*
** qemuflush.c - for modules and tests that run under qemu-user before 8.1,
** linked with --wrap=__clear_cache.
**
** It runs translations of code, and drops them when the code's own mapping
** is written to; it does not see what comes through another mapping, not
** even when the caches are flushed (qemu's issue 1034). It also drops them
** when a mapping becomes writable.
*/
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void __real___clear_cache(char *begin, char *end);
void __wrap___clear_cache(char *begin, char *end);

void __wrap___clear_cache(char *begin, char *end) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  char *start = begin - (uintptr_t)begin % page;
  size_t size = (size_t)(end - start);
  __real___clear_cache(begin, end);
  mprotect(start, size, PROT_READ | PROT_WRITE | PROT_EXEC);
  mprotect(start, size, PROT_READ | PROT_EXEC);
}
