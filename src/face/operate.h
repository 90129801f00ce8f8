/*
** operate.h - operators of cdata: pointer arithmetic, arithmetic, comparison.
*/
#ifndef CPLUGIN_OPERATE_H
#define CPLUGIN_OPERATE_H

#include "value/cdata.h"

/*
** Metamethods: upvalue 1 is the State. operate_arith is all of arithmetic,
** with the operator, one of Lua's LUA_OP..., as upvalue 2; quick.h has short
** ways to it, for which the class's CLASS_PARTS are upvalue 3.
*/
int operate_arith(lua_State *L);
int operate_eq(lua_State *L);
int operate_lt(lua_State *L);
int operate_le(lua_State *L);

/* The metamethod of each operator: "__add". */
#define OPERATORS (LUA_OPBNOT + 1)
extern const char *const operate_names[OPERATORS];

/* Is it a pointer or array, so that it can be counted from? */
static inline bool operate_counts(const CData *cd) {
  return cd != NULL && (cd->class->shape == SHAPE_POINTER ||
                        cd->class->type->kind == TYPE_ARRAY);
}

/* Pushes how many elements there are from b, at index 2, to a, at 1. */
int operate_difference(lua_State *L, CData *a, CData *b);

#endif
