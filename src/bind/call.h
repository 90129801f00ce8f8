/*
** call.h - Lua calls C.
*/
#ifndef CPLUGIN_CALL_H
#define CPLUGIN_CALL_H

#include "plan/plan.h"
#include "value/store.h"

typedef void (*Code)(void);

/*
** What is called. A bound function is a C closure of Lua over one of these,
** as a userdata; user value 1 keeps the plugin, 2 the type's scope, 3 the
** plugin's pin once the address has been given away.
*/
typedef struct Callee {
  uintptr_t tag;                  /* TAG_CALLEE */
  State *state;
  Plugin *plugin;                 /* NULL: belongs to none */
  const Type *type;               /* a function type */
  const Plan *plan;               /* NULL: variadic, made for each call */
  Code code;
  const Param *params;            /* annotations, or NULL */
  unsigned result;                /* PARAM_STRING, or 0 */
  const char *name;               /* for messages */
  char room[];                    /* the name's, if it is a bound function */
} Callee;

/*
** Pushes a Lua function that calls `code`. The declaration gives type and
** annotations. Throws where a type cannot be passed.
*/
void callee_push(lua_State *L, State *s, Plugin *plugin, const Decl *decl,
                 const char *name, Code code);

/* The callee of the bound function at that index; NULL: it is none. */
Callee *callee_test(lua_State *L, State *s, int index);

/*
** The address of the bound function at that index is about to be given away:
** from now on it keeps its file mapped, be the plugin closed or not.
*/
void callee_expose(lua_State *L, State *s, int index);

/*
** Calls with the arguments from stack index `first` on and returns how many
** results were pushed.
*/
int call(lua_State *L, const Callee *callee, int first);

/* Is this thread in a call of that State, of which nothing is read? */
bool call_is_running(const State *s);

#endif
