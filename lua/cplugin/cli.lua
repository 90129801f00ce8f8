-- cli.lua - the command line of cplugin: options, scripts, verbs.

local plugin = require "cplugin"
local complaint = require "cplugin.complaint"
local later = require "cplugin.later"

local near = later "cplugin.near"
local system = later "cplugin.system"

local HELP <const> = [[
usage: cplugin [options] [LIBRARY ...]              the prompt
       cplugin [options] VERB ...                   one answer
       cplugin [options] FILE.lua|- [ARGUMENT ...]  a script, - is stdin

  symbols FILE [PATTERN]        what FILE exports
  info FILE                     what FILE says of itself
  search NAME [VERSION]         the file that NAME is found as
  proto FILE SYMBOL             what debug info knows of SYMBOL
  diff OLD NEW                  what changed; 1 if something breaks
  call FILE DECL [WORD ...]     calls a function: call m 'double cos(double)' 0
  get FILE DECL                 a variable: get ./tour.so 'int PluginInt'
  set FILE DECL WORD            sets one, and shows it
  layout TYPE [HEADER ...]      offsets, sizes, holes and padding of a type
  header HEADER [PATTERN]       what a C header declares

  -e TEXT          runs TEXT         -l NAME  requires a Lua module
  -i               the prompt after scripts and -e
  --header NAME    declares what a C header has; then a name is a DECL
  --json           answers as JSON
  --traceback      errors with Lua's traceback
  --direct         one process, for a debugger: a crash is the end
  --help, --version

FILE is a path with a slash, or searched as the system does: z, libz.so.1.
symbols and info run nothing of it. PATTERN is a Lua pattern. DECL is a C
declaration. WORD is a number, a string's text, nil for NULL, {1, 2}.

Exit codes: 0 fine, 1 an error, 2 wrong usage, 3 no such file or symbol,
128+N the called code died of signal N.
]]

local raise = complaint.raise

-- Options --------------------------------------------------------------------

local flags, valued = {}, {}

function flags.json(options) options.json = true end
function flags.traceback(options) options.traceback = true end
function flags.help(options) options.help = true end
function flags.version(options) options.version = true end

function flags.direct(options) options.direct = true end
function flags.i(options) options.prompt = true end

function valued.e(options, text)
  table.insert(options.chunks, {text = text})
end

function valued.l(options, name)
  table.insert(options.chunks, {module = name})
end

function valued.header(options, name)
  table.insert(options.headers, name)
end

local function unknown(name)
  local names = {}
  for option in pairs(flags) do names[#names + 1] = option end
  for option in pairs(valued) do names[#names + 1] = option end
  raise(complaint.USAGE, "unknown option '%s'%s; see cplugin --help", name,
    near.hint(name:gsub("^%-*", ""), names)
      :gsub("'(.-)'", "'--%1'"))
end

--- -eTEXT is -e TEXT, and --header=NAME is --header NAME.
local function split(arg)
  local name, value = arg:match "^%-%-([%w-]+)=(.*)$"
  if name then return name, value end
  name = arg:match "^%-%-([%w-]+)$"
  if name and #name > 1 then return name end
  name, value = arg:match "^%-(%a)(.*)$"
  return name, value ~= "" and value or nil
end

--- Reads the options that begin at args[i]; the index of what follows.
local function read_options(options, args, i)
  while args[i] and args[i]:find "^%-." do
    if args[i] == "--" then return i + 1, true end
    local name, value = split(args[i])
    if flags[name] and not value then
      flags[name](options)
    elseif valued[name] then
      if not value then
        i = i + 1
        value = args[i] or raise(complaint.USAGE, "%s takes a value",
                                 args[i - 1])
      end
      valued[name](options, value)
    else
      unknown(args[i])
    end
    i = i + 1
  end
  return i
end

--- A file of Lua, by its name or its first line.
local function is_script(name)
  if name == "-" or name:find "%.lua$" then return true end
  local file = name:find "/" and io.open(name, "rb")
  if not file then return false end
  local first = file:read(2)
  file:close()
  return first == "#!"
end

local function read_arguments(options, args)
  options.chunks, options.headers = {}, {}
  local i, ended = read_options(options, args, 1)
  local first = args[i]
  if first and not ended and require("cplugin.verb").is(first) then
    options.verb = first
    i = read_options(options, args, i + 1)
  elseif first and is_script(first) then
    options.script = first
    i = i + 1
    options.arguments = {[0] = first}
  end
  options.words = table.move(args, i, #args, 1, {})
  local late = not (ended or options.verb or options.script)
    and table.concat(options.words, "\0"):match "%f[^\0](%-[^\0]+)"
  if late then
    raise(complaint.USAGE, "the option '%s' stands behind a library: options "
      .. "come first", late)
  end
end

-- Running --------------------------------------------------------------------

local function message_handler(options)
  return function(thrown)
    if options.traceback and type(thrown) ~= "table" then
      return debug.traceback(tostring(thrown), 2)
    end
    return thrown
  end
end

local function run_chunk(chunk, message, ...)
  if not chunk then error(message, 0) end
  chunk(...)
end

--- The chunks of -e and -l, then the script.
local function run_scripts(options)
  for _, chunk in ipairs(options.chunks) do
    if chunk.module then
      local name = chunk.module
      _G[name] = require(name)
    else
      run_chunk(load(chunk.text, "=(-e)"))
    end
  end
  local script = options.script
  if script then
    _G.arg = table.move(options.words, 1, #options.words, 1, options.arguments)
    run_chunk(loadfile(script ~= "-" and script or nil),
              script .. ": cannot be read", table.unpack(options.words))
  end
end

--- A word that is no library may have been meant as a verb.
local function open_session(options)
  local fine, session = pcall(require("cplugin.repl").session, options)
  if fine then return session end
  local first = options.libraries[1] or ""
  local verb = not first:find "[./]"
    and near.best(first, require("cplugin.verb").names())
  raise(complaint.code(session), "%s%s",
        complaint.short(complaint.text(session)),
        verb and ("\n(or did you mean the verb '%s'?)"):format(verb) or "")
end

--- Does what the options say; the exit code.
local function main(options)
  if options.help then
    io.write(HELP)
  elseif options.version then
    print("cplugin " .. plugin.version)
  elseif options.verb then
    return require("cplugin.verb").run(options.verb, options, options.words)
  else
    _G.plugin = plugin
    options.libraries = options.script and {} or options.words
    local scripts = options.script or #options.chunks > 0
    local session = (not scripts or options.prompt or #options.words > 0)
      and not (options.script and not options.prompt)
      and open_session(options)
    if scripts then run_scripts(options) end
    if not scripts or options.prompt then
      return require("cplugin.repl").run(session)
    end
  end
  return 0
end

local cli = {}

--- Verbs that run nothing of a library need no guard.
local function runs_code(options)
  local verb = options.verb
  if options.help or options.version or options.direct then return false end
  return not verb or verb == "call" or verb == "get" or verb == "set"
end

--- Prints what was thrown, in short, but for `search`, which is asked where
-- it looked; its exit code.
local function failed(thrown, options)
  local text = complaint.text(thrown)
  if not options.traceback and options.verb ~= "search" then
    text = complaint.short(text)
  end
  io.stdout:flush()
  io.stderr:write("cplugin: ", text, "\n")
  return complaint.code(thrown)
end

--- The exit code of what was done, if what it has printed got through.
local function written(code)
  io.stdout:flush()
  if not system.unwritten() then return code end
  io.stderr:write "cplugin: standard output cannot be written\n"
  return code ~= 0 and code or complaint.FAILED
end

--- Does what the arguments say, and ends the process.
function cli.main(args)
  io.stdout:setvbuf "line"
  local options = {}
  options.handler = message_handler(options)
  local fine, thrown = pcall(read_arguments, options, args)
  if not fine then os.exit(failed(thrown, options)) end
  local function work()
    local done, result = xpcall(main, options.handler, options)
    return written(done and result or failed(result, options))
  end
  if runs_code(options) then require("cplugin.guard").run(work) end
  os.exit(work(), true)
end

return cli
