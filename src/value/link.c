/*
** link.c - what memory that Lua owns keeps alive; see cdata.h.
**
**   owner -> { place -> value }
**
** A place is the distance from the start of the owner's C data; of a
** plugin's variable, whose owner is the plugin, the address. Its key is what
** link_key gives. The table is the owner's user value where its type has
** pointers in it. The others, to which pointers come by casts, and plugins
** have it in STATE_LINKS: rarely, since chains of weak keys cost the collector
** a pass for each node. There the key of a plugin is its pin's handle, since
** what its variables hold must live as long as that maps the file. Beside the
** places the table may have two more things, see link_expose:
**
**   origin -> plugin, address of a plugin -> its pin
*/
#include "value/cdata.h"

#include <string.h>

#include "object/loader.h"

static const char origin = 0;     /* its address is a key */

#define FEW_BYTES 128             /* places tried one by one, not listed */

/* Does the owner (NULL: a plugin) have links? Marks it if `make`. */
static bool linked(CData *owner, const Span *span, bool make) {
  bool was;
  if (span->variable) {
    was = span->plugin->linked;
    span->plugin->linked = was || make;
    return was;
  }
  was = (owner->tag & CDATA_LINKED) != 0;
  if (make)
    owner->tag |= CDATA_LINKED;
  return was;
}

/* The place of `at` in the memory of the owner at `index`. */
static lua_Integer place(lua_State *L, const Span *span, const char *at,
                         int index) {
  if (span->variable)
    return (lua_Integer)(uintptr_t)at;
  return (lua_Integer)(at - cdata_payload(lua_touserdata(L, index)));
}

/* Pushes the key in STATE_LINKS of the owner on the top. */
static void push_key(lua_State *L, const Span *span) {
  lua_pushvalue(L, -1);
  if (!span->variable)
    return;
  lua_getiuservalue(L, -1, PLUGIN_PIN);
  lua_getiuservalue(L, -1, TOKEN_HANDLE);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/*
** Pushes the table in STATE_LINKS of the owner on the top. Finalisers that run
** when one is made may have made it.
*/
static void push_weak_links(lua_State *L, State *s, const Span *span) {
  push_key(L, span);
  state_table(L, s, STATE_LINKS);
  lua_pushvalue(L, -2);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_newtable(L);                            /* key, all, table */
    lua_pushvalue(L, -3);
    if (lua_rawget(L, -3) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushvalue(L, -3);
      lua_pushvalue(L, -2);
      lua_rawset(L, -4);
    } else {
      lua_remove(L, -2);
    }
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* Is it plain that the memory has no links, without asking its owner? */
static bool has_none(const Span *span) {
  const CData *cd = span->cd;
  if (span->variable)
    return !span->plugin->linked;
  if (cd == NULL)
    return true;                  /* C memory, or a string */
  return (cd->tag & (cd->class->shape == SHAPE_VALUE ? CDATA_LINKED
                                                     : CDATA_OWNED)) == 0;
}

bool link_none(lua_State *L, const Span *span) {
  if (span->plugin != NULL || has_none(span))
    return span->plugin == NULL;
  if (span->cd->class->shape == SHAPE_VALUE)
    return false;
  lua_getiuservalue(L, span->source, 1);
  const CData *owner = cdata_test(L, -1);
  lua_pop(L, 1);
  return owner == NULL || (owner->tag & CDATA_LINKED) == 0;
}

/* The place that has the key. */
static lua_Integer place_of(lua_Integer key) {
  return key > 0 ? (key - 1) * (lua_Integer)sizeof(void *) : -key;
}

/*
** Pushes the table of links of the owner on the top, with room at first, since
** growing costs the most: for a list in an array of pointers, and where a list
** has few places; else for some of them.
*/
static void push_own_links(lua_State *L, const Class *class) {
  const int few = 4, list = 16;
  bool pointers = class->type->kind == TYPE_ARRAY &&
                  class->element.reading == READ_POINTER;
  uint64_t places = class->size / sizeof(void *);
  int most = pointers ? list : few;
  if (places <= (uint64_t)most)
    state_own_table(L, -1, 1, (int)places, 0);
  else
    state_own_table(L, -1, 1, pointers ? most : 0, pointers ? 0 : most);
}

/* Pushes the owner's table of links over the owner; false, with nothing. */
static bool push_links(lua_State *L, State *s, const Span *span, bool make) {
  if (make ? !span_owned(span) : has_none(span))
    return false;
  luaL_checkstack(L, 8, "cplugin");
  span_owner(L, s, span);
  CData *owner = cdata_test(L, -1);
  bool holds = span->variable || owner != NULL;
  if (!holds || (!linked(owner, span, make) && !make)) {
    lua_pop(L, 1);
    return false;
  }
  if (span->variable || !owner->class->pointers)
    push_weak_links(L, s, span);
  else
    push_own_links(L, owner->class);
  return true;                                  /* + owner, table */
}

/*
** The short way of link_set: the next link of a VALUE that has some. False:
** it is another case.
*/
static bool add_link(lua_State *L, const Span *span, const char *at,
                     int index) {
  CData *cd = span->cd;
  if (cd == NULL || cd->class->shape != SHAPE_VALUE ||
      (cd->tag & CDATA_LINKED) == 0 || !lua_checkstack(L, 2))
    return false;
  lua_Integer where = at - cdata_payload(cd);
  bool has = cd->class->pointers && where % (lua_Integer)sizeof(void *) == 0;
  if (!has || lua_getiuservalue(L, span->source, 1) != LUA_TTABLE)
    return false;
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, link_key(where));
  lua_pop(L, 1);
  return true;
}

void link_set(lua_State *L, State *s, const Span *span, const char *at,
              int index) {
  if (index != 0 && add_link(L, span, at, index))
    return;
  if (!push_links(L, s, span, index != 0))
    return;
  lua_Integer where = place(L, span, at, -2);
  if (index != 0)
    lua_pushvalue(L, index);
  else
    lua_pushnil(L);
  s->uneven = s->uneven || where % (lua_Integer)sizeof(void *) != 0;
  lua_rawseti(L, -2, link_key(where));
  lua_pop(L, 2);
}

void link_get(lua_State *L, State *s, const Span *span, const char *at) {
  if (!push_links(L, s, span, false)) {
    lua_pushnil(L);
    return;
  }
  lua_rawgeti(L, -1, link_key(place(L, span, at, -2)));
  lua_replace(L, -3);
  lua_pop(L, 1);
}

typedef enum Wish { LINKS_COUNT, LINKS_LIST, LINKS_CLEAR } Wish;

/* A walk over the links of some bytes. */
typedef struct Visit {
  Wish wish;
  uint64_t size;
  lua_Integer before;             /* places in front that count, too */
  lua_Integer start;              /* the place that all this begins at */
  int links, list;                /* stack indices */
  lua_Integer n;                  /* links that have been met */
} Visit;

/* Does with the value on the top, of that place, what is wished; pops it. */
static void visit_one(lua_State *L, Visit *visit, lua_Integer key) {
  visit->n++;
  if (visit->wish == LINKS_LIST) {
    lua_rawseti(L, visit->list, 2 * visit->n);
    lua_pushinteger(L, place_of(key) - visit->start);
    lua_rawseti(L, visit->list, 2 * visit->n - 1);
    return;
  }
  lua_pop(L, 1);
  if (visit->wish == LINKS_CLEAR) {
    lua_pushnil(L);
    lua_rawseti(L, visit->links, key);
  }
}

static void visit_all(lua_State *L, Visit *visit) {
  lua_pushnil(L);
  while (lua_next(L, visit->links) != 0) {
    lua_Integer key = lua_tointeger(L, -2);
    lua_Integer at = place_of(key) - visit->start;
    if (lua_isinteger(L, -2) && at >= 0 && (uint64_t)at < visit->size)
      visit_one(L, visit, key);
    else
      lua_pop(L, 1);
  }
}

/* Visits the links of `size` bytes; the owner is below its links. */
static void visit_links(lua_State *L, const State *s, const Span *span,
                        Visit *visit) {
  lua_Integer step = s->uneven ? 1 : sizeof(void *);
  visit->n = 0;
  visit->start = place(L, span, span_at(span), visit->links - 1) -
                 visit->before;
  if (visit->size > FEW_BYTES) {
    visit_all(L, visit);
    return;
  }
  lua_Integer end = visit->start + (lua_Integer)visit->size;
  lua_Integer at = (visit->start + step - 1) & -step;
  for (at = at < 0 ? 0 : at; at < end; at += step) {
    if (lua_rawgeti(L, visit->links, link_key(at)) == LUA_TNIL)
      lua_pop(L, 1);
    else
      visit_one(L, visit, link_key(at));
  }
}

void link_clear(lua_State *L, State *s, const Span *span, uint64_t size) {
  Visit all = {.wish = LINKS_CLEAR, .before = sizeof(void *) - 1};
  all.size = size + (uint64_t)all.before;
  if (!push_links(L, s, span, false))
    return;
  all.links = lua_gettop(L);
  visit_links(L, s, span, &all);
  lua_pop(L, 2);
}

/*
** Pushes a list of {distance, value, ...} of the links, if there are any; how
** many. What runs when the list is made may take some away.
*/
static lua_Integer list_links(lua_State *L, State *s, const Span *from,
                              uint64_t size) {
  Visit all = {.wish = LINKS_COUNT, .size = size};
  luaL_checkstack(L, 12, "cplugin");
  if (!push_links(L, s, from, false))
    return 0;
  all.links = lua_gettop(L);
  visit_links(L, s, from, &all);
  if (all.n != 0) {
    lua_newtable(L);
    all.wish = LINKS_LIST;
    all.list = lua_gettop(L);
    visit_links(L, s, from, &all);
    lua_replace(L, all.links - 1);
  }
  lua_settop(L, all.n == 0 ? all.links - 2 : all.links - 1);
  return all.n;
}

Plugin *link_plugin(lua_State *L, State *s, const Span *span) {
  if (span->plugin != NULL || !push_links(L, s, span, false))
    return span->plugin;
  lua_rawgetp(L, -1, &origin);
  Plugin *plugin = lua_touserdata(L, -1);
  lua_pop(L, 3);
  return plugin;
}

void link_expose(lua_State *L, State *s, const Span *span, Plugin *plugin) {
  bool lasting = plugin == NULL || plugin->scope == s->global;
  if (lasting || plugin->closed || span->variable ||
      link_plugin(L, s, span) == plugin || !push_links(L, s, span, true))
    return;
  state_object(L, s, plugin);
  lua_getiuservalue(L, -1, PLUGIN_PIN);         /* owner links plugin pin */
  lua_rawsetp(L, -3, plugin);
  lua_rawsetp(L, -2, &origin);
  plugin->exposed = true;
  lua_pop(L, 2);
}

/* Pointers without a link are copied, too. */
static void copy_origin(lua_State *L, State *s, const Span *to,
                        const Span *from) {
  if (to->cd != NULL && to->cd->class->pointers)
    link_expose(L, s, to, link_plugin(L, s, from));
}

void link_copy(lua_State *L, State *s, const Span *to, const Span *from,
               uint64_t size) {
  if (link_none(L, from) && has_none(to))
    return;                       /* as mostly */
  lua_Integer n = list_links(L, s, from, size);
  link_clear(L, s, to, size);
  copy_origin(L, s, to, from);
  if (n == 0)
    return;
  for (lua_Integer i = 1; i <= 2 * n; i += 2) {
    lua_rawgeti(L, -1, i);
    lua_Integer at = lua_tointeger(L, -1);
    lua_pop(L, 1);
    lua_rawgeti(L, -1, i + 1);
    link_set(L, s, to, span_at(to) + at, lua_gettop(L));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* ---- when a plugin lets go of its file ---- */

/*
** Does the pointer lead to what the Lua value at `index` keeps? A callback's
** code stays when that is dead, and answers zero.
*/
static bool leads_to(lua_State *L, const char *pointer, int index) {
  Span span = {.base = &cdata_zero};
  CData *cd = cdata_test(L, index);
  const Type *element = cd == NULL ? NULL : cd->class->element.type;
  if (lua_type(L, index) == LUA_TSTRING) {
    span.low = (uintptr_t)lua_tostring(L, index);
    span.high = span.low + (uintptr_t)lua_rawlen(L, index);
  } else if (cd != NULL && cd->class->shape == SHAPE_VALUE) {
    span.low = (uintptr_t)cdata_payload(cd);
    span.high = span.low + (uintptr_t)cdata_bytes(L, cd, index);
  } else if (cd != NULL && (cd->tag & CDATA_OWNED) &&
             (element == NULL || element->kind != TYPE_FUNCTION)) {
    span.low = ((const Pointer *)cd)->low;
    span.high = ((const Pointer *)cd)->high;
  } else {
    return false;
  }
  return (uintptr_t)pointer >= span.low && (uintptr_t)pointer <= span.high;
}

/* The slot at that address, unless it went with its thread. */
static void clear_slot(lua_State *L, char *slot, int index) {
  LoaderPlace place;
  char *pointer;
  if (!loader_place(slot, &place))
    return;
  memcpy(&pointer, slot, sizeof pointer);
  if (!leads_to(L, pointer, index))
    return;
  pointer = NULL;
  memcpy(slot, &pointer, sizeof pointer);
}

void link_end(lua_State *L, State *s, int index) {
  int top = lua_gettop(L);
  state_table(L, s, STATE_LINKS);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TTABLE) {
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
      if (lua_isinteger(L, -2))
        clear_slot(L, (char *)(uintptr_t)place_of(lua_tointeger(L, -2)),
                   lua_gettop(L));
      lua_pop(L, 1);
    }
  }
  lua_settop(L, top);
}
