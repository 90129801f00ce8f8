-- rows.lua - what is measured beside what is written by hand: calls,
-- callbacks, variables, fields, elements, new memory, conversions, records,
-- real work.
--
--   local rows = require "bench.rows" (folder of the built libraries)
--
-- A row is {name, limit, group, make}: the limit is what the ratio is meant
-- to stay under; make() gives two functions of how often, by hand and ours.
-- Rows of what Lua itself costs (floor.c) have that in the place of by hand.

local floor = require "floor"
local plugin = require "cplugin"
local shapes = require "shapes"
local yardstick = require "yardstick"

local rows = {}

local function row(name, limit, make, group)
  rows[#rows + 1] = {name = name, limit = limit, group = group, make = make}
end

-- A loop of calls with those arguments, `a` being one that is made before.
local function loop(f, arguments, a)
  return assert(load(("local f, a = ... return function(n) "
    .. "for i = 1, n do f(%s) end end"):format(arguments)))(f, a)
end

-- {name, C name, arguments}; for some, `a` is what another one returns.
local CALLS = {
  {"void(void)", "nothing", ""},
  {"int(int,int)", "add", "i, 2"},
  {"double(double,double)", "scale", "1.5, 2.5"},
  {"size_t(const char *)", "length", "'hello'"},
  {"six longs", "six", "1, 2, 3, 4, 5, i"},
  {"int, double, long, float", "mixed", "1, 2.5, i, 0.5"},
  {"pointer in and out", "same", "a", "make_item"},
  {"bool(bool)", "negate", "true"},
  {"uint8_t(uint8_t)", "next", "7"},
  {"ten mixed", "ten", "1, 2.5, 3, 0.5, 'x', true, 7, 8, 9.5, i"},
}

local function call_rows(C, note, limit, group)
  for _, it in ipairs(CALLS) do
    local name, f, arguments, first = table.unpack(it, 1, 4)
    row(name .. note, limit, function()
      return loop(yardstick[f], arguments, first and yardstick[first]()),
        loop(C[f], arguments, first and C[first]())
    end, group)
  end
end

local function callback_rows(target, hand, note, limit)
  local C = target.C
  local function double(n) return 2 * n end
  row("callback, 10,000 times" .. note, limit, function()
    return function(n)
      for _ = 1, n do hand.repeat_(double, 10000) end
    end, function(n)
      for _ = 1, n do C["repeat"](double, 10000) end
    end
  end)

  local function compare(a, b) return a[0] - b[0] end
  row("qsort of 100,000" .. note, limit, function()
    local unsorted, state = {}, 1
    for i = 1, 100000 do
      state = state * 16807 % 2147483647
      unsorted[i] = state
    end
    return function(n)
      for _ = 1, n do hand.sort(compare, unsorted) end
    end, function(n)
      for _ = 1, n do
        C.sort(target:new("int[?]", #unsorted, unsorted), #unsorted, compare)
      end
    end
  end)
end

-- Loops that read and write what `it` has as `.key` or `[key]`.
local function reads(it, key)
  return assert(load(("local it = ... return function(n) local x "
    .. "for i = 1, n do x = it%s end return x end"):format(key)))(it)
end

local function writes(it, key, value)
  return assert(load(("local it = ... return function(n) "
    .. "for i = 1, n do it%s = %s end end"):format(key, value)))(it)
end

local function access(name, note, limit, key, value, hand, ours)
  row(name .. " read" .. note, limit, function()
    return reads(hand(), key), reads(ours(), key)
  end)
  row(name .. " write" .. note, limit, function()
    return writes(hand(), key, value), writes(ours(), key, value)
  end)
end

local function access_rows(target)
  access("variable", "", 2.0, ".target_int", "i",
    function() return yardstick.variables end,
    function() return target.C end)
  access("field", "", 1.3, ".y", "2.5",
    function() return yardstick.pair(1, 2) end,
    function() return target:new("struct pair", {1, 2}) end)
  access("element", "", 1.3, "[9]", "2.5",
    function() return yardstick.doubles(1000) end,
    function() return plugin.new "double[1000]" end)
end

local NOTE = ", Lua alone"

local function floor_rows(target)
  local pair = target:new("struct pair", {1, 2})
  local array = plugin.new "double[1000]"
  local function of(make, name, it)
    return function() return make(name) end, function() return it end
  end
  access("variable", NOTE, nil, ".target_int", "i",
    of(floor.variables, "target_int", target.C))
  access("field", NOTE, nil, ".y", "2.5", of(floor.record, "y", pair))
  access("element", NOTE, nil, "[9]", "2.5", of(floor.array, nil, array))
  row("new small struct" .. NOTE, nil, function()
    return loop(floor.pair, ""), loop(target:typeof "struct pair", "")
  end)
  callback_rows(target, floor, NOTE)
end

local function halves(count)
  local list = {}
  for i = 1, count do list[i] = i + 0.5 end
  return list
end

local function memory_rows(target)
  local doubles = yardstick.doubles
  local thousand = plugin.typeof "double[1000]"
  local million = plugin.typeof "double[1000000]"
  row("new small struct", 1.3, function()
    return loop(yardstick.pair, ""), loop(target:typeof "struct pair", "")
  end)
  row("new 1,000 doubles", 1.3, function()
    return loop(doubles, "1000"), loop(thousand, "")
  end)
  row("1,000 doubles of a table", 1.3, function()
    local values = halves(1000)
    return loop(doubles, "1000, a", values), loop(thousand, "a", values)
  end)
  row("a million from a table", 1.1, function()
    local values = halves(1000000)
    return loop(doubles, "1000000, a", values), loop(million, "a", values)
  end)
  row("a million to a table", 1.1, function()
    local values = halves(1000000)
    return loop(yardstick.totable, "a", doubles(1000000, values)),
      loop(plugin.totable, "a", million(values))
  end)
  row("copy of 1 MB", 1.1, function()
    local text = ("x"):rep(1 << 20)
    local hand, ours = yardstick.copy, plugin.copy
    local a, b = yardstick.bytes(1 << 20), plugin.new("char[?]", 1 << 20)
    return function(n) for _ = 1, n do hand(a, text, 1 << 20) end end,
      function(n) for _ = 1, n do ours(b, text, 1 << 20) end end
  end)
  row("string of 1 MB", 1.1, function()
    return loop(yardstick.string, "a, 1 << 20", yardstick.bytes(1 << 20)),
      loop(plugin.string, "a, 1 << 20", plugin.new("char[?]", 1 << 20))
  end)
end

-- {name, by hand, ours}: `it` is a shape, `a` a pair, `f` makes pairs.
local SHAPES = {
  {"struct assigned", "it.at = a"},
  {"pointer assigned", "it.next = a"},
  {"pointer read", "local _ = it.next"},
  {"nested field read", "local _ = it.at.y"},
  {"text read", "local _ = it.name", "local _ = string(it.name)"},
  {"text written", "it.name = 'hello'"},
  {"pointer + n", "local _ = ints + 1"},
  {"struct of named values", "f {x = 1, y = 2}"},
  {"method of a struct", "a:norm()"},
}

local function shape_rows(target)
  local function norm(pair) return pair.x + pair.y end
  shapes.methods.norm = norm
  local new = {
    shape = target:typeof "struct shape", ints = target:typeof "int[?]",
    pair = target:metatype("struct pair", {__index = {norm = norm}}),
  }
  local function turns(statement, from)
    local it, a = from.shape(), from.pair(1, 2)
    it.next, it.name = a, "hello"
    return assert(load("local it, a, f, ints, string = ... "
      .. "return function(n) for _ = 1, n do " .. statement .. " end end"))(
      it, a, from.pair, from.ints(10), plugin.string)
  end
  for _, it in ipairs(SHAPES) do
    row(it[1], nil, function()
      return turns(it[2], shapes), turns(it[3] or it[2], new)
    end)
  end
end

local function work_rows()
  local work = require "bench.work"
  local hand, ours = work(require "handmade"), work(require "bench.libs")
  for i, it in ipairs(hand) do
    row(it[1], 1.1, function() return it[2](), ours[i][2]() end)
  end
end

-- The target library once more, as another plugin, bound without stubs.
local function without_stubs(folder, header)
  plugin.cdef [[
    int setenv(const char *, const char *, int);
    int unsetenv(const char *);
  ]]
  plugin.C.setenv("CPLUGIN_STUB", "off", 1)
  local target = assert(plugin.open(folder .. "/plain.so", {cdef = header}))
  local _ = target.C.make_item
  for _, it in ipairs(CALLS) do
    _ = target.C[it[2]]
  end
  plugin.C.unsetenv "CPLUGIN_STUB"
  return target.C
end

return function(folder)
  local file <close> = assert(io.open "bench/target.h")
  local header = file:read "a":gsub("#[^\n]*", "")
  local target = assert(plugin.open(folder .. "/target.so", {cdef = header}))
  call_rows(target.C, "", 1.15, "calls")
  row("struct by value", 1.2, function()
    return loop(yardstick.swap, "a", yardstick.pair(1, 2)),
      loop(target.C.swap, "a", target:new("struct pair", {1, 2}))
  end)
  call_rows(without_stubs(folder, header), ", no stub", nil,
    "calls without stubs")
  callback_rows(target, yardstick, "", 1.2)
  access_rows(target)
  memory_rows(target)
  shape_rows(assert(plugin.open(folder .. "/plain.so")))  -- it is declared
  work_rows()
  floor_rows(target)
  return rows
end
