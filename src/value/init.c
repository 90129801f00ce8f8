/*
** init.c - initialisers: Lua tables for arrays and records.
**
** As C has them (C11 6.7.9): members by name or in order, elements in order,
** what is not given is zero. Tables count from 1, or from 0 if they have
** [0]. What C would reject is rejected: unknown members, too many values.
*/
#include <string.h>

#include "value/push.h"
#include "value/store.h"

/* The number that the first element of the table has. */
static lua_Integer table_base(lua_State *L, int index) {
  bool zero = lua_geti(L, index, 0) != LUA_TNIL;
  lua_pop(L, 1);
  return zero ? 0 : 1;
}

uint64_t init_count(lua_State *L, const Type *element, int index) {
  if (lua_type(L, index) == LUA_TSTRING && type_size(element) == 1)
    return lua_rawlen(L, index) + 1;
  if (!lua_istable(L, index))
    return 0;
  lua_Integer length = luaL_len(L, index);
  return (length < 0 ? 0 : (uint64_t)length) +
         (table_base(L, index) == 0 ? 1 : 0);
}

void init_string(lua_State *L, State *s, const Type *type, char *to,
                 uint64_t bytes, int index, const Site *site) {
  const Type *element = type->bare->target;
  size_t length;
  if (type->bare->kind != TYPE_ARRAY ||
      element->bare->kind != TYPE_INTEGER || type_size(element) != 1)
    store_error(L, s, type, index, site, NULL);
  const char *text = lua_tolstring(L, index, &length);
  if (length > bytes)
    store_error(L, s, type, index, site,
                lua_pushfstring(L, "its %I bytes are too many for %I",
                                (LUAI_UACINT)length, (LUAI_UACINT)bytes));
  memcpy(to, text, length);
  memset(to + length, 0, (size_t)bytes - length);
}

/* An initialiser that is at work. */
typedef struct Target {
  const Type *type;               /* of the array or record */
  char *to;
  uint64_t bytes;                 /* with those of a flexible array */
  const Span *span;
  const Site *within;             /* the place that the whole goes to */
} Target;

/* Everything in the table must have been used: integer keys base .. last. */
static void check_keys(lua_State *L, const Target *target, int index,
                       lua_Integer base, lua_Integer last) {
  const Type *type = target->type;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    lua_pop(L, 1);
    if (lua_isinteger(L, -1)) {
      lua_Integer key = lua_tointeger(L, -1);
      if (key >= base && key <= last)
        continue;
      luaL_error(L, "too many values for '%s'%s: it has no place for [%I]",
                 push_type(L, type), push_within(L, target->within),
                 (LUAI_UACINT)key);
    }
    const char *name = luaL_tolstring(L, -1, NULL);
    if (type->kind == TYPE_RECORD)
      luaL_error(L, "an initialiser of '%s'%s has both numbers and '%s'",
                 push_type(L, type), push_within(L, target->within), name);
    luaL_error(L, "'%s'%s has no element '%s'", push_type(L, type),
               push_within(L, target->within), name);
  }
}

static void init_array(lua_State *L, State *s, const Target *target,
                       int index) {
  const Type *element = target->type->target;
  uint64_t stride = type_size(element);
  lua_Integer base = table_base(L, index);
  uint64_t count = stride == 0 ? 0 : target->bytes / stride;
  Site site = {SITE_ELEMENT, 0, NULL, target->type, target->span, false,
               target->within};
  lua_Integer last = base - 1 + (lua_Integer)count;
  for (uint64_t i = 0; i < count; i++) {
    site.number = (lua_Integer)i;
    if (lua_geti(L, index, (lua_Integer)i + base) != LUA_TNIL) {
      char *to = target->to + i * stride;
      store_value(L, s, element, to, lua_gettop(L), &site);
    }
    lua_pop(L, 1);
  }
  check_keys(L, target, index, base, last);
}

static bool is_flexible(const Type *type) {
  return type->kind == TYPE_ARRAY && type->count >= COUNT_VARIABLE;
}

/* A flexible array takes what is left of the memory. */
static void init_flexible(lua_State *L, State *s, const Target *target,
                          const Field *field, uint64_t offset) {
  Target rest = {field->type, target->to + offset, target->bytes - offset,
                 target->span, target->within};
  Site site = {SITE_MEMBER, 0, field->name, target->type, target->span,
               false, target->within};
  int index = lua_gettop(L);
  if (lua_istable(L, index))
    init_array(L, s, &rest, index);
  else if (lua_type(L, index) == LUA_TSTRING)
    init_string(L, s, field->type, rest.to, rest.bytes, index, &site);
  else
    store_error(L, s, field->type, index, &site, "write a table");
}

/* Initialises a member with the value on the top of the stack. */
static void init_member(lua_State *L, State *s, const Target *target,
                        const Field *field, const char *name,
                        uint64_t offset) {
  Member member = {field->type, offset, field->bit, field->width,
                   field->bitfield};
  Span whole;
  Site site = {SITE_MEMBER, 0, name, target->type, target->span, false,
               target->within};
  if (is_flexible(field->type)) {
    init_flexible(L, s, target, field, offset);
    return;
  }
  span_foreign(&whole, target->to, NULL);
  store_member(L, s, &member, &whole, lua_gettop(L), &site);
}

/* {x = 1, y = 2}, names of anonymous members' members too. */
static void init_named(lua_State *L, State *s, const Target *target,
                       int index) {
  const Type *type = target->type;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    uint64_t offset;
    size_t length;
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "an initialiser of '%s'%s has both names and numbers",
                 push_type(L, type), push_within(L, target->within));
    const char *name = lua_tolstring(L, -2, &length);
    const Field *field = type_field(type, name, length, &offset);
    if (field == NULL)
      luaL_error(L, "'%s'%s has no member '%s'%s", push_type(L, type),
                 push_within(L, target->within), name,
                 push_member_hint(L, type, name));
    init_member(L, s, target, field, name, offset);
    lua_pop(L, 1);
  }
}

/* {1, 2}: members in the order of the declaration; of a union the first. */
static void init_ordered(lua_State *L, State *s, const Target *target,
                         int index, lua_Integer base) {
  const Type *type = target->type;
  const Record *record = type->record;
  lua_Integer next = base;
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    if (field->bitfield && field->name == NULL)
      continue;
    if (lua_geti(L, index, next) != LUA_TNIL)
      init_member(L, s, target, field,
                  field->name == NULL ? "(anonymous)" : field->name,
                  field->offset);
    lua_pop(L, 1);
    next++;
    if (type->flags & TYPE_UNION)
      break;
  }
  check_keys(L, target, index, base, next - 1);
}

/* Does the table have numbers for keys, at least the one met first? */
static bool is_ordered(lua_State *L, int index) {
  lua_pushnil(L);
  if (lua_next(L, index) == 0)
    return false;
  bool number = lua_type(L, -2) == LUA_TNUMBER;
  lua_pop(L, 2);
  return number;
}

static void init_record(lua_State *L, State *s, const Target *target,
                        int index) {
  lua_Integer base = table_base(L, index);
  if (is_ordered(L, index))
    init_ordered(L, s, target, index, base);
  else
    init_named(L, s, target, index);
}

void init_table(lua_State *L, State *s, const Type *type, char *to,
                uint64_t bytes, int index, const Span *span,
                const Site *within) {
  luaL_checkstack(L, 16, "initialiser nested too deeply");
  type = type->bare;
  Target target = {type, to, bytes, span, within};
  index = lua_absindex(L, index);
  if (type->kind == TYPE_RECORD)
    init_record(L, s, &target, index);
  else
    init_array(L, s, &target, index);
}
