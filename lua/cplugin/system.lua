-- system.lua - the system calls that the prompt needs, through cplugin itself.
--
-- They are looked up by plain types, with pointers to buffers for structs, so
-- that nothing is declared that a user's own declarations could contradict.
-- An address goes as uintptr_t where C has a pointer that Lua does not hold.

local plugin = require "cplugin"

local DECLARATIONS = {
  clock_gettime = "int (int clock, void *time)",
  dladdr = "int (uintptr_t address, void *info)",
  ioctl = "int (int fd, unsigned long request, void *argument)",
  isatty = "int (int fd)",
  pipe2 = "int (int fds[2], int flags)",
  read = "ssize_t (int fd, void *buffer, size_t size)",
  strerror = "const char *(int)",
  strerrorname_np = "const char *(int)",
  write = "ssize_t (int fd, uintptr_t address, size_t size)",
}

local program = plugin.open()
local system = {}

--- Has this system the function?
function system.has(name)
  return program:lookup(name, DECLARATIONS[name]) ~= nil
end

return setmetatable(system, {
  __index = function(_, name)
    local found = assert(program:lookup(name, DECLARATIONS[name]))
    system[name] = found
    return found
  end,
})
