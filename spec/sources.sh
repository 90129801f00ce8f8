#!/bin/sh
# sources.sh - the C sources of zlib and SQLite, as this Debian builds its own,
# for specs that want both with debug info of every form.
#
#   zlib/*.[ch]  sqlite3/sqlite3.c sqlite3/sqlite3.h    in the folder below
#
# apt-get checks what it fetches: the archive's signature covers the checksum
# of each file. Its lists of sources are kept apart from the system's own, which
# stay as they are. Where there are none it says why, also in the file `missing`.
set -u

folder=${CPLUGIN_SOURCES:-${XDG_CACHE_HOME:-$HOME/.cache}/cplugin/sources}
[ "${1:-}" = where ] && echo "$folder" && exit 0
[ -e "$folder/sqlite3/sqlite3.h" ] && exit 0

fail() {
  echo "the sources of zlib and SQLite cannot be had: $*" >&2
  mkdir -p "$folder" && echo "$*" >"$folder/missing"
  exit 1
}

for tool in apt-get dpkg-source tclsh make cc; do
  command -v $tool >/dev/null || fail "there is no $tool"
done
work=$(mktemp -d) || fail 'there is no temporary folder'
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache" "$work/parts" "$work/src" \
  "$work/sqlite3"

# The system's archives, for sources instead of packages.
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -e "$file" ] && sed -n 's/^deb\([[:space:]]\)/deb-src\1/p' "$file" \
    >"$work/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list.d/*.sources; do
  [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" \
    >"$work/parts/$(basename "$file")"
done

apt() {
  apt-get -q -o Dir::Etc::SourceList=/dev/null \
    -o Dir::Etc::SourceParts="$work/parts" -o Dir::State::Lists="$work/lists" \
    -o Dir::Cache="$work/cache" -o Acquire::Languages=none \
    -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
    -o APT::Sandbox::User=root "$@" >>"$work/log" 2>&1
}

# An archive more that has no sources is no reason to stop: what follows tells.
apt update
cd "$work/src" && apt source zlib sqlite3 ||
  fail "apt-get: $(grep '^[EW]:' "$work/log" | head -n 1)"

# SQLite in one file, which its own makefile puts together.
(cd "$work/sqlite3" && make -f "$work"/src/sqlite3-*/main.mk \
  TOP="$(echo "$work"/src/sqlite3-*/)" BCC=cc TCC=cc TCLSH_CMD=tclsh OPTS= \
  sqlite3.c) >"$work/log" 2>&1 ||
  fail "SQLite's makefile: $(tail -n 1 "$work/log")"

mkdir -p "$work/all/sqlite3" "$work/all/zlib" "$(dirname "$folder")" &&
  cp "$work"/sqlite3/sqlite3.[ch] "$work/all/sqlite3" &&
  cp "$work"/src/zlib-*/*.[ch] "$work/all/zlib" &&
  rm -rf "$folder" && mv "$work/all" "$folder" ||
  fail "$folder cannot be written"
