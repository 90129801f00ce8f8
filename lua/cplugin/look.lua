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
    session.out(("%s = %s"):format(library.name, library.path))
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
    lines[#lines + 1] = {
      name = symbol.name, text = ("%-8s %8d  %s"):format(
        symbol.kind, symbol.size, symbol.declaration or symbol.name),
    }
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

function look.layout(session, rest)
  if rest == "" then command.usage "layout" end
  local layout = require "cplugin.layout"
  local typed, ctype = pcall(plugin.typeof, rest)
  if not typed then
    local read, value = pcall(session.values, session, rest)
    if not read or not pcall(plugin.typeof, value) or value == nil then
      error(ctype, 0)
    end
    ctype = value
  end
  for _, line in ipairs(layout.lines(ctype)) do session.out(line) end
end

-- Declarations ---------------------------------------------------------------

--- Says of each name if it is there to be used.
local function tell_declared(session, names)
  for _, name in ipairs(names) do
    local library = session:exporter(name)
    local found, value = pcall(function() return plugin.C[name] end)
    if library then
      session.out(("%s of %s"):format(
        library.plugin:lookup(name).declaration, library.label))
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
  if rest:find "^[%a_][%w_]*$" then
    local advice = require("cplugin.explain").undeclared(session, rest)
    if advice then complaint.raise(complaint.FAILED, "%s", advice) end
  end
  tell_declared(session, session:declare(rest))
end

-- errno ----------------------------------------------------------------------

local function errno_text(number)
  local name
  if system.has "strerrorname_np" then
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
