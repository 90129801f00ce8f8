/* push.c - see push.h. */
#include "value/push.h"

#include <string.h>

#include "value/scalar.h"

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
    span_foreign(&target, address, s->function_of(L, link, address));
  else if (!span_of_value(L, link, &target) ||
           span_at(&target) != address)         /* C wrote another since */
    span_foreign(&target, address, link_plugin(L, s, span));
  cdata_refer(L, s, type->bare, SHAPE_POINTER, &target);
  lua_remove(L, -2);
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
  if (scalar_push(L, bare, span_at(span)))
    return;
  if (bare->kind == TYPE_POINTER) {
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

void push_bits(lua_State *L, const Member *member, const void *at) {
  unsigned unused = 64u - member->width;
  uint64_t bits = scalar_bits(at, member->bit, member->width);
  if (member->type->kind == TYPE_BOOL)
    lua_pushboolean(L, bits != 0);
  else if (type_underlying(member->type)->flags & TYPE_UNSIGNED)
    lua_pushinteger(L, (lua_Integer)bits);
  else                            /* extended by its sign */
    lua_pushinteger(L, (lua_Integer)(bits << unused) >> unused);
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
  } else if (!scalar_push(L, type, at)) {
    cdata_copy(L, s, type, at);
    push_origin(L, s, plugin);
  }
}
