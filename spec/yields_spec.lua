-- yields_spec.lua - what debug info has told gives way to the script's: what
-- has been made of it stays right, and nothing is lost.

local helper = require "spec.helper"
local debuglib = require "spec.debuglib"
local plugin = require "cplugin"

local build, open = debuglib.build, debuglib.open

local _, missing = plugin.open(helper.sample "described", {debuginfo = true})
if missing then
  pending("debug info: " .. missing)
  return
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
