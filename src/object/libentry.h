/*
** libentry.h - what library.c (open and close) and libsymbol.c (symbols)
** share. Nobody else includes it.
*/
#ifndef CPLUGIN_LIBENTRY_H
#define CPLUGIN_LIBENTRY_H

#include "object/library.h"
#include "object/loader.h"

/* Everything but `next` and `users` stays as it was made: no lock needed. */
struct Library {
  Library *next;                  /* in the table */
  size_t users;                   /* library_open's not yet closed */
  char *path;                     /* real; "" for the program */
  uint64_t device, inode;         /* of the file when it was opened */
  uint64_t size;                  /* of it, in bytes */
  char *copyof;                   /* see library_copy */
  void *handle;                   /* the loader's; one of its references */
  LoaderSpot spot;                /* where it is mapped */
  ElfFile *elf;                   /* NULL where files are not ELF */
  bool program;
};

/* The program's entry, or NULL where that cannot be read. */
Library *library_program_entry(void);

/*
** The tables of a file that the process has loaded, opened once and kept for
** good, or NULL.
*/
const ElfFile *library_loaded_file(const char *path);

#endif
