/*
** libhint.h - what a script may have meant by a name or path that leads
** nowhere.
*/
#ifndef CPLUGIN_LIBHINT_H
#define CPLUGIN_LIBHINT_H

#include "object/ldcache.h"
#include "object/libsystem.h"

#define LIMIT_FILE 256            /* bytes of a file's name */

/*
** Into `best`: a file in the current folder, or what the cache has with
** another number, with more or less to the name, or with nearly that name;
** "" if there is none. `file` is what was looked for: "libz.so" for "z".
*/
void libhint_name(const LibSystem *rules, const LdCache *cache,
                  const char *name, const char *file, char best[LIMIT_FILE]);

/* Sets the error for a path that cannot be followed; `code` is errno's. */
void libhint_path(const LibSystem *rules, const char *path, int code,
                  Error *error);

#endif
