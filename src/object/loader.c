/* loader.c - see loader.h. */
#define _GNU_SOURCE
#include "object/loader.h"

#include <dlfcn.h>
#include <unistd.h>

void *loader_open(const char *path, unsigned flags) {
  int mode = flags & LOADER_LAZY ? RTLD_LAZY : RTLD_NOW;
  mode |= flags & LOADER_GLOBAL ? RTLD_GLOBAL : RTLD_LOCAL;
  if (flags & LOADER_RESIDENT)
    mode |= RTLD_NODELETE;
  if (flags & LOADER_ONLY_OPEN)
    mode |= RTLD_NOLOAD;
  return dlopen(path, mode);
}

void loader_close(void *handle) {
  dlclose(handle);
}

const char *loader_error(void) {
  const char *text = dlerror();
  return text == NULL ? "" : text;
}

bool loader_place(const void *address, LoaderPlace *place) {
  Dl_info info;
  if (dladdr(address, &info) == 0 || info.dli_fname == NULL)
    return false;
  place->path = info.dli_fname;
  place->base = info.dli_fbase;
  return true;
}

void loader_stay(const void *address) {
  LoaderPlace place;
  if (!loader_place(address, &place))
    return;
  void *handle = loader_open(place.path, LOADER_LAZY | LOADER_RESIDENT |
                                         LOADER_ONLY_OPEN);
  if (handle != NULL)
    loader_close(handle);         /* it is one reference too many */
}

static void *by_version(void *handle, const char *name, const char *version);

void *loader_symbol(void *handle, const char *name, const char *version,
                    bool *missing) {
  dlerror();                      /* forget an older error */
  void *address = version == NULL ? dlsym(handle, name)
                                  : by_version(handle, name, version);
  *missing = address == NULL && (dlerror() != NULL || version != NULL);
  return address;
}

#if defined(__linux__)

#include <link.h>
#include <string.h>
#include <sys/auxv.h>

LoaderSpot loader_spot(void *handle) {
  LoaderSpot spot = {NULL, NULL, 0};
  LoaderPlace place;
  struct link_map *map;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 &&
      loader_place(map->l_ld, &place)) {
    spot.anchor = map->l_ld;
    spot.base = place.base;
    spot.bias = map->l_addr;
  }
  return spot;
}

/* The dynamic segment of an object, or NULL. */
static const ElfW(Dyn) *dynamic_of(const struct dl_phdr_info *object) {
  for (size_t i = 0; i < object->dlpi_phnum; i++)
    if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
      return (const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
  return NULL;
}

/* glibc has made an address of what the file says of the strings, musl not. */
static const char *strings_of(const struct dl_phdr_info *object,
                              const ElfW(Dyn) *entry) {
  while (entry->d_tag != DT_NULL && entry->d_tag != DT_STRTAB)
    entry++;
  ElfW(Addr) at = entry->d_tag == DT_NULL ? 0 : entry->d_un.d_ptr;
  return (const char *)(at < object->dlpi_addr ? at + object->dlpi_addr : at);
}

static int needs(struct dl_phdr_info *object, size_t size, void *soname) {
  const ElfW(Dyn) *entry = dynamic_of(object);
  (void)size;
  if (entry == NULL)
    return 0;
  const char *strings = strings_of(object, entry);
  for (; entry->d_tag != DT_NULL; entry++)
    if (entry->d_tag == DT_NEEDED &&
        strcmp(strings + entry->d_un.d_val, soname) == 0)
      return 1;
  return 0;
}

bool loader_needs(const char *soname) {
  return dl_iterate_phdr(needs, (void *)(uintptr_t)soname) != 0;
}

const char *loader_program(void) {
  static const char self[] = "/proc/self/exe";
  if (access(self, R_OK) == 0)
    return self;
  return (const char *)getauxval(AT_EXECFN);
}

#else

LoaderSpot loader_spot(void *handle) {
  LoaderSpot spot = {NULL, NULL, 0};
  (void)handle;
  return spot;
}

bool loader_needs(const char *soname) {
  (void)soname;
  return false;
}

const char *loader_program(void) {
  return NULL;
}

#endif

#if defined(__GLIBC__)

static void *by_version(void *handle, const char *name, const char *version) {
  return dlvsym(handle, name, version);
}

#else

/* This loader knows no versions, and so finds no symbol that is not default. */
static void *by_version(void *handle, const char *name, const char *version) {
  (void)handle;
  (void)name;
  (void)version;
  return NULL;
}

#endif
