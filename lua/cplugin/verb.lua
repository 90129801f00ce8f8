-- verb.lua - the one-shot verbs: cplugin symbols, call, layout ...

local plugin = require "cplugin"
local complaint = require "cplugin.complaint"

local raise, missing = complaint.raise, complaint.missing

--- Each verb: its arguments (for a message), how many at least and at most,
-- and what it does with the options and the arguments.
local verbs = {}

local function define(name, arguments, least, most, run)
  verbs[name] = {arguments = arguments, least = least, most = most, run = run}
end

local function json(value)
  print(require("cplugin.json").text(value))
end

local function show(value, ctype)
  local width = require("cplugin.terminal").width()
  return require("cplugin.show").new({width = width}):value(value, ctype)
end

-- Looking into files ---------------------------------------------------------

local function inspect(name)
  return missing(plugin.inspect(missing(plugin.search(name))))
end

local function symbol_data(symbol)
  return {name = symbol.name, kind = symbol.kind, size = symbol.size,
          version = symbol.version}
end

local function symbol_line(symbol)
  return ("%-8s %8d  %s%s"):format(symbol.kind, symbol.size or 0, symbol.name,
    symbol.version and "@" .. symbol.version or "")
end

define("symbols", "FILE [PATTERN]", 1, 2, function(options, name, pattern)
  local found = {}
  for symbol in inspect(name):symbols(pattern) do
    if options.json then
      found[#found + 1] = symbol_data(symbol)
    else
      print(symbol_line(symbol))
      found[1] = symbol
    end
  end
  if pattern and #found == 0 then
    raise(complaint.MISSING, "%s exports nothing like '%s'", name, pattern)
  end
  if options.json then json(found) end
end)

--- A value of info(): a text, or a list of them, each on a line.
local function print_info(key, value)
  for i, item in ipairs(type(value) == "table" and value or {value}) do
    print(("%-12s %s"):format(i == 1 and key or "", item))
  end
end

define("info", "FILE", 1, 1, function(options, name)
  local info, keys = inspect(name):info(), {}
  if options.json then return json(info) end
  for key in pairs(info) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do print_info(key, info[key]) end
end)

--- A diff without its metatable, for JSON.
local function diff_data(diff)
  local changes = {}
  for i, change in ipairs(diff.changes) do
    changes[i] = {}
    for key, value in pairs(change) do changes[i][key] = value end
  end
  return {old = diff.old, new = diff.new, compatible = diff.compatible,
          breaking = diff.breaking, types = diff.types, why = diff.why,
          changes = changes}
end

define("search", "NAME [VERSION]", 1, 2, function(options, name, version)
  local path = missing(plugin.search(name, version))
  if options.json then json {path = path} else print(path) end
end)

define("diff", "OLD NEW", 2, 2, function(options, old, new)
  local diff = missing(plugin.diff(old, new))
  if options.json then json(diff_data(diff)) else print(diff) end
  return diff.compatible and 0 or complaint.FAILED
end)

define("proto", "FILE SYMBOL", 2, 2, function(options, file, name)
  local described = missing(plugin.inspect(file, {debuginfo = true}))
  local symbol = missing(described:lookup(name))
  if not symbol.declaration then
    raise(complaint.MISSING, "debug info does not know how '%s' is declared",
          name)
  elseif options.json then
    return json {name = name, declaration = symbol.declaration}
  end
  print(symbol.declaration)
end)

-- Calls and variables --------------------------------------------------------

--- The name that a declaration declares, the last one in it: enumerators
-- stand before it. A name alone is declared elsewhere, by a header.
local function declared_name(text)
  if text:find "^[%a_][%w_]*$" then return text end
  plugin.typeof(text)
  local names = plugin.declares(text .. ";")
  return names[#names] or raise(complaint.USAGE, "'%s' does not declare a "
    .. "name: write it as in C, 'double cos(double)'", text), text
end

--- A library, with its debug info if it has any: that is compared with what
-- the user declares, and is there where the user declares nothing.
local function open(file)
  return plugin.open(file, {debuginfo = true, check = true})
    or missing(plugin.open(file))
end

--- The typed thing, and its type.
local function typed(file, text)
  local library = open(file)
  local name, declaration = declared_name(text)
  local symbol = missing(library:lookup(name))
  declaration = declaration or symbol.declaration
  if not declaration then
    raise(complaint.USAGE, "'%s' has no type: write its declaration, as in "
      .. "'double cos(double)', or name its header with --header", name)
  end
  local found, message = library:lookup(name, declaration)
  return missing(found, message), library:typeof(declaration), library,
    declaration
end

--- The parameters that take a word each.
local function taken(kind)
  local list = {}
  for _, parameter in ipairs(kind.parameters) do
    if not parameter.out then list[#list + 1] = parameter end
  end
  return list
end

--- Values of the words, with C text of a parameter's type where known.
local function arguments(kind, words, target)
  local word = require "cplugin.word"
  local parameters = taken(kind)
  local most = kind.variadic and #words or #parameters
  if #words < #parameters or #words > most then
    raise(complaint.USAGE, "'%s' takes %d argument%s, got %d", target,
          #parameters, #parameters == 1 and "" or "s", #words)
  end
  local values = {n = #words}
  for i, text in ipairs(words) do
    local parameter = parameters[i]
    if not parameter then
      values[i] = word.free(text)
    elseif parameter.inout then
      values[i] = word.value(text, plugin.reflect(parameter.type).target)
    else
      values[i] = word.value(text, parameter.type)
    end
  end
  return values
end

--- The types of what a function gives: its result, and output parameters.
local function result_types(kind)
  local types = {}
  if plugin.reflect(kind.result).kind ~= "void" then types[1] = kind.result end
  for _, parameter in ipairs(kind.parameters) do
    if parameter.out or parameter.inout then
      types[#types + 1] = plugin.reflect(parameter.type).target
    end
  end
  return types
end

local function print_values(options, values, types)
  local json_text = options.json and require("cplugin.json").text
  local texts = {}
  for i = 1, #types do
    local value = values[i]
    if json_text then
      texts[i] = json_text(value, types[i])
    elseif type(value) == "string" then
      texts[i] = value
    else
      texts[i] = show(value, types[i])
    end
  end
  if json_text then
    print("[" .. table.concat(texts, ",") .. "]")
  elseif #texts > 0 then
    print(table.concat(texts, "\n"))
  end
end

define("call", "FILE DECLARATION [WORD ...]", 2, math.huge,
  function(options, file, text, ...)
    local f, ctype, library, declaration = typed(file, text)
    if type(f) ~= "function" then
      raise(complaint.USAGE, "'%s' is a variable: try 'cplugin get'", text)
    end
    local kind = library:reflect(declaration)
    local values = arguments(kind, {...},
                             plugin.declaration(ctype, declared_name(text)))
    local results = table.pack(f(table.unpack(values, 1, values.n)))
    io.stdout:flush()
    print_values(options, results, result_types(kind))
  end)

local SCALAR <const> = {array = false, struct = false, union = false}

--- A variable, its value and type.
local function variable(file, text)
  local found, ctype = typed(file, text)
  if type(found) == "function" then
    raise(complaint.USAGE, "'%s' is a function: try 'cplugin call'", text)
  end
  local scalar = SCALAR[plugin.reflect(ctype).kind] == nil
  return found, ctype, scalar
end

local function print_variable(options, found, ctype, scalar)
  if scalar then found = found[0] end
  if options.json then
    print(require("cplugin.json").text(found, ctype))
  else
    print(show(found, ctype))
  end
end

define("get", "FILE DECLARATION", 2, 2, function(options, file, text)
  print_variable(options, variable(file, text))
end)

define("set", "FILE DECLARATION WORD", 3, 3, function(options, file, text, new)
  local found, ctype, scalar = variable(file, text)
  local value = require("cplugin.word").value(new, ctype)
  if scalar then
    found[0] = value
  else
    plugin.copy(plugin.addressof(found), plugin.addressof(value),
                plugin.sizeof(ctype))
  end
  print_variable(options, found, ctype, scalar)
end)

-- Types and headers ----------------------------------------------------------

define("layout", "TYPE [HEADER ...]", 1, math.huge,
  function(options, text, ...)
    local layout = require "cplugin.layout"
    if ... then plugin.cdef(missing(plugin.header({...}, {all = true}))) end
    local ctype = plugin.typeof(text)
    if options.json then return json(layout.data(ctype)) end
    print(table.concat(layout.lines(ctype), "\n"))
  end)

--- What a header declares under that name: C text.
local function header_line(name)
  local typed_name, ctype = pcall(plugin.typeof, "typeof(" .. name .. ")")
  if typed_name and plugin.reflect(ctype).kind == "function" then
    return plugin.declaration(ctype, name)
  end
  local constant, value = pcall(function() return plugin.C[name] end)
  if constant and (type(value) == "number" or type(value) == "string") then
    return name .. " = " .. show(value)
  end
  return typed_name and "extern " .. plugin.declaration(ctype, name) or name
end

define("header", "HEADER [PATTERN]", 1, 2, function(options, name, pattern)
  local header = missing(plugin.header(name))
  plugin.cdef(header)
  local found = {}
  for _, item in ipairs(header:names()) do
    if not pattern or item:find(pattern) then
      found[#found + 1] = {name = item, declaration = header_line(item)}
    end
  end
  if pattern and #found == 0 then
    raise(complaint.MISSING, "%s declares nothing like '%s'", name, pattern)
  end
  if options.json then return json(found) end
  for _, item in ipairs(found) do print(item.declaration) end
end)

-- Running --------------------------------------------------------------------

local verb = {}

--- Is it the name of a verb?
function verb.is(name)
  return verbs[name] ~= nil
end

function verb.names()
  return verbs
end

--- Runs it, and gives the exit code; or throws a complaint.
function verb.run(name, options, arguments_)
  local found, count = verbs[name], #arguments_
  if count < found.least or count > found.most then
    raise(complaint.USAGE, "usage: cplugin %s %s", name, found.arguments)
  end
  for _, header in ipairs(options.headers) do
    plugin.cdef(missing(plugin.header(header)))
  end
  return found.run(options, table.unpack(arguments_)) or 0
end

return verb
