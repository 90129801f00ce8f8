-- peers.lua - the same rows in other bindings, as far as these are installed:
-- each row in a process of its own.
--
--   local peers = require "bench.peers" (folder)      list of peers
--   peers[i].name, .about                             and its version
--   peers[i].measure(row's name, rounds [, least])    nanoseconds, or nil

-- {name, how it is run, what tells its version}
local PEERS = {
  {"luajit", "luajit bench/peer.lua ffi", "luajit -v"},
  {"luajit -joff", "luajit -joff bench/peer.lua ffi", "luajit -v"},
  {"ctypes", "python3 bench/peer.py ctypes", "python3 --version"},
  {"cffi", "python3 bench/peer.py cffi",
   "python3 -c 'import cffi; print(\"cffi\", cffi.__version__)'"},
  {"cffi-lua", "lua5.4 bench/peer.lua cffi",
   "lua5.4 -e 'require \"cffi\" print \"cffi-lua, Lua 5.4\"'"},
  {"luaffifb", "lua5.4 bench/peer.lua ffi",
   "lua5.4 -e 'require \"ffi\" print \"luaffifb, Lua 5.4\"'"},
}

-- The first line that a command prints; nil: it fails.
local function first_line(command)
  local pipe <close> = assert(io.popen(command .. " 2>/dev/null"))
  local line = pipe:read "l"
  return pipe:close() and line or nil
end

return function(folder)
  local target = folder:find "^/" and folder or "./" .. folder
  local list = {}
  for _, it in ipairs(PEERS) do
    local name, command, version = table.unpack(it)
    local about = first_line(version)
    if about then
      list[#list + 1] = {name = name, about = about,
        measure = function(row, rounds, least)
          local how = ("%d '%s' %s"):format(rounds, row,
            least and "least" or "")
          return tonumber(first_line(("%s %s/target.so bench/target.h %s")
            :format(command, target, how)) or nil)
        end}
    else
      io.stderr:write(name, " is not installed\n")
    end
  end
  return list
end
