/*
** libdefault.h - the folders that the loaders of different systems look in
** when nothing else is said.
**
** All of them are here on every system, so that specs can try each with a
** folder that stands for the root of such a system.
*/
#ifndef CPLUGIN_LIBDEFAULT_H
#define CPLUGIN_LIBDEFAULT_H

#include "object/libfolder.h"

typedef enum SystemLoader {
  LOADER_GLIBC,                   /* beside its cache; BSDs' are much alike */
  LOADER_MUSL,                    /* those of /etc/ld-musl-*.path, if there */
  LOADER_DYLD                     /* macOS; and Homebrew's */
} SystemLoader;

/*
** Adds them, below `root` ("" is this system's own), as far as they exist and
** are not in the list. DYLD_FALLBACK_LIBRARY_PATH is the user's: not below it.
*/
void folders_default(FolderList *list, SystemLoader loader, const char *root);

#endif
