/*
** handmade.c - a Lua module for what of SQLite and zlib work.lua uses,
** written by hand as a good C programmer would.
*/
#include <lauxlib.h>
#include <lua.h>
#include <sqlite3.h>
#include <zlib.h>

#define DATABASE "handmade.database"
#define STATEMENT "handmade.statement"

/* ---- SQLite ---- */

static sqlite3 **check_database(lua_State *L) {
  sqlite3 **db = luaL_checkudata(L, 1, DATABASE);
  luaL_argcheck(L, *db != NULL, 1, "the database is closed");
  return db;
}

static sqlite3_stmt *check_statement(lua_State *L) {
  sqlite3_stmt **stmt = luaL_checkudata(L, 1, STATEMENT);
  luaL_argcheck(L, *stmt != NULL, 1, "the statement is finalized");
  return *stmt;
}

static int check_int(lua_State *L, int index) {
  lua_Integer n = luaL_checkinteger(L, index);
  luaL_argcheck(L, n >= INT32_MIN && n <= INT32_MAX, index, "out of range");
  return (int)n;
}

static int h_open(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  sqlite3 **db = lua_newuserdatauv(L, sizeof *db, 0);
  *db = NULL;
  luaL_setmetatable(L, DATABASE);
  if (sqlite3_open(name, db) != SQLITE_OK)
    return luaL_error(L, "cannot open '%s'", name);
  return 1;
}

static int h_close(lua_State *L) {
  sqlite3 **db = luaL_checkudata(L, 1, DATABASE);
  sqlite3_close_v2(*db);
  *db = NULL;
  return 0;
}

static int h_exec(lua_State *L) {
  sqlite3 **db = check_database(L);
  lua_pushinteger(L, sqlite3_exec(*db, luaL_checkstring(L, 2), NULL, NULL,
                                  NULL));
  return 1;
}

static int h_prepare(lua_State *L) {
  sqlite3 **db = check_database(L);
  const char *sql = luaL_checkstring(L, 2);
  sqlite3_stmt **stmt = lua_newuserdatauv(L, sizeof *stmt, 1);
  *stmt = NULL;
  luaL_setmetatable(L, STATEMENT);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  if (sqlite3_prepare_v2(*db, sql, -1, stmt, NULL) != SQLITE_OK)
    return luaL_error(L, "%s", sqlite3_errmsg(*db));
  return 1;
}

static int h_finalize(lua_State *L) {
  sqlite3_stmt **stmt = luaL_checkudata(L, 1, STATEMENT);
  lua_pushinteger(L, sqlite3_finalize(*stmt));
  *stmt = NULL;
  return 1;
}

static int h_bind_int64(lua_State *L) {
  lua_pushinteger(L, sqlite3_bind_int64(check_statement(L), check_int(L, 2),
                                        luaL_checkinteger(L, 3)));
  return 1;
}

static int h_bind_double(lua_State *L) {
  lua_pushinteger(L, sqlite3_bind_double(check_statement(L),
                                         check_int(L, 2),
                                         luaL_checknumber(L, 3)));
  return 1;
}

static int h_bind_text(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 3, &length);
  lua_pushinteger(L, sqlite3_bind_text(check_statement(L), check_int(L, 2),
                                       text, (int)length,
                                       SQLITE_TRANSIENT));
  return 1;
}

static int h_step(lua_State *L) {
  lua_pushinteger(L, sqlite3_step(check_statement(L)));
  return 1;
}

static int h_reset(lua_State *L) {
  lua_pushinteger(L, sqlite3_reset(check_statement(L)));
  return 1;
}

static int h_column_int64(lua_State *L) {
  lua_pushinteger(L, sqlite3_column_int64(check_statement(L),
                                          check_int(L, 2)));
  return 1;
}

static int h_column_double(lua_State *L) {
  lua_pushnumber(L, sqlite3_column_double(check_statement(L),
                                          check_int(L, 2)));
  return 1;
}

static int h_column_text(lua_State *L) {
  const unsigned char *text = sqlite3_column_text(check_statement(L),
                                                  check_int(L, 2));
  lua_pushstring(L, (const char *)text);
  return 1;
}

/* ---- zlib ---- */

#define BUFFER 2048

static int h_compress(lua_State *L) {
  size_t length;
  Bytef buffer[BUFFER];
  uLongf n = sizeof buffer;
  const char *text = luaL_checklstring(L, 1, &length);
  int level = check_int(L, 2);
  if (compress2(buffer, &n, (const Bytef *)text, length, level) != Z_OK)
    return luaL_error(L, "compress failed");
  lua_pushlstring(L, (const char *)buffer, n);
  return 1;
}

static int h_uncompress(lua_State *L) {
  size_t length;
  Bytef buffer[BUFFER];
  uLongf n = sizeof buffer;
  const char *text = luaL_checklstring(L, 1, &length);
  if (uncompress(buffer, &n, (const Bytef *)text, length) != Z_OK)
    return luaL_error(L, "uncompress failed");
  lua_pushlstring(L, (const char *)buffer, n);
  return 1;
}

static int h_crc32(lua_State *L) {
  size_t length;
  uLong before = (uLong)luaL_checkinteger(L, 1);
  const char *text = luaL_checklstring(L, 2, &length);
  lua_Integer n = luaL_checkinteger(L, 3);
  luaL_argcheck(L, n >= 0 && (size_t)n <= length, 3, "out of bounds");
  lua_pushinteger(L, (lua_Integer)crc32(before, (const Bytef *)text,
                                        (uInt)n));
  return 1;
}

/* ---- */

static const luaL_Reg functions[] = {
  {"open", h_open}, {"close", h_close}, {"exec", h_exec},
  {"prepare", h_prepare}, {"finalize", h_finalize},
  {"bind_int64", h_bind_int64}, {"bind_double", h_bind_double},
  {"bind_text", h_bind_text}, {"step", h_step}, {"reset", h_reset},
  {"column_int64", h_column_int64}, {"column_double", h_column_double},
  {"column_text", h_column_text}, {"compress", h_compress},
  {"uncompress", h_uncompress}, {"crc32", h_crc32}, {NULL, NULL}
};

static void metatable(lua_State *L, const char *name, lua_CFunction gc) {
  luaL_newmetatable(L, name);
  lua_pushcfunction(L, gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

int luaopen_handmade(lua_State *L);

int luaopen_handmade(lua_State *L) {
  metatable(L, DATABASE, h_close);
  metatable(L, STATEMENT, h_finalize);
  luaL_newlib(L, functions);
  return 1;
}
