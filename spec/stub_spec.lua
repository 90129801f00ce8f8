-- stub_spec.lua - bound functions as machine code: each call gives what it
-- gives without.

local helper = require "spec.helper"
local plugin = require "cplugin"

local C = plugin.C
plugin.cdef [[
  int setenv(const char *, const char *, int);
  int unsetenv(const char *);
]]

local arch = plugin.abi:match "^[%w_]+"
-- There are stubs at all.
local reach = arch == "x86_64" or arch == "aarch64"

-- Upvalues tell stubs: the others have their record as one.
local function has_stub(f)
  return debug.getinfo(f, "u").nups < 3
end

-- The same file as three plugins: for stubs, without, and the long way.
local function thrice(source, declared)
  local first = assert(helper.compile(source))
  local plugins = {}
  for i = 1, 3 do
    local copy = helper.write(helper.fresh ".so", helper.read(first))
    plugins[i] = assert(plugin.open(copy, {cdef = declared}))
  end
  return table.unpack(plugins)
end

-- Runs f with that value of CPLUGIN_STUB.
local function with_wish(wish, f, ...)
  local before = os.getenv "CPLUGIN_STUB"
  C.setenv("CPLUGIN_STUB", wish, 1)
  local results = table.pack(f(...))
  if before then
    C.setenv("CPLUGIN_STUB", before, 1)
  else
    C.unsetenv "CPLUGIN_STUB"
  end
  return table.unpack(results, 1, results.n)
end

local function plainly(...)
  return with_wish("off", ...)
end

local function stubbed(...)
  return with_wish("on", ...)
end

local function field(t, name)
  return t[name]
end

-- ---- random signatures ----

local random = {state = helper.seed}

function random:number(low, high)
  self.state = self.state * 6364136223846793005 + 1442695040888963407
  return low + (self.state >> 33) % (high - low + 1)
end

function random:pick(list)
  return list[self:number(1, #list)]
end

-- Shared by both plugins, so that cdata of them fit both.
local RECORDS = [[
  struct stub_point { double x, y; };
  struct stub_pair { int a; float b; };
  struct stub_mixed { long a; double b; };
  struct stub_turned { double a; char b; };
  struct stub_three { char c[3]; };
  struct stub_floats { float a, b, c; };
  struct stub_holds { const char *s; long n; };
  struct stub_large { long a[3]; };
  enum stub_color { STUB_RED = 3, STUB_GREEN = 100000 };
]]

local NUMBERS = {
  "char", "signed char", "unsigned char", "short", "unsigned short", "int",
  "unsigned", "long", "unsigned long", "long long", "_Bool", "float",
  "double", "enum stub_color",
}
local POINTERS = {
  "const char *", "char *", "const void *", "void *", "int *",
  "const unsigned char *", "struct stub_point *",
  "const struct stub_point *", "struct stub_holds *", "int (*)(int)",
}
local BY_VALUE = {
  "struct stub_point", "struct stub_pair", "struct stub_mixed",
  "struct stub_turned", "struct stub_three", "struct stub_floats",
  "struct stub_holds",
}
local OUT_OF_REACH = {"struct stub_large", "long double", "float _Complex"}

local function random_type()
  local n = random:number(1, 20)
  if n <= 11 then
    return random:pick(NUMBERS)
  elseif n <= 16 then
    return random:pick(POINTERS)
  elseif n <= 19 then
    return random:pick(BY_VALUE)
  end
  return random:pick(OUT_OF_REACH)
end

local function named(type, name)
  local left, right = type:match "^(.*%(%*)(%).*)$"
  return left and left .. name .. right or type .. " " .. name
end

-- long double has padding; functions and tables are given as new memory.
local function noted(type, name)
  if type == "long double" then
    return ""
  elseif type == "const struct stub_point *" or type:find("(*)", 1, true) then
    return ("  note(&(char){%s != 0}, 1);\n"):format(name)
  end
  return ("  note(&%s, sizeof %s);\n"):format(name, name)
end

-- A function that notes the bytes of its arguments in `seen`, sets errno, and
-- returns one of them, or bytes of its own.
local function random_function(i)
  local params, body = {}, {}
  local result = random:number(1, 8) == 1 and "void" or random_type()
  local given
  for k = 1, random:number(0, random:number(1, 4) == 1 and 14 or 5) do
    local type = random:number(1, 3) == 1 and result ~= "void" and result
      or random_type()
    local name = "a" .. k
    params[k] = named(type, name)
    body[k] = noted(type, name)
    if type == result and random:number(1, 3) > 1 then
      given = name
    end
  end
  local head = ("f%d(%s)"):format(i,
    #params == 0 and "void" or table.concat(params, ", "))
  head = named(result, head)
  local last = ""
  if given then
    last = "  return " .. given .. ";\n"
  elseif result == "_Bool" then
    last = "  return used % 2;\n"
  elseif result:find "*" then
    last = "  return 0;\n"
  elseif result ~= "void" then
    last = ("  %s; memcpy(&r, bytes + %d, sizeof r); return r;\n")
      :format(named(result, "r"), random:number(0, 200))
  end
  return head, ("%s {\n  used = 0; errno = %d;\n%s%s}\n")
    :format(head, i, table.concat(body), last), #params
end

local PREFIX = [[
#include <errno.h>
#include <string.h>
unsigned char seen[1024]; int used;
unsigned char bytes[300];
static void note(const void *p, int n) {
  memcpy(seen + used, p, n); used += n;
}
__attribute__((constructor)) static void fill(void) {
  unsigned state = 12345;
  for (int i = 0; i < 300; i++)
    bytes[i] = (state = state * 1103515245 + 12345) >> 16;
}
]]

local function program(n)
  local declared = {"extern unsigned char seen[1024]; extern int used;\n"}
  local source = {RECORDS, PREFIX}
  local list = {}
  for i = 1, n do
    local head, text, nparams = random_function(i)
    declared[#declared + 1] = head .. ";\n"
    source[#source + 1] = text
    list[i] = {name = "f" .. i, nparams = nparams, head = head}
  end
  return table.concat(source), table.concat(declared), list
end

-- ---- Lua values, good and bad ----

-- Each as {value, what it is}, the same for both plugins.
local function values()
  local list = {}
  local function add(...)
    for i = 1, select("#", ...) do
      list[#list + 1] = {(select(i, ...))}
    end
  end
  list[1] = {nil}
  add(true, false, 0, 1, 2, 3, -1, 7, 65, 100000, 127, 128, 255, 256, -128,
    -129, 32767, 32768, 65535, 65536, -32768, -32769, 2147483647, 2147483648,
    -2147483648, -2147483649, 4294967295, 4294967296, math.maxinteger,
    math.mininteger, 1 << 53, (1 << 53) + 1, (1 << 60) + (1 << 36) + 1)
  add(0.0, -0.0, 1.0, 1.5, -1.5, 255.0, 256.0, 2.0 ^ 31, 2.0 ^ 53,
    2.0 ^ 53 + 2, 2.0 ^ 63, -2.0 ^ 63, 1e300, -1e-300, 1 / 0, -1 / 0, 0 / 0,
    16777217.0, 3.4e38, 3.5e38)
  add("", "5", "0x10", "1.5", "1e2", " 7 ", "abc", "with\0zero", "STUB_RED",
    "STUB_GREEN", ("x"):rep(100))
  add({}, {1, 2}, {x = 1, y = 2}, {"a"}, print, function(x) return x end,
    coroutine.create(print), io.stdout)
  local point = plugin.new("struct stub_point", 1.5, -2.5)
  local array = plugin.new("struct stub_point[2]", {{1, 2}, {3, 4}})
  local holds = plugin.new("struct stub_holds", {"text", 9})
  local number = plugin.new("int[4]", {1, 2, 3, 4})
  local text = plugin.new("char[8]", "eight")
  add(point, array, array[1], holds, number, text,
    plugin.new("struct stub_pair", {5, 0.5}),
    plugin.new("struct stub_mixed", {6, 0.25}),
    plugin.new("struct stub_turned", {0.125, 65}),
    plugin.new("struct stub_three", {"ab"}),
    plugin.new("struct stub_floats", {1, 2, 3}),
    plugin.new("struct stub_large", {{7, 8, 9}}))
  add(plugin.cast("struct stub_point *", array), plugin.cast("void *", text),
    plugin.cast("const char *", text), plugin.cast("int *", number) + 2,
    plugin.cast("struct stub_point *", array) + 5,
    plugin.cast("const struct stub_point *", point),
    plugin.cast("unsigned char *", text), plugin.cast("unsigned *", number),
    plugin.new("const struct stub_point", {3, 4}),
    plugin.new("uint64_t", 5), plugin.new("double", 2.5),
    plugin.new("_Bool", true), plugin.new("long double", 1.5),
    plugin.new("double _Complex", 1, 2), plugin.cast("int *", -1))
  local freed = plugin.callback("int (int)", print)
  freed:free()
  add(plugin.callback("int (int)", function(x) return x + 1 end), freed,
    plugin.callback("int (long)", print), C.setenv)
  return list
end

-- ---- comparing ----

-- What a result is, as text: cdata with their bytes or address.
local function told(value)
  local kind = math.type(value) or type(value)
  if kind == "float" then
    return "float " .. string.format("%q", value)
  elseif kind ~= "userdata" then
    return kind .. " " .. tostring(value)
  end
  local ctype = tostring(plugin.typeof(value))
  if ctype:find("const struct", 1, true) or ctype:find("(*)", 1, true) then
    return ctype                  -- of temporary memory, perhaps
  elseif ctype:find "%*" then
    return ctype .. " " .. tostring(plugin.address(value))
  end
  return ctype .. " " .. plugin.string(
    plugin.cast("const char *", plugin.addressof(value)),
    ctype:find "long double" and 10 or plugin.sizeof(value))
end

local function outcome(p, f, ...)
  p.C.used = 0
  plugin.errno(0)
  local results = table.pack(pcall(f, ...))
  for i = 2, results.n do
    results[i] = results[1] and told(results[i])
      or tostring(results[i])
  end
  results[1] = tostring(results[1])
  results[#results + 1] = "errno " .. plugin.errno()
  results[#results + 1] = plugin.string(p.C.seen, p.C.used)
  return table.concat(results, "|")
end

-- Arguments that mostly fit: the right kind is found by trying them out.
local function fitting(f, list, nparams)
  local chosen = table.pack(table.unpack({}, 1, nparams))
  local sequence = {}
  for i = 1, #list do
    sequence[i] = random:number(1, #list)
  end
  for k = 1, nparams do
    for _, i in ipairs(sequence) do
      chosen[k] = list[i][1]
      local ok, message = pcall(f, table.unpack(chosen, 1, nparams))
      local number = not ok and tonumber(message:match "argument #(%d+)")
      if ok or (number and number > k) then
        break
      end
    end
  end
  return chosen
end

-- ---- by hand ----

local SOURCE = [[
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
struct item { int n; double x; };
struct pair { double x, y; };
void nothing(void) {}
int add(int a, int b) { return a + b; }
double scale(double a, double b) { return a * b; }
size_t length(const char *s) { return strlen(s); }
long six(long a, long b, long c, long d, long e, long f) {
  return a + b + c + d + e + f;
}
double mixed(int a, double b, long c, float d) { return a + b + c + d; }
struct item *same(struct item *p) { return p; }
bool negate(bool b) { return !b; }
uint8_t next(uint8_t n) { return n + 1; }
double ten(int a, double b, long c, float d, const char *e, bool f, uint8_t g,
           short h, double i, long j) {
  return a + b + c + d + (e != 0) + f + g + h + i + j;
}
struct pair swap(struct pair p) { return (struct pair){p.y, p.x}; }
static int (*kept)(int);
void keep(int (*f)(int)) { kept = f; }
int fire(int n) { return kept(n) + kept(n + 1); }
struct item *find(int n) {
  static struct item items[3] = {{0, 0.5}, {1, 1.5}, {2, 2.5}};
  if (n < 0) kept(n);
  return n < 3 && n >= 0 ? &items[n] : 0;
}
struct opaque;
struct opaque *handle(void) { static long n = 5; return (void *)&n; }
const char *text(int n) { return n ? "text" : 0; }
__attribute__((nonnull)) int read_it(const int *p) { return *p; }
]]

local DECLARED = [[
  struct item { int n; double x; };
  struct pair { double x, y; };
  void nothing(void);
  int add(int, int);
  double scale(double, double);
  size_t length(const char *);
  long six(long, long, long, long, long, long);
  double mixed(int, double, long, float);
  struct item *same(struct item *);
  bool negate(bool);
  uint8_t next(uint8_t);
  double ten(int, double, long, float, const char *, bool, uint8_t, short,
             double, long);
  void keep(int (*)(int));
  int fire(int);
  struct item *find(int);
  struct opaque *handle(void);
  string text(int);
  int read_it(const int *) __attribute__((nonnull));
  struct pair swap(struct pair);
]]

local path

local function open()
  path = path or assert(helper.compile(SOURCE))
  local copy = helper.write(helper.fresh ".so", helper.read(path))
  return assert(plugin.open(copy, {cdef = DECLARED})), copy
end

describe("a bound function", function()
  it("has a stub where its type is in reach", function()
    local p <close> = open()
    for _, name in ipairs {"nothing", "add", "scale", "length", "six",
                           "mixed", "negate", "next", "ten"} do
      assert.equal(reach, has_stub(stubbed(field, p.C, name)), name)
    end
    local q <close> = open()
    for _, name in ipairs {"nothing", "add", "ten"} do
      assert.is_false(has_stub(plainly(field, q.C, name)))
    end
    assert.equal(10, q.C.add(3, 7))
  end)

  it("is known by what it is, with a stub or without", function()
    local p <close> = open()
    local f = stubbed(field, p.C, "add")
    local g = plainly(p.lookup, p, "next", "uint8_t (uint8_t)")
    assert.equal("int add(int, int)", plugin.signature(f))
    assert.equal("uint8_t next(uint8_t)",
      (plugin.signature(g):gsub("unsigned char", "uint8_t")))
    assert.equal(p:lookup "add".address, plugin.address(f))
    assert.equal(p:lookup "next".address, plugin.address(g))
    assert.has_error(function() plugin.signature(print) end)
    assert.has_error(function() plugin.signature(coroutine.wrap(print)) end)
    local pointer = plugin.cast("int (*)(int, int)", f)
    assert.equal(12, pointer(5, 7))
  end)

  it("raises what a callback has left", function()
    local p <close> = open()
    local cb <close> = p:callback("int (int)", function(n)
      if n == 2 then
        error("two", 0)
      end
      return n
    end)
    p.C.keep(cb)
    local fire = stubbed(field, p.C, "fire")
    assert.equal(7, fire(3))
    local ok, message = pcall(fire, 1)
    assert.is_false(ok)
    assert.truthy(message:find("^two\nstack traceback"), message)
    assert.equal(11, fire(5))
    local find = stubbed(field, p.C, "find")
    assert.equal(1.5, find(1).x)
    assert.is_nil(find(-1))
    cb:free()
    assert.has_error(function() find(-1) end)
    assert.equal(2.5, find(2).x)
  end)

  it("may be closed by a callback of its own call", function()
    local p = open()
    local cb = p:callback("int (int)", function()
      p:close()
      return 5
    end)
    p.C.keep(cb)
    local fire = stubbed(field, p.C, "fire")
    assert.equal(10, fire(1))
    local ok, message = pcall(fire, 1)
    assert.is_false(ok)
    assert.truthy(message:find("is closed", 1, true), message)
  end)

  it("is told by name in errors", function()
    local p <close> = open()
    local add = stubbed(field, p.C, "add")
    local ok, message = pcall(function() add(1, {}) end)
    assert.is_false(ok)
    assert.equal("bad argument #2 to 'add' ('int' expected, got table)",
      message:match ": (bad.*)")
    assert.truthy(message:find("stub_spec.lua:", 1, true), message)
  end)

  it("gives pointers of what was completed meanwhile", function()
    local p <close> = open()
    local handle = stubbed(field, p.C, "handle")
    local first = handle()
    handle()
    assert.has_error(function() return first.n end)
    p:cdef "struct opaque { long n; };"
    assert.equal(5, handle().n)
    assert.equal(5, handle().n)
  end)

  it("copies strings and takes no NULL for nonnull", function()
    local p <close> = open()
    local text = stubbed(field, p.C, "text")
    assert.equal("text", text(1))
    assert.is_nil(text(0))
    local read = stubbed(field, p.C, "read_it")
    assert.equal(7, read(plugin.new("int[1]", {7})))
    local ok, message = pcall(read, nil)
    assert.is_false(ok)
    assert.truthy(message:find("nonnull", 1, true), message)
  end)

  it("runs on coroutines, to which callbacks come", function()
    local p <close> = open()
    local seen
    local cb <close> = p:callback("int (int)", function(n)
      seen = coroutine.running()
      return n
    end)
    p.C.keep(cb)
    local fire = stubbed(field, p.C, "fire")
    local co = coroutine.create(function() return fire(1) end)
    assert.same({true, 3}, {coroutine.resume(co)})
    assert.equal(co, seen)
  end)
end)

describe("memory for stubs", function()
  local function regions()
    local _, n = helper.read "/proc/self/maps":gsub("memfd:cplugin", "")
    return n
  end

  it("is used again when plugins are gone #slow", function()
    open():close()
    local function many()
      for _ = 1, 1000 do
        local p = assert(plugin.open(path, {cdef = DECLARED}))
        for _, name in ipairs {"add", "ten", "six", "swap"} do
          stubbed(field, p.C, name)
        end
        p:close()
      end
      for _ = 1, 6 do             -- what has finalisers takes a few
        collectgarbage()
      end
    end
    many()
    local before = regions()
    for _ = 1, 10 do              -- 16 MB
      many()
    end
    assert.is_true(regions() - before <= 2)
  end)

  it("is used again when Lua states are gone", function()
    open()
    local host = assert(helper.compile(([[
      #include <lauxlib.h>
      #include <lualib.h>
      #include <stdio.h>
      #include <string.h>
      int main(void) {
        int first = 0;
        for (int i = 0; i < 2000; i++) {
          lua_State *L = luaL_newstate();
          luaL_openlibs(L);
          if (luaL_dostring(L,
            "local older = setmetatable({}, {__gc = function(t)"
            "  last = pcall(t.f, 1, 2) end})"
            " local plugin = require 'cplugin'"
            " local p = plugin.open(os.getenv 'SAMPLE')"
            " older.f = p:lookup('add', 'int (int, int)')"
            " for _ = 1, 3 do assert(older.f(1, 2) == 3) end"
            " q = {p:lookup('ten', [=[double (int, double, long, float,"
            "const char *, bool, uint8_t, short, double, long)]=])}"
            ) != LUA_OK)
            return puts(lua_tostring(L, -1));
          lua_close(L);
          FILE *maps = fopen("/proc/self/maps", "r");
          char line[1000];
          int n = 0;
          while (fgets(line, sizeof line, maps))
            n += strstr(line, "memfd:cplugin") != NULL;
          fclose(maps);
          if (i == 10) first = n;
          if (i > 10 && n != first) return 1;
        }
        puts("done");
        return 0;
      }]]), {program = true,
      flags = "-I/usr/include/lua5.4 -llua5.4 -rdynamic"}))
    local under = helper.wrap .. " " .. helper.emulator .. " "
    local result = helper.run(under .. host,
      {env = {SAMPLE = path}})
    assert.equal("done\n", result.out)
    assert.equal(0, result.code)
  end)

  it("is not shared with a forked child", function()
    open()
    local result = helper.script([[
      local plugin = require "cplugin"
      local p = plugin.open(arg[1])
      plugin.cdef "int fork(void); int waitpid(int, int *, int);"
      plugin.cdef "void _exit(int);"
      local add = p:lookup("add", "int (int, int)")
      assert(add(1, 2) == 3)
      local pid = plugin.C.fork()
      local mine = p:lookup("add", "long (int, int)")
      local next = p:lookup("next", "uint8_t (uint8_t)")
      for i = 1, 100 do
        assert(add(i, 2) == i + 2 and mine(i, 3) == i + 3)
        assert(next(i) == i + 1)
      end
      if pid == 0 then
        plugin.C._exit(7)
      end
      local status = plugin.new "int[1]"
      plugin.C.waitpid(pid, status, 0)
      print(status[0] >> 8)
    ]], {args = {path}})
    assert.equal("7\n", result.out, result.err)
  end)

  it("is not needed", function()
    open()
    local script = helper.write(helper.fresh ".lua", [[
      local plugin = require "cplugin"
      local p = plugin.open(arg[1])
      local add = p:lookup("add", "int (int, int)")
      print(add(1, 2), debug.getinfo(add, "u").nups)
    ]])
    local result = helper.run(("sh -c 'trap \"\" XFSZ; ulimit -f 0;"
      .. "exec %s %s %s'"):format(helper.lua, script, path))
    assert.equal("3\t3\n", result.out, result.err)
  end)
end)

describe("stubs", function()
  setup(function()
    plugin.cdef(RECORDS)
  end)

  it("give what calls without give, for random signatures #slow", function()
    local seed = random.state
    local source, declared, list = program(200)
    local with, without, long = thrice(source, declared)
    local pool = values()
    local stubs, good = 0, 0
    for _, it in ipairs(list) do
      local f = stubbed(field, with.C, it.name)
      local g = plainly(field, without.C, it.name)
      local h = with_wish("long", field, long.C, it.name)
      assert.is_false(has_stub(g) or has_stub(h))
      stubs = stubs + (has_stub(f) and 1 or 0)
      local n = it.nparams
      local base = fitting(h, pool, n)
      for round = 1, 40 do
        local arguments = {table.unpack(base, 1, n)}
        if round > 1 and n > 0 then
          for _ = 1, random:number(1, 2) do
            arguments[random:number(1, n)] = random:pick(pool)[1]
          end
        end
        local given = n + (round % 13 == 0 and random:number(-n, 1) or 0)
        local a = outcome(with, f, table.unpack(arguments, 1, given))
        local b = outcome(without, g, table.unpack(arguments, 1, given))
        local c = outcome(long, h, table.unpack(arguments, 1, given))
        good = good + (a:find "^true" and 1 or 0)
        if a ~= c or b ~= c then
          error(("seed %d, %s, round %d:\nstub  %s\nshort %s\nlong  %s")
            :format(seed, it.head, round, a, b, c))
        end
      end
    end
    assert.is_true(good > 1000)
    if reach then
      assert.is_true(stubs > 30)
    end
  end)
end)

-- ---- memory ----

-- kB of address space that machine code has; a chunk, for a process of its own.
local CODE <const> = [[
  local sum = 0
  for line in io.lines "/proc/self/maps" do
    local from, to = line:match "^(%x+)%-(%x+) .*memfd:cplugin"
    if from then
      sum = sum + tonumber(to, 16) - tonumber(from, 16)
    end
  end
  return sum // 1024
]]
local code = load(CODE)

describe("the code of stubs #slow", function()
  local COUNT <const> = 3000      -- as many take more than a megabyte
  local file, declared

  setup(function()
    local source, list = {}, {}
    for i = 1, COUNT do
      source[i] = (".globl f%d\n.type f%d, %%function\nf%d: ret\n"):format(
        i, i, i)
      list[i] = ("void f%d(int, double);"):format(i)
    end
    local assembly = helper.write(helper.fresh ".s", ".text\n"
      .. table.concat(source) .. '.section .note.GNU-stack,"",%progbits\n')
    file = helper.fresh ".so"
    assert(helper.tool(("cc -shared -o %s %s"):format(file, assembly)).ok)
    declared = table.concat(list)
  end)

  local function collect()
    for _ = 1, 4 do collectgarbage() end
  end

  -- A process of its own: others' code leaves room that would be taken first.
  it("is given back when the plugin is closed and collected", function()
    local out = helper.script(([[
      local plugin = require "cplugin"
      local function code() %s end
      local file, declared, count = arg[1], arg[2], math.tointeger(arg[3])
      for _ = 1, 3 do
        local p = assert(plugin.open(file, {cdef = declared}))
        for i = 1, count do
          p.C["f" .. i](i, 0.5)
        end
        print(code())
        p:close()
      end
      for _ = 1, 4 do collectgarbage() end
      print(code())
    ]]):format(CODE), {args = {file, declared, tostring(COUNT)},
                       env = {CPLUGIN_STUB = "on"}})
    assert.is_true(out.ok, out.err)
    local sizes = {}
    for size in out.out:gmatch "%d+" do
      sizes[#sizes + 1] = math.tointeger(size)
    end
    assert.equal(4, #sizes)
    if reach then
      for i = 1, 3 do
        assert.is_true(sizes[i] > 1024, out.out)
      end
    end
    assert.is_true(sizes[4] <= 2560, out.out)     -- one megabyte, mapped twice
  end)

  it("is given back when the function is collected", function()
    local p <close> = assert(plugin.open(file, {cdef = declared}))
    local before, kept = code(), {p.C.f1}
    collect()
    local function look(i, round)
      local f = p:lookup("f" .. i,
        round == 1 and "void (int, double)" or "void (double, int)")
      f(2, 2)
      return f
    end
    stubbed(function()
      for round = 1, 2 do
        for i = 1, COUNT do
          local f = look(i, round)
          if i % 100 == 1 then
            kept[#kept + 1] = f
            collectgarbage()
          end
        end
      end
    end)
    collect()
    assert.is_true(code() <= before + 2560)
    for i, f in ipairs(kept) do
      f(i, 1)
      assert.error_matches(f, "argument #1 to 'f%d+' %(.*no value%)")
    end
    -- One that is a field of p.C as well stays.
    assert.equal(p.C.f1, kept[1])
    p.C.f1(1, 0.5)
    stubbed(look, 2, 1)(1, 0.5)
  end)

  -- A finaliser calls what was collected with it, and looks others up.
  it("is there for finalisers", function()
    local p <close> = assert(plugin.open(file, {cdef = declared}))
    local n = 0
    local function make(i)
      local f = p:lookup("f" .. i, "void (int, double)")
      setmetatable({}, {__gc = function()
        for k = 1, 200 do
          p:lookup("f" .. (i + k) % COUNT + 1, "void (int, double)")(k, 1.5)
        end
        f(i, 0.5)
        n = n + 1
      end})
    end
    stubbed(function()
      for i = 1, 100 do
        make(i)
        if i % 10 == 0 then
          collectgarbage()
        end
      end
      collect()
    end)
    assert.equal(100, n)
  end)
end)
