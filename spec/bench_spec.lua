-- bench_spec.lua - the benchmark runs, and its JSON says what its table says.

local helper = require "spec.helper"

describe("make bench #slow #house", function()
  it("measures the rows that are named, as text and as JSON", function()
    local json = helper.fresh ".json"
    local result = helper.tool(("make -s run-bench BENCH_ARGS='--rounds 2 "
      .. "--json %s void(void) rows'"):format(json):gsub("[()]", "\\%0"),
      {seconds = 300})
    assert.is_true(result.ok, result.err)
    local names = {"void(void)", "void(void), no stub",
                   "SQLite, 100,000 rows read"}
    local text = helper.read(json)
    for _, name in ipairs(names) do
      local shown = result.out:match("\n(" .. name:gsub("%p", "%%%0")
        .. " +[^,%s][^\n]*)")
      local ratio = shown and shown:match "(%d+%.%d+) +%d+%.%d+ to"
      assert.truthy(ratio, result.out)
      local told = text:match('"name": "' .. name:gsub("%p", "%%%0")
        .. '", "ours": [%d.e+]+, "ratio": ([%d.]+)')
      assert.is_true(math.abs(tonumber(told) - tonumber(ratio)) < 0.01)
    end
    local _, rows = text:gsub('"ratio"', "")
    assert.equal(#names, rows)
  end)

  it("measures how things grow", function()
    local folder = helper.temp()
    local result = helper.tool(("env LUA_PATH='%s/?.lua;%s' %s "
      .. "bench/scale.lua struct 50000 %s"):format(helper.top,
      os.getenv "LUA_PATH" or ";", helper.lua, folder))
    local bytes = result.out:match "^[%d.e-]+\t([%d.-]+)\t0"
    assert.truthy(bytes, result.out .. result.err)
    local each = tonumber(bytes) / 50000
    assert.is_true(each > 64 and each < 100)    -- 40 of Lua, 16 + 16 of ours
  end)
end)
