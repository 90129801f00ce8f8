/*
** debuginfo.c - any bytes as a shared object with debug info (CTF's is read
** here, DWARF by libdw): a symbol has a declaration, or a reason why not.
*/
#define _GNU_SOURCE
#include "bytes.h"

#include "object/debuginfo.h"

#define MOST 64                   /* symbols */

static void declare(DebugInfo *info, const ElfFile *file,
                    const ElfSymbol *symbol, Scope *scope) {
  size_t length;
  bool clash = false;
  Error error = {"", 0};
  const char *made =
      debuginfo_text(info, file, symbol, false, &length, &clash, &error);
  if (made == NULL) {
    bytes_must(error.message[0] != '\0', "it is said why not", symbol->name);
    return;
  }
  DeclText text = {.text = made, .length = length, .yields = true};
  if (decl_checked(scope, &text, debuginfo_check, info, &error))
    debuginfo_declared(info);
  for (int which = -1; which < 3; which++)
    debuginfo_spelled(info, which);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  Error error = {"", 0};
  const char *path = bytes_file(bytes, size);
  ElfFile *file = elf_open(path, &error);
  DebugInfo *info = file == NULL ? NULL : debuginfo_open(path, NULL, &error);
  if (info != NULL) {
    Scope *scope = bytes_scope();
    for (size_t i = 0; i < elf_count(file) && i < MOST; i++)
      declare(info, file, elf_symbol(file, i), scope);
    debuginfo_close(info);
    scope_free(scope);
  } else {
    bytes_must(error.message[0] != '\0', "it is said why not", path);
  }
  elf_close(file);
  return 0;
}
