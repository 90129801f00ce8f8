-- parse.lua - how fast headers are read, beside LuaJIT's ffi.cdef where that is
-- installed, and what a large one costs in memory. Run by `make bench-parse`.
--
--   parse.lua [--rounds N]
--
-- Each text is read by a process of its own, for LuaJIT takes no header twice;
-- the time is that of cdef alone, the median of the rounds: of each header by
-- itself, where pages of memory that are touched first weigh most, and of one
-- text that includes the headers that LuaJIT accepts, as far as they agree.

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local headers = require "spec.headers"
local folder = (os.getenv "CPLUGIN_BUILD" or "build") .. "/bench/parse"
local rounds = arg[1] == "--rounds" and tonumber(arg[2]) or 5

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  return pipe:close() and text
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

-- Seconds and kB, or nil and the message that refuses the text.
local function once(program, path)
  local out = output(("%s bench/parse_one.lua %s"):format(program, path))
  local seconds, kilobytes = out:match "^([%d.e-]+)%s+(%d+)"
  if not seconds then
    return nil, out
  end
  return tonumber(seconds), tonumber(kilobytes)
end

-- The same, the medians of the rounds.
local function measure(program, path)
  local times, memory = {}, {}
  for i = 1, rounds do
    times[i], memory[i] = once(program, path)
    if not times[i] then
      return nil, memory[i]
    end
  end
  return median(times), median(memory)
end

local function preprocess(row, i)
  local source, target = folder .. "/source.c", ("%s/%d.i"):format(folder, i)
  local file = assert(io.open(source, "w"))
  file:write(headers.text(row))
  file:close()
  return output(headers.command(row, "gcc -E -P", source, target) ..
    " 2>/dev/null") and target
end

local luajit = output "luajit -v 2>/dev/null"
local sum = {bytes = 0, ours = 0, both = 0, ours_both = 0, theirs = 0}
local accepted, count, missing = {}, 0, {}

local function add(row, path)
  local bytes = #read(path)
  local ours = assert(measure("lua5.4", path))
  count = count + 1
  sum.bytes, sum.ours = sum.bytes + bytes, sum.ours + ours
  local theirs = luajit and measure("luajit", path)
  if theirs then
    accepted[#accepted + 1] = row
    sum.both, sum.theirs = sum.both + bytes, sum.theirs + theirs
    sum.ours_both = sum.ours_both + ours
  end
  io.write(("%-44s %8d bytes %7.1f MB/s"):format(row[1]:sub(1, 44), bytes,
    bytes / ours / 1e6), theirs and (" %7.1f MB/s LuaJIT"):format(
    bytes / theirs / 1e6) or luajit and "  refused by LuaJIT" or "", "\n")
end

-- The rows as one, each header once.
local function together(rows)
  local names, flags = {}, {}
  for i, row in ipairs(rows) do
    names[i] = row[1]
    flags[#flags + 1] = row[2] and "$(pkg-config --cflags " .. row[2] .. ")"
    flags[#flags + 1] = row[3]
  end
  return {table.concat(names, " "), nil, table.concat(flags, " ")}
end

-- Of the rows those that LuaJIT takes together: some headers define macros or
-- names that others use.
local function agreeing(rows)
  local taken = {}
  for _, row in ipairs(rows) do
    taken[#taken + 1] = row
    local path = preprocess(together(taken), 0)
    if not path or not once("luajit", path) then
      taken[#taken] = nil
    end
  end
  return taken
end

local function concatenated(all)
  local rows = agreeing(all)
  local path = assert(preprocess(together(rows), 0))
  local bytes = #read(path)
  local ours, theirs = measure("lua5.4", path), measure("luajit", path)
  print(("%d of these in one text, %.2f MB: ours %.1f MB/s, LuaJIT's %.1f MB/s")
    :format(#rows, bytes / 1e6, bytes / ours / 1e6, bytes / theirs / 1e6))
end

local function large()
  local name, cache = "SDL2/SDL.h", folder .. "/cache.lua"
  os.remove(cache)
  local text = ([[local start = os.clock()
    local plugin = require "cplugin"
    local header = plugin.header(%q, {cache = %q})
    if not header then print "missing" os.exit(0) end
    local before = collectgarbage "count"
    plugin.cdef(header)
    print(("%%.1f ms"):format((os.clock() - start) * 1000))]])
    :format(name, cache)
  local file = assert(io.open(folder .. "/large.lua", "w"))
  file:write(text)
  file:close()
  print(name .. ", imported and declared, then again from its cache, CPU of "
    .. "Lua's process:")
  for _ = 1, 2 do
    io.write("  ", output("lua5.4 " .. folder .. "/large.lua"))
  end
end

assert(os.execute("mkdir -p " .. folder))
for i, row in ipairs(headers.rows) do
  local path = preprocess(row, i)
  if path then
    add(row, path)
    if row[1] == "SDL2/SDL.h" then
      print(("  memory for it: %d kB"):format(
        (select(2, measure("lua5.4", path)))))
    end
  else
    missing[#missing + 1] = row[1]
  end
end
print(("%d headers, %.1f MB: %.1f MB/s"):format(count, sum.bytes / 1e6,
  sum.bytes / sum.ours / 1e6))
if #accepted > 0 then
  print(("%d of them accepted by LuaJIT: ours %.1f MB/s, LuaJIT's %.1f MB/s")
    :format(#accepted, sum.both / sum.ours_both / 1e6,
    sum.both / sum.theirs / 1e6))
  concatenated(accepted)
end
if #missing > 0 then
  print("not installed: " .. table.concat(missing, ", "))
end
large()
