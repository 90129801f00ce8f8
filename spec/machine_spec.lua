-- machine_spec.lua - the shared objects of this machine: what readelf says of
-- each, name by name, in less time. FILES=n takes so many (0: all).

local helper = require "spec.helper"
local lfs = require "lfs"
local plugin = require "cplugin"
local readelf = require "spec.readelf"

local FOLDERS = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                 "/usr/lib64", "/usr/lib", "/usr/local/lib"}

-- Real paths of all files that are shared objects, once each, in order.
local function files()
  local found, seen = {}, {}
  for _, folder in ipairs(FOLDERS) do
    local list = {}
    if lfs.attributes(folder, "mode") == "directory" then
      for name in lfs.dir(folder) do
        list[#list + 1] = name
      end
    end
    table.sort(list)
    for _, name in ipairs(list) do
      local path = folder .. "/" .. name
      local where = lfs.symlinkattributes(path)
      local key = where and where.dev .. ":" .. where.ino
      if name:find "%.so" and where.mode == "file" and not seen[key] then
        seen[key] = true
        local file = plugin.inspect(path)       -- follows linker scripts
        local info = file and file:info()
        if info and info.path == path and
           #info.needed + #info.defined > 0 then
          found[#found + 1] = path
        end
      end
    end
  end
  return found
end

-- So many of a list, evenly spread.
local function some(list, count)
  if count == 0 or count >= #list then
    return list
  end
  local chosen = {}
  for i = 1, count do
    chosen[i] = list[(i - 1) * #list // count + 1]
  end
  return chosen
end

-- The first line that one list has and the other has not.
local function same_lists(expected, list, path)
  for i = 1, math.max(#expected, #list) do
    assert.equal(expected[i], list[i], path)
  end
end

describe("the shared objects of this machine #slow", function()
  local list = some(files(), tonumber(os.getenv "FILES") or 60)

  it("are read as by readelf, " .. #list .. " of them", function()
    assert.is_true(#list > 10)
    for _, path in ipairs(list) do
      local file = assert(plugin.inspect(path))
      same_lists(readelf.symbols(path), readelf.ours(file), path)
      assert.same(readelf.info(path), readelf.own(file:info()), path)
      file:close()
    end
  end)

  it("in less time than readelf needs #exact", function()
    if helper.build ~= "build" then
      return pending "this is not the build that users have"
    end
    local start = os.clock()
    local symbols = 0
    for _, path in ipairs(list) do
      local file = assert(plugin.inspect(path))
      for _ in file:symbols() do
        symbols = symbols + 1
      end
      file:info()
      file:close()
    end
    local ours = os.clock() - start
    local words = {}
    for i, path in ipairs(list) do
      words[i] = helper.quote(path)
    end
    local ran = helper.tool("bash -c " .. helper.quote(
      "TIMEFORMAT='%U %S'; time readelf -W --dyn-syms -d -n -V "
      .. table.concat(words, " ") .. " >/dev/null 2>&1"))
    local user, system = ran.err:match "([%d.]+) ([%d.]+)%s*$"
    assert.is_true(ours < user + system, ("%d symbols: %.2f s, readelf %.2f s")
      :format(symbols, ours, user + system))
  end)
end)
