/* filekind.h - what a file is that was taken for a shared object. */
#ifndef CPLUGIN_FILEKIND_H
#define CPLUGIN_FILEKIND_H

#include "base/base.h"

#define FILEKIND_BYTES 512        /* as many as are worth looking at */

typedef enum FileKind {
  FILE_IS_ELF, FILE_IS_EMPTY, FILE_IS_TEXT, FILE_IS_ARCHIVE, FILE_IS_MACHO,
  FILE_IS_PE, FILE_IS_OTHER
} FileKind;

/* By the file's first bytes (FILEKIND_BYTES of them, or all). */
FileKind filekind(const void *bytes, size_t size);

/* "is empty: build or copy it again": what it is and what to do. */
const char *filekind_advice(FileKind kind);

#endif
