-- lineedit_spec.lua - what is not in transcripts: keys, completion, hints,
-- history, pastes, Ctrl-C, Ctrl-Z, resizing, what becomes of the terminal.

local helper = require "spec.helper"
local terminal = require "spec.terminal"

local play = terminal.play

--- Starts the prompt, does the steps, leaves; the text of the screen.
local function session(args, steps, options)
  local list = {{back = true}, {type = "cplugin " .. args}, {key = "Enter"},
                {prompt = true}}
  table.move(steps, 1, #steps, #list + 1, list)
  table.insert(list, {back = true})
  return play(list, options)
end

--- Steps: strings are typed with Enter behind, and answered by a prompt;
-- "<Tab>" is a key.
local function keys(...)
  local list = {}
  for _, word in ipairs {...} do
    local key = type(word) == "string" and word:match "^<(.*)>$"
    if type(word) == "table" then
      list[#list + 1] = word
    elseif key then
      list[#list + 1] = {key = key}
    else
      table.move({{type = word}, {key = "Enter"}, {prompt = true}}, 1, 3,
                 #list + 1, list)
    end
  end
  return list
end

local PROMPT <const> = {prompt = true}
local BACK <const> = {back = true}

local function typed(text) return {type = text} end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), text)
end

local function has_not(text, part)
  assert.is_nil(text:find(part, 1, true), text)
end

describe("completion #slow", function()
  local DECL = ".decl struct P { int left, right; }; typedef struct P Pair; "
    .. "unsigned long crc32(unsigned long, const char *, unsigned);"

  -- what is typed, and the line after Tab
  local ROWS = {
    {".symb", "> .symbols"}, {"pri", "> print"},
    {"string.form", "> string.format"},
    {"z.C.adler32_c", "> z.C.adler32_combine"}, {"get_crc", "> get_crc_table"},
    {"z:loo", "> z:lookup"}, {"p.le", "> p.left"}, {"p.ri", "> p.right"},
    {"tbl.inner.de", "> tbl.inner.deep"}, {".help tr", "> .help trace"},
    {".layout Pa", "> .layout Pair"}, {".layout struct ", "> .layout struct P"},
    {'plugin.new "Pa', '> plugin.new "Pair'}, {".trace of", "> .trace off"},
    {".open ./plugins/calling", "> .open ./plugins/calling"},
    {".open ./plugins/tou", "> .open ./plugins/tour.c"},
    {'io.open("./plugins/tou', '> io.open("./plugins/tour.c'},
    {"1 + math.flo", "> 1 + math.floor"}, {"f(pri", "> f(print"},
    {"nothing_at_", "> nothing_at_"},
  }

  it("knows commands, names, fields, symbols, types and paths", function()
    local steps = keys(DECL, "p = plugin.new 'struct P'",
                       "tbl = {inner = {deep = 1}}")
    for _, row in ipairs(ROWS) do
      table.move(keys(typed(row[1]), "<Tab>", {see = row[2]}, "<C-c>", PROMPT),
                 1, 5, #steps + 1, steps)
    end
    table.insert(steps, {key = "C-d"})
    local text = session("z", steps)
    for _, row in ipairs(ROWS) do has(text, "\n" .. row[2]) end
  end)

  it("lists what there is, and inserts what all have in common", function()
    local text = session("z", keys(typed "z.C.inflateSet", "<Tab>",
      {see = "inflateSetDictionary"}, "<C-c>", PROMPT, typed "z.C.adler",
      "<Tab>", "<Tab>", "<Tab>", {see = "adler32_combine64"}, "<C-c>", PROMPT,
      "<C-d>"))
    has(text, "> z.C.inflateSetDictionary")
    has(text, "> z.C.adler32")
    has(text, "z.C.adler32_z")
  end)

  -- The assembler counts faster than the compiler reads.
  local SYMBOLS <const> = [[asm(".altmacro; .set i, 50000\n"
    ".macro one n\n .globl symbol_\\n\\()_of_many\n"
    ".type symbol_\\n\\()_of_many, @function\n"
    "symbol_\\n\\()_of_many: ret\n.endm\n"
    ".rept 50000\n one %i\n .set i, i + 1\n .endr");]]

  it("finds those of one beginning among 50,000 symbols", function()
    local library = assert(helper.compile(SYMBOLS, {flags = "-nostdlib"}))
    local complete = require "cplugin.complete"
    local many = require("cplugin.session").new {show = {}, out = print}
    many:open(library)
    setmetatable(_G, nil)
    for i = 1, 51 do
      local word = ("symbol_%03d"):format(500 + i * 9)
      local found = complete.words(many, "f(" .. word)
      assert.are.equal(100, #found.words)
      assert.are.equal(word .. "00_of_many", found.words[1])
    end
    assert.is_true(complete.words(many, "symbol").cut)
  end)
end)

describe("a hint #slow", function()
  it("shows the declaration of the call that is typed", function()
    local text = session("z", keys(
      ".decl zlib.h", typed "1 + z.C.crc32(0, ",
      {see = "unsigned long crc32(unsigned long crc, const unsigned char *buf"},
      "<C-u>", {gone = "unsigned long crc32"}, "2", "<C-d>"))
    has(text, "> 2\n2\n")
    session("z", keys(typed "adler32(", {see = "not declared"}, "<C-c>",
                      {gone = "not declared"}, PROMPT, "<C-d>"))
  end)
end)

describe("history #slow", function()
  it("is kept for the next session, and for nobody else", function()
    local state = helper.fresh()
    local env = {XDG_STATE_HOME = state}
    session("", keys("one = 1", "for i = 1, 2 do", "print(i)", "end",
                     " secret = 1", "<C-d>"), {env = env})
    local path = state .. "/cplugin/history"
    assert.are.equal("one = 1\nfor i = 1, 2 do\\nprint(i)\\nend\n",
                     helper.read(path))
    assert.are.equal("600\n", helper.tool("stat -c %a " .. path).out)
    local text = session("", keys("<Up>", {line = "end"}, "<Enter>",
      PROMPT, "<Up>", "<Up>", {line = "> one = 1"}, "<Enter>", PROMPT, "one",
      "<C-d>"), {env = env})
    has(text, "1\n2\n> one = 1")
    has(text, "> one\n1\n")
  end)

  it("has what crashed", function()
    local state = helper.fresh()
    local text = session("", keys(".decl void abort(void)", "abort()",
      "<Up>", {twice = "> abort()"}, "<Enter>", PROMPT, "<C-d>"),
      {env = {XDG_STATE_HOME = state}})
    local _, deaths = text:gsub("died of SIGABRT", "")
    assert.are.equal(2, deaths)
    assert.are.equal(".decl void abort(void)\nabort()\nabort()\n",
                     helper.read(state .. "/cplugin/history"))
  end)
end)

describe("a paste of 400 kB #slow", function()
  local lines = {"s = [["}
  for i = 1, 10240 do lines[i + 1] = ("%039d"):format(i) end
  lines[#lines + 1] = "]]"

  for name, env in pairs {readline = {}, ["plain input"] = {TERM = "dumb"}} do
    it("arrives whole by " .. name, function()
      local path = helper.write(helper.fresh(), table.concat(lines, "\n"))
      local text = session("", keys({paste = path}, "<Enter>",
        typed "#s, s:sub(-40)", "<Enter>", {see = '000000010240\\n"'}, PROMPT,
        "<C-d>"), {env = env})
      has(text, '409600\n"000000000000000000000000000000000010240\\n"')
    end)
  end

  it("arrives whole through a pipe", function()
    local ran = helper.run(helper.lua .. " bin/cplugin", {
      input = table.concat(lines, "\n") .. "\n#s, s:sub(-40)\n",
      env = helper.forked})
    assert.are.equal('409600\n"000000000000000000000000000000000010240\\n"\n',
                     ran.out)
  end)
end)

-- They say that they run before Ctrl-C comes.
local LOOP <const> = [[
#include <unistd.h>
void loop(void) { write(1, "in C\n", 5); for (volatile long i = 0;; i++) { } }
]]

describe("Ctrl-C #slow", function()
  for name, env in pairs {readline = {}, ["plain input"] = {TERM = "dumb"}} do
    it("drops what is typed, by " .. name, function()
      local text = session("", keys(typed "nonsense", {see = "nonsense"},
        "<C-c>", PROMPT, "for i = 1, 2 do", typed "oops", {see = "oops"},
        "<C-c>", PROMPT, "1 + 1", "<C-d>"), {env = env})
      has(text, "nonsense^C\n")
      has(text, "oops^C\n")
      has(text, "> 1 + 1\n2\n")
    end)

    it("ends loops in Lua and in C, by " .. name, function()
      local library = assert(helper.compile(LOOP))
      local text = session(library, keys(".decl void loop(void);", "x = 1",
        typed "x = 2 print 'in Lua' while true do end", "<Enter>",
        {line = "in Lua"}, "<C-c>", PROMPT, "x",
        typed "x = 3 loop()", "<Enter>", {line = "in C"}, "<C-c>", PROMPT,
        "x", "<C-d>"), {env = env})
      has(text, "^Cerror: interrupted!\n> x\n2\n")
      has(text, "^Cinterrupted: the session is as it was before that input\n"
        .. "> x\n2\n")
    end)
  end

  it("is the command's alone where one runs", function()
    local text = session("", keys("x = 5", typed "!echo run; exec sleep 1000",
      "<Enter>", {line = "run"}, "<C-c>", PROMPT, "x", "<C-d>"))
    has(text, "signal 2\n> x\n5\n")
  end)
end)

describe("Ctrl-Z #slow", function()
  it("stops it at the prompt and in a loop, and fg goes on", function()
    local flag = helper.fresh()
    local loop = ("print 'runs' repeat until io.open('%s') print 'goes on' "
      .. "while true do end"):format(flag)
    local text = session("", keys("x = 7", typed "x +", {see = "> x +"},
      "<C-z>", BACK, typed "stty -a | grep -o ' icanon'", "<Enter>", BACK,
      typed "fg", "<Enter>", {line = "> x +"}, " 1",
      typed(loop), "<Enter>", {line = "runs"}, "<C-z>", BACK,
      {shell = "touch " .. flag}, typed "fg", "<Enter>", {line = "goes on"},
      "<C-c>", PROMPT, "x", "<C-d>"))
    has(text, "\n icanon\n")
    has(text, "> x + 1\n8\n")
    has(text, "interrupted!\n> x\n7\n")
  end)
end)

describe("the terminal #slow", function()
  it("has another width after a resize", function()
    local text = session("", keys("plugin.new 'int[12]'", {resize = 30},
                                  "plugin.new 'int[12]'", "<C-d>"))
    has(text, "(int[12]) {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}\n")
    has(text, "(int[12]) {\n  0, 0, 0, 0, 0, 0, 0, 0, 0,\n  0, 0, 0\n}\n")
  end)

  it("has another width after a resize while an input runs", function()
    local text = session("", keys(typed "print 'run' io.read()", "<Enter>",
      {line = "run"}, {resize = 30}, "", "plugin.new 'int[12]'", "<C-d>"))
    has(text, "  0, 0, 0, 0, 0, 0, 0, 0, 0,\n  0, 0, 0\n}\n")
  end)

  it("is as it was, after crashes and the end", function()
    local modes = helper.fresh()
    local text = play(keys(BACK, typed("stty -g >" .. modes .. ".1"), "<Enter>",
      BACK, "cplugin", ".decl void abort(void)",
      "os.execute 'stty raw -echo' abort()", "1 + 1",
      "os.execute 'stty raw -echo'", "2 + 2", "!stty raw -echo",
      "<C-d>", BACK,
      typed("stty -g >" .. modes .. ".2"), "<Enter>", BACK))
    has(text, "> 1 + 1\n2\n> os.execute")
    has(text, "> 2 + 2\n4\n> !stty")
    assert.are.equal(helper.read(modes .. ".1"), helper.read(modes .. ".2"))
  end)

  it("has colours where it takes them", function()
    local function escapes(env)
      local path = helper.fresh()
      session("", keys({shell = "t pipe-pane 'cat >" .. path .. "'"},
        "12345", "54321", {file = {path, "54321\n"}}, "<C-d>"), {env = env})
      return helper.read(path)
    end
    has(escapes {}, "\27[36m12345\27[0m")
    has_not(escapes {NO_COLOR = "1"}, "\27[36m")
    has_not(escapes {TERM = "dumb"}, "\27")
  end)

  it("begins a line for the prompt where none was ended", function()
    local text = session("", keys("_ = nil, io.write 'part'", "1 + 1",
                                  "<C-d>"))
    has(text, "'part'\npart\n> 1 + 1\n2\n>\n")
  end)
end)
