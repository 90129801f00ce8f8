-- rock_spec.lua - LuaRocks installs the module, its Lua files and the
-- command, and a script outside the checkout uses them.

local helper = require "spec.helper"
local lfs = require "lfs"

local quote = helper.quote
local ROCKSPEC = "cplugin-0.1.0-1.rockspec"
local VERSION = ROCKSPEC:match "cplugin%-([%d.]+)%-"

-- A copy of what a release holds, so that nothing here is touched.
local function copy()
  local folder = helper.temp "rock"
  assert(lfs.mkdir(folder))
  local copied = helper.tool(("cp -r src lua bin docs Makefile LICENSE %s %s")
    :format(ROCKSPEC, quote(folder)))
  assert.is_true(copied.ok, copied.err)
  return folder
end

local function luarocks(...)
  return helper.tool("luarocks --lua-version 5.4 " .. table.concat({...}, " "),
                     {seconds = 600})
end

describe("the rock #house", function()
  local tree

  -- Runs a command where there is no checkout, with the tree's paths only.
  local function outside(command)
    return helper.tool(command, {
      cwd = "/",
      env = {
        LUA_PATH = tree .. "/share/lua/5.4/?.lua",
        LUA_CPATH = tree .. "/lib/lua/5.4/?.so",
      },
    })
  end

  local function outside_script(text)
    local path = helper.write(helper.fresh ".lua", text)
    return outside(helper.lua .. " " .. quote(path))
  end

  setup(function()
    tree = helper.temp "tree"
    local made = helper.tool(
      ("MAKEFLAGS=-j2 luarocks --lua-version 5.4 make --tree %s %s"):format(
        quote(tree), ROCKSPEC),
      {cwd = copy(), seconds = 600})
    assert.is_true(made.ok, made.out .. made.err)
  end)

  it("has a rockspec that lint accepts", function()
    local linted = luarocks("lint", ROCKSPEC)
    assert.is_true(linted.ok, linted.out .. linted.err)
    assert.are.equal("", linted.out .. linted.err)
  end)

  it("gives the module to a script outside", function()
    local ran = outside_script [[
      local plugin = require "cplugin"
      assert(package.searchpath("cplugin", package.cpath):find "/tree/")
      local strlen = plugin.open():lookup("strlen", "size_t (const char *)")
      print(strlen "elsewhere")
    ]]
    assert.are.equal("9\n", ran.out, ran.err)
  end)

  it("has every Lua file", function()
    for name in lfs.dir "lua/cplugin" do
      local stem = name:match "^(.+)%.lua$"
      if stem then
        local ran = outside_script(("print(type(require 'cplugin.%s'))")
          :format(stem))
        assert.is_true(ran.ok, ran.err)
      end
    end
  end)

  it("has the command, of the rock's version", function()
    local ran = outside(quote(tree .. "/bin/cplugin") .. " --version")
    assert.are.equal("cplugin " .. VERSION .. "\n", ran.out, ran.err)
  end)

  it("has the man page", function()
    local found = helper.tool(("find %s -name cplugin.1"):format(quote(tree)))
    assert.is_truthy(found.out:find "/share/man/man1/cplugin%.1\n", found.out)
    assert.is_truthy(found.out:find "/docs?/cplugin%.1\n", found.out)
  end)

  it("has the version that the Makefile has", function()
    assert.are.equal(VERSION,
      helper.read "Makefile":match "\nVERSION = ([%d.]+)\n")
  end)

  it("goes without a trace", function()
    local gone = luarocks("remove", "--tree", quote(tree), "cplugin")
    assert.is_true(gone.ok, gone.err)
    assert.is_false(helper.exists(tree .. "/lib/lua/5.4/cplugin.so"))
    assert.is_false(helper.exists(tree .. "/bin/cplugin"))
  end)
end)

describe("make install #house", function()
  it("puts all in its place and uninstall takes it away", function()
    local prefix = helper.temp "prefix"
    local with = (" -s PREFIX=%s BUILD=%s CFLAGS=-O0"):format(
      quote(prefix), helper.build)
    local made = helper.tool("make -j2 install" .. with, {seconds = 600})
    assert.is_true(made.ok, made.err)
    assert.is_true(helper.exists(prefix .. "/lib/lua/5.4/cplugin.so"))
    assert.is_true(helper.exists(prefix .. "/bin/cplugin"))
    assert.is_true(helper.exists(prefix .. "/share/man/man1/cplugin.1"))
    local ran = helper.tool(
      ("env -u LUA_PATH -u LUA_CPATH %s/bin/cplugin --version"):format(
        quote(prefix)), {cwd = "/"})
    assert.are.equal("cplugin " .. VERSION .. "\n", ran.out, ran.err)
    made = helper.tool("make uninstall" .. with)
    assert.is_true(made.ok, made.err)
    local left = helper.tool("find " .. quote(prefix) .. " -type f")
    assert.are.equal("", left.out)
  end)
end)
