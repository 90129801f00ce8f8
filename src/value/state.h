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
#include <stdatomic.h>

#include "object/library.h"
#include "type/scope.h"

typedef struct Class Class;
typedef struct Handle Handle;
struct Site;

typedef struct KnownClass {       /* of a type; see class.c */
  const Type *type;
  struct Plugin *plugin;
  Class *class;
  int shape;
} KnownClass;

#define KNOWN_CLASSES 64

#define KNOWN_NAMES 64

typedef struct Recent {           /* a part of other memory; see recent.h */
  const void *at;
  const Class *class;             /* of what is made of it */
  const void *made;               /* in STATE_RECENT; NULL: nothing */
} Recent;

#define RECENT_PARTS 64

typedef enum StateTable {         /* tables of the State, in the registry */
  STATE_LINKS,                    /* owner -> {place -> kept}; weak keys */
  STATE_FINALISERS,               /* cdata -> function; weak keys */
  STATE_ORDER,                    /* the same -> its number, where closing a */
                                  /* plugin may need it; weak keys */
  STATE_CLASSES,                  /* Class userdata -> true; weak keys */
  STATE_PLUGINS,                  /* plugin -> true; weak keys */
  STATE_EXPOSED,                  /* bound function whose address C has -> */
                                  /* its plugin's pin; weak keys */
  STATE_LOOSE,                    /* bound function that may go before its */
                                  /* plugin -> its Callee; weak keys */
  STATE_DRESSES,                  /* address of a Class -> its metatable; */
                                  /* weak values */
  STATE_LATEST,                   /* Callee -> its newest function of those */
                                  /* in STATE_LOOSE; weak values */
  STATE_RECENT,                   /* what was read last, as State.recent has */
                                  /* it; weak values */
  STATE_OBJECTS,                  /* address -> {userdata -> true}, with */
                                  /* weak keys; from here on strong ones */
  STATE_CACHES,                   /* type -> class, of the scopes that live */
                                  /* as long as the State */
  STATE_METATYPES,                /* record -> table, of these scopes */
  STATE_PINS,                     /* of plugins closed during a call */
  STATE_TABLES
} StateTable;

enum {                            /* State.pending: to be told after a call */
  PENDING_ERROR = 1,              /* a callback threw: state_pending_key */
  PENDING_DEAD = 2,               /* a dead callback was called */
  PENDING_THREAD = 4,             /* one was called on another thread */
  PENDING_PINS = 8                /* STATE_PINS has pins to let go */
};

typedef struct Plugin Plugin;

/*
** The call of C code that runs. A callback has another one, and then puts back
** what its outer call had: so this is small, and copied at once.
*/
typedef struct Current {
  lua_State *L;                   /* the coroutine that has called */
  Plugin *plugin;                 /* whose code runs, or NULL */
  uintptr_t outer;                /* Caller.thread as it is after the call: */
                                  /* 0, or, in a callback, its own thread */
  uint32_t number;                /* of a call that was given Lua functions, */
                                  /* see call.c; 0: any other one */
  int err;                        /* errno as C code left it last */
} Current;

typedef struct State {
  lua_State *main;                /* the main thread */
  Current now;
  struct Caller *caller;          /* floor 5's: see call.h */
  uint32_t calls;                 /* the latest Current.number */
  atomic_uint pending;            /* PENDING_... */
  _Atomic(const char *) culprit;  /* the callback of DEAD or THREAD, as text */
  uint32_t frames;                /* bytes of large frames of running calls */
  lua_Integer finalisers;         /* how many there have been */
  size_t kept, kept_limit;        /* of STATE_OBJECTS: entries, and when to */
                                  /* look for those of dead userdata */
  struct Callees *callees;        /* floor 5's: of all scopes, see callee.c */
  size_t loose, loose_limit;      /* their stubs in STATE_LOOSE, and when to */
                                  /* look for those that nobody has */
  lua_Integer metatypes;          /* how many times one has been set */
  bool finished;                  /* lua_close has come to the State */
  bool shared;                    /* cdata with HOLDS_SHARED has been made: */
                                  /* numbers may overwrite pointers */
  bool uneven;                    /* there are links at places where pointers */
                                  /* are not aligned */
  Scope *builtin, *global;
  KnownClass classes[KNOWN_CLASSES];  /* asked for last, by hash */
  Recent recent[RECENT_PARTS];    /* read last, by hash */
  uint32_t enumerators[KNOWN_NAMES];  /* which one was found by a string */
                                  /* last, by its hash: see store.c */
  Handle *handles;                /* all that have not been collected */
  /*
  ** What lower floors ask of higher ones: `dress` fills a new class's
  ** metatable, `function` gives the C address of the Lua function at
  ** `index` (see store.h), `usable` is false for the cdata of a callback that
  ** has been freed, `function_of` gives the plugin of the Lua function at
  ** `index` if that is bound to that address, else NULL.
  */
  void (*dress)(lua_State *L, Class *class, int metatable);
  void *(*function)(lua_State *L, struct State *s, const Type *type,
                    int index, const struct Site *site);
  bool (*usable)(lua_State *L, int index);
  Plugin *(*function_of)(lua_State *L, int index, const void *address);
  char tables[STATE_TABLES];      /* their addresses are registry keys */
  char error;                     /* so is this one: the pending error */
  char ctype;                     /* and this: the metatable of types */
  char weak;                      /* and this: one with __mode "k" */
} State;

/*
** A plugin of this Lua state: a library that it has opened, and the names
** that it declares in it. Its pin, a handle's token, keeps the library
** mapped. Until it is closed the plugin keeps the pin; functions keep the
** plugin, cdata of its memory both.
**
** user values: PLUGIN_SCOPE, PLUGIN_PIN (nil once closed), PLUGIN_CLASSES
** (those of its memory, by type), PLUGIN_NAMES (the table p.C),
** PLUGIN_VARIABLES (name -> its Variable, see bind.h), PLUGIN_DEBUG (its
** debug info, see ldebug.h, or nil)
*/
#define RECENT_VARIABLES 16

struct Plugin {
  uintptr_t tag;                  /* TAG_PLUGIN */
  State *state;
  Library *library;               /* NULL once it is closed */
  Scope *scope;
  const char *name;               /* as messages write it; in the scope */
  bool closed;                    /* or lua_close has come to the State */
  bool mapped;                    /* what library_close said */
  bool linked;                    /* its variables hold links */
  bool exposed;                   /* cdata may point into it */
  unsigned readers;               /* of its file's tables, at work */
  bool checked;                   /* declarations are compared with debug */
                                  /* info: see ldebug.h */
  const struct Known *recent[RECENT_VARIABLES];   /* floor 6's: see lnames.c */
};

enum { PLUGIN_SCOPE = 1, PLUGIN_PIN, PLUGIN_CLASSES, PLUGIN_NAMES,
       PLUGIN_VARIABLES, PLUGIN_DEBUG, PLUGIN_UPVALUES = PLUGIN_DEBUG };

/* Makes the State, without its two functions, and pushes it. Throws. */
State *state_new(lua_State *L);

/* Throws: lua_close has come to the State. */
int state_finished(lua_State *L);

/* The State of a running C function of this module. Throws once finished. */
static inline State *state_of(lua_State *L) {
  State *s = lua_touserdata(L, lua_upvalueindex(1));
  if (s->finished)
    state_finished(L);
  return s;
}

/* Just the check of that. */
static inline void state_check(lua_State *L) {
  (void)state_of(L);
}

/*
** First words of this module's userdata are their address plus a cookie, an
** address of its own, scrambled, plus one of these: no other userdata has
** that by chance.
*/
extern const char state_mark;
#define STATE_COOKIE \
  ((uintptr_t)&state_mark * (uintptr_t)0x9E3779B97F4A7C15u & ~(uintptr_t)7)
#define TAG(n) ((uintptr_t)n << (sizeof(uintptr_t) * 8 - 4))
#define TAG_CLASS TAG(1)
#define TAG_SYMBOL TAG(2)
#define TAG_PLUGIN TAG(3)
#define TAG_GUARD TAG(4)

/*
** Where to look first for the string with that address (or that of its text),
** in places 0 to `last`, a power of 2 less 1: Lua aligns strings to 16.
*/
static inline uint32_t string_place(const void *string, uint32_t last) {
  uintptr_t word = (uintptr_t)string / 16;
  return (uint32_t)(word ^ word / 64) & last;
}

/* Pushes one of the State's tables. */
static inline void state_table(lua_State *L, State *s, StateTable which) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &s->tables[which]);
}

/* The new table on the top gets weak values. */
void state_make_weak(lua_State *L, State *s);

/*
** Pushes the userdata that was kept with state_keep, or nil. Userdata that
** finalisers of the script have brought back to life are found, too: those
** Lua takes out of weak values, but not out of weak keys.
*/
void state_object(lua_State *L, State *s, const void *address);

/* Notes the userdata on the top under one more address, for state_object. */
void state_keep(lua_State *L, State *s, const void *address);

/*
** A handle calls `release(object)` once nothing can reach the object any
** more. Who needs the object keeps the handle's token, a userdata:
**
**   class, plugin ... -> token -> handle -> {token -> true} (weak keys)
**
** The handle is the one that is finalised. Finalisers of the script may
** bring back what is collected together with it, so it lets go only when
** the token is gone for good, else at a later collection; at lua_close only
** after the last finaliser of this module.
*/
struct Handle {
  State *state;
  void *object;                   /* NULL: released */
  void (*release)(void *object);
  Handle *next, **link;           /* of State.handles */
};

/* User values of tokens; CACHES and METATYPES: those of a scope's. */
enum { TOKEN_HANDLE = 1, TOKEN_CACHES, TOKEN_METATYPES, TOKEN_KEEP,
       TOKEN_VALUES = TOKEN_KEEP };

/* Pushes the token of a new handle. The object may be set later. */
Handle *handle_new(lua_State *L, State *s, void *object,
                   void (*release)(void *));

/* The handle of the token at that index. */
Handle *handle_of(lua_State *L, int index);

/* Releases the object now; only the first time does anything. */
void handle_release(Handle *handle);

/*
** Pushes the table that is user value `n` of the userdata at `index`, made at
** first use, be it by a finaliser that runs while this makes one; with room for
** a list of that many values, and for that many other keys.
*/
void state_own_table(lua_State *L, int index, int n, int list, int keys);

/* Does the scope live as long as the State? */
bool state_is_lasting(const State *s, const Scope *scope);

/*
** Pushes the token that keeps a scope alive; nil for the built-in and the
** global scope, which live as long as the State.
*/
void state_scope(lua_State *L, State *s, Scope *scope);

/* Makes a scope under `parent` and pushes its token. Throws. */
Scope *state_scope_new(lua_State *L, State *s, Scope *parent);

/* From now on `scope` keeps `other` alive: it uses a type of it. */
void state_scope_uses(lua_State *L, State *s, Scope *scope, Scope *other);

/*
** Pushes the table that the State keeps for a scope: STATE_CACHES or
** STATE_METATYPES, made at first use. It goes with the scope.
*/
void state_scope_table(lua_State *L, State *s, StateTable which,
                       Scope *scope);

/* The plugin at that index, closed or not; NULL if it is none. */
Plugin *plugin_test(lua_State *L, int index);

/* Throws "plugin '...' is closed". */
int plugin_closed(lua_State *L, const Plugin *plugin);

static inline void plugin_check(lua_State *L, const Plugin *plugin) {
  if (plugin != NULL && plugin->closed)
    plugin_closed(L, plugin);
}

/*
** The plugin's library; throws if it is closed. Whatever allocates may run a
** finaliser that closes the plugin: ask for the library, and check before
** its memory is touched, right where that happens.
*/
static inline Library *plugin_library(lua_State *L, const Plugin *plugin) {
  plugin_check(L, plugin);
  return plugin->library;
}

#endif
