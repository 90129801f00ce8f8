/*
** scope.h - names: a plugin's scope, over the global one, over the built-in.
**
**   scope of libz.so.1 --parent--> plugin.cdef's --parent--> built-in
**
** A scope owns an arena, in which its declarations and its types live, and
** dies as a whole. What is looked up is looked for along the parents. The name
** spaces are ordinary identifiers and tags (C11 6.2.3), and macros that
** stand for nothing that can be declared, kept for messages.
*/
#ifndef CPLUGIN_SCOPE_H
#define CPLUGIN_SCOPE_H

#include "base/arena.h"
#include "type/type.h"

typedef enum DeclKind {
  DECL_TYPEDEF,
  DECL_FUNCTION,
  DECL_VARIABLE,
  DECL_CONSTANT,                  /* enumerator, `static const`, #define */
  DECL_TAG,                       /* struct, union, enum: name space TAGS */
  DECL_MACRO                      /* a #define that is nothing else: MACROS */
} DeclKind;

typedef enum NameSpace { NAMES, TAGS, MACROS } NameSpace;

enum {                            /* Param.flags: annotations */
  PARAM_OUT = 1,                  /* _Out_: an extra result */
  PARAM_INOUT = 2,                /* _Inout_: an argument and a result */
  PARAM_STRING = 4,               /* `string`: const char *, a Lua copy */
  PARAM_NONNULL = 8               /* attribute nonnull, or [static n] */
};

/* What a declaration says of a parameter beside its type. */
typedef struct Param {
  const char *name;               /* NULL: none */
  unsigned flags;                 /* PARAM_... */
} Param;

typedef struct Place {            /* where it was declared */
  const char *file;               /* by line markers; NULL: the text itself */
  uint32_t line, column;          /* from 1 */
} Place;

typedef enum ConstantKind {
  CONSTANT_INTEGER, CONSTANT_FLOAT, CONSTANT_STRING, CONSTANT_POINTER
} ConstantKind;

typedef struct Constant {
  ConstantKind kind;
  const Type *type;               /* C's type of the constant */
  union {
    SignedWide integer;           /* in the range of `type`; POINTER: address */
    long double number;
    struct { const char *bytes; size_t length; } string;
  };
} Constant;

typedef struct Decl Decl;
struct Decl {
  DeclKind kind : 8;
  unsigned result : 8;            /* FUNCTION: PARAM_STRING of its result */
  bool unlisted : 1;              /* of a header that was only included */
  bool yields : 1;                /* of debug info, see DeclText.yields */
  bool hidden : 1;                /* see scope_hide; or taken out */
  bool internal : 1;              /* `static`: no library exports it */
  uint32_t hash;                  /* of the name */
  const char *name;
  const char *symbol;             /* what to look up: name, or __asm__'s; */
                                  /* MACRO: parameters and body */
  const Type *type;               /* CONSTANT: that of its value */
  Param *params;                  /* FUNCTION: one each, or NULL: all plain */
  Constant *value;                /* CONSTANT */
  Place place;
  Decl *chain;                    /* next one of the same bucket */
  Decl *next;                     /* next one in the order of declaration */
};

#define KNOWN_TEXTS 16

typedef struct KnownText {        /* floor 6's: see ltype.c */
  const char *text;
  unsigned long generation;
  const Decl *decl;
} KnownText;

typedef struct Scope Scope;
struct Scope {
  Scope *parent;
  unsigned depth;                 /* 0 is the built-in one */
  Arena arena;
  Decl *first, *last;             /* in the order of declaration */
  unsigned long generation;       /* counts changes: what is cached by text */
                                  /* holds for one generation */
  unsigned long removals;         /* counts what scope_remove took out, */
  unsigned long revisions;        /* and that, and changes of what there was */
  KnownText texts[KNOWN_TEXTS];   /* asked for last, by their addresses */
  struct ScopeTables *tables;     /* scope.c's: buckets, undo log */
  void *object;                   /* a higher floor's, which goes with the */
  void (*release)(void *object);  /* scope: released first */
};

/* A new scope under `parent` (NULL: the built-in one), or NULL: no memory. */
Scope *scope_new(Scope *parent);
void scope_free(Scope *scope);

/* Changes whenever a name that the scope sees changes. */
static inline unsigned long scope_generation(const Scope *scope) {
  unsigned long sum = 0;
  for (; scope != NULL; scope = scope->parent)
    sum += scope->generation;
  return sum;
}

/*
** In this scope only, or the nearest one along the parents; NULL: not
** declared. scope_find prefers what a script has said in a parent to what
** yields, though not what is built in.
*/
Decl *scope_find_here(const Scope *scope, NameSpace space, const char *name,
                      size_t length);
Decl *scope_nearest(const Scope *scope, NameSpace space, const char *name,
                    size_t length);
Decl *scope_find(const Scope *scope, NameSpace space, const char *name,
                 size_t length);

/*
** What may have been meant by an incomplete struct, union or enum that its
** scope knows only the tag of: ", did you mean 'struct Point'?", in `text`
** of SCOPE_HINT bytes, which is returned; "" for any other type.
*/
#define SCOPE_HINT 128
const char *scope_hint(const Type *type, char *text);

/*
** Adds a zeroed declaration of that name (copied) at the end; the caller
** fills in the rest. The name must not be in this scope yet, or be one that
** rollback brings back: the new one is found until then. NULL: no memory.
*/
Decl *scope_add(Scope *scope, NameSpace space, DeclKind kind,
                const char *name, size_t length);

/*
** Takes a declaration out of its scope. What was made with it lives on, and
** so do its memory and its `next`. Not in a transaction.
*/
void scope_remove(Scope *scope, Decl *decl);

/*
** The same for many, in two steps: one that is hidden (maybe twice) is not
** found, but keeps its place in the order of declaration, until it is shown
** again, or all that are hidden are taken out.
*/
void scope_hide(Scope *scope, Decl *decl);
void scope_show(Scope *scope, Decl *decl);
void scope_remove_hidden(Scope *scope);

/*
** Declarations are transactions. Between begin and commit or rollback every
** change is undone by rollback: names added, types made in this scope or in
** a parent, and memory that was announced with scope_save before it was
** changed (a record about to be completed, a declaration about to be
** merged). Not nested. False: no memory. Outside of a transaction scope_save
** only counts the change.
*/
bool scope_begin(Scope *scope);
bool scope_save(Scope *scope, void *memory, size_t size);
void scope_commit(Scope *scope);
void scope_rollback(Scope *scope);

/*
** The intern table, for type.c: the bucket's head for a hash. scope_intern
** puts a new type of the scope's arena in front; rollback takes it out again.
*/
Type **scope_bucket(Scope *scope, uint32_t hash);
void scope_intern(Scope *scope, Type *type);

#endif
