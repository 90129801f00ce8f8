#!/bin/sh
# setup.sh [build|demo|test|ci] - what this purpose needs and is not there.
#
# On Debian and its children it is installed, after saying so; elsewhere, or
# where that is not allowed, it is named. Each purpose needs those before it.
set -u

purpose=${1:-build}
lua=${LUA:-lua5.4}
packages=''                       # of Debian
missing=''                        # in words

# need PACKAGE 'in words' test...: notes the package unless the test succeeds.
need() {
  package=$1 words=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  packages="$packages $package"
  missing="$missing
  $words"
}

command_() { command -v "$1"; }

header() {                        # header NAME pkg-config-name...
  name=$1 found=''
  shift
  for pkg in "$@"; do
    found=$(pkg-config --cflags "$pkg" 2>/dev/null) && break
  done
  # shellcheck disable=SC2086
  echo "#include <$name>" | cc -E -x c $found -I/usr/include/lua5.4 -
}

library() {                       # a file that the loader finds
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q "^[[:space:]]*$1 "
}

case $purpose in build|demo|test|ci) ;; *)
  echo "usage: setup.sh [build|demo|test|ci]" >&2
  exit 2 ;;
esac

need gcc 'a C compiler (cc)' command_ cc
need libc6-dev 'the headers of libc' header stdlib.h
need make 'make' command_ make
need pkg-config 'pkg-config' command_ pkg-config
need lua5.4 "Lua 5.4 ($lua)" command_ "$lua"
need liblua5.4-dev 'the headers of Lua 5.4' \
  header lua.h lua5.4 lua-5.4 lua54 lua
need libffi-dev 'libffi and its headers' header ffi.h libffi

case $purpose in demo|test|ci)
  need zlib1g 'zlib (libz.so.1)' library libz.so.1
  need libsqlite3-0 'SQLite (libsqlite3.so.0)' library libsqlite3.so.0 ;;
esac
case $purpose in test|ci)
  need lua-busted 'busted' command_ busted
  need luarocks 'LuaRocks' command_ luarocks ;;
esac
case $purpose in ci)
  need clang 'clang' command_ clang
  need valgrind 'valgrind' command_ valgrind
  need lua-check 'luacheck' command_ luacheck ;;
esac

[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "cplugin's $purpose needs what is not here:$missing" >&2
  exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
  root=''
elif command -v sudo >/dev/null; then
  root=sudo
else
  echo "cplugin's $purpose needs, as root: apt-get install$packages" >&2
  exit 1
fi

install() {
  # shellcheck disable=SC2086
  $root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $packages
}

echo "cplugin's $purpose needs what is not here:$missing"
echo "installing:$packages"
# Lists that are missing or old are fetched once the install failed.
install >/dev/null 2>&1 && exit 0
$root apt-get update -q && install
