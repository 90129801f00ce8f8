/*
** decl_test.c - C text -> types, as rows: text and what comes of it.
*/
#include "check.h"
#include "decl_help.h"

#include "type/ctext.h"

#include <locale.h>

/* Rows: a declaration, and its type written again. */

typedef struct Row {
  const char *text, *expected;
} Row;

static const Row types[] = {
  {"int", "int"},
  {"signed", "int"},
  {"long int unsigned", "unsigned long"},
  {"long long signed", "long long"},
  {"short int", "short"},
  {"char", "char"},
  {"signed char", "signed char"},
  {"_Bool", "_Bool"},
  {"long double", "long double"},
  {"double _Complex", "double _Complex"},
  {"_Complex float", "float _Complex"},
  {"unsigned __int128", "unsigned __int128"},
  {"_Float64x", "_Float64x"},
  {"__float128", "_Float128"},
  {"int const", "const int"},
  {"const char *", "const char *"},
  {"char *const", "char *const"},
  {"volatile int *restrict p", "volatile int *restrict p"},
  {"int (*)(char)", "int (*)(char)"},
  {"int (*f)(char)", "int (*f)(char)"},
  {"int (*(*f)(void))[3]", "int (*(*f)(void))[3]"},
  {"void (*signal(int sig, void (*f)(int)))(int)",
   "void (*signal(int, void (*)(int)))(int)"},
  {"int a[2][3][4]", "int a[2][3][4]"},
  {"int *a[3]", "int *a[3]"},
  {"int (*a)[3]", "int (*a)[3]"},
  {"int (*a[2])(int[4], int())", "int (*a[2])(int *, int (*)())"},
  {"int f(void);", "int f(void)"},
  {"int f()", "int f()"},
  {"int f(int, ...)", "int f(int, ...)"},
  {"int f(const int x, char *const y)", "int f(int, char *)"},
  {"int f(int n, int a[n], int b[static 3], int c[*], int d[const])",
   "int f(int, int *, int *, int *, int *)"},
  {"int f(size_t size_t, int n[size_t])", "int f(unsigned long, int *)"},
  {"int[?]", "int[?]"},
  {"int a[]", "int a[]"},
  {"int (((((x)))))", "int x"},
  {"int ((x))[2]", "int x[2]"},
  {"int (*(int))(long)", "int (*(int))(long)"},
  {"int (int)", "int (int)"},
  {"int *(*)(int *)", "int *(*)(int *)"},
  {"struct s *", "struct s *"},
  {"union u { int a; }", "union u"},
  {"struct { int a; }", "struct {...}"},
  {"enum e { A } x", "enum e x"},
  {"uint32_t", "unsigned int"},
  {"const uint8_t b[4]", "const unsigned char b[4]"},
  {"typeof(int *) a[2]", "int *a[2]"},
  {"__typeof__(1 + 1L) x", "long x"},
  {"typeof(&(int){0}) x", "int *x"},
  {"typeof_unqual(const int) x", "int x"},
  {"_Atomic(int) x", "_Atomic int x"},
  {"_Atomic int x", "_Atomic int x"},
  {"int x __attribute__((unused, deprecated(\"no ) really\")))", "int x"},
  {"int __attribute__((vector_size(16))) v",
   "int __attribute__((vector_size(16))) v"},
  {"float v __attribute__((vector_size(8)))",
   "float __attribute__((vector_size(8))) v"},
  {"typedef int di __attribute__((mode(DI)))", "long di"},
  {"typedef unsigned qi __attribute__((__mode__(__QI__)))",
   "unsigned char qi"},
  {"[[maybe_unused]] int x [[gnu::aligned(8)]]", "int x"},
  {"extern int f(int) __asm__(\"g\") __attribute__((nothrow))", "int f(int)"},
  {"__extension__ long long x", "long long x"},
  {"static inline int f(int x)", "int f(int)"},
  {"_Noreturn void f(void)", "void f(void)"},
  {"int f(register int x)", "int f(int)"},
  {"int /* a */ x // b", "int x"},
  {"in\\\nt x", NULL},
  {"int \\\n x", "int x"},
  {"string f(int)", "const char *f(int)"},
  {"void f(string s)", "void f(const char *)"},
  {"int (__attribute__((noinline)) *f)(void)", "int (*f)(void)"},
  {"int (__stdcall *f)(void)", "int (*f)(void)"},
  {"enum e : short { A }", "enum e"},
  {"char *_Nonnull p", "char *p"},
  {"double complex", "double _Complex"},
  {"complex z", "double _Complex z"},
  {"complex float z", "float _Complex z"},
  {"long double complex z", "long double _Complex z"},
  {"int complex", "int complex"},
  {"long complex", "long complex"},
  {"int f(int complex, int n[complex])", "int f(int, int *)"},
  {"unsigned __int64 x", "unsigned long long x"},
  {"__int32 x", "int x"},
  {"signed __int16 x", "short x"},
  {"__int8 x", "char x"},
  {"typedef long long __int64", "long long __int64"},
  {"typeof((__int16)1) x", "short x"},
  {"void *__ptr64 p", "void *p"}
};

static void test_types(void) {
  char text[256];
  for (size_t i = 0; i < COUNT(types); i++) {
    Scope *scope = fresh();
    Error error = {"", 0};
    Decl decl;
    DeclText source = {.text = types[i].text,
                       .length = strlen(types[i].text)};
    bool done = decl_one(scope, &source, &decl, &error);
    const char *expected = types[i].expected;
    if (done)
      ctext(decl.type, decl.name, text, sizeof text);
    if (!CHECK(expected == NULL ? !done
                                : done && strcmp(text, expected) == 0))
      fprintf(stderr, "%s -> %s\n", types[i].text,
              done ? text : error.message);
    scope_free(scope);
  }
}

/* Rows: a constant expression, and its value. */

static const char context[] =
    "struct s { char c; struct { int x, y[4]; } in; union { long l; }; };\n"
    "enum { FIVE = 5, BIG = 0x80000000, NEG = -1 };\n"
    "static const int seven = 7;\n"
    "static const char name[] = \"abc\";\n"
    "extern struct s var; int fun(int); typedef unsigned char byte;\n";

static const struct { const char *text; long long value; } integers[] = {
  {"1 + 2 * 3", 7}, {"(1 + 2) * 3", 9}, {"10 - 3 - 2", 5}, {"-7 / 2", -3},
  {"-7 % 3", -1}, {"1 << 4 | 3", 19}, {"~0", -1}, {"!5", 0}, {"!0", 1},
  {"5 & 3 ^ 1", 0}, {"1 < 2 == 1", 1}, {"2 > 1 && 0", 0}, {"0 || 2", 1},
  {"1 ? 2 : 3", 2}, {"0 ? 1/0 : 5", 5}, {"1 || 1/0", 1}, {"0 && 1/0", 0},
  {"0 ?: 4", 4}, {"(1, 2)", 2}, {"0x10 + 010 + 0b11", 27},
  {"1'000'000", 1000000}, {"-1 < 0u", 0}, {"-1L < 0u", 1},
  {"-1 / 2u", 0x7fffffff}, {"1u - 2", 0xffffffff}, {"0x7fffffff + 1",
  -2147483648}, {"1 << 31", -2147483648}, {"-1 >> 1", -1},
  {"-2147483648 / -1", 2147483648}, {"(int)-2147483648 / -1", -2147483648},
  {"(int)-2147483648 % -1", 0}, {"4294967295", 4294967295},
  {"0xffffffff", 4294967295}, {"sizeof 0xffffffff", 4},
  {"sizeof 4294967295", 8}, {"sizeof 1ull", 8}, {"sizeof 2147483648", 8},
  {"'a'", 97}, {"'\\n'", 10}, {"'\\xff'", '\xff'}, {"'\\377'", '\377'},
  {"'\\0'", 0}, {"'ab'", 24930}, {"L'\\xe9'", 0xe9}, {"u'\\u20ac'", 0x20ac},
  {"U'\\U0001F600'", 0x1F600}, {"L'\303\251'", 0xe9}, {"'\\''", 39},
  {"'\\e'", 27}, {"sizeof 'a'", 4}, {"sizeof u'a'", 2},
  {"sizeof(int)", 4}, {"sizeof(int[3])", 12}, {"sizeof(struct s)", 32},
  {"sizeof(char *)", 8}, {"sizeof var", 32}, {"sizeof var.in.y", 16},
  {"sizeof(var.in)", 20}, {"sizeof var.in.y[0]", 4}, {"sizeof \"abc\"", 4},
  {"sizeof L\"abc\"", 16}, {"sizeof(\"a\" \"b\")", 3},
  {"sizeof u\"\\U0001F600\"", 6}, {"sizeof(byte)", 1},
  {"sizeof +(byte)1", 4}, {"sizeof ((byte)1 + 1)", 4}, {"sizeof fun(1)", 4},
  {"sizeof *&var.in", 20}, {"sizeof((struct s *)0)->in.x", 4},
  {"sizeof(void)", 1}, {"sizeof(char) * 3", 3}, {"sizeof(int){0}", 4},
  {"sizeof(struct s){0}.in.y", 16}, {"sizeof(int[3]){1}[0]", 4},
  {"_Alignof(double)", 8}, {"__alignof__(struct s)", 8},
  {"offsetof(struct s, in.y[2])", 16}, {"offsetof(struct s, l)", 24},
  {"__builtin_offsetof(struct s, in)", 4},
  {"(long)&((struct s *)0)->in.y[1]", 12},
  {"(size_t)&((struct s *)16)->l", 40},
  {"(char *)4 - (char *)1", 3}, {"(int *)12 - (int *)4", 2},
  {"(long)((int *)4 + 2)", 12}, {"(int *)4 == (int *)4", 1},
  {"(void *)0 == 0", 1}, {"(int)3.99", 3}, {"(int)-3.99", -3},
  {"(unsigned char)300", 44}, {"(signed char)200", -56}, {"(_Bool)0.5", 1},
  {"(_Bool)256", 1}, {"(int)(1.5 + 1.5)", 3}, {"1.5 > 1", 1},
  {"(int)1e3", 1000}, {"(int)0x1p4", 16}, {"(int)(1.f/3 * 3)", 1},
  {"FIVE + seven", 12}, {"BIG > 0", 1}, {"sizeof FIVE", 4},
  {"sizeof BIG", 8}, {"NEG < FIVE", 1}, {"sizeof name", 4},
  {"_Generic(1, int: 10, default: 20)", 10},
  {"_Generic(1.f, int: 10, default: 20)", 20},
  {"_Generic((byte)1, unsigned char: 1, int: 2)", 1},
  {"__builtin_types_compatible_p(int, signed)", 1},
  {"__builtin_choose_expr(1, 5, \"no\")", 5},
  {"(__int128)1 << 100 >> 98", 4},
  {"(int)((unsigned __int128)-1 >> 96 & 1)", 1},
  {"18446744073709551615u == -1ul", 1}, {"true + false", 1},
  {"nullptr == 0", 1}, {"!nullptr", 1}, {"+5 - -5", 10},
  {"- - 5", 5}, {"1 ? 2 : 0 ? 3 : 4", 2}, {"(((((((((7)))))))))", 7}
};

static void test_integers(void) {
  for (size_t i = 0; i < COUNT(integers); i++) {
    char text[256];
    Error error;
    Scope *scope = fresh();
    good(scope, context);
    snprintf(text, sizeof text, "static const long long X = %s;",
             integers[i].text);
    bool done = block(scope, text, &error);
    const Decl *d = find(scope, "X");
    if (!CHECK(done && d->kind == DECL_CONSTANT &&
               d->value->integer == integers[i].value))
      fprintf(stderr, "%s = %lld, not %lld: %s\n", integers[i].text,
              d != NULL ? (long long)d->value->integer : 0LL,
              integers[i].value, done ? "" : error.message);
    scope_free(scope);
  }
}

static const struct { const char *text; long double value; } numbers[] = {
  {"1.5", 1.5L}, {"0.1", 0.1}, {"0.1f", 0.1f}, {"0.1L", 0.1L},
  {"1e10", 1e10L}, {"0x1.8p1", 3}, {".5", 0.5L}, {"5.", 5}, {"1 / 3.0",
  1 / 3.0}, {"1 / 3.0L", 1 / 3.0L}, {"1.0f / 3", 1.0f / 3}, {"-0.25", -0.25L},
  {"1 ? 1 : 2.0", 1}, {"0.1 + 0.2", 0.1 + 0.2}, {"(double)0.1f", 0.1f},
  {"1.0f32", 1}, {"0.1f64x", 0.1L}, {"7", 7}, {"(float)0.1", 0.1f}
};

static void test_numbers(void) {
  for (size_t i = 0; i < COUNT(numbers); i++) {
    char text[256];
    Scope *scope = fresh();
    snprintf(text, sizeof text, "static const typeof(%s) X = %s; static const"
             " long double Y = %s;", numbers[i].text, numbers[i].text,
             numbers[i].text);
    good(scope, text);
    const Decl *x = find(scope, "X"), *y = find(scope, "Y");
    if (!CHECK(x != NULL && y != NULL && y->value->kind == CONSTANT_FLOAT &&
               y->value->number == numbers[i].value))
      fprintf(stderr, "%s\n", numbers[i].text);
    scope_free(scope);
  }
}

static const struct { const char *text, *bytes; size_t length; } strings[] = {
  {"\"abc\"", "abc", 3}, {"\"a\" \"b\" /* */ \"c\"", "abc", 3},
  {"\"\\101\\x42\\n\\\\\\\"\"", "AB\n\\\"", 5}, {"\"\\0a\"", "\0a", 2},
  {"\"\\u20ac\"", "\342\202\254", 3}, {"\"\\U0001F600\"", "\360\237\230\200",
  4}, {"u8\"\303\251\"", "\303\251", 2}, {"u\"\303\251\"", "\351\0", 2},
  {"L\"a\"", "a\0\0\0", 4}, {"\"a\\\nb\"", "ab", 2}, {"\"\"", "", 0},
  {"\"\\xfff\"", "\377", 1}
};

static void test_strings(void) {
  for (size_t i = 0; i < COUNT(strings); i++) {
    char text[256];
    Scope *scope = fresh();
    snprintf(text, sizeof text, "static const typeof((%s)[0]) X[] = %s;",
             strings[i].text, strings[i].text);
    good(scope, text);
    const Decl *d = find(scope, "X");
    if (!CHECK(d != NULL && d->kind == DECL_CONSTANT &&
               d->value->kind == CONSTANT_STRING &&
               d->value->string.length == strings[i].length &&
               memcmp(d->value->string.bytes, strings[i].bytes,
                      strings[i].length) == 0))
      fprintf(stderr, "%s\n", strings[i].text);
    scope_free(scope);
  }
}

/* Rows: layout of the struct t that the text defines. */

static const struct { const char *text; unsigned size, align; } layouts[] = {
  {"struct t { char c; int i; };", 8, 4},
  {"struct t { char c; int i; } __attribute__((packed));", 5, 1},
  {"struct __attribute__((__packed__)) t { char c; int i; };", 5, 1},
  {"struct [[gnu::packed]] t { char c; int i; };", 5, 1},
  {"struct t { char c; int i __attribute__((packed)); };", 5, 1},
  {"struct t { char c; __attribute__((packed)) int i; };", 5, 1},
  {"#pragma scalar_storage_order default\n#pragma ms_struct off\n"
   "struct t { char c; int i; };", 8, 4},
  {"#pragma pack(2)\nstruct t { char c; int i; };", 6, 2},
  {"#pragma pack(push, 1)\n#pragma pack(pop)\nstruct t { char c; int i; };",
   8, 4},
  {"#pragma pack(push, a, 1)\n#pragma pack(push, 2)\n#pragma pack(pop, a)\n"
   "struct t { char c; int i; };", 8, 4},
  {"_Pragma(\"pack(1)\") struct t { char c; int i; };", 5, 1},
  {"#pragma pack(1)\n#pragma pack()\nstruct t { char c; int i; };", 8, 4},
  {"struct t { char c; int i; } __attribute__((aligned(16)));", 16, 16},
  {"struct t { _Alignas(8) char c; };", 8, 8},
  {"struct t { _Alignas(double) char c; alignas(2) char d; };", 8, 8},
  {"struct t { char c; double d __attribute__((aligned)); };", 32, 16},
  {"typedef int a1 __attribute__((aligned(1))); struct t { char c; a1 i; };",
   5, 1},
  {"typedef int a8 __attribute__((aligned(8))); struct t { char c; a8 i; };",
   16, 8},
  {"struct t { int a : 3, b : 5; unsigned : 0; char c : 1; };", 8, 4},
  {"struct t { _Bool a : 1; long long b : 40; };", 8, 8},
  {"struct t { int n; char flexible[]; };", 4, 4},
  {"struct t { int n; char zero[0]; };", 4, 4},
  {"struct t { };", 0, 1},
  {"struct t { struct { int a; union { char b; double c; }; }; char d; };",
   24, 8},
  {"struct t { struct t *next, **all; void (*f)(struct t); };", 24, 8},
  {"struct u { int a; }; struct t { struct u; int b; };", 4, 4},
  {"typedef struct { int a, b; } h; struct t { char c; const h; int d; };",
   16, 4},                        /* gcc -fms-extensions */
  {"typedef union { int a; char b; } h; struct t { char c; h; };", 8, 4},
  {"typedef struct { double re, im; } complex; struct t { complex c; };",
   16, 8},
  {"struct t { char c; int i; }", 8, 4},
  {"enum e { A = 1 } __attribute__((packed)); struct t { enum e e; };", 1, 1},
  {"enum e : short; struct t { enum e e; };", 2, 2},
  {"struct t { __int128 i; char c; };", 32, 16},
  {"struct t { float v __attribute__((vector_size(16))); char c; };", 32, 16},
  {"struct t { va_list v; };", sizeof(__builtin_va_list), 8},
  {"struct t { int a; _Static_assert(sizeof(int) == 4, \"\"); int b; };",
   8, 4},
  {"struct t { typedef_t x; };", 0, 0}
};

static void test_layouts(void) {
  for (size_t i = 0; i < COUNT(layouts); i++) {
    Scope *scope = fresh();
    Error error;
    bool done = block(scope, layouts[i].text, &error);
    const Decl *t = tag(scope, "t");
    if (layouts[i].align == 0)
      CHECK(!done);
    else if (!CHECK(done && type_size(t->type) == layouts[i].size &&
                    type_align(t->type) == layouts[i].align))
      fprintf(stderr, "%s: %s\n", layouts[i].text,
              done ? "another layout" : error.message);
    scope_free(scope);
  }
}

/* The last `;` of a text may be missing. */
static void test_unended(void) {
  Scope *scope = fresh();
  good(scope, "struct s { int a; }");
  good(scope, "enum { A = 5, B\n}");
  good(scope, "typedef int t, u /* last */");
  good(scope, "int f(void)");
  good(scope, "static const int X = 4 + 3\n#define Y X");
  CHECK(type_complete(tag(scope, "s")->type));
  CHECK(find(scope, "B")->value->integer == 6);
  CHECK(find(scope, "u")->kind == DECL_TYPEDEF);
  CHECK(find(scope, "f")->kind == DECL_FUNCTION);
  CHECK(find(scope, "Y")->value->integer == 7);
  scope_free(scope);
}

/* Numbers mean the same, whatever the host program's locale. */
static void test_locale(void) {
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
  for (size_t i = 0; i < COUNT(names); i++)
    if (setlocale(LC_NUMERIC, names[i]) != NULL)
      test_numbers();
  setlocale(LC_NUMERIC, "C");
}

static void test_builtin(void) {
#define SAME(ctype) \
  CHECK(type_size(find(builtin, #ctype)->type) == sizeof(ctype) && \
        ((find(builtin, #ctype)->type->flags & TYPE_UNSIGNED) != 0) == \
            ((ctype)-1 > 0))
  SAME(int8_t); SAME(uint8_t); SAME(int16_t); SAME(uint16_t);
  SAME(int32_t); SAME(uint32_t); SAME(int64_t); SAME(uint64_t);
  SAME(int_fast16_t); SAME(uint_least32_t); SAME(intptr_t);
  SAME(uintptr_t); SAME(intmax_t); SAME(uintmax_t); SAME(size_t);
  SAME(ptrdiff_t); SAME(wchar_t);
#undef SAME
  CHECK(find(builtin, "int64_t")->type == type_base(BASE_LONG));
  CHECK(type_size(find(builtin, "va_list")->type) ==
        sizeof(__builtin_va_list));
}

int main(void) {
  Error error;
  builtin = scope_new(NULL);
  if (!CHECK(decl_builtin(builtin, &error)))
    fprintf(stderr, "%s\n", error.message);
  test_types();
  test_integers();
  test_numbers();
  test_strings();
  test_layouts();
  test_unended();
  test_locale();
  test_builtin();
  scope_free(builtin);
  return check_report();
}
