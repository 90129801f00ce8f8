-- peer.lua - a row in a binding that has LuaJIT's interface: LuaJIT itself
-- (so this is Lua 5.1), cffi-lua, luaffifb.
--
--   peer.lua MODULE TARGET HEADER ROUNDS ROW [least]
--
-- Prints nanoseconds, or nothing where the binding cannot do it.

local ffi = require((arg[1]))
local header = assert(io.open(arg[3])):read "*a"
header = header:gsub("#[^\n]*", "")
ffi.cdef(header)
local C = ffi.load(arg[2])
local rounds, wanted, least = tonumber(arg[4]), arg[5], arg[6] == "least"
local tonumber = ffi.tonumber or tonumber       -- cffi-lua's, of cdata

local function seconds(body, count)
  collectgarbage()
  local start = os.clock()
  body(count)
  return os.clock() - start
end

local function row(body)
  local count, took = 1, seconds(body, 1)
  while took < 0.002 do
    count = count * 4
    took = seconds(body, count)
  end
  count = math.max(1, math.ceil(count * 0.008 / took))
  local list = {}
  for i = 1, rounds do
    list[i] = seconds(body, count) / count * 1e9
  end
  table.sort(list)
  print(("%.2f"):format(list[least and 1 or math.ceil(rounds / 2)]))
end

local function try(name, make)
  local ok, body
  if name == wanted then
    ok, body = pcall(make)
  end
  if ok and pcall(body, 1) then
    row(body)
  end
end

local function call(name, f, arguments, make)
  try(name, function()
    local compile = rawget(_G, "loadstring") or load
    return compile(("local f, a = ... return function(n) "
      .. "for i = 1, n do f(%s) end end"):format(arguments))(C[f],
      make and make())
  end)
end

call("void(void)", "nothing", "")
call("int(int,int)", "add", "i, 2")
call("double(double,double)", "scale", "1.5, 2.5")
call("size_t(const char *)", "length", "'hello'")
call("six longs", "six", "1, 2, 3, 4, 5, i")
call("int, double, long, float", "mixed", "1, 2.5, i, 0.5")
call("pointer in and out", "same", "a", function() return C.make_item() end)
call("bool(bool)", "negate", "true")
call("uint8_t(uint8_t)", "next", "7")
call("ten mixed", "ten", "1, 2.5, 3, 0.5, 'x', true, 7, 8, 9.5, i")
call("struct by value", "swap", "a",
  function() return ffi.new("struct pair", {1, 2}) end)

try("callback, 10,000 times", function()
  local callback = ffi.cast("int (*)(int)", function(n) return 2 * n end)
  return function(n) for _ = 1, n do C["repeat"](callback, 10000) end end
end)
try("qsort of 100,000", function()
  local unsorted, state = {}, 1
  for i = 1, 100000 do
    state = state * 16807 % 2147483647
    unsorted[i] = state
  end
  local compare = ffi.cast("int (*)(const int *, const int *)",
    function(a, b) return a[0] - b[0] end)
  return function(n)
    for _ = 1, n do
      C.sort(ffi.new("int[?]", #unsorted, unsorted), #unsorted, compare)
    end
  end
end)

try("variable read", function()
  return function(n)
    local x
    for _ = 1, n do x = C.target_int end
    return x
  end
end)
try("variable write", function()
  return function(n) for i = 1, n do C.target_int = i end end
end)

try("field read", function()
  local p = ffi.new("struct pair", {1, 2})
  return function(n) local x for _ = 1, n do x = p.y end return x end
end)
try("field write", function()
  local p = ffi.new("struct pair", {1, 2})
  return function(n) for _ = 1, n do p.y = 2.5 end end
end)
try("element read", function()
  local a = ffi.new("double[1000]")
  return function(n) local x for _ = 1, n do x = a[9] end return x end
end)
try("element write", function()
  local a = ffi.new("double[1000]")
  return function(n) for _ = 1, n do a[9] = 2.5 end end
end)

try("new small struct", function()
  local pair = ffi.typeof "struct pair"
  return function(n) for _ = 1, n do pair() end end
end)
local function new_doubles(count, values)
  return function()
    local doubles = ffi.typeof("double[" .. count .. "]")
    local list
    if values then
      list = {}
      for i = 1, count do list[i] = i + 0.5 end
    end
    return function(n)
      if list then
        for _ = 1, n do doubles(list) end
      else
        for _ = 1, n do doubles() end
      end
    end
  end
end
try("new 1,000 doubles", new_doubles(1000))
try("1,000 doubles of a table", new_doubles(1000, true))
try("a million from a table", new_doubles(1000000, true))
try("a million to a table", function()
  local a = ffi.new("double[1000000]")
  return function(n)
    for _ = 1, n do
      local list = {}
      for i = 0, 999999 do list[i + 1] = a[i] end
      assert(#list == 1000000)
    end
  end
end)
try("copy of 1 MB", function()
  local text = ("x"):rep(1048576)
  local to = ffi.new("char[?]", #text)
  return function(n) for _ = 1, n do ffi.copy(to, text, #text) end end
end)
try("string of 1 MB", function()
  local from = ffi.new("char[?]", 1048576)
  return function(n) for _ = 1, n do ffi.string(from, 1048576) end end
end)

-- ---- records: `it` is a shape, `a` a pair, `f` makes pairs ----

local function shape(name, statement)
  try(name, function()
    local pair = ffi.metatype("struct pair",
      {__index = {norm = function(p) return p.x + p.y end}})
    local it, a = ffi.new "struct shape", pair(1, 2)
    it.next, it.name = a, "hello"
    local compile = rawget(_G, "loadstring") or load
    return compile("local it, a, f, ints, string = ... "
      .. "return function(n) for _ = 1, n do " .. statement .. " end end")(
      it, a, pair, ffi.new("int[?]", 10), ffi.string)
  end)
end

shape("struct assigned", "it.at = a")
shape("pointer assigned", "it.next = a")
shape("pointer read", "local _ = it.next")
shape("nested field read", "local _ = it.at.y")
shape("text read", "local _ = string(it.name)")
shape("text written", "it.name = 'hello'")
shape("pointer + n", "local _ = ints + 1")
shape("struct of named values", "f {x = 1, y = 2}")
shape("method of a struct", "a:norm()")

-- ---- real work, by the functions of handmade.c ----

local function sqlite()
  ffi.cdef [[
    typedef struct sqlite3 sqlite3;
    typedef struct sqlite3_stmt sqlite3_stmt;
    int sqlite3_open(const char *, sqlite3 **);
    int sqlite3_exec(sqlite3 *, const char *, void *, void *, char **);
    int sqlite3_prepare_v2(sqlite3 *, const char *, int, sqlite3_stmt **,
      const char **);
    int sqlite3_bind_int64(sqlite3_stmt *, int, long long);
    int sqlite3_bind_double(sqlite3_stmt *, int, double);
    int sqlite3_bind_text(sqlite3_stmt *, int, const char *, int, void *);
    int sqlite3_step(sqlite3_stmt *);
    int sqlite3_reset(sqlite3_stmt *);
    int sqlite3_finalize(sqlite3_stmt *);
    int sqlite3_close_v2(sqlite3 *);
    long long sqlite3_column_int64(sqlite3_stmt *, int);
    double sqlite3_column_double(sqlite3_stmt *, int);
    const char *sqlite3_column_text(sqlite3_stmt *, int);
  ]]
  local S = ffi.load "sqlite3"
  local transient = ffi.cast("void *", -1)
  return {
    open = function(name)
      local db = ffi.new "sqlite3 *[1]"
      assert(S.sqlite3_open(name, db) == 0)
      return db[0]
    end,
    exec = function(db, sql)
      return S.sqlite3_exec(db, sql, nil, nil, nil)
    end,
    prepare = function(db, sql)
      local stmt = ffi.new "sqlite3_stmt *[1]"
      assert(S.sqlite3_prepare_v2(db, sql, -1, stmt, nil) == 0)
      return stmt[0]
    end,
    bind_text = function(stmt, i, text)
      return S.sqlite3_bind_text(stmt, i, text, #text, transient)
    end,
    bind_int64 = S.sqlite3_bind_int64, bind_double = S.sqlite3_bind_double,
    step = S.sqlite3_step, reset = S.sqlite3_reset,
    finalize = S.sqlite3_finalize, close = S.sqlite3_close_v2,
    column_int64 = function(stmt, i)
      return tonumber(S.sqlite3_column_int64(stmt, i))
    end,
    column_double = S.sqlite3_column_double,
    column_text = function(stmt, i)
      return ffi.string(S.sqlite3_column_text(stmt, i))
    end,
  }
end

local function zlib()
  ffi.cdef [[
    int compress2(char *, unsigned long *, const char *, unsigned long, int);
    int uncompress(char *, unsigned long *, const char *, unsigned long);
    unsigned long crc32(unsigned long, const char *, unsigned);
  ]]
  local Z = ffi.load "z"
  local size = 2048
  local buffer, length = ffi.new "char[2048]", ffi.new "unsigned long[1]"
  return {
    compress = function(text, level)
      length[0] = size
      assert(Z.compress2(buffer, length, text, #text, level) == 0)
      return ffi.string(buffer, tonumber(length[0]))
    end,
    uncompress = function(text)
      length[0] = size
      assert(Z.uncompress(buffer, length, text, #text) == 0)
      return ffi.string(buffer, tonumber(length[0]))
    end,
    crc32 = Z.crc32,
  }
end

for name, make in pairs {SQLite = sqlite, zlib = zlib} do
  if wanted:find("^" .. name) then
    for _, it in ipairs(require "bench.work" (make())) do
      try(it[1], it[2])
    end
  end
end
