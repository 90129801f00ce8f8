-- verb_spec.lua - the one-shot verbs, as a shell sees them.

local helper = require "spec.helper"
local dkjson = require "dkjson"

local quote = helper.quote

local function cplugin(args, options)
  local words = {helper.wrap, helper.lua, "bin/cplugin"}
  for _, arg in ipairs(args) do words[#words + 1] = quote(arg) end
  return helper.run(table.concat(words, " "),
                    options or {env = helper.forked})
end

-- verb and arguments ($name: a sample plugin), exit code, and a pattern of
-- the output or, if that is not 0, of the error output
local ROWS = {
  {"call libm.so.6|double cos(double)|0", 0, "^1%.0\n$"},
  {"call m|double ldexp(double, int)|0.75|-1", 0, "^0%.375\n$"},
  {"call m|double frexp(double, _Out_ int *)|40", 0, "^0%.625\n6\n$"},
  {"call m|double cos(double)|zero", 1, "'zero' is no 'double'"},
  {"call m|double cos(double)", 2, "takes 1 argument, got 0"},
  {"call m|double cos(double)|1|2", 2, "takes 1 argument, got 2"},
  {"call m|double coss(double)|1", 3, "did you mean 'cos'"},
  {"call nowhere|double cos(double)|1", 3, "not found"},
  {"call $tour|PluginPrint", 2, "has no type: write its declaration"},
  {"call m|doubel cos(double)|0", 1, "did you mean 'double'"},
  {"call m|int (int)|0", 1, "expected a name"},
  {"call m|struct S|0", 2, "does not declare a name"},
  {"call m|int a, b|0", 1, "expected"},
  {"call m", 2, "usage: cplugin call FILE DECLARATION"},
  {"call --header|math.h|m|cos|0", 0, "^1%.0\n$"},
  {"call --header|no/such.h|m|cos|0", 3, "no/such%.h"},
  {"call c|size_t strlen(const char *)|four", 0, "^4\n$"},
  {'call c|size_t strlen(const char *)|"nil"', 0, "^3\n$"},
  {"call c|int abs(int)|-5", 0, "^5\n$"},
  {"call c|int abs(int)|0x10", 0, "^16\n$"},
  {"call c|int abs(int)|1e300", 1, "out of range"},
  {"call c|int toupper(int)|a", 1, "'a' is no 'int'"},
  {"call c|int printf(const char *, ...)|%s %ld %g.|you|3|2.5", 0,
    "^you 3 2%.5%.10\n$"},
  {"call $numbers|int is_null(const void *)|nil", 0, "^1\n$"},
  {"call $numbers|int is_null(const void *)|0", 0, "^1\n$"},
  {"call $numbers|int is_null(const void *)|text", 0, "^0\n$"},
  {"call $numbers|void *same_pointer(void *)|0x1234", 0,
    "^%(void %*%) 0x1234\n$"},
  {"call $numbers|void *same_pointer(void *)|nil", 0, "^NULL\n$"},
  {"call $numbers|char same_char(char)|'a'", 0, "^97 'a'\n$"},
  {"call $numbers|_Bool same_bool(_Bool)|true", 0, "^true\n$"},
  {"call $numbers|unsigned long same_ulong(unsigned long)|-1", 0,
    "^18446744073709551615\n$"},
  {"call $numbers|enum C {RED, GREEN = 5} same_colour(enum C)|GREEN", 0,
    "^GREEN\n$"},
  {"call $numbers|enum C {RED, GREEN = 5} same_colour(enum C)|7", 0, "^7\n$"},
  {"call $numbers|float same_float(float)|0.1", 0, "^0%.1\n$"},
  {"call $numbers|void split(double, _Out_ long *, _Out_ double *)|2.25", 0,
    "^2\n0%.25\n$"},
  {"call $structs|long sum_point(struct Point {int x, y;})|{3, 4}", 0,
    "^7\n$"},
  {"call $structs|struct Point {int x, y;} make_point(int, int)|3|4", 0,
    "^struct Point {x = 3, y = 4}\n$"},
  {"call $structs|long sum_point(struct Point {int x, y;})|3", 1, "{1, 2}"},
  {"get $variables|int counter", 0, "^3\n$"},
  {"get $variables|const int primes[5]", 0,
    "^%(const int%[5%]%) {2, 3, 5, 7, 11}\n$"},
  {"get $variables|char name[16]", 0, '^%(char%[16%]%) "first"\n$'},
  {"get $variables|const char *title", 0,
    '^%(const char %*%) 0x%x+ <variables.so%+0x%x+> "untitled"\n$'},
  {"get $variables|enum Mode {OFF, ON} mode", 0, "^ON\n$"},
  {"get $variables|int *current", 0, "^%(int %*%) 0x%x+ <counter>\n$"},
  {"get $variables|long counter", 1, "4 bytes"},
  {"get $variables|int get_counter(void)", 2, "try 'cplugin call'"},
  {"call $variables|int counter", 2, "try 'cplugin get'"},
  {"set $variables|int counter|-9", 0, "^%-9\n$"},
  {"set $variables|char name[16]|second", 0, '"second"\n$'},
  {"set $variables|int table[4]|{1, 2}", 0, "{1, 2, 0, 0}\n$"},
  {"set $variables|int limit|1", 1, "read%-only"},
  {"call $described|shape_area|{\"BOX\", 3, 4}", 0, "^12%.0\n$"},
  {"call $described|float shape_area(int)|1", 1, "contradicts its debug info"},
  {"get $described|shapes", 0, "{kind = BOX, width = 3, height = 4}\n}\n$"},
  {"proto $described|shape_area", 0,
    "^double shape_area%(const struct shape %*%)\n$"},
  {"proto $described|shape_aera", 3, "does not export 'shape_aera'"},
  {"proto $tour|PluginPrint", 3, "no debug info"},
  {"diff $described|$described", 0, "."},
  {"diff $described|nowhere", 3, "not found"},
  {"search z", 0, "^/.*/libz%.so[%d.]*\n$"},
  {"search nowhere", 3, "nowhere"},
  {"header math.h|^cos$", 0, "^double cos%(double%)\n$"},
  {"header math.h|^M_PI$", 0, "^M_PI = 3%.14159265358979"},
  {"header math.h|^nothing", 3, "declares nothing like"},
  {"layout int", 0, "^int: 4 bytes, align 4\n$"},
  {"layout struct Nowhere", 0, "^struct Nowhere is incomplete\n$"},
}

describe("the verbs #slow", function()
  for _, row in ipairs(ROWS) do
    local words, code, pattern = table.unpack(row)
    it("answer `" .. words:gsub("|", " ") .. "`", function()
      local args = {}
      for word in words:gsub(" ", "|", 1):gmatch "[^|]+" do
        args[#args + 1] = word:gsub("^%$(%w+)$", helper.sample)
      end
      local ran = cplugin(args)
      assert.are.equal(code, ran.code, ran.err)
      local text = code == 0 and ran.out or ran.err
      assert.is_truthy(text:find(pattern), text)
      assert.are.equal("", code == 0 and ran.err or ran.out)
      assert.is_nil(ran.err:find "traceback")
    end)
  end

  it("say in two lines what is wrong, and search where it looked", function()
    for _, args in ipairs {{"symbols", "nowhere"}, {"call", "c", "itn x(int)"},
                           {"-e", "error 'one\\ntwo\\nthree'"}} do
      local err = cplugin(args).err
      assert.is_true(select(2, err:gsub("\n", "")) <= 2, err)
    end
    assert.is_truthy(cplugin {"search", "nowhere"}.err:find "tried:\n.+\n.+\n")
  end)

  it("give text to C that C may write to", function()
    local ran = cplugin {"call", "c", "char *strcat(char *, const char *)",
                         "abc", ""}
    assert.is_truthy(ran.out:find '"abc"\n$', ran.out)
  end)
end)

-- JSON -----------------------------------------------------------------------

local function json(...)
  local ran = cplugin {"--json", ...}
  assert.are.equal(0, ran.code, ran.err)
  assert.is_truthy(ran.out:find "^[^\n]+\n$", ran.out)
  local value, _, message = dkjson.decode(ran.out, 1, dkjson.null)
  assert.is_nil(message)
  return value
end

describe("--json #slow", function()
  it("has results and output parameters in a list", function()
    assert.are.same({0.625, 6},
      json("call", "m", "double frexp(double, _Out_ int *)", "40"))
    assert.are.same({}, json("call", helper.sample "variables",
                             "void use_multiply(void)"))
    assert.are.same({dkjson.null}, json("call", helper.sample "numbers",
                                        "void *same_pointer(void *)", "nil"))
  end)

  it("has structs as objects and arrays as lists", function()
    local variables = helper.sample "variables"
    assert.are.same({{x = 1, y = 2}, {x = 3, y = 4}}, json(
      "get", variables, "struct Point {int x, y;} corners[2]"))
    assert.are.equal("untitled", json("get", variables, "const char *title"))
    assert.are.same({"zero", "one", dkjson.null},
                    json("get", variables, "const char *words[3]"))
    assert.are.same({i = 42, c = "*"}, json(
      "get", variables, "union Value {int i; char c[8];} value"))
  end)

  it("keeps all bits and escapes what is no text", function()
    local ran = cplugin {"--json", "get", helper.sample "variables",
                         "unsigned long long huge"}
    assert.are.equal("18446744073709551615\n", ran.out)
    assert.are.same({"a\n\u{ff}\"\\"}, json(
      "call", helper.sample "numbers", "string same_string(const char *)",
      "a\n\xff\"\\"))
    assert.are.same({"nan"}, json("call", "m", "double sqrt(double)", "-1"))
  end)

  it("has changes and declarations", function()
    local old, new = helper.sample "described", helper.sample "described2"
    local ran = cplugin {"--json", "diff", old, new}
    assert.are.equal(1, ran.code)
    local diff = dkjson.decode(ran.out)
    assert.is_false(diff.compatible)
    assert.are.equal(old, diff.old)
    assert.are.equal(#diff.changes, 4)
    assert.are.equal("double shape_area(const struct shape *)",
                     json("proto", old, "shape_area").declaration)
  end)

  it("lists symbols, info and headers", function()
    local tour = helper.sample "tour"
    local list = json("symbols", tour, "^PluginInt$")
    assert.are.same({{name = "PluginInt", kind = "variable", size = 4}}, list)
    assert.are.equal("tour.so", json("info", tour).soname)
    assert.are.same({{name = "cos", declaration = "double cos(double)"}},
                    json("header", "math.h", "^cos$"))
    assert.is_truthy(json("search", "z").path:find "libz")
  end)
end)

-- Layouts --------------------------------------------------------------------

local STRUCTS = {
  {"struct { char tag; int n; short s; }", "tag n s"},
  {"struct { char a; unsigned b : 3, c : 5; long d; char e; }", "a b c d e"},
  {"struct { unsigned a : 3, : 7, b : 9; unsigned : 0; unsigned c : 1; }",
    "a b c"},
  {"struct __attribute__((packed)) { char a; int b; short c; }", "a b c"},
  {"struct { char a; union { int b; double c; }; struct { char d; }; }",
    "a b c d"},
  {"struct { int n; char rest[]; }", "n rest"},
  {"union { char a; long b; int c : 5; }", "a b c"},
}

--- Where the compiler has a member: first bit and bits. One member of a zeroed
-- object is filled with ones.
local PROBE = [[
#include <stdio.h>
#include <string.h>
typedef %s T;
static void tell(const char *name, const unsigned char *p) {
  int first = -1, count = 0;
  for (int i = 0; i < (int)sizeof(T) * 8; i++)
    if (p[i / 8] >> i %% 8 & 1) { if (first < 0) first = i; count++; }
  printf("%%s %%d %%d\n", name, first, count);
}
int main(void) {
  T t;
  %s
  printf("size %%zu %%zu\n", sizeof t, _Alignof(T));
  return 0;
}
]]

local function compiled(declaration, names)
  local lines = {}
  for name in names:gmatch "%S+" do
    if declaration:find(name .. "%[%]") then
      lines[#lines + 1] = ('printf("%s %%zu 0\\n", 8 * __builtin_offsetof(T, '
        .. "%s));"):format(name, name)
    else
      lines[#lines + 1] = ("memset(&t, 0, sizeof t); t.%s = -1; "
        .. 'tell("%s", (void *)&t);'):format(name, name)
    end
  end
  local program = assert(helper.compile(
    PROBE:format(declaration, table.concat(lines, "\n  "))
      :gsub("t%.c = %-1", declaration:find "double c"
        and "memset(&t.c, 255, 8)" or "%0"), {program = true}))
  return helper.tool(program).out
end

local function laid_out(declaration, names)
  local data, lines = json("layout", declaration), {}
  local bits = {}
  for _, row in ipairs(data.members) do
    if row.name then
      bits[row.name] = {row.offset * 8 + (row.bit or 0),
                        row.width or row.size * 8}
    end
  end
  for name in names:gmatch "%S+" do
    lines[#lines + 1] = ("%s %d %d"):format(name, table.unpack(bits[name]))
  end
  lines[#lines + 1] = ("size %d %d\n"):format(data.size, data.align)
  return table.concat(lines, "\n"), data
end

describe("layout #slow", function()
  for _, row in ipairs(STRUCTS) do
    it("is the compiler's of " .. row[1], function()
      assert.are.equal(compiled(row[1], row[2]), (laid_out(row[1], row[2])))
    end)
  end

  it("counts every bit once: members, holes and padding", function()
    for _, row in ipairs(STRUCTS) do
      if row[1]:find "^struct" and not row[1]:find "union" then
        local _, data = laid_out(row[1], row[2])
        local bits = 0
        for _, member in ipairs(data.members) do
          bits = bits + (member.width or member.size * 8)
          if member.declaration == "struct" then bits = bits - 8 end
        end
        assert.are.equal(data.size * 8, bits, row[1])
      end
    end
  end)

  it("draws holes, padding and bit-fields", function()
    local ran = cplugin {"layout",
      "struct S { char a; unsigned b : 3, c : 5; long d; char e; }"}
    assert.are.equal([[
struct S: 24 bytes, align 8; 6 bytes in 1 hole, 7 bytes of padding
    offset    size  member
A        0       1  char a
B      1:0   3 bit  unsigned int b : 3
C      1:3   5 bit  unsigned int c : 5
.        2       6  (hole of 6 bytes)
D        8       8  long d
E       16       1  char e
.       17       7  (padding of 7 bytes)
         0  A # . . . . . .  D D D D D D D D
        16  E . . . . . . .
         1  bits B B B C C C C C
]], ran.out)
  end)

  it("reads headers", function()
    local ran = cplugin {"layout", "struct timespec", "time.h"}
    assert.is_truthy(ran.out:find "\nB +8 +8  long tv_nsec\n", ran.out)
  end)
end)
