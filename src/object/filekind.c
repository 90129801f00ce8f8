/* filekind.c - see filekind.h. */
#include "object/filekind.h"

#include <string.h>

/* First bytes that tell a format; the first row that fits wins. */
static const struct { const char *magic; size_t size; FileKind kind; }
formats[] = {
  {"\177ELF", 4, FILE_IS_ELF},
  {"!<arch>\n", 8, FILE_IS_ARCHIVE},
  {"!<thin>\n", 8, FILE_IS_ARCHIVE},
  {"\xFE\xED\xFA\xCE", 4, FILE_IS_MACHO},
  {"\xFE\xED\xFA\xCF", 4, FILE_IS_MACHO},
  {"\xCE\xFA\xED\xFE", 4, FILE_IS_MACHO},
  {"\xCF\xFA\xED\xFE", 4, FILE_IS_MACHO},
  {"\xCA\xFE\xBA\xBE", 4, FILE_IS_MACHO},
  {"MZ", 2, FILE_IS_PE}
};

static const char *const advice[] = {
  [FILE_IS_ELF] = "is an ELF file: get the library for this system",
  [FILE_IS_EMPTY] = "is empty: build or copy it again",
  [FILE_IS_TEXT] = "is not a shared object: it is a text file; "
                   "compile it with cc -shared -fPIC if it is C",
  [FILE_IS_ARCHIVE] = "is not a shared object: it is a static library; make "
                      "one of it with cc -shared -Wl,--whole-archive, or "
                      "take the .so file",
  [FILE_IS_MACHO] = "is not an ELF file: it is a macOS (Mach-O) file, whose "
                    "tables cannot be read here",
  [FILE_IS_PE] = "is not a shared object: it is a Windows (PE) file; get the "
                 "library for this system",
  [FILE_IS_OTHER] = "is not a shared object: it does not begin as an ELF file "
                    "does; check what it is with file(1)"
};

/* Control characters no text has; bytes from 128 up may be UTF-8. */
static bool is_text(const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (bytes[i] < 32 && (bytes[i] < '\a' || bytes[i] > '\r'))
      return false;
  return true;
}

FileKind filekind(const void *bytes, size_t size) {
  if (size == 0)
    return FILE_IS_EMPTY;
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    if (size >= formats[i].size &&
        memcmp(bytes, formats[i].magic, formats[i].size) == 0)
      return formats[i].kind;
  return is_text(bytes, size) ? FILE_IS_TEXT : FILE_IS_OTHER;
}

const char *filekind_advice(FileKind kind) {
  return advice[kind];
}
