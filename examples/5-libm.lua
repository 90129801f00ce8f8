-- 5-libm.lua - the mathematical library: numbers of every kind in and out.

local plugin = require "cplugin"

local m = assert(plugin.open "m")
m:cdef [[
  double cos(double), pow(double, double), fma(double, double, double);
  float cosf(float);
  long double sqrtl(long double);
  double frexp(double x, int *exponent);
  double modf(double x, double *whole);
  long lround(double);
  double _Complex csqrt(double _Complex);
]]
local C = m.C

local function show(code, ...)
  print(("  %-36s --> "):format(code) .. table.concat({...}, ", "))
end

print "double and float are Lua's numbers:"
show("C.cos(0)", C.cos(0))
show("C.pow(2, 0.5)", C.pow(2, 0.5))
show("C.fma(2, 3, 4)", C.fma(2, 3, 4))
show("C.cosf(1)", C.cosf(1))
show("C.lround(2.5)", C.lround(2.5))

print "a pointer to one int is an array of one, for C to fill:"
local exponent = plugin.new "int[1]"
show("C.frexp(40, exponent), exponent[0]", C.frexp(40, exponent), exponent[0])
local whole = plugin.new "double[1]"
show("C.modf(3.25, whole), whole[0]", C.modf(3.25, whole), whole[0])

print "long double does not fit a number: it stays C data"
local root = C.sqrtl(2)
show("C.sqrtl(2)", tostring(root))
show("plugin.tonumber(C.sqrtl(2))", plugin.tonumber(root))

print "complex numbers have parts:"
local z = C.csqrt(plugin.new("double _Complex", -4, 0))
show("z = C.csqrt(-4 + 0i); z.re, z.im", z.re, z.im)

print "what does not fit is refused, and the message says why:"
show('pcall(C.cos, "one")', (select(2, pcall(C.cos, "one"))))
show("pcall(C.pow, 2)", (select(2, pcall(C.pow, 2))))
