-- short_spec.lua - functions on values have short ways, and say and do the same
-- on these as on the long ones, which other arguments lead to.

local plugin = require "cplugin"
local new, cast, typeof = plugin.new, plugin.cast, plugin.typeof

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

-- What a call gives, as text: types, addresses and bounds, or the error.
local function outcome(f, ...)
  local ok, value = pcall(f, ...)
  if not ok then
    return value
  elseif type(value) ~= "userdata" then
    return math.type(value) or type(value), value
  end
  local counted, count = pcall(function() return #value end)
  return tostring(typeof(value)), plugin.address(value), counted and count
end

describe("a cast to a pointer", function()
  local scalar = new "double"
  local lib = plugin.open("build/plugins/variables.so")
  lib:cdef [[ extern int table[4]; ]]
  local array, struct = new("int[5]"), new "struct short_in"
  local values = {
    array, struct, array + 2, array - 0, cast("int *", array) + 1,
    plugin.view(array + 1, 2), plugin.addressof(struct), "some text", "", 7,
    2.5, 0, nil, true, {1}, print, scalar, new("_Complex double", 1, 2),
    new("int(*[1])(int)"), plugin.typeof "int", io.stdout, lib.C.table,
    lib.C.table + 1, cast("int *", 4096) - 1024, cast("int *", 4096),
    plugin.callback("int (*)(int)", math.abs),
  }
  local types = {"int *", "const char *", "void *", "struct short_in *",
                 "struct short_unknown *", "int *const", "int (*)[2]",
                 "int (*)(int)"}
  local count = 26

  it("is the same by a type and by text", function()
    for _, text in ipairs(types) do
      local T = typeof(text)
      for i = 1, count do
        assert.are.same({outcome(cast, text, values[i])},
                        {outcome(cast, T, values[i])}, text .. i)
      end
      assert.are.same({outcome(cast, text)}, {outcome(cast, T)})
    end
  end)

  it("gives what new gives, where the types fit", function()
    for _, text in ipairs {"int *", "const int *", "void *"} do
      for _, i in ipairs {1, 3, 4, 5, 6, 23, 24} do
        local expected = {outcome(new, text, values[i])}
        assert.are.same(expected, {outcome(cast, text, values[i])}, text .. i)
        assert.are.same(expected, {outcome(cast, typeof(text), values[i])})
      end
    end
  end)

  it("keeps alive what it leads to", function()
    for _, T in ipairs {"int *", typeof "int *"} do
      local value = new("int[3]", {1, 2, 3})
      local watch, p = watched(value), cast(T, value)
      value = nil
      p = cast(T, cast("char *", p) + 4)
      assert.is_false(gone(watch))
      assert.are.equal(2, p[0])
      assert.is_nil(value)
      p = nil
      assert.is_true(gone(watch))
      assert.is_nil(p)
    end
  end)

  it("keeps the pointer that has the finaliser", function()
    for _, T in ipairs {"char *", typeof "char *"} do
      local freed = false
      local p = plugin.gc(new("int *", array), function() freed = true end)
      p = cast(T, p)
      collectgarbage()
      collectgarbage()
      assert.is_false(freed)
      p = p + 1
      collectgarbage()
      collectgarbage()
      assert.is_false(freed)
      assert.is_not_nil(p)
      p = nil
      collectgarbage()
      collectgarbage()
      assert.is_true(freed)
      assert.is_nil(p)
    end
  end)

  it("of a closed plugin's memory throws", function()
    local other = plugin.open("build/plugins/variables.so")
    other:cdef [[ extern int table[4]; ]]
    local data = other.C.table
    other:close()
    for _, T in ipairs {"int *", typeof "int *"} do
      assert.has_error(function() cast(T, data) end,
                       "plugin 'build/plugins/variables.so' is closed")
    end
  end)

  it("takes the type as it is now", function()
    plugin.cdef "struct short_later;"
    local T = typeof "struct short_later *"
    local p = cast(T, array)
    plugin.cdef "struct short_later { int a, b; };"
    assert.are.equal(0, cast(T, array)[0].b)
    array[1] = 4
    assert.are.equal(4, cast(T, array)[0].b)
    assert.are.equal(4, p.b)
    array[1] = 0
  end)
end)
