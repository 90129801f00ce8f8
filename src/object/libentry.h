/*
** libentry.h - what library.c (open and close), libtable.c (which there are)
** and libsymbol.c (symbols) share. Nobody else includes it.
*/
#ifndef CPLUGIN_LIBENTRY_H
#define CPLUGIN_LIBENTRY_H

#include "object/library.h"
#include "object/loader.h"

enum { BY_FILE, BY_HANDLE, BY_DIGEST, LIBRARY_KEYS };

/* The first three are the table's; all else stays: no lock needed. */
struct Library {
  Library *next[LIBRARY_KEYS];    /* of the same bucket */
  size_t users;                   /* library_open's not yet closed */
  uint64_t digest;                /* of its bytes; 0: nobody asked yet */
  char *path;                     /* real; "" for the program */
  uint64_t device, inode;         /* of the file when it was opened */
  uint64_t size;                  /* of it, in bytes */
  char *copyof;                   /* see library_copy */
  void *handle;                   /* the loader's; one of its references */
  LoaderSpot spot;                /* where it is mapped */
  ElfFile *elf;                   /* NULL where files are not ELF */
  bool program;
};

/*
** The table. The loader is never called with it locked: that runs
** constructors and destructors, which may come back here, on this thread or
** on another one that it waits for.
*/

/* One user more of the library with this file; NULL: none has it. */
Library *libtable_take(uint64_t device, uint64_t inode);

/*
** Puts a library in the table; if its handle is there already, counts one
** user more of that one, and returns it.
*/
Library *libtable_enter(Library *fresh);

/* Is its handle there already, as that of another file? */
bool libtable_has_other(const Library *fresh);

/* One user less; true, and out of the table, if it was the last. */
bool libtable_leave(Library *library);

/* Sets `copyof` of one that is not in the table yet. */
void libtable_find_copy(Library *fresh);

/* The program's entry, or NULL where that cannot be read. */
Library *library_program_entry(void);

/*
** The tables of a file that the process has loaded, opened once and kept for
** good, or NULL.
*/
const ElfFile *library_loaded_file(const char *path);

#endif
