/*
** site.h - the place that a Lua value goes to, and what is said where it does
** not fit.
*/
#ifndef CPLUGIN_SITE_H
#define CPLUGIN_SITE_H

#include "value/cdata.h"

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

#define SITE_NO_VALUE 0           /* the index of a value that was not given */

/* Throws "bad argument #2 to 'f' ('int' expected, got string: why)". */
int store_error(lua_State *L, const Type *type, int index,
                const Site *site, const char *why);

/* The Lua value's type as messages name it: "cdata 'int *'", "string". */
const char *push_description(lua_State *L, int index);

/*
** " in argument #1 to 'f'" for the outermost of the places, pushed; "" if
** that is none with a name.
*/
const char *push_within(lua_State *L, const Site *within);

#endif
