-- arith_spec.lua - arithmetic and comparison of numbers that Lua has not:
-- random bits of all pairs of types, against a C program that does the same.

local helper = require "spec.helper"
local plugin = require "cplugin"

local seed = helper.seed
local rounds = helper.wrap == "" and 6 or 1

-- C type, kind, bytes that count.
local types = {
  {"long long", "integer", 8}, {"unsigned long long", "integer", 8},
  {"__int128", "integer", 16}, {"unsigned __int128", "integer", 16},
  {"_Float16", "float", 2}, {"float", "float", 4}, {"_Float32", "float", 4},
  {"_Float32x", "float", 8}, {"double", "float", 8},
  {"_Float64", "float", 8}, {"long double", "float", plugin.abi:find "x86"
    and 10 or 16},
  {"_Float64x", "float", plugin.abi:find "x86" and 10 or 16},
  {"_Float128", "float", 16},
  {"float _Complex", "complex", 8}, {"double _Complex", "complex", 16},
  {"long double _Complex", "complex", 32},
  {"_Float128 _Complex", "complex", 32},
}

local operators = {
  {"+", function(a, b) return a + b end},
  {"-", function(a, b) return a - b end},
  {"*", function(a, b) return a * b end},
  {"/", function(a, b) return a / b end},
  {"==", function(a, b) return a == b end},
  {"<", function(a, b) return a < b end, "real"},
  {"<=", function(a, b) return a <= b end, "real"},
  {"%", function(a, b) return a % b end, "integer"},
  {"&", function(a, b) return a & b end, "integer"},
  {"|", function(a, b) return a | b end, "integer"},
  {"^", function(a, b) return a ~ b end, "integer"},
}

-- Does C have that operator for the two? Comparison of integers with others
-- is by value in Lua, so C is no judge of it where it converts.
local function applies(op, a, b)
  local comparison = op[1]:find "[<=]" ~= nil
  if op[3] == "integer" then
    return a[2] == "integer" and b[2] == "integer"
  elseif op[3] == "real" and (a[2] == "complex" or b[2] == "complex") then
    return false
  elseif comparison then
    return a == b or (a[2] ~= "integer" and b[2] ~= "integer")
  end
  return true
end

-- Reads "pair operator, a, b" and prints "type, hexadecimal bytes", of
-- results that are no wider than double those of the double.
local head = [[
#include <stdio.h>
#include <string.h>
static void show(const char *name, const void *at, int n) {
  printf("%s ", name);
  for (int i = 0; i < n; i++)
    printf("%02x", ((const unsigned char *)at)[i]);
  putchar('\n');
}
#define WIDE(T, n) AS(T, #T, n)
#define AS(T, name, n) T: show(name, &r, n)
#define NARROW(T) T: show("double", &d, 8)
#define SHOW(e) do { __auto_type r = (e); double d = (double)r; \
  _Generic(r, WIDE(long long, 8), WIDE(unsigned long long, 8), \
    WIDE(__int128, 16), WIDE(unsigned __int128, 16), \
    WIDE(long double, LONG), WIDE(_Float64x, LONG), WIDE(_Float128, 16), \
    WIDE(float _Complex, 8), WIDE(double _Complex, 16), \
    WIDE(long double _Complex, 32), WIDE(_Float128 _Complex, 32), \
    AS(_Float32 _Complex, "float _Complex", 8), \
    AS(_Float32x _Complex, "double _Complex", 16), \
    AS(_Float64 _Complex, "double _Complex", 16), \
    AS(_Float64x _Complex, "long double _Complex", 32), \
    NARROW(_Float16), NARROW(float), NARROW(_Float32), NARROW(_Float32x), \
    NARROW(double), NARROW(_Float64), int: show("int", &r, 4)); } while (0)
int main(void) {
  int pair, op;
  unsigned char bytes[64];
  while (fread(&pair, 4, 1, stdin) == 1 && fread(&op, 4, 1, stdin) == 1 &&
         fread(bytes, 64, 1, stdin) == 1) switch (pair * 100 + op) {
]]

local function program()
  local body = {("#define LONG %d\n"):format(types[11][3]), head}
  for i, a in ipairs(types) do
    for k, b in ipairs(types) do
      for o, op in ipairs(operators) do
        if applies(op, a, b) then
          body[#body + 1] = ("case %d: { %s a; %s b; memcpy(&a, bytes, " ..
            "sizeof a); memcpy(&b, bytes + 32, sizeof b); SHOW(a %s b); " ..
            "break; }\n"):format((i * 100 + k) * 100 + o, a[1], b[1], op[1])
        end
      end
    end
  end
  body[#body + 1] = "}\n  return 0;\n}\n"
  return assert(helper.compile(table.concat(body),
                               {program = true, flags = "-O1 -fwrapv"}))
end

-- ---- random operands

local precision = {[2] = 10, [4] = 23, [8] = 52, [10] = 64, [16] = 112}

-- The bits of a floating number: any, or with an exponent near 1's.
local function random_float(size)
  local low, high = math.random(0), math.random(0)
  local bits = precision[size]
  if size == 10 then
    low = low | 1 << 63
    high = math.random() < 0.7 and 0x3fff + math.random(-60, 60)
           or math.random(0, 0x7ffe)
    low = high & 0x7fff == 0 and low & ~(1 << 63) or low
    return string.pack("<i8I2", low, high | math.random(0, 1) << 15)
  end
  local width = size * 8 - 1 - bits
  local near = (1 << (width - 1)) - 1 + math.random(-10, 10)
  local exponent = math.random() < 0.7 and near or
                   math.random(0, (1 << width) - 1)
  if size == 16 then
    high = high & 0xffffffffffff | exponent << 48 |
           math.random(0, 1) << 63
    return string.pack("<i8i8", low, high)
  end
  low = low & ((1 << bits) - 1) | exponent << bits |
        math.random(0, 1) << (size * 8 - 1)
  return string.pack("<i8", low):sub(1, size)
end

-- Integers of all magnitudes.
local function random_integer(size)
  local low, high = math.random(0), math.random(0)
  local keep = math.random(0, size * 8)
  if keep <= 64 then
    high, low = 0, keep == 0 and 0 or low >> (64 - keep)
  else
    high = high >> (128 - keep)
  end
  if math.random() < 0.3 then
    high, low = low == 0 and -high or ~high, -low
  end
  return string.pack("<i8i8", low, high):sub(1, size)
end

local function random_bytes(t)
  if t[2] == "integer" then
    return random_integer(t[3])
  elseif t[2] == "float" then
    return random_float(t[3])
  end
  local part = t[1]:find "^long" and types[11][3] or t[3] // 2
  local pad = ("\0"):rep(t[3] // 2 - part)
  return random_float(part) .. pad .. random_float(part) .. pad
end

local function make(t, bytes)
  local cell = plugin.new(t[1] .. "[1]")
  plugin.copy(cell, bytes, #bytes)
  return plugin.new(t[1], cell[0])
end

-- What the C program would print of it.
local function shown(x)
  local name, bytes = "double"
  if type(x) == "boolean" then
    name, bytes = "int", string.pack("<i4", x and 1 or 0)
  elseif type(x) == "number" then
    bytes = string.pack("<d", x)
  else
    name = tostring(plugin.typeof(x)):match "<(.*)>"
    local cell = plugin.new(name .. "[1]", {x})
    local size = name:find "^long double$" and types[11][3] or
                 name == "_Float64x" and types[11][3] or plugin.sizeof(x)
    bytes = plugin.string(cell, size)
  end
  return name .. " " .. bytes:gsub(".", function(c)
    return ("%02x"):format(c:byte())
  end)
end

-- NaNs may be any; the padding of complex parts, too.
local function normal(line)
  local name, hex = line:match "^(.*) (%x*)$"
  local bytes = hex:gsub("%x%x", function(h)
    return string.char(tonumber(h, 16))
  end)
  if not name:find "[Fdf][lo][ou]" then
    return line
  end
  local t = name:match "^(.*) _Complex" or name
  local parts = {}
  for at = 1, #bytes, name == t and #bytes or #bytes // 2 do
    local cell = plugin.new(t .. "[1]")
    local size = math.min(plugin.sizeof(t), #bytes)
    plugin.copy(cell, bytes:sub(at, at + size - 1), size)
    parts[#parts + 1] = plugin.string(plugin.new(t, cell[0]))
                              :gsub("^.*nan.*$", "nan")
  end
  return name .. " " .. table.concat(parts, " ")
end

describe("all pairs of types as C has them, seed " .. seed, function()
  it("give the same type and bits #slow #exact", function()
    math.randomseed(seed)
    local input, cases = {}, {}
    for i, a in ipairs(types) do
      for k, b in ipairs(types) do
        for o, op in ipairs(operators) do
          for _ = 1, applies(op, a, b) and rounds or 0 do
            local x, y = random_bytes(a), random_bytes(b)
            local zero = b[2] == "integer" and a[2] == "integer" and
                         y == ("\0"):rep(#y) and op[1]:find "[/%%]"
            if not zero then
              input[#input + 1] = string.pack("<i4i4c32c32", i * 100 + k, o,
                x .. ("\0"):rep(32 - #x), y .. ("\0"):rep(32 - #y))
              cases[#cases + 1] = {op, make(a, x), make(b, y)}
            end
          end
        end
      end
    end
    local ran = helper.program(program(), {input = table.concat(input)})
    local n = 0
    for line in ran.out:gmatch "[^\n]+" do
      n = n + 1
      local op, a, b = table.unpack(cases[n])
      local ours = shown(op[2](a, b))
      if ours ~= line then
        assert.are.equal(normal(line), normal(ours),
                         ("%s %s %s"):format(a, op[1], b))
      end
    end
    assert.are.equal(#cases, n)
  end)

  it("shifted #slow", function()
    math.randomseed(seed)
    local body, cases = {head:gsub("LONG", "16")}, {}
    body[2] = "}\n"
    for i = 1, rounds * 30 do
      local t = types[math.random(4)]
      local bytes = random_integer(t[3])
      local by, right = math.random(0, t[3] * 8 - 1), math.random() < 0.5
      cases[i] = {make(t, bytes), by, right}
      body[#body + 1] = ("{ %s a; memcpy(&a, (unsigned char[]){%s}, " ..
        "sizeof a); SHOW(a %s %d); }\n"):format(t[1],
        bytes:gsub(".", function(c) return c:byte() .. "," end),
        right and ">>" or "<<", by)
    end
    body[#body + 1] = "return 0; }\n"
    local ran = helper.program(assert(helper.compile(table.concat(body),
                                                     {program = true})))
    local n = 0
    for line in ran.out:gmatch "[^\n]+" do
      n = n + 1
      local a, by, right = table.unpack(cases[n])
      assert.are.equal(line, shown(right and a >> by or a << by),
                       ("%s by %d"):format(a, by))
    end
    assert.are.equal(#cases, n)
  end)
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
      function() return new("int", 1) + true end,
      function() return false * new("long double", 1) end,
      function() return new("int", 1) < true end,
    } do
      assert.is_false((pcall(f)))
    end
  end)
end)
