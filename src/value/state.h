/*
** state.h - what one Lua state owns, and the lifetime of what it holds.
**
** One State per global state of Lua, made by luaopen_cplugin, the first
** upvalue of every C function of this module. It lives in the registry, so
** at lua_close its finaliser is the last one of this module's to run.
*/
#ifndef CPLUGIN_STATE_H
#define CPLUGIN_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <pthread.h>
#include <stdatomic.h>

#include "object/library.h"
#include "type/scope.h"

typedef struct Class Class;
typedef struct Handle Handle;
struct Site;

typedef enum StateTable {         /* tables of the State, in the registry */
  STATE_OBJECTS,                  /* address -> userdata; weak values */
  STATE_LINKS,                    /* owner -> {place -> kept}; weak keys */
  STATE_FINALISERS,               /* cdata -> function; weak keys */
  STATE_ORDER,                    /* cdata -> number of its finaliser; weak */
  STATE_CLASSES,                  /* Class userdata -> true; weak keys */
  STATE_CACHES,                   /* scope handle -> {type -> class}; weak */
  STATE_METATYPES,                /* scope handle -> {record -> table}; weak */
  STATE_PINS,                     /* of plugins closed during a call */
  STATE_CALLBACKS,                /* number -> Lua function */
  STATE_TABLES
} StateTable;

enum {                            /* State.pending: to be told after a call */
  PENDING_ERROR = 1,              /* a callback threw: state_pending_key */
  PENDING_DEAD = 2,               /* a dead callback was called */
  PENDING_THREAD = 4,             /* one was called on another thread */
  PENDING_PINS = 8                /* STATE_PINS has pins to let go */
};

typedef struct State {
  lua_State *L;                   /* the coroutine whose C call runs */
  pthread_t thread;               /* that it runs on */
  int err;                        /* errno as C code left it last */
  atomic_uint pending;            /* PENDING_... */
  _Atomic(const char *) culprit;  /* the callback of DEAD or THREAD, as text */
  unsigned depth;                 /* callbacks that are running */
  lua_Integer finalisers;         /* how many there have been */
  bool finished;                  /* lua_close has come to the State */
  uintptr_t cookie;               /* see cdata.h */
  Scope *builtin, *global;
  Handle *deferred;               /* to be released with the State */
  /*
  ** What lower floors ask of higher ones: `dress` fills a new class's
  ** metatable, `function` gives the C address of the Lua function at
  ** `index` (see store.h).
  */
  void (*dress)(lua_State *L, Class *class, int metatable);
  void *(*function)(lua_State *L, struct State *s, const Type *type,
                    int index, const struct Site *site);
  char tables[STATE_TABLES];      /* their addresses are registry keys */
  char error;                     /* so is this one: the pending error */
  char ctype;                     /* and this: the metatable of types */
} State;

/*
** A plugin of this Lua state: a library that it has opened, and the names
** that it declares in it. Its pin, a handle, keeps the library mapped. Until
** it is closed the plugin keeps the pin; functions keep the plugin, cdata of
** its memory the pin; and the pin keeps the plugin, to mark it as closed
** when it lets go.
**
** user values: PLUGIN_SCOPE, PLUGIN_PIN (nil once closed), PLUGIN_CLASSES
** (those of its memory, by type), PLUGIN_NAMES (the table p.C),
** PLUGIN_VARIABLES (name -> its Variable, see bind.h)
*/
typedef struct Plugin {
  uintptr_t tag;                  /* TAG_PLUGIN */
  State *state;
  Library *library;               /* NULL once the pin has let go */
  Scope *scope;
  const char *name;               /* as messages write it; in the scope */
  bool closed;
  bool mapped;                    /* what library_close said */
  bool linked;                    /* its variables hold links */
  bool exposed;                   /* cdata may point into it */
} Plugin;

enum { PLUGIN_SCOPE = 1, PLUGIN_PIN, PLUGIN_CLASSES, PLUGIN_NAMES,
       PLUGIN_VARIABLES, PLUGIN_UPVALUES = PLUGIN_VARIABLES };

/* Makes the State, without its two functions, and pushes it. Throws. */
State *state_new(lua_State *L);

/* The State of a running C function of this module. Throws once finished. */
static inline State *state_of(lua_State *L) {
  State *s = lua_touserdata(L, lua_upvalueindex(1));
  if (s->finished)
    luaL_error(L, "cplugin cannot be used any more: the Lua state is closing");
  return s;
}

/*
** First words of this module's userdata are their address plus the State's
** cookie plus one of these: no other userdata has that by chance.
*/
#define TAG_CLASS ((uintptr_t)1 << 60)
#define TAG_CALLEE ((uintptr_t)2 << 60)
#define TAG_SYMBOL ((uintptr_t)3 << 60)
#define TAG_PLUGIN ((uintptr_t)4 << 60)

/* Pushes one of the State's tables. */
static inline void state_table(lua_State *L, State *s, StateTable which) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &s->tables[which]);
}

/* Pushes the userdata that was kept with state_keep, or nil. */
void state_object(lua_State *L, State *s, const void *address);

/* Notes the userdata on the top under an address, for state_object. */
void state_keep(lua_State *L, State *s, const void *address);

/*
** Pushes a userdata that calls `release(object)` when it is collected; at
** lua_close only after the last finaliser of this module. handle_release
** does it now; once only. `key` is its address for state_object. User value
** 1 is free for what the object needs.
*/
struct Handle {
  State *state;
  const void *key;
  void *object;                   /* NULL: released */
  void (*release)(void *object);
  Handle *next;                   /* of State.deferred */
};
Handle *handle_new(lua_State *L, State *s, const void *key, void *object,
                   void (*release)(void *));
void handle_release(Handle *handle);

/*
** Pushes the handle that keeps a scope alive, made on first use; nil for
** the built-in and the global scope, which live as long as the State.
*/
void state_scope(lua_State *L, State *s, Scope *scope);

/*
** Pushes the table that the State keeps for a scope in STATE_CACHES or
** STATE_METATYPES, made at first use. It goes with the scope: its key there
** is the scope's handle, held weakly.
*/
void state_scope_table(lua_State *L, State *s, StateTable which,
                       Scope *scope);

/* Throws "plugin '...' is closed". */
int plugin_closed(lua_State *L, const Plugin *plugin);

static inline void plugin_check(lua_State *L, const Plugin *plugin) {
  if (plugin != NULL && plugin->closed)
    plugin_closed(L, plugin);
}

#endif
