-- transcript.lua - sessions of the prompt as texts: what is typed and what
-- comes, as a terminal shows it.
--
--   # about the session
--   $ cplugin z                  the arguments
--   > crc32(0, "hello", 5)       an input; it goes on behind >>
--   907060870                    what comes; `...` stands for anything in a
--                                line, and alone for any lines
--
-- The same text is run through a pipe, where only what comes is seen, and
-- through a terminal, where all is.

local helper = require "spec.helper"
local terminal = require "spec.terminal"

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
  local last = parsed.inputs[#parsed.inputs]
  parsed.leaves = last:find "^%.quit" or last:find "^os%.exit"
  return parsed
end

--- Is `line` what `wanted` says, `...` standing for anything?
function transcript.fits(line, wanted)
  local pattern = wanted:gsub("%p", "%%%0"):gsub("%%%.%%%.%%%.", ".-")
  return line:find("^" .. pattern .. "$") ~= nil
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n?" do
    lines[#lines + 1] = line:gsub(" +$", "")
  end
  while lines[#lines] == "" do lines[#lines] = nil end
  return lines
end

--- Where the line that comes after a "..." of any lines is.
local function skip(lines, i, wanted)
  while lines[i] and not (wanted and transcript.fits(lines[i], wanted)) do
    i = i + 1
  end
  return i
end

--- The first line that is not as wanted, as a message; nil if there is none.
function transcript.difference(text, list)
  local lines, wanted = lines_of(text), lines_of(table.concat(list, "\n"))
  local i, k = 1, 1
  while lines[i] or wanted[k] do
    if wanted[k] == "..." then
      k = k + 1
      i = skip(lines, i, wanted[k])
    elseif lines[i] and wanted[k] and transcript.fits(lines[i], wanted[k]) then
      i, k = i + 1, k + 1
    else
      return ("line %d is\n  %s\nbut should be\n  %s\nin\n%s"):format(
        i, lines[i] or "(none)", wanted[k] or "(none)", text)
    end
  end
end

--- Runs the inputs through a pipe; both outputs as one.
function transcript.pipe(parsed)
  return helper.run("sh -c " .. helper.quote(
    ("exec %s %s bin/cplugin %s 2>&1"):format(helper.wrap, helper.lua,
                                              parsed.args)),
    {input = table.concat(parsed.inputs, "\n") .. "\n",
     env = helper.forked, seconds = 300})
end

--- Types the inputs into a terminal; what it shows, from the first prompt to
-- the shell's next one. Libraries are told of above the first prompt.
function transcript.type(parsed)
  local steps = {{back = true}, {type = "cplugin " .. parsed.args},
                 {key = "Enter"}}
  for _, input in ipairs(parsed.inputs) do
    table.insert(steps, {prompt = true})
    table.insert(steps, {type = input})
    table.insert(steps, {key = "Enter"})
  end
  if not parsed.leaves then
    table.insert(steps, {prompt = true})
    table.insert(steps, {key = "C-d"})
  end
  table.insert(steps, {back = true})
  local text = terminal.play(steps)
  return text:match "\n(> .*)%$ *\n$":gsub("> *\n+$", "")
end

return transcript
