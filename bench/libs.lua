-- libs.lua - SQLite and zlib by cplugin, with the functions of handmade.c.
--
--   local lib = require "bench.libs"

local plugin = require "cplugin"

local lib = {}

local sqlite = assert(plugin.open("sqlite3", {cdef = [[
  typedef struct sqlite3 sqlite3;
  typedef struct sqlite3_stmt sqlite3_stmt;
  int sqlite3_open(const char *, _Out_ sqlite3 **);
  int sqlite3_exec(sqlite3 *, const char *,
    int (*)(void *, int, char **, char **), void *, char **);
  int sqlite3_prepare_v2(sqlite3 *, const char *, int,
    _Out_ sqlite3_stmt **, const char **);
  int sqlite3_bind_int64(sqlite3_stmt *, int, long long);
  int sqlite3_bind_double(sqlite3_stmt *, int, double);
  int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int,
    void (*)(void *));
  int sqlite3_step(sqlite3_stmt *);
  int sqlite3_reset(sqlite3_stmt *);
  int sqlite3_finalize(sqlite3_stmt *);
  int sqlite3_close_v2(sqlite3 *);
  long long sqlite3_column_int64(sqlite3_stmt *, int);
  double sqlite3_column_double(sqlite3_stmt *, int);
  string sqlite3_column_text(sqlite3_stmt *, int);
]]}))
local C = sqlite.C

function lib.open(name)
  local code, db = C.sqlite3_open(name)
  assert(code == 0)
  return db
end

function lib.exec(db, sql)
  return C.sqlite3_exec(db, sql, nil, nil, nil)
end

function lib.prepare(db, sql)
  local code, stmt = C.sqlite3_prepare_v2(db, sql, -1, nil)
  assert(code == 0)
  return stmt
end

local bind_text = C.sqlite3_bind_text
local transient = sqlite:cast("void (*)(void *)", -1)
function lib.bind_text(stmt, i, text)
  return bind_text(stmt, i, text, #text, transient)
end

lib.bind_int64, lib.bind_double = C.sqlite3_bind_int64, C.sqlite3_bind_double
lib.step, lib.reset = C.sqlite3_step, C.sqlite3_reset
lib.finalize, lib.close = C.sqlite3_finalize, C.sqlite3_close_v2
lib.column_int64 = C.sqlite3_column_int64
lib.column_double = C.sqlite3_column_double
lib.column_text = C.sqlite3_column_text

local zlib = assert(plugin.open("z", {cdef = [[
  int compress2(unsigned char *, _Inout_ unsigned long *,
    const unsigned char *, unsigned long, int);
  int uncompress(unsigned char *, _Inout_ unsigned long *,
    const unsigned char *, unsigned long);
  unsigned long crc32(unsigned long, const unsigned char *, unsigned);
]]}))
local compress2, uncompress = zlib.C.compress2, zlib.C.uncompress
local string = plugin.string
local size = 2048
local buffer = plugin.new("unsigned char[?]", size)

function lib.compress(text, level)
  local code, n = compress2(buffer, size, text, #text, level)
  assert(code == 0)
  return string(buffer, n)
end

function lib.uncompress(text)
  local code, n = uncompress(buffer, size, text, #text)
  assert(code == 0)
  return string(buffer, n)
end

lib.crc32 = zlib.C.crc32

return lib
