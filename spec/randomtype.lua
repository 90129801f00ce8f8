-- randomtype.lua - random C types, and values of them, as C text and for Lua.
--
--   local randomtype = require "spec.randomtype"
--   local types = randomtype.new {seed = 1, layout = true}
--
-- Options: layout, with types that have no values here; narrow, without
-- __int128; vectors; half, quad: how the compiler calls a float of 16 and of
-- 128 bits; named: with _Float32 and its like; odd: with what is rare in C,
-- wide alignments, #pragma pack, members of no size.
--
-- A type is a table:
--   scalar   {kind = "scalar", c = "unsigned short", value = function}
--   array    {kind = "array", element = T, n = 3}
--   record   {kind = "struct" or "union", tag = "S1", members = {...}}
-- and a member {name = "m", type = T, bits = 3, const = true}; a name is
-- missing in unnamed bits and anonymous records.

local helper = require "spec.helper"

local Types = {}
Types.__index = Types

local rare_of

local function new(options)
  local types = setmetatable({state = options.seed, records = {}, all = {},
                              count = 0, layout = options.layout,
                              odd = options.odd,
                              narrow = options.narrow, out = {}}, Types)
  types.prelude, types.rare = rare_of(options)
  return types
end

-- A generator of its own, so that busted and other specs do not disturb it.
function Types:random(low, high)
  self.state = self.state * 6364136223846793005 + 1442695040888963407
  local bits = self.state >> 33
  if not low then
    return bits
  end
  return low + bits % (high - low + 1)
end

function Types:chance(percent)
  return self:random(1, 100) <= percent
end

function Types:pick(list)
  return list[self:random(1, #list)]
end

-- ---- scalars ----

local function integer(c, bits, unsigned)
  local t = {kind = "scalar", c = c, bits = bits, lua = "number",
             unsigned = unsigned}
  function t.value(types, width)
    local n = (types:random() << 33) ~ (types:random() << 11) ~ types:random()
    local unused = 64 - (width or bits)
    n = n << unused
    if unsigned then
      n = n >> unused
    else                          -- >> is logical in Lua
      n = unused == 0 and n or n // (1 << (unused - 1)) // 2
      if unused == 63 then
        n = n ~= 0 and -1 or 0
      end
    end
    return {c = ("(%s)0x%xULL"):format(c, n), lua = n}
  end
  return t
end

local function floating(c, suffix, lua, short)
  local t = {kind = "scalar", c = c, lua = lua}
  local most = short and 1023 or 0x7fffff
  function t.value(types)
    local x = types:random(-most, most) / 64
    return {c = ("%a%s"):format(x, suffix), lua = x}
  end
  return t
end

local function complex(c, suffix)
  local t = {kind = "scalar", c = c}
  function t.value(types)
    local re = types:random(-0x7fffff, 0x7fffff) / 64
    local im = types:random(-0x7fffff, 0x7fffff) / 64
    return {c = ("%a%s + %a%si"):format(re, suffix, im, suffix),
            lua = {re = re, im = im}}
  end
  return t
end

local function wide(c, unsigned)
  local t = {kind = "scalar", c = c}
  function t.value(types)
    local n = (types:random() << 32) ~ types:random()
    if not unsigned and types:chance(50) then
      n = -n
    end
    return {c = ("(%s)%dLL"):format(c, n), lua = n}
  end
  return t
end

local bool = {kind = "scalar", c = "_Bool", bits = 1, unsigned = true,
              lua = "boolean"}
function bool.value(types)
  local n = types:random(0, 1)
  return {c = tostring(n), lua = n == 1}
end

local integers = {
  integer("char", 8, helper.defined "__CHAR_UNSIGNED__"),
  integer("signed char", 8),
  integer("unsigned char", 8, true), integer("short", 16),
  integer("unsigned short", 16, true), integer("int", 32),
  integer("unsigned int", 32, true), integer("long", 64),
  integer("unsigned long", 64, true), integer("long long", 64),
  integer("unsigned long long", 64, true), bool,
}
local enum = integer("enum Plain", 32, true)
local negative = integer("enum Negative", 32)

local floats = {
  floating("float", "f", "number"), floating("double", "", "number"),
}
local rare = {
  floating("long double", "L"), complex("float _Complex", "f"),
  complex("double _Complex", ""), complex("long double _Complex", "L"),
}
local wides = {wide("__int128"), wide("unsigned __int128", true)}

local pointer = {kind = "scalar", c = "void *"}
function pointer.value(types)
  local n = types:random()
  return {c = ("(void *)0x%xUL"):format(n), lua = {address = n}}
end

-- Pointers whose values do not matter: for layout only.
local pointers = {
  {kind = "scalar", c = "const char *"}, {kind = "scalar", c = "struct X *"},
  {kind = "scalar", c = "int (*%s)(double, struct X *)"},
  {kind = "scalar", c = "char (*%s)[3]"},
  {kind = "scalar", c = "void (*(*%s)(int))(void)"},
}

-- A vector of n such elements: the typedef, and the type.
local function vector(element, n, name)
  local t = {kind = "scalar", c = name}
  function t.value(types)
    local c, lua, leaves = {}, {}, {}
    for i = 1, n do
      local part = element.value(types)
      c[i], lua[i], leaves[i] = part.c, part.lua, ("[%d]"):format(i - 1)
    end
    return {c = "{" .. table.concat(c, ", ") .. "}", lua = lua,
            leaves = leaves}
  end
  return t
end

-- Of all elements, of 1 to 16 bytes. Not all can be passed by value.
local function vectors(half)
  local texts, list = {}, {}
  local elements = {{"signed char", 1}, {"unsigned short", 2}, {"int", 4},
                    {"long", 8}, {"float", 4}, {"double", 8}}
  local makers = {integers[2], integers[5], integers[6], integers[8],
                  floats[1], floats[2]}
  if half then
    table.insert(elements, {half, 2})
    table.insert(makers, floating(half, "", "number", true))
  end
  for i, element in ipairs(elements) do
    local c, size = table.unpack(element)
    for _, bytes in ipairs {1, 2, 4, 8, 8, 16, 16, 16} do
      if bytes >= size then
        local name = ("V%d_%s"):format(bytes, (c:gsub(" ", "_")))
        texts[#texts + 1] = ("typedef %s %s __attribute__((vector_size(%d)));")
          :format(c, name, bytes)
        list[#list + 1] = vector(makers[i], bytes // size, name)
      end
    end
  end
  return texts, list
end

-- What texts of these types need in front, and the rare ones.
function rare_of(options)
  local texts = {"struct X;", "enum Plain { PLAIN_A, PLAIN_B = 7 };",
                 "enum Negative { NEGATIVE_A = -1, NEGATIVE_B };"}
  local list = {}
  for _ = 1, 3 do                 -- not quite so rare as what follows
    table.move(rare, 1, #rare, #list + 1, list)
    if not options.narrow then
      table.move(wides, 1, #wides, #list + 1, list)
    end
  end
  if options.half then
    list[#list + 1] = floating(options.half, "", "number", true)
    list[#list + 1] = list[#list]
  end
  if options.quad then
    list[#list + 1] = floating(options.quad, "L")
    list[#list + 1] = list[#list]
  end
  if options.named then
    for _, c in ipairs {"_Float32", "_Float64", "_Float32x"} do
      list[#list + 1] = floating(c, "", "number")
    end
    list[#list + 1] = floating("_Float64x", "L")
  end
  if options.odd then             -- aligned less than their kind
    for _, row in ipairs {{"int", 1}, {"long", 2}, {"double", 4},
                          {"float", 1}} do
      local c, align = table.unpack(row)
      local name = ("A%d_%s"):format(align, c)
      texts[#texts + 1] = ("typedef %s %s __attribute__((aligned(%d)));")
        :format(c, name, align)
      list[#list + 1] = c == "int" and integer(name, 32) or
                        c == "long" and integer(name, 64) or
                        floating(name, "", "number")
    end
  end
  if options.vectors then
    local more, types = vectors(options.half)
    table.move(more, 1, #more, #texts + 1, texts)
    list = {list, types}
  else
    list = {list}
  end
  return table.concat(texts, "\n") .. "\n", list
end

function Types:scalar()
  local n = self:random(1, 100)
  if n <= 45 then
    return self:pick(integers)
  elseif n <= 67 then
    return self:pick(floats)
  elseif n <= 85 then
    return self:pick(self:pick(self.rare))
  elseif n <= 90 then
    return self:chance(50) and enum or negative
  end
  return self.layout and self:chance(50) and self:pick(pointers) or pointer
end

-- ---- C text ----

local declare

local function member_text(member)
  local text = declare(member.type, member.name or "")
  if member.const then
    text = "const " .. text
  end
  if member.align then                  -- one that is too small does nothing
    text = ("%s __attribute__((aligned(%d)))"):format(text, member.align)
  end
  if member.bits then
    text = ("%s:%d"):format(text, member.bits)
  end
  return text .. ";"
end

local function body(record)
  local lines = {}
  for i, member in ipairs(record.members) do
    lines[i] = member_text(member)
  end
  return ("%s %s {%s}%s"):format(record.kind, record.tag or "",
                                 table.concat(lines, " "),
                                 record.attribute or "")
end

function declare(type, name)
  if type.kind == "array" then
    return declare(type.element, ("%s[%s]"):format(name, type.n))
  elseif type.kind ~= "scalar" then
    local text = type.tag and type.kind .. " " .. type.tag or body(type)
    return text .. " " .. name
  elseif type.c:find("%s", 1, true) then
    return (type.c:format(name))
  end
  return type.c .. " " .. name
end
Types.declare = function(_, type, name) return declare(type, name or "") end

-- ---- arrays and records ----

function Types:array(depth)
  local element = self:type(depth + 1)
  local t = {kind = "array", element = element, n = self:random(1, 4)}
  if self.odd and self:chance(6) then
    t.n = 0
  elseif self:chance(25) then
    t = {kind = "array", element = t, n = self:random(1, 3)}
  end
  return t
end

function Types:type(depth)
  local n = self:random(1, 100)
  if depth < 3 and n <= 15 then
    return self:array(depth)
  elseif depth < 3 and n <= 30 and #self.records > 0 then
    return self:pick(self.records)
  end
  return self:scalar()
end

function Types:name()
  self.count = self.count + 1
  return "m" .. self.count
end

function Types:bitfield()
  local type = self:chance(15) and enum or self:pick(integers)
  local unnamed = self:chance(15)
  local width = unnamed and self:chance(50) and 0 or self:random(1, type.bits)
  return {name = not unnamed and self:name() or nil, type = type,
          bits = width}
end

function Types:anonymous(depth)
  return {type = self:record(depth + 2, true)}
end

function Types:member(depth)
  local n = self:random(1, 100)
  if n <= 15 then
    return self:bitfield()
  elseif n <= 22 and depth < 2 then
    return self:anonymous(depth)
  end
  local member = {name = self:name(), type = self:type(depth)}
  member.const = self.layout and self:chance(10)
  if self:chance(4) then
    member.align = self.odd and self:pick {8, 16, 16, 32, 64} or 16
  end
  return member
end

-- Is one of its members usable by name?
local function named(record)
  for _, member in ipairs(record.members) do
    if member.name or member.type.members and named(member.type) then
      return true
    end
  end
  return false
end

local ATTRIBUTES = {" __attribute__((packed))",
                    " __attribute__((packed, aligned(2)))",
                    " __attribute__((aligned(16)))",
                    " __attribute__((packed, aligned(4)))"}
local ODD_ATTRIBUTES = {" __attribute__((aligned(8)))",
                        " __attribute__((packed, aligned(16)))",
                        " __attribute__((aligned(32)))"}
table.move(ATTRIBUTES, 1, #ATTRIBUTES, #ODD_ATTRIBUTES + 1, ODD_ATTRIBUTES)

function Types:record(depth, anonymous)
  local record = {kind = self:chance(20) and "union" or "struct",
                  members = {}}
  if self.odd and not anonymous and self:chance(3) then
    record.tag = "S" .. #self.records + 1       -- an empty one
    return record
  end
  repeat
    table.insert(record.members, self:member(depth))
  until named(record) and self:chance(30)
  if self:chance(12) then
    record.attribute = self:pick(self.odd and ODD_ATTRIBUTES or ATTRIBUTES)
  elseif self.odd and not anonymous and self:chance(5) then
    record.pack = self:pick {1, 2, 4, 8}
  end
  if not anonymous then
    record.tag = "S" .. #self.records + 1
    if (self.layout or self.odd) and record.kind == "struct" and
       self:chance(8) then
      record.flexible = true
    end
  end
  return record
end

-- A new record with a tag; its definition is kept in self.out. In self.all is
-- what was made so far, in self.records that which has no flexible array and
-- can be used in others.
function Types:define()
  local record = self:record(0)
  local flexible = record.flexible
  if flexible then
    record.tag = "F" .. self.count
    table.insert(record.members, {name = self:name(),
      type = {kind = "array", element = self:pick(integers), n = ""}})
  else
    table.insert(self.records, record)
  end
  table.insert(self.all, record)
  local text = body(record) .. ";"
  if record.pack then
    text = ("#pragma pack(push, %d)\n%s\n#pragma pack(pop)"):format(
      record.pack, text)
  end
  table.insert(self.out, text)
  return record
end

-- ---- values ----

-- The members that a value gives: of a union one of those with names.
local function given(types, record)
  local list = {}
  for _, member in ipairs(record.members) do
    local flexible = member.type.kind == "array" and member.type.n == ""
    if (member.name or member.type.members) and not flexible then
      list[#list + 1] = member
    end
  end
  if record.kind == "union" and #list > 0 then
    list = {types:pick(list)}
  end
  return list
end

-- Is there nothing in it?
local function empty(type)
  if type.kind == "array" then
    return type.n == 0 or type.n == "" or empty(type.element)
  end
  for _, member in ipairs(type.members or {{}}) do
    if not member.type or member.name and not empty(member.type) or
       not member.name and (member.bits or not empty(member.type)) then
      return false
    end
  end
  return true
end

-- A value of the type: {c = initialiser, lua = for the plugin, leaves = list
-- of C paths below it}.
function Types:value(type, width)
  if type.kind == "scalar" then
    local value = type.value(self, width)
    value.leaves = value.leaves or {""}
    return value
  end
  local c, lua, leaves = {}, {}, {}
  local function add(part, path)
    for _, leaf in ipairs(part.leaves) do
      leaves[#leaves + 1] = path .. leaf
    end
  end
  if type.kind == "array" then
    for i = 1, type.n do
      local part = self:value(type.element)
      c[i] = part.c
      lua[i] = not empty(type.element) and part.lua or nil
      add(part, ("[%d]"):format(i - 1))
    end
    return {c = "{" .. table.concat(c, ", ") .. "}", lua = lua,
            leaves = leaves}
  end
  for _, member in ipairs(given(self, type)) do
    local part = self:value(member.type, member.bits)
    if member.name then
      c[#c + 1] = (".%s = %s"):format(member.name, part.c)
      lua[member.name] = part.lua
      add(part, "." .. member.name)
    else                          -- anonymous: its members are ours
      c[#c + 1] = part.c ~= "{}" and part.c:sub(2, -2) or nil
      for name, value in pairs(part.lua) do
        lua[name] = value
      end
      add(part, "")
    end
  end
  return {c = "{" .. table.concat(c, ", ") .. "}", lua = lua,
          leaves = leaves}
end

-- What a value is for the plugin: addresses become pointers.
function Types.convert(plugin, value)
  if type(value) ~= "table" then
    return value
  elseif value.address then
    return plugin:cast("void *", value.address)
  end
  local copy = {}
  for key, part in pairs(value) do
    copy[key] = Types.convert(plugin, part)
  end
  return copy
end

return {new = new, convert = Types.convert}
