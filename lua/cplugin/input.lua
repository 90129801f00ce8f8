-- input.lua - plain lines from standard input: a pipe, a file, a terminal
-- without a line editor.
--
-- Standard input is read byte by byte, as shells do it: what stands behind a
-- line is left for what that line calls.

local Input = {}
Input.__index = Input

--- Lines of standard input; `prompts` says that somebody sits there.
local function new(options)
  io.stdin:setvbuf "no"
  return setmetatable({prompts = options.prompts}, Input)
end

--- The next line, or nil at the end.
function Input:line(prompt)
  if self.prompts then
    io.write(prompt)
    io.flush()
  end
  local line = io.stdin:read "l"
  if not line and self.prompts then io.write "\n" end
  return line
end

--- A whole input of a reader: lines as long as `goes_on(lines)`, asked
-- after each of them, says so; nil at the end.
local function read(reader, goes_on)
  local line = reader:line "> "
  local lines = {line}
  while line and goes_on(lines) do
    line = reader:line ">> "
    lines[#lines + 1] = line
  end
  return lines[1] and table.concat(lines, "\n")
end

return {new = new, read = read}
