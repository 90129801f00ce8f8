-- session.lua - what one prompt knows: the open libraries, what has been
-- declared, what has been typed, and how inputs see all that.
--
-- Inputs are Lua in _G. A name that is no global is looked for among the
-- names of the libraries, in the order of their opening, then among constants
-- and types. Declarations go to the global scope, which all libraries see.

local plugin = require "cplugin"
local complaint = require "cplugin.complaint"

local missing = complaint.missing

local Session = {}
Session.__index = Session

--- A session; `out` writes a text, `show` is the Show of its values.
local function new(options)
  local session = setmetatable({
    libraries = {},               -- {name, plugin, path}, in order
    found = {},                   -- name -> {library, symbol}, or false
    declared = {},                -- name -> true: by the user, not debug info
    told = {},                    -- names of which debug info was told
    errno = 0,                    -- as the last input left it
    names = {}, types = {},       -- lists of what was declared
    log = {},                     -- what .save writes: {kind, text, name}
    hooks = {},                   -- run after each input
    out = options.out, show = options.show, options = options,
    traced = nil,                 -- the calls that run, while traced
  }, Session)
  _G.plugin = plugin
  return session
end

function Session:note(kind, text, name)
  self.log[#self.log + 1] = {kind = kind, text = text, name = name}
end

-- Libraries ------------------------------------------------------------------

--- "z" for libz.so.1.2.13: a name that Lua can have and that is free.
local function variable_name(realname)
  local name = realname:gsub("^lib", "", 1):match "^[^.]*"
  name = name:gsub("[^%w_]", "_"):gsub("^%d", "_%0")
  if name == "" or not load("local " .. name) then name = name .. "_" end
  while rawget(_G, name) ~= nil do name = name .. "_" end
  return name
end

function Session:library(name)
  for i, library in ipairs(self.libraries) do
    if library.name == name then return library, i end
  end
end

--- Opens a library and gives it a global; nil and a message without it. One
-- that is open already keeps its name, and so does one whose file has been
-- replaced: what was there before is closed, and `replaced` set.
function Session:open(name)
  local opened, message = plugin.open(name)
  if not opened then return nil, message end
  self:tidy()
  local info, older = opened:info(), nil
  for _, library in ipairs(self.libraries) do
    if library.plugin == opened then return library end
    if library.path == info.path then older = library.name end
  end
  if older then self:close(older) end
  local library = {
    name = variable_name(info.realname), plugin = opened, path = info.path,
    label = info.soname or info.realname, replaced = older ~= nil,
  }
  table.insert(self.libraries, library)
  self.found = {}
  rawset(_G, library.name, opened)
  self:note("open", name, library.name)
  return library
end

--- Closes the library of that name.
function Session:close(name)
  local library, i = self:library(name)
  if not library then
    complaint.raise(complaint.MISSING, "no library '%s' is open%s", name,
                    require("cplugin.near").hint(name, self:library_names()))
  end
  library.plugin:close()
  table.remove(self.libraries, i)
  self.found = {}
  if rawget(_G, name) == library.plugin then rawset(_G, name, nil) end
  self:note("close", name)
end

function Session:library_names()
  local names = {}
  for i, library in ipairs(self.libraries) do names[i] = library.name end
  return names
end

-- Names ----------------------------------------------------------------------

local function find_exporter(self, name)
  for _, library in ipairs(self.libraries) do
    local symbol = library.plugin:lookup(name)
    if symbol then return {library, symbol} end
  end
  return false
end

--- The library that exports the symbol, and the Symbol.
function Session:exporter(name)
  if self.found[name] == nil then
    self.found[name] = find_exporter(self, name)
  end
  if self.found[name] then return table.unpack(self.found[name]) end
end

--- Libraries may have been closed by their method, too.
function Session:tidy()
  for i = #self.libraries, 1, -1 do
    if tostring(self.libraries[i].plugin):find "%(closed%)$" then
      table.remove(self.libraries, i)
      self.found = {}
    end
  end
end

local function constant(name)
  local found, value = pcall(function() return plugin.C[name] end)
  if found then return value end
end

--- The declaration of a symbol, by the user or by debug info, which is looked
-- for when it is first of use. From then on it also checks the user's.
function Session:declaration(library, symbol)
  if library.described == nil then
    library.described = plugin.open(library.path, {
      debuginfo = true, check = true,
    }) ~= nil
    if library.described then self:note("describe", library.path) end
  end
  return symbol.declaration
end

local function tell(self, name, declaration)
  if not self.declared[name] and not self.told[name] then
    self.told[name] = true
    self.out(("note: by debug info it is %s"):format(declaration))
  end
end

--- The value of a name that is no global. A symbol without declaration comes
-- untyped: it tells what to do when it is called.
function Session:name(name)
  if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" then return end
  local library, symbol = self:exporter(name)
  local declaration = library and self:declaration(library, symbol)
  if declaration then
    tell(self, name, declaration)
    return library.plugin.C[name]
  end
  if symbol then return symbol end
  local value = constant(name)
  if value ~= nil then return value end
  local typed, ctype = pcall(plugin.typeof, name)
  if typed then return ctype end
end

local function assign(self, name, value)
  local library, symbol = self:exporter(name)
  local declared = symbol and self:declaration(library, symbol)
  if declared and symbol.kind ~= "function" and symbol.kind ~= "ifunc" then
    library.plugin.C[name] = value
  else
    rawset(_G, name, value)
  end
end

--- From here on globals that do not exist are names of the libraries.
function Session:enter()
  setmetatable(_G, {
    __index = function(_, name) return self:name(name) end,
    __newindex = function(_, name, value)
      if type(name) == "string" and #self.libraries > 0 then
        assign(self, name, value)
      else
        rawset(_G, name, value)
      end
    end,
  })
end

-- Declarations ---------------------------------------------------------------

local MOST_REPLACED <const> = 1000

--- Takes out what the message says was declared otherwise; its name, or nil.
local function give_way(message)
  local name, now = message:match "'([%w_]+)' is ([^\n]-), but was declared"
  if not name then return end
  local tag = now:find "^defined with other" or now:find "^declared as "
  return plugin.undeclare(tag and "struct " .. name or name) and name
end

--- Declares C text or a header that is right by itself: at the prompt, what
-- was declared otherwise before was a mistake.
local function declare(text)
  for _ = 1, MOST_REPLACED do
    local fine, message = pcall(plugin.cdef, text)
    if fine then return end
    if not give_way(message) then error(message, 0) end
  end
end

--- Declares C text or a header; gives the functions, variables and constants
-- in it.
local function declare_all(self, text)
  local names, types = plugin.declares(text)
  declare(text)
  for _, name in ipairs(names) do
    self.declared[name] = true
    for _, library in ipairs(self.libraries) do   -- what debug info said
      library.plugin:undeclare(name)
    end
  end
  table.insert(self.names, names)
  table.insert(self.types, types)
  return names
end

function Session:declare(text)
  if not text:find ";%s*$" then text = text .. ";" end
  local names = declare_all(self, text)
  self:note("decl", text)
  return names
end

--- Declares what C headers have; gives the names.
function Session:header(name)
  local header = missing(plugin.header(name))
  local names = declare_all(self, header)
  self:note("header", name)
  return names
end

-- Inputs ---------------------------------------------------------------------

--- The chunk of an input, and whether it is an expression; nil, and the
-- messages of the syntax error as a statement and as an expression.
local function compile(text)
  local expression = text:gsub("^%s*=", "", 1)
  local chunk, inner = load("return " .. expression, "=input", "t")
  if chunk then return chunk, true end
  local outer
  chunk, outer = load(text, "=input", "t")
  return chunk, chunk and false or outer, inner
end

--- The message for a user: where a text does not even begin as a statement
-- does, it was meant as an expression.
local function syntax_error(text, statement, expression)
  local token = statement:match "unexpected symbol near '?(.-)'?$"
  local begins = token and text:match "^%s*(.*)":sub(1, #token) == token
  return begins and expression or statement
end

--- Is it the beginning of an input that goes on?
local function is_incomplete(text)
  local chunk, statement, expression = compile(text)
  return not chunk and (statement:find "<eof>$" or expression:find "<eof>$")
    ~= nil
end

--- Runs an input: true and its values, packed, or false and what was thrown.
-- The first value becomes `_`.
function Session:evaluate(text)
  local chunk, statement, expression = compile(text)
  if not chunk then return false, syntax_error(text, statement, expression) end
  if self.trace then self.trace.arm(self) end
  plugin.errno(self.errno)        -- the prompt's own calls do not count
  local results = table.pack(xpcall(chunk, self.options.handler))
  self.errno = plugin.errno()
  if self.trace then self.trace.disarm() end
  if not results[1] then return false, results[2] end
  local values = table.pack(table.unpack(results, 2, results.n))
  if values.n > 0 then rawset(_G, "_", values[1]) end
  return true, values
end

--- The values of an expression that a command was given; throws.
function Session.values(_, text)
  local chunk, message = load("return " .. text, "=input", "t")
  if not chunk then error(message, 0) end
  return chunk()
end

return {new = new, is_incomplete = is_incomplete}
