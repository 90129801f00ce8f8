-- symtab.lua - the function at a place in an ELF file, by the table of all
-- names that strip takes away: in the file, or in its debug file.

local plugin = require "cplugin"

local symtab = {}

local SYMTAB <const>, LOAD <const> = 2, 1         -- kinds of sections, segments
local FUNC <const>, IFUNC <const> = 2, 10         -- kinds of symbols
local MOST <const> = 1 << 28                      -- bytes of a section

local function read(file, offset, size)
  assert(size <= MOST and file:seek("set", offset))
  local bytes = file:read(size) or ""
  assert(#bytes == size)
  return bytes
end

--- {kind, address, offset, size, link} of each section.
local function sections(file, header)
  local at, size, count = ("=I8"):unpack(header, 0x29),
    ("=I2I2"):unpack(header, 0x3b)
  local found = {}
  for i = 0, count - 1 do
    local _, kind, _, address, offset, bytes, link =
      ("=I4I4I8I8I8I8I4"):unpack(read(file, at + i * size, size))
    found[i] = {kind = kind, address = address, offset = offset, size = bytes,
                link = link}
  end
  return found
end

--- The address of the first byte that is loaded: 0, but of programs that are
-- linked to one place.
local function base(file, header)
  local at, size, count = ("=I8"):unpack(header, 0x21),
    ("=I2I2"):unpack(header, 0x37)
  for i = 0, count - 1 do
    local kind, _, _, address = ("=I4I4I8I8"):unpack(
      read(file, at + i * size, size))
    if kind == LOAD then return address & ~4095 end
  end
  return 0
end

--- The function that has the address: where its name is, where it begins. One
-- whose size is not known goes to the end of its section at most.
local function nearest(symbols, address, list)
  local best_name, best
  for at = 1, #symbols, 24 do
    local name, info, _, section, value, size = ("=I4BBI2I8I8"):unpack(symbols,
                                                                     at)
    local kind, place = info & 15, list[section]
    local ending = size ~= 0 and value + size
      or place and place.address + place.size or 0
    if (kind == FUNC or kind == IFUNC) and section ~= 0 and value <= address
       and address < ending and (not best or value > best) then
      best_name, best = name, value
    end
  end
  return best_name, best
end

--- In one file: the name and the distance from it, or nothing.
local function find_in(path, offset)
  local file <close> = io.open(path, "rb")
  local header = file and file:read(64) or ""
  if header:sub(1, 5) ~= "\127ELF\2" then return end
  local list = sections(file, header)
  for _, section in pairs(list) do
    if section.kind == SYMTAB then
      local address = offset + base(file, header)
      local name, start = nearest(read(file, section.offset, section.size),
                                  address, list)
      local strings = name and list[section.link]
      if strings then
        return ("z"):unpack(read(file, strings.offset, strings.size),
                            name + 1), address - start
      end
    end
  end
end

local function debug_file(path)
  local file = plugin.inspect(path)
  local id = file and file:info().buildid
  return id and ("/usr/lib/debug/.build-id/%s/%s.debug"):format(id:sub(1, 2),
                                                              id:sub(3))
end

--- The name of the function at so many bytes from the beginning of a loaded
-- file, and the distance from its own; nothing where no table knows.
function symtab.find(path, offset)
  local fine, name, distance = pcall(find_in, path, offset)
  if fine and name then return name, distance end
  local other = debug_file(path)
  fine, name, distance = pcall(find_in, other or "", offset)
  if fine then return name, distance end
end

return symtab
