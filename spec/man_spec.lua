-- man_spec.lua - the man page: the formatters have no warnings, and it has all
-- that --help and .help tell, no less and no more.

local helper = require "spec.helper"
local lfs = require "lfs"

local PAGE <const> = "docs/cplugin.1"

local function output(args, input)
  return helper.run(("%s %s bin/cplugin %s"):format(helper.wrap, helper.lua,
                                                    args),
                    {env = helper.forked, input = input}).out
end

--- Words in lower case, without brackets and what stands between them.
local function plain(text)
  text = text:lower():gsub("%f[%w]or%f[%W]", ""):gsub("[][,|]", "")
  return text:gsub("%s+", " "):match "^ ?(.-) ?$"
end

--- The items of one of mdoc's macros, sorted, without macros.
local function items(macro)
  local found = {}
  for line in helper.read(PAGE):gmatch("\n%.It " .. macro .. " ([^\n]+)") do
    line = line:gsub("%f[%w]%u%l%f[%W]", "")
    found[#found + 1] = plain(macro == "Fl" and "-" .. line or line)
  end
  table.sort(found)
  return found
end

--- What a pattern finds in a text, sorted.
local function found(text, pattern)
  local list = {}
  for match in text:gmatch(pattern) do list[#list + 1] = plain(match) end
  table.sort(list)
  return list
end

describe("the man page #house", function()
  it("has the verbs of --help, with their arguments", function()
    assert.are.same(found(output "--help", "\n  (%l[%l]+ %u.-)  "), items "Cm")
  end)

  it("has the options of --help", function()
    local help = output "--help":match "\n\n(  %-e.-)\n\n":gsub(", ", "   ")
    assert.are.same(found(help, "  (%-%-?%l+ ?%u*)"), items "Fl")
  end)

  it("has the commands of .help, with their arguments", function()
    local help = output("", ".help\n")
    local commands = {}
    for line in help:gmatch "\n  (%.[^\n]+)" do
      commands[#commands + 1] = plain(line:sub(1, 34))
    end
    table.sort(commands)
    assert.are.same(commands, items "Ic")
  end)

  it("has the environment's variables that the prompt reads", function()
    local page = table.concat(items "Ev", " ")
    for name in lfs.dir "lua/cplugin" do
      local text = name:find "%.lua$" and name ~= "header.lua"
        and helper.read("lua/cplugin/" .. name) or ""
      for _, call in ipairs {"getenv", "variable"} do
        for variable in text:gmatch(call .. ' "(%u[%u_]+)"') do
          assert.is_truthy(page:find(variable:lower(), 1, true), variable)
        end
      end
    end
  end)

  for _, tool in ipairs {"mandoc -T lint -W warning", "groff -mdoc -ww -z"} do
    it("gives `" .. tool .. "` nothing to complain of", function()
      local name = tool:match "^%S+"
      if not helper.tool("sh -c 'command -v " .. name .. "'").ok then
        return pending(name .. " is not installed")
      end
      local ran = helper.tool(tool .. " " .. PAGE)
      assert.are.equal("", ran.out)
      assert.is_nil(ran.err:find("cplugin.1:", 1, true), ran.err)
      assert.is_true(ran.ok, ran.err)
    end)
  end
end)
