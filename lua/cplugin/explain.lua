-- explain.lua - what was thrown, as the prompt says it: in a line or two,
-- with the word that was meant, or the line to type.

local complaint = require "cplugin.complaint"
local plugin = require "cplugin"
local later = require "cplugin.later"

local near = later "cplugin.near"

local explain = {}

-- Headers that may know a symbol ---------------------------------------------

local FOLDERS <const> = {"/usr/include", "/usr/local/include"}

--- Those that have the word, as they are included, and how often: a text
-- search, in the folders' own files and in folders named like the library.
local function headers_with(word, library)
  local places = {}
  for _, folder in ipairs(FOLDERS) do
    places[#places + 1] = folder .. "/*.h"
    places[#places + 1] = ("%s/*%s*/*.h"):format(folder, library)
  end
  local pipe = io.popen(("grep -cswF -- '%s' %s 2>/dev/null"):format(
    word, table.concat(places, " ")))
  local found = {}
  for line in pipe:lines() do
    local path, count = line:match "^/usr.-/include/(.*):(%d+)$"
    if path and count ~= "0" then
      found[#found + 1] = {name = path, count = tonumber(count)}
    end
  end
  pipe:close()
  return found
end

--- The likeliest header, or nil: of those named like the library the one
-- that has the word most often, else the only one.
function explain.header(word, library)
  local found = headers_with(word, library:gsub("[^%w]", ""))
  local best
  for _, header in ipairs(found) do
    if header.name:find(library, 1, true)
       and (not best or header.count > best.count) then
      best = header
    end
  end
  best = best or #found == 1 and found[1]
  return best and best.name
end

-- Symbols without a declaration ----------------------------------------------

--- What to type for a symbol that has no type: nothing else, where debug info
-- that nobody has asked yet knows it.
function explain.undeclared(session, name)
  local library, symbol = session:exporter(name)
  if not library then return end
  local declaration = session:declaration(library, symbol)
  if declaration then
    return ("'%s' of %s was not declared; now it is, by debug info:\n  %s")
      :format(name, library.label, declaration)
  end
  local header = explain.header(name, library.name)
  local line = symbol.kind == "variable" and ".decl extern TYPE %s"
    or ".decl RESULT %s(PARAMETERS)"
  return ("'%s' of %s is not declared; type its C declaration,\n  %s"):format(
    name, library.label, line:format(name))
    .. (header and ("   or its header: .decl %s"):format(header) or "")
end

--- The name that some library exports, and that the word was meant to be.
function explain.exported(session, word)
  for _, library in ipairs(session.libraries) do
    local _, message = library.plugin:lookup(word)
    local meant = message and message:match "did you mean '(.-)'"
    if meant then return meant end
  end
end

local function global_hint(session, word)
  local known, value = pcall(function() return plugin[word] end)
  local best = known and value and "plugin." .. word
    or near.best(word, _G) or explain.exported(session, word)
  return best and (", did you mean '%s'?"):format(best) or ""
end

-- Fields of Lua's own tables: `string.fromat`.
local function field_hint(_, word)
  local names = {}
  for _, key in ipairs {"plugin", "string", "table", "math", "io", "os"} do
    for name in pairs(rawget(_G, key) or {}) do names[name] = true end
  end
  return not names[word] and near.hint(word, names) or ""
end

-- {pattern, what is said instead or behind}
local RULES <const> = {
  {"^symbol '(.-)' has no type", explain.undeclared},
  {"^'([%w_]+)' is exported by plugin '.-' but not declared",
    explain.undeclared},
  {"%(global '(.-)'%)$", global_hint, true},
  {"%(field '(.-)'%)$", field_hint, true},
  {"%(method '(.-)'%)$", field_hint, true},
}

local function ruled(session, text)
  for _, rule in ipairs(RULES) do
    local word = text:match(rule[1])
    local said = word and rule[2](session, word)
    if said then return rule[3] and text .. said or said end
  end
  return text
end

--- The message of what was thrown by an input.
function explain.error(session, thrown)
  local text = complaint.text(thrown)
  if session.options.traceback then return text end
  text = text:gsub("^input:(%d+): ", function(line)
    return line ~= "1" and "line " .. line .. ": " or ""
  end)
  return complaint.short(ruled(session, text))
end

return explain
