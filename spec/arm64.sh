#!/bin/sh
# arm64.sh FOLDER - makes the folder a checkout where all is built for AArch64
# and runs under qemu-user:
#
#   root/    arm64 packages of Debian's, unpacked there and not installed
#   tools/   compilers under the names that the Makefile and specs call
#   flush.o  see qemuflush.c
#   env      variables for the shell that runs make there
#   src ...  links to this checkout
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1/tools"
cd "$1"
here=$(pwd)

# Lua, the C modules that busted needs, and the libraries that specs open.
packages='lua5.4 liblua5.4-dev libffi-dev lua-filesystem lua-system lua-term
  zlib1g libsqlite3-0'

for tool in qemu-aarch64 aarch64-linux-gnu-gcc clang busted apt-get dpkg-deb
do
  command -v "$tool" >/dev/null && continue
  echo "arm64.sh: no $tool: on Debian ./setup.sh ci installs it" >&2
  exit 1
done

# apt-get with lists of its own, for another architecture: what is installed
# on this machine does not matter to it, and does not change.
apt() {
  apt-get -qq -y -o Dir::State="$here/apt" -o Dir::Cache="$here/apt" \
    -o Dir::State::status=/dev/null -o Debug::NoLocking=1 \
    -o APT::Architecture=arm64 -o APT::Architectures=arm64 "$@"
}

if [ ! -e root/complete ]; then
  mkdir -p apt/lists/partial apt/archives/partial root
  apt update
  # shellcheck disable=SC2086
  apt install --download-only --no-install-recommends $packages \
    >/dev/null
  for package in apt/archives/*.deb; do
    dpkg-deb -x "$package" root
  done
  rm -r apt
  touch root/complete
fi

compiler() {                      # compiler NAME COMMAND...
  name=$1
  shift
  printf '#!/bin/sh\nexec %s --sysroot=%s/root "$@"\n' "$*" "$here" \
    >"tools/$name"
  chmod +x "tools/$name"
}
compiler cc aarch64-linux-gnu-gcc
compiler gcc aarch64-linux-gnu-gcc
compiler c++ aarch64-linux-gnu-g++
compiler clang "$(command -v clang) --target=aarch64-linux-gnu"
ln -sf "$(command -v aarch64-linux-gnu-objcopy)" tools/objcopy
tools/cc -O2 -Wall -Wextra -fPIC -c -o flush.o "$top/spec/qemuflush.c"

cat >./env <<END
emulator='qemu-aarch64 -L $here/root'
lua='$here/root/usr/bin/lua5.4'
export LDFLAGS='-Wl,--wrap=__clear_cache $here/flush.o'
export PATH='$here/tools:'\$PATH
export PKG_CONFIG_SYSROOT_DIR='$here/root'
export PKG_CONFIG_LIBDIR='$here/root/usr/lib/aarch64-linux-gnu/pkgconfig'
END

for file in Makefile .busted bin lua plugins spec src; do
  [ -L "$file" ] || rm -rf "./$file"
  ln -sfn "$top/$file" "$file"
done
