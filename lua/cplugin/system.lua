-- system.lua - the system calls that the prompt needs, through cplugin itself.
--
-- They are looked up by plain types, with pointers to buffers for structs, so
-- that nothing is declared that a user's own declarations could contradict.
-- An address goes as uintptr_t where C has a pointer that Lua does not hold.

local plugin = require "cplugin"

local DECLARATIONS = {
  _exit = "void (int code)",
  chmod = "int (const char *path, unsigned mode)",
  clock_gettime = "int (int clock, void *time)",
  close = "int (int fd)",
  dladdr = "int (uintptr_t address, void *info)",
  ferror = "int (void *file)",
  fflush = "int (void *file)",
  fork = "int (void)",
  free = "void (void *)",
  getpgrp = "int (void)",
  getpid = "int (void)",
  getppid = "int (void)",
  ioctl = "int (int fd, unsigned long request, void *argument)",
  isatty = "int (int fd)",
  kill = "int (int pid, int signal)",
  malloc = "void *(size_t)",
  malloc_trim = "int (size_t padding)",
  mkdir = "int (const char *path, unsigned mode)",
  mmap = "void *(uintptr_t at, size_t size, int protection, int flags, int fd,"
    .. " long offset)",
  pipe2 = "int (int fds[2], int flags)",
  poll = "int (void *descriptors, unsigned long count, int timeout)",
  prctl = "int (int option, unsigned long, unsigned long, unsigned long,"
    .. " unsigned long)",
  read = "ssize_t (int fd, void *buffer, size_t size)",
  signalfd = "int (int fd, const void *set, int flags)",
  sigaction = "int (int signal, const void *new, void *old)",
  sigaddset = "int (void *set, int signal)",
  sigabbrev_np = "const char *(int signal)",
  sigfillset = "int (void *set)",
  sigprocmask = "int (int how, const void *set, void *old)",
  sigtimedwait = "int (const void *set, void *info, const void *time)",
  strdup = "char *(const char *)",
  strerror = "const char *(int)",
  strerrorname_np = "const char *(int)",
  syscall = "long (long number, int fd, uintptr_t address, size_t size)",
  tcgetattr = "int (int fd, void *modes)",
  tcgetpgrp = "int (int fd)",
  tcsetattr = "int (int fd, int when, const void *modes)",
  umask = "unsigned (unsigned mask)",
  waitpid = "int (int pid, int *status, int options)",
  write = "ssize_t (int fd, const void *bytes, size_t size)",
}

local program = plugin.open()
local system = {}

--- Has this system the function?
function system.has(name)
  return program:lookup(name, DECLARATIONS[name]) ~= nil
end

--- Has something that was printed not got through?
function system.unwritten()
  local stdout = program:lookup("stdout", "void *")
  return stdout ~= nil and system.ferror(stdout[0]) ~= 0
end

return setmetatable(system, {
  __index = function(_, name)
    local found = assert(program:lookup(name, DECLARATIONS[name]))
    system[name] = found
    return found
  end,
})
