-- docs_spec.lua - every Lua example in README.md and docs/*.md runs and
-- prints what the page says.
--
-- The convention: each ```lua block is a script of its own, run in the
-- checkout's top folder with `plugin` at hand. What it must print is the
-- ```text block that follows it (blank lines between do not count), else the
-- texts of its `-->` comments, one a line, in order. In both, `...` stands
-- for any text within the line. A block without either prints nothing.
--
-- A ```session block is a transcript of the prompt (see transcript.lua), a
-- ```console block has commands behind `$ ` and what they print. A block
-- marked "libc6-dbg" needs libc's debug symbols.

local helper = require "spec.helper"
local transcript = require "spec.transcript"
local lfs = require "lfs"

local function pages()
  local found = {"README.md"}
  for name in lfs.dir "docs" do
    if name:find "%.md$" then
      found[#found + 1] = "docs/" .. name
    end
  end
  table.sort(found)
  return found
end

-- The blocks of a page: {kind, line, text}; prose between them is a block
-- of kind "prose".
local function blocks(text)
  local found, block, number = {}, nil, 0
  for line in (text .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local fence = line:match "^```(.*)$"
    if fence and block then
      block = nil
    elseif fence then
      block = {kind = fence, line = number, lines = {}}
      found[#found + 1] = block
    elseif block then
      table.insert(block.lines, line)
    elseif line:find "%S" then
      found[#found + 1] = {kind = "prose"}
    end
  end
  return found
end

local function expected(block, follower)
  if follower and follower.kind == "text" then
    return follower.lines
  end
  local lines = {}
  for _, line in ipairs(block.lines) do
    lines[#lines + 1] = line:match "%-%-> ?(.*)$"
  end
  return lines
end

-- Is `line` what `wanted` says, `...` standing for anything?
local function fits(line, wanted)
  local pattern = wanted:gsub("%s+$", ""):gsub("%p", "%%%0")
  pattern = pattern:gsub("%%%.%%%.%%%.", ".-")
  return line:gsub("%s+$", ""):find("^" .. pattern .. "$") ~= nil
end

local function compare(output, wanted, place)
  local lines = {}
  for line in output:gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  for i = 1, math.max(#lines, #wanted) do
    assert.is_true(lines[i] ~= nil and wanted[i] ~= nil
      and fits(lines[i], wanted[i]),
      ("%s: line %d of the output is '%s', the page says '%s'"):format(
        place, i, lines[i] or "(none)", wanted[i] or "(none)"))
  end
end

-- On the first line, so that line numbers stay.
local PRELUDE = 'local plugin = require "cplugin" '

describe("the convention", function()
  it("reads blocks, and what follows them", function()
    local found = blocks "a\n```lua\nprint(1) --> 1\n```\n\n```text\n2\n```\nb"
    assert.are.equal("lua", found[2].kind)
    assert.are.equal(2, found[2].line)
    assert.are.same({"2"}, expected(found[2], found[3]))
    assert.are.same({"1"}, expected(found[2], found[4]))
  end)

  it("compares whole lines, `...` apart", function()
    assert.is_true(fits("at 0x12 (x)", "at ... (x)"))
    assert.is_true(fits("a.b ", "a.b"))
    assert.is_false(fits("axb", "a.b"))
    assert.is_false(fits("a.b.c", "a.b"))
    assert.has_error(function() compare("a\nb\n", {"a"}, "p") end)
    assert.has_error(function() compare("a\n", {"a", "b"}, "p") end)
  end)
end)

-- Runs the commands; {command, lines that it must print} each.
local function commands(lines)
  local list = {}
  for _, line in ipairs(lines) do
    local command = line:match "^%$ (.*)$"
    if command then
      list[#list + 1] = {command, {}}
    else
      table.insert(list[#list][2], line)
    end
  end
  return list
end

local NO_SYMBOLS = "libc's debug symbols are not installed"

local function lacks_symbols(block)
  if not block.kind:find "libc6%-dbg" then
    return false
  end
  local plugin = require "cplugin"
  local id = plugin.inspect(plugin.search "c"):info().buildid
  return not helper.exists(("/usr/lib/debug/.build-id/%s/%s.debug"):format(
    id:sub(1, 2), id:sub(3)))
end

local function run_session(block, place)
  local parsed = transcript.parse(table.concat(block.lines, "\n") .. "\n")
  local ran = transcript.pipe(parsed)
  local difference = transcript.difference(ran.out, parsed.outputs)
  assert.is_nil(difference and place .. ": " .. difference)
end

local function run_console(block, place)
  for _, row in ipairs(commands(block.lines)) do
    local ran = helper.run((row[1]:gsub("^cplugin",
      helper.wrap .. " " .. helper.lua .. " bin/cplugin")),
      {env = helper.forked})
    assert.is_true(ran.ok, place .. ": " .. ran.err)
    compare(ran.out, row[2], place)
  end
end

local runners = {session = run_session, console = run_console}

for _, page in ipairs(pages()) do
  describe(page, function()
    local found = blocks(helper.exists(page) and helper.read(page) or "")
    for i, block in ipairs(found) do
      local runner = runners[block.kind:match "^%a*"]
      if runner then
        local place = ("%s:%d"):format(page, block.line)
        it("runs the " .. block.kind .. " at " .. place .. " #slow", function()
          if lacks_symbols(block) then
            return pending(NO_SYMBOLS)
          end
          runner(block, place)
        end)
      elseif block.kind:find "^lua" then
        local place = ("%s:%d"):format(page, block.line)
        local text = table.concat(block.lines, "\n")
        local tag = text:find "long double" and " #exact" or ""
        it("runs the example at " .. place .. tag, function()
          if lacks_symbols(block) then
            return pending(NO_SYMBOLS)
          end
          local ran = helper.script(PRELUDE .. text)
          if ran.err:find "libdw.*not installed" then
            return pending "libdw is not installed"
          end
          assert.is_true(ran.ok, place .. ": " .. ran.err)
          compare(ran.out, expected(block, found[i + 1]), place)
        end)
      end
    end
  end)
end

it("README.md has an example that is run", function()
  local count = 0
  for _, block in ipairs(blocks(helper.read "README.md")) do
    count = count + (block.kind == "lua" and 1 or 0)
  end
  assert.is_true(count > 0)
end)
