/*
** laststub.h - the end of stubs.
**
** At lua_close finalisers of older objects run after the State's, and may
** call bound functions, which then throw. So the stubs must be there until
** Lua frees the State's memory: after that no Lua code runs any more.
*/
#ifndef CPLUGIN_LASTSTUB_H
#define CPLUGIN_LASTSTUB_H

#include "bind/callee.h"

/*
** Frees a list of stubs (see stub_older) of the State: now, or, once
** lua_close has come to it, together with the State.
*/
void laststub_free(State *s, lua_CFunction stubs);

#endif
