/*
** tour.c - the tour of a plugin: a variable, a function that reads it, an
** object whose methods are function pointers, a constructor.
*/
#include <stdio.h>

int PluginInt = 7;

/* Shows that C sees what Lua has written. */
void PluginPrint(void) {
  printf("C says: PluginInt is %d\n", PluginInt);
}

/* How often this file has been initialised: once, however often opened. */
int PluginStarts;

__attribute__((constructor)) static void start(void) {
  PluginStarts++;
}

/*
** An object as C has them: data, and pointers to the functions that take it.
**   struct Counter { int count; int (*M1)(struct Counter *, int); };
*/
struct Counter {
  int count;
  int (*M1)(struct Counter *self, int step);
};

static int add(struct Counter *self, int step) {
  self->count += step;
  return self->count;
}

struct Counter PluginObject = {40, add};
