/*
** codemem.h - memory for machine code that is made while the program runs.
**
** Nothing here is ever writable and executable at once through one mapping:
** each region is a memory file that is mapped twice,
**
**   write  [ block | block | ... ]   never executable, not in children
**   run    [ block | block | ... ]   never writable
**
** so that code is added while other threads run what stands beside it.
*/
#ifndef CPLUGIN_CODEMEM_H
#define CPLUGIN_CODEMEM_H

#include "base/base.h"

#define CODEMEM_MAX 4096          /* bytes of one piece of code */

/*
** A copy of the code where it can run, aligned to 64 bytes: it must not
** count on its own address. From any thread. NULL: LIMIT_CODE is reached, it
** is longer than CODEMEM_MAX, or memory cannot be made executable here.
*/
void *codemem_make(const void *code, size_t size);

/*
** Gives it back, once nothing runs it and nothing will. A process that was
** forked keeps what its parent had made, and the parent keeps it for it.
*/
void codemem_free(void *code);

/* Is that address in code that was made here, or before a fork? */
bool codemem_has(const void *address);

#endif
