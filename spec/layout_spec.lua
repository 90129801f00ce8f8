-- layout_spec.lua - sizes, alignments and offsets are the compiler's.
--
-- Random structs and unions go to gcc, and to cdef().

local helper = require "spec.helper"
local randomtype = require "spec.randomtype"
local plugin = require "cplugin"

local RECORDS = 300

-- Names of the members that offsetof takes, those of anonymous ones too.
local function names(record, list)
  for _, member in ipairs(record.members) do
    if member.name and not member.bits then
      list[#list + 1] = member.name
    elseif not member.name and member.type.members then
      names(member.type, list)
    end
  end
  return list
end

-- What the compiler says: lines "record size align" and "member offset".
local function ask(types, records, cc)
  local text = {"#include <stdio.h>\n#include <stddef.h>", types.prelude,
                table.concat(types.out, "\n"), "int main(void) {"}
  for _, record in ipairs(records) do
    local c = types:declare(record)
    text[#text + 1] = ('printf("%%zu %%zu\\n", sizeof(%s), _Alignof(%s));')
      :format(c, c)
    for _, name in ipairs(names(record, {})) do
      text[#text + 1] = ('printf("%%zu\\n", offsetof(%s, %s));')
        :format(c, name)
    end
  end
  text[#text + 1] = "return 0; }"
  local program = assert(helper.compile(table.concat(text, "\n"),
                                        {program = true, cc = cc}))
  local answer = helper.program(program)
  assert.is_true(answer.ok)
  return answer.out
end

-- The same from the plugin.
local function tell(types, records)
  local lines = {}
  for _, record in ipairs(records) do
    local c = types:declare(record)
    lines[#lines + 1] = ("%d %d"):format(plugin.sizeof(c), plugin.alignof(c))
    for _, name in ipairs(names(record, {})) do
      lines[#lines + 1] = ("%d"):format((plugin.offsetof(c, name)))
    end
  end
  return lines
end

-- What the lines are about, for messages.
local function subjects(types, records)
  local list = {}
  for i, record in ipairs(records) do
    list[#list + 1] = types.out[i]
    for _, name in ipairs(names(record, {})) do
      list[#list + 1] = name .. " of " .. types.out[i]
    end
  end
  return list
end

local run = 0

local function compare(seed, cc)
  run = run + 1
  local types = randomtype.new {seed = seed, layout = true}
  local records = {}
  for i = 1, RECORDS do
    records[i] = types:define()
  end
  local about = subjects(types, records)
  local prefix = ("L%d_"):format(run)   -- the global scope has them all
  local function own(text)
    return (text:gsub("%f[%w]([SFX]%d*)%f[^%w]", prefix .. "%1")
                :gsub("%f[%w](enum )(%u%l+)", "%1" .. prefix .. "%2")
                :gsub("%f[%w](%u+_[AB])%f[^%w]", prefix .. "%1"))
  end
  local expected = ask(types, records, cc)
  plugin.cdef(own(types.prelude .. table.concat(types.out, "\n")))
  types.declare = function(_, record)
    return own(record.kind .. " " .. record.tag)
  end
  local told, i = tell(types, records), 0
  for line in expected:gmatch "[^\n]+" do
    i = i + 1
    assert(told[i] == line, ("seed %d: %s is %s, %s says %s"):format(
      seed, about[i], told[i], cc, line))
  end
  assert.equal(i, #told)
end

describe("layout of random records", function()
  for _, cc in ipairs {"gcc", "clang"} do
    if os.execute("command -v " .. cc .. " >/dev/null") then
      for seed = helper.seed, helper.seed + 1 do
        it(("is what %s says, seed %d #slow"):format(cc, seed), function()
          compare(seed, cc)
        end)
      end
    end
  end
end)

-- Rows: what C computes. Each is asked of gcc, in one program.
describe("layout", function()
  local rows = {
    "sizeof(char)", "sizeof(_Bool)", "sizeof(long double)",
    "_Alignof(long double)", "sizeof(float _Complex)",
    "_Alignof(double _Complex)", "sizeof(long double _Complex)",
    "sizeof(void (*)(int))", "sizeof(_Float128 _Complex)",
    "sizeof(char[3][5])", "_Alignof(short[7])", "sizeof(int *[4])",
    "sizeof(struct {char c; int i;})", "sizeof(union {char c[9]; short s;})",
    "sizeof(struct {int n; char text[];})",
    "_Alignof(struct {char c; long double d;})",
    "sizeof(struct {int a : 3; int b : 30; char c;})",
    "sizeof(struct {char c; int : 0; char d;})",
    "sizeof(struct {const char *volatile p; const int i;})",
    "sizeof(enum {SMALL = 1})", "sizeof(enum {LARGE = 1LL << 40})",
    "sizeof(struct {struct {char a; struct {short b; union {long c; char d;};"
      .. " };}; char e;})",
    "sizeof(int (*)[3])", "sizeof(struct {char c; int (*f[3])(void);})",
    "sizeof(struct {_Alignas(16) char c;})",
    "sizeof(struct {char c; double d;} __attribute__((packed)))",
  }
  if helper.defined "__SIZEOF_INT128__" then
    table.move({"sizeof(__int128)", "_Alignof(__int128)"}, 1, 2, #rows + 1,
               rows)
  end
  local answers = {}

  setup(function()
    local text = {"#include <stdio.h>\nint main(void) {"}
    for i, row in ipairs(rows) do
      text[i + 1] = ('printf("%%zu\\n", %s);'):format(row)
    end
    text[#text + 1] = "return 0; }"
    local program = assert(helper.compile(table.concat(text, "\n"),
                                          {program = true}))
    for line in helper.program(program).out:gmatch "%d+" do
      answers[#answers + 1] = tonumber(line)
    end
    assert.equal(#rows, #answers)
  end)

  for i, row in ipairs(rows) do
    it("of " .. row, function()
      local what, type = row:match "^_?(%a+)%((.*)%)$"
      what = what:lower()
      assert.equal(answers[i], (plugin[what](type)))
    end)
  end
end)
