-- corpus.lua - system headers, whole: accepted, and laid out as the compiler
-- does. Run by `make corpus`, which installs the packages that have them.
--
-- Each row is preprocessed by gcc, by clang, and by gcc for C23; the parser
-- declares the text, and a program compiled from the same text prints size,
-- alignment and offsets of every record in it for comparison. The compiler is
-- told of AVX-512, without which gcc aligns large vectors to less than the
-- psABI says.

local helper = require "spec.helper"

-- {headers in order, pkg-config package or nil, flags or nil}
local rows = {
  {"stdio.h"}, {"stdlib.h"}, {"string.h"}, {"unistd.h"}, {"math.h"},
  {"complex.h"}, {"pthread.h"}, {"sys/socket.h"}, {"sys/stat.h"}, {"netdb.h"},
  {"signal.h"}, {"zlib.h"}, {"sqlite3.h"}, {"curl/curl.h"}, {"png.h"},
  {"git2.h"}, {"uv.h"}, {"openssl/ssl.h"}, {"libxml/parser.h", "libxml-2.0"},
  {"archive.h"}, {"SDL2/SDL.h"}, {"glib.h", "glib-2.0"}, {"zmq.h"}, {"lz4.h"},
  {"zstd.h"}, {"libpq-fe.h", "libpq"}, {"sodium.h"}, {"yaml.h"}, {"expat.h"},
  {"ncurses.h"}, {"lua.h lauxlib.h lualib.h", "lua5.4"},
  {"linux/io_uring.h"}, {"linux/bpf.h"},
  -- and some more
  {"stdio.h jpeglib.h"}, {"tiffio.h"}, {"webp/decode.h"},
  {"ft2build.h freetype/freetype.h", "freetype2"},
  {"event2/event.h event2/buffer.h event2/http.h"}, {"ev.h"},
  {"oniguruma.h"}, {"jansson.h"}, {"hiredis/hiredis.h"}, {"microhttpd.h"},
  {"libssh2.h"}, {"nghttp2/nghttp2.h"}, {"lzma.h"}, {"bzlib.h"}, {"gmp.h"},
  {"mpfr.h"}, {"fftw3.h"}, {"gsl/gsl_matrix.h gsl/gsl_rng.h"},
  {"mariadb/mysql.h"}, {"gelf.h"}, {"elfutils/libdw.h"}, {"libunwind.h"},
  {"cairo.h", "cairo"}, {"libusb-1.0/libusb.h"}, {"libudev.h"},
  {"seccomp.h"}, {"sys/capability.h"},
  {"fuse3/fuse.h", "fuse3", "-DFUSE_USE_VERSION=31"},
  {"alsa/asoundlib.h"}, {"pulse/pulseaudio.h"}, {"FLAC/all.h"},
  {"vorbis/codec.h"}, {"opus/opus.h"}, {"sndfile.h"}, {"samplerate.h"},
  {"stdio.h readline/readline.h"}, {"histedit.h"}, {"ffi.h"}, {"time.h"},
  {"wchar.h"}, {"fenv.h"}, {"sys/mman.h"}, {"sys/epoll.h"},
  {"netinet/in.h netinet/tcp.h"}, {"linux/perf_event.h"}, {"linux/fuse.h"},
  {"immintrin.h"}, {"threads.h"},
}

-- How each is read, and by what the program is compiled. POSIX names that
-- some headers use are not there in strict C23.
local ways = {
  {"gcc", "gcc -E", "gcc -w -mavx512f"},
  {"clang", "clang -E", "clang -w -mavx512f"},
  {"gcc for C23", "gcc -std=c2x -D_GNU_SOURCE -E",
    "gcc -std=gnu2x -w -mavx512f"},
}

local check = helper.top .. "/" .. helper.build .. "/spec/c/decl_check"

local function flags_of(row)
  local flags = row[3] or ""
  if row[2] then
    local found = helper.tool("pkg-config --cflags " .. row[2])
    assert(found.ok, found.err)
    flags = flags .. " " .. found.out:gsub("%s+$", "")
  end
  return flags
end

local function preprocessed(row, way)
  local source, target = helper.fresh ".c", helper.fresh ".i"
  local text = row[1]:gsub("%S+", "#include <%0>\n")
  helper.write(source, text)
  local made = helper.tool(("%s %s %s -o %s")
    :format(way[2], flags_of(row), source, target))
  assert(made.ok, made.err)
  return target
end

local function sorted_lines(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  table.sort(lines)
  return lines
end

local total = {headers = 0, rows = 0, bytes = 0}

describe("the corpus of headers", function()
  for _, row in ipairs(rows) do
    for _, way in ipairs(ways) do
      it(("%s, read by %s"):format(row[1], way[1]), function()
        local text = preprocessed(row, way)
        local ours = helper.tool(check .. " -l " .. text)
        assert(ours.ok, ours.out .. ours.err)
        local program, source = helper.fresh "", helper.fresh ".c"
        helper.write(source, helper.tool(check .. " -c " .. text).out)
        local made =
          helper.tool(("%s -o %s %s"):format(way[3], program, source))
        assert(made.ok, made.err)
        local theirs = helper.tool(program)
        assert(theirs.ok, theirs.err)
        local expected = sorted_lines(theirs.out)
        assert.same(expected, sorted_lines(ours.out))
        total.headers = total.headers + 1
        total.rows = total.rows + #expected
        total.bytes = total.bytes + #helper.read(text)
      end)
    end
  end
  teardown(function()
    print(("\n%d readings of %d headers, %d sizes, alignments and offsets, "
      .. "%d bytes")
      :format(total.headers, #rows, total.rows, total.bytes))
  end)
end)
