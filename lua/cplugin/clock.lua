-- clock.lua - how long something takes.

local plugin = require "cplugin"
local complaint = require "cplugin.complaint"
local guard = require "cplugin.guard"
local system = require "cplugin.system"

local clock = {}

local CLOCK_MONOTONIC <const> = 1

local at = plugin.new "long[2]"           -- struct timespec

--- Seconds from some point in the past. errno stays as it was.
function clock.now()
  local errno = plugin.errno()
  system.clock_gettime(CLOCK_MONOTONIC, at)
  plugin.errno(errno)
  return at[0] + at[1] / 1e9
end

local UNITS <const> = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}}

--- "1.5 ms": three digits.
function clock.text(seconds)
  for _, unit in ipairs(UNITS) do
    if seconds >= unit[1] then
      return ("%.3g %s"):format(seconds / unit[1], unit[2])
    end
  end
  return ("%.0f ns"):format(seconds * 1e9)
end

local function run(session, text)
  local before = clock.now()
  local fine, values = session:evaluate(text)
  local seconds = clock.now() - before
  if not fine then error(values, 0) end
  return seconds, values
end

--- Tells how long the input has run, and what it cost to be able to come
-- back to the state before it.
local function tell(session)
  if not guard.ready then return session.out "[no checkpoint]" end
  session.out(("[%s, checkpoint %s]"):format(
    clock.text(clock.now() - guard.ready), clock.text(guard.cost)))
end

function clock.time(session, rest)
  if rest == "on" or rest == "off" then
    session.hooks.time = rest == "on" and tell or nil
    return
  end
  local count, text = rest:match "^(%d+)x%s+(.+)$"
  text = text or rest
  if text == "" then require("cplugin.command").usage "time" end
  local seconds, times = {}, tonumber(count) or 1
  if times < 1 then
    complaint.raise(complaint.USAGE, "at least one run is needed")
  end
  local values
  for i = 1, times do seconds[i], values = run(session, text) end
  table.sort(seconds)
  for i = 1, count and 0 or values.n do
    session.out(session.show:value(values[i]))
  end
  session.out(count and ("median of %d runs: %s"):format(
    times, clock.text(seconds[(times + 1) // 2]))
    or clock.text(seconds[1]))
end

return clock
