-- look.lua - the commands that open libraries, look into them and declare.

local plugin = require "cplugin"
local command = require "cplugin.command"
local complaint = require "cplugin.complaint"
local system = require "cplugin.system"

local look = {}

local MOST_SYMBOLS <const> = 60

local function words(text)
  local list = {}
  for word in text:gmatch "%S+" do list[#list + 1] = word end
  return list
end

-- Open and close -------------------------------------------------------------

function look.open(session, rest)
  local names = words(rest)
  if #names == 0 then command.usage "open" end
  for _, name in ipairs(names) do
    local library = complaint.missing(session:open(name))
    session.out(("%s = %s%s"):format(library.name, library.path,
      library.replaced and ", what was there before is closed" or ""))
    library.replaced = nil
  end
end

function look.close(session, rest)
  local names = words(rest)
  if #names == 0 then command.usage "close" end
  for _, name in ipairs(names) do session:close(name) end
end

--- The library of that name, or all of them.
local function chosen(session, name)
  local library = name and session:library(name)
  if library then return {library} end
  if #session.libraries == 0 then
    complaint.raise(complaint.MISSING, "no library is open: .open LIBRARY")
  end
  return session.libraries
end

-- Looking --------------------------------------------------------------------

local function symbol_lines(library, pattern)
  local lines = {}
  for symbol in library.plugin:symbols(pattern) do
    if pattern or symbol.kind ~= "other" then   -- names of versions
      lines[#lines + 1] = {
        name = symbol.name, text = ("%-8s %8d  %s"):format(
          symbol.kind, symbol.size, symbol.declaration or symbol.name),
      }
    end
  end
  table.sort(lines, function(a, b) return a.name < b.name end)
  return lines
end

local function print_symbols(session, library, pattern, titled)
  local lines = symbol_lines(library, pattern)
  if titled and #lines > 0 then session.out(library.label .. ":") end
  for i = 1, math.min(#lines, MOST_SYMBOLS) do session.out(lines[i].text) end
  if #lines > MOST_SYMBOLS then
    session.out(("... %d more: .symbols PATTERN shows fewer"):format(
      #lines - MOST_SYMBOLS))
  end
  return #lines
end

function look.symbols(session, rest)
  local name, pattern = rest:match "^(%S*)%s*(.-)$"
  if not session:library(name) then name, pattern = nil, rest end
  pattern = pattern ~= "" and pattern or nil
  local libraries, count = chosen(session, name), 0
  for _, library in ipairs(libraries) do
    count = count + print_symbols(session, library, pattern, #libraries > 1)
  end
  if count == 0 then
    complaint.raise(complaint.MISSING, "nothing is exported%s",
                    pattern and " like '" .. pattern .. "'" or "")
  end
end

local function print_info(session, key, value)
  for i, item in ipairs(type(value) == "table" and value or {value}) do
    session.out(("%-12s %s"):format(i == 1 and key or "", item))
  end
end

function look.info(session, rest)
  local name = rest ~= "" and rest or nil
  if name and not session:library(name) then
    complaint.raise(complaint.MISSING, "no library '%s' is open%s", name,
      require("cplugin.near").hint(name, session:library_names()))
  end
  for _, library in ipairs(chosen(session, name)) do
    local info, keys = library.plugin:info(), {}
    for key in pairs(info) do keys[#keys + 1] = key end
    table.sort(keys)
    session.out(library.name .. ":")
    for _, key in ipairs(keys) do print_info(session, key, info[key]) end
  end
end

--- The type of that text: of the user's declarations, of a library's debug
-- info as far as it was used, or of a value.
local function find_type(session, text)
  local typed, ctype = pcall(plugin.typeof, text)
  if typed and plugin.sizeof(ctype) then return ctype end
  for _, library in ipairs(session.libraries) do
    local own, other = pcall(library.plugin.typeof, library.plugin, text)
    if own and plugin.sizeof(other) then return other end
  end
  if typed then return ctype end
  local read, value = pcall(session.values, session, text)
  if read and value ~= nil and pcall(plugin.typeof, value) then return value end
  error(ctype, 0)
end

function look.layout(session, rest)
  if rest == "" then command.usage "layout" end
  local layout = require "cplugin.layout"
  for _, line in ipairs(layout.lines(find_type(session, rest))) do
    session.out(line)
  end
end

--- Two files, or names of libraries that are open.
function look.diff(session, rest)
  local names = words(rest)
  if #names ~= 2 then command.usage "diff" end
  for i, name in ipairs(names) do
    local library = session:library(name)
    names[i] = library and library.path or name
  end
  session.out(tostring(complaint.missing(plugin.diff(names[1], names[2]))))
end

-- Declarations ---------------------------------------------------------------

--- Where the declaration of a symbol is from.
local function source(session, library, name)
  local where = session.declared[name] and "declared" or "by debug info"
  return ("%s: %s of %s"):format(where, library.plugin:lookup(name).declaration,
                                 library.label)
end

function look.proto(session, rest)
  if rest == "" or rest:find "%s" then command.usage "proto" end
  local library, symbol = session:exporter(rest)
  if not library then
    local meant = require("cplugin.explain").exported(session, rest)
    complaint.raise(complaint.MISSING, "no open library exports '%s'%s", rest,
      meant and (", did you mean '%s'?"):format(meant) or "")
  elseif not session:declaration(library, symbol) then
    complaint.raise(complaint.MISSING, "%s",
                    require("cplugin.explain").undeclared(session, rest))
  end
  session.out(source(session, library, rest))
end

--- A declaration that debug info contradicts is told of at once.
local function tell_exported(session, library, symbol)
  session.out(("%s of %s"):format(session:declaration(library, symbol),
                                  library.label))
  if rawget(_G, symbol.name) ~= nil then
    session.out(("note: '%s' is a global of Lua; this is %s.C.%s"):format(
      symbol.name, library.name, symbol.name))
  end
  local fine, message = pcall(function()
    return library.plugin.C[symbol.name]
  end)
  if not fine and message:find "debug info" then
    session.out("warning: " .. complaint.text(message))
  end
end

--- Says of each name if it is there to be used.
local function tell_declared(session, names)
  for _, name in ipairs(names) do
    local library, symbol = session:exporter(name)
    local found, value = pcall(function() return plugin.C[name] end)
    if library then
      tell_exported(session, library, symbol)
    elseif found and type(value) == "function" then
      session.out(plugin.signature(value) .. " of the program")
    elseif not found then
      session.out(("no open library exports '%s'"):format(name))
    end
  end
end

local function declare_header(session, name)
  local names, usable = session:header(name), {}
  for _, item in ipairs(names) do
    if session:exporter(item) then usable[#usable + 1] = item end
  end
  session.out(("%s: %d names, %d of them exported by what is open"):format(
    name, #names, #usable))
end

function look.decl(session, rest)
  if rest == "" then command.usage "decl" end
  local header = rest:match "^<?([%w_./+-]+%.h)>?$"
  if header then return declare_header(session, header) end
  if rest:find "^[%a_][%w_]*$" and session:exporter(rest) then
    return look.proto(session, rest)
  end
  tell_declared(session, session:declare(rest))
end

-- errno ----------------------------------------------------------------------

local function errno_text(number)
  local name
  if number ~= 0 and system.has "strerrorname_np" then
    name = plugin.string(system.strerrorname_np(number))
  end
  return ("%d%s: %s"):format(number, name and " " .. name or "",
                             plugin.string(system.strerror(number)))
end

function look.errno(session, rest)
  local number = rest == "" and session.errno or math.tointeger(tonumber(rest))
  if not number then command.usage "errno" end
  session.out(errno_text(number))
end

look.errno_text = errno_text

return look
