-- diff_spec.lua - plugin.diff: known changes are named, and rated as abidiff
-- (libabigail) rates them.

local helper = require "spec.helper"
local debuglib = require "spec.debuglib"
local plugin = require "cplugin"

local build, has, sh = debuglib.build, debuglib.has, debuglib.sh

local missing = debuglib.missing()
if missing then
  return pending(missing)
end

-- {before, after, what is said of it ...}. Names are of that row only.
local known = {
  {"int f1(void) { return 1; }", "", "function f1: removed"},
  {"", "int f2(void) { return 1; }", "function f2: added"},
  {"int v3;", "", "variable v3: removed"},
  {"", "int v4;", "variable v4: added"},
  {"int f5(int x) { return x; }", "int f5(long x) { return x; }",
   "function f5: parameter 1 is 'long', was 'int'"},
  {"int f6(int x) { return x; }", "int f6(unsigned x) { return x; }",
   "function f6: parameter 1 is 'unsigned int', was 'int'"},
  {"int f7(int x) { return x; }", "int f7(int x, char y) { return x; }",
   "function f7: parameter 2 added ('char')"},
  {"int f8(int x, char y) { return x; }", "int f8(int x) { return x; }",
   "function f8: parameter 2 removed ('char')"},
  {"int f9(int x) { return x; }", "float f9(int x) { return x; }",
   "function f9: result is 'float', was 'int'"},
  {"struct S10 { int a; }; int f10(struct S10 *s) { return s->a; }",
   "struct S10 { int a; long b; }; int f10(struct S10 *s) { return s->a; }",
   "struct S10: member 'b' added ('long' at byte 8)",
   "struct S10: size is 16 bytes, was 4 bytes"},
  {"struct S11 { int a, c; }; int f11(struct S11 *s) { return s->a; }",
   "struct S11 { int a, b, c; }; int f11(struct S11 *s) { return s->a; }",
   "struct S11: member 'c' is at byte 8, was at byte 4",
   "struct S11: member 'b' added ('int' at byte 4)"},
  {"struct S12 { int a, b; }; int f12(struct S12 *s) { return s->a; }",
   "struct S12 { int a; }; int f12(struct S12 *s) { return s->a; }",
   "struct S12: member 'b' removed ('int' at byte 4)"},
  {"struct S13 { int a, b; }; int f13(struct S13 *s) { return s->a; }",
   "struct S13 { int a; float b; }; int f13(struct S13 *s) { return s->a; }",
   "struct S13: member 'b' is 'float', was 'int'"},
  {"struct S14 { int a, b; }; int f14(struct S14 *s) { return s->a; }",
   "struct S14 { int a, c; }; int f14(struct S14 *s) { return s->a; }",
   "struct S14: name of member 'b' is 'c', was 'b'"},
  {"enum E15 { A15, B15 }; int f15(enum E15 e) { return e; }",
   "enum E15 { A15, B15, C15 }; int f15(enum E15 e) { return e; }",
   "enum E15: enumerator 'C15' added (2)"},
  {"enum E16 { A16, B16 }; int f16(enum E16 e) { return e; }",
   "enum E16 { A16, B16 = 5 }; int f16(enum E16 e) { return e; }",
   "enum E16: enumerator 'B16' is 5, was 1"},
  {"int v17[3];", "int v17[4];", "variable v17: is 'int[4]', was 'int[3]'"},
  {"int f18(char *p) { return *p; }", "int f18(const char *p) { return *p; }",
   "function f18: parameter 1 is 'const char *', was 'char *'"},
  {"int f19(char *p) { return *p; }", "int f19(int *p) { return *p; }",
   "function f19: parameter 1 is 'int *', was 'char *'"},
  {"int f20(const char *p) { return 0; }",
   "int f20(const char *p, ...) { return 0; }", "function f20: '...' added"},
  {"int f21(void *p) { return 0; }", "int f21(int *p) { return 0; }",
   "function f21: parameter 1 is 'int *', was 'void *'"},
  {"struct S22; int f22(struct S22 *s) { return 0; }",
   "struct S22 { int a; }; int f22(struct S22 *s) { return s->a; }",
   "struct S22: is defined, was only declared"},
  {"union U23 { int a; }; int f23(union U23 *u) { return u->a; }",
   "union U23 { int a; char b; }; int f23(union U23 *u) { return u->a; }",
   "union U23: member 'b' added ('char' at byte 0)"},
  {"int f24(int (*g)(int)) { return g(1); }",
   "int f24(int (*g)(long)) { return g(1); }",
   "function f24: parameter 1, parameter 1 is 'long', was 'int'"},
  {"int f25(void) { return 1; }", "int f25;",
   "function f25: is a variable, was a function"},
  {"int v26 = 1;", "const int v26 = 1;",
   "variable v26: is 'const int', was 'int'"},
  {"const int v30 = 1;", "int v30 = 1;",
   "variable v30: is 'int', was 'const int'"},
  {"int v31[2] = {1};", "volatile int v31[2] = {1};",
   "variable v31: is 'volatile int[2]', was 'int[2]'"},
  {"int f32(int *p) { return 0; }", "int f32(void *p) { return 0; }",
   "function f32: parameter 1 is 'void *', was 'int *'"},
  {"char *f33(void) { return 0; }", "void *f33(void) { return 0; }",
   "function f33: result is 'void *', was 'char *'"},
  {"int f27(int x) { return x; }",
   "enum E27 { A27 }; int f27(enum E27 x) { return x; }",
   "function f27: parameter 1 is 'enum E27', was 'int'"},
  {"typedef int T28; int f28(T28 x) { return x; }",
   "typedef int U28; int f28(U28 y) { return y; }"},
  {"int f29(int x) { return x; }",
   "__attribute__((weak)) int f29(const int x) { return x; }"},
}

local KEEP = "int keep;\n"
local FLAGS = {flags = "-g", link = "-Wl,-soname,libknown.so.1"}

local function has_text(diff, text)
  for _, change in ipairs(diff.changes) do
    if change.text == text then
      return true
    end
  end
  return false
end

-- Does abidiff see something that is not harmless and not only new?
local function abidiff_breaking(old, new)
  local ran = helper.tool(("abidiff %s %s"):format(old, new))
  assert(ran.code and ran.code & 3 == 0, ran.err)
  local bad = ran.code & 8 ~= 0
  for count, change in ran.out:gmatch "(%d+) (%u%l+)" do
    bad = bad or ran.code & 4 ~= 0 and tonumber(count) > 0 and
      (change == "Removed" or change == "Changed")
  end
  return bad
end

describe("plugin.diff #dwarf", function()
  for i, row in ipairs(known) do
    it(("names and rates known change %d as abidiff does #slow"):format(i),
      function()
        local old = build(KEEP .. row[1], FLAGS)
        local new = build(KEEP .. row[2], FLAGS)
        local diff = assert(plugin.diff(old, new))
        for n = 3, #row do
          assert.is_true(has_text(diff, row[n]), tostring(diff))
        end
        if not row[3] then
          assert.equal(0, #diff.changes, tostring(diff))
        end
        assert.equal(diff.breaking == 0, diff.compatible)
        if not has "abidiff" then
          return pending "there is no abidiff"
        end
        assert.equal(abidiff_breaking(old, new), not diff.compatible,
                     tostring(diff))
      end)
  end

  it("names all of them in one library", function()
    local before, after = {}, {}
    for i, row in ipairs(known) do
      before[i], after[i] = row[1], row[2]
    end
    local diff = assert(plugin.diff(build(table.concat(before, "\n"), FLAGS),
                                    build(table.concat(after, "\n"), FLAGS)))
    local text = tostring(diff)
    for _, row in ipairs(known) do
      for n = 3, #row do
        assert.is_true(has_text(diff, row[n]), row[n] .. "\n" .. text)
        assert.is_truthy(text:find(row[n], 1, true))
      end
    end
    assert.matches("%d+ changes, %d+ breaking", text)
    assert.is_true(diff.types)
  end)

  it("sees nothing where nothing is", function()
    local path = build(known[10][1])
    local diff = plugin.diff(path, path)
    assert.same({}, diff.changes)
    assert.is_true(diff.compatible)
    assert.equal(("%s -> %s: 0 changes, 0 breaking"):format(path, path),
                 tostring(diff))
  end)

  it("sees bits, and who is touched by a struct", function()
    local text = [[
      struct in { int bits : %d; };
      struct out { struct in i; } table[2];
      int use(struct out *o) { return 0; }
      int other(int x) { return x; }
    ]]
    local diff = plugin.diff(build(text:format(3)), build(text:format(4)))
    assert.equal(1, #diff.changes)
    local change = diff.changes[1]
    assert.equal("struct in: member 'bits' is of 4 bits, was of 3 bits",
                 change.text)
    assert.same({what = "struct", name = "in", place = "member 'bits'",
                 change = "changed", old = "of 3 bits", new = "of 4 bits",
                 breaking = true, users = {"table", "use"}, text = change.text},
                change)
  end)

  it("tells of each struct of one name, and each change once", function()
    local one = "struct st { int a; }; int one(struct st *s) { return s->a; }"
    local two = [[
      struct st { char c; %s z; }; int two(struct st *s) { return s->z; }
      int three(const struct st *s) { return s->z; }
    ]]
    local function both(type)
      local where = debuglib.folder()
      helper.write(where .. "/one.c", one)
      helper.write(where .. "/two.c", two:format(type))
      sh("cd %s && gcc -g -shared -fPIC -o libsample.so one.c two.c", where)
      return where .. "/libsample.so"
    end
    local old, new = both "int", both "long"
    local diff = plugin.diff(old, new)
    assert.equal(3, #diff.changes, tostring(diff))
    assert.is_true(has_text(diff, "struct st: member 'z' is 'long', was 'int'"))
    for _, change in ipairs(diff.changes) do
      table.sort(change.users)
      assert.same({"three", "two"}, change.users)
    end
    if has "abidiff" then
      assert.is_true(abidiff_breaking(old, new))
    end
  end)

  it("tells changes of what has no tag once, and where it is", function()
    local text = [[
      typedef struct { TYPE x; } *P0; typedef struct { P0 a, b; } *P1;
      typedef struct { P1 a, b; } *P2; typedef struct { P2 a, b; } *P3;
      int f(P3 p) { return 0; } int g(P3 p) { return 0; }
      struct s { struct { TYPE c; } in; struct { P0 d; }; } v;
    ]]
    local diff = plugin.diff(build(text, {flags = "-g -DTYPE=int"}),
                             build(text, {flags = "-g -DTYPE=long"}))
    local P0 = "function f: parameter 1, member 'a', member 'a', member 'a', "
    local said = {
      {P0 .. "member 'x' is 'long', was 'int'", {"f", "g", "v"}},
      {P0 .. "size is 8 bytes, was 4 bytes", {"f", "g", "v"}},
      {"struct s: member 'in', member 'c' is 'long', was 'int'", {"v"}},
      {"struct s: member 'in', size is 8 bytes, was 4 bytes", {"v"}},
    }
    for i, row in ipairs(said) do
      assert.equal(row[1], diff.changes[i].text)
      assert.same(row[2], diff.changes[i].users)
    end
    -- in has 8 bytes now, not 4, where 4 were unused: d has not moved
    assert.equal(#said, #diff.changes, tostring(diff))
  end)

  it("sees soname, needed libraries and versions", function()
    local map = helper.write(helper.fresh ".map",
      "V1 { global: f; local: *; };\n")
    local both = helper.write(helper.fresh ".map",
      "V1 { global: f; local: *; };\nV2 { global: g; } V1;\n")
    local text = "int f(void) { return 1; } int g(void) { return 2; }"
    local old = build(text, {link = "-Wl,-soname,liba.so.1 "
      .. "-Wl,--version-script=" .. map})
    local new = build(text, {link = "-Wl,-soname,liba.so.2 -Wl,--no-as-needed "
      .. "-lm -Wl,--version-script=" .. both})
    local diff = plugin.diff(old, new)
    local function said(text_)
      assert.is_true(has_text(diff, text_), tostring(diff))
    end
    said "soname: is liba.so.2, was liba.so.1"
    said "needed libm.so.6: added"
    said "version V2: added"
    said "function g@V2: added"
    assert.equal(1, diff.breaking)
    local back = plugin.diff(new, old)
    diff = back
    said "version V2: removed"
    said "function g@V2: removed"
    assert.equal(3, back.breaking)
    if has "abidiff" then
      assert.is_true(abidiff_breaking(old, new))
      assert.is_true(abidiff_breaking(new, old))
    end
  end)

  it("sees calling conventions, which clang tells", function()
    if not has "clang" or not helper.processor():find "^x86" then
      return pending "there is no clang for x86-64"
    end
    local text = "int (MS *p)(int); MS int f(int x) { return x; }"
    local old = build(text, {cc = "clang", flags = "-g -DMS="})
    local new = build(text, {cc = "clang",
                             flags = "-g '-DMS=__attribute__((ms_abi))'"})
    local diff = plugin.diff(old, new)
    assert.equal(2, diff.breaking)
    assert.is_true(has_text(diff, "function f: is 'int __attribute__((ms_abi))"
      .. " (int)', was 'int (int)'"), tostring(diff))
    assert.equal(2, plugin.diff(new, old).breaking)
    assert.equal(0, #plugin.diff(new, new).changes)
    local direct = plugin.reflect "int __attribute__((ms_abi)) (int)"
    assert.equal("ms_abi", direct.convention)
    assert.is_nil(plugin.reflect("int (int)").convention)
  end)

  it("compares symbols and sizes where there is no debug info", function()
    local old = build("int v; int f(int x) { return x; }", {flags = "-s"})
    local new = build("long v; int f(long x) { return x; }", {flags = "-s"})
    local diff = plugin.diff(old, new)
    assert.is_false(diff.types)
    assert.equal(1, #diff.changes)
    assert.equal("variable v: size is 8 bytes, was 4 bytes",
                 diff.changes[1].text)
    assert.matches("types were not compared: .*has no debug info",
                   tostring(diff))
  end)

  it("takes names, plugins and files", function()
    local path = build(known[5][1])
    local new = build(known[5][2])
    local p, file = plugin.open(path), plugin.inspect(new)
    assert.equal(1, plugin.diff(p, file).breaking)
    assert.equal(0, #plugin.diff("z", "libz.so.1").changes)
    local diff, message = plugin.diff(path, "/no/such.so")
    assert.is_nil(diff)
    assert.matches("/no/such%.so", message)
    assert.has_error(function() plugin.diff(path, new, {folder = "x"}) end,
      "unknown option 'folder' (there is debuginfo)")
    for _, row in ipairs {{5, path, nil, "#1"}, {path, nil, nil, "#2"},
                          {path, path, "x", "#3"}} do
      local ok, why = pcall(plugin.diff, row[1], row[2], row[3])
      assert.is_false(ok)
      assert.matches("bad argument " .. row[4] .. " to 'diff'", why)
    end
    path = build(known[5][1])     -- one that is not mapped
    sh("cd %s && objcopy --only-keep-debug libsample.so a.debug && "
       .. "objcopy --strip-debug --add-gnu-debuglink=a.debug libsample.so && "
       .. "mkdir -p d%s && mv a.debug d%s", path:match "^(.*)/",
       path:match "^(.*)/", path:match "^(.*)/")
    assert.is_false(plugin.diff(path, new).types)
    assert.equal(1, plugin.diff(path, new,
      {debuginfo = path:match "^(.*)/" .. "/d"}).breaking)
  end)

  it("does not take what has replaced a plugin's file for that", function()
    local path, new = build(known[5][1]), build(known[5][2])
    local p = assert(plugin.open(path))
    assert(os.rename(new, path))
    local diff, message = plugin.diff(p, path)
    assert.is_nil(diff)
    assert.matches("libsample%.so: was replaced since it was opened", message)
  end)
end)
