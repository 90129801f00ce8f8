/* nearname.c - see nearname.h. */
#define _POSIX_C_SOURCE 200809L
#include "base/nearname.h"

#include <string.h>

#define LONGEST 64                /* longer names are not compared */

/* About one slip in three letters is still taken for the same name. */
void nearname_init(NearName *near, const char *wanted, size_t length) {
  near->wanted = wanted;
  near->length = length;
  near->best = NULL;
  near->distance = near->length / 3 + 1;
  if (near->distance > 4)
    near->distance = 4;
}

static size_t least(size_t a, size_t b, size_t c) {
  size_t result = a < b ? a : b;
  return result < c ? result : c;
}

/*
** Letters to insert, remove, change or swap with their neighbour. Three rows
** of the usual table: `row[j]` is the distance of a's first i letters from
** b's first j.
*/
static size_t distance(const char *a, size_t na, const char *b, size_t nb) {
  size_t rows[3][LONGEST + 1];
  size_t *older = rows[0], *old = rows[1], *row = rows[2];
  for (size_t j = 0; j <= nb; j++)
    old[j] = j;
  for (size_t i = 1; i <= na; i++) {
    row[0] = i;
    for (size_t j = 1; j <= nb; j++) {
      row[j] = least(old[j] + 1, row[j - 1] + 1,
                     old[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
          older[j - 2] + 1 < row[j])
        row[j] = older[j - 2] + 1;
    }
    size_t *free_row = older;
    older = old;
    old = row;
    row = free_row;
  }
  return old[nb];
}

void nearname_offer(NearName *near, const char *name) {
  size_t length = strnlen(name, LONGEST + 1);
  size_t apart = length > near->length ? length - near->length
                                       : near->length - length;
  if (apart >= near->distance || length > LONGEST || near->length > LONGEST)
    return;
  size_t far = distance(near->wanted, near->length, name, length);
  if (far < near->distance) {
    near->distance = far;
    near->best = name;
  }
}
