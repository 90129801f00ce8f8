-- callback_spec.lua - C calls Lua: with what, and how long callbacks live.
-- What errors do is in callback_error_spec.lua.

local helper = require "spec.helper"
local plugin = require "cplugin"

local declarations = [[
  typedef int (*Handler)(int);
  int apply(Handler f, int x), apply_twice(Handler f, int x);
  double apply_double(double (*f)(double), double x);
  int each(int count, _Bool (*f)(int i, void *data), void *data);
  void keep(Handler handler); int call_kept(int x), has_kept(void);
  int call_kept_times(int x, int times); Handler get_kept(void);
  int twice(int x);
  struct Pair { int a, b; };
  struct Wide { long a; double b; long c; double d; };
  struct Pair swap_with(struct Pair (*f)(struct Pair), struct Pair pair);
  struct Wide widen_with(struct Wide (*f)(struct Wide, int), struct Wide, int);
  _Bool call_bool(_Bool (*f)(_Bool), _Bool x);
  signed char call_schar(signed char (*f)(signed char), signed char x);
  unsigned char call_uchar(unsigned char (*f)(unsigned char), unsigned char);
  short call_short(short (*f)(short), short x);
  unsigned call_uint(unsigned (*f)(unsigned), unsigned x);
  long long call_llong(long long (*f)(long long), long long x);
  unsigned long call_ulong(unsigned long (*f)(unsigned long), unsigned long);
  float call_float(float (*f)(float), float x);
  long double call_ldouble(long double (*f)(long double), long double x);
  void *call_pointer(void *(*f)(void *), void *x);
  const char *call_string(const char *(*f)(const char *), const char *x);
  void call_void(void (*f)(void));
  double call_many(double (*f)(int, double, long, float, short, double, char,
    double, long, double, int, double, long, double, int, double, long,
    double, int, double));
  int nest(int (*f)(int (*g)(int), int), int x);
  struct Events {
    void *data;
    int (*begin)(void *data, int id), (*end)(void *data, int id);
  };
  int run_events(const struct Events *events, int id);
]]

local p, C, errnos, threads

setup(function()
  p = assert(plugin.open(helper.sample "callbacks"))
  p:cdef(declarations)
  C = p.C
  errnos = assert(plugin.open(helper.sample "errnos"))
  errnos:cdef [[
    int fail_with(int code), fail_after(int (*f)(void), int code);
    int errno_across(int code, void (*f)(void)), leave_errno(void);
  ]]
  threads = assert(plugin.open(helper.sample "threads"))
  threads:cdef [[
    int call_on_thread(int (*f)(int), int x);
    int start_call(int (*f)(int), int x), finish_call(void);
  ]]
end)

local function refused(texts, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok, "no error")
  for _, text in ipairs(texts) do
    assert(tostring(message):find(text, 1, true),
           ("%q is missing in: %s"):format(text, message))
  end
  return message
end

describe("a callback", function()
  local rows = {
    {"call_bool", true}, {"call_bool", false}, {"call_schar", -128},
    {"call_uchar", 255}, {"call_short", -32768}, {"call_uint", 4294967295},
    {"call_llong", math.mininteger},
    {"call_ulong", (1 << plugin.sizeof "long" * 8) - 1},
    {"call_float", 0.25}, {"call_pointer", nil},
  }

  for _, row in ipairs(rows) do
    it(("of %s is given %s and gives it back"):format(row[1], row[2]),
       function()
      local given
      local result = C[row[1]](function(x)
        given = x
        return x
      end, row[2])
      assert.equal(row[2], given)
      assert.equal(row[2], result)
    end)
  end

  it("takes and gives structs by value", function()
    local pair = C.swap_with(function(x)
      return {a = x.b, b = x.a}
    end, {1, 2})
    assert.equal(2, pair.a)
    assert.equal(1, pair.b)
    local wide = C.widen_with(function(x, n)
      x.a, x.d = x.a * n, x.d * n
      return x
    end, {1, 2, 3, 4}, 10)
    assert.same({10, 2.0, 3, 40.0}, {wide.a, wide.b, wide.c, wide.d})
  end)

  it("gets a struct that stays when the call is over", function()
    local kept
    C.swap_with(function(x)
      kept = x
      return x
    end, {7, 8})
    C.swap_with(function(x) return x end, {1, 1})
    assert.equal(7, kept.a)
    assert.equal(8, kept.b)
  end)

  it("takes long double, pointers and strings", function()
    local half = C.call_ldouble(function(x) return x / 2 end, 1)
    assert.equal(0.5, p:tonumber(half))
    local array = p:new "int[2]"
    local got = C.call_pointer(function(x) return x end, array)
    assert.equal(p:address(array), p:address(got))
    local text = C.call_string(function(x)
      assert.equal("hello", p:string(x))
      return x
    end, "hello")
    assert.equal("hello", p:string(text))
  end)

  it("has string parameters as Lua strings", function()
    local seen
    local cb <close> = p:callback("const char *(string s)", function(s)
      seen = s
    end)
    C.call_string(cb, "abc")
    assert.equal("abc", seen)
    C.call_string(cb, nil)
    assert.is_nil(seen)
  end)

  it("has more parameters than registers", function()
    local sum = 0
    C.call_many(function(...)
      for i = 1, 20 do
        assert.equal(i, select(i, ...))
        sum = sum + (select(i, ...))
      end
      return sum
    end)
    assert.equal(210.0, sum)
  end)

  it("may be given a C function, and call it", function()
    assert.equal(42, C.nest(function(g, x) return g(x) + 2 end, 20))
  end)

  it("gives nothing where C wants nothing, and needs a result else",
     function()
    C.call_void(function() return 1, 2, 3 end)
    refused({"callback", "argument #1 of 'apply'", "'int'", "nil"}, C.apply,
            function() end, 1)
    refused({"callback", "'int'", "string"}, C.apply,
            function() return "x" end, 1)
    refused({"'int'", "out of range"}, C.apply,
            function() return 1 << 31 end, 1)
    refused({"'unsigned char'", "out of range"}, C.call_uchar,
            function() return 256 end, 1)
  end)

  it("cannot give C a Lua string or function", function()
    refused({"'const char *'", "string", "new"}, C.call_string,
            function() return "text" end, "x")
    refused({"callback"}, C.call_pointer, function() return print end, nil)
  end)

  it("is given pointers of the plugin, which end with that", function()
    local q = assert(plugin.open(assert(helper.compile [[
      int n = 7; void give(void (*f)(int *)) { f(&n); }
    ]])))
    q:cdef "void give(void (*f)(int *));"
    local kept, other
    q.C.give(function(pointer) kept = pointer end)
    q.C.give(p:callback("void (int *)", function(x)
      C.apply(function(y) return y end, 1)        -- not p's, for all that
      other = x
    end))
    assert.equal(7, kept[0])
    assert.equal(7, other[0])
    q:close()
    refused({"is closed"}, function() return kept[0] end)
    refused({"is closed"}, function() return other[0] end)
  end)

  it("cannot be variadic", function()
    refused({"variadic"}, p.callback, p, "int (int, ...)", print)
  end)
end)

describe("pointers that a callback is given", function()
  local each                      -- each(count, f(i, data), data)

  setup(function()
    each = C.each
  end)

  it("lead where C says, whatever the run before was given", function()
    local memory = p:new "int[3]"
    local a, b = memory + 0, memory + 2
    local given = {}
    local callback <close> = p:callback("_Bool (int, void *)",
      function(i, data)
        given[#given + 1] = data or "nil"
        return i < 2
      end)
    for _, data in ipairs {a, false, b, b, a, false, a, b, a} do
      each(3, callback, data or nil)
    end
    local at = {}
    for i, data in ipairs(given) do
      at[i] = data ~= "nil" and plugin.address(data) - plugin.address(memory)
    end
    assert.same({0, 0, 0, false, false, false, 8, 8, 8, 8, 8, 8, 0, 0, 0,
                 false, false, false, 0, 0, 0, 8, 8, 8, 0, 0, 0}, at)
  end)

  it("stay what they are when C goes on", function()
    local qsort = plugin.open():lookup("qsort", "void (void *, size_t, "
      .. "size_t, int (*)(const int *, const int *))")
    local values, state = {}, 1
    for i = 1, 500 do
      state = state * 16807 % 2147483647
      values[i] = state
    end
    local array = plugin.new("int[?]", #values, values)
    local pointers, addresses = {}, {}
    qsort(array, #values, 4, function(a, b)
      pointers[#pointers + 1], pointers[#pointers + 2] = a, b
      addresses[#addresses + 1] = plugin.address(a)
      addresses[#addresses + 1] = plugin.address(b)
      if #pointers % 100 == 0 then
        collectgarbage()
      end
      return a[0] - b[0]
    end)
    table.sort(values)
    assert.same(values, plugin.totable(array))
    for i, pointer in ipairs(pointers) do
      assert.equal(addresses[i], plugin.address(pointer))
    end
  end)

  it("have no finaliser that an earlier one got", function()
    local finalised, data, kept = 0, p:new "int[1]", nil
    each(6, function(i, pointer)
      if i == 3 then
        kept = p:gc(pointer, function() finalised = finalised + 1 end)
      elseif i > 3 then
        assert.is_false(rawequal(kept, pointer))
      end
      return true
    end, data)
    assert.equal(0, finalised)
    kept = nil
    collectgarbage()
    collectgarbage()
    assert.equal(1, finalised)
  end)

  it("are of a struct as soon as that is complete", function()
    local q <close> = assert(plugin.open(assert(helper.compile [[
      void six(void (*f)(int, void *), void *data) {
        for (int i = 1; i <= 6; i++) f(i, data);
      }
    ]])))
    q:cdef "void six(void (*)(int, struct Late *), struct Late *);"
    local memory = q:new("int[2]", {5, 6})
    local seen = {}
    q.C.six(function(i, late)
      if i == 4 then
        q:cdef "struct Late { int a, b; };"
      end
      seen[i] = select(2, pcall(function() return late.b end))
    end, q:cast("struct Late *", memory))
    assert.matches("incomplete", seen[3])
    assert.same({6, 6}, {seen[5], seen[6]})
  end)

  it("are of the plugin that calls", function()
    local path = assert(helper.compile [[
      _Bool one(_Bool (*f)(int, void *), void *data) { return f(1, data); }
    ]])
    local q = assert(plugin.open(path))
    q:cdef "_Bool one(_Bool (*)(int, void *), void *);"
    local ours, theirs = {}, {}
    local list
    local callback <close> = p:callback("_Bool (int, void *)",
      function(_, pointer)
        list[#list + 1] = pointer
        return true
      end)
    local memory = p:new "int[1]"
    for _ = 1, 4 do
      list = ours
      each(1, callback, memory)
      each(1, callback, memory)
      list = theirs
      q.C.one(callback, memory)
      q.C.one(callback, memory)
    end
    q:close()
    assert.same({8, 8}, {#ours, #theirs})
    for i = 1, 8 do
      assert.equal(0, p:cast("int *", ours[i])[0])
      refused({"is closed"}, p.cast, p, "int *", theirs[i])
    end
  end)

  it("are not kept by a callback that stays", function()
    local seen = setmetatable({}, {__mode = "k"})
    local callback <close> = p:callback("_Bool (int, void *)",
      function(_, pointer)
        seen[pointer] = true
        return true
      end)
    each(5, callback, p:new "int[1]")
    assert.is_truthy(next(seen))
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(seen))
  end)
end)

describe("a callback for a call", function()
  it("is dead when the call is over", function()
    C.keep(function(x) return x + 1 end)
    refused({"'call_kept'", "dead callback", "argument #1 of 'keep'"},
            C.call_kept, 1)
    C.keep(nil)
  end)

  it("is that function in calls within, and on other coroutines", function()
    local q <close> = assert(plugin.open(assert(helper.compile [[
      static int (*kept)(int);
      int outer(int (*f)(int), int x, int (*g)(int)) {
        kept = f;
        int sum = f(x);
        sum += g(x);
        return sum + f(x) + g(x);
      }
      int fire(int x) { return kept(x); }
      int fire_with(int a, int b, int c, int d, int x, int (*h)(int)) {
        int sum = h(x) + a + b + c + d;
        sum += kept(x);
        return sum + h(x);
      }
    ]])))
    q:cdef [[
      int outer(int (*f)(int), int, int (*g)(int)), fire(int);
      int fire_with(int, int, int, int, int, int (*h)(int));
    ]]
    local ran = {}
    local function f(x) ran[#ran + 1] = "f" return x + 1 end
    local function h(x) ran[#ran + 1] = "h" return 10 * x end
    local function within(x)
      return q.C.fire(x) + q.C.fire_with(1, 2, 3, 4, x, h)
    end
    local function g(x)
      ran[#ran + 1] = "g"
      return within(x) + coroutine.wrap(within)(x)
    end
    local sum = 2 * (6 + 2 * (6 + 50 + 10 + 6 + 50))
    for _ = 1, 2 do
      ran = {}
      assert.equal(sum, q.C.outer(f, 5, g))
      assert.equal("fgfhfhfhfh" .. "fgfhfhfhfh", table.concat(ran))
      local failed = 0
      refused({"BOOM"}, q.C.outer, f, 5, function(x)
        failed = failed + 1
        pcall(q.C.fire_with, 1, 2, 3, 4, x, function() error "within" end)
        error "BOOM"
      end)
      assert.equal(2, failed)
    end
  end)

  it("answers zero when it is dead", function()
    local called
    C.keep(function() called = true return 5 end)
    local cb <close> = p:callback("int (int)", function(x)
      local ok, message = pcall(C.call_kept_times, x, 3)
      assert.is_false(ok)
      assert.truthy(message:find("dead callback", 1, true))
      return 1
    end)
    assert.equal(1, C.apply(cb, 2))
    assert.is_nil(called)
    C.keep(nil)
  end)

  it("leaves nothing behind when another argument is refused", function()
    local f = setmetatable({}, {__mode = "k"})
    local function try()
      local own = function() return 1 end
      f[own] = true
      assert.is_false(pcall(C.apply, own, "x"))
    end
    try()
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(f))
  end)

  it("leaves nothing behind when it has thrown", function()
    local f = setmetatable({}, {__mode = "k"})
    local function try()
      local up = {}
      local own = function() error(up) end
      f[own] = true
      assert.is_false(pcall(C.apply, own, 1))
    end
    try()
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(f))
  end)
end)

describe("callback()", function()
  it("lives with its cdata", function()
    local cb = p:callback("int (int)", function(x) return x * 3 end)
    C.keep(cb)
    collectgarbage()
    assert.equal(21, C.call_kept(7))
    assert.equal(21, cb(7))
    cb:free()
    cb:free()
    refused({"'call_kept'", "dead callback"}, C.call_kept, 7)
    C.keep(nil)
  end)

  it("takes a function type, a pointer and a typedef", function()
    for _, type in ipairs {"int (int)", "int (*)(int)", "Handler"} do
      local cb <close> = p:callback(type, function(x) return x end)
      assert.equal(4, C.apply(cb, 4))
    end
  end)

  it("ends with <close>", function()
    do
      local cb <close> = p:callback("Handler", function(x) return x end)
      C.keep(cb)
      assert.equal(1, C.call_kept(1))
    end
    refused({"dead callback"}, C.call_kept, 1)
    C.keep(nil)
  end)

  it("ends when it is collected", function()
    C.keep(p:callback("Handler", function(x) return x end))
    collectgarbage()
    collectgarbage()
    refused({"dead callback"}, C.call_kept, 1)
    C.keep(nil)
  end)

  it("that is freed is refused as an argument", function()
    local cb = p:callback("Handler", function(x) return x end)
    cb:free()
    refused({"bad argument #1 to 'apply'", "freed"}, C.apply, cb, 1)
    refused({"dead callback"}, cb, 1)
  end)

  it("gives C its onerror", function()
    -- What C got is only seen by C: apply_twice hands it on.
    local seen = {}
    local both <close> = p:callback("Handler", function(x)
      seen[#seen + 1] = x
      if #seen == 1 then
        error "first"
      end
      return x
    end, {onerror = 99})
    refused({"first"}, C.apply_twice, both, 5)
    assert.same({5, 99}, seen)
    refused({"'int'"}, p.callback, p, "Handler", print, {onerror = "x"})
  end)

  it("gives C zero without onerror", function()
    local seen = {}
    refused({"first"}, C.apply_twice, function(x)
      seen[#seen + 1] = x
      if #seen == 1 then
        error "first"
      end
      return x
    end, 5)
    assert.same({5, 0}, seen)
  end)

  it("has 10,000 alive at once, each with its function", function()
    local list = {}
    for i = 1, 10000 do
      list[i] = p:callback("Handler", function(x) return x + i end)
    end
    for i = 1, 10000, 7 do
      assert.equal(i + 1, C.apply(list[i], 1))
    end
    for i = 1, 10000, 2 do
      list[i]:free()
    end
    for i = 2, 10000, 14 do
      assert.equal(i + 2, C.apply(list[i], 2))
    end
  end)

  it("reuses places late", function()
    local cb = p:callback("Handler", function() return 1 end)
    C.keep(cb)
    cb:free()
    local list = {}
    for i = 1, 50 do
      list[i] = p:callback("Handler", function() return 2 end)
    end
    refused({"dead callback"}, C.call_kept, 1)
    for i = 1, 50 do
      list[i]:free()
    end
    C.keep(nil)
  end)
end)

describe("a callback in memory", function()
  it("is kept alive by the struct that has it", function()
    local events = p:new "struct Events"
    events.begin = p:callback("int (void *, int)",
                              function(_, id) return id * 10 end)
    collectgarbage()
    collectgarbage()
    assert.equal(30, C.run_events(events, 3))
    assert.equal(40, events.begin(nil, 4))
    local copy = p:new("struct Events", events)
    events.begin = nil
    collectgarbage()
    collectgarbage()
    assert.equal(30, C.run_events(copy, 3))
    assert.equal(0, C.run_events(events, 3))
    copy.begin = nil
    assert.equal(0, C.run_events(copy, 3))
  end)

  it("is kept alive by a plugin's variable", function()
    local q <close> = assert(plugin.open(assert(helper.compile [[
      int (*hook)(int); int run(int x) { return hook ? hook(x) : -1; }
    ]])))
    q:cdef "int (*hook)(int); int run(int x);"
    q.C.hook = q:callback("int (int)", function(x) return x + 1 end)
    collectgarbage()
    collectgarbage()
    assert.equal(6, q.C.run(5))
    q.C.hook = nil
    assert.equal(-1, q.C.run(5))
  end)

  it("is no bare Lua function", function()
    local events = p:new "struct Events"
    refused({"member 'begin'", "struct Events", "callback"}, function()
      events.begin = print
    end)
    refused({"callback"}, p.new, p, "struct Events", {begin = print})
    refused({"callback"}, p.new, p, "Handler", print)
    refused({"callback"}, C.run_events, {begin = print}, 1)
  end)
end)

describe("errno", function()
  it("is not changed by callbacks", function()
    assert.equal(11, errnos.C.errno_across(11, function()
      io.open("/nowhere/at/all")
      errnos.C.fail_with(5)
    end))
    errnos.C.fail_with(7)
    assert.equal(7, plugin.errno())
    local inside
    errnos.C.fail_after(function()
      inside = {plugin.errno()}
      errnos.C.fail_with(9)
      return 1
    end, 13)
    assert.same({7}, inside)
    assert.equal(13, plugin.errno())
  end)
end)

describe("a callback that is called elsewhere", function()
  it("on another thread answers zero and is reported", function()
    local called
    refused({"'call_on_thread'", "argument #1 of 'call_on_thread'",
             "thread"}, threads.C.call_on_thread, function()
      called = true
      return 5
    end, 1)
    assert.is_nil(called)
  end)

  it("on a thread while no call runs answers zero, and is reported later",
     function()
    local cb <close> = threads:callback("int (int)", function() return 5 end)
    -- The thread may be faster than the call that starts it.
    local reports = {}
    for _, f in ipairs {threads.C.start_call, threads.C.finish_call} do
      local ok, message = pcall(f, cb, 1)
      if not ok then
        reports[#reports + 1] = message
      end
    end
    assert.equal(1, #reports)
    assert.truthy(reports[1]:find("thread", 1, true))
  end)

  it("after lua_close answers zero", function()
    local path = assert(helper.compile [[
      #include <stdio.h>
      #include <stdlib.h>
      struct Pair { long a; double b; char c[9]; };
      static int (*f)(int); static struct Pair (*g)(int);
      static void last(void) {
        struct Pair pair = {1, 1, "x"};
        if (g) pair = g(1);
        printf("%d %ld %g %d\n", f(1), pair.a, pair.b, pair.c[0]);
        fflush(stdout);
      }
      void at_end(int (*h)(int), struct Pair (*i)(int)) {
        f = h; g = i; atexit(last);
      }
    ]])
    local result = helper.script(([[
      local plugin = require "cplugin"
      local p = plugin.open(%q, {resident = true})
      p:cdef "struct Pair { long a; double b; char c[9]; };"
      p:cdef "void at_end(int (*)(int), struct Pair (*)(int));"
      local cb = p:callback("int (int)", function() return 5 end)
      local other = p:callback("struct Pair (int)", function() return {5} end)
      p.C.at_end(cb, other)
      print "made"
    ]]):format(path))
    assert.equal("made\n0 0 0 0\n", result.out)
    assert.equal(0, result.code)
  end)
end)

describe("a callback's type", function()
  it("is told apart from another plugin's of the same name", function()
    -- The same text, another size behind the hidden pointer; which the ABI
    -- of x86-64 lets C give itself, so that it sees what is written.
    for _, n in ipairs {40, 3, 5, 17} do
      local path = assert(helper.compile(([[
        struct Big { long a[%d]; };
        long sum(struct Big (*f)(long)) {
          struct { long before; struct Big big; long after; } all = {7};
          all.after = 8;
          #if defined(__x86_64__)
          ((void *(*)(void *, long))f)(&all.big, 2);
          #else
          all.big = f(2);
          #endif
          long s = 0;
          for (int i = 0; i < %d; i++) s += all.big.a[i];
          return all.before == 7 && all.after == 8 ? s : -1;
        }
      ]]):format(n, n)))
      local q <close> = assert(plugin.open(path))
      q:cdef(("struct Big { long a[%d]; }; long sum(struct Big (*)(long));")
             :format(n))
      local cb <close> = q:callback("struct Big (long)", function(x)
        local big = q:new "struct Big"
        for i = 0, n - 1 do
          big.a[i] = x
        end
        return big
      end)
      assert.equal(2 * n, q.C.sum(cb))
      refused({"BOOM"}, q.C.sum, function() error "BOOM" end)
      assert.equal(n, q.C.sum(function(x)
        local big = q:new "struct Big"
        big.a[0] = x // 2 * n
        return big
      end))
    end
  end)
end)

describe("a debugger", function()
  it("sees through calls and callbacks", function()
    local q <close> = assert(plugin.open(assert(helper.compile [[
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <execinfo.h>
      #include <string.h>
      int sees(const char *name, ...) {
        void *frames[200];
        int n = backtrace(frames, 200), seen = 0;
        for (int i = 0; i < n; i++) {
          Dl_info info;
          if (dladdr(frames[i], &info) && info.dli_sname != NULL)
            seen += strcmp(info.dli_sname, name) == 0;
        }
        return seen;
      }
      int around(int (*f)(void)) { return f() + 0; }
      double around_double(double (*f)(double), ...) { return f(1) + 0; }
    ]])))
    q:cdef [[
      int sees(const char *name, ...), around(int (*f)(void));
      double around_double(double (*f)(double), ...);
    ]]
    assert.equal(1, q.C.around(function() return q.C.sees "around" end))
    local double <close> = q:callback("double (double)", function()
      return q.C.sees "around_double" + q.C.sees "lua_pcallk" / 1000
    end)
    local seen = q.C.around_double(double)
    assert.equal(1, seen // 1)
    assert.is_true(seen % 1 >= 2 / 1000)        -- Lua's frames around, too
  end)
end)
