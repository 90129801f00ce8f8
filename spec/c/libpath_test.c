/*
** libpath_test.c - from a name to a file: search, versions, linker scripts,
** the loader's cache.
*/
#define _GNU_SOURCE
#include <unistd.h>

#include "check.h"
#include "sample.h"

#include "object/ldcache.h"
#include "object/ldscript.h"
#include "object/libdefault.h"
#include "object/libpath.h"

static Error error;

static int says(const char *part) {
  if (strstr(error.message, part) != NULL)
    return 1;
  fprintf(stderr, "  in: %s\n", error.message);
  return 0;
}

/* Is the path, to be freed, that file of the folder (NULL: none, but why)? */
static int is_at(const char *name, const char *expected, char *path) {
  int ok = expected == NULL ? path == NULL && error.message[0] != '\0'
         : path != NULL && strcmp(path, sample_path(expected)) == 0;
  if (!ok)
    fprintf(stderr, "  %s: %s\n", name, path == NULL ? error.message : path);
  free(path);
  return ok;
}

/* Is `name` found as the file `expected` of the folder (NULL: not at all)? */
static int finds(const char *name, const char *version,
                 const char *expected) {
  error.message[0] = '\0';
  return is_at(name, expected, libpath_find(name, version, &error));
}

/* libspam.so.1.2.13, .so.1 leads to it, .so.10 is another, and more. */
static void build_folder(void) {
  CHECK(sample_run("mkdir one two && : > one/libspam.so.99"));
  CHECK(sample_build("two/libspam.so.1.2.13", "-Wl,-soname,libspam.so.1",
                     "int spam = 1;"));
  CHECK(sample_build("two/libspam.so.10", "-Wl,-soname,libspam.so.10",
                     "int spam = 10;"));
  CHECK(sample_build("two/libegg.so", "", "int egg = 1;"));
  CHECK(sample_run("cd two && ln -s libspam.so.1.2.13 libspam.so.1 && "
                   "echo broken > libspam.so.11 && "
                   "echo broken > libspam.so.2-gdb.py"));
  setenv("LD_LIBRARY_PATH", sample_path("one"), 1);
  const char *both = sample_path("one");
  char list[1024];
  snprintf(list, sizeof list, "%s:%s", both, sample_path("two"));
  setenv("LD_LIBRARY_PATH", list, 1);
}

static void test_search(void) {
  CHECK(finds("spam", NULL, "two/libspam.so.10"));
  CHECK(finds("libspam.so", NULL, "two/libspam.so.10"));
  CHECK(finds("libspam", NULL, "two/libspam.so.10"));
  CHECK(finds("libspam.so.1", NULL, "two/libspam.so.1.2.13"));
  CHECK(finds("libspam.so.1.2.13", NULL, "two/libspam.so.1.2.13"));
  CHECK(finds("egg", NULL, "two/libegg.so"));
  CHECK(finds("spam", "1", "two/libspam.so.1.2.13"));
  CHECK(finds("spam", "1.2", "two/libspam.so.1.2.13"));
  CHECK(finds("spam", "1.2.13", "two/libspam.so.1.2.13"));
  CHECK(finds("libspam.so", "10", "two/libspam.so.10"));
  CHECK(finds("spam", "1.2.1", NULL));
  CHECK(finds("spam", "3", NULL) && says("libspam.so.3: not found; tried:\n"));
  CHECK(says("not version 3"));
  CHECK(finds("libspam.so.1", "10", NULL) && says("libspam.so.1.2.13"));
  CHECK(finds("", NULL, NULL));
  CHECK(finds("no_such_library", NULL, NULL));
  CHECK(says("libno_such_library.so: not found; tried:\n"));
  CHECK(says(sample_path("one/libno_such_library.so")));
}

static void test_paths(void) {
  CHECK(finds(sample_path("two/libspam.so.1"), NULL,
              "two/libspam.so.1.2.13"));
  CHECK(finds(sample_path("two/libspam.so.1"), "1", "two/libspam.so.1.2.13"));
  CHECK(finds(sample_path("two/libspam.so.1"), "2", NULL));
  CHECK(says("not version 2"));
  CHECK(finds(sample_path("two/absent.so"), NULL, NULL));
  CHECK(says("No such file"));
  CHECK(finds(sample_path("two"), NULL, NULL) && says("directory"));
  CHECK(finds(sample_path("one/libspam.so.99"), NULL, NULL) && says("empty"));
  CHECK(chdir(sample_folder) == 0);
  CHECK(finds("two/libegg.so", NULL, "two/libegg.so"));
  CHECK(finds("./two/../two/libegg.so", NULL, "two/libegg.so"));
}

/* What is found in two/ when one/libwrap.so is this script. */
static int leads(const char *script, const char *expected) {
  sample_text("one/libwrap.so", script);
  return finds("wrap", NULL, expected) &&
         finds(sample_path("one/libwrap.so"), NULL, expected);
}

static void test_scripts(void) {
  char text[512];
  snprintf(text, sizeof text, "/* GNU ld script\n*/ OUTPUT_FORMAT(elf64)\n"
           "GROUP ( %s /usr/lib/x_nonshared.a AS_NEEDED ( /lib/ld.so.2 ) )",
           sample_path("two/libegg.so"));
  CHECK(leads(text, "two/libegg.so"));
  CHECK(leads("INPUT(libspam.so.1 -ltinfo)", "two/libspam.so.1.2.13"));
  CHECK(leads("INPUT(-legg)", "two/libegg.so"));
  CHECK(leads("INPUT(libabsent.so.6, \"libegg.so\")", "two/libegg.so"));
  CHECK(leads("GROUP(AS_NEEDED(-lno_such) x.a -legg)", "two/libegg.so"));
  CHECK(leads("SEARCH_DIR(x) VERSION { a; } INPUT(-legg)", "two/libegg.so"));
  CHECK(leads("INPUT(-lwrap)", NULL) && says("linker script"));
  CHECK(leads("INPUT(libwrap.so libwrap.so)", NULL));
  CHECK(leads("GROUP ( )", NULL) && leads("INPUT(", NULL));
  CHECK(leads("/* INPUT(-legg)", NULL) && leads("int x;", NULL));
  CHECK(leads("INPUT(/no/such.so)", NULL));
}

static int lists(const char *text, const char *expected) {
  char all[256] = "", name[64];
  LdScript script;
  ldscript_init(&script, text, strlen(text));
  while (ldscript_next(&script, name, sizeof name)) {
    strcat(all, name);
    strcat(all, " ");
  }
  return strcmp(all, expected) == 0;
}

static void test_ldscript(void) {
  CHECK(lists("GROUP(a b /*c*/d AS_NEEDED(e f) g)h", "a b d e f g "));
  CHECK(lists("INPUT(a)INPUT ( =/b $SYSROOT/c )", "a /b /c "));
  CHECK(lists("OUTPUT_FORMAT(GROUP (x)) GROUP(y)", "y "));
  CHECK(lists("INPUT INPUT(z)", "z "));
  CHECK(lists("GROUP(a (b) AS_NEEDED", "a b AS_NEEDED "));
  CHECK(lists("", "") && lists("/*", "") && lists("INPUT(\"", ""));
  CHECK(lists("INPUT(\"a b\" c", "a b c "));
}

/* ---------------------------------------------------------------------
** The cache, as ldconfig writes it in its three formats.
*/

typedef struct Bytes {
  uint8_t bytes[1024];
  size_t size;
} Bytes;

static void put(Bytes *to, const void *bytes, size_t size) {
  memcpy(to->bytes + to->size, bytes, size);
  to->size += size;
}

static void put_u32(Bytes *to, uint32_t value) {
  put(to, &value, 4);
}

static const char strings[] = "libold.so.1\0/old/libold.so.1";

static void put_old(Bytes *to) {
  put(to, "ld.so-1.7.0", 12);
  put_u32(to, 1);
  put_u32(to, 3);
  put_u32(to, 0);
  put_u32(to, 12);
}

/* Two entries, the first of which is for special processors. */
static void put_new(Bytes *to) {
  static const char both[] = "libnew.so.1\0/new/libnew.so.1";
  uint64_t hwcap = (uint64_t)1 << 62;
  put(to, "glibc-ld.so.cache1.1", 20);
  put_u32(to, 2);
  put_u32(to, sizeof both);
  for (int i = 0; i < 5; i++)
    put_u32(to, 0);
  for (int i = 0; i < 2; i++) {
    put_u32(to, 0x303);
    put_u32(to, 96);
    put_u32(to, 108);
    put_u32(to, 0);
    put(to, &hwcap, 8);
    hwcap = 0;
  }
  put(to, both, sizeof both);
}

static int cached(const Bytes *bytes, const char *name, const char *path) {
  LdCache cache;
  sample_write("cache", bytes->bytes, bytes->size);
  ldcache_read(&cache, sample_path("cache"));
  int ok = name == NULL ? cache.count == 0
         : cache.count == 1 && strcmp(cache.entries[0].name, name) == 0 &&
           strcmp(cache.entries[0].path, path) == 0;
  ldcache_free(&cache);
  return ok;
}

static void test_cache(void) {
  Bytes old = {{0}, 0}, fresh = {{0}, 0}, both = {{0}, 0};
  put_old(&old);
  put(&old, strings, sizeof strings);
  put_new(&fresh);
  put_old(&both);                 /* the new one is before its strings */
  both.size = (both.size + 7) & ~(size_t)7;
  put_new(&both);
  CHECK(cached(&old, "libold.so.1", "/old/libold.so.1"));
  CHECK(cached(&fresh, "libnew.so.1", "/new/libnew.so.1"));
  CHECK(cached(&both, "libnew.so.1", "/new/libnew.so.1"));
  memset(fresh.bytes + 20, 0xff, 4);
  CHECK(cached(&fresh, NULL, NULL));
  memset(old.bytes + 20, 0xff, 4);
  CHECK(cached(&old, NULL, NULL));
  old.size = 0;
  CHECK(cached(&old, NULL, NULL));
  LdCache cache;
  ldcache_read(&cache, sample_path("absent"));
  CHECK(cache.count == 0);
  ldcache_free(&cache);
}

/* Every cut and every changed byte of a cache: an answer, and no crash. */
static void test_damaged_cache(void) {
  Bytes sound = {{0}, 0};
  size_t total = 0;
  put_old(&sound);
  sound.size = (sound.size + 7) & ~(size_t)7;
  put_new(&sound);
  for (size_t i = 0; i < 2 * sound.size; i++) {
    Bytes bad = sound;
    LdCache cache;
    if (i < sound.size)
      bad.size = i;
    else
      bad.bytes[i - sound.size] ^= 0xff;
    sample_write("cache", bad.bytes, bad.size);
    ldcache_read(&cache, sample_path("cache"));
    for (size_t k = 0; k < cache.count; k++)
      total += strlen(cache.entries[k].name) + strlen(cache.entries[k].path);
    ldcache_free(&cache);
  }
  CHECK(total > 0);
}

/* Are the default folders those, below "root", with a space between them? */
static int defaults(const LibSystem *system, const char *expected) {
  FolderList list = {.count = 0};
  char found[1024] = "";
  const char *root = sample_path("root");
  size_t length = strlen(root);
  folders_default(&list, system, root);
  for (size_t i = 0; i < list.count; i++) {
    const char *path = list.paths[i];
    strcat(found, i == 0 ? "" : " ");
    strcat(found, strncmp(path, root, length) == 0 ? path + length : path);
  }
  folders_free(&list);
  if (strcmp(found, expected) != 0)
    fprintf(stderr, "  found: %s\n", found);
  return strcmp(found, expected) == 0;
}

/* What the loaders of other systems go by, below a folder of our own. */
static void test_defaults(void) {
  CHECK(sample_run("mkdir -p root/etc root/lib root/usr/lib root/usr/local/lib "
                   "root/opt/homebrew/lib root/opt/x/lib root/lib64 other"));
  CHECK(defaults(&system_glibc, "/lib64 /lib /usr/lib /usr/local/lib"));
  CHECK(defaults(&system_musl, "/lib /usr/local/lib /usr/lib"));
  CHECK(sample_run("echo /usr/lib > root/etc/ld-musl-none.path"));
  CHECK(defaults(&system_musl, "/usr/lib"));
  CHECK(sample_run("printf '/opt/x/lib:/gone\\n/usr/lib\\n/usr/lib\\n' "
                   "> root/etc/ld-musl-$(cc -dumpmachine | cut -d- -f1).path"));
  CHECK(defaults(&system_musl, "/opt/x/lib /usr/lib"));
  CHECK(defaults(&system_dyld, "/opt/homebrew/lib /usr/local/lib /usr/lib"));
  setenv("DYLD_FALLBACK_LIBRARY_PATH", sample_path("other"), 1);
  char expected[600];
  snprintf(expected, sizeof expected, "%s /opt/homebrew/lib /usr/local/lib "
           "/usr/lib", sample_path("other"));
  CHECK(defaults(&system_dyld, expected));
  unsetenv("DYLD_FALLBACK_LIBRARY_PATH");
  CHECK(sample_run("rm -r root/etc/*"));
  CHECK(defaults(&system_musl, "/lib /usr/local/lib /usr/lib"));
}

/* ---------------------------------------------------------------------
** Names.
*/

typedef struct NameRow {
  const LibSystem *system;
  const char *name, *stem, *version;      /* stem NULL: no library's */
} NameRow;

static const NameRow name_rows[] = {
  {&system_glibc, "libz.so", "libz", ""},
  {&system_glibc, "libz.so.1", "libz", "1"},
  {&system_glibc, "libz.so.1.2.13", "libz", "1.2.13"},
  {&system_glibc, "libpython3.11.so.1.0", "libpython3.11", "1.0"},
  {&system_glibc, "libdb-5.3.so", "libdb-5.3", ""},
  {&system_glibc, "a.sox.so.2", "a.sox", "2"},
  {&system_glibc, "libz.dylib", NULL, ""},
  {&system_glibc, "libz.so.", NULL, ""},
  {&system_glibc, "z", NULL, ""},
  {&system_dyld, "libz.dylib", "libz", ""},
  {&system_dyld, "libz.1.dylib", "libz", "1"},
  {&system_dyld, "libz.1.2.13.dylib", "libz", "1.2.13"},
  {&system_dyld, "libc++.1.0.dylib", "libc++", "1.0"},
  {&system_dyld, "libsqlite3.0.dylib", "libsqlite3", "0"},
  {&system_dyld, "libxml2.dylib", "libxml2", ""},
  {&system_dyld, "libglib-2.0.0.dylib", "libglib-2", "0.0"},
  {&system_dyld, "libz.1.so", NULL, ""},
  {&system_dyld, "libz.dylib.1", NULL, ""},
  {&system_dyld, "z", NULL, ""}
};

static void test_names(void) {
  for (size_t i = 0; i < sizeof name_rows / sizeof *name_rows; i++) {
    const NameRow *row = &name_rows[i];
    char back[64] = "";
    FileName parts;
    bool is_name = filename_split(row->system, row->name, &parts);
    CHECK(is_name == (row->stem != NULL));
    if (!is_name)
      continue;
    CHECK(parts.length == strlen(row->stem) &&
          memcmp(parts.stem, row->stem, parts.length) == 0);
    CHECK(parts.digits == strlen(row->version) &&
          memcmp(parts.version, row->version, parts.digits) == 0);
    CHECK(filename_join(row->system, &parts, back, sizeof back));
    CHECK(strcmp(back, row->name) == 0);
    CHECK(!filename_join(row->system, &parts, back, strlen(row->name)));
  }
}

static int finds_mac(const char *name, const char *version,
                     const char *expected) {
  error.message[0] = '\0';
  return is_at(name, expected,
               libpath_find_on(&system_dyld, name, version, &error));
}

/* A folder as Homebrew has them; and ELF files, which are not for macOS. */
static void test_macos(void) {
  static const char macho[] = "\xCF\xFA\xED\xFE\7\0\0\1\3\0\0\0\6";
  CHECK(sample_run("mkdir mac mac/rest"));
  sample_write("mac/libspam.1.2.13.dylib", macho, sizeof macho);
  sample_write("mac/libspam.10.dylib", macho, sizeof macho);
  sample_write("mac/rest/libegg.2.dylib", macho, sizeof macho);
  sample_write("mac/rest/module.so", macho, sizeof macho);
  CHECK(sample_run("cd mac && ln -s libspam.1.2.13.dylib libspam.1.dylib && "
                   "ln -s libspam.10.dylib libspam.dylib && "
                   "cp ../two/libegg.so rest/libelf.dylib && "
                   "echo broken > libspam.11.dylib"));
  setenv("DYLD_LIBRARY_PATH", sample_path("mac"), 1);
  CHECK(finds_mac("spam", NULL, "mac/libspam.10.dylib"));
  CHECK(finds_mac("libspam", NULL, "mac/libspam.10.dylib"));
  CHECK(finds_mac("libspam.dylib", NULL, "mac/libspam.10.dylib"));
  CHECK(finds_mac("libspam.1.dylib", NULL, "mac/libspam.1.2.13.dylib"));
  CHECK(finds_mac("spam", "1", "mac/libspam.1.2.13.dylib"));
  CHECK(finds_mac("libspam.dylib", "1.2", "mac/libspam.1.2.13.dylib"));
  CHECK(finds_mac("spam", "10", "mac/libspam.10.dylib"));
  CHECK(finds_mac("spam", "11", NULL) && says("is a text file"));
  CHECK(finds_mac("spam", "3", NULL) && says("libspam.3.dylib: not found"));
  CHECK(says("in DYLD_LIBRARY_PATH"));
  CHECK(finds_mac("egg", NULL, NULL) && says("libegg.dylib: not found"));
  setenv("DYLD_FALLBACK_LIBRARY_PATH", sample_path("mac/rest"), 1);
  CHECK(finds_mac("egg", NULL, "mac/rest/libegg.2.dylib"));
  CHECK(finds_mac("module.so", NULL, "mac/rest/module.so"));
  CHECK(finds_mac("elf", NULL, NULL) && says("is an ELF file"));
  CHECK(finds_mac(sample_path("mac/libspam.1.dylib"), NULL,
                  "mac/libspam.1.2.13.dylib"));
  CHECK(finds_mac(sample_path("mac/libspam.1.dylib"), "2", NULL));
  CHECK(says("not version 2"));
  CHECK(finds_mac(sample_path("mac"), NULL, NULL));
  unsetenv("DYLD_LIBRARY_PATH");
  unsetenv("DYLD_FALLBACK_LIBRARY_PATH");
}

/* The machine's own: whatever is in its cache can be found by its name. */
static void test_system(void) {
  unsetenv("LD_LIBRARY_PATH");
  char *path = libpath_find("c", NULL, &error);
  CHECK(path != NULL && path[0] == '/' && strstr(path, "libc") != NULL);
  free(path);
  path = libpath_find("libc.so.6", NULL, &error);
  char *other = libpath_find("c", "6", &error);
  CHECK(path != NULL && other != NULL && strcmp(path, other) == 0);
  free(path);
  free(other);
}

int main(void) {
  sample_begin();
  build_folder();
  test_search();
  test_paths();
  test_scripts();
  test_ldscript();
  test_cache();
  test_damaged_cache();
  test_defaults();
  test_names();
  test_macos();
  test_system();
  sample_end();
  return check_report();
}
