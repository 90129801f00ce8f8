-- yields_spec.lua - what debug info has told gives way to the script's: what
-- has been made of it stays right, and nothing is lost.

local helper = require "spec.helper"
local debuglib = require "spec.debuglib"
local plugin = require "cplugin"

local build, open = debuglib.build, debuglib.open

local missing = debuglib.missing()
if missing then
  return pending(missing)
end

local path = build [[
  enum colour { RED, GREEN = 5 };
  enum level { LOW = 1, HIGH } level = HIGH;
  typedef struct { int a, b; } pair;
  struct point { int x, y; } origin = {3, 4};
  struct line { struct point from, to; } line = {{1, 2}, {3, 4}};
  pair both = {1, 2};
  int get(struct point *p) { return p->y; }
  int paint(enum colour c) { return c + 1; }
  int sum(pair p) { return p.a + p.b; }
  struct point *opaque(void) { return &origin; }
  int far(struct line *l) { return l->to.y; }
]]

local function used()
  local p = open(path)
  for symbol in p:symbols() do
    local _ = symbol.declaration
  end
  return p
end

local function names(p)
  local list = {}
  for name in pairs(p.C) do
    list[#list + 1] = name
  end
  return table.concat(list, " ")
end

describe("what debug info has told, and the script declares otherwise, #dwarf",
  function()
    it("leaves no order of names behind where that fails", function()
      local p <close> = used()
      local before = names(p)
      for _, text in ipairs {
        "struct point { char c; }; enum { RED = 9 }; int get(void); !",
        "typedef char pair; struct line { long l; }; struct line { int i; };",
        "long both; int sum(char, char); struct point; enum point { P };",
        "int sum(pair); typedef int pair;",     -- which is declared behind
      } do
        local done, why = pcall(p.cdef, p, text)
        assert.is_false(done)
        assert.is_nil(why:find("did you mean", 1, true), why)
        assert.equal(before, names(p))
      end
      assert.equal(4, p.C.far(p.C.line))
      assert.equal(3, p.C.sum({1, 2}))
    end)

    it("is not met again by a walk over the names", function()
      local p <close> = used()
      local seen = {}
      for name, value in pairs(p.C) do
        if #seen == 0 then
          p:cdef [[
            enum { RED = 7 }; int paint(long); int sum(int);
            struct point { double x, y; }; double get(struct point *p);
            int far(void *); long both;]]
        end
        assert.is_nil(seen[name], name)
        seen[#seen + 1], seen[name] = name, value
      end
      assert.equal(7, p.C.RED)
      assert.equal("int (long)", tostring(p:typeof "typeof(paint)")
        :match "<(.*)>")
      assert.equal("int paint(long)", plugin.signature(p.C.paint))
      assert.equal("int far(void *)", plugin.signature(p.C.far))
      assert.equal("double get(struct point *)", plugin.signature(p.C.get))
    end)

    it("is taken out by types of expressions, too", function()
      local p <close> = used()
      assert.equal(0, p.C.RED)
      assert.equal(1, p.C.LOW)
      p:typeof "enum mine { RED = 3 }"
      assert.equal(3, p.C.RED)
      p:new "enum level { LOW = 8 }"
      assert.equal(8, p.C.LOW)
      assert.equal(2, p.C.HIGH)
      assert.equal(8, p:sizeof "struct point { double x; }")
      assert.equal(0.5, p:new("struct point", 0.5).x)
    end)

    it("lists what a header declares, and not what it includes", function()
      local p <close> = open(path)
      assert.equal(2, p.C.level)
      assert.equal(4, p.C.far(p:new("struct line", {{1, 2}, {3, 4}})))
      local where, other = debuglib.folder(), debuglib.folder()
      helper.write(other .. "/inner.h", "int inner(void); enum { LOW = 4 };")
      helper.write(where .. "/outer.h", '#include "' .. other .. '/inner.h"\n'
                   .. "long far(int); int outer(void);")
      assert(p:header(where .. "/outer.h"))
      local list = " " .. names(p) .. " "
      assert.is_truthy(list:find(" outer ", 1, true), list)
      assert.is_truthy(list:find(" far ", 1, true), list)
      assert.is_nil(list:find(" inner ", 1, true), list)
      assert.is_nil(list:find(" LOW ", 1, true), list)
      assert.equal(4, p.C.LOW)
    end)

    it("stays what cdata, classes and functions are made of", function()
      local p <close> = used()
      local get, far, line = p.C.get, p.C.far, p.C.line
      local point = p:new("struct point", {5, 6})
      p:metatype("struct point", {__index = {norm = function(self)
        return self.x + self.y
      end}})
      local from = line.from
      p:cdef [[struct point { double x; }; struct line { char c[3]; };
               typedef union { char c; } pair; int sum(pair);]]
      collectgarbage()
      collectgarbage()
      assert.equal(11, point:norm())
      assert.equal(6, get(point))
      assert.equal(4, far(line))
      assert.equal(3, from:norm())
      assert.equal(4, line.to.y)
      assert.equal(3, p:sizeof "struct line")
      assert.equal(1, p:sizeof "pair")
      assert.equal(8, p:sizeof "struct point")
      assert.is_false(pcall(get, p:new "struct point"))
      p:metatype("struct point", {__index = {half = function(self)
        return self.x / 2
      end}})
      assert.equal(2, p:new("struct point", 4):half())
      assert.equal(11, point:norm())
    end)

    it("goes when a text only names before it defines", function()
      local p <close> = used()
      p:cdef [[
        struct point;
        typedef struct point *place;
        int get(place);
        struct point { char c; };
        struct line { struct point p[5]; };
        struct points { struct line lines[2]; };
        int far(struct line *);]]
      assert.equal(10, p:sizeof "struct points")
      assert.equal(p:typeof "place", p:typeof "struct point *")
      assert.equal("int far(struct line *)", plugin.signature(p.C.far))
    end)

    it("loses an enum and keeps its other values", function()
      local p <close> = used()
      assert.equal(1, p.C.paint "RED")
      p:cdef "enum colour { BLUE = 3, RED = 2 };"
      assert.equal(2, p.C.RED)
      assert.equal(5, p.C.GREEN)
      assert.equal(3, p.C.BLUE)
      assert.equal(1, p.C.paint "RED")          -- the library's own enum
      p:cdef "int paint(enum colour c);"
      assert.equal(3, p.C.paint "RED")
      assert.is_false(pcall(p.C.paint, "GREEN"))
    end)
  end)

describe("what debug info has completed for the script #dwarf", function()
  local text = "struct point; int get(struct point *); "
               .. "typedef struct point *place;"

  it("gives way to a later definition, with what the script made of it",
    function()
      local p <close> = open(path)
      p:cdef(text)
      local get, origin = p.C.get, p.C.opaque()
      assert.equal(3, origin.x)
      p:cdef "struct point;"                    -- says nothing new
      assert.equal(8, p:sizeof "struct point")
      p:cdef("struct point { double x, y, z; };" .. text)
      assert.equal(24, p:sizeof "struct point")
      assert.equal(p:typeof "place", p:typeof "struct point *")
      assert.equal("int get(struct point *)", plugin.signature(p.C.get))
      assert.is_false(pcall(p.C.get, origin))   -- another struct point now
      assert.is_false(pcall(get, p:new "struct point"))
      assert.equal(4, get(origin))
      assert.is_true(pcall(p.C.get, p:new "struct point"))
    end)

  it("stays where the later definition fails, or is the same", function()
    local p <close> = open(path)
    p:cdef(text)
    local origin = p.C.opaque()
    assert.is_false(pcall(p.cdef, p, "struct point { char c; };" .. text
                          .. "int 5;"))
    assert.equal(4, p.C.get(origin))
    p:cdef("struct point { int x, y; };" .. text)
    assert.equal(4, p.C.get(origin))
    local done, why = pcall(p.cdef, p, "struct point { char c; };")
    assert.is_false(done)                       -- said twice by the script
    assert.is_truthy(why:find("defined with other members", 1, true), why)
  end)

  it("is of an enum, too", function()
    local p <close> = open(path)
    p:cdef "enum colour; typedef enum colour *colours;"
    assert.equal(1, p.C.paint(0))
    assert.equal(0, p.C.RED)
    p:cdef "enum colour { RED = 3 }; typedef enum colour *colours;"
    assert.equal(3, p.C.RED)
    assert.equal(3, p:new("enum colour[1]", {"RED"})[0])
  end)

  it("may be a struct that the script only names by a tag of its own",
    function()
      local p <close> = open(path)
      assert.equal(4, p.C.far(p.C.line))
      p:cdef "struct line;"                     -- debug info's is meant
      assert.equal(16, p:sizeof "struct line")
      p:cdef "struct line { char c; };"
      assert.equal(1, p:sizeof "struct line")
    end)
end)

describe("a #define of what debug info has declared #dwarf", function()
  it("is what the name stands for", function()
    local p <close> = used()
    assert.equal(0, p.C.RED)
    assert.is_function(p.C.sum)
    p:cdef [[
      #define RED 9
      #define GREEN 5
      #define both (RED + 2)
      #define sum 2.5
      #define get far
      #define origin origin]]
    assert.equal(9, p.C.RED)
    assert.equal(5, p.C.GREEN)
    assert.equal(11, p.C.both)
    assert.equal(2.5, p.C.sum)
    assert.equal(4, p.C.get(p.C.line))
    assert.equal(4, p.C.origin.y)
    assert.equal(9, #p:new "char[RED]")
    assert.equal(11, p:sizeof "char[both]")
    assert.equal(1, p.C.paint "RED")            -- the library's own enum
    p:cdef "#define RED 10"
    assert.equal(10, p.C.RED)
    assert.is_false(pcall(p.cdef, p, "enum { RED = 11 };"))
  end)

  it("does not stay where the text fails", function()
    local p <close> = used()
    local before = names(p)
    assert.is_false(pcall(p.cdef, p, "#define RED 9\n#define sum far\n!"))
    assert.equal(before, names(p))
    assert.equal(0, p.C.RED)
    assert.equal(3, p.C.sum({1, 2}))
  end)

  it("that is no constant leaves it", function()
    local p <close> = used()
    p:cdef "#define sum(p) do { p; } while (0)\n#define RED"
    assert.equal(3, p.C.sum({1, 2}))
    assert.equal(0, p.C.RED)
  end)
end)

describe("what plugin.cdef says #dwarf", function()
  -- In a process of its own: the global scope is for good.
  local function run(lines)
    local made = helper.script([[
      local plugin = require "cplugin"
      local p = assert(plugin.open(...))
      plugin.cdef "enum { RED = 77 }; struct point { long a; };"
      plugin.cdef "typedef char pair;"
      plugin.cdef "int sum(long);"
      p = assert(plugin.open(..., {debuginfo = true}))
      local function told()
        for symbol in p:symbols() do
          local _ = symbol.declaration
        end
      end
    ]] .. lines, {args = {path}})
    assert(made.ok, made.err)
  end

  it("counts before and after debug info has been asked", function()
    run [[
      for _ = 1, 2 do
        assert(p.C.RED == 77)
        assert(p:sizeof "char[RED]" == 77)
        assert(p:sizeof "struct point" == 8 and p:new "struct point".a == 0)
        assert(p:sizeof "pair" == 1)
        assert(plugin.signature(p.C.sum) == "int sum(long)")
        assert(p:lookup("sum").declaration == "int sum(long)")
        assert(p:typeof "struct point" == plugin.typeof "struct point")
        told()
      end
    ]]
  end)

  it("leaves debug info's own types to what that declares", function()
    run [[
      told()
      assert(p.C.origin.y == 4 and p:sizeof(p.C.origin) == 8)
      assert(p.C.get(p.C.origin) == 4 and p.C.both.b == 2)
      assert(p.C.far(p.C.line) == 4)
      plugin.cdef "union line { char c; };"
      assert(p:sizeof "struct line" == 16 and p:sizeof "union line" == 1)
      assert(not pcall(p.C.get, p:new "struct point"))
    ]]
  end)

  it("is nothing where it only names a struct", function()
    run [[
      plugin.cdef "struct line; struct line *nearest(struct line *);"
      told()
      assert(p:sizeof "struct line" == 16)
      plugin.cdef "struct line { char c; };"
      assert(p:sizeof "struct line" == 1)
    ]]
  end)

  it("is seen by a walk over the names, which leaves out what it hides",
    function()
      run [[
        told()
        local seen = {}
        for name, value in pairs(p.C) do
          seen[name] = value
        end
        assert(seen.GREEN == 5 and seen.RED == nil and seen.sum == nil)
        assert(p.C.RED == 77)
        assert(plugin.signature(p.C.sum) == "int sum(long)")
      ]]
    end)

  it("may come after debug info", function()
    run [[
      told()
      assert(p.C.GREEN == 5)
      plugin.cdef "#define GREEN 6"
      assert(p.C.GREEN == 6)
      p:cdef "enum { GREEN = 7 };"
      assert(p.C.GREEN == 7)
    ]]
  end)
end)

it("thousands of names give way at once #dwarf", function()
  local count, text, other = 3000, {}, {}
  for i = 1, count do
    text[i] = ("struct s%d { int x[%d]; } v%d;"):format(i, i % 7 + 1, i)
    other[i] = ("struct s%d { char c%s; };"):format(
      i, i > 1 and ("; struct s%d *p; char more"):format(i - 1) or "")
  end
  local p <close> = open(build(table.concat(text, "\n")))
  for symbol in p:symbols() do
    local _ = symbol.declaration
  end
  local before = names(p)
  assert.is_false(pcall(p.cdef, p, table.concat(other, "\n") .. "int 5;"))
  assert.equal(before, names(p))
  assert.equal(8, p:sizeof "struct s1")
  p:cdef(table.concat(other, "\n"))
  assert.equal(1, p:sizeof "struct s1")
  assert.equal(24, p:sizeof(("struct s%d"):format(count)))
end)
