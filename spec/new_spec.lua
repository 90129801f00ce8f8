-- new_spec.lua - new(): what it makes, of what values, and what it refuses.

local cdata = require "spec.cdata"
local helper = require "spec.helper"
local plugin = require "cplugin"
local new = plugin.new
local plain, throws = cdata.plain, cdata.throws

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

  -- As LuaJIT does: one value that is not a copy of the whole.
  it("of what their first part takes", function()
    local ints, p = new("int[2]", 5, 6), new("struct cd_point", 3, 4)
    local memory = new("void *[1]", ints)
    assert.are.equal(6, new("int *[1]", ints)[0][1])
    assert.are.equal(6, new("const int *[2]", ints)[0][1])
    assert.are.equal(6, plugin.cast("int *", memory[0])[1])
    assert.are.equal(memory[0], new("void *[1]", memory)[0])
    assert.are.equal(4, new("struct cd_point *[1]", p)[0].y)
    assert.are.equal(4, new("struct { struct cd_point a; int n; }", p).a.y)
    assert.are.equal(4, new("struct { struct cd_point *a; }", p).a.y)
    assert.are.equal(6, new("int[2][2]", ints)[0][1])
    assert.are.equal(6, new("const int[2]", ints)[1])
    assert.has_error(function() new("char *[1]", ints) end)
    assert.has_error(function() new("int[2]", new "int[3]") end)
    assert.has_error(function() new("void *[2]", memory) end)
    assert.has_error(function() new("struct { int n; }", p) end)
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

  it("makes as many bytes as sizeof says with a length", function()
    plugin.cdef [[
      struct new_sized { double d; char c; short tail[]; };
      struct new_asked { char c; double tail[?]; };
    ]]
    local sizeof = plugin.sizeof
    for _, row in ipairs {{"int[?]", 3, 12}, {"int[]", 3, 12},
        {"struct new_sized", 0, 16}, {"struct new_sized", 3, 16},
        {"struct new_sized", 9, 28}, {"const struct new_asked", 4, 40}} do
      assert.equal(row[3], sizeof(row[1], row[2]), row[1])
    end
    for n = 0, 9 do
      local values = {}
      for i = 1, n do values[i] = i end
      assert.equal(sizeof(new("struct new_asked", n)),
                   sizeof("struct new_asked", n))
      assert.equal(sizeof(new("struct new_sized", {1, 2, values})),
                   sizeof("struct new_sized", n))
    end
    for text, call in pairs {
      ["'int' takes no number of elements"] = {"int", 3},
      ["'int[2]' takes no number of elements"] = {"int[2]", 3},
      ["'struct new_none' takes no number"] = {"struct new_none", 1},
      ["cannot be negative"] = {"struct new_asked", -1},
      ["is too large"] = {"struct new_asked", math.maxinteger}} do
      local ok, message = pcall(sizeof, table.unpack(call))
      assert.is_false(ok)
      assert.truthy(message:find(text, 1, true), message)
    end
  end)

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

  it("say of lists of what are no numbers what each value alone says",
  function()
    local point = new("struct cd_point", 1, 2)
    local lists = {{"a", "b", "c"}, {"a", nil, "c"}, {[0] = "a", "b", "c"},
      {[0] = "a", "b", "c", "d"}, {"a", "b", "c", "d"}, {"a", 5, "c"},
      {"a", "b", n = 1}, {[2] = "b", [1] = "a"}, {[0] = 5, "b"},
      {point, point}, {point, {3, 4}, point}, {{1, 2}, {3, "4"}, {5, 6}},
      {{1, 2}, {3, {}}, {5, 6}}, {[0] = {{}}, {1, 2}}, {"a", {1, 2}, 3},
      {"a", 1, {1, 2}}, {{1}, 2, "b"}, {{{1}, 2, "b"}, 3}, {{{1}, 2, "b"}, {}}}
    local types = {"const char *[3]", "const char *[90]", "void *[3]",
      "struct cd_point *[3]", "struct cd_point[3]", "struct cd_point[90]",
      "char[3][4]", "union cd_any[3]", "struct { const char *s; int n : 3; "
      .. "struct cd_point p; }", "struct { struct cd_point p; int n : 3; "
      .. "const char *s; }", "struct { struct { struct cd_point p; int n : 3; "
      .. "const char *s; } in; int n : 4; }", "union { const char *s; int n; }"}
    for _, ctype in ipairs(types) do
      for i, list in ipairs(lists) do
        local value = made(ctype, list)
        assert.are.equal(made(ctype, asked(list)), value, ctype .. " " .. i)
      end
    end
  end)

  it("are gone through once, however deep they are", function()
    local asked_for = 0
    local value = setmetatable({}, {__index = function(_, key)
      asked_for = asked_for + (key == 2 and 1 or 0)
    end})
    local ctype = plugin.typeof "int[2]"
    for _ = 1, 8 do
      ctype = plugin.typeof("struct { $ in; int bits : 4; }", ctype)
      value = {value, 1}
    end
    new(ctype, value)
    assert.are.equal(1, asked_for)
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
