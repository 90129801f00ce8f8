/*
** fast.h - the short way of calls, for stubs: arguments and results that are
** what they mostly are. Whatever else comes is left to call(), which begins
** from the start: nothing here changes anything before the call.
*/
#ifndef CPLUGIN_FAST_H
#define CPLUGIN_FAST_H

#include "bind/callee.h"

/*
** Writes the address that the Lua value at `index` is as a `type`, a pointer
** type, for a parameter of the callee. 0: it is for call() to say.
*/
int fast_pointer(lua_State *L, int index, const Type *type,
                 const Callee *callee, uintptr_t *to);

/* Does a Lua string fit the pointer type? */
bool fast_takes_string(const Type *type);

/* Copies the record that the cdata at `index` is; 0: as above. */
int fast_record(lua_State *L, int index, const Type *type,
                const Callee *callee, void *to);

/*
** The end of a bound function whose C function has returned with these
** registers: raises what is pending, and pushes the result. `floats`: bit i
** is set if the i-th eight bytes of a record are in a float register.
*/
int fast_finish(lua_State *L, const Callee *callee, uint64_t integer,
                uint64_t integer2, unsigned floats, double number,
                double number2);

/* The start of a bound function over again, by call(). */
int fast_restart(lua_State *L, const Callee *callee);

#endif
