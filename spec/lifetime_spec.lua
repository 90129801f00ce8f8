-- lifetime_spec.lua - no order of open, look up, call, store, collect, close
-- and end crashes; what came from a closed plugin says so.

local helper = require "spec.helper"

local under = helper.wrap ~= "" and 25 or 1  -- fewer where all is slow

-- Objects are never freed: reading what C has freed is nobody's to stop.
local library = [[
  struct Object { int number; char text[12]; };
  static struct Object objects[1000];
  int alive;
  struct Object *object_new(const char *text) {
    struct Object *object = &objects[alive++ % 1000];
    object->number = alive;
    __builtin_strncpy(object->text, text ? text : "none", 11);
    return object;
  }
  void object_free(struct Object *object) {
    if (object)
      object->number = 0;
  }
  const char *object_text(const struct Object *object) {
    return object ? object->text : "none";
  }
  static const char *remembered = "";
  void remember(const char *text) { remembered = text; }
  const char *recall(void) { return "recalled"; }
  int call_within(int (*f)(void)) { return f ? f() + 1 : 0; }
]]

-- One process: `runs` random orders from `seed`, in `mode`. Ends with what
-- is still alive, so that lua_close has it to clear away.
local walker = [[
local plugin = require "cplugin"
local path, seed, runs, steps, mode = arg[1], tonumber(arg[2]),
  tonumber(arg[3]), tonumber(arg[4]), arg[5]
local copies = {path, arg[6]}

local DECLARED = [=[
  struct Object { int number; char text[12]; };
  struct Object *object_new(const char *text);
  void object_free(struct Object *object);
  const char *object_text(const struct Object *object);
  extern int alive;
  void remember(const char *text);
  const char *recall(void);
  int call_within(int (*f)(void));
  struct Pair { const char *name; struct Object *object;
                struct Pair *next; int (*f)(void); };
]=]

plugin.cdef [=[struct Shared { struct Shared *p; const char *s;
                              struct Shared *next; };]=]

local things                      -- what the script holds, in any order
local opened                      -- plugins ever opened
local told = {closed = 0, steps = 0}

local function any(list)
  return list[math.random(1, math.max(1, #list))]
end

local function keep(x)
  if math.random() < 0.7 then
    things[math.random(1, 12)] = x
  end
  return x
end

local act = {}

-- Misuse throws, and much here is misuse; memory is not out, though, and
-- nothing of the module's own shows through.
local faults = {"not enough memory", "error in error handling", "%(null%)",
                "stack overflow"}

local function try(f, ...)
  local ok, message = pcall(f, ...)
  if ok then
    return message
  end
  message = tostring(message)
  told.closed = told.closed + (message:find "is closed" and 1 or 0)
  for i = 1, #faults do
    if message:find(faults[i]) then
      io.stderr:write("unexpected: ", message, "\n")
      os.exit(3)
    end
  end
end

function act.open()
  local p = assert(plugin.open(any(copies)))
  opened[#opened + 1] = p
  if #opened > 6 then
    table.remove(opened, 1)
  end
  try(p.cdef, p, DECLARED)
  keep(p)
end

function act.close()
  local p = any(opened)
  if p then p:close() end
end

function act.forget() things[math.random(1, 12)] = nil end
function act.forget_plugin() table.remove(opened, 1) end
function act.step() collectgarbage("step", math.random(0, 50)) end
function act.full() if math.random() < 0.3 then collectgarbage() end end
function act.mode()
  collectgarbage(math.random() < 0.5 and "generational" or "incremental")
end

function act.object()
  local p = any(opened)
  if not p then return end
  local o = p.C.object_new("text" .. math.random(9))
  if math.random() < 0.5 then plugin.gc(o, p.C.object_free) end
  keep(o)
end

function act.new()
  local p = any(opened)
  if not p then return end
  keep(p:new("struct Pair", {name = "n" .. math.random(100)}))
  keep(p:new("struct Pair[4]"))
end

function act.shared()
  keep(plugin.new("struct Shared", {s = "s" .. math.random(100)}))
end

function act.store()
  local a, b = any(things), any(things)
  local field = any {"next", "p", "s", "object", "name", "f", 0, 1}
  a[field] = b
end

function act.read()
  local a = any(things)
  local x = a[any {"next", "p", "s", "object", "name", "f", 0, 1, "text"}]
  keep(x)
  if type(x) == "userdata" then tostring(x) end
end

function act.text()
  local a = any(things)
  if type(a) ~= "userdata" then return end
  local s = a.s or a.name
  if s and plugin.string(s):match "^%a+%d*$" == nil then
    io.stderr:write("a string has changed: ", plugin.string(s), "\n")
    os.exit(4)
  end
end

function act.func()
  local p = any(opened)
  if not p then return end
  keep(p.C[any {"object_new", "object_text", "recall", "call_within"}])
  keep(p:lookup "object_new")
  keep(p:lookup("alive", "int"))
end

function act.call()
  local f = any(things)
  if type(f) == "function" then keep(f("called" .. math.random(9))) end
end

function act.variable()
  local p = any(opened)
  if not p then return end
  p.C.alive = p.C.alive
end

function act.callback()
  keep(plugin.callback("int(void)", function()
    try(any {act.close, act.open, act.full, act.forget, act.object})
    if math.random() < 0.2 then error "on purpose" end
    return 7
  end))
end

function act.within()
  local p = any(opened)
  if not p then return end
  local f = any(things)
  if type(f) ~= "userdata" or math.random() < 0.6 then
    f = function()
      try(any {act.close, act.open, act.full, act.object, act.forget_plugin})
      if math.random() < 0.2 then error "on purpose" end
      return 1
    end
  end
  p.C.call_within(f)
end

function act.free()
  local x = any(things)
  if type(x) == "userdata" then x:free() end
end

function act.shut()
  local x <close> = any(things)
end

-- Finalisers that do all that they should not.
function act.finaliser()
  local x = any(things)
  if type(x) ~= "userdata" then return end
  local other = any(things)
  plugin.gc(x, function(it)
    try(any {act.close, act.open, act.new, act.object, act.read, act.func})
    try(function() return it.next, it[0], it.text, tostring(it) end)
    if math.random() < 0.2 then things[math.random(1, 12)] = it end
    if math.random() < 0.2 then error "on purpose" end
    return other
  end)
end

function act.table_finaliser()
  local held = {any(things), any(things), any(opened)}
  keep(setmetatable(held, {__gc = function(t)
    try(function() return t[1].next, t[1][0], tostring(t[1]) end)
    try(function() return t[2](t[1]) end)
    try(function() return t[3]:new("struct Pair", {name = "n"}) end)
    try(function() return t[3].C.object_new("gc") end)
    things[math.random(1, 12)] = t[math.random(1, 3)]
  end}))
end

function act.type()
  local p, q = any(opened), any(opened)
  if not p then return end
  local t = q:typeof "struct Pair"
  keep(p:new(p:typeof("struct { $ inner; $ *pointer; }", t, t)))
  keep(t)
end

function act.metatype()
  local p = any(opened)
  if not p then return end
  p:metatype("struct Pair", {__index = {m = function() return 1 end},
                             __len = function() return 3 end})
end

function act.cast()
  local x = any(things)
  if plugin.istype("struct Shared", x) then
    keep(plugin.cast("struct Shared *", plugin.cast("void *", x)))
  end
  keep(plugin.addressof(any(things)))
end

local names = {}
for name in pairs(act) do names[#names + 1] = name end
table.sort(names)

local function walk()
  for _ = 1, steps do
    told.steps = told.steps + 1
    try(act[any(names)])
  end
end

warn "@off"
for i = 1, runs do
  math.randomseed(seed, i)
  things, opened = {}, {}
  act.open()
  if mode == "coroutine" then
    local walks = {}
    for k = 1, 4 do
      walks[k] = coroutine.wrap(function()
        for _ = 1, steps // 4 do
          told.steps = told.steps + 1
          try(act[any(names)])
          coroutine.yield()
        end
      end)
    end
    for _ = 1, steps // 4 do
      for k = 1, 4 do walks[k]() end
    end
  else
    walk()
  end
end
print(told.steps, told.closed)
]]

local one, two
local function walk(seed, runs, steps, mode)
  one = one or assert(helper.compile(library))
  two = two or assert(helper.compile(library))
  local result = helper.script(walker, {seconds = 300, args = {
    one, tostring(seed), tostring(math.max(1, runs // under)),
    tostring(steps), mode, two}})
  assert.message(("seed %d, mode %s: code %s signal %s\n%s%s"):format(
    seed, mode, result.code, result.signal, result.out, result.err))
    .is_true(result.ok)
  return result.out
end

describe("random orders", function()
  for seed = helper.seed, helper.seed + 2 do
    it("in one Lua state, seed " .. seed, function()
      walk(seed, 1000, 100, "plain")
    end)
    it("in coroutines, seed " .. seed, function()
      walk(seed, 200, 100, "coroutine")
    end)
  end
  it("that end with all alive, from seed " .. helper.seed, function()
    for i = 1, math.max(2, 40 // under) do
      walk(helper.seed + i, 1, 60, "plain")
    end
  end)
  it("meet closed plugins often", function()
    local steps, closed = walk(7, 50 * under, 100, "plain"):match
      "(%d+)%s+(%d+)"
    assert.is_true(tonumber(closed) > tonumber(steps) / 100)
  end)
end)

-- Fixed orders, each in a process of its own; `SO` is the library.
local function script(text)
  one = one or assert(helper.compile(library))
  local result = helper.script("local plugin, SO = require 'cplugin', arg[1] "
    .. "warn '@off' local function all() for _ = 1, 4 do collectgarbage() "
    .. "end end\n" .. text, {args = {one}})
  assert.message(("code %s, signal %s\n%s%s"):format(result.code,
    result.signal, result.out, result.err)).is_true(result.ok)
  return result.out
end

describe("finalisers", function()
  it("of tables older than the plugin reach what died with them", function()
    assert.are.equal("true\t7\t0\n7\n", script [[
      local saved
      do
        local keep = setmetatable({}, {__gc = function(t)
          print(pcall(function() return t.x.a, t.x.b.q end))
          saved = t
        end})
        local p = plugin.open(SO)
        p:cdef "struct own { int a; struct { int q; } b; };"
        keep.x = p:new("struct own", {7})
      end
      all()
      print(saved.x.a)
    ]])
  end)
  it("of cdata reach their type and plugin", function()
    assert.are.equal("3\ttext\n", script [[
      do
        local p = plugin.open(SO)
        p:cdef "struct Object { int number; char text[12]; };\
                struct Object *object_new(const char *);"
        local o = p.C.object_new "text"
        o.number = 3
        plugin.gc(o, function(it)
          print(it.number, plugin.string(it.text))
        end)
      end
      all()
    ]])
  end)
  it("at lua_close call functions", function()
    assert.are.equal("cdata\t5\ntable\ttrue\n", script [[
      kept = setmetatable({}, {__gc = function(t)
        print("table", (pcall(t.f, "x")))
      end})
      local p = plugin.open(SO)
      p:cdef "struct Object *object_new(const char *); int alive;"
      kept.f = p.C.object_new
      p.C.alive = 5
      x = plugin.gc(plugin.new "int", function()
        print("cdata", p.C.alive)
      end)
    ]])
  end)
  it("of tables older than the module are told that all is over", function()
    one = one or assert(helper.compile(library))
    local result = helper.script([[
      older = setmetatable({}, {__gc = function(t)
        for _, f in ipairs(t) do
          local ok, message = pcall(f)
          print(ok, (tostring(message):match "closing"))
        end
      end})
      local plugin = require "cplugin"
      local p = plugin.open(arg[1])
      p:cdef "struct Object *object_new(const char *); int alive;"
      local T, o = plugin.typeof "int[3]", plugin.new "int[1]"
      local f = p.C.object_new
      for _, g in ipairs {function() return f "x" end,
          function() return T() end, function() return o[0] end,
          function() o[0] = 1 end, function() return p.C.alive end,
          function() return plugin.open(arg[1]) end,
          function() return plugin.sizeof "long" end,
          function() return p:close() end, function() return o + 1 end,
          function() local _ <close> = o end,
          function() return tostring(o), #o, o == T end} do
        older[#older + 1] = g
      end
    ]], {args = {one}})
    assert.are.equal(("false\tclosing\n"):rep(11), result.out)
  end)
  it("close the plugin, open others, and throw", function()
    assert.are.equal("done\n", script [[
      for i = 1, 200 do
        local p = plugin.open(SO)
        p:cdef "struct S { int a; }; int call_within(int (*f)(void));"
        plugin.gc(p:new "struct S", function(it)
          if i % 3 == 0 then pcall(p.close, p) end
          local q = plugin.open(SO)
          plugin.gc(q:new "int[2]", function() pcall(q.close, q) error "e" end)
          keep = i % 7 == 0 and it or keep
          if i % 2 == 0 then error "on purpose" end
        end)
        if i % 5 == 0 then pcall(p.close, p) end
        if i % 11 == 0 then all() end
      end
      print "done"
    ]])
  end)
end)

describe("a closed plugin", function()
  it("has all that came from it raise", function()
    assert.are.equal("", script [[
      local p = plugin.open(SO)
      p:cdef "struct Object { int number; char text[12]; };\
              struct Object *object_new(const char *); extern int alive;\
              const char *recall(void);"
      local o, text = p.C.object_new "x", p.C.recall()
      local part, alive = o.text, p:lookup("alive", "int")
      local f, C, symbol = p.C.object_new, p.C, p:lookup "alive"
      p:close()
      for i, try in ipairs {
        function() return o.number end, function() o.number = 1 end,
        function() return o[0] end, function() return part[0] end,
        function() return #part end, function() return alive[0] end,
        function() alive[0] = 1 end, function() return f "x" end,
        function() return C.alive end, function() C.alive = 1 end,
        function() return o + 1 end, function() return o == part end,
        function() return plugin.string(text) end,
        function() return plugin.copy(part, "x") end,
        function() return plugin.cast("int *", o) end,
        function() return plugin.address(o) end,
        function() return plugin.addressof(part) end,
        function() return plugin.totable(part) end,
        function() return p:lookup "alive" end,
        function() return p:new "int" end,
        function() return p:cdef "int q;" end,
        function() return symbol:as "int" end,
        function() return plugin.new("int *[1]", {alive}) end,
        function() return plugin.gc(o, nil).number end,
      } do
        local ok, message = pcall(try)
        if ok or not tostring(message):find "is closed" then
          print(i, ok, message)
        end
      end
      assert(tostring(o):find "closed" and tostring(p):find "closed")
      assert(p:close())
    ]])
  end)

  it("is not jumped into by pointers that it left in memory", function()
    local path = assert(helper.compile [[
      struct vt { int (*seven)(void); const char *name; };
      static int seven(void) { return 7; }
      static struct vt v = {seven, "vt"};
      struct vt get(void) { return v; }
      void fill(struct vt *p) { *p = v; }
      void fill_all(struct vt *p, int n) { while (n-- > 0) p[n] = v; }
      struct vt *all(void) { return &v; }
    ]])
    assert.are.equal("", script(("local SO = %q\n"):format(path) .. [[
      local p = plugin.open(SO)
      local vt = "struct vt { int (*seven)(void); const char *name; };"
      p:cdef(vt .. "struct vt get(void); void fill(struct vt *);\
             void fill_all(struct vt *p, int n); struct vt *all(void);")
      plugin.cdef(vt)
      local list = {p.C.get(), p:new "struct vt", plugin.new "struct vt"}
      p.C.fill(list[2])
      p.C.fill(list[3])
      list[4] = p:new("struct vt", p.C.all()[0])
      list[5] = p:new("struct vt", list[1])
      list[6] = p:new "struct vt[2]"
      p.C.fill_all(list[6], 2)
      list[6] = list[6][1]
      local f = list[1].seven
      for _, x in ipairs(list) do
        assert(x.seven() == 7 and plugin.string(x.name) == "vt")
      end
      p:close()
      p = nil
      all()
      list[#list + 1] = {seven = f}
      for i, x in ipairs(list) do
        local ok, message = pcall(function() return x.seven() end)
        if ok or not message:find "is closed" then print(i, message) end
      end
    ]]))
  end)
end)

describe("several Lua states in one process", function()
  it("share libraries, and end in any order", function()
    assert.are.equal("1\n2\n3\n", script [[
      plugin.cdef "typedef struct lua_State lua_State;\
        lua_State *luaL_newstate(void); void luaL_openlibs(lua_State *);\
        int luaL_loadstring(lua_State *, const char *);\
        int lua_pcallk(lua_State *, int, int, int, intptr_t, void *);\
        const char *lua_tolstring(lua_State *, int, size_t *);\
        void lua_close(lua_State *);"
      local C = plugin.C
      local text = ("package.path, package.cpath, SO = %q, %q, %q "):format(
        package.path, package.cpath, SO) .. [=[
        local plugin = require "cplugin"
        p = plugin.open(SO)
        p:cdef "struct Object *object_new(const char *); extern int alive;\
                int call_within(int (*f)(void));"
        for i = 1, 20 do o = p.C.object_new("x") end
        cb = plugin.callback("int(void)", function() return 1 end)
        assert(p.C.call_within(cb) == 2)
        plugin.gc(plugin.new "int", function() p.C.alive = 0 end)
        if math.random() < 0.5 then p:close() end
      ]=]
      for round = 1, 3 do
        local states = {}
        for i = 1, 8 do
          local L = C.luaL_newstate()
          C.luaL_openlibs(L)
          assert(C.luaL_loadstring(L, text) == 0)
          if C.lua_pcallk(L, 0, 0, 0, 0, nil) ~= 0 then
            error(plugin.string(C.lua_tolstring(L, -1, nil)))
          end
          table.insert(states, math.random(#states + 1), L)
        end
        for _, L in ipairs(states) do C.lua_close(L) end
        print(round)
      end
    ]])
  end)
end)
