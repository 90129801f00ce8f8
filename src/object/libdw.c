/* libdw.c - see libdw.h. */
#include "object/libdw.h"

#include <pthread.h>
#include <string.h>

#include "object/loader.h"

#define EV_CURRENT 1              /* the version of ELF */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static LibDw libdw;
static const char *lacks;         /* a function, or the library; NULL: none */

/* As POSIX has it of dlsym: a function's address out of a data pointer's. */
static void *function(void *handle, const char *name) {
  bool missing;
  void *address = loader_symbol(handle, name, NULL, &missing);
  if (address == NULL && lacks == NULL)
    lacks = name;
  return address;
}

static void load(void) {
  void *address, *handle = loader_open("libdw.so.1", LOADER_RESIDENT);
  if (handle == NULL) {
    lacks = "libdw.so.1";
    return;
  }
#define LOAD(name, result, parameters) \
  address = function(handle, #name); \
  memcpy(&libdw.name, &address, sizeof address);
  LIBDW_FUNCTIONS(LOAD)
#undef LOAD
  if (lacks == NULL)
    libdw.elf_version(EV_CURRENT);
}

const LibDw *libdw_open(Error *error) {
  pthread_once(&once, load);
  if (lacks == NULL)
    return &libdw;
  if (strcmp(lacks, "libdw.so.1") == 0)
    error_set(error, 0, "debug info is read by libdw (of elfutils), which is "
              "not installed: there is no %s; on Debian: apt-get install "
              "libdw1", lacks);
  else
    error_set(error, 0, "this libdw cannot be used: it has no function '%s'; "
              "elfutils 0.171 or later is needed", lacks);
  return NULL;
}
