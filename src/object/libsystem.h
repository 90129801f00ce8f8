/*
** libsystem.h - what the loaders of different systems go by: what files of
** libraries are called, and where they look.
**
**             linker name   soname         real name
**   ELF       libz.so       libz.so.1      libz.so.1.2.13
**   Mach-O    libz.dylib    libz.1.dylib   libz.1.2.13.dylib
**
** All of them are here on every system, so that specs can try each.
*/
#ifndef CPLUGIN_LIBSYSTEM_H
#define CPLUGIN_LIBSYSTEM_H

#include "base/base.h"

typedef struct LibSystem {
  bool elf;                       /* its files are ELF; else Mach-O */
  const char *suffix;             /* ".so", which a version stands behind; */
                                  /* ".dylib", which it stands before */
  const char *variable;           /* of the environment: the user's folders */
  const char *fallback;           /* the same, for behind those; or NULL */
  const char *folders;            /* that are always looked in, with colons */
  const char *lists;              /* pattern of files that, where there are */
                                  /* any, say these instead; or NULL */
  const char *cache;              /* ld.so.cache, or NULL */
} LibSystem;

extern const LibSystem system_glibc;    /* BSDs' are much alike */
extern const LibSystem system_musl;
extern const LibSystem system_dyld;     /* macOS; and Homebrew's folders */

/* This one. */
const LibSystem *system_here(void);

typedef struct FileName {
  const char *stem;               /* "libz", not ended by a NUL */
  size_t length;                  /* of it */
  const char *version;            /* "1.2.13", nor is this */
  size_t digits;                  /* bytes of it; 0: none */
} FileName;

/* False: no library's file is called so. */
bool filename_split(const LibSystem *system, const char *name,
                    FileName *parts);

/* The other way. False: `room` is too small. */
bool filename_join(const LibSystem *system, const FileName *parts,
                   char *name, size_t room);

/* libz.so.1.2.13 has the version 1.2.13, and so also 1.2 and 1. */
bool filename_fits(const LibSystem *system, const char *name,
                   const char *version);

/* Compares 1.2.13 with 1.10 number by number: below, at or above 0. */
int version_compare(const char *a, const char *b);

#endif
