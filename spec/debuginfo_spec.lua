-- debuginfo_spec.lua - declarations that nobody typed: what DWARF says, in all
-- its forms, is what the header says and how the compiler lays it out.

local helper = require "spec.helper"
local debugforms = require "spec.debugforms"
local debuglib = require "spec.debuglib"
local plugin = require "cplugin"

local quote = helper.quote
local build, compare, folder = debuglib.build, debuglib.compare, debuglib.folder
local buildid, take_out = debugforms.buildid, debugforms.take_out
local has, library_of, open = debuglib.has, debuglib.library_of, debuglib.open
local sh = debuglib.sh

local missing = debuglib.missing()
if missing then
  return pending(missing)
end

-- ---- the forms of debug info ----

describe("debug info gives what the header says #slow", function()
  for _, header in ipairs {"zlib.h", "sqlite3.h"} do
    local text, functions

    lazy_setup(function()
      text, functions = library_of(header)
    end)

    local function build_it(options)
      return build(text, options)
    end

    for _, form in ipairs(debugforms.rows) do
      local name, make, tool = form[1], form[2], form[3]
      it(("of all functions of %s: %s"):format(header, name), function()
        if tool and not has(tool) then
          return pending("there is no " .. tool)
        end
        local path, folders = make(build_it)
        local p = open(path, folders)
        assert.is_true(debuglib.check_functions(p, header, functions) > 70)
      end)
    end
  end
end)

it("the comparison of types above sees differences", function()
  for _, row in ipairs {
    {"int (int)", "int (unsigned)"}, {"int (int)", "int (int, int)"},
    {"int (int)", "long (int)"}, {"int (char *)", "int (const char *)"},
    {"int (int)", "int (int, ...)"}, {"int (void)", "int ()"},
    {"struct {int a;}", "struct {int b;}"}, {"int[3]", "int[4]"},
    {"struct {int a:3;}", "struct {int a:4;}"},
    {"struct {char a; int b;}",
     "struct __attribute__((packed)) {char a; int b;}"},
    {"enum debug_one {DEBUG_A, DEBUG_B}", "enum debug_one *"},
    {"struct debug_s {enum {DEBUG_C = 1} e;}",
     "struct debug_s2 {enum {DEBUG_D = 1} e;}"},
  } do
    assert.is_false(pcall(compare, plugin.typeof(row[1]),
                          plugin.typeof(row[2]), "", {}))
  end
end)

-- ---- layout ----

local randomtype = require "spec.randomtype"
local typekinds = require "spec.typekinds"

-- Names of members that offsetof takes, in order.
local function names(record, list)
  for _, member in ipairs(record.members) do
    if member.name and not member.bits then
      list[#list + 1] = member.name
    elseif not member.name and member.type.members then
      names(member.type, list)
    end
  end
  return list
end

-- Gcc 12 says in CTF that the first member with a name begins at 0, whatever
-- bits are before it. (And of each enum it says that it is as large as int.)
local function begins_late(record)
  for i, member in ipairs(record.members) do
    if i == 1 and member.bits and not member.name
       or not member.name and member.type.members
          and begins_late(member.type) then
      return true
    end
  end
  return false
end

-- Random records, each with a variable and a table that the compiler fills
-- with its size and offsets. Long double complex has no name of its own in
-- what clang says.
local function random_library(seed, cc, flags)
  local types = randomtype.new {seed = seed, layout = true}
  local records, text = {}, {}
  for i = 1, 150 do
    local record = types:define()
    local c = types:declare(record)
    local row = {("sizeof(%s)"):format(c)}
    for _, name in ipairs(names(record, {})) do
      row[#row + 1] = ("__builtin_offsetof(%s, %s)"):format(c, name)
    end
    records[i] = {c = c, names = names(record, {}),
                  text = types.out[#types.out],
                  unlike = begins_late(record) or
                           typekinds.of(record)["enum of 8 bits"]}
    text[i] = ("%s *variable%d; const unsigned long offsets%d[] = {%s};")
      :format(c, i, i, table.concat(row, ", "))
  end
  text = types.prelude .. table.concat(types.out, "\n") .. "\n"
         .. table.concat(text, "\n")
  if cc == "clang" then
    text = text:gsub("long double _Complex", "long double")
  end
  return build(text, {cc = cc, flags = flags}), records
end

describe("structs of debug info are laid out as by the compiler:", function()
  for _, row in ipairs {
    {0, "gcc", "-g"}, {1, "gcc", "-gdwarf-2"}, {2, "gcc", "-gdwarf-4"},
    {3, "clang", "-g"}, {4, "clang", "-gdwarf-4"}, {5, "gcc", "-gctf"},
    {6, "gcc", "-g"},
  } do
    local further, cc, flags = table.unpack(row)
    local seed = helper.seed + further
    local title = ("random ones, seed %d, %s %s #slow"):format(seed, cc, flags)
    it(title, function()
      if not has(cc) then
        return pending("there is no " .. cc)
      end
      local path, records = random_library(seed, cc, flags)
      local p = open(path)
      local reasons, refused, ctf = {}, 0, flags == "-gctf"
      for i, record in ipairs(records) do
        local symbol = p:lookup("variable" .. i)
        local told = symbol.declaration and not (ctf and record.unlike)
        if told then
          local offsets = p:lookup("offsets" .. i):as()
          assert.equal(offsets[0], p:sizeof(record.c), record.text)
          for n, name in ipairs(record.names) do
            assert.equal(offsets[n], (p:offsetof(record.c, name)),
                         name .. " of " .. record.text)
          end
        elseif not symbol.declaration then        -- nothing is guessed
          local ok, why = pcall(function() return p.C["variable" .. i] end)
          assert.is_false(ok)
          why = why:match "'%w+' cannot be declared" or i
          refused = refused + (reasons[why] and 0 or 1)
          reasons[why] = true
        end
      end
      -- A packed member behind unnamed bits may be taken for another one,
      -- clang 14 gives packed bit-fields as wide as their type a wrong place,
      -- CTF has no dimensions of arrays, nor all sizes with bit-fields.
      assert.is_true(refused <= (ctf and 75 or cc == "gcc" and 10 or 45),
                     refused .. " were refused")
    end)
  end

  -- An assembler's text of DWARF can be made to say what no compiler does.
  local function altered(text, pattern, with)
    local where = folder()
    helper.write(where .. "/a.c", text)
    sh("cd %s && gcc -g -dA -S -fPIC a.c", where)
    local assembly, count = helper.read(where .. "/a.s"):gsub(pattern, with, 1)
    assert.equal(1, count)
    helper.write(where .. "/a.s", assembly)
    sh("cd %s && gcc -shared -o liba.so a.s", where)
    return open(where .. "/liba.so")
  end

  it("or refused: a struct that is too small", function()
    local p = altered("struct { char a; int b; } v; int w;",
                      "0x8(\t[^\n]*DW_AT_byte_size)", "0x7%1")
    local ok, message = pcall(function() return p.C.v end)
    assert.is_false(ok)
    assert.matches("a struct of 7 bytes whose members C cannot place", message)
    assert.equal(0, p.C.w)
  end)

  it("or refused: an int of eight bytes, a short of four", function()
    local p = altered("int v; short w;", "0x4(\t[^\n]*DW_AT_byte_size)",
                      "0x8%1")
    assert.equal(8, p:reflect(p:typeof "long").size)
    assert.matches("'v' has 4 bytes, but is declared as 'long' of 8 bytes",
                   select(2, pcall(function() return p.C.v end)))
    p = altered("_Bool v;", "0x1(\t[^\n]*DW_AT_byte_size)", "0x3%1")
    assert.matches("a type '_Bool' of 3 bytes that C does not have here",
                   select(2, pcall(function() return p.C.v end)))
  end)
end)

-- ---- what debug info does not know ----

local function reason(p, name)
  local symbol = assert(p:lookup(name))
  assert.is_nil(symbol.declaration)
  local ok, message = pcall(symbol.as, symbol)
  assert.is_false(ok)
  local also, other = pcall(function() return p.C[name] end)
  assert.is_false(also)
  assert.is_truthy(other:find(message:match "; (.*)", 1, true))
  return message
end

describe("what debug info does not know is said: #dwarf", function()
  it("functions without a prototype", function()
    local p = open(build [[
      int old(a, b) int a; char b; { return a + b; }
      int none() { return 1; }
      int real(void) { return 2; }
    ]])
    assert.matches("'old' was compiled without a prototype", reason(p, "old"))
    assert.matches("without a prototype", reason(p, "none"))
    assert.equal("int real(void)", p:lookup("real").declaration)
  end)

  it("integers of so many bits", function()
    if not has "clang" then
      return pending "there is no clang"
    end
    local p = open(build([[
      _BitInt(7) small; struct s { _BitInt(33) x; } v;
      unsigned _BitInt(65) f(int x) { return x; }
    ]], {cc = "clang"}))
    for _, name in ipairs {"small", "v", "f"} do
      assert.matches("_BitInt.-' of %d+ bytes that C does not have here",
                     reason(p, name))
    end
  end)

  it("calling conventions that clang has, and C here has not", function()
    if not has "clang" then
      return pending "there is no clang"
    end
    local p = open(build([[
      __attribute__((preserve_most)) int kept(int x) { return x; }
      struct s { void (__attribute__((preserve_all)) *f)(int); } v;
      int usual(int x) { return x; }
    ]], {cc = "clang"}))
    assert.matches("a function with a calling convention", reason(p, "kept"))
    assert.matches("a function with a calling convention", reason(p, "v"))
    assert.equal("int usual(int)", p:lookup("usual").declaration)
  end)

  for _, row in ipairs {
    {"gcc", "-g1"}, {"gcc", "-ggdb1 -O2"}, {"gcc", "-g -gdwarf-4 -g1"},
    {"gcc", "-g1 -flto"}, {"clang", "-g1"}, {"clang", "-gline-tables-only"},
    {"clang", "-gline-tables-only -O2"},
    {"clang", "-gline-tables-only -O2 -gsplit-dwarf"},
  } do
    local cc, flags = row[1], row[2]
    it(("files without types: %s %s"):format(cc, flags), function()
      if not has(cc) then
        return pending("there is no " .. cc)
      end
      local p = open(build([[
        int out(int a, int b);
        static __attribute__((always_inline)) inline int in(int x) {
          return out(x, 1) * out(x, 2);
        }
        int f(int x) { return in(x) + in(x + 1); }
        __attribute__((weak)) int out(int a, int b) { return a ^ b; } int v;
      ]], {cc = cc, flags = flags}))
      assert.matches("'f' is from .*, whose debug info has no types of it:"
        .. ".*%-g1, clang %-gline%-tables%-only", reason(p, "f"))
      reason(p, "v")
    end)
  end

  it("but not files whose last -g has types", function()
    for _, flags in ipairs {"-g1 -g", "-g1 -ggdb2", "-g1 -gdwarf-4"} do
      local p = open(build("int f(int x) { return x; } int v;",
                           {flags = flags}))
      assert.equal("int f(int)", p:lookup("f").declaration)
      assert.equal("int v", p:lookup("v").declaration)
    end
  end)

  it("assembler, unless C code declares it", function()
    local where = folder()
    helper.write(where .. "/a.s", [[
      .globl lonely
      .type lonely, @function
      lonely: mov $7, %eax
              ret
      .globl called, alias
      .type called, @function
      .type alias, @function
      called:
      alias:  mov $8, %eax
              ret
      .globl outer, inner
      .hidden inner
      .type outer, @function
      .type inner, @function
      outer:
      inner:  mov $9, %eax
              ret
      .globl mine
      .type mine, @function
      .type getpid, @function
      mine:
      getpid: mov $10, %eax
              ret
      .globl linked, other
      .type linked, @function
      .type other, @function
      linked: ret
      other:  ret
      .data
      .globl number
      .type number, @object
      .size number, 4
      number: .long 11
    ]])
    helper.write(where .. "/b.c", [[
      int called(long);
      __attribute__((visibility("hidden"))) int inner(char);
      int getpid(void);             // libc's, not that of a.s
      int other(short) __asm__("linked");
      extern int number;
      int use(void) {
        return called(1) + inner(2) + getpid() + other(3) + number;
      }]])
    sh("cd %s && gcc -g -O2 -fPIC -shared -o liba.so a.s b.c", where)
    local p = open(where .. "/liba.so")
    assert.matches("a%.s, which is written in assembler", reason(p, "lonely"))
    assert.equal("int called(long)", p:lookup("called").declaration)
    assert.equal("int alias(long)", p:lookup("alias").declaration)
    assert.equal(8, p.C.alias(1))
    assert.equal("int outer(char)", p:lookup("outer").declaration)
    assert.matches("a%.s, which is written in assembler", reason(p, "mine"))
    assert.equal("int linked(short)", p:lookup("linked").declaration)
    assert.matches("a%.s, which is written in assembler", reason(p, "other"))
    assert.equal(11, p.C.number)
  end)

  it("a transparent union of gcc's", function()
    local p = open(build [[
      typedef union { int *i; float *f; }
        either __attribute__((transparent_union));
      int f(either e) { return *e.i; }
    ]])
    assert.matches("a union of 8 bytes without its members", reason(p, "f"))
  end)

  it("C++, by its name", function()
    if not has "g++" then
      return pending "there is no g++"
    end
    local where = folder()
    helper.write(where .. "/a.cpp", 'extern "C" int f(int x) { return x; }')
    sh("cd %s && g++ -g -fPIC -shared -o liba.so a.cpp", where)
    assert.matches("a%.cpp, which is written in C%+%+",
                   reason(open(where .. "/liba.so"), "f"))
  end)

  it("the choice of an IFUNC that does not tell", function()
    local p = open(build [[
      static int one(int x) { return x + 1; }
      static void *silent(void) { return one; }
      static int (*telling(void))(int) { return one; }
      int hidden(int) __attribute__((ifunc("silent")));
      int told(int) __attribute__((ifunc("telling")));
    ]])
    assert.matches("chosen at load time", reason(p, "hidden"))
    assert.equal("int told(int)", p:lookup("told").declaration)
    assert.equal(4, p.C.told(3))
  end)

  it("a .dwo file that is gone", function()
    local path = build("int f(int x) { return x; }",
                       {flags = "-g -gsplit-dwarf"})
    sh("rm %s/*.dwo", path:match "^(.*)/")
    assert.matches("%.dwo, which is not there", reason(open(path), "f"))
  end)

  it("types apart in a .dwo file, of which libdw reads one", function()
    local p = open(build([[
      struct s { int a; struct s *next; } w; struct t { struct s s[3]; } v;
      enum e { ONE } e; int f(int x) { return x; }
    ]], {flags = "-gdwarf-4 -gsplit-dwarf -fdebug-types-section"}))
    assert.matches("in a unit of its own.*%-fdebug%-types%-section",
                   reason(p, "v"))
    assert.equal("int f(int)", p:lookup("f").declaration)
  end)

  it("functions that the linker found equal, by their names", function()
    -- As lld's --icf leaves it: one code, its entry, and what the others were
    -- at address 0.
    local where = folder()
    helper.write(where .. "/a.c", [[
      int first(long *x) { return x[1]; }
      float second(char *x) { return 0; }
      static int third(short x) { return 1; }
    ]] .. 'int named(short) __attribute__((alias("third")));')
    sh("cd %s && gcc -g -fPIC -S a.c && sed 's/^second:/gone:/; "
       .. "s/^\t.quad\t.LFB1$/\t.quad 0/' a.s >b.s && "
       .. "echo '.set second, first' >>b.s && "
       .. "echo '.globl alias; .set alias, first' >>b.s && "
       .. "gcc -shared -o liba.so b.s", where)
    local p = open(where .. "/liba.so")
    assert.equal(p:lookup("first").address, p:lookup("second").address)
    assert.equal("int first(long *)", p:lookup("first").declaration)
    assert.equal("float second(char *)", p:lookup("second").declaration)
    assert.matches("several functions at its address", reason(p, "alias"))
    assert.equal("int named(short)", p:lookup("named").declaration)
  end)

  it("texts that have no end", function()
    local function cut(file, section)
      sh("cd %s && objcopy --dump-section %s=text %s && head -c -1 text > cut "
         .. "&& objcopy --update-section %s=cut %s", file:match "^(.*)/",
         section, file, section, file)
    end
    local text = "int variable; int function(int parameter) { return 1; }"
    for _, row in ipairs {
      {"-gdwarf-5", ".debug_str"}, {"-gdwarf-4", ".debug_str"},
      {"-gdwarf-5", ".debug_line_str"},
    } do
      local path = build(text, {flags = row[1]})
      open(path):close()
      cut(path, row[2])
      local p, message = plugin.open(path, {debuginfo = true})
      assert.is_nil(p)
      assert.matches("libsample.so: its debug info is damaged: a section of "
        .. "text has no end", message)
    end
    local path = build(text, {flags = "-gdwarf-5 -gsplit-dwarf"})
    assert.equal("int variable", open(path):lookup("variable").declaration)
    cut(path:match "^(.*)/" .. "/sample.dwo", ".debug_str.dwo")
    local file <close> = assert(plugin.inspect(path, {debuginfo = true}))
    assert.is_nil(file:lookup("variable").declaration)
  end)

  it("types whose C would have no end", function()
    local lines = {"struct { int a; } v0; void f0(int x) {}"}
    for i = 1, 40 do
      lines[i + 1] = ("struct { __typeof__(v%d) *a, *b; } v%d; "
        .. "void f%d(__typeof__(&f%d) a, __typeof__(&f%d) b) {}"):format(
        i - 1, i, i, i - 1, i - 1)
    end
    local p = open(build(table.concat(lines, "\n")))
    assert.matches("types that take more than %d+ bytes of C", reason(p, "f40"))
    assert.matches("types that take more than %d+ bytes of C", reason(p, "v40"))
    assert.equal("void f1(void (*)(int), void (*)(int))",
                 p:lookup("f1").declaration)
    assert.equal(8, p:sizeof(p.C.v5) // 2)
  end)

  it("names that are none in C", function()
    local path = build "struct evil_tag { int x; } v; int f(int x) {return x;}"
    local bytes = helper.read(path)
    helper.write(path, (bytes:gsub("evil_tag", "evil;int")))
    local p = open(path)
    assert.matches("'evil;int', which is none in C", reason(p, "v"))
    assert.equal("int f(int)", p:lookup("f").declaration)
  end)
end)

-- ---- open ----

describe("open with debuginfo #dwarf", function()
  it("gives nil for a file without, and says where it was looked for",
    function()
      local path = build("int f(int x) { return x; }",
                         {flags = "-s", link = "-Wl,--build-id"})
      local id = buildid(path)
      local p, message = plugin.open(path, {debuginfo = "/nowhere"})
      assert.is_nil(p)
      assert.matches("libsample%.so: has no debug info, nor is there any in:",
                     message)
      for _, place in ipairs {"/nowhere", "/usr/lib/debug"} do
        assert.is_truthy(message:find(("%s/.build-id/%s/%s.debug"):format(
          place, id:sub(1, 2), id:sub(3)), 1, true))
      end
    end)

  it("takes no debug file of another build", function()
    local text = "int f(int x) { return x; }"
    local path = take_out(build(text, {link = "-Wl,--build-id"}),
                          "sample.debug", true)
    local other = build("int g(long x) { return x; }",
                        {link = "-Wl,--build-id"})
    sh("cp %s %s/sample.debug", other, path:match "^(.*)/")
    local p, message = plugin.open(path, {debuginfo = true})
    assert.is_nil(p)
    assert.matches("sample%.debug: is of another build", message)
  end)

  it("takes none whose checksum is another one", function()
    local text = "int f(int x) { return x; }"
    local path = take_out(build(text, {link = "-Wl,--build-id=none"}),
                          "sample.debug", true)
    sh("printf x >>%s/sample.debug", path:match "^(.*)/")
    local p, message = plugin.open(path, {debuginfo = true})
    assert.is_nil(p)
    assert.matches("sample%.debug: is of another build", message)
  end)

  it("says that dwz's file is gone", function()
    if not has "dwz" then
      return pending "there is no dwz"
    end
    local text = library_of "zlib.h"
    local path = debugforms.common(function(options)
      return build(text, options)
    end)
    sh("rm %s/common.dwz", path:match "^(.*)/")
    local p, message = plugin.open(path, {debuginfo = true})
    assert.is_nil(p)
    assert.matches("dwz made, which is not there; tried:\n.*/common%.dwz",
                   message)
  end)

  it("says that libdw is not installed", function()
    local path = build "int f(int x) { return x; }"
    local where = folder()
    helper.write(where .. "/libdw.so.1", "")
    local ran = helper.script([[
      local plugin = require "cplugin"
      print(plugin.open(..., {debuginfo = true}))
      print(plugin.open(...):lookup "f")
    ]], {args = {path}, env = {LD_LIBRARY_PATH = where}})
    assert.matches("^nil\t.*libdw.*not installed.*apt%-get install libdw1\n"
                   .. "symbol 'f'", ran.out)
  end)

  it("checks the option", function()
    assert.has_error(function() plugin.open("z", {debuginfo = 1}) end,
      "option 'debuginfo' must be true, false or the name of a folder with "
      .. "debug files, got a number")
    assert.has_error(function() plugin.open(nil, {debuginfo = true}) end)
    assert.is_truthy(plugin.open("z", {debuginfo = false}))
  end)

  it("adds to a plugin that is open already", function()
    local path = build "int f(int x) { return x + 1; }"
    local p = assert(plugin.open(path))
    assert.is_nil(p:lookup("f").declaration)
    assert.equal(p, open(path))
    assert.equal("int f(int)", p:lookup("f").declaration)
    assert.equal(p, open(path))
    assert.equal(8, p.C.f(7))
  end)

  it("never asks the network", function()
    local shim = assert(helper.compile([[
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <sys/socket.h>
      int socket(int family, int type, int protocol) {
        fprintf(stderr, "SOCKET\n");
        exit(3);
      }
    ]], {flags = "-ldl"}))
    local path = build("int f(int x) { return x; }",
                       {flags = "-s", link = "-Wl,--build-id"})
    local ran = helper.script([[
      local plugin = require "cplugin"
      print((plugin.open(..., {debuginfo = true})))
      local C = plugin.C
      plugin.cdef "int socket(int, int, int);"
      io.stdout:flush()
      C.socket(2, 1, 0)
    ]], {args = {path}, env = {
      DEBUGINFOD_URLS = "http://127.0.0.1:9", DEBUGINFOD_PROGRESS = "1",
      LD_PRELOAD = (os.getenv "LD_PRELOAD" or "") .. " " .. shim}})
    assert.equal("nil\n", ran.out)
    assert.equal("SOCKET\n", ran.err)         -- the script's own, at the end
    assert.equal(3, ran.code)
  end)
end)

-- ---- use ----

describe("a plugin with debug info #dwarf", function()
  it("types symbols, p.C and types without a declaration", function()
    local p = open(build [[
      #include <stddef.h>
      typedef struct point { int x, y; } point;
      enum colour { RED, GREEN = 5 };
      point origin = {3, 4};
      const char *const names[] = {"a", "b"};
      enum colour next(enum colour c) { return c == RED ? GREEN : RED; }
      long sum(const point *p, size_t n) {
        long s = 0;
        while (n-- > 0) s += p[n].x + p[n].y;
        return s;
      }
      int apply(int (*f)(int, void *), int x) { return f(x, NULL); }
      __thread int counter = 9;
    ]])
    assert.equal("long sum(const struct point *, unsigned long)",
                 p:lookup("sum").declaration)
    assert.equal(7, p:lookup("sum"):as()({x = 3, y = 4}, 1))
    assert.equal(10, p.C.sum(p:new("point[2]", {{1, 2}, {3, 4}}), 2))
    assert.equal(4, p.C.origin.y)
    assert.equal("b", plugin.string(p.C.names[1]))
    assert.equal(5, p.C.next "RED")
    assert.equal(0, p.C.next(p.C.GREEN))
    assert.equal(14, p.C.apply(function(x) return 2 * x end, 7))
    assert.equal(9, p.C.counter)
    p.C.counter = 11
    assert.equal(11, p:lookup("counter"):as()[0])
    local parameters = p:reflect("typeof(sum)").parameters
    assert.equal(2, #parameters)
  end)

  it("knows types of functions without a prototype", function()
    local text = [[
      typedef int any(); typedef any *anyp; typedef int more(int, ...);
      struct hooks { any *one; anyp two; more *three; };]]
    local path = build(text .. [[
      static int twice(int x) { return 2 * x; }
      struct hooks hooks = {twice, twice, 0};
      int (*get(void))() { return twice; }
      int run(any *f, anyp g, int x) { return f(x) + g(x); }]])
    local p, other = open(path), assert(plugin.open(build "int nothing;"))
    other:cdef(text .. "int (*get(void))(); int run(any *, anyp, int);")
    for _, name in ipairs {"any", "struct hooks", "typeof(get)",
                           "typeof(run)"} do
      assert(p.C.get and p.C.run and p.C.hooks)
      debuglib.compare(p:typeof(name), other:typeof(name), name, {})
    end
    assert.equal(8, p.C.get()(4))
    assert.equal(10, p.C.hooks.one(5))
    assert.equal(12, p.C.run(p.C.hooks.one, p.C.get(), 3))
  end)

  it("knows functions of another calling convention", function()
    if not has "clang" then
      return pending "there is no clang"
    elseif not helper.processor():find "^x86" then
      return pending "ms_abi is one of x86-64"
    end
    local text = [[
      #define MS __attribute__((ms_abi))
      typedef long MS hook(long);
      struct hooks { hook *one; int (MS *two[3])(int); };
      MS long direct(long a, double b);
      hook *pick(hook **list, long (MS *(*deep)[3])(long));
      MS hook *(*far(void))(hook *);
      __attribute__((sysv_abi)) int usual(int);]]
    local p = open(build(text .. [[
      struct hooks hooks;
      MS long direct(long a, double b) { return a; }
      hook *pick(hook **list, long (MS *(*deep)[3])(long)) { return *list; }
      MS hook *(*far(void))(hook *) { return 0; }
      int usual(int x) { return x + 1; }]], {cc = "clang"}))
    local other = assert(plugin.open(build "int nothing;"))
    other:cdef(text:gsub("#define[^\n]*\n", ""):gsub("MS",
                                              "__attribute__((ms_abi))")
               .. "extern struct hooks hooks;")
    for _, name in ipairs {"direct", "pick", "far", "usual"} do
      assert.equal(tostring(other:typeof(("typeof(%s)"):format(name))),
                   "ctype<" .. tostring(p:lookup(name).declaration)
                     :gsub("%f[%w]" .. name .. "%f[%W]", "") .. ">")
    end
    assert.equal(2, p.C.usual(1))
  end)

  it("keeps to what the script has declared", function()
    local path = build "int f(unsigned x) { return x > 5; }"
    local p = assert(plugin.open(path, {debuginfo = true,
                                        cdef = "int f(int x);"}))
    assert.equal("int f(int)", p:lookup("f").declaration)
  end)

  -- What debug info has told gives way to what is declared later, as it does to
  -- what was declared before.
  describe("that the script declares otherwise later", function()
    local path = build [[
      enum colour { RED, GREEN = 5 };
      typedef long number;
      struct point { int x, y; } origin = {3, 4};
      int get(struct point *p) { return p->y; }
      int other(struct point *p) { return p->x; }
      number twice(number n, enum colour c) { return 2 * n + c; }]]

    local function used()
      local p = open(path)
      assert.equal(4, p.C.get(p.C.origin))
      assert.equal(11, p.C.twice(3, "GREEN"))
      assert.equal(8, p:sizeof "struct point")
      return p
    end

    it("has the script's names, tags and constants", function()
      local p <close> = used()
      p:cdef [[
        enum { RED = 1 };
        typedef int number;
        struct point { double x; };
        void take(struct point *p);
        unsigned long twice(unsigned long n, int c);]]
      assert.equal(1, p.C.RED)
      assert.equal(4, p:sizeof "number")
      assert.equal(8, p:sizeof "struct point")
      assert.equal(0.5, p:new("struct point", 0.5).x)
      assert.equal("unsigned long twice(unsigned long, int)",
                   plugin.signature(p.C.twice))
      assert.equal(7, p.C.twice(1, 5))
    end)

    it("has structs of its own beside it", function()
      local p <close> = used()
      local origin = p.C.origin
      p:cdef "struct point { double x; };"
      assert.equal(4, p.C.get(origin))
      assert.equal(3, p.C.other(origin))      -- had not been asked for
      assert.is_false(pcall(p.C.other, p:new "struct point"))
    end)

    it("loses nothing by a declaration that fails", function()
      local p <close> = used()
      local done, why = pcall(p.cdef, p, "struct point { int z; }; int 5;")
      assert.is_false(done)
      assert.is_truthy(why:find("column 30", 1, true), why)
      done, why = pcall(p.cdef, p, "struct point {}; struct point { int z; };")
      assert.is_false(done)
      assert.is_truthy(why:find("otherwise at line 1, column 8", 1, true), why)
      assert.equal(8, p:sizeof "struct point")
      assert.equal(4, p.C.get(p:new("struct point", {1, 4})))
    end)

    it("is the script's where both agree", function()
      local p <close> = used()
      p:cdef [[
        struct point { int x, y; };
        int get(struct point *p);
        enum colour { RED, GREEN = 5 };]]
      for _, text in ipairs {"struct point { int z; };", "long get(void);",
                             "enum { RED = 2 };", "enum colour { RED };"} do
        local done, why = pcall(p.cdef, p, text)
        assert.is_false(done, text)
        assert.is_nil(why:find("of debug info", 1, true), why)
      end
      assert.equal(4, p.C.get(p.C.origin))
    end)

    it("is asked again where the script undeclares", function()
      local p <close> = used()
      assert.is_true(p:undeclare "struct point")
      assert.equal(3, p.C.other(p:new("struct point", {3, 4})))
      p:undeclare "struct point"
      p:undeclare "other"
      p:cdef "struct point { char c; };"
      assert.equal("int other(struct point *)",
                   p:lookup("other").declaration)
      assert.is_false(pcall(p.C.other, p:new "struct point"))
    end)
  end)

  it("takes structs of one name from two files", function()
    local where = folder()
    helper.write(where .. "/a.c", [[
      struct state { int a; }; struct state sa = {5};
      int get_a(struct state *s) { return s->a; }]])
    helper.write(where .. "/b.c", [[
      struct state { long a, b; }; struct state sb = {6, 7};
      long get_b(struct state *s) { return s->b; }]])
    sh("cd %s && gcc -g -fPIC -shared -o liba.so a.c b.c", where)
    local p = open(where .. "/liba.so")
    assert.equal(5, p.C.get_a(p.C.sa))
    assert.equal(7, p.C.get_b(p.C.sb))
    assert.equal(5, p.C.sa.a)
    assert.equal(4, p:sizeof "struct state")
    assert.is_false(pcall(function() p.C.get_b(p.C.sa) end))
    assert.equal(16, #plugin.string(p.C.sb, 16))
    assert.equal(7, p:lookup("get_b"):as()(p.C.sb))
  end)

  it("takes no type or enumerator of another file for a symbol", function()
    local where = folder()
    helper.write(where .. "/a.c", [[
      typedef int twice; twice a = 3;
      enum { thrice = 4, limit = 5 } b = thrice;]])
    helper.write(where .. "/b.c", [[
      int twice(int x) { return 2 * x; }
      long thrice(long x) { return 3 * x; }
      double limit = 0.5;]])
    sh("cd %s && gcc -g -fPIC -shared -o liba.so a.c b.c", where)
    local function check(p, what)
      assert.equal("int a", p:lookup("a").declaration)
      assert.is_truthy(p:lookup("b").declaration)     -- and with them its types
      assert.equal("int twice(int)", p:lookup("twice").declaration, what)
      assert.equal("long thrice(long)", p:lookup("thrice").declaration, what)
      assert.equal("double limit", p:lookup("limit").declaration, what)
    end
    local p = open(where .. "/liba.so")
    check(p, "open")
    check(assert(plugin.inspect(where .. "/liba.so", {debuginfo = true})),
          "inspect")
    for _ = 1, 2 do
      assert.equal(8, p.C.twice(4))
      assert.equal(9, p.C.thrice(3))
      assert.equal(0.5, p.C.limit)
      local seen = {}
      for name, value in pairs(p.C) do
        seen[name] = value
      end
      assert.equal(0.5, seen.limit)
      assert.equal(p.C.thrice, seen.thrice)
    end
    assert.equal(4, p:sizeof "twice")           -- the type is there, too
    p:cdef "enum { limit = 6 };"
    assert.equal(6, p.C.limit)
  end)

  it("has a struct of its own where the script declares another one",
    function()
      local path = build [[
        struct point { int x, y; } origin = {1, 2};
        int get(struct point *p) { return p->y; }]]
      local p = assert(plugin.open(path, {debuginfo = true,
        cdef = "struct point { double x, y; };"}))
      assert.equal(2, p.C.get(p.C.origin))
      assert.equal(16, p:sizeof "struct point")
      assert.is_false(pcall(p.C.get, p:new "struct point"))
    end)

  it("completes what the script has only named", function()
    local path = build [[
      struct state { int n; } s = {4};
      struct state *get(void) { return &s; }]]
    local p = assert(plugin.open(path, {debuginfo = true,
      cdef = "struct state; struct state *get(void);"}))
    assert.equal(4, p.C.s.n)
    assert.equal(4, p.C.get().n)
  end)

  it("goes by the version", function()
    local where = folder()
    helper.write(where .. "/a.c", [[
      int old_thing(int x) { return x; }
      long new_thing(long x, long y) { return x + y; }
      __asm__(".symver old_thing,thing@V1");
      __asm__(".symver new_thing,thing@@V2");]])
    helper.write(where .. "/map", "V1 { global: thing; };\nV2 { } V1;\n")
    sh("cd %s && gcc -g -fPIC -shared -Wl,--version-script=map "
       .. "-o liba.so a.c", where)
    local p = open(where .. "/liba.so")
    assert.equal("int thing(int)", p:lookup("thing", nil, "V1").declaration)
    assert.equal("long thing(long, long)", p:lookup("thing").declaration)
    assert.equal(3, p:lookup("thing"):as()(1, 2))
    assert.equal(6, p:lookup("thing", nil, "V1"):as()(6))
    assert.equal("int thing(int)", p:lookup("thing", nil, "V1").declaration)
    p:undeclare "thing"
    p:cdef "long thing(long a, long b);"        -- the default one, as linked
    assert.equal("int thing(int)", p:lookup("thing", nil, "V1").declaration)
    assert.equal(7, p:lookup("thing", nil, "V1"):as()(7))
    assert.equal(3, p.C.thing(1, 2))
    p:undeclare "thing"
    p:cdef "int thing(_Inout_ int *x);"
    assert.equal("int thing(int *)", p:lookup("thing").declaration)
    assert.equal("int thing(int)", p:lookup("thing", nil, "V1").declaration)
  end)

  for _, row in ipairs {
    {"gcc", "-gdwarf-4 -gsplit-dwarf"}, {"gcc", "-gdwarf-5 -gsplit-dwarf"},
    {"clang", "-gdwarf-4 -gsplit-dwarf"}, {"clang", "-gdwarf-5 -gsplit-dwarf"},
    {"gcc", "-g"},
  } do
    local cc, flags = table.unpack(row)
    it(("knows threads' variables, %s %s"):format(cc, flags), function()
      if not has(cc) then
        return pending("there is no " .. cc)
      end
      local p = open(build([[
        __thread struct block { char bytes[20000]; } first = {"first"};
        __thread int second = 2;
        __thread long third = 3;
        static __thread char fourth = 4;
        char *get(void) { return &fourth; }
      ]], {cc = cc, flags = flags}))
      assert.equal("struct block first", p:lookup("first").declaration)
      assert.equal("int second", p:lookup("second").declaration)
      assert.equal(3, p.C.third)
      assert.equal("first", plugin.string(p.C.first.bytes))
    end)
  end

  it("matches functions in two pieces and second names", function()
    local p = open(build([[
      void abort(void);
      int hot(int x) { if (__builtin_expect(x == 77, 0)) abort(); return x; }
      int second(int) __attribute__((alias("hot")));
      extern __typeof(second) third __attribute__((alias("hot")));
      int data = 3; extern int other __attribute__((alias("data")));
    ]], {flags = "-g -O2 -freorder-blocks-and-partition"}))
    for _, name in ipairs {"hot", "second", "third"} do
      assert.equal(("int %s(int)"):format(name), p:lookup(name).declaration)
      assert.equal(5, p.C[name](5))
    end
    assert.equal("int other", p:lookup("other").declaration)
  end)

  it("knows second names of another type by C code that uses them", function()
    local where = folder()
    helper.write(where .. "/def.c", [[
      long long first(long long x) { return x; }
      extern long second(long) __attribute__((alias("first")));
      int lonely(int) __attribute__((alias("first")));
      extern int other(void) __attribute__((alias("first")));
      long number; extern unsigned long same __attribute__((alias("number")));
    ]])
    helper.write(where .. "/use.c", [[
      long second(long); int other(void);
      long use(void) { return second(3) + other(); }
    ]])
    for _, cc in ipairs {"gcc", has "clang" and "clang"} do
      sh("cd %s && %s -w -g -O1 -shared -fPIC -o libsample.so def.c use.c",
         where, cc)
      local p = open(where .. "/libsample.so")
      assert.equal("long long first(long long)", p:lookup("first").declaration)
      assert.equal("long second(long)", p:lookup("second").declaration)
      assert.equal(cc == "gcc" and "unsigned long same" or "long same",
                   p:lookup("same").declaration)     -- clang does not tell
      assert.equal("long number", p:lookup("number").declaration)
      -- nobody says it, or it is not believed
      assert.equal("long long lonely(long long)",
                   p:lookup("lonely").declaration)
      assert.equal("long long other(long long)", p:lookup("other").declaration)
      p:close()
    end
  end)

  it("keeps types and functions after the plugin is gone", function()
    local object
    do
      local p = open(build [[
        struct pair { int a, b; };
        struct pair make(int a, int b) { return (struct pair) {a, b}; }]])
      object = p.C.make(1, 2)
    end
    collectgarbage()
    collectgarbage()
    assert.equal(2, object.b)
  end)
end)

describe("a file that is not loaded, with debug info #dwarf", function()
  local path = build [[
    #include <stdio.h>
    struct pair { char a; int b; };
    struct pair swap(struct pair p) { return p; }
    int limit = 5;
    __attribute__((constructor)) static void start(void) { puts("started"); }
  ]]

  it("tells types, and runs nothing", function()
    local ran = helper.script([[
      local plugin = require "cplugin"
      local file <close> = assert(plugin.inspect(..., {debuginfo = true}))
      local swap = file:lookup "swap"
      print(swap.declaration, swap.type)
      print(file:sizeof "struct pair", file:offsetof("struct pair", "b"))
      print(#plugin.reflect(swap.type).parameters)
      print(file:lookup("limit").type, pcall(swap.as, swap))
      print(pcall(plugin.sizeof, "struct pair"))
    ]], {args = {path}})
    assert.equal("", ran.err)
    assert.equal("struct pair swap(struct pair)\tctype<struct pair "
      .. "(struct pair)>\n8\t4\n1\nctype<int>\tfalse\t'swap' is a symbol of "
      .. "a file that is not loaded: open it first\ntrue\tnil\n", ran.out)
  end)

  it("keeps types apart from those of others", function()
    local a = assert(plugin.inspect(path, {debuginfo = true}))
    local b = assert(plugin.inspect(path, {debuginfo = true}))
    local one, other = a:lookup("swap").type, b:lookup("swap").type
    assert.are_not.equal(one, other)
    a:close()
    b:close()
    assert.equal(8, plugin.reflect(plugin.reflect(one).result).size)
    assert.equal("b", plugin.reflect(plugin.reflect(other).result)
      .fields[2].name)
  end)

  it("checks its arguments", function()
    local file = plugin.inspect(path)
    assert.is_nil(file:lookup("swap").declaration)
    assert.is_nil(file:lookup("swap").type)
    assert.is_nil((file:lookup "gone"))
    assert.has_error(function() file:lookup("swap", "int") end)
    assert.has_error(function() plugin.inspect(path, {debug = true}) end,
      "unknown option 'debug' (there is debuginfo)")
    local none, message = plugin.inspect(build("int f;", {flags = "-s"}),
                                         {debuginfo = true})
    assert.is_nil(none)
    assert.matches("has no debug info", message)
  end)
end)

-- ---- damaged files ----

it("damaged debug info is an error or an answer, never a crash #slow",
  function()
    local path = build([[
      typedef struct node { struct node *next; union { int i; float f; } u;
        unsigned bits : 3, more : 7; char name[]; } node;
      enum kind { A, B = 100 };
      node *first(const node *n, enum kind k) { return 0; }
      int table[3][4]; int (*handler)(node *, ...);
      long use(int (*f)(double), struct other *o) { return 1; }
    ]], {flags = "-g -O1"})
    local ran = helper.script([[
      local plugin = require "cplugin"
      local path, count, seed = arg[1], tonumber(arg[2]), tonumber(arg[3])
      math.randomseed(seed)
      local file = io.open(path, "rb")
      local data = file:read "a"
      file:close()
      local parts = {}
      for line in io.popen("readelf -SW " .. path):lines() do
        local offset, size =
          line:match "%] %.debug_%w+%s+%S+%s+%x+ (%x+) (%x+)"
        if offset then
          parts[#parts + 1] = {tonumber(offset, 16), tonumber(size, 16)}
        end
      end
      local good, bad = 0, 0
      for i = 1, count do
        local bytes = data
        for _ = 1, math.random(1, 5) do
          local part = parts[math.random(#parts)]
          local at = part[1] + math.random(part[2])
          bytes = bytes:sub(1, at - 1) .. string.char(math.random(0, 255))
                  .. bytes:sub(at + 1)
        end
        local copy = ("%s.%d"):format(path, i)
        local out = io.open(copy, "wb")
        out:write(bytes)
        out:close()
        local p = plugin.open(copy, {debuginfo = true})
        for symbol in p and p:symbols() or function() end do
          if symbol.declaration then
            good = good + 1
          else
            bad = bad + 1
          end
        end
        os.remove(copy)
        p = p and p:close()
      end
      print(good > 0, bad > 0)
    ]], {args = {path, "400", tostring(helper.seed)}})
    assert.equal("true\ttrue\n", ran.out, ran.err)
  end)

-- ---- libc ----

local function with_libc(name, test)
  it(name, function()
    local p, why = plugin.open("libc.so.6", {debuginfo = true})
    if not p then
      return pending(why:match "^[^\n]*")
    end
    return test(p)
  end)
end

-- The symbols whose declaration is known, and those where it is not: two lists
-- for functions, two for variables.
local function sort_symbols(p)
  local functions, variables = {{}, {}}, {{}, {}}
  for symbol in p:symbols() do
    local kind = symbol.kind
    if kind ~= "other" then
      local lists = (kind == "function" or kind == "ifunc") and functions
                    or variables
      table.insert(lists[symbol.declaration and 1 or 2], symbol)
    end
  end
  return functions, variables
end

-- Of functions that libc has in assembler, as its system calls are, and of
-- those with transparent unions.
local LIBC_HEADERS = {
  "arpa/inet.h", "fcntl.h", "math.h", "pthread.h", "sched.h", "setjmp.h",
  "signal.h", "sys/epoll.h", "sys/eventfd.h", "sys/fanotify.h", "sys/file.h",
  "sys/fsuid.h", "sys/inotify.h", "sys/io.h", "sys/klog.h", "sys/mman.h",
  "sys/mount.h", "sys/personality.h", "sys/pidfd.h", "sys/quota.h",
  "sys/sendfile.h", "sys/socket.h", "sys/stat.h", "sys/swap.h",
  "sys/timerfd.h", "sys/xattr.h", "ucontext.h", "unistd.h"
}

describe("libc #slow", function()
  with_libc("tells declarations of nearly all that it exports", function(p)
    local functions, variables = sort_symbols(p)
    local told = ("%d functions and not %d, %d variables and not %d"):format(
      #functions[1], #functions[2], #variables[1], #variables[2])
    assert.is_true(#functions[1] > 2680, told)
    assert.is_true(#functions[1] >= 0.95 * (#functions[1] + #functions[2]),
                   told)
    assert.equal(0, #variables[2], told)
    for _, symbol in ipairs(functions[1]) do
      assert.equal(p:typeof(plugin.signature(symbol:as())),
                   p:typeof(symbol.declaration))
    end
    for _, symbol in ipairs(functions[2]) do
      local known, message = pcall(function() return p.C[symbol.name] end)
      assert.is_false(known)
      assert.is_truthy(message:find "assembler" or
                       message:find "transparent_union" or
                       message:find "not in a default version", message)
    end
  end)

  with_libc("has the rest in its headers", function(p)
    assert(p:header(LIBC_HEADERS, {define = {"_GNU_SOURCE"}}))
    local functions = sort_symbols(p)
    assert.is_true(#functions[1] >= 2800, #functions[1] .. " functions")
    for _, symbol in ipairs(functions[1]) do
      assert.equal(p:typeof(plugin.signature(symbol:as())),
                   p:typeof(symbol.declaration))
    end
    local mask = p.C.umask(18)
    assert.equal(18, p.C.umask(mask))
    assert.equal(p.C.getpid(), p.C.gettid())
    local pair = p:new "int[2]"
    assert.equal(0, p.C.socketpair(p.C.AF_UNIX, p.C.SOCK_STREAM, 0, pair))
    assert.equal(2, p.C.write(pair[0], "ab", 2))
    local text = p:new "char[3]"
    assert.equal(2, p.C.recvfrom(pair[1], text, 2, 0, nil, nil))
    assert.equal("ab", plugin.string(text))
    assert.equal(0, p.C.close(pair[0]) + p.C.close(pair[1]))
  end)

  with_libc("is called without a declaration", function(p)
    local C = p.C
    assert.equal(5, C.strlen "hello")
    assert.equal(7, C.abs(-7))
    assert.equal(42, C.atoi "42")
    assert.equal(255, C.strtol("ff", nil, 16))
    assert.equal(65, C.toupper(97))
    assert.equal(1, C.isdigit(48) ~= 0 and 1 or 0)
    assert.is_true(C.strcmp("a", "b") < 0)
    assert.equal("lo", plugin.string(C.strstr("hello", "lo")))
    assert.equal("o", plugin.string(C.strchr("hello", 111)))
    assert.equal(2.5, C.strtod("2.5", nil))
    assert.equal(os.getenv "HOME", plugin.string(C.getenv "HOME"))
    assert.equal(3, C.div(10, 3).quot)
    assert.equal(1, C.ldiv(10, 3).rem)
    local buffer = p:new "char[32]"
    assert.equal(5, C.snprintf(buffer, 32, "%ld-%s", 12, "ab"))
    assert.equal("12-ab", plugin.string(buffer))
    C.memset(buffer, 120, 3)
    assert.equal("xxxab", plugin.string(buffer))
    C.memcpy(buffer, "hey", 4)
    assert.equal("hey", plugin.string(buffer))
    local numbers = p:new("int[4]", {30, 10, 40, 20})
    C.qsort(numbers, 4, 4, function(a, b)
      return plugin.cast("const int *", a)[0]
             - plugin.cast("const int *", b)[0]
    end)
    assert.equal("10 20 30 40", table.concat(plugin.totable(numbers), " "))
    local timegm = C.timegm                   -- and with it its types
    local tm = p:new("struct tm", {tm_year = 70, tm_mday = 2})
    assert.equal(86400, timegm(tm))
    assert.equal(2, C.gmtime(p:new("time_t[1]", {86400})).tm_mday)
    local file = C.fopen("/dev/null", "r")
    assert.equal(-1, C.fgetc(file))
    assert.equal(0, C.fclose(file))
    assert.equal(tonumber(io.open("/proc/self/stat"):read "n"), C.getpid())
    assert.is_truthy(C.stdout)
    assert.equal(0x7f000001, C.inet_network "127.0.0.1")
    assert.equal("No such file or directory", plugin.string(C.strerror(2)))
  end)

  with_libc("is read faster than by pfunct #exact", function()
    if not has "pfunct" then
      return pending "there is no pfunct"
    elseif helper.build ~= "build" then
      return pending "this is not the build that users have"
    end
    local ours = helper.script [[
      local plugin = require "cplugin"
      local start = os.clock()
      local p = plugin.open("libc.so.6", {debuginfo = true})
      for symbol in p:symbols() do
        local _ = symbol.declaration
      end
      print(os.clock() - start)
    ]]
    local theirs = helper.tool("bash -c " .. quote(
      "TIMEFORMAT='%U %S'; time pfunct --prototypes "
      .. plugin.search "libc.so.6" .. " >/dev/null"))
    local user, system = theirs.err:match "([%d.]+) ([%d.]+)%s*$"
    assert.is_true(tonumber(ours.out) < user + system,
      ("%s s, pfunct %s s"):format(ours.out, user + system))
  end)
end)
