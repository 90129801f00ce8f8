/* store.c - see store.h. */
#include "value/store.h"

#include <string.h>

#include "base/nearname.h"
#include "plan/abi.h"
#include "type/compat.h"
#include "value/luafile.h"
#include "value/numeral.h"
#include "value/push.h"
#include "value/scalar.h"

/* ---- numbers ---- */

static int out_of_range(lua_State *L, const Type *type, int index,
                        const Site *site) {
  return store_error(L, type, index, site, "it is out of range");
}

static bool is_called(const Enum *list, uint32_t i, const char *name) {
  return i < list->count && strcmp(list->enumerators[i].name, name) == 0;
}

/*
** An enumerator's name, for an enum. It is likely to be where that string was
** found last.
*/
static bool enumerator(lua_State *L, State *s, const Type *type, int index,
                       lua_Integer *value) {
  if (type->kind != TYPE_ENUM || lua_type(L, index) != LUA_TSTRING)
    return false;
  const char *name = lua_tostring(L, index);
  const Enum *list = type->enumeration;
  uint32_t *place = &s->enumerators[string_place(name, KNOWN_NAMES - 1)];
  if (!is_called(list, *place, name)) {
    uint32_t i = 0;
    while (i < list->count && !is_called(list, i, name))
      i++;
    if (i == list->count)
      return false;
    *place = i;
  }
  *value = list->enumerators[*place].value;
  return true;
}

/* Lua's own idea of an integer: also 3.0 and "3". */
static bool to_integer(lua_State *L, int index, lua_Integer *value) {
  int isinteger;
  *value = lua_tointegerx(L, index, &isinteger);
  return isinteger != 0;
}

static bool in_range(const Type *type, lua_Integer value) {
  uint64_t size = type_size(type);
  if (type->kind == TYPE_BOOL)
    return value == 0 || value == 1;
  if (size >= sizeof value)
    return true;
  lua_Integer limit = (lua_Integer)1 << (size * 8 - 1);
  if (type->rank == BASE_CHAR)
    return value >= -limit && value < 2 * limit;
  if (type->flags & TYPE_UNSIGNED)
    return value >= 0 && value < 2 * limit;
  return value >= -limit && value < limit;
}

/* Why the value is no integer, pushed; or NULL. */
static const char *why_no_integer(lua_State *L, const Type *type, int index) {
  NearName near;
  size_t length;
  if (type->kind != TYPE_ENUM || lua_type(L, index) != LUA_TSTRING)
    return NULL;
  const char *name = lua_tolstring(L, index, &length);
  nearname_init(&near, name, length);
  for (uint32_t i = 0; i < type->enumeration->count; i++)
    nearname_offer(&near, type->enumeration->enumerators[i].name);
  if (near.best == NULL)
    return lua_pushfstring(L, "it has no enumerator '%s'", name);
  return lua_pushfstring(L, "it has no enumerator '%s', did you mean '%s'?",
                         name, near.best);
}

/* The number at `index`; a cast takes booleans, too. */
static bool read_number(lua_State *L, int index, const Site *site,
                        Number *number) {
  int boolean = lua_toboolean(L, index);
  if (site->wrap && lua_isboolean(L, index))
    return number_load(type_base(BASE_INT), &boolean, number);
  return number_read(L, index, number);
}

/*
** The integer at `index` in the range of an integer, bool or enum type of
** up to 64 bits, or an error.
*/
static lua_Integer check_integer(lua_State *L, State *s, const Type *type,
                                 int index, const Site *site) {
  lua_Integer value;
  Number number;
  bool whole;
  const Type *base = type->kind == TYPE_ENUM ? type->target : type;
  if ((type->kind == TYPE_BOOL || site->kind == SITE_VARIADIC) &&
      lua_isboolean(L, index))
    return lua_toboolean(L, index);
  if (enumerator(L, s, type, index, &value))
    return value;
  if (to_integer(L, index, &value)) {
    if (!site->wrap && !in_range(base, value))
      out_of_range(L, type, index, site);
    return value;
  }
  if (lua_isboolean(L, index) && !site->wrap)
    store_error(L, type, index, site, "write 1 or 0");
  if (!read_number(L, index, site, &number))
    store_error(L, type, index, site, why_no_integer(L, type, index));
  if (!site->wrap && !number_fits(base, &number, &whole)) {
    if (!whole)
      store_error(L, type, index, site, "it has no integer representation");
    out_of_range(L, type, index, site);
  }
  value = 0;
  number_store(type->kind == TYPE_BOOL ? type : type_base(BASE_LLONG), &value,
               &number);          /* (_Bool)0.5 is 1 */
  return value;
}

static void store_integer(lua_State *L, State *s, const Type *type, char *to,
                          int index, const Site *site) {
  lua_Integer value = check_integer(L, s, type, index, site);
  if (type->kind == TYPE_BOOL)
    value = value != 0;
  memcpy(to, &value, (size_t)type_size(type));  /* little-endian */
}

/* A numeral, where Lua has no number that a script could write. */
static bool store_numeral(lua_State *L, const Type *type, char *to,
                          int index, const Site *site) {
  size_t length;
  if (lua_type(L, index) != LUA_TSTRING || scalar_is_plain(type))
    return false;
  const char *text = lua_tolstring(L, index, &length);
  const char *why = numeral_read(type, text, length, to);
  if (why != NULL)
    store_error(L, type, index, site, why);
  return true;
}

/* A cdata of that very type: its bits, NaNs and all. */
static bool store_same(lua_State *L, const Type *type, char *to,
                       int index) {
  CData *cd = cdata_test(L, index);
  if (cd == NULL || cd->class->type->bare != type)
    return false;
  memcpy(to, cdata_payload(cd), (size_t)type_size(type));
  return true;
}

/* Floats, complex numbers and __int128. */
static void store_number(lua_State *L, const Type *type, char *to,
                         int index, const Site *site) {
  Number number;
  bool whole;
  if (store_numeral(L, type, to, index, site) ||
      store_same(L, type, to, index))
    return;
  if (!read_number(L, index, site, &number))
    store_error(L, type, index, site,
                lua_isboolean(L, index) ? "a boolean is not a number" : NULL);
  if (type->kind == TYPE_FLOAT && number.kind == NUMBER_COMPLEX &&
      !site->wrap)
    store_error(L, type, index, site, "it would lose its imaginary part");
  if (type->kind == TYPE_INTEGER && !site->wrap &&
      !number_fits(type, &number, &whole))
    store_error(L, type, index, site,
                whole ? "it is out of range"
                      : "it has no integer representation");
  number_store(type, to, &number);
}

/* A complex number, also from {re, im} or {re = x, im = y}. */
static void store_complex(lua_State *L, const Type *type, char *to,
                          int index, const Site *site) {
  char room[2 * sizeof(Quad)] = {0};
  size_t size = (size_t)type_size(type->target);
  if (!lua_istable(L, index)) {
    store_number(L, type, to, index, site);
    return;
  }
  for (int i = 0; i < 2; i++) {
    Site part = {SITE_MEMBER, 0, i == 0 ? "re" : "im", type, NULL, site->wrap,
                 site};
    if (lua_getfield(L, index, part.name) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_geti(L, index, i + 1);
    }
    if (!lua_isnil(L, -1))
      store_number(L, type->target, room + size * (size_t)i,
                   lua_gettop(L), &part);
    lua_pop(L, 1);
  }
  memcpy(to, room, size * 2);
}

/* ---- pointers ---- */

static bool is_integer(const Type *type) {
  return type->kind == TYPE_INTEGER || type->kind == TYPE_ENUM;
}

static const char types_differ[] = "the types differ";

const char *push_difference(lua_State *L, const Type *to, const Type *from) {
  char what[400];
  if (type_fits(to, from, what, sizeof what) || *what == '\0')
    return lua_pushstring(L, types_differ);
  return lua_pushfstring(L, "%s in %s", types_differ, what);
}

const char *pointer_mismatch(const Type *to, const Type *from) {
  unsigned dropped = type_qualifiers(from) & ~type_qualifiers(to);
  if (dropped & QUAL_CONST)
    return "that would drop const";
  if (dropped & QUAL_VOLATILE)
    return "that would drop volatile";
  to = to->bare;
  from = from->bare;
  bool function = to->kind == TYPE_FUNCTION || from->kind == TYPE_FUNCTION;
  if (to == from)
    return NULL;
  if (!function && (to->kind == TYPE_VOID || from->kind == TYPE_VOID))
    return NULL;
  if (is_integer(to) && is_integer(from) && type_complete(to) &&
      type_complete(from) && type_size(to) == type_size(from))
    return NULL;
  return type_compatible(to, from) ? NULL : types_differ;
}

/*
** The address that the cdata stands for as a `type`, a pointer type. An
** array of arrays stands for its first array, and that for its element.
*/
static char *cdata_address(lua_State *L, State *s, const Type *type,
                           CData *cd, int index, const Site *site) {
  Span span;
  const Type *from = pointed_at(cd->class->type);
  if (from == NULL)
    store_error(L, type, index, site, "addressof() gives its address");
  const char *why = pointer_mismatch(type->target, from);
  if (why != NULL && !site->wrap)
    store_error(L, type, index, site,
                why == types_differ ? push_difference(L, type->target, from)
                                    : why);
  if (from->kind == TYPE_FUNCTION && !s->usable(L, index))
    store_error(L, type, index, site, "the callback has been freed");
  cdata_span(L, cd, index, &span);
  return span_at(&span);
}

bool takes_string(const Type *pointer) {
  const Type *target = pointer->target;
  if (!(target->qual & QUAL_CONST))
    return false;
  target = target->bare;
  return target->kind == TYPE_VOID ||
         (target->kind == TYPE_INTEGER && type_size(target) == 1);
}

/* Is it memory that C owns, so that nothing would keep a value alive? */
static bool is_foreign(const Site *site) {
  return site->kind == SITE_RESULT ||
         (site->span != NULL && !span_owned(site->span));
}

/* What to do where a string does not fit. */
static const char *string_hint(const Type *pointer) {
  const Type *target = pointer->target->bare;
  bool bytes = target->kind == TYPE_VOID ||
               (target->kind == TYPE_INTEGER && type_size(target) == 1);
  return bytes ? "a Lua string fits only a pointer to const char or void; "
                 "copy it into new(\"char[?]\", n, string)" : NULL;
}

static const char *string_address(lua_State *L, const Type *type,
                                  int index, const Site *site) {
  if (!takes_string(type) && !site->wrap)
    store_error(L, type, index, site, string_hint(type));
  if (is_foreign(site))
    store_error(L, type, index, site,
                "nothing would keep the string alive there; store "
                "new(\"char[?]\", n, string) and hold it");
  return lua_tostring(L, index);
}

/* What to do where a number or table is given for a pointer, pushed. */
static const char *push_place_hint(lua_State *L, const Type *pointer,
                                   int index) {
  const Type *target = pointer->target->bare;
  if (!type_complete(target))
    return NULL;
  const char *type = push_type(L, target);
  if (lua_istable(L, index))
    return lua_pushfstring(L, "a pointer needs memory, which new(\"%s%s\", "
                           "table) makes", type,
                           target->kind == TYPE_RECORD ? "" : "[]");
  if (lua_type(L, index) == LUA_TNUMBER && type_is_number(target))
    return lua_pushfstring(L, "a number has no address; new(\"%s[1]\", n) "
                           "makes memory that holds one", type);
  return NULL;
}

/* `const struct T *` takes an initialiser table for the time of a call. */
static char *table_address(lua_State *L, State *s, const Type *type,
                           int index, const Site *site) {
  Span span;
  const Type *record = type->target;
  if (record->kind != TYPE_RECORD || !(record->qual & QUAL_CONST) ||
      site->kind != SITE_ARGUMENT || !type_complete(record))
    store_error(L, type, index, site, push_place_hint(L, type, index));
  Class *class = class_dress(L, s, record->bare, SHAPE_VALUE, NULL);
  CData *cd = cdata_new(L, class, class->size);
  cdata_span(L, cd, lua_gettop(L), &span);
  init_table(L, s, record->bare, span_at(&span), class->size, index, &span,
             site);
  return span_at(&span);                        /* + cdata */
}

static void *function_address(lua_State *L, State *s, const Type *type,
                              int index, const Site *site) {
  if (type->target->kind != TYPE_FUNCTION && !site->wrap)
    store_error(L, type, index, site, NULL);
  return s->function(L, s, type, index, site);
}

static const void *check_pointer(lua_State *L, State *s, const Type *type,
                                 int index, const Site *site) {
  CData *cd;
  switch (lua_type(L, index)) {
    case LUA_TNIL: return NULL;
    case LUA_TLIGHTUSERDATA: return lua_touserdata(L, index);
    case LUA_TSTRING: return string_address(L, type, index, site);
    case LUA_TTABLE: return table_address(L, s, type, index, site);
    case LUA_TFUNCTION: return function_address(L, s, type, index, site);
    case LUA_TUSERDATA:
      cd = cdata_test(L, index);
      if (cd != NULL)
        return cdata_address(L, s, type, cd, index, site);
      return luafile_address(L, type, index, site);
  }
  store_error(L, type, index, site, push_place_hint(L, type, index));
  return NULL;
}

/* Is the Lua value one that a stored pointer must keep alive? */
static bool is_alive(lua_State *L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TSTRING || type == LUA_TUSERDATA ||
         type == LUA_TFUNCTION;
}

/* What has run since the span was made may have closed its plugin. */
static void check_open(lua_State *L, const Site *site) {
  if (site->span != NULL)
    plugin_check(L, site->span->plugin);
}

static void store_pointer(lua_State *L, State *s, const Type *type, char *to,
                          int index, const Site *site) {
  const void *address = check_pointer(L, s, type, index, site);
  if (site->span != NULL)
    link_set(L, s, site->span, to, is_alive(L, index) ? index : 0);
  check_open(L, site);
  memcpy(to, &address, sizeof address);
}

/*
** What has no pointers in it has been written at `to`, perhaps where pointers
** may stand, too: it ends their links.
*/
static void overwrite_links(lua_State *L, State *s, const char *to,
                            uint64_t size, const Site *site) {
  if (site->span == NULL || !s->shared)
    return;
  Span span = *site->span;
  span.offset = (uintptr_t)to - *span.base;
  link_clear(L, s, &span, size);
}

/* ---- arrays and records ---- */

/* May an aggregate of type `from` be assigned to one of type `to`? */
static bool same_aggregate(const Type *to, const Type *from) {
  to = to->bare;
  from = from->bare;
  if (to->kind == TYPE_ARRAY && from->kind == TYPE_ARRAY)
    return to->count == from->count &&
           same_aggregate(to->target, from->target);
  return to == from || type_compatible(to, from);
}

static void copy_aggregate(lua_State *L, State *s, const Type *type,
                           char *to, CData *cd, int index,
                           const Site *site) {
  Span from, target;
  uint64_t size = type_size(type);
  const Type *own = cd->class->type;
  if (!same_aggregate(type, own))
    store_error(L, type, index, site,
                own->kind == type->kind && own->kind == TYPE_RECORD
                    ? push_difference(L, type, own) : NULL);
  cdata_span(L, cd, index, &from);
  span_check(L, &from, 0, size, type);
  bool links = s->shared || (type_holds(type) & HOLDS_POINTER) != 0;
  if (site->span != NULL && (links || !link_none(L, &from))) {
    target = *site->span;
    target.offset = (uintptr_t)to - *target.base;
    link_copy(L, s, &target, &from, size);
  }
  check_open(L, site);
  memmove(to, span_at(&from), (size_t)size);
}

#define TABLE_BYTES 128           /* of a value that is made on C's stack */

/*
** The short way of store_table: a small value without pointers needs no cdata.
** False: it is another one.
*/
static bool store_small(lua_State *L, State *s, const Type *type, char *to,
                        int index, const Site *site) {
  Span span;
  char room[TABLE_BYTES] = {0};
  uint64_t size = type_size(type);
  if (size > sizeof room || (type_holds(type) & HOLDS_POINTER) != 0)
    return false;
  span_foreign(&span, room, NULL);
  init_table(L, s, type, room, size, index, &span, site);
  overwrite_links(L, s, to, size, site);
  check_open(L, site);
  memcpy(to, room, (size_t)size);
  return true;
}

/* A table is made a value first, so that an error leaves `to` as it was. */
static void store_table(lua_State *L, State *s, const Type *type, char *to,
                        int index, const Site *site) {
  Span span;
  uint64_t size = type_size(type);
  if (store_small(L, s, type, to, index, site))
    return;
  Class *class = class_dress(L, s, type->bare, SHAPE_VALUE, NULL);
  CData *cd = cdata_new(L, class, size);
  int made = lua_gettop(L);
  cdata_span(L, cd, made, &span);
  if (is_foreign(site))              /* what is refused there is refused here */
    span_foreign(&span, cdata_payload(cd), NULL);
  init_table(L, s, type, span_at(&span), size, index, &span, site);
  copy_aggregate(L, s, type, to, cd, made, site);
  if (site->span != NULL)
    lua_pop(L, 1);                /* in a frame it keeps what it points at */
}

static void store_string(lua_State *L, State *s, const Type *type, char *to,
                         int index, const Site *site) {
  init_string(L, type, to, type_size(type), index, site);
  overwrite_links(L, s, to, type_size(type), site);
}

/* May the value be given for a parameter of the member's type? */
static bool fits_member(lua_State *L, const Type *member, int index,
                        const CData *cd) {
  const Type *from = cd != NULL ? pointed_at(cd->class->type) : NULL;
  if (cd != NULL && cd->class->type->bare == member->bare)
    return true;
  if (member->kind != TYPE_POINTER)
    return type_is_number(member) && lua_type(L, index) == LUA_TNUMBER;
  switch (lua_type(L, index)) {
    case LUA_TNIL: case LUA_TLIGHTUSERDATA: return true;
    case LUA_TSTRING: return takes_string(member);
    case LUA_TFUNCTION: return member->target->kind == TYPE_FUNCTION;
    default:
      return from != NULL && pointer_mismatch(member->target, from) == NULL;
  }
}

/*
** A parameter that is a transparent union (GCC manual, Common Type
** Attributes) takes what one of its members takes: the type of the first
** that does, or NULL.
*/
static const Type *member_for(lua_State *L, const Type *type, int index,
                              const CData *cd) {
  if (abi_parameter(type) == type)
    return NULL;
  for (uint32_t i = 0; i < type->record->nfields; i++)
    if (fits_member(L, type->record->fields[i].type, index, cd))
      return type->record->fields[i].type;
  return NULL;
}

static void store_aggregate(lua_State *L, State *s, const Type *type,
                            char *to, int index, const Site *site) {
  CData *cd = cdata_test(L, index);
  const Type *member = NULL;
  if (!type_complete(type))
    store_error(L, type, index, site, "the type is incomplete");
  if (site->kind == SITE_ARGUMENT && site->span == NULL)
    member = member_for(L, type, index, cd);
  if (member != NULL) {
    memset(to, 0, (size_t)type_size(type));
    store_value(L, s, member, to, index, site);
  } else if (cd != NULL)
    copy_aggregate(L, s, type, to, cd, index, site);
  else if (lua_istable(L, index))
    store_table(L, s, type, to, index, site);
  else if (lua_type(L, index) == LUA_TSTRING)
    store_string(L, s, type, to, index, site);
  else
    store_error(L, type, index, site, NULL);
}

static void store_vector(lua_State *L, State *s, const Type *type, char *to,
                         int index, const Site *site) {
  CData *cd = cdata_test(L, index);
  Span span;
  if (cd != NULL && cd->class->type->bare == type) {
    cdata_span(L, cd, index, &span);
    memcpy(to, span_at(&span), (size_t)type_size(type));
  } else if (lua_istable(L, index)) {
    store_table(L, s, type, to, index, site);
  } else {
    store_error(L, type, index, site, NULL);
  }
}

void store_value(lua_State *L, State *s, const Type *type, char *to,
                 int index, const Site *site) {
  type = type->bare;
  if (type->kind == TYPE_POINTER) {
    store_pointer(L, s, type, to, index, site);
    return;
  }
  if (scalar_store(L, type, to, index)) {
    overwrite_links(L, s, to, type_size(type), site);
    return;
  }
  switch (type->kind) {
    case TYPE_BOOL: case TYPE_ENUM:
      store_integer(L, s, type, to, index, site);
      break;
    case TYPE_INTEGER:
      if (type_size(type) <= sizeof(lua_Integer))
        store_integer(L, s, type, to, index, site);
      else
        store_number(L, type, to, index, site);
      break;
    case TYPE_FLOAT:
      store_number(L, type, to, index, site);
      break;
    case TYPE_COMPLEX:
      store_complex(L, type, to, index, site);
      break;
    case TYPE_ARRAY: case TYPE_RECORD:
      store_aggregate(L, s, type, to, index, site);
      break;
    case TYPE_VECTOR:
      store_vector(L, s, type, to, index, site);
      break;
    default:
      store_error(L, type, index, site, "the type has no values");
  }
  if (!type_is_aggregate(type))
    overwrite_links(L, s, to, type_size(type), site);
}

/* ---- bit-fields ---- */

bool fits_bits(const Member *member, lua_Integer value) {
  if (member->width >= 64)
    return true;
  lua_Integer limit = (lua_Integer)1 << (member->width - 1);
  if (type_underlying(member->type)->flags & TYPE_UNSIGNED)
    return value >= 0 && (value >> 1) < limit;
  return value >= -limit && value < limit;
}

void store_bits(lua_State *L, State *s, const Member *member, char *to,
                int index, const Site *site) {
  const Type *type = member->type->bare;
  lua_Integer value = check_integer(L, s, type, index, site);
  if (!site->wrap && !fits_bits(member, value))
    store_error(L, type, index, site, "it is out of the bit-field's range");
  scalar_set_bits(to, member->bit, member->width, (uint64_t)value);
  overwrite_links(L, s, to, (member->bit + member->width + 7u) / 8, site);
}
