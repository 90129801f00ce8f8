-- message_spec.lua - what messages say beyond "no": the near name, both
-- lengths, what to write instead, where a callback was defined.

local plugin = require "cplugin"

local new = plugin.new

plugin.cdef [[
  struct ms_point { int x, y; };
  enum ms_color { MS_RED, MS_GREEN, MS_BLUE };
  union ms_value { int i; };
  struct ms_record { char name[8]; enum ms_color color; struct ms_point at;
                     struct { int hidden; }; };
  struct ms_tail { int n; char text[?]; };
  double frexp(double, int *);
  int printf(const char *, ...);
  void qsort(void *base, size_t count, size_t size,
             int (*compare)(const void *, const void *));
]]

local record = new "struct ms_record"
local point = plugin.addressof(new "struct ms_point")

local function compare() return "less" end
local line = debug.getinfo(compare, "S").linedefined

local rows = {
  {"a misspelt member, read", function() return record.nmae end,
   "'struct ms_record' has no member 'nmae', did you mean 'name'?"},
  {"a misspelt member, written", function() record.nmae = "" end,
   "did you mean 'name'?"},
  {"a member of an anonymous one", function() return record.hiden end,
   "did you mean 'hidden'?"},
  {"a misspelt member of a pointer", function()
    return plugin.addressof(record).colour
  end, "did you mean 'color'?"},
  {"a misspelt member in a table", function()
    new("struct ms_record", {colr = 1})
  end, "'struct ms_record' has no member 'colr', did you mean 'color'?"},
  {"a misspelt member of offsetof", function()
    plugin.offsetof("struct ms_record", "naem")
  end, "did you mean 'name'?"},
  {"a member that is near to none", function() return record.zebra end,
   "'struct ms_record' has no member 'zebra'$"},
  {"a misspelt enumerator", function() new("enum ms_color", "MS_GREAN") end,
   "it has no enumerator 'MS_GREAN', did you mean 'MS_GREEN'?"},
  {"an enumerator that is near to none", function()
    record.color = "purple"
  end, "it has no enumerator 'purple')"},
  {"a misspelt tag, in a field", function()
    plugin.cdef "struct ms_other { struct ms_piont p; };"
  end, "'struct ms_piont', did you mean 'struct ms_point'?"},
  {"a misspelt tag, in an array", function()
    plugin.typeof "struct ms_piont[2]"
  end, "incomplete, did you mean 'struct ms_point'?"},
  {"a misspelt tag, in sizeof", function()
    plugin.cdef "enum { MS_SIZE = sizeof(union ms_valeu) };"
  end, "did you mean 'union ms_value'?"},
  {"a misspelt tag, of new", function() new "struct ms_piont" end,
   "cannot be made: it is incomplete, did you mean 'struct ms_point'?"},
  {"a misspelt tag, indexed", function()
    return plugin.cast("struct ms_piont *", 64).x
  end, "declare its members, did you mean 'struct ms_point'?"},
  {"a tag without its word", function() plugin.typeof "ms_point" end,
   "unknown type name 'ms_point', did you mean 'struct ms_point'?"},
  {"a misspelt tag without its word", function()
    plugin.cdef "void ms_f(ms_colour);"
  end, "unknown type name 'ms_colour', did you mean 'enum ms_color'?"},
  {"a string that is too long for a member", function()
    record.name = "123456789"
  end, "its 9 bytes are too many for 8"},
  {"a string that is too long for an array", function()
    new("char[4]", "12345")
  end, "its 5 bytes are too many for 4"},
  {"a string that is too long for a length", function()
    new("char[?]", 3, "1234")
  end, "its 4 bytes are too many for 3"},
  {"a string that is too long for a flexible array", function()
    new("struct ms_tail", 2, {text = "123"})
  end, "its 3 bytes are too many for 2"},
  {"a pointer where its struct is wanted", function() record.at = point end,
   "'struct ms_point' expected, got cdata 'struct ms_point *': write p[0]"},
  {"an array where its element is wanted", function()
    new("int[1]")[0] = new "int[1]"
  end, "write p[0]"},
  {"a number for an int *", function() plugin.C.frexp(1, 5) end,
   'a number has no address; new("int[1]", n) makes memory'},
  {"a table for an int *", function() plugin.C.frexp(1, {5}) end,
   'new("int[]", table)'},
  {"a table in a variadic place", function() plugin.C.printf("", {}) end,
   "make C data of it with new()"},
  {"a function in a variadic place", function()
    plugin.C.printf("", function() end)
  end, "make a C function of it with callback()"},
  {"the result of a callback", function()
    plugin.C.qsort(new("int[2]"), 2, 4, compare)
  end, "bad result of a callback (spec/message_spec.lua:" .. line ..
       ", argument #4 of 'qsort') ('int' expected, got string)"},
  {"a freed callback", function()
    local c = plugin.callback("int (int)", compare)
    c:free()
    c(1)
  end, "dead callback (spec/message_spec.lua:" .. line .. ", int (int))"},
  {"a callback that is a C function", function()
    local c = plugin.callback("int (int)", print)
    c(1)
  end, "bad result of a callback (int (int)) ('int' expected, got nil"},
}

describe("the message of", function()
  for _, row in ipairs(rows) do
    it(row[1], function()
      local ok, message = pcall(row[2])
      assert.is_false(ok)
      local wanted, last = row[3]:gsub("%$$", "")
      local first, to = message:find(wanted, 1, true)
      assert.is_truthy(first, message)
      assert.is_true(last == 0 or to == #message, message)
    end)
  end
end)

it("tostring tells a callback that has been freed", function()
  local c = plugin.callback("int (int)", print)
  assert.matches("^cdata<int %(%*%)%(int%)>: 0x%x+$", tostring(c))
  c:free()
  assert.matches("^cdata<int %(%*%)%(int%)>: %(freed%) 0x%x+$", tostring(c))
end)
