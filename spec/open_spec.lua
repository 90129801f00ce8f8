-- open_spec.lua - plugin.open and plugin.search: names, options, what a
-- file may be instead of a shared object, initialised once.

local helper = require "spec.helper"
local plugin = require "cplugin"
local quote = helper.quote

local tour = helper.sample "tour"

local function shell(command)
  local result = helper.tool("sh -c " .. quote(command))
  return (result.out:gsub("\n$", ""))
end

local function folder()
  local path = helper.fresh ".d"
  assert(os.execute("mkdir " .. quote(path)))
  return path
end

-- A shared object of that file name in a folder of its own.
local function library(name, text, flags)
  local path = folder() .. "/" .. name
  local made = assert(helper.compile(text, {flags = flags}))
  assert(os.rename(made, path))
  return path, path:match "(.*)/"
end

local function starts(p)
  return p:lookup("PluginStarts", "int")[0]
end

describe("plugin.open", function()

  it("takes names in all their forms", function()
    local real = shell "readlink -f \"$(cc -print-file-name=libz.so)\""
    for _, name in ipairs {"z", "libz.so", "libz.so.1", "libz", real,
                           real:match "[^/]*$"} do
      local p = assert(plugin.open(name))
      assert.equal(real, p:info().path, name)
      assert.equal(real, plugin.search(name), name)
    end
  end)

  it("gives one Plugin for one file", function()
    local first = plugin.open "z"
    for _, name in ipairs {"libz.so", "libz.so.1", first:info().path} do
      assert.is_true(rawequal(first, plugin.open(name)), name)
    end
  end)

  it("takes a path with a slash, an absolute or a relative one", function()
    local p = assert(plugin.open(tour))
    assert.is_true(rawequal(p, plugin.open "build/plugins/tour.so"))
    local other = "./build/plugins/../plugins/tour.so"
    assert.is_true(rawequal(p, plugin.open(other)))
  end)

  it("initialises once, through links too", function()
    local path, place = library("libonce.so.1.0", [[
      int PluginStarts;
      __attribute__((constructor)) static void start(void) { PluginStarts++; }
    ]])
    os.execute(("cd %s && ln -s libonce.so.1.0 libonce.so.1 && " ..
      "ln -s libonce.so.1 libonce.so && ln libonce.so.1.0 hard.so && " ..
      "ln -s . here"):format(quote(place)))
    local p = assert(plugin.open(path))
    for _, name in ipairs {"libonce.so.1", "libonce.so", "hard.so",
                           "here/libonce.so"} do
      local other = assert(plugin.open(place .. "/" .. name))
      assert.is_true(rawequal(p, other), name)
      assert.equal(1, starts(other), name)
    end
  end)

  it("takes a file that has replaced an open one for another", function()
    local function make(path, text)
      local made = assert(helper.compile(text, {flags = "-Wl,--build-id"}))
      assert(os.rename(made, path))
    end
    local path = folder() .. "/libserved.so"
    local opened = {}
    for n = 1, 3 do
      make(path, ("int served(void) { return %d; }"):format(n))
      opened[n] = assert(plugin.open(path, {cdef = "int served(void);"}))
      assert.equal(path, opened[n]:info().path)
      assert.is_nil(opened[n]:info().copyof)
      assert.is_true(rawequal(opened[n], plugin.open(path)))
    end
    for n = 1, 3 do
      assert.equal(n, opened[n].C.served())
    end
    assert(plugin.open(path, {global = true}))    -- the last, not the first
    assert.equal(3, plugin.open():lookup("served", "int (void)")())
    for n = 1, 3 do
      opened[n]:close()
    end
  end)

  it("so, too, where the old one is closed but stays mapped", function()
    local path = folder() .. "/libkept.so"
    for n = 1, 2 do
      assert(os.rename(assert(helper.compile(
        ("int kept(void) { return %d; }"):format(n),
        {flags = "-Wl,--build-id"})), path))
      local p <close> = plugin.open(path, {resident = true})
      assert.equal(n, p:lookup("kept", "int (void)")())
    end
  end)

  it("gives the running program for no name", function()
    local p = plugin.open()
    assert.is_true(rawequal(p, plugin.open(nil)))
    assert.equal(7, p:lookup("abs", "int (int)")(-7))
    assert.equal(shell("readlink -f \"$(command -v " .. helper.lua .. ")\""),
      p:info().path)
    assert.same({true, true}, {p:close()})
    assert.equal(8, p:lookup("abs", "int (int)")(-8))
  end)

  it("takes names from LD_LIBRARY_PATH, the highest number first", function()
    local place = folder()
    for _, number in ipairs {"3", "10", "9.2"} do
      local text = ("int number(void) { return (int)%s; }"):format(number)
      os.rename(assert(helper.compile(text,
        {flags = "-Wl,-soname,libmany.so." .. number})),
        place .. "/libmany.so." .. number)
    end
    local result = helper.script([[
      local plugin = require "cplugin"
      local function number(...)
        local p = assert(plugin.open(...))
        return p:lookup("number", "int (void)")()
      end
      print(number "many", number "libmany.so", number("many", {version = 3}),
        number("many", {version = "9.2"}), number("many", {version = "9"}),
        number("many", {version = 10.0}), number "libmany.so.3")
      print(plugin.search("many", 3))
      print(select(2, plugin.open("many", {version = 4})))
    ]], {env = {LD_LIBRARY_PATH = place}})
    local lines = {}
    for line in result.out:gmatch "[^\n]*" do
      lines[#lines + 1] = line
    end
    assert.equal("10\t10\t3\t9\t9\t10\t3", lines[1], result.err)
    assert.equal(place .. "/libmany.so.3", lines[2])
    assert.truthy(lines[3]:find("libmany.so.4: not found", 1, true))
    assert.truthy(result.out:find(place .. "/libmany.so.4", 1, true))
    assert.truthy(result.out:find("with soname libmany.so.9.2", 1, true))
  end)

  it("finds what the loader's cache has", function()
    local list = shell "PATH=$PATH:/sbin ldconfig -p"
    local names, paths, seen = {}, {}, {}
    for name, path in list:gmatch "\t(%S+) %(libc6,x86%-64%) => (%S+)" do
      if not seen[name] and #names < 100 then
        seen[name] = true
        names[#names + 1], paths[#paths + 1] = name, path
      end
    end
    assert.is_true(#names > 20, "the cache has too little")
    local i = 0
    local list_of_real = shell("readlink -f " .. table.concat(paths, " "))
    for real in list_of_real:gmatch "%S+" do
      i = i + 1
      local file <close> = io.open(real, "rb")
      if file:read(4) == "\127ELF" then
        assert.equal(real, plugin.search(names[i]))
      end
    end
    assert.equal(#names, i)
  end)

  it("follows linker scripts", function()
    assert.equal("libc.so.6", plugin.open("libc.so"):info().soname)
    assert.equal("libc.so.6", plugin.open("c"):info().soname)
    local path, place = library("libreal.so.4", "int four = 4;")
    for i, text in ipairs {
      "INPUT(libreal.so.4)",
      "/* GNU ld script */\nOUTPUT_FORMAT(elf64-x86-64)\nGROUP ( " .. path ..
        " AS_NEEDED ( libnone.so ) )\n",
      "GROUP ( libnone.a libreal.so.4 )",
    } do
      local script = helper.write(place .. "/libscript" .. i .. ".so", text)
      local p, message = plugin.open(script)
      assert.equal(path, p and p:info().path, message)
    end
    local script = helper.write(place .. "/libbad.so", "INPUT(libgone.so.4)")
    local p, message = plugin.open(script)
    assert.is_nil(p)
    assert.truthy(message:find("linker script", 1, true), message)
  end)

end)

describe("options of plugin.open", function()
  local user = [[
    int shared_symbol(void);
    int use(void) { return shared_symbol() + 1; }
    int fine(void) { return 5; }
  ]]

  it("global: symbols serve libraries opened later, also if set later",
  function()
    local one = assert(helper.compile "int shared_symbol(void) { return 41; }")
    local two = assert(helper.compile(user))
    local result = helper.script([[
      local plugin = require "cplugin"
      local one, two = ...
      local p = assert(plugin.open(one))
      print(plugin.open(two) == nil)
      assert(rawequal(p, plugin.open(one, {global = true})))
      print(assert(plugin.open(two)):lookup("use", "int (void)")())
    ]], {args = {one, two}})
    assert.equal("true\n42\n", result.out, result.err)
  end)

  it("lazy: a symbol that is missing matters only to who calls it", function()
    local path = assert(helper.compile(user, {flags = "-Wl,-z,lazy"}))
    local p, message = plugin.open(path)
    assert.is_nil(p)
    assert.truthy(message:find("shared_symbol", 1, true), message)
    assert.truthy(message:find(path, 1, true), message)
    p = assert(plugin.open(path, {lazy = true}))
    assert.equal(5, p:lookup("fine", "int (void)")())
  end)

  it("resident: the file stays mapped", function()
    local log = helper.fresh ".log"
    local script = [[
      local plugin = require "cplugin"
      local path, resident = ...
      local p = plugin.open(path, {resident = resident == "yes"})
      print(p:close())
      collectgarbage()
      local file = io.open(os.getenv "LIFETIME_LOG")
      print((file:read "a":gsub("\n", " ")))
    ]]
    for option, expected in pairs {yes = "true\ttrue\nmapped \n",
                                   no = "true\tfalse\nmapped unmapped \n"} do
      os.remove(log)
      local result = helper.script(script, {env = {LIFETIME_LOG = log},
        args = {helper.sample "lifetime", option}})
      assert.equal(expected, result.out, result.err)
    end
  end)

  it("cdef: declares in the plugin's scope, also if that is open", function()
    local p = plugin.open(tour, {cdef = "extern int PluginInt;"})
    assert.equal(7, p.C.PluginInt)
    assert.is_true(rawequal(p, plugin.open(tour, {cdef = [[
      enum { OPENED = 12 }; extern int PluginStarts;]]})))
    assert.equal(12, p.C.OPENED)
    assert.equal(1, p.C.PluginStarts)
    p:close()
  end)

  local bad = {
    {{versoin = 1}, "unknown option 'versoin', did you mean 'version'?"},
    {{Global = true}, "unknown option 'Global', did you mean 'global'?"},
    {{wibble = 1}, "unknown option 'wibble' (there are version, global, "},
    {{"global"}, "options are a table of names, got a number as a name"},
    {{global = 1}, "option 'global' must be true or false, got a number"},
    {{lazy = "yes"}, "option 'lazy' must be true or false, got a string"},
    {{resident = {}}, "option 'resident' must be true or false, got a table"},
    {{cdef = 12}, "option 'cdef' must be C text, got a number"},
    {{cdef = "int x y;"}, "line 1, column 7"},
    {{version = {}}, "option 'version' must be a whole number or a string"},
    {{version = 1.5}, "option 'version' must be a whole number or a string"},
    {{version = "1\0"}, "option 'version' must be a whole number or a string"},
    {{version = true}, "option 'version' must be a whole number or a string"},
    {1, "table expected, got number"},
    {"global", "table expected, got string"},
  }
  for i, row in ipairs(bad) do
    it("are checked: " .. i .. " " .. row[2], function()
      local ok, message = pcall(plugin.open, tour, row[1])
      assert.is_false(ok)
      assert.truthy(message:find(row[2], 1, true), message)
    end)
  end

  it("names are checked", function()
    for _, name in ipairs {"z\0y", "/tmp\0/x"} do
      local ok, message = pcall(plugin.open, name)
      assert.is_false(ok)
      assert.truthy(message:find("zero byte", 1, true), message)
    end
    assert.is_false((pcall(plugin.open, {})))
    assert.is_false((pcall(plugin.open, true)))
    assert.is_false((pcall(plugin.search)))
  end)
end)

-- What is no shared object of this machine: nil, and why.

local function object_file()
  local path = helper.fresh ".o"
  local source = helper.write(helper.fresh ".c", "int x;")
  assert(helper.tool(("cc -c -o %s %s"):format(path, source)).ok)
  return path
end

-- A copy of tour.so with bytes replaced.
local function patched(at, bytes)
  local text = helper.read(tour)
  return helper.write(helper.fresh ".so",
    text:sub(1, at) .. bytes .. text:sub(at + #bytes + 1))
end

-- A complete shared object of another machine, as far as its headers go.
local function foreign(wide, order, machine)
  local word = wide and "I8" or "I4"
  local head = "\127ELF" .. (wide and "\2" or "\1") ..
    (order == "<" and "\1" or "\2") .. "\1" .. ("\0"):rep(9)
  head = head .. string.pack(order .. ("I2I2I4%s%s%sI4I2I2I2I2I2I2"):gsub("%%s",
    word), 3, machine, 1, 0, wide and 64 or 52, 0, 0, wide and 64 or 52,
    wide and 56 or 32, 1, 0, 0, 0)
  local segment = wide
    and string.pack(order .. "I4I4I8I8I8I8I8I8", 1, 5, 0, 0, 0, 120, 120, 4096)
    or string.pack(order .. "I4I4I4I4I4I4I4I4", 1, 0, 0, 0, 84, 84, 5, 4096)
  return function()
    return helper.write(helper.fresh ".so", head .. segment)
  end
end

local function needing_what_is_gone()
  local path, place = library("libgone.so.1", "int gone(void) { return 1; }",
    "-Wl,-soname,libgone.so.1")
  local user = assert(helper.compile(
    "int gone(void); int user(void) { return gone(); }",
    {flags = "-L" .. place .. " -l:libgone.so.1"}))
  os.remove(path)
  return user
end

local function program()
  return assert(helper.compile("int main(void) { return 0; }",
    {program = true}))
end

local failures = {
  {"a missing file", function() return "/no/such/file.so" end,
   {"No such file"}},
  {"a missing folder's file", function() return "./nowhere/x.so" end,
   {"No such file"}},
  {"a directory", helper.temp, {"is a directory"}},
  {"a text", function()
    return helper.write(helper.fresh ".so", "int main(void);\n")
  end, {"is a text file"}},
  {"an empty file", function()
    return helper.write(helper.fresh ".so", "")
  end, {"is empty"}},
  {"four bytes", function()
    return helper.write(helper.fresh ".so", "\127ELF")
  end, {"is truncated"}},
  {"an archive", function()
    return helper.write(helper.fresh ".a", "!<arch>\n" .. ("x"):rep(100))
  end, {"archive"}},
  {"noise", function()
    return helper.write(helper.fresh ".so", ("\1\200\0\255"):rep(500))
  end, {"not a shared object"}},
  {"another machine's", function() return patched(18, "\xb7\0") end,
   {"AArch64", "x86-64"}},
  {"another byte order's", foreign(true, ">", 21),
   {"64-bit big-endian PowerPC64", "x86-64"}},
  {"a 32-bit one", foreign(false, "<", 3), {"32-bit i386", "64-bit x86-64"}},
  {"a 32-bit one of this machine (x32)", foreign(false, "<", 62),
   {"32-bit x86-64", "64-bit x86-64"}},
  {"an object file", object_file, {"object file", "cc -shared"}},
  {"a program", program, {"executable"}},
  {"one whose dependency is missing", needing_what_is_gone,
   {"libgone.so.1", "LD_LIBRARY_PATH"}},
  {"one whose symbol is missing", function()
    return assert(helper.compile(
      "extern int nobody_has_it; int *f(void) { return &nobody_has_it; }"))
  end, {"nobody_has_it", "global"}},
  {"a socket's or device's name", function() return "/dev/null" end,
   {"not a file but"}},
  {"one that may not be read", function()
    local path = helper.write(helper.fresh ".so", "x")
    os.execute("chmod 000 " .. path)
    return path
  end, {}},
}

describe("plugin.open gives nil and says why for", function()
  for _, row in ipairs(failures) do
    it(row[1], function()
      local path = row[2]()
      local p, message = plugin.open(path)
      assert.is_nil(p)
      assert.truthy(message:find(path, 1, true), message)
      for _, part in ipairs(row[3]) do
        assert.truthy(message:find(part, 1, true), message)
      end
      assert.is_nil(message:find "^%S+%.lua:%d")
    end)
  end

  it("a file that is cut anywhere", function()
    local text = helper.read(tour)
    local last = 0
    local list = shell("readelf -lW " .. quote(tour))
    for offset, size in list:gmatch
        "LOAD%s+0x(%x+)%s+0x%x+%s+0x%x+%s+0x(%x+)" do
      last = math.max(last, tonumber(offset, 16) + tonumber(size, 16))
    end
    assert.is_true(last > 1000)
    for i = 0, 40 do
      local size = (last - 1) * i // 40
      local path = helper.write(helper.temp "cut.so", text:sub(1, size))
      local p, message = plugin.open(path)
      assert.is_nil(p, size)
      assert.truthy(message:find(path, 1, true), message)
    end
  end)

  it("a name that is nowhere, with what was tried", function()
    local p, message = plugin.open "wibblewobble"
    assert.is_nil(p)
    assert.truthy(message:find("libwibblewobble.so: not found; tried:", 1,
      true), message)
    local paths = select(2, message:gsub("\n  /%S+/libwibblewobble%.so", ""))
    assert.is_true(paths >= 3, message)
    assert.truthy(message:find("LD_LIBRARY_PATH", 1, true))
    assert.same({nil, message}, {plugin.search "wibblewobble"})
  end)

  it("a name that is nearly one, with that one", function()
    local p, message = plugin.open "sqlitee3"
    assert.is_nil(p)
    assert.truthy(message:find('did you mean "sqlite3"?', 1, true), message)
  end)

  it("a name with more or less to it, with that one", function()
    for _, asked in ipairs {"sqlite", "sql", "apache-sqlite3"} do
      local _, message = plugin.open(asked)
      assert.equal(asked ~= "sql",
        message:find('did you mean "sqlite3"?', 1, true) ~= nil, message)
    end
  end)

  it("a path that is one in a shell, a dead link, or has no suffix", function()
    local path, place = library("libsuffix.so", "")
    local link = place .. "/link.so"
    assert(os.execute(("ln -s %s/gone.so %s"):format(quote(place),
      quote(link))))
    for asked, part in pairs {
      ["~/libnone.so"] = 'word of the shell\'s; here it is os.getenv "HOME"',
      [link] = "it is a symbolic link to what is not there",
      [path:match "(.*)%.so"] = ('did you mean "%s"?'):format(path),
      [place .. "/none.so"] = "No such file or directory; check the path",
    } do
      local p, message = plugin.open(asked)
      assert.is_nil(p)
      assert.equal(1, message:find(asked .. ": cannot be found", 1, true))
      assert.truthy(message:find(part, 1, true), message)
    end
  end)

  it("another number, with that which there is", function()
    for _, asked in ipairs {{"libsqlite3.so.9"}, {"sqlite3", {version = 9}}} do
      local p, message = plugin.open(table.unpack(asked))
      assert.is_nil(p)
      assert.truthy(message:find('did you mean "libsqlite3.so.0"?', 1, true),
        message)
    end
  end)

  it("waits for no named pipe", function()
    local path = helper.fresh ".so"
    assert.is_true(helper.tool("mkfifo " .. path).ok)
    for _, f in ipairs {"open", "inspect", "search"} do
      local out = helper.script(([[
        print(require "cplugin".%s %q)]]):format(f, path), {seconds = 5})
      assert.truthy(out.out:find("is not a file but a pipe", 1, true),
        out.out .. out.err)
    end
  end)

  it("names a file of that name that is here", function()
    local out = helper.script([[
      local plugin = require "cplugin"
      print(select(2, plugin.open "tour.so"))
      print(select(2, plugin.open "tour"))
      print(select(2, plugin.open "own"))
    ]], {cwd = helper.sample "tour":match "^(.*)/"})
    local _, times = out.out:gsub('did you mean "%./tour%.so"%?', "")
    assert.equal(2, times, out.out)
    assert.falsy(out.out:find('"./own', 1, true))
  end)

  it("a version that is not there", function()
    local p, message = plugin.open("z", {version = 7})
    assert.is_nil(p)
    assert.truthy(message:find("libz.so.7", 1, true), message)
    assert.truthy(message:find("soname libz.so.1", 1, true), message)
  end)

  it("an empty name", function()
    local p, message = plugin.open ""
    assert.is_nil(p)
    assert.truthy(message:find "not a library's name", message)
  end)

  it("and leaves nothing behind", function()
    local path = assert(helper.compile(
      "extern int nobody_has_it; int *f(void) { return &nobody_has_it; }"))
    assert.is_nil((plugin.open(path)))
    assert.is_nil(helper.read "/proc/self/maps":find(path, 1, true))
  end)
end)

-- Hosts with several Lua states, and with threads that have one each.

local HOST = [[
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>

static lua_State *start(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  return L;
}

static void run(lua_State *L, const char *text) {
  if (luaL_dostring(L, text) != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    _Exit(2);
  }
}

static const char *const text;

static void *work(void *unused) {
  lua_State *L = start();
  run(L, text);
  lua_close(L);
  return unused;
}
]]

local function host(text, main)
  local escaped = text:gsub("\n", "\\n\\\n"):gsub('"', '\\"')
  local source = HOST:gsub("text;", function()
    return 'text = "' .. escaped .. '";'
  end, 1)
  return assert(helper.compile(source .. main, {program = true,
    flags = "-I/usr/include/lua5.4 -llua5.4 -pthread -rdynamic"}))
end

local function run_host(path, env)
  local result = helper.run(helper.wrap .. " " .. path, {env = env})
  assert.equal("", result.err)
  assert.equal(0, result.code)
  return result.out
end

describe("several Lua states", function()
  it("share one initialised file; each has its own Plugin", function()
    local log = helper.fresh ".log"
    local path = host([[
      plugin = require "cplugin"
      p = assert(plugin.open(os.getenv "SAMPLE"))
      p:cdef "extern int alive; int objects_alive(void);"
      alive = p.C.objects_alive
    ]], [[
      int main(void) {
        lua_State *a = start(), *b = start();
        run(a, text);
        run(b, text);
        run(a, "p.C.alive = 5");
        run(b, "assert(alive() == 5)");
        run(a, "local _, mapped = p:close() assert(mapped)"
               "assert(not pcall(alive))");
        run(b, "assert(alive() == 5)");
        run(a, "p = assert(plugin.open(os.getenv 'SAMPLE'))"
               "assert(p:lookup('alive', 'int')[0] == 5)");
        lua_close(a);
        run(b, "assert(alive() == 5)");
        lua_close(b);
        return 0;
      }]])
    run_host(path, {SAMPLE = helper.sample "lifetime", LIFETIME_LOG = log})
    assert.equal("mapped\nunmapped\n", helper.read(log))
  end)

  it("leave behind NULL where a variable led to their memory", function()
    local path = host([[
      plugin = require "cplugin"
      p = assert(plugin.open(os.getenv "SAMPLE"))
      p:cdef "extern const char *title; const char *get_title(void);"
    ]], [[
      int main(void) {
        lua_State *a = start(), *b = start();
        run(a, text);
        run(b, text);
        run(a, "p.C.title = ('chapter '):rep(2000)");
        run(b, "assert(#plugin.string(p.C.title) == 16000)");
        lua_close(a);
        run(b, "assert(p.C.title == nil and p.C.get_title() == nil)");
        a = start();
        run(a, text);
        run(a, "p.C.title = ('chapter '):rep(2000) p = nil"
               " collectgarbage() collectgarbage()");
        run(b, "assert(p.C.title == nil)");
        run(b, "p.C.title = 'of b'");
        lua_close(a);
        run(b, "assert(plugin.string(p.C.title) == 'of b')");
        lua_close(b);
        return 0;
      }]])
    run_host(path, {SAMPLE = helper.sample "variables"})
  end)

  it("leave behind callbacks that answer zero", function()
    local path = host([[
      plugin = require "cplugin"
      plugin.cdef "extern int (*kept)(void);"
      plugin.C.kept = plugin.callback("int (void)", function() return 5 end)
    ]], [[
      int (*kept)(void);
      int main(void) {
        for (int i = 0; i < 3; i++) {
          lua_State *L = start();
          run(L, text);
          run(L, "assert(plugin.C.kept() == 5)");
          lua_close(L);
          printf("%d", kept());
        }
        return 0;
      }]])
    assert.equal("000", run_host(path))
  end)

  it("may be on threads #slow", function()
    local path = host([[
      local plugin = require "cplugin"
      for i = 1, 100 do
        local p = assert(plugin.open(os.getenv "SAMPLE"))
        local f = p:lookup("object_number", "int (const void *)")
        assert(p:lookup("alive", "int")[0] == 0)
        assert(p:lookup("objects_alive", "int (void)")() == 0)
        if i % 3 == 0 then p:close() assert(not pcall(f, nil)) end
        if i % 10 == 0 then collectgarbage() end
      end
    ]], [[
      int main(void) {
        pthread_t threads[8];
        for (int i = 0; i < 8; i++)
          pthread_create(&threads[i], NULL, work, NULL);
        for (int i = 0; i < 8; i++)
          pthread_join(threads[i], NULL);
        return 0;
      }]])
    run_host(path, {SAMPLE = helper.sample "lifetime"})
  end)
end)

describe("the module", function()
  it("shows all that it has, used or not", function()
    local found = {}
    for word in helper.script([[
      local plugin = require "cplugin"
      for name, value in pairs(plugin) do
        print(name, value == plugin[name])
      end]]).out:gmatch "(%S+)\ttrue\n" do
      found[word] = true
    end
    local manual = helper.read "docs/manual.md"
    for name in manual:gmatch "\n### `plugin%.(%a+)" do
      assert.is_true(found[name], name)
    end
    assert.is_true(found.C)
  end)
end)
