/*
** codemem_test.c - machine code in memory: it runs, beside threads that make
** and free other code, in and after fork, up to the limit, or not at all.
*/
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#include "bind/codemem.h"

typedef int (*Answer)(void);

/* Code of `size` bytes that returns `value`. */
static Answer make(int value, size_t size) {
  unsigned char code[CODEMEM_MAX + 4];
#if defined(__x86_64__)
  memset(code, 0x90, sizeof code);              /* nop */
  code[size - 6] = 0xb8;                        /* mov $value, %eax */
  memcpy(code + size - 5, &value, 4);
  code[size - 1] = 0xc3;                        /* ret */
#elif defined(__aarch64__)
  uint32_t nop = 0xd503201f, ret = 0xd65f03c0;
  uint32_t low = 0x52800000u | ((uint32_t)value & 0xffff) << 5;
  uint32_t high = 0x72a00000u | ((uint32_t)value >> 16) << 5;
  for (size_t i = 0; i + 4 <= sizeof code; i += 4)
    memcpy(code + i, &nop, 4);
  size = (size + 3) / 4 * 4;
  memcpy(code + size - 12, &low, 4);            /* movz w0, #, movk */
  memcpy(code + size - 8, &high, 4);
  memcpy(code + size - 4, &ret, 4);
#endif
  void *made = codemem_make(code, size);
  Answer answer;
  memcpy(&answer, &made, sizeof answer);
  return answer;
}

static void release(Answer answer) {
  void *code;
  memcpy(&code, &answer, sizeof code);
  codemem_free(code);
}

/* In a child: its exit code. */
static int in_child(int (*function)(void)) {
  int status = 0;
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0)
    _exit(function());
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
             ? WEXITSTATUS(status) : -1;
}

/* Before the first code of this process. */
static int without_files(void) {
  struct rlimit none = {0, 0};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &none);
  return make(1, 64) == NULL ? 7 : 0;
}

static void test_sizes(void) {
  CHECK(codemem_make("", 0) == NULL);
  CHECK(make(1, CODEMEM_MAX + 1) == NULL);
  static Answer made[CODEMEM_MAX + 1];
  int right = 1;
  for (size_t size = 12; size <= CODEMEM_MAX; size += 4)
    made[size] = make((int)size * 1000, size);
  for (size_t size = 12; size <= CODEMEM_MAX; size += 4)
    right = right && made[size] != NULL && (uintptr_t)made[size] % 64 == 0 &&
            made[size]() == (int)size * 1000;
  CHECK(right);
  for (size_t size = 12; size <= CODEMEM_MAX; size += 4)
    release(made[size]);
  codemem_free(NULL);
}

/* The kernel's word on what the mapping at `address` may do: "r-xs". */
static int permissions_are(const void *address, const char *wanted) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512], flags[8];
  int found = 0;
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    unsigned long low, high;
    if (sscanf(line, "%lx-%lx %7s", &low, &high, flags) == 3 &&
        (uintptr_t)address >= low && (uintptr_t)address < high)
      found = strcmp(flags, wanted) == 0;
  }
  if (maps != NULL)
    fclose(maps);
  return found;
}

static void test_protection(void) {
  Answer a = make(1, 100);
  void *code;
  memcpy(&code, &a, sizeof code);
  CHECK(permissions_are(code, "r-xs"));
  release(a);
}

/* The same place is used again, and then runs the new code. */
static void test_reuse(void) {
  Answer first = make(1, 100);
  CHECK(first() == 1);
  release(first);
  Answer second = make(2, 100);
  CHECK(second == first);
  CHECK(second() == 2);
  Answer third = make(3, 100);
  CHECK(third != second && third() == 3 && second() == 2);
  release(third);
  release(second);
}

static Answer parents;

/* The child's own code stands elsewhere; what it frees the parent has. */
static int fork_body(void) {
  Answer mine = make(5, 100);
  if (parents() != 4 || mine == NULL || mine() != 5)
    return 0;
  release(parents);
  release(mine);
  Answer again = make(6, 100);
  return again == mine && again() == 6 && parents() == 4 ? 7 : 0;
}

static int meanwhile[2], done[2];

/* Runs the parent's code after the parent has freed it. */
static int late_body(void) {
  char byte;
  if (read(meanwhile[0], &byte, 1) != 1)
    return 0;
  return parents() == 4 ? 7 : 0;
}

static int late(void) {
  int status = 0;
  CHECK(pipe(meanwhile) == 0 && pipe(done) == 0);
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0)
    _exit(late_body());
  release(parents);
  Answer other = make(9, 100);
  CHECK(other != parents && other() == 9);
  CHECK(write(meanwhile[1], "x", 1) == 1);
  waitpid(pid, &status, 0);
  release(other);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_fork(void) {
  parents = make(4, 100);
  CHECK(in_child(fork_body) == 7);
  CHECK(parents() == 4);
  CHECK(late() == 7);
}

static void *worker(void *number) {
  int base = *(int *)number * 100000;
  Answer made[50] = {NULL};
  size_t wrong = 0;
  for (int i = 0; i < 5000; i++) {
    Answer *place = &made[i * 7 % 50];
    release(*place);
    *place = make(base + i, 40 + (size_t)(i % 400));
    wrong += *place == NULL || (*place)() != base + i;
  }
  for (int i = 0; i < 50; i++)
    release(made[i]);
  return wrong == 0 ? number : NULL;
}

static void test_threads(void) {
  pthread_t threads[4];
  int numbers[4] = {1, 2, 3, 4};
  void *result;
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&threads[i], NULL, worker, &numbers[i]) == 0);
  for (int i = 0; i < 4; i++)
    CHECK(pthread_join(threads[i], &result) == 0 && result != NULL);
}

/* All that the limit allows, and again once that is given back. */
static void test_limit(void) {
  size_t room = LIMIT_CODE / CODEMEM_MAX + 1;
  Answer *made = calloc(room, sizeof *made);
  size_t count[2] = {0, 0};
  for (int turn = 0; turn < 2; turn++) {
    size_t n = 0;
    while (n < room && (made[n] = make((int)n, CODEMEM_MAX)) != NULL)
      n++;
    count[turn] = n;
    CHECK(n > 0 && made[0]() == 0 && made[n - 1]() == (int)n - 1);
    while (n > 0)
      release(made[--n]);
  }
  CHECK(count[0] < room && count[0] > room / 10 * 9 && count[0] == count[1]);
  free(made);
}

/* Bytes of address space that code has here. */
static size_t mapped(void) {
  char line[512];
  size_t sum = 0;
  unsigned long long start, end;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    if (strstr(line, "memfd:cplugin") != NULL &&
        sscanf(line, "%llx-%llx", &start, &end) == 2)
      sum += (size_t)(end - start);
  }
  if (maps != NULL)
    fclose(maps);
  return sum;
}

/* What is given back is the system's again, in whatever order it is. */
static void test_unmapping(void) {
  enum { MANY = 4000 };
  static Answer made[MANY];
  size_t before = mapped();
  static const unsigned steps[] = {1, 3, 7, 3999};  /* prime to MANY */
  for (size_t turn = 0; turn < sizeof steps / sizeof *steps; turn++) {
    unsigned step = steps[turn];
    for (unsigned i = 0; i < MANY; i++)
      made[i] = make((int)i, 400 + i % 300);
    CHECK(mapped() > before + MANY * 400);
    for (unsigned i = 0; i < MANY / 2; i++)
      release(made[i * step % MANY]);
    for (unsigned i = MANY / 2; i < MANY; i++)
      CHECK(made[i * step % MANY]() == (int)(i * step % MANY));
    for (unsigned i = MANY / 2; i < MANY; i++)
      release(made[i * step % MANY]);
    CHECK(mapped() <= before + 4 * 1024 * 1024);
  }
}

int main(void) {
  CHECK(in_child(without_files) == 7);
  test_sizes();
  test_protection();
  test_reuse();
  test_fork();
  test_threads();
  test_limit();
  test_unmapping();
  return check_report();
}
