-- bench.lua - what a call, an access and a conversion cost, as ratios to a
-- module that is written by hand. Run by `make bench`.
--
--   bench.lua [--rounds N] [--json FILE] [ROW ...]
--
-- Each row runs by hand and through cplugin in turn, for a number of rounds;
-- the ratio is the median of the rounds' ratios.

local plugin = require "cplugin"
local yardstick = require "yardstick"

local folder = arg[0]:match "^(.*)/[^/]*$" or "."
local build = os.getenv "CPLUGIN_BUILD" or "build"

local header = assert(io.open(folder .. "/target.h")):read "a"
local target = assert(plugin.open("./" .. build .. "/bench/target.so",
  {cdef = header:gsub("#[^\n]*", "")}))
local C = target.C

local function loop(count, body)
  return {count = count, body = body}
end

-- {name, loops by hand, loops of ours}; a loop's body takes how often.
local rows = {}

local function row(name, count, hand, ours)
  rows[#rows + 1] = {name = name, hand = loop(count, hand),
    ours = loop(count, ours)}
end

-- The same call on both sides; env gives `a` for each.
local function call(name, hand, ours, arguments, env)
  local text = ("local f, env = ... return function(n) local a = env.a "
    .. "for i = 1, n do f(%s) end end"):format(arguments)
  local make = assert(load(text))
  env = env or {hand = {}, ours = {}}
  row(name, 1000000, make(hand, env.hand), make(ours, env.ours))
end

call("void(void)", yardstick.nothing, C.nothing, "")
call("int(int,int)", yardstick.add, C.add, "i, 2")
call("double(double,double)", yardstick.scale, C.scale, "1.5, 2.5")
call("size_t(const char *)", yardstick.length, C.length, "'hello'")
call("six longs", yardstick.six, C.six, "1, 2, 3, 4, 5, i")
call("int, double, long, float", yardstick.mixed, C.mixed, "1, 2.5, i, 0.5")
call("pointer in and out", yardstick.same, C.same, "a",
  {hand = {a = yardstick.make_item()}, ours = {a = C.make_item()}})
call("bool(bool)", yardstick.negate, C.negate, "true")
call("uint8_t(uint8_t)", yardstick.next, C.next, "7")
call("ten mixed", yardstick.ten, C.ten,
  "1, 2.5, 3, 0.5, 'x', true, 7, 8, 9.5, i")

local pair = target:typeof "struct pair"
call("struct by value", yardstick.swap, C.swap, "a",
  {hand = {a = yardstick.pair(1, 2)}, ours = {a = pair(1, 2)}})

local function double(n) return 2 * n end
row("callback, 10,000 times", 20,
  function(n) for _ = 1, n do yardstick.repeat_(double, 10000) end end,
  function(n) for _ = 1, n do C["repeat"](double, 10000) end end)

local function compare(a, b) return a[0] - b[0] end
local unsorted = {}
do
  local state = 1
  for i = 1, 100000 do
    state = (state * 1103515245 + 12345) % 2147483648
    unsorted[i] = state
  end
end
row("qsort of 100,000", 1,
  function(n) for _ = 1, n do yardstick.sort(compare, unsorted) end end,
  function(n)
    for _ = 1, n do
      C.sort(target:new("int[?]", #unsorted, unsorted), #unsorted, compare)
    end
  end)

local variables = yardstick.variables
row("variable read", 1000000,
  function(n) local x for _ = 1, n do x = variables.target_int end return x end,
  function(n) local x for _ = 1, n do x = C.target_int end return x end)
row("variable write", 1000000,
  function(n) for i = 1, n do variables.target_int = i end end,
  function(n) for i = 1, n do C.target_int = i end end)

local hand_pair, our_pair = yardstick.pair(1, 2), pair(1, 2)
row("field read", 1000000,
  function(n) local p, x = hand_pair for _ = 1, n do x = p.y end return x end,
  function(n) local p, x = our_pair for _ = 1, n do x = p.y end return x end)
row("field write", 1000000,
  function(n) local p = hand_pair for _ = 1, n do p.y = 2.5 end end,
  function(n) local p = our_pair for _ = 1, n do p.y = 2.5 end end)

local hand_array, our_array = yardstick.doubles(1000), plugin.new "double[1000]"
row("element read", 1000000,
  function(n) local a, x = hand_array for _ = 1, n do x = a[9] end return x end,
  function(n) local a, x = our_array for _ = 1, n do x = a[9] end return x end)
row("element write", 1000000,
  function(n) local a = hand_array for _ = 1, n do a[500] = 2.5 end end,
  function(n) local a = our_array for _ = 1, n do a[500] = 2.5 end end)

row("new small struct", 500000,
  function(n) for _ = 1, n do yardstick.pair() end end,
  function(n) for _ = 1, n do pair() end end)
local thousand = plugin.typeof "double[1000]"
row("new 1,000 doubles", 20000,
  function(n) for _ = 1, n do yardstick.doubles(1000) end end,
  function(n) for _ = 1, n do thousand() end end)

local values = {}
for i = 1, 1000 do values[i] = i + 0.5 end
row("1,000 doubles of a table", 3000,
  function(n) for _ = 1, n do yardstick.doubles(1000, values) end end,
  function(n) for _ = 1, n do thousand(values) end end)

local million = {}
for i = 1, 1000000 do million[i] = i + 0.5 end
row("a million from a table", 2,
  function(n) for _ = 1, n do yardstick.doubles(1000000, million) end end,
  function(n)
    for _ = 1, n do plugin.new("double[?]", 1000000, million) end
  end)
local hand_million = yardstick.doubles(1000000, million)
local our_million = plugin.new("double[1000000]", million)
row("a million to a table", 2,
  function(n) for _ = 1, n do yardstick.totable(hand_million) end end,
  function(n) for _ = 1, n do plugin.totable(our_million) end end)

-- Measuring -----------------------------------------------------------------

local function nanoseconds(it)
  collectgarbage()
  local start = os.clock()
  it.body(it.count)
  return (os.clock() - start) / it.count * 1e9
end

local function median(list)
  table.sort(list)
  local middle = (#list + 1) // 2
  if #list % 2 == 1 then return list[middle] end
  return (list[middle] + list[middle + 1]) / 2
end

local function measure(it, rounds)
  local hand, ours, ratios = {}, {}, {}
  for i = 1, rounds do
    local first, second = it.hand, it.ours
    if i % 2 == 0 then first, second = second, first end
    local a, b = nanoseconds(first), nanoseconds(second)
    if i % 2 == 0 then a, b = b, a end
    hand[i], ours[i], ratios[i] = a, b, b / a
  end
  local ratio = median(ratios)
  return {name = it.name, hand = median(hand), ours = median(ours),
    ratio = ratio, low = ratios[1], high = ratios[#ratios]}
end

local rounds, json, wanted = 9, nil, {}
do
  local i = 1
  while arg[i] do
    if arg[i] == "--rounds" then
      rounds = assert(math.tointeger(arg[i + 1]), "--rounds takes a number")
      i = i + 1
    elseif arg[i] == "--json" then
      json = assert(arg[i + 1], "--json takes a file")
      i = i + 1
    else
      wanted[#wanted + 1] = arg[i]
    end
    i = i + 1
  end
end

local function is_wanted(name)
  for _, part in ipairs(wanted) do
    if name:find(part, 1, true) then return true end
  end
  return #wanted == 0
end

print(("%-28s %12s %12s %7s   %s")
  :format("row", "ns by hand", "ns ours", "ratio", "spread"))
local results = {}
for _, it in ipairs(rows) do
  if is_wanted(it.name) then
    local r = measure(it, rounds)
    results[#results + 1] = r
    print(("%-28s %12.1f %12.1f %7.2f   %.2f to %.2f")
      :format(r.name, r.hand, r.ours, r.ratio, r.low, r.high))
  end
end

if json then
  local file <close> = assert(io.open(json, "w"))
  local lines = {}
  for i, r in ipairs(results) do
    lines[i] = ('  {"row": %q, "hand_ns": %.2f, "ours_ns": %.2f, '
      .. '"ratio": %.3f, "low": %.3f, "high": %.3f}')
      :format(r.name, r.hand, r.ours, r.ratio, r.low, r.high)
  end
  file:write("[\n", table.concat(lines, ",\n"), "\n]\n")
end
