/* assign.c - see assign.h. */
#include "face/assign.h"

#include "face/access.h"
#include "value/scalar.h"

/* ---- pointers ---- */

/* May cdata of the class stand for such a pointer, as they are? */
static inline bool leads_to(const Class *class, const Type *target) {
  const Type *from = pointed_at(class->type);
  if (from == NULL || target->kind == TYPE_FUNCTION ||
      (class->plugin != NULL && class->plugin->closed))
    return false;
  return from == target || pointer_mismatch(target, from) == NULL;
}

static inline const char *address_of(CData *cd) {
  const Pointer *pointer = (const Pointer *)cd;
  if (cd->class->shape == SHAPE_VALUE)
    return cdata_payload(cd);
  return (const char *)(*pointer->base + pointer->offset);
}

/*
** Notes the value at index 3 as what the pointer at `at` keeps alive. False:
** that takes more.
*/
static bool note_link(lua_State *L, CData *cd, const char *at, int type) {
  int index;
  if (cd->class->shape != SHAPE_VALUE && (cd->tag & CDATA_OWNED) == 0)
    return type != LUA_TSTRING;   /* C's memory keeps nothing */
  CData *owner = cdata_owner(L, cd, &index);
  if (owner == NULL)
    return false;
  if ((owner->tag & CDATA_LINKED) == 0)
    return type == LUA_TNIL;
  lua_Integer place = at - cdata_payload(owner);
  if (!owner->class->pointers || place % (lua_Integer)sizeof(void *) != 0 ||
      lua_getiuservalue(L, index, 1) != LUA_TTABLE)
    return false;
  lua_pushvalue(L, 3);
  lua_rawseti(L, -2, link_key(place));
  return true;
}

static bool assign_pointer(lua_State *L, CData *cd, const Member *part,
                           char *at) {
  CData *value;
  const char *address = NULL;
  int type = lua_type(L, 3);
  if (type == LUA_TUSERDATA) {
    value = cdata_test(L, 3);
    if (value == NULL || !leads_to(value->class, part->type->target))
      return false;
    address = address_of(value);
  } else if (type == LUA_TSTRING && takes_string(part->type)) {
    address = lua_tostring(L, 3);
  } else if (type != LUA_TNIL) {
    return false;
  }
  if (!note_link(L, cd, at, type))
    return false;
  memcpy(at, &address, sizeof address);
  return true;
}

/* ---- bit-fields ---- */

/* An integer, where bits cannot overwrite pointers. */
static bool assign_bits(lua_State *L, CData *cd, const Member *part,
                        char *at) {
  int isinteger;
  lua_Integer value = lua_tointegerx(L, 3, &isinteger);
  if (!isinteger || cd->class->state->shared || !fits_bits(part, value))
    return false;
  scalar_set_bits(at, part->bit, part->width, (uint64_t)value);
  return true;
}

/* ---- structs, unions and arrays ---- */

/* Has the cdata no links that values of that type may overwrite? */
static bool is_clean(const CData *cd, const Type *type) {
  bool isvalue = cd->class->shape == SHAPE_VALUE;
  if ((cd->tag & (isvalue ? CDATA_LINKED : CDATA_OWNED)) == 0)
    return true;
  return !cd->class->state->shared &&
         (type_holds(type) & HOLDS_POINTER) == 0;
}

static bool assign_aggregate(lua_State *L, CData *cd, const Member *part,
                             char *at) {
  Span from;
  CData *value = cdata_test(L, 3);
  if (!is_clean(cd, part->type))
    return false;
  if (value == NULL)
    return lua_type(L, 3) == LUA_TSTRING &&
           init_text(L, part->type, at, part->size, 3);
  if (value->class->type->bare != part->type->bare)
    return false;
  cdata_span(L, value, 3, &from);
  if (!span_has(&from, 0, part->size) || !link_none(L, &from))
    return false;
  memmove(at, span_at(&from), (size_t)part->size);
  return true;
}

/* ---- */

/* The long way, but for finding the part. */
static int assign_value(lua_State *L, CData *cd, const Member *member,
                        const char *at) {
  Part part = {.cd = cd, .member = member};
  lua_settop(L, 3);
  if (member == &cd->class->element)
    part.index = lua_tointeger(L, 2);
  cdata_span(L, cd, 1, &part.span);
  part.span.offset = (uintptr_t)at - *part.span.base;
  return access_write(L, &part);
}

int assign(lua_State *L, CData *cd, const Member *part, char *at) {
  bool done;
  if (part->reading == READ_POINTER)
    done = assign_pointer(L, cd, part, at);
  else if (part->reading == READ_AGGREGATE)
    done = assign_aggregate(L, cd, part, at);
  else
    done = part->bitfield && assign_bits(L, cd, part, at);
  return done ? 0 : assign_value(L, cd, part, at);
}
