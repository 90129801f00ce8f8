-- headers.lua - the system headers of the corpus: what is read whole.

local headers = {}

-- {headers in order, pkg-config package or nil, flags or nil}
headers.rows = {
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

-- The C text that includes a row's headers.
function headers.text(row)
  return (row[1]:gsub("%S+", "#include <%0>\n"))
end

-- The shell's command that preprocesses `source` with "gcc -E" or the like.
function headers.command(row, preprocessor, source, target)
  local package = row[2] and "$(pkg-config --cflags " .. row[2] .. ")" or ""
  return ("%s %s %s %s -o %s"):format(preprocessor, row[3] or "", package,
    source, target)
end

return headers
