/*
** check.h - the smallest test harness: CHECK counts and goes on.
**
**   int main(void) { CHECK(1 + 1 == 2); return check_report(); }
*/
#ifndef CPLUGIN_CHECK_H
#define CPLUGIN_CHECK_H

#include <stdio.h>

static int check_passed, check_failed;

/* Evaluates to the condition, so that what depends on it can be skipped. */
#define CHECK(condition) \
  check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

static inline int check_that(int ok, const char *what, const char *file,
                             int line) {
  if (ok) {
    check_passed++;
  } else {
    check_failed++;
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
  }
  return ok;
}

/* Prints the counts; what main() returns. */
static inline int check_report(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed == 0 ? 0 : 1;
}

#endif
