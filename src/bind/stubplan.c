/*
** stubplan.c - what a stub does, step by step: argument after argument is
** fetched into its place, which may fail; then the C function is called, and
** its result pushed. See stubcode.h for how that becomes instructions.
*/
#include "bind/stubcode.h"

#include <string.h>

#ifdef STUBS_HERE

#define STUB_API_ADDRESS(name, function) (StubFunction)function,
const StubFunction stub_api[] = {STUB_API(STUB_API_ADDRESS)};

/* How a value goes between Lua and C. */
typedef enum StubKind {
  STUB_NONE,                      /* only call() can do it */
  STUB_VOID,
  STUB_INTEGER,                   /* up to 8 bytes; enums */
  STUB_BOOL,
  STUB_FLOAT,
  STUB_DOUBLE,
  STUB_POINTER,
  STUB_RECORD                     /* through registers */
} StubKind;

static StubKind kind_of(const Type *type) {
  switch (type->kind) {
    case TYPE_VOID: return STUB_VOID;
    case TYPE_BOOL: return STUB_BOOL;
    case TYPE_ENUM: return STUB_INTEGER;
    case TYPE_INTEGER: return type->size <= 8 ? STUB_INTEGER : STUB_NONE;
    case TYPE_POINTER: return STUB_POINTER;
    case TYPE_RECORD: return STUB_RECORD;
    case TYPE_FLOAT:
      if (type->rank == BASE_FLOAT16 || type->size > 8)
        return STUB_NONE;
      return type->size == sizeof(float) ? STUB_FLOAT : STUB_DOUBLE;
    default: return STUB_NONE;
  }
}

/* ---- the frame ---- */

static unsigned piece_bytes(const AbiPiece *piece) {
  return piece->size == 4 ? 4 : 8;
}

/* Can a record's pieces be copied from scratch, as they are or 8 bytes? */
static bool is_simple(const Type *type, const AbiValue *how) {
  if (type->record->transparent || how->pass != ABI_REGISTERS ||
      type_size(type) > STUB_SCRATCH)
    return false;
  for (unsigned i = 0; i < how->count; i++) {
    const AbiPiece *piece = &how->pieces[i];
    if (piece->bank == BANK_X87 || piece->size > 8 ||
        piece->offset % piece_bytes(piece) != 0)
      return false;
  }
  return true;
}

/* How the argument is passed; false: it is out of reach. */
static bool place_next(Places *taken, const Type *type, AbiValue *how,
                       Placement *place) {
  Error error;
  StubKind kind = kind_of(type);
  if (kind == STUB_NONE || kind == STUB_VOID ||
      !abi_value(type, how, &error) ||
      (kind == STUB_RECORD && !is_simple(type, how)))
    return false;
  *place = place_argument(taken, how);
  return place->kind == PLACE_REGISTERS || place->kind == PLACE_STACK;
}

/* Lays out the frame; false: there are arguments that are out of reach. */
static bool lay_out(Writer *w) {
  const Plan *plan = w->callee->plan;
  const Param *params = w->callee->params;
  Places taken = {0, 0, 0, 0};
  AbiValue how;
  Placement place;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (params != NULL && (params[i].flags & (PARAM_OUT | PARAM_INOUT)))
      return false;
    if (!place_next(&taken, plan->args[i].type->bare, &how, &place))
      return false;
  }
  w->frame.stack = taken.stack;
  w->frame.integers = taken.integers;
  w->frame.vectors = taken.vectors;
  w->frame.scratch = taken.stack + (taken.integers + taken.vectors) * 8;
  w->frame.size = w->frame.scratch + STUB_SCRATCH;
  return taken.align <= 16;
}

/* Where in the frame waits what goes to that slot of the block. */
static unsigned at_slot(const Writer *w, uint32_t slot) {
  const Frame *frame = &w->frame;
  if (slot >= BLOCK_STACK)
    return slot - BLOCK_STACK;
  if (slot >= BLOCK_VECTOR)
    return frame->stack + frame->integers * 8 + (slot - BLOCK_VECTOR) / 2;
  return frame->stack + slot - BLOCK_INTEGER;
}

/* ---- arguments ---- */

static void fetch_integer(Writer *w, const Type *type, unsigned index,
                          unsigned to) {
  FastRange range = fast_range(type);
  emit_argument(w, 1, index);
  emit_argument_place(w, 2, w->frame.scratch);
  emit_api(w, API_tointegerx);
  emit_restart_if_empty(w, w->frame.scratch, 4);
  if (range.span != UINT64_MAX)
    emit_restart_unless_in(w, range);
  emit_keep(w, to);
}

static void check_type(Writer *w, unsigned index, unsigned type) {
  emit_argument(w, 1, index);
  emit_api(w, API_type);
  emit_restart_unless(w, type);
}

static void fetch_bool(Writer *w, unsigned index, unsigned to) {
  check_type(w, index, LUA_TBOOLEAN);
  emit_argument(w, 1, index);
  emit_api(w, API_toboolean);
  emit_keep(w, to);
}

static void fetch_number(Writer *w, unsigned index, bool isfloat,
                         unsigned to) {
  check_type(w, index, LUA_TNUMBER);
  emit_argument(w, 1, index);
  emit_argument(w, 2, 0);
  emit_api(w, API_tonumberx);
  emit_keep_number(w, to, isfloat);
}

static void call_pointer(Writer *w, const Type *type, unsigned index,
                         unsigned to) {
  emit_argument(w, 1, index);
  emit_argument(w, 2, (uintptr_t)type);
  emit_argument(w, 3, (uintptr_t)w->callee);
  emit_argument_place(w, 4, to);
  emit_api(w, API_pointer);
  emit_restart_if_zero(w);
}

/* Where strings fit they are what comes mostly. */
static void call_string(Writer *w, const Type *type, unsigned index,
                        unsigned to) {
  emit_argument(w, 1, index);
  emit_api(w, API_type);
  size_t other = emit_skip_unless(w, LUA_TSTRING);
  emit_argument(w, 1, index);
  emit_argument(w, 2, 0);
  emit_api(w, API_tolstring);
  emit_keep(w, to);
  size_t done = emit_skip(w);
  emit_land(w, other);
  call_pointer(w, type, index, to);
  emit_land(w, done);
}

static void fetch_pointer(Writer *w, const Type *type, unsigned index,
                          bool nonnull, unsigned to) {
  if (fast_takes_string(type))
    call_string(w, type, index, to);
  else
    call_pointer(w, type, index, to);
  if (nonnull)
    emit_restart_if_empty(w, to, 8);
}

static void fetch_record(Writer *w, const Type *type, unsigned index,
                         const AbiValue *how, const Placement *place) {
  unsigned scratch = w->frame.scratch;
  emit_argument(w, 1, index);
  emit_argument(w, 2, (uintptr_t)type);
  emit_argument(w, 3, (uintptr_t)w->callee);
  emit_argument_place(w, 4, scratch);
  emit_api(w, API_record);
  emit_restart_if_zero(w);
  if (place->kind == PLACE_STACK) {
    for (unsigned i = 0; i < type_size(type); i += 8)
      emit_copy(w, scratch + i, at_slot(w, place->slot[0]) + i, 8);
    return;
  }
  for (unsigned i = 0; i < how->count; i++)
    emit_copy(w, scratch + how->pieces[i].offset, at_slot(w, place->slot[i]),
              piece_bytes(&how->pieces[i]));
}

static void fetch(Writer *w, uint32_t i, Places *taken) {
  const Type *type = w->callee->plan->args[i].type->bare;
  const Param *params = w->callee->params;
  StubKind kind = kind_of(type);
  AbiValue how;
  Placement place;
  place_next(taken, type, &how, &place);
  unsigned to = at_slot(w, place.slot[0]);
  switch (kind) {
    case STUB_INTEGER: fetch_integer(w, type, i + 1, to); break;
    case STUB_BOOL: fetch_bool(w, i + 1, to); break;
    case STUB_FLOAT: case STUB_DOUBLE:
      fetch_number(w, i + 1, kind == STUB_FLOAT, to);
      break;
    case STUB_POINTER:
      fetch_pointer(w, type, i + 1,
                    params != NULL && (params[i].flags & PARAM_NONNULL), to);
      break;
    default: fetch_record(w, type, i + 1, &how, &place); break;
  }
}

/* ---- results ---- */

/*
** Which words of the result are in float registers, as fast_finish() wants
** to know it; false: out of reach.
*/
static bool result_floats(const Type *type, StubKind kind,
                          unsigned *floats) {
  Error error;
  AbiValue how;
  *floats = kind == STUB_FLOAT || kind == STUB_DOUBLE;
  if (kind != STUB_RECORD)
    return kind != STUB_NONE;
  if (!abi_value(type, &how, &error) || !is_simple(type, &how))
    return false;
  for (unsigned i = 0; i < how.count; i++) {
    if (how.pieces[i].offset != i * 8)
      return false;
    *floats |= (unsigned)(how.pieces[i].bank == BANK_VECTOR) << i;
  }
  return true;
}

/* The result by the API where that takes it; the rest by fast_finish. */
static void push_result(Writer *w, StubKind kind) {
  switch (kind) {
    case STUB_INTEGER:
      emit_result_integer(w, w->callee->plan->result);
      emit_api(w, API_pushinteger);
      break;
    case STUB_BOOL:
      emit_result_bool(w);
      emit_api(w, API_pushboolean);
      break;
    case STUB_FLOAT:
      emit_result_float(w);
      emit_api(w, API_pushnumber);
      break;
    case STUB_DOUBLE:
      emit_api(w, API_pushnumber);
      break;
    default:
      break;
  }
  emit_return(w, kind != STUB_VOID);
}

bool stub_write(StubCode *code, const Callee *callee) {
  Writer w = {.code = code, .callee = callee};
  const Plan *plan = callee->plan;
  StubKind kind = kind_of(plan->result);
  Places taken = {0, 0, 0, 0};
  unsigned floats;
  w.calls = plan->nargs > 0 || kind != STUB_VOID;
  if (!result_floats(plan->result, kind, &floats) || !lay_out(&w))
    return false;
  emit_ways_out(&w, floats);
  stub_header(code);
  emit_enter(&w);
  for (uint32_t i = 0; i < plan->nargs; i++)
    fetch(&w, i, &taken);
  emit_call(&w);
  if (kind == STUB_POINTER || kind == STUB_RECORD) {
    emit_finish(&w);
    return true;
  }
  emit_finish_if_pending(&w);
  push_result(&w, kind);
  return true;
}

#else

bool stub_write(StubCode *code, const Callee *callee) {
  (void)code;
  (void)callee;
  return false;
}

#endif
