-- sources.lua - zlib and SQLite, compiled here from their own sources, which
-- spec/sources.sh fetches.

local debuglib = require "spec.debuglib"
local helper = require "spec.helper"
local plugin = require "cplugin"

local sh = debuglib.sh

local sources = {}

local folder = sh("spec/sources.sh where"):gsub("\n", "")

-- Why there are none, or nil.
function sources.missing()
  if helper.exists(folder .. "/sqlite3/sqlite3.h") then
    return nil
  end
  local why = folder .. "/missing"
  return "the sources of zlib and SQLite are not here: " ..
    (helper.exists(why) and helper.read(why) or "./setup.sh test fetches them")
end

-- `includes` have all structs; `functions` and `structs` is how many there are
-- to compare, at least.
sources.zlib = {
  folder = folder .. "/zlib", header = "zlib.h", files = "*.c", functions = 85,
  structs = 3, includes = {"trees.c", "inftrees.h", "inflate.h", "gzguts.h"},
  define = {"HAVE_UNISTD_H", "HAVE_STDARG_H", "_LARGEFILE64_SOURCE=1"}}
sources.sqlite3 = {
  folder = folder .. "/sqlite3", header = "sqlite3.h", files = "sqlite3.c",
  functions = 330, structs = 100, includes = {"sqlite3.c"},
  define = {"SQLITE_ENABLE_COLUMN_METADATA", "SQLITE_ENABLE_UNLOCK_NOTIFY",
            "SQLITE_ENABLE_SNAPSHOT", "SQLITE_ENABLE_STMT_SCANSTATUS",
            "SQLITE_ENABLE_NORMALIZE", "SQLITE_ENABLE_PREUPDATE_HOOK",
            "SQLITE_ENABLE_SESSION"}}

-- p:header's options for the header of one of them.
function sources.options(package)
  return {include = package.folder, define = package.define}
end

local function defines(package)
  return "-D" .. table.concat(package.define, " -D")
end

local function compile(package, where, cc, flags)
  local made = helper.tool(("sh -c 'cd %s && %s -w -fPIC %s %s -c %s/%s'")
    :format(where, cc, flags, defines(package), package.folder,
            package.files), {seconds = 900})
  assert(made.ok, made.err)
end

-- A function that builds the library as debuglib.build does, with the same
-- options. What differs only in how it is linked is compiled once.
function sources.builder(package)
  local objects = {}
  return function(options)
    local cc, flags = options.cc or "gcc", options.flags or "-g"
    local key = cc .. flags
    if not objects[key] then
      objects[key] = debuglib.folder()
      compile(package, objects[key], cc, flags)
    end
    local where = debuglib.folder()
    local made = helper.tool(
      ("%s -shared %s %s -o %s/libsample.so %s/*.o"):format(
        cc, flags, options.link or "", where, objects[key]), {seconds = 900})
    assert(made.ok, made.err)
    return where .. "/libsample.so"
  end
end

-- ---- structs ----

local walk

local function walk_all(list, found, seen)
  for _, member in ipairs(list or {}) do
    if member.type then
      walk(member.type, found, seen)
    end
  end
end

-- All structs and unions with a tag that a type leads to.
function walk(type, found, seen)
  local r = plugin.reflect(type)
  if seen[r.name] and (r.tag or not r.fields) then
    return
  end
  seen[r.name] = true
  if r.tag and r.fields and not r.tag:find "^__va_list" then  -- gcc's own
    found[#found + 1] = r
  end
  walk_all(r.fields, found, seen)
  walk_all(r.parameters, found, seen)
  for _, key in ipairs {"target", "element", "result"} do
    if r[key] then
      walk(r[key], found, seen)
    end
  end
end

local function structs_of(p)
  local found, seen = {}, {}
  for symbol in p:symbols() do
    if symbol.declaration then
      walk(p:typeof(("typeof(%s)"):format(symbol.name)), found, seen)
    end
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

-- Places of members, also of those within members that have no tag.
local function places(name, record, prefix, offset, lines)
  for _, field in ipairs(record.fields) do
    local inner = plugin.reflect(field.type)
    local at = offset + field.offset
    if field.name and not field.width then
      lines[#lines + 1] = ("_Static_assert(__builtin_offsetof(%s, %s) == %d, "
        .. "\"\");"):format(name, prefix .. field.name, at)
    end
    if inner.fields and not inner.tag then
      places(name, inner, field.name and prefix .. field.name .. "." or prefix,
             at, lines)
    end
  end
end

-- What gcc is to find true of it.
local function assertions(struct, lines)
  lines[#lines + 1] = ("_Static_assert(sizeof(%s) == %d, \"\");")
    :format(struct.name, struct.size)
  places(struct.name, struct, "", 0, lines)
end

local passed = {}

-- Gcc is asked whether sizes and offsets of all structs that debug info has
-- are as they are in the source. Gives how many structs, and how many places.
function sources.check_structs(p, package)
  local structs, lines = structs_of(p), {}
  for _, name in ipairs(package.includes) do
    lines[#lines + 1] = ("#include \"%s\""):format(name)
  end
  for _, struct in ipairs(structs) do
    assertions(struct, lines)
  end
  local text = table.concat(lines, "\n") .. "\n"
  if not passed[text] then
    local path = helper.write(helper.fresh ".c", text)
    local made = helper.tool(("gcc -w -fsyntax-only %s -I%s %s"):format(
      defines(package), package.folder, path), {seconds = 900})
    assert(made.ok, made.err)
    passed[text] = true
  end
  return #structs, #lines - #package.includes
end

local known = {}

-- Makes the form, a row of debugforms, of zlib or sqlite3: functions are as in
-- the header, structs as of gcc, or it throws.
function sources.check(name, form)
  local package = sources[name]
  local options = sources.options(package)
  known[name] = known[name] or {
    build = sources.builder(package),
    functions = debuglib.functions_of(package.header, options)}
  local path, folders = form[2](known[name].build)
  local p = debuglib.open(path, folders)
  local count = debuglib.check_functions(p, package.header,
                                         known[name].functions, options)
  assert(count >= package.functions, count)
  count = sources.check_structs(p, package)
  assert(count >= package.structs, count)
end

return sources
