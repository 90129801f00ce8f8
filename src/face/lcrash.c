/*
** lcrash.c - see lcrash.h.
**
** The handler runs where anything may be broken, so it uses no memory but its
** own and writes in two steps: first what the signal says, then the symbol,
** for which the loader is asked. If that crashes or waits for ever, the first
** half is out already, and the default action or the alarm ends the process.
*/
#define _GNU_SOURCE
#include "face/lcrash.h"

#include <dlfcn.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <ucontext.h>

#define LINE 512                  /* bytes of one step */
#define STACK (64u << 10)         /* bytes that the handler runs on */
#define PATIENCE 2                /* seconds for the second step */

static const int signals[] = {
  SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS
};
#define NSIGNALS (sizeof signals / sizeof *signals)

static volatile sig_atomic_t log_fd = -1;

/* A text that is cut where it is full. */
typedef struct Line {
  size_t length;
  char text[LINE];
} Line;

static void add_text(Line *line, const char *text) {
  size_t length = strlen(text);
  if (length > LINE - line->length)
    length = LINE - line->length;
  memcpy(line->text + line->length, text, length);
  line->length += length;
}

/* " name 0x12" */
static void add_number(Line *line, const char *name, uintptr_t value) {
  char digits[2 * sizeof value + 1];
  char *at = digits + sizeof digits - 1;
  *at = '\0';
  do {
    *--at = "0123456789abcdef"[value & 15];
    value >>= 4;
  } while (value != 0);
  add_text(line, name);
  add_text(line, " 0x");
  add_text(line, at);
}

static void put(const Line *line) {
  ssize_t written = write(log_fd, line->text, line->length);
  (void)written;                  /* there is nobody to tell */
}

/* Where the thread was, as far as this machine's context is known. */
static uintptr_t program_counter(const void *context) {
#if defined(__x86_64__)
  const ucontext_t *c = context;
  return (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  const ucontext_t *c = context;
  return (uintptr_t)c->uc_mcontext.pc;
#elif defined(__i386__)
  const ucontext_t *c = context;
  return (uintptr_t)c->uc_mcontext.gregs[REG_EIP];
#else
  (void)context;
  return 0;
#endif
}

static void add_place(Line *line, uintptr_t pc) {
  Dl_info info;
  if (dladdr((void *)pc, &info) == 0 || info.dli_fname == NULL)
    return;
  if (info.dli_sname != NULL) {
    add_text(line, " symbol ");
    add_text(line, info.dli_sname);
    add_number(line, " distance", pc - (uintptr_t)info.dli_saddr);
  }
  add_number(line, " offset", pc - (uintptr_t)info.dli_fbase);
  add_text(line, " file ");
  add_text(line, info.dli_fname);
}

static void report(int sig, siginfo_t *info, void *context) {
  static Line line;               /* the stack may be all used up */
  uintptr_t pc = program_counter(context);
  line.length = 0;
  add_number(&line, "signal", (uintptr_t)sig);
  if (info->si_code > 0 && sig != SIGABRT)      /* the kernel found it */
    add_number(&line, " address", (uintptr_t)info->si_addr);
  add_number(&line, " pc", pc);
  put(&line);
  line.length = 0;
  alarm(PATIENCE);
  add_place(&line, pc);
  add_text(&line, "\n");
  put(&line);
  raise(sig);                     /* comes when this returns */
}

/* The default action, once: what happens in the handler ends the process. */
static void set_handlers(void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_DFL;
  if (handler != NULL) {
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND;
  }
  for (size_t i = 0; i < NSIGNALS; i++)
    sigaction(signals[i], &action, NULL);
}

/* For this thread: others run the handler on the stack they have. */
static void set_stack(void) {
  static char memory[STACK];
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = memory;
  stack.ss_size = sizeof memory;
  sigaltstack(&stack, NULL);
}

int crash_log(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    set_handlers(NULL);
    return 0;
  }
  lua_Integer fd = luaL_checkinteger(L, 1);
  luaL_argcheck(L, fd >= 0 && fd <= SIG_ATOMIC_MAX, 1,
                "a file descriptor expected");
  log_fd = (sig_atomic_t)fd;
  set_stack();
  set_handlers(report);
  return 0;
}
