-- reentry_spec.lua - what runs in the middle of things: finalisers and
-- metamethods that close, free and declare while a value is on its way.

local helper = require "spec.helper"
local plugin = require "cplugin"

local SOURCE = [[
#include <complex.h>
#include <stdlib.h>
struct Config { int level; const char *name; };
struct Config config = {1, 0};
double _Complex wave = 1;
int addone(int x) { return x + 1; }
static int (*kept)(int);
void keep(int (*f)(int)) { kept = f; }
int fire(int x) { return kept(x); }
struct Named { const char *name; };
void pass(struct Named *n) { (void)n; }
]]

local DECLARED = [[
  struct Config { int level; const char *name; };
  extern struct Config config;
  extern double _Complex wave;
  int addone(int);
  void keep(int (*)(int));
  int fire(int);
  struct Named { const char *name; };
  void pass(_Inout_ struct Named *);
]]

local path

local function open()
  path = path or assert(helper.compile(SOURCE))
  local copy = helper.write(helper.fresh ".so", helper.read(path))
  return assert(plugin.open(copy, {cdef = DECLARED})), copy
end

local function collect()
  for _ = 1, 4 do collectgarbage() end
end

-- Calls use(...) while finalisers run at about every allocation, the k-th of
-- which does `act`. Gives what pcall does.
local function while_finalising(k, act, use, ...)
  collectgarbage "stop"
  local count, target = 0, nil
  local meta = {__gc = function()
    count = count + 1
    if count == target then act() end
  end}
  for _ = 1, 2000 do setmetatable({}, meta) end
  collectgarbage "restart"
  collectgarbage("incremental", 1, 1000, 1)
  while count == 0 do local _ = {} end
  target = count + k
  return pcall(use, ...)
end

-- Uses plugins while a finaliser closes them. Nothing may come of it but
-- "is closed".
local function while_closing(use)
  local _, copy = open()
  local raised = 0
  for k = 1, 60 do
    collectgarbage("incremental", 100, 100, 1)
    collectgarbage()
    local p = assert(plugin.open(copy, {cdef = DECLARED}))
    local ok, message = while_finalising(k, function() p:close() end, use, p)
    if not ok then
      assert.matches("is closed", message)
      raised = raised + 1
    end
    p:close()
  end
  collectgarbage("incremental", 200, 100, 13)
  return raised
end

describe("a function read back from memory", function()
  plugin.cdef "struct reentry_f { int (*f)(int); int (*list[2])(int); };"

  it("is its plugin's", function()
    local p = open()
    local s = plugin.new "struct reentry_f"
    s.f, s.list[1] = p.C.addone, p.C.addone
    local f, g = s.f, s.list[1]
    assert.equal(3, f(2))
    p:close()
    for _, h in ipairs {f, g} do
      assert.error_matches(function() h(1) end, "is closed")
    end
    assert.error_matches(function() return s.f(1) end, "is closed")
    f, g, p = nil, nil, nil         -- luacheck: ignore
    collect()
    assert.error_matches(function() return s.list[1](1) end, "is closed")
  end)
end)

describe("a callback that goes while it runs", function()
  it("ends its run first, collected", function()
    local p = open()
    p.C.keep(p:callback("int (int)", function(x)
      collect()
      return x + #("x"):rep(100)
    end))
    -- Whether it is still there is the collector's affair; it answers.
    local ok, answer = pcall(p.C.fire, 1)
    if ok then assert.equal(101, answer) end
    collect()
    assert.error_matches(function() p.C.fire(1) end, "dead callback")
  end)

  it("ends its run first, freed, with its types gone", function()
    local p = open()
    local q = open()
    q:cdef "struct Gone { long a[4]; };"
    local cb
    cb = q:callback("int (int)", function(x)
      cb:free()
      cb, q = nil, nil
      collect()
      return x + 1
    end)
    p.C.keep(cb)
    assert.equal(6, p.C.fire(5))
    assert.error_matches(function() p.C.fire(5) end, "dead callback")
  end)
end)

describe("what a value points at goes along", function()
  plugin.cdef "struct reentry_s { const char *name; };"

  it("in a cast", function()
    local text = ("ab"):rep(100)
    local one = plugin.new("struct reentry_s", {name = text})
    local two = plugin.cast("struct reentry_s", one)
    one, text = nil, nil            -- luacheck: ignore
    collect()
    assert.equal(("ab"):rep(100), plugin.string(two.name))
  end)

  it("through an argument that goes in and out", function()
    local p = open()
    local out = p.C.pass {name = ("ab"):rep(100)}
    collect()
    assert.equal(("ab"):rep(100), plugin.string(out.name))
  end)
end)

describe("closing in the middle", function()
  it("of an assignment to a variable", function()
    local p = open()
    local value = setmetatable({}, {__index = function() p:close() end})
    assert.error_matches(function() p.C.config = value end, "is closed")
  end)

  -- What is done, and how often it must have been too late.
  local rows = {
    {"reading a variable", function(p) return p.C.wave end},
    {"writing a variable", function(p) p.C.wave = {1, 2} end},
    {"looking up a variable", function(p)
      return p:lookup("config", "struct Config") end},
    {"looking up a function", function(p)
      return p:lookup("addone", "int (int)") end},
    {"looking up a symbol", function(p)
      assert(p:lookup "addone".name == "addone") end, 0},
    {"listing symbols", function(p)
      for symbol in p:symbols "a" do assert(symbol.name) end end},
    {"asking for information", function(p)
      assert(#p:info().path > 0) end, 0},
    {"closing", function(p) p:close() p:info() end},
  }
  for _, row in ipairs(rows) do
    it("of " .. row[1], function()
      assert.is_true(while_closing(row[2]) >= (row[3] or 1))
    end)
  end

  it("of listing the symbols of a file", function()
    local _, copy = open()
    local file = assert(plugin.inspect(copy))
    local next_symbol = file:symbols()
    assert.is_truthy(next_symbol())
    file:close()
    assert.error_matches(next_symbol, "closed")
  end)
end)

describe("initialisers that change their mind", function()
  it("have the length that they said first", function()
    local calls = 0
    local odd = setmetatable({}, {__len = function()
      calls = calls + 1
      return calls == 1 and 1 or 1000
    end, __index = function(_, i) return i > 0 and i or nil end})
    local a = plugin.new("int[]", odd)
    assert.equal(1, #a)
    assert.equal(4, plugin.sizeof(a))
  end)

  it("take no key that there is no place for", function()
    for k in ("abcdefghijklmnopqrstuvwxyz"):gmatch "." do
      assert.error_matches(function() plugin.new("int[1]", {[k] = 5, 1}) end,
        "has no element")
    end
  end)
end)

-- The metamethod of the part's table is called before the whole is done.
describe("an initialiser's table that changes on the way", function()
  plugin.cdef [[ union reentry_u { int row[2]; int other[2]; int n; };
                 struct reentry_with { union { int row[2]; int n; };
                                       int m; }; ]]

  local function initialise(type, key)
    local whole
    local row = setmetatable({}, {__index = function()
      whole.row, whole[key] = nil, 1
      return 1
    end})
    whole = {row = row}
    return pcall(plugin.new, type, whole)
  end

  it("has no key that is no member, either", function()
    for _, type in ipairs {"union reentry_u", "struct reentry_with"} do
      for _, key in ipairs {"none", 1, 2.5, true, print, plugin} do
        local ok, message = initialise(type, key)
        assert.is_false(ok)
        if not message:find "invalid key to 'next'" then
          assert.matches(key == "none" and "no member 'none'" or
                         "both names and numbers", message)
        end
      end
    end
  end)
end)

-- What is made at first use a finaliser may make first, or once more.
describe("a finaliser that comes to the same place", function()
  plugin.cdef "struct reentry_two { const char *a, *b; };"

  local function two(k, new, text)
    collectgarbage("incremental", 100, 100, 1)
    collectgarbage()
    local both, own = new(), plugin.new("char[4]", "own")
    local function store()
      both.a = own
      own = nil
    end
    assert(while_finalising(k, function()
      both.b = plugin.new("char[9]", "finalise")
    end, store))
    collectgarbage("incremental", 200, 100, 13)
    collect()
    for i = 1, 50 do text[i] = plugin.new("char[9]", "........") end
    assert.equal("own", plugin.string(both.a))
    assert.is_true(both.b == nil or plugin.string(both.b) == "finalise")
    return both.b ~= nil
  end

  it("keeps alive what is stored, as does who was there before", function()
    local stored = 0
    for k = 1, 120, 5 do
      stored = stored + (two(k, function()
        return plugin.new "struct reentry_two"
      end, {}) and 1 or 0)
      two(k, function()                         -- links by casts
        local room = plugin.new "char[16]"
        return plugin.cast("struct reentry_two *", room)
      end, {})
    end
    assert.is_true(stored > 5)
  end)

  it("finds the same variable, by names of any length", function()
    local long = ("long"):rep(15) .. 1
    local longer = ("long"):rep(15) .. 2
    local file = assert(helper.compile(
      ("int %s = 1, %s = 2, brief = 3;"):format(long, longer)))
    local values = {[long] = 1, [longer] = 2, brief = 3}
    for k = 1, 1900, 50 do
      collectgarbage("incremental", 100, 100, 1)
      collectgarbage()
      local p <close> = assert(plugin.open(file, {
        cdef = ("extern int %s, %s, brief;"):format(long, longer)}))
      local function read()
        for name, value in pairs(values) do
          assert.equal(value, p.C[name:sub(1, -2) .. name:sub(-1)])
        end
      end
      assert(while_finalising(k, function()
        read()
        read()
      end, function() return p.C[long] + p.C.brief end))
      collectgarbage("incremental", 200, 100, 13)
      collect()
      for _ = 1, 5 do read() end
    end
  end)

  it("leaves a text the type that it names", function()
    local function size(n)
      return plugin.sizeof(("char[%d]%60s"):format(n, ""))
    end
    for k = 1, 1900, 50 do
      collectgarbage("incremental", 100, 100, 1)
      collectgarbage()
      plugin.cdef(("typedef int reentry_t%d;"):format(k))
      assert(while_finalising(k, function()
        for n = 1, 16 do assert.equal(n, size(n)) end
      end, size, 20))
      collectgarbage("incremental", 200, 100, 13)
      collect()
      for n = 21, 60 do assert.equal(n, size(n)) end
    end
  end)

  it("lets go of what a callback has in Lua", function()
    local function kept()
      local n = 0
      for key, value in pairs(debug.getregistry()) do
        local meta = math.type(key) and type(value) == "table" and
                     getmetatable(value)
        n = n + (meta and meta.__mode and 1 or 0)
      end
      return n
    end
    local before, object = kept(), plugin.new "int[1]"
    for k = 1, 1900, 50 do
      collectgarbage("incremental", 100, 100, 1)
      collectgarbage()
      local cb = plugin.callback("int(int *)", function(p) return p[0] end)
      cb(object)
      assert(while_finalising(k, function()
        cb(object)
        cb(object)
      end, cb, object))
      cb:free()
    end
    collectgarbage("incremental", 200, 100, 13)
    assert.equal(before, kept())
  end)
end)

describe("a finaliser that calls the callback which gets its arguments",
function()
  it("leaves the run what C gave it", function()
    local a, b = plugin.new("int[1]", {3}), plugin.new("int[1]", {4})
    for k = 1, 600, 20 do
      collectgarbage("incremental", 100, 100, 1)
      collectgarbage()
      local cb <close> = plugin.callback("int(int *, int *)", function(x, y)
        return x[0] * 10 + y[0]
      end)
      local within, first, second
      assert(while_finalising(k, function()
        within = cb(b, a) + cb(b, a)
      end, function()
        first, second = cb(a, b), cb(a, b)
      end))
      collectgarbage("incremental", 200, 100, 13)
      assert.same({34, 34, 86}, {first, second, within})
    end
  end)
end)

describe("two scopes whose structs have the same names", function()
  it("do not share how callbacks get their arguments", function()
    local one, two = open(), open()
    one:cdef "struct A {}; struct B { long b[10]; };"
    two:cdef "struct A { long a[10]; }; struct B {};"
    local TYPE = "int (*)(struct A, struct B)"
    local a = one:callback(TYPE, function(_, b) return b.b[9] end)
    local b = two:callback(TYPE, function(x) return x.a[9] end)
    assert.equal(7, a(one:new "struct A", one:new("struct B", {{[10] = 7}})))
    assert.equal(8, b(two:new("struct A", {{[10] = 8}}), two:new "struct B"))
  end)
end)

describe("a metatype", function()
  it("reaches what already has a finaliser", function()
    plugin.cdef "struct reentry_m { int a; };"
    local x = plugin.gc(plugin.new "struct reentry_m", function() end)
    plugin.metatype("struct reentry_m", {__add = function() return 5 end})
    assert.equal(5, x + 1)
  end)
end)

-- Tagged #house: what checks memory keeps freed memory for a while.
describe("no memory is left behind #house", function()
  local function leaves_nothing(work)
    local function resident()
      work()
      collect()
      return tonumber(helper.read "/proc/self/statm":match "%d+ (%d+)")
    end
    local before = resident()
    assert.is_true((resident() - before) * 4096 < 2 << 20)
  end

  it("by text that does not parse", function()
    local p = open()
    leaves_nothing(function()
      for i = 1, 20000 do
        pcall(p.sizeof, p, "struct { int x; } nosuch" .. i .. " (")
      end
    end)
  end)

  it("by looking up the same function again", function()
    local p = open()
    assert.equal(p:lookup("addone", "int (int)"),
      p:lookup("addone", "int (int)"))
    leaves_nothing(function()
      for _ = 1, 100000 do
        p:lookup("addone", "int (int)")
      end
    end)
  end)

  it("by the same type made of another one again", function()
    local p = open()
    local T = p:typeof "struct { int x; }"
    leaves_nothing(function()
      for _ = 1, 100000 do
        p:typeof("int (*)($ *, $[3])", T, T)
        p:typeof("$[?]", T)
      end
    end)
  end)
end)

describe("metatype", function()
  local names = 0

  -- Sets a metatype of a struct that has cdata of several shapes, while the
  -- k-th finaliser does `act` with the struct's name.
  local function dressed(k, act)
    names = names + 1
    local name = "struct reentry_m" .. names
    plugin.cdef(name .. " { int v; };")
    local value = plugin.new(name)
    local list = plugin.new(name .. "[1]")
    local all = {value, list[0], plugin.addressof(value),
                 plugin.cast("const " .. name .. " *", value)}
    collectgarbage("incremental", 100, 100, 1)
    collectgarbage()
    assert(while_finalising(k, function() act(name) end, plugin.metatype,
                            name, {__len = function() return 7 end}))
    collectgarbage("incremental", 200, 100, 13)
    all[#all + 1] = plugin.addressof(list[0])
    return all
  end

  it("reaches what there is, whatever types finalisers make", function()
    local types = 0
    for k = 1, 120, 4 do
      for i, x in ipairs(dressed(k, function()
        for _ = 1, 40 do
          types = types + 1
          plugin.typeof(("char[%d]"):format(types))
        end
      end)) do
        assert.equal(7, #x, k .. ", " .. i)
      end
    end
  end)

  it("that a finaliser sets meanwhile is that of all", function()
    local last = 0
    for k = 1, 120, 4 do
      local all = dressed(k, function(name)
        plugin.metatype(name, {__len = function() return 8 end})
      end)
      for i, x in ipairs(all) do
        assert.equal(#all[1], #x, k .. ", " .. i)
      end
      last = last + (#all[1] == 8 and 1 or 0)
    end
    assert.is_true(last > 5)
  end)
end)

describe("arguments by value of calls within calls", function()
  it("are too much for C's stack at some depth", function()
    local p <close> = assert(plugin.open(assert(helper.compile [[
      struct big { char bytes[1 << 19]; };
      int deep(struct big b, int (*f)(int), int x) {
        return f(x) + b.bytes[0];
      }]])))
    p:cdef [[
      struct big { char bytes[1 << 19]; };
      int deep(struct big b, int (*f)(int), int x);
    ]]
    local big = p:new("struct big", {bytes = "\1"})
    local function depth(n)
      return n == 0 and 0 or
        p.C.deep(big, function(x) return depth(x - 1) end, n)
    end
    assert.equal(6, depth(6))
    assert.error_matches(function() depth(20) end,
      "'deep' cannot be called here: arguments by value of the calls around "
      .. "it leave no room")
    assert.equal(6, depth(6))
  end)
end)

describe("a plugin that a finaliser has brought back to life", function()
  for _, mode in ipairs {"incremental", "generational"} do
    it("is the one of its file still (" .. mode .. ")", function()
      collectgarbage(mode)
      local file = helper.own_sample "lifetime"
      local again, inside
      do
        local p = assert(plugin.open(file))
        setmetatable({p}, {__gc = function(t)
          again, inside = t[1], plugin.open(file)
        end})
        p = nil                   -- luacheck: ignore
      end
      collect()
      assert.is_userdata(again)
      assert.equal(again, inside)
      assert.equal(again, plugin.open(file))
      again:cdef "int objects_alive(void);"
      assert.equal(0, again.C.objects_alive())
      again:close()
      local new = plugin.open(file)
      assert.not_equal(again, new)
      new:close()
      collectgarbage "incremental"
    end)
  end
end)

-- C code that knows the Lua state calls Lua by its API, and in there a function
-- of C calls the callback, where the stack begins elsewhere.
describe("a callback within a C function of Lua's", function()
  it("runs, whatever is on the stack there", function()
    local file, why = helper.compile([[
      #include <lauxlib.h>
      static lua_State *state;
      static int (*saved)(int);
      static int within(lua_State *L) {
        int top = (int)lua_tointeger(L, 1);
        luaL_checkstack(L, top + 10, NULL);
        lua_settop(L, top);
        lua_pushinteger(L, saved(top));
        return 1;
      }
      int nested(int top, int (*f)(int)) {
        saved = f;
        luaL_checkstack(state, 10, NULL);
        lua_pushcfunction(state, within);
        lua_pushinteger(state, top);
        int failed = lua_pcall(state, 1, 1, 0);
        int result = failed ? -1 : (int)lua_tointeger(state, -1);
        lua_pop(state, 1);
        return result;
      }
      int start(lua_State *L) { state = L; return 0; }
    ]], {flags = "-I/usr/include/lua5.4"})
    if not file and why:find "lauxlib" then
      return pending "Lua's headers are elsewhere"
    end
    assert(package.loadlib(file, "start"))()
    local p <close> = assert(plugin.open(file))
    p:cdef "int nested(int top, int (*f)(int));"
    for top = 0, 30 do
      assert.equal(2 * top + 1, p.C.nested(top, function(n)
        return 2 * n + 1
      end))
      local fine, message = pcall(p.C.nested, top, function(n)
        error("at " .. n)
      end)
      assert.is_false(fine)
      assert.is_truthy(message:find("at " .. top .. "\nstack", 1, true),
                       message)
    end
  end)
end)

describe("opening many files", function()
  it("finds each again, and forgets those that are gone", function()
    local bytes = helper.read(helper.own_sample "lifetime")
    local names, open_ones = {}, {}
    for i = 1, 100 do
      names[i] = helper.write(helper.fresh ".so", bytes)
      open_ones[i] = assert(plugin.open(names[i]))
      plugin.typeof("struct { int x[" .. i .. "]; }")
    end
    collect()
    for i = 1, 100 do
      assert.equal(open_ones[i], plugin.open(names[i]))
      open_ones[i] = i % 2 == 0 and open_ones[i] or nil
    end
    collect()
    for i = 2, 100, 2 do
      assert.equal(open_ones[i], plugin.open(names[i]))
      open_ones[i]:close()
      assert.not_equal(open_ones[i], plugin.open(names[i]))
    end
  end)
end)

describe("after lua_close has come to the module", function()
  it("finalisers of older objects get errors", function()
    open()
    local result = helper.script([[
      local t = setmetatable({}, {__gc = function(t)
        print(pcall(tostring, t.p))
        print(pcall(function() return t.p:info() end))
        print(pcall(function() return t.s.declaration end))
        print(pcall(t.f, 1))
        print(pcall(t.g, 1))
      end})
      local plugin = require "cplugin"
      t.p = plugin.open(arg[1])
      t.s = t.p:lookup "addone"
      t.f = t.p:lookup("addone", "int (int)")
      t.g = t.p:lookup("addone", "int ()")
      assert(t.f(1) == 2 and t.g(1) == 2)
    ]], {args = {path}})
    assert.is_true(result.ok, result.err)
    local _, n = result.out:gsub("false\t[^\n]*closing", "")
    assert.equal(5, n, result.out)
  end)
end)
