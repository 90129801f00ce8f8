-- repl.lua - the prompt: reads an input, runs it, shows what came of it.

local plugin = require "cplugin"
local command = require "cplugin.command"
local complaint = require "cplugin.complaint"
local explain = require "cplugin.explain"
local json = require "cplugin.json"
local session = require "cplugin.session"
local show = require "cplugin.show"
local terminal = require "cplugin.terminal"

local repl = {}

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
  self.failed = true
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

local function run(self, text)
  if not text:find "%S" then return end
  local fine, values = evaluate(self, text)
  for _, hook in pairs(self.hooks) do hook(self) end
  if fine then show_values(self, values) else show_error(self, values) end
end

local function is_incomplete(text)
  local name, rest = command.parse(text)
  if name then return command.is_incomplete(name, rest) end
  return session.is_incomplete(text)
end

local function banner(self)
  self.out(("cplugin %s, Lua 5.4. Type .help for help.")
    :format(plugin.version))
  for _, library in ipairs(self.libraries) do
    self.out(("%s = %s"):format(library.name, library.path))
  end
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
  self.run, self.quit = run, function() self.ended = true end
  for _, name in ipairs(options.libraries) do
    complaint.missing(self:open(name))
  end
  for _, name in ipairs(options.headers) do self:header(name) end
  self:enter()
  return self
end

--- Reads inputs until there are none; the exit code.
function repl.run(self)
  local prompts = terminal.is(0)
  local input = require("cplugin.input").new {prompts = prompts}
  if prompts and not self.options.json then banner(self) end
  while not self.ended do
    local text = input:read(is_incomplete)
    if not text then break end
    run(self, text)
  end
  return self.failed and not prompts and complaint.FAILED or 0
end

return repl
