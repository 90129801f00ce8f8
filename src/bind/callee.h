/*
** callee.h - bound functions: what a Lua function of a plugin calls.
**
** A bound function is a C closure. Its record, the Callee, lives as long as
** the scope of the plugin, which the function keeps alive, and is shared by
** all functions of the same symbol and declaration.
*/
#ifndef CPLUGIN_CALLEE_H
#define CPLUGIN_CALLEE_H

#include "plan/plan.h"
#include "value/state.h"

typedef void (*Code)(void);

typedef struct Callee Callee;
struct Callee {
  State *state;
  Plugin *plugin;                 /* NULL: belongs to none */
  const Type *type;               /* a function type */
  const Plan *plan;               /* NULL: variadic, made for each call */
  Code code;
  const Param *params;            /* annotations, or NULL */
  unsigned result;                /* PARAM_STRING, or 0 */
  bool fast;                      /* see fast_can */
  const char *name;               /* for messages */
  lua_CFunction function;         /* its stub, or call_bound; NULL: it had */
                                  /* a stub, which nobody had any more */
  uint32_t pins;                  /* the stub is needed: by p.C, which keeps */
                                  /* its functions, or just now */
  bool used;                      /* see free_unused */
  Callee *next;                   /* of the same bucket; see callee.c */
};

/*
** Upvalues of bound functions. The plugin keeps the scope with the Callee
** alive; the class is that of the results, once there was one that has one.
** Stubs of functions whose results have none do without the last two.
*/
enum { BOUND_PLUGIN = 1, BOUND_CLASS, BOUND_CALLEE };

/*
** Pushes a Lua function that calls `code`. The declaration gives type and
** annotations. `kept`: it will stay as long as the plugin. Throws where a
** type cannot be passed.
*/
void callee_push(lua_State *L, Plugin *plugin, const Decl *decl,
                 const char *name, Code code, bool kept);

/* Throws for a function of a plugin that is closed, by close or lua_close. */
int callee_closed(lua_State *L, const Callee *callee);

/* The callee of the bound function at that index; NULL: it is none. */
const Callee *callee_test(lua_State *L, int index);

/*
** The address of the bound function at that index is about to be given away:
** from now on it keeps its file mapped, be the plugin closed or not.
*/
void callee_expose(lua_State *L, State *s, int index);

#endif
