-- check_spec.lua - declarations that contradict debug info are refused before
-- the first call; those that do not are taken.

local debuglib = require "spec.debuglib"
local plugin = require "cplugin"

local build, library_of = debuglib.build, debuglib.library_of

local missing = debuglib.missing()
if missing then
  return pending(missing)
end

describe("check = true", function()
  local text = [[
    #include <stddef.h>
    typedef struct point { int x, y; } point;
    size_t far(const point *p, size_t n, float x, unsigned u) { return n; }
    char *text(char *s) { return s; }
    int apply(int (*f)(int), int x) { return f(x); }
    void old(a) int a; {}
    size_t limit = 5;
    const point origin = {1, 2};
    int printed(const char *format, ...) { return 0; }
  ]]
  local path = build(text)

  -- {name, declaration, what is said}
  local wrong = {
    {"far", "size_t far(const struct point *, size_t)",
     "number of parameters: script says 2, library says 4"},
    {"far", "size_t far(const struct point *, int, float, unsigned)",
     "parameter 2: script says 'int', library says 'size_t' (unsigned long)"},
    {"far", "size_t far(const struct point *, ssize_t, float, unsigned)",
     "parameter 2: script says 'long', library says 'size_t' (unsigned long)"},
    {"far", "size_t far(const struct point *, size_t, int, unsigned)",
     "parameter 3: script says 'int', library says 'float'"},
    {"far", "size_t far(const struct point *, size_t, double, unsigned)",
     "parameter 3: script says 'double', library says 'float'"},
    {"far", "size_t far(const int *, size_t, float, unsigned)",
     "parameter 1: script says 'const int *', library says 'const point *' "
     .. "(const struct point *)"},
    {"far", "int far(const struct point *, size_t, float, unsigned)",
     "result: script says 'int', library says 'size_t' (unsigned long)"},
    {"far", "size_t far(const struct {int x; long y;} *, size_t, float, int)",
     "parameter 1, member 'y': script says at byte 8, library says at byte 4"},
    {"text", "char *text(const char *)",
     "parameter 1: script says 'const char *', library says 'char *'"},
    {"apply", "int apply(int (*f)(long), int)",
     "parameter 1, parameter 1: script says 'long', library says 'int'"},
    {"printed", "int printed(const char *)",
     "script says no '...', library says '...'"},
    {"limit", "long",
     "script says 'long', library says 'size_t' (unsigned long)"},
    {"origin", "struct {int x;}", "member 'y': script says there is none"},
  }
  for _, row in ipairs(wrong) do
    it("refuses " .. row[2], function()
      local p = assert(plugin.open(path, {check = true}))
      local ok, message = pcall(p.lookup, p, row[1], row[2])
      assert.is_false(ok)
      assert.is_truthy(message:find(("the declaration of '%s' contradicts its "
        .. "debug info: %s"):format(row[1], row[3]), 1, true), message)
    end)
  end

  it("takes what is right, in other words too", function()
    local p = assert(plugin.open(path, {check = true}))
    for _, declaration in ipairs {
      "size_t far(const struct point *, size_t, float, unsigned)",
      "unsigned long long (void *, uintptr_t n, float, const unsigned)",
      "size_t (struct {int x, y;} *, size_t, _Float32, unsigned)",
      "size_t far()",
    } do
      assert.is_function(p:lookup("far", declaration), declaration)
    end
    assert.equal(5, p:lookup("limit", "unsigned long")[0])
    assert.equal(2, p:lookup("origin", "struct {int x, y;}").y)
    assert.is_function(p:lookup("old", "void (int)"))     -- not known
  end)

  -- DWARF 4 knows no _Atomic; clang tells no width where it is the type's.
  for _, row in ipairs {{"gcc", "-gdwarf-4"}, {"clang", "-g"}} do
    it("takes what this form cannot tell apart: " .. row[1], function()
      if not debuglib.has(row[1]) then
        return pending("there is no " .. row[1])
      end
      local types = "struct bits { int a : 32; unsigned b : 3; };"
      local p = assert(plugin.open(build(types .. [[
        int count(_Atomic long *n, struct bits *b) { return ++*n + b->a; }
      ]], {cc = row[1], flags = row[2]}), {check = true}))
      p:cdef(types .. "int count(_Atomic long *, struct bits *);")
      assert.equal(9, p.C.count(p:new("_Atomic long[1]", {3}),
                                p:new("struct bits", {5, 1})))
    end)
  end

  it("is for cdef and p.C too, before the first call", function()
    local p = assert(plugin.open(build(text), {check = true, cdef = [[
      int far(void); extern int limit; int apply(int (*)(int), int); ]]}))
    for _, use in ipairs {
      function() return p.C.far end, function() return p.C.limit end,
      function() p.C.limit = 7 end,
      function() return p:lookup("far"):as() end,
    } do
      local ok, message = pcall(use)
      assert.is_false(ok)
      assert.matches("contradicts its debug info", message)
    end
    assert.equal(4, p.C.apply(function(x) return x + 1 end, 3))
    assert.is_nil(p:lookup("text").declaration)   -- check does not declare
    assert.equal(5, p:lookup("limit", "size_t")[0])
  end)

  it("is for variables that have been used before it was asked", function()
    local own = build(text)
    local p = assert(plugin.open(own, {cdef = "extern int limit;"}))
    p.C.limit = p.C.limit + 1
    assert.equal(6, p.C.limit)
    p = assert(plugin.open(own, {check = true}))
    for _, use in ipairs {function() return p.C.limit end,
                          function() p.C.limit = 7 end} do
      local ok, message = pcall(use)
      assert.is_false(ok)
      assert.matches("contradicts its debug info", message)
    end
  end)

  it("goes with debuginfo", function()
    local p = assert(plugin.open(build(text),
                                 {check = true, debuginfo = true}))
    assert.equal(8, p.C.far(p.C.origin, 8, 1, 1))
    assert.is_false(pcall(p.lookup, p, "far", "int (int)"))
  end)

  it("needs debug info", function()
    local p, message = plugin.open(build("int f;", {flags = "-s"}),
                                   {check = true})
    assert.is_nil(p)
    assert.matches("has no debug info", message)
    assert.has_error(function() plugin.open("z", {check = 1}) end,
      "option 'check' must be true or false, got a number")
    assert.has_error(function() plugin.open(nil, {check = true}) end)
  end)

  for _, header in ipairs {"zlib.h", "sqlite3.h"} do
    it("takes all that is in " .. header .. " #slow", function()
      local library, functions = library_of(header)
      local p = assert(plugin.open(build(library), {check = true}))
      assert(p:header(header))
      for _, f in ipairs(functions) do
        assert.is_function(p.C[f.name])
      end
    end)
  end

  it("takes what libc's headers say #slow", function()
    local p, why = plugin.open("libc.so.6", {check = true})
    if not p then
      return pending(why:match "^[^\n]*")
    end
    local h = assert(p:header {"stdio.h", "stdlib.h", "string.h", "unistd.h",
      "sys/stat.h", "time.h", "wchar.h", "locale.h", "dirent.h", "netdb.h"})
    local bound = 0
    for _, name in ipairs(h:names()) do
      local ok, what = pcall(function() return p.C[name] end)
      bound = bound + (ok and type(what) == "function" and 1 or 0)
      assert.is_truthy(ok or not what:find "contradicts", what)
    end
    assert.is_true(bound > 500)
  end)
end)
