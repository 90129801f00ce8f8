-- command_spec.lua - bin/cplugin: what it prints and how it ends.

local helper = require "spec.helper"

local function cplugin(args)
  return helper.run(("%s %s bin/cplugin %s"):format(helper.wrap, helper.lua,
                                                    args))
end

-- arguments, exit code, a pattern of the output, one of the error output
local tour = helper.sample "tour"
local ROWS = {
  {"--version", 0, "^cplugin [%d.]+\n$", "^$"},
  {"--help", 0, "^usage: cplugin symbols", "^$"},
  {"", 2, "^$", "^usage: cplugin symbols"},
  {"symbls z", 2, "^$", "symbls"},
  {"symbols", 2, "^$", "takes a file"},
  {"info z extra", 2, "^$", "one file"},
  {"symbols " .. tour, 0, "function +%d+  PluginPrint\n", "^$"},
  {"symbols " .. tour, 0, "variable +4  PluginInt\n", "^$"},
  {"symbols " .. tour .. " '^PluginI'", 0, "^variable +4  PluginInt\n$", "^$"},
  {"symbols " .. tour .. " absent", 3, "^$", "absent"},
  {"symbols " .. tour .. " '%'", 1, "^$", "malformed"},
  {"symbols ./missing.so", 3, "^$", "missing%.so"},
  {"info " .. tour, 0, "soname +tour%.so\n", "^$"},
  {"info Makefile", 3, "^$", "Makefile"},
  {"info ./Makefile", 3, "^$", "text file"},
}

describe("bin/cplugin", function()
  for _, row in ipairs(ROWS) do
    local args, code, out, err = table.unpack(row)
    it("answers `" .. args:gsub("%S+/", "") .. "`", function()
      local ran = cplugin(args)
      assert.are.equal(code, ran.code, ran.err)
      assert.is_truthy(ran.out:find(out), ran.out)
      assert.is_truthy(ran.err:find(err), ran.err)
    end)
  end

  it("runs nothing of the file", function()
    local log = helper.fresh ".log"
    local ran = helper.run(
      helper.lua .. " bin/cplugin symbols " .. helper.sample "lifetime",
      {env = {LIFETIME_LOG = log}})
    assert.is_true(ran.ok, ran.err)
    assert.is_false(helper.exists(log))
  end)
end)
