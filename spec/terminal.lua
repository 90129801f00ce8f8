-- terminal.lua - programs in a terminal, as a person would use them: tmux is
-- the terminal, keys are typed into it, its screen is read.
--
--   terminal.play({
--     {prompt = true}, {type = "1 + 2"}, {key = "Enter"}, {line = "3"},
--   })
--
-- runs the steps in a shell whose command `cplugin` is the one here, and gives
-- the text of the screen with all that has scrolled out of it. Keys are typed
-- when the step before has seen what it waits for, so that what comes of them
-- depends on no time.

local helper = require "spec.helper"

local terminal = {}

local quote = helper.quote
local SECONDS <const> = 150       -- until a wait has failed

-- tmux itself runs without what is under test.
local SCRIPT = [[
export TMUX_TMPDIR=%s LANG=C.UTF-8
t() { env -u LD_PRELOAD tmux -L spec -f /dev/null "$@"; }
screen() { t capture-pane -p -J -S -; }
fail() { echo "waited in vain for: $*"; screen; t kill-server; exit 1; }
await() {
  until=$(($(date +%%s) + %d))
  until "$@"; do
    [ "$(date +%%s)" -lt $until ] || fail "$@"
    sleep 0.01
  done
}
last() { screen | grep -v '^ *$' | tail -1 | grep -q "$1"; }
# A prompt that is empty, and more of them than before: what was typed into
# the one before has been answered.
known=0
is_prompt() {
  count=$(screen | grep -c '^>>\{0,1\}\( \|$\)')
  [ "$count" -gt $known ] && last '^\(>> \)*>\{1,2\} *$'
}
prompt() { await is_prompt; known=$count; }
# The same of the shell.
shells=0
is_back() {
  count=$(screen | grep -c '^\$\( \|$\)')
  [ "$count" -gt $shells ] && last '^\$ *$'
}
back() { await is_back; shells=$count; }
is_line() { screen | grep -qx -- "$1 *"; }
is_seen() { screen | grep -qF -- "$1"; }
is_gone() { ! is_seen "$1"; }
is_seen_twice() { [ "$(screen | grep -cF -- "$1")" -ge 2 ]; }
is_wide() {
  size=$(stty size <"$(t display-message -p '#{pane_tty}')")
  [ "${size#* }" -eq "$1" ]
}
file_has() { grep -qF -- "$2" "$1"; }
unset TMUX PROMPT_COMMAND
ENV=%s t set-option -g history-limit 100000 \; \
  new-session -d -x %d -y %d sh -i
]]

-- What the shell in the terminal reads: a prompt, and the command.
local RC = [[
PS1='$ '
cplugin() { %s %s %s %s/bin/cplugin "$@"; }
cd %s
export LUA_PATH=%s LUA_CPATH=%s %s
clear
]]

local steps = {}

--- A semicolon at the end would be tmux's own.
function steps.type(text)
  return "t send-keys -l -- " .. quote((text:gsub(";$", "\\;")))
end

function steps.key(name) return "t send-keys " .. quote(name) end
function steps.prompt() return "prompt" end
function steps.line(text) return "await is_line " .. quote(text) end
function steps.see(text) return "await is_seen " .. quote(text) end
function steps.gone(text) return "await is_gone " .. quote(text) end
function steps.twice(text) return "await is_seen_twice " .. quote(text) end
function steps.back() return "back" end       -- the shell's prompt
function steps.shell(text) return text end

--- A file has the text.
function steps.file(pair)
  return ("await file_has %s %s"):format(quote(pair[1]), quote(pair[2]))
end

function steps.paste(path)
  return "t load-buffer " .. quote(path) .. "; t paste-buffer -p"
end

--- The pane's terminal is told a little later than tmux itself knows.
function steps.resize(columns)
  return ("t resize-window -x %d; await is_wide %d"):format(columns, columns)
end

local function write_rc(options)
  local preload = os.getenv "LD_PRELOAD"
  local words = {}
  local env = options.env or {}
  env.ASAN_OPTIONS = helper.forked.ASAN_OPTIONS
  env.XDG_STATE_HOME = env.XDG_STATE_HOME or helper.temp "state"
  for name, value in pairs(env) do
    words[#words + 1] = name .. "=" .. quote(value)
  end
  return helper.write(helper.fresh ".rc", RC:format(
    preload and "LD_PRELOAD=" .. quote(preload) or "", helper.wrap, helper.lua,
    quote(helper.top), quote(helper.top), quote(os.getenv "LUA_PATH" or ";;"),
    quote(os.getenv "LUA_CPATH" or ";;"), table.concat(words, " ")))
end

--- Runs the steps; the screen's text. Options: env, columns (80), rows (50).
function terminal.play(list, options)
  options = options or {}
  local folder = helper.fresh()
  local lines = {"mkdir " .. quote(folder), SCRIPT:format(
    quote(folder), SECONDS, quote(write_rc(options)),
    options.columns or 80, options.rows or 50)}
  for _, step in ipairs(list) do
    local name, value = next(step)
    lines[#lines + 1] = steps[name](value)
  end
  lines[#lines + 1] = "screen; t kill-server"
  local path = helper.write(helper.fresh ".sh", table.concat(lines, "\n"))
  local ran = helper.tool("sh " .. quote(path), {seconds = 1200})
  assert(ran.ok, ran.out .. ran.err)
  return (ran.out:gsub(" +\n", "\n"):gsub("%s+$", "\n"))
end

return terminal
