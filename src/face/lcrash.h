/*
** lcrash.h - plugin.crashlog: a line about the signal that ends the process.
*/
#ifndef CPLUGIN_LCRASH_H
#define CPLUGIN_LCRASH_H

#include <lua.h>

/* crashlog(fd), or crashlog() to have none; see docs/manual.md. */
int crash_log(lua_State *L);

#endif
