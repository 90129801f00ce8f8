-- shell.lua - the commands that leave the prompt: shell, edit, quit.

local complaint = require "cplugin.complaint"
local guard = require "cplugin.guard"

local shell = {}

--- Runs a command; Ctrl-C is for it alone.
local function execute(text)
  guard.busy(false)
  local fine, how, code = os.execute(text)
  guard.busy(true)
  return fine, how, code
end

function shell.shell(session, text)
  local _, how, code = execute(text)
  if code ~= 0 then
    session.out(("%s %d"):format(how == "signal" and "signal" or "exit code",
                                 code))
  end
end

local function last_input(session)
  for i = #session.log, 1, -1 do
    if session.log[i].kind == "input" then return session.log[i].text end
  end
  return ""
end

--- The value of an environment variable, if there is something in it.
local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

--- The text as somebody edited it, or nil if the editor failed.
local function edited(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text, "\n")
  file:close()
  local editor = variable "VISUAL" or variable "EDITOR" or "vi"
  local fine = execute(editor .. " '" .. path .. "'")
  file = io.open(path)
  local result = file and file:read "a"
  if file then file:close() end
  os.remove(path)
  return fine and result and result:gsub("%s+$", "") or nil
end

function shell.edit(session, text)
  local result = edited(text ~= "" and text or last_input(session))
  if not result then
    complaint.raise(complaint.FAILED, "the editor failed: set $EDITOR")
  end
  if result == "" then return end
  session.out(result)
  session:run(result)
end

function shell.quit(session)
  session:quit()
end

return shell
