-- complete.lua - what a word at the prompt can become: commands, globals,
-- fields of tables and cdata, symbols of the open libraries, C types, paths.
--
-- Nothing of C is read for it, types only: a completion must not be what
-- crashes.

local plugin = require "cplugin"
local command = require "cplugin.command"

local complete = {}

local MOST <const> = 2000         -- symbols of a library that are offered

local KEYWORDS <const> = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function",
  "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then",
  "true", "until", "while",
}

-- Collecting -----------------------------------------------------------------

--- A set of words that begin with the prefix; `cut` where there were more.
local function collector(prefix)
  return {prefix = prefix, words = {}, seen = {}, cut = false}
end

local function offer(into, word)
  if type(word) == "string" and word:sub(1, #into.prefix) == into.prefix
     and not into.seen[word] then
    into.seen[word] = true
    into.words[#into.words + 1] = word
  end
end

local function offer_all(into, list)
  for _, word in ipairs(list) do offer(into, word) end
end

local function offer_keys(into, value)
  for key in next, value do
    if type(key) == "string" and key:find "^[%a_][%w_]*$" then
      offer(into, key)
    end
  end
end

--- The names that a library exports, in order: its file is asked, which is
-- faster than its loader, and once.
local function names_of(library)
  if not library.names then
    local names, file = {}, plugin.inspect(library.path)
    if file then
      for symbol in file:symbols() do names[#names + 1] = symbol.name end
    end
    table.sort(names)
    library.names = names
  end
  return library.names
end

--- Where names that begin with the prefix begin.
local function first_of(names, prefix)
  local low, high = 1, #names + 1
  while low < high do
    local middle = (low + high) // 2
    if names[middle] < prefix then low = middle + 1 else high = middle end
  end
  return low
end

local function offer_symbols(into, library)
  local names, prefix = names_of(library), into.prefix
  local i = first_of(names, prefix)
  local last = i + MOST
  while names[i] and names[i]:sub(1, #prefix) == prefix do
    if i == last then
      into.cut = true
      return
    end
    offer(into, names[i])
    i = i + 1
  end
end

-- Kinds of words -------------------------------------------------------------

local function offer_types(into, session)
  for _, types in ipairs(session.types) do offer_all(into, types) end
  offer_all(into, {
    "char", "signed char", "unsigned char", "short", "unsigned short", "int",
    "unsigned int", "long", "unsigned long", "long long", "float", "double",
    "void", "size_t", "int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t",
    "uint32_t", "int64_t", "uint64_t", "intptr_t", "uintptr_t", "ptrdiff_t",
  })
end

local function offer_names(into, session)
  offer_all(into, KEYWORDS)
  offer_keys(into, _G)
  for _, library in ipairs(session.libraries) do
    offer_symbols(into, library)
  end
  for _, names in ipairs(session.names) do offer_all(into, names) end
  offer_types(into, session)
end

local function fields_of(kind)
  local names = {}
  for _, field in ipairs(kind.fields or {}) do
    if field.name then
      names[#names + 1] = field.name
    else
      table.move(fields_of(plugin.reflect(field.type)), 1, 1 << 20,
                 #names + 1, names)
    end
  end
  return names
end

--- The record that a type is, or that it is a pointer to.
local function record_of(ctype)
  local kind = plugin.reflect(ctype)
  return kind.target and plugin.reflect(kind.target) or kind
end

-- Paths through values -------------------------------------------------------

local METHODS <const> = {
  "alignof", "cast", "cdef", "close", "header", "info", "lookup", "new",
  "offsetof", "sizeof", "symbols", "typeof", "C",
}

local function library_of(session, value)
  for _, library in ipairs(session.libraries) do
    if rawequal(library.plugin, value) then return library end
  end
end

--- A step of a path: {value = ...}, {ctype = ...} or {symbols = library}.
local function first_step(session, name)
  local value = rawget(_G, name)
  if value ~= nil then return {value = value} end
  local library, symbol = session:exporter(name)
  local declaration = library and session:declaration(library, symbol)
  if declaration and symbol.kind == "variable" then
    return {ctype = library.plugin:typeof(declaration)}
  end
end

local function member_type(ctype, name)
  local kind = record_of(ctype)
  for _, field in ipairs(kind.fields or {}) do
    if field.name == name then return {ctype = field.type} end
    if not field.name then
      local found = member_type(field.type, name)
      if found then return found end
    end
  end
end

local function next_step(session, step, name)
  local value = step.value
  if step.ctype then return member_type(step.ctype, name) end
  if getmetatable(value) == "cdata" then
    return member_type(plugin.typeof(value), name)
  elseif type(value) == "table" and rawget(value, name) ~= nil then
    return {value = rawget(value, name)}
  end
  local library = name == "C" and library_of(session, value)
  return library and {symbols = library}
end

local function offer_step(into, session, step)
  local value = step.value
  if step.symbols then
    return offer_symbols(into, step.symbols)
  elseif step.ctype or getmetatable(value) == "cdata" then
    return offer_all(into, fields_of(record_of(step.ctype or value)))
  elseif library_of(session, value) then
    return offer_all(into, METHODS)
  elseif type(value) == "string" then
    value = string
  end
  if type(value) == "table" then offer_keys(into, value) end
  local meta = debug.getmetatable(value)
  local index = meta and rawget(meta, "__index")
  if type(index) == "table" and value ~= string then offer_keys(into, index) end
end

--- Fields at the end of a path, "a.b:c": whole words again.
local function complete_path(session, word)
  local path, last = word:match "^(.-[.:])([%w_]*)$"
  local step
  for name in path:gmatch "[%w_]+" do
    step = step and next_step(session, step, name)
      or not step and first_step(session, name)
    if not step then return collector(last), path end
  end
  local into = collector(last)
  if step then offer_step(into, session, step) end
  return into, path
end

-- Contexts -------------------------------------------------------------------

local COMMAND_WORDS = {}

function COMMAND_WORDS.help(into) offer_all(into, command.names()) end

function COMMAND_WORDS.close(into, session)
  offer_all(into, session:library_names())
end

function COMMAND_WORDS.proto(into, session)
  for _, library in ipairs(session.libraries) do
    offer_symbols(into, library)
  end
end

COMMAND_WORDS.info, COMMAND_WORDS.symbols =
  COMMAND_WORDS.close, COMMAND_WORDS.close

COMMAND_WORDS.layout, COMMAND_WORDS.decl = offer_types, offer_types

function COMMAND_WORDS.trace(into) offer_all(into, {"on", "off"}) end

local PATH_COMMANDS <const> = {open = true, save = true, diff = true}

--- The text behind a quotation mark that is still open, or nil.
local function open_string(before)
  local quote, from
  local i = 1
  while i <= #before do
    local char = before:sub(i, i)
    if quote and char == "\\" then
      i = i + 1
    elseif char == quote then
      quote = nil
    elseif not quote and (char == '"' or char == "'") then
      quote, from = char, i + 1
    end
    i = i + 1
  end
  return quote and before:sub(from)
end

local function result(into, start, path)
  table.sort(into.words)
  for i, word in ipairs(into.words) do into.words[i] = (path or "") .. word end
  return {words = into.words, start = start, cut = into.cut}
end

local PATHS <const> = {paths = true}

--- Words of a command's argument, or nil where that is Lua.
local function complete_argument(session, name, argument, before)
  if PATH_COMMANDS[name] or name == "shell" then return PATHS end
  local offers = COMMAND_WORDS[name]
  if not offers then return end
  local word = argument:match "[%w_]*$"
  local tag = argument:match "%f[%w]%l+ [%w_]*$"     -- struct point
  local into = collector(tag or word)
  offers(into, session)
  if tag and #into.words == 0 then
    into = collector(word)
    offers(into, session)
    tag = nil
  end
  return result(into, #before - #(tag or word))
end

local function complete_string(session, text, before)
  if text:find "^[~./]" or text:find "/" then return PATHS end
  local into = collector(text:match "^%s*(.*)$")
  offer_types(into, session)
  if #into.words == 0 then return PATHS end
  return result(into, #before - #into.prefix)
end

--- The text before the cursor -> {words in order, start: how many bytes stand
-- before the word, cut: there are more}, or {paths = true} where it names a
-- file.
function complete.words(session, before)
  local head, word = before:match "^(%s*%.)(%a*)$"
  if head then
    local into = collector(word)
    offer_all(into, command.names())
    return result(into, #before - #word)
  end
  local name, argument = command.parse(before .. "|")
  if name then
    local found = complete_argument(session, name, argument:sub(1, -2), before)
    if found then return found end
  end
  local text = open_string(before)
  if text then return complete_string(session, text, before) end
  word = before:match "[%w_.:]*$"
  if word:find "^[%d.]" then return {words = {}, start = #before} end
  if word:find "[.:]" then
    local into, path = complete_path(session, word)
    return result(into, #before - #word, path)
  end
  local into = collector(word)
  offer_names(into, session)
  return result(into, #before - #word)
end

--- What all words begin with.
function complete.common(words)
  local first, last = words[1] or "", words[#words] or ""
  local n = 0
  while n < #first and first:byte(n + 1) == last:byte(n + 1) do n = n + 1 end
  return first:sub(1, n)
end

return complete
