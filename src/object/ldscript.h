/*
** ldscript.h - the texts that stand for libraries: GNU ld scripts.
**
**   GROUP ( /lib/libc.so.6 libc_nonshared.a AS_NEEDED ( ld-linux.so.2 ) )
**   INPUT(libncurses.so.6 -ltinfo)
**
** Of their language only what names files is read; other commands, with what
** stands in their parentheses or braces, are passed over.
*/
#ifndef CPLUGIN_LDSCRIPT_H
#define CPLUGIN_LDSCRIPT_H

#include "base/base.h"

typedef struct LdScript {
  const char *at;                 /* what has not been read yet */
  const char *end;
  int depth;                      /* open parentheses of INPUT and GROUP */
} LdScript;

void ldscript_init(LdScript *script, const char *text, size_t size);

/*
** The next file: a path, a file name or -lname, cut to `room`. False at the
** end; at once if the text is no such script.
*/
bool ldscript_next(LdScript *script, char *name, size_t room);

/* The first file of a text. False if it is no such script. */
bool ldscript_first(const char *text, size_t size, char *name, size_t room);

#endif
