-- lineedit.lua - lines from a terminal by GNU readline, where it is there,
-- opened and driven through cplugin: completion is a callback, the line
-- buffer a variable. (libedit has the names, but no prompt or line buffer in
-- the interface that is used here.)
--
-- The library's callback interface is used, which reads one character at a
-- time: in between the prompt waits for the terminal and for signals alike,
-- the latter as a file descriptor, so that no signal handler is needed.

local plugin = require "cplugin"
local later = require "cplugin.later"
local signal = require "cplugin.signal"
local system = require "cplugin.system"
local terminal = require "cplugin.terminal"

local complete = later "cplugin.complete"
local hint = later "cplugin.hint"

local LIBRARIES <const> = {"libreadline.so.8", "libreadline.so.7"}

local FUNCTIONS <const> = {
  add_history = "void (const char *)",
  rl_callback_handler_install = "void (const char *, void (*)(char *))",
  rl_callback_handler_remove = "void (void)",
  rl_callback_read_char = "void (void)",
  rl_deprep_terminal = "void (void)",
  rl_forced_update_display = "int (void)",
  rl_prep_terminal = "void (int)",
  rl_reset_screen_size = "void (void)",
  rl_resize_terminal = "void (void)",
}

local VARIABLES <const> = {
  rl_attempted_completion_function = "void *(*)(const char *, int, int)",
  rl_attempted_completion_over = "int",
  rl_catch_signals = "int",
  rl_catch_sigwinch = "int",
  rl_completer_word_break_characters = "const char *",
  rl_completion_append_character = "int",
  rl_end = "int",
  rl_line_buffer = "char *",
  rl_point = "int",
  rl_readline_name = "const char *",
}

-- A word that can be completed ends at these; at a path, at the latter.
local BREAKS <const> = " \t\n\"'`@$><=;|&{}()[]+-*/%^~#,!?\\"
local PATH_BREAKS <const> = " \t\n\"'`@$><=;|&{}()"

local POLLIN <const> = 1
local SFD_CLOEXEC <const> = 0x80000

local LineEdit = {}
LineEdit.__index = LineEdit

-- Completion -----------------------------------------------------------------

--- Words as C wants them: malloc'ed strings in a malloc'ed array, which the
-- library frees. The first one is what they have in common.
local function matches(words, common)
  local pointer = plugin.sizeof "char *"
  local list = plugin.cast("char **",
                           system.malloc((#words + 2) * pointer))
  list[0] = system.strdup(common)
  for i, word in ipairs(words) do list[i] = system.strdup(word) end
  list[#words + 1] = nil
  return list
end

local function before_cursor(self)
  return plugin.string(self.rl_line_buffer[0], self.rl_point[0])
end

--- Called by the library: the word is line[start..point]. What `complete`
-- takes for the word may begin before that ("struct point").
local function attempt(self, word, start)
  local before = before_cursor(self)
  local found = complete.words(self.session, before)
  self.rl_attempted_completion_over[0] = found.paths and 0 or 1
  if found.paths or #found.words == 0 then return nil end
  local skip = start - found.start
  local words = {}
  for _, text in ipairs(found.words) do
    if skip >= 0 then
      words[#words + 1] = text:sub(skip + 1)
    else
      words[#words + 1] = word:sub(1, -skip) .. text
    end
  end
  self.rl_completion_append_character[0] = 0
  local common = found.cut and word or complete.common(words)
  if #words == 1 then return matches({}, words[1]) end
  return matches(words, common)
end

local function completion(self)
  return plugin.callback("void *(const char *, int, int)",
    function(word, start)
      local fine, list = pcall(attempt, self, plugin.string(word), start)
      return fine and list or nil
    end)
end

--- Called by the library before it looks for the word.
local function word_breaks(self)
  return plugin.callback("char *(void)", function()
    local fine, found = pcall(complete.words, self.session,
                              before_cursor(self))
    return plugin.cast("char *", fine and found.paths and self.path_breaks
                       or self.breaks)
  end)
end

-- The hint below the line ----------------------------------------------------

--- Makes room for a line below, writes there, and comes back.
local BELOW <const> = "\27D\27M\0277\27[1B\r\27[K%s\0278"
local CLEAR <const> = "\0277\27[1B\r\27[K\0278"

local function put(text)
  io.stdout:write(text)
  io.stdout:flush()
end

local function clear_hint(self)
  if self.hinted then put(CLEAR) end
  self.hinted = false
end

--- Only where the cursor is at the end: else lines of the input may be below.
local function show_hint(self)
  if not self.smart or self.finished or self.rl_point[0] ~= self.rl_end[0] then
    return
  end
  local fine, text = pcall(hint.line, self.session, before_cursor(self))
  if not fine or not text then return end
  local plain = text:gsub("\27%[%d*m", "")
  local width = self.width - 1
  put(BELOW:format(#plain > width and plain:sub(1, width) or text))
  self.hinted = true
end

-- Signals --------------------------------------------------------------------

local on = {}

on[signal.INT] = function(self)
  put "^C"
  self.rl_callback_handler_remove()       -- goes to the first column
  put "\n"
  self.finished, self.interrupted = true, true
end

on[signal.WINCH] = function(self)
  self.rl_resize_terminal()
  self.width = terminal.width()
end

on[signal.TSTP] = function(self)
  self.rl_deprep_terminal()
  system.kill(system.getpid(), signal.TSTP)
  signal.unblock(self.stops)
  signal.block(self.stops)
  self.rl_prep_terminal(1)
  self.rl_forced_update_display()
end

-- Lines ----------------------------------------------------------------------

--- What the library calls with a finished line, or NULL at the end.
local function line_handler(self)
  return plugin.callback("void (char *)", function(line)
    self.finished = true
    self.text = plugin.string(line)
    system.free(line)
    self.rl_callback_handler_remove()
  end)
end

--- Waits for a key or a signal, and does what it means.
local function step(self)
  local fds = plugin.new("int[4]", {0, POLLIN, self.signals, POLLIN})
  system.poll(fds, 2, -1)
  if fds[3] >> 16 ~= 0 then
    local info = plugin.new "int[32]"       -- struct signalfd_siginfo
    system.read(self.signals, info, 128)
    clear_hint(self)
    on[info[0]](self)
  elseif fds[1] >> 16 ~= 0 then
    clear_hint(self)
    self.rl_callback_read_char()
    show_hint(self)
  end
end

--- Goes to the first column, of the next line where this one has something:
-- a line of blanks goes over its end then.
local function begin_line(self)
  put((" "):rep(self.width - 1) .. "\r\27[K")
end

--- The next line, or nil at the end; throws "interrupted!" after Ctrl-C.
function LineEdit:line(prompt)
  self.finished, self.interrupted, self.text = false, false, nil
  local mask = signal.block(self.watched)
  if self.width ~= terminal.width() then         -- it has changed meanwhile
    self.width = terminal.width()
    self.rl_reset_screen_size()
  end
  begin_line(self)
  self.rl_callback_handler_install(prompt, self.handler)
  repeat step(self) until self.finished
  signal.restore(mask)
  if self.interrupted then error("interrupted!", 0) end
  if not self.text then put "\r\27[K" end         -- some go to a new line
  return self.text
end

--- Keeps an input for the arrow keys.
function LineEdit:remember(text)
  if text:find "%S" and text ~= self.last then
    self.last = text
    self.add_history(text)
  end
end

-- Setting up -----------------------------------------------------------------

local function bind(self, library)
  for name, declaration in pairs(FUNCTIONS) do
    self[name] = assert(library:lookup(name, declaration))
  end
  for name, declaration in pairs(VARIABLES) do
    self[name] = assert(library:lookup(name, declaration))
  end
end

local function constant_text(text)
  return plugin.new("char[?]", #text + 1, text)
end

local function set_up(self, library)
  self.smart, self.width = terminal.is_smart(), terminal.width()
  self.handler = line_handler(self)
  self.watched = signal.set(signal.INT, signal.WINCH, signal.TSTP)
  self.stops = signal.set(signal.TSTP)
  self.signals = system.signalfd(-1, self.watched, SFD_CLOEXEC)
  self.rl_readline_name[0] = constant_text "cplugin"
  self.rl_catch_signals[0] = 0
  self.rl_catch_sigwinch[0] = 0
  self.breaks = constant_text(BREAKS)
  self.path_breaks = constant_text(PATH_BREAKS)
  self.rl_completer_word_break_characters[0] = self.breaks
  self.complete = completion(self)
  self.rl_attempted_completion_function[0] = self.complete
  local hook = library:lookup("rl_completion_word_break_hook",
                              "char *(*)(void)")
  if hook then
    self.word_breaks = word_breaks(self)
    hook[0] = self.word_breaks
  end
  for _, name in ipairs {"rl_sort_completion_matches",
                         "rl_ignore_completion_duplicates"} do
    local variable = library:lookup(name, "int")
    if variable then variable[0] = 0 end
  end
end

--- An editor for the session, or nil where there is no library for it.
local function new(session)
  for _, name in ipairs(LIBRARIES) do
    local library = plugin.open(name)
    local self = library and setmetatable({session = session}, LineEdit)
    if library and pcall(bind, self, library) then
      set_up(self, library)
      return self
    end
  end
end

return {new = new}
