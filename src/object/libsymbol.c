/*
** libsymbol.c - library_symbol; see library.h.
**
** The file's own table says what a library exports: the loader also finds
** what its dependencies do. The loader says where it is: only it knows
** thread-local storage and runs the resolvers of ifuncs.
*/
#include <stdio.h>
#include <string.h>

#include "object/libentry.h"
#include "object/loader.h"

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

/* ---------------------------------------------------------------------
** Why there is no such symbol: each of these sets the error and returns
** true, or false if it does not know.
*/

/* The name is there, but not in that version. */
static bool other_version(const Library *library, const char *name,
                          const char *version, Error *error) {
  char list[512] = "";
  size_t used = 0;
  for (size_t i = 0; i < elf_count(library->elf); i++) {
    const ElfSymbol *symbol = elf_symbol(library->elf, i);
    if (strcmp(symbol->name, name) != 0 || used >= sizeof list - 1)
      continue;
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s%s",
                             used == 0 ? "" : ", ",
                             symbol->version == NULL ? "one without a version"
                                                     : symbol->version,
                             symbol->version != NULL && symbol->isdefault
                             ? " (the default)" : "");
  }
  if (used == 0)
    return false;
  error_set(error, 0, "%s exports '%s', but not in %s%s; there is %s",
            last_part(library->path), name,
            version == NULL ? "a default version" : "version ",
            version == NULL ? "" : version, list);
  return true;
}

static void replaced(const Library *library, const char *name,
                     Error *error) {
  error_set(error, 0, "'%s': the file %s is not the one that is loaded, it "
            "was replaced; close the library everywhere and open it again",
            name, library->path);
}

/* The loader finds it: in another library, or in what the file once was. */
static bool in_dependency(const Library *library, const char *name,
                          const char *version, Error *error) {
  bool missing;
  LoaderPlace place;
  void *address = loader_symbol(library->handle, name, version, &missing);
  if (missing || address == NULL || !loader_place(address, &place) ||
      library->spot.base == NULL)
    return false;
  if (place.base == library->spot.base)
    replaced(library, name, error);
  else
    error_set(error, 0, "%s does not export '%s'; its dependency %s does: "
              "open that (\"%s\")", last_part(library->path), name, place.path,
              last_part(place.path));
  return true;
}

/* "_Z3addii" for "add". */
static bool as_cplusplus(const Library *library, const char *name,
                         Error *error) {
  char mangled[LIMIT_NAME];
  int length = snprintf(mangled, sizeof mangled, "_Z%zu%s", strlen(name),
                        name);
  for (size_t i = 0; i < elf_count(library->elf); i++) {
    const ElfSymbol *symbol = elf_symbol(library->elf, i);
    if (strncmp(symbol->name, mangled, (size_t)length) != 0)
      continue;
    error_set(error, 0, "%s does not export '%s' but '%.200s', its C++ name; "
              "look that up, or declare it extern \"C\" there",
              last_part(library->path), name, symbol->name);
    return true;
  }
  return false;
}

static void not_exported(const Library *library, const char *name,
                         Error *error) {
  const char *near = elf_nearest(library->elf, name);
  error_set(error, 0, "%s does not export '%.300s'%s%s%s",
            library->program ? "the program (with the libraries that are "
                               "global)" : last_part(library->path),
            name, near != NULL ? "; did you mean '" : "",
            near != NULL ? near : "", near != NULL ? "'?" : "");
}

static void explain_missing(const Library *library, const char *name,
                            const char *version, Error *error) {
  if (!other_version(library, name, version, error) &&
      !in_dependency(library, name, version, error) &&
      !as_cplusplus(library, name, error))
    not_exported(library, name, error);
}

/* --------------------------------------------------------------------- */

/* Is there `text`, or `text`, a blank and `more`, among the names? */
static bool among(const char *const *names, size_t count, const char *text,
                  const char *more) {
  size_t length = strlen(text);
  for (size_t i = 0; i < count; i++)
    if (strncmp(names[i], text, length) == 0 &&
        (more == NULL ? names[i][length] == '\0'
                      : names[i][length] == ' ' &&
                        strcmp(names[i] + length + 1, more) == 0))
      return true;
  return false;
}

/*
** A program that was linked with the library may have taken over one of its
** variables (a copy relocation): then everybody, the library too, uses the
** program's, and the library's own is dead. NULL: it has not.
*/
static void *program_copy(const Library *library, const ElfSymbol *found) {
  const Library *program = library_program_entry();
  const char *soname = elf_info(library->elf)->soname;
  if (found->kind != SYMBOL_VARIABLE || program == NULL || soname == NULL)
    return NULL;
  const ElfSymbol *copy = elf_find(program->elf, found->name, NULL);
  const ElfInfo *info = elf_info(program->elf);
  if (copy == NULL || copy->kind != SYMBOL_VARIABLE ||
      copy->size != found->size ||
      !(found->version != NULL
        ? among(info->required, info->nrequired, soname, found->version)
        : among(info->needed, info->nneeded, soname, NULL)))
    return NULL;
  bool missing;
  LoaderPlace place;
  void *address = loader_symbol(program->handle, found->name, NULL, &missing);
  if (address == NULL || !loader_place(address, &place) ||
      place.base != program->spot.base)
    return NULL;
  return address;
}

/*
** Is an address where the table leads one to expect it? The loader needs a
** while to say what is at an address, so it is asked only if there is doubt.
*/
static bool in_place(const Library *library, const ElfSymbol *found,
                     const void *address) {
  LoaderPlace place;
  if ((uintptr_t)address == library->spot.bias + found->value)
    return true;
  if (found->unique ||
      (found->kind != SYMBOL_FUNCTION && found->kind != SYMBOL_VARIABLE))
    return true;                  /* may be anywhere */
  return library->spot.base == NULL || !loader_place(address, &place) ||
         place.base == library->spot.base;
}

static void *own_symbol(const Library *library, const ElfSymbol *found,
                        const char *version, Error *error) {
  bool missing = false;
  void *address = program_copy(library, found);
  if (address != NULL)
    return address;
  if (found->isdefault)
    version = NULL;
  address = loader_symbol(library->handle, found->name, version, &missing);
  if (missing && version != NULL) {
    error_set(error, 0, "'%s' has a version %s in %s, but this system's loader "
              "does not find it", found->name, version,
              last_part(library->path));
    return NULL;
  }
  if (found->value == 0 && found->kind != SYMBOL_TLS)
    missing = false;              /* some loaders take it for absent */
  if (missing || (address != NULL && !in_place(library, found, address))) {
    replaced(library, found->name, error);
    return NULL;
  }
  if (address == NULL)
    error_set(error, 0, "'%s' has the address NULL in %s: it is there to be "
              "absent", found->name, last_part(library->path));
  return address;
}

/* The table's entry for a symbol that some loaded object has. */
static const ElfSymbol *symbol_of_program(const Library *library,
                                          const void *address,
                                          const char *name,
                                          const char *version) {
  LoaderPlace place;
  if (!loader_place(address, &place) || place.base == library->spot.base)
    return elf_find(library->elf, name, version);
  return elf_find(library_loaded_file(place.path), name, version);
}

/* Where there are no tables to ask, the loader's word is all there is. */
static void *loader_only(const Library *library, const char *name,
                         const char *version, Error *error) {
  bool missing;
  void *address = loader_symbol(library->handle, name, version, &missing);
  if (address == NULL)
    error_set(error, 0, "%s has no symbol '%s'", last_part(library->path),
              name);
  return address;
}

/* Some loaded object has the name, but none has it in that version. */
static bool unversioned(const Library *library, const char *name,
                        const char *version, Error *error) {
  bool missing;
  LoaderPlace place;
  void *address = loader_symbol(library->handle, name, NULL, &missing);
  if (version == NULL || missing)
    return false;
  bool known = loader_place(address, &place);
  error_set(error, 0, "nothing that is loaded has '%s' in version %s; %s has "
            "it in another one", name, version,
            known ? place.path : "the program");
  return true;
}

static void *program_symbol(const Library *library, const char *name,
                            const char *version, ElfSymbol *symbol,
                            Error *error) {
  bool missing;
  void *address = loader_symbol(library->handle, name, version, &missing);
  if (missing) {
    if (!unversioned(library, name, version, error))
      explain_missing(library, name, version, error);
    return NULL;
  }
  const ElfSymbol *found = symbol_of_program(library, address, name, version);
  if (found != NULL)
    *symbol = *found;
  if (address == NULL)
    error_set(error, 0, "'%s' has the address NULL in this program", name);
  return address;
}

void *library_symbol(Library *library, const char *name, const char *version,
                     ElfSymbol *symbol, Error *error) {
  memset(symbol, 0, sizeof *symbol);
  if (library->program)
    return program_symbol(library, name, version, symbol, error);
  if (library->elf == NULL)
    return loader_only(library, name, version, error);
  const ElfSymbol *found = elf_find(library->elf, name, version);
  if (found == NULL) {
    explain_missing(library, name, version, error);
    return NULL;
  }
  *symbol = *found;
  return own_symbol(library, found, version, error);
}
