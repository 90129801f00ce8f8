-- rows.lua - what is measured beside yardstick.c: calls, callbacks, variables,
-- fields, elements, new memory, conversions.
--
--   local rows = require "bench.rows" (folder of the built libraries)
--
-- A row is {name, limit, group, hand, ours}: the limit is what the ratio is
-- meant to stay under; hand and ours are functions of how often.

local plugin = require "cplugin"
local yardstick = require "yardstick"

local rows = {}

local function row(name, limit, hand, ours, group)
  rows[#rows + 1] = {name = name, limit = limit, group = group,
    hand = hand, ours = ours}
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
    local name, f, arguments, make = table.unpack(it, 1, 4)
    row(name .. note, limit,
      loop(yardstick[f], arguments, make and yardstick[make]()),
      loop(C[f], arguments, make and C[make]()), group)
  end
end

local function callback_rows(target)
  local C = target.C
  local function double(n) return 2 * n end
  row("callback, 10,000 times", 1.2,
    function(n) for _ = 1, n do yardstick.repeat_(double, 10000) end end,
    function(n) for _ = 1, n do C["repeat"](double, 10000) end end)

  local function compare(a, b) return a[0] - b[0] end
  local unsorted, state = {}, 1
  for i = 1, 100000 do
    state = (state * 1103515245 + 12345) % 2147483648
    unsorted[i] = state
  end
  row("qsort of 100,000", 1.2,
    function(n)
      for _ = 1, n do yardstick.sort(compare, unsorted) end
    end,
    function(n)
      for _ = 1, n do
        C.sort(target:new("int[?]", #unsorted, unsorted), #unsorted, compare)
      end
    end)
end

local function variable_rows(C)
  local variables = yardstick.variables
  local function read(v)
    return function(n)
      local x
      for _ = 1, n do x = v.target_int end
      return x
    end
  end
  local function write(v)
    return function(n) for i = 1, n do v.target_int = i end end
  end
  row("variable read", 2.0, read(variables), read(C))
  row("variable write", 2.0, write(variables), write(C))
end

local function access_rows(target)
  local function read(p)
    return function(n) local x for _ = 1, n do x = p.y end return x end
  end
  local function write(p)
    return function(n) for _ = 1, n do p.y = 2.5 end end
  end
  local hand, ours = yardstick.pair(1, 2), target:new("struct pair", {1, 2})
  row("field read", 1.3, read(hand), read(ours))
  row("field write", 1.3, write(hand), write(ours))

  local function get(a)
    return function(n) local x for _ = 1, n do x = a[9] end return x end
  end
  local function set(a)
    return function(n) for _ = 1, n do a[500] = 2.5 end end
  end
  hand, ours = yardstick.doubles(1000), plugin.new "double[1000]"
  row("element read", 1.3, get(hand), get(ours))
  row("element write", 1.3, set(hand), set(ours))
end

local function memory_rows(target)
  local hand, pair, doubles = yardstick.pair, target:typeof "struct pair",
    yardstick.doubles
  row("new small struct", 1.3, loop(hand, ""), loop(pair, ""))
  local thousand = plugin.typeof "double[1000]"
  row("new 1,000 doubles", 1.3, loop(doubles, "1000"), loop(thousand, ""))
  local values = {}
  for i = 1, 1000 do values[i] = i + 0.5 end
  row("1,000 doubles of a table", 1.3, loop(doubles, "1000, a", values),
    loop(thousand, "a", values))

  local million = {}
  for i = 1, 1000000 do million[i] = i + 0.5 end
  local many = plugin.typeof "double[1000000]"
  row("a million from a table", 1.1, loop(doubles, "1000000, a", million),
    loop(many, "a", million))
  row("a million to a table", 1.1,
    loop(yardstick.totable, "a", doubles(1000000, million)),
    loop(plugin.totable, "a", many(million)))

  local text = ("x"):rep(1 << 20)
  local function copy(f, to)
    return function(n) for _ = 1, n do f(to, text, 1 << 20) end end
  end
  local a, b = yardstick.bytes(1 << 20), plugin.new("char[?]", 1 << 20)
  row("copy of 1 MB", 1.1, copy(yardstick.copy, a), copy(plugin.copy, b))
  row("string of 1 MB", 1.1, loop(yardstick.string, "a, 1 << 20", a),
    loop(plugin.string, "a, 1 << 20", b))
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

return function(folder, header)
  local target = assert(plugin.open(folder .. "/target.so", {cdef = header}))
  call_rows(target.C, "", 1.15, "calls")
  row("struct by value", 1.2, loop(yardstick.swap, "a", yardstick.pair(1, 2)),
    loop(target.C.swap, "a", target:new("struct pair", {1, 2})))
  call_rows(without_stubs(folder, header), ", no stub", nil,
    "calls without stubs")
  callback_rows(target)
  variable_rows(target.C)
  access_rows(target)
  memory_rows(target)
  return rows
end
