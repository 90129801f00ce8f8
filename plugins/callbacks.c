/*
** callbacks.c - C calls back: at once, later, with every kind of argument,
** and after the callback is gone.
*/
#include <stddef.h>

/* At once, for the time of one call. */
int apply(int (*f)(int), int x) { return f(x); }

double apply_double(double (*f)(double), double x) { return f(x); }

int apply_twice(int (*f)(int), int x) { return f(f(x)); }

/* Calls `f` for 0 .. count-1 until it says no; how many calls were made. */
int each(int count, _Bool (*f)(int i, void *data), void *data) {
  int calls = 0;
  while (calls < count) {
    calls++;
    if (!f(calls - 1, data))
      break;
  }
  return calls;
}

/* Folds an array. */
long fold(const int *items, size_t count, long start,
          long (*f)(long sum, int item)) {
  for (size_t i = 0; i < count; i++)
    start = f(start, items[i]);
  return start;
}

/* Kept, and called by another call: what C keeps, the script keeps. */
typedef int (*Handler)(int);

static Handler kept;

void keep(Handler handler) { kept = handler; }

int has_kept(void) { return kept != NULL; }

/* -1 if there is none. If the callback has died it answers zero. */
int call_kept(int x) { return kept == NULL ? -1 : kept(x); }

int call_kept_times(int x, int times) {
  int sum = 0;
  for (int i = 0; i < times; i++)
    sum += call_kept(x);
  return sum;
}

Handler get_kept(void) { return kept; }

/* A C function as a handler, for comparison. */
int twice(int x) { return 2 * x; }

Handler get_twice(void) { return twice; }

/* Structs by value, both ways. */
struct Pair { int a, b; };
struct Wide { long a; double b; long c; double d; };

struct Pair swap_with(struct Pair (*f)(struct Pair), struct Pair pair) {
  return f(pair);
}

struct Wide widen_with(struct Wide (*f)(struct Wide, int), struct Wide wide,
                       int n) {
  return f(wide, n);
}

/* Many signatures. */
_Bool call_bool(_Bool (*f)(_Bool), _Bool x) { return f(x); }
signed char call_schar(signed char (*f)(signed char), signed char x) {
  return f(x);
}
unsigned char call_uchar(unsigned char (*f)(unsigned char), unsigned char x) {
  return f(x);
}
short call_short(short (*f)(short), short x) { return f(x); }
unsigned call_uint(unsigned (*f)(unsigned), unsigned x) { return f(x); }
long long call_llong(long long (*f)(long long), long long x) { return f(x); }
unsigned long call_ulong(unsigned long (*f)(unsigned long), unsigned long x) {
  return f(x);
}
float call_float(float (*f)(float), float x) { return f(x); }
long double call_ldouble(long double (*f)(long double), long double x) {
  return f(x);
}
void *call_pointer(void *(*f)(void *), void *x) { return f(x); }
const char *call_string(const char *(*f)(const char *), const char *x) {
  return f(x);
}
void call_void(void (*f)(void)) { f(); }

/* More arguments than registers, of both kinds. */
typedef double (*Many)(int, double, long, float, short, double, char, double,
                       long, double, int, double, long, double, int, double,
                       long, double, int, double);

double call_many(Many f) {
  return f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
           20);
}

/* A callback that is given a callback. */
int nest(int (*f)(int (*g)(int), int), int x) { return f(twice, x); }

/* A callback in a struct, as libraries take their tables of functions. */
struct Events {
  void *data;
  int (*begin)(void *data, int id);
  int (*end)(void *data, int id);
};

int run_events(const struct Events *events, int id) {
  int sum = 0;
  if (events->begin != NULL)
    sum += events->begin(events->data, id);
  if (events->end != NULL)
    sum += events->end(events->data, id);
  return sum;
}
