-- show.lua - values as C writes them: structs field by field, arrays cut with
-- a count, pointers with their symbol, enums by name.
--
-- A value becomes a node: a text, or {head, items, open, close, flow} with
-- items that are {key, node}. A node is written on one line if that is wide
-- enough, else item by item.

local plugin = require "cplugin"
local address = require "cplugin.address"

local MOST_ITEMS <const> = 16
local MOST_DEPTH <const> = 4
local MOST_CHARS <const> = 200

local COLOURS = {
  number = "36", string = "32", type = "34", symbol = "33", comment = "2",
  keyword = "35", error = "31", key = "",
}

local Show = {}
Show.__index = Show

--- The texts of one place: `width` columns, with `colour` or without.
local function new(options)
  return setmetatable({width = options.width or 80, colour = options.colour},
    Show)
end

function Show:paint(class, text)
  local code = COLOURS[class]
  if not self.colour or code == "" then return text end
  return ("\27[%sm%s\27[0m"):format(code, text)
end

local function columns(text)
  text = text:gsub("\27%[[%d;]*m", "")
  return utf8.len(text) or #text
end

-- Scalars --------------------------------------------------------------------

local ESCAPES = {
  ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"',
  ["\\"] = "\\\\", ["\0"] = "\\0",
}

local function escape(char)
  return ESCAPES[char] or ("\\%03o"):format(char:byte())
end

--- A digit behind \0 would be read as part of it.
local function escape_before(char, digit)
  if char == "\0" and digit ~= "" then return "\\000" .. digit end
  return escape(char) .. digit
end

--- The first bytes of a long text, no character of UTF-8 cut in two.
local function beginning(text)
  if #text <= MOST_CHARS then return text end
  local cut = text:sub(1, MOST_CHARS)
  local whole = cut:gsub("[\xC0-\xFD][\x80-\xBF]*$", "")
  return utf8.len(whole) and not utf8.len(cut) and whole or cut
end

--- A string in C's quotes, cut where it is long.
function Show:string(text)
  local cut = beginning(text)
  local odd = utf8.len(cut) and '([%c"\\])(%d?)'
    or '([%c"\\\128-\255])(%d?)'
  local quoted = cut:gsub(odd, escape_before)
  quoted = self:paint("string", '"' .. quoted .. '"')
  if cut == text then return quoted end
  return quoted .. self:paint("comment", ("... %d more"):format(#text - #cut))
end

--- The shortest numeral that is the same number again.
local function float_text(value, format)
  if value ~= value then return "nan" end
  if value == math.huge then return "inf" end
  if value == -math.huge then return "-inf" end
  local text
  for digits = format == "f" and 6 or 15, 17 do
    text = ("%." .. digits .. "g"):format(value)
    if string.unpack(format, string.pack(format, tonumber(text))) == value then
      break
    end
  end
  return text:find "^-?%d+$" and text .. ".0" or text
end

local function unsigned_text(value)
  if value >= 0 then return ("%d"):format(value) end
  local tenth = (value >> 1) // 5
  return ("%d%d"):format(tenth, value - tenth * 10)
end

local function char_text(value)
  local code = value & 255
  local char = string.char(code)
  if char == "'" then return "'\\''" end
  if char == '"' then return "'\"'" end
  if code >= 127 then return ("'\\%03o'"):format(code) end
  return "'" .. char:gsub("[%c\\]", escape) .. "'"
end

local function enumerator(value, kind)
  for _, item in ipairs(kind.enumerators or {}) do
    if item.value == value then return item.name end
  end
end

local function bare(name)
  return (name:gsub("%f[%w]const%f[%W] ?", "")
    :gsub("%f[%w]volatile%f[%W] ?", "")):match "^%s*(.-)%s*$"
end

--- A Lua number that is of that C type; `kind` is its reflection, or nil.
function Show:number(value, kind)
  if math.type(value) == "float" then
    local single = kind and kind.kind == "float" and kind.size == 4
    return self:paint("number", float_text(value, single and "f" or "d"))
  end
  local name = kind and kind.kind == "enum" and enumerator(value, kind)
  if name then return self:paint("symbol", name) end
  if kind and kind.kind == "integer" and kind.unsigned and kind.size == 8 then
    return self:paint("number", unsigned_text(value))
  end
  local text = self:paint("number", ("%d"):format(value))
  if kind and bare(kind.name) == "char" then
    text = text .. " " .. self:paint("string", char_text(value))
  end
  return text
end

-- Pointers and functions -----------------------------------------------------

--- "0x7f..  <deflate+0x10>", the symbol where it is known.
function Show:address(at)
  local name = address.name(at)
  local text = self:paint("number", ("0x%x"):format(at))
  return name and text .. " " .. self:paint("symbol", "<" .. name .. ">")
    or text
end

--- The string that a char pointer leads to, read with care.
function Show:pointed_string(pointer, at)
  local bounded, count = pcall(function() return #pointer end)
  local most = math.min(bounded and count or math.maxinteger, MOST_CHARS + 1)
  local text = most > 0 and address.string(at, most) or nil
  if not text then
    return self:paint("error", most > 0 and "(unreadable)" or "(no room)")
  elseif #text <= MOST_CHARS then
    return self:string(text)
  end
  return self:string(beginning(text)) .. self:paint("comment", "...")
end

function Show:pointer(pointer, kind)
  local at = plugin.address(pointer)
  local text = self:address(at)
  if bare(plugin.reflect(kind.target).name) == "char" then
    text = text .. " " .. self:pointed_string(pointer, at)
  end
  return text
end

--- A function: of C with its declaration, of Lua with its place.
function Show:func(f)
  local bound, declaration = pcall(plugin.signature, f)
  if bound then
    local found, at = pcall(plugin.address, f)
    local symbol, file = address.symbol(found and at or 0)
    local place = not found and "its plugin is closed"
      or symbol and ("%s in %s"):format(symbol, file)
      or address.name(at) or ("0x%x"):format(at)
    return declaration .. " " .. self:paint("symbol", "<" .. place .. ">")
  end
  local about = debug.getinfo(f, "S")
  return "function " .. self:paint("symbol", about.what == "C" and "[C]"
    or ("<%s:%d>"):format(about.short_src, about.linedefined))
end

-- Aggregates -----------------------------------------------------------------

local function more(self, count)
  return {nil, self:paint("comment", ("... %d more"):format(count))}
end

function Show:array(value, kind, depth)
  local element = plugin.reflect(kind.element)
  local count = #value
  if bare(element.name) == "char" and element.kind == "integer" then
    return self:string(plugin.string(value))
  end
  local items = {}
  for i = 0, math.min(count, MOST_ITEMS) - 1 do
    items[#items + 1] = {nil, self:node(value[i], element, depth + 1)}
  end
  if count > MOST_ITEMS then
    items[#items + 1] = more(self, count - MOST_ITEMS)
  end
  return {items = items, flow = true}
end

--- What has no name of its own belongs to the record around it: its members
-- are asked of that.
function Show:record(value, kind, depth)
  local items = {}
  for _, field in ipairs(kind.fields) do
    local inner = plugin.reflect(field.type)
    if #items == 2 * MOST_ITEMS then
      items[#items + 1] = more(self, #kind.fields - #items)
      break
    elseif field.name then
      items[#items + 1] = {field.name,
                           self:node(value[field.name], inner, depth + 1)}
    elseif inner.fields then
      items[#items + 1] = {nil, self:record(value, inner, depth + 1)}
    end
  end
  return {items = items}
end

local function is_aggregate(kind)
  return kind.kind == "struct" or kind.kind == "union" or kind.kind == "array"
end

--- A cdata. Memory that C owns may be gone: it is tried first.
function Show:cdata(value, depth)
  local kind = plugin.reflect(value)
  if kind.kind == "pointer" then return self:pointer(value, kind) end
  if not is_aggregate(kind) then
    local number = plugin.tonumber(value)
    if kind.kind == "enum" and number then return self:number(number, kind) end
    return self:paint("number", (tostring(value):gsub("^cdata<.->: ", "")))
  end
  if kind.kind ~= "array" and not kind.fields then
    return self:address(plugin.address(value))
  elseif not address.readable(plugin.address(value), kind.size or 1) then
    return self:paint("error", ("(unreadable memory at 0x%x)")
      :format(plugin.address(value)))
  elseif depth >= MOST_DEPTH then
    return "{...}"
  end
  return self[kind.kind == "array" and "array" or "record"](self, value, kind,
                                                          depth)
end

--- Lua's tables: the list part, then the names in their order.
function Show:table(value, depth)
  if depth >= MOST_DEPTH then return next(value) and "{...}" or "{}" end
  local items, names, others = {}, {}, 0
  for i = 1, math.min(#value, MOST_ITEMS) do
    items[i] = {nil, self:node(value[i], nil, depth + 1)}
  end
  for key in next, value do
    if type(key) == "string" then
      names[#names + 1] = key
    elseif math.type(key) ~= "integer" or key < 1 or key > #value then
      others = others + 1
    end
  end
  table.sort(names)
  for i = 1, math.min(#names, MOST_ITEMS) do
    items[#items + 1] = {names[i], self:node(value[names[i]], nil, depth + 1)}
  end
  local left = math.max(#value - MOST_ITEMS, 0)
    + math.max(#names - MOST_ITEMS, 0) + others
  if left > 0 then items[#items + 1] = more(self, left) end
  return {items = items}
end

-- Any value ------------------------------------------------------------------

--- Has the script said how such values print?
local function own_text(value)
  local text = tostring(value)
  if getmetatable(value) == "cdata" and text:find "^cdata<" then return end
  return text
end

local by_type = {}

function by_type.number(self, value, kind) return self:number(value, kind) end
function by_type.string(self, value) return self:string(value) end
by_type["function"] = function(self, value) return self:func(value) end

function by_type.table(self, value, _, depth)
  local meta = debug.getmetatable(value)
  if meta and meta.__tostring then return tostring(value) end
  return self:table(value, depth)
end

function by_type.userdata(self, value, _, depth)
  if getmetatable(value) ~= "cdata" then return tostring(value) end
  return own_text(value) or self:cdata(value, depth)
end

--- `kind` is the reflection of the C type that a Lua value was, if known.
function Show:node(value, kind, depth)
  if value == nil and kind and kind.kind == "pointer" then
    return self:paint("keyword", "NULL")
  elseif by_type[type(value)] then
    return by_type[type(value)](self, value, kind, depth)
  end
  return self:paint("keyword", tostring(value))
end

-- Writing --------------------------------------------------------------------

local function one_line(node)
  if type(node) == "string" then return node end
  local parts = {}
  for i, item in ipairs(node.items) do
    local text = one_line(item[2])
    parts[i] = item[1] and item[1] .. " = " .. text or text
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local write

--- Many short items, as many on a line as there is room for.
local function write_flow(self, node, indent)
  local lines, line = {}, ""
  for i, item in ipairs(node.items) do
    local text = one_line(item[2]) .. (i < #node.items and "," or "")
    local full = indent + columns(line) + 1 + columns(text) > self.width
    if line ~= "" and full then
      lines[#lines + 1] = line
      line = ""
    end
    line = line == "" and text or line .. " " .. text
  end
  lines[#lines + 1] = line
  return lines
end

local function write_items(self, node, indent)
  local lines = {}
  for i, item in ipairs(node.items) do
    local key = item[1] and item[1] .. " = " or ""
    lines[i] = key .. write(self, item[2], indent, columns(key))
      .. (i < #node.items and "," or "")
  end
  return lines
end

local function is_flat(node)
  for _, item in ipairs(node.items) do
    if type(item[2]) ~= "string" then return false end
  end
  return true
end

--- `indent` columns stand before each line, `used` before the first one.
function write(self, node, indent, used)
  local line = one_line(node)
  if type(node) == "string"
     or indent + used + columns(line) < self.width then
    return line
  end
  local lines = node.flow and is_flat(node)
    and write_flow(self, node, indent + 2)
    or write_items(self, node, indent + 2)
  local margin = "\n" .. (" "):rep(indent + 2)
  return "{" .. margin .. table.concat(lines, margin)
    .. "\n" .. (" "):rep(indent) .. "}"
end

--- What stands before a cdata: "struct point ", "(int *) ".
function Show:head(value)
  if getmetatable(value) ~= "cdata" or own_text(value) then return "" end
  local kind = plugin.reflect(value)
  local record = kind.kind == "struct" or kind.kind == "union"
  local name = record and kind.name or "(" .. kind.name .. ")"
  return self:paint("type", name) .. " "
end

--- The text of a value, in several lines if it is long. `ctype`: of which C
-- type it was, if the value does not say it.
function Show:value(value, ctype)
  local head = self:head(value)
  local kind = ctype and plugin.reflect(ctype)
  local made, node = pcall(self.node, self, value, kind, 0)
  if not made then
    return head .. self:paint("error", "(" .. tostring(node) .. ")")
  end
  return head .. write(self, node, 0, columns(head))
end

return {new = new, float_text = float_text, unsigned_text = unsigned_text,
        enumerator = enumerator, bare = bare}
