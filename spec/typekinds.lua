-- typekinds.lua - what is special about a random type, see randomtype.lua.
--
--   for kind in pairs(typekinds.of(type)) do ... end
--
-- A record is also of the kinds that its members are of.

local typekinds = {}

typekinds.all = {
  "union", "packed", "over-aligned", "flexible array", "empty struct",
  "bit-field of 64 bits", "bit-field of no width", "bit-field of _Bool",
  "bit-fields of both signs", "packed bit-field",
  "float _Complex", "double _Complex", "long double _Complex", "long double",
  "__int128", "vector", "transparent union", "typedef aligned otherwise",
  "struct without a tag", "packed member", "_Atomic", "enum of 8 bits",
  "enum of 64 bits", "function pointer",
}

local names = {Function = "function pointer", ["enum Small"] =
               "enum of 8 bits", ["enum Large"] = "enum of 64 bits"}

local function scalar(type, kinds)
  local name = names[type.c] or type.plain and "typedef aligned otherwise"
  if name then
    kinds[name] = true
  end
  kinds[(type.c:gsub("^unsigned __", "__"))] = true
  kinds.vector = kinds.vector or type.c:find "^V%d" ~= nil
end

local function bitfield(member, packed, kinds)
  local type = member.type
  local found = {
    ["bit-field of 64 bits"] = type.bits == 64,
    ["bit-field of no width"] = member.bits == 0,
    ["bit-field of _Bool"] = type.c == "_Bool",
    ["packed bit-field"] = packed,
    [type.unsigned and "unsigned bits" or "signed bits"] = true,
  }
  for kind, is in pairs(found) do
    kinds[kind] = kinds[kind] or is
  end
end

local add

local function record(type, kinds)
  local attribute = type.attribute or ""
  local packed = attribute:find "packed" ~= nil or type.pack ~= nil
  local bits = {}
  kinds.union = kinds.union or type.kind == "union"
  kinds.packed = kinds.packed or packed
  kinds["over-aligned"] = kinds["over-aligned"] or
    attribute:find "aligned%(%d%d" ~= nil
  kinds["empty struct"] = kinds["empty struct"] or #type.members == 0
  kinds["transparent union"] = kinds["transparent union"] or type.transparent
  kinds["typedef aligned otherwise"] = kinds["typedef aligned otherwise"] or
    type.alias ~= nil
  for _, member in ipairs(type.members) do
    kinds["packed member"] = kinds["packed member"] or member.packed
    kinds._Atomic = kinds._Atomic or member.atomic
    kinds["struct without a tag"] = kinds["struct without a tag"] or
      member.name and member.type.members and not member.type.tag
    if member.bits then
      bitfield(member, packed, bits)
    else
      add(member.type, kinds)
    end
    kinds["over-aligned"] = kinds["over-aligned"] or member.align ~= nil
  end
  bits["bit-fields of both signs"] = bits["signed bits"] and
                                     bits["unsigned bits"]
  for kind, is in pairs(bits) do
    kinds[kind] = kinds[kind] or is
  end
end

function add(type, kinds)
  if type.kind == "array" then
    kinds["flexible array"] = kinds["flexible array"] or type.n == ""
    add(type.element, kinds)
  elseif type.kind == "scalar" then
    scalar(type, kinds)
  else
    record(type, kinds)
  end
end

-- A set of kinds, those above and others; false and absent are the same.
function typekinds.of(type)
  local kinds = {}
  add(type, kinds)
  return kinds
end

return typekinds
