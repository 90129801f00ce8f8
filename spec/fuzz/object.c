/*
** object.c - any bytes as a shared object: what it says of itself is sound,
** and all that it exports is found by its name.
*/
#define _GNU_SOURCE
#include "bytes.h"

#include "object/elfsym.h"

static void read_each(const char *const *texts, size_t count) {
  for (size_t i = 0; i < count; i++)
    bytes_read(texts[i]);
}

static void read_all(const ElfInfo *info) {
  bytes_read(info->soname);
  bytes_read(info->runpath);
  read_each(info->needed, info->nneeded);
  read_each(info->defined, info->ndefined);
  read_each(info->required, info->nrequired);
  read_each(info->compilers, info->ncompilers);
}

static void find_all(const ElfFile *file) {
  for (size_t i = 0; i < elf_count(file); i++) {
    const ElfSymbol *symbol = elf_symbol(file, i);
    const ElfSymbol *found = elf_find(file, symbol->name, symbol->version);
    bytes_must(found != NULL && strcmp(found->name, symbol->name) == 0,
               "a symbol is found by name and version", symbol->name);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  Error error = {"", 0};
  const char *path = bytes_file(bytes, size);
  ElfFile *file = elf_open(path, &error);
  if (file != NULL) {
    read_all(elf_info(file));
    find_all(file);
    elf_loadable(file, &error);
    elf_close(file);
  } else {
    bytes_must(strstr(error.message, path) == error.message,
               "an error begins with the path", error.message);
  }
  elf_close(elf_glance(path, &error));
  return 0;
}
