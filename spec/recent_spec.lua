-- recent_spec.lua - arrays, structs and pointers that are read again and again
-- may be the same cdata: nothing but that may show.

-- Variables set to nil let go of what they held:
-- luacheck: ignore 241 311 331

local helper = require "spec.helper"
local plugin = require "cplugin"
local cast, new = plugin.cast, plugin.new

plugin.cdef [[
  struct re_point { int x, y; };
  struct re_all { struct re_point first; struct re_point points[4];
                  union { int u; struct re_point v; } any; char name[8];
                  int *numbers; const char *text; struct re_all *next;
                  void (*code)(void);
                  union { struct re_late *late; long *longs; }; };
  void *calloc(size_t, size_t); void free(void *);
]]
local C = plugin.C
local TIMES = 5

local function collect()
  collectgarbage()
  collectgarbage()
end

-- Reads it often enough that it is the same cdata from then on, where it ever
-- is, and gives all of them.
local function often(f)
  local all = {}
  for i = 1, TIMES do all[i] = f() end
  return all
end

describe("what is read again", function()
  it("leads to the same memory with the same bounds", function()
    local s = new "struct re_all"
    for _, step in ipairs {0, 1} do
      for _, p in ipairs(often(function() return s.points[1] end)) do
        p.x = p.x + 1
        assert.equal(plugin.address(s.points) + 8, plugin.address(p))
        assert.has_error(function() return cast("int *", p)[2] end)
      end
      assert.equal(TIMES * (step + 1), s.points[1].x)
    end
    local array = new("struct re_all[2]")
    for i = 0, 1 do
      for _, p in ipairs(often(function() return array[i].first end)) do
        assert.equal(plugin.address(array + i), plugin.address(p))
      end
    end
  end)

  it("is of its own type where others have the same address", function()
    local s = new "struct re_all"
    for _ = 1, TIMES do
      assert.is_true(plugin.istype("struct re_point[4]", s.points))
      assert.is_true(plugin.istype("struct re_point", s.points[0]))
      assert.is_true(plugin.istype("struct re_point", s.first))
      assert.is_true(plugin.istype("struct re_point", s.any.v))
      assert.equal(4, #s.points)
    end
  end)

  it("is made only where there is none", function()
    local s = new "struct re_all"
    s.text = "kept"
    local function once(f)
      local all = often(f)
      return rawequal(all[TIMES], all[TIMES - 1])
    end
    assert.is_true(once(function() return s.first end))
    assert.is_true(once(function() return s.text end))
    -- Where what is noted of two has one place, each drives out the other.
    local some = false
    for i = 0, 3 do
      some = once(function() return s.points[i] end) or some
    end
    assert.is_true(some)
  end)

  it("keeps its memory alive, and only as long as it is there", function()
    local weak = setmetatable({}, {__mode = "k"})
    for _ = 1, TIMES do
      local s = new "struct re_all"
      weak[s] = true
      local first = often(function() return s.points[3] end)[TIMES]
      first.y = 7
      s = nil
      collect()
      assert.is_not_nil(next(weak))
      assert.equal(7, first.y)
      first = nil
      collect()
      assert.is_nil(next(weak))
    end
  end)

  it("is the owner's, not what the address alone had given", function()
    local weak = setmetatable({}, {__mode = "k"})
    local s = new "struct re_all"
    weak[s] = true
    local bare = cast("struct re_all *", plugin.address(s))
    local foreign = often(function() return bare[0].first end)
    local own = often(function() return s.first end)
    foreign = often(function() return bare[0].first end)
    s, own = nil, own[1]
    collect()
    own.x = 5
    assert.equal(5, own.x)
    assert.is_not_nil(next(weak))
    own = nil
    collect()
    assert.is_nil(next(weak))
    assert.equal(TIMES, #foreign)
  end)

  it("is not what has been given a finaliser", function()
    local ended = {}
    local s = new "struct re_all"
    local before = often(function() return s.first end)[TIMES]
    plugin.gc(before, function(p) ended[#ended + 1] = p.x end)
    for _, p in ipairs(often(function() return s.first end)) do
      assert.is_false(rawequal(before, p))
      do local q <close> = p assert.equal(0, q.x) end
    end
    assert.same({}, ended)
    s.first.x = 8
    before = nil
    collect()
    assert.same({8}, ended)
    assert.equal(8, s.first.x)
  end)

  it("keeps the pointer with a finaliser that it is made from", function()
    local freed = 0
    local p = plugin.gc(cast("struct re_all *",
                             C.calloc(1, plugin.sizeof "struct re_all")),
      function(it) freed = freed + 1 C.free(it) end)
    local points = often(function() return p.points end)
    local point = often(function() return points[TIMES][1] end)[TIMES]
    p, points = nil, nil
    collect()
    assert.equal(0, freed)
    point.x = 3
    assert.equal(3, point.x)
    point = nil
    collect()
    assert.equal(1, freed)
  end)

  it("by a finaliser, while it is made", function()
    local s = new "struct re_all"
    s.text = "some text"
    collectgarbage "generational"
    for i = 1, 200 do
      setmetatable({}, {__gc = function()
        assert(s.points[i % 4].x == 0 and s.text[0] == ("s"):byte())
      end})
      assert.equal(0, s.points[i % 4].x)
      assert.equal(("s"):byte(), s.text[0])
    end
    collectgarbage "incremental"
    collect()
  end)

  it("throws when its plugin is closed", function()
    local p = assert(plugin.open(helper.sample "variables", {cdef = [[
      struct Config { int level; char host[12]; struct { int x, y; } origin; };
      extern struct Config config; ]]}))
    local config = p.C.config
    local origins = often(function() return config.origin end)
    assert.equal(origins[1].x, origins[TIMES].x)
    p:close()
    assert.has_error(function() return config.origin end)
    assert.has_error(function() return origins[TIMES].x end)
  end)
end)

describe("a pointer that is read again", function()
  it("is what has been stored last", function()
    local s, t = new "struct re_all", new "struct re_all"
    local numbers, others = new("int[4]", {1, 2, 3, 4}), new "int[9]"
    local two = plugin.view(numbers + 0, 2)
    for _, row in ipairs {{numbers, 4}, {two, 2}, {numbers, 4}, {others, 9},
                          {two, 2}, {numbers + 0, 4}} do
      s.numbers = row[1]
      for _, p in ipairs(often(function() return s.numbers end)) do
        assert.equal(plugin.address(row[1]), plugin.address(p))
        assert.equal(row[2], #p)
      end
    end
    for _, text in ipairs {"one", "two", "one"} do
      s.text = text
      for _, p in ipairs(often(function() return s.text end)) do
        assert.equal(text, plugin.string(p))
        assert.equal(4, #p)
      end
    end
    s.next = t
    for _, p in ipairs(often(function() return s.next end)) do
      assert.is_true(p == t)
    end
    s.next = nil
    for _ = 1, TIMES do assert.is_nil(s.next) end
  end)

  it("is what C has written, without bounds, and the link's again", function()
    local s, numbers = new "struct re_all", new "int[4]"
    local offset = plugin.offsetof("struct re_all", "numbers")
    local slot = cast("uintptr_t *", plugin.address(s) + offset)
    local at = plugin.address(numbers)
    s.numbers = numbers
    for _ = 1, 3 do
      slot[0] = at
      for _, p in ipairs(often(function() return s.numbers end)) do
        assert.equal(4, #p)
      end
      slot[0] = at + 4
      for _, p in ipairs(often(function() return s.numbers end)) do
        assert.equal(at + 4, plugin.address(p))
        assert.has_error(function() return #p end)
      end
    end
  end)

  it("keeps alive what it leads to", function()
    local weak = setmetatable({}, {__mode = "k"})
    local s = new "struct re_all"
    for i = 1, TIMES do
      local numbers = new("int[4]", {i})
      weak[numbers] = true
      s.numbers = numbers
      numbers = nil
      local p = often(function() return s.numbers end)[TIMES]
      s.numbers = nil
      collect()
      assert.equal(i, p[0])
      assert.is_not_nil(next(weak))
      p = nil
      collect()
      assert.is_nil(next(weak))
    end
  end)

  it("sees that a type has been completed", function()
    local s, memory = new "struct re_all", new "long[4]"
    s.longs = memory
    local before = often(function() return s.late end)[TIMES]
    assert.has_error(function() return before.b end)
    plugin.cdef "struct re_late { long a, b; };"
    memory[1], memory[3] = 5, 6
    for _, p in ipairs(often(function() return s.late end)) do
      assert.same({5, 6, 2}, {p.b, p[1].b, #p})
      assert.equal(debug.getmetatable(cast("struct re_late *", memory)),
                   debug.getmetatable(p))
    end
    assert.equal(5, before.b)
  end)

  it("may have a finaliser, which no other one has", function()
    local ended = 0
    local s, numbers = new "struct re_all", new "int[4]"
    s.numbers = numbers
    local p = often(function() return s.numbers end)[TIMES]
    plugin.gc(p, function() ended = ended + 1 end)
    for _, q in ipairs(often(function() return s.numbers end)) do
      do local r <close> = q assert.equal(4, #r) end
    end
    assert.equal(0, ended)
    p = nil
    collect()
    assert.equal(1, ended)
  end)
end)
