/*
** last.h - what must be there until Lua runs no code any more.
**
** At lua_close finalisers of older objects run after the State's, and may
** call bound functions, which then throw. So records and stubs of these stay
** until Lua frees the State's memory: after that nothing is called.
*/
#ifndef CPLUGIN_LAST_H
#define CPLUGIN_LAST_H

#include "value/state.h"

/* What begins with one of these can be released last. */
typedef struct Last {
  struct Last *next;
  void (*release)(struct Last *object);
} Last;

/*
** Releases the object: now, or, once lua_close has come to the State,
** together with the State's memory.
*/
void last_release(State *s, Last *object);

#endif
