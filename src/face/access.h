/*
** access.h - indexing cdata: members, elements, and what `#` and pairs say.
*/
#ifndef CPLUGIN_ACCESS_H
#define CPLUGIN_ACCESS_H

#include "value/store.h"

/* A member or element of the cdata at index 1, which index 2 names. */
typedef struct Part {
  CData *cd;
  const Member *member;           /* an element: &cd->class->element */
  lua_Integer index;              /* of an element */
  Span span;                      /* at the part, with the whole's bounds */
} Part;

/*
** Metamethods: upvalue 1 is the State. The first two have the class's table of
** members (nil if it has none) as upvalue 2, its CLASS_PARTS as upvalue 3,
** their own name as upvalue 4, and STATE_RECENT as upvalue 5; quick.h has
** short ways to them.
*/
int access_index(lua_State *L);
int access_newindex(lua_State *L);

/* Writes the value at index 3 to the part, which is there and not const. */
int access_write(lua_State *L, const Part *part);

/* What the key at index 2 gives that is neither member nor element. */
int access_index_other(lua_State *L, Class *class);

int access_len(lua_State *L);
int access_pairs(lua_State *L);

/* Throws unless the value at `index` is a cdata; `name`: the function. */
CData *check_cdata(lua_State *L, int index);

/*
** Throws if a struct or union of that type, or in it, has a const member: C
** does not assign to these as a whole (C11 6.3.2.1p1).
*/
void check_assignable(lua_State *L, const Type *type);

/*
** How many elements the array or bounded pointer has; -1 where that is not
** known.
*/
lua_Integer access_count(lua_State *L, CData *cd, int index);

/*
** Is the running metamethod one of the class's own? Others a script may have
** taken out of another metatable with `debug`.
*/
static inline bool access_is_own(lua_State *L, const Class *class) {
  return lua_topointer(L, lua_upvalueindex(3)) == class->parts;
}

/*
** Pushes the field `name` of the metatype that the class has; false (nothing):
** there is none. `index`: where the class's userdata is; 0: it is not there.
*/
bool access_metatype(lua_State *L, const Class *class, int index,
                     const char *name);

#endif
