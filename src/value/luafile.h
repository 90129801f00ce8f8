/*
** luafile.h - what io.open() gives, as C's FILE *.
*/
#ifndef CPLUGIN_LUAFILE_H
#define CPLUGIN_LUAFILE_H

#include "value/site.h"

/*
** The FILE of the Lua file at `index`, which is no cdata, for an argument
** whose type is a pointer. Throws if the type is another one, the file is
** closed or the place is no argument: what is stored would outlive the file.
*/
void *luafile_address(lua_State *L, const Type *type, int index,
                      const Site *site);

#endif
