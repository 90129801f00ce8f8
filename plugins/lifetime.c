/*
** lifetime.c - objects that are made and freed, and a file that says when it
** is mapped and unmapped.
**
** The environment variable LIFETIME_LOG names a file: "mapped\n" is added
** when this is initialised, "unmapped\n" when it is finished.
*/
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void report(const char *what) {
  const char *path = getenv("LIFETIME_LOG");
  if (path == NULL)
    return;
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file < 0)
    return;
  if (write(file, what, strlen(what)) < 0)
    abort();
  close(file);
}

/*
** Objects: each knows its number; `alive` counts those not yet freed, which
** are in a list and freed at the latest when this file is finished.
*/
struct Object {
  struct Object *next;
  struct Object **link;           /* what points at this one */
  int number;
  char text[12];
};

int alive;

static struct Object *objects;
static int made;

struct Object *object_new(const char *text) {
  struct Object *object = calloc(1, sizeof *object);
  if (object == NULL)
    return NULL;
  object->next = objects;
  object->link = &objects;
  if (objects != NULL)
    objects->link = &object->next;
  objects = object;
  alive++;
  object->number = ++made;
  strncpy(object->text, text, sizeof object->text - 1);
  return object;
}

void object_free(struct Object *object) {
  if (object == NULL)
    return;
  *object->link = object->next;
  if (object->next != NULL)
    object->next->link = object->link;
  alive--;
  free(object);
}

__attribute__((constructor)) static void start(void) { report("mapped\n"); }

__attribute__((destructor)) static void finish(void) {
  while (objects != NULL)
    object_free(objects);
  report("unmapped\n");
}

int object_number(const struct Object *object) { return object->number; }

const char *object_text(const struct Object *object) { return object->text; }

int objects_alive(void) { return alive; }

/* The order in which they were freed, the last 32 of them. */
int freed[32];
int freed_count;

void object_free_noted(struct Object *object) {
  if (object != NULL)
    freed[freed_count++ % 32] = object->number;
  object_free(object);
}

/* What C keeps, the script keeps: a pointer that stays after the call. */
static const char *remembered = "";

void remember(const char *text) { remembered = text; }

const char *recall(void) { return remembered; }

/* Runs `f` in a call of this file: it must stay mapped until it is back. */
int call_within(int (*f)(void)) {
  int result = f();
  return result + 1;
}
