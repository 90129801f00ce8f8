-- trace.lua - shows each call of a C function: arguments, result, errno, time.
--
-- Lua's own call hook sees functions that C declared as all others, wherever
-- a script got them from, so nothing is wrapped.

local plugin = require "cplugin"
local clock = require "cplugin.clock"

local trace = {}

local MOST_CHARS <const> = 60     -- of a value

local declarations = setmetatable({}, {__mode = "k"})

--- The declaration of a C function, or false.
local function declaration(f)
  local found = declarations[f]
  if found == nil then
    local bound, text = pcall(plugin.signature, f)
    found = bound and text
    declarations[f] = found
  end
  return found
end

local function short(session, value)
  local text = session.show:value(value):gsub("%s+", " ")
  return #text > MOST_CHARS and text:sub(1, MOST_CHARS) .. "..." or text
end

--- The values that a call was given or has returned.
local function transferred(session, level)
  local about = debug.getinfo(level + 1, "r")
  local texts = {}
  for i = about.ftransfer, about.ftransfer + about.ntransfer - 1 do
    local _, value = debug.getlocal(level + 1, i)
    texts[#texts + 1] = short(session, value)
  end
  return table.concat(texts, ", ")
end

local function errno_note(errno)
  return errno ~= 0 and "  errno " .. require("cplugin.look").errno_text(errno)
    or ""
end

local function called(session, f, text)
  local arguments = transferred(session, 4)
  plugin.errno(0)
  table.insert(session.traced, {
    f = f, name = text:match "([%a_][%w_]*)%(", arguments = arguments,
    start = clock.now(),
  })
end

--- Calls that ended with an error have not returned: they are above.
local function returned(session, f)
  local now, calls = clock.now(), session.traced
  local call = table.remove(calls)
  while call and call.f ~= f do call = table.remove(calls) end
  if not call then return end
  local errno, results = plugin.errno(), transferred(session, 4)
  session.out(("%s%s(%s)%s  [%s]%s"):format(
    ("  "):rep(#calls), call.name, call.arguments,
    results ~= "" and " = " .. results or "",
    clock.text(now - call.start), errno_note(errno)))
  plugin.errno(errno)
end

--- What Lua calls for calls and returns of all functions.
local function hook(session, event)
  local f = debug.getinfo(3, "f").func
  local text = declaration(f)
  if text and event == "return" then
    returned(session, f)
  elseif text then
    called(session, f, text)
  end
end

--- Hooks belong to what runs now: each input sets its own.
function trace.arm(session)
  session.traced = {}
  debug.sethook(function(event) hook(session, event) end, "cr")
end

function trace.disarm()
  debug.sethook()
end

function trace.trace(session, rest)
  if rest ~= "on" and rest ~= "off" then
    require("cplugin.command").usage "trace"
  end
  session.trace = rest == "on" and trace or nil
end

return trace
