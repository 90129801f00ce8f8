/*
** decl_scope_test.c - errors, transactions, redeclarations, annotations.
*/
#include "check.h"
#include "decl_help.h"

#include "type/ctext.h"

/* Rows: what must fail, and a part of the message. */
static const struct { const char *text, *message; } errors[] = {
  {"int f(int foo", "expected ')' before the end"},
  {"int f(int foo;", "line 1, column 14: expected ')' before ';'\n"
                     "int f(int foo;\n             ^"},
  {"int x\nint y;", "line 2, column 1: expected ';', ',' or '=' before 'int'"},
  {"\n\n  foo x;", "line 3, column 3: unknown type name 'foo'\n  foo x;\n  ^"},
  {"typedef int fooo; foo x;", "'foo', did you mean 'fooo'?"},
  {"uint32 x;", "did you mean 'uint32_t'?"},
  {"unsinged x;", "did you mean 'unsigned'?"},
  {"strcut s;", "did you mean 'struct'?"},
  {"time_t x;", "name 'time_t': it is of <time.h>, which header() reads\n"},
  {"typedef int tame_t; time_t x;", "'time_t': it is of <time.h>"},
  {"# 12 \"zlib.h\"\nfoo x;", "line 12, column 1 of zlib.h: unknown type"},
  {"#line 7 \"a.h\"\n\nfoo x;", "line 8, column 1 of a.h: "},
  {"int a[-1];", "an array's size cannot be negative"},
  {"int a[1 ? -1 : 1];", "cannot be negative"},
  {"int a[0x7fffffffffffffff];", "too large"},
  {"int a[0x7fffffff][0x7fffffff][0x7fffffff];", "too large"},
  {"int a[1/0];", "not constant: division by zero"},
  {"int n; int a[n];", "not constant: its value is known at run time"},
  {"int a[1.5];", "must be an integer, not 'double'"},
  {"int a[];\nint b[sizeof a];", "'int[]' is incomplete"},
  {"int a[2][];", "an array of 'int[]', which is incomplete"},
  {"struct s a[2];", "an array of 'struct s', which is incomplete"},
  {"void a[2];", "which is incomplete"},
  {"int a[2](void);", "which is a function"},
  {"int f(void)[2];", "cannot give back an array"},
  {"int f(void)(void);", "cannot give back a function"},
  {"void x;", "a variable cannot be void"},
  {"int f(void x);", "a parameter cannot be void"},
  {"int f(int, void);", "a parameter cannot be void"},
  {"int f(a, b);", "unknown type name 'a'"},
  {"long long long x;", "'long' once too often"},
  {"int int x;", "'int' once too often"},
  {"short double x;", "do not make a type"},
  {"unsigned struct s x;", "two types"},
  {"struct s { int a; } int x;", "expected a name before 'int'"},
  {"int x,", "expected a name before the end"},
  {"struct s { int a }", "expected ';' before '}'"},
  {"struct s { int; };", "expected a member's name before ';'"},
  {"typedef struct h h; struct s { h; };", "incomplete type 'struct h'"},
  {"struct s { int a; int a; };", "two members have the name 'a'"},
  {"struct s { int a; struct { int a; }; };", "the name 'a'"},
  {"struct s { int f(void); };", "a member cannot be a function"},
  {"struct s { void v; };", "line 1, column 17: "},
  {"struct s { int ok;\n struct s x; };", "line 2, column 11: "},
  {"struct s { int a : 33; };", "0 to 32 bits"},
  {"struct s { int a : -1; };", "0 to 32 bits"},
  {"struct s { int a : 0; };", "at least one bit"},
  {"struct s { float a : 3; };", "a bit-field cannot be 'float'"},
  {"struct s { extern int a; };", "no storage class"},
  {"struct s { struct s { int x; } y; };", "defined inside itself"},
  {"enum e { A = 1.5 };", "must be an integer, not 'double'"},
  {"enum e { A = x };", "'x' is not declared"},
  {"enum e { };", "expected an enumerator's name before '}'"},
  {"enum e { A = -1, B = 0x8000000000000000 };", "no integer type holds"},
  {"enum e : char { A = 300 };", "out of the range of 'char'"},
  {"enum e { A = 0xffffffffffffffff, B };", "no integer type holds"},
  {"enum { A = 08 };", "digit '8' in a number of base 8"},
  {"enum { A = 99999999999999999999 };", "larger than 64 bits"},
  {"enum { A = 1xyz };", "'xyz' is no suffix of a number"},
  {"enum { A = 1 << 32 };", "a shift count is out of range"},
  {"enum { A = 1 << -1 };", "a shift count is out of range"},
  {"enum { A = (int)1e30 };", "out of its type's range"},
  {"enum { A = *(int *)0 };", "known at run time"},
  {"enum { A = fun() };", "'fun' is not declared"},
  {"enum { A = 'b };", "this constant lacks its closing '"},
  {"enum { A = '' };", "an empty character constant"},
  {"enum { A = sizeof(struct nothing) };", "'struct nothing' is incomplete"},
  {"enum { A = offsetof(struct s, x) };", "incomplete"},
  {"struct s { int a; }; enum { A = offsetof(struct s, b) };",
   "has no member 'b'"},
  {"enum { A = 1 + (struct s *)0 };", "must be an integer, not 'struct s *'"},
  {"struct s { int a; } v; enum { A = 1 + v };", "'+' does not take"},
  {"enum { A = 1 + };", "expected an expression before '}'"},
  {"enum { A = ({ 1; }) };", "statements in expressions are not read"},
  {"enum { A = 1.0 % 2 };", "'%' does not take"},
  {"enum { A = ~1.0 };", "'~' does not take 'double'"},
  {"_Static_assert(1 == 2, \"no \" \"way\");", "assertion failed: no way"},
  {"int restrict x;", "only a pointer can be restrict"},
  {"int x __attribute__((aligned(3)));", "a power of two"},
  {"typedef int v __attribute__((vector_size(12)));", "a power of two"},
  {"typedef struct s v __attribute__((vector_size(16)));", "no vectors of"},
  {"typedef int v __attribute__((mode(XYZ)));", "mode 'XYZ' does not fit"},
  {"#include <stdio.h>\nint x;", "'#include' is for a preprocessor"},
  {"#if 1\nint x;\n#endif", "import that with header()"},
  {"#pragma scalar_storage_order big-endian\nint x;",
   "line 1, column 9: #pragma scalar_storage_order is not supported"},
  {"_Pragma(\"ms_struct on\") int x;", "#pragma ms_struct is not supported"},
  {"int x; /* open", "line 1, column 8: this comment does not end"},
  {"int x @ y;", "byte 0x40 does not belong in C"},
  {"static inline int f(void) { if (1) { }", "this '{' has no '}'"},
  {"extern \"C\" { int x; }", "column 8: extern \"C\" is C++: give"},
  {"int f(string *x, string y); string z;", "unknown type name 'string'"},
  {"static inline int f(void) { return 1'; }", "lacks its closing '"},
  {"string x;", "unknown type name 'string'"},
  {"int f(_Out_ int x);", "'_Out_' needs a pointer"},
  {"int $;", "two types in one declaration"},
  {"$ x;", "there is no type for '$' number 1"},
  {"typedef int x = 5;", "expected ';' before '='"},
  {"]", "expected a type before ']'"},
  {"int x y", "expected ';', ',' or '=' before 'y'"},
  {"double complex;", "expected a name before ';'"},
  {"static x;", "unknown type name 'x'"},
  {"struct;", "expected a tag or '{' before ';'"},
  {"int x __attribute__((foo(1, (2]));", "expected ')' before ']'"}
};

static void test_errors(void) {
  for (size_t i = 0; i < COUNT(errors); i++) {
    Scope *scope = fresh();
    bad(scope, errors[i].text, errors[i].message);
    CHECK(scope->first == NULL && scope->arena.bytes == 0);
    scope_free(scope);
  }
}

/* Repeats `piece`, `count` times, between two others. */
static char *repeated(const char *head, const char *piece, size_t count,
                      const char *tail) {
  size_t length = strlen(piece);
  char *text = malloc(strlen(head) + count * length + strlen(tail) + 1);
  if (text == NULL)
    exit(2);
  char *end = text + strlen(strcpy(text, head));
  for (size_t i = 0; i < count; i++, end += length)
    memcpy(end, piece, length);
  strcpy(end, tail);
  return text;
}

static const struct {
  const char *head, *piece, *tail;
  size_t count;
  const char *message;            /* NULL: it must be accepted */
} deep[] = {
  {"enum { A = ", "(", "1;", 100000, "nested deeper than 200"},
  {"enum { A = ", "- ", "1;", 100000, "nested deeper than 200"},
  {"enum { A = ", "1?", "1;", 100000, "nested deeper than 200"},
  {"enum { A = ", "sizeof ", "1;", 100000, "nested deeper than 200"},
  {"enum { A = ", "(int)", "1;", 100000, "nested deeper than 200"},
  {"int ", "*", "x;", 100000, "nested deeper than 200"},
  {"int ", "(", "x;", 100000, "nested deeper than 200"},
  {"int x", "[1]", ";", 100000, "nested deeper than 200"},
  {"int ", "(*", ";", 100000, "nested deeper than 200"},
  {"", "struct {", "int x;", 100000, "nested deeper than 200"},
  {"", "typeof(", "int", 100000, "nested deeper than 200"},
  {"int x __attribute__((a", "(", "", 100000, "expected ')' before the end"},
  {"int f(int", ", int", ");", 126, NULL},
  {"int f(int", ", int", ");", 127, "127 parameters at most"},
  {"enum { A = ", "(", "1", 100, "expected ')'"},
  {"int ", "x", ";", 1025, "more than 1024 bytes"},
  {"enum { A = ", "1 + ", "1 };", 100000, NULL},
  {"int ", "x, ", "x;", 10000, NULL},
  {"struct s {", "int : 1;", "};", 10000, NULL},
  {"static inline int f(void) {", "{}", "}", 100000, NULL},
  {"", ";", "", 100000, NULL},
  {"static const double d = ", "1", ".0;", 5000, NULL}
};

static void test_limits(void) {
  for (size_t i = 0; i < COUNT(deep); i++) {
    Scope *scope = fresh();
    char *text = repeated(deep[i].head, deep[i].piece, deep[i].count,
                          deep[i].tail);
    Error error;
    bool done = block(scope, text, &error);
    if (!CHECK(deep[i].message == NULL
                   ? done : !done && strstr(error.message, deep[i].message)))
      fprintf(stderr, "%s%s... %s\n", deep[i].head, deep[i].piece,
              done ? "no error" : error.message);
    free(text);
    scope_free(scope);
  }
}

/* Pairs that may stand in one scope, and what then holds of `x`. */
static const struct { const char *first, *second, *type; } repeats[] = {
  {"int x;", "int x;", "int x"},
  {"int x(int);", "int x(int a);", "int x(int)"},
  {"int x();", "int x(int);", "int x(int)"},
  {"int x(int);", "int x();", "int x(int)"},
  {"extern int x[];", "extern int x[3];", "int x[3]"},
  {"extern int x[3];", "extern int x[];", "int x[3]"},
  {"typedef struct s *x; struct s;", "struct s { int a; };", "struct s *x"},
  {"struct s { int a; } x;", "struct s { int a; };", "struct s x"},
  {"typedef struct { int a; } x;", "typedef struct { int a; } x;",
   "x x"},
  {"typedef enum { A, B = 5 } x;", "typedef enum { A, B = 5 } x;",
   "x x"},
  {"enum { A = 3 }; int x;", "enum { A = 3 };", "int x"},
  {"typedef int x;", "typedef signed x;", "int x"},
  {"static const int x = 5;", "static const int x = 2 + 3;", "int x"},
  {"struct n { struct n *next; } x;", "struct n { struct n *next; };",
   "struct n x"},
  {"void x(const int);", "void x(int);", "void x(int)"},
  {"enum e : short; enum e x;", "enum e : short { A };", "enum e x"},
  {"int x;", "#define X (1 + 2\n#undef X\n#pragma GCC poison x\n", "int x"}
};

static void test_repeats(void) {
  for (size_t i = 0; i < COUNT(repeats); i++) {
    char text[256];
    Scope *scope = fresh();
    good(scope, repeats[i].first);
    good(scope, repeats[i].second);
    const Decl *x = find(scope, "x");
    ctext(x->type, "x", text, sizeof text);
    if (!CHECK(strcmp(text, repeats[i].type) == 0))
      fprintf(stderr, "%s %s: %s\n", repeats[i].first, repeats[i].second,
              text);
    scope_free(scope);
  }
}

/* Pairs that may not; the message names the first one's place. */
static const struct { const char *first, *second, *message; } conflicts[] = {
  {"int x;", "long x;", "'x' is 'long' here, but was declared as 'int' at "
                        "line 1, column 5"},
  {"\n\n int x(int);", "int x(long);", "at line 3, column 6"},
  {"# 9 \"a.h\"\nint x;", "char x;", "at line 9, column 5 of a.h"},
  {"int x;", "typedef int x;", "'x' is a typedef, but was declared otherwise"},
  {"int x;", "int x(void);", "'x' is a function"},
  {"int x;", "enum { x };", "'x' is a constant"},
  {"enum { x };", "enum { x = 4 };", "a constant of another value"},
  {"extern int x[2];", "extern int x[3];", "'int[3]' here"},
  {"int x;", "const int x;", "'const int' here"},
  {"typedef int *x;", "typedef const int *x;", "'const int *' here"},
  {"struct s { int a; };", "struct s { int b; };",
   "'s' is defined with other members, but was declared otherwise at line 1, "
   "column 8"},
  {"struct s;", "union s;", "'s' is declared as union"},
  {"enum e { A };", "enum e { A, B };", "other enumerators"},
  {"void x(int);", "void x(int, ...);", "'void (int, ...)' here"}
};

static void test_conflicts(void) {
  for (size_t i = 0; i < COUNT(conflicts); i++) {
    Scope *scope = fresh();
    good(scope, conflicts[i].first);
    const Decl *last = scope->last;
    size_t bytes = scope->arena.bytes;
    bad(scope, conflicts[i].second, conflicts[i].message);
    CHECK(scope->last == last && scope->arena.bytes == bytes);
    scope_free(scope);
  }
}

/* What a block did before its error is undone. */
static void test_transactions(void) {
  Scope *scope = fresh();
  good(scope, "struct s; extern int a[]; int f(); int g(int *p);");
  const Type *s = tag(scope, "s")->type, *f = find(scope, "f")->type;
  bad(scope, "struct s { int x; }; extern int a[4]; int f(int);"
             " int g(_Out_ int *q); int h; struct t { int y; }; oops",
      "unknown type name 'oops'");
  CHECK(!type_complete(s) && type_size(s) == SIZE_UNKNOWN);
  CHECK(find(scope, "a")->type->count == COUNT_UNKNOWN);
  CHECK(find(scope, "f")->type == f && find(scope, "h") == NULL);
  CHECK(tag(scope, "t") == NULL);
  CHECK(find(scope, "g")->params[0].flags == 0);
  CHECK(strcmp(find(scope, "g")->params[0].name, "p") == 0);
  good(scope, "struct s { char x; }; extern int a[4];");
  CHECK(type_size(s) == 1 && find(scope, "a")->type->count == 4);
  scope_free(scope);
}

static void test_scopes(void) {
  Scope *global = fresh(), *plugin = scope_new(global);
  good(global, "typedef int T; struct s; struct c { int x; }; int v;"
               " enum { N = 1 };");
  good(plugin, "typedef long T; T own; struct s *p; struct c *q; char v;"
               " enum { N = 2 };");
  CHECK(find(plugin, "own")->type == type_base(BASE_LONG));
  CHECK(find(plugin, "p")->type->target == tag(global, "s")->type);
  CHECK(find(plugin, "N")->value->integer == 2);
  CHECK(find(global, "N")->value->integer == 1);
  good(plugin, "struct s { int mine; };");  /* a new one, of the plugin */
  CHECK(!type_complete(tag(global, "s")->type));
  CHECK(tag(plugin, "s")->type != tag(global, "s")->type);
  good(plugin, "struct c; struct c *r;");
  CHECK(find(plugin, "q")->type->target == tag(global, "c")->type);
  CHECK(find(plugin, "r")->type->target == tag(plugin, "c")->type);
  scope_free(plugin);
  scope_free(global);
}

static unsigned flags(const Scope *scope, const char *name, int param) {
  const Decl *d = find(scope, name);
  return d->params == NULL ? 0 : d->params[param].flags;
}

static void test_annotations(void) {
  Scope *scope = fresh();
  good(scope, "int f(int, char *); int g(_Out_ int *a, _Inout_ int *b, string"
              " s, int c[static 2]); string h(void); int n(int *, int, int *)"
              " __attribute__((nonnull)); int m(int *, int *)"
              " __attribute__((__nonnull__(2)));"
              " int r(void) __asm__(\"re\" \"al\"); const char *k(string);");
  CHECK(find(scope, "f")->params == NULL);
  CHECK(flags(scope, "g", 0) == PARAM_OUT);
  CHECK(flags(scope, "g", 1) == PARAM_INOUT);
  CHECK(flags(scope, "g", 2) == PARAM_STRING);
  CHECK(flags(scope, "g", 3) == PARAM_NONNULL);
  CHECK(find(scope, "h")->result == PARAM_STRING);
  CHECK(find(scope, "k")->result == 0 && flags(scope, "k", 0));
  CHECK(flags(scope, "n", 0) == PARAM_NONNULL && !flags(scope, "n", 1));
  CHECK(flags(scope, "m", 0) == 0 && flags(scope, "m", 1));
  CHECK(strcmp(find(scope, "r")->symbol, "real") == 0);
  CHECK(strcmp(find(scope, "f")->symbol, "f") == 0);
  good(scope, "typedef int *P; int o(int *_Nonnull const a, int *_Nonnull *b,"
              " int **_Nonnull c, P _Nonnull d, _Nonnull P e, int f[_Nonnull],"
              " int *_Nullable g, P _Null_unspecified h, int *_Nonnull i[2],"
              " void (*_Nonnull j)(int *_Nonnull));");
  for (int i = 0; i < 10; i++)
    CHECK(flags(scope, "o", i) == (strchr("acdefj", 'a' + i) == NULL
                                       ? 0 : PARAM_NONNULL));
  good(scope, "int g(int *, int *, const char *, int *); int r(void);");
  CHECK(flags(scope, "g", 0) == 0 && flags(scope, "g", 3) == PARAM_NONNULL);
  CHECK(strcmp(find(scope, "g")->params[0].name, "a") == 0);
  CHECK(strcmp(find(scope, "r")->symbol, "real") == 0);
  scope_free(scope);
  scope = fresh();
  good(scope, "typedef int string; string x; int f(string s);");
  CHECK(find(scope, "x")->type == type_base(BASE_INT));
  CHECK(flags(scope, "f", 0) == 0);
  scope_free(scope);
}

static bool one(Scope *scope, const char *text, Decl *decl) {
  const Type *given[] = {type_base(BASE_LONG), NULL};
  Error error;
  DeclText source = {.text = text, .length = strlen(text),
                     .arguments = given, .narguments = 2};
  bool done = decl_one(scope, &source, decl, &error);
  if (!done && strstr(error.message, "line") == NULL)
    CHECK(done);                  /* an error must say where */
  return done;
}

static void test_one(void) {
  Scope *scope = fresh();
  Decl d;
  CHECK(one(scope, "int (*)(string s)", &d) && d.kind == DECL_TYPEDEF &&
        d.name == NULL && d.params[0].flags == PARAM_STRING);
  CHECK(one(scope, "int add(int a, int);", &d) && d.kind == DECL_FUNCTION &&
        strcmp(d.name, "add") == 0 && strcmp(d.symbol, "add") == 0 &&
        strcmp(d.params[0].name, "a") == 0 && d.params[1].name == NULL);
  CHECK(one(scope, "int(int)", &d) && d.kind == DECL_FUNCTION);
  CHECK(one(scope, "extern int v", &d) && d.kind == DECL_VARIABLE);
  CHECK(one(scope, "typedef int t;", &d) && d.kind == DECL_TYPEDEF);
  CHECK(one(scope, "$ *", &d) && d.type->target == type_base(BASE_LONG));
  CHECK(!one(scope, "struct { $ a; $ b; }", &d));
  CHECK(!one(scope, "int a; int b", &d) && !one(scope, "", &d));
  CHECK(!one(scope, "int f(void) { }", &d) && !one(scope, "int a, b", &d));
  CHECK(scope->first == NULL);
  CHECK(one(scope, "struct s { int x; } *", &d) && tag(scope, "s") != NULL);
  CHECK(find(scope, "v") == NULL && find(scope, "t") == NULL);
  scope_free(scope);
}

/* Bodies that gcc -std=c2x takes, with all kinds of quotes. */
static void test_bodies(void) {
  static const char *const bodies[] = {
    "return 1'000'000 + 0xA'BC'D + 0'7;", "return u8'{' + L'{' + u'1' + '{';",
    "return x=='\\'' ? '\"' : '{';", "return sizeof \"1'0{\" + 1'0 + '}';",
    "return 0x1'e; /* it's { */", "return(1'2)+'2'/2; // it's {",
    "switch (x) { case'1':case'{':; } return 0;"
  };
  for (size_t i = 0; i < COUNT(bodies); i++) {
    char text[200];
    Scope *scope = fresh();
    snprintf(text, sizeof text, "static int f(int x) { %s\n} int behind;",
             bodies[i]);
    good(scope, text);
    CHECK(find(scope, "behind") != NULL);
    scope_free(scope);
  }
}

/* A long line is shown around the place only. */
static void test_excerpt(void) {
  char *text = repeated("", "int a; ", 100, "oops; int tail, of, the, line;");
  Scope *scope = fresh();
  Error error;
  CHECK(!block(scope, text, &error) && error.offset == 700);
  const char *caret = strrchr(error.message, '\n') + 1;
  const char *line = strstr(error.message, "\n...") + 1;
  CHECK(caret[strlen(caret) - 1] == '^' && strlen(caret) < 80);
  CHECK(strncmp(line + strlen(caret) - 1, "oops", 4) == 0);
  free(text);
  scope_free(scope);
}

/* Where it is cut there are whole characters, or bytes that are no UTF-8. */
static void test_binary_excerpt(void) {
  static const struct { const char *before, *after, *shown; } rows[] = {
    {"int a;\n", "", "\n\x9c"},
    {"/*", "*/ oops 7;", "*/ oops 7;\n"},
    {"/*", "*/ oops 7; /* and much that stands behind it */", "*/ oops 7; /*"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char *text = repeated(rows[i].before, "\x9c", 200, rows[i].after);
    Scope *scope = fresh();
    Error error;
    CHECK(!block(scope, text, &error));
    const char *caret = strrchr(error.message, '\n');
    CHECK(strstr(error.message, rows[i].shown) != NULL);
    CHECK(caret[strlen(caret) - 1] == '^' && strlen(caret) < 80);
    free(text);
    scope_free(scope);
  }
}

/* Whenever memory runs out, the block fails and nothing is left of it. */
static void test_memory(void) {
  const char *text =
      "struct s { int a; struct { char *b[3]; } c; enum { A, B } e; };\n"
      "typedef int (*f)(struct s *p, _Out_ long *n, ...); extern f table[4];\n"
      "static const char name[] = \"a name\"; int g(const struct s *, f);\n"
      "# 1 \"other.h\"\nint v __asm__(\"w\"); union u { double d; } u;\n";
  bool done = false;
  for (size_t cap = 0; cap < 65536 && !done; cap += 256) {
    Error error;
    Scope *scope = fresh();
    scope->arena.cap = cap;
    done = block(scope, text, &error);
    CHECK(done ? find(scope, "g") != NULL
               : strstr(error.message, "memory") && scope->first == NULL);
    scope_free(scope);
  }
  CHECK(done);
}

/* What a header's `static const` holds need not be understood. */
static void test_initializers(void) {
  Scope *scope = fresh();
  good(scope, "struct p { int x, y; };"
              " static const struct p origin = { .x = 1, .y = { 2 } };"
              " static const int a = unknown(1, 2), b = 3;"
              " static const double c[2] = { 1, 2 }, d = 2.5;"
              " int (*table[])(void) = { 0, 0 }; int after;"
              " static const char *const s = \"text\";"
              " constexpr unsigned char u = 255; enum { E = u + 1 };"
              " static void *const p = (void *)-1;");
  CHECK(find(scope, "origin")->kind == DECL_VARIABLE);
  CHECK(find(scope, "a")->kind == DECL_VARIABLE);
  CHECK(find(scope, "b")->value->integer == 3);
  CHECK(find(scope, "d")->value->number == 2.5L);
  CHECK(find(scope, "after")->kind == DECL_VARIABLE);
  CHECK(find(scope, "s")->value->kind == CONSTANT_STRING);
  CHECK(find(scope, "E")->value->integer == 256);
  CHECK(find(scope, "p")->value->kind == CONSTANT_POINTER &&
        (uintptr_t)find(scope, "p")->value->integer == UINTPTR_MAX);
  scope_free(scope);
}

int main(void) {
  Error error;
  builtin = scope_new(NULL);
  CHECK(decl_builtin(builtin, &error));
  test_errors();
  test_limits();
  test_repeats();
  test_conflicts();
  test_transactions();
  test_scopes();
  test_annotations();
  test_one();
  test_bodies();
  test_excerpt();
  test_binary_excerpt();
  test_memory();
  test_initializers();
  scope_free(builtin);
  return check_report();
}
