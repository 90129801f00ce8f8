/*
** init.c - initialisers: Lua tables for arrays and records.
**
** As C has them (C11 6.7.9): members by name or in order, elements in order,
** what is not given is zero. Tables count from 1, or from 0 if they have
** [0]. What C would reject is rejected: unknown members, too many values.
*/
#include <string.h>

#include "value/scalar.h"
#include "value/store.h"

/* The key that the first element of the table has. */
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

/* Is it an array of 8-bit integers? */
static bool is_text(const Type *type) {
  const Type *element = type->bare->target;
  return type->bare->kind == TYPE_ARRAY &&
         element->bare->kind == TYPE_INTEGER && type_size(element) == 1;
}

bool init_text(lua_State *L, const Type *type, char *to, uint64_t bytes,
               int index) {
  size_t length;
  if (!is_text(type))
    return false;
  const char *text = lua_tolstring(L, index, &length);
  if (length > bytes)
    return false;
  memmove(to, text, length);      /* by casts it may be the text itself */
  memset(to + length, 0, (size_t)bytes - length);
  return true;
}

void init_string(lua_State *L, const Type *type, char *to,
                 uint64_t bytes, int index, const Site *site) {
  if (init_text(L, type, to, bytes, index))
    return;
  const char *why = !is_text(type) ? NULL
      : lua_pushfstring(L, "its %I bytes are too many for %I",
                        (LUAI_UACINT)lua_rawlen(L, index),
                        (LUAI_UACINT)bytes);
  store_error(L, type, index, site, why);
}

/* An initialiser that is at work, on memory that nobody else has yet. */
typedef struct Target {
  const Type *type;               /* of the array or record */
  char *to;
  uint64_t bytes;                 /* with those of a flexible array */
  const Span *span;
  const Site *within;             /* the place that the whole goes to */
} Target;

/* Where the values come from: a table, or stack indices `first` to `last`. */
typedef struct Values {
  int table;                      /* its stack index, or 0 */
  bool raw;                       /* it has no metatable */
  lua_Integer base;               /* the key of the first value in it */
  int first, last;
} Values;

static void init(lua_State *L, State *s, const Target *target,
                 Values *values);

/*
** The short way of a list: goes through it once, while its keys are 1, 2, ...
** and have a part, and initialises these. Was that all of it? If not, how many
** parts are done is in `*done`, and the base is set. The pair that is met
** first is on the top; pops it. The table has no metatable.
*/
static bool init_walk(lua_State *L, State *s, const Target *target,
                      Values *values, uint64_t *done);

static bool has_metatable(lua_State *L, int table) {
  bool has = lua_getmetatable(L, table) != 0;
  if (has)
    lua_pop(L, 1);
  return has;
}

/* The base of one without a metatable is still to be asked for. */
static Values table_values(lua_State *L, int index) {
  Values values = {.table = index, .raw = !has_metatable(L, index), .base = 1};
  if (!values.raw)
    values.base = table_base(L, index);
  return values;
}

/*
** The stack index of the value number `i`, from 0, which may have been pushed
** on the `top` values that there are; 0: there is none.
*/
static int find_nth(lua_State *L, const Values *values, lua_Integer i,
                    int top) {
  int index = values->first + (int)i;
  if (values->table != 0)
    return lua_geti(L, values->table, values->base + i) != LUA_TNIL ? top + 1
                                                                    : 0;
  return index <= values->last && !lua_isnil(L, index) ? index : 0;
}

static void too_many(lua_State *L, const Target *target, lua_Integer key) {
  luaL_error(L, "too many values for '%s'%s: it has no place for [%I]",
             push_type(L, target->type), push_within(L, target->within),
             (LUAI_UACINT)key);
}

static void check_key(lua_State *L, const Target *target,
                      const Values *values, lua_Integer count) {
  const Type *type = target->type;
  if (lua_isinteger(L, -1)) {
    lua_Integer key = lua_tointeger(L, -1);
    if (key < values->base || key - values->base >= count)
      too_many(L, target, key);
    return;
  }
  const char *name = luaL_tolstring(L, -1, NULL);
  if (type->kind == TYPE_RECORD)
    luaL_error(L, "an initialiser of '%s'%s has both numbers and '%s'",
               push_type(L, type), push_within(L, target->within), name);
  luaL_error(L, "'%s'%s has no element '%s'", push_type(L, type),
             push_within(L, target->within), name);
}

static lua_Integer count_keys(lua_State *L, int table) {
  lua_Integer n = 0;
  lua_pushnil(L);
  for (; lua_next(L, table) != 0; n++)
    lua_pop(L, 1);
  return n;
}

/*
** There must be no other values than those with the numbers 0 to count-1, of
** which `found` are not nil.
*/
static void check_rest(lua_State *L, const Target *target,
                       const Values *values, lua_Integer count,
                       lua_Integer found) {
  if (values->table == 0) {
    if (values->last - values->first >= count)
      too_many(L, target, count + 1);
    return;
  }
  if (values->raw && count_keys(L, values->table) == found)
    return;
  lua_pushnil(L);
  while (lua_next(L, values->table) != 0) {
    lua_pop(L, 1);
    check_key(L, target, values, count);
  }
}

/*
** The type of part number `i`, and where it is; NULL: init() knows it. All
** before are there.
*/
static inline const Type *nth_part(const Target *target, uint64_t i,
                                   uint64_t *offset) {
  const Type *type = target->type;
  if (type->kind == TYPE_RECORD) {
    const Record *record = type->record;
    if (i >= record->nfields || record->fields[i].bitfield ||
        (type->flags & TYPE_UNION && i != 0))
      return NULL;
    *offset = record->fields[i].offset;
    return record->fields[i].type;
  }
  uint64_t size = type_size(type->target);
  *offset = i * size;
  return size == 0 || size > target->bytes - *offset ? NULL : type->target;
}

/* Initialises one part. */
static void init_part(lua_State *L, State *s, const Type *type, char *to,
                      int index, const Site *site) {
  if (lua_istable(L, index) && type_is_aggregate(type) &&
      type_complete(type)) {
    Target part = {type->bare, to, type_size(type), site->span, site};
    Values values = table_values(L, index);
    init(L, s, &part, &values);
  } else {
    store_value(L, s, type, to, index, site);
  }
}

/* ---- arrays ---- */

#define RUN 64                    /* values that are on the stack at once */

/*
** Initialises the first elements of an array of numbers or booleans with the
** plain values of a table without a metatable, up to what is none or is
** missing; how many.
*/
static uint64_t init_run(lua_State *L, const Target *target,
                         const Values *values, uint64_t count) {
  const Type *element = target->type->target->bare;
  uint64_t done = 0, size = type_size(element);
  int top = lua_gettop(L), stored;
  if (!scalar_is_plain(element) || !lua_checkstack(L, RUN))
    return 0;
  do {
    int n = count - done < RUN ? (int)(count - done) : RUN;
    stored = scalar_store_run(L, element, target->to + done * size,
                              values->table,
                              values->base + (lua_Integer)done, n);
    lua_settop(L, top);
    done += (uint64_t)stored;
  } while (stored == RUN);
  return done;
}

/* (table, a, b): is there nothing behind a and b? Throws if it takes no b. */
static int ends_behind(lua_State *L) {
  bool more = lua_next(L, 1) != 0;
  lua_settop(L, 2);
  more = lua_next(L, 1) != 0 || more;
  lua_pushboolean(L, !more);
  return 1;
}

/*
** Are the keys 1 to n, which a table has, all that it has? lua_next comes to
** the array part of a table first, in order, and takes each index of it for
** a key, also one that has no value: what comes behind n + 1 is then all that
** is not 1 to n. That it is in the array part is to be seen by the power of
** two behind n, up to which Lua makes these parts when lists grow. No: it may
** be all the same. Yes is wrong only for a list in the hash part that was
** once as long as that and has been shortened.
*/
static bool is_all(lua_State *L, int table, uint64_t n) {
  lua_Integer end = RUN;
  int top = lua_gettop(L);
  if (n < RUN)
    return false;                 /* going through it is cheaper */
  while ((uint64_t)end <= n)
    end *= 2;
  lua_pushcfunction(L, ends_behind);
  lua_pushvalue(L, table);
  lua_pushinteger(L, (lua_Integer)n + 1);
  lua_pushinteger(L, end);
  bool all = lua_pcall(L, 3, 1, 0) == LUA_OK && lua_toboolean(L, -1) &&
             lua_rawgeti(L, table, (lua_Integer)n + 1) == LUA_TNIL;
  lua_settop(L, top);
  return all;
}

static void init_array(lua_State *L, State *s, const Target *target,
                       Values *values) {
  const Type *element = target->type->target;
  uint64_t stride = type_size(element), i = 0;
  uint64_t count = stride == 0 ? 0 : target->bytes / stride;
  lua_Integer found = 0;
  int index, top = lua_gettop(L);
  Site site = {SITE_ELEMENT, 0, NULL, target->type, target->span, false,
               target->within};
  if (values->raw && (count < RUN || !scalar_is_plain(element))) {
    lua_pushnil(L);
    if (lua_next(L, values->table) == 0 ||
        init_walk(L, s, target, values, &i))
      return;
  } else if (values->raw) {
    values->base = table_base(L, values->table);
    i = init_run(L, target, values, count);
    if (values->base == 1 && is_all(L, values->table, i))
      return;
  }
  found = (lua_Integer)i;
  for (; i < count; i++) {
    site.number = (lua_Integer)i;
    if ((index = find_nth(L, values, site.number, top)) != 0) {
      char *to = target->to + i * stride;
      if (!scalar_store(L, element->bare, to, index))
        init_part(L, s, element, to, index, &site);
      found++;
    }
    lua_settop(L, top);
  }
  check_rest(L, target, values, (lua_Integer)count, found);
}

/* ---- records ---- */

static bool is_flexible(const Type *type) {
  return type->kind == TYPE_ARRAY && type->count >= COUNT_VARIABLE;
}

/* A flexible array takes what is left of the memory. */
static void init_flexible(lua_State *L, State *s, const Target *target,
                          const Field *field, uint64_t offset, int index,
                          const Site *site) {
  Target rest = {field->type, target->to + offset, target->bytes - offset,
                 target->span, target->within};
  if (lua_istable(L, index)) {
    Values values = table_values(L, index);
    init_array(L, s, &rest, &values);
  } else if (lua_type(L, index) == LUA_TSTRING) {
    init_string(L, field->type, rest.to, rest.bytes, index, site);
  } else {
    store_error(L, field->type, index, site, "write a table");
  }
}

static void init_any_member(lua_State *L, State *s, const Target *target,
                            const Field *field, const char *name,
                            uint64_t offset, int index) {
  const Member member = {.type = field->type, .bit = field->bit,
                         .width = field->width};
  Site site = {SITE_MEMBER, 0, name, target->type, target->span, false,
               target->within};
  char *to = target->to + offset;
  if (is_flexible(field->type)) {
    init_flexible(L, s, target, field, offset, index, &site);
  } else if (field->bitfield) {
    store_bits(L, s, &member, to, index, &site);
  } else {
    init_part(L, s, field->type, to, index, &site);
  }
}

static inline void init_member(lua_State *L, State *s, const Target *target,
                               const Field *field, const char *name,
                               uint64_t offset, int index) {
  if (field->bitfield ||          /* the short way, as mostly */
      !scalar_store(L, field->type->bare, target->to + offset, index))
    init_any_member(L, s, target, field, name, offset, index);
}

/* The member that the table's key at that index names; throws: none. */
static const Field *named(lua_State *L, const Target *target, int key,
                          const char **name, uint64_t *offset) {
  const Type *type = target->type;
  size_t length;
  if (lua_type(L, key) != LUA_TSTRING)
    luaL_error(L, "an initialiser of '%s'%s has both names and numbers",
               push_type(L, type), push_within(L, target->within));
  *name = lua_tolstring(L, key, &length);
  const Field *field = type_field(type, *name, length, offset);
  if (field == NULL)
    luaL_error(L, "'%s'%s has no member '%s'%s", push_type(L, type),
               push_within(L, target->within), *name,
               push_member_hint(L, type, *name));
  return field;
}

/* The class whose members are those of the target, or NULL: not known. */
static const Class *class_of(const Target *target) {
  const CData *cd = target->span->cd;
  return cd != NULL && cd->class->record == target->type &&
                 cd->class->members != NULL
             ? cd->class : NULL;
}

/* The short way of a plain value for a member that the class knows. */
static inline bool write_known(lua_State *L, const Target *target,
                               const Class *class, int value) {
  const Member *member = class_member(class, lua_topointer(L, value - 1));
  return member != NULL && member->plain != NULL &&
         scalar_store(L, member->plain, target->to + member->offset, value);
}

/*
** {x = 1, y = 2}, names of anonymous members' members too. The pair that is
** met first is on the top; pops it.
*/
static void write_named(lua_State *L, State *s, const Target *target,
                        int table) {
  int value = lua_gettop(L);
  const Class *class = class_of(target);
  do {
    const char *name;
    uint64_t offset;
    if (class == NULL || !write_known(L, target, class, value)) {
      const Field *field = named(L, target, value - 1, &name, &offset);
      init_member(L, s, target, field, name, offset, value);
    }
    lua_settop(L, value - 1);
  } while (lua_next(L, table) != 0);
}

/* Can names of the record stand for the same bytes? */
static bool may_overlap(const Type *type) {
  const Record *record = type->record;
  bool overlap = (type->flags & TYPE_UNION) != 0;
  for (uint32_t i = 0; i < record->nfields && !overlap; i++)
    overlap = record->fields[i].name == NULL && !record->fields[i].bitfield;
  return overlap;
}

/*
** Which bits of the record the member has that the key at that index names:
** from, to; the name. Initialising it may have changed the table.
*/
static const char *bits_of(lua_State *L, const Target *target, int key,
                           uint64_t bits[2]) {
  const char *name;
  uint64_t offset;
  const Field *field = named(L, target, key, &name, &offset);
  uint64_t size = type_size(field->type);
  bits[0] = offset * 8 + (field->bitfield ? field->bit : 0);
  bits[1] = bits[0] + (field->bitfield ? field->width
                       : size == SIZE_UNKNOWN ? 0 : size * 8);
  return name;
}

/*
** A table has no order: which of two members of a union would it be? The name
** of one is on the top.
*/
static void check_alone(lua_State *L, const Target *target, int table) {
  uint64_t bits[2], others[2];
  int key = lua_gettop(L);
  const char *name = bits_of(L, target, key, bits);
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    const char *other = bits_of(L, target, key + 1, others);
    if (strcmp(name, other) < 0 && bits[0] < others[1] && others[0] < bits[1])
      luaL_error(L, "an initialiser of '%s'%s has both '%s' and '%s', which "
                 "are in one place: give one", push_type(L, target->type),
                 push_within(L, target->within), name, other);
    lua_pop(L, 1);
  }
}

/* The same, and checks that each place is written once. */
static void init_named(lua_State *L, State *s, const Target *target,
                       int table) {
  write_named(L, s, target, table);
  if (!may_overlap(target->type))
    return;
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    lua_pop(L, 1);
    check_alone(L, target, table);
  }
}

static const char *shown_name(const Field *field) {
  return field->name == NULL ? "(anonymous)" : field->name;
}

/*
** {1, 2}: members in the order of the declaration; of a union the first. That
** many of them are done, all of which are no bit-fields.
*/
static void init_ordered(lua_State *L, State *s, const Target *target,
                         const Values *values, uint32_t done) {
  const Record *record = target->type->record;
  bool isunion = (target->type->flags & TYPE_UNION) != 0;
  lua_Integer n = done, found = done;
  int index, top = lua_gettop(L);
  for (uint32_t i = done; i < record->nfields && !(isunion && n > 0); i++) {
    const Field *field = &record->fields[i];
    if (field->bitfield && field->name == NULL)
      continue;
    if ((index = find_nth(L, values, n++, top)) != 0) {
      init_member(L, s, target, field, shown_name(field), field->offset,
                  index);
      found++;
    }
    lua_settop(L, top);
  }
  check_rest(L, target, values, n, found);
}

/* A table that has numbers for keys, at least the one met first, is ordered. */
static void init_record(lua_State *L, State *s, const Target *target,
                        Values *values) {
  uint64_t done = 0;
  if (values->table != 0) {
    lua_pushnil(L);
    if (lua_next(L, values->table) == 0)
      return;
    if (lua_type(L, -2) != LUA_TNUMBER) {
      init_named(L, s, target, values->table);
      return;
    }
    if (!values->raw)
      lua_settop(L, lua_gettop(L) - 2);
    else if (init_walk(L, s, target, values, &done))
      return;
  }
  init_ordered(L, s, target, values, (uint32_t)done);
}

/* ---- lists ---- */

/* Initialises part number `i` with what is no plain value for its type. */
__attribute__((noinline))
static void init_nth(lua_State *L, State *s, const Target *target, uint64_t i,
                     uint64_t offset, int index) {
  const Type *type = target->type;
  Site site = {SITE_ELEMENT, (lua_Integer)i, NULL, type, target->span, false,
               target->within};
  if (type->kind == TYPE_RECORD) {
    const Field *field = &type->record->fields[i];
    init_any_member(L, s, target, field, shown_name(field), offset, index);
  } else {
    init_part(L, s, type->target, target->to + offset, index, &site);
  }
}

static bool is_key(lua_State *L, int index, uint64_t key) {
  return lua_isinteger(L, index) &&
         lua_tointeger(L, index) == (lua_Integer)key;
}

static bool init_walk(lua_State *L, State *s, const Target *target,
                      Values *values, uint64_t *done) {
  uint64_t offset, n = 0;
  int value = lua_gettop(L), table = values->table;
  bool more = true, counted = false;
  for (; more; more = lua_next(L, table) != 0) {
    const Type *part = nth_part(target, n, &offset);
    if (part == NULL || !is_key(L, value - 1, n + 1))
      break;
    if (!scalar_store(L, part->bare, target->to + offset, value)) {
      counted = counted || table_base(L, table) == 1;
      if (!counted)               /* it has a [0], which is to be the first */
        break;
      init_nth(L, s, target, n, offset, value);
    }
    n++;
    lua_settop(L, value - 1);
  }
  lua_settop(L, value - 2);
  if (!more)
    return true;
  values->base = table_base(L, table);
  *done = values->base == 1 ? n : 0;
  return false;
}

static void init(lua_State *L, State *s, const Target *target,
                 Values *values) {
  luaL_checkstack(L, 16, "initialiser nested too deeply");
  if (target->type->kind == TYPE_RECORD)
    init_record(L, s, target, values);
  else
    init_array(L, s, target, values);
}

void init_table(lua_State *L, State *s, const Type *type, char *to,
                uint64_t bytes, int index, const Span *span,
                const Site *within) {
  Target target = {type->bare, to, bytes, span, within};
  Values values = table_values(L, index);
  init(L, s, &target, &values);
}

/*
** The short way, for plain values of parts that take these: were they all?
** Otherwise all of them are for init().
*/
static bool init_plain(lua_State *L, const Target *target, int first,
                       int last) {
  uint64_t offset;
  for (int i = first; i <= last; i++) {
    const Type *part = nth_part(target, (uint64_t)(i - first), &offset);
    if (part == NULL ||
        !scalar_store(L, part->bare, target->to + offset, i))
      return false;
  }
  return true;
}

void init_list(lua_State *L, State *s, const Type *type, char *to,
               uint64_t bytes, int first, int last, const Span *span) {
  Target target = {type->bare, to, bytes, span, NULL};
  Values values = {.base = 1, .first = first, .last = last};
  if (!init_plain(L, &target, first, last))
    init(L, s, &target, &values);
}
