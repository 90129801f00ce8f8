/*
** store.h - Lua values -> C bytes. The one place that does it.
*/
#ifndef CPLUGIN_STORE_H
#define CPLUGIN_STORE_H

#include "value/number.h"

typedef enum SiteKind {
  SITE_ARGUMENT,                  /* of a C function: `number`, `name` */
  SITE_VARIADIC,                  /* the same, in a variadic place */
  SITE_RESULT,                    /* of the callback `name` */
  SITE_VALUE,                     /* of new or cast */
  SITE_MEMBER,                    /* `name` of `type` */
  SITE_ELEMENT,                   /* `number` (from 0) of `type` */
  SITE_VARIABLE                   /* `name` */
} SiteKind;

/* Where a value goes, for messages and for who keeps it alive. */
typedef struct Site {
  SiteKind kind;
  lua_Integer number;
  const char *name;               /* NULL: not known */
  const Type *type;
  const Span *span;               /* the memory around the place; NULL: a */
                                  /* call's frame */
  bool wrap;                      /* numbers are converted as by a C cast */
  const struct Site *within;      /* the place whose initialiser this is of */
} Site;

/*
** Converts the Lua value at `index` to the type and writes it to `to`, which
** lies in site->span's memory where that is given: then what the C bytes
** point at is kept alive with it. In a call's frame temporaries may be left
** on the stack, which must stay there until the call is done.
** Throws where the value does not fit, and then has written nothing.
*/
void store_value(lua_State *L, State *s, const Type *type, char *to,
                 int index, const Site *site);

/* The same for a member of the record at site->span, bit-fields too. */
void store_member(lua_State *L, State *s, const Member *member,
                  const Span *span, int index, const Site *site);

/* Throws "bad argument #2 to 'f' (cannot convert ... to ...: why)". */
int store_error(lua_State *L, State *s, const Type *type, int index,
                const Site *site, const char *why);

/*
** Whether a pointer to `from` may stand where one to `to` is expected (see
** docs/design.md, Conversions), or why not.
*/
const char *pointer_mismatch(const Type *to, const Type *from);

/* The Lua value's type as messages name it: "cdata 'int *'", "string". */
const char *push_description(lua_State *L, State *s, int index);

/*
** " in argument #1 to 'f'" for the outermost of the places, pushed; "" if
** that is none with a name.
*/
const char *push_within(lua_State *L, const Site *within);

/*
** init.c: an initialiser, in C's sense, for an array or record at `to`;
** `within` is the place that the whole goes to, or NULL.
*/
void init_table(lua_State *L, State *s, const Type *type, char *to,
                uint64_t bytes, int index, const Span *span,
                const Site *within);

/*
** A string for an array of 8-bit integers; NUL behind it where there is
** room. Throws if the type is no such array, or it is too long.
*/
void init_string(lua_State *L, State *s, const Type *type, char *to,
                 uint64_t bytes, int index, const Site *site);

/* How many elements an initialiser gives an array of unknown length. */
uint64_t init_count(lua_State *L, const Type *element, int index);

#endif
