/* laststub.c - see laststub.h. */
#include "bind/laststub.h"

#include <stdlib.h>

#include "bind/stub.h"

/* One list of stubs of a State that is ending. */
typedef struct List {
  lua_CFunction stubs;
  struct List *next;
} List;

/* Stands between Lua and its allocator until the State is freed. */
typedef struct Watch {
  lua_Alloc alloc;
  void *ud;
  State *state;
  List *lists;
} Watch;

static void free_stubs(lua_CFunction stub) {
  while (stub != NULL) {
    lua_CFunction older = stub_older(stub);
    stub_free(stub);
    stub = older;
  }
}

static void *watching(void *ud, void *block, size_t old, size_t new);

/* Somebody else may have come between by now: then the watch stays. */
static void end_watch(Watch *watch) {
  void *ud;
  lua_State *L = watch->state->main;
  while (watch->lists != NULL) {
    List *list = watch->lists;
    watch->lists = list->next;
    free_stubs(list->stubs);
    free(list);
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

void laststub_free(State *s, lua_CFunction stubs) {
  if (!s->finished) {
    free_stubs(stubs);
    return;
  }
  Watch *watch = watch_of(s);
  List *list = watch == NULL ? NULL : malloc(sizeof *list);
  if (list == NULL)               /* so they stay: this is the process's end, */
    return;                       /* or near to it */
  list->stubs = stubs;
  list->next = watch->lists;
  watch->lists = list;
}
