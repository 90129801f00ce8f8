/*
** cdata.h - the cdata object: a Lua value that holds or points at C data.
**
** Three shapes of one userdata, all beginning with CData:
**
**   VALUE      [ tag | class | (padding) the C data itself ... ]
**   REFERENCE  [ tag | class | base offset low high ]  an array or record
**   POINTER    [ tag | class | base offset low high ]  that stands elsewhere
**
** The class says type and shape, and which plugin the memory was reached
** through. The metatable is the class's, so it keeps alive what the class
** needs: the scope of the type, the mapping of the plugin. Where Lua memory
** is pointed at, user value 1 is its owner: a VALUE cdata or a string. User
** value 1 of a VALUE that has room for pointers is its table of links.
**
** An address is *base + offset: base is the symbol's slot for a plugin's
** variable (a reload can rebind it), and a zero for all other memory. low
** and high bound what may be accessed, as offsets; 0 and UINTPTR_MAX where
** C memory has no known bounds.
*/
#ifndef CPLUGIN_CDATA_H
#define CPLUGIN_CDATA_H

#include <string.h>

#include "value/state.h"

typedef enum Shape { SHAPE_VALUE, SHAPE_REFERENCE, SHAPE_POINTER } Shape;

enum {                            /* low bits of CData.tag */
  CDATA_OWNED = 1,                /* user value 1 is the owner */
  CDATA_VARIABLE = 2,             /* the plugin's variable is the owner */
  CDATA_LINKED = 4,               /* VALUE: it has a table of links */
  CDATA_KEPT = 4,                 /* others: see cdata_refer */
  CDATA_FLAGS = 7
};

typedef struct CData {
  uintptr_t tag;                  /* address + STATE_COOKIE, and flags */
  Class *class;
} CData;

typedef struct Pointer {
  CData head;
  const uintptr_t *base;
  uintptr_t offset, low, high;
} Pointer;

typedef enum Reading {            /* what cdata the short way makes of it */
  READ_LONG,                      /* none */
  READ_POINTER,
  READ_AGGREGATE                  /* its size is known */
} Reading;

/*
** A member as a class knows it, at a distance from the record's start; or an
** element, any one.
*/
typedef struct Member {
  const void *key;                /* lua_topointer() of its name, which */
                                  /* CLASS_MEMBERS keeps; NULL: none */
  const Type *type;               /* with the record's qualifiers */
  const Type *plain;              /* bare, where scalar_push can read it; */
                                  /* or NULL */
  Class *part;                    /* see CLASS_PARTS; or NULL */
  lua_Integer number;             /* in CLASS_PARTS */
  uint64_t offset;
  uint64_t size;                  /* bytes that it has a part in; or */
                                  /* SIZE_UNKNOWN */
  uint8_t bit, width;
  bool bitfield;
  bool readonly;                  /* it or a part of it is const */
  Reading reading;
} Member;

/*
** User values: CLASS_METATABLE, CLASS_FINALISING (the metatable with __gc),
** CLASS_KEEP (scope handle, plugin, pin), CLASS_MEMBERS (name -> Member, as
** light userdata into CLASS_ROOM), CLASS_PARTS (a list: PART_METATYPE, the
** script's table; PART_ELEMENT, PART_POINTER, and from PART_MEMBERS on by
** Member.number, the metatable of the class `part`, which the short way gives
** what it reads, or of `pointer`).
*/
struct Class {
  uintptr_t tag;                  /* TAG_CLASS; typeof() returns classes */
  State *state;
  const Type *type;
  Plugin *plugin;                 /* memory reached through it; or NULL */
  Shape shape;
  bool pointers;                  /* there may be pointers in a value, or in */
                                  /* what a POINTER leads to */
  bool worn;                      /* it has a metatype */
  bool brief;                     /* all members have short names, which are */
                                  /* one string each: see class_member */
  bool fixed;                     /* VALUE: all have the same size */
  lua_Integer dressed;            /* State.metatypes when its metatable was */
                                  /* filled */
  const Type *record;             /* bare record that members are of, or */
                                  /* NULL: the type itself or its target */
  Member element;                 /* of an array; what a pointer points at. */
                                  /* `type` NULL: there is none; `size` 0: */
                                  /* see class_stride */
  Class *pointer;                 /* of an array: its pointers to elements, */
                                  /* see CLASS_PARTS; or NULL */
  uint64_t within;                /* VALUE: elements that all of these have */
  uint64_t size;                  /* bytes of a value of `type` */
  uint32_t slack;                 /* bytes in front of a VALUE's C data that */
                                  /* an over-aligned type needs, at most */
  const void *parts;              /* lua_topointer() of CLASS_PARTS */
  Member *members;                /* in CLASS_ROOM, by their keys: see */
                                  /* class_member; NULL: it is incomplete */
  uint32_t last;                  /* place in `members`; a power of 2, less 1 */
  int nparts;                     /* members in CLASS_PARTS */
};

enum { CLASS_METATABLE = 1, CLASS_FINALISING, CLASS_KEEP, CLASS_MEMBERS,
       CLASS_ROOM, CLASS_PARTS,
       CLASS_UPVALUES = CLASS_PARTS };

enum { PART_METATYPE = 1, PART_ELEMENT, PART_POINTER, PART_MEMBERS };

/* Memory, and what values made from it inherit. */
typedef struct Span {
  const uintptr_t *base;
  uintptr_t offset, low, high;
  Plugin *plugin;                 /* raises once closed; or NULL */
  int source;                     /* stack index of the cdata or string that */
                                  /* it was reached through, 0: none */
  CData *cd;                      /* that cdata; NULL: it is none */
  bool variable;                  /* a plugin's variable owns it */
} Span;

extern const uintptr_t cdata_zero;  /* the base of absolute addresses */

static inline char *span_at(const Span *span) {
  return (char *)(*span->base + span->offset);
}

/* How many bytes there are from the start of what bounds it. */
static inline uint64_t span_bytes(const Span *span) {
  return span->high - span->low;
}

/*
** Bytes of an element as known now, since a struct may have been completed
** after the class was made; SIZE_UNKNOWN: not known.
*/
static inline uint64_t class_stride(const Class *class) {
  if (class->element.size != 0)
    return class->element.size;
  return class->element.type == NULL ? SIZE_UNKNOWN
                                     : type_size(class->element.type);
}

/* The class of a type, pushed; throws when memory is out. */
Class *class_push(lua_State *L, State *s, const Type *type, Shape shape,
                  Plugin *plugin);

/* The same, but what is pushed is the metatable of its cdata. */
Class *class_dress(lua_State *L, State *s, const Type *type, Shape shape,
                   Plugin *plugin);

#define NAME_BRIEF 24             /* bytes; Lua has one string of each of up */
                                  /* to 40, unless it was built otherwise */

/*
** The member whose name has that address, of a class that has members. NULL:
** there is none, or names are not all brief and it is to be looked up.
*/
static inline Member *class_member(const Class *class, const void *key) {
  uint32_t i = string_place(key, class->last);
  while (class->members[i].key != NULL) {
    if (class->members[i].key == key)
      return &class->members[i];
    i = (i + 1) & class->last;
  }
  return NULL;
}

/* A class of an incomplete record is made anew once that is complete. */
static inline bool class_is_current(const Class *class) {
  const Type *element = class->element.type;
  if (class->size != type_size(class->type))
    return false;
  return class->element.size != 0 || element == NULL ||
         type_size(element) == SIZE_UNKNOWN || type_size(element) == 0;
}

/*
** lua_close has come to the State: nothing goes a short way any more, and the
** long ones say why not.
*/
void class_end(Class *class);

/* Pushes the class as the userdata that it is. */
void class_userdata(lua_State *L, const Class *class);

/* The class that typeof() returned, or NULL if it is something else. */
static inline Class *class_test(lua_State *L, int index) {
  Class *class = lua_touserdata(L, index);
  if (class == NULL || lua_rawlen(L, index) != sizeof *class ||
      class->tag != (uintptr_t)class + STATE_COOKIE + TAG_CLASS)
    return NULL;
  return class;
}

/* The cdata at that index, or NULL if it is something else. */
static inline CData *cdata_test(lua_State *L, int index) {
  CData *cd = lua_touserdata(L, index);
  if (cd == NULL || lua_rawlen(L, index) < sizeof(CData))
    return NULL;
  if (((cd->tag - STATE_COOKIE) & ~(uintptr_t)CDATA_FLAGS) != (uintptr_t)cd)
    return NULL;
  return cd;
}

#define CDATA_ALIGN 8             /* what Lua's own allocator promises us */

/* The C data of a VALUE. */
static inline char *cdata_payload(CData *cd) {
  uintptr_t slack = cd->class->slack, mask = slack + CDATA_ALIGN - 1;
  if (__builtin_expect(slack == 0, true))
    return (char *)(cd + 1);
  return (char *)(((uintptr_t)(cd + 1) + mask) & ~mask);
}

/* Where the C data is. Throws if that is a closed plugin's. */
static inline char *cdata_at(lua_State *L, CData *cd) {
  const Pointer *pointer = (const Pointer *)cd;
  if (cd->class->shape == SHAPE_VALUE)
    return cdata_payload(cd);
  plugin_check(L, cd->class->plugin);
  return (char *)(*pointer->base + pointer->offset);
}

/* How many bytes of C data a VALUE has (`[?]` types: its own number). */
static inline uint64_t cdata_bytes(lua_State *L, const CData *cd, int index) {
  return lua_rawlen(L, index) - sizeof(CData) - cd->class->slack;
}

/* Throws that there is not so much memory. */
void cdata_too_large(lua_State *L, const Class *class);

/*
** Pushes a new VALUE of `bytes` zeroed bytes (class->size, or more for a type
** of variable length), without its metatable, which must be set next. What
** keeps the class must be on the stack. Throws when memory is out.
*/
static inline CData *cdata_bare(lua_State *L, Class *class, uint64_t bytes) {
  size_t extra = sizeof(CData) + class->slack;
  if (bytes > LIMIT_SIZE - extra)
    cdata_too_large(L, class);
  CData *cd = lua_newuserdatauv(L, extra + (size_t)bytes, class->pointers);
  memset(cd + 1, 0, class->slack + (size_t)bytes);
  cd->class = class;
  cd->tag = (uintptr_t)cd + STATE_COOKIE;
  return cd;
}

/*
** The same with the metatable, which must be on the top of the stack: the
** cdata is there instead.
*/
CData *cdata_new(lua_State *L, Class *class, uint64_t bytes);

/*
** Pushes a new VALUE that holds a copy of the C data at `from`, of a type
** of known size. Returns where the copy stands.
*/
char *cdata_copy(lua_State *L, State *s, const Type *type, const void *from);

/*
** Pushes a REFERENCE or POINTER of the class to the span's address, with
** its bounds and owner. What is made from a pointer that has a finaliser,
** which may free the memory, keeps that pointer as user value 2: these two
** are CDATA_KEPT.
*/
Pointer *cdata_refer(lua_State *L, State *s, const Type *type, Shape shape,
                     const Span *span);

/*
** The same of a class for memory of the span's plugin, without the metatable,
** which must be set next. What keeps the class must be on the stack.
*/
Pointer *cdata_bare_pointer(lua_State *L, Class *class, const Span *span);

/*
** The short way to a pointer like the POINTER at `index`: pushes one with the
** same class, bounds and owner, at another offset. False, and nothing pushed:
** there is a finaliser to keep, or its class is not current.
*/
bool cdata_move(lua_State *L, const CData *cd, int index, uintptr_t offset);

/*
** The short way for C functions that push the same type often: pushes a
** POINTER to a C address, without bounds and owner, of the class that is that
** upvalue. False, and nothing pushed: there is none, it is not of memory of
** the plugin, or not current.
*/
bool cdata_point(lua_State *L, int upvalue, const Plugin *plugin,
                 uintptr_t address);

/* A new POINTER to a C address, without bounds and owner. */
static inline void pointer_foreign(Pointer *pointer, Class *class,
                                   uintptr_t address) {
  pointer->head.class = class;
  pointer->head.tag = (uintptr_t)pointer + STATE_COOKIE;
  pointer->base = &cdata_zero;
  pointer->offset = address;
  pointer->low = 0;
  pointer->high = UINTPTR_MAX;
}

/*
** The memory that a VALUE is, or that a REFERENCE or POINTER leads to.
** Throws if its plugin is closed.
*/
static inline void cdata_span(lua_State *L, CData *cd, int index,
                              Span *span) {
  const Class *class = cd->class;
  span->source = index;
  span->cd = cd;
  span->plugin = class->plugin;
  if (class->shape == SHAPE_VALUE) {
    span->base = &cdata_zero;
    span->low = span->offset = (uintptr_t)cdata_payload(cd);
    span->high = span->low + (uintptr_t)cdata_bytes(L, cd, index);
    span->variable = false;
    return;
  }
  plugin_check(L, class->plugin);
  const Pointer *pointer = (Pointer *)cd;
  span->base = pointer->base;
  span->offset = pointer->offset;
  span->low = pointer->low;
  span->high = pointer->high;
  span->variable = (cd->tag & CDATA_VARIABLE) != 0;
}

/* The span of a C pointer found in `from` memory: no bounds, no owner. */
void span_foreign(Span *span, const void *address, Plugin *plugin);

/*
** The memory that a Lua value stands for where a pointer is wanted: that of
** a cdata, or the bytes of a string with the NUL. False: it is neither.
*/
bool span_of_value(lua_State *L, int index, Span *span);

/*
** Narrows a span to `size` bytes at `distance` from its address. SIZE_UNKNOWN
** or 0: to all that follow it, which a flexible array may have.
*/
void span_narrow(Span *span, uint64_t distance, uint64_t size);

/* Are `size` bytes at `distance` from the address inside? */
static inline bool span_has(const Span *span, int64_t distance,
                            uint64_t size) {
  uintptr_t at = span->offset + (uintptr_t)distance;
  return at >= span->low && at <= span->high && size <= span->high - at;
}

/* Throws unless they are. */
void span_check(lua_State *L, const Span *span, int64_t distance,
                uint64_t size, const Type *type);

/* Pushes the owner of the span: a VALUE cdata, a string, a plugin, or nil. */
void span_owner(lua_State *L, State *s, const Span *span);

/*
** The VALUE that has the memory of the cdata at index 1, which is one or is
** CDATA_OWNED; another one than itself is pushed. `*index`: where that is.
** NULL: the owner is a string.
*/
static inline CData *cdata_owner(lua_State *L, CData *cd, int *index) {
  *index = 1;
  if (cd->class->shape != SHAPE_VALUE) {
    lua_getiuservalue(L, 1, 1);
    cd = cdata_test(L, -1);
    *index = -1;
  }
  return cd != NULL && cd->class->shape == SHAPE_VALUE ? cd : NULL;
}

/*
** Links: what is stored in memory that Lua or a plugin's variable owns is
** kept alive as long as the slot holds it. link_set notes the value at
** `index` (0: nothing any more) for the slot at `at`; link_get pushes it,
** or nil; link_copy makes those of `size` bytes at `to` what they are at
** `from`; link_clear takes away those of all slots that have any of these
** bytes. link_none: is it plain that the memory has none, nor pointers that
** code of a plugin has left in it? (uses one place of the stack)
*/
bool link_none(lua_State *L, const Span *span);

/*
** The key that a place has in a table of links: 1, 2, ... where a pointer is
** aligned, so that Lua can have these in a list; others are negative.
*/
static inline lua_Integer link_key(lua_Integer place) {
  const uint64_t size = sizeof(void *), at = (uint64_t)place;
  return at % size == 0 ? (lua_Integer)(at / size) + 1 : -place;
}

void link_set(lua_State *L, State *s, const Span *span, const char *at,
              int index);
void link_get(lua_State *L, State *s, const Span *span, const char *at);
void link_copy(lua_State *L, State *s, const Span *to, const Span *from,
               uint64_t size);
void link_clear(lua_State *L, State *s, const Span *span, uint64_t size);

/*
** The plugin whose pin's handle is at `index` is about to let go of its file,
** which others may still use: pointers in its variables to what Lua owns
** become NULL. Allocates nothing; uses five places of the stack.
*/
void link_end(lua_State *L, State *s, int index);

/*
** Notes that code of the plugin has had the memory, and may have left
** pointers in it: these then are the plugin's, and it stays mapped as long
** as the memory lives. link_plugin tells whose they are; NULL: not known.
*/
void link_expose(lua_State *L, State *s, const Span *span, Plugin *plugin);
Plugin *link_plugin(lua_State *L, State *s, const Span *span);

/* Does Lua, or a plugin's variable, own the span's memory? */
bool span_owned(const Span *span);

/*
** A type as C writes it, pushed as a string and returned; for messages.
*/
const char *push_type(lua_State *L, const Type *type);

/* The same as a declaration of that name. */
const char *push_declaration_of(lua_State *L, const Type *type,
                                const char *name);

/*
** For messages, pushed: ", did you mean 'name'?" with the member that is
** nearest to a wrong one, or with the tag that is nearest to that of an
** incomplete type; "" where there is none.
*/
const char *push_member_hint(lua_State *L, const Type *record,
                             const char *name);
const char *push_type_hint(lua_State *L, const Type *type);

#endif
