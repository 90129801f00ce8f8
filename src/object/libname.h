/*
** libname.h - the three names of a shared object:
**
**   linker name  libz.so         what the linker looks for; leads to ...
**   soname       libz.so.1       what the loader looks for; leads to ...
**   real name    libz.so.1.2.13  the file
*/
#ifndef CPLUGIN_LIBNAME_H
#define CPLUGIN_LIBNAME_H

#include "base/base.h"

/*
** The linker name, malloc'ed, that leads to the file with that real path: a
** link or a linker script beside it or in one of the system's folders. NULL:
** there is none, as where only the package to run with is installed.
*/
char *libname_linker(const char *real, const char *soname);

#endif
