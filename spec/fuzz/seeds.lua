-- seeds.lua FOLDER - what the fuzzed programs start with: a folder for each,
-- with headers in pieces, small shared objects, the system's cache.

local folder = assert(arg[1], "seeds.lua FOLDER")

local function write(name, bytes)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(bytes)
  file:close()
end

local function run(format, ...)
  local pipe = assert(io.popen(format:format(...)))
  local bytes = pipe:read "a"
  assert(pipe:close(), "a command failed")
  return bytes
end

local HEADERS <const> = {"stdio.h", "math.h", "complex.h", "pthread.h",
  "sys/socket.h", "zlib.h", "sqlite3.h"}
local PIECE <const> = 1200        -- bytes

local function declarations()
  for _, header in ipairs(HEADERS) do
    local text = run("echo '#include <%s>' | cc -E -P -x c -", header)
    for at = 1, #text, PIECE do
      write(("declare/%s.%d"):format(header:gsub("/", "_"), at),
        text:sub(at, at + PIECE - 1))
    end
  end
end

local SOURCE <const> = [[
struct n { struct n *next; int b : 3; double d[3]; union { int i; float f; }; };
enum e { A, B = 7 }; typedef int (*fp)(struct n *, const char *, enum e, ...);
int add(int a, int b) { return a + b; } struct n v; const volatile enum e w = A;
struct n *walk(struct n *p, fp f) { return f ? p->next : 0; }
_Bool both(const char *const *x, long double y, _Complex float z)
{ return x && y == (long double)__real__ z; }
]]

--- One each: plain, stripped, with an old hash table, with types.
local function objects()
  write("source.c", SOURCE)
  for name, flags in pairs {
    ["object/plain"] = "", ["object/stripped"] = "-s",
    ["object/sysv"] = "-Wl,--hash-style=sysv",
    ["debuginfo/ctf"] = "-gctf", ["debuginfo/stripped"] = "-gctf -O2 -s"
  } do
    run("cc -shared -fPIC -nostdlib %s -o %s/%s %s/source.c", flags, folder,
      name, folder)
  end
end

local function files()
  write("search/cache", run "head -c 3000 /etc/ld.so.cache")
  write("search/script", "/* a script */ OUTPUT_FORMAT(elf64-x86-64)\n"
    .. "GROUP ( /lib/libm.so.6 AS_NEEDED ( -lmvec ) INPUT(libz.so) )\n")
end

for _, name in ipairs {"declare", "object", "debuginfo", "search"} do
  run("mkdir -p %s/%s", folder, name)
end
declarations()
objects()
files()
