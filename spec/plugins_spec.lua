-- plugins_spec.lua - the sample plugins of plugins/, each through its whole
-- surface, as a script author would use it.

local helper = require "spec.helper"
local plugin = require "cplugin"

local function open(name, cdef)
  return assert(plugin.open(helper.own_sample(name), {cdef = cdef}))
end

-- The calls that must throw, with a pattern of the message.
local function refused(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok, "nothing was thrown")
  assert.is_truthy(tostring(message):find(pattern),
    ("'%s' lacks '%s'"):format(message, pattern))
end

describe("plugins/tour.c", function()
  it("is initialised once, under whatever name", function()
    local path = helper.own_sample "tour"
    local p, link = open "tour", helper.fresh ".so"
    assert(os.execute(("ln -s %s %s"):format(path, link)))
    local q = assert(plugin.open(link))
    assert.are.equal(p, q)
    assert.are.equal(1, q:lookup("PluginStarts", "int")[0])
  end)

  it("has a method in a struct of function pointers", function()
    local p = open("tour", "struct Counter { int count;"
      .. " int (*M1)(struct Counter *, int); };")
    local object = p:lookup("PluginObject", "struct Counter")
    object.count = 5
    assert.are.equal(8, object:M1(3))
    assert.are.equal(8, object.count)
    refused("closed", function() p:close() return object.count end)
  end)
end)

describe("plugins/numbers.c", function()
  local p

  -- short name, C type, values that come back, values that are refused
  local INTEGERS = {
    {"char", "char", {0, -128, 127}, {256, -129, 0.5}},
    {"schar", "signed char", {0, -128, 127}, {128, -129}},
    {"uchar", "unsigned char", {0, 255}, {256, -1}},
    {"short", "short", {-32768, 32767}, {32768, -32769}},
    {"ushort", "unsigned short", {0, 65535}, {65536, -1}},
    {"int", "int", {-2^31 | 0, 2^31 - 1 | 0}, {2^31 | 0, 1 << 40, true, {}}},
    {"uint", "unsigned int", {0, 2^32 - 1 | 0}, {1 << 32, -1}},
    {"long", "long", {math.mininteger, math.maxinteger}, {2^63, 1.5, "x"}},
    {"ulong", "unsigned long", {0, -1, math.maxinteger}, {2^64, 0.5}},
    {"llong", "long long", {math.mininteger, math.maxinteger}, {2^63}},
    {"ullong", "unsigned long long", {0, -1, math.mininteger}, {2^64}},
    {"int8", "int8_t", {-128, 127}, {128}},
    {"uint8", "uint8_t", {0, 255}, {-1}},
    {"int16", "int16_t", {-32768, 32767}, {32768}},
    {"uint16", "uint16_t", {0, 65535}, {-1}},
    {"int32", "int32_t", {-2^31 | 0, 2^31 - 1 | 0}, {2^31 | 0}},
    {"uint32", "uint32_t", {0, 2^32 - 1 | 0}, {-1}},
    {"int64", "int64_t", {math.mininteger, math.maxinteger}, {1e300}},
    {"uint64", "uint64_t", {0, -1}, {0.1}},
    {"size", "size_t", {0, -1}, {0.1}},
    {"ptrdiff", "ptrdiff_t", {math.mininteger, -1}, {0.1}},
    {"intptr", "intptr_t", {math.mininteger, -1}, {0.1}},
    {"uintptr", "uintptr_t", {0, -1}, {0.1}},
    {"wchar", "wchar_t", {-2^31 | 0, 2^31 - 1 | 0}, {2^31 | 0}},
    {"float", "float", {0.5, -1.0, math.huge}, {"x", true}},
    {"double", "double", {0.1, -math.huge, 2^1000}, {"x", true}},
    {"bool", "_Bool", {true, false}, {2, "true"}},
    {"colour", "enum Colour", {0, 5, 6}, {-1}},
    {"signed", "enum Signed", {-1, 1}, {1 << 40}},
    {"wide", "enum Wide", {1, 1 << 32}, {0.5}},
  }

  setup(function()
    p = open("numbers", [[
      enum Colour { RED, GREEN = 5, BLUE };
      enum Signed { BELOW = -1, ABOVE = 1 };
      enum Wide { NARROW = 1, WIDE = 0x100000000 };
    ]])
  end)

  for _, row in ipairs(INTEGERS) do
    local name, ctype, good, bad = table.unpack(row)
    it("takes and gives " .. ctype, function()
      local same = p:lookup("same_" .. name, ("%s f(%s)"):format(ctype, ctype))
      local value = p:lookup("value_" .. name, ctype)
      local get = p:lookup("get_" .. name, ctype .. " (void)")
      assert.is_true(value[0] == 1 or value[0] == true)
      for _, x in ipairs(good) do
        assert.are.equal(x, same(x))
        assert.are.equal(math.type(x), math.type(same(x)))
        value[0] = x
        assert.are.equal(x, value[0])
        assert.are.equal(x, get())
      end
      for _, x in ipairs(bad) do
        refused("#1 to 'same_" .. name, same, x)
        assert.has_error(function() value[0] = x end)
      end
      assert.are.equal(good[#good], get())
    end)
  end

  it("keeps all digits of long double and 128 bits", function()
    for _, row in ipairs {{"ldouble", "long double"}, {"int128", "__int128"},
                          {"uint128", "unsigned __int128"}} do
      local same = p:lookup("same_" .. row[1],
        ("%s f(%s)"):format(row[2], row[2]))
      local x = plugin.new(row[2], 3)
      assert.are.equal(3, plugin.tonumber(same(x)) // 1)
      assert.is_true(plugin.eq(same(x), x))
    end
  end)

  it("takes and gives complex numbers", function()
    for _, row in ipairs {{"cfloat", "float"}, {"cdouble", "double"},
                          {"cldouble", "long double"}} do
      local T = row[2] .. " _Complex"
      local same = p:lookup("same_" .. row[1], ("%s f(%s)"):format(T, T))
      local z = same(plugin.new(T, 1.5, -2))
      assert.are.equal(1.5, plugin.tonumber(z.re))
      assert.are.equal(-2, plugin.tonumber(z.im))
    end
  end)

  it("takes enumerators by name", function()
    local same = p:lookup("same_colour", "enum Colour f(enum Colour)")
    assert.are.equal(5, same "GREEN")
    refused("#1 to 'same_colour'.*enum Colour", same, "PURPLE")
    p:cdef "enum Colour same_colour(enum Colour);"
    assert.are.equal(6, p.C.same_colour(p.C.BLUE))
  end)

  it("passes more arguments than registers", function()
    p:cdef [[
      long sum_of_12(long, long, long, long, long, long, long, long, long,
                     long, long, long);
      double sum_of_10_doubles(double, double, double, double, double, double,
                               double, double, double, double);
      double sum_of_mixed(signed char, double, unsigned short, float,
                          long long, long double, _Bool, unsigned int);
    ]]
    assert.are.equal(650,
      p.C.sum_of_12(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
    assert.are.equal(385.0,
      p.C.sum_of_10_doubles(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
    assert.are.equal(30.5, p.C.sum_of_mixed(-1, 2.5, 3, 4, 5, 6, true, 10))
    refused("#12 to 'sum_of_12", p.C.sum_of_12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
            11)
  end)

  it("passes pointers and strings", function()
    p:cdef [[
      void *same_pointer(void *);
      int is_null(const void *);
      const char *same_string(const char *);
      void split(double, long *whole, double *rest);
    ]]
    local C = p.C
    assert.is_nil(C.same_pointer(nil))
    assert.are.equal(1, C.is_null(nil))
    assert.are.equal(0, C.is_null "text")
    local block = plugin.new "int[2]"
    assert.are.equal(plugin.address(block),
                     plugin.address(C.same_pointer(block)))
    assert.are.equal("abc", plugin.string(C.same_string "abc"))
    assert.is_nil(plugin.string(C.same_string(nil)))
    local whole, rest = plugin.new "long[1]", plugin.new "double[1]"
    C.split(3.25, whole, rest)
    assert.are.equal(3, whole[0])
    assert.are.equal(0.25, rest[0])
    refused("string", C.split, 1, "text", rest)
    refused("#2", C.split, 1, rest, whole)
  end)
end)

describe("plugins/structs.c", function()
  local p, C

  setup(function()
    local text = helper.read "plugins/structs.c"
    local types = {}              -- the structs and unions, as they stand
    for definition in text:gmatch "\n([su]%a+ %w+ %b{};)" do
      types[#types + 1] = definition
    end
    local functions = {}
    for head in text:gmatch "\n(%a[^\n;{}]-%b()) {" do
      functions[#functions + 1] = head .. ";"
    end
    for head in text:gmatch "\n(%a[^;{}]-%([^;{}]-\n[^;{}]-%)) {" do
      functions[#functions + 1] = head .. ";"
    end
    p = open("structs", table.concat(types, "\n") .. "\n"
      .. table.concat(functions, "\n"))
    C = p.C
  end)

  -- short name, type, initialiser
  local ROWS = {
    {"tiny", "struct Tiny", {-7}},
    {"point", "struct Point", {-1, 1 << 30}},
    {"one", "struct One", {0.5}},
    {"two", "struct Two", {0.5, -2}},
    {"three", "struct Three", {0.5, -2, 8}},
    {"vector", "struct Vector", {0.1, -1e300}},
    {"mixed", "struct Mixed", {0.1, -5}},
    {"packed8", "struct Packed8", {0.5, 77}},
    {"large", "struct Large", {1, -2, 1 << 60, 0.1, "name"}},
    {"rect", "struct Rect", {{1, 2}, {-3, 4}}},
    {"path", "struct Path", {2, {{1, 2}, {3, 4}, {5, 6}}}},
    {"tagged", "struct Tagged", {1, {f = 0.5}}},
    {"bytes3", "struct Bytes3", {{1, 128, 255}}},
    {"floats4", "struct Floats4", {{1, 2, 3, 4}}},
    {"number", "union Number", {f = 0.5}},
    {"word", "union Word", {d = 0.1}},
    {"big", "union Big", {"twenty three letters..."}},
    {"long", "struct Long", {0.5}},
    {"flags", "struct Flags", {5, -16, 1}},
  }

  for _, row in ipairs(ROWS) do
    local name, ctype, init = table.unpack(row)
    it("passes " .. ctype .. " by value, both ways", function()
      local value = p:new(ctype, init)
      local same = C["same_" .. name](value)
      assert.are.equal(tostring(p:typeof(ctype)), tostring(p:typeof(same)))
      assert.are_not.equal(plugin.address(value), plugin.address(same))
      assert.is_true(plugin.eq(value, same))
      assert.is_true(plugin.eq(value, C["same_" .. name](init)))
    end)
  end

  it("reads the members that C reads", function()
    assert.are.equal(-7, C.sum_tiny {-7})
    assert.are.equal(3, C.sum_point {x = 1, y = 2})
    assert.are.equal(1.5, C.sum_vector {0.5, 1})
    assert.are.equal(4.5, C.sum_mixed {weight = 0.5, count = 4})
    assert.are.equal(6.5, C.sum_large {1, 2, 3, 0.5})
    assert.are.equal(10, C.sum_rect {{1, 2}, {3, 4}})
    assert.are.equal(10, C.sum_path {2, {{1, 2}, {3, 4}, {5, 6}}})
    assert.are.equal(384, C.sum_bytes3 {{1, 128, 255}})
    assert.are.equal(-10, C.sum_flags {kind = 5, level = -16, on = 1})
    assert.are.equal(0.5, C.sum_tagged {1, {f = 0.5}})
  end)

  it("makes them in C", function()
    local large = C.make_large(1, 2, 3, 0.5, "abcdefghijk")
    assert.are.equal("abcdefg", plugin.string(large.name))
    assert.are.equal(0.5, large.d)
    assert.are.equal(4, C.make_rect({1, 2}, {3, 4}).max.y)
    assert.are.equal(1.5, C.word_of_double(1.5).d)
    local flags = C.make_flags(7, -1, 1)
    assert.are.same({7, -1, 1}, {flags.kind, flags.level, flags.on})
  end)

  it("passes them among others, and on the stack", function()
    assert.are.equal(1 + 3 + 0.5 + 4.5 + 6.5 + 1.5 + 9,
      C.among(1, {1, 2}, 0.5, {0.5, 4}, {1, 2, 3, 0.5}, {0.5, 1}, 9))
    local r = {{1, 2}, {3, 4}}
    assert.are.equal(150, C.five_rects(r, r, r, r, r))
  end)

  it("changes them in place through a pointer", function()
    local point = p:new("struct Point", 1, 2)
    C.move_point(point, 10, 20)
    assert.are.same({11, 22}, {point.x, point.y})
    refused("Vector", C.move_point, p:new "struct Vector", 1, 1)
  end)
end)

describe("plugins/callbacks.c", function()
  local p, C

  setup(function()
    p = open("callbacks", [[
      typedef int (*Handler)(int);
      struct Pair { int a, b; };
      struct Wide { long a; double b; long c; double d; };
      struct Events {
        void *data;
        int (*begin)(void *data, int id);
        int (*end)(void *data, int id);
      };
      int apply(int (*f)(int), int x), apply_twice(int (*f)(int), int x);
      int each(int count, _Bool (*f)(int i, void *data), void *data);
      long fold(const int *, size_t, long, long (*f)(long sum, int item));
      void keep(Handler);
      int has_kept(void), call_kept(int x), call_kept_times(int x, int times);
      Handler get_kept(void), get_twice(void);
      int twice(int x);
      struct Pair swap_with(struct Pair (*f)(struct Pair), struct Pair);
      struct Wide widen_with(struct Wide (*f)(struct Wide, int), struct Wide,
                             int);
      int nest(int (*f)(int (*g)(int), int), int x);
      int run_events(const struct Events *, int id);
      double call_many(double (*)(int, double, long, float, short, double,
        char, double, long, double, int, double, long, double, int, double,
        long, double, int, double));
      void call_void(void (*)(void));
      const char *call_string(const char *(*)(const char *), const char *);
      void *call_pointer(void *(*)(void *), void *);
    ]])
    C = p.C
  end)

  it("calls Lua, and Lua calls it again", function()
    local function add1(x) return x + 1 end
    assert.are.equal(6, C.apply(add1, 5))
    assert.are.equal(7, C.apply_twice(add1, 5))
    assert.are.equal(21, C.apply(function(x)
      return C.apply(function(y) return y * 2 end, x) + 1
    end, 10))
    assert.are.equal(11, C.nest(function(g, x) return g(x) + 1 end, 5))
  end)

  it("gives a C function back to C", function()
    assert.are.equal(10, C.apply(C.twice, 5))
    assert.are.equal(20, C.apply_twice(C.get_twice(), 5))
  end)

  it("folds and stops", function()
    local items = plugin.new("int[4]", {1, 2, 3, 4})
    assert.are.equal(110, C.fold(items, 4, 100, function(sum, item)
      return sum + item
    end))
    assert.are.equal(3, C.each(10, function(i) return i < 2 end, nil))
  end)

  it("has a callback for every scalar", function()
    for _, row in ipairs {
      {"bool", "_Bool", true}, {"schar", "signed char", -128},
      {"uchar", "unsigned char", 255}, {"short", "short", -32768},
      {"uint", "unsigned", 0xffffffff}, {"llong", "long long", 1 << 62},
      {"ulong", "unsigned long", -1}, {"float", "float", 0.5},
    } do
      local name, T, x = table.unpack(row)
      local call = p:lookup("call_" .. name,
        ("%s f(%s (*)(%s), %s)"):format(T, T, T, T))
      local seen
      assert.are.equal(x, call(function(y) seen = y return y end, x))
      assert.are.equal(x, seen)
    end
    assert.are.equal("x!", plugin.string(C.call_string(function(s)
      assert.are.equal("in", plugin.string(s))
      return p:new("char[3]", "x!")
    end, "in")))
    assert.is_nil(C.call_pointer(function(x) return x end, nil))
  end)

  it("passes structs by value to a callback", function()
    local pair = C.swap_with(function(q) return {q.b, q.a} end, {1, 2})
    assert.are.same({2, 1}, {pair.a, pair.b})
    local wide = C.widen_with(function(w, n)
      w.a, w.d = w.a + n, w.d * 2
      return w
    end, {1, 2.5, 3, 4.5}, 10)
    assert.are.same({11, 2.5, 3, 9.0}, {wide.a, wide.b, wide.c, wide.d})
  end)

  it("passes twenty arguments to a callback", function()
    local seen
    C.call_many(function(...) seen = {...} return 0 end)
    for i = 1, 20 do
      assert.are.equal(i, seen[i] // 1 | 0)
    end
  end)

  it("raises a callback's error after the call", function()
    local calls = 0
    local ok, message = pcall(C.each, 3, function()
      calls = calls + 1
      error("no " .. calls, 0)
    end, nil)
    assert.is_false(ok)
    assert.is_truthy(message:find "^no 1")
    assert.are.equal(1, calls)    -- it answered false, so C stopped
    local token = {}
    local _, value = pcall(C.apply, function() error(token) end, 1)
    assert.are.equal(token, value)
  end)

  it("keeps one that was made to last", function()
    local handler = p:callback("Handler", function(x) return x + 100 end)
    C.keep(handler)
    collectgarbage()
    assert.are.equal(105, C.call_kept(5))
    assert.are.equal(105, C.apply(C.get_kept(), 5))
    handler:free()
    refused("call_kept", C.call_kept, 5)
    C.keep(nil)
    assert.are.equal(-1, C.call_kept(5))
  end)

  it("answers zero for one that died, and raises", function()
    C.keep(function(x) return x + 1 end)
    assert.are.equal(1, C.has_kept())
    refused("call_kept", C.call_kept_times, 5, 3)
    C.keep(nil)
  end)

  it("takes functions in a struct", function()
    local events = p:new "struct Events"
    assert.are.equal(0, C.run_events(events, 1))
    local begin <close> = p:callback("int (*)(void *, int)",
      function(_, id) return id * 10 end)
    events.begin = begin
    assert.are.equal(20, C.run_events(events, 2))
  end)

  it("cannot yield across C", function()
    local co = coroutine.create(function()
      return C.apply(function(x) return coroutine.yield(x) end, 1)
    end)
    local ok, message = coroutine.resume(co)
    assert.is_false(ok)
    assert.is_truthy(tostring(message):find "yield")
  end)
end)

describe("plugins/variables.c", function()
  local p, C

  setup(function()
    p = open("variables", [[
      extern int counter; extern unsigned char byte; extern long long big;
      extern unsigned long long huge; extern double ratio; extern float single;
      extern _Bool enabled; extern char letter;
      extern enum Mode { OFF, ON, AUTO = 10 } mode;
      int get_counter(void); double get_ratio(void);
      extern const int limit; extern const char *const motto;
      extern const int primes[5];
      extern char name[16]; extern const char *title;
      size_t name_length(void); const char *get_title(void);
      extern int table[4]; extern double matrix[2][3];
      struct Point { int x, y; };
      extern struct Point corners[2]; extern const char *words[3];
      int sum_table(void); double at_matrix(int, int);
      struct Config { int level; char host[12]; struct Point origin;
                      const char *user; struct Config *next; };
      extern struct Config config;
      int get_level(void);
      extern union Value { int i; double d; char c[8]; } value;
      extern int *current; extern struct Config *active; extern void *anything;
      extern int **indirect;
      int get_current(void);
      extern int (*operation)(int, int);
      int operate(int, int); void use_multiply(void);
      extern _Thread_local int local_counter; int get_local_counter(void);
      extern volatile int flag; int get_flag(void);
    ]])
    C = p.C
  end)

  it("has scalars that C sees change", function()
    assert.are.equal(3, C.counter)
    C.counter = 15
    assert.are.equal(15, C.get_counter())
    C.ratio = 0.25
    assert.are.equal(0.25, C.get_ratio())
    C.flag = 1
    assert.are.equal(1, C.get_flag())
    assert.are.same({200, 1 << 40, -1, 1.5, true, 97, 1},
      {C.byte, C.big, C.huge, C.single, C.enabled, C.letter, C.mode})
    C.mode = "AUTO"
    assert.are.equal(10, C.mode)
    C.enabled = false
    assert.is_false(C.enabled)
    refused("byte", function() C.byte = 256 end)
    assert.are.equal(200, C.byte)
  end)

  it("does not write constants", function()
    assert.are.equal(99, C.limit)
    assert.are.equal("to be read", plugin.string(C.motto))
    assert.are.equal(11, C.primes[4])
    refused("const", function() C.limit = 1 end)
    refused("const", function() C.motto = nil end)
    refused("const", function() C.primes[0] = 1 end)
    refused("const", function() p:lookup("limit", "const int")[0] = 1 end)
    assert.are.equal(2, C.primes[0])
  end)

  it("has strings in arrays and behind pointers", function()
    assert.are.equal("first", plugin.string(C.name))
    plugin.copy(C.name, "second name")
    assert.are.equal(11, C.name_length())
    assert.has_error(function() plugin.copy(C.name, ("x"):rep(16)) end)
    C.name = "third"
    assert.are.equal(5, C.name_length())
    C.title = "kept " .. 1
    collectgarbage()
    assert.are.equal("kept 1", plugin.string(C.get_title()))
    C.title = nil
    assert.is_nil(C.get_title())
  end)

  it("has arrays of one and two dimensions, with bounds", function()
    assert.are.equal(4, #C.table)
    C.table[3] = 1
    assert.are.equal(61, C.sum_table())
    C.matrix[1][2] = 9
    assert.are.equal(9.0, C.at_matrix(1, 2))
    assert.are.equal(4, C.corners[1].y)
    assert.are.equal("one", plugin.string(C.words[1]))
    assert.is_nil(C.words[2])
    for _, wrong in ipairs {4, -1, 1 << 40} do
      refused("", function() return C.table[wrong] end)
      refused("", function() C.table[wrong] = 1 end)
    end
    refused("", function() return C.matrix[2] end)
    refused("", function() return C.matrix[0][3] end)
    assert.are.same({10, 20, 30, 1}, plugin.totable(C.table))
  end)

  it("has structs and unions in place", function()
    C.config.level = 7
    assert.are.equal(7, C.get_level())
    assert.are.equal("localhost", plugin.string(C.config.host))
    C.config.origin = {x = 8, y = 9}
    assert.are.equal(9, C.config.origin.y)
    C.config = {level = 1, host = "elsewhere", next = C.config}
    assert.are.equal(1, C.get_level())
    assert.are.equal(1, C.config.next.next.level)
    C.value.d = 1
    assert.are.equal(0x3f, C.value.c[7])
    assert.are.equal(0, C.value.i)
    refused("lvel", function() C.config.lvel = 1 end)
  end)

  it("has pointers", function()
    C.counter = 21
    assert.are.equal(21, C.current[0])
    assert.are.equal(21, C.indirect[0][0])
    local block = plugin.new("int[1]", {77})
    C.current = block
    assert.are.equal(77, C.get_current())
    C.current = nil
    assert.are.equal(-1, C.get_current())
    assert.is_nil(C.anything)
    assert.are.equal(C.config.level, C.active.level)
  end)

  it("keeps alive what a pointer of it points at", function()
    C.current = plugin.new("int[1]", {78})
    for _ = 1, 3 do
      collectgarbage()
      assert(plugin.new("int[1]", {0}))
    end
    assert.are.equal(78, C.get_current())
    C.current = nil
  end)

  it("has a pointer to a function", function()
    assert.are.equal(7, C.operation(3, 4))
    C.use_multiply()
    assert.are.equal(12, C.operation(3, 4))
    local minus = plugin.callback("int (*)(int, int)",
      function(a, b) return a - b end)
    C.operation = minus
    assert.are.equal(-1, C.operate(3, 4))
    C.operation = nil
    minus:free()
    assert.are.equal(0, C.operate(3, 4))
  end)

  it("has a thread-local one", function()
    assert.are.equal(5, C.local_counter)
    C.local_counter = 6
    assert.are.equal(6, C.get_local_counter())
  end)
end)

describe("plugins/variadic.c", function()
  local p, C

  setup(function()
    p = open("variadic", [[
      int sum_ints(int count, ...);
      double sum_doubles(int count, ...);
      int describe(char *out, size_t size, const char *kinds, ...);
      struct Point { int x, y; };
      struct Large { long a, b, c; };
    ]])
    C = p.C
  end)

  local function describe_(kinds, ...)
    local out = plugin.new "char[200]"
    C.describe(out, 200, kinds, ...)
    return plugin.string(out)
  end

  it("promotes as C does", function()
    assert.are.equal(6, C.sum_ints(3, 1, 2, 3))
    assert.are.equal(0, C.sum_ints(0))
    assert.are.equal(1.75, C.sum_doubles(3, 0.5, 1.0, 0.25))
    assert.are.equal("l-1 d0.5 stext p0 i1 ",
                     describe_("ldspi", -1, 0.5, "text", nil, true))
    assert.are.equal("d0.5 ", describe_("d", plugin.new("float", 0.5)))
    assert.are.equal("i-3 ", describe_("i", plugin.new("short", -3)))
  end)

  it("passes structs and long doubles", function()
    assert.are.equal("P1,2 L3,4,5 D0.5 i9 ", describe_("PLDi",
      p:new("struct Point", 1, 2), p:new("struct Large", 3, 4, 5),
      plugin.new("long double", 0.5), 9))
  end)

  it("passes more than the registers hold", function()
    assert.are.equal(("l1 d2 "):rep(12), describe_(("ld"):rep(12),
      1, 2.0, 1, 2.0, 1, 2.0, 1, 2.0, 1, 2.0, 1, 2.0,
      1, 2.0, 1, 2.0, 1, 2.0, 1, 2.0, 1, 2.0, 1, 2.0))
  end)

  it("refuses what has no C type", function()
    refused("callback", C.sum_ints, 1, print)
    refused("#2", C.sum_ints, 1, {})
  end)
end)

describe("plugins/errnos.c", function()
  it("keeps errno for Lua", function()
    local p = open("errnos", [[
      int fail_with(int); int leave_errno(void); int get_errno(void);
      int fail_after(int (*)(void), int);
      int errno_across(int, void (*)(void));
    ]])
    local C = p.C
    assert.are.equal(-1, C.fail_with(42))
    assert(io.open("/nonexistent") == nil)
    collectgarbage()
    assert.are.equal(42, plugin.errno())
    plugin.errno(7)
    assert.are.equal(7, C.get_errno())
    C.fail_after(function() C.fail_with(1) return 0 end, 9)
    assert.are.equal(9, plugin.errno())
    assert.are.equal(5, C.errno_across(5, function() C.leave_errno() end))
  end)
end)

describe("plugins/depends.c", function()
  it("calls what it is linked to, and exports its own only", function()
    local p = open("depends", "int depends(int); int shared_name(void);")
    assert.are.equal(2002, p.C.depends(1))
    assert.are.equal(2, p.C.shared_name())
    local symbol, message = p:lookup "dependency_only"
    assert.is_nil(symbol)
    assert.is_truthy(message:find "dependency%.so")
    local other = open "dependency"
    assert.are.equal(1001, other:lookup("dependency_only", "int (int)")(1))
    assert.are.equal(1, other:lookup("shared_name", "int (void)")())
  end)
end)

describe("plugins/lifetime.c", function()
  local DECLARED = [[
    typedef struct Object Object;
    Object *object_new(const char *); void object_free(Object *);
    int object_number(const Object *); const char *object_text(const Object *);
    int objects_alive(void);
    void remember(const char *); const char *recall(void);
    int call_within(int (*)(void));
  ]]

  it("has objects that are freed once, by a finaliser", function()
    local C = open("lifetime", DECLARED).C
    local object = plugin.gc(C.object_new "one", C.object_free)
    assert.are.equal("one", plugin.string(C.object_text(object)))
    assert.are.equal(1, C.objects_alive())
    object = nil                  -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.are.equal(0, C.objects_alive())
    do
      local other <close> = plugin.gc(C.object_new "two", C.object_free)
      assert.are.equal(2, C.object_number(other))
    end
    assert.are.equal(0, C.objects_alive())
  end)

  -- What the file itself says of being mapped and unmapped.
  local function mapped(script)
    local log = helper.fresh ".log"
    local ran = helper.script(([[
      local plugin = require "cplugin"
      local path, log = %q, %q
      local declared = %q
      local function said()
        local file <close> = io.open(log)
        return file and file:read "a" or ""
      end
    ]]):format(helper.own_sample "lifetime", log, DECLARED) .. script,
      {env = {LIFETIME_LOG = log}})
    assert.is_true(ran.ok, ran.err)
    return helper.exists(log) and helper.read(log) or ""
  end

  it("is unmapped by close, once", function()
    assert.are.equal("mapped\nunmapped\n", mapped [[
      local p = plugin.open(path)
      local ok, still = p:close()
      assert(ok == true and still == false)
      assert(said() == "mapped\nunmapped\n")
      assert(not pcall(p.lookup, p, "alive"))
    ]])
  end)

  it("is mapped once for two opens, and anew after a close", function()
    assert.are.equal("mapped\nunmapped\nmapped\nunmapped\n", mapped [[
      local p, q = plugin.open(path), plugin.open(path)
      assert(p == q)
      p:close()
      local r = plugin.open(path)
      assert(r ~= p)
      r:close()
    ]])
  end)

  it("stays mapped while a function of it is held", function()
    assert.are.equal("mapped\nunmapped\n", mapped [[
      local count
      do
        local p = plugin.open(path)
        count = p:lookup("objects_alive", "int (void)")
      end
      collectgarbage() collectgarbage()
      assert(said() == "mapped\n")
      assert(count() == 0)
      count = nil
      collectgarbage() collectgarbage()
      assert(said() == "mapped\nunmapped\n", said())
    ]])
  end)

  it("runs its finalisers before it is closed", function()
    assert.are.equal("mapped\nunmapped\n", mapped [[
      local p = plugin.open(path, {cdef = declared})
      local C = p.C
      local object = plugin.gc(C.object_new "x", C.object_free)
      local alive = p:lookup("alive", "int")
      local number = C.object_number
      assert(alive[0] == 1 and number(object) == 1)
      p:close()
      assert(not pcall(function() return alive[0] end))
      assert(not pcall(number, object))
    ]])
  end)

  it("stays mapped during a call that closes it", function()
    assert.are.equal("mapped\nunmapped\n", mapped [[
      local p = plugin.open(path, {cdef = declared})
      local within = p.C.call_within
      assert(within(function()
        p:close()
        assert(said() == "mapped\n")
        return 41
      end) == 42)
      collectgarbage() collectgarbage()
      assert(said() == "mapped\nunmapped\n")
    ]])
  end)

  it("is unmapped at the end, whatever is left open", function()
    assert.are.equal("mapped\nunmapped\n", mapped [[
      kept = plugin.open(path, {cdef = declared})
      object = plugin.gc(kept.C.object_new "x", kept.C.object_free)
      f = kept.C.objects_alive
    ]])
  end)
end)

describe("plugins/threads.c", function()
  it("never runs Lua on another thread", function()
    local ran = helper.script(([[
      local plugin = require "cplugin"
      local p = plugin.open(%q, {cdef =
        "int call_on_thread(int (*)(int), int);" ..
        "int call_on_threads(int (*)(int), int);"})
      local main, calls = coroutine.running(), 0
      local function count(x) calls = calls + 1 return x + 1 end
      local ok, value = pcall(p.C.call_on_thread, count, 1)
      assert(calls == 0)
      assert(not ok or value == 0)
      pcall(p.C.call_on_threads, count, 8)
      assert(calls == 0)
      assert(coroutine.running() == main)
    ]]):format(helper.own_sample "threads"))
    assert.is_nil(ran.signal)
    assert.is_true(ran.ok, ran.err)
  end)
end)

describe("plugins/described.c", function()
  it("needs no declaration", function()
    local p, why = plugin.open(helper.own_sample "described",
                               {debuginfo = true})
    if not p then
      return pending(why)
    end
    assert.equal(12.0, p.C.shape_area(p.C.shapes[1]))
    assert.equal(78.5, p.C.shape_area {kind = "CIRCLE", width = 10})
    assert.equal(40, p.C.shape_scale(p.C.shapes[1], 10).height)
    assert.equal(4, p.C.shapes[1].height)
    assert.equal("struct shape shapes[2]", p:lookup("shapes").declaration)
  end)
end)
