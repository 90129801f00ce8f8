-- later.lua - modules that are loaded when something of them is first used, so
-- that a prompt is there before what only its answers need.

local function load_field(self, key)
  self[key] = require(self[1])[key]
  return rawget(self, key)
end

--- The module of that name, a table.
return function(name)
  return setmetatable({name}, {__index = load_field})
end
