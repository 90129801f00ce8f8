-- close_spec.lua - p:close(), <close> and garbage collection: at once for
-- Lua, unmapped when nothing can reach the file, finalisers in order.

-- Variables set to nil let go of what they held:
-- luacheck: ignore 241 311 331

local helper = require "spec.helper"
local plugin = require "cplugin"

local function copy(name)
  local path = helper.fresh ".so"
  return helper.write(path, helper.read(helper.sample(name)))
end

local function is_mapped(path)
  return helper.read "/proc/self/maps":find(path, 1, true) ~= nil
end

local function collect()
  for _ = 1, 3 do
    collectgarbage()
  end
end

local function closed(name, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.truthy(tostring(message):find("plugin '" .. name .. "' is closed", 1,
    true), message)
end

local TEXT = [[
  extern int counter; extern int table[4]; extern const char *title;
  extern int *current; extern const int limit;
  struct Config { int level; char host[12]; struct { int x, y; } origin; };
  extern struct Config config; extern struct Config *active;
  extern int (*operation)(int, int);
  int get_counter(void); int operate(int, int); int not_there(void);
  enum { ONE = 1 }; typedef int number;
]]

local function open()
  local path = copy "variables"
  local p = assert(plugin.open(path, {cdef = TEXT}))
  return p, path
end

describe("close", function()
  it("returns true, and whether the file is still mapped", function()
    local p, path = open()
    assert.equal(3, p.C.counter)
    assert.equal(3, p.C.get_counter())
    assert.is_true(is_mapped(path))
    assert.same({true, false}, {p:close()})
    assert.is_false(is_mapped(path))
    assert.same({true, false}, {p:close()})
  end)

  it("makes the plugin's methods and p.C raise", function()
    local p, path = open()
    local C, get = p.C, p.C.get_counter
    local next_name, state = pairs(C)
    local symbols = p:symbols()
    assert.truthy(symbols())
    p:close()
    for _, name in ipairs {"lookup", "cdef", "sizeof", "new", "cast",
        "typeof", "alignof", "offsetof", "istype", "info", "symbols",
        "string", "metatype", "reflect", "callback"} do
      closed(path, p[name], p, "int", 0)
    end
    closed(path, function() return p.C end)
    closed(path, function() return C.counter end)
    closed(path, function() C.counter = 1 end)
    closed(path, function() return C.operate end)
    closed(path, function() return C.ONE end)
    closed(path, function() return C.undeclared end)
    closed(path, pairs, C)
    closed(path, next_name, state)
    closed(path, symbols)
    closed(path, get)
    closed(path, C.get_counter)
    closed(path, plugin.address, get)
    closed(path, plugin.cast, "intptr_t", get)
    assert.equal("plugin '" .. path .. "' (closed)", tostring(p))
  end)

  it("makes everything that came from it raise", function()
    local p, path = open()
    local C = p.C
    local things = {
      pointer = p:lookup("counter", "int"),
      constant = p:lookup("limit", "int"),
      array = C.table, record = C.config, nested = C.config.origin,
      active = C.active, current = C.current,
      cast = p:cast("char *", p:lookup("counter", "int")),
      moved = p:lookup("counter", "int") + 1,
      view = plugin.view(C.current, 1),
      address = plugin.addressof(C.config),
    }
    local operation, get = C.operation, p:lookup("get_counter", "int (void)")
    local title, host, symbol = C.title, C.config.host, p:lookup "counter"
    local bound = p:lookup("get_counter"):as("int (void)")
    p:close()
    for name, thing in pairs(things) do
      closed(path, function() return thing[0] or thing.level or thing.x end)
      closed(path, function() thing[0] = 1 end)
      if name ~= "address" then
        closed(path, plugin.fill, thing, 1)
      end
    end
    closed(path, function() return things.record.level end)
    closed(path, function() things.record.level = 1 end)
    closed(path, function() things.nested.x = 1 end)
    closed(path, function() return #things.array end)
    closed(path, function() return things.pointer + 1 end)
    closed(path, function() return things.moved - things.pointer end)
    closed(path, plugin.string, title)
    closed(path, plugin.string, host)
    closed(path, plugin.cast, "char *", things.pointer)
    closed(path, plugin.totable, things.array)
    closed(path, pairs, things.record)
    closed(path, operation, 1, 2)
    closed(path, get)
    closed(path, bound)
    for _, field in ipairs {"name", "kind", "size", "address", "as"} do
      closed(path, function() return symbol[field] end)
    end
    closed(path, symbol)
    for _, thing in pairs(things) do
      assert.equal("string", type(tostring(thing)))
    end
    assert.equal("symbol 'counter' (variable, 4 bytes)", tostring(symbol))
  end)

  it("leaves what Lua's memory owns, types and metatypes too", function()
    local p, path = open()
    p:cdef "struct Mine { int a; char b[4]; };"
    local ct = p:metatype("struct Mine", {__index = {
      twice = function(self) return self.a * 2 end}})
    local o = p:new("struct Mine", 21, "abc")
    local copy_of = p:new("struct Config", p.C.config)
    assert.same({true, true}, {p:close()})
    collect()
    assert.is_false(is_mapped(path))
    assert.equal(21, o.a)
    assert.equal("abc", plugin.string(o.b))
    assert.equal(42, o:twice())
    assert.equal(14, ct(7):twice())
    assert.equal("localhost", plugin.string(copy_of.host))
    assert.equal(8, plugin.sizeof(ct))
    assert.equal(5, plugin.new(ct, 5).a)
  end)

  it("unmaps once the last thing that points into it is gone", function()
    local p, path = open()
    local held = p.C.config
    assert.same({true, true}, {p:close()})
    collect()
    assert.is_true(is_mapped(path))
    closed(path, function() return held.level end)
    held = nil
    p = nil
    collect()
    assert.is_false(is_mapped(path))
  end)

  it("does not wait for what info() has told", function()
    local p, path = open()
    local info = p:info()
    assert.same({true, false}, {p:close()})
    assert.is_false(is_mapped(path))
    assert.equal("variables.so", info.soname)
  end)

  -- In a process of its own, whose heap is small: in some of many tries the
  -- collector comes to the finaliser while info() makes its table. What info()
  -- reads must be there until it has all; after that it may be gone at once.
  it("waits while info() reads the file", function()
    local ran = helper.script([[
      local plugin = require "cplugin"
      local reading, within, wrong, during = false, 0, 0, false
      for try = 1, 300 do
        local p = assert(plugin.open(arg[1]))
        setmetatable({}, {__gc = function()
          local mapped = select(2, p:close())
          if reading then
            during = mapped
          elseif mapped then
            wrong = wrong + 1
          end
        end})
        collectgarbage("incremental", 1, 1000)
        for _ = 1, try do local _ = {} end
        local ok, info = pcall(function()
          local method = p.info
          reading = true
          return method(p)
        end)
        reading = false
        if ok then
          assert(info.soname == "variables.so" and info.needed[1])
          within = within + (during and 1 or 0)
        else                      -- it came before info() began
          assert(info:find "is closed", info)
        end
        during = false
        collectgarbage("incremental", 200, 100)
      end
      print(within > 0, wrong)
    ]], {args = {helper.sample "variables"}})
    assert.equal("true\t0\n", ran.out, ran.err)
  end)

  it("does not wait for functions, which cannot be called any more",
  function()
    local p, path = open()
    local f = p.C.get_counter
    assert.same({true, false}, {p:close()})
    assert.is_false(is_mapped(path))
    closed(path, f)
  end)

  it("waits for functions whose address was given away", function()
    local p, path = open()
    local q = assert(plugin.open(copy "variables", {cdef = TEXT}))
    p:cdef "int operate(int, int);"
    q.C.operation = p.C.operate
    local mapped = select(2, p:close())
    assert.is_true(mapped)
    collect()
    assert.is_true(is_mapped(path))
    assert.equal(7, q.C.operate(3, 4))
    q.C.operation = nil
    p = nil
    collect()
    assert.is_false(is_mapped(path))
  end)

  it("frees callbacks' memory, not callbacks of Lua", function()
    local p = open()
    local f = plugin.callback("int (int, int)", function(a, b)
      return a * b
    end)
    p.C.operation = f
    p:close()
    assert.equal(12, f(3, 4))
    f:free()
  end)

  it("is what <close> does", function()
    local kept, path
    do
      local p <close>, name = open()
      kept, path = p.C.get_counter, name
      assert.equal(3, kept())
    end
    closed(path, kept)
    assert.is_false(is_mapped(path))
    pcall(function()
      local p <close> = plugin.open(path)
      kept = p:lookup("get_counter", "int (void)")
      error "leaves"
    end)
    closed(path, kept)
  end)

  it("lets the file be opened again, as a new Plugin", function()
    local p, path = open()
    local f = p.C.get_counter
    p.C.counter = 9
    p:close()
    local q = assert(plugin.open(path))
    assert.is_false(rawequal(p, q))
    assert.equal(3, q:lookup("get_counter", "int (void)")())
    assert.is_false((pcall(function() return q.C.counter end)))
    closed(path, f)
    closed(path, p.lookup, p, "counter")
    assert.is_true(rawequal(q, plugin.open(path)))
  end)

  it("lets it be opened again while something still points into it",
  function()
    local p, path = open()
    local held = p.C.config
    p.C.counter = 9
    p:close()
    local q = assert(plugin.open(path, {cdef = TEXT}))
    assert.equal(9, q.C.counter)  -- the file was never unmapped
    closed(path, function() return held.level end)
    held = nil
    collect()
    assert.equal(9, q.C.get_counter())
    assert.is_true(is_mapped(path))
  end)

  it("in a callback ends the plugin after the call", function()
    local p, path = open()
    local during, inner
    p.C.operation = plugin.callback("int (int, int)", function(a, b)
      inner = {p:close()}
      during = is_mapped(path)
      closed(path, function() return p.C end)
      collect()
      return a + b + 100
    end)
    local operate = p.C.operate
    assert.equal(107, operate(3, 4))
    assert.same({true, true}, inner)
    assert.is_true(during)
    closed(path, operate, 3, 4)
    p, operate = nil, nil
    collect()
    assert.is_false(is_mapped(path))
  end)

  it("in a callback that throws is the same", function()
    local path = copy "lifetime"
    local p = assert(plugin.open(path))
    local call = p:lookup("call_within", "int (int (*)(void))")
    local ok, message = pcall(call, function()
      p:close()
      error "in the callback"
    end)
    assert.is_false(ok)
    assert.truthy(message:find "in the callback")
    p, call = nil, nil
    collect()
    assert.is_false(is_mapped(path))
  end)

  it("of the running program does nothing", function()
    assert.same({true, true}, {plugin.open():close()})
    plugin.cdef "int abs(int);"
    assert.equal(4, plugin.C.abs(-4))
  end)

  it("takes a plugin", function()
    local p = open()
    assert.is_false((pcall(p.close)))
    assert.is_false((pcall(p.close, {})))
    p:close()
  end)
end)

describe("a plugin that nobody holds", function()
  local function drop(take)
    local p, path = open()
    local held = take(p)
    p = nil
    collect()
    return held, path
  end

  it("is unmapped", function()
    local _, path = drop(function() end)
    assert.is_false(is_mapped(path))
  end)

  local rows = {
    {"function", function(p) return p.C.get_counter end,
     function(f) return f() == 3 end},
    {"pointer", function(p) return p:lookup("counter", "int") end,
     function(n) n[0] = 3 return n[0] == 3 end},
    {"reference", function(p) return p.C.config end,
     function(c) return c.level == 2 end},
    {"member", function(p) return p.C.config.origin end,
     function(o) return o.y == 6 end},
    {"pointer from C", function(p) return p.C.title end,
     function(t) return plugin.string(t) == "untitled" end},
    {"function pointer", function(p) return p.C.operation end,
     function(f) return f(3, 4) == 7 end},
    {"p.C", function(p) return p.C end,
     function(C) return C.counter == 3 and C.operate(1, 1) == 2 end},
    {"method with its plugin", function(p)
       return function(...) return p:lookup(...) end
     end, function(f) return f("counter", "int")[0] == 3 end},
    {"Symbol", function(p) return p:lookup "counter" end,
     function(s) return s:as("int")[0] == 3 end},
    {"symbols()", function(p) return p:symbols() end,
     function(f) return type(f().name) == "string" end},
    {"pairs", function(p) return {pairs(p.C)} end,
     function(t) return t[1](t[2]) == "counter" end},
  }
  for _, row in ipairs(rows) do
    it("stays mapped while its " .. row[1] .. " is held", function()
      local held, path = drop(row[2])
      assert.is_true(is_mapped(path))
      assert.is_true(row[3](held))
      held = nil
      collect()
      assert.is_false(is_mapped(path))
    end)
  end

  it("does not need what it exports to Lua types", function()
    local ct, path = drop(function(p) return p:typeof "struct Config" end)
    assert.is_false(is_mapped(path))
    assert.equal(5, ct(5).level)
  end)
end)

describe("finalisers", function()
  local LIFE = [[
    struct Object; struct Object *object_new(const char *);
    void object_free(struct Object *); void object_free_noted(struct Object *);
    int object_number(const struct Object *); int objects_alive(void);
    extern int freed[32]; extern int freed_count; extern int alive;
  ]]

  local function life()
    local path = copy "lifetime"
    local p = assert(plugin.open(path, {cdef = LIFE}))
    return p, path
  end

  it("of the plugin's functions run before it goes, newest first", function()
    local p = life()
    local keep = plugin.open(p:info().path)
    assert.is_true(rawequal(p, keep))
    local result = helper.script([[
      local plugin = require "cplugin"
      local path, text = ...
      local p = plugin.open(path, {cdef = text, resident = true})
      local objects = {}
      for i = 1, 5 do
        objects[i] = plugin.gc(p.C.object_new("x"), p.C.object_free_noted)
      end
      plugin.gc(objects[2], nil)
      objects[6] = plugin.gc(objects[2], p.C.object_free_noted)
      p:close()
      local q = plugin.open(path, {cdef = text})
      local list = {}
      for i = 0, q.C.freed_count - 1 do list[i + 1] = q.C.freed[i] end
      print(table.concat(list, " "), q.C.objects_alive())
    ]], {args = {helper.sample "lifetime", LIFE}})
    assert.equal("2 5 4 3 1\t0\n", result.out, result.err)
  end)

  it("of other values run if they are functions of the plugin", function()
    local result = helper.script([[
      local plugin = require "cplugin"
      local path, text = ...
      local p = plugin.open(path, {resident = true})
      local new = p:lookup("object_new", "void *(const char *)")
      local free = p:lookup("object_free_noted", "void (void *)")
      local function later(o) print("later", o ~= nil) end
      local objects = {}
      for i = 1, 4 do
        objects[i] = plugin.cast("void *", plugin.address(new "x"))
      end
      plugin.gc(objects[1], free)
      plugin.gc(objects[2], later)
      plugin.gc(objects[3], free)
      plugin.gc(objects[4], free)
      plugin.gc(objects[2], free)
      plugin.gc(objects[4], later)
      p:close()
      local q = plugin.open(path, {cdef = text})
      local list = {}
      for i = 0, q.C.freed_count - 1 do list[i + 1] = q.C.freed[i] end
      print(table.concat(list, " "), q.C.objects_alive())
    ]], {args = {helper.sample "lifetime", LIFE}})
    assert.equal("2 3 1\t1\nlater\ttrue\n", result.out, result.err)
  end)

  it("may be Lua functions that call the plugin", function()
    local p, path = life()
    local order, objects = {}, {}
    for i = 1, 3 do
      objects[i] = plugin.gc(p.C.object_new "x", function(o)
        order[#order + 1] = p.C.object_number(o)
        p.C.object_free(o)
      end)
    end
    local count = p.C.objects_alive
    assert.equal(3, count())
    p:close()
    assert.same({3, 2, 1}, order)
    closed(path, count)
  end)

  it("that throw do not stop the others; close tells the first", function()
    local p, path = life()
    local ran, objects = {}, {}
    for i = 1, 3 do
      objects[i] = plugin.gc(p.C.object_new "x", function(o)
        p.C.object_free(o)
        ran[#ran + 1] = i
        if i > 1 then error("number " .. i, 0) end
      end)
    end
    local ok, message = pcall(p.close, p)
    assert.is_false(ok)
    assert.equal("number 3", message)
    assert.same({3, 2, 1}, ran)
    closed(path, p.lookup, p, "alive")
    assert.same({true, true}, {p:close()})
  end)

  it("may close the plugin themselves", function()
    local p, path = life()
    local object = plugin.gc(p.C.object_new "x", function(o)
      p.C.object_free(o)
      p:close()
    end)
    assert.is_true((p:close()))
    closed(path, p.lookup, p, "alive")
    assert.truthy(object)
  end)

  it("do not run twice", function()
    local p = life()
    local count = 0
    local object = plugin.gc(p.C.object_new "x", function(o)
      p.C.object_free(o)
      count = count + 1
    end)
    p:close()
    object = nil
    collect()
    assert.equal(1, count)
    assert.is_nil(object)
  end)

  it("that are not the plugin's are left alone", function()
    local p, q = life(), life()
    local count = 0
    local own = plugin.gc(plugin.new "int", function() count = count + 1 end)
    local other = plugin.gc(q.C.object_new "x", q.C.object_free)
    p:close()
    assert.equal(0, count)
    assert.equal(1, q.C.objects_alive())
    own, other = nil, nil
    collect()
    assert.equal(1, count)
    assert.equal(0, q.C.objects_alive())
    assert.is_nil(own or other)
  end)

  it("run when the object is collected, which keeps the plugin", function()
    local p, path = life()
    local object = plugin.gc(p.C.object_new "x", p.C.object_free)
    p = nil
    collect()
    assert.is_true(is_mapped(path))
    assert.is_true(#tostring(object) > 0)
    object = nil
    collect()
    assert.is_false(is_mapped(path))
  end)
end)

-- What happens at lua_close is seen from outside.

describe("lua_close", function()
  local HEAD = [[
    local plugin = require "cplugin"
    local path = ...
    p = assert(plugin.open(path, {cdef = [=[
      struct Object; struct Object *object_new(const char *);
      void object_free(struct Object *); int objects_alive(void);
      extern int alive; extern int freed[32];
      int call_within(int (*)(void)); ]=]}))
    C = p.C
    C.alive = 0
  ]]
  local scripts = {
    ["with nothing alive"] = "p = nil C = nil",
    ["with a plugin"] = "",
    ["with objects that have finalisers"] = [[
      objects = {}
      for i = 1, 50 do
        objects[i] = plugin.gc(C.object_new("x"), C.object_free)
      end]],
    ["with finalisers that are Lua functions"] = [[
      for i = 1, 50 do
        _G["object" .. i] = plugin.gc(C.object_new("x"), function(o)
          C.object_free(o)
          assert(p:lookup("alive", "int")[0] >= 0)
        end)
      end]],
    ["with finalisers of Lua that come later"] = [[
      setmetatable({}, {__gc = function()
        pcall(C.objects_alive)
        pcall(function() return C.alive end)
        pcall(p.close, p)
        pcall(plugin.open, path)
        pcall(plugin.new, "int [5]")
      end})]],
    ["with pointers, callbacks and links"] = [[
      f = plugin.callback("int (void)", function() return 1 end)
      assert(C.call_within(f) == 2)
      n = p:lookup("alive", "int")
      a = C.freed
      holder = p:new("int (*[2])(void)", {f, f})]],
    ["in the middle of things"] = [[
      p:close() p2 = plugin.open(path) s = p2:lookup "alive"
      iterator = p2:symbols()
      os.exit(0, true)]],
    ["from a callback"] = [[
      plugin.gc(C.object_new("x"), C.object_free)
      C.call_within(function() os.exit(0) return 1 end)]],
    ["of a coroutine's plugin"] = [[
      co = coroutine.wrap(function()
        local q <close> = plugin.open(path)
        local n = q:lookup("alive", "int")
        while true do coroutine.yield(n[0]) end
      end)
      co()]],
    ["with an error"] = [[
      object = plugin.gc(C.object_new("x"), C.object_free)
      local keep <close> = p
      pcall(error, object) ]],
  }
  for name, text in pairs(scripts) do   -- under valgrind where that is run
    it(name .. " ends well", function()
      local result = helper.script(HEAD .. text,
        {args = {helper.sample "lifetime"}})
      assert.equal("", result.err .. result.out)
      assert.equal(0, result.code)
    end)
  end

  it("unmaps after the last finaliser", function()
    local log = helper.fresh ".log"
    local result = helper.script(HEAD .. [[
      objects = {}
      for i = 1, 5 do
        objects[i] = plugin.gc(C.object_new("x"), function(o)
          C.object_free(o)
          if C.objects_alive() == 0 then
            local file = io.open(os.getenv "LIFETIME_LOG", "a")
            file:write "last\n"
            file:close()
          end
        end)
      end
    ]], {args = {helper.sample "lifetime"}, env = {LIFETIME_LOG = log}})
    assert.equal(0, result.code, result.err)
    assert.equal("mapped\nlast\nunmapped\n", helper.read(log))
  end)
end)
