-- short_spec.lua - functions on values have short ways, and say and do the same
-- on these as on the long ones, which other arguments lead to.

local plugin = require "cplugin"
local new, cast = plugin.new, plugin.cast

plugin.cdef [[
  struct short_in { int a; double b; };
  struct short_odd { char c; void *p; char d[6]; void *q; }
    __attribute__((packed));
  struct short_even { void *p[2]; char text[16]; };
]]

-- A table that tells whether the value that was put into it is gone.
local function watched(value)
  return setmetatable({value}, {__mode = "v"})
end

local function gone(watch)
  collectgarbage()
  collectgarbage()
  return watch[1] == nil
end

-- The struct holds a value in each of its two pointers; what is gone after
-- `change` of its memory?
local function links(type, places, change)
  local struct, watches = new(type), {}
  for i, place in ipairs(places) do
    local value = new "int[1]"
    watches[i] = watched(value)
    place(struct, value)
  end
  for i = 1, #places do
    assert.is_false(gone(watches[i]))
  end
  change(struct)
  local result = {}
  for i, watch in ipairs(watches) do
    result[i] = gone(watch)
  end
  assert.is_not_nil(struct)
  return result
end

local odd = {function(s, value) s.p = value end,
             function(s, value) s.q = value end}
local even = {function(s, value) s.p[0] = value end,
              function(s, value) s.p[1] = value end}

describe("what memory keeps alive", function()
  it("ends with its bytes, wherever pointers stand", function()
    local fill, copy = plugin.fill, plugin.copy
    -- even places first: only then has nothing been stored at others
    for _ = 1, 2 do
      assert.are.same({true, false}, links("struct short_even", even,
        function(s) fill(s, 1) end))
      assert.are.same({true, false}, links("struct short_even", even,
        function(s) fill(s, 8) end))
      assert.are.same({false, true}, links("struct short_even", even,
        function(s) fill(s.p + 1, 1) end))
      assert.are.same({true, true}, links("struct short_even", even,
        function(s) fill(cast("char *", s) + 7, 2) end))
      assert.are.same({false, false}, links("struct short_even", even,
        function(s) copy(s.text, "abc") end))
      assert.are.same({false, true}, links("struct short_even", even,
        function(s) copy(cast("char *", s) + 15, "") end))

      assert.are.same({false, false}, links("struct short_odd", odd,
        function(s) fill(s, 1) end))
      assert.are.same({true, false}, links("struct short_odd", odd,
        function(s) fill(s, 2) end))
      assert.are.same({false, false}, links("struct short_odd", odd,
        function(s) fill(cast("char *", s) + 9, 6) end))
      assert.are.same({true, true}, links("struct short_odd", odd,
        function(s) copy(cast("char *", s) + 8, "1234567") end))
      assert.are.same({false, true}, links("struct short_odd", odd,
        function(s) copy(cast("char *", s) + 22, "") end))
    end
  end)

  it("is copied, to and from what has none, too", function()
    local from, to = new "struct short_even", new "struct short_even"
    local watch
    do
      local value = new("int[1]", {5})
      watch, from.p[1] = watched(value), value
    end
    plugin.copy(to, from, plugin.sizeof(to))
    from = nil
    assert.is_false(gone(watch))
    assert.are.equal(5, cast("int *", to.p[1])[0])
    plugin.copy(to, new "struct short_even", plugin.sizeof(to))
    assert.is_true(gone(watch))
    assert.is_nil(to.p[1])
    assert.is_nil(from)
  end)
end)
