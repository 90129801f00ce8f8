-- hint.lua - the declaration of the function whose call is being typed.

local plugin = require "cplugin"

local hint = {}

local FARTHEST <const> = 500      -- characters to look back

--- The path in front of the parenthesis that is open at the end of the text,
-- and how many commas stand behind it: "z.C.crc32", 2.
local function open_call(before)
  local depth, commas = 0, 0
  for i = #before, math.max(1, #before - FARTHEST), -1 do
    local char = before:sub(i, i)
    if char:find "[])}]" then
      depth = depth + 1
    elseif char:find "[[{(]" and depth > 0 then
      depth = depth - 1
    elseif char == "(" then
      return before:sub(1, i - 1):match "([%a_][%w_.]*)%s*$", commas
    elseif char:find "[[{]" then
      commas = 0
    elseif char == "," and depth == 0 then
      commas = commas + 1
    end
  end
end

--- The library and declaration behind a path: "crc32", "z.C.crc32".
local function declared(session, path)
  local name = path:match "^[%w_]+%.C%.([%w_]+)$" or path:match "^[%w_]+$"
  if not name then return end
  local library = session:library(path:match "^[%w_]+")
  local symbol
  if library and path ~= name then
    symbol = library.plugin:lookup(name)
  elseif rawget(_G, name) == nil then
    library, symbol = session:exporter(name)
  end
  if symbol then return library, symbol end
end

local function parameter_texts(kind, current)
  local texts, counted = {}, -1
  for i, parameter in ipairs(kind.parameters) do
    local text = plugin.declaration(parameter.type, parameter.name)
    if parameter.out then
      text = "_Out_ " .. text
    else
      counted = counted + 1
      if counted == current then text = "\27[1m" .. text .. "\27[22m" end
    end
    texts[i] = text
  end
  if kind.variadic then texts[#texts + 1] = "..." end
  return table.concat(texts, ", ")
end

--- The line to show below what is typed, the parameter at the cursor bold;
-- nil where no call of a C function is open.
function hint.line(session, before)
  local path, current = open_call(before)
  if not path then return end
  local library, symbol = declared(session, path)
  if not library then return end
  if not session:declaration(library, symbol) then
    return symbol.name .. " is not declared: .decl"
  end
  local typed, f = pcall(function() return library.plugin.C[symbol.name] end)
  if not typed or type(f) ~= "function" then return symbol.declaration end
  local kind = plugin.reflect(f)
  local result = plugin.declaration(kind.result, symbol.name)
  return result .. "(" .. parameter_texts(kind, current) .. ")"
end

return hint
