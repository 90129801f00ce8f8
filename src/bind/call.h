/*
** call.h - Lua calls C.
*/
#ifndef CPLUGIN_CALL_H
#define CPLUGIN_CALL_H

#include <errno.h>

#include "bind/callee.h"
#include "value/store.h"

/*
** Calls with the arguments from stack index `first` on and returns how many
** results were pushed.
*/
int call(lua_State *L, const Callee *callee, int first);

/* Raises what callbacks of the call that has just returned have left. */
void call_raise(lua_State *L, const Callee *callee);

/*
** Which thread is in C code that a State has called, as its thread pointer.
** Any thread may ask, while the State ends or is long gone: Callers are
** never freed, but used again.
*/
typedef struct Caller {
  _Atomic uintptr_t thread;       /* 0: none is */
  struct Caller *next;            /* of the unused ones */
} Caller;

/* Makes State.caller. False: no memory. */
bool caller_take(State *s);

/* Of a State that has ended. */
void caller_give_back(Caller *caller);

/* What tells the running thread from all others that run. */
static inline uintptr_t this_thread(void) {
#if defined(__x86_64__)
  uintptr_t pointer;
  __asm__("movq %%fs:0, %0" : "=r"(pointer));
  return pointer;
#elif defined(__aarch64__)
  uintptr_t pointer;
  __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
  return pointer;
#else
  return (uintptr_t)&errno;
#endif
}

/* Is this thread in C code that the Caller's State has called? */
static inline bool call_is_running(const Caller *caller) {
  return atomic_load_explicit(&caller->thread, memory_order_relaxed) ==
         this_thread();
}

/* Is it Lua code of a callback that runs, for which C code waits? */
static inline bool call_is_waiting(const State *s) {
  return s->now.outer != 0;
}

/*
** Runs the C function with the arguments in a frame of CALL_SMALL bytes at
** most. Meanwhile the State knows which coroutine, plugin and thread calls.
** Callbacks count on CALL_ROOM places on the stack, which a C function of Lua
** has (LUA_MINSTACK is more) as long as it has pushed nothing.
*/
#define CALL_ROOM 16
#define CALL_SMALL 512
static inline void call_small(lua_State *L, const Callee *callee,
                              const Plan *plan, char *frame) {
  State *s = callee->state;
  Caller *caller = s->caller;
  s->now.L = L;
  s->now.plugin = callee->plugin;
  atomic_store_explicit(&caller->thread, this_thread(), memory_order_relaxed);
  plan_call(plan, callee->code, frame, &s->now.err);
  atomic_store_explicit(&caller->thread, s->now.outer, memory_order_relaxed);
}

#endif
