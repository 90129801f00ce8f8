/*
** lmemory.h - what the files of the functions on memory share.
*/
#ifndef CPLUGIN_LMEMORY_H
#define CPLUGIN_LMEMORY_H

#include "face/ltype.h"

/* lnew.c: making cdata. */
int memory_new(lua_State *L, const Env *env);
int memory_cast(lua_State *L, const Env *env);
int memory_callback(lua_State *L, const Env *env);

/* lbytes.c: memory as bytes, and its addresses. */
int memory_string(lua_State *L, const Env *env);
int memory_copy(lua_State *L, const Env *env);
int memory_fill(lua_State *L, const Env *env);
int memory_addressof(lua_State *L, const Env *env);
int memory_address(lua_State *L, const Env *env);
int memory_view(lua_State *L, const Env *env);

/*
** The data that the value at `index` stands for: what a cdata is or leads to,
** or a string's bytes. False: it is none, as a number or a function.
*/
bool memory_span(lua_State *L, int index, Span *span);

/* Bytes of `count` elements; throws if `type`, of these, is too large. */
uint64_t array_bytes(lua_State *L, const Type *type, const Type *element,
                     uint64_t count);

/* The same of a record that ends in `field`, with `count` elements there. */
uint64_t flexible_bytes(lua_State *L, const Type *type, const Field *field,
                        uint64_t count);

/*
** The address that a value has, for a cast to an integer or bool; false: it
** has none.
*/
bool cast_address(lua_State *L, int index, lua_Integer *address);

/* Argument `n` as a size or number of elements: not negative. */
uint64_t check_size(lua_State *L, const Env *env, int n);

#endif
