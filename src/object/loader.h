/*
** loader.h - the operating system's loader, and nothing of our own: what it
** cannot say on some system is NULL or false there.
*/
#ifndef CPLUGIN_LOADER_H
#define CPLUGIN_LOADER_H

#include "base/base.h"

enum {
  LOADER_GLOBAL = 1, LOADER_LAZY = 2, LOADER_RESIDENT = 4,
  LOADER_ONLY_OPEN = 8            /* only if the process has it open */
};

/* Where something loaded is. */
typedef struct LoaderPlace {
  const char *path;               /* as the loader knows the object */
  const void *base;               /* where it is mapped; NULL: nowhere */
} LoaderPlace;

/* `path` NULL is the program. NULL: loader_error says why. */
void *loader_open(const char *path, unsigned flags);
void loader_close(void *handle);

/*
** NULL is an error only if *missing is set. `version` NULL is the default
** one; not every loader knows others.
*/
void *loader_symbol(void *handle, const char *name, const char *version,
                    bool *missing);

/* Which object has the address? False: none, as for thread-local ones. */
bool loader_place(const void *address, LoaderPlace *place);

/* Where an open object is; all zero where this system does not tell. */
typedef struct LoaderSpot {
  const void *anchor;             /* an address within the object */
  const void *base;               /* as in LoaderPlace */
  uintptr_t bias;                 /* what is added to a symbol's value */
} LoaderSpot;

LoaderSpot loader_spot(void *handle);

/* Does anything that is loaded name this soname among what it needs? */
bool loader_needs(const char *soname);

/* The object that has the address is not unloaded any more. */
void loader_stay(const void *address);

/* The executable's path, or NULL. */
const char *loader_program(void);

/* Why the last call on this thread failed; "" if that is not known. */
const char *loader_error(void);

#endif
