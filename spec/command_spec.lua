-- command_spec.lua - bin/cplugin: options, scripts, how it ends. The verbs
-- are in verb_spec.lua, the prompt in repl_spec.lua.

local helper = require "spec.helper"

local function cplugin(args)
  return helper.run(("%s %s bin/cplugin %s"):format(helper.wrap, helper.lua,
                                                    args),
                    {env = helper.forked})
end

-- arguments, exit code, a pattern of the output, one of the error output
local tour = helper.sample "tour"
local ROWS = {
  {"--version", 0, "^cplugin [%d.]+\n$", "^$"},
  {"--help", 0, "^usage: cplugin %[options%] %[LIBRARY", "^$"},
  {"symbls z", 3, "^$", "did you mean the verb 'symbols'"},
  {"--hepl", 2, "^$", "did you mean '%-%-help'"},
  {"-e", 2, "^$", "%-e takes a value"},
  {"-x", 2, "^$", "unknown option '%-x'"},
  {"symbols", 2, "^$", "usage: cplugin symbols FILE %[PATTERN%]"},
  {"z -e 1", 2, "^$", "the option '%-e' stands behind a library"},
  {"./x.so z --json", 2, "^$", "the option '%-%-json' stands behind"},
  {"-- -e", 3, "^$", "lib%-e%.so: not found"},
  {"info z extra", 2, "^$", "usage: cplugin info FILE"},
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

  it("fails where its output does", function()
    for _, args in ipairs {"symbols z", "--version", "-e 'print(1)'"} do
      local ran = cplugin(args .. " >/dev/full")
      assert.equal(1, ran.code, args)
      assert.equal("cplugin: standard output cannot be written\n", ran.err)
    end
  end)

  it("has a help of one screen", function()
    local _, lines = cplugin "--help".out:gsub("[^\n]*\n", function(line)
      assert.is_true(#line <= 80, line)
    end)
    assert.is_true(lines <= 40)
  end)

  it("runs a script with its arguments", function()
    local path = helper.write(helper.fresh ".lua",
                              "print(arg[0], #arg, ...) assert(plugin.C)")
    local ran = cplugin(path .. " -e --json")
    assert.are.equal(path .. "\t2\t-e\t--json\n", ran.out, ran.err)
    path = helper.write(helper.fresh "", "#!/usr/bin/env cplugin\nprint(...)")
    assert.are.equal("a\n", cplugin(path .. " a").out)
  end)

  it("runs standard input as a script", function()
    local ran = helper.run(helper.lua .. " bin/cplugin - a",
                           {input = "local x <const> = 1\nprint(x, ...)"})
    assert.are.equal("1\ta\n", ran.out, ran.err)
  end)

  it("runs -l and -e in their order", function()
    local ran = cplugin "-l lfs -e 'n = 1' '-eprint(n, lfs.dir ~= nil)'"
    assert.are.equal("1\ttrue\n", ran.out, ran.err)
  end)

  it("tells an error in one line, and where if asked", function()
    local ran = cplugin "-e 'local t = nil + 1'"
    assert.are.equal(1, ran.code)
    assert.are.equal(
      "cplugin: (-e):1: attempt to perform arithmetic on a nil value\n",
      ran.err)
    ran = cplugin "--traceback -e 'error \"no\"'"
    assert.is_truthy(ran.err:find "no\nstack traceback:\n", ran.err)
    assert.are.equal("cplugin: (the error is a table value)\n",
                     cplugin "-e 'error {}'".err)
  end)

  it("ends with the code that a script says", function()
    assert.are.equal(7, cplugin "-e 'os.exit(7)'".code)
    assert.are.equal(1, cplugin "./missing.lua".code)
  end)

  it("runs nothing of the file", function()
    local log = helper.fresh ".log"
    local ran = helper.run(
      helper.lua .. " bin/cplugin symbols " .. helper.sample "lifetime",
      {env = {LIFETIME_LOG = log}})
    assert.is_true(ran.ok, ran.err)
    assert.is_false(helper.exists(log))
  end)
end)
