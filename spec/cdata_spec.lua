-- cdata_spec.lua - cdata: counted, compared and shown, and metatypes.

local cdata = require "spec.cdata"
local plugin = require "cplugin"
local new = plugin.new
local throws = cdata.throws

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
  it("give what indexing gives", function()
    plugin.cdef [[ struct cd_each { _Bool b; unsigned char c; short n : 5;
      double d; unsigned long long u; __int128 wide; int row[2]; void *none;
      const char *text; struct cd_point at; long double more; }; ]]
    local each = new("struct cd_each", {true, 200, -3, 0.5, 1 << 63, -1,
                                        {1, 2}, nil, "text", {3, 4}, 2.5})
    local function check(x, count)
      local seen = 0
      for key, value in pairs(x) do
        seen = seen + 1
        if not rawequal(value, x[key]) then
          assert.equal(tostring(x[key]), tostring(value))
        end
      end
      assert.equal(count, seen)
    end
    check(each, 11)
    for name, count in pairs {["float[3]"] = 3, ["_Bool[2]"] = 2,
                              ["uint64_t[4]"] = 4, ["__int128[2]"] = 2,
                              ["char *[2]"] = 2, ["int[2][3]"] = 2,
                              ["struct cd_point[3]"] = 3, ["int[0]"] = 0} do
      check(new(name), count)
    end
    check(new("short[?]", 5), 5)
    check(new("int[6]") + 2, 4)
    check(plugin.view(plugin.cast("int *", each), 2), 2)
  end)
  it("end where the memory does, whatever is asked", function()
    local f, a = pairs(new("int[2]", {5, 6}))
    assert.same({0, 5}, {f(a, "x", "y")})
    throws("attempt to index", f)
    assert.same({}, {f(a)})
    f = pairs(new "int[3]")
    assert.same({0, 5}, {f(a)})
    assert.same({1, 6}, {f(a)})
    throws("index 2 is out of bounds", f, a)
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

describe("a complex number", function()
  it("is written as a whole: what is read of memory is a copy", function()
    plugin.cdef "struct cd_complex { double _Complex z; };"
    local record = new("struct cd_complex", {{re = 1, im = 2}})
    for _, z in ipairs {record.z, new("double _Complex[1]")[0],
                        new("double _Complex", 1, 2)} do
      local re, im = z.re, z.im
      for _, part in ipairs {"re", "im", 0, 1} do
        local ok, message = pcall(function() z[part] = 7 end)
        assert.is_false(ok)
        assert.matches("a part of 'double _Complex' cannot be written: "
          .. "assign a whole one", message)
      end
      assert.are.same({re, im}, {z.re, z.im})
    end
    record.z = {re = record.z.re, im = 7}
    assert.are.same({1.0, 7.0}, {record.z.re, record.z.im})
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

  it("are asked anew for each name", function()
    local name, o = fresh()
    local other = fresh()
    plugin.metatype(other, {__index = {a = "another's"}})
    local metatype = {__index = {a = 1}}
    plugin.metatype(name, metatype)
    assert.equal(1, o.a)
    throws("no member 'b'", function() return o.b end)
    metatype.__index.b = 2
    assert.equal(2, o.b)
    metatype.__index = setmetatable({}, {__index = {a = 3}})
    assert.equal(3, o.a)
    throws("no member 'b'", function() return o.b end)
    metatype.__index = function(...) return select("#", ...), ... end
    assert.equal(2, o.b)
    metatype.__index = nil
    throws("no member 'a'", function() return o.a end)
    setmetatable(metatype, {__index = {__index = {a = 4}}})
    assert.equal(4, o.a)
    metatype.__index = false
    throws("attempt to index", function() return o.a end)
    local index = debug.getmetatable(new(other)).__index
    metatype.__index = {a = 5}
    assert.equal(5, index(o, "a", "more"))
    assert.equal("another's", debug.getmetatable(o).__index(new(other), "a"))
    assert.equal(5, debug.getmetatable(o).__index(o, "a", "more", "yet more"))
    metatype.__index = function(self, key, ...)
      return self == o and key == "a" and select("#", ...)
    end
    assert.equal(0, debug.getmetatable(o).__index(o, "a", "more", "yet more"))
  end)

  it("whose __call is of another class by debug", function()
    local f = plugin.callback("int(int)", function(x) return x + 1 end)
    local call = debug.getmetatable(f).__call
    assert.equal(8, call(f, 7))
    for _, x in ipairs {new "int[2]", new(fresh()), new "__int128",
                        plugin.addressof(new "int[2]")} do
      throws("is no function", call, x, 7)
    end
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

  it("with fields that only the script knows", function()
    local own = {__index = {}, __class = "point", _index = 1, index = 2,
                 __kind = 3}
    plugin.metatype(fresh(), own)
  end)

  it("only for structs and unions", function()
    assert.has_error(function() plugin.metatype("int", {}) end)
    assert.has_error(function() plugin.metatype("struct cd_point") end)
    assert.has_error(function() plugin.metatype("struct cd_point", 1) end)
  end)
end)
