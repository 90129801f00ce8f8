-- terminal.lua - what the terminal is like: its width, whether it is one.

local plugin = require "cplugin"
local system = require "cplugin.system"

local terminal = {}

local TIOCGWINSZ <const> = 0x5413

--- Is the file descriptor a terminal?
function terminal.is(fd)
  return system.isatty(fd) == 1
end

--- Its columns; 80 where nobody knows.
function terminal.width()
  local size = plugin.new "unsigned short[4]"     -- struct winsize
  if system.ioctl(1, TIOCGWINSZ, size) == 0 and size[1] > 0 then
    return size[1]
  end
  return 80
end

local TCSADRAIN <const> = 1

--- Its modes; nil where standard input is no terminal.
function terminal.modes()
  local modes = plugin.new "char[256]"            -- struct termios
  return system.tcgetattr(0, modes) == 0 and modes or nil
end

function terminal.set_modes(modes)
  system.tcsetattr(0, TCSADRAIN, modes)
end

--- Does it take more than plain text?
function terminal.is_smart()
  local name = os.getenv "TERM"
  return terminal.is(1) and name ~= nil and name ~= "" and name ~= "dumb"
end

--- May it be written to in colours (no-color.org)?
function terminal.has_colours()
  local refused = os.getenv "NO_COLOR"
  return terminal.is_smart() and (refused == nil or refused == "")
end

return terminal
