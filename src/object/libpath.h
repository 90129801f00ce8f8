/*
** libpath.h - from a name to the file that the system would load.
**
** libz.so.1.2.13 is a real name, libz.so.1 a soname, libz.so a linker name
** and "z" what one gives to a linker after -l. On macOS they are as
** libsystem.h has it; what is said here of libz.so.1 is true of libz.1.dylib.
*/
#ifndef CPLUGIN_LIBPATH_H
#define CPLUGIN_LIBPATH_H

#include "object/libfolder.h"

/*
** The absolute path (malloc'ed, symbolic links resolved) of the file for
** `name`: with a slash that file; "z", "libz.so", "libz.so.1" by
** LD_LIBRARY_PATH, /etc/ld.so.cache and the default folders. "z" finds
** libz.so.N where no libz.so exists (the highest N, unless `version` says
** which: "1"). A linker name that turns out to be a text is read as a GNU ld
** script (GROUP, INPUT, AS_NEEDED) and gives the first shared object in it.
** Files for other machines are passed over in a search. NULL with a message
** that says what was tried, a path a line.
*/
char *libpath_find(const char *name, const char *version, Error *error);

/* The same by the names, variables and folders of another system. */
char *libpath_find_on(const LibSystem *system, const char *name,
                      const char *version, Error *error);

/*
** The real paths of all files that would do, each once, that of libpath_find
** first. False with its error: none would. folders_free is due.
*/
bool libpath_all(const char *name, const char *version, FolderList *paths,
                 Error *error);

#endif
