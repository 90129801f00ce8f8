-- owner_spec.lua - who keeps what alive: pointers their owner, memory what
-- is stored in it, and no longer than it is stored.

local cdata = require "spec.cdata"
local helper = require "spec.helper"
local plugin = require "cplugin"

local modes = {"incremental", "generational"}

-- Collects all, and overwrites what was freed.
local function collect()
  for _ = 1, 3 do collectgarbage() end
  local junk = {}
  for i = 1, 200 do junk[i] = ("\255"):rep(i * 4) end
  assert(#junk == 200)
end

local function in_modes(name, f)
  for _, mode in ipairs(modes) do
    it(name .. " (" .. mode .. ")", function()
      collectgarbage(mode)
      f()
      collectgarbage "incremental"
    end)
  end
end

plugin.cdef [[
  struct owner_node { int value; struct owner_node *next; };
  struct owner_item { const char *name; void *data; int (*f)(int);
                      struct owner_node *node; };
  struct owner_list { struct owner_item items[3]; struct owner_item one; };
  union owner_any { const char *text; void *pointer; long number; };
]]

describe("what leads into Lua memory keeps it alive", function()
  local rows = {
    {"a pointer by addressof", function(x) return plugin.addressof(x) end},
    {"a cast pointer", function(x)
      return plugin.cast("struct owner_node *", x) end},
    {"a void pointer cast back", function(x)
      return plugin.cast("struct owner_node *", plugin.cast("void *", x))
    end},
    {"pointer arithmetic", function(x)
      return plugin.cast("struct owner_node *", x) + 1 - 1 end},
    {"an element of a pointer", function(x)
      return plugin.addressof(x)[0] end},
    {"a view", function(x) return plugin.view(plugin.addressof(x), 1) end},
  }
  for _, row in ipairs(rows) do
    in_modes(row[1], function()
      local weak = setmetatable({}, {__mode = "k"})
      local derived
      do
        local x = plugin.new("struct owner_node", {value = 77})
        weak[x] = true
        derived = row[2](x)
      end
      collect()
      assert.are.equal(77, derived.value)
      derived = 0                 -- luacheck: ignore
      collect()
      assert.is_nil(next(weak))
    end)
  end

  in_modes("a member, an element, a row", function()
    local member = plugin.new("struct owner_list").items[1]
    local row = plugin.new("int[3][4]", {{1}, {2}, {3}})[2]
    collect()
    member.name = "kept"
    collect()
    assert.are.equal("kept", plugin.string(member.name))
    assert.are.equal(3, row[0])
  end)

  in_modes("a pointer into a string", function()
    local s = plugin.cast("const char *", ("x"):rep(100) .. "y")
    collect()
    assert.are.equal("y", plugin.string(s + 100))
  end)
end)

describe("what is stored in Lua memory", function()
  -- How to make the value and store it; how to look whether it lives.
  local function stored(make, store, check, overwrite)
    local weak = setmetatable({}, {__mode = "v"})
    local place = plugin.new "struct owner_list"
    do
      local value = make()
      weak[1] = value
      store(place, value)
    end
    collect()
    check(place, weak[1])
    overwrite(place)
    collect()
    assert.is_nil(weak[1])
  end

  local function node() return plugin.new("struct owner_node", {5}) end
  local function same_node(place)
    assert.are.equal(5, place.one.node.value)
  end
  local rows = {
    {"a cdata in a member", node,
     function(l, v) l.one.node = v end, same_node,
     function(l) l.one.node = nil end},
    {"a cdata, overwritten by another", node,
     function(l, v) l.one.node = v end, same_node,
     function(l) l.one.node = node() end},
    {"a cdata by way of a table", node,
     function(l, v) l.one = {node = v} end, same_node,
     function(l) l.one = {} end},
    {"a cdata by way of a struct", node,
     function(l, v) l.one = plugin.new("struct owner_item", {node = v}) end,
     same_node,
     function(l) l.one = plugin.new "struct owner_item" end},
    {"a cdata in a copied array", node,
     function(l, v)
       l.items[0].node = v
       l.one = l.items[0]
       l.items = {}
     end, same_node,
     function(l) l.one = {} end},
    {"a cdata by copy()", node,
     function(l, v)
       local item = plugin.new("struct owner_item", {node = v})
       plugin.copy(l.one, item, plugin.sizeof(item))
     end, same_node,
     function(l) plugin.fill(l.one, plugin.sizeof "struct owner_item") end},
    {"a callback", function()
       return plugin.callback("int(int)", function(x) return x * 2 end)
     end,
     function(l, v) l.one.f = v end,
     function(l) assert.are.equal(8, l.one.f(4)) end,
     function(l) l.one.f = nil end},
    {"a bound function", function()
       return plugin.C.abs
     end,
     function(l, v) l.one.f = v end,
     function(l) assert.are.equal(4, l.one.f(-4)) end,
     function(l) l.one.f = nil plugin.C.abs = nil end, skip = true},
  }
  plugin.cdef "int abs(int);"
  for _, row in ipairs(rows) do
    in_modes(row[1], function()
      if row.skip then
        local place = plugin.new "struct owner_list"
        row[3](place, row[2]())
        collect()
        row[4](place)
        return
      end
      stored(row[2], row[3], row[4], row[5])
    end)
  end

  in_modes("strings", function()
    local item = plugin.new "struct owner_item"
    for i = 1, 50 do
      item.name = ("name"):rep(10) .. i
      collect()
      assert.are.equal(("name"):rep(10) .. i, plugin.string(item.name))
    end
  end)

  in_modes("the memory of strings is let go", function()
    local item = plugin.new "struct owner_item"
    collect()
    local before = collectgarbage "count"
    item.name = ("x"):rep(1000000)
    collect()
    assert.is_true(collectgarbage "count" > before + 900)
    item.name = "short"
    collect()
    assert.is_true(collectgarbage "count" < before + 100)
  end)

  in_modes("new(T, x) copies the links", function()
    local copy
    do
      local item = plugin.new("struct owner_item", {
        name = ("copied"):rep(10), node = {value = 3} and
        plugin.new("struct owner_node", {3})})
      copy = plugin.new("struct owner_item", item)
    end
    collect()
    assert.are.equal(("copied"):rep(10), plugin.string(copy.name))
    assert.are.equal(3, copy.node.value)
  end)

  in_modes("arrays of pointers, as argv is", function()
    local argv
    do
      local words = {}
      for i = 1, 100 do words[i] = ("word"):rep(5) .. i end
      argv = plugin.new("const char *[101]", words)
    end
    collect()
    for i = 0, 99 do
      assert.are.equal(("word"):rep(5) .. i + 1, plugin.string(argv[i]))
    end
    assert.is_nil(argv[100])
  end)

  in_modes("union members", function()
    local u = plugin.new("union owner_any", {text = ("u"):rep(50)})
    collect()
    assert.are.equal(("u"):rep(50), plugin.string(u.text))
    u.number = 12
    assert.are.equal(12, u.number)
    u.pointer = plugin.new("int[1]", {9})
    collect()
    assert.are.equal(9, plugin.cast("int *", u.pointer)[0])
  end)

  in_modes("untyped memory, by a cast", function()
    local room = plugin.new "char[64]"
    plugin.cast("const char **", room)[3] = ("cast"):rep(20)
    collect()
    assert.are.equal(("cast"):rep(20),
                     plugin.string(plugin.cast("const char **", room)[3]))
  end)

  in_modes("a cycle is collected", function()
    local weak = setmetatable({}, {__mode = "k"})
    do
      local a = plugin.new "struct owner_node"
      local b = plugin.new("struct owner_node", {next = a})
      a.next = b
      weak[a], weak[b] = true, true
    end
    collect()
    assert.is_nil(next(weak))
  end)

  in_modes("a list of 100000 nodes, in linear time", function()
    local count = helper.wrap == "" and 100000 or 5000
    local T = plugin.typeof "struct owner_node"
    local start = os.clock()
    local head
    for i = 1, count do head = plugin.new(T, {value = i, next = head}) end
    collect()
    local n, sum, at = 0, 0, head
    while at do
      n, sum, at = n + 1, sum + at.value, at.next
    end
    assert.are.equal(count, n)
    assert.are.equal(count * (count + 1) // 2, sum)
    assert.is_true(os.clock() - start < 60)
  end)
end)

-- What is read from one place the second time goes a shorter way.
describe("what Lua has stored, read again and again,", function()
  plugin.cdef [[
    struct owner_kept { int *numbers; const char *text; };
    struct owner_keeper { double d; struct owner_kept inner;
                          struct owner_kept many[2]; };
  ]]
  local new, throws = plugin.new, cdata.throws
  local keepers = {
    ["a value"] = function() return new "struct owner_kept" end,
    ["an element"] = function() return new("struct owner_kept[3]")[1] end,
    ["a member"] = function() return new("struct owner_keeper").inner end,
    ["a member's element"] = function()
      return new("struct owner_keeper[2]")[1].many[1]
    end,
    ["a bounded pointer"] = function()
      return new("struct owner_kept[3]") + 2
    end,
    ["bytes"] = function()
      return plugin.cast("struct owner_kept *", new "char[16]")
    end,
    ["a pointer with a finaliser"] = function()
      local it = new "struct owner_kept"
      return plugin.gc(plugin.addressof(it), function() end)
    end,
  }
  for name, make in pairs(keepers) do
    it("has its bounds and owner in " .. name, function()
      local keeper, weak = make(), setmetatable({}, {__mode = "k"})
      for round = 1, 2 do
        local array, text = new("int[3]", {1, 2, round}), "text" .. round
        weak[array] = true
        keeper.numbers, keeper.text = array, text
        array = nil               -- luacheck: ignore
        collect()
        for _ = 1, 3 do
          assert.equal(round, keeper.numbers[2])
          throws("out of bounds", function() return keeper.numbers[3] end)
          assert.equal(text, plugin.string(keeper.text))
          throws("out of bounds", function() return keeper.text[6] end)
        end
        local numbers = keeper.numbers
        keeper.numbers = nil
        assert.is_nil(keeper.numbers)
        collect()
        assert.is_not_nil(next(weak))
        assert.equal(round, numbers[2])
        numbers = nil             -- luacheck: ignore
        collect()
        assert.is_nil(next(weak))
      end
    end)

    it("is gone when C has stored another in " .. name, function()
      local keeper, other = make(), new("int[5]", {1, 2, 3, 4, 5})
      keeper.numbers = new "int[3]"
      for _ = 1, 3 do
        throws("out of bounds", function() return keeper.numbers[4] end)
      end
      plugin.cast("uintptr_t *", plugin.address(keeper))[0] =
        plugin.address(other)
      for _ = 1, 3 do
        assert.equal(5, keeper.numbers[4])
      end
    end)
  end
end)

describe("a pointer that goes in and out", function()
  in_modes("keeps its owner unless C has changed it", function()
    local p <close> = assert(plugin.open(assert(helper.compile [[
      void same(const char **s) {}
      void next(const char **s) { ++*s; }
      void other(const char **s) { *s = "from C"; }
    ]])))
    p:cdef [[void same(_Inout_ const char **s), next(_Inout_ const char **s),
             other(_Inout_ const char **s);]]
    local same = p.C.same(("stored"):rep(500))
    collect()
    assert.are.equal(("stored"):rep(500), plugin.string(same))
    assert.are.equal("from C", plugin.string(p.C.other "text"))
    p.C.next(("stored"):rep(500))
  end)
end)

describe("what a union's other members overwrite", function()
  plugin.cdef [[
    union owner_slot {
      struct owner_node *node; long number; unsigned bits : 3; char bytes[8];
      struct { int low, high; }; struct { short a, b, c, d; } parts;
      double _Complex z; __attribute__((vector_size(8))) int v;
    };
    struct owner_tagged { int tag; union owner_slot any; };
  ]]
  local writes = {
    number = function(u) u.number = 1 end,
    bits = function(u) u.bits = 1 end,
    first = function(u) u.bytes[0] = 1 end,
    last = function(u) u.bytes[7] = 1 end,
    anonymous = function(u) u.high = 1 end,
    struct = function(u) u.parts = {1} end,
    copied = function(u) u.parts = plugin.new("union owner_slot").parts end,
    member = function(u) u.parts.d = 1 end,
    pointed = function(u) plugin.addressof(u.parts).d = 1 end,
    complex = function(u) u.z = 1 end,
    vector = function(u) u.v = {1, 2} end,
    element = function(u) u.v = u.v end,
    array = function(u) u.bytes = "a" end,
    fill = function(u) plugin.fill(u, 1) end,
  }
  for name, write in pairs(writes) do
    in_modes("is let go: " .. name, function()
      local weak = setmetatable({}, {__mode = "v"})
      local places = plugin.new "struct owner_tagged[2]"
      for i = 0, 1 do
        weak[i] = plugin.new("struct owner_node", {i})
        places[i].any.node = weak[i]
      end
      places[0].tag, places[1].tag = 5, 6
      collect()
      assert.are.equal(0, weak[0].value)
      write(places[0].any)
      collect()
      assert.is_nil(weak[0])
      assert.are.equal(1, places[1].any.node.value)
    end)
  end
end)

describe("memory that C wrote", function()
  plugin.cdef [[ void *memset(void *, int, size_t);
                 void *memcpy(void *, const void *, size_t);
                 void *malloc(size_t); void free(void *); ]]
  it("makes the link of its slot void", function()
    local item = plugin.new("struct owner_item", {name = "mine"})
    local other = plugin.new("struct owner_item", {name = "theirs"})
    plugin.C.memcpy(item, other, plugin.sizeof(item))
    assert.are.equal("theirs", plugin.string(item.name))
    plugin.C.memset(item, 0, plugin.sizeof(item))
    assert.is_nil(item.name)
    assert.is_nil(item.node)
  end)

  it("does not get the bounds of what was there", function()
    local small = plugin.new("struct owner_node")
    local array = plugin.new("struct owner_node[2]", {{1}, {2}})
    local item = plugin.new("struct owner_item", {node = small})
    local other = plugin.new("struct owner_item", {node = array})
    plugin.C.memcpy(item, other, plugin.sizeof(item))
    assert.are.equal(2, item.node[1].value)
  end)
end)

describe("memory that C owns", function()
  local memory
  before_each(function()
    memory = plugin.cast("struct owner_item *", plugin.C.malloc(64))
    plugin.fill(memory, 64)
  end)
  after_each(function() plugin.C.free(memory) end)

  it("takes no string", function()
    assert.has_error(function() memory.name = "text" end)
    local ok, message = pcall(function() memory.name = "text" end)
    assert.is_false(ok)
    assert.matches("new%(", message)
    assert.is_nil(memory.name)
  end)
  it("takes no Lua function", function()
    local ok, message = pcall(function()
      memory.f = function() return 1 end
    end)
    assert.is_false(ok)
    assert.matches("callback%(", message)
  end)
  it("takes cdata bare", function()
    local weak = setmetatable({}, {__mode = "k"})
    do
      local x = plugin.new("struct owner_node", {4})
      weak[x] = true
      memory.node = x
      assert.are.equal(4, memory.node.value)
    end
    collect()
    assert.is_nil(next(weak))
  end)
  it("is written with tables that hold none of these", function()
    memory[0] = {data = nil}
    assert.has_error(function() memory[0] = {name = "text"} end)
    assert.is_nil(memory.name)
  end)
end)

describe("a plugin's variable", function()
  local p
  before_each(function()
    p = plugin.open(assert(helper.compile [[
      const char *text = "from C";
      struct { const char *name; int n; } both = {"first", 1};
      const char *texts[3];
      const char *get(void) { return text; }
      const char *name(void) { return both.name; }
      void set(void) { text = "C again"; }
    ]]))
    p:cdef [[extern const char *text; const char *get(void);
             extern struct { const char *name; int n; } both;
             extern const char *texts[3]; const char *name(void);
             void set(void);]]
  end)
  after_each(function() p:close() end)

  in_modes("keeps the string that is stored in it", function()
    p.C.text = ("stored"):rep(20)
    p.C.both.name = ("name"):rep(20)
    p.C.texts[1] = ("element"):rep(20)
    collect()
    assert.are.equal(("stored"):rep(20), plugin.string(p.C.get()))
    assert.are.equal(("stored"):rep(20), plugin.string(p.C.text))
    assert.are.equal(("name"):rep(20), plugin.string(p.C.name()))
    assert.are.equal(("element"):rep(20), plugin.string(p.C.texts[1]))
    p.C.set()
    assert.are.equal("C again", plugin.string(p.C.text))
  end)

  it("has NULL for what went with a plugin, where the file stays", function()
    local path = p:info().path
    local function use(last)
      local q <close> = assert(plugin.open(path, {resident = true}))
      q:cdef [[extern const char *text; extern const char *texts[3];
               struct pair { const char *a, *b; }; extern struct pair *pair;
               void set(void);]]
      last(q)
    end
    p:close()
    use(function(q)
      q.C.text = ("stored"):rep(20)
      q.C.texts[0] = ("element"):rep(20)
      q.C.set()
      q.C.texts[2] = q:new("char[20]", "cdata") + 3
    end)
    collect()
    use(function(q)
      assert.are.equal("C again", plugin.string(q.C.text))
      assert.is_nil(q.C.texts[0])
      assert.is_nil(q.C.texts[2])
      q.C.text = "from Lua again"
      assert.are.equal("from Lua again", plugin.string(q.C.text))
    end)
  end)
end)

describe("the memory of a string, const cast away", function()
  it("does not upset the module", function()
    local text = ("s"):rep(64)
    local words = plugin.cast("void **", plugin.cast("char *", text))
    local x = plugin.new "int[1]"
    local ok = pcall(function() words[1] = x end)
    collect()
    assert.is_boolean(ok)
    assert.is_userdata(words)
    pcall(function() return words[1] end)
    pcall(function() words[0] = "text" end)
    pcall(plugin.fill, words, 8)
    collect()
  end)
end)

describe("what keeps a callback, which is no cdata,", function()
  in_modes("is an owner like any", function()
    local weak = setmetatable({}, {__mode = "v"})
    local place = plugin.new "struct owner_item"
    do
      local f = function(x) return x + 1 end
      weak[1] = f
      local cb = plugin.callback("int (int)", f)
      place.f = cb
      local data = plugin.cast("void *", cb)
      assert.are.equal(place.f, cb)
      assert.is_true(plugin.eq(place.f, cb))
      assert.matches("0x", tostring(data))
      assert.are.equal(plugin.address(cb), plugin.address(data))
      plugin.cast("const unsigned char *", data)  -- its bytes are code
      place.data = data
    end
    collect()
    assert.are.equal(6, place.f(5))
    assert.are.equal(6, plugin.cast("int (*)(int)", place.data)(5))
    place.f = nil
    collect()
    assert.are.equal(6, plugin.cast("int (*)(int)", place.data)(5))
    place.data = nil
    collect()
    assert.is_nil(weak[1])
  end)
end)

describe("a pointer with a finaliser", function()
  plugin.cdef "void *calloc(size_t, size_t); void free(void *);"
  local C = plugin.C

  local function allocate(freed)
    return plugin.gc(C.calloc(4, 4), function(p)
      freed.count = freed.count + 1
      C.free(p)
    end)
  end

  local rows = {
    {"a cast", function(p) return plugin.cast("int *", p) end},
    {"a view of a cast", function(p)
      return plugin.view(plugin.cast("int *", p), 4) end},
    {"pointer arithmetic", function(p)
      return plugin.cast("int *", p) + 1 + 1 end},
    {"a reference to an element", function(p)
      return plugin.cast("int (*)[4]", p)[0] end},
  }
  for _, row in ipairs(rows) do
    in_modes("is kept by " .. row[1], function()
      local freed = {count = 0}
      local made = row[2](allocate(freed))
      collect()
      assert.are.equal(0, freed.count)
      assert.are.equal(0, made[0])
      made = nil                  -- luacheck: ignore
      collect()
      assert.are.equal(1, freed.count)
    end)
  end

  it("that was taken away is not kept", function()
    local weak = setmetatable({}, {__mode = "v"})
    local made
    do
      local p = plugin.gc(C.calloc(4, 4), function() end)
      plugin.gc(p, nil)
      weak[1] = p
      made = plugin.cast("int *", p)
    end
    collect()
    assert.is_nil(weak[1])
    C.free(made)
  end)
end)
