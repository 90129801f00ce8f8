-- lookup_spec.lua - lookup in all its forms, Symbols against readelf,
-- versions, symbols(), info(), inspect().

local helper = require "spec.helper"
local plugin = require "cplugin"
local readelf = require "spec.readelf"

local function throws(text, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.truthy(tostring(message):find(text, 1, true), message)
end

local function first_mapping(path)
  for line in io.lines "/proc/self/maps" do
    if line:find(path, 1, true) then
      return tonumber(line:match "^%x+", 16)
    end
  end
end

local VERSIONED = [[
  __asm__(".symver one, which@V1");
  __asm__(".symver two, which@@V2");
  int one(void) { return 1; }
  int two(void) { return 2; }
  int plain(void) { return 3; }
  __attribute__((visibility("protected"))) int shielded(void) { return 5; }
  __attribute__((weak)) int perhaps(void) { return 6; }
  int data_v1[1] = {11}, data_v2[2] = {21, 22};
  __asm__(".symver data_v1, data@V1");
  __asm__(".symver data_v2, data@@V2");
  __asm__(".symver gone, hidden@V1");
  int gone(void) { return 4; }
]]

local function versioned()
  local map = helper.write(helper.fresh ".map",
    "V1 { global: which; data; hidden; local: *; };\n" ..
    "V2 { global: which; data; plain; shielded; perhaps; } V1;\n")
  return assert(helper.compile(VERSIONED,
    {flags = "-Wl,--version-script=" .. map}))
end

describe("symbols()", function()
  local files = {
    tour = helper.sample "tour",
    variables = helper.sample "variables",
    depends = helper.sample "depends",
    versioned = versioned(),
    z = plugin.search "z",
    m = plugin.search "m",
    c = plugin.search "c",
    lua = plugin.search "libstdc++.so.6",
  }
  for name, path in pairs(files) do
    it("of a file that is not loaded are what readelf lists: " .. name,
    function()
      local expected = readelf.symbols(path)
      assert.is_true(#expected > 0)
      assert.same(expected, readelf.ours(plugin.inspect(path)))
    end)
  end

  it("of a plugin have their addresses in this process", function()
    local path = plugin.search "z"
    local p = plugin.open(path)
    local base = first_mapping(path)
    local places, count = {}, 0
    for s in plugin.inspect(path):symbols() do
      places[s.name] = s.address
    end
    for s in p:symbols() do
      count = count + 1
      if s.kind == "function" then
        assert.equal(places[s.name] + base, s.address, s.name)
      end
    end
    assert.equal(#readelf.symbols(path), count)
    assert.equal(p:lookup("crc32").address,
      plugin.address(p:lookup("crc32", "unsigned long (unsigned long, " ..
        "const void *, unsigned)")))
  end)

  it("take a pattern", function()
    local names = {}
    for s in plugin.inspect(helper.sample "tour"):symbols "^Plugin.*t$" do
      names[s.name] = true
    end
    assert.same({PluginInt = true, PluginPrint = true, PluginObject = true},
      names)
    throws("malformed pattern", function()
      for _ in plugin.open(helper.sample "tour"):symbols "[" do end
    end)
  end)

  it("match as string.find does, also by a plain prefix", function()
    local file = plugin.inspect(plugin.search "c")
    local all = {}
    for s in file:symbols() do all[#all + 1] = s.name end
    for _, pattern in ipairs {"^mem", "^_", "^", "^memcpy", "^nothing_here",
                              "^str.cmp$", "mem", "^mem%a", "^mem\0x"} do
      local expected, found = {}, {}
      for _, name in ipairs(all) do
        if name:find(pattern) then expected[#expected + 1] = name end
      end
      for s in file:symbols(pattern) do found[#found + 1] = s.name end
      assert.same(expected, found, pattern)
    end
  end)

  it("of the program list what its file exports", function()
    local list = {}
    for s in plugin.open():symbols "^lua_call" do
      list[#list + 1] = s.name
    end
    assert.same({"lua_callk"}, list)
  end)

  it("end with an error when the plugin is closed meanwhile", function()
    local p = plugin.open(helper.sample "structs")
    throws("is closed", function()
      for _ in p:symbols() do
        p:close()
      end
    end)
  end)
end)

describe("lookup(name)", function()
  local p = plugin.open(helper.sample "variables")

  local rows = {
    {"counter", "variable", 4}, {"get_counter", "function"},
    {"local_counter", "tls", 4}, {"matrix", "variable", 48},
    {"name", "variable", 16},
  }
  for _, row in ipairs(rows) do
    it("gives a Symbol: " .. row[1], function()
      local s = assert(p:lookup(row[1]))
      assert.equal(row[1], s.name)
      assert.equal(row[2], s.kind)
      assert.equal(row[3] or s.size, s.size)
      assert.is_true(s.size > 0)
      assert.equal("integer", math.type(s.address))
      assert.is_nil(s.version)
      assert.is_nil(s.declaration)
      assert.equal(("symbol '%s' (%s, %d bytes)"):format(row[1], row[2],
        s.size), tostring(s))
    end)
  end

  it("tells ifuncs and symbols without a type from functions", function()
    local q = assert(plugin.open(assert(helper.compile [[
      static int seven(void) { return 7; }
      static int (*choose(void))(void) { return seven; }
      int chosen(void) __attribute__((ifunc("choose")));
      #if defined(__x86_64__)
      __asm__(".globl bare\nbare: mov $9, %eax\n ret\n");
      #elif defined(__aarch64__)
      __asm__(".globl bare\nbare: mov w0, 9\n ret\n");
      #endif
      const int weak_one __attribute__((weak)) = 6;
    ]])))
    assert.equal("ifunc", q:lookup("chosen").kind)
    assert.equal(7, q:lookup("chosen", "int (void)")())
    assert.equal("other", q:lookup("bare").kind)
    assert.equal(0, q:lookup("bare").size)
    assert.equal(9, q:lookup("bare", "int (void)")())
    assert.equal(6, q:lookup("weak_one", "int")[0])
    assert.equal("ifunc", plugin.open("c"):lookup("memcpy").kind)
  end)

  it("says which line gives it a type when it is used without one", function()
    for _, row in ipairs {
      {"get_counter", 'p:lookup("get_counter", "int (int)")'},
      {"counter", 'p:lookup("counter", "int")'},
      {"big", 'p:lookup("big", "long")'},
      {"byte", 'p:lookup("byte", "char")'},
      {"name", 'p:lookup("name", "char [16]")'},
    } do
      local s = p:lookup(row[1])
      throws("cannot be called: write " .. row[2], s)
      throws("cannot be indexed with 'x': write " .. row[2],
        function() return s.x end)
      throws("cannot be indexed with '0'", function() return s[0] end)
      throws("cannot be written: write " .. row[2],
        function() s[0] = 1 end)
    end
  end)

  it("knows what cdef declares of it", function()
    local q = plugin.open(helper.sample "numbers")
    local name
    for s in q:symbols() do
      if s.kind == "function" then name = s.name break end
    end
    local s = q:lookup(name)
    throws("nothing is declared of '" .. name .. "'", s.as, s)
    q:cdef(("double %s(struct unknown *);"):format(name))
    assert.equal(("double %s(struct unknown *)"):format(name), s.declaration)
    throws("write sym:as(), which makes it 'double " .. name, s)
    assert.equal(plugin.address(s:as()), s.address)
    q:close()
  end)

  it("does not give what only a dependency exports", function()
    local q = plugin.open(helper.sample "depends")
    assert.equal(1, select("#", q:lookup("depends", "int (int)")(1)))
    for _, declaration in ipairs {false, "int (int)"} do
      local s, message = q:lookup("dependency_only", declaration or nil)
      assert.is_nil(s)
      assert.truthy(message:find("depends.so does not export " ..
        "'dependency_only'; its dependency ", 1, true), message)
      assert.truthy(message:find("/dependency.so does", 1, true), message)
    end
    assert.equal(2, q:lookup("shared_name", "int (void)")())
    local s, message = p:lookup "printf"
    assert.is_nil(s)
    assert.truthy(message:find('open that ("libc.so.6")', 1, true), message)
  end)

  it("says where errno is", function()
    assert.error_matches(function() return plugin.C.errno end,
      "'errno' is what plugin.errno%(%) gives")
  end)

  it("gives nil and the nearest name for one that is absent", function()
    local s, message = plugin.open("z"):lookup "defalte"
    assert.is_nil(s)
    assert.truthy(message:find("does not export 'defalte'; did you mean " ..
      "'deflate'?", 1, true), message)
    s, message = p:lookup("wibble_wobble", "int")
    assert.is_nil(s)
    assert.truthy(message:find("variables.so does not export", 1, true))
  end)

  it("names the C++ name where there is one", function()
    local path = helper.compile("int add(int a, int b) { return a + b; }",
      {cc = "c++ -x c++"})
    if not path then
      return pending "no C++ compiler"
    end
    local s, message = plugin.open(path):lookup "add"
    assert.is_nil(s)
    assert.truthy(message:find("_Z3addii", 1, true), message)
  end)

  it("checks its arguments", function()
    throws("bad argument", p.lookup, p)
    throws("bad argument", p.lookup, p, {})
    throws("zero byte", p.lookup, p, "counter\0x")
    throws("zero byte", p.lookup, p, "counter", "int", "V\0")
    throws("line 1, column 6", p.lookup, p, "counter", "int (")
    throws("bad argument", p.lookup, p, "counter", 7)
    throws("bad argument", p.lookup, nil, "counter")
    throws("bad argument", p.lookup, io.stdout, "counter")
  end)
end)

describe("lookup(name, declaration)", function()
  local p = plugin.open(helper.sample "variables")

  it("takes a type or a declaration, whose name is ignored", function()
    for _, text in ipairs {"int (void)", "int get_counter(void)",
        "int other(void);", "int (void);", "int(void)",
        plugin.typeof "int (void)"} do
      local f = assert(p:lookup("get_counter", text))
      assert.equal("function", type(f))
      assert.equal(3, f())
      assert.equal("int get_counter(void)", plugin.signature(f))
    end
    for _, text in ipairs {"int", "extern int counter;", "int x",
                           plugin.typeof "int"} do
      assert.equal(3, p:lookup("counter", text)[0])
    end
  end)

  it("gives a pointer bounded to index 0 for a scalar", function()
    local n = p:lookup("counter", "int")
    n[0] = 15
    assert.equal(15, p:lookup("get_counter", "int (void)")())
    n[0] = 3
    assert.is_true(plugin.istype("int *", n))
    for _, i in ipairs {1, -1, 1 << 40, math.maxinteger, math.mininteger} do
      throws("out of bounds", function() return n[i] end)
      throws("out of bounds", function() n[i] = 1 end)
    end
    throws("out of bounds", function() return (n + 1)[0] end)
    assert.equal(3, (n + 1)[-1])
  end)

  it("gives arrays, structs and unions as references", function()
    local t = p:lookup("table", "int [4]")
    assert.equal(30, t[2])
    assert.equal(4, #t)
    assert.equal(4, #p:lookup("table", "int []"))
    throws("out of bounds", function() return t[4] end)
    local open_ended = p:lookup("table", "int []")
    throws("out of bounds", function() return open_ended[4] end)
    local c = p:lookup("config", [[struct Config { int level; char host[12];
      struct Point { int x, y; } origin; const char *user;
      struct Config *next; }]])
    assert.equal(2, c.level)
    assert.equal("localhost", plugin.string(c.host))
    assert.equal(6, c.origin.y)
    assert.is_nil(c.next)
    assert.equal(42, p:lookup("value", "union { int i; double d; }").i)
  end)

  it("gives a pointer to a pointer for a pointer", function()
    local current = p:lookup("current", "int *")
    assert.equal(3, current[0][0])
    local get = p:lookup("get_current", "int (void)")
    current[0] = nil
    assert.equal(-1, get())
    current[0] = p:lookup("counter", "int")
    assert.equal(3, get())
  end)

  it("gives an opaque reference for what is incomplete", function()
    local c = p:lookup("config", "struct Opaque")
    assert.equal(p:lookup("config").address, plugin.address(c))
    throws("incomplete", function() return c.level end)
  end)

  it("refuses what the file contradicts", function()
    throws("'get_counter' is a function, but is declared as 'int'",
      p.lookup, p, "get_counter", "int")
    throws("'counter' is a variable, but is declared as 'int (void)'",
      p.lookup, p, "counter", "int (void)")
    throws("'local_counter' is a thread-local variable, but",
      p.lookup, p, "local_counter", "int (void)")
    throws("'counter' has 4 bytes, but is declared as 'double' of 8 bytes",
      p.lookup, p, "counter", "double")
    throws("'table' has 16 bytes", p.lookup, p, "table", "int [5]")
    throws("'name' has 16 bytes", p.lookup, p, "name", "char [17]")
    assert.equal(10, p:lookup("table", "int [3]")[0])
    assert.equal(97, p:lookup("letter", "unsigned char")[0])
  end)

  it("is what sym:as() gives", function()
    local s = p:lookup "counter"
    assert.equal(3, s:as("int")[0])
    assert.equal(3, s:as("extern int anything;")[0])
    assert.equal(3, p:lookup("get_counter"):as("int (void)")())
    throws("but is declared as", s.as, s, "int (void)")
    throws("bad argument", s.as, s, 7)
  end)
end)

describe("versions", function()
  local p = assert(plugin.open(versioned()))

  it("lookup takes the default one, or the one asked for", function()
    assert.equal(2, p:lookup("which", "int (void)")())
    assert.equal(1, p:lookup("which", "int (void)", "V1")())
    assert.equal(2, p:lookup("which", "int (void)", "V2")())
    assert.equal(11, p:lookup("data", "int", "V1")[0])
    assert.equal(22, p:lookup("data", "int [2]")[1])
    assert.equal(4, p:lookup("hidden", "int (void)", "V1")())
    throws("4 bytes", p.lookup, p, "data", "int [2]", "V1")
  end)

  it("are in the Symbol, which keeps to its own", function()
    assert.equal("V2", p:lookup("which").version)
    local old = p:lookup("which", nil, "V1")
    assert.equal("V1", old.version)
    assert.equal(1, old:as("int (void)")())
    assert.truthy(tostring(old):find("which@V1", 1, true))
    assert.not_equal(old.address, p:lookup("which").address)
    assert.equal(4, p:lookup("data", nil, "V1").size)
    for s in p:symbols "^which$" do
      assert.equal(s.version == "V1" and 1 or 2, s:as("int (void)")())
    end
  end)

  it("that are not there are listed", function()
    for _, declaration in ipairs {false, "int (void)"} do
      local f, message = p:lookup("which", declaration or nil, "V3")
      assert.is_nil(f)
      assert.truthy(message:find("exports 'which', but not in version V3; " ..
        "there is ", 1, true), message)
      assert.truthy(message:find("V1", 1, true), message)
      assert.truthy(message:find("V2 (the default)", 1, true), message)
    end
    local f, message = p:lookup("hidden", "int (void)")
    assert.is_nil(f)
    assert.truthy(message:find("not in a default version; there is V1", 1,
      true), message)
  end)
end)

-- ----

describe("info() is what readelf says", function()
  for _, path in ipairs {plugin.search "z", plugin.search "c",
      plugin.search "libstdc++.so.6", plugin.search "sqlite3",
      helper.sample "depends", helper.sample "tour", versioned()} do
    it(path:match "[^/]+$", function()
      local expected = readelf.info(path)
      assert.same(expected, readelf.own(plugin.inspect(path):info()))
      local p <close> = plugin.open(path)
      assert.same(expected, readelf.own(p:info()))
    end)
  end
end)

describe("plugin.inspect", function()
  it("names what is near to what the file does not export", function()
    local file <close> = plugin.inspect(helper.sample "tour")
    assert.same({n = 2, nil, "the file does not export 'PluginPrnt'; did you "
      .. "mean 'PluginPrint'?"}, table.pack(file:lookup "PluginPrnt"))
    assert.same({n = 2, nil, "the file does not export 'zzz'"},
      table.pack(file:lookup "zzz"))
  end)

  it("runs nothing of the file and does not map it", function()
    local log = helper.fresh ".log"
    local result = helper.script([[
      local plugin = require "cplugin"
      local file = plugin.inspect((...))
      local count = 0
      for s in file:symbols() do count = count + 1 end
      local maps = io.open("/proc/self/maps"):read "a"
      print(count > 5, file:info().soname, maps:find("lifetime.so", 1, true),
        io.open(os.getenv "LIFETIME_LOG"))
      assert(plugin.open((...)))
      print(io.open(os.getenv "LIFETIME_LOG"):read "a")
    ]], {args = {helper.sample "lifetime"}, env = {LIFETIME_LOG = log}})
    assert.truthy(result.out:find("^true\tlifetime.so\tnil\tnil\t"),
      result.out .. result.err)
    assert.truthy(result.out:find "\nmapped\n")
  end)

  it("reads files of other machines", function()
    local text = helper.read(helper.sample "tour")
    local path = helper.write(helper.fresh ".so",
      text:sub(1, 18) .. "\xf3\0" .. text:sub(21))
    assert.is_nil((plugin.open(path)))
    local names = {}
    for s in plugin.inspect(path):symbols() do
      names[s.name] = s.kind
    end
    assert.equal("function", names.PluginPrint)
    assert.equal("variable", names.PluginInt)
  end)

  it("gives nil and why for what cannot be read", function()
    for path, part in pairs {["/no/such.so"] = "No such file",
        ["/etc/passwd"] = "text file", ["/tmp"] = "directory",
        wibblewobble = "not found; tried"} do
      local file, message = plugin.inspect(path)
      assert.is_nil(file)
      assert.truthy(message:find(part, 1, true), message)
    end
  end)

  it("takes names that are searched", function()
    assert.equal(plugin.search "z", plugin.inspect("z"):info().path)
  end)

  it("can be closed", function()
    local kept
    do
      local file <close> = plugin.inspect "z"
      kept = file
      assert.equal(("file '%s'"):format(plugin.search "z"), tostring(file))
    end
    throws("closed", kept.info, kept)
    throws("closed", kept.symbols, kept)
    assert.truthy(tostring(kept):find "closed")
    kept:close()
  end)

  it("gives Symbols that say how to use them", function()
    for s in plugin.inspect(helper.sample "tour"):symbols "^PluginPrint$" do
      throws("its file is not loaded; write plugin.open(path):lookup(" ..
        '"PluginPrint", "int (int)")', s)
      throws("open it first", s.as, s, "void (void)")
    end
  end)
end)
