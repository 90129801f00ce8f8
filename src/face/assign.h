/*
** assign.h - assignment to a member or element of a cdata: pointers, structs,
** unions and arrays the short way, where nothing more has to be said or done.
*/
#ifndef CPLUGIN_ASSIGN_H
#define CPLUGIN_ASSIGN_H

#include "value/cdata.h"

/*
** What is left of a metamethod: writes the value at index 3 to the part of
** the cdata at index 1 which the key at index 2 names and which is at `at`.
** That is in its memory, which is no plugin's variable, and not const.
*/
int assign(lua_State *L, CData *cd, const Member *part, char *at);

#endif
