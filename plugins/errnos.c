/*
** errnos.c - functions that set errno, or leave it, or read it.
*/
#include <errno.h>

int fail_with(int code) {
  errno = code;
  return -1;
}

int leave_errno(void) { return 0; }

int get_errno(void) { return errno; }

/* Changes errno after the callback: what a call leaves is the last word. */
int fail_after(int (*f)(void), int code) {
  int result = f();
  errno = code;
  return result;
}

/* What errno is in C after a callback ran: Lua must not disturb it. */
int errno_across(int code, void (*f)(void)) {
  errno = code;
  f();
  return errno;
}
