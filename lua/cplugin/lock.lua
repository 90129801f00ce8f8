-- lock.lua - an interface lock: what a script uses of a library, written down,
-- and compared with the library that it gets the next time.
--
--   p:lock(path)                    -> a file: soname, build id, symbols, types
--   plugin.open(name, {lock=path})  -> which of these are others now
--
-- What a type is comes from debug info, where the library has it: then it is
-- the library's own. Else it is what the script declares.

local plugin = require "cplugin"

local reflect = plugin.reflect

-- FNV-1a, in hexadecimal.
local function hash(text)
  local h = 0xcbf29ce484222325
  for i = 1, #text do h = (h ~ text:byte(i)) * 0x100000001b3 end
  return ("%016x"):format(h)
end

-- Types --------------------------------------------------------------------

local line_of

local UNNAMED = "{...}"           -- in a type's text, for one without a tag

-- Adds those without a tag or typedef, in the order of the type's text.
local function add_unnamed(type, list)
  local r = reflect(type)
  if not r.name:find(UNNAMED, 1, true) then return end
  if r.fields or r.enumerators then list[#list + 1] = r end
  for _, key in ipairs { "result", "target", "element" } do
    if r[key] then add_unnamed(r[key], list) end
  end
  for _, param in ipairs(r.parameters or {}) do
    add_unnamed(param.type, list)
  end
end

-- A text with the type in it; what the text has no name for is written out.
local function whole(text, type)
  local list, n = {}, 0
  add_unnamed(type, list)
  return (text:gsub("{%.%.%.}", function()
    n = n + 1
    return list[n] and line_of(list[n])
  end))
end

-- What a struct, union or enum is, in a line. Two with the same line are laid
-- out the same, if those that it names are.
function line_of(r)
  local parts = {}
  for _, f in ipairs(r.fields or {}) do
    local bits = f.width and (" bit %d of %d"):format(f.bit, f.width) or ""
    parts[#parts + 1] = ("%s %s %d%s"):format(f.name or "-",
      whole(reflect(f.type).name, f.type), f.offset, bits)
  end
  for _, e in ipairs(r.enumerators or {}) do
    parts[#parts + 1] = ("%s %d"):format(e.name, e.value)
  end
  return ("%d bytes {%s}"):format(r.size, table.concat(parts, "; "))
end

-- Adds the line of each type with members that a type leads to, by name.
local function collect(type, found, seen)
  local r = reflect(type)
  local name = r.tag and r.kind .. " " .. r.tag or r.name
  if r.fields or r.enumerators then
    if seen[name] then return end
    if not name:find(UNNAMED, 1, true) then
      seen[name] = true
      found[name] = line_of(r)
    end
    for _, f in ipairs(r.fields or {}) do collect(f.type, found, seen) end
  end
  for _, key in ipairs { "target", "element", "result" } do
    if r[key] then collect(r[key], found, seen) end
  end
  for _, param in ipairs(r.parameters or {}) do
    collect(param.type, found, seen)
  end
end

-- Writing ------------------------------------------------------------------

local function sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- The file, and true if it has its own types, from debug info. nil and a
-- message where it cannot be read.
local function inspect(path, folders)
  local file = plugin.inspect(path, { debuginfo = folders or true })
  if file then return file, true end
  local without, message = plugin.inspect(path)
  return without, message
end

-- What is declared in the plugin and exported by it: name -> entry; and the
-- types behind it.
local function interface(p, file, described)
  local symbols, types, seen = {}, {}, {}
  for name in pairs(p.C) do
    local own = p:lookup(name)
    local symbol = own and described and file:lookup(name) or own
    if own and own.type then
      local type = symbol.type or own.type
      symbols[name] = {
        kind = own.kind, size = own.size, version = own.version,
        source = symbol.type and described and "debuginfo" or "cdef",
        declaration = whole(symbol.type and symbol.declaration
                            or own.declaration, type),
      }
      collect(type, types, seen)
    end
  end
  return symbols, types
end

local function write(out, symbols, types, p)
  local info = p:info()
  out:write("-- An interface, locked by cplugin: plugin.open(name, {lock = ",
    "this file}) says\n-- what has changed since.\nreturn {\n")
  for _, key in ipairs { "realname", "soname", "buildid" } do
    if info[key] then out:write(("%s = %q,\n"):format(key, info[key])) end
  end
  out:write(("abi = %q,\nsymbols = {\n"):format(plugin.abi))
  for _, name in ipairs(sorted(symbols)) do
    local s = symbols[name]
    out:write(("[%q] = {kind = %q, size = %d, version = %s, source = %q,\n")
      :format(name, s.kind, s.size,
        s.version and ("%q"):format(s.version) or "nil", s.source),
      ("  declaration = %q,\n  hash = %q},\n"):format(s.declaration,
        hash(s.declaration)))
  end
  out:write("},\ntypes = {\n")
  for _, name in ipairs(sorted(types)) do
    out:write(("[%q] = {line = %q,\n  hash = %q},\n"):format(name,
      types[name], hash(types[name])))
  end
  out:write("},\n}\n")
end

--- p:lock(path): writes down what the plugin declares and its library has.
-- true, or nil and a message.
local function lock(p, path)
  if type(p) ~= "userdata" then
    error("plugin expected, got " .. type(p) .. ": write p:lock(...), with "
      .. "a colon", 2)
  end
  if type(path) ~= "string" then
    error("bad argument #1 to 'lock' (a file's name expected, got "
      .. type(path) .. ")", 2)
  end
  local info = p:info()
  local file, described = inspect(info.path)
  if not file then return nil, described end
  if file:info().buildid ~= info.buildid then
    return nil, info.path .. ": was replaced since it was opened; open it "
      .. "again to lock what is there now"
  end
  local symbols, types = interface(p, file, described)
  local out, message = io.open(path, "wb")
  if not out then return nil, message end
  write(out, symbols, types, p)
  local ok
  ok, message = out:close()
  if not ok then return nil, message end
  return true
end

-- Comparing ----------------------------------------------------------------

-- Is it a table of tables, as locks have two?
local function is_list(value)
  if type(value) ~= "table" then return false end
  for _, entry in pairs(value) do
    if type(entry) ~= "table" then return false end
  end
  return true
end

local function read(path)
  local chunk, message = loadfile(path, "t", {})
  if message and message:find "^cannot " then return nil, message end
  local ok, kept = pcall(chunk or error)
  if not ok or type(kept) ~= "table" or not is_list(kept.symbols)
     or not is_list(kept.types) then
    return nil, ("'%s' is no lock of cplugin's: write one with p:lock(path)")
      :format(path)
  end
  if kept.abi ~= plugin.abi then
    return nil, ("'%s' was made for %s, this is %s"):format(path,
      tostring(kept.abi), plugin.abi)
  end
  return kept
end

local KINDS = { ifunc = "function" }    -- to its callers

local function compare_symbol(said, name, was, now)
  if not now then
    said[#said + 1] = ("%s '%s' is gone"):format(was.kind, name)
  elseif (KINDS[now.kind] or now.kind) ~= (KINDS[was.kind] or was.kind) then
    said[#said + 1] = ("'%s' is a %s, was a %s"):format(name, now.kind,
      was.kind)
  elseif not (KINDS[now.kind] or now.kind):find "^function$" and
         now.size ~= was.size then
    said[#said + 1] = ("%s '%s' has %d bytes, had %d"):format(now.kind, name,
      now.size, was.size)
  end
end

-- Types that are known now, as they were when they were locked.
local function compare_types(said, was, now)
  for _, name in ipairs(sorted(was)) do
    if now[name] and hash(now[name]) ~= was[name].hash then
      said[#said + 1] = ("%s is of %s, was of %s"):format(name, now[name],
        was[name].line)
    end
  end
end

-- Each symbol that `get` finds, and what its type leads to.
local function compare(said, kept, source, get)
  local types, seen = {}, {}
  for _, name in ipairs(sorted(kept.symbols)) do
    local was = kept.symbols[name]
    local now = was.source == source and get(name, was)
    if now and now.declaration then
      local declaration = whole(now.declaration, now.type)
      if hash(declaration) ~= was.hash then
        said[#said + 1] = ("'%s' is '%s', was '%s'"):format(name, declaration,
          was.declaration)
      end
      collect(now.type, types, seen)
    end
  end
  compare_types(said, kept.types, types)
end

local function verdict(said, what, path)
  if #said == 0 then return true end
  return nil, ("%s is not what '%s' was made for:\n  %s"):format(what, path,
    table.concat(said, "\n  "))
end

--- Before the file is loaded: is it the one that was locked, or one with the
-- same interface? true, or nil and a message.
local function check_file(what, path, folders)
  local kept, message = read(path)
  if not kept then return nil, message end
  local file, described = inspect(what, folders)
  if not file then return nil, described end
  local info = file:info()
  if info.buildid and info.buildid == kept.buildid then return true end
  local said = {}
  if info.soname ~= kept.soname then
    said[1] = ("the soname is %s, was %s"):format(info.soname or "none",
      kept.soname or "none")
  end
  for _, name in ipairs(sorted(kept.symbols)) do
    local was = kept.symbols[name]
    compare_symbol(said, name, was, (file:lookup(name, nil, was.version)))
  end
  if described then
    compare(said, kept, "debuginfo", function(name, was)
      return file:lookup(name, nil, was.version)
    end)
  end
  return verdict(said, info.path, path)
end

--- After the script's declarations: are they those that were locked?
local function check_declared(p, path)
  local kept, message = read(path)
  if not kept then return nil, message end
  local said, declared = {}, {}
  for name in pairs(p.C) do declared[name] = true end
  compare(said, kept, "cdef", function(name)
    return declared[name] and p:lookup(name)
  end)
  return verdict(said, "what is declared", path)
end

return { lock = lock, check_file = check_file,
         check_declared = check_declared }
