-- 1-tour.lua - the seven steps of Go's plugin tour, on plugins/tour.c.

local plugin = require "cplugin"

local function show(code, ...)
  print(("  %-53s --> "):format(code) .. table.concat({...}, ", "))
end

print "1. Open a plugin. A name with a slash is that file."
local path = "./build/plugins/tour.so"
local p = assert(plugin.open(path))
show('p = plugin.open "./build/plugins/tour.so"', tostring(p))

print "\n2. Look up a variable, read it, set it."
local n = assert(p:lookup("PluginInt", "int"))
show('n = p:lookup("PluginInt", "int")', tostring(n))
show("n[0]", n[0])
n[0] = 15
show("n[0] = 15; n[0]", n[0])

print "\n3. Look up a function: it is a plain Lua function. Call it."
local announce = assert(p:lookup("PluginPrint", "void (void)"))
show('announce = p:lookup("PluginPrint", "void (void)")', type(announce))
show("announce()", "C prints:")
announce()

print "\n   Declared once, both are fields of p.C."
p:cdef [[
  extern int PluginInt;
  void PluginPrint(void);
]]
p.C.PluginInt = 16
show("p.C.PluginInt = 16; p.C.PluginInt", p.C.PluginInt)
p.C.PluginPrint()

print "\n4. An exported object: its method M1 is a pointer to a function."
p:cdef "struct Counter { int count; int (*M1)(struct Counter *, int); };"
local counter = assert(p:lookup("PluginObject", "struct Counter"))
show('counter = p:lookup("PluginObject", "struct Counter")', tostring(counter))
show("counter.count", counter.count)
show("counter:M1(2)", counter:M1(2))
show("counter.count", counter.count)

print "\n5. Open it a second time: the same plugin, initialised once."
local again = assert(plugin.open(path))
show("again = plugin.open(path); again == p", tostring(again == p))
show('again:lookup("PluginStarts", "int")[0]',
     again:lookup("PluginStarts", "int")[0])

print "\n6. A symbol that is not there: nil and a message."
show('p:lookup("PluginFloat", "float")',
     "nil\n    " .. select(2, p:lookup("PluginFloat", "float")))

print "\n7. A file that is not there: nil and a message."
show('plugin.open "./missing.so"',
     "nil\n    " .. select(2, plugin.open "./missing.so"))

print "\nWhat Go's package lacks: close. What came from it then says so."
p:close()
show("p:close(); pcall(announce)",
     "false\n    " .. select(2, pcall(announce)))
