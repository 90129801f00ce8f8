/* target.h - see target.c. */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct item { int n; double x; };
struct pair { double x, y; };
struct shape { int id; struct pair at; struct pair *next; char name[16]; };

extern int target_int;
extern double target_double;

void nothing(void);
int add(int a, int b);
double scale(double a, double b);
size_t length(const char *text);
long six(long a, long b, long c, long d, long e, long f);
double mixed(int a, double b, long c, float d);
struct item *same(struct item *item);
bool negate(bool flag);
uint8_t next(uint8_t byte);
double ten(int a, double b, long c, float d, const char *e, bool f,
           uint8_t g, short h, double i, long j);
struct pair swap(struct pair p);
struct item *make_item(void);
int repeat(int (*function)(int), int n);
void sort(int *array, size_t n, int (*compare)(const int *, const int *));

#endif
