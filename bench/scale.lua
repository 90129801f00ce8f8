-- scale.lua - time and memory for n things, as curves from 10 to 100,000.
--
--   require "bench.scale" (folder)           runs all, prints, gives the rows
--   lua5.4 bench/scale.lua WHAT N FOLDER     one of them, in its own process
--
-- Memory is the growth of the process's peak, without pages of files and
-- without machine code, which is told apart.

local WHAT = {"declare", "bind", "callback", "struct", "open"}
local ABOUT = {declare = "declare n functions", bind = "bind n functions",
  callback = "keep n callbacks", struct = "n live structs of 16 bytes",
  open = "open n plugins"}
local MOST = {open = 1000}

-- ---- what is needed ----

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

local function run(command)
  assert(os.execute(command), command)
end

-- A library of n functions that only return.
local function make_functions(folder, n)
  local path = ("%s/functions%d.so"):format(folder, n)
  local list = {".text\n"}
  for i = 1, n do
    list[#list + 1] = (".globl scale_f%d\n.type scale_f%d, %%function\n"
      .. ".p2align 4\nscale_f%d: ret\n"):format(i, i, i)
  end
  list[#list + 1] = '.section .note.GNU-stack, "", %progbits\n'
  write(path .. ".s", table.concat(list))
  run(("cc -shared -o %s %s.s && rm %s.s"):format(path, path, path))
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

-- As many files, of the same size, but with other bytes each.
local function make_files(folder, n)
  run("mkdir -p " .. folder .. "/many")
  local library = read(folder .. "/functions10.so")
  for i = 1, n do
    write(("%s/many/lib%d.so"):format(folder, i),
      library .. ("%08d"):format(i))
  end
end

-- ---- one measurement ----

local function status(name)
  for line in io.lines "/proc/self/status" do
    local kb = line:match("^" .. name .. ":%s*(%d+) kB")
    if kb then
      return tonumber(kb) * 1024
    end
  end
  return 0
end

-- Bytes of machine code: the pages of the views that it is written through.
local function code_bytes()
  local sum, inside = 0, false
  for line in io.lines "/proc/self/smaps" do
    if line:find "^%x+%-%x+ " then
      inside = line:find("memfd:cplugin", 1, true)
    elseif inside then
      sum = sum + 1024 * tonumber(line:match "^Rss:%s*(%d+)" or 0)
    end
  end
  return sum
end

local function declarations(n)
  local list = {}
  for i = 1, n do
    list[i] = ("int scale_f%d(int, double);\n"):format(i)
  end
  return table.concat(list)
end

-- Each gives what to do, once all that it needs is there.
local things = {}

function things.declare(plugin, n)
  local text = declarations(n)
  return function() plugin.cdef(text) end
end

function things.bind(plugin, n, folder)
  local p = assert(plugin.open(("%s/functions%d.so"):format(folder, n),
    {cdef = declarations(n)}))
  local names = {}
  for i = 1, n do
    names[i] = "scale_f" .. i
  end
  return function()
    local C = p.C
    for i = 1, n do
      local _ = C[names[i]]
    end
  end
end

function things.callback(plugin, n)
  local list = table.move({}, 1, n, 1, {})
  local function f(x) return x end
  return function()
    for i = 1, n do
      list[i] = plugin.callback("int (int)", f)
    end
    return list
  end
end

function things.struct(plugin, n)
  local list = {}
  for i = 1, n do
    list[i] = false
  end
  local pair = plugin.typeof "struct { double x, y; }"
  return function()
    for i = 1, n do
      list[i] = pair()
    end
    return list
  end
end

function things.open(plugin, n, folder)
  local list = {}
  return function()
    for i = 1, n do
      list[i] = assert(plugin.open(("%s/many/lib%d.so"):format(folder, i)))
    end
    return list
  end
end

-- The clock that counts what the system does for the process, too.
local function measure(what, n, folder)
  local plugin = require "cplugin"
  local body = things[what](plugin, n, folder)
  for _ = 1, 4 do
    collectgarbage()
  end
  -- Memory that is free already must not hide what is taken; then the peak
  -- begins here.
  plugin.open():lookup("malloc_trim", "int (size_t)")(0)
  write("/proc/self/clear_refs", "5")
  local before = status "VmHWM" - status "RssFile"
  local code = code_bytes()
  local start = os.clock()
  local kept = body()
  local seconds = os.clock() - start
  local bytes = status "VmHWM" - status "RssFile" - before
  code = code_bytes() - code
  print(seconds, bytes - code, code)
  return kept
end

-- ---- all ----

local function number(x, unit)
  return ("%.0f %s"):format(x, unit)
end

-- Few things are lost in pages of 4 KiB.
local function bytes(n, each)
  return n >= 1000 and each ~= 0 and number(each, "B") or ""
end

local function one(what, n, folder)
  local lua = arg[-1] or "lua5.4"
  local pipe <close> = assert(io.popen(("%s bench/scale.lua %s %d %s")
    :format(lua, what, n, folder)))
  local seconds, taken, code = pipe:read("n", "n", "n")
  assert(seconds, "nothing measured")
  return {what = what, n = n, seconds = seconds, ns_each = seconds / n * 1e9,
    bytes_each = taken / n, code_each = code / n}
end

local function all(folder)
  local results = {}
  print(("%-26s %7s %9s %10s %11s %9s"):format("what", "n", "ms",
    "each", "memory each", "code"))
  for _, what in ipairs(WHAT) do
    local n = 10
    while n <= (MOST[what] or 100000) do
      if what == "bind" or n == 10 then
        make_functions(folder, n)
      end
      if what == "open" then
        make_files(folder, n)
      end
      local r = one(what, n, folder)
      results[#results + 1] = r
      print(("%-26s %7d %9.2f %10s %11s %9s"):format(ABOUT[what], n,
        r.seconds * 1e3, number(r.ns_each, "ns"), bytes(n, r.bytes_each),
        bytes(n, r.code_each)))
      n = n * 10
    end
  end
  return {scale = results}
end

if ... == "bench.scale" then
  return all
end
measure(arg[1], math.tointeger(tonumber(arg[2])), arg[3])
