-- work.lua - real work, in any binding of SQLite and zlib: SQLite in memory,
-- 100,000 prepared inserts and as many rows stepped through; zlib, 10,000
-- buffers of 1 kB. Peers run it, too: this is Lua 5.1 and later.
--
--   require "bench.work" (lib)     list of {name, make}
--
-- `lib` has the functions of handmade.c; make() gives a function of how often.

local ROWS, BUFFERS = 100000, 10000
local ROW, DONE = 100, 101

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
  assert(n == ROWS * (ROWS + 1) / 2 and x == n / 2 and length == ROWS * 18)
end

-- A kilobyte of letters that come as they like.
local function letters()
  local list, state = {}, 1
  while #list < 1024 do
    state = state * 16807 % 2147483647
    list[#list + 1] = string.char(97 + math.floor(state / 65536) % 16)
  end
  return table.concat(list)
end

return function(lib)
  local text = letters()
  return {
    {"SQLite, 100,000 inserts", function()
      return function(n)
        for _ = 1, n do
          local db = fresh(lib)
          insert(lib, db)
          lib.close(db)
        end
      end
    end},
    {"SQLite, 100,000 rows read", function()
      local db = fresh(lib)
      insert(lib, db)
      return function(n)
        for _ = 1, n do select_all(lib, db) end
      end
    end},
    {"zlib, 10,000 x 1 kB packed", function()
      local compress = lib.compress
      return function(n)
        for _ = 1, n * BUFFERS do compress(text, 1) end
      end
    end},
    {"zlib, 10,000 x 1 kB unpacked", function()
      local uncompress, packed = lib.uncompress, lib.compress(text, 6)
      assert(uncompress(packed) == text)
      return function(n)
        for _ = 1, n * BUFFERS do uncompress(packed) end
      end
    end},
    {"zlib, 10,000 x 1 kB summed", function()
      local crc32 = lib.crc32
      return function(n)
        local crc = 0
        for _ = 1, n * BUFFERS do crc = crc32(crc, text, #text) end
        return crc
      end
    end},
  }
end
