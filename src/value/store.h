/*
** store.h - Lua values -> C bytes. The one place that does it.
*/
#ifndef CPLUGIN_STORE_H
#define CPLUGIN_STORE_H

#include "value/number.h"
#include "value/site.h"

/*
** Converts the Lua value at `index` to the type and writes it to `to`, which
** lies in site->span's memory where that is given: then what the C bytes
** point at is kept alive with it. In a call's frame temporaries may be left
** on the stack, which must stay there until the call is done.
** Throws where the value does not fit, and then has written nothing.
*/
void store_value(lua_State *L, State *s, const Type *type, char *to,
                 int index, const Site *site);

/* The same for a bit-field, whose first byte is at `to`. */
void store_bits(lua_State *L, State *s, const Member *member, char *to,
                int index, const Site *site);

/* What a cdata of that type points at where a pointer is wanted; or NULL. */
static inline const Type *pointed_at(const Type *type) {
  if (type->kind == TYPE_RECORD)
    return type;
  return type->kind == TYPE_POINTER || type->kind == TYPE_ARRAY ? type->target
                                                                : NULL;
}

/* Has the bit-field room for the value? */
bool fits_bits(const Member *member, lua_Integer value);

/* Is it a pointer to what a Lua string may be: const bytes or void? */
bool takes_string(const Type *pointer);

/*
** Whether a pointer to `from` may stand where one to `to` is expected (see
** docs/design.md, Conversions), or why not.
*/
const char *pointer_mismatch(const Type *to, const Type *from);

/* "the types differ", and where types of one name do so; pushed. */
const char *push_difference(lua_State *L, const Type *to, const Type *from);

/*
** init.c: an initialiser, in C's sense, for an array or record at `to`, which
** nobody else has yet: where it throws, part of it has been written. `within`
** is the place that the whole goes to, or NULL.
*/
void init_table(lua_State *L, State *s, const Type *type, char *to,
                uint64_t bytes, int index, const Span *span,
                const Site *within);

/* The same with the values at the stack indices `first` to `last`, in order. */
void init_list(lua_State *L, State *s, const Type *type, char *to,
               uint64_t bytes, int first, int last, const Span *span);

/*
** The string at `index` for an array of 8-bit integers; NUL behind it where
** there is room. False, and nothing written: the type is no such array, or
** it is too long.
*/
bool init_text(lua_State *L, const Type *type, char *to, uint64_t bytes,
               int index);

/* The same; throws if it does not fit. */
void init_string(lua_State *L, const Type *type, char *to,
                 uint64_t bytes, int index, const Site *site);

/* How many elements an initialiser gives an array of unknown length. */
uint64_t init_count(lua_State *L, const Type *element, int index);

#endif
