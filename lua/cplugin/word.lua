-- word.lua - the words of a shell command as values of C types: a number, the
-- text itself for a string, nil for NULL, {1, 2} for what has parts.

local plugin = require "cplugin"
local complaint = require "cplugin.complaint"
local show = require "cplugin.show"

local word = {}

local NULL <const> = {["nil"] = true, NULL = true}

local function refuse(text, ctype, why)
  complaint.raise(complaint.FAILED, "'%s' is no '%s'%s", text,
                  plugin.reflect(ctype).name, why and ": " .. why or "")
end

--- '"nil"' is the string that would else mean NULL.
local function unquoted(text)
  return text:match '^"(.*)"$' or text
end

--- What stands in braces, read as Lua reads a table.
local PARTS <const> = "write its parts as {1, 2} or {x = 1, y = 2}"

local function initialiser(text, ctype)
  local chunk, message = load("return " .. text, "=", "t", {})
  local read, value = pcall(chunk or error, message)
  if not read or type(value) ~= "table" then
    refuse(text, ctype, PARTS)
  end
  return value
end

--- A copy that C may write to, as long as the text.
local function writable(text, ctype)
  ctype = plugin.typeof(ctype)
  return plugin.new(plugin.typeof("$[?]", ctype), #text + 1, text)
end

--- What a word is for a pointer to bytes: its text.
local function bytes(text, target, ctype)
  if target.const then return unquoted(text) end
  return writable(unquoted(text), target.kind == "void" and "char" or ctype)
end

local function pointer(text, ctype, kind)
  local target = plugin.reflect(kind.target)
  local address = math.tointeger(tonumber(text))
  if NULL[text] then
    return nil
  elseif text:find "^%s*{" then
    local values = initialiser(text, ctype)
    if target.fields and type(values[1]) ~= "table" then values = {values} end
    return plugin.new(plugin.typeof("$[]", kind.target), values)
  elseif target.kind == "integer" and target.size == 1
    or target.kind == "void" and not address then
    return bytes(text, target, kind.target)
  end
  return plugin.cast(ctype, address or refuse(text, ctype,
    "an address, nil, or values in braces"))
end

local BOOLEANS <const> = {["true"] = true, ["false"] = false}

--- The value that a word is for a parameter of that type. Numbers are left to
-- the conversion to C, which knows their range.
function word.value(text, ctype)
  local kind = plugin.reflect(ctype)
  if kind.kind == "pointer" then
    return pointer(text, ctype, kind)
  elseif kind.kind == "bool" and BOOLEANS[text] ~= nil then
    return BOOLEANS[text]
  elseif text:find "^%s*{" then
    return plugin.new(ctype, initialiser(text, ctype))
  elseif show.bare(kind.name) == "char" and text:find "^'.'$" then
    return text:byte(2)
  elseif kind.kind == "enum" and not tonumber(text) then
    return text
  elseif kind.kind == "array" then
    return plugin.new(ctype, unquoted(text))
  elseif kind.kind == "struct" or kind.kind == "union" then
    refuse(text, ctype, PARTS)
  end
  return tonumber(text) or refuse(text, ctype)
end

--- A word for a variadic place.
function word.free(text)
  if NULL[text] then return nil end
  return tonumber(text) or unquoted(text)
end

return word
