-- terminal.lua - programs in a terminal, as a person would use them: tmux is
-- the terminal, keys are typed into it, its screen is read.
--
--   terminal.play({
--     {prompts = 1}, {type = "1 + 2"}, {key = "Enter"}, {see = "3"},
--   })
--
-- runs the steps in a shell whose command `cplugin` is the one here, and gives
-- the text of the screen with all that has scrolled out of it.

local helper = require "spec.helper"

local terminal = {}

local quote = helper.quote
local SECONDS <const> = 30        -- until a wait has failed

-- tmux itself runs without what is under test.
local SCRIPT = [[
export TMUX_TMPDIR=%s LANG=C.UTF-8
t() { env -u LD_PRELOAD tmux -L spec -f /dev/null "$@"; }
screen() { t capture-pane -p -J -S -; }
fail() { echo "waited in vain for: $1"; screen; t kill-server; exit 1; }
waiting() { sleep 0.01; n=$((n + 1)); [ $n -lt %d ] || fail "$1"; }
last() { screen | grep -v '^ *$' | tail -1 | grep -q "$1"; }
# One that begins with > and was answered, and so on; the last one is empty.
prompts() {
  n=0
  until [ "$(screen | grep -c '^>>\{0,1\}\( \|$\)')" -eq "$1" ] &&
        last '^>>\{0,1\} *$'; do waiting "prompt $1"; done
}
line() { n=0; until screen | grep -qx -- "$1 *"; do waiting "$1"; done; }
see() { n=0; until screen | grep -qF -- "$1"; do waiting "$1"; done; }
back() { n=0; until last '^\$ *$'; do waiting "the shell"; done; }
unset TMUX PROMPT_COMMAND
ENV=%s t new-session -d -x %d -y %d sh -i
t set-option -g history-limit 100000
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
function steps.prompts(count) return ("prompts %d"):format(count) end
function steps.see(text) return "see " .. quote(text) end
function steps.line(text) return "line " .. quote(text) end   -- all of one
function steps.back() return "back" end       -- the shell's prompt
function steps.pause(seconds) return "sleep " .. seconds end
function steps.shell(text) return text end

function steps.paste(path)
  return "t load-buffer " .. quote(path) .. "; t paste-buffer -p"
end

function steps.resize(columns)
  return ("t resize-window -x %d"):format(columns)
end

local function write_rc(options)
  local preload = os.getenv "LD_PRELOAD"
  local words = {}
  local env = options.env or {}
  env.ASAN_OPTIONS = "detect_leaks=0"           -- as in transcript.pipe
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
    quote(folder), SECONDS * 30, quote(write_rc(options)),
    options.columns or 80, options.rows or 50)}
  for _, step in ipairs(list) do
    local name, value = next(step)
    lines[#lines + 1] = steps[name](value)
  end
  lines[#lines + 1] = "screen; t kill-server"
  local path = helper.write(helper.fresh ".sh", table.concat(lines, "\n"))
  local ran = helper.tool("sh " .. quote(path), {seconds = 300})
  assert(ran.ok, ran.out .. ran.err)
  return (ran.out:gsub("%s+$", "\n"))
end

return terminal
