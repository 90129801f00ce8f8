/* stub.c - see stub.h. */
#include "bind/stub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bind/call.h"
#include "bind/stubcode.h"

#define ENTRY_ALIGN 32

/* In front of the code of each stub. */
typedef struct Header {
  const Callee *callee;
  size_t entry;                   /* from the start of the piece */
} Header;

/* ---- code ---- */

void stub_header(StubCode *code) {
  size_t end = code->size + sizeof(Header);
  code->entry = (end + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
  code->size = code->entry;
}

ptrdiff_t stub_errno(void) {
  return (ptrdiff_t)((uintptr_t)&errno - this_thread());
}

uint64_t stub_address(StubFunction function) {
  uintptr_t address;
  memcpy(&address, &function, sizeof address);
  return address;
}

/* ---- stubs ---- */

bool stub_wish(const char *word) {
  const char *wish = getenv("CPLUGIN_STUB");
  return wish != NULL && strcmp(wish, word) == 0;
}

static Header *header_of(lua_CFunction stub) {
  char *code;
  memcpy(&code, &stub, sizeof code);
  return (Header *)(void *)(code - sizeof(Header));
}

lua_CFunction stub_make(const Callee *callee) {
  StubCode code;
  lua_CFunction stub;
  code.size = 0;
  if (callee->plan == NULL || callee->plan->ffi != NULL ||
      !stub_write(&code, callee) || code.size > sizeof code.bytes)
    return NULL;
  Header header = {callee, code.entry};
  memcpy(code.bytes + code.entry - sizeof header, &header, sizeof header);
  char *piece = codemem_make(code.bytes, code.size);
  if (piece == NULL)
    return NULL;
  piece += code.entry;
  memcpy(&stub, &piece, sizeof stub);           /* as POSIX has it of dlsym */
  return stub;
}

void stub_free(lua_CFunction stub) {
  const Header *header = header_of(stub);
  codemem_free((char *)(uintptr_t)header + sizeof *header - header->entry);
}

const Callee *stub_callee(lua_CFunction function) {
  const void *code;
  memcpy(&code, &function, sizeof code);
  return codemem_has(code) ? header_of(function)->callee : NULL;
}
