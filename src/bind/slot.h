/*
** slot.h - addresses that C can call, and what stands behind them.
**
**   Pool (one per C function type and way of passing, for the process)
**     plan      how values come; never freed
**     dead      [slot] -> [slot] -> ...   oldest first
**   Slot        code -> Entry -> slot_called
**
** The code of a slot is made once and never unmapped, so a stale function
** pointer in C always leads to a slot that can tell. A dead one is used again
** late, and for its own pool only.
*/
#ifndef CPLUGIN_SLOT_H
#define CPLUGIN_SLOT_H

#include "bind/call.h"
#include "plan/entry.h"

#define SLOT_ABOUT 160            /* bytes of a slot's description */
#define SLOT_FEW 6                /* arguments for which there is always room */
                                  /* on Lua's stack */

typedef struct Pool Pool;
typedef struct Slot Slot;

/* What messages tell of a callback. */
typedef struct SlotOrigin {
  char source[LUA_IDSIZE];        /* where its Lua function is defined; "" */
  int line;
  int argument;                   /* of the function `use`; 0: that is a type */
  char use[SLOT_ABOUT - LUA_IDSIZE - 16];
} SlotOrigin;

struct Slot {
  Entry entry;                    /* first: see plan/entry.h */
  State *_Atomic state;           /* NULL once that is gone; under the lock */
  Caller *_Atomic caller;         /* the State's, never freed */
  const Plan *plan;               /* while used: with the types */
  uint32_t number;                /* the call that has the Lua function on */
  int function;                   /* its stack, and where; see enter_prepare */
  const void *value;              /* lua_topointer() of that function */
  int ref;                        /* registry: the Lua function */
  unsigned users;                 /* runs that have not returned; its guard */
  uintptr_t err;                  /* errno is so far from this_thread() */
  void *code;                     /* what C calls */
  Pool *pool;
  const Param *params;            /* annotations, or NULL */
  bool alive;                     /* it may be called: it has the guard */
  bool haspointers;               /* among its arguments */
  bool again;                     /* it has run before */
  int cells;                      /* registry: cdata of the run before, see */
                                  /* enter.c; or LUA_NOREF */
  uintptr_t addresses[SLOT_FEW];  /* that they lead to */
  Class *classes[SLOT_FEW];       /* of theirs; valid with a metatable there */
  char *onerror;                  /* bytes of the result, or NULL: zero */
  size_t result;                  /* bytes that the answer's place has */
  Slot *next;                     /* of Pool.dead */
  Slot *all;                      /* of Pool.slots */
  SlotOrigin origin;
  atomic_bool described;          /* `about` has been made of it */
  char about[SLOT_ABOUT];
};

/*
** A slot for functions of that plan, given to the State; the caller sets the
** rest. NULL with an error. Its code is of our own, or libffi's where memory
** cannot be made executable.
*/
Slot *slot_take(State *s, const Plan *plan, Error *error);

/*
** Entry.enter of every slot, unless something faster is put in its place, as
** long as it is alive and has its State. Ends in slot_called.
*/
unsigned slot_enter(Entry *entry, char *block);

/* "file.lua:7, argument #1 of 'f'"; from any thread. */
const char *slot_about(Slot *slot);

/* It has ended: nothing but its origin is needed any more. */
void slot_bury(Slot *slot);

/*
** On a thread that is in no call of the slot's State: notes `what` in its
** pending, unless it is gone; the lock holds off its end.
*/
void slot_complain(Slot *slot, unsigned what);

/* No slot belongs to that State any more. */
void slot_forget(const State *state);

/*
** enter.c: C has called. The values are in the block, as plan->args say,
** or `arguments` are pointers to them; `place` is where the slot->result bytes
** of the result go. The place may be that of an argument: nothing is written
** before all of these have been read.
*/
void slot_called(Slot *slot, const char *block, void **arguments,
                 char *place);

#endif
