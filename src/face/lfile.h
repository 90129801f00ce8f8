/*
** lfile.h - files: what they say of themselves, loaded or not.
*/
#ifndef CPLUGIN_LFILE_H
#define CPLUGIN_LFILE_H

#include "face/ltype.h"

/* Whose tables are read: a plugin's, or those of what inspect() returned. */
typedef struct Source {
  const ElfFile *elf;             /* NULL: this system's files are not ELF */
  Plugin *plugin;                 /* NULL: a file that is not loaded */
} Source;

/*
** Pushes what keeps the tables of the source while they are read: the file,
** or the plugin's pin, which then holds the library even after a close.
*/
Source check_source(lua_State *L, int index);

/*
** What is declared of a symbol of the file on the top, or NULL with an error,
** which may be "".
*/
const Decl *file_declared(lua_State *L, const ElfSymbol *symbol,
                          Error *error);

/* Methods of plugins and files, plugin.inspect, plugin.candidates. */
int file_info(lua_State *L);
int file_inspect(lua_State *L);
int file_candidates(lua_State *L);
void file_setup(lua_State *L, State *s);

#endif
