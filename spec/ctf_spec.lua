-- ctf_spec.lua - debug info in CTF: the same declarations, and what it does not
-- know is said. Headers and layouts are compared in debuginfo_spec.lua.

local helper = require "spec.helper"
local debuglib = require "spec.debuglib"
local plugin = require "cplugin"

local build, open, sh = debuglib.build, debuglib.open, debuglib.sh

local text = [[
  typedef struct node { struct node *next; union { int i; float f; } u;
    unsigned bits : 3, more : 7; _Bool b : 1; char name[]; } node;
  enum kind { A, B = 100, C = -1 };
  node first = {0, {7}, 5, 100, 1};
  enum kind turn(enum kind k) { return k == A ? B : C; }
  int (*handler)(node *, ...);
  int count(const node *restrict n, struct other *o, int (*f)(double)) {
    int found = 0;
    for (; n; n = n->next) found++;
    return found + f(1.5);
  }
  int say(const char *format, ...) { return 3; }
  double _Complex wide(float _Complex z, long double l, __int128 i,
                       unsigned char c) { return z; }
  void nothing(void) {}
  int second(int) __attribute__((alias("real")));
  int real(int x) { return x + 1; }
]]

describe("debug info in CTF", function()
  for _, row in ipairs {
    {"", "-gctf"}, {" of a stripped file", "-gctf -s"},
    {" of optimised code", "-gctf -O2"}
  } do
    it("declares" .. row[1], function()
      local p = open(build(text, {flags = row[2]}))
      for name, declaration in pairs {
        first = "struct node first", turn = "enum kind turn(enum kind)",
        handler = "int (*handler)(struct node *, ...)",
        count = "int count(const struct node *, struct other *, "
                .. "int (*)(double))",
        say = "int say(const char *, ...)", nothing = "void nothing(void)",
        wide = "double _Complex wide(float _Complex, long double, __int128, "
               .. "unsigned char)",
        second = "int second(int)", real = "int real(int)"
      } do
        assert.equal(declaration, p:lookup(name).declaration)
      end
      local C = p.C
      assert.same({7, 5, 100, true},
                  {C.first.u.i, C.first.bits, C.first.more, C.first.b})
      assert.equal(100, C.turn "A")
      assert.equal(-1, C.turn "B")
      assert.equal(4, C.count(C.first, nil, function(x) return x * 2 end))
      assert.equal(6, C.second(5))
      assert.equal(14, (p:offsetof("struct node", "name")))
    end)
  end

  it("checks declarations", function()
    local p = assert(plugin.open(build(text, {flags = "-gctf"}),
                                 {check = true}))
    local ok, message = pcall(p.lookup, p, "real", "int (long)")
    assert.is_false(ok)
    assert.matches("parameter 1: script says 'long', library says 'int'",
                   message)
    assert.equal(2, p:lookup("real", "int (int)")(1))
  end)

  -- Their types are in an archive: what both agree on, and each one's own. Of
  -- functions ld makes such that take "some struct state".
  it("tells structs of one name in two files apart", function()
    local where = debuglib.folder()
    helper.write(where .. "/a.c", [[
      struct state { int a; }; struct state sa = {5};
      int get_a(struct state *s) { return s->a; }]])
    helper.write(where .. "/b.c", [[
      struct state { long a, b; }; struct state sb = {6, 7};
      long get_b(struct state *s) { return s->b; }
      long plain(long x) { return -x; }]])
    sh("cd %s && gcc -gctf -fPIC -shared -o liba.so a.c b.c", where)
    local p = open(where .. "/liba.so")
    assert.equal(5, p.C.sa.a)
    assert.equal(7, p.C.sb.b)
    assert.equal(-3, p.C.plain(3))
    for _, name in ipairs {"get_a", "get_b"} do
      local ok, message = pcall(function() return p.C[name] end)
      assert.is_false(ok)
      assert.matches("does not tell which of several 'state' is meant", message)
    end
  end)

  it("says what it does not know", function()
    local p = open(build([[
      typedef int four __attribute__((vector_size(16)));
      four vector(four v) { return v; }
      enum large { LARGE = 1L << 40 } large;
      enum __attribute__((packed)) small { SMALL } small;
      int table[3][4], square[2][2];
      struct odd { double d; int a : 11; unsigned long b : 40; } odd;
      __thread int own = 5;
    ]], {flags = "-gctf"}))
    for name, why in pairs {
      vector = "a type that debug info in CTF cannot express",
      large = "no values of enum large: they do not fit into an int",
      small = "'small' has 1 bytes, but is declared as 'enum small' of 4",
      table = "does not tell the order of an array's dimensions",
      odd = "does not tell the size of a struct odd, which has bit%-fields",
      own = "debug info in CTF has nothing of 'own'"
    } do
      local ok, message = pcall(function() return p.C[name] end)
      assert.is_false(ok)
      assert.matches(why, message)
    end
    assert.equal("int square[2][2]", p:lookup("square").declaration)
  end)

  -- Large dicts of an archive are compressed.
  local function large()
    local where, lines = debuglib.folder(), {"struct state { int a; } sa;"}
    for i = 1, 300 do
      lines[#lines + 1] = ("struct s%d { int member%d; }; int f%d(struct s%d "
        .. "*s) { return 0; }"):format(i, i, i, i)
    end
    helper.write(where .. "/a.c", table.concat(lines, "\n"))
    helper.write(where .. "/b.c", "struct state { long a; } sb;")
    sh("cd %s && gcc -gctf -fPIC -shared -o liba.so a.c b.c", where)
    return where .. "/liba.so"
  end

  it("is uncompressed", function()
    local p = open(large())
    assert.equal("int f300(struct s300 *)", p:lookup("f300").declaration)
  end)

  it("says that zlib is not installed", function()
    local where = debuglib.folder()
    helper.write(where .. "/libz.so.1", "")
    local ran = helper.script([[
      print(require "cplugin".open(..., {debuginfo = true}))
    ]], {args = {large()}, env = {LD_LIBRARY_PATH = where}})
    assert.matches("^nil\t.*CTF, compressed.*apt%-get install zlib1g\n",
                   ran.out)
  end)

  it("that is damaged is an error or an answer, never a crash", function()
    local ran = helper.script([[
      local plugin = require "cplugin"
      local path, count, seed = arg[1], tonumber(arg[2]), tonumber(arg[3])
      math.randomseed(seed)
      local data = io.open(path, "rb"):read "a"
      local sections = io.popen("readelf -SW " .. path):read "a"
      local from, size = sections:match "%.ctf%s+%S+%s+%x+ (%x+) (%x+)"
      from, size = tonumber(from, 16), tonumber(size, 16)
      local good, bad = 0, 0
      for _ = 1, count do
        local bytes = data
        for _ = 1, math.random(1, 5) do
          local at = from + math.random(math.random(3) == 1 and 60 or size)
          bytes = bytes:sub(1, at - 1) .. string.char(math.random(0, 255))
                  .. bytes:sub(at + 1)
        end
        local out <close> = io.open(path .. ".copy", "wb")
        out:write(bytes)
        out:close()
        local file = plugin.inspect(path .. ".copy", {debuginfo = true})
        for symbol in file and file:symbols() or function() end do
          if symbol.declaration then
            good = good + 1
          else
            bad = bad + 1
          end
        end
      end
      print(good > 0, bad > 0)
    ]], {args = {build(text, {flags = "-gctf"}), "300",
                 tostring(helper.seed)}})
    assert.equal("true\ttrue\n", ran.out, ran.err)
  end)
end)
