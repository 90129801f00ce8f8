/* access.c - see access.h. */
#include "face/access.h"

#include <string.h>

#include "bind/bind.h"
#include "bind/callback.h"
#include "face/quick.h"
#include "value/push.h"
#include "value/scalar.h"

CData *check_cdata(lua_State *L, int index) {
  CData *cd = cdata_test(L, index);
  if (cd == NULL)
    luaL_argerror(L, index, lua_pushfstring(L, "cdata expected, got %s",
                                            push_description(L, index)));
  return cd;
}

/* Pushes the metatype; a running metamethod of the class has it at hand. */
static int push_metatype(lua_State *L, const Class *class, int index) {
  if (access_is_own(L, class))
    return lua_rawgeti(L, lua_upvalueindex(3), PART_METATYPE);
  if (index == 0)
    class_userdata(L, class);
  lua_getiuservalue(L, index == 0 ? -1 : index, CLASS_PARTS);
  return lua_rawgeti(L, -1, PART_METATYPE);
}

bool access_metatype(lua_State *L, const Class *class, int index,
                     const char *name) {
  int top = lua_gettop(L);
  if (!class->worn)
    return false;
  if (push_metatype(L, class, index) == LUA_TTABLE &&
      lua_getfield(L, -1, name) != LUA_TNIL) {
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
    return true;
  }
  lua_settop(L, top);
  return false;
}

/* ---- elements ---- */

lua_Integer access_count(lua_State *L, CData *cd, int index) {
  Span span;
  const Class *class = cd->class;
  const Type *type = class->type->bare;
  if (class->shape != SHAPE_POINTER && type->count < COUNT_VARIABLE &&
      (type->kind == TYPE_ARRAY || type->kind == TYPE_VECTOR))
    return (lua_Integer)type->count;
  uint64_t stride = class_stride(class);
  if (stride == SIZE_UNKNOWN || stride == 0)
    return -1;
  cdata_span(L, cd, index, &span);
  if (span.high == UINTPTR_MAX)
    return -1;
  if (span.offset >= span.high)
    return 0;
  return (lua_Integer)((span.high - span.offset) / stride);
}

static int no_elements(lua_State *L, const Class *class) {
  const Type *element = class->element.type;
  const char *type = push_type(L, class->type);
  if (element == NULL)
    return luaL_error(L, "'%s' cannot be indexed", type);
  if (element->kind == TYPE_FUNCTION)
    return luaL_error(L, "'%s' is a function: call it", type);
  return luaL_error(L, "'%s' cannot be indexed: '%s' is %s%s", type,
                    push_type(L, element),
                    element->bare->kind == TYPE_VOID
                        ? "void, so cast it to a pointer to what it is"
                        : "incomplete, so declare its members",
                    push_type_hint(L, element));
}

/* Throws: the element is not in the memory; which ones are. */
static int no_such_element(lua_State *L, const Type *type, lua_Integer i,
                           uint64_t stride, const Span *span) {
  const char *name = push_type(L, type);
  int64_t low = (intptr_t)(span->low - span->offset);
  int64_t high = (intptr_t)(span->high - span->offset);
  int64_t bytes = stride == 0 ? 1 : (int64_t)stride;
  int64_t first = low / bytes + (low % bytes > 0);
  int64_t end = high / bytes - (high % bytes < 0);
  int64_t last = (intptr_t)((uintptr_t)end - 1);      /* indices wrap, too */
  if (span->high == UINTPTR_MAX)
    return luaL_error(L, "index %I of '%s' at %p reaches past the last "
                      "address", (LUAI_UACINT)i, name, span_at(span));
  if (first > last)
    return luaL_error(L, "index %I is out of bounds of '%s': its memory has "
                      "no elements", (LUAI_UACINT)i, name);
  return luaL_error(L, "index %I is out of bounds of '%s': its memory has "
                    "elements %I to %I", (LUAI_UACINT)i, name,
                    (LUAI_UACINT)first, (LUAI_UACINT)last);
}

/* Throws unless the array has element `i`; its memory may be shorter still. */
static void check_index(lua_State *L, const Type *type, lua_Integer i,
                        const Span *span, uint64_t stride) {
  if (type->count < COUNT_VARIABLE && type->count != 0 &&
      (uint64_t)i >= type->count)
    luaL_error(L, "index %I is out of bounds: '%s' has elements 0 to %I",
               (LUAI_UACINT)i, push_type(L, type),
               (LUAI_UACINT)type->count - 1);
  if (span->high - span->offset < stride)
    luaL_error(L, "index %I is out of bounds: '%s' has no elements",
               (LUAI_UACINT)i, push_type(L, type));
}

/* Moves the span to element `i`; throws if it is out of bounds. */
static void element_span(lua_State *L, const Class *class, lua_Integer i,
                         Span *span) {
  intptr_t distance;
  uint64_t stride = class_stride(class);
  const Type *type = class->type->bare;
  if (stride == SIZE_UNKNOWN)
    no_elements(L, class);
  if (class->shape != SHAPE_POINTER)
    check_index(L, type, i, span, stride);
  bool wraps = __builtin_mul_overflow(i, (int64_t)stride, &distance);
  uintptr_t at = span->offset + (uintptr_t)distance;
  if (wraps || at < span->low || at > span->high || stride > span->high - at)
    no_such_element(L, type, i, stride, span);
  span->offset = at;
}

/* ---- members ---- */

/*
** Classes made while the record was incomplete have no members, nor has the
** metatable that a script has taken out of another class with `debug`; the
** class that there is now has.
*/
static const Member *new_member(lua_State *L, const Class *class) {
  const Member *member = NULL;
  class_push(L, class->state, class->type, class->shape, class->plugin);
  if (lua_getiuservalue(L, -1, CLASS_MEMBERS) == LUA_TTABLE) {
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    member = lua_touserdata(L, -1);
  }
  lua_settop(L, 3);
  return member;
}

/* The member that the string at index 2 names, or NULL. */
static const Member *find_member(lua_State *L, const Class *class) {
  if (class->members == NULL)
    return new_member(L, class);
  const Member *member = class_member(class, lua_topointer(L, 2));
  if (member != NULL)
    return member;
  if (!access_is_own(L, class))
    return new_member(L, class);
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(2));
  member = lua_touserdata(L, -1);
  lua_settop(L, 3);
  return member;
}

static void member_span(lua_State *L, const Class *class,
                        const Member *member, Span *span) {
  span_check(L, span, (int64_t)member->offset,
             member->size == SIZE_UNKNOWN ? 0 : member->size, class->type);
  span->offset += (uintptr_t)member->offset;
}

/* ---- what a key names ---- */

/* .re and .im, or [0] and [1]. */
static bool complex_part(lua_State *L, lua_Integer *i) {
  const char *key = lua_tostring(L, 2);
  *i = strcmp(key, "im") == 0;
  return *i == 1 || strcmp(key, "re") == 0;
}

/* The part that the key at index 2 names; throws if it is out of bounds. */
static bool find_part(lua_State *L, CData *cd, Part *part) {
  const Class *class = cd->class;
  const Member *member = NULL;
  int isinteger = lua_type(L, 2) == LUA_TNUMBER;
  if (isinteger) {
    part->index = lua_tointegerx(L, 2, &isinteger);
    isinteger = isinteger &&
                (class->record == NULL || class->shape == SHAPE_POINTER);
  } else if (lua_type(L, 2) == LUA_TSTRING) {
    if (class->record != NULL)
      member = find_member(L, class);
    else if (class->type->kind == TYPE_COMPLEX)
      isinteger = complex_part(L, &part->index);
  }
  if (member == NULL && !isinteger)
    return false;
  part->cd = cd;
  part->member = isinteger ? &class->element : member;
  cdata_span(L, cd, 1, &part->span);
  if (isinteger)
    element_span(L, class, part->index, &part->span);
  else
    member_span(L, class, member, &part->span);
  return true;
}

/* ---- reading ---- */

static int no_member(lua_State *L, const Class *class) {
  if (class->element.type != NULL && class->record == NULL &&
      class->type->kind != TYPE_COMPLEX)
    return luaL_error(L, "'%s' has no member '%s': an index is an integer",
                      push_type(L, class->type), luaL_tolstring(L, 2, NULL));
  const char *type = push_type(L, class->type);
  const char *key = luaL_tolstring(L, 2, NULL);
  if (class->record == NULL)
    return luaL_error(L, "'%s' has no member '%s'", type, key);
  if (!type_complete(class->record))
    return luaL_error(L, "'%s' cannot be indexed with '%s': '%s' is "
                      "incomplete, so declare its members%s", type, key,
                      push_type(L, class->record),
                      push_type_hint(L, class->record));
  return luaL_error(L, "'%s' has no member '%s'%s", type, key,
                    push_member_hint(L, class->record, key));
}

/* Pushes the metatype's __index, as access_metatype does. */
static bool push_index(lua_State *L, const Class *class) {
  if (!class->worn || !access_is_own(L, class))
    return access_metatype(L, class, 0, "__index");
  lua_rawgeti(L, lua_upvalueindex(3), PART_METATYPE);
  lua_pushvalue(L, lua_upvalueindex(4));
  return lua_gettable(L, -2) != LUA_TNIL;
}

int access_index_other(lua_State *L, Class *class) {
  plugin_check(L, class->plugin);
  if (class->record == NULL || !push_index(L, class))
    return no_member(L, class);
  if (lua_isfunction(L, -1)) {
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    return 1;
  }
  lua_pushvalue(L, 2);
  if (lua_gettable(L, -2) == LUA_TNIL)
    return no_member(L, class);
  return 1;
}

/* cb:free() ends a callback. */
static int callback_free_method(lua_State *L) {
  state_check(L);
  CData *cd = check_cdata(L, 1);
  if (cd->class->shape != SHAPE_POINTER || !(cd->tag & CDATA_OWNED))
    return luaL_error(L, "'%s' is no callback: only what callback() returned "
                      "can be freed", push_type(L, cd->class->type));
  lua_getiuservalue(L, 1, 1);
  if (!callback_is_guard(L, -1))
    return luaL_error(L, "this function pointer is no callback");
  callback_free(L, lua_gettop(L));
  return 0;
}

static bool is_free(lua_State *L, const Class *class) {
  return class->shape == SHAPE_POINTER &&
         class->element.type->kind == TYPE_FUNCTION &&
         lua_type(L, 2) == LUA_TSTRING &&
         strcmp(lua_tostring(L, 2), "free") == 0;
}

int access_index(lua_State *L) {
  State *s = state_of(L);
  CData *cd = check_cdata(L, 1);
  Part part;
  lua_settop(L, 3);
  if (find_part(L, cd, &part)) {
    if (part.member->bitfield)
      push_bits(L, part.member, span_at(&part.span));
    else
      push_value(L, s, part.member->type, &part.span);
  } else if (is_free(L, cd->class)) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, callback_free_method, 1);
  } else {
    return access_index_other(L, cd->class);
  }
  return 1;
}

/* ---- writing ---- */

/* Pushes which member of the record is const: "from.x". */
static void push_const_member(lua_State *L, const Type *record) {
  const Field *field = record->record->fields;
  while (!type_is_const_field(field) &&
         (type_holds(field->type) & HOLDS_CONST) == 0)
    field++;
  lua_pushstring(L, field->name == NULL ? "" : field->name);
  if (type_is_const_field(field))
    return;
  const Type *inner = field->type->bare;
  while (inner->kind == TYPE_ARRAY)
    inner = inner->target->bare;
  push_const_member(L, inner);
  lua_pushfstring(L, field->name == NULL ? "%s%s" : "%s.%s",
                  lua_tostring(L, -2), lua_tostring(L, -1));
  lua_replace(L, -3);
  lua_pop(L, 1);
}

void check_assignable(lua_State *L, const Type *type) {
  if ((type_holds(type) & HOLDS_CONST) == 0)
    return;
  while (type->kind == TYPE_ARRAY)
    type = type->target;
  luaL_checkstack(L, LIMIT_DEPTH + 4, "cplugin");
  push_const_member(L, type->bare);
  const char *member = lua_tostring(L, -1);
  luaL_error(L, "'%s' cannot be assigned as a whole: its member '%s' is "
             "const; assign to the others", push_type(L, type->bare), member);
}

static void check_writable(lua_State *L, const Type *type, const CData *cd) {
  if (cd->tag & CDATA_VARIABLE)
    bind_check_writable(L, cd);
  if ((type_qualifiers(type) & QUAL_CONST) == 0) {
    check_assignable(L, type);
    return;
  }
  const Type *whole = cd->class->type;
  const char *name = push_type(L, whole);
  if (whole->kind == TYPE_POINTER)
    whole = whole->target;
  if (type_qualifiers(whole) & QUAL_CONST)
    luaL_error(L, "'%s' is const: its '%s' cannot be written", name,
               luaL_tolstring(L, 2, NULL));
  luaL_error(L, "member '%s' of '%s' is const and cannot be written",
             luaL_tolstring(L, 2, NULL), name);
}

static int newindex_other(lua_State *L, Class *class) {
  lua_settop(L, 3);
  if (class->record == NULL || !access_metatype(L, class, 0, "__newindex"))
    return no_member(L, class);
  if (lua_isfunction(L, -1)) {
    lua_insert(L, 1);
    lua_call(L, 3, 0);
    return 0;
  }
  lua_replace(L, 1);
  lua_settable(L, 1);
  return 0;
}

int access_write(lua_State *L, const Part *part) {
  Class *class = part->cd->class;
  const Member *member = part->member;
  Site site = {SITE_ELEMENT, part->index, NULL, class->type, &part->span,
               false, NULL};
  if (member != &class->element) {
    site.kind = SITE_MEMBER;
    site.name = lua_tostring(L, 2);
    site.type = class->record;
  }
  if (member->bitfield)
    store_bits(L, class->state, member, span_at(&part->span), 3, &site);
  else
    store_value(L, class->state, member->type, span_at(&part->span), 3, &site);
  return 0;
}

int access_newindex(lua_State *L) {
  Part part;
  state_check(L);
  CData *cd = check_cdata(L, 1);
  lua_settop(L, 3);
  if (!find_part(L, cd, &part)) {
    plugin_check(L, cd->class->plugin);
    return newindex_other(L, cd->class);
  }
  if (cd->class->type->kind == TYPE_COMPLEX)      /* mostly it is a copy */
    return luaL_error(L, "a part of '%s' cannot be written: assign a whole "
                      "one, such as {re = 1, im = 2}",
                      push_type(L, cd->class->type));
  check_writable(L, part.member->type, cd);
  return access_write(L, &part);
}

/* ---- # and pairs ---- */

static int no_length(lua_State *L, const Class *class) {
  return luaL_error(L, "the length of '%s' is not known%s",
                    push_type(L, class->type), class->shape != SHAPE_POINTER
                    ? "" : "; view(p, n) is the pointer with one");
}

int access_len(lua_State *L) {
  state_check(L);
  CData *cd = check_cdata(L, 1);
  plugin_check(L, cd->class->plugin);
  lua_Integer count = access_count(L, cd, 1);
  if (count < 0)
    return no_length(L, cd->class);
  lua_pushinteger(L, count);
  return 1;
}

/* Adds the names of the record's members to the list on the top. */
static void list_members(lua_State *L, const Type *record) {
  for (uint32_t i = 0; i < record->record->nfields; i++) {
    const Field *field = &record->record->fields[i];
    if (field->name != NULL) {
      lua_pushstring(L, field->name);
      lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    } else if (field->type->kind == TYPE_RECORD) {
      list_members(L, field->type);
    }
  }
}

typedef struct Walk {             /* over the members or elements of a cdata */
  lua_Integer count, next;
  bool named;
} Walk;

/* Upvalues: the Walk, and a list of the names, if it is over these. */
static int next_pair(lua_State *L) {
  Walk *walk = lua_touserdata(L, lua_upvalueindex(1));
  if (walk->next >= walk->count)
    return 0;
  lua_settop(L, 1);
  lua_Integer next = walk->next++;
  if (walk->named)
    lua_rawgeti(L, lua_upvalueindex(2), next + 1);
  else
    lua_pushinteger(L, next);
  if (quick_value(L))
    return 2;
  lua_pushvalue(L, 2);
  lua_gettable(L, 1);
  return 2;
}

int access_pairs(lua_State *L) {
  state_check(L);
  CData *cd = check_cdata(L, 1);
  const Class *class = cd->class;
  plugin_check(L, class->plugin);
  Walk *walk = lua_newuserdatauv(L, sizeof *walk, 0);
  walk->next = 0;
  walk->named = class->record != NULL && type_complete(class->record);
  if (walk->named) {
    lua_createtable(L, (int)class->record->record->nfields, 0);
    list_members(L, class->record);
    walk->count = (lua_Integer)lua_rawlen(L, -1);
  } else {
    walk->count = access_count(L, cd, 1);
  }
  if (walk->count < 0)
    return no_length(L, class);
  lua_pushcclosure(L, next_pair, walk->named ? 2 : 1);
  lua_pushvalue(L, 1);
  return 2;
}
