-- assign.lua - assignment of every kind of value to every kind of member, in
-- every kind of memory. A process of its own, since what there is to do depends
-- on the types that have been made: for assign_spec.lua.
--
--   lua spec/assign.lua LIBRARY COPY plain|unions STEP (one of so many values)

local plugin = require "cplugin"

local library, another, unions = arg[1], arg[2], arg[3] == "unions"
local step = math.tointeger(arg[4])

local C, cast = plugin.C, plugin.cast
plugin.cdef [[
  int setenv(const char *, const char *, int);
  int unsetenv(const char *);
  int abs(int);
  void *calloc(size_t, size_t);
  void free(void *);
]]

-- The same declarations for each way: NAME_ in front of every tag.
local DECLARED = [[
  struct NAME_in { int a; double b; };
  struct NAME_other { int a; float b; };
  struct NAME_fixed { const int a; int b; };
  struct NAME_pair { struct NAME_in *to; const char *text; };
  enum NAME_color { NAME_RED, NAME_GREEN, NAME_LIME = 200 };
  struct NAME_late;
  struct NAME_all {
    struct NAME_in in; struct NAME_in *to; struct NAME_in row[3];
    const struct NAME_in *constant; struct NAME_in *volatile hasty;
    struct NAME_in *_Atomic whole; int *ints; void *any; const char *text;
    int **way; struct NAME_in (*rows)[3]; int (*f)(int);
    struct NAME_pair pair; struct NAME_fixed fixed;
    const struct NAME_in never; struct NAME_in *const nowhere;
    char name[6]; signed char bytes[3]; short shorts[3];
    enum NAME_color color; enum NAME_color few : 2; unsigned bits : 5;
    int wide : 31; unsigned long long most : 63; _Bool flag; _Bool bit : 1;
    long long whatever; double _Complex z; long double real;
    int vector __attribute__((vector_size(8))); struct NAME_late *late; @
    struct NAME_in *many[3];
  };
  struct NAME_odd { char c; struct NAME_in *to; struct NAME_pair pair;
                    unsigned bits : 7; } __attribute__((packed));
]]
if unions then
  DECLARED = "union NAME_any { struct NAME_in *to; long number; " ..
    "char bytes[12]; };" .. DECLARED:gsub("@", "union NAME_any shared;")
else
  DECLARED = DECLARED:gsub("@", "")
end

local FIELDS = {"in", "to", "row", "constant", "hasty", "whole", "ints", "any",
                "text", "way", "rows", "f", "pair", "fixed", "never",
                "nowhere", "name", "bytes", "shorts", "color", "few", "bits",
                "wide", "most", "flag", "bit", "whatever", "z", "real",
                "vector", "late", "shared", "row 2", "many 1", "shorts 2"}

-- What is assigned to; each call makes new memory.
local function targets(name, p)
  local all = "struct " .. name .. "all"
  p:cdef(("extern %s memory; extern const %s constants; %s *get(void);")
           :format(all, all, all))
  local function zeroed(memory)
    plugin.fill(memory, plugin.sizeof(all))
    return memory
  end
  return {
    value = function() return plugin.new(all) end,
    element = function() return plugin.new(all .. "[2]")[1] end,
    pointer = function() return plugin.new(all .. "[2]") + 1 end,
    short = function()
      return plugin.view(cast(all .. " *", plugin.new(all .. "[2]")), 1) + 1
    end,
    bytes = function()
      return cast(all .. " *", plugin.new("char[?]", plugin.sizeof(all)))
    end,
    odd = function()
      return cast(all .. " *",
                  plugin.new("char[?]", plugin.sizeof(all) + 1) + 1)
    end,
    foreign = function()
      return plugin.gc(cast(all .. " *", C.calloc(2, plugin.sizeof(all))),
                       C.free)
    end,
    bare = function() return zeroed(p.C.get()) end,
    variable = function() return zeroed(p.C.memory) end,
    constants = function() return p.C.constants end,
    text = function()
      return cast(all .. " *", ("x"):rep(plugin.sizeof(all)))
    end,
    packed = function() return plugin.new("struct " .. name .. "odd") end,
    constant = function()
      return cast("const " .. all .. " *", plugin.new(all))
    end,
  }
end

-- What is assigned: name, how to make it.
local function values(name, p, closed)
  local of = "struct " .. name .. "in"
  local all = "struct " .. name .. "all"
  local new = plugin.new
  local freed = plugin.callback("int (int)", function(x) return x end)
  freed:free()
  return {
    {"nil", function() end},
    {"in", function() return new(of, {1, 2}) end},
    {"const in", function() return new("const " .. of, {1, 2}) end},
    {"in of in[4]", function() return new(of .. "[4]", {{1, 2}})[0] end},
    {"in of all", function()
      local memory = new(all)
      memory.to = new(of)
      return memory.row[2]
    end},
    {"in *", function() return new(of .. "[4]") + 1 end},
    {"in * outside", function() return new(of .. "[4]") + 4 end},
    {"const in *", function() return cast("const " .. of .. " *", new(of)) end},
    {"in[3]", function() return new(of .. "[3]") end},
    {"const in[3]", function() return new("const " .. of .. "[3]") end},
    {"in[4]", function() return new(of .. "[4]") end},
    {"in[2][3]", function() return new(of .. "[2][3]") end},
    {"in[?]", function() return new(of .. "[?]", 3) end},
    {"other", function() return new("struct " .. name .. "other", {1, 2}) end},
    {"pair", function()
      return new("struct " .. name .. "pair", {new(of, {3, 4}), "kept text"})
    end},
    {"fixed", function() return new("struct " .. name .. "fixed", {1, 2}) end},
    {"finalised", function() return plugin.gc(new(of, {1, 2}), type) end},
    {"of C", function() return cast(of .. " *", p.C.get()) end},
    {"element of C", function() return cast(of .. " *", p.C.get())[200] end},
    {"variable's", function() return p.C.memory.row[1] end},
    {"of a closed plugin", function() return closed end},
    {"NULL + 0", function() local q = new(of .. "[1]") + 0
      return q - plugin.address(q) // plugin.sizeof(of) end},
    {"int[3]", function() return new("int[3]", {1, 2, 3}) end},
    {"int *", function() return new "int[3]" + 1 end},
    {"unsigned *", function() return new "unsigned[3]" + 1 end},
    {"void *", function() return cast("void *", new(of)) end},
    {"char *", function() return new "char[3]" + 0 end},
    {"char[6]", function() return new("char[6]", "abc") end},
    {"double", function() return new("double", 3) end},
    {"complex", function() return new("double _Complex", 3, 4) end},
    {"vector", function()
      return new("int __attribute__((vector_size(8)))", {1, 2}) end},
    {"late *", function()
      return cast("struct " .. name .. "late *", new(of))
    end},
    {"int64", function() return new("unsigned long long", 7) end},
    {"text", function() return "ab" end},
    {"six", function() return "sixsix" end},
    {"long text", function() return ("text"):rep(20) end},
    {"numeral", function() return "3" end},
    {"RED", function() return name .. "RED" end},
    {"LIME", function() return name .. "LIME" end},
    {"GREN", function() return name .. "GREN" end},
    {"0", function() return 0 end}, {"1", function() return 1 end},
    {"3.0", function() return 3.0 end}, {"0.5", function() return 0.5 end},
    {"-1", function() return -1 end}, {"31", function() return 31 end},
    {"32", function() return 32 end},
    {"1 << 62", function() return 1 << 62 end},
    {"true", function() return true end},
    {"{}", function() return {} end}, {"{1, 2}", function() return {1, 2} end},
    {"{a = 'x'}", function() return {a = "x"} end},
    {"print", function() return print end},
    {"abs", function() return C.abs end},
    {"callback", function()
      return plugin.callback("int (int)", function(x) return x end)
    end},
    {"freed callback", function() return freed end},
    {"a file", function() return io.stdout end},
    {"a type", function() return plugin.typeof(of) end},
  }
end

-- What the target is afterwards, in words that do not depend on addresses.
local function describe_slot(target, field, value)
  local ok, now = pcall(function() return target[field] end)
  if not ok then return "unreadable" end
  if type(now) ~= "userdata" then return tostring(now) end
  local text = tostring(plugin.typeof(now))
  if text:find("*", 1, true) then
    local same, is = pcall(function()
      return plugin.address(now) == plugin.address(value)
    end)
    local _, length = pcall(function() return #now end)
    return text .. (same and is and ", it, " or ", another, ") ..
           tostring(length)
  end
  local shown = tostring(now)
  return shown:find "0x" and text or shown
end

-- Assigns the value to "member" or "member index": whether it was taken, what
-- was said, and what is there then.
local function attempt(target, field, value)
  local member, index = field:match "^(%w+) (%d)$"
  local ok, message = pcall(function()
    if index then target, field = target[member], tonumber(index) end
    target[field] = value
  end)
  return ok, (ok and "taken" or message) .. "; " ..
             describe_slot(target, field, value)
end

-- Assigns every value to every field of every target: what came of it.
local function outcomes(name)
  local declared = DECLARED:gsub("NAME_", name)
  plugin.cdef(declared)
  local p <close> = assert(plugin.open(library))
  local q = assert(plugin.open(another))
  q:cdef("struct " .. name .. "all *get(void);")
  local closed = q.C.get()
  q:close()
  local list, stored = {}, 0
  local to, from = targets(name, p), values(name, p, closed)
  for _, kind in ipairs {"value", "element", "pointer", "short", "bytes", "odd",
                         "foreign", "bare", "variable", "constants", "text",
                         "packed", "constant"} do
    for f, field in ipairs(FIELDS) do
      for i, row in ipairs(from) do
        if (f + i) % step == 0 then
          local target = to[kind]()
          if (i + #field) % 3 == 0 then   -- there are links already
            pcall(function() target.to = from[2][2]() end)
          end
          local ok, said = attempt(target, field, row[2]())
          stored = stored + (ok and 1 or 0)
          list[#list + 1] = ("%s.%s = %s: %s"):format(kind, field, row[1], said)
            :gsub(name, "NAME_"):gsub("0x%x+", "0x")
        end
      end
    end
  end
  return list, stored
end

-- Runs f with that value of CPLUGIN_STUB, where it makes new types.
local function with_wish(wish, f, ...)
  local before = os.getenv "CPLUGIN_STUB"
  C.setenv("CPLUGIN_STUB", wish, 1)
  local results = table.pack(pcall(f, ...))
  if before then
    C.setenv("CPLUGIN_STUB", before, 1)
  else
    C.unsetenv "CPLUGIN_STUB"
  end
  assert(results[1], results[2])
  return table.unpack(results, 2, results.n)
end

-- A value, and a table that tells whether what it needs is still there.
local function watched(make)
  local value, needs = make()
  return value, setmetatable({needs or value}, {__mode = "v"})
end

local function lives(name)
  plugin.cdef((DECLARED:gsub("NAME_", name)))
  local p <close> = assert(plugin.open(library))
  local to, of = targets(name, p), "struct " .. name .. "in"
  local kinds = {value = true, element = true, pointer = true, bytes = true,
                 odd = true, variable = true, foreign = false, bare = false}
  local made = {
    {"to", function() return plugin.new(of, {7, 8}) end},
    {"any", function() return plugin.new(of, {7, 8}) end},
    {"constant", function() return plugin.new(of, {7, 8}) end},
    {"hasty", function() return plugin.new(of, {7, 8}) end},
    {"whole", function() return plugin.new(of, {7, 8}) end},
    {"rows", function() return plugin.new(of .. "[1][3]") end},
    {"ints", function() return plugin.new("int[2]", {7, 8}) end},
    {"late", function()
      local it = plugin.new(of)
      return cast("void *", it), it
    end},
    {"pair", function()
      local it = plugin.new(of)
      return plugin.new("struct " .. name .. "pair", {it}), it
    end, function(target) return target.pair.to end},
    {"f", function()
      local function f(x) return x end
      return plugin.callback("int (int)", f), f
    end},
  }
  local function collect(field)
    collectgarbage()
    if field == "f" then collectgarbage() end   -- first what keeps it
  end
  local function check(kind, keeps, field, make, read, overwrite)
    local target = to[kind]()
    local message = kind .. "." .. field
    for round = 1, 2 do         -- the first one makes the table of links
      local value, watch = watched(make)
      target[field] = value
      value = nil               -- luacheck: ignore
      collect(field)
      assert(keeps == (watch[1] ~= nil), message)
      if keeps and round == 2 then
        local found = read and read(target) or target[field]
        overwrite(target, field, make)
        collect(field)
        assert(found ~= nil and watch[1] ~= nil, message)
        found = nil             -- luacheck: ignore
      else
        overwrite(target, field, make)
      end
      collect(field)
      assert(watch[1] == nil, message)
    end
  end
  local function clear(target, field)
    target[field] = field == "pair" and {} or nil
  end
  local function replace(target, field, make) target[field] = (make()) end
  for _, row in ipairs(made) do
    for kind, keeps in pairs(kinds) do
      check(kind, keeps, row[1], row[2], row[3], clear)
      check(kind, keeps, row[1], row[2], row[3], replace)
    end
  end
  check("packed", true, "to", made[1][2], nil, clear)
  check("packed", true, "pair", made[9][2], made[9][3], clear)
end

local function same()
  local long, many = with_wish("long", outcomes, "assign_l_")
  local short, as_many = with_wish("on", outcomes, "assign_s_")
  for i, line in ipairs(long) do
    assert(line == short[i], line .. "\nand the short way:\n" .. short[i])
  end
  assert(#long == #short and many == as_many)
  assert(many > 1500 // step and #long - many > 5000 // step, many)
end

-- Links at places of all kinds end with the bytes that they are in.
local function uneven(name)
  plugin.cdef(("struct %s { void *a; char c; void *b; char d[7]; } " ..
               "__attribute__((packed));"):format(name))
  local it = plugin.new("struct " .. name)
  local watches = {}
  for _, field in ipairs {"a", "b", "a", "b"} do
    it[field], watches[field] = watched(function()
      return plugin.new "int[1]"
    end)
  end
  plugin.fill(cast("char *", it) + 8, 9)
  collectgarbage()
  assert(watches.a[1] and not watches.b[1] and it.d)
end

with_wish("on", uneven, "assign_uneven")
same()
with_wish("on", lives, "assign_k_")
with_wish("long", lives, "assign_m_")
print "well"
