/*
** last.c - see last.h.
**
** Nothing tells a module that Lua frees an object without a finaliser, but an
** allocator that stands in between sees it.
*/
#include "bind/last.h"

#include <stdlib.h>

/* Stands between Lua and its allocator until the State is freed. */
typedef struct Watch {
  lua_Alloc alloc;
  void *ud;
  State *state;                   /* NULL: freed */
  Last *objects;
} Watch;

static void *watching(void *ud, void *block, size_t old, size_t new);

/* Somebody else may have come between by now: then the watch stays. */
static void end_watch(Watch *watch) {
  void *ud;
  lua_State *L = watch->state->main;
  while (watch->objects != NULL) {
    Last *object = watch->objects;
    watch->objects = object->next;
    object->release(object);
  }
  watch->state = NULL;
  if (lua_getallocf(L, &ud) == watching && ud == watch) {
    lua_setallocf(L, watch->alloc, watch->ud);
    free(watch);
  }
}

static void *watching(void *ud, void *block, size_t old, size_t new) {
  Watch *watch = ud;
  lua_Alloc alloc = watch->alloc;
  void *alloc_ud = watch->ud;
  uintptr_t state = (uintptr_t)watch->state, start = (uintptr_t)block;
  if (new == 0 && state != 0 && state >= start && state < start + old)
    end_watch(watch);
  return alloc(alloc_ud, block, old, new);
}

/* The watch of the State, begun if there is none; NULL: no memory. */
static Watch *watch_of(State *s) {
  void *ud;
  lua_Alloc alloc = lua_getallocf(s->main, &ud);
  if (alloc == watching && ((Watch *)ud)->state == s)
    return ud;
  Watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL)
    return NULL;
  watch->alloc = alloc;
  watch->ud = ud;
  watch->state = s;
  lua_setallocf(s->main, watching, watch);
  return watch;
}

void last_release(State *s, Last *object) {
  if (!s->finished) {
    object->release(object);
    return;
  }
  Watch *watch = watch_of(s);
  if (watch == NULL)              /* without memory for that it stays */
    return;
  object->next = watch->objects;
  watch->objects = object;
}
