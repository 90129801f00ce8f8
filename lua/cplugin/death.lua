-- death.lua - how a process died, from its wait status and the line that
-- plugin.crashlog had it write.

local plugin = require "cplugin"
local signal = require "cplugin.signal"
local system = require "cplugin.system"

local LINE <const> = 4096

--- The last line in the pipe, as a table of its names; nil if there is none.
local function read_line(fd)
  local buffer = plugin.new("char[?]", LINE)
  local size = system.read(fd, buffer, LINE)
  if size <= 0 then return end
  local line = plugin.string(buffer, size):match "([^\n]*)\n?$"
  local found = {
    symbol = line:match " symbol (%S+)", file = line:match " file (.*)$",
  }
  for name, value in line:gmatch "(%a+) (0x%x+)" do
    found[name] = math.tointeger(tonumber(value))
  end
  return found
end

--- The loader knows exported symbols only: where a table has all of them, it
-- knows better.
local function name_static(line)
  if not line.file or not line.offset then return end
  local name, distance = require("cplugin.symtab").find(line.file, line.offset)
  if name then line.symbol, line.distance = name, distance end
end

--- "in strlen+0x10 of libc.so.6", as far as it is known.
local function place(line)
  local file = line.file and line.file:match "[^/]*$"
  if line.symbol then
    return (" in %s+0x%x of %s"):format(line.symbol, line.distance or 0, file)
  elseif file then
    return (" in %s+0x%x"):format(file, line.offset or 0)
  end
  return line.pc and (" at 0x%x, where no code is"):format(line.pc) or ""
end

local death = {}

--- What is known of a process that died with that status: {signal, name,
-- code, address, symbol, ... text}.
function death.read(status, fd)
  local number, code = signal.death(status)
  local line = read_line(fd) or {}
  if not number then
    line.code, line.text = code, ("exit(%d)"):format(code)
    return line
  end
  if line.signal then number = line.signal end
  line.signal, line.name = number, signal.name(number)
  name_static(line)
  line.text = line.name
    .. (line.address and (" at address 0x%x"):format(line.address) or "")
    .. place(line)
  return line
end

return death
