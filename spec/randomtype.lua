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
--   scalar   {kind = "scalar", c = "unsigned short", value = function}, see
--            randomscalar.lua
--   array    {kind = "array", element = T, n = 3}
--   record   {kind = "struct" or "union", tag = "S1", members = {...}}; with
--            alias and plain, where a typedef of the record `plain` is meant
-- and a member {name = "m", type = T, bits = 3, const = true}; a name is
-- missing in unnamed bits and anonymous records. align, packed, alignas and
-- atomic are what else is said of it.

local randomscalar = require "spec.randomscalar"

local Types = {}
Types.__index = Types

local function new(options)
  local types = setmetatable({state = options.seed, records = {}, all = {},
                              count = 0, layout = options.layout,
                              odd = options.odd,
                              narrow = options.narrow, out = {}}, Types)
  types.prelude, types.scalars = randomscalar.of(options)
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

function Types:scalar()
  local n = self:random(1, 100)
  if n <= 45 then
    return self:pick(self.scalars.integers)
  elseif n <= 67 then
    return self:pick(self.scalars.floats)
  elseif n <= 85 then
    return self:pick(self:pick(self.scalars.rare))
  elseif n <= 90 then
    return self:pick(self.scalars.enums)
  end
  return self:pick(self:pick(self.scalars.pointers))
end

-- ---- C text ----

local declare

-- What is said of a member in front of it, and behind.
local function member_words(member)
  local before, after = "", {}
  if member.const then
    before = before .. "const "
  end
  if member.atomic then
    before = before .. "_Atomic "
  end
  if member.alignas then
    before = before .. ("_Alignas(%d) "):format(member.alignas)
  end
  if member.packed then
    after[#after + 1] = "packed"
  end
  if member.align then                  -- one that is too small does nothing
    after[#after + 1] = ("aligned(%d)"):format(member.align)
  end
  return before, #after == 0 and "" or
    (" __attribute__((%s))"):format(table.concat(after, ", "))
end

local function member_text(member)
  local before, after = member_words(member)
  local text = before .. declare(member.type, member.name or "")
  if member.bits then
    text = ("%s:%d"):format(text, member.bits)
  end
  return text .. after .. ";"
end

local function body(record)
  local lines = {}
  for i, member in ipairs(record.members) do
    lines[i] = member_text(member)
  end
  local attribute = record.attribute or ""
  local before = record.early and attribute .. " " or ""
  return ("%s %s%s {%s}%s"):format(record.kind, before, record.tag or "",
                                   table.concat(lines, " "),
                                   record.early and "" or attribute)
end

function declare(type, name)
  if type.kind == "array" then
    return declare(type.element, ("%s[%s]"):format(name, type.n))
  elseif type.kind ~= "scalar" then
    local text = type.alias or type.tag and type.kind .. " " .. type.tag or
                 body(type)
    return text .. " " .. name
  elseif type.c:find("%s", 1, true) then
    return (type.c:format(name))
  end
  return type.c .. " " .. name
end
Types.declare = function(_, type, name) return declare(type, name or "") end

-- ---- arrays and records ----

-- C has no arrays of what is aligned to more than its size.
function Types:element(depth)
  local element
  repeat
    element = self:type(depth or 1)
  until not element.single
  return element
end

function Types:array(depth)
  local element = self:element(depth + 1)
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
  elseif depth < 2 and n <= 33 then
    return self:record(depth + 2, true)
  end
  return self:scalar()
end

function Types:name()
  self.count = self.count + 1
  return "m" .. self.count
end

function Types:bitfield()
  local type = self:pick(self:chance(15) and self.scalars.enums or
                         self.scalars.integers)
  local unnamed = self:chance(15)
  local width = unnamed and self:chance(50) and 0 or self:random(1, type.bits)
  local member = {type = type, bits = width}
  if not unnamed then
    member.name = self:name()
    member.packed = self:chance(4)
    if self:chance(4) then        -- gcc and clang differ about less than 8
      member.align = self:pick(member.packed and {1, 2, 8} or {8, 16})
    end
  end
  return member
end

function Types:anonymous(depth)
  return {type = self:record(depth + 2, true)}
end

-- What reads values finds an _Atomic of more bytes in a library.
function Types:atomic(type)
  return type.simple and (self.layout or type.bits and type.bits <= 8) and
         self:chance(5)
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
  member.atomic = self:atomic(member.type)
  if self:chance(4) then
    member.align = self.odd and self:pick {8, 16, 16, 32, 64} or 16
  elseif member.type.simple and self:chance(4) then
    member.alignas = self:pick {16, 16, 32}
  end
  member.packed = self:chance(4)
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
                        " __attribute__((aligned))",
                        " __attribute__((aligned(32)))"}
table.move(ATTRIBUTES, 1, #ATTRIBUTES, #ODD_ATTRIBUTES + 1, ODD_ATTRIBUTES)

-- Within #pragma pack gcc follows aligned(n) of bits, and clang does not.
local function unaligned_bits(type)
  if type.kind == "array" then
    unaligned_bits(type.element)
  elseif type.members and not type.tag then
    for _, member in ipairs(type.members) do
      member.align = not member.bits and member.align or nil
      unaligned_bits(member.type)
    end
  end
end

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
    record.early = self:chance(30)
  elseif self.odd and not anonymous and self:chance(5) then
    record.pack = self:pick {1, 2, 4, 8, 16}
    unaligned_bits(record)
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

-- A union that is passed as its first member is: all are as large as that, and
-- that is no float.
function Types:transparent()
  local scalars = self.scalars
  local first = self:pick(self:pick {scalars.integers, scalars.pointers[1]})
  local bits = first.bits or 64
  local union = {kind = "union", tag = "S" .. #self.records + 1,
                 transparent = true, members = {},
                 attribute = " __attribute__((transparent_union))"}
  for _, list in ipairs {{first}, scalars.integers, scalars.pointers[1],
                         scalars.enums, {scalars.floats[bits // 32]}} do
    for _, type in ipairs(list) do
      if #union.members == 0 or self:chance(30) and
         (type.bits or type.pointer and 64 or bits) == bits then
        table.insert(union.members, {name = self:name(), type = type})
      end
    end
  end
  return union
end

-- A new record with a tag; its definition is kept in self.out. In self.all is
-- what was made so far, in self.records that which has no flexible array and
-- can be used in others.
function Types:define()
  local record = self.odd and self:chance(6) and self:transparent() or
                 self:record(0)
  local flexible = record.flexible
  if flexible then
    record.tag = "F" .. self.count
    table.insert(record.members, {name = self:name(),
      type = {kind = "array", element = self:element(), n = ""}})
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
  if self.odd and self:chance(8) then
    self:alias(record)
  end
  return record
end

-- Another name of the record that is aligned otherwise than it is.
function Types:alias(record)
  local copy = {alias = "T" .. #self.out, single = true,
                plain = record.kind .. " " .. record.tag}
  for key, value in pairs(record) do
    copy[key] = value
  end
  table.insert(self.all, copy)
  if not record.flexible then
    table.insert(self.records, copy)
  end
  table.insert(self.out, ("typedef %s %s %s __attribute__((aligned(%d)));")
    :format(record.kind, record.tag, copy.alias, self:pick {1, 8, 16, 32}))
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
    return plugin:cast(value.type, value.address)
  end
  local copy = {}
  for key, part in pairs(value) do
    copy[key] = Types.convert(plugin, part)
  end
  return copy
end

return {new = new, convert = Types.convert}
