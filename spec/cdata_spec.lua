-- cdata_spec.lua - cdata: made, initialised, indexed, written, counted,
-- compared and shown, for every kind of type.

local helper = require "spec.helper"
local plugin = require "cplugin"
local new = plugin.new

plugin.cdef [[
  enum cd_color { CD_RED, CD_GREEN = 5 };
  struct cd_point { int x, y; };
  struct cd_const { const int fixed; int free; };
  struct cd_bits { unsigned a : 3; int b : 5; unsigned : 0;
                   unsigned long long big : 40; _Bool flag : 1; };
  union cd_any { int i; float f; char bytes[8]; struct cd_point point; };
  struct cd_deep { char name[8]; struct cd_point points[2];
                   struct { int inner; union { int left; float right; }; };
                   union cd_any any; const char *text; };
  struct cd_flexible { int n; double tail[]; };
  struct cd_floats { float f; double d; long double l;
                     double _Complex c; };
  typedef int cd_vector __attribute__((vector_size(16)));
  struct cd_later;
  struct cd_holder { struct cd_later *later; };
  struct cd_table { int (*twice)(int); int (*add)(int, int); };
]]

-- A value as rows can compare it: arrays and structs as tables.
local function plain(x)
  if type(x) == "userdata" and pcall(function() return #x end) then
    return plugin.totable(x)
  end
  return x
end

local function throws(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches(pattern, message)
end

describe("new", function()
  local scalars = {
    -- type, given, read back
    {"char", 65, 65},
    {"char", 255, helper.defined "__CHAR_UNSIGNED__" and 255 or -1},
    {"signed char", -128, -128},
    {"unsigned char", 255, 255}, {"short", -32768, -32768},
    {"unsigned short", 65535, 65535}, {"int", -2147483648, -2147483648},
    {"unsigned int", 4294967295, 4294967295}, {"long", -5, -5},
    {"long long", math.mininteger, math.mininteger},
    {"unsigned long long", -1, -1}, {"uint64_t", math.maxinteger,
     math.maxinteger}, {"size_t", 7, 7}, {"_Bool", true, true},
    {"_Bool", 0, false}, {"bool", 1, true}, {"float", 0.5, 0.5},
    {"double", 0.1, 0.1}, {"enum cd_color", 5, 5},
    {"enum cd_color", "CD_GREEN", 5}, {"int", 3.0, 3}, {"int", "12", 12},
    {"int", nil, 0},
  }
  for _, row in ipairs(scalars) do
    it(("%s from %s"):format(row[1], tostring(row[2])), function()
      local x = new(row[1] .. "[1]", {row[2]})
      assert.are.equal(row[3], x[0])
      local cell = row[2] == nil and new(row[1]) or new(row[1], row[2])
      assert.is_userdata(cell)
      assert.are.equal(plugin.sizeof(row[1]), plugin.sizeof(cell))
      if row[3] ~= true and row[3] ~= false then
        assert.are.equal(row[3], plugin.tonumber(plugin.cast(row[1], cell)))
      end
    end)
  end

  local refused = {
    {"char", 256}, {"char", -129}, {"signed char", 128},
    {"unsigned char", -1}, {"unsigned char", 256}, {"short", 32768},
    {"unsigned short", -1}, {"int", 2147483648}, {"int", 2^40},
    {"unsigned int", -1}, {"int", 1.5}, {"long long", 2^63},
    {"int", "x"}, {"int", true}, {"int", {}}, {"_Bool", 2}, {"_Bool", "x"},
    {"double", true}, {"double", {}}, {"enum cd_color", "CD_BLUE"},
    {"int", 0/0}, {"int", 1/0},
  }
  for _, row in ipairs(refused) do
    it(("%s refuses %s"):format(row[1], tostring(row[2])), function()
      assert.has_error(function() new(row[1], row[2]) end)
      assert.has_error(function() new(row[1] .. "[1]", {row[2]}) end)
    end)
  end

  local arrays = {
    -- type, arguments, elements
    {"int[3]", {}, {0, 0, 0}}, {"int[3]", {{1, 2, 3}}, {1, 2, 3}},
    {"int[3]", {{1}}, {1, 0, 0}}, {"int[3]", {1, 2}, {1, 2, 0}},
    {"int[3]", {{[0] = 4, 5}}, {4, 5, 0}},
    {"int[3]", {{[2] = 7}}, {0, 7, 0}},
    {"int[3]", {{1, nil, 3}}, {1, 0, 3}},
    {"int[?]", {2}, {0, 0}}, {"int[?]", {2, {8, 9}}, {8, 9}},
    {"int[?]", {2, 8, 9}, {8, 9}}, {"int[?]", {0}, {}},
    {"int[]", {{1, 2, 3, 4}}, {1, 2, 3, 4}},
    {"int[]", {{[0] = 1, 2}}, {1, 2}},
    {"char[4]", {"abc"}, {97, 98, 99, 0}},
    {"char[3]", {"abc"}, {97, 98, 99}},
    {"char[]", {"ab"}, {97, 98, 0}}, {"char[?]", {4, "ab"}, {97, 98, 0, 0}},
    {"unsigned char[2]", {"\255"}, {255, 0}},
    {"enum cd_color[2]", {{"CD_GREEN", 0}}, {5, 0}},
    {"double[2]", {{1, 2.5}}, {1.0, 2.5}},
    {"_Bool[2]", {{true}}, {true, false}},
    {"cd_vector", {{1, 2, 3, 4}}, {1, 2, 3, 4}},
    {"cd_vector", {}, {0, 0, 0, 0}},
  }
  for _, row in ipairs(arrays) do
    it(row[1] .. " of " .. #row[3] .. ": " ..
       table.concat(row[3][1] == true and {} or row[3], " "), function()
      assert.are.same(row[3], plain(new(row[1], table.unpack(row[2]))))
    end)
  end

  local refused_arrays = {
    {"int[2]", {{1, 2, 3}}}, {"int[2]", {1, 2, 3}}, {"int[2]", {{x = 1}}},
    {"int[2]", {{[0] = 1, 2, 3}}}, {"int[2]", {{[-1] = 1}}},
    {"int[2]", {{1.5}}}, {"int[2]", {{[3] = 1}}}, {"int[2]", {"ab"}},
    {"char[2]", {"abc"}}, {"int[?]", {}}, {"int[?]", {-1}},
    {"int[]", {}}, {"int[?]", {math.maxinteger}}, {"void", {}},
    {"struct cd_later", {}}, {"int(int)", {}}, {"int[2]", {{{}}}},
    {"cd_vector", {{1, 2, 3, 4, 5}}}, {"int[2]", {{[1.5] = 1}}},
    {"int[2]", {{true}}},
  }
  for i, row in ipairs(refused_arrays) do
    it("refuses " .. row[1] .. " " .. i, function()
      assert.has_error(function() new(row[1], table.unpack(row[2])) end)
    end)
  end

  it("of structs: in order, by name, from 0", function()
    for _, init in ipairs {{1, 2}, {x = 1, y = 2}, {[0] = 1, 2}} do
      local p = new("struct cd_point", init)
      assert.are.same({1, 2}, {p.x, p.y})
    end
    local p = new("struct cd_point", 1, 2)
    assert.are.same({1, 2}, {p.x, p.y})
    p = new("struct cd_point", p)
    assert.are.same({1, 2}, {p.x, p.y})
    p = new("struct cd_point", {y = 3})
    assert.are.same({0, 3}, {p.x, p.y})
    p = new("struct cd_point", 4)
    assert.are.same({4, 0}, {p.x, p.y})
  end)

  it("of nested ones", function()
    local d = new("struct cd_deep", {
      name = "deep", points = {{1, 2}, {y = 4}}, inner = 5, right = 0.5,
      any = {point = {6, 7}}, text = "text"})
    assert.are.equal("deep", plugin.string(d.name))
    assert.are.same({1, 2, 0, 4}, {d.points[0].x, d.points[0].y,
                                   d.points[1].x, d.points[1].y})
    assert.are.same({5, 0.5, 6, 7}, {d.inner, d.right, d.any.point.x,
                                     d.any.point.y})
    assert.are.equal(0x3f000000, d.left)
    assert.are.equal("text", plugin.string(d.text))
  end)

  it("of unions: the first member, or a name", function()
    assert.are.equal(7, new("union cd_any", {7}).i)
    assert.are.equal(7, new("union cd_any", 7).i)
    assert.are.equal(0.5, new("union cd_any", {f = 0.5}).f)
    assert.has_error(function() new("union cd_any", {1, 2}) end)
    assert.error_matches(function() new("union cd_any", {i = 1, f = 2}) end,
      "an initialiser of 'union cd_any' has both 'f' and 'i'", 1, true)
    local anonymous = plugin.typeof [[struct {
      int first; union { struct { short a, b : 3, c : 5; }; int whole; }; }]]
    local value = new(anonymous, {first = 1, a = 2, b = 3, c = 4})
    assert.same({1, 2, 3, 4}, {value.first, value.a, value.b, value.c})
    for _, name in ipairs {"a", "b", "c"} do
      assert.error_matches(function()
        new(anonymous, {first = 1, [name] = 2, whole = 3}) end,
        "has both '" .. name .. "' and 'whole'", 1, true)
    end
  end)

  it("of flexible arrays", function()
    local f = new("struct cd_flexible", {2, {0.5, 1.5}})
    local g = new("struct cd_flexible", {n = 2, tail = {0.5, 1.5}})
    for _, x in ipairs {f, g} do
      assert.are.equal(2, x.n)
      assert.are.equal(1.5, x.tail[1])
      assert.are.equal(8 + 16, plugin.sizeof(x))
      throws("out of bounds", function() return x.tail[2] end)
      throws("out of bounds", function() x.tail[2] = 1 end)
    end
  end)

  local refused_structs = {
    {"struct cd_point", {1, 2, 3}}, {"struct cd_point", {z = 1}},
    {"struct cd_point", {x = 1, 2}}, {"struct cd_point", {x = "a"}},
    {"struct cd_point", {[true] = 1}}, {"struct cd_deep", {left2 = 1}},
    {"struct cd_deep", {name = "too long a name"}},
  }
  for i, row in ipairs(refused_structs) do
    it("refuses a bad initialiser of a struct " .. i, function()
      assert.has_error(function() new(row[1], row[2]) end)
    end)
  end

  it("takes tables with metamethods", function()
    local double = setmetatable({}, {__index = function(_, i)
      return math.type(i) == "integer" and i > 0 and i * 2 or nil
    end, __len = function() return 3 end})
    assert.are.same({2, 4, 6}, plugin.totable(new("int[3]", double)))
    assert.are.same({2, 4, 6}, plugin.totable(new("int[]", double)))
  end)

  it("of numbers that Lua has not", function()
    local c = new("double _Complex", 1.5, -2)
    assert.are.same({1.5, -2.0}, {c.re, c.im})
    c = new("float _Complex", {re = 1, im = 2})
    assert.are.same({1.0, 2.0}, {c.re, c.im})
    c = new("double _Complex", {3})
    assert.are.same({3.0, 0.0}, {c.re, c.im})
    assert.are.equal("cdata<__int128>: -5", tostring(new("__int128", -5)))
    assert.are.equal(2.5, plugin.tonumber(new("long double", 2.5)))
    local f = new("struct cd_floats", {0.5, 0.25, 0.125, {1, 2}})
    assert.are.same({0.5, 0.25, 0.125, 2.0},
                    {f.f, f.d, plugin.tonumber(f.l), f.c.im})
  end)

  it("of pointers is NULL or what is given", function()
    assert.is_nil(new "int *")
    assert.is_nil(new("int *", nil))
    local x = new("int[2]", {1, 2})
    assert.are.equal(2, new("int *", x)[1])
    assert.has_error(function() new("long double *", x) end)
  end)
end)

describe("long initialisers", function()
  local function fails(text, f)
    throws(text:gsub("%p", "%%%0"), f)
  end
  local function sequence(n)
    local t = {}
    for i = 1, n do t[i] = i end
    return t
  end
  local function same(n, array, length)
    for i = 0, (length or n) - 1 do
      if array[i] ~= (i < n and i + 1 or 0) then
        error(("[%d] is %s"):format(i, array[i]))
      end
    end
  end
  -- How a table of 1 .. n may have come to be, its array part or not.
  local makers = {
    appended = sequence,
    exact = function(n) return {table.unpack(sequence(n))} end,
    downwards = function(n)
      local t = {}
      for i = n, 1, -1 do t[i] = i end
      return t
    end,
    hashed = function(n)
      local t = {}
      for i = 1, 2 * n do t["k" .. i] = true end
      for i = 1, 2 * n do t["k" .. i] = nil end
      for i = 1, n do t[i] = i end
      return t
    end,
    shrunk = function(n)
      local t = sequence(4 * n)
      for i = n + 1, 4 * n do t[i] = nil end
      return t
    end,
    behind = function(n)
      return setmetatable({}, {__index = sequence(n),
                               __len = function() return n end})
    end,
  }
  local sizes = {1, 2, 63, 64, 65, 127, 128, 129, 200, 256, 513, 1000}
  for name, make in pairs(makers) do
    it("take all of a table, " .. name, function()
      for _, n in ipairs(sizes) do
        for _, ctype in ipairs {"int", "double", "unsigned char", "__int128",
                                "long double", "_Float16"} do
          if n < 256 or ctype ~= "unsigned char" then
            local counted = ctype ~= "__int128" and ctype ~= "long double"
            local a = new(ctype .. "[?]", n, make(n))
            if counted then
              same(n, a)
            else
              assert.are.equal(n, plugin.tonumber(a[n - 1]))
            end
          end
        end
        same(n, new("double[?]", n + 70, make(n)), n + 70)
      end
    end)

    if name ~= "behind" then
      it("find what does not belong, " .. name, function()
        for _, n in ipairs(sizes) do
          local t = make(n)
          fails("no place for [" .. n .. "]",
                 function() new("double[?]", n - 1, t) end)
          t.x = 1
          fails("has no element 'x'", function() new("int[?]", n, t) end)
          fails("has no element 'x'",
                 function() new("int[?]", n + 100, t) end)
          t.x = nil
          t[n + 1000] = 1
          fails("no place for [" .. n + 1000 .. "]",
                 function() new("int[?]", n + 100, t) end)
          t[n + 1000] = nil
          t[-1] = 1
          fails("no place for [-1]", function() new("int[?]", n, t) end)
          t[-1] = nil
          t[0.5] = 1
          fails("has no element '0.5'", function() new("int[?]", n, t) end)
        end
      end)
    end
  end

  -- In the hash part, between keys that once were, behind numbers, too.
  it("find what does not belong wherever it stands", function()
    local fields = {}
    for i = 1, 140 do fields[i] = ("f%d = 1"):format(i) end
    local make = load("return {" .. table.concat(fields, ", ") .. "}")
    for n = 64, 67 do
      for alone = 1, 140 do
        local t = make()
        for i = 1, 140 do t["f" .. i] = i == alone and 1 or nil end
        for i = 1, n + 3 do t[i] = i end
        for i = n + 1, n + 3 do t[i] = nil end
        fails("has no element 'f" .. alone .. "'",
               function() new("int[?]", n, t) end)
      end
    end
  end)

  it("may have holes, other values and [0]", function()
    local t = sequence(300)
    t[100], t[200] = nil, "0x10"
    local a = new("int[300]", t)
    assert.are.same({99, 0, 101, 16, 300},
                    {a[98], a[99], a[100], a[199], a[299]})
    t[150] = 2.5
    fails("bad value for element 149 of 'int[300]'",
           function() new("int[300]", t) end)
    t[150] = true
    fails("bad value for element 149 of 'double[300]'",
           function() new("double[300]", t) end)
    t = sequence(200)
    t[0] = 7
    a = new("int[201]", t)
    assert.are.same({7, 1, 200}, {a[0], a[1], a[200]})
    fails("no place for [200]", function() new("int[200]", t) end)
  end)

  -- A table with a metatable is asked value by value.
  local function asked(value)
    if type(value) ~= "table" then
      return value
    end
    local copy = {}
    for key, it in pairs(value) do copy[key] = asked(it) end
    return setmetatable(copy, {})
  end
  -- The bytes that are made of the values, or why they are not.
  local function made(ctype, ...)
    local ok, value = pcall(new, ctype, ...)
    return ok and plugin.string(value, plugin.sizeof(value)) or value
  end

  it("give what each value alone gives, or fail as that does", function()
    local values = {0, -1, 1.0, 127, 128, -128, -129, 255, 256, 32768, 65535,
      -32769, 65536, 2^31 - 1, 2^31, -2^31, -2^31 - 1, 2^32 - 1, 2^32,
      (1 << 24) + 1, (1 << 53) + 1, (1 << 53) - 1, -(1 << 53) - 1, 0.1,
      0x7fffffbfffffffff, math.maxinteger, math.mininteger, 2^63, 0.5, 1/0,
      1e300, "3", "x", true, false, {}, print, new("__int128", 9),
      new("double _Complex", 1, 2), n = 39}
    for _, ctype in ipairs {"char", "signed char", "unsigned char", "short",
      "unsigned short", "int", "unsigned", "long", "unsigned long",
      "long long", "unsigned long long", "__int128", "float", "double",
      "_Float16", "_Float32", "_Float64", "_Float32x", "long double",
      "float _Complex", "_Bool", "enum cd_color", "const volatile int"} do
      for i = 1, values.n do
        for _, base in ipairs {0, 1} do
          local t = {}
          for k = base, 99 do
            t[k] = ctype == "_Bool" or k % 2 == 1 and 1 or 1.0
          end
          t[70] = values[i]
          assert.are.equal(made(ctype .. "[?]", 100, asked(t)),
                           made(ctype .. "[?]", 100, t))
        end
      end
    end
  end)

  it("say of tables in tables what each value alone says", function()
    local point = {{1, 2}, {x = 1, y = 2}, {1}, {y = 2}, {}, {1, nil}, {nil, 2},
      {[0] = 1, 2}, {[0] = 1, 2, 3}, {1, 2, 3}, {1, x = 2}, {x = 1, 2},
      {[2] = 1}, {[3] = 1}, {[-1] = 1}, {[1.5] = 1}, {[true] = 1}, {z = 1},
      {1, "2"}, {1, "z"}, {1, 2.5}, {1, 2, n = 2}, {x = false}, 7, "text",
      new("struct cd_point", 1, 2), false}
    for i, value in ipairs(point) do
      local rows = {{"struct cd_point[3]", {{1, 2}, value}},
        {"struct cd_point[3]", {[0] = value, {x = 5}}},
        {"struct cd_deep", {"name", {value, {3, 4}}}},
        {"struct cd_deep", {any = {point = value}}},
        {"int[2][3]", {{1, 2, 3}, value}}, {"int[3]", value},
        {"union cd_any", value}, {"struct cd_bits", value},
        {"struct cd_floats", value}, {"int[70][2]", {[1] = value, [70] = {1}}}}
      for _, row in ipairs(rows) do
        assert.are.equal(made(row[1], asked(row[2])), made(row[1], row[2]),
                         row[1] .. " " .. i)
      end
    end
  end)

  it("say of arguments what they say of a table of these", function()
    local lists = {{1}, {1, 2}, {1, 2, 3}, {1.0, "2"}, {2.5}, {1, 2.5}, {true},
      {"text"}, {"text", 2}, {{1, 2}}, {{1, 2}, {3}}, {nil, 2},
      {1 << 40}, {-1, 255}, {print}}
    for _, ctype in ipairs {"int[2]", "char[3]", "_Bool[2]", "double[2]",
      "int[2][2]", "struct cd_point", "struct cd_bits", "union cd_any",
      "struct cd_floats", "int[1]",
      "struct { int : 4; int a; short b; }", "enum cd_color[2]",
      "struct { struct { int a, b; }; int c; }", "const char *[2]"} do
      for i, list in ipairs(lists) do
        if #list ~= 1 or type(list[1]) == "number" or
           type(list[1]) == "boolean" then
          assert.are.equal(made(ctype, list),
                           made(ctype, table.unpack(list)), ctype .. " " .. i)
        end
      end
    end
  end)

  it("round integers once #exact", function()    -- as gcc does
    local n, rounded = 0x7fffffbfffffffff, 9223371487098961920.0
    local a = new("float[?]", 3, {n, -n, (1 << 53) + 1})
    assert.are.same({rounded, -rounded, 0x1p53}, plugin.totable(a))
    assert.are.equal(rounded, new("float", n) + 0.0)
  end)

  it("are as good as arguments", function()
    local t = sequence(200)
    same(200, new("int[200]", table.unpack(t)))
    same(200, new("int[?]", 300, table.unpack(t)), 300)
    fails("no place for [200]",
           function() new("int[199]", table.unpack(t)) end)
    local p = new("struct cd_point", nil, 5)
    assert.are.same({0, 5}, {p.x, p.y})
    fails("no place for [3]", function() new("struct cd_point", 1, 2, 3) end)
    local z = new("double _Complex", 1, 2)
    assert.are.same({1.0, 2.0}, {z.re, z.im})
    fails("too many values", function() new("double _Complex", 1, 2, 3) end)
  end)

  it("leave nothing half-written where they do not fit", function()
    local rows = new("int[2][100]")
    rows[0] = sequence(100)
    local bad = sequence(100)
    bad[90] = "x"
    fails("element 89", function() rows[0] = bad end)
    fails("element 89", function() rows[1] = bad end)
    same(100, rows[0])
    same(0, rows[1], 100)
  end)
end)

describe("assignment", function()
  it("of members, elements and bit-fields", function()
    local b = new "struct cd_bits"
    b.a, b.b, b.big, b.flag = 7, -16, (1 << 40) - 1, true
    assert.are.same({7, -16, (1 << 40) - 1, true}, {b.a, b.b, b.big, b.flag})
    b.a = 0
    assert.are.same({0, -16, (1 << 40) - 1, true}, {b.a, b.b, b.big, b.flag})
    for _, bad in ipairs {{"a", 8}, {"a", -1}, {"b", 16}, {"b", -17},
                          {"big", 1 << 40}, {"flag", 2}, {"a", 0.5}} do
      assert.has_error(function() b[bad[1]] = bad[2] end)
    end
    assert.are.same({0, -16, (1 << 40) - 1, true}, {b.a, b.b, b.big, b.flag})
  end)

  it("by a metamethod of another type, which debug gives away", function()
    local of_ints = debug.getmetatable(new "int[2]")
    local of_bits = debug.getmetatable(new "struct cd_bits")
    local point = new("struct cd_point", 1, 2)
    for _, metatable in ipairs {of_ints, of_bits} do
      assert.are.equal(2, metatable.__index(point, "y"))
      assert.has_error(function() metatable.__index(point, "none") end)
      metatable.__newindex(point, "y", 2)
    end
  end)

  it("of members that another type has in the same place", function()
    plugin.cdef [[
      struct cd_left { struct cd_left *to; int in[2]; int other; };
      struct cd_right { struct cd_right *way; double all[3]; int own; };
    ]]
    local memory = {new "long[8]", new "long[8]"}
    local a = plugin.cast("struct cd_left *", plugin.address(memory[1]))
    local b = plugin.cast("struct cd_right *", plugin.address(memory[2]))
    a.to, b.way, b.own = a, b, 7
    assert.is_true(a.to == a.to and #a["in"] == #a["in"])
    local index = debug.getmetatable(a).__index
    for _ = 1, 3 do
      assert.is_true(plugin.istype("struct cd_right *", index(b, "way")))
      assert.equal(3, #index(b, "all"))
      assert.equal(7, index(b, "own"))
      throws("no member 'other'", index, b, "other")
    end
  end)

  it("of enums of bools, which are integers", function()
    plugin.cdef [[ enum cd_truth : _Bool { CD_NO, CD_YES };
                   struct cd_truths { enum cd_truth a, b : 1; }; ]]
    local t = new "struct cd_truths"
    t.a, t.b = 1, "CD_YES"
    assert.are.same({1, 1}, {t.a, t.b})
    t.a, t.b = "CD_NO", 0
    assert.are.same({0, 0}, {t.a, t.b})
    assert.has_error(function() t.a = 2 end)
    assert.has_error(function() t.b = 2 end)
  end)

  it("of whole arrays and structs", function()
    local d = new "struct cd_deep"
    d.points = {{1, 2}, {3, 4}}
    d.points[0] = new("struct cd_point", {8, 9})
    d.name = "abc"
    d.any = {f = 1}
    assert.are.same({8, 9, 3, 4}, {d.points[0].x, d.points[0].y,
                                   d.points[1].x, d.points[1].y})
    assert.are.equal("abc", plugin.string(d.name))
    d.points = new "struct cd_point[2]"
    assert.are.equal(0, d.points[1].y)
    local rows = new "int[2][3]"
    rows[1] = {4, 5, 6}
    assert.are.same({{0, 0, 0}, {4, 5, 6}}, plugin.totable(rows))
    rows[0] = rows[1]
    assert.are.same({{4, 5, 6}, {4, 5, 6}}, plugin.totable(rows))
    assert.has_error(function() rows[0] = new "int[2]" end)
    assert.has_error(function() d.points[0] = new "int[2]" end)
  end)

  it("that fails leaves all as it was", function()
    local d = new("struct cd_deep", {points = {{1, 2}, {3, 4}}, name = "n"})
    for _, f in ipairs {
      function() d.points = {{9, 9}, {9, "x"}} end,
      function() d.points[0] = {9, 9, 9} end,
      function() d.points[1] = {9, {}} end,
      function() d.name = "far too long" end,
      function() d.points = {{9}, z = 1} end,
    } do
      assert.is_false((pcall(f)))
      assert.are.same({1, 2, 3, 4}, {d.points[0].x, d.points[0].y,
                                     d.points[1].x, d.points[1].y})
      assert.are.equal("n", plugin.string(d.name))
    end
    local v = new("cd_vector[1]", {{1, 2, 3, 4}})
    assert.is_false((pcall(function() v[0] = {9, 9, "x"} end)))
    assert.are.same({1, 2, 3, 4}, plugin.totable(v[0]))
  end)

  it("of a struct that overlaps itself", function()
    local p = new("struct cd_point[2]", {{1, 2}, {3, 4}})
    p[0] = p[0]
    p[1] = p[0]
    assert.are.same({1, 2}, {p[1].x, p[1].y})
  end)

  it("to what is const throws", function()
    local c = new("struct cd_const", {1, 2})
    c.free = 3
    throws("const", function() c.fixed = 4 end)
    throws("const", function() new("const int[2]", {1, 2})[0] = 3 end)
    throws("const", function()
      new("const struct cd_point", {1, 2}).x = 3
    end)
    throws("const", function()
      plugin.cast("const int *", new "int[1]")[0] = 1
    end)
    throws("const", function()
      plugin.cast("const struct cd_deep *", new "struct cd_deep")
        .points[0].x = 1
    end)
    assert.are.equal(1, c.fixed)
  end)

  it("of a whole struct with a const member throws, as in C", function()
    plugin.cdef [[
      struct cd_fixed { int a; struct { struct cd_const deep[2]; }; };
      union cd_fixed_union { int a; const int b; };
      struct cd_not_fixed { const int *to; int *const *b; };
    ]]
    local message = "'struct cd_const' cannot be assigned as a whole: its " ..
                    "member 'fixed' is const"
    local a = new("struct cd_const[2]", {{1, 2}, {3, 4}})
    throws(message, function() a[0] = a[1] end)
    throws(message, function() a[0] = {5, 6} end)
    throws(message, function() (a + 1)[0] = a[0] end)
    local outer = new "struct cd_fixed[1]"
    throws(message, function() outer[0].deep[1] = a[0] end)
    throws(message, function() outer[0].deep = {{1, 2}} end)
    throws("'struct cd_fixed' cannot be assigned as a whole: its member " ..
           "'deep.fixed' is const", function() outer[0] = outer[0] end)
    throws("'b' is const", function() new "union cd_fixed_union[1]"[0] = 1 end)
    a[0].free = 7
    assert.are.same({1, 7, 3, 4}, {a[0].fixed, a[0].free, a[1].fixed,
                                   a[1].free})
    new "struct cd_not_fixed[1]"[0] = {}
    assert.are.equal(3, new("struct cd_const", a[1]).fixed)
  end)

  it("of unknown members throws", function()
    local p = new "struct cd_point"
    throws("no member 'z'", function() return p.z end)
    throws("no member 'z'", function() p.z = 1 end)
    throws("cd_point", function() return p[0] end)
    throws("no member", function() return new("int[1]").x end)
  end)
end)

describe("names of members", function()
  -- Lua has one string of each short text, but many of a long one.
  it("may be many, long, and those of anonymous members", function()
    local text, names, numbers = {}, {}, {}
    for i = 1, 300 do
      names[i] = (i % 3 == 0 and "cd_many" or ("long"):rep(15)) .. i
      text[i] = (i % 5 == 0 and "struct { short %s; };" or "short %s;")
        :format(names[i])
      numbers[i] = i
    end
    local many = new(("struct { %s }"):format(table.concat(text)))
    for i, name in ipairs(names) do many[name] = i end
    for i, name in ipairs(names) do
      assert.equal(i, many[name:sub(1, 5) .. name:sub(6)])
    end
    assert.equal(("i2"):rep(300):pack(table.unpack(numbers)),
                 plugin.string(many, 600))
    throws("has no member 'cd_many4'", function() return many.cd_many4 end)
  end)

  it("hide those of a metatype, however long they are", function()
    local long = ("long"):rep(15)
    plugin.cdef(("struct cd_named { int %s; int brief; };"):format(long))
    plugin.metatype("struct cd_named", {__index = {[long] = 1, brief = 2,
                                                   other = 3, [long .. 2] = 4}})
    local named = new("struct cd_named", 8, 9)
    for _ = 1, 2 do
      assert.same({8, 9, 3, 4}, {named[("long"):rep(15)], named.brief,
                                 named.other, named[("long"):rep(15) .. 2]})
    end
    throws("no member 'none'", function() return named.none end)
  end)

  it("are not looked up in what is no cdata", function()
    local index = debug.getmetatable(new "struct cd_point").__index
    local newindex = debug.getmetatable(new "struct cd_point").__newindex
    for _, value in ipairs {io.stdout, {}, 5, "x", true, print,
                            plugin.typeof "int"} do
      throws("cdata expected", index, value, "x")
      throws("cdata expected", newindex, value, "x", 1)
    end
    throws("cdata expected", index)
    throws("has no member 'nil'", index, new "struct cd_point")
  end)
end)

-- What is read from one place the second time goes a shorter way.
describe("reading once more", function()
  plugin.cdef [[
    struct cd_part { int number; unsigned bits : 3; struct cd_point inner;
                     int row[3]; struct cd_part *next; const char *text;
                     const struct cd_point *fixed; union cd_any any[2];
                     void (*code)(void); int *none; struct cd_later *later; };
    void *calloc(size_t, size_t); void free(void *);
  ]]
  local C = plugin.C
  local NAMES = {"number", "bits", "inner", "row", "next", "text", "fixed",
                 "any", "code", "none", "later"}

  local function fill(part, point)
    part.number, part.bits, part.inner, part.row = 7, 5, {1, 2}, {3, 4, 5}
    part.next, part.text, part.fixed = part, plugin.cast("char *", point), point
    part.any = {{i = 1}, {i = 2}}
    part.later = plugin.cast("void *", point)
    return part
  end

  -- All that can be told of a value.
  local function describe_value(value)
    local list = {type(value) == "userdata" and tostring(plugin.typeof(value))
                  or tostring(value)}
    if type(value) == "userdata" then
      list[2] = plugin.address(value)
      for _, wish in ipairs {function() return #value end,
                             function() return value[1] end,
                             function() return value[3] end,
                             function() return value[-1] end,
                             function() value.x = 9 end,
                             function() return value.x end} do
        local ok, result = pcall(wish)
        list[#list + 1] = ok and type(result) == "userdata"
          and plugin.address(result) or tostring(result)
      end
    end
    return table.concat(list, "; ")
  end

  local memory = {
    ["a value"] = function() return new "struct cd_part" end,
    ["a value that C has filled"] = function()
      local part = new "struct cd_part"
      return part, nil, plugin.cast("struct cd_part *",
                                    plugin.address(part))
    end,
    ["an element"] = function() return new("struct cd_part[3]")[1] end,
    ["an element of many"] = function()
      return new("struct cd_part[?]", 3)[2]
    end,
    ["a bounded pointer"] = function()
      return new("struct cd_part[3]") + 1
    end,
    ["C's memory"] = function()
      local at = C.calloc(1, plugin.sizeof "struct cd_part")
      return plugin.cast("struct cd_part *", at), at
    end,
    ["a pointer with a finaliser"] = function()
      local at = C.calloc(1, plugin.sizeof "struct cd_part")
      return plugin.gc(plugin.cast("struct cd_part *", at), C.free)
    end,
  }
  for name, make in pairs(memory) do
    it("gives the same of " .. name, function()
      local points = C.calloc(1, 64)
      local point = plugin.cast("struct cd_point *", points) + 1
      local part, at, as_c_has_it = make()
      plugin.fill(part, plugin.sizeof "struct cd_part")
      fill(as_c_has_it or part, point)
      for _, key in ipairs(NAMES) do
        local first = describe_value(part[key])
        for _ = 1, 3 do
          assert.equal(first, describe_value(part[key]))
        end
      end
      assert.is_nil(part.none)
      assert.equal(5, part.bits)
      C.free(points)
      C.free(at)
    end)
  end

  it("keeps alive what it leads to", function()
    local weak = setmetatable({}, {__mode = "k"})
    for _ = 1, 3 do
      local array = new("struct cd_part[2]")
      weak[array] = true
      local row = array[1].row
      array = nil                 -- luacheck: ignore
      collectgarbage()
      assert.is_not_nil(next(weak))
      row[2] = 5
      assert.equal(5, row[2])
      row = nil                   -- luacheck: ignore
      collectgarbage()
      collectgarbage()
      assert.is_nil(next(weak))
    end
  end)

  it("sees that a type has been completed", function()
    plugin.cdef "struct cd_late; struct cd_box { struct cd_late *it; };"
    local at = C.calloc(1, 16)
    local box = plugin.cast("struct cd_box *", at)
    box.it = plugin.cast("void *", at)
    for _ = 1, 3 do
      throws("incomplete", function() return box.it.x end)
    end
    plugin.cdef "struct cd_late { struct cd_late *self; int x; };"
    plugin.cast("int *", at)[2] = 42
    for _ = 1, 3 do assert.equal(42, box.it.x) end
    C.free(at)
  end)
end)

describe("bounds", function()
  local a = new("int[4]", {1, 2, 3, 4})
  local m = new("int[2][3]", {{1, 2, 3}, {4, 5, 6}})
  local d = new "struct cd_deep"
  local p = a + 1
  local inside = {
    {function() return a[3] end, 4}, {function() return a[0.0] end, 1},
    {function() return p[-1] end, 1}, {function() return p[2] end, 4},
    {function() return m[1][2] end, 6},
    {function() return (m + 1)[0][2] end, 6},
    {function() return (m[0] + 1)[1] end, 3},
    {function() return plugin.addressof(d.points[1])[0].x end, 0},
    {function() return #a end, 4}, {function() return #m end, 2},
    {function() return #m[0] end, 3}, {function() return #d.points end, 2},
    {function() return #new("int[?]", 7) end, 7},
    {function() return #plugin.view(p, 2) end, 2},
  }
  for i, row in ipairs(inside) do
    it("inside " .. i, function()
      assert.are.equal(row[2], row[1]())
    end)
  end
  local outside = {
    function() return a[4] end, function() return a[-1] end,
    function() return a[math.maxinteger] end,
    function() return a[math.mininteger] end,
    function() return a[1 << 62] end, function() return a[1 << 61] end,
    function() return a[-(1 << 62)] end,
    function() a[4] = 1 end, function() a[-1] = 1 end,
    function() return p[3] end, function() return p[-2] end,
    function() p[3] = 1 end, function() return (a + 4)[0] end,
    function() return (a - 1)[0] end, function() return (a + 100)[0] end,
    function() return m[2] end, function() return m[0][3] end,
    function() return m[0][-1] end, function() return m[1][3] end,
    function() m[0][3] = 1 end, function() m[2] = {} end,
    function() return d.points[2] end,
    function() return d.name[8] end, function() d.name[8] = 1 end,
    function() return plugin.addressof(d.points[0])[1] end,
    function() return plugin.addressof(d.points[1])[-1] end,
    function() return plugin.view(p, 2)[2] end,
    function() return plugin.view(p, 2)[-1] end,
    function() return plugin.view(p, 4) end,
    function() return plugin.cast("char *", a)[16] end,
    function() return plugin.cast("long *", a)[2] end,
    function() return plugin.cast("struct cd_deep *", a).any end,
    function() return new("int[?]", 3)[3] end,
    function() return new("int[?]", 0)[0] end,
    function() return (a + math.maxinteger)[0] end,
    function() return (a + (1 << 61))[0] end,
    function() return plugin.cast("const char *", "abc")[4] end,
  }
  for i, f in ipairs(outside) do
    it("outside " .. i, function()
      throws(i > 34 and i < 37 and "overflow" or "bounds", f)
    end)
  end
  it("outside where there are no elements", function()
    throws("elements 0 to 3", function() return a[4] end)
    assert.has_error(function() return a[1.5] end)
    assert.has_error(function() return plugin.cast("void *", a)[0] end)
    throws("memory has no elements", function() return plugin.view(a + 1, 0)[0]
    end)
    throws("memory has elements %-3 to %-2", function()
      return (plugin.view(a + 0, 2) + 3)[0]
    end)
    throws("memory has no elements", function()
      return plugin.cast("long *", plugin.view(a + 1, 1))[0]
    end)
  end)
  it("outside of the address space", function()
    local last = plugin.cast("int *", -16)
    throws("access to 400 bytes at offset 0 of 'int %*' at 0xf+0 reaches " ..
           "past the last address", plugin.view, last, 100)
    throws("index %d+ of 'int %*' at 0xf+0 reaches past the last address",
           function() return last[math.maxinteger] end)
  end)
end)

describe("empty structs", function()
  local Empty = "struct cd_empty"
  plugin.cdef "struct cd_empty {};"
  local a = new(Empty .. "[3]")
  it("are elements like others, all in one place", function()
    assert.equal(3, #a)
    assert.equal(plugin.address(a), plugin.address(a[2]))
    throws("has elements 0 to 2", function() return a[3] end)
    throws("has elements 0 to 2", function() return a[-1] end)
    a[1] = new(Empty)
    assert.equal(a, a + 1)
    assert.equal(3, #plugin.totable(a))
    assert.equal("cdata<struct cd_empty[3]>: {{}, {}, {}}", tostring(a))
    assert.is_true(plugin.eq(a, new(Empty .. "[3]")))
    assert.equal("cdata<struct cd_empty>: {}", tostring((a + 1)[0]))
    throws("no difference", function() return (a + 1) - a end)
    local n = 0
    for _ in pairs(a) do n = n + 1 end
    assert.equal(3, n)
  end)
  it("have one type", function()
    assert.equal(plugin.typeof(Empty .. "[3]"), plugin.typeof(a))
  end)
end)

describe("a flexible array", function()
  local lib = assert(helper.compile [[
    struct { int n; short data[]; } flexible = {3, {10, 20, 30}};
  ]])
  local made = new("struct cd_flexible", {2, {1.5, 2.5}})
  local p = assert(plugin.open(lib))
  p:cdef [[
    struct cd_shorts { int n; short data[]; };
    struct cd_none { int n; short data[0]; };
    extern struct cd_shorts flexible;
    struct cd_outer { char c; struct cd_shorts last; };
  ]]
  local inner = plugin.view(plugin.cast("char *", new("char[12]")), 12)
  for name, row in pairs {
    ["of a value"] = {made.tail, 2},
    ["through a pointer"] = {plugin.addressof(made)[0].tail, 2},
    ["of a variable"] = {p.C.flexible.data, 3},
    ["of a pointer to a variable"] =
      {p:addressof(p.C.flexible)[0].data, 3},
    ["of a struct in one"] = {p:cast("struct cd_outer *", inner).last.data, 2},
  } do
    it(name .. " reaches to the end of the memory", function()
      local array, n = row[1], row[2]
      assert.equal(n, #array)
      array[n - 1] = array[n - 1]
      throws("out of bounds", function() return array[n] end)
      throws("out of bounds", function() return array[-1] end)
    end)
  end
  it("of its own memory has nothing far away", function()
    local array = new("short[?]", 4)
    for _, i in ipairs {1 << 59, 1 << 61, 1 << 62, -1 << 61,
                        math.maxinteger, math.mininteger} do
      assert.error(function() return array[i] end)
      assert.error(function() array[i] = 1 end)
    end
  end)

  it("has what C has put there", function()
    assert.same({10, 20, 30}, plugin.totable(p.C.flexible.data))
    local zero = p:lookup("flexible", "struct cd_none").data
    assert.equal(30, zero[2])
    throws("out of bounds", function() return zero[3] end)
    throws("out of bounds", function() return zero[-1] end)
  end)
end)

describe("pointer arithmetic", function()
  local a = new("int[4]", {1, 2, 3, 4})
  local p = plugin.cast("int *", a)
  it("counts elements", function()
    assert.are.equal(3, (p + 2)[0])
    assert.are.equal(3, (2 + p)[0])
    assert.are.equal(2, (p + 2 - 1)[0])
    assert.are.equal(2, (p + 2) - p)
    assert.are.equal(-2, p - (p + 2))
    assert.are.equal(3, (a + 3) - a)
    assert.are.equal(plugin.address(a) + 8, plugin.address(a + 2))
  end)
  it("compares addresses", function()
    assert.is_true(p == a + 0)
    assert.is_true(p < p + 1)
    assert.is_true(p <= p)
    assert.is_false(p > p + 1)
    assert.is_true(plugin.cast("void *", p) == p)
    assert.is_false(p == nil)
    assert.is_false(p == 5)
  end)
  it("refuses what C refuses", function()
    for _, f in ipairs {
      function() return p + p end, function() return 1 - p end,
      function() return p * 2 end, function() return p + 0.5 end,
      function() return p - plugin.cast("char *", p) end,
      function() return plugin.cast("void *", p) + 1 end,
      function() return p < 5 end, function() return p + "x" end,
      function() return p & 1 end,
    } do
      assert.is_false((pcall(f)))
    end
  end)
end)

describe("# and pairs", function()
  it("of arrays from 0", function()
    local list = {}
    for i, v in pairs(new("int[3]", {7, 8, 9})) do
      list[#list + 1] = i .. "=" .. v
    end
    assert.are.equal("0=7 1=8 2=9", table.concat(list, " "))
  end)
  it("of structs in the order of their members", function()
    local list = {}
    for name in pairs(new "struct cd_deep") do list[#list + 1] = name end
    assert.are.equal("name points inner left right any text",
                     table.concat(list, " "))
    local values = {}
    for name, v in pairs(new("struct cd_point", {1, 2})) do
      values[#values + 1] = name .. v
    end
    assert.are.equal("x1 y2", table.concat(values, " "))
  end)
  it("of what has no length throws", function()
    assert.has_error(function() return #new "struct cd_point" end)
    assert.has_error(function()
      return #plugin.cast("int *", 4096)
    end)
    assert.has_error(function()
      pairs(plugin.cast("int *", 4096))
    end)
  end)
end)

describe("tostring", function()
  local rows = {
    {"cdata<int[3]>: {1, 2, 3}", new("int[3]", {1, 2, 3})},
    {"cdata<struct cd_point>: {x = 1, y = 2}", new("struct cd_point", 1, 2)},
    {"cdata<unsigned long long>: 18446744073709551615",
     new("unsigned long long", -1)},
    {'cdata<char[4]>: "ab"', new("char[4]", "ab")},
    {"cdata<long double>: 0.5", new("long double", 0.5)},
    {"cdata<enum cd_color>: CD_GREEN", new("enum cd_color", 5)},
    {"cdata<_Bool>: true", new("_Bool", true)},
    {"cdata<double _Complex>: 1-2i", new("double _Complex", 1, -2)},
    {"cdata<int *>: 0x1000", plugin.cast("int *", 4096)},
    {"cdata<struct cd_later *>: 0x10", plugin.cast("struct cd_later *", 16)},
    {"ctype<int (*)(int)>", plugin.typeof "int (*)(int)"},
  }
  for _, row in ipairs(rows) do
    it(row[1], function() assert.are.equal(row[1], tostring(row[2])) end)
  end
  it("does not read memory that C owns", function()
    local p = plugin.cast("struct cd_deep *", 8)
    assert.are.equal("cdata<struct cd_deep *>: 0x8", tostring(p))
    assert.are.equal("cdata<struct cd_deep>: 0x8", tostring(p[0]))
    assert.matches("0x", tostring(p.points))
  end)
end)

describe("NULL is nil", function()
  it("everywhere", function()
    local d = new "struct cd_deep"
    local pointers = new "int *[2]"
    assert.is_nil(d.text)
    assert.is_nil(pointers[0])
    assert.is_nil(plugin.cast("int *", 0))
    assert.is_nil(plugin.cast("void *", nil))
    d.text = "x"
    d.text = nil
    assert.is_nil(d.text)
    assert.is_nil(new("struct cd_table").twice)
    assert.are.equal(0, plugin.cast("intptr_t", nil))
  end)
end)

describe("function pointers in structs", function()
  it("are called", function()
    plugin.cdef "int abs(int);"
    local twice = plugin.callback("int(int)", function(x) return 2 * x end)
    local t = new("struct cd_table", {
      twice, plugin.callback("int(int, int)", function(a, b)
        return a + b
      end)})
    collectgarbage()
    assert.are.equal(8, t.twice(4))
    assert.are.equal(7, t.add(3, 4))
    t.twice = plugin.C.abs
    assert.are.equal(5, t.twice(-5))
    throws("", function() t.twice() end)
    throws("", function() t.twice "x" end)
    throws("", function() t.add = plugin.C.abs end)
  end)
end)

describe("an incomplete struct", function()
  it("is completed for pointers that were there before", function()
    local box = new "int[2]"
    local before = plugin.cast("struct cd_later *", box)
    local holder = new("struct cd_holder", {before})
    throws("incomplete", function() return before.x end)
    throws("incomplete", function() return before[0] end)
    throws("", function() return before + 1 end)
    plugin.cdef "struct cd_later { int x, y; };"
    before.x = 5
    assert.are.equal(5, box[0])
    assert.are.equal(5, holder.later.x)
    assert.are.equal(5, before[0].x)
    holder.later.y = 6
    assert.are.equal(6, before.y)
    assert.are.equal(8, plugin.sizeof "struct cd_later")
  end)
end)

describe("a variable's memory", function()
  local lib = assert(helper.compile [[
    struct { int a; } small = {7};
    __asm__(".data\n.globl endless\nendless: .long 1, 2, 3\n.text");
  ]])
  it("is not read past its end by a struct completed later", function()
    local p = assert(plugin.open(lib))
    p:cdef "struct cd_grown; extern struct cd_grown small;"
    local small = p.C.small
    p:cdef "struct cd_grown { int a; char far[1 << 28]; int z; };"
    assert.are.equal(7, small.a)
    assert.matches("^cdata<struct cd_grown>: 0x%x+$", tostring(small))
    throws("out of bounds: its memory reaches from 0 to 4",
           p.eq, p, small, small)
    throws("out of bounds", function() return small.z end)
  end)
  it("is not read where its end is not known", function()
    local p = assert(plugin.open(lib))
    local ints = p:lookup("endless", "int[]")
    assert.are.equal(3, ints[2])
    assert.matches("^cdata<int%[%]>: 0x%x+$", tostring(ints))
    assert.matches("^cdata<char%[%]>: 0x",
                   tostring(p:lookup("endless", "char[]")))
    throws("length of 'int%[%]' is not known", p.eq, p, ints, ints)
  end)
end)

describe("metatypes", function()
  local names = 0
  -- A struct of its own for each test, and cdata of it made before.
  local function fresh(body)
    names = names + 1
    local name = "struct cd_meta" .. names
    plugin.cdef(("%s { %s };"):format(name, body or "int x, y;"))
    return name, new(name, {3, 4})
  end

  it("give methods, operators and the rest, also afterwards", function()
    local name, early = fresh()
    local T
    T = plugin.metatype(name, {
      __index = {length = function(o) return o.x + o.y end, x = "shadow"},
      __add = function(a, b) return T(a.x + b.x, a.y + b.y) end,
      __eq = function(a, b) return a.x == b.x and a.y == b.y end,
      __lt = function(a, b) return a.x < b.x end,
      __le = function(a, b) return a.x <= b.x end,
      __len = function(o) return o.y end,
      __call = function(o, k) return o.x * k end,
      __concat = function(a, b) return tostring(a) .. tostring(b) end,
      __tostring = function(o) return "<" .. o.x .. "," .. o.y .. ">" end,
      __unm = function(o) return T(-o.x, -o.y) end,
      __pairs = function() return function() return nil end end,
    })
    for _, o in ipairs {early, T(3, 4), plugin.addressof(early),
                        new(name .. "[1]", {{3, 4}})[0]} do
      assert.are.equal(7, o:length())
      assert.are.equal(3, o.x)
      assert.are.equal(4, (o + T(1, 0)).x)
      assert.is_true(o == T(3, 4))
      assert.is_false(o == T(3, 5))
      assert.is_true(o < T(4, 0))
      assert.is_true(o <= T(3, 0))
      assert.are.equal(4, #o)
      assert.are.equal(6, o(2))
      assert.are.equal("<3,4>", tostring(o))
      assert.are.equal("<3,4>!", o .. "!")
      assert.are.equal(-3, (-o).x)
      for _ in pairs(o) do error "not ours" end
    end
    throws("no member 'nothing'", function() return early.nothing end)
  end)

  it("with functions for names that are no members", function()
    local name, early = fresh()
    local written = {}
    plugin.metatype(name, {
      __index = function(o, key) return key .. o.x end,
      __newindex = function(_, key, value) written[key] = value end,
    })
    assert.are.equal("other3", early.other)
    assert.are.equal("73", early[7])
    early.other = 5
    assert.are.equal(5, written.other)
    early.x = 8
    assert.are.equal(8, early.x)
    assert.is_nil(written.x)
  end)

  it("with a table to write to", function()
    local name, early = fresh()
    local sink = {}
    plugin.metatype(name, {__newindex = sink})
    early.other = 5
    assert.are.equal(5, sink.other)
  end)

  it("with __gc, once for each that new made", function()
    local name = fresh()
    local ended = {}
    plugin.metatype(name, {__gc = function(o)
      ended[#ended + 1] = o.x
    end})
    do
      local o = new(name, {1})
      local _ = plugin.addressof(o)
      local _ = new(name, {2})
    end
    collectgarbage()
    collectgarbage()
    table.sort(ended)
    assert.are.same({1, 2}, ended)
  end)

  it("with __close, or the finaliser where there is none", function()
    local name = fresh()
    local log = {}
    plugin.metatype(name, {__gc = function(o) log[#log + 1] = o.x end})
    do local o <close> = new(name, {5}) assert.are.equal(5, o.x) end
    assert.are.same({5}, log)
    collectgarbage()
    assert.are.same({5}, log)
    local other = fresh()
    plugin.metatype(other, {__close = function(o) log[#log + 1] = -o.x end})
    do local o <close> = new(other, {6}) assert.are.equal(6, o.x) end
    assert.are.same({5, -6}, log)
  end)

  it("only for structs and unions", function()
    assert.has_error(function() plugin.metatype("int", {}) end)
    assert.has_error(function() plugin.metatype("struct cd_point") end)
    assert.has_error(function() plugin.metatype("struct cd_point", 1) end)
  end)
end)

describe("what new() says", function()
  plugin.cdef [[
    struct cdata_three { int x, y, z; };
    struct cdata_tail { int n; int tail[]; };
  ]]
  local rows = {
    {"takes its length from", "char[]", 100},
    {"too many values for 'int'", "int", 1, 2},
    {"both numbers and 'z'", "struct cdata_three", {1, 2, z = 3}},
    {"both names and numbers", "struct cdata_three", {x = 1, [true] = 2}},
  }
  for _, row in ipairs(rows) do
    it(row[1], function()
      local ok, message = pcall(plugin.new, table.unpack(row, 2))
      assert.is_false(ok)
      assert.truthy(message:find(row[1], 1, true), message)
    end)
  end

  it("nothing, where the first ones are left out", function()
    assert.equal(5, plugin.new("struct cdata_three", nil, 5).y)
    assert.equal(5, plugin.new("struct cdata_three", {[3] = 5}).z)
  end)

  it("a flexible array begins at 0", function()
    local s = plugin.new("struct cdata_tail", {2, {7, 8}})
    assert.equal(8, s.tail[1])
    assert.error_matches(function() return s.tail[-1] end, "out of bounds")
    assert.error_matches(function() return s.tail[2] end, "out of bounds")
  end)
end)
