/*
** plan_test.c - where the arguments and the result of a function go, by the
** letter of the ABI documents. That it is what compilers do is for
** call_spec.lua and signature_spec.lua.
*/
#include "check.h"
#include "decl_help.h"
#include "plan/plan.h"

typedef struct Row {
  const char *declaration;        /* of f */
  const char *places;             /* of each argument, then of the result */
} Row;

#if defined(ABI_SYSV)
static const char *const integers[] = {"rdi", "rsi", "rdx", "rcx", "r8",
                                       "r9"};
#define VECTOR "xmm"
#elif defined(ABI_AAPCS64)
static const char *const integers[] = {"x0", "x1", "x2", "x3", "x4", "x5",
                                       "x6", "x7", "x8"};
#define VECTOR "v"
#endif

#if defined(INVOKE_HERE)

/* "rdi", "xmm1", "stack+8", or "frame" for a place of its own. */
static void add_place(char *text, const Plan *plan, uint32_t offset) {
  char *end = text + strlen(text);
  if (offset >= BLOCK_STACK + plan->how.stack)
    strcat(end, "frame");
  else if (offset >= BLOCK_STACK)
    sprintf(end, "stack+%u", offset - BLOCK_STACK);
  else if (offset >= BLOCK_VECTOR)
    sprintf(end, VECTOR "%u", (offset - BLOCK_VECTOR) / 16);
  else
    strcat(end, integers[offset / 8]);
}

/* "0:rdx,8:xmm0" for a value in pieces, "&rdi" for its address. */
static void add_moves(char *text, const Plan *plan, const Move *moves,
                      unsigned count, uint32_t value) {
  for (unsigned i = 0; i < count; i++) {
    strcat(text, i > 0 ? "," : "");
    if (moves[i].kind == MOVE_ADDRESS)
      strcat(text, "&");
    else
      sprintf(text + strlen(text), "%u:", moves[i].value - value);
    add_place(text, plan, moves[i].slot);
  }
}

static void describe(const Plan *plan, char *text) {
  *text = '\0';
  for (uint32_t i = 0; i < plan->nargs; i++) {
    const PlanArg *arg = &plan->args[i];
    if (arg->apart)
      add_moves(text, plan, plan->moves + arg->move, arg->moves, arg->offset);
    else
      add_place(text, plan, arg->offset);
    strcat(text, " ");
  }
  strcat(text, "-> ");
  if (plan->result->kind == TYPE_VOID)
    strcat(text, "nothing");
  else if (plan->hidden)
    add_moves(text, plan, plan->moves, 1, 0);
  else if (plan->result_apart)
    add_moves(text, plan, plan->moves + plan->nmoves, plan->result_moves,
              plan->result_offset);
  else
    add_place(text, plan, plan->result_offset);
}

static void check_row(const Row *row) {
  Error error = {"", 0};
  char text[4096];
  Scope *scope = fresh();
  good(scope, row->declaration);
  const Plan *plan = plan_of(find(scope, "f")->type, &error);
  if (CHECK(plan != NULL)) {
    describe(plan, text);
    if (!CHECK(strcmp(text, row->places) == 0))
      fprintf(stderr, "  %s\n  have: %s\n  want: %s\n", row->declaration,
              text, row->places);
    CHECK(plan->bytes % 16 == 0 && plan->how.stack % 16 == 0);
  } else {
    fprintf(stderr, "  %s\n  %s\n", row->declaration, error.message);
  }
  scope_free(scope);
}

#endif

#if defined(ABI_SYSV)

static const Row rows[] = {
  {"void f(void);", "-> nothing"},
  {"char f(char, unsigned short, _Bool);", "rdi rsi rdx -> rdi"},
  {"float f(double, float _Complex);", "xmm0 xmm1 -> xmm0"},
  /* Of psABI 3.2.3, figures 3.5 and 3.6, without the __m256. */
  {"typedef struct { int a, b; double d; } structparm;"
   "void f(int e, int f, structparm s, int g, int h, long double ld, double m,"
   " double n, int i, int j, int k);",
   "rdi rsi 0:rdx,8:xmm0 rcx r8 stack+0 xmm1 xmm2 r9 stack+16 stack+24 "
   "-> nothing"},
  /* All eightbytes in registers or none; later arguments still get them. */
  {"struct S { long a, b; }; void f(int, int, int, int, int, struct S, int);",
   "rdi rsi rdx rcx r8 stack+0 r9 -> nothing"},
  {"struct S { double a, b; }; struct S f(double, struct S);",
   "xmm0 0:xmm1,8:xmm2 -> 0:xmm0,8:xmm1"},
  {"struct S { long a; double b; }; struct S f(struct S, double);",
   "0:rdi,8:xmm0 xmm1 -> 0:rdi,8:xmm0"},
  {"struct S { double a; long b; }; struct S f(void);",
   "-> 0:xmm0,8:rdi"},
  {"struct S { char a[3]; }; struct S f(struct S, int);", "rdi rsi -> rdi"},
  {"struct S { long a, b, c; }; struct S f(struct S, int);",
   "stack+0 rsi -> &rdi"},
  {"__int128 f(int, int, int, int, int, __int128, long, __int128);",
   "rdi rsi rdx rcx r8 stack+0 r9 stack+16 -> rdi"},
  {"long double f(long double, int, long double);",
   "stack+0 rdi stack+16 -> xmm0"},
  {"long double _Complex f(int);", "rdi -> xmm0"},
  {"struct S { long double a; }; struct S f(struct S);", "stack+0 -> xmm0"},
  {"union U { long double a; int b; }; union U f(union U);",
   "stack+0 -> &rdi"},
  {"_Float128 f(_Float128, double); ", "xmm0 xmm1 -> xmm0"},
  {"typedef float V __attribute__((vector_size(16)));"
   "V f(V, double, V, V, V, V, V, V, V);",
   "xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7 stack+0 -> xmm0"},
  {"typedef float V __attribute__((vector_size(16)));"
   "union U { V v; long l; }; union U f(union U);",
   "0:rdi,8:xmm0 -> 0:rdi,8:xmm0"},
  {"struct E {}; struct E f(struct E, int, struct E);", " rdi  -> rdi"},
  {"struct S { _Alignas(16) long a; };"
   "struct S f(int, struct S, struct S, struct S, struct S, struct S, int,"
   " struct S);",
   "rdi 0:rsi 0:rdx 0:rcx 0:r8 0:r9 stack+0 stack+16 -> 0:rdi"},
  {"struct S { _Alignas(64) char a; };"
   "struct S f(long, long, long, long, long, long, long, struct S, char);",
   "rsi rdx rcx r8 r9 stack+0 stack+8 stack+64 stack+128 -> &rdi"},
  {"union U { int *a; long *b; } __attribute__((transparent_union));"
   "void f(union U, int);", "rdi rsi -> nothing"},
  {"union U { float a; int b; } __attribute__((transparent_union));"
   "union U f(union U, int);", "xmm0 rdi -> rdi"},
};

#elif defined(ABI_AAPCS64)

static const Row rows[] = {
  {"void f(void);", "-> nothing"},
  {"char f(char, double, long);", "x0 v0 x1 -> x0"},
  {"struct S { float a, b, c; }; struct S f(struct S, float);",
   "0:v0,4:v1,8:v2 v3 -> 0:v0,4:v1,8:v2"},
  {"struct S { long double a[4]; }; struct S f(struct S);", "v0 -> v0"},
  {"struct S { float a, b; }; void f(float, float, float, float, float, float,"
   " float, struct S, float);",
   "v0 v1 v2 v3 v4 v5 v6 stack+0 stack+8 -> nothing"},
  {"struct S { long a, b; }; struct S f(int, struct S);", "x0 x1 -> x0"},
  {"void f(int, __int128, int);", "x0 x2 x4 -> nothing"},
  {"struct S { long a, b; }; void f(long, long, long, long, long, long, long,"
   " struct S, long);",
   "x0 x1 x2 x3 x4 x5 x6 stack+0 stack+16 -> nothing"},
  {"struct S { long a, b, c; }; struct S f(struct S, int);", "&x0 x1 -> &x8"},
  {"struct S { long a; } __attribute__((aligned(16)));"
   "struct S f(int, struct S);", "x0 x1 -> x0"},
  {"struct S { _Alignas(16) long a; }; struct S f(int, struct S);",
   "x0 x2 -> x0"},
  {"typedef float V __attribute__((vector_size(16)));"
   "struct S { V a, b; }; struct S f(struct S, V);", "v0 v2 -> v0"},
};

#endif

int main(void) {
  Error error;
  builtin = scope_new(NULL);
  CHECK(decl_builtin(builtin, &error));
#if defined(INVOKE_HERE)
  for (size_t i = 0; i < COUNT(rows); i++)
    check_row(&rows[i]);
#endif
  scope_free(builtin);
  return check_report();
}
