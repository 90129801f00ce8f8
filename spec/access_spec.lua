-- access_spec.lua - members and elements of cdata, read and written, in every
-- kind of memory.

local cdata = require "spec.cdata"
local helper = require "spec.helper"
local plugin = require "cplugin"
local new = plugin.new
local throws = cdata.throws

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
    for _, count in ipairs {32, 33} do    -- up to 128 bytes there is no cdata
      local a = new(("int[2][%d]"):format(count), {{1, 2}, {3, 4}})
      local values = {}
      for i = 1, count do values[i] = i end
      a[1] = values
      values[count] = "x"
      assert.is_false((pcall(function() a[1] = values end)))
      assert.are.same({1, 2, 1, 2, count},
                      {a[0][0], a[0][1], a[1][0], a[1][1], a[1][count - 1]})
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
    throws("member 'fixed' of 'struct cd_const' is const",
           function() c.fixed = 4 end)
    throws("'const int%[2%]' is const: its '0'",
           function() new("const int[2]", {1, 2})[0] = 3 end)
    throws("const", function()
      new("const struct cd_point", {1, 2}).x = 3
    end)
    throws("'const int %*' is const: its '0'", function()
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
    plugin.cast("int *", at)[plugin.offsetof("struct cd_late", "x") // 4] = 42
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
    function() return plugin.cast("long long *", a)[2] end,
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
    local most = (1 << plugin.sizeof "void *" * 8 - 1) - 1
    local far = plugin.cast("char *", new "int[4]") + 16 + (-most - 1)
    throws("elements " .. most - 15 .. " to " .. most,
           function() return far[0] end)
    far[most - 15] = 5
    throws("memory has no elements", function() return plugin.view(a + 1, 0)[0]
    end)
    throws("memory has elements %-3 to %-2", function()
      return (plugin.view(a + 0, 2) + 3)[0]
    end)
    throws("memory has no elements", function()
      return plugin.cast("long long *", plugin.view(a + 1, 1))[0]
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
    plugin.cdef [[ struct cd_soon;
                   struct cd_owner { struct cd_soon *soon; }; ]]
    local box = new "int[2]"
    local before = plugin.cast("struct cd_soon *", box)
    local holder = new("struct cd_owner", {before})
    throws("incomplete", function() return before.x end)
    throws("incomplete", function() return before[0] end)
    throws("", function() return before + 1 end)
    plugin.cdef "struct cd_soon { int x, y; };"
    before.x = 5
    assert.are.equal(5, box[0])
    assert.are.equal(5, holder.soon.x)
    assert.are.equal(5, before[0].x)
    holder.soon.y = 6
    assert.are.equal(6, before.y)
    assert.are.equal(8, plugin.sizeof "struct cd_soon")
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
