/*
** library.h - shared objects as this process has them loaded.
**
** One Library for one loaded object, whatever name it was opened by and in
** however many Lua states and threads: the table of them is process-wide,
** guarded by a lock, and counts its users.
*/
#ifndef CPLUGIN_LIBRARY_H
#define CPLUGIN_LIBRARY_H

#include "object/elfsym.h"

typedef struct Library Library;

enum {                            /* library_open's flags */
  LIBRARY_GLOBAL = 1,             /* RTLD_GLOBAL; promotes one that is open */
  LIBRARY_LAZY = 2,               /* RTLD_LAZY, else RTLD_NOW */
  LIBRARY_RESIDENT = 4            /* RTLD_NODELETE: stays mapped */
};

/*
** Loads the file at `path` (a real one, from libpath_find), or counts one
** user more of the one that is loaded already: constructors run once. The
** file is checked first (elf_open, elf_loadable), so that a truncated or
** foreign one is an error. NULL with a message: for an unmet dependency or
** symbol it names both the library and what it lacks.
*/
Library *library_open(const char *path, unsigned flags, Error *error);

/* The running program: where everything globally visible counts. */
Library *library_program(Error *error);

/*
** One user less. The last one unloads it. Returns whether the file is still
** mapped (other users, or the system keeps it).
*/
bool library_close(Library *library);

const char *library_path(const Library *library); /* real; program: "" */
bool library_is_program(const Library *library);

/*
** The path of a file with the same bytes that was loaded before this one and
** was still loaded then: both have variables of their own. NULL: none was.
*/
const char *library_copy(const Library *library);

/*
** The file's own tables; for the program those of its executable. NULL where
** they cannot be read (no ELF system): elf_info and the like take that.
*/
const ElfFile *library_elf(const Library *library);

/*
** The address of a symbol that this library itself exports (for the program
** anything globally visible), of `version` or the default one. Variables
** that are thread-local: this thread's. *symbol is filled where the file's
** tables have it, else its name is NULL. NULL with a message: the library
** that exports it where only a dependency does, the versions there are where
** only the version is missing, names that are near.
*/
void *library_symbol(Library *library, const char *name, const char *version,
                     ElfSymbol *symbol, Error *error);

#endif
