-- randomscalar.lua - the scalar types that randomtype.lua makes others of.
--
--   local prelude, scalars = randomscalar.of {vectors = true}
--
-- The options are those of randomtype.lua. `prelude` is what C text with these
-- types needs in front; `scalars` has lists of them: integers, enums, floats,
-- pointers, and rare, a list of lists.
--
-- A scalar is {kind = "scalar", c = "unsigned short", value = function}, where
-- value(types, width) gives {c = its text, lua = the same for the plugin}.
-- Some have bits and unsigned; plain, the type that C takes it for if that
-- is another one; single, if C allows no array of it; simple, if _Atomic may
-- stand in front.

local helper = require "spec.helper"

local randomscalar = {}

-- ---- makers ----

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

local function complex(c, suffix, short)
  local t = {kind = "scalar", c = c}
  local most = short and 1023 or 0x7fffff
  function t.value(types)
    local re = types:random(-most, most) / 64
    local im = types:random(-most, most) / 64
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

local function pointer(c)
  local t = {kind = "scalar", c = c, pointer = true}
  function t.value(types)
    local n = types:random()
    return {c = ("(void *)0x%xUL"):format(n), lua = {address = n, type = c}}
  end
  return t
end

-- The type under another name, aligned otherwise.
local function aligned(type, align)
  local copy = {}
  for key, value in pairs(type) do
    copy[key] = value
  end
  copy.c = ("A%d_%s"):format(align, type.c)
  copy.plain = type.c
  return copy, ("typedef %s %s __attribute__((aligned(%d)));"):format(
    type.c, copy.c, align)
end

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

-- ---- all there are ----

local LONG_BITS = helper.defined "__LP64__" and 64 or 32

local integers = {
  integer("char", 8, helper.defined "__CHAR_UNSIGNED__"),
  integer("signed char", 8),
  integer("unsigned char", 8, true), integer("short", 16),
  integer("unsigned short", 16, true), integer("int", 32),
  integer("unsigned int", 32, true), integer("long", LONG_BITS),
  integer("unsigned long", LONG_BITS, true), integer("long long", 64),
  integer("unsigned long long", 64, true), bool,
}
local int, long = integers[6], integers[8]

local enums = {
  integer("enum Plain", 32, true), integer("enum Negative", 32),
  integer("enum Small", 8, true), integer("enum Large", 64, true),
}

local floats = {
  floating("float", "f", "number"), floating("double", "", "number"),
}
local float, double = table.unpack(floats)

local rare = {
  floating("long double", "L"), complex("float _Complex", "f"),
  complex("double _Complex", ""), complex("long double _Complex", "L"),
}
local wides = {}
if helper.defined "__SIZEOF_INT128__" then
  wides = {wide("__int128"), wide("unsigned __int128", true)}
end

-- As _Atomic, gcc aligns what has 16 bytes to them and clang does not, where
-- the machine has no numbers of that size.
for _, list in ipairs {integers, floats, rare} do
  for _, type in ipairs(list) do
    type.simple = #wides > 0 or type.c ~= "double _Complex"
  end
end

local pointers = {pointer "void *", pointer "struct X *", pointer "Function"}

-- Pointers whose values do not matter: for layout only.
local odd_pointers = {
  {kind = "scalar", c = "const char *"}, {kind = "scalar", c = "struct X *"},
  {kind = "scalar", c = "int (*%s)(double, struct X *)"},
  {kind = "scalar", c = "char (*%s)[3]"},
  {kind = "scalar", c = "void (*(*%s)(int))(void)"},
}

-- Of all elements, of 1 to 16 bytes. Not all can be passed by value.
local function vectors(half)
  local texts, list = {}, {}
  local elements = {{integers[2], 1}, {integers[5], 2}, {int, 4},
                    {integers[10], 8}, {float, 4}, {double, 8}}
  if half then
    table.insert(elements, {floating(half, "", "number", true), 2})
  end
  for _, row in ipairs(elements) do
    local element, size = table.unpack(row)
    for _, bytes in ipairs {1, 2, 4, 8, 8, 16, 16, 16} do
      if bytes >= size then
        local name = ("V%d_%s"):format(bytes, (element.c:gsub(" ", "_")))
        texts[#texts + 1] = ("typedef %s %s __attribute__((vector_size(%d)));")
          :format(element.c, name, bytes)
        list[#list + 1] = vector(element, bytes // size, name)
      end
    end
  end
  return texts, list
end

-- Less than its kind is aligned, and more: then C has no arrays of it.
local function odd_aligned(texts, list)
  for _, row in ipairs {{int, 1}, {long, 2}, {double, 4}, {float, 1},
                        {integers[4], 16, true}, {int, 8, true},
                        {float, 16, true}, {double, 32, true}} do
    local type, align, single = table.unpack(row)
    local copy, text = aligned(type, align)
    copy.single, copy.simple = single, false
    texts[#texts + 1] = text
    list[#list + 1] = copy
  end
end

local function rare_of(options, texts)
  local list = {}
  for _ = 1, 3 do                 -- not quite so rare as what follows
    table.move(rare, 1, #rare, #list + 1, list)
    if not options.narrow then
      table.move(wides, 1, #wides, #list + 1, list)
    end
  end
  local half, quad = options.half, options.quad
  if half then
    list[#list + 1] = floating(half, "", "number", true)
    list[#list + 1] = complex(half .. " _Complex", "", true)
  end
  if quad then
    list[#list + 1] = floating(quad, "L")
    list[#list + 1] = complex(quad .. " _Complex", "L")
  end
  if options.named then
    for _, c in ipairs {"_Float32", "_Float64", "_Float32x"} do
      list[#list + 1] = floating(c, "", "number")
    end
    list[#list + 1] = floating("_Float64x", "L")
  end
  if options.odd then
    odd_aligned(texts, list)
  end
  if not options.vectors then
    return {list}
  end
  local more, types = vectors(half)
  table.move(more, 1, #more, #texts + 1, texts)
  return {list, types}
end

function randomscalar.of(options)
  local texts = {"struct X;", "typedef int (*Function)(double, void *);",
                 "enum Plain { PLAIN_A, PLAIN_B = 7 };",
                 "enum Negative { NEGATIVE_A = -1, NEGATIVE_B };",
                 "enum Small { SMALL_A, SMALL_B } __attribute__((packed));",
                 "enum Large { LARGE_A, LARGE_B = 1LL << 40 };"}
  local scalars = {integers = integers, enums = enums, floats = floats}
  scalars.rare = rare_of(options, texts)
  scalars.pointers = {pointers}
  if options.layout then
    scalars.pointers[2] = odd_pointers
  end
  return table.concat(texts, "\n") .. "\n", scalars
end

return randomscalar
