/*
** variables.c - variables of every shape, and functions through which C
** says what it sees in them.
*/
#include <stddef.h>
#include <string.h>

/* Scalars. */
int counter = 3;
unsigned char byte = 200;
long long big = 1LL << 40;
unsigned long long huge = ~0ULL;
double ratio = 0.5;
float single = 1.5f;
_Bool enabled = 1;
char letter = 'a';
enum Mode { OFF, ON, AUTO = 10 } mode = ON;

int get_counter(void) { return counter; }
double get_ratio(void) { return ratio; }

/* Constant ones: in memory that nobody may write. */
const int limit = 99;
const char *const motto = "to be read";
const int primes[5] = {2, 3, 5, 7, 11};

/* Strings: an array that holds one, and a pointer to one. */
char name[16] = "first";
const char *title = "untitled";

size_t name_length(void) { return strlen(name); }
const char *get_title(void) { return title; }

/* Arrays, of one and of two dimensions, and of structs. */
int table[4] = {10, 20, 30, 40};
double matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
struct Point { int x, y; } corners[2] = {{1, 2}, {3, 4}};
const char *words[3] = {"zero", "one", NULL};

int sum_table(void) { return table[0] + table[1] + table[2] + table[3]; }
double at_matrix(int row, int column) { return matrix[row][column]; }

/* Structs, in place. */
struct Config {
  int level;
  char host[12];
  struct Point origin;
  const char *user;
  struct Config *next;
};
struct Config config = {2, "localhost", {5, 6}, "root", NULL};

int get_level(void) { return config.level; }

/* A union. */
union Value { int i; double d; char c[8]; } value = {.i = 42};

/* Pointers: to another variable, to nothing, to anything. */
int *current = &counter;
struct Config *active = &config;
void *anything = NULL;
int **indirect = &current;

int get_current(void) { return current == NULL ? -1 : *current; }

/* A pointer to a function. */
static int add(int a, int b) { return a + b; }
static int multiply(int a, int b) { return a * b; }

int (*operation)(int, int) = add;

int operate(int a, int b) {
  return operation == NULL ? 0 : operation(a, b);
}
void use_multiply(void) { operation = multiply; }

/* Thread-local: each thread has its own. */
_Thread_local int local_counter = 5;

int get_local_counter(void) { return local_counter; }

/* Another thread's variable may change at any time. */
volatile int flag;

int get_flag(void) { return flag; }
