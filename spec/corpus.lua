-- corpus.lua - system headers, whole: accepted, and laid out as the compiler
-- does. Run by `make corpus`, which installs the packages that have them.
--
-- Each row is preprocessed by gcc, by clang, and by gcc for C23; the parser
-- declares the text, and a program compiled from the same text prints size,
-- alignment and offsets of every record in it for comparison. The compiler is
-- told of AVX-512, without which gcc aligns large vectors to less than the
-- psABI says.

local helper = require "spec.helper"
local headers = require "spec.headers"

-- How each is read, and by what the program is compiled. POSIX names that
-- some headers use are not there in strict C23.
local ways = {
  {"gcc", "gcc -E", "gcc -w -mavx512f"},
  {"clang", "clang -E", "clang -w -mavx512f"},
  {"gcc for C23", "gcc -std=c2x -D_GNU_SOURCE -E",
    "gcc -std=gnu2x -w -mavx512f"},
}

local check = helper.top .. "/" .. helper.build .. "/spec/c/decl_check"

local function preprocessed(row, way)
  local source, target = helper.fresh ".c", helper.fresh ".i"
  helper.write(source, headers.text(row))
  local made = helper.tool(headers.command(row, way[2], source, target))
  assert(made.ok, made.err)
  return target
end

local function sorted_lines(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  table.sort(lines)
  return lines
end

local total = {headers = 0, rows = 0, bytes = 0}

describe("the corpus of headers", function()
  for _, row in ipairs(headers.rows) do
    for _, way in ipairs(ways) do
      it(("%s, read by %s"):format(row[1], way[1]), function()
        local text = preprocessed(row, way)
        local ours = helper.tool(check .. " -l " .. text)
        assert(ours.ok, ours.out .. ours.err)
        local program, source = helper.fresh "", helper.fresh ".c"
        helper.write(source, helper.tool(check .. " -c " .. text).out)
        local made =
          helper.tool(("%s -o %s %s"):format(way[3], program, source))
        assert(made.ok, made.err)
        local theirs = helper.tool(program)
        assert(theirs.ok, theirs.err)
        local expected = sorted_lines(theirs.out)
        assert.same(expected, sorted_lines(ours.out))
        total.headers = total.headers + 1
        total.rows = total.rows + #expected
        total.bytes = total.bytes + #helper.read(text)
      end)
    end
  end
  teardown(function()
    print(("\n%d readings of %d headers, %d sizes, alignments and offsets, "
      .. "%d bytes")
      :format(total.headers, #headers.rows, total.rows, total.bytes))
  end)
end)
