-- guard.lua - the processes of a session, so that it outlives what it calls.
--
--   supervisor     the first one: waits, restores the terminal, passes signals
--     |            and the exit code on, reaps orphans; runs nothing
--     +- session   runs the inputs
--         +- checkpoint   forked from it before each input; sleeps
--
-- When the session dies, the kernel gives the checkpoint to the supervisor,
-- which wakes it; it becomes the session, with the state from before that
-- input. A page of shared memory says who is who.

local plugin = require "cplugin"
local later = require "cplugin.later"
local signal = require "cplugin.signal"
local system = require "cplugin.system"
local terminal = require "cplugin.terminal"

local clock = later "cplugin.clock"
local death = later "cplugin.death"

local guard = {
  cost = 0,                       -- seconds that the last checkpoint took
  ready = nil,                    -- when it was done (cplugin.clock)
}

-- The page: integers, each known by all processes.
local SESSION <const>, CHECKPOINT <const> = 0, 1          -- process ids
local BUSY <const> = 2            -- the number of the input that runs, or 0
local INPUTS <const> = 3          -- how many there have been
local LEAVING <const> = 4         -- the session ends because it wants to
local STATUS <const> = 5          -- of the session that died
local INTERRUPTED <const> = 6     -- the supervisor killed it: Ctrl-C
local FAILED <const> = 7          -- the exit code that errors make
local PROMPTS <const> = 8         -- somebody sits there

local PATIENCE <const> = 0.5      -- seconds between Ctrl-C and the end
local O_CLOEXEC <const>, O_NONBLOCK <const> = 0x80000, 0x800
local POLLIN <const> = 1
local WNOHANG <const>, WUNTRACED <const> = 1, 2
local PR_SET_PDEATHSIG <const>, PR_SET_CHILD_SUBREAPER <const> = 1, 36

local page, wake, crash           -- shared memory; two pipes
local interrupt                   -- what SIGINT does while Lua runs

local function new_pipe(flags)
  local fds = plugin.new "int[2]"
  assert(system.pipe2(fds, O_CLOEXEC | flags) == 0, "no pipe")
  return fds
end

local function shared_page()
  local READ_WRITE <const>, SHARED_ANONYMOUS <const> = 3, 0x21
  local at = system.mmap(0, 4096, READ_WRITE, SHARED_ANONYMOUS, -1, 0)
  assert(plugin.cast("intptr_t", at) ~= -1, "no shared memory")
  return plugin.view(plugin.cast("int *", at), 1024)
end

-- The session's side ---------------------------------------------------------

--- A child of the supervisor dies with it.
local function follow_supervisor(supervisor)
  system.prctl(PR_SET_PDEATHSIG, signal.KILL, 0, 0, 0)
  if system.getppid() ~= supervisor then system._exit(1) end
end

-- What a checkpoint needs is made once, before there is one: functions that
-- are bound in a fork cost it memory of its own.
local all_signals = signal.set()
local poll, getpid, _exit = system.poll, system.getpid, system._exit

--- Waits for the supervisor's byte, and takes it if it is meant: an older
-- checkpoint that is about to die may see it, too. The pipe's end is the
-- supervisor's.
local function wait_for_wake()
  local fds = plugin.new("int[2]", {wake[0], POLLIN})
  repeat until poll(fds, 1, -1) >= 0    -- SIGCONT interrupts it
  local seen = fds[1] >> 16 & POLLIN ~= 0
  if not seen or page[SESSION] ~= getpid() then _exit(0) end
  system.read(wake[0], plugin.new "char[1]", 1)
end

--- Sleeps until the session has died, and is it then. All signals are
-- blocked; they were not before with `mask`.
local function sleep(supervisor, mask)
  wait_for_wake()
  follow_supervisor(supervisor)
  while signal.wait(all_signals, 0) do end        -- they were for the other one
  signal.restore(mask)
  require("cplugin.address").forget()
end

local ended = {}                  -- children that were killed, not yet reaped

--- Kills a child; those that are dead by now are reaped, without waiting.
local function end_process(pid)
  if pid <= 0 then return end
  system.kill(pid, signal.KILL)
  ended[#ended + 1] = pid
  for i = #ended, 1, -1 do
    if system.waitpid(ended[i], nil, WNOHANG) ~= 0 then
      table.remove(ended, i)
    end
  end
end

local LONG <const> = 0.003        -- seconds
local SELDOM <const> = 16         -- inputs
local trimmed = 0                 -- the number of an input

--- A fork takes longer the more memory there is. What Lua and C have freed is
-- given back to the system if the last one took long.
local function trim()
  if guard.cost > LONG and page[INPUTS] - trimmed >= SELDOM
     and system.has "malloc_trim" then
    system.malloc_trim(0)
    trimmed = page[INPUTS]
  end
end

--- Before an input: false. After it has ended this process's twin: what is
-- known of its death; `interrupted` in that says that it was Ctrl-C's. What
-- has been done outside of the process (files, other processes) is done.
function guard.checkpoint()
  if not page then return end
  local started = clock.now()
  trim()
  system.fflush(nil)
  local supervisor = system.getppid()
  local mask = signal.block(all_signals)        -- none may reach the copy
  local pid = system.fork()
  if pid == 0 then
    sleep(supervisor, mask)
    local known = death.read(page[STATUS], crash[0])
    known.interrupted = page[INTERRUPTED] ~= 0
    page[INTERRUPTED] = 0
    return known
  end
  local before = page[CHECKPOINT]
  page[CHECKPOINT] = math.max(pid, 0)
  end_process(before)
  page[INPUTS] = page[INPUTS] + 1
  guard.busy(true)
  guard.ready = clock.now()
  guard.cost = guard.ready - started
  signal.restore(mask)
end

--- An input runs, or has ended. Until it has, Ctrl-C may end the process.
function guard.busy(is)
  if not page then return end
  system.fflush(nil)
  page[BUSY] = is and page[INPUTS] or 0
  if interrupt then signal.handle(signal.INT, interrupt) end
end

--- Notes the exit code that errors in inputs make.
function guard.failed(code)
  if page and page[FAILED] < code then page[FAILED] = code end
end

--- The exit code so far.
function guard.code()
  return page and page[FAILED] or 0
end

--- os.exit says that the end is meant: of the session, not of a process
-- that an input has forked.
local function replace_exit()
  local exit = os.exit
  function os.exit(code, close)          -- luacheck: ignore 122
    if system.getpid() == page[SESSION] then page[LEAVING] = 1 end
    exit(code, close)
  end
end

local function run_session(work, supervisor, mask)
  page[SESSION], page[INPUTS] = system.getpid(), 1
  system.close(wake[1])
  follow_supervisor(supervisor)
  plugin.crashlog(crash[1])
  interrupt = signal.handler(signal.INT)
  replace_exit()
  signal.restore(mask)
  os.exit(work(), true)
end

-- The supervisor's side ------------------------------------------------------

--- Notes the terminal's modes; gives a function that puts them back.
local function keep_terminal()
  local modes = terminal.modes()
  if not modes then return function() end end
  return function()
    if system.tcgetpgrp(0) == system.getpgrp() then
      terminal.set_modes(modes)
    end
  end
end

--- Stops as the session has stopped, until both go on.
local function stop(self)
  self.restore_terminal()
  local set = signal.set(signal.TSTP)
  system.kill(system.getpid(), signal.TSTP)
  signal.unblock(set)
  signal.block(set)
  system.kill(page[SESSION], signal.CONT)
end

--- The checkpoint becomes the session. False: there is none.
local function wake_checkpoint(status)
  if page[CHECKPOINT] <= 0 then return false end
  page[STATUS], page[SESSION] = status, page[CHECKPOINT]
  page[CHECKPOINT], page[BUSY] = 0, 0
  system.write(wake[1], "!", 1)
  return true
end

--- The session has died. The exit code, if that is the end.
local function session_ended(self, status)
  local number, code = signal.death(status)
  local meant = page[LEAVING] ~= 0 and not number
  self.restore_terminal()
  if number == signal.INT and page[PROMPTS] == 0 then self.leaving = number end
  if self.leaving then return 128 + self.leaving end
  if meant then return code end
  guard.failed(number and 128 + number or 1)
  if page[LEAVING] == 0 and wake_checkpoint(status) then return end
  io.stderr:write("cplugin: ", number and "" or "the process was ended by ",
    death.read(status, crash[0]).text, "\n")
  return number and 128 + number or code
end

--- Reaps what has ended; the exit code, if that is the end.
local function reap(self)
  local status = plugin.new "int[1]"
  while true do
    local pid = system.waitpid(-1, status, WNOHANG | WUNTRACED)
    if pid <= 0 then return end
    if pid == page[SESSION] then
      if signal.is_stopped(status[0]) then
        stop(self)
      else
        local code = session_ended(self, status[0])
        if code then return code end
      end
    end
  end
end

local on = {}

--- The terminal sends it to the session, too; a process sent it to us only.
on[signal.INT] = function(self, sent)
  if sent then system.kill(page[SESSION], signal.INT) end
  self.interrupted = page[BUSY]
end

local function pass_on(number)
  return function(self)
    self.leaving = number
    system.kill(page[SESSION], number)
  end
end

on[signal.HUP] = pass_on(signal.HUP)
on[signal.QUIT] = pass_on(signal.QUIT)
on[signal.TERM] = pass_on(signal.TERM)

--- An input that goes on after Ctrl-C is ended, with its process.
local function lose_patience(self)
  if self.interrupted == page[BUSY] and page[BUSY] ~= 0 then
    page[INTERRUPTED] = 1
    if page[PROMPTS] == 0 then self.leaving = signal.INT end
    system.kill(page[SESSION], signal.KILL)
  end
  self.interrupted = nil
end

local function supervise(self)
  local code
  repeat
    local number, sent = signal.wait(self.set,
                                     self.interrupted and PATIENCE or nil)
    if not number then
      if self.interrupted then lose_patience(self) end
    elseif number == signal.CHLD then
      code = reap(self)
    else
      on[number](self, sent)
    end
  until code
  end_process(page[CHECKPOINT])
  self.restore_terminal()
  return code
end

--- Runs work() in a session and ends with the exit code that it gives; with
-- 128 + N where it dies of signal N.
function guard.run(work)
  page, wake, crash = shared_page(), new_pipe(0), new_pipe(O_NONBLOCK)
  local self = {
    restore_terminal = keep_terminal(),
    set = signal.set(signal.CHLD, signal.INT, signal.HUP, signal.QUIT,
                     signal.TERM),
  }
  system.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
  local mask = signal.block(self.set)
  signal.block(signal.set(signal.TTOU, signal.TSTP))
  io.stdout:flush()
  local supervisor = system.getpid()
  local pid = system.fork()
  if pid == 0 then run_session(work, supervisor, mask) end
  if pid < 0 then
    page = nil
    signal.restore(mask)
    os.exit(work(), true)
  end
  page[SESSION] = pid
  os.exit(supervise(self), true)
end

--- Somebody sits there: Ctrl-C ends an input, not the session.
function guard.prompts()
  if page then page[PROMPTS] = 1 end
end

return guard
