/* moves.c - see moves.h. */
#include "plan/moves.h"

#include <string.h>

#include "plan/place.h"

#define ADDRESS_OF_RESULT 1

uint32_t moves_limit(uint32_t nargs) {
  return ADDRESS_OF_RESULT + (nargs + 1) * ABI_PIECES;
}

/* ---- making ---- */

/* While it is made, places of `apart` values count from 0. */
typedef struct Making {
  Plan *plan;
  Places taken;
  uint32_t apart;                 /* bytes */
} Making;

static uint32_t round_up(uint32_t n, uint32_t align) {
  return (n + align - 1) / align * align;
}

static Move *add_move(Plan *plan, MoveKind kind, uint32_t value,
                      uint32_t slot) {
  Move *move = &plan->moves[plan->nmoves++];
  *move = (Move){(uint8_t)kind, 0, value, slot};
  return move;
}

/* One move for each piece of the value at `offset`. */
static void add_pieces(Plan *plan, const AbiValue *value,
                       const Placement *place, uint32_t offset) {
  for (unsigned i = 0; i < value->count; i++) {
    const AbiPiece *piece = &value->pieces[i];
    add_move(plan, piece->size > 8 ? MOVE_16 : MOVE_8, offset + piece->offset,
             place->slot[i]);
  }
}

/*
** Can the value stand in the block as it is? Its pieces must lie there as
** they do in the value, and what is behind the last one have room, too.
*/
static bool fits_block(const AbiValue *value, const Placement *place) {
  if (place->kind == PLACE_STACK)
    return true;
  if (place->kind != PLACE_REGISTERS || place->slot[0] % value->align != 0 ||
      value->pieces[0].offset != 0)
    return false;
  const AbiPiece *last = &value->pieces[value->count - 1];
  for (unsigned i = 1; i < value->count; i++) {
    if (place->slot[i] - place->slot[0] != value->pieces[i].offset)
      return false;
  }
  return value->size - last->offset <= (last->bank == BANK_INTEGER ? 8 : 16);
}

/* A place of its own for a value; moves may copy 7 bytes behind it, too. */
static uint32_t set_apart(Making *m, const AbiValue *value) {
  uint32_t align = value->align < PLAN_ALIGN ? PLAN_ALIGN : value->align;
  uint32_t offset = round_up(m->apart, align);
  if (align > m->plan->align)
    m->plan->align = align;
  m->apart = offset + round_up(value->size + 7, PLAN_ALIGN);
  return offset;
}

static bool value_of(const Type *type, AbiValue *value, Error *error) {
  if (type->bare->kind != TYPE_VOID && type_complete(type) &&
      type_size(type) > LIMIT_FRAME)
    return plan_too_large(type, error);
  return abi_value(type, value, error);
}

/*
** In a variadic place an int fills its register: syscall() takes them all for
** longs, and the compilers' ints are whole there.
*/
static void fill_register(const Plan *plan, const PlanArg *arg,
                          AbiValue *value) {
  const Type *type = arg->type->bare;
  bool fixed = arg - plan->args < (ptrdiff_t)plan->type->signature->nparams;
  if (!fixed && type->kind == TYPE_INTEGER && type_size(type) == sizeof(int))
    value->extend = sizeof(int);
}

static bool make_argument(Making *m, PlanArg *arg, Error *error) {
  Plan *plan = m->plan;
  AbiValue value;
  if (!value_of(abi_parameter(arg->type), &value, error))
    return false;
  fill_register(plan, arg, &value);
  Placement place = place_argument(&m->taken, &value);
  if (place.kind == PLACE_UNSURE)
    return abi_refuse(arg->type, "gcc and clang place packed members of 16 "
                      "bytes differently on the stack", error);
  arg->move = plan->nmoves;
  arg->apart = !fits_block(&value, &place);
  arg->offset = arg->apart ? set_apart(m, &value) : place.slot[0];
  if (place.kind == PLACE_ADDRESS) {
    add_move(plan, MOVE_ADDRESS, arg->offset, place.slot[0]);
  } else if (arg->apart && place.kind == PLACE_REGISTERS) {
    add_pieces(plan, &value, &place, arg->offset);
  } else if (value.extend != 0) {
    MoveKind kind = value.issigned ? MOVE_SIGNED : MOVE_UNSIGNED;
    add_move(plan, kind, arg->offset, arg->offset)->size = value.extend;
  }
  arg->moves = (uint8_t)(plan->nmoves - arg->move);
  return m->apart + m->taken.stack <= LIMIT_FRAME ||
         plan_too_large(arg->type, error);
}

/* The result is asked for first, and gets what is last in the frame. */
static bool make_result(Making *m, AbiValue *value, Placement *place,
                        Error *error) {
  Plan *plan = m->plan;
  if (!value_of(plan->result, value, error))
    return false;
  *place = place_result(&m->taken, value);
  plan->hidden = place->kind == PLACE_ADDRESS;
  plan->how.x87 = 0;
  for (unsigned i = 0; i < value->count; i++)
    if (value->pieces[i].bank == BANK_X87)
      plan->how.x87++;
  if (plan->hidden)
    add_move(plan, MOVE_ADDRESS, 0, place->slot[0]);
  return true;
}

/* The result's moves are used by callbacks, also where it needs no place. */
static bool finish_result(Making *m, const AbiValue *value,
                          const Placement *place) {
  Plan *plan = m->plan;
  uint16_t first = plan->nmoves;
  bool apart = value->pass != ABI_NOTHING && !fits_block(value, place);
  plan->result_offset = apart ? set_apart(m, value) : place->slot[0];
  if (place->kind == PLACE_REGISTERS)
    add_pieces(plan, value, place, plan->result_offset);
  if (value->extend != 0) {
    plan->moves[first].kind = value->issigned ? MOVE_SIGNED : MOVE_UNSIGNED;
    plan->moves[first].size = value->extend;
  }
  plan->result_moves = (uint8_t)(plan->nmoves - first);
  plan->nmoves = first;
  return apart;
}

/* What has a place of its own stands behind the block: `base`. */
static void shift(Plan *plan, uint32_t base, bool result_apart) {
  Move *result = plan->moves + plan->nmoves;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    PlanArg *arg = &plan->args[i];
    if (!arg->apart)
      continue;
    arg->offset += base;
    for (unsigned k = 0; k < arg->moves; k++)
      plan->moves[arg->move + k].value += base;
  }
  if (!result_apart)
    return;
  plan->result_offset += base;
  for (unsigned i = 0; i < plan->result_moves; i++)
    result[i].value += base;
  if (plan->hidden)
    plan->moves[0].value = plan->result_offset;
}

static void set_flags(Plan *plan, const AbiValue *result) {
  plan->direct = !plan->result_apart && plan->how.x87 == 0;
  for (uint32_t i = 0; i < plan->nargs; i++)
    plan->direct = plan->direct && !plan->args[i].apart;
  plan->widens = result->extend != 0;
  plan->vectors = plan->how.vectors > 0 || plan->how.x87 > 0;
  for (unsigned i = 0; i < result->count; i++)
    plan->vectors = plan->vectors || result->pieces[i].bank == BANK_VECTOR;
}

bool moves_make(Plan *plan, Error *error) {
  Making m = {plan, {0, 0, 0, 0}, 0};
  AbiValue result;
  Placement place;
  plan->nmoves = 0;
  plan->align = PLAN_ALIGN;
  if (!make_result(&m, &result, &place, error))
    return false;
  for (uint32_t i = 0; i < plan->nargs; i++) {
    if (!make_argument(&m, &plan->args[i], error))
      return false;
  }
  plan->how.vectors = (uint8_t)m.taken.vectors;
  plan->how.stack = round_up(m.taken.stack, PLAN_ALIGN);
  plan->how.align = m.taken.align < PLAN_ALIGN ? PLAN_ALIGN : m.taken.align;
  plan->result_bytes = result.size;
  if (result.size < 8 && !plan->hidden)
    plan->result_bytes = 8;
  plan->result_apart = finish_result(&m, &result, &place);
  set_flags(plan, &result);
  uint32_t base = round_up(BLOCK_STACK + plan->how.stack, plan->align);
  shift(plan, base, plan->result_apart);
  plan->bytes = base + m.apart;
  return m.apart + plan->how.stack <= LIMIT_FRAME ||
         plan_too_large(plan->result, error);
}

/* ---- running ---- */

static void widen(const Move *move, const char *from, char *to) {
  uint64_t bits;
  unsigned unused = 64 - move->size * 8u;
  memcpy(&bits, from, sizeof bits);             /* little-endian */
  bits <<= unused;
  bits = move->kind == MOVE_SIGNED ? (uint64_t)((int64_t)bits >> unused)
                                   : bits >> unused;
  memcpy(to, &bits, sizeof bits);
}

/* From a value to its register. */
static void put(const Move *move, char *value, char *slot) {
  switch (move->kind) {
    case MOVE_8: memcpy(slot, value, 8); break;
    case MOVE_16: memcpy(slot, value, 16); break;
    case MOVE_ADDRESS: memcpy(slot, &value, sizeof value); break;
    default: widen(move, value, slot);
  }
}

/* From a register to the value. */
static void get(const Move *move, char *value, const char *slot) {
  memcpy(value, slot, move->kind == MOVE_16 ? 16 : 8);
}

void moves_put(const Plan *plan, char *frame) {
  const Move *move = plan->moves;
  for (const Move *end = move + plan->nmoves; move < end; move++)
    put(move, frame + move->value, frame + move->slot);
}

void moves_get(const Plan *plan, char *frame) {
  const Move *move = plan->moves + plan->nmoves;
  for (const Move *end = move + plan->result_moves; move < end; move++)
    get(move, frame + move->value, frame + move->slot);
}

/* A value that came in pieces, or as an address, for which there is `room`. */
static void *gather(const Plan *plan, const PlanArg *arg, const char *block,
                    char *room) {
  const Move *move = plan->moves + arg->move;
  if (arg->moves > 0 && move->kind == MOVE_ADDRESS) {
    void *address;
    memcpy(&address, block + move->slot, sizeof address);
    return address;
  }
  for (unsigned i = 0; i < arg->moves; i++)
    get(&move[i], room + (move[i].value - arg->offset),
        block + move[i].slot);
  return room;
}

/*
** No value is longer than its registers: room for all of these is enough, and
** of what is copied behind a value's end the next one takes the place.
*/
void moves_received(const Plan *plan, char *block, void **arguments,
                    char room[MOVES_ROOM]) {
  for (uint32_t i = 0; i < plan->nargs; i++) {
    const PlanArg *arg = &plan->args[i];
    if (!arg->apart) {
      arguments[i] = block + arg->offset;
      continue;
    }
    arguments[i] = gather(plan, arg, block, room);
    if (arguments[i] == room)
      room += 16 * arg->moves;
  }
}

char *moves_place(const Plan *plan, const char *block) {
  char *place = NULL;
  if (plan->hidden)
    memcpy(&place, block + plan->moves[0].slot, sizeof place);
  return place;
}

void moves_widen(const Plan *plan, char *block) {
  const Move *move = plan->moves + plan->nmoves;
  widen(move, block + move->slot, block + move->slot);
}

unsigned moves_returned(const Plan *plan, char *block, char *place) {
  const Move *move = plan->moves + plan->nmoves;
  for (unsigned i = 0; i < plan->result_moves; i++)
    put(&move[i], place + (move[i].value - plan->result_offset),
        block + move[i].slot);
  return plan->how.x87;
}
