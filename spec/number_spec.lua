-- number_spec.lua - numbers that Lua has not, to text and back. libc's
-- strtold, strtof128 and printf say what is right.

local helper = require "spec.helper"
local plugin = require "cplugin"

local new, text = plugin.new, plugin.string
local seed = helper.seed
local rounds = helper.wrap == "" and 2000 or 50
local x87 = plugin.abi:find "x86" ~= nil  -- its long double has 80 bits

local source = [[
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define READ(name, T, f) \
  void read_##name(const char *text, T *to) { *to = f(text, 0); }
READ(ldouble, long double, strtold)
READ(double, double, strtod)
READ(float, float, strtof)
_Float128 strtof128(const char *, char **);
READ(quad, _Float128, strtof128)
__int128 least(void) { return (__int128)1 << 127; }
unsigned __int128 twice(unsigned __int128 x) { return x * 2; }

/* Has the type that number? Then as a value of it. 0 is in all of them. */
#define LEAST(T) ((T)-1 < (T)0 ? -(_Float128)((__int128)1 << \
  (sizeof(T) * 8 - 2)) * 2 : 0)
#define ABOVE(T) ((_Float128)((__int128)1 << (sizeof(T) * 8 - 2)) * \
  ((T)-1 < (T)0 ? 2 : 4))
#define FITS(name, T) \
  int float_##name(const _Float128 *x, T *to) { \
    if (!(*x >= LEAST(T) && *x < ABOVE(T))) return 0; \
    *to = (T)*x; return (_Float128)*to == *x; } \
  int signed_##name(const __int128 *x, T *to) { \
    *to = (T)*x; return (*to < 0) == (*x < 0) && (__int128)*to == *x; } \
  int unsigned_##name(const unsigned __int128 *x, T *to) { \
    *to = (T)*x; return *to >= 0 && (unsigned __int128)*to == *x; }
FITS(schar, signed char) FITS(uchar, unsigned char)
FITS(short, short) FITS(ushort, unsigned short)
FITS(int, int) FITS(uint, unsigned)
FITS(long, long) FITS(ulong, unsigned long)
FITS(int128, __int128) FITS(uint128, unsigned __int128)
]]

local C, lib
setup(function()
  local p = assert(plugin.open(assert(helper.compile(source))))
  lib = p
  p:cdef [[
    void read_ldouble(const char *, void *), read_double(const char *, void *),
         read_float(const char *, void *), read_quad(const char *, void *);
    __int128 least(void); unsigned __int128 twice(unsigned __int128);
  ]]
  C = p.C
end)

-- The bits of a value, padding aside.
local function bits(x)
  local name = tostring(plugin.typeof(x)):match "<(.*)>"
  local cell = new(name .. "[1]", {x})
  local padded = x87 and (name == "long double" or name == "_Float64x")
  return text(cell, padded and 10 or plugin.sizeof(name))
end

-- A value of that type from random bits: all of them may be anything.
local function random(ctype)
  local size = plugin.sizeof(ctype)
  local words = {math.random(0), math.random(0)}
  if ctype == "long double" and x87 then
    words[2] = words[2] & 0xffff
    if math.random() < 0.1 then
      words[2] = words[2] & 0x8000
      words[1] = words[1] & math.maxinteger
    else
      words[1] = words[1] | 1 << 63
      words[2] = words[2] & 0x7fff == 0 and 1 or words[2]
    end
  elseif math.random() < 0.1 then -- subnormal: no exponent
    local field = ({[2] = 0x7c00, [4] = 0x7f800000, [8] = 0x7ff << 52,
                    [16] = 0x7fff << 48})[size]
    local word = size == 16 and 2 or 1
    words[word] = words[word] & ~field
  end
  local cell = new(ctype .. "[1]")
  plugin.copy(cell, string.pack("<i8i8", words[1], words[2]), size)
  return size > 8 and cell[0] or new(ctype, cell[0])
end

describe("floating numbers as text, seed " .. seed, function()
  local readers = {["long double"] = "read_ldouble", _Float128 = "read_quad"}
  for _, ctype in ipairs {"long double", "_Float128"} do
    it("read back as the same bits: " .. ctype .. " #exact", function()
      math.randomseed(seed)
      local libc = new(ctype .. "[1]")
      for _ = 1, rounds do
        local x = random(ctype)
        local written = text(x)
        assert.are.equal(bits(x), bits(new(ctype, written)), written)
        if not written:find "nan" then
          C[readers[ctype]](written, libc)
          assert.are.equal(bits(x), bits(libc[0]), written)
        end
      end
    end)
  end

  -- What Lua has numbers for is text by way of a complex number.
  for _, row in ipairs {{"float", "read_float"}, {"double", "read_double"}} do
    it("read back in complex numbers: " .. row[1], function()
      math.randomseed(seed)
      local part, ctype = row[1], row[1] .. " _Complex"
      local libc = new(part .. "[1]")
      for _ = 1, rounds do
        local z = new(ctype, random(part), random(part))
        local written = text(z)
        assert.are.equal(bits(z), bits(new(ctype, written)), written)
        local re = written:match "^-?[%dinf.]+e?[-+]?%d*"
        if re and not written:find "n" then
          C[row[2]](re:gsub("[-+]$", ""), libc)
          assert.are.equal(bits(new(part, z.re)), bits(new(part, libc[0])))
        end
      end
    end)
  end

  local rows = {                  -- type, text, what is written again
    {"long double", "0.1"}, {"long double", "1e4932", "1e+4932"},
    {"long double", "-0"},
    {"long double", "3.6e-4951", x87 and "4e-4951" or "3.6e-4951"},
    {"long double", "inf"},
    {"long double", "-Infinity", "-inf"}, {"long double", "nan"},
    {"long double", " 0x1.8p1 ", "3"}, {"long double", "+.5", "0.5"},
    {"long double", "100000000000000000000"},
    {"long double", "1" .. ("0"):rep(36), "1e+36"},
    {"long double", "0.00012345"}, {"long double", "12345e-9", "1.2345e-05"},
    {"long double", "nan(0x5)"}, {"long double", "-nan", "-nan"},
    {"_Float128", "1.1897314953572317650857593266280070162e+4932",
     "1.189731495357231765085759326628007e+4932"},
    {"_Float128", "6.475175119438025e-4966", "6e-4966"},
    {"_Float128", "0.1"}, {"_Float128", "snan(0x1)"},
    {"_Float64x", "0.1"},
    {"double _Complex", "1-2i"}, {"double _Complex", "-0+0i"},
    {"double _Complex", "2i", "0+2i"}, {"double _Complex", "5", "5+0i"},
    {"float _Complex", "0.1+1e-30i"}, {"float _Complex", "nan-infi"},
    {"long double _Complex", "inf+nani"},
    {"_Float128 _Complex", "0.1-0i"},
  }
  for _, row in ipairs(rows) do
    it(("%s from %q #exact"):format(row[1], row[2]), function()
      assert.are.equal(row[3] or row[2], text(new(row[1], row[2])))
    end)
  end

  it("is the same in every locale", function()
    local before = os.setlocale()
    for _, locale in ipairs {"de_DE.UTF-8", "de_DE", "C"} do
      os.setlocale(locale)
      assert.are.equal("1.5", text(new("long double", "1.5")))
      os.setlocale(before)
    end
  end)
end)

describe("integers of 128 bits as text", function()
  local most = "170141183460469231731687303715884105727"
  local all = "340282366920938463463374607431768211455"
  local rows = {
    {"__int128", most}, {"__int128", "-" .. most},
    {"__int128", "-170141183460469231731687303715884105728"},
    {"unsigned __int128", all}, {"__int128", "0"}, {"__int128", "-0", "0"},
    {"__int128", "\t0x7fffffffffffffffffffffffffffffff\n", most},
    {"unsigned __int128", "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", all},
    {"__int128", "-0x10", "-16"}, {"__int128", "+5", "5"},
    {"__int128", "1e30", "1000000000000000000000000000000"},
    {"__int128", "2.50e1", "25"}, {"__int128", "0x1p126",
     "85070591730234615865843651857942052864"},
  }
  for _, row in ipairs(rows) do
    it(("%s from %q"):format(row[1], row[2]), function()
      local x = new(row[1], row[2])
      assert.are.equal(row[3] or row[2], text(x))
      assert.are.equal(bits(x), bits(new(row[1], text(x))))
    end)
  end

  it("as C calculates them", function()
    assert.are.equal("-170141183460469231731687303715884105728",
                     text(C.least()))
    assert.are.equal("340282366920938463463374607431768211454",
                     text(C.twice(most)))
  end)

  it("at random, seed " .. seed, function()
    math.randomseed(seed)
    for _ = 1, rounds do
      for _, ctype in ipairs {"__int128", "unsigned __int128"} do
        local cell = new(ctype .. "[1]")
        plugin.copy(cell, string.pack("<i8i8", math.random(0),
                                      math.random(0) >> math.random(0, 63)),
                    16)
        assert.are.equal(bits(cell[0]), bits(new(ctype, text(cell[0]))))
      end
    end
  end)
end)

describe("text that is no number of the type", function()
  local rows = {
    {"__int128", "", "it is no number"}, {"__int128", "12x", "it is no number"},
    {"__int128", "1 2", "it is no number"},
    {"__int128", "0x", "it is no number"},
    {"__int128", "1\0", "it is no number"},
    {"__int128", "170141183460469231731687303715884105728", "out of range"},
    {"__int128", "-170141183460469231731687303715884105729", "out of range"},
    {"unsigned __int128", "-1", "out of range"},
    {"unsigned __int128", "340282366920938463463374607431768211456",
     "out of range"},
    {"unsigned __int128", ("9"):rep(200), "out of range"},
    {"__int128", "1e39", "out of range"},
    {"__int128", "0.5", "no integer representation"},
    {"__int128", "1.000000000000000000000000000000000000000000001",
     "no integer representation"},
    {"__int128", "inf", "no integer representation"},
    {"long double", "x", "it is no number"},
    {"long double", "1.2.3", "it is no number"},
    {"long double", "1e", "it is no number"},
    {"long double", "1e4933", "out of range"},
    {"long double", "1e999999999999", "out of range"},
    {"_Float128", "-1e5000", "out of range"},
    {"double _Complex", "1+2", "it is no number"},
    {"double _Complex", "1+2j", "it is no number"},
    {"double _Complex", "1 + 2i", "it is no number"},
    {"double _Complex", "i", "it is no number"},
    {"float _Complex", "1e39i", "out of range"},
    {"double", "1.5", "'double' expected, got string"},
  }
  for _, row in ipairs(rows) do
    it(("%s from %q"):format(row[1], row[2]:sub(1, 50)), function()
      local ok, message = pcall(new, row[1], row[2])
      assert.is_false(ok)
      assert.is_truthy(message:find(row[3], 1, true), message)
      assert.is_truthy(message:find("'" .. row[1] .. "'", 1, true), message)
    end)
  end

  it("leaves the place as it was", function()
    local a = new("__int128[1]", {7})
    assert.is_false((pcall(function() a[0] = "seven" end)))
    a[0] = "8"
    assert.are.equal("8", text(a[0]))
  end)
end)

describe("conversions", function()
  it("round once", function()
    -- 2^64 + 2^11 + 1: by way of 64 bits it would be in the middle
    local x = new("__int128", "18446744073709553665")
    assert.are.equal(0x1.0000000000001p64, plugin.tonumber(x))
    assert.are.equal(0x1.0000000000001p64, x + 0.0)
    assert.are.equal(0x1.0000000000001p64, plugin.cast("double", x))
  end)

  local targets = {
    {"signed char", "schar", 8}, {"unsigned char", "uchar", 8},
    {"short", "short", 16}, {"unsigned short", "ushort", 16},
    {"int", "int", 32}, {"unsigned int", "uint", 32},
    {"long", "long", 64}, {"unsigned long", "ulong", 64},
    {"__int128", "int128", 128}, {"unsigned __int128", "uint128", 128},
  }
  -- How C sees a number of that type: as the widest of its kind.
  local sources = {
    {"float", "float", "_Float128"}, {"double", "float", "_Float128"},
    {"long double", "float", "_Float128"},
    {"_Float128", "float", "_Float128"},
    {"long long", "signed", "__int128"}, {"__int128", "signed", "__int128"},
    {"unsigned long long", "unsigned", "unsigned __int128"},
    {"unsigned __int128", "unsigned", "unsigned __int128"},
  }

  local function compare(x, from, target)
    local ctype, name = target[1], target[2]
    local value = new(from[1], plugin.cast(from[1], x))
    local answer = new(ctype .. "[1]")
    local f = lib:lookup(from[2] .. "_" .. name,
      ("int (const %s *, %s *)"):format(from[3], ctype))
    local fits = f(new(from[3] .. "[1]", {value}), answer) ~= 0
    local ok, made = pcall(new, ctype, value)
    local about = ("%s from %s"):format(ctype, tostring(value))
    assert.message(about).equal(fits, ok)
    if fits then
      assert.message(about).equal(text(answer, plugin.sizeof(ctype)),
                                  bits(made))
    end
    return fits and 1 or 0
  end

  it("to integers are refused exactly where C has no such value", function()
    local two, taken, all = new("_Float128", 2), 0, 0
    for _, from in ipairs(sources) do
      for _, target in ipairs(targets) do
        for _, power in ipairs {target[3] - 1, target[3]} do
          for _, more in ipairs {-1, -0.5, 0, 0.5, 1, two ^ (power - 113),
                                 two ^ (power - 53), -two ^ (power - 113),
                                 -two ^ (power - 53)} do
            for _, sign in ipairs {-1, 1} do
              taken = taken + compare((two ^ power + more) * sign, from,
                                      target)
              all = all + 1
            end
          end
        end
      end
    end
    assert.is_true(taken > all / 5 and taken < all * 4 / 5)
    assert.equal("cdata<unsigned __int128>: " ..
      "170141183460469231731687303715884105728",
      tostring(new("unsigned __int128", 2.0 ^ 127)))
    assert.equal("cdata<__int128>: -170141183460469231731687303715884105728",
                 tostring(new("__int128", -(2.0 ^ 127))))
    assert.is_false((pcall(new, "__int128", 2.0 ^ 127)))
    assert.is_false((pcall(new, "unsigned __int128", 2.0 ^ 128)))
    assert.equal("cdata<signed char>: -56",
                 tostring(new("signed char", new("int", -56))))
    assert.equal("cdata<char>: " ..
                 (helper.defined "__CHAR_UNSIGNED__" and 200 or -56),
                 tostring(new("char", new("int", 200))))
  end)

  it("keep the bits of a value of that type #exact", function()
    for _, t in ipairs {"long double", "_Float128"} do
      local x = new(t, "snan(0x123)")
      assert.are.equal("snan(0x123)", text(new(t, x)))
      assert.are.equal("nan(0x123)", text(new(t, text(x):sub(2))))
    end
  end)

  it("of _Float16 are exact, and rounded as C does it", function()
    assert.are.equal(0.0999755859375, plugin.cast("_Float16", 0.1))
    assert.are.equal(2.0 ^ -24, plugin.cast("_Float16", 2.0 ^ -25 * 1.0001))
    assert.are.equal(0.0, plugin.cast("_Float16", 2.0 ^ -25))
    assert.are.equal(65504.0, plugin.cast("_Float16", 65519.99))
    assert.are.equal(math.huge, plugin.cast("_Float16", 65520))
    local a = new("_Float16[2]", {1.5, -0.0})
    assert.are.equal("1.5 -0.0", a[0] .. " " .. a[1])
    assert.are.equal("\0\x3e\0\x80", text(a, 4))
  end)
end)

describe("order and equality are by value", function()
  local huge = "170141183460469231731687303715884105727"
  local rows = {
    {"<", new("__int128", huge), new("_Float128", "0x1p127")},
    {"<", new("_Float128", "1e30"),
     new("__int128", "1000000000000000000000000000001")},
    {"==", new("_Float128", "1e30"),
     new("__int128", "1000000000000000000000000000000")},
    {"<", new("__int128", "9007199254740993"), 9007199254740994.0},
    {">", new("__int128", "9007199254740993"), 9007199254740992.0},
    {"<", new("__int128", -1), new("unsigned __int128", 0)},
    {x87 and ">" or "==", new("long double", "0.1"), new("_Float128", "0.1")},
    {"<", new("__int128", huge), math.huge},
    {"<", -math.huge, new("__int128", "-" .. huge)},
    {"==", new("long double", "-0"), new("__int128", 0)},
    {"<", new("_Float128", "6e-4966"), new("_Float128", "2e-4965")},
    {"<", new("_Float128", "-2e-4965"), new("_Float128", "-6e-4966")},
  }
  for _, row in ipairs(rows) do
    local op, a, b = row[1], row[2], row[3]
    it(("%s %s %s #exact"):format(a, op, b), function()
      if op == ">" then
        a, b = b, a
      end
      assert.are.equal(op ~= "==", a < b)
      assert.is_true(a <= b)
      assert.is_false(b < a)
      assert.are.equal(op == "==", plugin.eq(a, b))
    end)
  end

  it("NaN has none", function()
    local nan = new("_Float128", "nan")
    for _, x in ipairs {new("_Float128", "nan"), new("__int128", 1),
                        new("long double", "inf")} do
      assert.is_false(nan < x or x < nan or nan <= x or x <= nan or nan == x)
    end
  end)
end)

describe("integers that C could not divide", function()
  local least = new("__int128", "-170141183460469231731687303715884105728")
  it("are those by 0", function()
    for _, x in ipairs {least, new("unsigned __int128", 5)} do
      for _, f in ipairs {function() return x / 0 end,
                          function() return x % new("__int128", 0) end,
                          function() return x // 0 end} do
        local ok, message = pcall(f)
        assert.is_false(ok)
        assert.matches("divide by zero", message)
      end
    end
  end)

  it("are not the least by -1, which wraps", function()
    assert.are.equal(text(least), text(least / -1))
    assert.are.equal(text(least), text(least // -1))
    assert.are.equal("0", text(least % -1))
    assert.are.equal(text(least), text(-least))
  end)
end)

describe("string of a number", function()
  local rows = {
    {"int", -5, "-5"}, {"double", 0.1, "0.1"}, {"float", 0.1, "0.1"},
    {"double", 1 / 3, "0.3333333333333333"}, {"_Bool", true, "1"},
    {"unsigned long", -1, "18446744073709551615"},
    {"double", 1e22, "1e+22"}, {"_Float16", 0.1, "0.1"},
  }
  for _, row in ipairs(rows) do
    it(row[1] .. " " .. row[3], function()
      assert.are.equal(row[3], text(new(row[1], row[2])))
    end)
  end

  it("takes no length", function()
    local ok, message = pcall(text, new("int", 5), 2)
    assert.is_false(ok)
    assert.matches("number", message)
  end)
end)
