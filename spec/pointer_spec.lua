-- pointer_spec.lua - pointer arithmetic, in every kind of memory. `p + n` goes
-- a short way where it can and `n + p` never does: both must say the same.

-- Variables set to nil let go of what they held:
-- luacheck: ignore 241 311 331

local helper = require "spec.helper"
local plugin = require "cplugin"
local cast, new = plugin.cast, plugin.new

plugin.cdef [[
  struct po_pair { int a; double b; };
  struct po_box { int row[4]; struct po_pair pairs[3]; const short fixed[2];
                  char *text; };
  struct po_some { int n; int more[]; };
  void *calloc(size_t, size_t); void free(void *);
]]
local C = plugin.C

local function throws(text, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.truthy(tostring(message):find(text, 1, true), message)
end

-- All that can be told of what f(...) gives, with its error if it throws. What
-- has no bounds leads to records and arrays, so that nothing is read there.
local function outcome(f, ...)
  local ok, p = pcall(f, ...)
  if not ok then                -- the operands may be turned
    return (p:gsub("^[^:]+:%d+: ", "")
             :gsub("attempt to (%l+).*", "attempt to %1"))
  end
  if type(p) ~= "userdata" then return tostring(p) end
  local list = {tostring(plugin.typeof(p)), tostring(p)}
  for _, wish in ipairs {function() return plugin.address(p) end,
                         function() return #p end,
                         function() return p[-1] end,
                         function() return p[0] end,
                         function() return p[1000000000] end} do
    local fine, result = pcall(wish)
    list[#list + 1] = fine and type(result) == "userdata"
      and plugin.address(result) or tostring(result)
  end
  return table.concat(list, "; ")
end

local function plus(p, n) return p + n end
local function minus(p, n) return p - n end
local function turned(p, n) return n + p end
local function negative(p, n) return -n + p end

local STEPS = {0, 1, 2, -1, 3.0, "1", 0.5, 1e300, "x", {}, true,
               math.maxinteger, math.mininteger, math.mininteger // 2,
               1 << 60, -(1 << 62)}

-- Asked several times: what is made once goes another way than the first.
local function check(name, p)
  for round = 1, 3 do
    for _, n in ipairs(STEPS) do
      local where = ("%s, %s, round %d"):format(name, tostring(n), round)
      assert.equal(outcome(turned, p, n), outcome(plus, p, n), where)
      if type(n) == "number" then
        assert.equal(outcome(negative, p, n), outcome(minus, p, n), where)
      end
    end
    assert.equal(outcome(turned, p, nil), outcome(plus, p, nil), name)
  end
end

describe("p + n", function()
  it("of Lua's memory", function()
    local box = new "struct po_box"
    local array = new("int[?]", 5)
    for name, p in pairs {
      array = new "int[4]", ["array of any length"] = array,
      ["array of arrays"] = new "int[2][3]", ["its row"] = new("int[2][3]")[1],
      ["array of structs"] = new "struct po_pair[3]", row = box.row,
      pairs = box.pairs, fixed = box.fixed, ["struct"] = box,
      more = new("struct po_some", 3).more,
      pointer = cast("int *", array), inside = array + 2, outside = array + 9,
      ["pointer to a struct"] = cast("struct po_box *", box),
      ["pointer to an array"] = cast("int (*)[4]", box.row),
      ["of nothing"] = new("int[0]"), ["void *"] = cast("void *", box),
      ["over-aligned"] = new "struct { _Alignas(64) char c; }[2]",
      text = cast("const char *", "some text"),
    } do
      check(name, p)
    end
  end)

  it("of C's memory", function()
    local at = C.calloc(1, plugin.sizeof "struct po_box")
    local box = cast("struct po_box *", at)
    for name, p in pairs {
      pointer = box, row = box.row, pairs = box.pairs, ["void *"] = at,
      view = plugin.view(cast("int *", at), 3),
    } do
      check(name, p)
    end
    C.free(at)
  end)

  it("of a pointer with a finaliser, and what is made of it", function()
    local freed = 0
    local at = plugin.gc(cast("int (*)[4]", C.calloc(2, 16)), function(p)
      freed = freed + 1
      C.free(p)
    end)
    for name, p in pairs {pointer = at, row = at[0], next = at + 1,
                          element = at[1] + 1} do
      check(name, p)
    end
    collectgarbage()
    local row = at[0]
    local p = row + 1
    at, row = nil, nil
    collectgarbage()
    collectgarbage()
    assert.equal(0, freed)
    assert.equal(0, p[0])
    p = nil
    collectgarbage()
    collectgarbage()
    assert.equal(1, freed)
  end)

  it("of a plugin's variables, until it is closed", function()
    local p = assert(plugin.open(helper.sample "variables", {cdef = [[
      extern int table[4]; extern double matrix[2][3]; extern int *current;
      extern const int primes[5]; extern const char *words[3]; ]]}))
    local all = {["table"] = p.C.table, matrix = p.C.matrix,
                 row = p.C.matrix[1], primes = p.C.primes, words = p.C.words,
                 pointer = p.C.table + 1}
    for name, it in pairs(all) do check(name, it) end
    p:close()
    for _, it in pairs(all) do
      throws("is closed", plus, it, 1)
      throws("is closed", minus, it, 1)
      throws("is closed", minus, it, it)
    end
  end)

  it("keeps the memory alive", function()
    local weak = setmetatable({}, {__mode = "k"})
    for _ = 1, 3 do
      local array = new("int[2][4]")
      weak[array] = true
      local p = array[1] + 1 + 1
      local q = array + 1
      array = nil
      collectgarbage()
      p[0] = 5
      assert.equal(5, q[0][2])
      assert.is_not_nil(next(weak))
      p, q = nil, nil
      collectgarbage()
      collectgarbage()
      assert.is_nil(next(weak))
    end
  end)

  it("sees that a type has been completed", function()
    plugin.cdef "struct po_late;"
    local at = C.calloc(4, 16)
    local p = cast("struct po_late *", at)
    throws("size of 'struct po_late' is not known", plus, p, 1)
    throws("have no difference", minus, p, p)
    plugin.cdef "struct po_late { long a, b; };"
    check("completed", p)
    assert.equal(16, plugin.address(p + 1) - plugin.address(p))
    assert.equal(1, (p + 1) - p)
    C.free(at)
  end)

  it("by a metamethod of another type, which debug gives away", function()
    local add = debug.getmetatable(new "int[2]").__add
    local sub = debug.getmetatable(new "int[2]").__sub
    local _ = new("int[2]") + 1
    local pairs_of = new "struct po_pair[3]"
    for _ = 1, 3 do
      assert.equal(outcome(turned, pairs_of, 1), outcome(add, pairs_of, 1))
      assert.equal(outcome(turned, pairs_of, 1), outcome(sub, pairs_of, -1))
      assert.equal(debug.getmetatable(pairs_of + 1),
                   debug.getmetatable(add(pairs_of, 1)))
    end
    assert.equal(outcome(turned, pairs_of, 1), outcome(plus, pairs_of, 1))
    for _, value in ipairs {io.stdout, {}, true, print} do
      throws("perform arithmetic (add)", add, value, 1)
      throws("perform arithmetic (sub)", sub, value, 1)
    end
    throws("perform arithmetic (add)", add)
  end)

  it("is a metatype's where that says so", function()
    plugin.cdef "struct po_own { int a; };"
    plugin.metatype("struct po_own", {__add = function(_, n) return -n end})
    assert.equal(-7, cast("struct po_own *", new "struct po_own") + 7)
  end)
end)

describe("p - q", function()
  it("counts the elements between, in either kind of memory", function()
    local array = new("double[6]")
    local rows = new("short[4][3]")
    local at = C.calloc(8, 4)
    local p = cast("int *", at)
    for _ = 1, 2 do
      assert.same({4, -4, 0, 2}, {(array + 5) - (array + 1),
                                  array - (array + 4), array - array,
                                  (array + 2) - array})
      assert.same({3, -1, 2}, {(rows + 3) - rows, rows[1] - (rows[1] + 1),
                               (rows[2] + 2) - rows[2]})
      assert.same({7, -7}, {(p + 7) - p, p - (p + 7)})
    end
    C.free(at)
  end)

  it("of different elements is refused", function()
    local a, b = new "int[2]", new "char[2]"
    for _, pair in ipairs {{a, b}, {a + 1, b}, {a, b + 1}, {b, a},
                           {a, new "int[2][2]"}, {cast("void *", a), a}} do
      throws("have no difference", minus, pair[1], pair[2])
    end
    throws("perform arithmetic (sub)", minus, 1, a)
    throws("perform arithmetic (sub)", minus, a, {})
    throws("perform arithmetic (sub)", minus, a, 0.5)
  end)

  it("of qualified elements is not", function()
    local a = new "int[3]"
    assert.equal(2, cast("const int *", a + 2) - a)
    assert.equal(-2, a - cast("const volatile int *", a + 2))
  end)
end)
