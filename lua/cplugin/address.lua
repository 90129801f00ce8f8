-- address.lua - what stands at an address: its symbol, and its bytes, which
-- are read so that an address that leads nowhere is no crash.

local plugin = require "cplugin"
local system = require "cplugin.system"

local address = {}

local PAGE <const> = 4096
local SYS_WRITE <const> = plugin.abi:find "^x86_64" and 1 or 64
local O_CLOEXEC <const>, O_NONBLOCK <const> = 0x80000, 0x800

local info = plugin.new "const char *[4]"   -- Dl_info: file, base, name, at

--- "deflate", "libz.so.1" and the distance from the symbol or, where there
-- is none (nil), from the file's beginning; nothing if no file is there.
function address.symbol(at)
  if at == 0 or system.dladdr(at, info) == 0 then return end
  local file = plugin.string(info[0]):match "[^/]*$"
  if info[2] and info[3] then
    return plugin.string(info[2]), file, at - plugin.address(info[3])
  end
  return nil, file, at - plugin.address(info[1])
end

--- "deflate+0x10", "libz.so.1+0x4711", or nil.
function address.name(at)
  local symbol, file, distance = address.symbol(at)
  if not file then return end
  return (symbol or file) .. (distance > 0 and ("+0x%x"):format(distance) or "")
end

local pipe, buffer

--- A process that comes of a fork needs a pipe of its own.
function address.forget()
  pipe = nil
end

--- Bytes within one page, or nil. The kernel looks whether write's memory is
-- readable, and says so. (libc's write is watched by sanitizers.)
local function peek_page(at, size)
  if not pipe then
    pipe, buffer = plugin.new "int[2]", plugin.new("char[?]", PAGE)
    if system.pipe2(pipe, O_CLOEXEC | O_NONBLOCK) ~= 0 then
      error "no pipe to read memory through"
    end
  end
  if system.syscall(SYS_WRITE, pipe[1], at, size) ~= size then return end
  system.read(pipe[0], buffer, size)
  return plugin.string(buffer, size)
end

--- Up to `size` bytes from `at`: as many as are readable.
function address.peek(at, size)
  local errno = plugin.errno()
  local parts = {}
  while size > 0 do
    local part = peek_page(at, math.min(size, PAGE - at % PAGE))
    if not part then break end
    parts[#parts + 1] = part
    at, size = at + #part, size - #part
  end
  plugin.errno(errno)
  return table.concat(parts)
end

--- The bytes up to a NUL, at most `most`, as far as they are readable; nil if
-- not even the first one is.
function address.string(at, most)
  local parts, size = {}, 0
  repeat
    local part = address.peek(at + size, math.min(most - size,
                                                  PAGE - (at + size) % PAGE))
    local text = part:match "^[^\0]*"
    if part == "" and size == 0 then return end
    parts[#parts + 1] = text
    size = size + #text
  until text ~= part or part == "" or size == most
  return table.concat(parts)
end

--- Is all of it readable?
function address.readable(at, size)
  for page = at - at % PAGE, at + size - 1, PAGE do
    if #address.peek(math.max(page, at), 1) == 0 then return false end
  end
  return true
end

return address
