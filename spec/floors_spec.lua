-- floors_spec.lua - the tree is as docs/design.md promises: includes go down,
-- headers have no cycle, no file hides a system header, one exported symbol.

local helper = require "spec.helper"
local lfs = require "lfs"

-- Folders of one line are neighbours: they do not see each other.
local FLOORS = {
  {"base"}, {"type"}, {"decl", "object"}, {"plan"}, {"value"}, {"bind"},
  {"face"},
}
local CORE = 4                    -- floors without Lua, counted from the top

local floor = {}
for height, folders in ipairs(FLOORS) do
  for _, folder in ipairs(folders) do
    floor[folder] = height
  end
end

-- src/*/*.[ch] as "folder/name", in order.
local function sources()
  local found = {}
  for folder in lfs.dir "src" do
    if not folder:find "^%." then
      for name in lfs.dir("src/" .. folder) do
        if name:find "%.[ch]$" then
          found[#found + 1] = folder .. "/" .. name
        end
      end
    end
  end
  table.sort(found)
  return found
end

local SOURCES = sources()

-- What a file includes: {line, quoted name} and {line, system name}.
local function includes(file)
  local quoted, system, number = {}, {}, 0
  for line in io.lines("src/" .. file) do
    number = number + 1
    local mark, name = line:match '^%s*#%s*include%s*([<"])([^>"]+)[>"]'
    if mark then
      table.insert(mark == '"' and quoted or system,
                   {line = number, name = name})
    end
  end
  return quoted, system
end

-- Why a file of `folder` may not include `name`, or nil.
local function objection(folder, name)
  local target = name:match "^(%l+)/[%w_]+%.h$"
  if not target then
    return "is not spelled folder/name.h"
  elseif not floor[target] then
    return "is on no floor"
  elseif not helper.exists("src/" .. name) then
    return "does not exist"
  elseif target ~= folder and floor[target] >= floor[folder] then
    return "goes up or sideways"
  end
end

-- A cycle as a list of headers, or nil. `below[h]`: what h includes.
local function cycle(below)
  local state, path = {}, {}
  local function visit(header)
    if state[header] == "done" then
      return nil
    end
    path[#path + 1] = header
    if state[header] == "open" then
      return path
    end
    state[header] = "open"
    for _, lower in ipairs(below[header] or {}) do
      if visit(lower) then
        return path
      end
    end
    state[header] = "done"
    path[#path] = nil
  end
  for header in pairs(below) do
    if visit(header) then
      return table.concat(path, " -> ")
    end
  end
end

describe("the floors of src/ #house", function()
  it("have every folder on one of them", function()
    assert.is_true(#SOURCES > 0)
    for _, file in ipairs(SOURCES) do
      assert.is_truthy(floor[file:match "^[^/]+"], file .. " is on no floor")
    end
  end)

  it("include down, never up or sideways", function()
    for _, file in ipairs(SOURCES) do
      for _, include in ipairs((includes(file))) do
        local why = objection(file:match "^[^/]+", include.name)
        assert.is_nil(why, ("src/%s:%d: %s %s"):format(
          file, include.line, include.name, why or ""))
      end
    end
  end)

  it("know Lua from the fifth on only", function()
    for _, file in ipairs(SOURCES) do
      local _, system = includes(file)
      for _, include in ipairs(system) do
        if include.name:find "^lua" or include.name == "lauxlib.h" then
          assert.is_true(floor[file:match "^[^/]+"] > CORE,
            ("src/%s:%d: %s"):format(file, include.line, include.name))
        end
      end
    end
  end)

  it("have headers without a cycle", function()
    local below = {}
    for _, file in ipairs(SOURCES) do
      if file:find "%.h$" then
        below[file] = {}
        for _, include in ipairs((includes(file))) do
          table.insert(below[file], include.name)
        end
      end
    end
    assert.is_nil(cycle(below))
  end)

  it("would be caught with a cycle or an upward include", function()
    assert.is_string(cycle {a = {"b"}, b = {"c"}, c = {"a"}})
    assert.is_nil(cycle {a = {"b", "c"}, b = {"c"}, c = {}})
    assert.are.equal("goes up or sideways",
                     objection("base", "type/type.h"))
    assert.are.equal("goes up or sideways",
                     objection("decl", "object/elfsym.h"))
    assert.is_nil(objection("decl", "base/base.h"))
  end)

  it("have headers that stand alone", function()
    local files = {}
    for _, file in ipairs(SOURCES) do
      if file:find "%.h$" and floor[file:match "^[^/]+"] <= CORE then
        files[#files + 1] = helper.write(helper.fresh ".c",
                                         ('#include "%s"\n'):format(file))
      end
    end
    local checked = helper.tool(
      "cc -std=c11 -fsyntax-only -Wall -Werror -iquote src "
      .. table.concat(files, " "))
    assert.is_true(checked.ok, checked.err)
  end)

  it("have no header named like one of the system", function()
    local function taken(names)
      local lines = {}
      for _, name in ipairs(names) do
        lines[#lines + 1] = ("#if __has_include(<%s>)\nTAKEN %s\n#endif")
          :format(name, name)
      end
      local read = helper.tool("cc -E -P -", {
        input = table.concat(lines, "\n") .. "\n",
      })
      assert.is_true(read.ok, read.err)
      return read.out
    end
    local names = {}
    for _, file in ipairs(SOURCES) do
      if file:find "%.h$" then
        names[#names + 1] = file:match "[^/]+$"
      end
    end
    assert.are.equal("", taken(names))
    assert.are.equal("TAKEN link.h\n", taken {"link.h", "no-such.h"})
  end)
end)

describe("cplugin.so #house", function()
  it("exports luaopen_cplugin and nothing else", function()
    local named = helper.tool("nm -D --defined-only --format=posix cplugin.so")
    assert.is_true(named.ok, named.err)
    local names = {}
    for name in named.out:gmatch "([^\n ]+)[^\n]*" do
      names[#names + 1] = name
    end
    assert.are.same({"luaopen_cplugin"}, names)
  end)

  it("lacks nothing that Lua and the linked libraries do not have", function()
    local named = helper.tool("nm -D --undefined-only cplugin.so")
    assert.is_true(named.ok, named.err)
    for name in named.out:gmatch "U ([%w_]+)\n" do  -- without @VERSION
      assert.is_truthy(name:find "^luaL?_", name .. " is defined nowhere")
    end
    assert.is_truthy(named.out:find "U lua_gettop\n")
  end)

  it("needs neither liblua nor libdw", function()
    local read = helper.tool("readelf -d cplugin.so")
    assert.is_true(read.ok, read.err)
    for library in read.out:gmatch "NEEDED[^%[]*%[([^%]]+)%]" do
      assert.is_nil(library:find "lua", library)
      assert.is_nil(library:find "libdw", library)
    end
  end)
end)
