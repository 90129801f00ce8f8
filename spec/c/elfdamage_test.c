/*
** elfdamage_test.c - ELF files of every class and byte order, sound and
** damaged.
**
**   elfdamage_test [count [file ...]]
**
** Small files are made here byte by byte, in eight forms. Each is read, then
** every beginning of it, then `count` randomly damaged copies of all, and of
** the files named: any answer will do that is no crash and no hang.
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "sample.h"

#include "object/elfsym.h"

#define ROOM 4096
#define DYNAMIC_AT 232            /* behind header and three segments */
#define TABLES_AT 600             /* behind the dynamic segment */
#define BASE 0x10000              /* address of the file's first byte */
#define SECONDS 600               /* a hang is ended by an alarm */

static Error error;

/* ---------------------------------------------------------------------
** Making a file.
*/

typedef struct Maker {
  uint8_t bytes[ROOM];
  size_t size;                    /* written so far */
  int big, wide, gnu;             /* its form */
  size_t strings;                 /* where the string table begins */
  uint64_t dynamic[40];           /* tag, value, tag, value ... */
  size_t ndynamic;
} Maker;

static void put(Maker *maker, uint64_t value, size_t count) {
  for (size_t i = 0; i < count; i++) {
    size_t place = maker->big ? count - 1 - i : i;
    maker->bytes[maker->size + place] = (uint8_t)(value >> 8 * i);
  }
  maker->size += count;
}

static void put_word(Maker *maker, uint64_t value) {
  put(maker, value, maker->wide ? 8 : 4);
}

static void set(Maker *maker, uint64_t tag, uint64_t value) {
  maker->dynamic[maker->ndynamic++] = tag;
  maker->dynamic[maker->ndynamic++] = value;
}

/* The string table; names are known by their offset in it. */
static const char names[] =
  "\0one\0two\0three\0ext\0V1\0libme.so.1\0libc.so.6\0GLIBC_2\0libdl.so.2";
enum {
  ONE = 1, TWO = 5, THREE = 9, EXT = 15, V1 = 19, SONAME = 22, LIBC = 33,
  GLIBC_2 = 43, LIBDL = 51
};

static void put_symbol(Maker *maker, uint32_t name, int info, int section,
                       uint64_t value, uint64_t size) {
  put(maker, name, 4);
  if (!maker->wide) {
    put(maker, value, 4);
    put(maker, size, 4);
  }
  put(maker, (uint64_t)info, 1);
  put(maker, 0, 1);
  put(maker, (uint64_t)section, 2);
  if (maker->wide) {
    put(maker, value, 8);
    put(maker, size, 8);
  }
}

static void put_symbols(Maker *maker) {
  set(maker, 6, BASE + maker->size);
  set(maker, 11, maker->wide ? 24 : 16);
  put_symbol(maker, 0, 0, 0, 0, 0);
  put_symbol(maker, EXT, 0x12, 0, 0, 0);
  put_symbol(maker, ONE, 0x12, 5, 0x1234, 16);
  put_symbol(maker, TWO, 0x21, 6, 0x5678, 8);
  put_symbol(maker, THREE, 0x16, 7, 4, 4);
  set(maker, 0x6ffffff0, BASE + maker->size);
  put(maker, 0, 2);
  put(maker, 3, 2);
  put(maker, 2, 2);
  put(maker, 0x8002, 2);
  put(maker, 1, 2);
}

static void put_hash(Maker *maker) {
  set(maker, maker->gnu ? 0x6ffffef5 : 4, BASE + maker->size);
  put(maker, 1, 4);               /* buckets */
  put(maker, maker->gnu ? 2 : 5, 4); /* the first symbol; or their number */
  if (!maker->gnu)
    return;
  put(maker, 1, 4);               /* words of the filter */
  put(maker, 6, 4);
  put_word(maker, ~(uint64_t)0);
  put(maker, 2, 4);               /* the bucket */
  put(maker, 100, 4);             /* its chain, which ends with an odd one */
  put(maker, 200, 4);
  put(maker, 301, 4);
}

static void put_versions(Maker *maker) {
  set(maker, 0x6ffffffc, BASE + maker->size);
  set(maker, 0x6ffffffd, 2);
  for (uint64_t i = 1; i <= 2; i++) {
    put(maker, 1, 2);
    put(maker, i == 1, 2);        /* the first one is the file itself */
    put(maker, i, 2);
    put(maker, 1, 2);
    put(maker, 0, 4);
    put(maker, 20, 4);
    put(maker, i == 1 ? 28 : 0, 4);
    put(maker, i == 1 ? SONAME : V1, 4);
    put(maker, 0, 4);
  }
  set(maker, 0x6ffffffe, BASE + maker->size);
  set(maker, 0x6fffffff, 1);
  put(maker, 1, 2);
  put(maker, 1, 2);
  put(maker, LIBC, 4);
  put(maker, 16, 4);
  put(maker, 0, 4);
  put(maker, 0, 4);
  put(maker, 0, 2);
  put(maker, 3, 2);
  put(maker, GLIBC_2, 4);
  put(maker, 0, 4);
}

static void put_strings(Maker *maker) {
  set(maker, 5, BASE + maker->size);
  set(maker, 10, sizeof names);
  memcpy(maker->bytes + maker->size, names, sizeof names);
  maker->size += (sizeof names + 3) & ~(size_t)3;
  set(maker, 1, LIBC);
  set(maker, 1, LIBDL);
  set(maker, 14, SONAME);
}

/* A note that is none of ours, then the build id. */
static size_t put_notes(Maker *maker) {
  size_t start = maker->size;
  for (int type = 1; type <= 3; type += 2) {
    put(maker, 4, 4);
    put(maker, 5, 4);
    put(maker, (uint64_t)type, 4);
    memcpy(maker->bytes + maker->size, "GNU\0\1\2\3\4\5", 9);
    maker->size += 12;
  }
  return start;
}

static void put_segment(Maker *maker, uint64_t type, size_t offset,
                        size_t size) {
  put(maker, type, 4);
  if (maker->wide)
    put(maker, 4, 4);
  put_word(maker, offset);
  put_word(maker, BASE + offset);
  put_word(maker, BASE + offset);
  put_word(maker, size);
  put_word(maker, size);
  if (!maker->wide)
    put(maker, 4, 4);
  put_word(maker, 4);
}

static void put_header(Maker *maker, uint64_t machine) {
  memcpy(maker->bytes, "\177ELF\0\0\1", 7);
  maker->bytes[4] = maker->wide ? 2 : 1;
  maker->bytes[5] = maker->big ? 2 : 1;
  maker->size = 16;
  put(maker, 3, 2);
  put(maker, machine, 2);
  put(maker, 1, 4);
  put_word(maker, 0);
  put_word(maker, maker->wide ? 64 : 52);
  put_word(maker, 0);
  put(maker, 0, 4);
  put(maker, maker->wide ? 64 : 52, 2);
  put(maker, maker->wide ? 56 : 32, 2);
  put(maker, 3, 2);
  put(maker, 0, 6);
}

static void make(Maker *maker, int form) {
  memset(maker, 0, sizeof *maker);
  maker->big = form & 1;
  maker->wide = form >> 1 & 1;
  maker->gnu = form >> 2 & 1;
  maker->size = TABLES_AT;
  put_symbols(maker);
  put_hash(maker);
  put_versions(maker);
  put_strings(maker);
  size_t notes = put_notes(maker);
  size_t whole = maker->size;
  put_header(maker, maker->big ? 8 : 40);
  put_segment(maker, 1, 0, whole);
  put_segment(maker, 2, DYNAMIC_AT, TABLES_AT - DYNAMIC_AT);
  put_segment(maker, 4, notes, whole - notes);
  maker->size = DYNAMIC_AT;
  for (size_t i = 0; i < maker->ndynamic; i++)
    put_word(maker, maker->dynamic[i]);
  maker->size = whole;
}

/* ---------------------------------------------------------------------
** Sound files.
*/

static int has(const ElfFile *file, const char *name, const char *version,
               SymbolKind kind, uint64_t value) {
  const ElfSymbol *symbol = elf_find(file, name, version);
  return symbol != NULL && symbol->kind == kind && symbol->value == value;
}

static void check_info(const ElfInfo *info) {
  CHECK(strcmp(info->soname, "libme.so.1") == 0);
  CHECK(info->runpath == NULL);
  CHECK(info->nneeded == 2 && strcmp(info->needed[1], "libdl.so.2") == 0);
  CHECK(info->ndefined == 1 && strcmp(info->defined[0], "V1") == 0);
  CHECK(info->nrequired == 1 &&
        strcmp(info->required[0], "libc.so.6 GLIBC_2") == 0);
  CHECK(info->nbuildid == 5 && memcmp(info->buildid, "\1\2\3\4\5", 5) == 0);
}

static void test_form(int form) {
  Maker maker;
  make(&maker, form);
  sample_write("form.so", maker.bytes, maker.size);
  ElfFile *file = elf_open(sample_path("form.so"), &error);
  if (!CHECK(file != NULL)) {
    fprintf(stderr, "  form %d: %s\n", form, error.message);
    return;
  }
  check_info(elf_info(file));
  CHECK(elf_count(file) == 3);
  CHECK(has(file, "one", NULL, SYMBOL_FUNCTION, 0x1234));
  CHECK(has(file, "one", "V1", SYMBOL_FUNCTION, 0x1234));
  CHECK(has(file, "two", "V1", SYMBOL_VARIABLE, 0x5678));
  CHECK(elf_find(file, "two", NULL) == NULL);
  CHECK(has(file, "three", NULL, SYMBOL_TLS, 4));
  CHECK(elf_find(file, "ext", NULL) == NULL);
  CHECK(!elf_loadable(file, &error));
  CHECK(strstr(error.message, maker.big ? "MIPS" : "ARM") != NULL);
  elf_close(file);
}

/* ---------------------------------------------------------------------
** Damaged ones.
*/

static uint32_t seed = 12345;

static uint32_t random_below(uint32_t limit) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed % limit;
}

/* Reads all that the file says of itself. Returns whether it opened. */
static int read_all(const char *path) {
  size_t total = 0;
  ElfFile *file = elf_open(path, &error);
  if (file == NULL)
    return error.message[0] == '\0' ? -1 : 0;
  const ElfInfo *info = elf_info(file);
  for (size_t i = 0; i < info->nneeded; i++)
    total += strlen(info->needed[i]);
  for (size_t i = 0; i < info->ndefined; i++)
    total += strlen(info->defined[i]);
  for (size_t i = 0; i < info->nrequired; i++)
    total += strlen(info->required[i]);
  for (size_t i = 0; i < info->nbuildid; i++)
    total += info->buildid[i];
  for (size_t i = 0; i < elf_count(file); i++) {
    const ElfSymbol *symbol = elf_symbol(file, i);
    total += elf_find(file, symbol->name, symbol->version) != NULL;
  }
  elf_find(file, "one", NULL);
  elf_loadable(file, &error);
  elf_close(file);
  return total > 0 || 1;
}

static void test_cut(int form) {
  Maker maker;
  int bad = 0, opened = 0;
  make(&maker, form);
  sample_write("cut.so", maker.bytes, maker.size);
  const char *path = sample_path("cut.so");
  for (size_t size = maker.size; size-- > 0;) {
    if (truncate(path, (off_t)size) != 0)
      abort();
    int result = read_all(path);
    bad += result < 0;
    opened += result > 0;
  }
  CHECK(bad == 0);
  CHECK(opened == 0);             /* its one segment is the whole file */
}

/* Overwrites a few bytes at `at` with what is most likely to hurt. */
static void hurt(uint8_t *bytes, size_t size) {
  static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
  size_t at = random_below((uint32_t)size);
  size_t count = 1 + random_below(4);
  uint32_t way = random_below(3);
  uint8_t value = values[random_below(sizeof values)];
  for (; count > 0 && at < size; count--, at++)
    bytes[at] = way == 0 ? (uint8_t)random_below(256)
              : way == 1 ? value : (uint8_t)(bytes[at] + value);
}

/* `count` copies with one to eight damages each. */
static void damage(const uint8_t *bytes, size_t size, size_t count) {
  uint8_t *copy = malloc(size);
  const char *path = sample_path("damaged.so");
  size_t opened = 0, bad = 0;
  sample_write("damaged.so", bytes, size);
  int fd = open(path, O_WRONLY);
  if (copy == NULL || fd < 0)
    abort();
  for (size_t i = 0; i < count; i++) {
    memcpy(copy, bytes, size);
    for (uint32_t n = 1 + random_below(8); n > 0; n--)
      hurt(copy, size);
    if (pwrite(fd, copy, size, 0) != (ssize_t)size)
      abort();
    int result = read_all(path);
    bad += result < 0;
    opened += result > 0;
  }
  CHECK(bad == 0);
  printf("%zu damaged copies, %zu still readable\n", count, opened);
  close(fd);
  free(copy);
}

static void damage_file(const char *path, size_t count) {
  FILE *file = fopen(path, "rb");
  uint8_t *bytes = malloc(1 << 24);
  if (CHECK(file != NULL && bytes != NULL))
    damage(bytes, fread(bytes, 1, 1 << 24, file), count);
  if (file != NULL)
    fclose(file);
  free(bytes);
}

int main(int argc, char **argv) {
  size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 4000;
  alarm(SECONDS + (unsigned)(count / 100));
  sample_begin();
  for (int form = 0; form < 8; form++) {
    Maker maker;
    test_form(form);
    test_cut(form);
    make(&maker, form);
    damage(maker.bytes, maker.size, count / 8);
  }
  for (int i = 2; i < argc; i++)
    damage_file(argv[i], count);
  sample_end();
  return check_report();
}
