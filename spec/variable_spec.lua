-- variable_spec.lua - variables, read and written by their declared type, by
-- p.C and by the pointer of lookup. What C sees is asked of C.

local helper = require "spec.helper"
local plugin = require "cplugin"

local function throws(text, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.truthy(tostring(message):find(text, 1, true), message)
end

local function copy(name)
  local path = helper.fresh ".so"
  return helper.write(path, helper.read(helper.sample(name)))
end

local DECLARED = [[
  extern int counter; extern double ratio; extern float single;
  extern _Bool enabled; extern char letter; extern unsigned char byte;
  extern enum Mode { OFF, ON, AUTO = 10 } mode;
  extern const int limit; extern const char *const motto;
  extern const int primes[5];
  extern char name[16]; extern const char *title;
  extern int table[4]; extern double matrix[2][3];
  extern struct Point { int x, y; } corners[2];
  extern const char *words[3];
  struct Config { int level; char host[12]; struct Point origin;
                  const char *user; struct Config *next; };
  extern struct Config config;
  extern union Value { int i; double d; char c[8]; } value;
  extern int *current; extern struct Config *active; extern void *anything;
  extern int **indirect;
  extern int (*operation)(int, int);
  extern _Thread_local int local_counter;
  extern volatile int flag;
  int get_counter(void); double get_ratio(void);
  size_t name_length(void); const char *get_title(void);
  int sum_table(void); double at_matrix(int row, int column);
  int get_level(void); int get_current(void);
  int operate(int a, int b); void use_multiply(void);
  int get_local_counter(void); int get_flag(void);
]]

local function open()
  return assert(plugin.open(copy "variables", {cdef = DECLARED}))
end

-- ---- scalars of every type ----

-- C type; the value it begins with, as C and Lua write it; the same of one
-- that is written; values that do not fit.
local SMALL = 0x1p-1074
local LONG_BITS = plugin.sizeof "long" * 8
local signed = not helper.defined "__CHAR_UNSIGNED__"
local rows = {
  {"_Bool", "1", true, "0", false, {2, -1, 0.5, "x", {}, "2"}},
  {"char", "'a'", 97, "'z'", 122, {256, -129, 1.5, "ab", true}},
  {"char", "-5", signed and -5 or 251, "-128", signed and -128 or 128, {}},
  {"signed char", "-5", -5, "127", 127, {128, -129}},
  {"unsigned char", "200", 200, "255", 255, {256, -1}},
  {"short", "-300", -300, "32767", 32767, {32768, -32769}},
  {"unsigned short", "65535", 65535, "1", 1, {65536, -1}},
  {"int", "7", 7, "-2147483647 - 1", -2147483648,
   {1 << 31, -(1 << 31) - 1, 1 << 40, 0.5, 2^31, "abc", true, {}}},
  {"unsigned", "4294967295u", 4294967295, "0", 0, {1 << 32, -1}},
  {"long", "1L << 30", 1 << 30, "-1", -1, {2^63, 1e300, 0/0, 1/0}},
  {"unsigned long", "-1UL", (1 << LONG_BITS) - 1, "~(-1UL >> 1)",
   1 << LONG_BITS - 1, {2^64, 1.5}},
  {"long long", "1LL << 62", 1 << 62, "-(1LL << 62)", -(1 << 62), {2^63}},
  {"unsigned long long", "5", 5, "-2ULL", -2, {1e300}},
  {"int8_t", "-1", -1, "100", 100, {200}},
  {"uint16_t", "9", 9, "60000", 60000, {70000}},
  {"int32_t", "9", 9, "-70000", -70000, {1 << 40}},
  {"uint64_t", "9", 9, "1ULL << 40", 1 << 40, {0.25}},
  {"size_t", "8", 8, "0", 0, {1.5}},
  {"ptrdiff_t", "8", 8, "-8", -8, {1.5}},
  {"wchar_t", "L'x'", 120, "L'\\u20ac'", 0x20ac, {1 << 40}},
  {"float", "1.5f", 1.5, "-0.25f", -0.25, {"x", true, {}}},
  {"double", "0.1", 0.1, "5e-324", SMALL, {"x", true, {}}},
  {"double", "0x1.5555555555555p-2", 1 / 3, "__builtin_inf()", math.huge, {}},
  {"enum E { A, B = 5, C = -3 }", "B", 5, "C", -3, {1 << 31, "D", 1.5, true}},
  {"const volatile int", "4", 4},
  {"volatile long", "4", 4, "6", 6, {1.5}},
  {"_Atomic int", "4", 4, "6", 6, {1 << 31}},
}

local function scalar_source()
  local list = {"#include <stdint.h>\n#include <stddef.h>\n"}
  for i, row in ipairs(rows) do
    local name = row[1]:match "^enum %w+ {" and "enum E" or row[1]
    list[#list + 1] = row[1]:match "{" and row[1] .. ";" or ""
    list[#list + 1] = ("%s v%d = %s;"):format(name, i, row[2])
    if row[4] then
      list[#list + 1] = ("int is%d(void) { return v%d == (%s)(%s); }"):format(
        i, i, name:gsub("_Atomic ", ""):gsub("volatile ", ""), row[4])
      list[#list + 1] = ("void back%d(void) { v%d = %s; }"):format(i, i,
        row[2])
    end
  end
  return table.concat(list, "\n")
end

describe("a scalar variable", function()
  local p = assert(plugin.open(assert(helper.compile(scalar_source()))))
  p:cdef "enum E { A, B = 5, C = -3 };"
  for i, row in ipairs(rows) do
    local ctype = row[1]:gsub(" {.*", "")
    local name = "v" .. i
    p:cdef(("extern %s %s;"):format(ctype, name))
    if row[4] then
      p:cdef(("int is%d(void); void back%d(void);"):format(i, i))
    end

    local function test(get, set)
      assert.equal(row[3], get())
      assert.equal(math.type(row[3]), math.type(get()))
      if not row[4] then
        return throws("const", set, row[3])
      end
      assert.equal(0, p.C["is" .. i]())
      set(row[5])
      assert.equal(1, p.C["is" .. i]())
      assert.equal(row[5], get())
      for _, bad in ipairs(row[6]) do
        assert.is_false((pcall(set, bad)), tostring(bad))
        assert.equal(1, p.C["is" .. i]())
      end
      p.C["back" .. i]()
      assert.equal(row[3], get())
    end

    it("by p.C: " .. row[1] .. " " .. row[2], function()
      test(function() return p.C[name] end,
        function(v) p.C[name] = v end)
    end)

    it("by lookup: " .. row[1] .. " " .. row[2], function()
      local v = p:lookup(name, ctype)
      test(function() return v[0] end, function(x) v[0] = x end)
    end)
  end

  it("names itself and its type when a value does not fit", function()
    local q = open()
    throws("bad value for variable 'counter' ('int' expected, got integer " ..
      "1099511627776: it is out of range)",
      function() q.C.counter = 1 << 40 end)
    throws("bad value for variable 'counter' ('int' expected, got string",
      function() q.C.counter = "many" end)
    throws("bad value for element 0 of 'int *' ('int' expected, got number " ..
      "0.5", function() q:lookup("counter", "int")[0] = 0.5 end)
    assert.equal(3, q.C.get_counter())
    q.C.mode = "AUTO"
    assert.equal(10, q.C.mode)
    q.C.counter = "12"
    q.C.counter = q.C.counter + 1.0
    assert.equal(13, q.C.get_counter())
  end)

  it("may be of a type without Lua values", function()
    local q = assert(plugin.open(assert(helper.compile [[
      long double ld = 1.25L; __int128 wide = (__int128)1 << 100;
      double _Complex z = 3.0;
      int sees(void) { return ld == 2.5L && wide == -5 && z == 1.0 + 2.0i; }
    ]]), {cdef = [[extern long double ld; extern __int128 wide;
      extern double _Complex z; int sees(void);]]}))
    assert.equal(1.25, plugin.tonumber(q.C.ld))
    assert.equal(3.0, q.C.z.re)
    q.C.ld, q.C.wide = 2.5, -5
    q.C.z = {1.0, 2.0}
    assert.equal(1, q.C.sees())
    assert.equal(2.5, plugin.tonumber(q:lookup("ld", "long double")[0]))
  end)
end)

-- ---- strings ----

describe("a string variable", function()
  it("that is an array holds what fits", function()
    local p = open()
    assert.equal("first", plugin.string(p.C.name))
    p.C.name = "second"
    assert.equal(6, p.C.name_length())
    assert.equal(0, p.C.name[15])
    p.C.name = ("x"):rep(16)      -- as in C, without its zero
    assert.equal(("x"):rep(16), plugin.string(p.C.name))
    throws("'name'", function() p.C.name = ("x"):rep(17) end)
    assert.equal(("x"):rep(16), plugin.string(p.C.name))
    p.C.name[3] = 0
    assert.equal(3, p.C.name_length())
    plugin.copy(p.C.name, "third")
    assert.equal(5, p.C.name_length())
    throws("out of bounds", plugin.copy, p.C.name, ("y"):rep(16))
    throws("out of bounds", function() p.C.name[16] = 1 end)
    throws("out of bounds", function() p.C.name[-1] = 1 end)
    assert.equal(16, #p.C.name)
  end)

  it("that is a pointer keeps the Lua string alive", function()
    local p = open()
    assert.equal("untitled", plugin.string(p.C.title))
    for i = 1, 20 do
      p.C.title = ("title number %d of a script"):format(i)
      collectgarbage()
      for k = 1, 200 do           -- reuses what was freed
        assert.is_true(#("title number %d of a scroll"):format(k) > 0)
      end
      assert.equal(("title number %d of a script"):format(i),
        plugin.string(p.C.get_title()))
    end
    p.C.title = nil
    assert.is_nil(p.C.title)
    assert.is_nil(p.C.get_title())
  end)

  it("by its pointer, or in an array or struct, keeps it too", function()
    local p = open()
    local weak = setmetatable({}, {__mode = "k"})
    local function store(place, key)
      local text = p:new("char [?]", 32, "text of " .. tostring(key))
      weak[text] = true
      place[key] = text
    end
    store(p:lookup("title", "const char *"), 0)
    store(p.C.words, 1)
    store(p.C.config, "user")
    collectgarbage()
    collectgarbage()
    assert.equal("text of 0", plugin.string(p.C.get_title()))
    assert.equal("text of 1", plugin.string(p.C.words[1]))
    assert.equal("text of user", plugin.string(p.C.config.user))
    local count = 0
    for _ in pairs(weak) do count = count + 1 end
    assert.equal(3, count)
    p.C.title, p.C.words[1], p.C.config.user = "a", nil, nil
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(weak))
  end)

  it("is not made of what is no string", function()
    local p = open()
    throws("variable 'title'", function() p.C.title = 5 end)
    throws("variable 'title'", function() p.C.title = {} end)
    throws("variable 'title'", function() p.C.title = print end)
    assert.equal("untitled", plugin.string(p.C.title))
  end)
end)

-- ---- aggregates and pointers ----

describe("an array variable", function()
  it("is written in place", function()
    local p = open()
    local t = p.C.table
    t[0], t[3] = 1, 4
    assert.equal(1 + 20 + 30 + 4, p.C.sum_table())
    assert.equal(1, p.C.table[0])
    throws("out of bounds", function() t[4] = 1 end)
    throws("out of bounds", function() return t[-1] end)
    throws("'int' expected", function() t[1] = 1 << 40 end)
    assert.equal(55, p.C.sum_table())
    assert.same({1, 20, 30, 4}, plugin.totable(t))
  end)

  it("is written as a whole, or not at all", function()
    local p = open()
    p.C.table = {1, 2, 3, 4}
    assert.equal(10, p.C.sum_table())
    p.C.table = {5}
    assert.equal(5, p.C.sum_table())
    throws("", function() p.C.table = {1, 2, 3, 4, 5} end)
    throws("", function() p.C.table = {1, "x"} end)
    throws("", function() p.C.table = 7 end)
    assert.equal(5, p.C.sum_table())
    p.C.table = p:new("int [4]", {[0] = 7, 8, 9, 10})
    assert.equal(34, p.C.sum_table())
  end)

  it("may have two dimensions", function()
    local p = open()
    assert.equal(6.0, p.C.matrix[1][2])
    p.C.matrix[1][0] = 0.5
    assert.equal(0.5, p.C.at_matrix(1, 0))
    p.C.matrix[0] = {7, 8, 9}
    assert.equal(9.0, p.C.at_matrix(0, 2))
    p.C.matrix = {{1, 1, 1}, {2, 2, 2}}
    assert.equal(2.0, p.C.at_matrix(1, 2))
    throws("out of bounds", function() p.C.matrix[2][0] = 1 end)
    throws("out of bounds", function() p.C.matrix[0][3] = 1 end)
    throws("out of bounds", function() return p.C.matrix[-1] end)
  end)

  it("may hold structs", function()
    local p = open()
    p.C.corners[1].x = 50
    p.C.corners[0] = {8, 9}
    local c = p:lookup("corners", "struct Point [2]")
    assert.same({8, 9, 50, 4}, {c[0].x, c[0].y, c[1].x, c[1].y})
  end)
end)

describe("a struct variable", function()
  it("is read and written in place", function()
    local p = open()
    local c = p.C.config
    c.level = 5
    assert.equal(5, p.C.get_level())
    c.origin.y = 60
    assert.equal(60, p:lookup("config", "struct Config").origin.y)
    c.origin = {1, 2}
    assert.equal(2, p.C.config.origin.y)
    c.host = "example.org"
    assert.equal("example.org", plugin.string(p.C.active.host))
    throws("", function() c.host = "much too long a name" end)
    throws("no member 'levle'", function() c.levle = 1 end)
    throws("'level' of", function() c.level = 1 << 31 end)
    assert.equal(5, p.C.get_level())
  end)

  it("is written as a whole, or not at all", function()
    local p = open()
    p.C.config = {level = 9, host = "h", origin = {x = 3}}
    assert.equal(9, p.C.get_level())
    assert.equal(0, p.C.config.origin.y)
    assert.is_nil(p.C.config.user)
    throws("", function() p.C.config = {level = 10, host = 5} end)
    throws("", function() p.C.config = {level = 10, nothing = 5} end)
    assert.equal(9, p.C.get_level())
    local other = p:new("struct Config", p.C.config)
    other.level = 11
    p.C.config = other
    assert.equal(11, p.C.get_level())
  end)

  it("may be a union", function()
    local p = open()
    assert.equal(42, p.C.value.i)
    p.C.value.d = 1.0
    assert.equal(0x3f, p.C.value.c[7])
    p.C.value = {c = "abc"}
    assert.equal(string.unpack("<i4", "abc\0"), p.C.value.i)
  end)
end)

describe("a pointer variable", function()
  it("leads to what C says, and where it is told", function()
    local p = open()
    assert.equal(3, p.C.current[0])
    p.C.current[0] = 8
    assert.equal(8, p.C.counter)
    p.C.current = p:lookup("table", "int [4]")
    assert.equal(10, p.C.get_current())
    p.C.current = nil
    assert.equal(-1, p.C.get_current())
    assert.is_nil(p.C.current)
    assert.is_nil(p.C.indirect[0])
    p.C.indirect[0] = p:lookup("counter", "int")
    assert.equal(8, p.C.get_current())
    throws("variable 'current'", function() p.C.current = 5 end)
    throws("variable 'current'",
      function() p.C.current = p:new "double [1]" end)
    throws("variable 'current'", function() p.C.current = "text" end)
    p.C.anything = p.C.config
    assert.equal(2, p:cast("struct Config *", p.C.anything).level)
  end)

  it("keeps what it points at alive, with its bounds", function()
    local p = open()
    p.C.current = p:new("int [3]", {7, 8, 9})
    collectgarbage()
    collectgarbage()
    assert.equal(7, p.C.get_current())
    assert.equal(9, p.C.current[2])
    throws("out of bounds", function() return p.C.current[3] end)
  end)

  it("may be to a function", function()
    local p = open()
    assert.equal(7, p.C.operate(3, 4))
    assert.equal(7, p.C.operation(3, 4))
    p.C.use_multiply()
    assert.equal(12, p.C.operation(3, 4))
    local calls = 0
    local f = plugin.callback("int (int, int)", function(a, b)
      calls = calls + 1
      return a - b
    end)
    p.C.operation = f
    collectgarbage()
    assert.equal(-1, p.C.operate(3, 4))
    assert.equal(1, calls)
    throws("callback()", function() p.C.operation = function() end end)
    p.C.operation = nil
    assert.equal(0, p.C.operate(3, 4))
    assert.is_nil(p.C.operation)
    p:cdef "int sum(int, int) __asm__(\"operate\");"
    throws("'operation'", function() p.C.operation = p.C.get_ratio end)
    f:free()
  end)
end)

describe("a thread-local variable", function()
  it("is this thread's", function()
    local p = open()
    assert.equal(5, p.C.local_counter)
    p.C.local_counter = 6
    assert.equal(6, p.C.get_local_counter())
    local v = p:lookup("local_counter", "int")
    v[0] = 7
    assert.equal(7, p.C.get_local_counter())
    throws("out of bounds", function() v[1] = 1 end)
    throws("'local_counter'", function() p.C.local_counter = 1 << 31 end)
    assert.equal(7, p.C.local_counter)
    assert.equal("tls", p:lookup("local_counter").kind)
  end)
end)

describe("a variable that has been used", function()
  local function fresh(declared)
    return assert(plugin.open(copy "variables", {cdef = declared}))
  end

  it("is what is declared now", function()
    local p = fresh "extern int counter;"
    p.C.counter = 0x1ff
    assert.equal(0x1ff, p.C.counter)
    p:undeclare "counter"
    throws("not declared", function() return p.C.counter end)
    throws("not declared", function() p.C.counter = 1 end)
    p:cdef "extern unsigned char counter;"
    assert.equal(0xff, p.C.counter)
    throws("out of range", function() p.C.counter = 256 end)
    p:undeclare "counter"
    p:cdef "extern const int counter;"
    assert.equal(0x1ff, p.C.counter)
    throws("is const", function() p.C.counter = 1 end)
  end)

  it("is shadowed by the plugin's own declaration", function()
    plugin.cdef "extern double big;"
    local p = fresh "extern int counter;"
    local double = p.C.big
    p:cdef "extern long long big;"
    assert.equal(1 << 40, p.C.big)
    assert.equal(string.unpack("d", string.pack("j", 1 << 40)), double)
    plugin.undeclare "big"
  end)

  it("has the members that were declared later", function()
    local p = fresh "extern struct Config config; int get_level(void);"
    local config = p.C.config
    throws("incomplete", function() return p.C.config.level end)
    p:cdef "struct Config { int level; char host[12]; };"
    p.C.config.level = 77
    assert.equal(77, p.C.get_level())
    assert.equal(77, config.level)
  end)

  it("throws once the plugin is closed", function()
    local p = fresh "extern int counter;"
    local C = p.C
    C.counter = C.counter + 1
    p:close()
    throws("closed", function() return C.counter end)
    throws("closed", function() C.counter = 1 end)
  end)
end)

-- ---- what may not be written ----

describe("a const variable", function()
  it("is read, not written", function()
    local p = open()
    assert.equal(99, p.C.limit)
    assert.equal("to be read", plugin.string(p.C.motto))
    assert.equal(11, p.C.primes[4])
    throws("variable 'limit' is const", function() p.C.limit = 1 end)
    throws("variable 'motto' is const", function() p.C.motto = "x" end)
    throws("variable 'primes' is const", function() p.C.primes = {1} end)
    local other = assert(plugin.open(copy "variables", {cdef = [[
      extern struct Config { int level; const char host[12]; } config;]]}))
    throws("'struct Config' cannot be assigned as a whole: its member " ..
           "'host' is const", function() other.C.config = {1} end)
    other.C.config.level = 9
    assert.are.equal(9, other.C.config.level)
    throws("", function() p.C.primes[0] = 1 end)
    throws("", function() p:lookup("limit", "const int")[0] = 1 end)
    throws("", function() p.C.title[0] = 65 end)
    throws("const", plugin.fill, p.C.primes, 4)
    throws("const", plugin.copy, p.C.primes, "abc")
  end)

  it("that is declared so is not written, though it could be", function()
    local p = assert(plugin.open(copy "variables", {cdef = [[
      extern const int counter; extern const int table[4];
      extern const struct Config { int level; } config;]]}))
    throws("is const", function() p.C.counter = 1 end)
    throws("is const", function() p.C.table[0] = 1 end)
    throws("is const", function() p.C.config.level = 1 end)
    assert.equal(3, p.C.counter)
  end)
end)

-- Where the file is read-only a write would be a SIGSEGV, whatever the
-- script declares.

describe("a variable in read-only memory", function()
  local path = assert(helper.compile [[
    const int number = 5;
    const char text[8] = "text";
    const int list[2][2] = {{1, 2}, {3, 4}};
    struct S { int a; int b[2]; const char *c; };
    const struct S record = {1, {2, 3}, "c"};      /* relocated, then sealed */
    const char *const pointer = "p";
    int zero; static int hidden = 4;
    int *const to_writable = &hidden;
    int read_number(void) { return number; }
  ]])
  local p = assert(plugin.open(path, {cdef = [[
    extern int number; extern char text[8]; extern int list[2][2];
    struct S { int a; int b[2]; const char *c; };
    extern struct S record; extern const char *pointer; extern int zero;
    extern int *to_writable; int read_number(void);]]}))

  local writes = {
    function() p.C.number = 6 end,
    function() p:lookup("number", "int")[0] = 6 end,
    function() p:lookup("number"):as("int")[0] = 6 end,
    function() p:cast("int *", p:lookup("number", "int"))[0] = 6 end,
    function() p:cast("char *", p:lookup("number", "int"))[0] = 6 end,
    function() (p:cast("int *", p:lookup("number", "int")) + 0)[0] = 6 end,
    function() p:lookup("number", "struct { int x; }").x = 6 end,
    function() p.C.text = "new" end,
    function() p.C.text[0] = 65 end,
    function() plugin.copy(p.C.text, "new") end,
    function() plugin.fill(p.C.text, 4, 1) end,
    function() plugin.fill(p:cast("char *", p.C.text), 4, 1) end,
    function() plugin.copy(p:cast("char *", p.C.text), "new") end,
    function() p.C.list[1][1] = 5 end,
    function() p.C.list[1] = {1, 2} end,
    function() p.C.list = {{1}} end,
    function() p.C.record = {1} end,
    function() p.C.record.a = 5 end,
    function() p.C.record.b[1] = 5 end,
    function() p.C.record.c = "new" end,
    function() p:cast("struct S *", p.C.record).a = 5 end,
    function() plugin.addressof(p.C.record).a = 5 end,
    function() p.C.pointer = "new" end,
    function() p:lookup("pointer", "const char *")[0] = "new" end,
    function() p.C.to_writable = nil end,
  }
  for i, write in ipairs(writes) do
    it("is not written: " .. i, function()
      local ok, message = pcall(write)
      assert.is_false(ok)
      assert.truthy(message:find "read%-only" or message:find "const", message)
    end)
  end

  it("is read, and says what is wrong", function()
    assert.equal(5, p.C.number)
    assert.equal("text", plugin.string(p.C.text))
    assert.equal(4, p.C.list[1][1])
    assert.equal(3, p.C.record.b[1])
    assert.equal("p", plugin.string(p.C.pointer))
    throws("variable 'number' cannot be written: plugin '" .. path ..
      "' has it in read-only memory, so that it should be declared as const",
      writes[1])
    throws("this memory of plugin '" .. path .. "' is read-only", writes[2])
  end)

  it("does not make its neighbours const", function()
    p.C.zero = 4
    assert.equal(4, p.C.zero)
    p.C.to_writable[0] = 9
    assert.equal(9, p.C.to_writable[0])
  end)

  it("is known in the program, too", function()
    local any = plugin.open():lookup("in6addr_any", "char [16]")
    assert.equal(0, any[0])
    throws("read-only", function() any[0] = 1 end)
  end)

  it("cannot be given to C as memory to write", function()
    p:cdef "void *memset(void *, int, size_t);"
    plugin.cdef "void *memset(void *, int, size_t);"
    throws("drop const", plugin.C.memset, p:lookup("number", "int"), 0, 4)
    throws("drop const", plugin.C.memset, p.C.record, 0, 4)
  end)
end)

describe("a volatile variable", function()
  it("is seen by both sides", function()
    local p = open()
    p.C.flag = 1
    assert.equal(1, p.C.get_flag())
    assert.equal(1, p.C.flag)
  end)
end)

describe("an array of no elements", function()
  it("has none, though the file says nothing of its size", function()
    local p <close> = assert(plugin.open(assert(helper.compile
      "long none[0]; struct {} empty; int next = 5;")))
    p:cdef "extern long none[0]; extern struct {} empty[2];"
    assert.equal(0, #p.C.none)
    throws("out of bounds", function() return p.C.none[0] end)
    throws("out of bounds", function() p.C.none[0] = 1 end)
    throws("out of bounds", function() return p:lookup("none", "int[0]")[1] end)
  end)
end)

describe("an array declared without a length", function()
  it("has as many elements as the file says", function()
    local p <close> = assert(plugin.open(copy "variables"))
    p:cdef "extern int table[]; int sum_table(void);"
    assert.equal(4, #p.C.table)
    assert.equal(16, plugin.sizeof(p.C.table))
    p.C.table = {1, 2, 3, 4}
    assert.equal(10, p.C.sum_table())
    throws("no place for [5]", function() p.C.table = {1, 2, 3, 4, 5} end)
    assert.equal(4, #p:lookup("table", "int []"))
  end)
end)
