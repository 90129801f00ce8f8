-- header_spec.lua - plugin.header and p:header: real headers as declarations.

local helper = require "spec.helper"
local plugin = require "cplugin"

-- The macros that a header's own files define, as the preprocessor lists them.
local function macros_of(name)
  local source =
    helper.write(helper.fresh ".c", ("#include <%s>\n"):format(name))
  local listed = helper.tool("cc -E -dD " .. source)
  assert(listed.ok, listed.err)
  local names, seen, own = {}, {}, false
  local folder = name:match "^(.+)/[^/]*$"
  for line in listed.out:gmatch "[^\n]+" do
    local file = line:match '^# %d+ "(.-)"'
    if file then
      own = file:sub(-#name - 1) == "/" .. name or
        (folder ~= nil and file:find("/" .. folder .. "/[^/]*$") ~= nil)
    elseif own then
      local macro = line:match "^#define ([%a_][%w_]*) %S"
      if macro and not seen[macro] then
        seen[macro] = true
        names[#names + 1] = macro
      end
    end
  end
  return names
end

-- A program that prints each macro that gcc takes as a constant, with its
-- kind. Lines that gcc refuses are left out, until it refuses none.
local KIND = [[
#define KIND(x) _Generic((x), char *: 's', const char *: 's', float: 'f', \
  double: 'f', long double: 'f', void *: 'p', default: 'i')
#define SHOW(name, x) do { \
  if (KIND(x) == 's') printf("%s s %s\n", name, _Generic((x), \
    char *: (x), const char *: (x), default: "")); \
  else if (KIND(x) == 'f') printf("%s f %.17g\n", name, _Generic((x), \
    char *: 0.0, const char *: 0.0, void *: 0.0, default: (x)) + 0.0); \
  else if (KIND(x) == 'p') printf("%s p %ld\n", name, _Generic((x), \
    void *: (long)(x), default: 0L)); \
  else printf("%s i %lld\n", name, (long long)_Generic((x), \
    char *: 0, const char *: 0, void *: 0, default: (x))); } while (0)
]]

local function constants_of(name, macros)
  local left = macros
  for _ = 1, 30 do
    local lines = {"#include <stdio.h>", ("#include <%s>"):format(name)}
    for line in KIND:gmatch "[^\n]+" do lines[#lines + 1] = line end
    local first = #lines
    for _, macro in ipairs(left) do
      lines[#lines + 1] =
        ("static void f_$(void) { static const __typeof__(($) + 0) c = ($) + 0;"
          .. " (void)c; SHOW(\"$\", $); }"):gsub("%$", macro)
    end
    lines[#lines + 1] = "int main(void) {"
    for _, macro in ipairs(left) do
      lines[#lines + 1] = ("f_%s();"):format(macro)
    end
    lines[#lines + 1] = "return 0; }"
    local text = table.concat(lines, "\n") .. "\n"
    local program, errors = helper.compile(text,
      {program = true, flags = "-ftrack-macro-expansion=0"})
    if program then
      local ran = helper.run(program)
      assert(ran.ok, ran.err)
      return ran.out
    end
    local bad, kept = {}, {}
    for line in errors:gmatch "%.c:(%d+):%d+: error" do
      bad[tonumber(line)] = true
    end
    for i, macro in ipairs(left) do
      if not bad[first + i] and not bad[first + #left + 1 + i] then
        kept[#kept + 1] = macro
      end
    end
    assert(#kept < #left, errors)
    left = kept
  end
  error "gcc never accepted the rest"
end

local function value_of(C, name)
  local ok, value = pcall(function() return C[name] end)
  return ok and value or nil
end

describe("header constants #slow", function()
  local rows = {
    {"zlib.h", "z", 30},
    {"sqlite3.h", "sqlite3", 400},
    {"curl/curl.h", nil, 300},
  }
  for _, row in ipairs(rows) do
    local name, library, least = row[1], row[2], row[3]
    it("of " .. name .. " are what a compiled program prints", function()
      local p <close> = assert(plugin.open(library or "m"))
      assert(p:header(name))
      local shown = constants_of(name, macros_of(name))
      local count = 0
      for macro, kind, text in shown:gmatch "(%S+) (%a) ([^\n]*)" do
        local value = value_of(p.C, macro)
        if kind == "s" then
          assert.equal(text, value, macro)
        elseif kind == "f" then
          assert.equal(tonumber(text), value, macro)
        elseif kind == "p" then
          local address = value == nil and 0 or plugin.address(value)
          assert.equal(math.tointeger(text), address, macro)
        else
          if type(value) == "userdata" then value = plugin.address(value) end
          assert.equal(math.tointeger(text), value, macro)
        end
        count = count + 1
      end
      assert.is_true(count >= least, ("only %d constants"):format(count))
    end)
  end
end)

describe("plugin.header", function()
  it("declares a header that is used at once", function()
    local z <close> = assert(plugin.open "z")
    assert(z:header "zlib.h")
    assert.equal(z.C.ZLIB_VERSION, plugin.string(z.C.zlibVersion()))
    local text = ("abc"):rep(100)
    local out = z:new("unsigned char[?]", z.C.compressBound(#text))
    local size = z:new("unsigned long[1]", {#out})
    assert.equal(z.C.Z_OK, z.C.compress(out, size, text, #text))
    local back = z:new("unsigned char[?]", #text)
    local length = z:new("unsigned long[1]", {#text})
    assert.equal(z.C.Z_OK, z.C.uncompress(back, length, out, size[0]))
    assert.equal(text, plugin.string(back, #text))
  end)

  it("lists what the named header declares, not what it includes", function()
    local names = {}
    for _, name in ipairs(assert(plugin.header "zlib.h"):names()) do
      names[name] = true
    end
    assert.is_true(names.deflate)
    assert.is_true(names.Z_OK)
    assert.is_nil(names.off_t)
    assert.is_nil(names.printf)
    local z <close> = assert(plugin.open "z")
    assert(z:header "zlib.h")
    local listed = {}
    for name in pairs(z.C) do listed[name] = true end
    assert.is_true(listed.inflate)
    assert.is_nil(listed.memcpy)
  end)

  it("counts the private parts of a header to it", function()
    local c <close> = assert(plugin.open "c")
    assert(c:header {"fcntl.h", "errno.h"})
    local program = assert(helper.compile([[
#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
int main(void) { return printf("%d %d %d\n", O_CREAT, O_APPEND, EAGAIN) < 0; }
]], {program = true}))
    assert.equal(helper.run(program).out, ("%d %d %d\n")
      :format(c.C.O_CREAT, c.C.O_APPEND, c.C.EAGAIN))
  end)

  it("is taken by cdef and by the option cdef", function()
    local header = assert(plugin.header "zlib.h")
    local z <close> = assert(plugin.open("z", {cdef = header.text}))
    assert.equal(0, z.C.Z_OK)
    local m <close> = assert(plugin.open "m")
    m:cdef(header)
    assert.equal(-5, m.C.Z_BUF_ERROR)
  end)

  it("takes include folders and defines", function()
    local folder = helper.temp "include"
    helper.tool("mkdir -p " .. folder)
    helper.write(folder .. "/mine.h", [[
#ifdef WIDE
typedef long mine_t;
#else
typedef int mine_t;
#endif
#define MINE_SIZE sizeof(mine_t)
#define MINE_SHIFT(n) (1 << (n))
#define MINE_FLAG MINE_SHIFT(SHIFT)
]])
    local p <close> = assert(plugin.open "m")
    assert(p:header("mine.h",
      {include = {folder}, define = {WIDE = 1, SHIFT = 4}}))
    assert.equal(8, p.C.MINE_SIZE)
    assert.equal(16, p.C.MINE_FLAG)
    assert.equal(8, p:sizeof "mine_t")
  end)

  it("takes a package of pkg-config", function()
    local header = assert(plugin.header("zlib.h", {pkg = "zlib"}))
    assert.is_truthy(header.text:find("deflateInit_", 1, true))
    local none, message = plugin.header("zlib.h", {pkg = "no-such-package"})
    assert.is_nil(none)
    assert.is_truthy(message:find("no-such-package", 1, true))
  end)

  it("counts a folder of its name to it, and reads names as C has them",
  function()
    local folder = helper.temp "umbrella"
    helper.tool("mkdir -p " .. folder .. "/mine/inner")
    helper.write(folder .. "/mine.h", "#include <mine/a.h>\n")
    helper.write(folder .. "/mine/a.h",
      "#include <errno.h>\n#define MINE_A 1\nint mine_a(void);\n")
    for _, name in ipairs {"mine.h", "<mine.h>", '"mine.h"'} do
      local header = assert(plugin.header(name, {include = folder}))
      assert.same({"mine_a", "MINE_A"}, header:names())
    end
  end)

  it("is the named one by whatever link it is found", function()
    local folder = helper.temp "linked"
    helper.tool("mkdir -p " .. folder)
    helper.write(folder .. "/m.h", "#define MINE 3\nint mine(void);\n")
    helper.tool("ln -sf m.h " .. folder .. "/mine_by_link.h")
    local header = assert(plugin.header("mine_by_link.h",
      {flags = {"-isystem", folder}}))
    assert.same({"mine", "MINE"}, header:names())
  end)

  it("may have macros that only #if can have expanded", function()
    local path = helper.write(helper.fresh ".h", [[
#define ONE 1
#define has_attribute __has_attribute
#define has_include __has_include
#define TWO (ONE + 1)
]])
    local m <close> = assert(plugin.open "m")
    assert(m:header(path))
    assert.equal(1, m.C.ONE)
    assert.equal(2, m.C.TWO)
  end)

  it("takes paths from the current folder, and says so", function()
    local folder = helper.temp "here"
    helper.tool("mkdir -p " .. folder)
    helper.write(folder .. "/mine.h", "#define MINE 3\n")
    local out = helper.script([[
      local plugin = require "cplugin"
      for _, name in ipairs {"./mine.h", "../here/mine.h"} do
        print(table.concat(assert(plugin.header(name)):names()))
      end
      print(plugin.header "mine.h")
    ]], {cwd = folder})
    assert.equal("MINE\nMINE\nnil\tfatal error: mine.h: No such file or "
      .. "directory\nin this folder it is \"./mine.h\", or "
      .. "{include = \".\"}\n", out.out, out.err)
  end)

  it("tells where a header is that the compiler does not find", function()
    local none, message = plugin.header "curl.h"
    assert.is_nil(none)
    assert.is_truthy(message:find('/curl: give {include = "/usr/include/',
      1, true), message)
  end)

  it("knows macros that stand for a function, and tells of others", function()
    local path = helper.fresh ".h"
    helper.write(path, [[
int abs(int);
int getpid(void);
double ldexp(double, int);
int snprintf(char *, unsigned long, const char *, ...);
extern char **environ;
#define absolute abs
#define twice_removed absolute
#define surroundings environ
#define magnitude( n ) abs( (n) )
#define process() getpid()
#define format(text, ...) snprintf(text, __VA_ARGS__)
#define backwards(a, b) ldexp(b, a)
#define shorter(a, b) abs(a)
#define longer(a) ldexp(a, 1)
#define more(a) abs(a) + 1
#define successor(x) ((x) + 1)
#define EMPTY { 0 }
#define NOTHING
]])
    local c <close> = assert(plugin.open "libc.so.6")
    assert(c:header(path))
    assert.equal(5, c.C.absolute(-5))
    assert.equal(6, c.C.twice_removed(-6))
    assert.equal(7, c.C.magnitude(-7))
    assert.equal(c.C.getpid(), c.C.process())
    local buffer = plugin.new "char[8]"
    assert.equal(3, c.C.format(buffer, 8, "%d", 123))
    assert.equal("123", plugin.string(buffer))
    assert.equal(c.C.environ, c.C.surroundings)
    for name, text in pairs {successor = "successor(x) ((x) + 1)",
                             backwards = "backwards(a,b) ldexp(b, a)",
                             shorter = "shorter(a,b) abs(a)",
                             longer = "longer(a) ldexp(a, 1)",
                             more = "more(a) abs(a) + 1",
                             EMPTY = "EMPTY { 0 }"} do
      assert.error_matches(function() return c.C[name] end,
        "is a macro and no constant: C replaces it by its text (#define "
        .. text .. ")", 1, true)
    end
    c:cdef "int successor(int);"
    assert.error_matches(function() return c.C.successor end,
      "does not export 'successor'")
  end)

  it("tells that a library does not export what its header has as static",
  function()
    local path = helper.write(helper.fresh ".h", [[
static inline int twice(int x) { return 2 * x; }
static __inline__ int abs(int x) { return x < 0 ? -x : x; }
int thrice(int);
static inline int thrice(int x) { return 3 * x; }
]])
    local c <close> = assert(plugin.open "libc.so.6")
    assert(c:header(path))
    for _, name in ipairs {"twice", "thrice"} do
      assert.error_matches(function() return c.C[name] end,
        "'" .. name .. "' is static: C has it in each file that includes its "
        .. "header, the library does not export it; write it in Lua", 1, true)
    end
    assert.equal(5, c.C.abs(-5))
  end)

  it("is named by the message for a type of POSIX that is not declared",
  function()
    local texts, count = {}, 0
    for name in ([[DIR glob_t locale_t in_addr_t in_port_t nfds_t pthread_t
        pthread_attr_t pthread_cond_t pthread_key_t pthread_mutex_t
        pthread_once_t pthread_rwlock_t regex_t regmatch_t sem_t jmp_buf
        sigjmp_buf sigset_t siginfo_t stack_t sig_atomic_t FILE fpos_t div_t
        ldiv_t lldiv_t rlim_t fd_set socklen_t sa_family_t blkcnt_t blksize_t
        caddr_t dev_t gid_t id_t ino_t key_t mode_t nlink_t off_t pid_t
        suseconds_t u_char u_int u_long u_short u_int8_t u_int16_t u_int32_t
        u_int64_t uid_t uint ulong useconds_t ushort cc_t speed_t tcflag_t
        clock_t clockid_t time_t timer_t mbstate_t]]):gmatch "%S+" do
      local _, message = pcall(plugin.cdef, ("void f(%s *);"):format(name))
      local header = message:match "it is of <(.-)>, which header%(%) reads"
      assert.is_truthy(header, message)
      texts[header] = (texts[header] or ("#include <%s>\n"):format(header))
        .. ("%s *a_%s;\n"):format(name, name)
      count = count + 1
    end
    assert.equal(65, count)
    for _, text in pairs(texts) do
      assert(helper.compile(text, {flags = "-D_GNU_SOURCE"}))
    end
  end)

  it("leaves annotations of the script as they are", function()
    local z <close> = assert(plugin.open "z")
    z:cdef "string zError(int);"
    assert(z:header "zlib.h")
    assert.equal("data error", z.C.zError(z.C.Z_DATA_ERROR))
    z:cdef "const char *zError(int);"
    assert.equal("userdata", type(z.C.zError(0)))
  end)

  it("blames the script's line for a header that lacks another one", function()
    local path = helper.write(helper.fresh ".h", "void f(FILE *);")
    local out = helper.script(([[
      local c = require "cplugin".open "libc.so.6"
      print(pcall(function()
        c:header %q end))
      print(pcall(function() c:cdef(nil, "no such thing") end))
      print(pcall(function()
        c:header({}) end))
    ]]):format(path))
    assert.is_truthy(out.out:find("lua:3: line 1, column 8 of " .. path, 1,
      true), out.out)
    assert.is_truthy(out.out:find('give both: {"stdio.h"', 1, true))
    assert.is_truthy(out.out:find("no declarations: no such thing", 1, true))
    assert.matches("lua:6: a header's name, or a list of names, expected",
      out.out)
  end)

  it("gives nil and a message without header or compiler", function()
    local none, message = plugin.header "no/such/header.h"
    assert.is_nil(none)
    assert.is_truthy(message:find("no/such/header.h", 1, true))
    none, message = plugin.header("zlib.h", {cc = "no-such-compiler"})
    assert.is_nil(none)
    assert.is_truthy(message:find("no-such-compiler", 1, true))
    assert.is_truthy(message:find("preprocessor", 1, true))
  end)

  it("refuses unknown options and wrong types", function()
    assert.error_matches(
      function() plugin.header("zlib.h", {includes = {}}) end,
      "unknown option 'includes'")
    assert.error_matches(
      function() plugin.header("zlib.h", {include = 5}) end,
      "option 'include' must be a table")
    assert.error_matches(function() plugin.header() end, "header's name")
  end)
end)

describe("a cached header", function()
  it("needs no compiler where it is used", function()
    local path = helper.fresh ".lua"
    assert(plugin.header("zlib.h", {cache = path}))
    local used = helper.script(([[
      local plugin = require "cplugin"
      local z = assert(plugin.open "z")
      assert(z:header("zlib.h", {cache = %q}))
      print(z.C.Z_OK, z.C.ZLIB_VERSION == plugin.string(z.C.zlibVersion()))
    ]]):format(path), {env = {CC = "/nonexistent/cc"}})
    assert.equal("0\ttrue\n", used.out, used.err)
  end)

  it("is refused on another ABI, and when it is no header", function()
    local path = helper.fresh ".lua"
    assert(plugin.header("zlib.h", {cache = path}))
    local text = helper.read(path)
    helper.write(path, (text:gsub("abi = %b\"\"", 'abi = "m68k"', 1)))
    local none, message = plugin.header("zlib.h", {cache = path})
    assert.is_nil(none)
    assert.is_truthy(message:find("m68k", 1, true))
    helper.write(path, "return 5")
    none, message = plugin.header("zlib.h", {cache = path})
    assert.is_nil(none)
    assert.is_truthy(message:find("not a header", 1, true))
  end)

  it("comes alone, whether it was there or not", function()
    local path = helper.fresh ".lua"
    for _ = 1, 2 do
      assert.equal(1, select("#", plugin.header("zlib.h", {cache = path})))
    end
  end)

  it("is made anew for another request", function()
    local path = helper.fresh ".lua"
    local first = assert(plugin.header("zlib.h", {cache = path}))
    local second = assert(plugin.header("errno.h", {cache = path}))
    assert.is_truthy(first.text:find("deflate", 1, true))
    assert.is_nil(second.text:find("deflate", 1, true))
  end)
end)
