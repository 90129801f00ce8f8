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

--- A whole input: lines as long as `incomplete(text)`; nil at the end.
function Input:read(incomplete)
  local text = self:line "> "
  while text and incomplete(text) do
    local line = self:line ">> "
    if not line then break end
    text = text .. "\n" .. line
  end
  return text
end

return {new = new}
