/*
** bind.h - symbol + type -> something usable.
*/
#ifndef CPLUGIN_BIND_H
#define CPLUGIN_BIND_H

#include "bind/call.h"

/*
** A variable of a plugin: the slot that cdata of it hold. It lives in the
** plugin's scope, so longer than any of these.
*/
typedef struct Variable {
  uintptr_t address;              /* the slot */
  uint64_t size;                  /* bytes, as the file says; 0: not known */
  bool tls;                       /* one for each thread: the address is */
                                  /* asked for at every use */
  bool readonly;                  /* in memory that nobody may write */
} Variable;

/*
** Pushes what the plugin exports under the declaration's symbol, as its
** type says: a function as a Lua function; a scalar or pointer as a pointer
** to it, bounded to index 0; an array or record as a reference. `version`
** may be NULL. `kept`: a function will stay as long as the plugin. Returns
** false, with a message pushed instead, if the plugin does not export it;
** throws if what it exports cannot be that.
*/
bool bind_symbol(lua_State *L, Plugin *plugin, const Decl *decl,
                 const char *symbol, const char *version, bool kept);

/*
** The memory of a declared variable. Returns its type: the declared one,
** with the length of an array that has none, and with const added where the
** file has the variable in read-only memory. NULL
** with a message pushed if the plugin does not export it.
*/
const Type *bind_variable(lua_State *L, Plugin *plugin, const Decl *decl,
                          const char *symbol, const char *version,
                          Span *span);

/*
** Throws if the cdata leads to a variable in read-only memory: there not
** even a cast makes writing possible.
*/
void bind_check_writable(lua_State *L, const CData *cd);

#endif
