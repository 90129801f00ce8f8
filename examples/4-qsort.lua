-- 4-qsort.lua - C's qsort with comparators in Lua, and one of C's own.

local plugin = require "cplugin"

-- No name: the running program, where everything globally visible counts.
local program = assert(plugin.open())

-- The declaration is the script's: here qsort sorts ints, so that the
-- comparator gets `const int *` and needs no cast.
local sort_ints = assert(program:lookup("qsort",
  "void (int *, size_t, size_t, int (*)(const int *, const int *))"))

local numbers = plugin.new("int[8]", {5, 3, 8, 1, 9, 2, 7, 4})
sort_ints(numbers, 8, plugin.sizeof "int", function(a, b)
  return a[0] - b[0]
end)
print("int[8], upwards:   " .. table.concat(plugin.totable(numbers), " "))

sort_ints(numbers, 8, plugin.sizeof "int", function(a, b)
  return b[0] - a[0]
end)
print("and downwards:     " .. table.concat(plugin.totable(numbers), " "))

-- Structs, declared in the global scope; plugin.C is the running program.
plugin.cdef [[
  struct Star { char name[12]; double magnitude; };
  void qsort(void *base, size_t count, size_t size,
             int (*compare)(const void *, const void *));
  int strcmp(const char *, const char *);
]]
local stars = plugin.new("struct Star[4]", {
  {name = "Vega", magnitude = 0.03},
  {name = "Sirius", magnitude = -1.46},
  {name = "Arcturus", magnitude = -0.05},
  {"Canopus", -0.74},
})
local Star = plugin.typeof "const struct Star *"
plugin.C.qsort(stars, #stars, plugin.sizeof "struct Star", function(a, b)
  local left, right = plugin.cast(Star, a), plugin.cast(Star, b)
  return left.magnitude < right.magnitude and -1 or 1
end)
print "struct Star[4], by brightness:"
for _, star in pairs(stars) do
  print(("  %-10s %5.2f"):format(plugin.string(star.name), star.magnitude))
end

-- A function of C is handed back to C as its plain address: no Lua between.
local sort_names = assert(program:lookup("qsort",
  "void (struct Star *, size_t, size_t, int (*)(const char *, const char *))"))
sort_names(stars, #stars, plugin.sizeof "struct Star", plugin.C.strcmp)
print "and by name, compared by C's strcmp:"
for i = 0, #stars - 1 do
  print("  " .. plugin.string(stars[i].name))
end

-- An error in a comparator leaves qsort alone and is raised afterwards.
print "a comparator that fails:"
print("  " .. select(2, pcall(sort_ints, numbers, 8, 4, function()
  error("cannot compare", 0)
end)):match "^[^\n]*")
