-- arith_spec.lua - arithmetic and comparison of numbers that Lua has not,
-- against a C program that does the same.

local helper = require "spec.helper"
local plugin = require "cplugin"

local seed = os.time() % 1000000
local count = helper.wrap == "" and 400 or 40

-- Name (its first letter says how C prints it) and C type.
local types = {
  {"i64", "long long"}, {"u64", "unsigned long long"},
  {"i128", "__int128"}, {"u128", "unsigned __int128"},
}

local integer_operators = {
  {"+", function(a, b) return a + b end},
  {"-", function(a, b) return a - b end},
  {"*", function(a, b) return a * b end},
  {"/", function(a, b) return a / b end},
  {"%", function(a, b) return a % b end},
  {"&", function(a, b) return a & b end},
  {"|", function(a, b) return a | b end},
  {"^", function(a, b) return a ~ b end},
  {"<", function(a, b) return a < b end},
  {"<=", function(a, b) return a <= b end},
  {"==", function(a, b) return a == b end},
}

-- Random integers of all magnitudes, as C text and as high and low words.
local function words()
  local high, low = math.random(0), math.random(0)
  local keep = math.random(1, 128)
  if keep <= 64 then
    high, low = 0, low >> (64 - keep)
  else
    high = high >> (128 - keep)
  end
  if math.random() < 0.3 then
    local borrow = low == 0 and 0 or -1
    high, low = ~high + 1 + borrow, -low
  end
  if math.random() < 0.1 then
    high, low = 0, math.random(0, 3)
  end
  return high, low
end

local function make(ctype, high, low)
  if ctype:find "128" then
    local made = plugin.new("unsigned __int128",
                            plugin.new("unsigned long long", high))
    made = (made << 64) | plugin.new("unsigned long long", low)
    local cell = plugin.new(ctype .. "[1]")
    plugin.copy(cell, plugin.new("unsigned __int128[1]", {made}), 16)
    return cell[0]
  end
  return plugin.new(ctype, low)
end

local header = [[
#include <complex.h>
#include <stdio.h>
#include <string.h>
#include <math.h>
static void print_wide(unsigned __int128 v, int negative) {
  char text[64];
  int at = 63;
  text[at] = 0;
  do text[--at] = '0' + (int)(v % 10); while (v /= 10);
  printf("%s%s\n", negative ? "-" : "", text + at);
}
#define S(v) print_wide((v) < 0 ? -(unsigned __int128)(v) : (v), (v) < 0)
#define U(v) print_wide((v), 0)
#define W(h, l) (((unsigned __int128)(h) << 64) | (unsigned long long)(l))
int main(void) {
]]

local function expected(body)
  local program = assert(helper.compile(header .. body ..
    "  return 0;\n}\n", {program = true, flags = "-O0 -lm"}))
  local lines = {}
  for line in helper.tool(program).out:gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

-- The value as text, which tostring shows behind the type.
local function text(x)
  if type(x) == "boolean" then
    return x and "1" or "0"
  end
  return tostring(x):match ": (.*)$" or tostring(x)
end

describe("integers as C has them, seed " .. seed, function()
  for _, t in ipairs(types) do
    it("of type " .. t[2] .. " #slow", function()
      math.randomseed(seed)
      local body, cases = {}, {}
      local print = t[1]:sub(1, 1) == "i" and "S" or "U"
      for _ = 1, count do
        local op = integer_operators[math.random(#integer_operators)]
        local ah, al = words()
        local bh, bl = words()
        local a, b = make(t[2], ah, al), make(t[2], bh, bl)
        local zero = text(b) == "0"
        if not (zero and (op[1] == "/" or op[1] == "%")) then
          cases[#cases + 1] = {op, a, b}
          body[#body + 1] = ("{ %s a = (%s)W(%dULL, %dULL), b = (%s)" ..
            "W(%dULL, %dULL); %s r = a %s b; %s(r); }\n"):format(t[2], t[2],
            ah, al, t[2], bh, bl, t[2], op[1], print)
        end
      end
      local lines = expected(table.concat(body))
      assert.are.equal(#cases, #lines)
      for i, case in ipairs(cases) do
        assert.are.equal(lines[i], text(case[1][2](case[2], case[3])),
          ("%s %s %s"):format(text(case[2]), case[1][1], text(case[3])))
      end
    end)
  end

  it("shifted #slow", function()
    math.randomseed(seed)
    local body, cases = {}, {}
    for i = 1, count do
      local t = types[math.random(#types)]
      local h, l = words()
      local by = math.random(0, t[1]:find "128" and 127 or 63)
      local right = math.random() < 0.5
      cases[i] = {make(t[2], h, l), by, right}
      body[i] = ("{ %s a = (%s)W(%dULL, %dULL); a = a %s %d; %s(a); }\n")
        :format(t[2], t[2], h, l, right and ">>" or "<<", by,
                t[1]:sub(1, 1) == "i" and "S" or "U")
    end
    local lines = expected(table.concat(body))
    for i, case in ipairs(cases) do
      local made = case[3] and case[1] >> case[2] or case[1] << case[2]
      assert.are.equal(lines[i], text(made), text(case[1]) .. " " .. case[2])
    end
  end)
end)

describe("floating numbers as C has them, seed " .. seed, function()
  local operators = {
    {"+", function(a, b) return a + b end},
    {"-", function(a, b) return a - b end},
    {"*", function(a, b) return a * b end},
    {"/", function(a, b) return a / b end},
  }
  local function random()
    return (math.random() - 0.5) * 10.0 ^ math.random(-20, 20)
  end

  for _, ctype in ipairs {"float", "double", "long double"} do
    it("of type " .. ctype .. " #slow", function()
      math.randomseed(seed)
      local body, cases = {}, {}
      for i = 1, count do
        local a, b = random(), random()
        local op = operators[math.random(#operators)]
        cases[i] = {op, plugin.new(ctype, a), plugin.new(ctype, b)}
        body[i] = ("{ volatile %s a = (%s)%a, b = (%s)%a; " ..
          "volatile %s r = a %s b; printf(\"%%.21Lg\\n\", " ..
          "(long double)r); }\n"):format(ctype, ctype, a, ctype, b, ctype,
                                         op[1])
      end
      local lines = expected(table.concat(body))
      for i, case in ipairs(cases) do
        local made = case[1][2](case[2], case[3])
        local wide = tostring(plugin.new("long double", made))
        assert.are.equal(lines[i], text(wide), case[1][1] .. " " .. i)
      end
    end)
  end

  for _, part in ipairs {"float", "double", "long double"} do
    local ctype = part .. " _Complex"
    it("of type " .. ctype .. " #slow", function()
      math.randomseed(seed)
      local body, cases = {}, {}
      for i = 1, count do
        local a, b = {random(), random()}, {random(), random()}
        local op = operators[math.random(#operators)]
        cases[i] = {op, plugin.new(ctype, a), plugin.new(ctype, b)}
        body[i] = ([[{ volatile %s a = CMPLXL((%s)%a, (%s)%a),
          b = CMPLXL((%s)%a, (%s)%a); %s r = a %s b;
          printf("%%.21Lg\n%%.21Lg\n", (long double)creall(r),
                 (long double)cimagl(r)); }
        ]]):format(ctype, part, a[1], part, a[2], part, b[1], part, b[2],
                   ctype, op[1])
      end
      local lines = expected(table.concat(body))
      for i, case in ipairs(cases) do
        local made = case[1][2](case[2], case[3])
        for k, half in ipairs {"re", "im"} do
          local wide = plugin.new("long double", made[half])
          assert.are.equal(lines[2 * i - 2 + k], text(wide),
                           case[1][1] .. " " .. half .. " " .. i)
        end
      end
    end)
  end
end)

describe("the usual arithmetic conversions", function()
  local new = plugin.new
  local rows = {
    {"long long and Lua integer", new("long long", 3) + 4, "long long", "7"},
    {"int gets 64 bits", new("int", 2147483647) + 1, "long long",
     "2147483648"},
    {"signed meets unsigned", new("unsigned long long", 1) + -2,
     "unsigned long long", "18446744073709551615"},
    {"small unsigned stays signed", new("unsigned int", 1) - 2, "long long",
     "-1"},
    {"128 bits win", new("__int128", 1) + new("unsigned long long", -1),
     "__int128", "18446744073709551616"},
    {"unsigned 128 bits win", new("unsigned __int128", 0) - 1,
     "unsigned __int128", "340282366920938463463374607431768211455"},
    {"long double wins", new("long double", 1) + new("long long", 2),
     "long double", "3"},
    {"complex wins", new("double _Complex", 1, 2) + 1, "double _Complex",
     "2+2i"},
    {"float complex and integer",
     new("float _Complex", 1, 2) * new("int", 2), "float _Complex", "2+4i"},
    {"float complex and Lua float", new("float _Complex", 1, 2) * 2.0,
     "double _Complex", "2+4i"},
    {"minus", -new("unsigned long long", 1), "unsigned long long",
     "18446744073709551615"},
    {"not", ~new("long long", 0), "long long", "-1"},
    {"power", new("unsigned long long", 2) ^ 63, "unsigned long long",
     "9223372036854775808"},
    {"wraps", new("long long", math.maxinteger) + 1, "long long",
     "-9223372036854775808"},
    {"least by -1", new("long long", math.mininteger) / -1, "long long",
     "-9223372036854775808"},
    {"rest of least by -1", new("long long", math.mininteger) % -1,
     "long long", "0"},
    {"quotient down", new("long long", -7) // 2, "long long", "-4"},
    {"quotient towards zero", new("long long", -7) / 2, "long long", "-3"},
    {"rest has the sign of the first", new("long long", -7) % 2,
     "long long", "-1"},
  }
  for _, row in ipairs(rows) do
    it(row[1], function()
      assert.are.equal(("cdata<%s>: %s"):format(row[3], row[4]),
                       tostring(row[2]))
    end)
  end

  it("double is Lua's number", function()
    assert.are.equal(3.5, new("double", 1.5) + 2)
    assert.are.equal("float", math.type(new("long long", 1) + 0.5))
  end)

  it("division of integers by zero throws", function()
    for _, t in ipairs {"long long", "unsigned long long", "__int128"} do
      for _, f in ipairs {function(a) return a / 0 end,
                          function(a) return a % 0 end,
                          function(a) return a // 0 end} do
        local ok, message = pcall(f, new(t, 1))
        assert.is_false(ok)
        assert.matches("zero", message)
      end
    end
  end)

  it("division of a long double by zero is infinite #exact", function()
    assert.are.equal("cdata<long double>: inf",
                     tostring(new("long double", 1) / 0))
  end)

  it("order is that of the values, whatever the signs", function()
    assert.is_true(new("unsigned long long", -1) > -1)
    assert.is_true(new("long long", -1) < new("unsigned long long", 0))
    assert.is_true(new("__int128", -1) < new("unsigned __int128", 0))
    assert.is_false(new("long long", -1) == new("unsigned long long", -1))
    assert.is_true(new("long long", 5) == new("unsigned char", 5))
    assert.is_false(new("long double", 0/0) == new("long double", 0/0))
    assert.is_false(new("long double", 0/0) < new("long double", 1))
    assert.is_false(new("long double", 1) <= new("long double", 0/0))
    assert.is_true(new("double _Complex", 1, 2) == new("float _Complex", 1, 2))
  end)

  it("what C has not throws", function()
    for _, f in ipairs {
      function() return new("long double", 1) & 1 end,
      function() return new("double _Complex", 1) % 2 end,
      function() return new("int[2]") * 2 end,
      function() return new("long long", 1) + "x" end,
      function() return new("long long", 1) + {} end,
      function() return new("long long", 1) < "2" end,
    } do
      assert.is_false((pcall(f)))
    end
  end)
end)
