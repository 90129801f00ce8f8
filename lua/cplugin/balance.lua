-- balance.lua - what is still open at the end of some lines of Lua: brackets,
-- blocks, long strings. Read line by line, so that long pastes take no longer
-- than their length.

local Balance = {}
Balance.__index = Balance

local WORDS <const> = {
  ["function"] = 1, ["do"] = 1, ["if"] = 1, ["repeat"] = 1, ["end"] = -1,
  ["until"] = -1,
}
local BRACKETS <const> = {
  ["("] = 1, ["["] = 1, ["{"] = 1, [")"] = -1, ["]"] = -1, ["}"] = -1,
}

local function new()
  return setmetatable({depth = 0, closer = nil}, Balance)
end

--- Where a quoted string ends: behind its closing quote, or the line's end.
local function skip_quoted(text, at)
  local quote = text:sub(at, at)
  at = at + 1
  while true do
    local found = text:find("[\\" .. quote .. "]", at)
    if not found then return #text + 1 end
    if text:sub(found, found) == quote then return found + 1 end
    at = found + 2
  end
end

--- One token at `at`; where to go on.
function Balance:token(text, at)
  local char = text:sub(at, at)
  local level = text:match("^%-%-%[(=*)%[", at) or text:match("^%[(=*)%[", at)
  if level then
    self.closer = "]" .. level .. "]"
    return text:find("[", at, true) + #level + 2
  elseif char == "-" then
    return text:sub(at + 1, at + 1) == "-" and #text + 1 or at + 1
  elseif char == '"' or char == "'" then
    return skip_quoted(text, at)
  elseif BRACKETS[char] then
    self.depth = self.depth + BRACKETS[char]
    return at + 1
  end
  local word = text:match("^[%w_]+", at)
  self.depth = self.depth + (WORDS[word] or 0)
  return at + #word
end

--- Reads the next line.
function Balance:line(text)
  local at = 1
  while at do
    if self.closer then
      local _, last = text:find(self.closer, at, true)
      if not last then return end
      self.closer, at = nil, last + 1
    end
    at = text:find("[%w_\"'()%[%]{}-]", at)
    at = at and self:token(text, at)
  end
end

--- Is something open? If not, the text may be whole, or wrong.
function Balance:is_open()
  return self.closer ~= nil or self.depth > 0
end

return {new = new}
