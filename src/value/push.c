/* push.c - see push.h. */
#include "value/push.h"

#include <string.h>

#include "base/floating.h"

#define LOAD(ctype) \
  do { ctype value; memcpy(&value, at, sizeof value); return value; } while (0)

lua_Integer load_integer(const Type *type, const void *at) {
  type = type_underlying(type);
  bool isunsigned = (type->flags & TYPE_UNSIGNED) != 0;
  switch (type_size(type)) {
    case 1:
      if (isunsigned) LOAD(uint8_t); else LOAD(int8_t);
    case 2:
      if (isunsigned) LOAD(uint16_t); else LOAD(int16_t);
    case 4:
      if (isunsigned) LOAD(uint32_t); else LOAD(int32_t);
    default:
      LOAD(lua_Integer);
  }
}

lua_Number load_float(const Type *type, const void *at) {
  Floating f;
  lua_Number half;
  switch (type_size(type)) {
    case sizeof(float): LOAD(float);
    case sizeof(double): LOAD(double);
    default:                      /* _Float16 */
      float_decode(&float_binary16, at, &f);
      float_encode(&float_binary64, &f, &half);
      return half;
  }
}

bool is_lua_number(const Type *type) {
  type = type->bare;
  switch (type->kind) {
    case TYPE_BOOL: case TYPE_ENUM: return true;
    case TYPE_INTEGER: return type_size(type) <= 8;
    case TYPE_FLOAT: return type_size(type) <= 8;
    default: return false;
  }
}

void push_pointer(lua_State *L, State *s, const Type *type,
                  const void *address, Plugin *plugin) {
  Span span;
  if (address == NULL) {
    lua_pushnil(L);
    return;
  }
  span_foreign(&span, address, plugin);
  cdata_refer(L, s, type->bare, SHAPE_POINTER, &span);
}

/* A pointer that stands at the span's address. */
static void push_stored_pointer(lua_State *L, State *s, const Type *type,
                                const Span *span) {
  Span target;
  const char *address;
  memcpy(&address, span_at(span), sizeof address);
  if (address == NULL) {
    lua_pushnil(L);
    return;
  }
  link_get(L, s, span, span_at(span));
  int link = lua_gettop(L);
  if (lua_isfunction(L, link))
    span_foreign(&target, address, s->function_of(L, s, link, address));
  else if (!span_of_value(L, s, link, &target) ||
           span_at(&target) != address)         /* C wrote another since */
    span_foreign(&target, address, link_plugin(L, s, span));
  cdata_refer(L, s, type->bare, SHAPE_POINTER, &target);
  lua_remove(L, -2);
}

static void push_scalar(lua_State *L, State *s, const Type *type,
                        const char *at) {
  switch (type->kind) {
    case TYPE_BOOL:
      lua_pushboolean(L, *(const unsigned char *)at != 0);
      break;
    case TYPE_INTEGER: case TYPE_ENUM:
      lua_pushinteger(L, load_integer(type, at));
      break;
    case TYPE_FLOAT:
      lua_pushnumber(L, load_float(type, at));
      break;
    default:
      cdata_copy(L, s, type, at);
  }
}

/*
** A number that Lua has none for, or a vector. It is read before anything is
** allocated: a finaliser could close the plugin that `at` belongs to.
*/
static void push_wide(lua_State *L, State *s, const Type *type,
                      const char *at) {
  char room[64];                  /* the largest vector */
  size_t size = (size_t)type_size(type);
  if (size > sizeof room)
    luaL_error(L, "'%s' is too large to be read", push_type(L, type));
  memcpy(room, at, size);
  cdata_copy(L, s, type, room);
}

void push_value(lua_State *L, State *s, const Type *type, const Span *span) {
  const Type *bare = type->bare;
  if (is_lua_number(bare)) {
    push_scalar(L, s, bare, span_at(span));
  } else if (bare->kind == TYPE_POINTER) {
    push_stored_pointer(L, s, bare, span);
  } else if (type_is_aggregate(bare)) {
    Span part = *span;
    bool flexible = type_flexible(bare) != NULL;
    span_narrow(&part, 0, flexible ? SIZE_UNKNOWN : type_size(type));
    cdata_refer(L, s, type, SHAPE_REFERENCE, &part);
  } else if (type_complete(bare)) {
    push_wide(L, s, bare, span_at(span));
  } else {
    luaL_error(L, "'%s' has no values", push_type(L, type));
  }
}

/* The bits of a bit-field, little-endian, sign-extended if it is signed. */
static lua_Integer load_bits(const Member *member, const char *at) {
  unsigned __int128 bits = 0;
  size_t bytes = (member->bit + member->width + 7u) / 8;
  memcpy(&bits, at, bytes);
  bits >>= member->bit;
  unsigned unused = 64u - member->width;
  uint64_t value = (uint64_t)bits << unused;
  const Type *type = type_underlying(member->type);
  if (type->flags & TYPE_UNSIGNED)
    return (lua_Integer)(value >> unused);
  return (lua_Integer)value >> unused;
}

void push_member(lua_State *L, State *s, const Member *member,
                 const Span *span) {
  Span part = *span;
  if (!member->bitfield) {
    part.offset += (uintptr_t)member->offset;
    push_value(L, s, member->type, &part);
    return;
  }
  lua_Integer bits = load_bits(member, span_at(span) + member->offset);
  if (member->type->kind == TYPE_BOOL)
    lua_pushboolean(L, bits != 0);
  else
    lua_pushinteger(L, bits);
}

/* The cdata on the top is a result: its pointers are the plugin's. */
static void push_origin(lua_State *L, State *s, Plugin *plugin) {
  Span span;
  CData *cd = lua_touserdata(L, -1);
  if (plugin == NULL || !cd->class->pointers)
    return;
  cdata_span(L, cd, lua_gettop(L), &span);
  link_expose(L, s, &span, plugin);
}

void push_result(lua_State *L, State *s, const Type *type, const char *at,
                 Plugin *plugin) {
  type = type->bare;
  if (type->kind == TYPE_VOID) {
    lua_pushnil(L);
  } else if (type->kind == TYPE_POINTER) {
    const void *address;
    memcpy(&address, at, sizeof address);
    push_pointer(L, s, type, address, plugin);
  } else if (is_lua_number(type)) {
    push_scalar(L, s, type, at);
  } else {
    cdata_copy(L, s, type, at);
    push_origin(L, s, plugin);
  }
}
