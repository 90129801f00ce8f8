-- repl.lua - the prompt: reads an input, runs it, shows what came of it.

local plugin = require "cplugin"
local later = require "cplugin.later"
local complaint = require "cplugin.complaint"
local guard = require "cplugin.guard"
local input = require "cplugin.input"
local session = require "cplugin.session"
local terminal = require "cplugin.terminal"

local balance = later "cplugin.balance"
local command = later "cplugin.command"
local explain = later "cplugin.explain"
local json = later "cplugin.json"
local show = later "cplugin.show"

local repl = {}

local INTERRUPTED <const> = 130   -- exit code: 128 + SIGINT

--- What goes to standard output comes before what goes to the error output.
local function write_error(text)
  io.stdout:flush()
  io.stderr:write(text, "\n")
end

--- The answer to an input as a line of JSON; what commands say is its text.
local function write_json(self, fine, key, value)
  local text = table.concat(self.said, "\n")
  self.said = {}
  print(('{"ok":%s,"%s":%s%s}'):format(fine, key, value,
    text ~= "" and ',"text":' .. json.text(text) or ""))
end

local function show_error(self, thrown)
  guard.failed(complaint.FAILED)
  local text = explain.error(self, thrown)
  if self.options.json then
    write_json(self, false, "error", json.text(text))
  else
    write_error(self.show:paint("error", "error: ") .. text)
  end
end

--- A symbol without a declaration says what to type.
local function show_symbol(self, symbol)
  print(tostring(symbol))
  local advice = not symbol.declaration
    and explain.undeclared(self, symbol.name)
  if advice then print(advice) end
end

local function show_values(self, values)
  if self.options.json then
    local texts = {}
    for i = 1, values.n do texts[i] = json.text(values[i]) end
    return write_json(self, true, "values",
                      "[" .. table.concat(texts, ",") .. "]")
  end
  for i = 1, values.n do
    if getmetatable(values[i]) == "symbol" then
      show_symbol(self, values[i])
    else
      print(self.show:value(values[i]))
    end
  end
end

--- Runs what was typed: whether that was fine, and values or what was thrown.
local function evaluate(self, text)
  local name, rest = command.parse(text)
  if name then
    local fine, thrown = xpcall(command.run, self.options.handler, self, name,
                                rest)
    return fine, fine and {n = 0} or thrown
  end
  local fine, values = self:evaluate(text)
  if fine then self:note("input", text) end
  return fine, values
end

--- Did Ctrl-C throw it?
local function is_interrupt(thrown)
  return type(thrown) == "string" and thrown:find "interrupted!" ~= nil
end

local function run(self, text)
  local fine, values = evaluate(self, text)
  self:tidy()
  for _, hook in pairs(self.hooks) do hook(self) end
  if fine then show_values(self, values) else show_error(self, values) end
  if not fine and not self.prompts and is_interrupt(values) then
    self:quit(INTERRUPTED)
  end
end

local UNDONE <const> = "the session is as it was before that input"

--- Tells of the process that has died in running the input.
local function show_death(self, text, known)
  if self.options.json then
    return write_json(self, false, "crash", json.text {
      signal = known.name, code = known.code, address = known.address,
      symbol = known.symbol, file = known.file, text = known.text,
      interrupted = known.interrupted,
    })
  end
  if known.interrupted then
    return write_error(self.show:paint("error", "interrupted: ") .. UNDONE)
  end
  local first, more = text:match "^([^\n]*)(\n?)"
  write_error(("%s%s %s\n  in %s%s\n  %s"):format(
    self.show:paint("error", "error: "),
    known.code and "the process was ended by" or "the process died of",
    known.text, first, more ~= "" and " ..." or "", UNDONE))
end

--- Runs an input with a checkpoint from before it. The terminal's modes are
-- the user's, by `!stty`, and no input's.
local function run_guarded(self, text)
  local modes = self.prompts and command.parse(text) ~= "shell"
    and terminal.modes()
  self.show.width = terminal.width()
  local known = guard.checkpoint()
  if known then
    show_death(self, text, known)
  else
    run(self, text)
    guard.busy(false)
  end
  if modes then terminal.set_modes(modes) end
end

--- Tells for the lines of an input if it goes on. What is open is known
-- without compiling; what is not may still go on ("x =").
local function new_reading()
  local open, commanded
  return function(lines)
    local line = lines[#lines]
    if #lines == 1 then
      open = balance.new()
      commanded = command.parse(line) and command.reader(line)
    end
    if commanded then return commanded(lines) end
    open:line(line)
    return open:is_open() or session.is_incomplete(table.concat(lines, "\n"))
  end
end

local function banner(self)
  self.out(("cplugin %s, Lua 5.4. Type .help for help.")
    :format(plugin.version))
  for _, library in ipairs(self.libraries) do
    self.out(("%s = %s"):format(library.name, library.path))
  end
end

--- Ends the session behind this input, with that exit code.
local function quit(self, code)
  self.code = code or not self.prompts and guard.code() or 0
end

--- A session with these libraries and headers open.
function repl.session(options)
  local self = session.new {
    json = options.json, traceback = options.traceback,
    handler = options.handler,
    show = show.new {
      width = terminal.width(),
      colour = terminal.has_colours() and not options.json,
    },
    out = print,
  }
  if options.json then
    self.said = {}
    self.out = function(text) table.insert(self.said, text) end
  end
  self.run, self.quit = run, quit
  for _, name in ipairs(options.libraries) do
    complaint.missing(self:open(name))
  end
  for _, name in ipairs(options.headers) do self:header(name) end
  self:enter()
  return self
end

--- A line editor where somebody types and there is one; else plain lines.
local function new_reader(self)
  local editor = self.prompts and terminal.is_smart()
    and require("cplugin.lineedit").new(self)
  if not editor then return input.new {prompts = self.prompts} end
  local history = require "cplugin.history"
  self.history = history.path()
  for _, text in ipairs(self.history and history.load(self.history) or {}) do
    editor:remember(text)
  end
  return editor
end

--- Notes an input for this session and the next ones.
local function remember(self, reader, text)
  if not reader.remember then return end
  reader:remember(text)
  if self.history then require("cplugin.history").add(self.history, text) end
end

--- Reads and runs inputs until there are none.
local function loop(self, reader)
  while not self.code do
    local text = input.read(reader, new_reading())
    if not text then return end
    if text:find "%S" then
      remember(self, reader, text)
      run_guarded(self, text)
    end
  end
end

--- Ctrl-C while no input runs: what was typed is dropped.
local function interrupted(self, reader)
  if not self.prompts then self:quit(INTERRUPTED) end
  if reader.prompts then io.write "\n" end       -- behind the terminal's ^C
  guard.busy(false)
end

--- Reads and runs inputs; the exit code. Somebody who sits there has seen the
-- errors.
function repl.run(self)
  self.prompts = terminal.is(0)
  local reader = new_reader(self)
  if self.prompts then guard.prompts() end
  if self.prompts and not self.options.json then banner(self) end
  local fine, thrown
  repeat
    fine, thrown = pcall(loop, self, reader)
    if not fine and not is_interrupt(thrown) then error(thrown, 0) end
    if not fine then interrupted(self, reader) end
  until fine
  return self.code or self.prompts and 0 or guard.code()
end

return repl
