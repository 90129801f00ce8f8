#!/bin/sh
# setup.sh [build|demo|test|corpus|ci] - what this purpose needs and is not there.
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

installed() {                     # a file in an include folder of Debian's
  for file in "/usr/include/$1" /usr/include/*/"$1"; do
    [ -e "$file" ] && return
  done
  return 1
}

installed_cross() {               # a header of the cross compiler's libc
  [ -e "/usr/aarch64-linux-gnu/include/$1" ]
}

installed_debug() {               # debug symbols of a package of Debian's
  dpkg -s "$1-dbg"
}

fuzzer() {                        # clang's, which leads `make fuzz`
  echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
    clang -fsanitize=fuzzer -x c -o /dev/null -
}

library() {                       # a file that the loader finds
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q "^[[:space:]]*$1 "
}

case $purpose in build|demo|test|corpus|ci) ;; *)
  echo "usage: setup.sh [build|demo|test|corpus|ci]" >&2
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

case $purpose in demo|test|corpus|ci)
  need zlib1g 'zlib (libz.so.1)' library libz.so.1
  need libsqlite3-0 'SQLite (libsqlite3.so.0)' library libsqlite3.so.0 ;;
esac
case $purpose in test|corpus|ci)
  need lua-busted 'busted' command_ busted
  need luarocks 'LuaRocks' command_ luarocks
  need tmux 'tmux' command_ tmux
  need procps 'pgrep' command_ pgrep
  need libreadline8 'GNU readline (libreadline.so.8)' library libreadline.so.8
  need libdw1 'libdw (libdw.so.1)' library libdw.so.1
  need clang 'clang' command_ clang
  need zlib1g-dev 'the headers of zlib' header zlib.h
  need libsqlite3-dev 'the headers of SQLite' header sqlite3.h
  need libcurl4-openssl-dev 'the headers of libcurl' header curl/curl.h
  # for spec/sources.sh; elsewhere specs do without
  if command_ apt-get >/dev/null; then
    need dpkg-dev 'dpkg-source' command_ dpkg-source
    need tcl 'tclsh' command_ tclsh
  fi ;;
esac
case $purpose in corpus|ci)
  while read -r package file; do
    need "$package" "the header $file" installed "$file"
  done <<'END'
libpng-dev png.h
libgit2-dev git2.h
libuv1-dev uv.h
libssl-dev openssl/ssl.h
libxml2-dev libxml2/libxml/parser.h
libarchive-dev archive.h
libsdl2-dev SDL2/SDL.h
libglib2.0-dev glib-2.0/glib.h
libzmq3-dev zmq.h
liblz4-dev lz4.h
libzstd-dev zstd.h
libpq-dev postgresql/libpq-fe.h
libsodium-dev sodium.h
libyaml-dev yaml.h
libexpat1-dev expat.h
libncurses-dev ncurses.h
linux-libc-dev linux/bpf.h
libjpeg-dev jpeglib.h
libtiff-dev tiffio.h
libwebp-dev webp/decode.h
libfreetype-dev freetype2/ft2build.h
libevent-dev event2/event.h
libev-dev ev.h
libonig-dev oniguruma.h
libjansson-dev jansson.h
libhiredis-dev hiredis/hiredis.h
libmicrohttpd-dev microhttpd.h
libssh2-1-dev libssh2.h
libnghttp2-dev nghttp2/nghttp2.h
liblzma-dev lzma.h
libbz2-dev bzlib.h
libgmp-dev gmp.h
libmpfr-dev mpfr.h
libfftw3-dev fftw3.h
libgsl-dev gsl/gsl_rng.h
libmariadb-dev mariadb/mysql.h
libelf-dev gelf.h
libdw-dev elfutils/libdw.h
libunwind-dev libunwind.h
libcairo2-dev cairo/cairo.h
libusb-1.0-0-dev libusb-1.0/libusb.h
libudev-dev libudev.h
libseccomp-dev seccomp.h
libcap-dev sys/capability.h
libfuse3-dev fuse3/fuse.h
libasound2-dev alsa/asoundlib.h
libpulse-dev pulse/pulseaudio.h
libflac-dev FLAC/all.h
libvorbis-dev vorbis/codec.h
libopus-dev opus/opus.h
libsndfile1-dev sndfile.h
libsamplerate0-dev samplerate.h
libreadline-dev readline/readline.h
libedit-dev histedit.h
END
  ;;
esac
case $purpose in ci)
  need valgrind 'valgrind' command_ valgrind
  need libclang-rt-14-dev "clang's fuzzer" fuzzer
  need gcc-aarch64-linux-gnu 'a C compiler for AArch64' \
    command_ aarch64-linux-gnu-gcc
  need libc6-dev-arm64-cross 'the headers of libc for AArch64' \
    installed_cross stdlib.h
  need qemu-user 'qemu-aarch64' command_ qemu-aarch64
  need dwz 'dwz' command_ dwz
  need abigail-tools 'abidiff (libabigail)' command_ abidiff
  need dwarves 'pfunct (dwarves)' command_ pfunct
  need libc6-dbg 'debug symbols of libc' installed_debug libc6
  need mandoc 'mandoc' command_ mandoc
  need lua-check 'luacheck' command_ luacheck ;;
esac

# What specs compile; they say so and go on where it cannot be fetched.
finish() {
  case $purpose in test|corpus|ci) "$(dirname "$0")/spec/sources.sh" ;; esac
  exit 0
}

[ -n "$packages" ] || finish

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
install >/dev/null 2>&1 && finish
$root apt-get update -q && install && finish
