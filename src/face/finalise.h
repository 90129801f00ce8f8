/*
** finalise.h - finalisers of cdata: gc(), metatypes' __gc, <close>.
*/
#ifndef CPLUGIN_FINALISE_H
#define CPLUGIN_FINALISE_H

#include "value/cdata.h"

/* Sets (a function at `function`) or takes away (nil) the finaliser. */
void finalise_set(lua_State *L, State *s, int index, int function);

/* Metamethods: __gc of classes that finalise, and __close. */
int finalise_gc(lua_State *L);
int finalise_close(lua_State *L);

/*
** Runs the finalisers that are functions of the plugin, or of cdata whose
** type or memory is the plugin's, newest first; each once. An error does not
** stop the others; the first one is pushed, and true returned.
*/
bool finalise_plugin(lua_State *L, Plugin *plugin);

#endif
