-- soname_spec.lua - which file a name leads to: sonames, versions, candidates,
-- the folders that the loader goes through. What dlopen itself loads is asked
-- of the loader, in a process of its own.

local helper = require "spec.helper"
local plugin = require "cplugin"

local quote = helper.quote

local function sh(command, ...)
  local made = helper.tool("sh -c " .. quote(command:format(...)))
  assert(made.ok, made.err)
  return made.out
end

local function folder(name)
  local path = helper.fresh() .. (name or "")
  sh("mkdir -p %s", quote(path))
  return path
end

-- A library in a folder, under a name, with a soname ("": none) and a number.
local function library(where, name, soname, number)
  local flags = soname == "" and "" or "-Wl,-soname," .. soname
  local made = assert(helper.compile(
    ("int number(void) { return %d; }"):format(number or 1), {flags = flags}))
  sh("mkdir -p %s && mv %s %s/%s", quote(where), made, quote(where), name)
  return where .. "/" .. name
end

-- A script's lines of output.
local function lines(text, env)
  local ran = helper.script('local plugin = require "cplugin"\n' .. text,
                            {env = env})
  assert.equal("", ran.err)
  local list = {}
  for line in ran.out:gmatch "[^\n]+" do
    list[#list + 1] = line
  end
  return list
end

describe("a soname", function()
  local where = folder()
  library(where, "libnew.so.2.5", "libnew.so.2")
  library(where, "libplain.so.1", "")
  library(where, "libodd.so.1.2.3", "libodd.so.9")
  sh("cd %s && ln -s libnew.so.2.5 libnew.so.2 && ln -s libnew.so.2.5 "
     .. "libnew.so.1", where)
  local env = {LD_LIBRARY_PATH = where, WHERE = where}

  it("that is another one is refused, with both named", function()
    local said = lines([[
      local p, message = plugin.open "libnew.so.1"
      print(p, (message:gsub("\n", " ")))
      print(plugin.open("new", {version = 1}))
      print(plugin.open(os.getenv "WHERE" .. "/libnew.so.1"))
    ]], env)
    assert.matches("^nil\tlibnew%.so%.1: not found; tried:.*/libnew%.so%.1: "
      .. "has the soname libnew%.so%.2, not libnew%.so%.1: open that",
      said[1])
    assert.matches("^nil", said[2])
    assert.matches("^plugin '/.*libnew%.so%.1'", said[#said])
  end)

  it("is refused also where the file was copied to that name", function()
    library(where, "libcopied.so.1", "libcopied.so.2")
    local said = lines([[
      local p, message = plugin.open "libcopied.so.1"
      print(p, (message:gsub("\n", " ")))
      print(plugin.open "copied")
    ]], env)
    assert.matches("has the soname libcopied%.so%.2, not libcopied%.so%.1",
                   said[1])
    assert.equal("plugin 'copied'", said[2])
  end)

  it("or a real name, or none at all, is taken", function()
    assert.same({where .. "/libnew.so.2.5", where .. "/libnew.so.2.5",
                 where .. "/libnew.so.2.5", where .. "/libplain.so.1",
                 where .. "/libodd.so.1.2.3"}, lines([[
      print(plugin.search "libnew.so.2")
      print(plugin.search "libnew.so.2.5")
      print(plugin.search("new", "2"))
      print(plugin.search "libplain.so.1")
      print(plugin.search "libodd.so.1.2.3")
    ]], env))
  end)
end)

describe("plugin.candidates", function()
  it("lists all by real name, soname and linker name, best first", function()
    local first, second = folder(), folder()
    library(first, "libmany.so.1.4", "libmany.so.1")
    library(first, "libmany.so.3", "libmany.so.3")
    library(second, "libmany.so.2.0", "libmany.so.2")
    library(second, "libmany.so.9", "libmany.so.9", 9)
    sh("cd %s && ln -s libmany.so.1.4 libmany.so.1", first)
    sh("cd %s && ln -s libmany.so.2.0 libmany.so", second)
    local show = [[
      local list, message = plugin.candidates(%s)
      if not list then print(message) end
      for _, c in ipairs(list or {}) do
        print(c.path, c.realname, c.soname, c.linkername)
      end
    ]]
    local env = {LD_LIBRARY_PATH = first .. ":" .. second}
    assert.same({
      first .. "/libmany.so.3\tlibmany.so.3\tlibmany.so.3\tnil",
      first .. "/libmany.so.1.4\tlibmany.so.1.4\tlibmany.so.1\tnil",
      second .. "/libmany.so.2.0\tlibmany.so.2.0\tlibmany.so.2\tlibmany.so",
      second .. "/libmany.so.9\tlibmany.so.9\tlibmany.so.9\tnil",
    }, lines(show:format '"many"', env))
    assert.same({second .. "/libmany.so.2.0\tlibmany.so.2.0\tlibmany.so.2\t"
                 .. "libmany.so"}, lines(show:format '"many", 2', env))
    assert.matches("libmany%.so%.7: not found",
                   lines(show:format '"libmany.so.7"', env)[1])
  end)

  it("agrees with search", function()
    for _, name in ipairs {"z", "m", "c", "libz.so.1", "sqlite3"} do
      assert.equal(plugin.search(name), plugin.candidates(name)[1].path)
    end
    local path = plugin.search "z"
    assert.equal(path, plugin.candidates(path)[1].path)
    assert.has_error(function() plugin.candidates("z", {}) end)
  end)
end)

describe("info().linkername", function()
  it("is the name that leads to the file, link or script", function()
    local where = folder()
    local path = library(where, "libname.so.1.0", "libname.so.1")
    assert.is_nil(plugin.inspect(path):info().linkername)
    sh("cd %s && ln -s libname.so.1.0 libname.so", where)
    assert.equal("libname.so", plugin.inspect(path):info().linkername)
    sh("cd %s && rm libname.so && echo 'GROUP ( libname.so.1.0 )' >libname.so",
       where)
    assert.equal("libname.so", plugin.open(path):info().linkername)
    library(where, "libother.so.1", "libother.so.1")
    sh("cd %s && ln -sf libother.so.1 libname.so", where)
    assert.is_nil(plugin.inspect(path):info().linkername)
    local plain = library(where, "libplain.so", "libplain.so")
    assert.equal("libplain.so", plugin.inspect(plain):info().linkername)
  end)
end)

describe("two files", function()
  it("with one soname are two plugins; copies say so", function()
    local where = folder()
    local path = library(where, "libtwin.so.1", "libtwin.so.1", 5)
    local other = library(where .. "/other", "libtwin.so.1", "libtwin.so.1", 6)
    sh("cp %s %s/libcopy.so.1; ln %s %s/libsame.so.1", path, where, path,
       where)
    local a, b = plugin.open(path), plugin.open(other)
    local c = plugin.open(where .. "/libcopy.so.1")
    assert.equal(a, plugin.open(where .. "/libsame.so.1"))
    assert.are_not.equal(a, b)
    assert.are_not.equal(a, c)
    assert.equal(5, a:lookup("number", "int (void)")())
    assert.equal(6, b:lookup("number", "int (void)")())
    assert.equal(5, c:lookup("number", "int (void)")())
    assert.is_nil(a:info().copyof)
    assert.is_nil(b:info().copyof)
    assert.equal(path, c:info().copyof)
    assert.equal(("plugin '%s/libcopy.so.1' (another copy of %s)"):format(
      where, path), tostring(c))
    assert.equal(("plugin '%s'"):format(other), tostring(b))
    c:close()
    assert.equal(("plugin '%s/libcopy.so.1' (closed)"):format(where),
                 tostring(c))
  end)

  -- The kernel counts the bytes: what is read for one that is opened must not
  -- grow with those that are open.
  it("is told apart among many files of one size, each read once", function()
    local where = folder()
    local path = library(where, "libmany.so", "")
    local given = helper.read(path)
    local function file(i, text)
      local name = ("%s/%d.so"):format(where, i)
      helper.write(name, given .. text)
      return name
    end
    local function read()
      return tonumber(helper.read("/proc/self/io"):match "rchar: (%d+)")
    end
    local opened, growth = {}, {}
    for i = 1, 60 do
      local name, before = file(i, ("%02d"):format(i)), read()
      opened[i] = assert(plugin.open(name))
      growth[i] = read() - before
      assert.is_nil(opened[i]:info().copyof)
    end
    assert.is_true(growth[60] < 1.5 * growth[10], table.concat(growth, " "))
    for _, i in ipairs {1, 2, 30, 60} do
      local copy = assert(plugin.open(file(i + 100, ("%02d"):format(i))))
      assert.equal(("%s/%d.so"):format(where, i), copy:info().copyof)
      copy:close()
      opened[i]:close()
    end
    collectgarbage()              -- now they are gone for good
    collectgarbage()
    local last = assert(plugin.open(file(200, "01")))
    assert.is_nil(last:info().copyof)
  end)
end)

-- ---- folders ----

local HOST = [[
  #define _GNU_SOURCE
  #include <dlfcn.h>
  #include <lauxlib.h>
  #include <lualib.h>
  #include <link.h>
  #include <stdio.h>
  int main(int argc, char **argv) {
    if (argc > 2) {               /* what the loader takes for this program */
      struct link_map *map;
      void *handle = dlopen(argv[2], RTLD_NOW);
      if (handle != NULL && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0)
        printf("%s\n", map->l_name);
      return 0;
    }
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    if (luaL_dostring(L, argv[1]) != LUA_OK)
      printf("%s\n", lua_tostring(L, -1));
    lua_close(L);
    return 0;
  }
]]

-- A program that was linked with a list of folders; what it, and the loader
-- for it, find under a name.
local function host(where, flags)
  local program = assert(helper.compile(HOST, {program = true,
    flags = "-I/usr/include/lua5.4 -llua5.4 -ldl -rdynamic " .. flags}))
  sh("mkdir -p %s && mv %s %s/host", where, program, where)
  return function(name, env)
    local ours = helper.run(("%s %s/host %s"):format(helper.wrap, where, quote(
      ('print((require "cplugin").search(%q))'):format(name))), {env = env})
    local theirs = helper.tool(("%s/host - %s"):format(where, name),
                               {env = env})     -- ASan is a caller, too
    assert.equal("", ours.err)
    return ours.out:match "^([^\n]*)", theirs.out:match "^([^\n]*)"
  end
end

describe("the folders of the caller", function()
  it("are gone through as by the loader", function()
    local where = folder()
    for i, name in ipairs {"run", "user"} do
      library(where .. "/" .. name, "libcaller.so.1", "libcaller.so.1", i)
    end
    library(where .. "/run", "libonly.so.1", "libonly.so.1")
    local env = {LD_LIBRARY_PATH = where .. "/user"}
    for _, row in ipairs {
      {"-Wl,--enable-new-dtags,-rpath,$ORIGIN/run", "/user/", "/run/"},
      {"-Wl,--disable-new-dtags,-rpath,$ORIGIN/run", "/run/", "/run/"},
      {"-Wl,--enable-new-dtags,-rpath,/nowhere:${ORIGIN}/run", "/user/",
       "/run/"},
      {"-Wl,--enable-new-dtags,-rpath," .. where .. "/run", "/user/",
       "/run/"},
    } do
      local find = host(where, quote(row[1]))
      local ours, theirs = find("libcaller.so.1", env)
      assert.equal(where .. row[2] .. "libcaller.so.1", theirs)
      assert.equal(theirs, ours)
      ours, theirs = find("libcaller.so.1", {})
      assert.equal(where .. row[3] .. "libcaller.so.1", theirs)
      assert.equal(theirs, ours)
      assert.equal(where .. "/run/libonly.so.1", (find("only", env)))
    end
  end)
end)

describe("builds for better processors", function()
  it("are taken as by the loader", function()
    local where = folder()
    library(where, "libfast.so.1", "libfast.so.1", 1)
    for level = 2, 4 do
      library(("%s/glibc-hwcaps/x86-64-v%d"):format(where, level),
              "libfast.so.1", "libfast.so.1", level)
    end
    library(where .. "/glibc-hwcaps/other", "libfast.so.1", "libfast.so.1")
    local find = host(folder(), "")
    local env = {LD_LIBRARY_PATH = where, WHERE = where}
    repeat                        -- from the best one down to none
      local ours, theirs = find("libfast.so.1", env)
      assert.equal(theirs, ours)
      assert.equal(theirs, (find("fast", env)))
      os.remove(theirs)
    until theirs == where .. "/libfast.so.1"
  end)
end)
