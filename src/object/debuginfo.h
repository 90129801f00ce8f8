/*
** debuginfo.h - declarations that nobody typed: what a file's debug info
** says of the symbols that it exports, as C text for the parser.
**
** One DebugInfo is for one scope, and one thread at a time: it remembers
** what it has declared there.
*/
#ifndef CPLUGIN_DEBUGINFO_H
#define CPLUGIN_DEBUGINFO_H

#include "object/elfsym.h"
#include "type/scope.h"

typedef struct DebugInfo DebugInfo;

/*
** Finds the debug info of the file at `path`, in it or apart (debugfile.h),
** and lists what it has. NULL with an error: there is none, libdw is not
** installed ...
*/
DebugInfo *debuginfo_open(const char *path, const char *folders,
                          Error *error);
void debuginfo_close(DebugInfo *info);    /* NULL is fine */

/* The file that it is in. */
const char *debuginfo_path(const DebugInfo *info);

/*
** Makes the text that declares a symbol of that file: types first, its own
** declaration last. What is already declared is left out, unless `whole`, and
** so is the own declaration of a version that is not the default, whose name
** stands for another symbol. NULL with an error that says why it is not known.
** The text lasts until the next call.
** *clash: the scope has other types of the same names, so that it must be
** made whole, for a scope of its own.
*/
const char *debuginfo_text(DebugInfo *info, const ElfFile *elf,
                           const ElfSymbol *symbol, bool whole,
                           size_t *length, bool *clash, Error *error);

/*
** After the text has been declared in `scope`: are sizes and offsets those
** that the compiler used? False with an error. As decl_checked wants it.
*/
bool debuginfo_check(void *info, const Scope *scope, Error *error);

/*
** How the source writes a type of the symbol of the text: of parameter
** `which`, from 1, of the result (0), of a variable (-1). NULL: it is not
** known. Lasts until the next call.
*/
const char *debuginfo_spelled(DebugInfo *info, int which);

/* The text has been declared in the scope for good. False: no memory. */
bool debuginfo_declared(DebugInfo *info);

/* Something was taken out of the scope: nothing counts as declared there. */
void debuginfo_forget(DebugInfo *info);

#endif
