-- helper.lua - what specs share: where things are, child processes, a folder
-- for files, C compiled on the spot.
--
--   local helper = require "spec.helper"
--
-- Tags for slow or special specs, in the name of a describe or it:
-- #slow (compiles a lot, or runs for long) and #exact (counts on 80-bit long
-- doubles, which valgrind does not have) stay out under valgrind, and so does
-- #dwarf (valgrind reads the debug info of what is loaded, and ends where that
-- is odd); #house (about the tree, not the module) stays out under valgrind and
-- sanitizers; #source (compiles a whole library) stays out under both, too.

local lfs = require "lfs"

local helper = {}

helper.top = lfs.currentdir()     -- specs run in the checkout's top folder
helper.build = os.getenv "CPLUGIN_BUILD" or "build"
helper.lua = os.getenv "LUA" or "lua5.4"
helper.wrap = os.getenv "CPLUGIN_WRAP" or ""  -- what scripts run under
helper.emulator = os.getenv "CPLUGIN_EMULATOR" or "" -- and compiled programs

-- What specs make at random begins here: the same in every run, so that a
-- failure is of what was changed. `make fresh` takes another seed.
helper.seed = math.tointeger(tonumber(os.getenv "SEED" or 1))

-- `text` as one word of a shell command.
function helper.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end
local quote = helper.quote

function helper.read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

function helper.write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
  return path
end

function helper.exists(path)
  return lfs.attributes(path, "mode") ~= nil
end

-- The temporary folder, or a name in it. It goes when the Lua state does.
-- Each spec file loads this one anew: what they share is in the registry.

local KEY = "cplugin.spec.folder"
local registry = debug.getregistry()

local function sweep(folder)
  os.execute("rm -rf " .. quote(folder.path))
end

local function temporary()
  local folder = registry[KEY]
  if not folder then
    local pipe <close> = assert(io.popen("mktemp -d", "r"))
    local path = assert(pipe:read "l", "mktemp failed")
    folder = setmetatable({path = path, names = 0}, {__gc = sweep})
    registry[KEY] = folder
  end
  return folder
end

function helper.temp(name)
  local path = temporary().path
  return name and path .. "/" .. name or path
end

-- A name in the temporary folder that was not given out before.
function helper.fresh(suffix)
  local folder = temporary()
  folder.names = folder.names + 1
  return ("%s/%d%s"):format(folder.path, folder.names, suffix or "")
end

-- An environment for what forks and kills its copies: LeakSanitizer, which
-- stops processes to look at them, is not for these.
helper.forked = {
  ASAN_OPTIONS = "detect_leaks=0:allocator_may_return_null=1",
}

local SLOWER = helper.wrap == "" and 1 or 10

-- Runs a shell command. Gives {ok, code, signal, out, err}: `code` is the
-- exit code, nil where a signal ended it. Options: input (text for standard
-- input), env (a table), cwd, seconds (120) until it is stopped.
function helper.run(command, options)
  options = options or {}
  local errors, input = helper.fresh ".err", "/dev/null"
  if options.input then
    input = helper.write(helper.fresh ".in", options.input)
  end
  local words = {}
  if options.cwd then
    words[#words + 1] = "cd " .. quote(options.cwd) .. " &&"
  end
  words[#words + 1] = "exec env"
  for name, value in pairs(options.env or {}) do
    words[#words + 1] = name .. "=" .. quote(value)
  end
  words[#words + 1] = ("timeout %d %s <%s 2>%s"):format(
    (options.seconds or 120) * SLOWER, command, quote(input), errors)
  local pipe = assert(io.popen(table.concat(words, " "), "r"))
  local result = {out = pipe:read "a"}
  local ok, how, number = pipe:close()
  result.ok = ok == true
  result[how == "signal" and "signal" or "code"] = number
  result.err = helper.read(errors)
  return result
end

-- A script in a Lua process of its own: what may crash, what must be seen
-- from outside. Options as above, and args, a list of strings.
function helper.script(text, options)
  local path = helper.write(helper.fresh ".lua", text)
  local words = {helper.wrap, helper.lua, quote(path)}
  for _, arg in ipairs(options and options.args or {}) do
    words[#words + 1] = quote(arg)
  end
  return helper.run(table.concat(words, " "), options)
end

-- The path of the sample plugin plugins/NAME.c, built if it is not yet.
function helper.sample(name)
  local path = helper.top .. "/build/plugins/" .. name .. ".so"
  if not helper.exists(path) then
    local made = helper.tool("make -s build/plugins/" .. name .. ".so")
    assert(made.ok, made.err)
  end
  return path
end

local own

-- The same of a copy that only this spec file has: another plugin, with its
-- variables as they were compiled. What it is linked to stands beside it.
function helper.own_sample(name)
  local path = helper.sample(name)
  if not own then
    own = helper.fresh()
    local copied = helper.tool(("cp -r %s %s"):format(
      quote(path:match "^(.*)/"), quote(own)))
    assert(copied.ok, copied.err)
  end
  return own .. "/" .. name .. ".so"
end

-- A tool that is not under test: without the sanitizers' runtime, and
-- without what the make above was told.
function helper.tool(command, options)
  return helper.run("env -u LD_PRELOAD -u MAKEFLAGS " .. command, options)
end

-- Runs a program that compile() has made.
function helper.program(path, options)
  return helper.tool(helper.emulator .. " " .. quote(path), options)
end

-- Compiles C text; options: flags, cc ("cc"), `program` for a program instead
-- of a shared object, seconds. Gives its path, or nil and what cc says.
function helper.compile(text, options)
  options = options or {}
  local source = helper.write(helper.fresh ".c", text)
  local target = helper.fresh(options.program and "" or ".so")
  local made = helper.tool(("%s -std=gnu11 -w %s -o %s %s %s"):format(
    options.cc or "cc", options.program and "" or "-fPIC -shared",
    target, source, options.flags or ""), {seconds = options.seconds})
  if not made.ok then
    return nil, made.err
  end
  return target
end

-- What "cc", for the machine that the module is built for, says of it: its
-- processor ("x86_64"), and whether a macro is defined from the start.
local known

local function ask_compiler()
  known = known or {
    processor = helper.tool("cc -dumpmachine").out:match "^[^-]*",
    macros = helper.tool("cc -dM -E -x c /dev/null").out,
  }
  return known
end

function helper.processor()
  return ask_compiler().processor
end

function helper.defined(macro)
  return ask_compiler().macros:find("#define " .. macro .. " ", 1, true) ~= nil
end

return helper
