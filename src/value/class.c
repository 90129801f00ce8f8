/*
** class.c - classes: what cdata of one type, shape and plugin share.
**
** They are made at first use and cached by type: in the table of the scope's
** handle, or of the plugin where memory was reached through one.
*/
#include <string.h>

#include "base/nearname.h"
#include "type/ctext.h"
#include "value/cdata.h"
#include "value/scalar.h"

const char *push_declaration_of(lua_State *L, const Type *type,
                                const char *name) {
  luaL_Buffer buffer;
  char text[128];                 /* as mostly, to write it once */
  size_t length = ctext(type, name, text, sizeof text);
  if (length < sizeof text)
    return lua_pushlstring(L, text, length);
  char *room = luaL_buffinitsize(L, &buffer, length + 1);
  ctext(type, name, room, length + 1);
  luaL_pushresultsize(&buffer, length);
  return lua_tostring(L, -1);
}

const char *push_type(lua_State *L, const Type *type) {
  return push_declaration_of(L, type, NULL);
}

static void offer_members(NearName *near, const Type *record) {
  for (uint32_t i = 0; i < record->record->nfields; i++) {
    const Field *field = &record->record->fields[i];
    if (field->name != NULL)
      nearname_offer(near, field->name);
    else if (field->type->kind == TYPE_RECORD)
      offer_members(near, field->type);
  }
}

const char *push_member_hint(lua_State *L, const Type *record,
                             const char *name) {
  NearName near;
  nearname_init(&near, name, strlen(name));
  offer_members(&near, record->bare);
  if (near.best == NULL)
    return lua_pushliteral(L, "");
  return lua_pushfstring(L, ", did you mean '%s'?", near.best);
}

const char *push_type_hint(lua_State *L, const Type *type) {
  char hint[SCOPE_HINT];
  return lua_pushstring(L, scope_hint(type, hint));
}

/* Pushes the table that caches the classes of (type, plugin). */
static void class_cache(lua_State *L, State *s, const Type *type,
                        Plugin *plugin) {
  if (plugin == NULL) {
    state_scope_table(L, s, STATE_CACHES, type->scope);
    return;
  }
  state_object(L, s, plugin);
  lua_getiuservalue(L, -1, PLUGIN_CLASSES);
  lua_remove(L, -2);
}

/* A light userdata that names (type, shape); types are aligned to 16. */
static void push_key(lua_State *L, const Type *type, Shape shape) {
  lua_pushlightuserdata(L, (char *)(uintptr_t)type + shape);
}

/* What members are of: a record, or what a pointer to a record points at. */
static const Type *members_of(const Type *type, Shape shape) {
  if (shape == SHAPE_POINTER)
    type = type->target;
  return type->kind == TYPE_RECORD ? type : NULL;
}

/* How many members have names, those of anonymous ones included. */
static size_t count_members(const Type *record) {
  size_t n = 0;
  for (uint32_t i = 0; i < record->record->nfields; i++) {
    const Field *field = &record->record->fields[i];
    if (field->name != NULL)
      n++;
    else if (field->type->kind == TYPE_RECORD)
      n += count_members(field->type);
  }
  return n;
}

/* Room for the member whose name has that address. */
static Member *member_room(Member *room, uint32_t last, const void *key) {
  uint32_t i = string_place(key, last);
  while (room[i].key != NULL)
    i = (i + 1) & last;
  room[i].key = key;
  return &room[i];
}

static Reading reading_of(const Type *type, uint64_t size) {
  if (type->bare->kind == TYPE_POINTER)
    return READ_POINTER;
  if (type_is_aggregate(type->bare) && size != 0 && size != SIZE_UNKNOWN &&
      type_flexible(type->bare) == NULL)
    return READ_AGGREGATE;
  return READ_LONG;
}

static bool is_readonly(const Type *type) {
  return (type_qualifiers(type) & QUAL_CONST) != 0 ||
         (type_holds(type) & HOLDS_CONST) != 0;
}

/* Adds them to the class's room, and to the table on the top. */
static void add_members(lua_State *L, Class *class, const Type *record,
                        unsigned qual, uint64_t offset, Member *room) {
  for (uint32_t i = 0; i < record->record->nfields; i++) {
    const Field *field = &record->record->fields[i];
    if (field->name == NULL && field->type->kind == TYPE_RECORD)
      add_members(L, class, field->type, qual | field->type->qual,
                  offset + field->offset, room);
    if (field->name == NULL)
      continue;
    if (strlen(field->name) > NAME_BRIEF)
      class->brief = false;
    lua_pushstring(L, field->name);
    Member *member = member_room(room, class->last,
                                 lua_topointer(L, -1));
    member->type = type_qualified(record->scope, field->type, qual);
    if (member->type == NULL)
      luaL_error(L, "not enough memory");
    member->readonly = is_readonly(member->type);
    member->number = PART_MEMBERS + class->nparts++;
    member->offset = offset + field->offset;
    member->bit = field->bit;
    member->width = field->width;
    member->bitfield = field->bitfield;
    member->size = field->bitfield ? (field->bit + field->width + 7u) / 8
                                   : type_size(field->type);
    member->reading = reading_of(member->type, member->size);
    if (!field->bitfield && scalar_is_plain(member->type))
      member->plain = member->type->bare;
    lua_pushlightuserdata(L, member);
    lua_rawset(L, -3);
  }
}

/* Fills the user values CLASS_MEMBERS and CLASS_ROOM of the class on top. */
static void set_members(lua_State *L, Class *class) {
  const Type *record = class->record;
  size_t n = count_members(record), places = 1;
  while (places < 2 * n)
    places *= 2;
  lua_createtable(L, 0, (int)n);
  Member *room = lua_newuserdatauv(L, places * sizeof(Member), 0);
  lua_setiuservalue(L, -3, CLASS_ROOM);
  memset(room, 0, places * sizeof(Member));
  class->last = (uint32_t)(places - 1);
  class->brief = true;
  add_members(L, class, record, record->qual & QUAL_CONST, 0, room);
  lua_setiuservalue(L, -2, CLASS_MEMBERS);
  class->members = room;
}

/* Pushes what cdata of the class must keep alive, as one table. */
static void push_keep(lua_State *L, const Class *class) {
  State *s = class->state;
  lua_createtable(L, 3, 0);
  state_scope(L, s, class->type->scope);
  lua_rawseti(L, -2, 1);
  if (class->plugin == NULL)
    return;
  state_object(L, s, class->plugin);
  lua_getiuservalue(L, -1, PLUGIN_PIN);
  lua_rawseti(L, -3, 3);
  lua_rawseti(L, -2, 2);
}

static void set_element(Class *class, const Type *type) {
  Member *element = &class->element;
  bool isarray = class->type->kind == TYPE_ARRAY;
  element->type = type;
  element->number = PART_ELEMENT;
  element->readonly = is_readonly(type);
  if (type_size(type) != SIZE_UNKNOWN)
    element->size = type_size(type);
  element->reading = reading_of(type, element->size);
  if ((class->shape == SHAPE_POINTER || isarray) && scalar_is_plain(type))
    element->plain = type->bare;
  if (class->fixed && isarray)
    class->within = class->type->count;
}

static void set_sizes(Class *class) {
  const Type *type = class->type;
  class->record = members_of(type, class->shape);
  class->size = type_size(type);
  class->fixed = class->shape == SHAPE_VALUE && type_complete(type) &&
                 (type->kind == TYPE_RECORD || type->bare == type) &&
                 type_flexible(type) == NULL;
  if (type_align(type) > CDATA_ALIGN)
    class->slack = type_align(type) - CDATA_ALIGN;
  const Type *value = class->shape == SHAPE_POINTER ? type->target : type;
  class->pointers = (type_holds(value) & HOLDS_POINTER) != 0;
  if (type_holds(value) & HOLDS_SHARED)
    class->state->shared = true;
  if (type->kind == TYPE_POINTER || type->kind == TYPE_ARRAY ||
      type->kind == TYPE_VECTOR || type->kind == TYPE_COMPLEX)
    set_element(class, type->target);
}

/*
** Room for all metamethods: a table that grows puts its keys anew, and the one
** that is set first, __index, would not stay where Lua looks first.
*/
static void new_metatable(lua_State *L, const Class *class) {
  lua_createtable(L, 0, class->element.type == NULL ? 16 : 32);
}

static Class *new_class(lua_State *L, State *s, const Type *type,
                        Shape shape, Plugin *plugin) {
  Class *class = lua_newuserdatauv(L, sizeof *class, CLASS_UPVALUES);
  memset(class, 0, sizeof *class);
  class->state = s;
  class->type = type;
  class->plugin = plugin;
  class->shape = shape;
  set_sizes(class);
  if (plugin != NULL)
    plugin->exposed = true;
  push_keep(L, class);
  lua_setiuservalue(L, -2, CLASS_KEEP);
  if (class->record != NULL && type_complete(class->record))
    set_members(L, class);
  lua_createtable(L, PART_MEMBERS + class->nparts, 0);
  class->parts = lua_topointer(L, -1);
  lua_setiuservalue(L, -2, CLASS_PARTS);
  new_metatable(L, class);                      /* class, metatable */
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, &cdata_zero);              /* cdata keep their class */
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, -3, CLASS_METATABLE);
  class->tag = (uintptr_t)class + STATE_COOKIE + TAG_CLASS;
  state_table(L, s, STATE_CLASSES); /* before: what sets a metatype */
  lua_pushvalue(L, -3);           /* meanwhile must find it */
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  s->dress(L, class, lua_gettop(L));
  lua_pop(L, 1);
  state_keep(L, s, class);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &s->ctype);
  lua_setmetatable(L, -2);
  return class;                                 /* + class */
}

void class_end(Class *class) {
  class->fixed = false;
  class->members = NULL;
  class->element.size = class->within = 0;
}

Class *class_push(lua_State *L, State *s, const Type *type, Shape shape,
                  Plugin *plugin) {
  luaL_checkstack(L, 12, "cplugin");
  class_cache(L, s, type, plugin);
  push_key(L, type, shape);
  lua_rawget(L, -2);                            /* cache, class or nil */
  Class *class = lua_touserdata(L, -1);
  if (class == NULL || !class_is_current(class)) {
    lua_pop(L, 1);
    class = new_class(L, s, type, shape, plugin);
    push_key(L, type, shape);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_remove(L, -2);
  return class;
}

static KnownClass *known_place(State *s, const Type *type, Shape shape,
                               const Plugin *plugin) {
  uintptr_t hash = (uintptr_t)type / 16 ^ (uintptr_t)plugin / 64 ^
                   (uintptr_t)shape * 21;
  return &s->classes[(hash ^ hash / KNOWN_CLASSES) % KNOWN_CLASSES];
}

/*
** What was asked for last is found without a look into the tables of scopes
** and plugins. The class may be gone by now, and its address another one's:
** then there is no metatable for it, or that is the one of another type.
*/
Class *class_dress(lua_State *L, State *s, const Type *type, Shape shape,
                   Plugin *plugin) {
  KnownClass *known = known_place(s, type, shape, plugin);
  luaL_checkstack(L, 4, "cplugin");
  state_table(L, s, STATE_DRESSES);
  if (known->type == type && known->plugin == plugin &&
      known->shape == (int)shape) {
    Class *class = known->class;
    if (lua_rawgetp(L, -1, class) == LUA_TTABLE && class->type == type &&
        class->plugin == plugin && class->shape == shape &&
        class_is_current(class)) {
      lua_replace(L, -2);
      return class;
    }
    lua_pop(L, 1);
  }
  Class *class = class_push(L, s, type, shape, plugin);
  lua_getiuservalue(L, -1, CLASS_METATABLE);    /* dresses class metatable */
  lua_pushvalue(L, -1);
  lua_rawsetp(L, -4, class);
  lua_replace(L, -3);
  lua_pop(L, 1);
  *known = (KnownClass){type, plugin, class, (int)shape};
  return class;
}

/* A metatable that has the address of this class may be of an earlier one. */
void class_userdata(lua_State *L, const Class *class) {
  int top = lua_gettop(L);
  state_table(L, class->state, STATE_DRESSES);
  if (lua_rawgetp(L, -1, class) == LUA_TTABLE)
    lua_rawgetp(L, -1, &cdata_zero);
  if (lua_touserdata(L, -1) != class) {
    state_object(L, class->state, class);
    lua_getiuservalue(L, -1, CLASS_METATABLE);
    lua_rawsetp(L, top + 1, class);
  }
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
}
