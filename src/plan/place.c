/* place.c - see place.h. */
#include "plan/place.h"

#define SLOT 8                    /* bytes: stack arguments are multiples */

static uint32_t integer_slot(uint32_t n) {
  return BLOCK_INTEGER + n * 8;
}

static uint32_t vector_slot(uint32_t n) {
  return BLOCK_VECTOR + n * 16;
}

static uint32_t round_up(uint32_t n, uint32_t align) {
  return (n + align - 1) / align * align;
}

static Placement on_stack(Places *taken, uint32_t size, uint32_t align) {
  if (align < SLOT)
    align = SLOT;
  if (align > taken->align)
    taken->align = align;
  taken->stack = round_up(taken->stack, align);
  Placement place = {PLACE_STACK, {BLOCK_STACK + taken->stack}};
  taken->stack += round_up(size, SLOT);
  return place;
}

/* The value's pieces in the next registers of each bank. */
static Placement in_registers(const AbiValue *value, uint32_t integers,
                          uint32_t vectors) {
  Placement place = {PLACE_REGISTERS, {0}};
  for (unsigned i = 0; i < value->count; i++) {
    bool isinteger = value->pieces[i].bank == BANK_INTEGER;
    place.slot[i] = isinteger ? integer_slot(integers++)
                              : vector_slot(vectors++);
  }
  return place;
}

/* How many of the value's pieces are of that bank. */
static uint32_t count_bank(const AbiValue *value, AbiBank bank) {
  uint32_t n = 0;
  for (unsigned i = 0; i < value->count; i++)
    n += value->pieces[i].bank == bank;
  return n;
}

#if defined(ABI_AAPCS64)

/* AAPCS64 6.8.2, C.1 to C.17: who gets no register ends them for all. */
Placement place_argument(Places *taken, const AbiValue *value) {
  uint32_t vectors = count_bank(value, BANK_VECTOR);
  uint32_t integers = value->pass == ABI_MEMORY ? 1 : value->count - vectors;
  uint32_t align = value->pass != ABI_MEMORY && value->align >= 16 ? 16 : 8;
  if (value->pass == ABI_NOTHING)
    return (Placement){PLACE_NONE, {0}};
  if (vectors == 0 && align == 16)
    taken->integers = round_up(taken->integers, 2);
  Placement place = in_registers(value, taken->integers, taken->vectors);
  bool fits = taken->integers + integers <= BLOCK_INTEGERS &&
              taken->vectors + vectors <= BLOCK_VECTORS;
  uint32_t *bank = vectors > 0 ? &taken->vectors : &taken->integers;
  if (value->pass == ABI_MEMORY)
    place = (Placement){PLACE_ADDRESS, {integer_slot(taken->integers)}};
  if (!fits) {
    PlaceKind kind = place.kind == PLACE_ADDRESS ? place.kind : PLACE_STACK;
    uint32_t size = value->pass == ABI_MEMORY ? SLOT : value->size;
    if (value->unsure && taken->stack % 16 != 0)
      kind = PLACE_UNSURE;
    *bank = vectors > 0 ? BLOCK_VECTORS : BLOCK_INTEGERS;
    place = on_stack(taken, size, align);
    place.kind = kind;
    return place;
  }
  *bank += integers + vectors;
  return place;
}

Placement place_result(Places *taken, const AbiValue *value) {
  (void)taken;
  if (value->pass == ABI_NOTHING)
    return (Placement){PLACE_NONE, {0}};
  if (value->pass == ABI_MEMORY)
    return (Placement){PLACE_ADDRESS, {BLOCK_INDIRECT}};
  return in_registers(value, 0, 0);
}

#else

/* psABI 3.2.3, "Passing": all pieces in registers, or none. */
Placement place_argument(Places *taken, const AbiValue *value) {
  uint32_t integers = count_bank(value, BANK_INTEGER);
  uint32_t vectors = count_bank(value, BANK_VECTOR);
  if (value->pass == ABI_NOTHING)
    return (Placement){PLACE_NONE, {0}};
  if (value->pass == ABI_MEMORY || integers + vectors < value->count ||
      taken->integers + integers > BLOCK_INTEGERS ||
      taken->vectors + vectors > BLOCK_VECTORS)
    return on_stack(taken, value->size, value->align);
  Placement place = in_registers(value, taken->integers, taken->vectors);
  taken->integers += integers;
  taken->vectors += vectors;
  return place;
}

/* The caller's address for the result goes first, and comes back in rax. */
Placement place_result(Places *taken, const AbiValue *value) {
  if (value->pass == ABI_NOTHING)
    return (Placement){PLACE_NONE, {0}};
  if (value->pass == ABI_MEMORY) {
    taken->integers = 1;
    return (Placement){PLACE_ADDRESS, {integer_slot(0)}};
  }
  return in_registers(value, 0, 0);
}

#endif
