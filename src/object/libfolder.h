/* libfolder.h - the folders that libraries are looked for in. */
#ifndef CPLUGIN_LIBFOLDER_H
#define CPLUGIN_LIBFOLDER_H

#include "object/libsystem.h"

#define LIMIT_FOLDERS 64

typedef struct FolderList {
  char *paths[LIMIT_FOLDERS];     /* malloc'ed; first is searched first */
  size_t count;
} FolderList;

/* Adds a folder that exists, unless the list has it, under any name. */
void folders_add(FolderList *list, const char *path);

/* LD_LIBRARY_PATH, or what it is called there; a privileged program does */
/* not heed it. */
void folders_of_user(FolderList *list, const LibSystem *system);

/*
** Those that the callers of dlopen were linked with, this module and the
** program: DT_RPATH, which comes before LD_LIBRARY_PATH, or DT_RUNPATH, which
** comes behind it. Found out once, never freed.
*/
const FolderList *folders_of_callers(bool rpath);

/*
** Folders in each of the folders that have builds for processors as good as
** this one, best first, ended by NULL: "glibc-hwcaps/x86-64-v3".
*/
const char *const *folders_levels(void);

/* A system's own folders, as far as they exist, each once. */
void folders_of_system(FolderList *list, const LibSystem *system);

void folders_free(FolderList *list);

/*
** The real path of a file, malloc'ed. A file without one (a memfd, one that
** was deleted while open) keeps the name it has in /proc. NULL with errno.
*/
char *folders_real(const char *path);

#endif
