-- diff.lua - plugin.diff: what changed between two builds of a library.
--
--   two files -> symbols, versions, names  -> changes
--             -> types, by debug info      -> changes
--
-- A change is a table:
--
--   what      "function", "variable", "struct", "union", "enum", "soname",
--             "needed" or "version"
--   name      of it; of a symbol with a version "name@version"
--   change    "added", "removed" or "changed"
--   place     "parameter 2", "result", "member 'x'", "size" ...; or nil
--   old, new  what stood there, and stands there now; or nil
--   breaking  may what was made for the old one fail with the new one?
--   users     of a type: the symbols that lead to it
--   text      all of it, in words

local plugin = require "cplugin"

local reflect = plugin.reflect

local Diff = {}
Diff.__index = Diff
Diff.__name = "diff"

-- One comparison. Types that have been compared are in `seen`, the new ones by
-- the old ones; `user` is the symbol that led to the types being compared.
local Run = {}
Run.__index = Run

-- Telling ------------------------------------------------------------------

local function words(c)
  local head = c.what == "soname" and "soname" or
    ("%s %s"):format(c.what, c.name)
  if c.change ~= "changed" then
    local at = c.new or c.old
    return ("%s: %s%s%s"):format(head, c.place and c.place .. " " or "",
      c.change, at and (" (%s)"):format(at) or "")
  end
  return ("%s: %sis %s, was %s"):format(head, c.place and c.place .. " " or "",
    c.new or "none", c.old or "none")
end

function Run:add(change)
  change.text = words(change)
  self.changes[#self.changes + 1] = change
end

-- At a place of a symbol or type.
local function at(subject, place)
  return {what = subject.what, name = subject.name, users = subject.users,
          parts = subject.parts, place = place}
end

-- At a place inside of that, which may be a place itself.
local function inside(where, place)
  return at(where, where.place and where.place .. ", " .. place or place)
end

function Run:tell(where, change, old, new, breaking)
  self:add {what = where.what, name = where.name, users = where.users,
            place = where.place, change = change, old = old, new = new,
            breaking = breaking}
end

-- The types at a place differ; a pointer's are those of the whole pointer.
function Run:types_differ(where, a, b, breaking)
  local old, new = where.old or a.name, where.new or b.name
  self:tell(where, "changed", ("'%s'"):format(old), ("'%s'"):format(new),
    breaking)
end

-- Types --------------------------------------------------------------------

local rules = {}

-- `one` and `other` are types of typeof.
function Run:compare(where, one, other)
  local a, b = reflect(one), reflect(other)
  a.type, b.type = one, other
  local function integer(r) return r.kind == "integer" or r.kind == "enum" end
  if a.kind == b.kind then
    rules[a.kind](self, where, a, b)
  else                            -- an enum is passed as an integer
    self:types_differ(where, a, b,
      not (integer(a) and integer(b) and a.size == b.size))
  end
end

-- The name of a type, whatever is const or volatile at its top.
local function bare(r)
  return (r.name:gsub("^const ", ""):gsub("^volatile ", ""))
end

local function same_name(self, where, a, b)
  if bare(a) ~= bare(b) then self:types_differ(where, a, b, true) end
end
rules.void, rules.bool, rules.float = same_name, same_name, same_name
rules.complex, rules.vector = same_name, same_name

function rules.integer(self, where, a, b)
  if bare(a) ~= bare(b) then
    self:types_differ(where, a, b,
      a.size ~= b.size or a.unsigned ~= b.unsigned)
  end
end

-- What a pointer leads to may be known now; const is a promise.
function rules.pointer(self, where, a, b)
  local target, now = reflect(a.target), reflect(b.target)
  local inner = at(where, where.place)
  inner.old, inner.new = where.old or a.name, where.new or b.name
  if (target.kind == "void") ~= (now.kind == "void") then
    self:types_differ(inner, a, b,
      now.kind == "void" or now.kind == "function")
    return
  end
  local before = #self.changes
  self:compare(inner, a.target, b.target)
  if target.const ~= now.const and #self.changes == before then
    self:types_differ(inner, a, b, false)
  end
end

function rules.array(self, where, a, b)
  if a.count ~= b.count then
    self:types_differ(where, a, b, true)
  else
    self:compare(where, a.element, b.element)
  end
end

rules["function"] = function(self, where, a, b)
  if a.convention ~= b.convention then
    self:types_differ(where, a, b, true)
  end
  self:compare(inside(where, "result"), a.result, b.result)
  for i = 1, math.max(#a.parameters, #b.parameters) do
    local old, new = a.parameters[i], b.parameters[i]
    local place = inside(where, "parameter " .. i)
    if old and new then
      self:compare(place, old.type, new.type)
    elseif new then
      self:tell(place, "added", nil, ("'%s'"):format(reflect(new.type).name),
        true)
    else
      self:tell(place, "removed", ("'%s'"):format(reflect(old.type).name), nil,
        true)
    end
  end
  if a.variadic ~= b.variadic then
    self:tell(inside(where, "'...'"), b.variadic and "added" or "removed", nil,
      nil, true)
  end
end

-- Structs, unions, enums: their changes are told once, as their own ---------

-- The current symbol leads to a type, and so to what it is made of.
function Run:use(subject)
  local users = subject.users
  if users[#users] == self.user then return end
  users[#users + 1] = self.user
  for part in pairs(subject.parts) do self:use(part) end
end

-- The subject for changes of a type, and whether it is met for the first
-- time. One that has no name has that of the place where it is met first.
function Run:subject(where, a, b)
  local old = plugin.typeof("typeof_unqual($)", a.type)
  local new = plugin.typeof("typeof_unqual($)", b.type)
  local met = self.seen[old] or {}
  local subject, first = met[new], not met[new]
  if first then
    local unnamed = a.name:find "{"
    subject = {what = unnamed and where.what or a.kind,
               name = unnamed and where.name or a.tag or a.name,
               place = unnamed and where.place, users = {}, parts = {}}
    self.seen[old], met[new] = met, subject
  end
  if where.parts then where.parts[subject] = true end
  self:use(subject)
  return subject, first
end

-- All members by name and place, those of anonymous ones as the outer one's.
local function members_of(fields, base, list)
  for _, field in ipairs(fields) do
    local offset = base + field.offset
    local inner = not field.name and not field.width and reflect(field.type)
    if field.name then
      list[#list + 1] = field
      list[field.name] = field
      field.place = offset * 8 + (field.bit or 0)
    elseif inner and inner.fields then
      members_of(inner.fields, offset, list)
    end
  end
  return list
end

local function placed(field)
  local byte, bit = field.place // 8, field.place % 8
  return bit == 0 and "at byte " .. byte or ("at byte %d, bit %d"):format(byte,
    bit)
end

local function described(field)
  return ("'%s' %s"):format(reflect(field.type).name, placed(field))
end

function Run:member(subject, old, new)
  local where = inside(subject, ("member '%s'"):format(old.name))
  if old.place ~= new.place then
    self:tell(where, "changed", placed(old), placed(new), true)
  end
  if old.width ~= new.width then
    self:tell(where, "changed", ("of %s bits"):format(old.width or "no"),
      ("of %s bits"):format(new.width or "no"), true)
  end
  self:compare(where, old.type, new.type)
end

-- A member of the same type in its place, under a name that is new.
local function renamed(old, olds, news)
  for _, new in ipairs(news) do
    if new.place == old.place and not olds[new.name] and
       reflect(new.type).name == reflect(old.type).name then
      return new
    end
  end
end

function Run:members(subject, a, b)
  local olds = members_of(a.fields, 0, {})
  local news = members_of(b.fields, 0, {})
  local known = {}
  for _, old in ipairs(olds) do
    local new = news[old.name]
    local place = ("member '%s'"):format(old.name)
    if new then
      self:member(subject, old, new)
    else
      new = renamed(old, olds, news)
      if new then
        self:tell(inside(subject, "name of " .. place), "changed",
          ("'%s'"):format(old.name), ("'%s'"):format(new.name), false)
      else
        self:tell(inside(subject, place), "removed", described(old), nil, true)
      end
    end
    if new then known[new.name] = true end
  end
  for _, new in ipairs(news) do
    if not known[new.name] then
      self:tell(inside(subject, ("member '%s'"):format(new.name)), "added", nil,
        described(new), not (a.kind == "union" and a.size == b.size))
    end
  end
end

local function bytes(n) return ("%d byte%s"):format(n, n == 1 and "" or "s") end

local function record(self, where, a, b)
  if a.tag ~= b.tag then
    self:types_differ(where, a, b, true)
    return
  end
  local subject, first = self:subject(where, a, b)
  if not first or not (a.fields or b.fields) then return end
  if not (a.fields and b.fields) then
    self:tell(subject, "changed", a.fields and "defined" or "only declared",
      b.fields and "defined" or "only declared", false)
    return
  end
  self:members(subject, a, b)
  if a.size ~= b.size then
    self:tell(inside(subject, "size"), "changed", bytes(a.size), bytes(b.size),
      true)
  end
end
rules.struct, rules.union = record, record

function rules.enum(self, where, a, b)
  if a.tag ~= b.tag then
    self:types_differ(where, a, b, a.size ~= b.size)
    return
  end
  local subject, first = self:subject(where, a, b)
  if not first or not (a.enumerators and b.enumerators) then return end
  local now, before = {}, {}
  for _, e in ipairs(b.enumerators) do now[e.name] = e.value end
  for _, e in ipairs(a.enumerators) do
    local place = inside(subject, ("enumerator '%s'"):format(e.name))
    before[e.name] = true
    if not now[e.name] then
      self:tell(place, "removed", tostring(e.value), nil, true)
    elseif now[e.name] ~= e.value then
      self:tell(place, "changed", tostring(e.value), tostring(now[e.name]),
        true)
    end
  end
  for _, e in ipairs(b.enumerators) do
    if not before[e.name] then
      local place = inside(subject, ("enumerator '%s'"):format(e.name))
      self:tell(place, "added", nil, tostring(e.value), false)
    end
  end
  if a.size ~= b.size then
    self:tell(inside(subject, "size"), "changed", bytes(a.size), bytes(b.size),
      true)
  end
end

-- Symbols ------------------------------------------------------------------

local KINDS = {["function"] = "function", ifunc = "function",
               variable = "variable", tls = "thread-local variable"}

-- By "name@version", and in the order of these keys.
local function symbols_of(file)
  local found = {}
  for symbol in file:symbols() do
    if KINDS[symbol.kind] then
      local key = symbol.version and symbol.name .. "@" .. symbol.version
                  or symbol.name
      if not found[key] then found[#found + 1] = key end
      found[key] = symbol
    end
  end
  table.sort(found)
  return found
end

-- Those of a type itself, an array's are its elements'.
local function qualifiers(type)
  local r = reflect(type)
  if r.element and r.kind == "array" then return qualifiers(r.element) end
  return (r.const and "const " or "") .. (r.volatile and "volatile" or "")
end

function Run:symbol(key, old, new)
  local subject = {what = KINDS[old.kind], name = key}
  if KINDS[old.kind] ~= KINDS[new.kind] then
    self:tell(subject, "changed", "a " .. KINDS[old.kind],
      "a " .. KINDS[new.kind], true)
    return
  end
  if old.default ~= new.default then
    self:tell(subject, "changed", old.default and "the default" or "hidden",
      new.default and "the default" or "hidden", false)
  end
  local one, other = self.types and old.type, self.types and new.type
  self.user = key
  if one and other then
    local before = #self.changes
    self:compare(subject, one, other)
    if #self.changes == before and qualifiers(one) ~= qualifiers(other) then
      self:types_differ(subject, reflect(one), reflect(other), true)
    end
  elseif subject.what ~= "function" and old.size ~= new.size then
    self:tell(at(subject, "size"), "changed", bytes(old.size),
      bytes(new.size), true)
  end
end

function Run:symbols(a, b)
  local olds, news = symbols_of(a), symbols_of(b)
  for _, key in ipairs(olds) do
    if news[key] then
      self:symbol(key, olds[key], news[key])
    else
      self:tell({what = KINDS[olds[key].kind], name = key}, "removed", nil,
        nil, true)
    end
  end
  for _, key in ipairs(news) do
    if not olds[key] then
      self:tell({what = KINDS[news[key].kind], name = key}, "added", nil, nil,
        false)
    end
  end
end

-- Names --------------------------------------------------------------------

function Run:lists(what, old, new, breaking)
  local function set(list)
    local found = {}
    for _, name in ipairs(list) do found[name] = true end
    return found
  end
  local olds, news = set(old), set(new)
  for _, name in ipairs(old) do
    if not news[name] then
      self:tell({what = what, name = name}, "removed", nil, nil, breaking)
    end
  end
  for _, name in ipairs(new) do
    if not olds[name] then
      self:tell({what = what, name = name}, "added", nil, nil, false)
    end
  end
end

function Run:names(old, new)
  if old.soname ~= new.soname then
    self:tell({what = "soname", name = old.soname or new.soname}, "changed",
      old.soname, new.soname, true)
  end
  self:lists("needed", old.needed, new.needed, false)
  self:lists("version", old.defined, new.defined, true)
end

local function add_missing(list, more)
  local has = {}
  for _, name in ipairs(list) do has[name] = true end
  for _, name in ipairs(more) do
    if not has[name] then list[#list + 1] = name end
  end
end

-- Changes that are told in the same words are one, with the users of all. So
-- are those of a struct whose name is taken: each symbol has its own of it.
local function merged(changes)
  local list, told = {}, {}
  for _, change in ipairs(changes) do
    local first = told[change.text]
    if not first then
      told[change.text], list[#list + 1] = change, change
    elseif first.users then
      add_missing(first.users, change.users)
    end
  end
  return list
end

-- Public -------------------------------------------------------------------

--- The file, with types if there is debug info; else also why there is not.
local function open(what, options)
  local info = type(what) ~= "string" and what:info()
  local name = info and info.path or what
  local file, message = plugin.inspect(name,
    { debuginfo = options.debuginfo or true })
  local why
  if not file then file, why = plugin.inspect(name) end
  if file and info and file:info().buildid ~= info.buildid then
    return nil, name .. ": was replaced since it was opened; name a file that "
      .. "has what is loaded"
  end
  return file, file and message or why
end

--- plugin.diff(old, new [, options]): what changed from one file to the
-- other. Names, plugins or files. nil and a message where one cannot be read.
local function diff(old, new, options)
  options = options or {}
  for i, what in ipairs { old or false, new or false } do
    if type(what) ~= "string" and type(what) ~= "userdata" then
      error(("bad argument #%d to 'diff' (a name, a plugin or a file expected,"
        .. " got %s)"):format(i, type(what or nil)), 2)
    end
  end
  if type(options) ~= "table" then
    error(("bad argument #3 to 'diff' (table expected, got %s)")
      :format(type(options)), 2)
  end
  for name in pairs(options) do
    if name ~= "debuginfo" then
      error(("unknown option '%s' (there is debuginfo)"):format(name), 2)
    end
  end
  local a, why_a = open(old, options)
  if not a then return nil, why_a end
  local b, why_b = open(new, options)
  if not b then return nil, why_b end
  local run = setmetatable({ changes = {}, seen = {},
    types = not (why_a or why_b) }, Run)
  run:names(a:info(), b:info())
  run:symbols(a, b)
  local changes, breaking = merged(run.changes), 0
  for _, change in ipairs(changes) do
    breaking = breaking + (change.breaking and 1 or 0)
  end
  return setmetatable({ old = a:info().path, new = b:info().path,
    changes = changes, breaking = breaking, compatible = breaking == 0,
    types = run.types, why = why_a or why_b }, Diff)
end

function Diff:__tostring()
  local lines = { ("%s -> %s: %d change%s, %d breaking"):format(self.old,
    self.new, #self.changes, #self.changes == 1 and "" or "s", self.breaking) }
  for _, change in ipairs(self.changes) do
    lines[#lines + 1] = ("  %-10s  %s"):format(
      change.breaking and "breaking" or "compatible", change.text)
  end
  if not self.types then
    lines[#lines + 1] = "types were not compared: " .. self.why:match "^[^\n]*"
  end
  return table.concat(lines, "\n")
end

return { diff = diff }
