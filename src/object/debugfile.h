/*
** debugfile.h - where the debug info of a file is: in the file itself, or in
** one that was taken out of it and is kept somewhere else.
**
**   /lib/libz.so.1 --build id 93ac61...--> /usr/lib/debug/.build-id/93/ac61....debug
**                  --.gnu_debuglink------> beside it, in .debug/ beside it,
**                                          /usr/lib/debug/lib/
**   either of them --.gnu_debugaltlink---> what dwz has made common to many
**
** All files are local: nobody is asked over the network. One that is found
** must have the same build id, or the checksum that the link gives.
*/
#ifndef CPLUGIN_DEBUGFILE_H
#define CPLUGIN_DEBUGFILE_H

#include "base/base.h"

#define LIMIT_BUILDID 64          /* bytes */

typedef struct DebugFile {
  char *path;                     /* malloc'ed */
  bool dwarf, ctf;                /* which kinds it has */
  char *common;                   /* dwz's file, malloc'ed; NULL: none */
} DebugFile;

/*
** `folders` are looked in before /usr/lib/debug: a list with colons, or
** NULL. False with an error that says where it was looked for. The file
** is due to debugfile_free in both cases.
*/
bool debugfile_find(DebugFile *file, const char *path, const char *folders,
                    Error *error);
void debugfile_free(DebugFile *file);

#endif
