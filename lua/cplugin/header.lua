-- header.lua - C headers as declarations: plugin.header and p:header.
--
-- The system's preprocessor reads the header; what it prints goes through
-- the same parser as text that a script writes. It runs twice: once to learn
-- which macros the header defines, and once to have these expanded, so that
-- `#define` constants which use other macros come out as C sees them:
--
--   #include <zlib.h>      -> cc -E -dD -> declarations, names of macros
--   #include <zlib.h>
--   <mark> Z_OK Z_OK       -> cc -E     -> #define Z_OK 0
--
-- Macros with parameters go along as they are, for messages.

local plugin = require "cplugin"

local Header = {}
Header.__index = Header
Header.__name = "header"

local MARK = "__cplugin_define__"

local known = {
  cc = "string", include = "table", define = "table", pkg = "string",
  flags = "table", cache = "string", all = "boolean",
}

--- 'text' for a shell.
local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- A copy of the options, in which lists are tables.
local function check_options(given)
  local options = {}
  if type(given) ~= "table" then
    error(("options are a table, not a %s"):format(type(given)), 3)
  end
  for name, value in pairs(given) do
    options[name] = value
    if not known[name] then
      error(("unknown option '%s' (there are cc, include, define, pkg, flags, "
        .. "cache and all)"):format(tostring(name)), 3)
    elseif known[name] == "table" and type(value) == "string" then
      options[name] = { value }
    elseif type(value) ~= known[name] then
      error(("option '%s' must be a %s, not a %s")
        :format(name, known[name], type(value)), 3)
    end
  end
  return options
end

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local text = file:read("a")
  file:close()
  return text
end

--- Runs a shell command; its output, or nil, what it complained of and the
-- output all the same.
local function run(command)
  local errors = os.tmpname()
  local pipe = assert(io.popen(command .. " 2>" .. quote(errors)))
  local text = pipe:read("a")
  local ok, how, code = pipe:close()
  local complaint = read_file(errors) or ""
  os.remove(errors)
  if ok then return text end
  if not complaint:match "%S" then
    complaint = ("the preprocessor failed (%s %d)"):format(how, code)
  end
  return nil, complaint, text
end

--- The flags of a pkg-config package, or nil and a message.
local function package_flags(package)
  local flags, complaint = run("pkg-config --cflags " .. quote(package))
  if flags then return flags:gsub("%s+$", "") end
  return nil, ("pkg-config knows no package '%s': %s")
    :format(package, complaint)
end

--- The preprocessor's command line up to its mode, or nil and a message.
local function command_line(options)
  local words = { options.cc or os.getenv("CC") or "cc", "-iquote ." }
  if options.pkg then
    local flags, message = package_flags(options.pkg)
    if not flags then return nil, message end
    words[#words + 1] = flags
  end
  for _, folder in ipairs(options.include or {}) do
    words[#words + 1] = "-I" .. quote(folder)
  end
  for name, value in pairs(options.define or {}) do
    if type(name) == "string" then value = name .. "=" .. tostring(value) end
    words[#words + 1] = "-D" .. quote(value)
  end
  for _, flag in ipairs(options.flags or {}) do
    words[#words + 1] = quote(flag)
  end
  return table.concat(words, " ")
end

--- Where a header that the preprocessor does not find may be; or "".
local function whereabouts(complaint)
  local name = complaint:match "fatal error: ([^\n]-): No such file"
    or complaint:match "fatal error: '([^\n]-)' file not found"
  if not name then return "" end
  if read_file(name) then
    return ('\nin this folder it is "./%s", or {include = "."}'):format(name)
  end
  local places = {}
  for i, place in ipairs { "/usr/include/*/", "/usr/include/*/*/",
                           "/usr/local/include/*/" } do
    places[i] = place .. quote(name)
  end
  local found = run("ls -d " .. table.concat(places, " ") ..
    " 2>/dev/null | head -n 1; true")
  local folder = found and found:match("^(.*)/" .. name:gsub("%p", "%%%0"))
  return not folder and "" or ("\nit is in %s: give {include = %q}, or the "
    .. "package of pkg-config as {pkg = ...}"):format(folder, folder)
end

--- Preprocesses a C text; what comes out, or nil, a message, and what came
-- out before or behind the errors.
local function preprocess(command, mode, source)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(source)
  file:close()
  local text, complaint, partly =
    run(("%s %s -x c %s"):format(command, mode, quote(path)))
  os.remove(path)
  if text then return text end
  if complaint:find("not found", 1, true)
     and not complaint:find("fatal error", 1, true) then
    return nil, ("no C preprocessor: '%s' cannot be run (install gcc or clang, "
      .. "or name one with the option cc): %s"):format(command, complaint)
  end
  -- The line of the text that was made up here says nothing to a reader.
  local place = "[^\n]-" .. path:gsub("%p", "%%%0") .. "[%d:]*%s*"
  return nil, (complaint:gsub(place, "")
    :gsub("\n[^\n]*|[^\n]*", ""):gsub("compilation terminated%.%s*", "")
    :gsub("%s+$", "") .. whereabouts(complaint)), partly
end

--- The #include lines for a name or a list of names.
local function includes(names)
  local lines = {}
  for _, name in ipairs(names) do
    local form = name:find "^%.?%.?/" and '#include "%s"' or "#include <%s>"
    lines[#lines + 1] = form:format(name) .. "\n"
  end
  return table.concat(lines)
end

local function ends_with(text, tail)
  return text == tail or text:sub(-#tail - 1) == "/" .. tail
end

--- Does the file belong to one of the named headers? A header that has a
-- folder of its own (curl/curl.h; git2.h and git2/) speaks for all of that.
local function belongs(file, names)
  local place = file:match "^(.*)/[^/]*$" or ""
  for _, name in ipairs(names) do
    name = name:gsub("^[./]+/", "")
    if ends_with(file, name) or
       ends_with(place, name:match "^(.+)/[^/]*$" or name) or
       ends_with(place, (name:gsub("%.[^./]*$", ""))) then
      return true
    end
  end
  return false
end

--- Folders whose files are parts of the header that includes them, and are
-- never included by a program: bits/fcntl.h is where fcntl.h has O_RDONLY.
local function is_part(file)
  return file:find("/bits/", 1, true) or file:find("/asm/", 1, true)
    or file:find("/asm-generic/", 1, true) or file:find("/linux/", 1, true)
end

--- Tells for each line marker whether its file belongs to the named headers.
-- Those that the text itself includes do, whatever the preprocessor calls
-- them: to gcc <ncurses.h> is "/usr/include/curses.h" where it is a link to it.
local function follow(names, all)
  local includers = {}            -- own or not, of the files around
  local own = false
  local main, around              -- the file of the text, that of the last line
  return function(file, flags)
    main = main or file
    if flags:find "%f[%d]1%f[%D]" then
      includers[#includers + 1] = own
      own = all or around == main or belongs(file, names)
        or own and is_part(file) ~= nil
    elseif flags:find "%f[%d]2%f[%D]" then
      own = table.remove(includers) or false
    end
    around = file
    return own
  end
end

--- Splits what -dD printed: the text without macros, the names of those that
-- the named headers define, and the files that belong to them.
local function split(text, names, all)
  local kept, macros, files = {}, {}, {}
  local is_own, own = follow(names, all), false
  for line in text:gmatch("[^\n]*") do
    local file, flags = line:match('^# %d+ "(.-)"(.*)')
    if file then
      own = is_own(file, flags)
      if own then files[file] = true end
      kept[#kept + 1] = line
    elseif line:sub(1, 1) ~= "#" or line:match("^#%s*pragma") then
      kept[#kept + 1] = line
    elseif own then
      local name = line:match("^#%s*define%s+([%a_][%w_]*)%s+%S")
      if name then macros[#macros + 1] = name end
      local parameters = line:match "^#%s*define%s+[%a_][%w_]*%("
      kept[#kept + 1] = parameters and line or ""  -- lines keep their numbers
    else
      kept[#kept + 1] = ""
    end
  end
  return table.concat(kept, "\n"), macros, files
end

--- "#define NAME expansion" for each macro, as the preprocessor expands it.
-- Of a macro that stands for __has_attribute, which only #if may have, it
-- complains, and takes the next word for its argument: the ";" is there for it.
local function expand(command, source, macros)
  local lines = { source }
  for _, name in ipairs(macros) do
    lines[#lines + 1] = ("%s %s_ %s\n;"):format(MARK, name, name)
  end
  lines[#lines + 1] = ""
  local text, message, partly =
    preprocess(command, "-E -P", table.concat(lines, "\n"))
  text = text or partly
  if not text then return nil, message end
  local defines, seen = {}, {}
  for name, value in text:gmatch(MARK .. " ([%w_]+)_ ([^\n]+)") do
    if value ~= name and not seen[name] then
      seen[name] = true
      defines[#defines + 1] = ("#define %s %s"):format(name, value)
    end
  end
  return table.concat(defines, "\n")
end

--- A list of the names, without the brackets or quotes that C has there.
local function list_of(names)
  if type(names) == "string" then names = { names } end
  local list = {}
  for i, name in ipairs(type(names) == "table" and names or {}) do
    list[i] = type(name) == "string" and name:gsub('^[<"](.+)[>"]$', "%1")
  end
  if #list == 0 or list[#list] == false or #list ~= #names then
    error("a header's name, or a list of names, expected", 3)
  end
  return list
end

--- Line numbers in messages begin at 1 of the file, as C has them.
local function make(names, options)
  local command, message = command_line(options)
  if not command then return nil, message end
  local source = includes(names)
  local text
  text, message = preprocess(command, "-E -dD", source)
  if not text then return nil, message end
  local body, macros, files = split(text, names, options.all)
  files[names[1]] = true          -- where the constants are said to stand
  local defines
  defines, message = expand(command, source, macros)
  if not defines then return nil, message end
  return setmetatable({
    text = body .. "\n# 1 \"" .. names[1] .. "\"\n" .. defines .. "\n",
    files = files, abi = plugin.abi,
  }, Header)
end

-- Cache --------------------------------------------------------------------

--- What the text depends on: another request makes the cache void.
local function request(names, options)
  local parts = { table.concat(names, " ") }
  for _, key in ipairs { "cc", "pkg" } do
    parts[#parts + 1] = options[key] or ""
  end
  for _, key in ipairs { "include", "flags" } do
    parts[#parts + 1] = table.concat(options[key] or {}, " ")
  end
  local defines = {}
  for name, value in pairs(options.define or {}) do
    defines[#defines + 1] = tostring(name) .. "=" .. tostring(value)
  end
  table.sort(defines)
  parts[#parts + 1] = table.concat(defines, " ")
  return table.concat(parts, "\n")
end

--- The text as Lua writes it: between long brackets where these keep every
-- byte, since they are read twice as fast as escapes.
local function literal(text)
  if text:find("\r", 1, true) then return ("%q"):format(text) end
  local level = ""
  while text:find("]" .. level .. "]", 1, true) do level = level .. "=" end
  return ("[%s[\n%s]%s]"):format(level, text, level)
end

local function save(header, path, asked)
  local file, message = io.open(path, "wb")
  if not file then return nil, message end
  local files = {}
  for name in pairs(header.files) do files[#files + 1] = name end
  table.sort(files)
  file:write("-- C declarations, kept by cplugin. Safe to delete.\nreturn {\n")
  file:write(("abi = %q,\nrequest = %q,\nfiles = {"):format(header.abi, asked))
  for _, name in ipairs(files) do file:write(("%q, "):format(name)) end
  file:write("},\ntext = ", literal(header.text), "\n}\n")
  file:close()
  return true
end

--- The header that is kept at `path`; nil and a message if it is unusable,
-- nil alone if there is none or it is for another request.
local function load_cache(path, asked)
  local text = read_file(path)
  if not text then return nil end
  local chunk = load(text, "=" .. path, "t", {})
  local ok, kept = pcall(chunk or error)
  if not ok or type(kept) ~= "table" or type(kept.text) ~= "string" then
    return nil, ("'%s' is not a header kept by cplugin: delete it, or name "
      .. "another file"):format(path)
  end
  if kept.abi ~= plugin.abi then
    return nil, ("'%s' was made for %s, this is %s: make one here (with a "
      .. "compiler) under another name")
      :format(path, tostring(kept.abi), plugin.abi)
  end
  if kept.request ~= asked then return nil end
  local files = {}
  for _, name in ipairs(kept.files) do files[name] = true end
  return setmetatable({ text = kept.text, files = files, abi = kept.abi },
    Header)
end

-- Public -------------------------------------------------------------------

--- The header, or nil and a message; what the user gave has been checked.
local function read(names, options)
  if not options.cache then return make(names, options) end
  local asked = request(names, options)
  local kept, message = load_cache(options.cache, asked)
  if kept then return kept end
  if message then return nil, message end
  local made
  made, message = make(names, options)
  if not made then return nil, message end
  local saved
  saved, message = save(made, options.cache, asked)
  if not saved then return nil, message end
  return made
end

--- plugin.header(names [, options]): the declarations of C headers as a
-- value that cdef takes. Fields: text (C text). Options: cc, include, define,
-- pkg, flags, cache, all. nil and a message without header or compiler.
local function header(names, options)
  return read(list_of(names), check_options(options or {}))
end

--- What the named headers declare, without what they include: a list of
-- the names of functions, variables and constants.
function Header:names()
  return (plugin.declares(self))
end

function Header:__tostring()
  return ("header (%d bytes of C)"):format(#self.text)
end

--- p:header(names [, options]): declares the headers in the plugin's scope.
-- Returns the header, or nil and a message.
local function declare(p, names, options)
  if type(p) ~= "userdata" then
    error("plugin expected, got " .. type(p) .. ": write p:header(...), with "
      .. "a colon", 2)
  end
  local made, message = read(list_of(names), check_options(options or {}))
  if not made then return nil, message end
  local ok
  ok, message = pcall(p.cdef, p, made)
  if ok then return made end
  if message:find "unknown type name" then
    message = message .. "\n(if the header wants another one before it, give "
      .. "both: {\"stdio.h\", ...})"
  end
  error(message, 2)
end

return { header = header, declare = declare }
