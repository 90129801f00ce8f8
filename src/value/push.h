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

/* The value of a bit-field, whose first byte is at `at`. */
void push_bits(lua_State *L, const Member *member, const void *at);

/*
** Pushes the result of a call: as push_value, but records are copied, since
** `at` is the call's frame. Pointers belong to `plugin`.
*/
void push_result(lua_State *L, State *s, const Type *type, const char *at,
                 Plugin *plugin);

/* A POINTER of that pointer type, or nil for NULL. */
void push_pointer(lua_State *L, State *s, const Type *type,
                  const void *address, Plugin *plugin);

#endif
