-- conversion_spec.lua - the table of docs/design.md, "Conversions", row by
-- row and both ways. What is right is said by compiled C.

local helper = require "spec.helper"
local plugin = require "cplugin"

local source = [[
#include <complex.h>
#include <float.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum Small { RED, GREEN = 5, BLUE };
enum Signed { BELOW = -1, ABOVE = 1 };
enum Large { NEAR = 1, FAR = 0x100000000 };

#define INTEGER(n,T,low,high) \
  T same_##n(T x) { return x; } \
  int is_##n(T x, const char *text) { \
    char own[64]; __int128 v = x; int minus = v < 0; char *p = own + 63; \
    *p = 0; do { int d = (int)(v % 10); *--p = '0' + (d < 0 ? -d : d); } \
    while ((v /= 10) != 0); if (minus) *--p = '-'; \
    return strcmp(p, text) == 0; } \
  int64_t low_##n(void) { return (int64_t)low; } \
  int64_t high_##n(void) { return (int64_t)high; }

INTEGER(schar, signed char, SCHAR_MIN, SCHAR_MAX)
INTEGER(uchar, unsigned char, 0, UCHAR_MAX)
INTEGER(char, char, CHAR_MIN, CHAR_MAX)
INTEGER(short, short, SHRT_MIN, SHRT_MAX)
INTEGER(ushort, unsigned short, 0, USHRT_MAX)
INTEGER(int, int, INT_MIN, INT_MAX)
INTEGER(uint, unsigned, 0, UINT_MAX)
INTEGER(long, long, LONG_MIN, LONG_MAX)
INTEGER(ulong, unsigned long, 0, ULONG_MAX)
INTEGER(llong, long long, LLONG_MIN, LLONG_MAX)
INTEGER(ullong, unsigned long long, 0, ULLONG_MAX)
INTEGER(small, enum Small, 0, UINT_MAX)
INTEGER(signed, enum Signed, INT_MIN, INT_MAX)
INTEGER(large, enum Large, 0, ULONG_MAX)
_Bool same_bool(_Bool x) { return x; }
int is_bool(_Bool x, int n) { return x == n; }

float same_float(float x) { return x; }
double same_double(double x) { return x; }
long double same_ldouble(long double x) { return x; }
float as_float(double x) { return (float)x; }
float _Complex same_cfloat(float _Complex x) { return x; }
double _Complex same_cdouble(double _Complex x) { return x; }
double real_part(double _Complex x) { return creal(x); }
double imaginary_part(double _Complex x) { return cimag(x); }
__int128 same_int128(__int128 x) { return x; }
unsigned __int128 same_uint128(unsigned __int128 x) { return x; }
uint64_t upper_half(unsigned __int128 x) { return (uint64_t)(x >> 64); }
uint64_t lower_half(unsigned __int128 x) { return (uint64_t)x; }
int is_third(long double x) { return x == 1.0L / 3.0L; }
long double third(void) { return 1.0L / 3.0L; }

struct Point { int x, y; };
struct Other { int x, y; };
union Word { int i; char bytes[4]; };
struct Named { const char *name; int (*f)(int); };
typedef int Row[3];
typedef int Function(int);

#define POINTER(n,T) int64_t at_##n(T p) { return (int64_t)(intptr_t)p; }
POINTER(void, void *) POINTER(cvoid, const void *)
POINTER(int, int *) POINTER(cint, const int *) POINTER(uint, unsigned *)
POINTER(vint, volatile int *) POINTER(long, long *) POINTER(llong, long long *)
POINTER(char, char *) POINTER(cchar, const char *)
POINTER(schar, signed char *) POINTER(cschar, const signed char *)
POINTER(uchar, unsigned char *) POINTER(cuchar, const unsigned char *)
POINTER(cshort, const short *) POINTER(double, double *)
POINTER(float, float *) POINTER(point, struct Point *)
POINTER(cpoint, const struct Point *) POINTER(other, struct Other *)
POINTER(row, Row *) POINTER(pint, int **) POINTER(pcint, const int **)
POINTER(small, enum Small *) POINTER(function, Function *)
POINTER(cword, const union Word *)
POINTER(pcchar, const char *const *)

int sum_point(struct Point p) { return p.x * 100 + p.y; }
int sum_cpoint(const struct Point *p) { return p ? p->x * 100 + p->y : -1; }
int first_byte(const union Word *w) { return w->bytes[0]; }
int length(const char *s) { return s == NULL ? -1 : (int)strlen(s); }
int length_void(const void *s) { return (int)strlen(s); }
int byte_at(const unsigned char *s, int i) { return s[i]; }
int name_length(const struct Named *n) { return (int)strlen(n->name); }
int apply(int (*f)(int), int x) { return f == NULL ? -1 : f(x); }
int twice(int x) { return 2 * x; }
int (*get_twice(void))(int) { return twice; }
void *get_null(void) { return NULL; }
struct Point make_point(int x, int y) { struct Point p = {x, y}; return p; }
struct Point *get_point(void) { static struct Point p = {7, 8}; return &p; }
const char *get_text(void) { return "text"; }
_Bool get_true(void) { return 1; }
struct Array { int items[3]; };
struct Array make_array(void) { struct Array a = {{1, 2, 3}}; return a; }

int print(char *s, size_t n, const char *format, ...) {
  va_list list;
  va_start(list, format);
  int length = vsnprintf(s, n, format, list);
  va_end(list);
  return length;
}

typedef float Pair __attribute__((vector_size(8)));
float pair_sum(Pair p) { return p[0] * 10 + p[1]; }
Pair make_pair(float a, float b) { Pair p = {a, b}; return p; }
]]

-- What of it the plugin is told: the enums and structs as they are, and the
-- functions from a short form.
local declarations = source:match "enum Small.-\n\n"
  .. source:match "struct Point.-\n\n" .. [[
float same_float(float); double same_double(double); float as_float(double);
long double same_ldouble(long double);
float _Complex same_cfloat(float _Complex);
double _Complex same_cdouble(double _Complex);
double real_part(double _Complex), imaginary_part(double _Complex);
__int128 same_int128(__int128);
unsigned __int128 same_uint128(unsigned __int128);
uint64_t upper_half(unsigned __int128), lower_half(unsigned __int128);
int is_third(long double); long double third(void);
int sum_point(struct Point), sum_cpoint(const struct Point *p);
int first_byte(const union Word *), length(const char *s);
int length_void(const void *), byte_at(const unsigned char *, int);
int name_length(const struct Named *), apply(int (*f)(int), int x);
int twice(int), (*get_twice(void))(int); void *get_null(void);
struct Point make_point(int x, int y), *get_point(void);
const char *get_text(void); _Bool get_true(void), same_bool(_Bool);
int is_bool(_Bool, int); struct Array { int items[3]; };
struct Array make_array(void);
typedef float Pair __attribute__((vector_size(8)));
float pair_sum(Pair); Pair make_pair(float, float);
int print(char *, size_t, const char *, ...);
]]
for n, T in source:gmatch "INTEGER%((%l+), ([^,]+)," do
  declarations = declarations .. (([[
    T same_n(T); int is_n(T, const char *); int64_t low_n(void);
    int64_t high_n(void);]]):gsub("_n", "_" .. n):gsub("T", T))
end
for n, T in source:gmatch "POINTER%((%l+), ([^()]-)%)" do
  declarations = declarations .. ("int64_t at_%s(%s);"):format(n, T)
end

local p, C

setup(function()
  p = assert(plugin.open(assert(helper.compile(source, {flags = "-O1"}))))
  p:cdef(declarations)
  C = p.C
end)

-- Calls and expects an error that holds each of the texts.
local function refused(texts, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok, "it was taken")
  for _, text in ipairs(texts) do
    assert(message:find(text, 1, true),
           ("%q is missing in: %s"):format(text, message))
  end
end

describe("integers", function()
  local rows = {
    {"schar", "signed char"}, {"uchar", "unsigned char"},
    {"short", "short"}, {"ushort", "unsigned short"}, {"int", "int"},
    {"uint", "unsigned int"}, {"signed", "enum Signed"},
    {"small", "enum Small"},
  }

  for _, row in ipairs(rows) do
    local name, type = row[1], row[2]

    it("are taken up to the limits of " .. type, function()
      local same, is = C["same_" .. name], C["is_" .. name]
      local low, high = C["low_" .. name](), C["high_" .. name]()
      for _, n in ipairs {low, high, 0, 1, low + 1, high - 1} do
        assert.equal(n, same(n))
        assert.equal("integer", math.type(same(n)))
        assert.equal(1, is(n, tostring(n)))
        assert.equal(1, is(n + 0.0, tostring(n)))
        assert.equal(1, is(tostring(n), tostring(n)))
      end
    end)

    it("are refused outside of " .. type, function()
      local same = C["same_" .. name]
      local low, high = C["low_" .. name](), C["high_" .. name]()
      for _, n in ipairs {low - 1, high + 1, 1 << 40, -(1 << 40),
                          math.mininteger, math.maxinteger} do
        refused({"bad argument #1 to 'same_" .. name .. "'", type,
                 "integer " .. n, "out of range"}, same, n)
        refused({"out of range"}, same, n + 0.0)
        refused({"bad argument #1", type}, same, tostring(n))
      end
    end)
  end

  local all = {"schar", "uchar", "char", "short", "ushort", "int", "uint",
               "long", "ulong", "llong", "ullong"}

  for _, name in ipairs(all) do
    it("refuse what is no integer: " .. name, function()
      local same = C["same_" .. name]
      local start = "bad argument #1 to 'same_" .. name .. "'"
      refused({start, "number 1.5", "no integer representation"}, same, 1.5)
      refused({start, "1e+100"}, same, 1e100)
      refused({start, "no integer representation"}, same, 0 / 0)
      refused({start, "number inf"}, same, 1 / 0)
      refused({start, "string"}, same, "1.5")
      refused({start, "string"}, same, "x")
      refused({start, "boolean"}, same, true)
      refused({start, "nil"}, same, nil)
      refused({start, "no value"}, same)
      refused({start, "table"}, same, {})
      refused({start, "function"}, same, print)
      refused({start, "cdata 'int *'"}, same,
              p:addressof(p:new "int"))
    end)
  end

  it("of plain char reach from -128 to 255", function()
    local lowest = helper.defined "__CHAR_UNSIGNED__" and 0 or -128
    for n = -128, 255 do
      assert.equal((n - lowest) % 256 + lowest, C.same_char(n))
    end
    refused({"out of range"}, C.same_char, -129)
    refused({"out of range"}, C.same_char, 256)
  end)

  it("of 64 bits keep their bits", function()
    local limits = {{0, "0"}, {1, "1"},
                    {math.maxinteger, "9223372036854775807"},
                    {-1, "-1", "18446744073709551615"},
                    {math.mininteger, "-9223372036854775808",
                     "9223372036854775808"}}
    for _, row in ipairs(limits) do
      local n = row[1]
      for _, name in ipairs {"long", "llong"} do
        assert.equal(n, C["same_" .. name](n))
        assert.equal(1, C["is_" .. name](n, row[2]))
        assert.equal(1, C["is_u" .. name](n, row[3] or row[2]))
        assert.equal(n, C["same_u" .. name](n))
      end
    end
    assert.equal(math.mininteger, C.same_ullong(2 ^ 63))
    refused({"out of range"}, C.same_ullong, 2 ^ 64)
    refused({"out of range"}, C.same_llong, 2 ^ 63)
    refused({"out of range"}, C.same_ullong, -2.0 ^ 63 * 2)
  end)

  it("are cdata of any arithmetic type, in range", function()
    assert.equal(7, C.same_int(p:new("long long", 7)))
    assert.equal(7, C.same_int(p:new("double", 7)))
    assert.equal(-1, C.same_schar(p:new("int", -1)))
    refused({"cdata 'int'", "'unsigned char'", "out of range"}, C.same_uchar,
            p:new("int", 256))
    refused({"cdata 'unsigned long'", "out of range"}, C.same_long,
            p:new("unsigned long", -1))
    refused({"no integer representation"}, C.same_int, p:new("double", 1.5))
  end)
end)

describe("enums", function()
  it("take names and numbers, and come as integers", function()
    assert.equal(5, C.same_small "GREEN")
    assert.equal(6, C.same_small "BLUE")
    assert.equal(3, C.same_small(3))
    assert.equal(-1, C.same_signed "BELOW")
    assert.equal(0x100000000, C.same_large "FAR")
    assert.equal(1, C.is_large("FAR", "4294967296"))
  end)

  it("have as many names as one likes, in any order", function()
    local count, names = 500, {}
    for i = 1, count do names[i] = ("ENUM_NAME_%d = %d"):format(i, 3 * i) end
    plugin.cdef("enum cv_many {" .. table.concat(names, ",") .. "};"
                .. "enum cv_few { FEW_0, FEW_1, FEW_2 };")
    local many, few = plugin.new "enum cv_many[1]", plugin.new "enum cv_few[1]"
    for i = 0, 3 * count do
      local n = i * 7 % count + 1
      many[0] = "ENUM_NAME_" .. n
      few[0] = "FEW_" .. n % 3
      assert.are.same({3 * n, n % 3}, {many[0], few[0]})
    end
    for _, value in ipairs {"FEW_1", "ENUM_NAME_501", "ENUM_NAME_", ""} do
      refused({"enum cv_many", "no enumerator '" .. value .. "'"},
              function() many[0] = value end)
    end
    refused({"enum cv_few", "no enumerator 'ENUM_NAME_1'"},
            function() few[0] = "ENUM_NAME_1" end)
  end)

  it("refuse other enums' names", function()
    refused({"bad argument #1 to 'same_small'", "enum Small", "string",
             "enumerator"}, C.same_small, "ABOVE")
    refused({"enum Small", "boolean"}, C.same_small, true)
    refused({"out of range"}, C.same_small, -1)
  end)
end)

describe("_Bool", function()
  it("takes booleans, 0 and 1, and comes as a boolean", function()
    for value, wanted in pairs {[true] = 1, [false] = 0, [1] = 1, [0] = 0} do
      assert.equal(1, C.is_bool(value, wanted))
      assert.equal(wanted == 1, C.same_bool(value))
    end
    assert.is_true(C.get_true())
  end)

  for _, value in ipairs {2, -1, 0.5, 256, "x", {}} do
    it("refuses " .. tostring(value):gsub("0x%x+", ""), function()
      refused({"bad argument #1 to 'same_bool'", "_Bool"}, C.same_bool,
              value)
    end)
  end
end)

describe("floats", function()
  it("come and go as C has them", function()
    for _, x in ipairs {0.1, 1 / 3, -1e300, 1e-320, math.huge, 2 ^ 53 + 1} do
      assert.equal(x, C.same_double(x))
      assert.equal(C.as_float(x), C.same_float(x))
    end
    assert.equal("float", math.type(C.same_double(3)))
    assert.equal("float", math.type(C.same_float(3)))
    local nan = C.same_double(0 / 0)
    assert.is_true(nan ~= nan)
    assert.equal("-0.0", tostring(C.same_double(-0.0)))
  end)

  for _, value in ipairs {"x", true, {}, print} do
    it("refuse a " .. type(value), function()
      refused({"bad argument #1 to 'same_double'", "'double'", type(value)},
              C.same_double, value)
      refused({"'float'", type(value)}, C.same_float, value)
    end)
  end
end)

describe("numbers that Lua has not", function()
  -- valgrind computes with 64 bits of these 80.
  it("long double keeps its digits #exact", function()
    assert.equal(1, C.is_third(C.third()))
    assert.equal(0, C.is_third(1 / 3))
    assert.equal(1, C.is_third(C.same_ldouble(C.third())))
  end)

  it("long double", function()
    assert.equal(0.5, p:tonumber(C.same_ldouble(0.5)))
    refused({"'long double'", "string"}, C.same_ldouble, "x")
  end)
  it("__int128", function()
    local all = p:cast("unsigned __int128", -1)
    assert.equal(-1, C.upper_half(C.same_uint128(all)))
    assert.equal(-5, p:tonumber(C.same_int128(-5)))
    local big = p:new("unsigned __int128", math.maxinteger) * 4 + 3
    assert.equal(1, C.upper_half(big))
    assert.equal(-1, C.lower_half(big))
    refused({"out of range"}, C.same_uint128, -1)
    refused({"no integer representation"}, C.same_int128, 0.5)
  end)

  it("_Complex", function()
    for _, value in ipairs {{re = 1.5, im = -2}, {1.5, -2},
                            p:new("double _Complex", 1.5, -2)} do
      assert.equal(1.5, C.real_part(value))
      assert.equal(-2.0, C.imaginary_part(value))
    end
    assert.equal(0.0, C.imaginary_part(3))
    local z = C.same_cfloat {re = 0.25, im = 4}
    assert.equal(0.25, z.re)
    assert.equal(4.0, z.im)
    refused({"'double _Complex'", "string"}, C.same_cdouble, "x")
    refused({"'double _Complex'", "'re'", "string"}, C.same_cdouble,
            {re = "x"})
  end)

  it("vectors", function()
    assert.equal(12.0, C.pair_sum {1, 2})
    assert.equal(34.0, C.pair_sum(C.make_pair(3, 4)))
  end)
end)

-- Rows: function, what, true or a piece of the error.
describe("pointers", function()
  local rows = {
    {"int", "int *", true}, {"cint", "int *", true},
    {"vint", "int *", true}, {"void", "int *", true},
    {"cvoid", "int *", true}, {"cvoid", "const int *", true},
    {"int", "void *", true}, {"point", "void *", true},
    {"cint", "const void *", true}, {"int", "unsigned *", true},
    {"uint", "int *", true}, {"llong", "long *", true},
    {"long", "unsigned long long *", true}, {"char", "signed char *", true},
    {"uchar", "char *", true}, {"cchar", "unsigned char *", true},
    {"small", "int *", true}, {"uint", "enum Small *", true},
    {"int", "int[4]", true}, {"cint", "int[4]", true},
    {"void", "int[4]", true}, {"row", "int[2][3]", true},
    {"point", "struct Point", true}, {"cpoint", "struct Point", true},
    {"void", "struct Point", true}, {"point", "struct Point[2]", true},
    {"cword", "union Word", true}, {"pint", "int *[2]", true},
    {"point", "struct Point *", true}, {"cvoid", "char[8]", true},
    {"int", "const int *", "drop const"}, {"void", "const int *",
      "drop const"},
    {"int", "const int[4]", "drop const"},
    {"int", "volatile int *", "drop volatile"},
    {"void", "const void *", "drop const"},
    {"char", "const char *", "drop const"},
    {"point", "const struct Point *", "drop const"},
    {"int", "const void *", "drop const"},
    {"int", "long *", "types differ"}, {"long", "int *", "types differ"},
    {"int", "short *", "types differ"}, {"int", "float *", "types differ"},
    {"float", "int *", "types differ"}, {"double", "float *",
      "types differ"},
    {"int", "double[4]", "types differ"},
    {"point", "struct Other", "types differ"},
    {"point", "struct Other *", "types differ"},
    {"other", "struct Point *", "types differ"},
    {"point", "union Word", "types differ"},
    {"point", "int *", "types differ"},
    {"int", "struct Point", "types differ"},
    {"int", "int *[2]", "types differ"}, {"pint", "int *", "types differ"},
    {"pcint", "int *[2]", "types differ"},
    {"row", "int[4]", "types differ"}, {"int", "int[2][3]", "types differ"},
    {"int", "int", "addressof"}, {"double", "double", "addressof"},
    {"function", "int *", "types differ"}, {"function", "void *",
      "types differ"},
  }

  for _, row in ipairs(rows) do
    local name, type, wanted = row[1], row[2], row[3]
    local verb = wanted == true and "takes" or "refuses"

    it(("at_%s %s %s"):format(name, verb, type), function()
      local memory = p:new "long[8]"
      local value = type:find "%*$" and p:cast(type, memory) or p:new(type)
      local f = C["at_" .. name]
      if wanted == true then
        assert.equal(p:address(value), f(value))
        assert.not_equal(0, f(value))
      else
        local shown = type:gsub("unsigned$", "unsigned int")
        refused({"bad argument #1 to 'at_" .. name .. "'",
                 "cdata '" .. shown, wanted}, f, value)
      end
    end)
  end

  it("are nil for NULL, both ways", function()
    for _, name in ipairs {"void", "int", "cchar", "point", "function",
                           "row"} do
      assert.equal(0, C["at_" .. name](nil))
    end
    assert.is_nil(C.get_null())
    assert.equal(-1, C.length(nil))
    assert.equal(-1, C.apply(nil, 1))
  end)

  it("are light userdata too", function()
    local light = io.stdout and debug.upvalueid(function() return p end, 1)
    assert.is_true(C.at_int(light) ~= 0)
    assert.equal(C.at_void(light), C.at_point(light))
  end)

  for _, value in ipairs {0, 1.5, true, {}} do
    it("are no " .. type(value) .. " " .. tostring(value):gsub("0x%x+", ""),
       function()
      local kind = value == 0 and "integer 0" or type(value)
      refused({"bad argument #1 to 'at_int'", "'int *'", kind}, C.at_int, value)
    end)
  end
end)

describe("strings", function()
  it("fit pointers to const 8-bit integers and to const void", function()
    assert.equal(5, C.length "hello")
    assert.equal(0, C.length "")
    assert.equal(5, C.length_void "hello")
    assert.equal(255, C.byte_at("a\255", 1))
    assert.equal(0, C.byte_at("ab", 2))
    assert.not_equal(0, C.at_cschar "x")
  end)

  for _, row in ipairs {{"char", "char *"}, {"void", "void *"},
                        {"uchar", "unsigned char *"}, {"schar",
                        "signed char *"}, {"cshort", "const short *"},
                        {"cint", "const int *"}, {"pint", "int **"},
                        {"pcchar", "const char *const *"},
                        {"cpoint", "const struct Point *"},
                        {"function", "int (*)(int)"}} do
    it("do not fit " .. row[2], function()
      refused({"bad argument #1 to 'at_" .. row[1] .. "'", "'" .. row[2] ..
               "' expected", "string"}, C["at_" .. row[1]], "text")
    end)
  end

  it("are not made of numbers", function()
    refused({"bad argument #1 to 'length'", "'const char *'", "integer 5"},
            C.length, 5)
  end)

  it("come as pointers", function()
    assert.equal("text", p:string(C.get_text()))
  end)
end)

describe("structs, unions and arrays", function()
  it("by value are a copy", function()
    local point = p:new("struct Point", 1, 2)
    local made = C.make_point(3, 4)
    assert.equal(102, C.sum_point(point))
    assert.equal(304, C.sum_point(made))
    assert.equal(304, C.sum_point {3, 4})
    assert.equal(304, C.sum_point {x = 3, y = 4})
    made.x = 9
    assert.equal(304, C.sum_point(C.make_point(3, 4)))
    assert.same({1, 2, 3}, p:totable(C.make_array().items))
  end)

  it("by pointer are a reference", function()
    C.get_point().x = 70
    assert.equal(70, C.get_point().x)
  end)

  it("refuse others", function()
    local start = "bad argument #1 to 'sum_point'"
    refused({start, "'struct Point'", "cdata 'struct Other'"}, C.sum_point,
            p:new "struct Other")
    refused({start, "struct Point", "integer 1"}, C.sum_point, 1)
    refused({start, "struct Point", "nil"}, C.sum_point, nil)
    local inside = "in argument #1 to 'sum_point'"
    refused({"'x'", "struct Point", "string", inside}, C.sum_point,
            {x = "a"})
    refused({"no member 'z'", inside}, C.sum_point, {z = 1})
    refused({"too many", inside}, C.sum_point, {1, 2, 3})
    refused({"'y'", "in argument #1 to 'sum_cpoint'"}, C.sum_cpoint,
            {y = {}})
    refused({"element 1", "'int[3]'"}, p.new, p, "int[3]", {1, "x"})
  end)

  it("as tables fit a pointer to const for the call", function()
    assert.equal(506, C.sum_cpoint {5, 6})
    assert.equal(500, C.sum_cpoint {x = 5})
    assert.equal(65, C.first_byte {bytes = "A"})
    assert.equal(3, C.name_length {name = "abc"})
    refused({"bad argument #1 to 'at_point'", "table"}, C.at_point, {1, 2})
    refused({"bad argument #1 to 'at_cint'", "table"}, C.at_cint, {1, 2})
    refused({"no member 'z'"}, C.sum_cpoint, {z = 1})
  end)
end)

describe("functions", function()
  it("fit function pointers", function()
    assert.equal(10, C.apply(C.twice, 5))
    assert.equal(10, C.apply(C.get_twice(), 5))
    assert.equal(6, C.apply(function(x) return x + 1 end, 5))
    assert.equal(10, C.get_twice()(5))
  end)

  it("of another type do not", function()
    refused({"bad argument #1 to 'apply'", "int (*)(int)", "types differ"},
            C.apply, C.length, 5)
    refused({"bad argument #1 to 'at_cvoid'", "function"}, C.at_cvoid, print)
    refused({"bad argument #1 to 'at_int'", "function"}, C.at_int, C.twice)
  end)
end)

-- Rows: format, value, what C printed.
describe("a variadic place", function()
  local rows = {
    {"%ld", 42, "42"}, {"%ld", math.mininteger, "-9223372036854775808"},
    {"%lx", -1, "ffffffffffffffff"}, {"%g", 0.5, "0.5"}, {"%g", 2.0, "2"},
    {"%d", true, "1"}, {"%d", false, "0"}, {"%s", "text", "text"},
    {"%p", nil, "(nil)"},
    {"%d", {"signed char", -3}, "-3"}, {"%d", {"unsigned char", 200}, "200"},
    {"%d", {"short", -300}, "-300"}, {"%d", {"_Bool", true}, "1"},
    {"%u", {"unsigned", -1 & 0xffffffff}, "4294967295"},
    {"%d", {"int", -7}, "-7"}, {"%lu", {"unsigned long", -1},
      "18446744073709551615"},
    {"%lld", {"long long", 1 << 40}, "1099511627776"},
    {"%g", {"float", 0.25}, "0.25"}, {"%g", {"double", 0.25}, "0.25"},
    {"%Lg", {"long double", 0.125}, "0.125"},
    {"%u", {"enum Small", "GREEN"}, "5"},
    {"%d", {"enum Signed", "BELOW"}, "-1"},
    {"%s", {"char[6]", "array"}, "array"},
  }

  for _, row in ipairs(rows) do
    local value = row[2]
    local about = type(value) == "table" and value[1] or tostring(value)

    it(("takes %s as %s"):format(about, row[1]), function()
      local room = p:new "char[64]"
      if type(value) == "table" then
        value = p:new(value[1], value[2])
      end
      C.print(room, 64, row[1] .. "|", value)
      assert.equal(row[3] .. "|", p:string(room))
    end)
  end

  it("refuses a bare function or table, and says what to do", function()
    local room = p:new "char[8]"
    refused({"bad argument #4 to 'print'", "function", "callback"},
            C.print, room, 8, "%p", print)
    refused({"bad argument #4 to 'print'", "table", "new()"},
            C.print, room, 8, "%p", {})
    refused({"bad argument #5 to 'print'", "function"},
            C.print, room, 8, "%p", 1, print)
    refused({"bad argument #2 to 'print'", "string"}, C.print, room,
            "x", "%p")
  end)
end)

describe("a file of Lua's", function()
  local c <const> = assert(plugin.open "libc.so.6")
  c:cdef [[
    typedef struct _IO_FILE FILE;
    struct log { FILE *to; };
    int fputs(const char *text, FILE *to);
    int fprintf(FILE *to, const char *format, ...);
    int fileno(FILE *);
    int setenv(const char *name, const char *value, int overwrite);
    int memcmp(const void *, const void *, size_t);
    int ferror(struct log *);
  ]]

  it("is a FILE * for the time of a call", function()
    local file <close> = assert(io.tmpfile())
    file:write "Lua, "
    assert.is_true(c.C.fputs("C", file) >= 0)
    assert.equal(8, c.C.fprintf(file, " and %s", "Lua"))
    file:seek "set"
    assert.equal("Lua, C and Lua", file:read "a")
    assert.equal(1, c.C.fileno(io.stdout))
    local pipe <close> = assert(io.popen("cat >/dev/null", "w"))
    assert.is_true(c.C.fileno(pipe) > 2)
  end)

  it("is one whatever C's library calls the struct", function()
    for _, text in ipairs {"struct FILE *", "struct __sFILE *"} do
      local f = assert(c:lookup("fileno", ("int (%s)"):format(text)))
      assert.equal(2, f(io.stderr))
    end
    c:cdef "typedef struct { int x; } _FILE;"
    assert.equal(2, c:lookup("fileno", "int (_FILE *)")(io.stderr))
  end)

  it("is none once it is closed, and is not stored", function()
    local file = assert(io.tmpfile())
    file:close()
    refused({"bad argument #1 to 'fileno' ('struct _IO_FILE *' expected, got "
             .. "FILE*: the file is closed)"}, c.C.fileno, file)
    refused({"got FILE*: a file of Lua's is an argument only"},
            c.new, c, "struct log", {to = io.stdout})
    refused({"an argument only"}, c.cast, c, "FILE *", io.stdout)
  end)

  it("is nothing else", function()
    refused({"bad argument #1 to 'ferror' ('struct log *' expected, got "
             .. "FILE*)"}, c.C.ferror, io.stdout)
    refused({"#1 to 'setenv'", "got FILE*"}, c.C.setenv, io.stdout, "", 1)
    refused({"#1 to 'memcmp'", "got FILE*"}, c.C.memcmp, io.stdout, "", 1)
    refused({"#1 to 'fileno'", "got symbol"}, c.C.fileno, c:lookup "fileno")
  end)
end)
