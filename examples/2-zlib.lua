-- 2-zlib.lua - a file from disk, compressed and back, by zlib.

local plugin = require "cplugin"

-- "z" is found as a linker would, or as libz.so.1 where only that is there.
local z = assert(plugin.open("z", {cdef = [[
  const char *zlibVersion(void);
  unsigned long compressBound(unsigned long length);
  int compress2(unsigned char *out, unsigned long *outlength,
                const unsigned char *in, unsigned long length, int level);
  int uncompress(unsigned char *out, unsigned long *outlength,
                 const unsigned char *in, unsigned long length);
  const char *zError(int code);
]]}))
local C = z.C

print("plugin.open \"z\" found " .. z:info().path)
print("C.zlibVersion() is a char *: plugin.string gives "
      .. plugin.string(C.zlibVersion()))

local function check(code)
  return code == 0 or error(plugin.string(C.zError(code)), 2)
end

-- A Lua string is a const unsigned char *; for what C writes there is `new`.
local function compress(text, level)
  local room = C.compressBound(#text)
  local out = plugin.new("unsigned char[?]", room)
  local length = plugin.new("unsigned long[1]", room)
  check(C.compress2(out, length, text, #text, level))
  return plugin.string(out, length[0])
end

local function uncompress(packed, size)
  local out = plugin.new("unsigned char[?]", size)
  local length = plugin.new("unsigned long[1]", size)
  check(C.uncompress(out, length, packed, #packed))
  return plugin.string(out, length[0])
end

local path = arg[1] or "cplugin.so"
local file <close> = assert(io.open(path, "rb"))
local text = file:read "a"
print(("%s: %d bytes"):format(path, #text))

for level = 1, 9, 4 do
  local packed = compress(text, level)
  local same = uncompress(packed, #text) == text
  print(("  level %d: %.1f %% of it; uncompressed it is %s"):format(
    level, 100 * #packed / #text, same and "the same" or "DIFFERENT"))
  assert(same)
end

print "Damaged data is the library's to find, and comes out as a Lua error:"
print("  " .. select(2, pcall(uncompress, "not compressed", 100)))
