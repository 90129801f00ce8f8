/* quick.c - see quick.h. */
#include "face/quick.h"

#include "face/access.h"
#include "face/assign.h"
#include "face/operate.h"
#include "face/recent.h"
#include "value/push.h"
#include "value/scalar.h"

/* A member or element of a cdata, and where it is. */
typedef struct Spot {
  CData *cd;
  Member *part;
  char *at;
} Spot;

/* Where that many bytes are, at a distance; NULL: they may not be there. */
static inline char *place(lua_State *L, CData *cd, const Class *class,
                          uint64_t distance, uint64_t size) {
  const Pointer *pointer = (const Pointer *)cd;
  if (class->shape == SHAPE_VALUE) {
    uint64_t bytes = cdata_bytes(L, cd, 1);
    if (distance > bytes || size > bytes - distance)
      return NULL;
    return cdata_payload(cd) + distance;
  }
  uintptr_t at = pointer->offset + (uintptr_t)distance;
  if ((class->plugin != NULL && class->plugin->closed) || at < pointer->low ||
      at > pointer->high || size > pointer->high - at)
    return NULL;
  return (char *)(*pointer->base + at);
}

/* All values of a class of fixed size have all of its members. */
static inline char *find_member(lua_State *L, CData *cd, const Class *class,
                                const Member *member) {
  if (class->fixed)
    return cdata_payload(cd) + member->offset;
  return place(L, cd, class, member->offset, member->size);
}

/* The element that the key at index 2 names; strings are no index. */
__attribute__((always_inline))
static inline char *find_element(lua_State *L, CData *cd,
                                 const Class *class) {
  int isinteger;
  intptr_t distance;
  const Type *type = class->type;
  uint64_t size = class->element.size;
  if (size == 0 || lua_type(L, 2) != LUA_TNUMBER)
    return NULL;
  lua_Integer i = lua_tointegerx(L, 2, &isinteger);
  if (!isinteger)
    return NULL;
  if (__builtin_expect((uint64_t)i < class->within, true))
    return cdata_payload(cd) + (uint64_t)i * size;
  if (class->shape != SHAPE_POINTER &&
      (type->kind != TYPE_ARRAY ||
       (type->count < COUNT_VARIABLE && (uint64_t)i >= type->count)))
    return NULL;
  if (__builtin_mul_overflow(i, (int64_t)size, &distance))
    return NULL;
  return place(L, cd, class, (uint64_t)distance, size);
}

/*
** What the key at index 2 names in the cdata at index 1. Once lua_close has
** come to the State no class has members or elements: see class_end.
*/
__attribute__((always_inline))
static inline bool find(lua_State *L, Spot *spot) {
  CData *cd = spot->cd = cdata_test(L, 1);
  if (cd == NULL)
    return false;
  Class *class = cd->class;
  if (class->members != NULL) {
    Member *member = class_member(class, lua_topointer(L, 2));
    if (member != NULL) {
      spot->part = member;
      spot->at = find_member(L, cd, class, member);
      return spot->at != NULL;
    }
  }
  spot->part = &class->element;
  spot->at = find_element(L, cd, class);
  return spot->at != NULL;
}

/* ---- what is made of a part ---- */

/*
** Pushes a POINTER or REFERENCE of the class that the last one made here had,
** and of the same plugin's memory, to be filled. NULL, and nothing pushed:
** there is none. A finaliser may run, and use this place. The running
** metamethod must be of the cdata's class: see access_is_own.
*/
static Pointer *push_part(lua_State *L, Class *const *part,
                          lua_Integer number, int values) {
  Pointer *pointer = lua_newuserdatauv(L, sizeof *pointer, values);
  if (lua_rawgeti(L, lua_upvalueindex(3), number) != LUA_TTABLE ||
      !class_is_current(*part)) {
    lua_pop(L, 2);
    return NULL;
  }
  pointer_foreign(pointer, *part, 0);
  return pointer;                               /* + pointer, metatable */
}

/* Notes the class of the cdata on the top for the next time. */
static void note_part(lua_State *L, const Class *class, Class **part,
                      lua_Integer number) {
  const CData *made = cdata_test(L, -1);
  if (made == NULL || made->class->plugin != class->plugin)
    return;
  Class *made_class = made->class;
  lua_getmetatable(L, -1);
  lua_rawseti(L, lua_upvalueindex(3), number);
  *part = made_class;
}

/*
** The same as push_part for what leads into the memory of the cdata at index
** 1, which has no finaliser: its base and owner are that one's.
*/
static Pointer *push_inside(lua_State *L, CData *cd, Class *const *part,
                            lua_Integer number) {
  bool isvalue = cd->class->shape == SHAPE_VALUE;
  bool owned = isvalue || (cd->tag & CDATA_OWNED) != 0;
  Pointer *pointer = push_part(L, part, number, owned);
  if (pointer == NULL)
    return NULL;
  lua_setmetatable(L, -2);
  if (!isvalue)
    pointer->base = ((const Pointer *)cd)->base;
  if (!owned) {
    pointer->head.tag |= cd->tag & CDATA_VARIABLE;
    return pointer;
  }
  pointer->head.tag |= CDATA_OWNED;
  if (isvalue)
    lua_pushvalue(L, 1);
  else
    lua_getiuservalue(L, 1, 1);
  lua_setiuservalue(L, -2, 1);
  return pointer;                               /* + pointer */
}

/* May what is made of it have to keep it, for its finaliser? */
static bool is_kept(const CData *cd) {
  return cd->class->shape != SHAPE_VALUE && (cd->tag & CDATA_KEPT) != 0;
}

/* ---- reading what is cdata ---- */

/*
** Pushes what Lua keeps for the pointer that stands there, if memory of Lua's
** has links, and makes it what the span leads to. False: it is for the long
** way to say what that is.
*/
static bool push_link(lua_State *L, const Spot *spot, Span *span) {
  int index;
  uintptr_t flags = spot->cd->tag & CDATA_FLAGS;
  if (spot->cd->class->shape != SHAPE_VALUE && flags != CDATA_OWNED)
    return flags == 0;
  CData *owner = cdata_owner(L, spot->cd, &index);
  if (owner == NULL)
    return false;
  if ((owner->tag & CDATA_LINKED) == 0)
    return true;
  const char *address = span_at(span);
  return owner->class->pointers &&
         lua_getiuservalue(L, index, 1) == LUA_TTABLE &&
         lua_rawgeti(L, -1, link_key(spot->at - cdata_payload(owner))) !=
             LUA_TNIL &&
         span_of_value(L, lua_gettop(L), span) && span_at(span) == address &&
         span->plugin == spot->cd->class->plugin &&
         (span->cd == NULL || span->cd->class->shape == SHAPE_VALUE);
}

/* What is kept is on Lua's stack, so that no finaliser ends it meanwhile. */
static bool read_pointer(lua_State *L, const Spot *spot) {
  Span span;
  const void *address;
  memcpy(&address, spot->at, sizeof address);
  if (address == NULL) {
    lua_pushnil(L);
    return true;
  }
  span_foreign(&span, address, NULL);
  if (!push_link(L, spot, &span))
    return false;
  bool owned = span.source != 0;
  const Member *part = spot->part;
  Pointer wish = {{owned ? CDATA_OWNED : 0, part->part}, &cdata_zero,
                  span.offset, span.low, span.high};
  Recent *recent = recent_place(spot->cd->class->state, spot->at, part->part);
  if (owned && recent_is(recent, spot->at, part->part) &&
      recent_push(L, recent, &wish))
    return true;
  Pointer *pointer = push_part(L, &part->part, part->number, owned);
  if (pointer == NULL)
    return false;
  pointer->offset = span.offset;
  pointer->low = span.low;
  pointer->high = span.high;
  lua_setmetatable(L, -2);
  if (owned) {
    pointer->head.tag |= CDATA_OWNED;
    lua_pushvalue(L, span.source);
    lua_setiuservalue(L, -2, 1);
    recent_note(L, recent, spot->at, part->part);
  }
  return true;
}

/*
** An array or record: a reference, which has the same owner. What a callback
** keeps has no bounds, and may be anything.
*/
static bool read_aggregate(lua_State *L, const Spot *spot) {
  CData *cd = spot->cd;
  const Member *part = spot->part;
  Pointer wish = {{CDATA_OWNED, part->part}, &cdata_zero, 0, 0, 0};
  if (cd->class->shape != SHAPE_VALUE) {
    const Pointer *whole = (const Pointer *)cd;
    wish.head.tag = cd->tag & CDATA_FLAGS;
    wish.base = whole->base;
    if ((wish.head.tag & CDATA_KEPT) != 0 ||
        (wish.head.tag == CDATA_OWNED && whole->high == UINTPTR_MAX))
      return false;
  }
  wish.low = wish.offset = (uintptr_t)spot->at - *wish.base;
  wish.high = wish.low + (uintptr_t)part->size;
  Recent *recent = recent_place(cd->class->state, spot->at, part->part);
  if (recent_is(recent, spot->at, part->part) &&
      recent_push(L, recent, &wish))
    return true;
  Pointer *pointer = push_inside(L, cd, &part->part, part->number);
  if (pointer == NULL)
    return false;
  pointer->offset = wish.offset;
  pointer->low = wish.low;
  pointer->high = wish.high;
  recent_note(L, recent, spot->at, part->part);
  return true;
}

/* By value, so that the others have theirs in registers. */
__attribute__((noinline))
static int index_cdata(lua_State *L, Spot spot) {
  Reading reading = spot.part->reading;
  if (reading == READ_LONG || !access_is_own(L, spot.cd->class))
    return access_index(L);
  if (reading == READ_POINTER ? read_pointer(L, &spot)
                              : read_aggregate(L, &spot))
    return 1;
  lua_settop(L, 2);
  access_index(L);
  note_part(L, spot.cd->class, &spot.part->part, spot.part->number);
  return 1;
}

/* ---- the metamethods ---- */

/*
** Nothing was found. A metatype says what the key is, if it is a string and
** no member: `part` then is that of elements.
*/
__attribute__((noinline))
static int index_none(lua_State *L, Spot spot) {
  Class *class = spot.cd == NULL ? NULL : spot.cd->class;
  if (class != NULL && class->worn && class->brief &&
      class->members != NULL && spot.part == &class->element &&
      lua_type(L, 2) == LUA_TSTRING)
    return access_index_other(L, class);
  return access_index(L);
}

bool quick_value(lua_State *L) {
  Spot spot;
  return find(L, &spot) && spot.part->plain != NULL &&
         scalar_push(L, spot.part->plain, spot.at);
}

int quick_index(lua_State *L) {
  Spot spot;
  if (!find(L, &spot))
    return index_none(L, spot);
  if (spot.part->plain != NULL && scalar_push(L, spot.part->plain, spot.at))
    return 1;
  if (!spot.part->bitfield)
    return index_cdata(L, spot);
  push_bits(L, spot.part, spot.at);
  return 1;
}

/* Numbers may overwrite pointers, and variables be read-only. */
int quick_newindex(lua_State *L) {
  Spot spot;
  if (!find(L, &spot) || spot.part->readonly ||
      (spot.cd->tag & CDATA_VARIABLE) != 0)
    return access_newindex(L);
  if (spot.part->plain != NULL && !spot.cd->class->state->shared &&
      scalar_store(L, spot.part->plain, spot.at, 3))
    return 0;
  return assign(L, spot.cd, spot.part, spot.at);
}

/* ---- pointer arithmetic ---- */

/* An array's pointer to its element there: it has the array's bounds. */
static bool decay(lua_State *L, CData *cd, intptr_t distance) {
  Class *class = cd->class;
  if (class->type->kind != TYPE_ARRAY || is_kept(cd) ||
      !access_is_own(L, class))
    return false;
  Pointer *pointer = push_inside(L, cd, &class->pointer, PART_POINTER);
  if (pointer == NULL) {
    operate_arith(L);
    note_part(L, class, &class->pointer, PART_POINTER);
    return true;
  }
  if (class->shape == SHAPE_VALUE) {
    pointer->low = pointer->offset = (uintptr_t)cdata_payload(cd);
    pointer->high = pointer->low + (uintptr_t)cdata_bytes(L, cd, 1);
  } else {
    pointer->low = ((const Pointer *)cd)->low;
    pointer->high = ((const Pointer *)cd)->high;
    pointer->offset = ((const Pointer *)cd)->offset;
  }
  pointer->offset += (uintptr_t)distance;
  return true;
}

/* The cdata at index 1, `by` elements on. */
static int advance(lua_State *L, CData *cd, lua_Integer by) {
  intptr_t distance;
  const Class *class = cd->class;
  uint64_t stride = class->element.size;
  if (stride == 0 || (class->plugin != NULL && class->plugin->closed) ||
      __builtin_mul_overflow(by, (int64_t)stride, &distance))
    return operate_arith(L);
  if (class->shape != SHAPE_POINTER)
    return decay(L, cd, distance) ? 1 : operate_arith(L);
  uintptr_t at = ((const Pointer *)cd)->offset + (uintptr_t)distance;
  return cdata_move(L, cd, 1, at) ? 1 : operate_arith(L);
}

int quick_add(lua_State *L) {
  int isinteger;
  CData *cd = cdata_test(L, 1);
  lua_Integer by = lua_tointegerx(L, 2, &isinteger);
  if (cd == NULL || !isinteger)
    return operate_arith(L);
  return advance(L, cd, by);
}

int quick_sub(lua_State *L) {
  int isinteger;
  CData *cd = cdata_test(L, 1);
  CData *from = cdata_test(L, 2);
  if (operate_counts(cd) && operate_counts(from) &&
      cd->class->element.size != 0)
    return operate_difference(L, cd, from);
  lua_Integer by = lua_tointegerx(L, 2, &isinteger);
  if (cd == NULL || !isinteger)
    return operate_arith(L);
  return advance(L, cd, (lua_Integer)(0u - (lua_Unsigned)by));
}
