-- dump.lua - memory in hexadecimal, with its ASCII.

local plugin = require "cplugin"
local address = require "cplugin.address"
local complaint = require "cplugin.complaint"

local dump = {}

local IN_ROW <const> = 16
local DEFAULT <const> = 64       -- bytes, where nobody knows how many

local function row(at, bytes, width)
  local hex = {}
  for i = 1, IN_ROW do
    hex[i] = i <= #bytes and ("%02x"):format(bytes:byte(i)) or "  "
  end
  local ascii = bytes:gsub("[^\32-\126]", ".")
  return ("%0" .. width .. "x  %s  %s  |%s|"):format(
    at, table.concat(hex, " ", 1, 8), table.concat(hex, " ", 9), ascii)
end

--- Lines for bytes that are at that address; strings count from 0.
function dump.lines(bytes, at)
  local lines, width = {}, at + #bytes > 0xffffffff and 12 or 8
  for i = 1, #bytes, IN_ROW do
    lines[#lines + 1] = row(at + i - 1, bytes:sub(i, i + IN_ROW - 1), width)
  end
  return lines
end

--- Address and number of bytes of a value: the memory of an array or struct,
-- or what a pointer leads to.
local function extent(value, size)
  if math.type(value) == "integer" then return value, size or DEFAULT end
  local kind = plugin.reflect(value)
  if kind.kind ~= "pointer" then
    local aggregate = kind.kind == "struct" or kind.kind == "union"
      or kind.kind == "array"
    local place = aggregate and value or plugin.addressof(value)
    return plugin.address(place), size or plugin.sizeof(value)
  end
  local bounded, count = pcall(function() return #value end)
  local element = plugin.sizeof(kind.target) or 1
  return plugin.address(value),
    size or bounded and count * element or math.max(element, DEFAULT)
end

function dump.dump(session, rest)
  if rest == "" then require("cplugin.command").usage "dump" end
  local value, size = session:values(rest)
  if type(value) == "string" then
    local bytes = value:sub(1, size or #value)
    for _, line in ipairs(dump.lines(bytes, 0)) do session.out(line) end
    return
  elseif math.type(value) ~= "integer" and getmetatable(value) ~= "cdata" then
    complaint.raise(complaint.USAGE, "a cdata, a string or an address "
      .. "expected, got %s", type(value))
  end
  local at
  at, size = extent(value, size)
  local bytes = address.peek(at, size)
  for _, line in ipairs(dump.lines(bytes, at)) do session.out(line) end
  if #bytes < size then
    session.out(("0x%x cannot be read"):format(at + #bytes))
  end
end

return dump
