-- short_spec.lua - functions on values have short ways, and say and do the same
-- on these as on the long ones, which other arguments lead to.

local helper = require "spec.helper"
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

describe("an initialiser", function()
  local random = math.random
  plugin.cdef [[
    struct short_nest { struct short_in in; int more[2]; };
    struct short_bits { int a : 3, : 2, b; unsigned c : 5; };
    struct short_anon { int a; union { int b; float c; }; short d; };
    union short_union { int a; double b; };
    struct short_held { const char *text; int *p; int n; _Bool set; };
    struct short_flex { int n; short tail[]; };
    enum short_enum { SHORT_A, SHORT_B = 5 };
  ]]
  local types = {
    "struct short_in", "struct short_nest", "struct short_bits",
    "struct short_anon", "union short_union", "struct short_held",
    "struct short_flex", "const struct short_in", "int[3]", "double[4]",
    "_Bool[2]", "unsigned char[4]", "char[3]", "enum short_enum[3]", "int[]",
    "float[2][2]", "struct short_in[2]", "uint64_t[2]", "__int128[2]",
    "int __attribute__((vector_size(16)))", "int[0]", "float[100]",
  }
  local values = {0, 1, 2, -1, 3.0, 2.5, 255, 300, 1 << 31, 1 << 40, "7", "x",
                  true, false, {1, 2}, {a = 1}, "SHORT_B", new "int[2]",
                  new("struct short_in", 3, 4), print}
  local names = {"a", "b", "c", "d", "n", "in", "more", "text", "p", "tail",
                 "set", "none", 0, -1, 1.5, 6, "1", "2"}

  local function value()
    return values[random(random(2) == 1 and 4 or #values)]
  end

  -- Mostly lists or names; some with holes, with both, or too long.
  local function random_table()
    local list, kind = {}, random(6)
    for i = 1, kind < 5 and kind ~= 3 and random(0, 5) or 0 do
      list[i] = random(20) > 1 and value() or nil
    end
    for _ = 1, kind == 3 and random(4) or kind > 4 and random(2) or 0 do
      list[names[random(random(2) == 1 and 4 or #names)]] = value()
    end
    return list
  end

  local function bytes(...)
    local ok, made = pcall(new, ...)
    return ok, ok and plugin.string(plugin.addressof(made),
                                    plugin.sizeof(made)) or made
  end

  -- Tables that have a metatable go the long way.
  it("is the same for tables with a metatable", function()
    local well = {[true] = 0, [false] = 0}
    math.randomseed(helper.seed)
    for i = 1, 6000 do
      local type, list = types[random(#types)], random_table()
      local T = typeof(type)
      local short = {bytes(T, list)}
      setmetatable(list, {})
      assert.are.same({bytes(T, list)}, short, type .. i)
      well[short[1]] = well[short[1]] + 1
    end
    assert.is_true(well[true] > 1000 and well[false] > 1000)
  end)

  it("says what else is in a list", function()
    local T = typeof "struct short_in"
    assert.has_error(function() T{1, 2, 3} end, "too many values for "
      .. "'struct short_in': it has no place for [3]")
    assert.has_error(function() T{1, 2, a = 3} end, "an initialiser of "
      .. "'struct short_in' has both numbers and 'a'")
    assert.has_error(function() typeof "int[2]"{1, [4] = 2} end,
      "too many values for 'int[2]': it has no place for [4]")
  end)
end)

describe("a copy of a struct", function()
  it("has its values, and keeps alive what these keep", function()
    local T = typeof "struct short_even"
    local from = T()
    local watch
    do
      local value = new("int[1]", {5})
      from.p[1], watch = value, watched(value)
      from.text = "some"
    end
    local to = T(from)
    local constant = new("const struct short_even", from)
    from = nil
    assert.is_false(gone(watch))
    assert.are.equal("some", plugin.string(to.text))
    assert.are.equal(5, cast("int *", to.p[1])[0])
    assert.are.equal(5, cast("const int *", constant.p[1])[0])
    to = nil
    assert.is_false(gone(watch))
    constant = nil
    assert.is_true(gone(watch))
    assert.is_nil(from or to or constant)
  end)

  it("is another value", function()
    local T = typeof "struct short_in"
    local from = T(1, 2)
    local to = T(from)
    from.a = 7
    assert.are.equal(1, to.a)
    assert.are.equal(2, to.b)
    assert.are.equal(7, T(new("struct short_nest", {from})["in"]).a)
  end)
end)

describe("a call of a type with a metatype", function()
  plugin.cdef [[
    struct short_made { int a, b; };
    struct short_tail { int n; char text[?]; };
  ]]
  local made = plugin.metatype("struct short_made", {})
  local tail = plugin.metatype("struct short_tail", {})

  it("is new, or __new", function()
    local mt = {}
    local T = plugin.metatype("struct short_made", mt)
    assert.are.equal(2, T(1, 2).b)
    assert.are.equal(2, T{1, 2}.b)
    assert.are.equal(0, T().b)
    assert.has_error(function() T(1, 2, 3) end, "too many values for "
      .. "'struct short_made': it has no place for [3]")
    mt.__new = function(type, ...) return type, select("#", ...), ... end
    assert.are.same({T, 3, 7, nil, 8}, {T(7, nil, 8)})
    assert.are.equal(2, new(T, 1, 2).b)
    mt.__new = nil
    assert.are.equal(2, T(1, 2).b)
    setmetatable(mt, {__index = {__new = function() return "inherited" end}})
    assert.are.equal("inherited", T(1, 2))
    assert.are.equal("struct short_made",
                     plugin.declaration(made))
  end)

  it("gives the finaliser that __gc is by then", function()
    local log, mt = {}, {}
    local function finaliser(name)
      return function(self) log[#log + 1] = name .. self.a end
    end
    local T = plugin.metatype("struct short_made", mt)
    T(1)
    collectgarbage()
    mt.__gc = finaliser "first"
    T(2)
    new(T, 3)
    mt.__gc = finaliser "second"
    T(4)
    collectgarbage()
    collectgarbage()
    table.sort(log)
    assert.are.same({"first2", "first3", "second4"}, log)
    mt.__gc = nil
    assert.are.equal(5, T(5).a)
  end)

  it("takes a length where the type needs one", function()
    assert.are.equal(4 + 3, plugin.sizeof(tail(3)))
    assert.are.equal(9, tail(3, {9}).n)
  end)
end)

describe("the text of a cdata", function()
  it("has addresses as C writes them", function()
    for _, address in ipairs {1, 0x10, 0xabc, 4096, 0x7fffffffffff, 1 << 40,
                              -1, math.mininteger} do
      assert.are.equal(("cdata<int *>: 0x%x"):format(address),
                       tostring(cast("int *", address)))
    end
    assert.are.equal("cdata<int *>: NULL",
                     tostring(cast("int *", 4) - 1))
    assert.are.equal("cdata<struct short_held>: {text = NULL, p = NULL, "
      .. "n = 0, set = false}", tostring(new "struct short_held"))
  end)

  it("has types of any length", function()
    for n = 100, 140 do
      local text = "struct " .. ("t"):rep(n)
      plugin.cdef(text .. "{ int a; };")
      assert.are.equal("ctype<" .. text .. ">", tostring(typeof(text)))
      assert.are.equal(text, plugin.declaration(text))
    end
  end)
end)
