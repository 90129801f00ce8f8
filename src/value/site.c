/* site.c - see site.h. */
#include "value/site.h"

#include <string.h>

const char *push_description(lua_State *L, int index) {
  if (index == SITE_NO_VALUE || lua_isnone(L, index))
    return lua_pushliteral(L, "no value");
  CData *cd = cdata_test(L, index);
  if (cd != NULL) {
    const char *text = push_type(L, cd->class->type);
    text = lua_pushfstring(L, "cdata '%s'", text);
    lua_remove(L, -2);
    return text;
  }
  if (lua_type(L, index) == LUA_TNUMBER) {
    const char *kind = lua_isinteger(L, index) ? "integer" : "number";
    lua_pushvalue(L, index);
    const char *text = lua_pushfstring(L, "%s %s", kind, lua_tostring(L, -1));
    lua_remove(L, -2);
    return text;
  }
  if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
    const char *name = lua_tostring(L, -1);
    bool ours = strncmp(name, "cplugin.", 8) == 0;
    return name + (ours ? 8 : 0);
  }
  return lua_pushstring(L, luaL_typename(L, index));
}

static const char *push_site(lua_State *L, const Site *site) {
  const char *name = site->name == NULL ? "?" : site->name;
  switch (site->kind) {
    case SITE_ARGUMENT: case SITE_VARIADIC:
      return lua_pushfstring(L, "bad argument #%I to '%s'",
                             (LUAI_UACINT)site->number, name);
    case SITE_RESULT:
      return lua_pushfstring(L, "bad result of a callback (%s)", name);
    case SITE_MEMBER:
      return lua_pushfstring(L, "bad value for member '%s' of '%s'", name,
                             push_type(L, site->type));
    case SITE_ELEMENT:
      return lua_pushfstring(L, "bad value for element %I of '%s'",
                             (LUAI_UACINT)site->number,
                             push_type(L, site->type));
    case SITE_VARIABLE:
      return lua_pushfstring(L, "bad value for variable '%s'", name);
    default:
      return lua_pushliteral(L, "bad value");
  }
}

const char *push_within(lua_State *L, const Site *within) {
  while (within != NULL && within->within != NULL)
    within = within->within;
  if (within == NULL || within->name == NULL)
    return lua_pushliteral(L, "");
  switch (within->kind) {
    case SITE_ARGUMENT: case SITE_VARIADIC:
      return lua_pushfstring(L, " in argument #%I to '%s'",
                             (LUAI_UACINT)within->number, within->name);
    case SITE_RESULT:
      return lua_pushfstring(L, " in the result of a callback (%s)",
                             within->name);
    case SITE_VARIABLE:
      return lua_pushfstring(L, " in variable '%s'", within->name);
    default:
      return lua_pushliteral(L, "");
  }
}

/* Is the value a pointer to that type, or an array of it? */
static bool leads_to(lua_State *L, const Type *type, int index) {
  const CData *cd = cdata_test(L, index);
  return cd != NULL && cd->class->element.type != NULL &&
         cd->class->element.type->bare == type->bare;
}

int store_error(lua_State *L, const Type *type, int index,
                const Site *site, const char *why) {
  luaL_checkstack(L, 12, "cplugin");
  if (why == NULL && index != SITE_NO_VALUE && leads_to(L, type, index))
    why = "write p[0] for what p leads to";
  const char *within = push_within(L, site->within);
  const char *place = push_site(L, site);
  const char *from = push_description(L, index);
  const char *to = push_type(L, type->bare);
  if (why == NULL)
    return luaL_error(L, "%s%s ('%s' expected, got %s)", place, within, to,
                      from);
  return luaL_error(L, "%s%s ('%s' expected, got %s: %s)", place, within, to,
                    from, why);
}
