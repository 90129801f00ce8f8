-- repl_spec.lua - the prompt: the sessions of spec/repl/, and what no
-- transcript says.

local helper = require "spec.helper"
local transcript = require "spec.transcript"
local lfs = require "lfs"

local function names()
  local found = {}
  for file in lfs.dir "spec/repl" do
    found[#found + 1] = file:match "^(.+)%.txt$"
  end
  table.sort(found)
  return found
end

describe("transcripts #slow", function()
  it("are read line by line", function()
    local parsed = transcript.parse "# x\n$ cplugin z y\n> a\n>> b\nc\n>\n"
    assert.are.equal("z y", parsed.args)
    assert.are.same({"a", "b", ""}, parsed.inputs)
    assert.are.same({"c"}, parsed.outputs)
  end)

  it("differ where they do", function()
    assert.is_nil(transcript.difference("a\nb 12 c\n", {"a", "b ... c"}))
    assert.is_truthy(transcript.difference("a\n", {"a", "b"}))
    assert.is_truthy(transcript.difference("a\nb\n", {"a"}))
    assert.is_truthy(transcript.difference("axb\n", {"a.b"}))
    assert.is_nil(transcript.difference("a\nb\nc\nd\n", {"a", "...", "d"}))
    assert.is_nil(transcript.difference("a\nd\n", {"a", "...", "d", "..."}))
    assert.is_truthy(transcript.difference("a\nb\n", {"a", "...", "d"}))
  end)

  for _, name in ipairs(names()) do
    it(name .. ", through a pipe", function()
      local parsed = transcript.parse(
        helper.read("spec/repl/" .. name .. ".txt"))
      local ran = transcript.pipe(parsed)
      assert.is_nil(transcript.difference(ran.out, parsed.outputs))
    end)

    it(name .. ", typed into a terminal", function()
      local parsed = transcript.parse(
        helper.read("spec/repl/" .. name .. ".txt"))
      local text = transcript.type(parsed)
      assert.is_nil(transcript.difference(text, parsed.lines))
    end)
  end
end)

local function cplugin(args, input, env)
  env = env or {}
  env.ASAN_OPTIONS = helper.forked.ASAN_OPTIONS
  return helper.run(("%s %s bin/cplugin %s"):format(helper.wrap, helper.lua,
                                                    args),
                    {input = input, env = env, seconds = 300})
end

describe("the prompt in a pipe #slow", function()
  it("ends with 1 after an error, and goes on behind it", function()
    local ran = cplugin("", "nil + 1\n1\n")
    assert.are.equal(1, ran.code)
    assert.are.equal("1\n", ran.out)
    assert.are.equal("error: attempt to perform arithmetic on a nil value\n",
                     ran.err)
    assert.are.equal(0, cplugin("", "1\n").code)
  end)

  it("ends with 3 where a library is missing", function()
    local ran = cplugin("z nowhere", "1\n")
    assert.are.equal(3, ran.code)
    assert.are.equal("", ran.out)
    assert.is_truthy(cplugin("symbls", "").err:find "verb 'symbols'")
  end)

  it("runs a last line without its end, and no lines", function()
    assert.are.equal("3\n", cplugin("", "1 + 2").out)
    assert.are.equal("", cplugin("", "").out)
    assert.are.equal("", cplugin("", "\n  \n").out)
    assert.is_truthy(cplugin("", "1 +").err:find "unexpected symbol near")
  end)

  it("leaves the lines behind an input to what it calls", function()
    local ran = cplugin("", "io.read()\nfor me\n!cat\nand\nme\n")
    assert.are.equal('"for me"\nand\nme\n', ran.out)
  end)

  it("has a traceback if asked", function()
    local ran = cplugin("--traceback", "error 'mine'\n")
    assert.is_truthy(ran.err:find "^error: input:1: mine\nstack traceback:\n",
                     ran.err)
  end)

  it("has a help that fits a screen", function()
    local help = cplugin("", ".help\n").out
    for line in help:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
    assert.is_true(select(2, help:gsub("\n", "")) <= 25)
  end)

  it("follows scripts with -i, and sees their globals", function()
    assert.are.equal("5\n", cplugin("-i -e 'n = 5'", "n\n").out)
    assert.are.equal("true\n", cplugin("-e 'print(z ~= nil)' z").out)
  end)

  it("declares headers given as options", function()
    assert.are.equal("907060870\n",
      cplugin("--header zlib.h z", "crc32(0, 'hello', 5)\n").out)
  end)

  it("answers in JSON, a line for each input", function()
    local dkjson = require "dkjson"
    local ran = cplugin("--json z", table.concat({
      "1, 'a', {x = 2}", "nil + 1", ".symbols ^adler32$",
      ".decl struct P { int x; }", "plugin.new 'struct P'", "x = 1", "",
    }, "\n"))
    local answers = {}
    for line in ran.out:gmatch "([^\n]+)\n" do
      answers[#answers + 1] = assert(dkjson.decode(line))
    end
    assert.are.same({ok = true, values = {1, "a", {x = 2}}}, answers[1])
    assert.are.same({ok = false,
      error = "attempt to perform arithmetic on a nil value"}, answers[2])
    assert.is_truthy(answers[3].text:find "adler32$")
    assert.are.same({ok = true, values = {}}, answers[4])
    assert.are.same({ok = true, values = {{x = 0}}}, answers[5])
    assert.are.same({ok = true, values = {}}, answers[6])
    assert.are.equal(6, #answers)
    assert.are.equal("", ran.err)
  end)

  it("has no colours", function()
    assert.is_nil(cplugin("", "1\n", {TERM = "xterm"}).out:find "\27")
  end)
end)

describe(".open #slow", function()
  it("closes what a new build of the file has replaced", function()
    local path = helper.fresh ".so"
    local function build(text)
      return assert(helper.compile(text, {flags = "-Wl,--build-id"}))
    end
    assert(os.rename(build "int made(void) { return 1; } int old;", path))
    local ran = cplugin(path, table.concat({".decl int made(void);", "made()",
      ("!mv %s %s"):format(build "int made(void) { return 2; }", path),
      ".open " .. path, "made()", ".symbols old", ".open " .. path, ""}, "\n"))
    local name = "[%w_]+ = " .. path:gsub("%p", "%%%0")
    assert.matches("\n1\n" .. name .. ", what was there before is closed\n2\n"
      .. name .. "\n$", ran.out)
    assert.matches("nothing is exported like 'old'", ran.err)
  end)
end)

describe(".save #slow", function()
  it("writes a script that runs, and prints the same", function()
    local path = helper.fresh ".lua"
    local ran = cplugin("z ./build/plugins/variables.so", table.concat({
      ".decl unsigned long crc32(unsigned long, const char *, unsigned)",
      "crc32(0, 'hello', 5)", "nil + 1", "s = 'a'", "_",
      ".decl extern int counter; int get_counter(void);", "counter = 12",
      "get_counter()", "for i = 1, 2 do", "print(i) end",
      ".save " .. path, ""}, "\n"))
    assert.are.equal("...", (ran.out:match "lines of this session" and "..."))
    local again = helper.run(helper.lua .. " " .. path)
    assert.are.equal("907060870\n907060870\n12\n1\n2\n", again.out, again.err)
  end)

  it("writes a script that goes on where a library was closed", function()
    local path = helper.fresh ".lua"
    cplugin("z m", ".close m\nx = 5\nx\n.save " .. path .. "\n")
    local again = helper.run(helper.lua .. " " .. path)
    assert.are.equal("5\n", again.out, again.err)
  end)

  it("says where it cannot write", function()
    assert.is_truthy(cplugin("", ".save /no/such/file\n").err
      :find "No such file or directory")
  end)
end)

describe(".edit #slow", function()
  local editor = "sed -i s/1/2/"

  it("runs what the editor left", function()
    local ran = cplugin("", "1 + 1\n.edit\n.edit 10\n", {EDITOR = editor})
    assert.are.equal("2\n2 + 1\n3\n20\n20\n", ran.out, ran.err)
  end)

  it("says that there is none", function()
    assert.is_truthy(cplugin("", ".edit 1\n", {EDITOR = "false"}).err
      :find "the editor failed")
  end)
end)
