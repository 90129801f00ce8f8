/* recent.c - see recent.h. */
#include "face/recent.h"

static lua_Integer number(const Recent *recent) {
  return recent - recent->class->state->recent + 1;
}

bool recent_push(lua_State *L, const Recent *recent, const Pointer *wish) {
  if (recent->made == NULL || !class_is_current(wish->head.class))
    return false;
  lua_rawgeti(L, lua_upvalueindex(5), number(recent));
  const Pointer *made = lua_touserdata(L, -1);
  if (made != NULL && made == recent->made &&
      (made->head.tag & CDATA_FLAGS) == wish->head.tag &&
      made->base == wish->base && made->offset == wish->offset &&
      made->low == wish->low && made->high == wish->high)
    return true;
  lua_pop(L, 1);
  return false;
}

void recent_keep(lua_State *L, Recent *recent) {
  recent->made = NULL;
  lua_pushvalue(L, -1);
  lua_rawseti(L, lua_upvalueindex(5), number(recent));
  recent->made = lua_touserdata(L, -1);
}
