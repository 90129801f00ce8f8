-- save.lua - the session as a script: libraries, declarations, inputs.

local complaint = require "cplugin.complaint"

local save = {}

local HEAD <const> = [[
-- A session of the cplugin prompt: lua5.4 FILE runs it again.
local plugin = require "cplugin"
]]

--- What the prompt does with names that are no globals.
local NAMES <const> = [[

-- A name that is not Lua's is one of the libraries, a constant or a type.
local libraries = {}

local function close_library(closing)
  closing:close()
  for i, library in ipairs(libraries) do
    if library == closing then return table.remove(libraries, i) end
  end
end

local function owner(name)
  for _, library in ipairs(libraries) do
    local symbol = library:lookup(name)
    if symbol and symbol.declaration then return library.C, symbol.kind end
  end
  return plugin.C
end

setmetatable(_G, {
  __index = function(_, name)
    local found, value = pcall(function() return owner(name)[name] end)
    if found then return value end
    local is_type, ctype = pcall(plugin.typeof, name)
    return is_type and ctype or nil
  end,
  __newindex = function(_, name, value)
    local names, kind = owner(name)
    if kind == "variable" or kind == "tls" then
      names[name] = value
    else
      rawset(_G, name, value)
    end
  end,
})

]]

--- The text between long brackets that it does not contain.
local function long(text)
  local level = ""
  while (text .. "]"):find("]" .. level .. "]", 1, true) do
    level = level .. "="
  end
  return ("[%s[%s]%s]"):format(level, text, level)
end

local writers = {}

function writers.open(entry)
  return ("%s = assert(plugin.open %q)\ntable.insert(libraries, %s)"):format(
    entry.name, entry.text, entry.name)
end

function writers.describe(entry)
  return ("assert(plugin.open(%q, {debuginfo = true}))"):format(entry.text)
end

function writers.close(entry)
  return ("close_library(%s)\n%s = nil"):format(entry.text, entry.text)
end

function writers.decl(entry)
  return "plugin.cdef " .. long(entry.text)
end

function writers.header(entry)
  return ("plugin.cdef(assert(plugin.header %q))"):format(entry.text)
end

--- Values that the prompt showed are printed; the first one is `_`.
function writers.input(entry)
  local expression = entry.text:gsub("^%s*=", "", 1)
  if load("return " .. expression) then
    return ("_ = %s\nif _ ~= nil then print(_) end"):format(expression)
  end
  return entry.text
end

--- The script's text.
function save.text(log)
  local parts = {HEAD, NAMES}
  for _, entry in ipairs(log) do
    parts[#parts + 1] = writers[entry.kind](entry) .. "\n"
  end
  return table.concat(parts)
end

function save.save(session, path)
  if path == "" then require("cplugin.command").usage "save" end
  local file = complaint.missing(io.open(path, "w"))
  file:write(save.text(session.log))
  file:close()
  session.out(("%d lines of this session are in %s"):format(
    #session.log, path))
end

return save
