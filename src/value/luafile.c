/* luafile.c - see luafile.h. */
#include "value/luafile.h"

#include <string.h>

/* What C libraries call the struct, and scripts that do not have its header. */
static bool is_file(const Type *type) {
  static const char *const names[] = {"_IO_FILE", "FILE", "_FILE", "__FILE",
                                      "__sFILE"};
  type = type->bare;
  if (type->kind != TYPE_RECORD)
    return false;
  const Record *record = type->record;
  const char *name = record->tag != NULL ? record->tag : record->alias;
  for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return false;
}

void *luafile_address(lua_State *L, const Type *type, int index,
                      const Site *site) {
  const luaL_Stream *stream = luaL_testudata(L, index, LUA_FILEHANDLE);
  if (stream == NULL || !is_file(type->target))
    store_error(L, type, index, site, NULL);
  if (site->kind != SITE_ARGUMENT)
    store_error(L, type, index, site, "a file of Lua's is an argument only: "
                "it may be closed before what is stored");
  if (stream->closef == NULL)
    store_error(L, type, index, site, "the file is closed");
  return stream->f;
}
