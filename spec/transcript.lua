-- transcript.lua - sessions of the prompt as texts: what is typed and what
-- comes, as a terminal shows it.
--
--   # about the session
--   $ cplugin z                  the arguments
--   > crc32(0, "hello", 5)       an input; it goes on behind >>
--   907060870                    what comes; `...` stands for anything
--
-- The same text is run through a pipe, where only what comes is seen, and
-- through a terminal, where all is.

local helper = require "spec.helper"

local transcript = {}

--- {args, inputs, outputs (lists of lines), lines (all of them)}.
function transcript.parse(text)
  local parsed = {inputs = {}, outputs = {}, lines = {}}
  for line in text:gmatch "([^\n]*)\n" do
    local command = line:match "^%$ cplugin ?(.*)$"
    local input = line:match "^>>? (.*)$" or line:match "^>>?$" and ""
    if command then
      parsed.args = command
    elseif parsed.args then
      table.insert(parsed.lines, line)
      table.insert(input and parsed.inputs or parsed.outputs, input or line)
    end
  end
  assert(parsed.args, "no '$ cplugin' in the transcript")
  return parsed
end

--- Is `line` what `wanted` says, `...` standing for anything?
function transcript.fits(line, wanted)
  local pattern = wanted:gsub("%p", "%%%0"):gsub("%%%.%%%.%%%.", ".-")
  return line:find("^" .. pattern .. "$") ~= nil
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n?" do lines[#lines + 1] = line end
  while lines[#lines] == "" do lines[#lines] = nil end
  return lines
end

--- The first line that is not as wanted, as a message; nil if there is none.
function transcript.difference(text, wanted)
  local lines = lines_of(text)
  for i = 1, math.max(#lines, #wanted) do
    if not (lines[i] and wanted[i] and transcript.fits(lines[i], wanted[i]))
    then
      return ("line %d is\n  %s\nbut should be\n  %s\nin\n%s"):format(
        i, lines[i] or "(none)", wanted[i] or "(none)", text)
    end
  end
end

--- Runs the inputs through a pipe; both outputs as one.
function transcript.pipe(parsed)
  return helper.run("sh -c " .. helper.quote(
    ("exec %s %s bin/cplugin %s 2>&1"):format(helper.wrap, helper.lua,
                                              parsed.args)),
    {input = table.concat(parsed.inputs, "\n") .. "\n"})
end

return transcript
