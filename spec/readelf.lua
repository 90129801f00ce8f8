-- readelf.lua - what readelf says of a shared object, in our words.

local helper = require "spec.helper"
local quote = helper.quote

local readelf = {}

local function shell(command)
  local ran = helper.tool("sh -c " .. quote(command .. " 2>/dev/null"))
  assert(ran.code and ran.code < 2, command .. ": " .. ran.err)
  return ran.out
end

-- What readelf says that the file at `path` exports: a sorted list of lines.

local KINDS = {FUNC = "function", OBJECT = "variable", COMMON = "variable",
               TLS = "tls", IFUNC = "ifunc", NOTYPE = "other"}
local BINDS = {GLOBAL = true, WEAK = true, UNIQUE = true}
local VISIBLE = {DEFAULT = true, PROTECTED = true}

function readelf.symbols(path)
  local list = {}
  for value, size, kind, bind, visible, section, name in
      shell("readelf --dyn-syms -W " .. quote(path))
        :gsub("<OS specific>: 10", "UNIQUE"):gmatch     -- GNU's
      "%d+: (%x+)%s+(%w+) (%u+)%s+(%u+)%s+(%u+)%s+(%w+) ([^%s]+)" do
    if KINDS[kind] and BINDS[bind] and VISIBLE[visible] and
       section ~= "UND" then
      kind = KINDS[kind]
      if section == "ABS" and tonumber(size) == 0 then
        kind = "other"            -- the name of a version
      end
      local base, at, version = name:match "^([^@]+)(@@?)(.+)$"
      list[#list + 1] = ("%s %s %s %s %s %s %d %d"):format(base or name,
        version ~= base and version or "-",
        at == "@" and "hidden" or "default", kind, bind, visible,
        tonumber(size), tonumber(value, 16))
    end
  end
  table.sort(list)
  return list
end

-- The same list from plugin.inspect.
function readelf.ours(file)
  local list = {}
  for s in file:symbols() do
    list[#list + 1] = ("%s %s %s %s %s %s %d %d"):format(s.name,
      s.version or "-", s.default and "default" or "hidden", s.kind,
      s.binding:upper(), s.visibility:upper(), s.size, s.address)
  end
  table.sort(list)
  return list
end

-- What info() should give.
function readelf.info(path)
  local info = {needed = {}, compilers = {}}
  local dynamic = shell("readelf -dW " .. quote(path))
  for tag, value in dynamic:gmatch
      "%((%u+)%)[^\n]-%[([^%]]+)%]" do
    if tag == "NEEDED" then
      info.needed[#info.needed + 1] = value
    elseif tag == "SONAME" then
      info.soname = value
    elseif tag == "RUNPATH" or tag == "RPATH" then
      info.runpath = value
    end
  end
  info.init = tonumber(dynamic:match "%(INIT%)%s+(0x%x+)")
  info.fini = tonumber(dynamic:match "%(FINI%)%s+(0x%x+)")
  info.initarray = (dynamic:match "%(INIT_ARRAYSZ%)%s+(%d+)" or 0) // 8
  info.finiarray = (dynamic:match "%(FINI_ARRAYSZ%)%s+(%d+)" or 0) // 8
  for text in shell("readelf -p .comment " .. quote(path)):gmatch
      "%[%s*%x+%]%s+([^\n]+)" do
    if not info.compilers[text] then
      info.compilers[#info.compilers + 1] = text
      info.compilers[text] = true
    end
  end
  for i = 1, #info.compilers do
    info.compilers[info.compilers[i]] = nil
  end
  info.buildid = shell("readelf -nW " .. quote(path)):match "Build ID: (%x+)"
  local versions = shell("readelf -VW " .. quote(path))
  info.defined, info.required = {}, {}
  for flags, name in versions:gmatch
      "Rev: 1  Flags: (%S+)[^\n]-Name: (%S+)" do
    if flags ~= "BASE" then
      info.defined[#info.defined + 1] = name
    end
  end
  local library
  for line in versions:gmatch "[^\n]+" do
    library = line:match "Version: 1  File: (%S+)" or library
    local name = line:match "^  0x%x+:   Name: (%S+)  Flags: "
    if name and library then
      info.required[#info.required + 1] = library .. " " .. name
    end
  end
  info.path = path
  info.realname = path:match "[^/]+$"
  return info
end

-- info() without what no file says of itself: soname_spec.lua has that.
function readelf.own(info)
  info.linkername, info.copyof = nil, nil
  return info
end

return readelf
