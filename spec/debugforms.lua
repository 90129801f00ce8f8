-- debugforms.lua - the forms that debug info comes in. Each row has a name, a
-- function that makes a library of that form, and the tool that it needs, if
-- that is not gcc. The function is given another one that builds a library
-- (debuglib.build, less its text); it gives a path, and folders of debug files.

local debuglib = require "spec.debuglib"
local plugin = require "cplugin"

local sh = debuglib.sh

local debugforms = {}

-- What is taken out of a file: into FILE.debug, with a link to it.
function debugforms.take_out(path, debug, link)
  sh("cd %s && objcopy --only-keep-debug libsample.so %s && "
     .. "objcopy --strip-debug %s libsample.so", path:match "^(.*)/", debug,
     link and "--add-gnu-debuglink=" .. debug or "")
  return path
end
local take_out = debugforms.take_out

function debugforms.buildid(path)
  local file <close> = assert(plugin.inspect(path))
  return file:info().buildid
end

local function flags(text, cc)
  return function(build)
    return build {cc = cc, flags = text}
  end
end

function debugforms.by_buildid(build)
  local path = take_out(build {link = "-Wl,--build-id"}, "sample.debug")
  local id, where = debugforms.buildid(path), path:match "^(.*)/"
  sh("cd %s && mkdir -p d/.build-id/%s && mv sample.debug "
     .. "d/.build-id/%s/%s.debug", where, id:sub(1, 2), id:sub(1, 2),
     id:sub(3))
  return path, where .. "/d"
end

function debugforms.common(build)
  local path = build {}
  sh("cd %s && cp libsample.so other.so && "
     .. "dwz -m common.dwz -M common.dwz libsample.so other.so",
     path:match "^(.*)/")
  return path
end

debugforms.rows = {
  {"DWARF 2", flags "-gdwarf-2"},
  {"DWARF 2, strictly", flags "-gdwarf-2 -gstrict-dwarf"},
  {"DWARF 3", flags "-gdwarf-3"},
  {"DWARF 4", flags "-gdwarf-4"},
  {"DWARF 5", flags "-gdwarf-5"},
  {"DWARF 5 in 64-bit format", flags "-gdwarf-5 -gdwarf64"},
  {"optimised code", flags "-g -O2 -ffunction-sections"},
  {"units for types", flags "-g -fdebug-types-section"},
  {"units for types of DWARF 4", flags "-gdwarf-4 -fdebug-types-section"},
  {"split", flags "-g -gsplit-dwarf"},
  {"split, DWARF 4", flags "-gdwarf-4 -gsplit-dwarf"},
  {"compressed", flags "-g -gz=zlib"},
  {"compressed as .zdebug", flags "-g -gz=zlib-gnu"},
  {"LTO", flags "-g -flto"},
  {"LTO, optimised", flags "-g -O2 -flto"},
  {"by build id", debugforms.by_buildid},
  {"by .gnu_debuglink, beside it", function(build)
    return take_out(build {link = "-Wl,--build-id=none"}, "sample.debug",
                    true)
  end},
  {"by .gnu_debuglink, in .debug", function(build)
    local path = take_out(build {}, "sample.debug", true)
    sh("cd %s && mkdir .debug && mv sample.debug .debug", path:match "^(.*)/")
    return path
  end},
  {"by .gnu_debuglink, in a folder for all", function(build)
    local path = take_out(build {}, "sample.debug", true)
    local where = path:match "^(.*)/"
    sh("cd %s && mkdir -p all%s && mv sample.debug all%s", where, where,
       where)
    return path, "/nowhere:" .. where .. "/all"
  end},
  {"apart and compressed", function(build)
    local path = take_out(build {}, "sample.debug", true)
    sh("cd %s && objcopy --compress-debug-sections sample.debug",
       path:match "^(.*)/")
    -- The link's checksum is of the file as it was: the build id must do.
    return path
  end},
  {"dwz, in one file", function(build)
    local path = build {}
    sh("cd %s && dwz libsample.so", path:match "^(.*)/")
    return path
  end, "dwz"},
  {"dwz, common to two files", debugforms.common, "dwz"},
  {"CTF", flags "-gctf"},
  {"CTF, in a stripped file", flags "-gctf -s"},
  {"clang", flags("-g", "clang"), "clang"},
  {"clang, DWARF 4, optimised", flags("-gdwarf-4 -O2", "clang"), "clang"},
  {"clang, split", flags("-g -gsplit-dwarf", "clang"), "clang"},
}

return debugforms
