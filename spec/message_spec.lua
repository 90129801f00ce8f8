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
  struct ms_table { int (*f)(int); };
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
  {"the length of C's memory", function()
    return #plugin.cast("int *", 64)
  end, "length of 'int *' is not known; view(p, n) is the pointer with one$"},
  {"pairs of what has none", function() pairs(new "int") end,
   "length of 'int' is not known$"},
  {"an array whose length is not given", function() new "int[?]" end,
   "bad argument #2 to 'new' (how many elements? The type does not tell)$"},
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
  {"a file in a variadic place", function() plugin.C.printf("", io.stdout) end,
   "got FILE*: C has no type for it; pass cdata, a number, string, boolean " ..
   "or nil)$"},
  {"a coroutine in a variadic place", function()
    plugin.C.printf("", coroutine.create(print))
  end, "got thread: C has no type for it"},
  {"a type in a variadic place", function()
    plugin.C.printf("", plugin.typeof "int")
  end, "got ctype: C has no type for it"},
  {"a plugin in a variadic place", function()
    plugin.C.printf("", plugin.open())
  end, "got plugin: C has no type for it"},
  {"a Lua function stored in memory of Lua", function()
    new "struct ms_table".f = print
  end, "got function: make a C function of it with callback())$"},
  {"a Lua function stored in memory of C", function()
    plugin.cast("struct ms_table *", 64).f = print
  end, "nothing would keep a Lua function alive there; use callback() and " ..
       "hold what it returns)$"},
  {"a bound function of another type", function()
    new "struct ms_table".f = plugin.C.frexp
  end, "'int (*)(int)' expected, got function: the types differ: 'frexp' " ..
       "is 'double (double, int *)')$"},
  {"the result of a callback", function()
    plugin.C.qsort(new("int[2]"), 2, 4, compare)
  end, "bad result of a callback (spec/message_spec.lua:" .. line ..
       ", argument #4 of 'qsort') ('int' expected, got string)"},
  {"a freed callback", function()
    local c = plugin.callback("int (int)", compare)
    c:free()
    c(1)
  end, "dead callback (spec/message_spec.lua:" .. line .. ", int (int))"},
  {"a misspelt method", function() return plugin.open "z".lookp end,
   "a plugin has no 'lookp', did you mean 'lookup'?$"},
  {"a function that is no method", function() plugin.open "z".crc32() end,
   "'crc32'; what it declares is in its table C"},
  {"a misspelt function that a Lua module has", function()
    return plugin.headr
  end, "cplugin has no 'headr', did you mean 'header'?$"},
  {"LuaJIT's name for open", function() plugin.load "z" end,
   "cplugin has no 'load': open() opens a library, whose functions are in " ..
   "its table C$"},
  {"a method called with a dot", function()
    plugin.open "z".cdef "int ms_x;"
  end, "'cdef' (plugin expected, got string: a plugin's functions are " ..
       "called with a colon, p:name(...))"},
  {"header() called with a dot", function() plugin.open "z".header "z.h" end,
   "plugin expected, got string: write p:header(...), with a colon$"},
  {"lock() called with a dot", function() plugin.open "z".lock "z.lock" end,
   "plugin expected, got string: write p:lock(...), with a colon$"},
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

-- A type's text in two plugins, and what differs to who gets the second one.
local scopes = {
  {"int a, b;", "int a; double b;", "member 'b': 'double' instead of 'int'"},
  {"int a, b;", "int a, b, c;", "member 'c', which is one too many"},
  {"int a, b, c;", "int a, b;", "member 'c', which is missing"},
  {"int a, b;", "int a, c;", "member 'c' instead of 'b'"},
  {"int a, b : 3;", "int a, b : 4;",
   "member 'b': byte 4, bit 0, 4 bits instead of byte 4, bit 0, 3 bits"},
  {"char a; int b;", "char a; int b __attribute__((packed));",
   "member 'b': byte 1 instead of byte 4"},
  {"char a; int b;", "char a; int b;", "'struct Z': 32 bytes instead of 8",
   "__attribute__((aligned(32)))"},
  {"struct I { int x; } *b;", "struct I { long x; } *b;",
   "member 'x' of 'struct I': 'long' instead of 'int'"},
  {"struct Z *next; int (*f)(int);", "struct Z *next; int (*f)(long);",
   "'int (long)' instead of 'int (int)'"},
  {"enum E { A, B } e;", "enum E { A, C } e;", "member 'e': another 'enum E'"},
  {"const char *s;", "char *s;",
   "member 's': 'char *' instead of 'const char *'"},
  {"union I *i;", "struct I *i;", "'struct I' instead of 'union I'"},
}

describe("types of one name in two plugins", function()
  for _, row in ipairs(scopes) do
    it("differ in " .. row[3], function()
      local a <close> = plugin.open "./build/plugins/structs.so"
      local b <close> = plugin.open "./build/plugins/variables.so"
      a:cdef("extern struct Z { " .. row[1] .. " } z;")
      b:cdef("extern struct Z { " .. row[2] .. " } " .. (row[4] or "") ..
             " z;")
      local theirs, place = b:new "struct Z", a:new "struct Z[1]"
      local wanted = "got cdata 'struct Z': the types differ in " .. row[3] ..
                     ")"
      local _, message = pcall(a.new, a, "struct Z *", theirs)
      assert.equal("bad value ('struct Z *' expected, " .. wanted, message)
      _, message = pcall(function() place[0] = theirs end)
      assert.is_truthy(message:find(wanted, 1, true), message)
    end)
  end
  it("are declared twice in one scope", function()
    plugin.cdef "struct ms_twice { int x; };"
    local old = new "struct ms_twice"
    plugin.undeclare "struct ms_twice"
    plugin.cdef "struct ms_twice { int x; };"
    local _, message = pcall(new, "struct ms_twice *", old)
    assert.matches("differ in 'struct ms_twice': each declaration is a type " ..
                   "of its own", message)
  end)
end)

it("tostring tells a callback that has been freed", function()
  local c = plugin.callback("int (int)", print)
  assert.matches("^cdata<int %(%*%)%(int%)>: 0x%x+$", tostring(c))
  c:free()
  assert.matches("^cdata<int %(%*%)%(int%)>: %(freed%) 0x%x+$", tostring(c))
end)
