/*
** structs.c - structs and unions by value, as arguments and results.
**
** How a struct travels depends on its size and on what is in it: whole in
** registers, split between integer and floating ones, or in memory. There is
** one of each kind here; for each S: `S make_s(...)`, `same_s(S)` gives it
** back, and `sum_s(S)` adds its members.
*/
#include <string.h>

/* One byte, one register. */
struct Tiny { char c; };

struct Tiny make_tiny(char c) {
  struct Tiny tiny = {c};
  return tiny;
}
struct Tiny same_tiny(struct Tiny tiny) { return tiny; }
long sum_tiny(struct Tiny tiny) { return tiny.c; }

/* Two integers in one register. */
struct Point { int x, y; };

struct Point make_point(int x, int y) {
  struct Point point = {x, y};
  return point;
}
struct Point same_point(struct Point point) { return point; }
long sum_point(struct Point point) { return (long)point.x + point.y; }

/* Floats only: one, two and three of them, and two doubles. */
struct One { float a; };
struct Two { float a, b; };
struct Three { float a, b, c; };
struct Vector { double x, y; };

struct One same_one(struct One one) { return one; }
struct Two same_two(struct Two two) { return two; }
struct Three same_three(struct Three three) { return three; }
struct Vector make_vector(double x, double y) {
  struct Vector vector = {x, y};
  return vector;
}
struct Vector same_vector(struct Vector vector) { return vector; }
double sum_three(struct Three three) {
  return (double)(three.a + three.b + three.c);
}
double sum_vector(struct Vector vector) { return vector.x + vector.y; }

/* An integer half and a floating half: one register of each kind. */
struct Mixed { double weight; int count; };

struct Mixed make_mixed(double weight, int count) {
  struct Mixed mixed = {weight, count};
  return mixed;
}
struct Mixed same_mixed(struct Mixed mixed) { return mixed; }
double sum_mixed(struct Mixed mixed) { return mixed.weight + mixed.count; }

/* A float and an int in one eightbyte. */
struct Packed8 { float f; int i; };

struct Packed8 same_packed8(struct Packed8 p) { return p; }
double sum_packed8(struct Packed8 p) { return (double)p.f + p.i; }

/* More than 16 bytes: in memory. */
struct Large { long a, b, c; double d; char name[8]; };

struct Large make_large(long a, long b, long c, double d, const char *name) {
  struct Large large = {a, b, c, d, ""};
  strncpy(large.name, name, sizeof large.name - 1);
  return large;
}
struct Large same_large(struct Large large) { return large; }
double sum_large(struct Large large) {
  return (double)(large.a + large.b + large.c) + large.d;
}

/* Structs in a struct, an array of them, and an anonymous member. */
struct Rect { struct Point min, max; };
struct Path { int count; struct Point points[3]; };
struct Tagged { int tag; union { int i; float f; }; };

struct Rect make_rect(struct Point min, struct Point max) {
  struct Rect rect = {min, max};
  return rect;
}
struct Rect same_rect(struct Rect rect) { return rect; }
long sum_rect(struct Rect rect) {
  return sum_point(rect.min) + sum_point(rect.max);
}
struct Path same_path(struct Path path) { return path; }
long sum_path(struct Path path) {
  long sum = 0;
  for (int i = 0; i < path.count; i++)
    sum += sum_point(path.points[i]);
  return sum;
}
struct Tagged same_tagged(struct Tagged tagged) { return tagged; }
double sum_tagged(struct Tagged tagged) {
  return tagged.tag == 0 ? tagged.i : (double)tagged.f;
}

/* Arrays wrapped, as C passes them by value. */
struct Bytes3 { unsigned char b[3]; };
struct Floats4 { float f[4]; };

struct Bytes3 same_bytes3(struct Bytes3 bytes) { return bytes; }
long sum_bytes3(struct Bytes3 bytes) {
  return bytes.b[0] + bytes.b[1] + bytes.b[2];
}
struct Floats4 same_floats4(struct Floats4 floats) { return floats; }

/* Unions: of one class, of two, and one too large for registers. */
union Number { int i; float f; };
union Word { long l; double d; char c[8]; };
union Big { char bytes[24]; double d; };

union Number same_number(union Number number) { return number; }
union Word same_word(union Word word) { return word; }
union Word word_of_double(double d) {
  union Word word = {.d = d};
  return word;
}
union Big same_big(union Big big) { return big; }

/* Long double has its own registers and its own rules. */
struct Long { long double value; };

struct Long same_long(struct Long value) { return value; }

/* Bit-fields travel in their containers. */
struct Flags { unsigned int kind : 3; signed int level : 5; unsigned on : 1; };

struct Flags make_flags(unsigned kind, int level, unsigned on) {
  struct Flags flags = {kind & 7u, level, on & 1u};
  return flags;
}
struct Flags same_flags(struct Flags flags) { return flags; }
long sum_flags(struct Flags flags) {
  return (long)flags.kind + flags.level + (long)flags.on;
}

/* Between other arguments, and so many that registers run out. */
double among(int a, struct Point p, double b, struct Mixed m, struct Large l,
             struct Vector v, long c) {
  return a + (double)sum_point(p) + b + sum_mixed(m) + sum_large(l) +
         sum_vector(v) + (double)c;
}
long five_rects(struct Rect a, struct Rect b, struct Rect c, struct Rect d,
                struct Rect e) {
  return sum_rect(a) + 2 * sum_rect(b) + 3 * sum_rect(c) + 4 * sum_rect(d) +
         5 * sum_rect(e);
}

/* By pointer: changed in place. */
void move_point(struct Point *point, int dx, int dy) {
  point->x += dx;
  point->y += dy;
}
