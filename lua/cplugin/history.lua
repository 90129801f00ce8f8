-- history.lua - what was typed, kept for the next session: one input a line,
-- in a file that nobody else may read.

local plugin = require "cplugin"
local system = require "cplugin.system"

local history = {}

local MOST <const> = 1000         -- inputs that are kept
local MODE <const>, FOLDER_MODE <const> = 384, 448        -- 0600, 0700

local function folder()
  local state = os.getenv "XDG_STATE_HOME"
  local home = os.getenv "HOME"
  if state and state:sub(1, 1) == "/" then return state .. "/cplugin" end
  return home and home .. "/.local/state/cplugin"
end

--- The file's name, its folder made if it is not there; nil without a home.
function history.path()
  local path = folder()
  if not path then return end
  local errno = plugin.errno()
  for at in path:gmatch "()/" do
    if at > 1 then system.mkdir(path:sub(1, at - 1), FOLDER_MODE) end
  end
  system.mkdir(path, FOLDER_MODE)
  plugin.errno(errno)
  return path .. "/history"
end

local function encode(text)
  return (text:gsub("[\\\n]", {["\\"] = "\\\\", ["\n"] = "\\n"}))
end

local function decode(line)
  return (line:gsub("\\(.)", {["\\"] = "\\", n = "\n"}))
end

--- Opens it so that it is nobody else's from the beginning.
local function open(path, mode)
  local file = io.open(path, mode)
  if file then system.chmod(path, MODE) end
  return file
end

local function read_lines(path)
  local lines = {}
  local file = io.open(path, "r")
  if not file then return lines end
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  return lines
end

--- The inputs of earlier sessions, oldest first. A file that has grown long
-- is cut.
function history.load(path)
  local lines = read_lines(path)
  local first = math.max(#lines - MOST + 1, 1)
  local inputs = {}
  for i = first, #lines do inputs[#inputs + 1] = decode(lines[i]) end
  if #lines > 2 * MOST then
    local file = open(path, "w")
    if file then
      file:write(table.concat(lines, "\n", first), "\n")
      file:close()
    end
  end
  return inputs
end

--- Adds an input at once: the session may not live to see its end. Those
-- that begin with a blank are private.
function history.add(path, text)
  if text:find "^%s" or #text > 100000 then return end
  local mask = system.umask(127)          -- 0177
  local file = open(path, "a")
  system.umask(mask)
  if not file then return end
  file:write(encode(text), "\n")
  file:close()
end

return history
