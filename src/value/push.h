/*
** push.h - C bytes -> Lua values. The one place that does it.
*/
#ifndef CPLUGIN_PUSH_H
#define CPLUGIN_PUSH_H

#include "value/cdata.h"

/*
** Pushes the value of that type at the span's address (bounds are checked
** by the caller): a Lua value where Lua has one; a REFERENCE for an array
** or record; nil for NULL; else a cdata. What is made inherits plugin and
** owner, a pointer what its slot's link says.
*/
void push_value(lua_State *L, State *s, const Type *type, const Span *span);

/* The same for a member of the record at the span, bit-fields too. */
void push_member(lua_State *L, State *s, const Member *member,
                 const Span *span);

/*
** Pushes the result of a call: as push_value, but records are copied, since
** `at` is the call's frame. Pointers belong to `plugin`.
*/
void push_result(lua_State *L, State *s, const Type *type, const char *at,
                 Plugin *plugin);

/* A POINTER of that pointer type, or nil for NULL. */
void push_pointer(lua_State *L, State *s, const Type *type,
                  const void *address, Plugin *plugin);

/*
** Integers of up to 64 bits and bools at any alignment; unsigned 64-bit ones
** as their bits. `type` is a bare integer, bool or enum.
*/
lua_Integer load_integer(const Type *type, const void *at);

/* float and double, what is as wide as these, and _Float16. */
lua_Number load_float(const Type *type, const void *at);

/* Is it a type whose values are plain Lua values? (up to 64 bits) */
bool is_lua_number(const Type *type);

#endif
