/*
** nearname.h - "did you mean ...": the name nearest to one that is wrong.
**
**   NearName near;
**   nearname_init(&near, "defalte", 7);
**   nearname_offer(&near, each name there is);
**   near.best is "deflate", or NULL if none is near enough
*/
#ifndef CPLUGIN_NEARNAME_H
#define CPLUGIN_NEARNAME_H

#include "base/base.h"

typedef struct NearName {
  const char *wanted;             /* the caller's */
  size_t length;                  /* of it */
  const char *best;               /* one of those offered, or NULL */
  size_t distance;                /* an offer must be nearer than this */
} NearName;

void nearname_init(NearName *near, const char *wanted, size_t length);

/* Keeps the pointer if `name` is nearer than what was offered before. */
void nearname_offer(NearName *near, const char *name);

#endif
