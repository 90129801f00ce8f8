/* dwarfstring.c - see dwarfstring.h. */
#include "object/dwarfstring.h"

#include <string.h>

/* ".debug_str", ".debug_line_str.dwo", but not ".debug_str_offsets". */
static bool is_text(const char *name) {
  static const char *const names[] = {
    ".debug_str", ".debug_line_str", ".zdebug_str", ".zdebug_line_str"
  };
  for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++) {
    size_t length = strlen(names[i]);
    if (strncmp(name, names[i], length) == 0 &&
        (name[length] == '\0' || strcmp(name + length, ".dwo") == 0))
      return true;
  }
  return false;
}

bool dwarfstring_ends(const LibDw *dw, Elf *elf) {
  ElfHeader header;
  size_t names;
  ElfScn *section = NULL;
  if (dw->elf_getshdrstrndx(elf, &names) != 0)
    return true;                  /* no section has a name: none is read */
  while ((section = dw->elf_nextscn(elf, section)) != NULL) {
    if (dw->gelf_getshdr(section, &header) == NULL ||
        !is_text(dw->elf_strptr(elf, names, header.name)))
      continue;
    const ElfBytes *bytes = dw->elf_rawdata(section, NULL);
    if (bytes != NULL && bytes->start != NULL && bytes->size > 0 &&
        bytes->start[bytes->size - 1] != '\0')
      return false;
  }
  return true;
}
