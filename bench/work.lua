-- work.lua - real work, beside handmade.c, which makes the same C calls:
-- SQLite in memory, 100,000 prepared inserts and as many rows stepped
-- through; zlib, 10,000 buffers of 1 kB.
--
--   require "bench.work" ()      rows as those of rows.lua

local plugin = require "cplugin"
local handmade = require "handmade"

local ROWS, BUFFERS = 100000, 10000
local ROW, DONE = 100, 101

-- SQLite with the names of handmade.c.
local function sqlite()
  local lib = assert(plugin.open("sqlite3", {cdef = [[
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
  local C = lib.C
  local transient = lib:cast("void (*)(void *)", -1)
  local bind_text = C.sqlite3_bind_text
  return {
    open = function(name)
      local code, db = C.sqlite3_open(name)
      assert(code == 0)
      return db
    end,
    exec = function(db, sql)
      return C.sqlite3_exec(db, sql, nil, nil, nil)
    end,
    prepare = function(db, sql)
      local code, stmt = C.sqlite3_prepare_v2(db, sql, -1, nil)
      assert(code == 0)
      return stmt
    end,
    bind_text = function(stmt, i, text)
      return bind_text(stmt, i, text, #text, transient)
    end,
    bind_int64 = C.sqlite3_bind_int64, bind_double = C.sqlite3_bind_double,
    step = C.sqlite3_step, reset = C.sqlite3_reset,
    finalize = C.sqlite3_finalize, close = C.sqlite3_close_v2,
    column_int64 = C.sqlite3_column_int64,
    column_double = C.sqlite3_column_double,
    column_text = C.sqlite3_column_text,
  }
end

local function zlib()
  local lib = assert(plugin.open("z", {cdef = [[
    int compress2(unsigned char *, unsigned long *, const unsigned char *,
      unsigned long, int);
    int uncompress(unsigned char *, unsigned long *, const unsigned char *,
      unsigned long);
    unsigned long crc32(unsigned long, const unsigned char *, unsigned);
  ]]}))
  local compress2, uncompress = lib.C.compress2, lib.C.uncompress
  local crc32, string = lib.C.crc32, plugin.string
  local size = 2048
  local buffer = plugin.new("unsigned char[?]", size)
  local length = plugin.new "unsigned long[1]"
  return {
    compress = function(text, level)
      length[0] = size
      assert(compress2(buffer, length, text, #text, level) == 0)
      return string(buffer, length[0])
    end,
    uncompress = function(text)
      length[0] = size
      assert(uncompress(buffer, length, text, #text) == 0)
      return string(buffer, length[0])
    end,
    crc32 = function(before, text) return crc32(before, text, #text) end,
  }
end

-- The work itself, the same for both.

local function fresh(lib)
  local db = lib.open ":memory:"
  lib.exec(db, "create table t (n integer primary key, x real, s text);")
  return db
end

local function insert(lib, db)
  local bind_int64, bind_double = lib.bind_int64, lib.bind_double
  local bind_text, step, reset = lib.bind_text, lib.step, lib.reset
  local stmt = lib.prepare(db, "insert into t values (?, ?, ?);")
  lib.exec(db, "begin;")
  for i = 1, ROWS do
    bind_int64(stmt, 1, i)
    bind_double(stmt, 2, i / 2)
    bind_text(stmt, 3, "a row of the table")
    if step(stmt) ~= DONE then
      error "an insert failed"
    end
    reset(stmt)
  end
  lib.exec(db, "commit;")
  lib.finalize(stmt)
end

local function select_all(lib, db)
  local step, column_int64 = lib.step, lib.column_int64
  local column_double, column_text = lib.column_double, lib.column_text
  local stmt = lib.prepare(db, "select n, x, s from t;")
  local n, x, length = 0, 0.0, 0
  while step(stmt) == ROW do
    n = n + column_int64(stmt, 0)
    x = x + column_double(stmt, 1)
    length = length + #column_text(stmt, 2)
  end
  lib.finalize(stmt)
  assert(n == ROWS * (ROWS + 1) // 2 and x == n / 2 and length == ROWS * 18)
end

local function inserts(lib)
  return function(n)
    for _ = 1, n do
      local db = fresh(lib)
      insert(lib, db)
      lib.close(db)
    end
  end
end

local function selects(lib)
  local db = fresh(lib)
  insert(lib, db)
  return function(n)
    for _ = 1, n do
      select_all(lib, db)
    end
  end
end

local function text()
  local words, state = {}, 1
  while #words < 1024 do
    state = (state * 1103515245 + 12345) % 2147483648
    words[#words + 1] = string.char(97 + (state >> 16) % 16)
  end
  return table.concat(words)
end

local function buffers(lib)
  local given = text()
  local compress, uncompress = lib.compress, lib.uncompress
  local packed = compress(given, 6)
  assert(uncompress(packed) == given)
  return {
    compress = function(n)
      for _ = 1, n * BUFFERS do compress(given, 1) end
    end,
    uncompress = function(n)
      for _ = 1, n * BUFFERS do uncompress(packed) end
    end,
    crc32 = function(n)
      local crc32, crc = lib.crc32, 0
      for _ = 1, n * BUFFERS do crc = crc32(crc, given) end
      return crc
    end,
  }
end

return function()
  local hand, ours = buffers(handmade), buffers(zlib())
  local lib = sqlite()
  return {
    {name = "SQLite, 100,000 inserts", limit = 1.1,
     hand = inserts(handmade), ours = inserts(lib)},
    {name = "SQLite, 100,000 rows read", limit = 1.1,
     hand = selects(handmade), ours = selects(lib)},
    {name = "zlib, 10,000 x 1 kB packed", limit = 1.1,
     hand = hand.compress, ours = ours.compress},
    {name = "zlib, 10,000 x 1 kB unpacked", limit = 1.1,
     hand = hand.uncompress, ours = ours.uncompress},
    {name = "zlib, 10,000 x 1 kB summed", limit = 1.1,
     hand = hand.crc32, ours = ours.crc32},
  }
end
