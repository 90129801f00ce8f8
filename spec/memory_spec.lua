-- memory_spec.lua - the functions on types and memory, and what they say
-- about wrong arguments.

local helper = require "spec.helper"
local plugin = require "cplugin"
local new = plugin.new

plugin.cdef [[
  struct mem_point { int x, y; };
  struct mem_bits { unsigned a : 3, b : 7; char c; };
  struct mem_all { char c; double d; struct mem_point p[2];
                   struct { short s; }; const char *text; };
  enum mem_enum { MEM_A, MEM_B = 7 };
  size_t strlen(const char *); int abs(int);
]]

local function throws(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches(pattern, message)
end

describe("cast", function()
  local rows = {
    -- type, value, what a C cast gives
    {"int", 2^32 + 5, 5}, {"unsigned char", 257, 1}, {"unsigned char", -1, 255},
    {"signed char", 200, -56}, {"short", 65535, -1},
    {"unsigned short", -1, 65535}, {"int", 1 << 40, 0},
    {"int", 1.9, 1}, {"int", -1.9, -1}, {"unsigned int", -1, 4294967295},
    {"uint64_t", -1, -1}, {"long long", 1e15, 1000000000000000},
    {"_Bool", 5, true}, {"_Bool", 0, false}, {"_Bool", 0.5, true},
    {"float", 0.1, 0.10000000149011612}, {"double", 3, 3.0},
    {"int", true, 1}, {"intptr_t", nil, 0}, {"_Bool", nil, false},
    {"enum mem_enum", 9, 9}, {"enum mem_enum", "MEM_B", 7},
    {"char", 200, helper.defined "__CHAR_UNSIGNED__" and 200 or -56},
    {"double", true, 1.0}, {"long long", false, 0},
  }
  for i, row in ipairs(rows) do
    it(("%s of %s (%d)"):format(row[1], tostring(row[2]), i), function()
      assert.are.equal(row[3], plugin.cast(row[1], row[2]))
    end)
  end

  it("of cdata numbers", function()
    assert.are.equal(-1, plugin.cast("long long",
                                     new("unsigned long long", -1)))
    assert.are.equal(2, plugin.cast("int", new("long double", 2.5)))
    assert.are.equal(255, plugin.cast("unsigned char", new("__int128", -1)))
    assert.are.equal("cdata<__int128>: -1",
                     tostring(plugin.cast("__int128", -1)))
    assert.are.equal("cdata<unsigned __int128>: " ..
      "340282366920938463463374607431768211455",
      tostring(plugin.cast("unsigned __int128", -1)))
    assert.are.equal(2.0, plugin.cast("double", new("double _Complex", 2, 3)))
    assert.are.equal("1", plugin.string(plugin.cast("__int128", true)))
  end)

  it("between pointers and integers", function()
    local a = new("int[2]", {1, 2})
    local address = plugin.cast("intptr_t", a)
    assert.are.equal(plugin.address(a), address)
    assert.are.equal(2, plugin.cast("int *", address + 4)[0])
    assert.are.equal(address, plugin.cast("uintptr_t",
                                          plugin.cast("void *", a)))
    assert.is_nil(plugin.cast("int *", 0))
    assert.is_nil(plugin.cast("int *", nil))
  end)

  it("keeps a string alive, and its bounds", function()
    local p = plugin.cast("char *", ("ab"):rep(50))
    collectgarbage()
    assert.are.equal(("ab"):rep(50), plugin.string(p))
    throws("bounds", function() return p[101] end)
    assert.are.equal(0, p[100])
  end)

  it("refuses what is no cast in C", function()
    for _, row in ipairs {{"int", {}}, {"int", "x"}, {"int *", {}},
                          {"int(int)", 1}, {"struct mem_point", 1},
                          {"int", function() end}, {"double", {}},
                          {"int(*)(int)", function() end}} do
      assert.has_error(function() plugin.cast(row[1], row[2]) end)
    end
    assert.has_error(function() plugin.cast "int" end)
  end)
end)

describe("typeof", function()
  it("is the same for the same type", function()
    assert.are.equal(plugin.typeof "int *", plugin.typeof "int*")
    assert.are.equal(plugin.typeof "struct mem_point",
                     plugin.typeof(new "struct mem_point"))
    assert.are_not.equal(plugin.typeof "int", plugin.typeof "unsigned")
  end)
  it("is called to make one", function()
    local T = plugin.typeof "struct mem_point"
    assert.are.equal(2, T(1, 2).y)
    assert.are.equal(2, T({y = 2}).y)
    assert.are.equal(5, #plugin.typeof "int[?]"(5))
  end)
  it("calls __new of the metatype", function()
    plugin.cdef "struct mem_new { int x; };"
    local T = plugin.metatype("struct mem_new", {__new = function(ct, x)
      return plugin.new(ct, x * 2)
    end})
    assert.are.equal(6, T(3).x)
    assert.are.equal(3, plugin.new(T, 3).x)
  end)
  it("takes parameters", function()
    local T = plugin.typeof "struct mem_point"
    assert.are.equal(24, plugin.sizeof(plugin.typeof("$[3]", T)))
    assert.are.equal(8, plugin.sizeof(plugin.typeof("$ *", T)))
    assert.has_error(function() plugin.typeof("$", 1) end)
    assert.has_error(function() plugin.typeof "$" end)
  end)
end)

describe("sizeof, alignof, offsetof", function()
  local rows = {
    {"sizeof", 1, "char"}, {"sizeof", 16, "long double"},
    {"sizeof", 8, "struct mem_bits *"}, {"sizeof", 4, "enum mem_enum"},
    {"sizeof", 48, "struct mem_all"}, {"sizeof", 12, "int[3]"},
    {"sizeof", 20, "int[?]", 5}, {"sizeof", nil, "int[?]"},
    {"sizeof", nil, "void"}, {"sizeof", 3, new("char[?]", 3)},
    {"alignof", 8, "struct mem_all"}, {"alignof", 16, "long double"},
    {"alignof", 1, "char[7]"}, {"alignof", 4, "int[?]"},
    {"offsetof", 8, "struct mem_all", "d"},
    {"offsetof", 16, "struct mem_all", "p"},
    {"offsetof", 32, "struct mem_all", "s"},
    {"offsetof", 40, "struct mem_all", "text"},
    {"offsetof", 2, "struct mem_bits", "c"},
  }
  for i, row in ipairs(rows) do
    it(("%s %d"):format(row[1], i), function()
      assert.are.equal(row[2], (plugin[row[1]](row[3], row[4])))
    end)
  end
  it("of members of members, as gcc has it", function()
    local text = [[
      struct mem_path { char c; struct mem_inner { char a; struct { long b;
        union { int i; double d; } u; }; struct { short x, y; } in[2]; } m; }]]
    plugin.cdef(text .. ";")
    local paths = {"m", "m.a", "m.b", "m.u", "m.u.d", "m.in"}
    local lines = {}
    for i, path in ipairs(paths) do
      lines[i] = ("__builtin_offsetof(struct mem_path, %s)"):format(path)
    end
    local program = assert(helper.compile(("#include <stdio.h>\n%s;\n" ..
      'int main(void) { size_t a[] = {%s}; for (int i = 0; i < %d; i++) ' ..
      'printf("%%%%zu\\n", a[i]); }'):format(text, table.concat(lines, ", "),
      #paths):gsub("%%%%", "%%"), {program = true}))
    local expected = helper.program(program).out
    local found = {}
    for i, path in ipairs(paths) do
      found[i] = plugin.offsetof("struct mem_path", path)
    end
    assert.equal(expected, table.concat(found, "\n") .. "\n")
  end)

  it("of bit-fields", function()
    plugin.cdef "struct mem_nested { int n; struct mem_bits bits; };"
    local base = plugin.offsetof("struct mem_nested", "bits")
    assert.are.same({base, 3, 7},
      {plugin.offsetof("struct mem_nested", "bits.b")})
    assert.are.same({0, 0, 3}, {plugin.offsetof("struct mem_bits", "a")})
    assert.are.same({0, 3, 7}, {plugin.offsetof("struct mem_bits", "b")})
  end)
end)

describe("istype", function()
  local p = new "struct mem_point"
  local rows = {
    {true, "struct mem_point", p}, {true, "const struct mem_point", p},
    {true, "struct mem_point", plugin.addressof(p)},
    {false, "struct mem_bits", p}, {false, "int", p},
    {true, "struct mem_point *", plugin.addressof(p)},
    {true, "int[2]", new "int[2]"}, {false, "int[3]", new "int[2]"},
    {false, "int", 5}, {true, "int", new("int", 5)}, {false, "int", nil},
    {false, "char *", "text"},
  }
  for i, row in ipairs(rows) do
    it(row[2] .. " " .. i, function()
      assert.are.equal(row[1], plugin.istype(row[2], row[3]))
    end)
  end
end)

describe("string", function()
  local a = new("char[6]", "ab\0cd")
  local rows = {
    {"ab", a}, {"ab\0cd", a, 5}, {"", a, 0}, {"cd", a + 3},
    {"abc", new("char[3]", "abc")}, {"text", "text"},
    {"te", "text", 2}, {"text\0", "text", 5}, {nil, nil},
    {"\1\0\0\0", new("int[1]", {1}), 4},
    {"abc", plugin.cast("void *", new("char[3]", "abc"))},
  }
  for i, row in ipairs(rows) do
    it("gives " .. i, function()
      assert.are.equal(row[1], plugin.string(row[2], row[3]))
    end)
  end
  it("keeps to the bounds", function()
    throws("bounds", plugin.string, a, 7)
    throws("bounds", plugin.string, a + 3, 4)
    throws("bounds", plugin.string, a + 7)
    throws("negative", plugin.string, a, -1)
    throws("bounds", plugin.string, a, math.maxinteger)
    throws("NULL", plugin.string, nil, 3)
  end)
end)

describe("copy and fill", function()
  local a
  before_each(function() a = new("char[6]", "abcde") end)
  it("copy strings with their end", function()
    plugin.copy(a, "xy")
    assert.are.equal("xy\0de\0", plugin.string(a, 6))
    plugin.copy(a, "12345")
    throws("bounds", plugin.copy, a, "123456")
    assert.are.equal("12345", plugin.string(a))
  end)
  it("copy n bytes", function()
    plugin.copy(a, "xyz", 2)
    assert.are.equal("xycde", plugin.string(a))
    plugin.copy(a + 1, a, 4)
    assert.are.equal("xxycd", plugin.string(a))
    plugin.copy(a, new("int[1]", {0x41424344}), 4)
    assert.are.equal("DCBAd", plugin.string(a))
    throws("bounds", plugin.copy, a, "x", 3)
    throws("bounds", plugin.copy, a, ("x"):rep(9), 7)
    throws("bounds", plugin.copy, a + 6, "x", 1)
    throws("negative", plugin.copy, a, "x", -1)
    throws("#3", plugin.copy, a, a)
  end)
  it("fill", function()
    plugin.fill(a, 3)
    assert.are.equal("\0\0\0de\0", plugin.string(a, 6))
    plugin.fill(a, 2, 65)
    plugin.fill(a + 2, 1, 0x142)
    assert.are.equal("AABde", plugin.string(a))
    throws("bounds", plugin.fill, a, 7)
    throws("negative", plugin.fill, a, -1)
  end)
  it("not into what is const", function()
    throws("const", plugin.copy, "text", "abcd")
    throws("const", plugin.fill, "text", 1)
    throws("const", plugin.fill, new("const char[2]", "a"), 1)
    throws("const", plugin.copy, plugin.cast("const char *", a), "x")
    throws("const", plugin.fill, new("const struct mem_point", 1, 2), 1)
  end)
end)

describe("gc", function()
  it("runs a finaliser once", function()
    local log = {}
    do
      local x = plugin.gc(new "int[1]", function(y) log[#log + 1] = y[0] end)
      x[0] = 5
    end
    for _ = 1, 3 do collectgarbage() end
    assert.are.same({5}, log)
  end)
  it("replaces and removes it", function()
    local log = {}
    do
      local x = plugin.gc(new "int", function() log[#log + 1] = "first" end)
      plugin.gc(x, function() log[#log + 1] = "second" end)
      local y = plugin.gc(new "int", function() log[#log + 1] = "never" end)
      plugin.gc(y, nil)
    end
    for _ = 1, 3 do collectgarbage() end
    assert.are.same({"second"}, log)
  end)
  it("can be set again in the finaliser", function()
    local log = {}
    do
      local function again(x)
        log[#log + 1] = #log
        if #log < 3 then plugin.gc(x, again) end
      end
      plugin.gc(new "int", again)
    end
    for _ = 1, 6 do collectgarbage() end
    assert.are.same({0, 1, 2}, log)
  end)
  it("runs it at <close>, and not again", function()
    local n = 0
    do
      local x <close> = plugin.gc(new "int", function() n = n + 1 end)
      assert.is_userdata(x)
    end
    for _ = 1, 3 do collectgarbage() end
    assert.are.equal(1, n)
  end)
  it("keeps errno", function()
    plugin.errno(7)
    do plugin.gc(new "int", function() plugin.errno(9) end) end
    for _ = 1, 3 do collectgarbage() end
    assert.are.equal(7, plugin.errno(0))
  end)
  it("runs at the end of the Lua state", function()
    local done = helper.script [[
      local plugin = require "cplugin"
      x = plugin.gc(plugin.new("int[1]", {3}), function(y)
        print("end", y[0], plugin.sizeof(y))
      end)
    ]]
    assert.are.equal("end\t3\t4\n", done.out)
  end)
end)

describe("errno", function()
  it("is read and set", function()
    plugin.errno(5)
    assert.are.equal(5, plugin.errno())
    assert.are.equal(5, plugin.errno(6))
    assert.are.equal(6, plugin.errno(0))
    throws("number expected", plugin.errno, {})
  end)
end)

describe("addressof and address", function()
  it("lead to the value", function()
    local x = new("int", 5)
    local p = plugin.addressof(x)
    assert.are.equal("cdata<int *>", (tostring(p):match "^[^:]+"))
    p[0] = 6
    assert.are.equal(6, plugin.tonumber(x))
    throws("bounds", function() return p[1] end)
    local rows = new "int[2][3]"
    assert.are.equal(3, #plugin.addressof(rows[1])[0])
    assert.are.equal(plugin.address(rows) + 12, plugin.address(rows[1]))
    throws("pointer", plugin.addressof, p)
    throws("cdata", plugin.addressof, 5)
  end)
  it("is the same for the same memory", function()
    local s = new "struct mem_all"
    assert.are.equal(plugin.address(s), plugin.address(s))
    assert.are.equal(plugin.address(s) + 16, plugin.address(s.p))
    assert.are.equal("integer", math.type(plugin.address(plugin.C.abs)))
    assert.has_error(function() plugin.address(5) end)
  end)
end)

describe("totable, tonumber, eq, view, signature", function()
  it("totable", function()
    local a = new("int[3]", {1, 2, 3})
    assert.are.same({1, 2, 3}, plugin.totable(a))
    assert.are.same({1, 2}, plugin.totable(a, 2))
    assert.are.same({}, plugin.totable(a, 0))
    assert.are.same({2, 3}, plugin.totable(a + 1))
    assert.are.same({{1, 2}, {3, 4}},
                    plugin.totable(new("int[2][2]", {{1, 2}, {3, 4}})))
    throws("bounds", plugin.totable, a, 4)
    throws("negative", plugin.totable, a, -1)
    throws("how many", plugin.totable, plugin.cast("int *", 4096))
    throws("array", plugin.totable, new "struct mem_point")
  end)
  it("tonumber", function()
    for _, row in ipairs {
      {5, new("int", 5)}, {5, 5}, {12, "12"}, {nil, "x"},
      {2.0^64, plugin.cast("unsigned __int128", 1) << 64},
      {1.8446744073709552e19, new("unsigned long long", -1)},
      {0.5, new("long double", 0.5)}, {nil, new("double _Complex", 1)},
      {nil, true}, {nil, {}}, {nil, new "int[1]"},
      {7, new("enum mem_enum", 7)},
    } do
      assert.are.equal(row[1], plugin.tonumber(row[2]))
    end
  end)
  it("eq compares values", function()
    for i, row in ipairs {
      {true, new("int", 5), 5}, {true, 5, 5.0}, {false, new("int", 5), 6},
      {true, new("struct mem_point", 1, 2), new("struct mem_point", 1, 2)},
      {false, new("struct mem_point", 1, 2), new("struct mem_point", 1, 3)},
      {true, new("int[2]", 1, 2), new("int[2]", 1, 2)},
      {false, new("int[2]", 1, 2), new("int[2]", 1, 3)},
      {true, new("double[1]", 0.0), new("double[1]", -0.0)},
      {false, new("double[1]", 0/0), new("double[1]", 0/0)},
      {true, nil, nil}, {false, nil, new "int"}, {true, "a", "a"},
      {true, new("unsigned long long", -1), new("unsigned __int128",
             new("unsigned long long", -1))},
      {false, true, 1}, {false, new("int", 1), true},
      {false, false, new("double", 0)}, {false, new("_Float128", 1), true},
      {true, new("_Bool", true), true}, {false, false, new("_Bool", true)},
      {true, new("_Bool", 1), new("_Bool", true)}, {true, new("_Bool", 1), 1},
    } do
      assert.are.equal(row[1], plugin.eq(row[2], row[3]), i)
    end
  end)
  it("eq compares flexible arrays, too", function()
    plugin.cdef [[
      struct mem_flex { int n; char data[]; };
      struct mem_zero { short n; double data[0]; };
      struct mem_rest { int n; struct mem_point data[?]; };
      typedef int mem_vector __attribute__((vector_size(16)));
    ]]
    local function flex(type, ...) return new(type, {1, {...}}) end
    local p = plugin.cast("struct mem_flex *", flex("struct mem_flex", 1, 2))
    for i, row in ipairs {
      {true, flex("struct mem_flex", 1, 2), flex("struct mem_flex", 1, 2)},
      {false, flex("struct mem_flex", 1, 2), flex("struct mem_flex", 1, 3)},
      {false, flex("struct mem_flex", 1, 2), flex("struct mem_flex", 1, 2, 3)},
      {true, p[0], flex("struct mem_flex", 1, 2)},
      {true, new("struct mem_rest", 1, {1, {{1, 2}}}),
       new("struct mem_rest", 1, {1, {{1, 2}}})},
      {false, new("struct mem_rest", 1, {1, {{1, 2}}}),
       new("struct mem_rest", 1, {1, {{1, 3}}})},
      {true, new("struct mem_zero"), new("struct mem_zero")},
      {true, new("double[?]", 1, {0.0}), new("double[?]", 1, {-0.0})},
      {false, new("double[?]", 1, {0/0}), new("double[?]", 1, {0/0})},
      {false, new("int[?]", 1), new("int[?]", 2)},
      {true, new("mem_vector", 1, 2), new("mem_vector", {1, 2})},
      {false, new("mem_vector", 1, 2), new("mem_vector", {1, 3})},
    } do
      assert.are.equal(row[1], plugin.eq(row[2], row[3]), i)
    end
  end)
  it("view bounds a pointer", function()
    local v = plugin.view(plugin.cast("int *", 4096), 3)
    assert.are.equal(3, #v)
    throws("bounds", function() return v[3] end)
    throws("bounds", function() return v[-1] end)
    throws("pointer", plugin.view, new "int[2]", 1)
    throws("pointer", plugin.view, plugin.cast("void *", 4096), 1)
  end)
  it("signature", function()
    assert.are.equal("int abs(int)", plugin.signature(plugin.C.abs))
    throws("function", plugin.signature, print)
    throws("function", plugin.signature, nil)
  end)
  it("declaration", function()
    for _, row in ipairs {
      {"int (*f[4])(char)", "int (*[4])(char)", "f"},
      {"int (*[4])(char)", "int (*[4])(char)"},
      {"char name[8]", "char[8]", "name"},
      {"int max(int, ...)", plugin.typeof "int (int, ...)", "max"},
      {"int n", new("int", 5), "n"},
    } do
      assert.are.equal(row[1], plugin.declaration(row[2], row[3]))
    end
    throws("string", plugin.declaration, "int", {})
  end)
end)

describe("reflect", function()
  it("structs", function()
    local r = plugin.reflect "struct mem_all"
    assert.are.equal("struct", r.kind)
    assert.are.equal("mem_all", r.tag)
    assert.are.same({48, 8}, {r.size, r.align})
    local list = {}
    for _, field in ipairs(r.fields) do
      list[#list + 1] = (field.name or "-") .. field.offset
    end
    assert.are.equal("c0 d8 p16 -32 text40", table.concat(list, " "))
    assert.are.equal(plugin.typeof "double", r.fields[2].type)
    local bits = plugin.reflect("struct mem_bits").fields[2]
    assert.are.same({0, 3, 7}, {bits.offset, bits.bit, bits.width})
  end)
  it("the rest", function()
    assert.are.equal(3, plugin.reflect("int[3]").count)
    assert.are.equal(plugin.typeof "int", plugin.reflect("int[3]").element)
    assert.are.equal(plugin.typeof "char", plugin.reflect("char *").target)
    assert.is_true(plugin.reflect("unsigned").unsigned)
    assert.is_true(plugin.reflect("const int").const)
    local e = plugin.reflect "enum mem_enum"
    assert.are.same({name = "MEM_B", value = 7}, e.enumerators[2])
    local f = plugin.reflect(plugin.C.abs)
    assert.are.equal(plugin.typeof "int", f.parameters[1].type)
    assert.is_false(f.variadic)
    f = plugin.reflect "int(_Out_ int *n, _Inout_ long *m, int k)"
    assert.is_true(f.parameters[1].out and f.parameters[2].inout)
    assert.is_nil(f.parameters[1].inout or f.parameters[2].out)
    assert.is_nil(f.parameters[3].out or f.parameters[3].inout)
    f = plugin.reflect "int(const char *format, ...)"
    assert.is_true(f.variadic)
    assert.are.equal("format", f.parameters[1].name)
  end)
end)

describe("scopes", function()
  it("plugin.X works in the global one, p:X in the plugin's", function()
    local p = plugin.open(assert(helper.compile "int x;"))
    p:cdef "struct mem_own { int a; }; typedef short mem_alias;"
    plugin.cdef "typedef int mem_global;"
    assert.are.equal(4, p:sizeof "struct mem_own")
    assert.are.equal(2, p:sizeof "mem_alias")
    assert.are.equal(4, p:sizeof "mem_global")
    assert.has_error(function() plugin.sizeof "mem_alias" end)
    p:cdef "typedef char mem_global;"
    assert.are.equal(1, p:sizeof "mem_global")
    assert.are.equal(4, plugin.sizeof "mem_global")
    assert.are.equal(3, p:new("struct mem_own", {3}).a)
    assert.are.equal(3, p:cast("mem_alias", 65539))
    assert.are.equal(8, plugin.sizeof(
      plugin.typeof("$[2]", p:typeof "struct mem_own")))
    local kept = p:new("struct mem_own", {3})
    p:close()
    throws("is closed", function() p:sizeof "int" end)
    throws("is closed", function() p:new "int" end)
    p = nil
    collectgarbage()
    collectgarbage()
    assert.are.equal(3, kept.a)
    assert.are.equal("cdata<struct mem_own>: {a = 3}", tostring(kept))
  end)
end)

describe("wrong arguments", function()
  local a = new "int[1]"
  local rows = {
    -- function, arguments, the number, what was expected
    {"new", {}, 1, "C type"}, {"new", {5}, 1, "C type"},
    {"new", {{}}, 1, "C type"}, {"cast", {"int"}, 2, "value expected"},
    {"cast", {nil, 1}, 1, "C type"}, {"sizeof", {5}, 1, "C type"},
    {"sizeof", {"int[?]", "x"}, 2, "number"}, {"alignof", {}, 1, "C type"},
    {"offsetof", {"int", "x"}, 1, "no members"},
    {"offsetof", {"struct mem_point"}, 2, "string"},
    {"offsetof", {"struct mem_point", "z"}, 2, "no member 'z'"},
    {"offsetof", {"struct mem_all", "d.z"}, 2, "no members"},
    {"offsetof", {"struct mem_all", "."}, 2, "no member ''"},
    {"metatype", {"struct mem_all", {__idnex = print}}, 2,
     "'__idnex', did you mean '__index'"},
    {"metatype", {"struct mem_all", {__toString = print}}, 2,
     "'__toString', did you mean '__tostring'"},
    {"istype", {5, a}, 1, "C type"}, {"typeof", {}, 1, "C type"},
    {"string", {5}, 1, "pointer"}, {"string", {a, "x"}, 2, "number"},
    {"copy", {5, "x"}, 1, "pointer"}, {"copy", {a, 5, 1}, 2, "pointer"},
    {"copy", {nil, "x"}, 1, "NULL"}, {"copy", {a, nil, 1}, 2, "NULL"},
    {"fill", {5, 1}, 1, "pointer"}, {"fill", {a}, 2, "number"},
    {"fill", {a, 1, "x"}, 3, "number"}, {"metatype", {"int", {}}, 1,
     "struct or union"}, {"metatype", {"struct mem_point"}, 2, "table"},
    {"gc", {5, print}, 1, "cdata"}, {"gc", {a}, 2, "value expected"},
    {"addressof", {5}, 1, "cdata"}, {"address", {5}, 1, "pointer"},
    {"reflect", {5}, 1, "C type"}, {"totable", {5}, 1, "cdata"},
    {"totable", {a, "x"}, 2, "number"}, {"tonumber", {}, 1, "value"},
    {"view", {a, 1}, 1, "pointer"}, {"view", {5, 1}, 1, "cdata"},
    {"view", {a + 0}, 2, "number"}, {"signature", {5}, 1, "function"},
    {"callback", {"int", print}, 1, "function type"},
    {"callback", {"int(int)", 5}, 2, "function"}, {"cdef", {{}}, 1, "text"},
    {"cdef", {}, 1, "expected"}, {"new", {"int[?]"}, 2, "how many"},
    {"gc", {a, 5}, 2, "function"},
  }
  for i, row in ipairs(rows) do
    it(("of %s (%d)"):format(row[1], i), function()
      local ok, message = pcall(plugin[row[1]], table.unpack(row[2], 1, 3))
      if #row[2] < 3 and row[2][1] ~= nil or #row[2] == 0 then
        ok, message = pcall(plugin[row[1]], table.unpack(row[2]))
      end
      assert.is_false(ok)
      assert.matches("#" .. row[3] .. " to '[%w.]*" .. row[1] .. "'", message)
      assert.matches(row[4], message)
    end)
  end
end)

describe("a metatype", function()
  it("that is set again replaces the one before", function()
    plugin.cdef "struct memory_again { int a; };"
    local before = plugin.metatype("struct memory_again",
      {__add = function() return 1 end, __index = {f = 2}})()
    assert.equal(1, before + 1)
    plugin.metatype("struct memory_again", {__sub = function() return 3 end})
    assert.equal(3, before - 1)
    assert.error_matches(function() return before + 1 end, "arithmetic")
    assert.error_matches(function() return before.f end, "no member 'f'")
  end)

  it("takes a function for __gc only", function()
    assert.error_matches(function()
      plugin.metatype("struct memory_again", {__gc = 5})
    end, "__gc must be a function")
  end)
end)

describe("complex numbers", function()
  it("have no order", function()
    local z = plugin.new("double _Complex", 1, 2)
    assert.error_matches(function() return z < z end, "attempt to compare")
    assert.error_matches(function() return z <= 1 end, "attempt to compare")
    assert.is_true(z == plugin.new("double _Complex", 1, 2))
  end)
end)

describe("errno", function()
  it("takes an int", function()
    assert.error_matches(function() plugin.errno(1 << 40) end, "range of int")
  end)
end)

describe("the bytes of a function", function()
  local cb = plugin.callback("int (int)", function(x) return x end)
  for _, row in ipairs {{"fill", 8}, {"string", 5}, {"copy", "abc"}} do
    it("are no data for " .. row[1], function()
      assert.error_matches(function() plugin[row[1]](cb, row[2]) end,
        "points at a function")
      assert.equal(7, cb(7))
    end)
  end
end)

describe("cast", function()
  it("takes bound functions", function()
    plugin.cdef "int abs(int);"
    local pointer = plugin.cast("void *", plugin.C.abs)
    assert.equal(plugin.address(plugin.C.abs), plugin.address(pointer))
    local function_ = plugin.cast("int (*)(int)", pointer)
    assert.equal(5, function_(-5))
  end)
end)

describe("large types", function()
  it("that share their parts are looked through once", function()
    local t = plugin.typeof "int"
    for _ = 1, 28 do
      t = plugin.typeof("struct { $ a, b; }", t)
    end
    assert.equal(4 << 28, plugin.sizeof(t))
    assert.error_matches(function()
      plugin.callback(plugin.typeof("void ($)", t), print)
    end, "too large to be passed by value")
  end)

  it("with many empty parts, too", function()
    local t = plugin.typeof "struct { struct {} a[1 << 30]; int x; }"
    assert.is_userdata(plugin.callback(plugin.typeof("void ($)", t), print))
  end)
end)
