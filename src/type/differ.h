/*
** differ.h - what two declarations of one thing differ in.
**
** Left is what a caller says, right what is there. Looser than C's rule for
** types (C11 6.2.7), which headers themselves do not keep to: what makes no
** difference to the caller is the same. So are
**
**   - integers of one size and sign: long and long long; an enum and any
**     integer of its size;
**   - structs with the same members under other tags, and members of one type
**     in one place under other names, if none of these has both;
**   - a bit-field of all bits of its type, and a member of that type;
**   - `_Atomic` that only the caller says: not all debug info has a word for
**     it;
**   - `void *` and a pointer to anything: it says nothing;
**   - pointers of which only the receiving side says that it does not write;
**   - a struct that one side only names, a function declared with ().
*/
#ifndef CPLUGIN_DIFFER_H
#define CPLUGIN_DIFFER_H

#include "type/type.h"

typedef struct Difference {
  char where[200];                /* "parameter 2, member 'x'"; "": at all */
  int parameter;                  /* the types below are those of this one, */
                                  /* from 1; 0: of the result; -1: neither */
  char left[160], right[160];     /* what each says: "'int'", "at byte 4" */
} Difference;

/* False: they are the same, or too deep to say. Else the first difference. */
bool type_differ(const Type *left, const Type *right, Difference *difference);

#endif
