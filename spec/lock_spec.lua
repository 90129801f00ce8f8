-- lock_spec.lua - p:lock and open(name, {lock = path}): what differs between
-- the library that was locked and the one that is there now.

local helper = require "spec.helper"
local debuglib = require "spec.debuglib"
local plugin = require "cplugin"

local build = debuglib.build

local BEFORE = [[
  struct point { int x, y; };
  enum colour { RED, GREEN };
  int first(int x) { return x; }
  long sum(const struct point *p, enum colour c) { return p->x + p->y; }
  int table[3] = {1, 2, 3};
  struct nested { struct { int p; } x; struct { int q; } y; };
  int nest(struct nested *n) { return 0; }
  enum { ONE, TWO } unnamed[2];
  int unused(int x) { return x; }
]]

local CDEF = [[
  struct point { int x, y; };
  enum colour { RED, GREEN };
  int first(int x);
  long sum(const struct point *p, enum colour c);
  extern int table[3];
  struct nested { struct { int p; } x; struct { int q; } y; };
  int nest(struct nested *n);
  extern enum { ONE, TWO } unnamed[2];
  int absent(void);
]]

local function lib(text, flags)
  return build(text, {flags = flags or "-g",
                      link = "-Wl,-soname,liblocked.so.1 -Wl,--build-id"})
end

-- A lock of BEFORE, of what CDEF declares of it.
local function locked(flags, cdef)
  local p = assert(plugin.open(lib(BEFORE, flags), {cdef = cdef or CDEF}))
  local path = helper.fresh ".lock"
  assert(p:lock(path))
  return path, p:info().path
end

-- {what changes, from, to, what is said}
local changes = {
  {"a parameter", "int first(int x)", "int first(long x)",
   "'first' is 'int first(long)', was 'int first(int)'"},
  {"a result", "long sum", "int sum", "'sum' is 'int sum(const struct point "
   .. "*, enum colour)', was 'long sum("},
  {"a struct", "int x, y; }", "int x; short z; int y; }",
   "struct point is of 12 bytes {x int 0; z short 4; y int 8}, was of 8 "
   .. "bytes {x int 0; y int 4}"},
  {"an enumerator", "RED, GREEN", "RED, BLUE, GREEN",
   "enum colour is of 4 bytes {RED 0; BLUE 1; GREEN 2}, was of 4 bytes "
   .. "{RED 0; GREEN 1}"},
  {"what has no name", "int q; }", "float q; }",
   "struct nested is of 8 bytes {x struct 4 bytes {p int 0} 0; y struct "
   .. "4 bytes {q float 0} 4}, was of"},
  {"an enumerator of what has no name", "ONE, TWO", "ONE, TWO = 5",
   "'unnamed' is 'enum 4 bytes {ONE 0; TWO 5} unnamed[2]', was 'enum 4 bytes "
   .. "{ONE 0; TWO 1} unnamed[2]'"},
  {"a variable's size", "int table[3]", "int table[4]",
   "variable 'table' has 16 bytes, had 12"},
  {"a symbol that is gone", "int first(int x)", "static int first(int x)",
   "function 'first' is gone"},
  {"another kind", "int first(int x) { return x; }", "int first;",
   "'first' is a variable, was a function"},
}

describe("open with a lock #dwarf", function()
  for _, row in ipairs(changes) do
    it("says what differs: " .. row[1], function()
      local lock = locked()
      local at = BEFORE:find(row[2], 1, true)
      local text = BEFORE:sub(1, at - 1) .. row[3]
                   .. BEFORE:sub(at + #row[2])
      local path = lib(text)
      local p, message = plugin.open(path, {lock = lock})
      assert.is_nil(p)
      assert.is_truthy(message:find(("%s is not what '%s' was made for:\n  ")
        :format(path, lock), 1, true), message)
      assert.is_truthy(message:find(row[4], 1, true), message)
      assert.is_nil(helper.read "/proc/self/maps":find(path, 1, true))
    end)
  end

  it("takes the same file, and another build of the same interface",
    function()
      local lock, path = locked()
      assert(plugin.open(path, {lock = lock}))
      local other = BEFORE:gsub("int unused%b()", "long unused(char c, int x)")
        .. "int more(void) { return 1; }"
      local p = assert(plugin.open(lib(other), {lock = lock, cdef = CDEF}))
      assert.equal(4, p.C.first(4))
    end)

  it("says that the soname is another one", function()
    local lock = locked()
    local path = build(BEFORE, {link = "-Wl,-soname,libother.so.2"})
    assert.matches("the soname is libother%.so%.2, was liblocked%.so%.1",
                   select(2, plugin.open(path, {lock = lock})))
  end)

  it("goes by symbols and declarations where there is no debug info",
    function()
      local lock, path = locked "-s"
      assert(plugin.open(path, {lock = lock, cdef = CDEF}))
      assert(plugin.open(lib(BEFORE .. "int new;", "-s"), {lock = lock}))
      local p, message = plugin.open(lib(BEFORE:gsub("table%[3%]", "table[5]"),
                                         "-s"), {lock = lock})
      assert.is_nil(p)
      assert.matches("variable 'table' has 20 bytes, had 12", message)
      p, message = plugin.open(lib(BEFORE .. "int newer;", "-s"), {lock = lock,
        cdef = CDEF:gsub("int x, y;", "long x, y;"):gsub("first%(int x",
                                                         "first(int x, int y")})
      assert.is_nil(p)
      assert.matches("what is declared is not what", message)
      assert.matches("'first' is 'int first%(int, int%)', was 'int first%(int",
                     message)
      assert.matches("struct point is of 16 bytes {.*}, was of 8 bytes",
                     message)
    end)

  it("locks what debug info declares, as far as it is used", function()
    local p = assert(plugin.open(lib(BEFORE), {debuginfo = true}))
    p.C.first(1)
    local path = helper.fresh ".lock"
    assert(p:lock(path))
    local text = helper.read(path)
    assert.matches("first", text)
    assert.is_nil(text:find("unused", 1, true))
    assert.is_nil(text:find("point", 1, true))
    assert(plugin.open(lib((BEFORE:gsub("int x, y", "long x, y"))),
                       {lock = path}))
  end)

  it("writes a text that is the same each time", function()
    local one, other = locked(), locked()
    local function own(path)
      return (helper.read(path):gsub("buildid[^\n]*", ""))
    end
    assert.equal(own(one), own(other))
    assert.matches('%["sum"%] = {kind = "function"', own(one))
    assert.matches('%["struct point"%] = {line = "8 bytes ', own(one))
    assert.matches('soname = "liblocked%.so%.1"', own(one))
    assert.is_nil(own(one):find("absent", 1, true))
  end)

  it("checks its arguments and files", function()
    local path = lib(BEFORE)
    local p, message = plugin.open(path, {lock = "/no/such.lock"})
    assert.is_nil(p)
    assert.matches("/no/such%.lock", message)
    p, message = plugin.open(path, {lock = "/tmp"})
    assert.is_nil(p)
    assert.matches("/tmp", message)
    local bad
    for _, text in ipairs {"return 5", "return", "x y",
                           "return {symbols = {one = 1}, types = {}}"} do
      bad = helper.write(helper.fresh ".lock", text)
      p, message = plugin.open(path, {lock = bad})
      assert.is_nil(p)
      assert.matches("is no lock of cplugin's", message)
    end
    assert.has_error(function() plugin.open(path, {lock = true}) end)
    assert.has_error(function() plugin.open(nil, {lock = bad}) end)
    local ok, why = assert(plugin.open(path)):lock "/no/such/folder/x"
    assert.is_nil(ok)
    assert.matches("/no/such/folder/x", why)
    local other = helper.write(helper.fresh ".lock",
      (helper.read((locked())):gsub('abi = "[^"]*"', 'abi = "moon"')))
    p, message = plugin.open(path, {lock = other})
    assert.is_nil(p)
    assert.matches("was made for moon", message)
  end)

  it("is of what is loaded, not of what has replaced that", function()
    local path, out = lib(BEFORE), helper.fresh ".lock"
    local p = assert(plugin.open(path))
    assert(os.rename(lib(BEFORE .. "int more;"), path))
    local ok, message = p:lock(out)
    assert.is_nil(ok)
    assert.matches("%.so%S*: was replaced since it was opened", message)
    assert(os.remove(path))
    ok, message = p:lock(out)
    assert.is_nil(ok)
    assert.matches("%.so%S*: cannot be found", message)
    assert.is_false(helper.exists(out))
    ok, message = pcall(p.lock, p)
    assert.is_false(ok)
    assert.matches("#1 to 'lock' %(a file's name expected, got nil", message)
  end)
end)
