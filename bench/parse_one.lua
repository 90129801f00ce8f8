-- parse_one.lua - one text is declared, under lua5.4 or luajit: prints the
-- seconds that took and the memory in kB, or why it was refused.
--
--   parse_one.lua FILE

-- luacheck: globals jit

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- Memory that this process has, in kB.
local function resident()
  return tonumber(read "/proc/self/status":match "VmRSS:%s*(%d+)")
end

local declare = jit and require "ffi".cdef or require "cplugin".cdef
local text = read(arg[1])
local memory, start = resident(), os.clock()
local ok, message = pcall(declare, text)
local seconds = os.clock() - start
print(ok and seconds or "refused: " .. message, resident() - memory)
