/* cdata.c - cdata objects and the memory they lead to; see cdata.h. */
#include "value/cdata.h"

const uintptr_t cdata_zero = 0;

void cdata_too_large(lua_State *L, const Class *class) {
  luaL_error(L, "not enough memory for '%s'", push_type(L, class->type));
}

CData *cdata_new(lua_State *L, Class *class, uint64_t bytes) {
  CData *cd = cdata_bare(L, class, bytes);
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
  return cd;
}

char *cdata_copy(lua_State *L, State *s, const Type *type, const void *from) {
  Class *class = class_dress(L, s, type, SHAPE_VALUE, NULL);
  CData *cd = cdata_new(L, class, class->size);
  return memcpy(cdata_payload(cd), from, (size_t)class->size);
}

/*
** Pushes the pointer with a finaliser that what is made from the span must
** keep: its source, or what that keeps; nil: none.
*/
static void push_kept(lua_State *L, State *s, const Span *span) {
  state_table(L, s, STATE_FINALISERS);
  lua_pushvalue(L, span->source);
  bool finalised = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  if (finalised) {
    lua_pushvalue(L, span->source);
  } else if (lua_getiuservalue(L, span->source, 2) == LUA_TNONE) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
}

/* Is the span's source one that what is made from it may have to keep? */
static bool is_kept(const Span *span) {
  return span->cd != NULL && span->cd->class->shape != SHAPE_VALUE &&
         (span->cd->tag & CDATA_KEPT) != 0;
}

/*
** The flags need an address that is a multiple of 8. Where words have 32 bits,
** a userdata of Lua 5.4 with an even number of values has none such.
*/
#define KEPT_VALUES (sizeof(void *) == 4 ? 3 : 2)

Pointer *cdata_bare_pointer(lua_State *L, Class *class, const Span *span) {
  State *s = class->state;
  bool owned = !span->variable && span_owned(span);
  bool kept = is_kept(span);
  Pointer *pointer = lua_newuserdatauv(L, sizeof *pointer,
                                       kept ? KEPT_VALUES : owned);
  pointer->head.class = class;
  pointer->head.tag = (uintptr_t)pointer + STATE_COOKIE;
  pointer->base = span->base;
  pointer->offset = span->offset;
  pointer->low = span->low;
  pointer->high = span->high;
  if (span->variable)
    pointer->head.tag |= CDATA_VARIABLE;
  if (owned) {
    pointer->head.tag |= CDATA_OWNED;
    span_owner(L, s, span);
    lua_setiuservalue(L, -2, 1);
  }
  if (kept) {
    pointer->head.tag |= CDATA_KEPT;
    push_kept(L, s, span);
    lua_setiuservalue(L, -2, 2);
  }
  return pointer;
}

Pointer *cdata_refer(lua_State *L, State *s, const Type *type, Shape shape,
                     const Span *span) {
  luaL_checkstack(L, 8, "cplugin");
  Class *class = class_dress(L, s, type, shape, span->plugin);
  Pointer *pointer = cdata_bare_pointer(L, class, span);
  lua_insert(L, -2);                            /* pointer, metatable */
  lua_setmetatable(L, -2);
  return pointer;
}

/* Making the userdata may run a finaliser, which may give this one another. */
bool cdata_move(lua_State *L, const CData *cd, int index, uintptr_t offset) {
  bool owned = (cd->tag & CDATA_OWNED) != 0;
  if ((cd->tag & CDATA_KEPT) != 0)
    return false;
  Pointer *pointer = lua_newuserdatauv(L, sizeof *pointer, owned);
  if ((cd->tag & CDATA_KEPT) != 0 || !class_is_current(cd->class)) {
    lua_pop(L, 1);
    return false;
  }
  *pointer = *(const Pointer *)cd;
  pointer->head.tag = (uintptr_t)pointer + STATE_COOKIE +
                      (cd->tag & (CDATA_OWNED | CDATA_VARIABLE));
  pointer->offset = offset;
  lua_getmetatable(L, index);
  lua_setmetatable(L, -2);
  if (owned) {
    lua_getiuservalue(L, index, 1);
    lua_setiuservalue(L, -2, 1);
  }
  return true;
}

/*
** The class is asked for when the userdata is made: that may run a finaliser,
** which may call the running function, too.
*/
bool cdata_point(lua_State *L, int upvalue, const Plugin *plugin,
                 uintptr_t address) {
  Pointer *pointer = lua_newuserdatauv(L, sizeof *pointer, 0);
  Class *class = lua_touserdata(L, lua_upvalueindex(upvalue));
  if (class == NULL || class->plugin != plugin || !class_is_current(class)) {
    lua_pop(L, 1);
    return false;
  }
  pointer_foreign(pointer, class, address);
  lua_getiuservalue(L, lua_upvalueindex(upvalue), CLASS_METATABLE);
  lua_setmetatable(L, -2);
  return true;
}

void span_foreign(Span *span, const void *address, Plugin *plugin) {
  span->base = &cdata_zero;
  span->offset = (uintptr_t)address;
  span->low = 0;
  span->high = UINTPTR_MAX;
  span->plugin = plugin;
  span->source = 0;
  span->cd = NULL;
  span->variable = false;
}

bool span_of_value(lua_State *L, int index, Span *span) {
  size_t length;
  CData *cd = cdata_test(L, index);
  if (cd != NULL) {
    cdata_span(L, cd, index, span);
    return true;
  }
  if (lua_type(L, index) != LUA_TSTRING)
    return false;
  const char *text = lua_tolstring(L, index, &length);
  span_foreign(span, text, NULL);
  span->source = index;
  span->low = (uintptr_t)text;
  span->high = (uintptr_t)text + length + 1;
  return true;
}

void span_narrow(Span *span, uint64_t distance, uint64_t size) {
  span->offset += (uintptr_t)distance;
  bool all = size == SIZE_UNKNOWN || size == 0;
  if (!all && size > span->high - span->offset)
    return;
  span->low = span->offset;
  if (!all)
    span->high = span->offset + (uintptr_t)size;
}

static void out_of_bounds(lua_State *L, const Span *span, int64_t distance,
                          uint64_t size, const Type *type) {
  if (span->high == UINTPTR_MAX)  /* not bounds, but the last address */
    luaL_error(L, "access to %I bytes at offset %I of '%s' at %p reaches past "
               "the last address", (LUAI_UACINT)size, (LUAI_UACINT)distance,
               push_type(L, type), span_at(span));
  long long low = (intptr_t)(span->low - span->offset);
  long long high = (intptr_t)(span->high - span->offset);
  luaL_error(L, "access to %I bytes at offset %I of '%s' is out of bounds: "
             "its memory reaches from %I to %I", (LUAI_UACINT)size,
             (LUAI_UACINT)distance, push_type(L, type), (LUAI_UACINT)low,
             (LUAI_UACINT)high);
}

void span_check(lua_State *L, const Span *span, int64_t distance,
                uint64_t size, const Type *type) {
  if (!span_has(span, distance, size))
    out_of_bounds(L, span, distance, size, type);
}

void span_owner(lua_State *L, State *s, const Span *span) {
  if (span->variable) {
    state_object(L, s, span->plugin);
    return;
  }
  if (span->cd != NULL && span->cd->class->shape != SHAPE_VALUE)
    lua_getiuservalue(L, span->source, 1);
  else if (span->source != 0)
    lua_pushvalue(L, span->source);             /* a VALUE, or a string */
  else
    lua_pushnil(L);
  if (lua_type(L, -1) == LUA_TNONE) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
}

bool span_owned(const Span *span) {
  const CData *cd = span->cd;
  if (span->source == 0 || span->variable)
    return span->variable;
  if (cd == NULL)
    return true;                  /* a string, or what keeps a callback */
  return cd->class->shape == SHAPE_VALUE || (cd->tag & CDATA_OWNED) != 0;
}
