/*
** stub.h - machine code for one bound function.
**
** A stub is itself the lua_CFunction: it takes the arguments from Lua's API,
** calls the C function, and pushes the result. Addresses that do not change
** stand in the code. What is not as it mostly is (fast.h) it leaves to call().
**
**   piece of codemem   [ ways out | header | code ... ]
**                                          ^ the lua_CFunction
*/
#ifndef CPLUGIN_STUB_H
#define CPLUGIN_STUB_H

#include "bind/callee.h"

/*
** The stub for a callee, which lives as long, or until stub_free. NULL: its
** type is out of reach, libffi makes its calls, or there is no memory for
** code.
*/
lua_CFunction stub_make(const Callee *callee);
void stub_free(lua_CFunction stub);

/*
** Does CPLUGIN_STUB say that? "off": no machine code; "long": nothing goes a
** short way, not even in C.
*/
bool stub_wish(const char *word);

/* How far the running thread's errno is from its thread pointer. */
ptrdiff_t stub_errno(void);

/* The callee of a stub; NULL: the function is none. */
const Callee *stub_callee(lua_CFunction function);

#endif
