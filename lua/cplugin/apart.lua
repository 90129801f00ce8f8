-- apart.lua - the prompt's modules have globals of their own, so that what an
-- input makes of `print` or `table` is no trouble of theirs. `_G` is the
-- user's.

local own = {}
for name, value in pairs(_G) do own[name] = value end

--- Loads a module of the prompt, as the searcher of Lua files does.
local function load_apart(name)
  if not name:find "^cplugin%." then return end
  local path, message = package.searchpath(name, package.path)
  if not path then return message end
  return assert(loadfile(path, "t", own)), path
end

table.insert(package.searchers, 2, load_apart)
