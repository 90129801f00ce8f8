/*
** target.c - the library that both sides call: cplugin, and the module that
** is written by hand (yardstick.c). Its functions do next to nothing, so
** that what is measured is the way there and back.
*/
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

int target_int = 7;
double target_double = 1.5;

void nothing(void) {
}

int add(int a, int b) {
  return a + b;
}

double scale(double a, double b) {
  return a * b;
}

size_t length(const char *text) {
  return strlen(text);
}

long six(long a, long b, long c, long d, long e, long f) {
  return a + b + c + d + e + f;
}

double mixed(int a, double b, long c, float d) {
  return a + b + (double)c + d;
}

struct item *same(struct item *item) {
  return item;
}

bool negate(bool flag) {
  return !flag;
}

uint8_t next(uint8_t byte) {
  return (uint8_t)(byte + 1);
}

double ten(int a, double b, long c, float d, const char *e, bool f,
           uint8_t g, short h, double i, long j) {
  return a + b + (double)c + d + (e != NULL) + f + g + h + i + (double)j;
}

struct pair swap(struct pair p) {
  struct pair q = {p.y, p.x};
  return q;
}

struct item *make_item(void) {
  static struct item item = {1, 2.0};
  return &item;
}

int repeat(int (*function)(int), int n) {
  int sum = 0;
  for (int i = 0; i < n; i++)
    sum += function(i);
  return sum;
}

void sort(int *array, size_t n, int (*compare)(const int *, const int *)) {
  qsort(array, n, sizeof *array,
        (int (*)(const void *, const void *))compare);
}
