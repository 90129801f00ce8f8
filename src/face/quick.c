/* quick.c - see quick.h. */
#include "face/quick.h"

#include "face/access.h"
#include "value/push.h"
#include "value/scalar.h"

/* A member or element, and the cdata that has it. */
typedef struct Spot {
  CData *cd;
  const Type *type;               /* with its qualifiers */
  const Type *plain;              /* bare, if its values are Lua's; or NULL */
  const Member *member;           /* NULL: an element */
  Class **part;                   /* see CLASS_PARTS, */
  lua_Integer number;             /* where it is this one */
  uint64_t size;                  /* bytes */
  uintptr_t offset;               /* as in Pointer */
  char *at;
} Spot;

/* Its memory, at that distance from the start; false: it may not be there. */
static inline bool place(lua_State *L, Spot *spot, uint64_t distance) {
  CData *cd = spot->cd;
  const Class *class = cd->class;
  const Pointer *pointer = (const Pointer *)cd;
  if (class->shape == SHAPE_VALUE) {
    uint64_t bytes = class->fixed ? class->size : cdata_bytes(L, cd, 1);
    if (distance > bytes || spot->size > bytes - distance)
      return false;
    spot->at = cdata_payload(cd) + distance;
    spot->offset = (uintptr_t)spot->at;
    return true;
  }
  uintptr_t at = pointer->offset + (uintptr_t)distance;
  if ((class->plugin != NULL && class->plugin->closed) || at < pointer->low ||
      at > pointer->high || spot->size > pointer->high - at)
    return false;
  spot->at = (char *)(*pointer->base + at);
  spot->offset = at;
  return true;
}

static inline bool find_member(lua_State *L, Spot *spot, Member *member) {
  spot->member = member;
  spot->type = member->type;
  spot->plain = member->plain;
  spot->part = &member->part;
  spot->number = member->number;
  spot->size = member->size;
  return place(L, spot, member->offset);
}

/* Strings are no index. */
static inline bool find_element(lua_State *L, Spot *spot) {
  int isinteger;
  int64_t distance;
  Class *class = spot->cd->class;
  if (class->stride == 0 || lua_type(L, 2) != LUA_TNUMBER)
    return false;
  lua_Integer i = lua_tointegerx(L, 2, &isinteger);
  if (!isinteger ||
      __builtin_mul_overflow(i, (int64_t)class->stride, &distance))
    return false;
  if (class->shape != SHAPE_POINTER &&
      (class->type->kind != TYPE_ARRAY ||
       (class->type->count < COUNT_VARIABLE &&
        (uint64_t)i >= class->type->count)))
    return false;
  spot->member = NULL;
  spot->type = class->element;
  spot->plain = class->plain;
  spot->part = &class->part;
  spot->number = PART_ELEMENT;
  spot->size = class->stride;
  return place(L, spot, (uint64_t)distance);
}

/* What the key at index 2 names in the cdata at index 1. */
__attribute__((always_inline))
static inline bool find(lua_State *L, Spot *spot) {
  Member *member = NULL;
  spot->cd = cdata_test(L, 1);
  if (spot->cd == NULL || spot->cd->class->state->finished)
    return false;
  if (spot->cd->class->members != NULL)
    member = class_member(spot->cd->class, lua_topointer(L, 2));
  return member != NULL ? find_member(L, spot, member)
                        : find_element(L, spot);
}

/* ---- reading what is cdata ---- */

/*
** Pushes a POINTER or REFERENCE of the class that the last one read here had,
** and of the same plugin's memory, to be filled. NULL, and nothing pushed:
** there is none. A finaliser may run, and use this place. The running
** metamethod must be of the cdata's class: see access_is_own.
*/
static Pointer *push_part(lua_State *L, const Spot *spot, int values) {
  Pointer *pointer = lua_newuserdatauv(L, sizeof *pointer, values);
  if (lua_rawgeti(L, lua_upvalueindex(3), spot->number) != LUA_TTABLE ||
      !class_is_current(*spot->part)) {
    lua_pop(L, 2);
    return NULL;
  }
  pointer_foreign(pointer, *spot->part, 0);
  return pointer;                               /* + pointer, metatable */
}

static bool read_pointer(lua_State *L, const Spot *spot) {
  uintptr_t address;
  memcpy(&address, spot->at, sizeof address);
  if (address == 0) {
    lua_pushnil(L);
    return true;
  }
  Pointer *pointer = push_part(L, spot, 0);
  if (pointer == NULL)
    return false;
  pointer->offset = address;
  lua_setmetatable(L, -2);
  return true;
}

/* An array or record: a reference, which has the same owner. */
static bool read_aggregate(lua_State *L, const Spot *spot) {
  CData *cd = spot->cd;
  bool isvalue = cd->class->shape == SHAPE_VALUE;
  bool owned = isvalue || (cd->tag & CDATA_OWNED) != 0;
  Pointer *pointer = push_part(L, spot, owned);
  if (pointer == NULL)
    return false;
  if (!isvalue)
    pointer->base = ((const Pointer *)cd)->base;
  pointer->low = pointer->offset = spot->offset;
  pointer->high = spot->offset + (uintptr_t)spot->size;
  lua_setmetatable(L, -2);
  if (owned) {
    pointer->head.tag |= CDATA_OWNED;
    if (isvalue)
      lua_pushvalue(L, 1);
    else
      lua_getiuservalue(L, 1, 1);
    lua_setiuservalue(L, -2, 1);
  } else {
    pointer->head.tag |= cd->tag & CDATA_VARIABLE;
  }
  return true;
}

/* Notes the class of the cdata on the top for the next time. */
static void note_part(lua_State *L, const Spot *spot) {
  const CData *made = cdata_test(L, -1);
  const Class *class = spot->cd->class;
  if (made == NULL || made->class->plugin != class->plugin)
    return;
  Class *part = made->class;
  lua_getmetatable(L, -1);
  lua_rawseti(L, lua_upvalueindex(3), spot->number);
  *spot->part = part;
}

/*
** Is it a pointer in memory that has no links and no owner that may have some?
** Or an aggregate of known size, in what has no finaliser of its own?
*/
static bool is_simple(const Spot *spot) {
  const CData *cd = spot->cd;
  const Type *bare = spot->type->bare;
  bool isvalue = cd->class->shape == SHAPE_VALUE;
  if (bare->kind == TYPE_POINTER)
    return (cd->tag & CDATA_FLAGS) == 0;
  return type_is_aggregate(bare) && spot->size != 0 &&
         spot->size != SIZE_UNKNOWN && type_flexible(bare) == NULL &&
         (isvalue || (cd->tag & CDATA_KEPT) == 0);
}

static int index_cdata(lua_State *L, const Spot *spot) {
  if (!is_simple(spot) || !access_is_own(L, spot->cd->class))
    return access_index(L);
  if (spot->type->bare->kind == TYPE_POINTER ? read_pointer(L, spot)
                                             : read_aggregate(L, spot))
    return 1;
  access_index(L);
  note_part(L, spot);
  return 1;
}

/* ---- the metamethods ---- */

/* Is it for the metatype to say what the key that find() did not find is? */
static bool is_other(lua_State *L, const Spot *spot) {
  const CData *cd = spot->cd;
  return cd != NULL && cd->class->worn && cd->class->brief &&
         !cd->class->state->finished && lua_type(L, 2) == LUA_TSTRING &&
         class_member(cd->class, lua_topointer(L, 2)) == NULL;
}

int quick_index(lua_State *L) {
  Spot spot;
  if (!find(L, &spot))
    return is_other(L, &spot) ? access_index_other(L, spot.cd->class)
                              : access_index(L);
  if (spot.plain != NULL && scalar_push(L, spot.plain, spot.at))
    return 1;
  if (spot.member == NULL || !spot.member->bitfield)
    return index_cdata(L, &spot);
  push_bits(L, spot.member, spot.at);
  return 1;
}

/* Numbers may overwrite pointers, and variables be read-only. */
int quick_newindex(lua_State *L) {
  Spot spot;
  if (find(L, &spot) && spot.plain != NULL &&
      !spot.cd->class->state->shared && (spot.type->qual & QUAL_CONST) == 0 &&
      (spot.cd->tag & CDATA_VARIABLE) == 0 &&
      scalar_store(L, spot.plain, spot.at, 3))
    return 0;
  return access_newindex(L);
}
