/*
** variadic.c - functions with `...`: the caller's promotions are all that
** the callee can rely on.
*/
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int sum_ints(int count, ...) {
  va_list list;
  va_start(list, count);
  int sum = 0;
  for (int i = 0; i < count; i++)
    sum += va_arg(list, int);
  va_end(list);
  return sum;
}

double sum_doubles(int count, ...) {
  va_list list;
  va_start(list, count);
  double sum = 0;
  for (int i = 0; i < count; i++)
    sum += va_arg(list, double);
  va_end(list);
  return sum;
}

struct Point { int x, y; };
struct Large { long a, b, c; };

static int describe_one(char kind, va_list *list, char *out, size_t size) {
  switch (kind) {
    case 'i': return snprintf(out, size, "i%d ", va_arg(*list, int));
    case 'l': return snprintf(out, size, "l%ld ", va_arg(*list, long));
    case 'd': return snprintf(out, size, "d%g ", va_arg(*list, double));
    case 'D':
      return snprintf(out, size, "D%Lg ", va_arg(*list, long double));
    case 's': {
      const char *text = va_arg(*list, const char *);
      return snprintf(out, size, "s%s ", text == NULL ? "(null)" : text);
    }
    case 'p':
      return snprintf(out, size, "p%s ",
                      va_arg(*list, void *) == NULL ? "0" : "1");
    case 'P': {
      struct Point point = va_arg(*list, struct Point);
      return snprintf(out, size, "P%d,%d ", point.x, point.y);
    }
    case 'L': {
      struct Large large = va_arg(*list, struct Large);
      return snprintf(out, size, "L%ld,%ld,%ld ", large.a, large.b, large.c);
    }
    default: return snprintf(out, size, "? ");
  }
}

/*
** Writes what it was given, each as `kinds` says: i int, l long, d double,
** D long double, s string, p pointer, P struct Point, L struct Large.
*/
int describe(char *out, size_t size, const char *kinds, ...) {
  va_list list;
  size_t used = 0;
  va_start(list, kinds);
  if (size > 0)
    out[0] = '\0';
  for (; *kinds != '\0' && used < size; kinds++) {
    int written = describe_one(*kinds, &list, out + used, size - used);
    used += written > 0 ? (size_t)written : 0;
  }
  va_end(list);
  return (int)used;
}

/* Takes the list of another variadic function. */
int describe_list(char *out, size_t size, const char *format, va_list list) {
  return vsnprintf(out, size, format, list);
}
