-- debuglib.lua - libraries with debug info, for the specs that read it.

local helper = require "spec.helper"
local plugin = require "cplugin"

local quote = helper.quote

local debuglib = {}

-- Why debug info cannot be read here; nil: it can.
function debuglib.missing()
  local p, why = plugin.open(helper.sample "described", {debuginfo = true})
  return not p and "debug info: " .. why or nil
end

function debuglib.has(tool)
  return os.execute("command -v " .. tool .. " >/dev/null") == true
end

function debuglib.sh(command, ...)
  local made = helper.tool("sh -c " .. quote(command:format(...)))
  assert(made.ok, made.err)
  return made.out
end

function debuglib.folder()
  local path = helper.fresh()
  debuglib.sh("mkdir -p %s", path)
  return path
end

-- A library in a folder of its own, compiled and linked there in two steps.
-- Options: flags (of both steps), cc, link (of the second one).
function debuglib.build(text, options)
  options = options or {}
  local where = debuglib.folder()
  helper.write(where .. "/sample.c", text)
  debuglib.sh("cd %s && %s -w -fPIC -c %s sample.c -o sample.o && "
     .. "%s -shared %s %s -o libsample.so sample.o", where,
     options.cc or "gcc", options.flags or "-g", options.cc or "gcc",
     options.flags or "-g", options.link or "")
  return where .. "/libsample.so"
end

function debuglib.open(path, folders)
  return assert(plugin.open(path, {debuginfo = folders or true}))
end

-- ---- a library that has the interface of a header ----

-- The functions that a header declares, as reflect() tells of them. Options
-- are those of p:header.
function debuglib.functions_of(header, options)
  local p = assert(plugin.open(debuglib.build "int nothing;"))
  local h = assert(p:header(header, options))
  local found = {}
  for _, name in ipairs(h:names()) do
    local ok, type = pcall(p.typeof, p, ("typeof(%s)"):format(name))
    if ok and p:reflect(type).kind == "function" then
      found[#found + 1] = {name = name, type = p:reflect(type)}
    end
  end
  return found
end

-- C that defines them all: gcc refuses it if they are not the header's.
function debuglib.library_of(header)
  local lines = {"#include <stdarg.h>", ("#include <%s>"):format(header)}
  local functions = debuglib.functions_of(header)
  for _, f in ipairs(functions) do
    local params = {}
    for i, param in ipairs(f.type.parameters) do
      local name = plugin.reflect(param.type).name
      if name:find "__va_list_tag" then
        name = "va_list"
      end
      params[i] = ("__typeof__(%s) a%d"):format(name, i)
    end
    if f.type.variadic then
      params[#params + 1] = "..."
    end
    lines[#lines + 1] = ("__typeof__(%s) (%s)(%s) { __builtin_trap(); }")
      :format(plugin.reflect(f.type.result).name, f.name,
              #params == 0 and "void" or table.concat(params, ", "))
  end
  return table.concat(lines, "\n"), functions
end

-- ---- are two types the same? By what reflect() tells, all the way down ----

local SCALARS = {kind = true, size = true, align = true, const = true,
                 volatile = true, unsigned = true, count = true,
                 variadic = true, prototyped = true, tag = true}

local compare

-- One side may know only the name of a struct.
local function compare_members(a, b, key, at, seen)
  if not (a[key] and b[key]) then
    return
  end
  assert(#a[key] == #b[key], ("%s: %d %s, not %d"):format(at, #a[key], key,
                                                         #b[key]))
  for i, one in ipairs(a[key]) do
    local other = b[key][i]
    local where = ("%s.%s"):format(at, one.name or i)
    for _, what in ipairs {"offset", "bit", "width", "value"} do
      assert(one[what] == other[what], ("%s: %s is %s, not %s"):format(
        where, what, one[what], other[what]))
    end
    if key ~= "parameters" then
      assert(one.name == other.name, where .. ": is " .. tostring(other.name))
    end
    if one.type then
      compare(one.type, other.type, where, seen)
    end
  end
end

function compare(one, other, at, seen)
  local a, b = plugin.reflect(one), plugin.reflect(other)
  local pair = a.name .. "|" .. b.name .. "|" .. tostring(a.size)
  if seen[pair] then
    return
  end
  seen[pair] = a.kind == "struct" or a.kind == "union"
  local complete = a.fields and b.fields or not (a.fields or b.fields)
  for key in pairs(SCALARS) do
    assert(a[key] == b[key] or not complete and key ~= "kind",
      ("%s: %s of '%s' is %s, not %s as in '%s'"):format(
        at, key, a.name, a[key], b[key], b.name))
  end
  if a.kind == "integer" or a.kind == "float" or a.kind == "complex" then
    assert(a.name == b.name, ("%s: is %s, not %s"):format(at, a.name, b.name))
  end
  for _, key in ipairs {"fields", "enumerators", "parameters"} do
    compare_members(a, b, key, at, seen)
  end
  for _, key in ipairs {"target", "element", "result"} do
    if a[key] then
      compare(a[key], b[key], at .. " " .. key, seen)
    end
  end
end

debuglib.compare = compare

-- Every function of `p`, which has debug info, against the header; those that
-- it does not export are left out. Gives how many there are.
function debuglib.check_functions(p, header, functions, options)
  local other = assert(plugin.open(debuglib.build "int nothing;"))
  local count = 0
  assert(other:header(header, options))
  for _, f in ipairs(functions) do
    local symbol = p:lookup(f.name)
    if symbol then
      assert(symbol.declaration, f.name)
      local type = ("typeof(%s)"):format(f.name)
      compare(p:typeof(type), other:typeof(type), f.name, {})
      count = count + 1
    end
  end
  return count
end

return debuglib
