/* slot.c - see slot.h. */
#include "bind/slot.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/codemem.h"
#include "bind/stub.h"
#include "plan/ffiplan.h"
#include "plan/moves.h"
#include "type/ctext.h"

#define QUARANTINE 64             /* dead slots before the oldest is reused */

struct Pool {
  char *key;                      /* the C type, and how it is passed */
  Plan *plan;
  size_t result;                  /* bytes that the answer's place has */
  Slot *dead, **tail;
  unsigned ndead;
  Slot *slots;
  Pool *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Pool *pools;

/* ---- C has called ---- */

/* All values are in the block as they are. */
static void enter_direct(Slot *slot, const Plan *plan, char *block) {
  slot_called(slot, block, NULL, block + plan->result_offset);
  if (plan->widens)
    moves_widen(plan, block);
}

static unsigned enter_apart(Slot *slot, const Plan *plan, char *block) {
  void *arguments[LIMIT_PARAMS];
  _Alignas(PLAN_ALIGN) char room[MOVES_ROOM];
  _Alignas(PLAN_ALIGN) char result[ABI_PIECES * 16 + 8];
  char *place = moves_place(plan, block);
  bool hidden = place != NULL;
  moves_received(plan, block, arguments, room);
  slot_called(slot, NULL, arguments, hidden ? place : result);
  return hidden ? 0 : moves_returned(plan, block, result);
}

unsigned slot_enter(Entry *entry, char *block) {
  Slot *slot = (Slot *)entry;
  const Plan *plan = slot->pool->plan;
  unsigned x87 = 0;
  int err = errno;
  if (plan->direct)
    enter_direct(slot, plan, block);
  else
    x87 = enter_apart(slot, plan, block);
  errno = err;
  return x87;
}

/* By a closure of libffi's. */
static void enter_closure(ffi_cif *cif, void *result, void **values,
                          void *user) {
  void *arguments[LIMIT_PARAMS];
  _Alignas(PLAN_ALIGN) char room[PLAN_ALIGN];
  void *place;
  Slot *slot = user;
  const Plan *plan = slot->pool->plan;
  int err = errno;
  (void)cif;
  ffiplan_received(plan, values, result, arguments, &place, room);
  slot_called(slot, NULL, arguments, place);
  ffiplan_returned(plan, place);
  errno = err;
}

/* ---- pools ---- */

/*
** How values come to a function of that plan, as a plan that outlives the
** scope of its types: they are not asked again.
*/
static Plan *passing_of(PlanMeans means, const Plan *plan, Error *error) {
  void *memory = malloc(plan_size(means, plan->nargs));
  if (memory == NULL) {
    error_set(error, 0, "not enough memory for a callback");
    return NULL;
  }
  if (plan_make(means, memory, plan->type, NULL, 0, error) != NULL)
    return memory;
  free(memory);
  return NULL;
}

typedef struct Text {
  char *at;                       /* NULL: only measured */
  size_t size;
} Text;

static void add(Text *text, unsigned a, unsigned b, unsigned c) {
  char number[40];
  int n = snprintf(number, sizeof number, " %x.%x.%x", a, b, c);
  if (text->at != NULL)
    memcpy(text->at + text->size, number, (size_t)n + 1);
  text->size += (size_t)n;
}

static void add_moves(Text *text, const Plan *plan) {
  add(text, plan->hidden, plan->result_offset, plan->how.x87);
  for (uint32_t i = 0; i < plan->nargs; i++)
    add(text, plan->args[i].offset, plan->args[i].move, plan->args[i].moves);
  for (unsigned i = 0; i < plan->nmoves + plan->result_moves; i++) {
    const Move *move = &plan->moves[i];
    add(text, move->kind | move->size * 16u, move->value, move->slot);
  }
}

static void add_ffitype(Text *text, const ffi_type *type) {
  add(text, type->type, (unsigned)type->size, type->alignment);
  for (unsigned k = 0; type->type == FFI_TYPE_STRUCT && type->elements[k]; k++)
    add(text, type->elements[k]->type, 0, 0);
}

static void add_ffi(Text *text, const Plan *plan) {
  const FfiPlan *ffi = plan->ffi;
  add(text, 0xff, ffi->hidden, 0);
  for (uint32_t i = 0; i < plan->nargs; i++)
    add(text, ffi->args[i].skip, ffi->args[i].split, 0);
  add_ffitype(text, ffi->cif.rtype);
  for (unsigned i = 0; i < ffi->cif.nargs; i++)
    add_ffitype(text, ffi->cif.arg_types[i]);
}

/* Names a function type together with how its values come. */
static char *pool_key(const Plan *plan) {
  Text text = {NULL, ctext(plan->type, NULL, NULL, 0)};
  void (*add_passing)(Text *, const Plan *) =
      plan->ffi == NULL ? add_moves : add_ffi;
  add(&text, plan->result_bytes, plan->result->kind == TYPE_VOID, 0);
  add_passing(&text, plan);
  text.at = malloc(text.size + 1);
  if (text.at == NULL)
    return NULL;
  text.size = ctext(plan->type, NULL, text.at, text.size + 1);
  add(&text, plan->result_bytes, plan->result->kind == TYPE_VOID, 0);
  add_passing(&text, plan);
  return text.at;
}

/* A pool for that passing, which is then its own. */
static Pool *new_pool(Plan *passing, char *key) {
  Pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL)
    return NULL;
  pool->plan = passing;
  pool->key = key;
  pool->result = passing->result->kind == TYPE_VOID ? 0
                                                    : passing->result_bytes;
  pool->tail = &pool->dead;
  pool->next = pools;
  pools = pool;
  return pool;
}

/* The pool for functions of a plan, made on first use. */
static Pool *pool_of(PlanMeans means, const Plan *plan, Error *error) {
  if (plan->pool != NULL && means == PLAN_OWN)
    return plan->pool;
  error_set(error, 0, "not enough memory for a callback");
  Plan *passing = passing_of(means, plan, error);
  char *key = passing == NULL ? NULL : pool_key(passing);
  Pool *pool = key == NULL ? NULL : pools;
  while (pool != NULL && strcmp(pool->key, key) != 0)
    pool = pool->next;
  if (pool == NULL && key != NULL)
    pool = new_pool(passing, key);
  if (pool == NULL || pool->plan != passing) {
    free(key);
    free(passing);
  }
  if (means == PLAN_OWN)
    ((Plan *)plan)->pool = pool;
  return pool;
}

/* ---- slots ---- */

/*
** Machine code for the slot; NULL: memory cannot be made executable, or
** CPLUGIN_STUB=off forbids it.
*/
static void *own_code(Slot *slot) {
#if defined(INVOKE_HERE)
  unsigned char code[ENTRY_BYTES];
  if (stub_wish("off"))
    return NULL;
  slot->entry.enter = slot_enter;
  slot->entry.vectors = slot->pool->plan->vectors;
  return codemem_make(code, entry_code(code, &slot->entry));
#else
  (void)slot;
  return NULL;
#endif
}

static void *closure_code(Slot *slot, ffi_cif *cif) {
  void *code;
  ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
  if (closure == NULL)
    return NULL;
  if (ffi_prep_closure_loc(closure, cif, enter_closure, slot, code) == FFI_OK)
    return code;
  ffi_closure_free(closure);
  return NULL;
}

static Slot *new_slot(Pool *pool) {
  Slot *slot = calloc(1, sizeof *slot);
  if (slot == NULL)
    return NULL;
  slot->pool = pool;
  slot->result = pool->result;
  slot->code = pool->plan->ffi == NULL
                   ? own_code(slot)
                   : closure_code(slot, &pool->plan->ffi->cif);
  if (slot->code == NULL) {
    free(slot);
    return NULL;
  }
  slot->all = pool->slots;
  pool->slots = slot;
  return slot;
}

static Slot *old_or_new(Pool *pool) {
  if (pool == NULL || pool->ndead <= QUARANTINE)
    return pool == NULL ? NULL : new_slot(pool);
  Slot *slot = pool->dead;
  pool->dead = slot->next;
  pool->ndead--;
  return slot;
}

Slot *slot_take(State *s, const Plan *plan, Error *error) {
  Slot *slot = NULL;
  pthread_mutex_lock(&lock);
  if (plan->ffi == NULL)
    slot = old_or_new(pool_of(PLAN_OWN, plan, error));
  if (slot == NULL)
    slot = old_or_new(pool_of(PLAN_LIBFFI, plan, error));
  if (slot != NULL) {
    slot->caller = s->caller;
    slot->state = s;
    slot->described = false;
  }
  pthread_mutex_unlock(&lock);
  return slot;
}

void slot_bury(Slot *slot) {
  Pool *pool = slot->pool;
  free(slot->onerror);
  slot->onerror = NULL;
  slot->plan = NULL;
  slot->next = NULL;
  pthread_mutex_lock(&lock);
  *pool->tail = slot;
  pool->tail = &slot->next;
  pool->ndead++;
  pthread_mutex_unlock(&lock);
}

/* Under the lock. Most callbacks never need it. */
static void describe(Slot *slot) {
  const SlotOrigin *origin = &slot->origin;
  size_t n = 0;
  if (slot->described)
    return;
  if (*origin->source != '\0')
    n = (size_t)snprintf(slot->about, sizeof slot->about, "%s:%d, ",
                         origin->source, origin->line);
  if (origin->argument != 0)
    snprintf(slot->about + n, sizeof slot->about - n, "argument #%d of '%s'",
             origin->argument, origin->use);
  else
    snprintf(slot->about + n, sizeof slot->about - n, "%s", origin->use);
  slot->described = true;
}

const char *slot_about(Slot *slot) {
  if (!slot->described) {
    pthread_mutex_lock(&lock);
    describe(slot);
    pthread_mutex_unlock(&lock);
  }
  return slot->about;
}

void slot_complain(Slot *slot, unsigned what) {
  pthread_mutex_lock(&lock);
  State *s = slot->state;
  if (s != NULL) {
    describe(slot);
    atomic_store(&s->culprit, slot->about);
    atomic_fetch_or(&s->pending, what);
  }
  pthread_mutex_unlock(&lock);
}

void slot_forget(const State *state) {
  pthread_mutex_lock(&lock);
  for (Pool *pool = pools; pool != NULL; pool = pool->next) {
    for (Slot *slot = pool->slots; slot != NULL; slot = slot->all) {
      if (slot->state != state)
        continue;
      slot->entry.enter = slot_enter;
      slot->state = NULL;
    }
  }
  pthread_mutex_unlock(&lock);
}
