-- peers.lua - the same rows in other bindings, as far as these are installed:
-- each in a process of its own.
--
--   require "bench.peers" (folder, rounds)
--       list of {name, about, rows = {row -> nanoseconds}}

-- {name, how it is run, what tells its version}
local PEERS = {
  {"luajit", "luajit bench/peer.lua ffi", "luajit -v"},
  {"luajit -joff", "luajit -joff bench/peer.lua ffi", "luajit -v"},
  {"ctypes", "python3 bench/peer.py ctypes", "python3 --version"},
  {"cffi", "python3 bench/peer.py cffi",
   "python3 -c 'import cffi; print(\"cffi\", cffi.__version__)'"},
  {"cffi-lua", "lua5.4 bench/peer.lua cffi",
   "lua5.4 -e 'print(\"cffi-lua\", require \"cffi\".VERSION or \"\")'"},
  {"luaffifb", "lua5.4 bench/peer.lua ffi",
   "lua5.4 -e 'require \"ffi\" print \"luaffifb\"'"},
}

-- The first line that a command prints; nil: it fails.
local function first_line(command)
  local pipe <close> = assert(io.popen(command .. " 2>/dev/null"))
  local line = pipe:read "l"
  return pipe:close() and line or nil
end

local function run(command)
  local rows = {}
  local pipe <close> = assert(io.popen(command))
  for line in pipe:lines() do
    local name, time = line:match "^(.-)\t([%d.]+)$"
    if name then
      rows[name] = tonumber(time)
    end
  end
  return rows
end

return function(folder, rounds)
  local list = {}
  for _, it in ipairs(PEERS) do
    local name, command, version = table.unpack(it)
    local about = first_line(version)
    if about then
      io.stderr:write("running ", name, "\n")
      local rows = run(("%s %s/target.so bench/target.h %d"):format(command,
        folder:find "^/" and folder or "./" .. folder, rounds))
      list[#list + 1] = {name = name, about = about, rows = rows}
    else
      io.stderr:write(name, " is not installed\n")
    end
  end
  return list
end
