/*
** declare.c - any bytes as C text: declared, written, planned, or refused with
** a place, and then nothing is left of them.
*/
#define _GNU_SOURCE
#include "bytes.h"

#include "plan/plan.h"
#include "type/ctext.h"

static void use(const Decl *decl) {
  char small[16], large[4096];
  Error error;
  if (decl->type == NULL)         /* a macro */
    return;
  ctext(decl->type, decl->name, small, sizeof small);
  ctext(decl->type, decl->name, large, sizeof large);
  if (decl->kind == DECL_FUNCTION)
    plan_of(decl->type, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  Error error = {"", 0};
  Decl one;
  Scope *scope = bytes_scope();
  char *text = malloc(size + 1);
  memcpy(text, bytes, size);
  text[size] = '\0';
  DeclText source = {.text = text, .length = size};
  if (decl_block(scope, &source, &error)) {
    for (const Decl *d = scope->first; d != NULL; d = d->next)
      use(d);
    decl_block(scope, &source, &error);       /* the same once more */
  } else {
    bytes_must(scope->first == NULL && scope->arena.bytes == 0,
               "what fails leaves nothing", error.message);
    bytes_must(strstr(error.message, "column") != NULL,
               "an error has its place", error.message);
  }
  decl_one(scope, &source, &one, &error);
  scope_free(scope);
  free(text);
  return 0;
}
