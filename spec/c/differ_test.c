/*
** differ_test.c - what two declarations of `f` differ in: rows of both, and
** of what is to be said; the same with the sides changed.
*/
#include "check.h"
#include "decl_help.h"
#include "type/differ.h"

static const Type *declared(Scope *scope, const char *text) {
  good(scope, text);
  const Decl *decl = find(scope, "f");
  return CHECK(decl != NULL) ? decl->type : type_base(BASE_VOID);
}

static const char *const same[][2] = {
  {"int f(int a, char *b);", "int f(int, char *x);"},
  {"long f(long long);", "long long f(long);"},
  {"int f(const int x);", "int f(volatile int);"},
  {"int f(char *restrict p);", "int f(char *p);"},
  {"int f(char *restrict *p);", "int f(char **p);"},
  {"enum e { A = 1 }; int f(enum e);", "int f(unsigned);"},
  {"int f(int);", "enum e { A = 1 }; int f(enum e);"},
  {"enum e { A, B }; void f(enum e);", "enum g { A, B, C }; void f(enum g);"},
  {"struct s { int a; }; int f(struct s *);",
   "struct t { int b; } *q; struct s; int f(struct s *);"},
  {"struct s { int a, b; }; int f(struct s);",
   "struct t { int a, b; }; int f(struct t);"},
  {"struct s; int f(struct s *);", "typedef struct { int a; } s; int f(s *);"},
  {"struct s { struct s *next; int i; }; struct s *f(void);",
   "struct s { struct s *next; int i; }; struct s *f(void);"},
  {"struct s { int a : 3, : 5; int b : 2; }; extern struct s f;",
   "struct s { int a : 3; char : 0; int b : 2; }; extern struct s f;"},
  {"union s { int a; float b; }; extern union s f;",
   "union s { float b; int a; }; extern union s f;"},
  {"struct s { int a : 32, b : 2; }; extern struct s f;",
   "struct s { int a; int b : 2; }; extern struct s f;"},
  {"int f();", "int f(int, char *);"},
  {"int f(int);", "int f();"},
  {"extern int f[];", "extern int f[3];"},
  {"extern const int f;", "extern int f;"},
  {"double f(double);", "_Float64 f(_Float32x);"},
  {"int f(int (*)(long));", "int f(int (*)(long long));"},
  {"int f(int [3]);", "int f(int *);"},
  {"typedef int T; T f(T *);", "int f(int *);"},
};

static const struct {
  const char *left, *right, *where, *says[2];
} rows[] = {
  {"int f(int);", "int f(int, int);", "number of parameters", {"1", "2"}},
  {"int f(int, ...);", "int f(int);", "", {"'...'", "no '...'"}},
  {"int f(int, int);", "int f(int, unsigned long);", "parameter 2",
   {"'int'", "'unsigned long'"}},
  {"enum e { A }; int f(enum e);", "int f(short);", "parameter 1",
   {"'enum e'", "'short'"}},
  {"int f(int);", "int f(unsigned);", "parameter 1",
   {"'int'", "'unsigned int'"}},
  {"int f(signed char);", "int f(unsigned char);", "parameter 1",
   {"'signed char'", "'unsigned char'"}},
  {"int f(float);", "int f(double);", "parameter 1",
   {"'float'", "'double'"}},
  {"int f(float);", "int f(int);", "parameter 1", {"'float'", "'int'"}},
  {"int f(long double);", "int f(_Float128);", "parameter 1",
   {"'long double'", "'_Float128'"}},
  {"int f(int *);", "int f(char *);", "parameter 1", {"'int *'", "'char *'"}},
  {"int f(void *);", "int f(int (*)(int));", "parameter 1",
   {"'void *'", "'int (*)(int)'"}},
  {"int f(int);", "int f(int *);", "parameter 1", {"'int'", "'int *'"}},
  {"_Bool f(void);", "int f(void);", "result", {"'_Bool'", "'int'"}},
  {"int f(void);", "void f(void);", "result", {"'int'", "'void'"}},
  {"int f();", "long f(int);", "result", {"'int'", "'long'"}},
  {"int f(int (*)(int));", "int f(int (*)(long));",
   "parameter 1, parameter 1", {"'int'", "'long'"}},
  {"int f(int (*)(int));", "int f(int (*)(int, int));",
   "parameter 1, number of parameters", {"1", "2"}},
  {"struct s { int a; }; int f(struct s *);",
   "struct s { long a; }; int f(struct s *);", "parameter 1, member 'a'",
   {"'int'", "'long'"}},
  {"struct s { int a, b; }; int f(struct s *);",
   "struct s { int b, a; }; int f(struct s *);", "parameter 1, member 'a'",
   {"at byte 0", "at byte 4"}},
  {"struct s { int a; char b; }; int f(struct s *);",
   "struct s { int a, x; char b; }; int f(struct s *);",
   "parameter 1, member 'b'", {"at byte 4", "at byte 8"}},
  {"struct s { int a, b; }; int f(struct s *);",
   "struct s { int a; char c; }; int f(struct s *);",
   "parameter 1, member 'b'", {"'int'", "'char'"}},
  {"struct s { char a; int b; }; int f(struct s *);",
   "struct __attribute__((packed)) s { char a; int b; }; int f(struct s *);",
   "parameter 1, member 'b'", {"at byte 4", "at byte 1"}},
  {"struct s { int a; }; int f(struct s *);",
   "struct s { int a, b; }; int f(struct s *);", "parameter 1, member 'b'",
   {"there is none", "there is one"}},
  {"struct s { int a; char x; int b; }; int f(struct s *);",
   "struct s { int a; __attribute__((aligned(8))) int b; }; int f(struct s *);",
   "parameter 1, member 'x'", {"there is one", "there is none"}},
  {"union s { int a; float x; int b; }; int f(union s *);",
   "union s { int a; int b; }; int f(union s *);",
   "parameter 1, member 'x'", {"there is one", "there is none"}},
  {"union s { int a; int b; }; int f(union s *);",
   "union s { int a; float x; int b; }; int f(union s *);",
   "parameter 1, member 'x'", {"there is none", "there is one"}},
  {"struct s { int a : 3; }; int f(struct s *);",
   "struct s { int a : 4; }; int f(struct s *);", "parameter 1, member 'a'",
   {"3 bits", "4 bits"}},
  {"struct s { int a : 3, b : 2; }; int f(struct s *);",
   "struct s { int a : 3, : 1, b : 2; }; int f(struct s *);",
   "parameter 1, member 'b'", {"at bit 3", "at bit 4"}},
  {"struct s { int a; }; int f(struct s *);",
   "struct __attribute__((aligned(16))) s { int a; }; int f(struct s *);",
   "parameter 1", {"4 bytes", "16 bytes"}},
  {"struct s { struct s *next; int i; }; struct s *f(void);",
   "struct s { struct s *next; long i; }; struct s *f(void);",
   "result, member 'i'", {"'int'", "'long'"}},
  {"struct s { void (*g)(int); }; int f(struct s *);",
   "struct s { void (*g)(long); }; int f(struct s *);",
   "parameter 1, member 'g', parameter 1", {"'int'", "'long'"}},
  {"struct s; int f(struct s *);", "struct t; int f(struct t *);",
   "parameter 1", {"'struct s *'", "'struct t *'"}},
  {"struct s { int a; }; int f(struct s *);",
   "union s { int a; }; int f(union s *);", "parameter 1",
   {"'struct s *'", "'union s *'"}},
  {"enum e { A, B }; void f(enum e);", "enum e { B, A }; void f(enum e);",
   "parameter 1, enumerator 'A'", {"0", "1"}},
  {"enum e { A, B }; void f(enum e);",
   "enum e { A = -1, B }; void f(enum e);", "parameter 1, enumerator 'A'",
   {"0", "-1"}},
  {"extern int f;", "extern long f;", "", {"'int'", "'long'"}},
  {"extern int f[3];", "extern int f[4];", "", {"'int[3]'", "'int[4]'"}},
  {"extern int f;", "int f(void);", "", {"'int'", "'int (void)'"}},
};

static void differs(const Type *left, const Type *right, const char *where,
                    const char *one, const char *other) {
  Difference found;
  bool done = type_differ(left, right, &found);
  if (CHECK(done) && CHECK(strcmp(found.where, where) == 0) &&
      CHECK(strcmp(found.left, one) == 0) &&
      CHECK(strcmp(found.right, other) == 0))
    return;
  fprintf(stderr, "  %s: %s, %s\n  expected %s: %s, %s\n",
          done ? found.where : "the same", found.left, found.right, where, one,
          other);
}

static void test_rows(void) {
  for (size_t i = 0; i < COUNT(rows); i++) {
    Scope *a = fresh(), *b = fresh();
    const Type *left = declared(a, rows[i].left);
    const Type *right = declared(b, rows[i].right);
    differs(left, right, rows[i].where, rows[i].says[0], rows[i].says[1]);
    if (strchr(rows[i].where, '\'') == NULL)    /* no name of one side */
      differs(right, left, rows[i].where, rows[i].says[1], rows[i].says[0]);
    scope_free(a);
    scope_free(b);
  }
}

/*
** `const` counts by who hands the pointer over, `_Atomic` where the right side
** says it: {left, right, differ?}.
*/
static void test_qualifiers(void) {
  static const struct {
    const char *left, *right;
    bool differ;
  } list[] = {
    {"int f(char *);", "int f(const char *);", false},
    {"int f(const char *);", "int f(char *);", true},
    {"int f(char **);", "int f(char *const *);", false},
    {"int f(const char **);", "int f(char **);", true},
    {"char *f(void);", "const char *f(void);", true},
    {"const char *f(void);", "char *f(void);", false},
    {"int f(int (*)(char *));", "int f(int (*)(const char *));", true},
    {"int f(int (*)(const char *));", "int f(int (*)(char *));", false},
    {"extern char *f;", "extern const char *f;", true},
    {"extern const char *f;", "extern char *f;", true},
    {"int f(void *);", "int f(const int *);", false},
    {"int f(const void *);", "int f(int *);", true},
    {"struct s { char *p; }; int f(struct s *);",
     "struct s { const char *p; }; int f(struct s *);", true},
    {"int f(_Atomic long *);", "int f(long *);", false},
    {"int f(long *);", "int f(_Atomic long *);", true},
    {"struct s { int a, spare[2]; }; int f(struct s *);",
     "struct s { int a, padding[2]; }; int f(struct s *);", false},
  };
  for (size_t i = 0; i < COUNT(list); i++) {
    Difference found;
    Scope *a = fresh(), *b = fresh();
    const Type *left = declared(a, list[i].left);
    const Type *right = declared(b, list[i].right);
    if (!CHECK(type_differ(left, right, &found) == list[i].differ))
      fprintf(stderr, "  %s\n  %s\n", list[i].left, list[i].right);
    scope_free(a);
    scope_free(b);
  }
}

static void test_same(void) {
  for (size_t i = 0; i < COUNT(same); i++) {
    Difference found;
    Scope *a = fresh(), *b = fresh();
    const Type *left = declared(a, same[i][0]);
    const Type *right = declared(b, same[i][1]);
    if (!CHECK(!type_differ(left, right, &found)) ||
        !CHECK(!type_differ(right, left, &found)))
      fprintf(stderr, "  %s\n  %s\n  %s: %s, %s\n", same[i][0], same[i][1],
              found.where, found.left, found.right);
    scope_free(a);
    scope_free(b);
  }
}

/* The number of the parameter whose type is told. */
static void parameter(const char *one, const char *other, int number) {
  Difference found;
  Scope *a = fresh(), *b = fresh();
  CHECK(type_differ(declared(a, one), declared(b, other), &found));
  CHECK(found.parameter == number);
  scope_free(a);
  scope_free(b);
}

static void test_parameter(void) {
  parameter("int f(int, long, struct s *);", "int f(int, char, struct s *);",
            2);
  parameter("int f(int (*)(int), char);", "int f(int (*)(char), char);", -1);
  parameter("int f(int);", "char f(int);", 0);
  parameter("extern int f;", "extern char f;", -1);
}

int main(void) {
  Error error;
  builtin = scope_new(NULL);
  CHECK(decl_builtin(builtin, &error));
  test_rows();
  test_same();
  test_qualifiers();
  test_parameter();
  scope_free(builtin);
  return check_report();
}
