/* quick.c - see quick.h. */
#include "face/quick.h"

#include "face/access.h"
#include "value/scalar.h"

/* A member or element whose values Lua has. */
typedef struct Spot {
  CData *cd;                      /* the cdata that has it */
  const Type *type;               /* bare */
  unsigned qual;
  char *at;
} Spot;

/* At that distance from where the cdata begins; false: it may not be there. */
static inline bool place(Spot *spot, uint64_t distance, uint64_t size) {
  CData *cd = spot->cd;
  const Class *class = cd->class;
  const Pointer *pointer = (const Pointer *)cd;
  if (class->shape == SHAPE_VALUE) {
    spot->at = cdata_payload(cd) + distance;
    return class->fixed;
  }
  uintptr_t at = pointer->offset + (uintptr_t)distance;
  if ((class->plugin != NULL && class->plugin->closed) || at < pointer->low ||
      at > pointer->high || size > pointer->high - at)
    return false;
  spot->at = (char *)(*pointer->base + at);
  return true;
}

static inline bool find_member(lua_State *L, Spot *spot) {
  const Member *member = class_member(spot->cd->class, lua_topointer(L, 2));
  if (member == NULL || member->plain == NULL)
    return false;
  spot->type = member->plain;
  spot->qual = member->type->qual;
  return place(spot, member->offset, member->plain->size);
}

/* What counts for more than bounds is compared first: strings are no index. */
static inline bool find_element(lua_State *L, Spot *spot) {
  int isinteger;
  int64_t distance;
  const Class *class = spot->cd->class;
  if (class->plain == NULL || lua_type(L, 2) != LUA_TNUMBER)
    return false;
  lua_Integer i = lua_tointegerx(L, 2, &isinteger);
  if (!isinteger ||
      __builtin_mul_overflow(i, (int64_t)class->stride, &distance))
    return false;
  if (class->shape != SHAPE_POINTER &&
      (class->type->count >= COUNT_VARIABLE ||
       (uint64_t)i >= class->type->count))
    return false;
  spot->type = class->plain;
  spot->qual = class->element->qual;
  return place(spot, (uint64_t)distance, class->stride);
}

/* What the key at index 2 names in the cdata at index 1. */
__attribute__((always_inline))
static inline bool find(lua_State *L, Spot *spot) {
  spot->cd = cdata_test(L, 1);
  if (spot->cd == NULL || spot->cd->class->state->finished)
    return false;
  return spot->cd->class->record != NULL ? find_member(L, spot)
                                         : find_element(L, spot);
}

int quick_index(lua_State *L) {
  Spot spot;
  if (find(L, &spot) && scalar_push(L, spot.type, spot.at))
    return 1;
  return access_index(L);
}

/* Numbers may overwrite pointers, and variables be read-only. */
int quick_newindex(lua_State *L) {
  Spot spot;
  if (find(L, &spot) && !spot.cd->class->state->shared &&
      (spot.qual & QUAL_CONST) == 0 &&
      (spot.cd->tag & CDATA_VARIABLE) == 0 &&
      scalar_store(L, spot.type, spot.at, 3))
    return 0;
  return access_newindex(L);
}
