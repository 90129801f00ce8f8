/*
** ltype.h - the Lua functions on types and memory.
**
** Each exists twice: plugin.sizeof(...) looks names up in the global scope,
** p:sizeof(...) in the plugin's.
*/
#ifndef CPLUGIN_LTYPE_H
#define CPLUGIN_LTYPE_H

#include "value/cdata.h"

/* Which scope a function works in, and where its arguments begin. */
typedef struct Env {
  State *state;
  Scope *scope;
  int base;                       /* stack index in front of argument 1 */
  Plugin *plugin;                 /* whose scope it is; NULL: not one's */
} Env;

typedef int (*EnvFunction)(lua_State *L, const Env *env);

typedef struct EnvEntry {
  const char *name;
  EnvFunction function;
} EnvEntry;

/* Ends with a NULL name. */
extern const EnvEntry type_functions[];    /* ltype.c */
extern const EnvEntry memory_functions[];  /* lmemory.c */

/* lreflect.c: reflect(type). */
int type_reflect(lua_State *L, const Env *env);

/* Stack index of argument `n`. */
static inline int arg(const Env *env, int n) {
  return env->base + n;
}

/*
** The declaration or type that argument `n` gives: C text (parsed once for
** each state of the scope), a type of typeof(), or a cdata, whose type it
** is. Throws if it is none. Lives as long as the scope.
*/
const Decl *env_decl(lua_State *L, const Env *env, int n);
const Type *env_type(lua_State *L, const Env *env, int n);

/* The same; `class` is what class_test() says of the argument. */
static inline const Type *env_class_type(lua_State *L, const Env *env, int n,
                                         const Class *class) {
  return class != NULL ? class->type : env_type(L, env, n);
}

/*
** Pushes "; plugin '...' declares it: ..." for a name that is not known here
** but to an open plugin, else "".
*/
const char *env_elsewhere(lua_State *L, const Env *env, NameSpace space,
                          const char *name, size_t length);

/* The cdata that argument `n` is; throws if it is none. */
CData *env_cdata(lua_State *L, const Env *env, int n);

/* Pushes the class that stands for a type in Lua: what typeof() returns. */
Class *push_ctype(lua_State *L, State *s, const Type *type);

/*
** Declares the text at argument `n` in the scope. `$` take the arguments
** behind.
*/
void env_cdef(lua_State *L, const Env *env, int n);

/* The metamethod __call of types: new(type, ...). */
int ctype_call(lua_State *L);

#endif
