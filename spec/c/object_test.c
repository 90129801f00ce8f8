/*
** object_test.c - shared objects: what their tables say, opening, symbols,
** closing.
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "check.h"
#include "sample.h"

#include "object/library.h"
#include "object/loader.h"
#include "base/nearname.h"

static Error error;

/* Does the error's message have this in it? */
static int says(const char *part) {
  if (strstr(error.message, part) != NULL)
    return 1;
  fprintf(stderr, "  in: %s\n", error.message);
  return 0;
}

/* ---------------------------------------------------------------------
** Samples.
*/

static const char all_kinds[] =
  "int started;\n"
  "__attribute__((constructor)) static void start(void) { started++; }\n"
  "int answer(void) { return 42; }\n"
  "int numbers[3] = {1, 2, 3};\n"
  "const char *const text = \"hello\";\n"
  "__thread int local = 7;\n"
  "__attribute__((weak)) int perhaps(void) { return 1; }\n"
  "__attribute__((visibility(\"hidden\"))) int hidden(void) { return 1; }\n"
  "__attribute__((visibility(\"protected\"))) int guarded = 5;\n"
  "static int mine(void) { return 9; }\n"
  "static void *resolve(void) { return (void *)mine; }\n"
  "int chosen(void) __attribute__((ifunc(\"resolve\")));\n"
  "int old_thing(void) { return 1; }\n"
  "int new_thing(void) { return 2; }\n"
  "__asm__(\".symver old_thing,thing@V1\");\n"
  "__asm__(\".symver new_thing,thing@@V2\");\n"
  "int ancient_thing(void) { return 3; }\n"
  "__asm__(\".symver ancient_thing,ancient@V1\");\n";

static const char versions[] =
  "V1 { global: answer; numbers; text; local; perhaps; guarded; chosen;"
  " started; };\n"
  "V2 { } V1;\n";

static int build_all_kinds(const char *name, const char *flags) {
  char all[512];
  sample_text("versions", versions);
  snprintf(all, sizeof all, "-Wl,--version-script=versions -Wl,-soname,"
           "libkinds.so.1 -Wl,-rpath,/opt/kinds -Wl,--build-id=sha1 "
           "-Wl,--no-as-needed -lm %s", flags);
  return sample_build(name, all, all_kinds);
}

/* ---------------------------------------------------------------------
** elfsym.
*/

static int has(const ElfFile *file, const char *name, const char *version,
               SymbolKind kind, uint64_t size) {
  const ElfSymbol *symbol = elf_find(file, name, version);
  return symbol != NULL && strcmp(symbol->name, name) == 0 &&
         symbol->kind == kind && symbol->size == size;
}

static void check_info(const ElfFile *file) {
  const ElfInfo *info = elf_info(file);
  CHECK(strcmp(info->soname, "libkinds.so.1") == 0);
  CHECK(strcmp(info->runpath, "/opt/kinds") == 0);
  CHECK(info->nneeded >= 1 && strcmp(info->needed[0], "libm.so.6") == 0);
  CHECK(info->nbuildid == 20);
  CHECK(info->ndefined == 2 && strcmp(info->defined[0], "V1") == 0 &&
        strcmp(info->defined[1], "V2") == 0);
  for (size_t i = 0; i < info->nrequired; i++)
    CHECK(strchr(info->required[i], ' ') != NULL);
}

static void check_symbols(const ElfFile *file) {
  CHECK(elf_find(file, "answer", NULL)->kind == SYMBOL_FUNCTION);
  CHECK(has(file, "numbers", NULL, SYMBOL_VARIABLE, 3 * sizeof(int)));
  CHECK(has(file, "guarded", "V1", SYMBOL_VARIABLE, sizeof(int)));
  CHECK(has(file, "local", NULL, SYMBOL_TLS, sizeof(int)));
  CHECK(elf_find(file, "chosen", NULL)->kind == SYMBOL_IFUNC);
  CHECK(elf_find(file, "perhaps", NULL)->weak);
  CHECK(!elf_find(file, "answer", NULL)->weak);
  CHECK(elf_find(file, "hidden", NULL) == NULL);
  CHECK(elf_find(file, "mine", NULL) == NULL);
  CHECK(elf_find(file, "printf", NULL) == NULL);
  CHECK(elf_find(file, "answer", "V2") == NULL);
  CHECK(elf_find(file, "", NULL) == NULL);
}

static void check_versions(const ElfFile *file) {
  const ElfSymbol *older = elf_find(file, "thing", "V1");
  const ElfSymbol *newer = elf_find(file, "thing", "V2");
  CHECK(older != NULL && newer != NULL && older != newer);
  CHECK(!older->isdefault && newer->isdefault);
  CHECK(elf_find(file, "thing", NULL) == newer);
  CHECK(elf_find(file, "ancient", NULL) == NULL);
  CHECK(elf_find(file, "ancient", "V1") != NULL);
}

/* Every listed symbol is found under its own name and version. */
static void check_list(const ElfFile *file) {
  size_t found = 0;
  for (size_t i = 0; i < elf_count(file); i++) {
    const ElfSymbol *symbol = elf_symbol(file, i);
    if (symbol->version != NULL)
      found += elf_find(file, symbol->name, symbol->version) == symbol;
    else
      found += elf_find(file, symbol->name, NULL) != NULL;
  }
  CHECK(found == elf_count(file) && found > 0);
  CHECK(elf_symbol(file, elf_count(file)) == NULL);
}

/* The same file with either hash table and without section headers. */
static void test_elf(void) {
  static const char *const flags[] = {
    "-Wl,--hash-style=gnu", "-Wl,--hash-style=sysv", "-Wl,--hash-style=both"
  };
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    CHECK(build_all_kinds("kinds.so", flags[i]));
    if (sizeof(void *) == 8 && i != 1)
      CHECK(sample_run("for at in 40 41 42 43 44 45 46 47 60 61; do dd "
                       "if=/dev/zero of=kinds.so bs=1 count=1 seek=$at "
                       "conv=notrunc status=none; done"));
    ElfFile *file = elf_open(sample_path("kinds.so"), &error);
    if (!CHECK(file != NULL))
      continue;
    sample_text("kinds.so", "");  /* what was read stays as it was */
    check_info(file);
    check_symbols(file);
    check_versions(file);
    check_list(file);
    CHECK(elf_loadable(file, &error));
    elf_close(file);
  }
  elf_close(NULL);
  CHECK(elf_count(NULL) == 0 && elf_find(NULL, "x", NULL) == NULL);
  CHECK(elf_info(NULL)->nneeded == 0);
}

/* Opens what is no shared object; the message says what it is. */
static int refused(const char *name, const char *part) {
  error.message[0] = '\0';
  ElfFile *file = elf_open(sample_path(name), &error);
  int ok = file == NULL && says(part) &&
           strncmp(error.message, sample_path(name),
                   strlen(sample_path(name))) == 0;
  elf_close(file);
  return ok;
}

static void test_refused(void) {
  CHECK(refused("nothing.so", "no such file"));
  CHECK(refused("", "is a directory"));
  sample_text("empty.so", "");
  CHECK(refused("empty.so", "is empty"));
  sample_text("text.so", "int main(void) { return 0; }\n");
  CHECK(refused("text.so", "is a text file"));
  sample_text("script.so", "/* GNU ld script */ GROUP ( /lib/libx.so.6 )");
  CHECK(refused("script.so", "GNU ld script"));
  CHECK(refused("script.so", "/lib/libx.so.6"));
  sample_text("archive.a", "!<arch>\n");
  CHECK(refused("archive.a", "static library"));
  sample_write("data.so", "\1\2\3\0\0\0\0", 7);
  CHECK(refused("data.so", "not a shared object"));
  sample_write("mac.so", "\xCF\xFA\xED\xFE\7\0\0\1", 8);
  CHECK(refused("mac.so", "Mach-O"));
  sample_write("win.so", "MZ\x90\0", 4);
  CHECK(refused("win.so", "Windows"));
  sample_write("header.so", "\177ELF\2\1\1\0", 8);
  CHECK(refused("header.so", "truncated"));
  CHECK(sample_run("mkfifo pipe.so"));
  CHECK(refused("pipe.so", "pipe"));
  CHECK(sample_build("whole.so", "-g", "int x = 1; int f(void) {return x;}"));
  CHECK(sample_run("cc -c -o object.so whole.so.c"));
  CHECK(refused("object.so", "object file"));
  CHECK(sample_run("head -c 6000 whole.so > cut.so"));
  CHECK(refused("cut.so", "truncated"));
}

/* Reads the file and says that this process cannot load it. */
static int foreign(const char *name, const char *part) {
  error.message[0] = '\0';
  ElfFile *file = elf_open(sample_path(name), &error);
  int ok = file != NULL && !elf_loadable(file, &error) && says(part);
  elf_close(file);
  return ok;
}

/* A copy of whole.so with one byte of its header changed. */
static void patch(const char *name, int at, int value) {
  CHECK(sample_run("cp whole.so %s && printf '\\%o' | dd of=%s bs=1 seek=%d "
                   "conv=notrunc status=none", name, value, name, at));
}

static void test_foreign(void) {
#if defined(__x86_64__) && !defined(__ILP32__)
  patch("arm.so", 18, 183);
  CHECK(foreign("arm.so", "AArch64"));
  CHECK(foreign("arm.so", "x86-64"));
#endif
  patch("bsd.so", 7, 9);
  CHECK(foreign("bsd.so", "FreeBSD"));
  sample_text("program.c", "int main(void) { return 0; }");
  CHECK(sample_run("cc -pie -fPIE -o program program.c"));
  CHECK(foreign("program", "executable"));
  CHECK(sample_run("cc -no-pie -o fixed program.c"));
  CHECK(foreign("fixed", "executable"));
  CHECK(sample_run("cc -shared -fPIC -o closed.so whole.so.c "
                   "-Wl,-z,nodlopen"));
  CHECK(foreign("closed.so", "nodlopen"));
  CHECK(sample_run("objcopy --only-keep-debug whole.so debug.so"));
  CHECK(foreign("debug.so", "only the debug info"));
  CHECK(library_open(sample_path("arm.so"), 0, &error) == NULL);
}

/* ---------------------------------------------------------------------
** library.
*/

static void *find(Library *library, const char *name, const char *version) {
  ElfSymbol symbol;
  error.message[0] = '\0';
  return library_symbol(library, name, version, &symbol, &error);
}

typedef int Function(void);

static int calls(Library *library, const char *name, const char *version) {
  Function *function;
  *(void **)&function = find(library, name, version);
  return function == NULL ? -1 : function();
}

static void check_found(Library *library) {
  ElfSymbol symbol;
  CHECK(calls(library, "answer", NULL) == 42);
  CHECK(calls(library, "chosen", NULL) == 9);
  CHECK(calls(library, "thing", NULL) == 2);
  CHECK(calls(library, "thing", "V1") == 1);
  CHECK(calls(library, "ancient", "V1") == 3);
  int *started = library_symbol(library, "started", NULL, &symbol, &error);
  CHECK(started != NULL && *started == 1);
  CHECK(symbol.kind == SYMBOL_VARIABLE && symbol.size == sizeof(int));
  CHECK(strcmp(symbol.name, "started") == 0);
  int *local = find(library, "local", NULL);
  CHECK(local != NULL && *local == 7);
}

static void check_not_found(Library *library) {
  CHECK(find(library, "anwser", NULL) == NULL);
  CHECK(says("did you mean 'answer'?"));
  CHECK(find(library, "thing", "V3") == NULL);
  CHECK(says("V1") && says("V2 (the default)"));
  CHECK(find(library, "ancient", NULL) == NULL && says("V1"));
  CHECK(find(library, "strlen", NULL) == NULL);
  CHECK(says("does not export 'strlen'") && says("libc.so.6"));
  CHECK(find(library, "hidden", NULL) == NULL);
  CHECK(find(library, "quite_another_name", NULL) == NULL);
  CHECK(!strstr(error.message, "did you mean"));
}

static void test_library(void) {
  CHECK(build_all_kinds("libkinds.so", ""));
  CHECK(sample_run("ln -s libkinds.so alias.so && ln libkinds.so hard.so"));
  Library *library = library_open(sample_path("libkinds.so"), 0, &error);
  if (!CHECK(library != NULL))
    return;
  CHECK(strcmp(library_path(library), sample_path("libkinds.so")) == 0);
  CHECK(!library_is_program(library));
  CHECK(library_open(sample_path("alias.so"), 0, &error) == library);
  CHECK(library_open(sample_path("hard.so"), LIBRARY_LAZY, &error) == library);
  check_found(library);
  check_not_found(library);
  CHECK(elf_count(library_elf(library)) > 5);
  CHECK(library_close(library));
  CHECK(library_close(library));
  CHECK(!library_close(library)); /* the last one unmaps it */
}

static void test_global(void) {
  CHECK(sample_build("base.so", "", "int only_in_base(void) {return 5;}"));
  CHECK(sample_build("user.so", "-Wl,-z,undefs", "int only_in_base(void);"
                     "int twice(void) {return 2 * only_in_base();}"));
  CHECK(library_open(sample_path("user.so"), 0, &error) == NULL);
  CHECK(says("user.so") && says("'only_in_base'"));
  Library *base = library_open(sample_path("base.so"), 0, &error);
  CHECK(library_open(sample_path("user.so"), 0, &error) == NULL);
  CHECK(library_open(sample_path("base.so"), LIBRARY_GLOBAL, &error) == base);
  Library *user = library_open(sample_path("user.so"), 0, &error);
  if (CHECK(user != NULL)) {
    CHECK(calls(user, "twice", NULL) == 10);
    library_close(user);
  }
  library_close(base);
  library_close(base);
}

static void test_needed(void) {
  CHECK(sample_build("libpart.so", "", "int part(void) {return 1;}"));
  CHECK(sample_build("needs.so", "-L. -lpart",
                     "int part(void); int all(void) {return part();}"));
  CHECK(sample_run("rm libpart.so"));
  CHECK(library_open(sample_path("needs.so"), 0, &error) == NULL);
  CHECK(says("needs.so: needs libpart.so"));
  CHECK(sample_build("top.so", "-Wl,--allow-shlib-undefined "
                     "-Wl,--no-as-needed $PWD/needs.so", ""));
  CHECK(library_open(sample_path("top.so"), 0, &error) == NULL);
  CHECK(says("top.so: needs a library that needs libpart.so"));
}

static void test_resident(void) {
  CHECK(sample_build("stays.so", "", "int f(void) {return 1;}"));
  Library *library = library_open(sample_path("stays.so"), LIBRARY_RESIDENT,
                                  &error);
  if (CHECK(library != NULL))
    CHECK(library_close(library));
}

/* What was there before is still loaded: it is told by its build id. */
static void test_newer(void) {
  static const char id[] = "-Wl,--build-id";
  CHECK(sample_build("newer.so", id, "int f(void) {return 1;}"));
  void *held = loader_open(sample_path("newer.so"), 0);
  CHECK(held != NULL && sample_run("rm newer.so"));
  CHECK(sample_build("newer.so", id, "int f(void) {return 2;}"));
  Library *library = library_open(sample_path("newer.so"), LIBRARY_RESIDENT,
                                  &error);
  if (CHECK(library != NULL)) {
    CHECK(calls(library, "f", NULL) == 2);
    CHECK(library_open(sample_path("newer.so"), LIBRARY_GLOBAL, &error) ==
          library);
    CHECK(library_close(library) && library_close(library));
  }
  loader_close(held);
}

/* The same, where nothing tells one from the other. */
static void test_replaced(void) {
  static const char none[] = "-Wl,--build-id=none";
  CHECK(sample_build("moving.so", none, "int f(void) {return 1;}"));
  void *held = loader_open(sample_path("moving.so"), 0);
  CHECK(held != NULL);
  CHECK(sample_run("rm moving.so"));
  CHECK(sample_build("moving.so", none, "int g(void) {return 1;}"));
  Library *library = library_open(sample_path("moving.so"), 0, &error);
  if (CHECK(library != NULL)) {
    CHECK(find(library, "g", NULL) == NULL && says("replaced"));
    CHECK(find(library, "f", NULL) == NULL && says("replaced"));
    CHECK(library_close(library));
  }
  loader_close(held);
}

/* Not if something else depends on it: there is one libc in a process. */
static void test_newer_shared(void) {
  static const char id[] = "-Wl,--build-id -Wl,-soname,shared.so";
  static const char text[] = "int f(void); int g(void) {return f();}";
  CHECK(sample_build("shared.so", id, "int f(void) {return 1;}"));
  CHECK(sample_build("sharer.so", "-L. -l:shared.so -Wl,-rpath,'$ORIGIN'",
                     text));
  void *sharer = loader_open(sample_path("sharer.so"), 0);
  CHECK(sharer != NULL && sample_run("rm shared.so"));
  CHECK(loader_needs("shared.so") && !loader_needs("sharer.so"));
  CHECK(sample_build("shared.so", id, "int f(void) {return 2;}"));
  Library *library = library_open(sample_path("shared.so"), 0, &error);
  if (CHECK(library != NULL)) {
    CHECK(calls(library, "f", NULL) == 1);
    CHECK(library_close(library));
  }
  loader_close(sharer);
}

static void test_odd_symbols(void) {
  CHECK(sample_build("odd.so", "", "__asm__(\".globl nowhere\\n"
                     ".set nowhere, 0\"); int _Z3addii(int a, int b)"
                     "{return a + b;}"));
  Library *library = library_open(sample_path("odd.so"), 0, &error);
  if (!CHECK(library != NULL))
    return;
  CHECK(find(library, "nowhere", NULL) == NULL && says("NULL"));
  CHECK(find(library, "add", NULL) == NULL && says("_Z3addii"));
  library_close(library);
}

/* A unique variable may be the one of a library that was opened before. */
static void test_unique(void) {
  static const char source[] =
    "__asm__(\".data\\n.globl one\\n.type one, @gnu_unique_object\\n"
    ".size one, 4\\none: .long 5\\n.text\");";
  CHECK(sample_build("unique1.so", "", source));
  CHECK(sample_build("unique2.so", "", source));
  Library *first = library_open(sample_path("unique1.so"), 0, &error);
  Library *second = library_open(sample_path("unique2.so"), 0, &error);
  if (!CHECK(first != NULL && second != NULL && first != second))
    return;
  CHECK(elf_find(library_elf(second), "one", NULL)->unique);
  CHECK(find(first, "one", NULL) != NULL);
  CHECK(find(first, "one", NULL) == find(second, "one", NULL));
  library_close(second);
  CHECK(library_close(first));    /* the loader keeps such a library */
}

/* A file without a name of its own. */
static void test_nameless(void) {
  char path[64];
  CHECK(sample_run("cp base.so nameless.so"));
  int fd = open(sample_path("nameless.so"), O_RDONLY);
  CHECK(fd >= 0 && sample_run("rm nameless.so"));
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  Library *library = library_open(path, 0, &error);
  if (CHECK(library != NULL)) {
    CHECK(calls(library, "only_in_base", NULL) == 5);
    CHECK(!library_close(library));
  }
  close(fd);
}

/* A variable that the program has copied is the program's. */
static void test_program(void) {
  ElfSymbol symbol;
  Library *program = library_program(&error);
  Library *libc = NULL;
  if (!CHECK(program != NULL))
    return;
  CHECK(library_program(&error) == program);
  CHECK(library_is_program(program) && *library_path(program) == '\0');
  CHECK(library_symbol(program, "strtol", NULL, &symbol, &error) != NULL);
  CHECK(library_symbol(program, "no_such_name", NULL, &symbol, &error) ==
        NULL);
  CHECK(symbol.name == NULL && says("no_such_name"));
  CHECK(library_symbol(program, "environ", NULL, &symbol, &error) ==
        (void *)&environ);
  CHECK(library_close(program));
  LoaderPlace place;
  if (loader_place(find(program, "getenv", NULL), &place))
    libc = library_open(place.path, 0, &error);
  if (!CHECK(libc != NULL))
    return;
  CHECK(find(libc, "environ", NULL) == (void *)&environ);
  CHECK(library_close(libc));
}

/* ---------------------------------------------------------------------
** Threads, and libraries that open others while they are opened.
*/

#define THREADS 8
#define ROUNDS 200

/* One turn; the `error` of this file is the main thread's. */
static int takes_turn(const char *path) {
  Error own;
  ElfSymbol symbol;
  Function *answer = NULL;
  Library *library = library_open(path, 0, &own);
  if (library == NULL)
    return 0;
  *(void **)&answer = library_symbol(library, "answer", NULL, &symbol, &own);
  int ok = answer != NULL && answer() == 42;
  library_close(library);
  return ok;
}

static void *take_turns(void *path) {
  long failures = 0;
  for (int i = 0; i < ROUNDS; i++)
    failures += !takes_turn(path);
  return (void *)failures;
}

static void test_threads(void) {
  pthread_t threads[THREADS];
  void *failures;
  char path[512];
  CHECK(build_all_kinds("turns.so", ""));
  strcpy(path, sample_path("turns.so"));
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&threads[i], NULL, take_turns, path) == 0);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], &failures);
    CHECK(failures == NULL);
  }
}

static Library *opened_within;

/* Called by the constructor of within.so, while that is being opened. */
static void open_within(void) {
  opened_within = library_open(sample_path("stays.so"), 0, &error);
}

static void test_constructor(void) {
  char flags[64];
  void (*hook)(void) = open_within;
  snprintf(flags, sizeof flags, "-DHOOK=%p", *(void **)&hook);
  CHECK(sample_build("within.so", flags, "__attribute__((constructor)) static "
                     "void start(void) { ((void (*)(void))HOOK)(); }"));
  Library *library = library_open(sample_path("within.so"), 0, &error);
  CHECK(library != NULL && opened_within != NULL);
  if (opened_within != NULL)
    library_close(opened_within);
  if (library != NULL)
    library_close(library);
}

/* --------------------------------------------------------------------- */

static const char *nearest(const char *wanted) {
  static const char *const names[] = {"deflate", "inflate", "crc32", "zlib"};
  NearName near;
  nearname_init(&near, wanted, strlen(wanted));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    nearname_offer(&near, names[i]);
  return near.best == NULL ? "" : near.best;
}

static void test_nearname(void) {
  CHECK(strcmp(nearest("defalte"), "deflate") == 0);
  CHECK(strcmp(nearest("Inflate"), "inflate") == 0);
  CHECK(strcmp(nearest("crc_32"), "crc32") == 0);
  CHECK(strcmp(nearest("printf"), "") == 0);
  CHECK(strcmp(nearest(""), "") == 0);
}

int main(void) {
  sample_begin();
  test_elf();
  test_refused();
  test_foreign();
  test_library();
  test_global();
  test_needed();
  test_resident();
  test_newer();
  test_newer_shared();
  test_replaced();
  test_odd_symbols();
  test_unique();
  test_nameless();
  test_program();
  test_threads();
  test_constructor();
  test_nearname();
  sample_end();
  return check_report();
}
