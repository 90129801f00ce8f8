rockspec_format = "3.0"
package = "cplugin"
version = "0.1.0-1"

source = {
  url = "git+file://.",
}

description = {
  summary = "Shared libraries from plain Lua: open, look up, call, by C's "
    .. "own declarations",
  detailed = [[
cplugin opens a shared library, looks up what it exports, and calls functions
and reads and writes variables by the C declarations that the script gives.
It is one C module for stock Lua 5.4, on libffi and libdl.]],
  license = "MIT",
}

supported_platforms = {"linux"}

dependencies = {
  "lua >= 5.4, < 5.5",
}

-- Without `header`: it may be in a multi-arch folder, where the compiler
-- finds it by itself.
external_dependencies = {
  LIBFFI = {library = "ffi"},
}

build = {
  type = "make",
  build_variables = {
    CFLAGS = "$(CFLAGS)",
    LUA = "$(LUA)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LIBFFI_INCDIR = "$(LIBFFI_INCDIR)",
    LIBFFI_LIBDIR = "$(LIBFFI_LIBDIR)",
  },
  install_variables = {
    CFLAGS = "$(CFLAGS)",
    PREFIX = "$(PREFIX)",
    BINDIR = "$(BINDIR)",
    LIBDIR = "$(LIBDIR)",
    LUADIR = "$(LUADIR)",
  },
  -- The pages and the man page: `luarocks doc cplugin` finds them.
  copy_directories = {"docs"},
}

test = {
  type = "command",
  command = "make test",
}
