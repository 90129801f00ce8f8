-- signal.lua - sets of signals, their names, and how a process died of one.

local plugin = require "cplugin"
local system = require "cplugin.system"

local signal = {
  HUP = 1, INT = 2, QUIT = 3, KILL = 9, TERM = 15, CHLD = 17, CONT = 18,
  TSTP = 20, TTOU = 22, WINCH = 28,
}

local SIG_BLOCK <const>, SIG_UNBLOCK <const>, SIG_SETMASK <const> = 0, 1, 2

--- A sigset_t of these signals; without any, of all.
function signal.set(...)
  local set = plugin.new "unsigned long[16]"
  if not ... then system.sigfillset(set) end
  for _, number in ipairs {...} do system.sigaddset(set, number) end
  return set
end

--- Blocks the signals of a set; gives the mask that was before.
function signal.block(set)
  local old = plugin.new "unsigned long[16]"
  system.sigprocmask(SIG_BLOCK, set, old)
  return old
end

function signal.unblock(set)
  system.sigprocmask(SIG_UNBLOCK, set, nil)
end

function signal.restore(mask)
  system.sigprocmask(SIG_SETMASK, mask, nil)
end

local info = plugin.new "int[32]"         -- siginfo_t: number, errno, code
local time = plugin.new "long[2]"         -- struct timespec

--- Waits for a blocked signal, at most so many seconds if that is given. Its
-- number and whether a process sent it (not the terminal); nil: none came.
function signal.wait(set, seconds)
  if seconds then
    time[0], time[1] = seconds // 1, (seconds % 1 * 1e9) // 1
  end
  local number = system.sigtimedwait(set, info, seconds and time or nil)
  if number > 0 then return number, info[2] <= 0 end
end

--- What a signal does now, to be put back by `handle`.
function signal.handler(number)
  local action = plugin.new "unsigned long[32]"   -- struct sigaction
  system.sigaction(number, nil, action)
  return action
end

function signal.handle(number, action)
  system.sigaction(number, action, nil)
end

--- "SIGSEGV".
function signal.name(number)
  local short = system.has "sigabbrev_np"
    and plugin.string(system.sigabbrev_np(number))
  return short and "SIG" .. short or "signal " .. number
end

-- Wait status (waitpid(2)) ---------------------------------------------------

function signal.is_stopped(status)
  return status & 0xff == 0x7f
end

--- The signal that a process died of, or nil and its exit code.
function signal.death(status)
  local number = status & 0x7f
  if number ~= 0 then return number end
  return nil, status >> 8 & 0xff
end

return signal
