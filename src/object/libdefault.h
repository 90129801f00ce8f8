/*
** libdefault.h - the folders that loaders look in when nothing else is said.
*/
#ifndef CPLUGIN_LIBDEFAULT_H
#define CPLUGIN_LIBDEFAULT_H

#include "object/libfolder.h"

/*
** Adds those of a system, below `root` ("" is this system's own), as far as
** they exist and are not in the list. What the user's variables name is not
** below it.
*/
void folders_default(FolderList *list, const LibSystem *system,
                     const char *root);

#endif
