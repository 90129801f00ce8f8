-- cdata.lua - what the specs of cdata share: types of every kind.
--
--   local cdata = require "spec.cdata"    declares them, cd_...
--   cdata.plain(x)                        for comparing
--   cdata.throws(pattern, f, ...)

local assert = require "luassert"
local plugin = require "cplugin"

local cdata = {}

plugin.cdef [[
  enum cd_color { CD_RED, CD_GREEN = 5 };
  struct cd_point { int x, y; };
  struct cd_const { const int fixed; int free; };
  struct cd_bits { unsigned a : 3; int b : 5; unsigned : 0;
                   unsigned long long big : 40; _Bool flag : 1; };
  union cd_any { int i; float f; char bytes[8]; struct cd_point point; };
  struct cd_deep { char name[8]; struct cd_point points[2];
                   struct { int inner; union { int left; float right; }; };
                   union cd_any any; const char *text; };
  struct cd_flexible { int n; double tail[]; };
  struct cd_floats { float f; double d; long double l;
                     double _Complex c; };
  typedef int cd_vector __attribute__((vector_size(16)));
  struct cd_later;
  struct cd_table { int (*twice)(int); int (*add)(int, int); };
]]

-- A value as rows can compare it: arrays and structs as tables.
function cdata.plain(x)
  if type(x) == "userdata" and pcall(function() return #x end) then
    return plugin.totable(x)
  end
  return x
end

function cdata.throws(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches(pattern, message)
end

return cdata
