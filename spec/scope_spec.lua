-- scope_spec.lua - which declarations a name means, p.C, plugin.C.

local helper = require "spec.helper"
local plugin = require "cplugin"

local function throws(text, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.truthy(tostring(message):find(text, 1, true), message)
  return message
end

-- Each test has plugins of its own: a copy of the file is another one.
local function copy(name)
  local path = helper.fresh ".so"
  return helper.write(path, helper.read(helper.sample(name)))
end

local function open(name)
  return assert(plugin.open(copy(name)))
end

describe("a plugin's scope", function()
  it("sees its own names, then the global ones, then the built-in", function()
    plugin.cdef [[
      typedef short scope_t; typedef int32_t scope_global; enum { SCOPE_N = 1 };
    ]]
    local p, q = open "tour", open "tour"
    assert.equal(2, p:sizeof "scope_t")
    p:cdef [[
      typedef double scope_t; enum { SCOPE_N = 2 };
      typedef struct { scope_t a, b; } scope_own;
    ]]
    assert.equal(8, p:sizeof "scope_t")
    assert.equal(16, p:sizeof "scope_own")
    assert.equal(4, p:sizeof "scope_global")
    assert.equal(2, p.C.SCOPE_N)
    assert.equal(2, q:sizeof "scope_t")
    assert.equal(1, q.C.SCOPE_N)
    assert.equal(2, plugin.sizeof "scope_t")
    assert.equal(1, plugin.C.SCOPE_N)
    throws("scope_own", q.sizeof, q, "scope_own")
    throws("scope_own", plugin.sizeof, "scope_own")
    for _, name in ipairs {"int8_t", "uint64_t", "size_t", "ssize_t",
        "wchar_t", "ptrdiff_t", "bool", "intptr_t"} do
      assert.is_true(p:sizeof(name) > 0)
    end
  end)

  it("may shadow built-in and global names, tags too", function()
    plugin.cdef "struct ScopeTag { int a; };"
    local p = open "tour"
    p:cdef "typedef char size_t; struct ScopeTag { char c[3]; };"
    assert.equal(1, p:sizeof "size_t")
    assert.equal(3, p:sizeof "struct ScopeTag")
    assert.equal(8, plugin.sizeof "size_t")
    assert.equal(4, plugin.sizeof "struct ScopeTag")
  end)

  it("shadows also after a name has been used", function()
    plugin.cdef "enum { SCOPE_LATE = 1 }; int abs(int);"
    local p = open "tour"
    assert.equal(1, p.C.SCOPE_LATE)
    p:cdef "enum { SCOPE_LATE = 2 };"
    assert.equal(2, p.C.SCOPE_LATE)
    assert.equal(1, plugin.C.SCOPE_LATE)
  end)

  it("has every function on types", function()
    local p = open "tour"
    p:cdef "struct Only { int a; char b; }; enum E { ONE = 1 };"
    assert.equal(8, p:sizeof "struct Only")
    assert.equal(4, p:alignof "struct Only")
    assert.equal(4, p:offsetof("struct Only", "b"))
    local o = p:new("struct Only", {a = 5})
    assert.equal(5, o.a)
    assert.is_true(p:istype("struct Only", o))
    assert.equal(5, p:cast("struct Only *", o).a)
    assert.equal(9, p:typeof("struct Only")(9).a)
    assert.equal("a", p:reflect("struct Only").fields[1].name)
    assert.equal(5, p:totable(p:new("int [1]", {5}))[1])
    assert.equal("x", p:string(p:new("char [2]", "x")))
  end)
end)

describe("declares", function()
  it("lists names and types, and declares nothing", function()
    local names, types = plugin.declares [[
      struct scope_tag { int a; }; union scope_either;
      enum scope_enum { S_ONE };
      typedef struct { int b; } scope_type, *scope_pointer;
      extern int scope_variable; void scope_function(struct scope_tag *);
      #define SCOPE_TWO 2
    ]]
    assert.same({"S_ONE", "scope_variable", "scope_function", "SCOPE_TWO"},
                names)
    assert.same({"struct scope_tag", "union scope_either", "enum scope_enum",
                 "scope_type", "scope_pointer"}, types)
    throws("scope_type", plugin.sizeof, "scope_type")
  end)
end)

describe("undeclare", function()
  it("makes room for the right declaration", function()
    local p = open "tour"
    p:cdef "extern long PluginInt; void PluginPrint(int);"
    local wrong = p.C.PluginPrint
    throws("8 bytes", function() return p.C.PluginInt end)
    throws("but was declared as", p.cdef, p, "extern int PluginInt;")
    assert.is_true(p:undeclare "PluginInt")
    assert.is_true(p:undeclare "PluginPrint")
    assert.is_false(p:undeclare "PluginPrint")
    throws("not declared", function() return p.C.PluginInt end)
    throws("not declared", function() return p.C.PluginPrint end)
    p:cdef "extern int PluginInt; void PluginPrint(void);"
    assert.is_true(p.C.PluginInt > 0)
    assert.equal("void PluginPrint(void)", plugin.signature(p.C.PluginPrint))
    assert.equal("void PluginPrint(int)", plugin.signature(wrong))
  end)

  it("keeps types that are in use", function()
    local p = open "tour"
    p:cdef "struct Kept { int a; }; struct Over { struct Kept k[2]; };"
    local value = p:new("struct Kept", {a = 7})
    throws("other members", p.cdef, p, "struct Kept { int a, b; };")
    assert.is_false(p:undeclare "Kept")
    assert.is_true(p:undeclare "struct Kept")
    p:cdef "struct Kept { int a, b; };"
    collectgarbage()
    assert.equal(7, value.a)
    assert.equal(4, plugin.sizeof(value))
    assert.equal(8, p:sizeof "struct Over")
    assert.equal(8, p:sizeof "struct Kept")
  end)

  it("is of one scope only", function()
    plugin.cdef "typedef int scope_undeclared;"
    local p = open "tour"
    assert.is_false(p:undeclare "scope_undeclared")
    assert.is_false(plugin.undeclare "size_t")
    assert.is_true(plugin.undeclare "scope_undeclared")
    throws("scope_undeclared", p.sizeof, p, "scope_undeclared")
    throws("string", plugin.undeclare, {})
  end)
end)

describe("a type's text", function()
  -- More than are remembered; some are too long for Lua to have them once.
  local function text(i)
    return ("struct scope_text[%d]"):format(i) .. (" "):rep(i % 3 * 30)
  end
  local function check(scope, size)
    for i = 1, 40 do
      for _ = 1, 2 do
        assert.equal(size * i, scope.sizeof(text(i)))
        assert.equal(size * i, plugin.sizeof(scope.new(text(i))))
      end
    end
  end
  local function functions(p)
    return {sizeof = function(...) return p:sizeof(...) end,
            new = function(...) return p:new(...) end}
  end

  it("means what is declared now, where it stands", function()
    local p, q = open "tour", open "tour"
    for size = 1, 4 do
      for i, it in ipairs {p, q} do
        it:undeclare "struct scope_text"
        it:cdef(("struct scope_text { char a[%d]; };"):format(size * i))
      end
      plugin.undeclare "struct scope_text"
      plugin.cdef(("struct scope_text { char a[%d]; };"):format(size + 20))
      check(functions(q), size * 2)
      check(plugin, size + 20)
      check(functions(p), size)
    end
    p:undeclare "struct scope_text"
    check(functions(p), 24)
    plugin.undeclare "struct scope_text"
    throws("incomplete", plugin.new, "struct scope_text")
  end)

  it("is not taken for one that stood at its address", function()
    for i = 1, 4000 do
      local n = i % 70 + 1
      local it = ("char[%d]"):format(n) .. (" "):rep(i % 61)
      if plugin.sizeof(it) ~= n then error(it) end
      if i % 40 == 0 then collectgarbage() end
    end
  end)

  it("is its scope's, also where another was before", function()
    for size = 1, 60 do
      local p <close> = open "tour"
      p:cdef(("struct scope_text { char a[%d]; };"):format(size))
      for i = 1, 3 do assert.equal(size * i, p:sizeof(text(i))) end
      if size % 5 == 0 then collectgarbage() end
    end
  end)
end)

describe("cdef", function()
  it("declares all or nothing", function()
    local p = open "tour"
    local message = throws("line 4, column 12", p.cdef, p, [[
typedef int before;
struct Before { int x; };
enum { BEFORE = 3 }; extern int PluginInt;
struct S { wrong y; };
]])
    assert.truthy(message:find("struct S { wrong y; };", 1, true))
    assert.truthy(message:find "\n +^")
    throws("before", p.sizeof, p, "before")
    assert.is_nil(p:sizeof "struct Before")
    throws("not declared", function() return p.C.BEFORE end)
    throws("not declared", function() return p.C.PluginInt end)
    local count = 0
    for _ in pairs(p.C) do count = count + 1 end
    assert.equal(0, count)
    p:cdef "typedef char before; struct Before { char c; };"
    assert.equal(1, p:sizeof "before")
    assert.equal(1, p:sizeof "struct Before")
  end)

  it("leaves what was declared before a failure as it was", function()
    local p = open "tour"
    p:cdef "struct Later; extern int PluginInt;"
    throws("line 2", p.cdef, p, "struct Later { int a; };\nint 5;")
    assert.is_nil(p:sizeof "struct Later")
    p:cdef "struct Later { char a[5]; };"
    assert.equal(5, p:sizeof "struct Later")
    assert.equal(7, p.C.PluginInt)
  end)

  it("takes the same declaration again, not another one", function()
    local p = open "variables"
    local text = [[
      typedef int number; struct Point { int x, y; }; enum Mode { OFF, ON };
      int get_counter(void); extern int counter;
    ]]
    p:cdef(text)
    for name, again in pairs {
      typedef = "typedef int number;",
      ["function"] = "int get_counter(void); extern int get_counter(void);",
      variable = "extern int counter; extern int counter;",
      tag = "struct Point; struct Point *origin(void);",
    } do
      assert.is_true(pcall(p.cdef, p, again), name)
    end
    for name, other in pairs {
      number = "typedef long number;",
      get_counter = "long get_counter(void);",
      counter = "extern unsigned counter;",
      Point = "struct Point { int x; };",
      ON = "enum { ON = 5 };",
    } do
      throws(name, p.cdef, p, other)
    end
    assert.equal(3, p.C.get_counter())
  end)

  it("replaces annotations, for names that have been used too", function()
    local p = open "variables"
    p:cdef "const char *get_title(void);"
    assert.equal("userdata", type(p.C.get_title()))
    p:cdef "string get_title(void);"
    assert.equal("untitled", p.C.get_title())
    p:cdef "const char *get_title(void);"
    assert.equal("userdata", type(p.C.get_title()))
  end)

  it("takes an unknown name in a type's parameters for a type", function()
    for text, column in pairs {["int (FILE *)"] = 6, ["int(FILE *f)"] = 5,
                               ["int (FILE f)"] = 6} do
      local _, message = pcall(plugin.typeof, text)
      assert.truthy(message:find("column " .. column
        .. ": unknown type name 'FILE'", 1, true), message)
    end
  end)

  it("tells which plugin knows a type that is unknown here", function()
    local p = open "variables"
    p:cdef "typedef int known_there; struct known_there { int x; };"
    for f, text in pairs {[function() plugin.new "known_there" end] =
                            "unknown type name 'known_there'",
                          [function() plugin.new "struct known_there" end] =
                            "it is incomplete"} do
      local _, message = pcall(f)
      assert.truthy(message:find(text, 1, true), message)
      assert.truthy(message:find("declares it: use that plugin's new()", 1,
        true), message)
    end
    p:close()
    local _, message = pcall(plugin.new, "known_there")
    assert.falsy(message:find("declares it", 1, true))
  end)

  it("keeps functions that it did not change", function()
    local p = open "variables"
    p:cdef "int get_counter(void);"
    local f = p.C.get_counter
    p:cdef "int sum_table(void);"
    assert.equal(f, rawget(p.C, "get_counter"))
  end)
end)

describe("p.C", function()
  local TEXT = [[
    int get_counter(void);
    extern int counter;
    extern const int limit;
    enum { FIRST = 10, SECOND };
    static const double HALF = 0.5;
    static const long FOURTH = 1L << 40;
    typedef int number;
    struct Tag { int x; };
    extern int not_there;
    int not_there_either(int);
    int other_name(void) __asm__("get_counter");
  ]]

  it("makes functions and constants plain fields, variables never", function()
    local p = open "variables"
    p:cdef(TEXT)
    local C = p.C
    assert.is_nil(next(C))
    local values = {get_counter = true, FIRST = 10, SECOND = 11, HALF = 0.5,
                    FOURTH = 1 << 40, other_name = true}
    for name, value in pairs(values) do
      assert.is_nil(rawget(C, name))
      local got = C[name]
      assert.equal(got, rawget(C, name))
      if value == true then
        assert.equal("function", type(got))
        assert.equal(3, got())
      else
        assert.equal(value, got)
        assert.equal(math.type(value), math.type(got))
      end
    end
    for name, value in pairs {counter = 3, limit = 99} do
      assert.equal(value, C[name])
      assert.is_nil(rawget(C, name))
    end
    C.counter = 4
    assert.is_nil(rawget(C, "counter"))
    assert.equal(4, C.get_counter())
    assert.is_true(rawequal(C, p.C))
  end)

  it("pairs lists what is declared", function()
    local p = open "variables"
    p:cdef(TEXT)
    local names, values = {}, {}
    for name, value in pairs(p.C) do
      names[#names + 1], values[name] = name, value
    end
    assert.same({"get_counter", "counter", "limit", "FIRST", "SECOND",
      "HALF", "FOURTH", "not_there", "not_there_either", "other_name"}, names)
    assert.equal(3, values.counter)
    assert.equal(11, values.SECOND)
    assert.equal(p.C.get_counter, values.get_counter)
    assert.is_nil(values.not_there)
    assert.is_nil(rawget(p.C, "counter"))
  end)

  it("and what iterates and indexes it want a table", function()
    local p = open "variables"
    p:cdef(TEXT)
    local step = pairs(p.C)
    throws("table expected, got no value", step)
    throws("table expected, got number", step, 5)
    local index = debug.getmetatable(p.C).__index
    throws("table expected, got nil", index, nil, "get_counter")
    index = getmetatable(plugin).__index
    throws("table expected, got boolean", index, true, "C")
    throws("table expected, got string", index, "", "no_such_field")
  end)

  it("throws for what is undeclared or absent, and says what to do", function()
    local p = open "variables"
    p:cdef(TEXT)
    local function get(name)
      return function() return p.C[name] end
    end
    throws("'matrix' is exported by plugin", get "matrix")
    throws("not declared: give its C declaration to cdef(), or ", get "matrix")
    throws("'get_countre' is not declared; did you mean 'get_counter'?",
      get "get_countre")
    throws("'wibble_wobble' is not declared, and", get "wibble_wobble")
    throws("does not export 'wibble_wobble'", get "wibble_wobble")
    throws("'number' is a type: give it to new(), cast() or typeof()",
      get "number")
    throws("'Tag' is not declared as a name, only as the tag", get "Tag")
    throws("does not export 'not_there'", get "not_there")
    throws("does not export 'not_there_either'", get "not_there_either")
    throws("a name expected, got number", get(7))
    throws("'fputws' is not declared, and", get "fputws")
    throws("its dependency", get "fputws")
    local message = throws("scope_spec.lua:", get "not_there")
    assert.is_nil(message:find "\n")
  end)

  it("cannot be written but for variables", function()
    local p = open "variables"
    p:cdef(TEXT)
    local function set(name)
      return function() p.C[name] = 1 end
    end
    throws("'get_counter' is a function and cannot be written",
      set "get_counter")
    throws("'FIRST' is a constant and cannot be written", set "FIRST")
    throws("variable 'limit' is const and cannot be written", set "limit")
    throws("does not export 'not_there'", set "not_there")
    throws("'matrix' is exported", set "matrix")
    throws("a name expected", set(7))
    throws("its variables are in its table C", function() p.counter = 1 end)
    throws("a plugin has no 'counter'", function() return p.counter end)
  end)

  it("refuses what the file contradicts", function()
    local p = open "variables"
    p:cdef "int counter(void); extern int get_counter; extern double table[4];"
    throws("'counter' is a variable, but is declared as 'int (void)'",
      function() return p.C.counter end)
    throws("'get_counter' is a function, but is declared as 'int'",
      function() return p.C.get_counter end)
    throws("'get_counter' is a function", function() p.C.get_counter = 1 end)
    throws("'table' has 16 bytes, but is declared as 'double[4]' of 32 bytes",
      function() return p.C.table end)
  end)
end)

describe("plugin.C", function()
  it("is the program with the global scope", function()
    plugin.cdef "int abs(int); extern char **environ; int scope_absent(void);"
    assert.equal(5, plugin.C.abs(-5))
    assert.is_true(rawequal(plugin.C, plugin.open().C))
    assert.equal("function", type(rawget(plugin.C, "abs")))
    assert.truthy(plugin.string(plugin.C.environ[0]):find "=")
    throws("the program", function() return plugin.C.scope_absent end)
    throws("not declared", function() return plugin.C.labs end)
    plugin.open():cdef "long labs(long);"
    assert.equal(6, plugin.C.labs(-6))
    assert.equal(8, open("tour"):sizeof(plugin.typeof "long"))
    throws("no 'wibble'", function() return plugin.wibble end)
  end)

  it("sees libraries that were opened as global", function()
    local path = assert(helper.compile "int only_if_global(void) { return 9; }")
    plugin.cdef "int only_if_global(void);"
    local p = plugin.open(path)
    throws("does not export", function() return plugin.C.only_if_global end)
    plugin.open(path, {global = true})
    assert.equal(9, plugin.C.only_if_global())
    assert.is_false(p:lookup("only_if_global") == nil)
  end)
end)

-- C11 6.2.7: types of one tag in two scopes are one type if their members
-- agree, or one side has none.

describe("a type in two scopes", function()
  local rows = {                  -- of p, of q, does a value cross?
    {"struct T { int x, y; };", "struct T { int x, y; };", true},
    {"struct T { int x, y; };", "struct T;", true},
    {"struct T;", "struct T { int x, y; };", true},
    {"struct T { int x, y; };", "struct T { int x, z; };", false},
    {"struct T { int x, y; };", "struct T { int x; long y; };", false},
    {"struct T { int x, y; };", "struct T { int y, x; };", false},
    {"struct T { int x; };", "struct T { int x, y; };", false},
    {"struct T { struct T *next; };", "struct T { struct T *next; };", true},
    {"struct T { struct U *u; }; struct U { int a; };",
     "struct T { struct U *u; }; struct U { char a; };", false},
    {"struct T { int a : 3; };", "struct T { int a : 3; };", true},
    {"struct T { int a : 3; };", "struct T { int a : 4; };", false},
    {"struct T { int x; };", "struct T { int x; } __attribute__((packed));",
     false},
    {"struct T { enum E { A, B } e; };", "struct T { enum E { A, B } e; };",
     true},
    {"struct T { enum E { A, B } e; };", "struct T { enum E { A, C } e; };",
     false},
    {"struct T { int x; };", "union T { int x; };", false},
  }
  for i, row in ipairs(rows) do
    it("is " .. (row[3] and "one" or "not one") .. ": " .. i, function()
      local p, q = open "variables", open "variables"
      p:cdef(row[1])
      q:cdef(row[2])
      local kind = row[2]:match "^union" or "struct"
      local ours = p:lookup("config", "struct T")
      local theirs = q:lookup("config", kind .. " T")
      local our_place = p:lookup("active", "struct T *")
      local their_place = q:lookup("active", kind .. " T *")
      for _ = 1, 2 do             -- the second time it is remembered
        if row[3] then
          their_place[0] = ours
          assert.equal(plugin.address(ours), plugin.address(their_place[0]))
          our_place[0] = theirs
        else
          throws("the types differ", function() their_place[0] = ours end)
          throws("the types differ", function() our_place[0] = theirs end)
        end
      end
    end)
  end

  it("is judged anew once it is complete", function()
    local p, q = open "variables", open "variables"
    p:cdef "struct T { int x; };"
    q:cdef "struct T;"
    local ours = p:lookup("config", "struct T")
    local place = q:lookup("active", "struct T *")
    place[0] = ours
    q:cdef "struct T { long x; };"
    throws("the types differ", function() place[0] = ours end)
  end)

  it("crosses in calls by value and by address", function()
    local p, q = open "structs", open "variables"
    p:cdef "struct Pair { int a, b; };"
    q:cdef "struct Pair { int a, b; };"
    local mine = q:new("struct Pair", 1, 2)
    local copy_of = p:new("struct Pair", mine)
    assert.equal(2, copy_of.b)
    local array = p:new("struct Pair [2]")
    array[1] = mine
    assert.equal(1, array[1].a)
    q:cdef "struct Other { int a, b; };"
    throws("struct Other", function() array[0] = q:new("struct Other") end)
  end)
end)
