-- json.lua - values of Lua and C as JSON (RFC 8259).

local plugin = require "cplugin"
local address = require "cplugin.address"
local later = require "cplugin.later"

local show = later "cplugin.show"

local MOST_DEPTH <const> = 16
local MOST_CHARS <const> = 1 << 20

local json = {}
local write

local function escape(char)
  return ("\\u%04x"):format(char:byte())
end

--- Bytes that are no UTF-8 stand for the characters of their number.
local function string(text)
  local odd = utf8.len(text) and '[%c"\\\127]' or '[%c"\\\127-\255]'
  return '"' .. text:gsub(odd, escape) .. '"'
end

local function number(value, kind)
  if math.type(value) == "float" then
    if value ~= value or value == math.huge or value == -math.huge then
      return string(show.float_text(value, "d"))
    end
    return show.float_text(value, kind and kind.size == 4 and "f" or "d")
  end
  local name = kind and kind.kind == "enum" and show.enumerator(value, kind)
  if name then return string(name) end
  return kind and kind.unsigned and show.unsigned_text(value)
    or ("%d"):format(value)
end

local function list(values)
  return "[" .. table.concat(values, ",") .. "]"
end

local function object(value, keys, depth)
  local parts = {}
  for i, key in ipairs(keys) do
    parts[i] = string(key) .. ":" .. write(value[key], nil, depth + 1)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function table_text(value, depth)
  local keys, items = {}, {}
  if #value > 0 or not next(value) then
    for i, item in ipairs(value) do items[i] = write(item, nil, depth + 1) end
    return list(items)
  end
  for key in pairs(value) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  return object(value, keys, depth)
end

local function members(value, kind, depth, parts)
  for _, field in ipairs(kind.fields) do
    local inner = plugin.reflect(field.type)
    if field.name then
      parts[#parts + 1] = string(field.name) .. ":"
        .. write(value[field.name], inner, depth + 1)
    elseif inner.fields then
      members(value, inner, depth, parts)
    end
  end
  return parts
end

local function array(value, kind, depth)
  local element, items = plugin.reflect(kind.element), {}
  if show.bare(element.name) == "char" then
    return string(plugin.string(value))
  end
  for i = 0, #value - 1 do
    items[i + 1] = write(value[i], element, depth + 1)
  end
  return list(items)
end

local function is_char_pointer(kind)
  return kind.kind == "pointer"
    and show.bare(plugin.reflect(kind.target).name) == "char"
end

local function cdata(value, depth)
  local kind = plugin.reflect(value)
  if kind.fields then
    return "{" .. table.concat(members(value, kind, depth, {}), ",") .. "}"
  elseif kind.kind == "array" then
    return array(value, kind, depth)
  elseif is_char_pointer(kind) then
    return string(address.string(plugin.address(value), MOST_CHARS)
      or "(unreadable)")
  elseif kind.kind == "pointer" or kind.kind == "struct" then
    return string(("0x%x"):format(plugin.address(value)))
  end
  local plain = plugin.tonumber(value)
  return plain and number(plain, kind)
    or string((tostring(value):gsub("^cdata<.->: ", "")))
end

function write(value, kind, depth)
  local is = type(value)
  if value == nil then return "null" end
  if is == "boolean" then return tostring(value) end
  if is == "number" then return number(value, kind) end
  if is == "string" then return string(value) end
  if depth > MOST_DEPTH then return string "..." end
  if is == "table" and not getmetatable(value) then
    return table_text(value, depth)
  elseif getmetatable(value) == "cdata" then
    return cdata(value, depth)
  end
  return string(show.new({width = math.huge}):value(value))
end

--- One line of JSON. Tables with a first element are arrays, and {} is one;
-- C's structs are objects, char arrays and pointers strings, NULL is null.
-- `ctype`: of which C type a Lua value was, if known.
function json.text(value, ctype)
  return write(value, ctype and plugin.reflect(ctype), 0)
end

--- The same with the members of an object in that order.
function json.object(value, keys)
  return object(value, keys, 0)
end

return json
