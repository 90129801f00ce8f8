/*
** builtin.c - what is declared before anything is: as C text, of course.
**
** The compiler that this is compiled with says what the types are.
*/
#include "decl/decl.h"

#include <string.h>

#define TEXT_OF(macro) #macro
#define TEXT(macro) TEXT_OF(macro)
#define TYPEDEF(type, name) "typedef " TEXT(type) " " #name ";\n"
#define SIZED(bits) \
  TYPEDEF(__INT##bits##_TYPE__, int##bits##_t) \
  TYPEDEF(__UINT##bits##_TYPE__, uint##bits##_t) \
  TYPEDEF(__INT_LEAST##bits##_TYPE__, int_least##bits##_t) \
  TYPEDEF(__UINT_LEAST##bits##_TYPE__, uint_least##bits##_t) \
  TYPEDEF(__INT_FAST##bits##_TYPE__, int_fast##bits##_t) \
  TYPEDEF(__UINT_FAST##bits##_TYPE__, uint_fast##bits##_t)

#if defined(__x86_64__) && !defined(_WIN32)
#define VA_LIST \
  "typedef struct __va_list_tag {\n" \
  "  unsigned int gp_offset, fp_offset;\n" \
  "  void *overflow_arg_area, *reg_save_area;\n" \
  "} __builtin_va_list[1];\n"
#elif defined(__aarch64__) && !defined(__APPLE__) && !defined(_WIN32)
#define VA_LIST \
  "typedef struct __va_list {\n" \
  "  void *__stack, *__gr_top, *__vr_top;\n" \
  "  int __gr_offs, __vr_offs;\n" \
  "} __builtin_va_list;\n"
#else
#define VA_LIST "typedef char *__builtin_va_list;\n"
#endif

static const char declarations[] =
    SIZED(8) SIZED(16) SIZED(32) SIZED(64)
    TYPEDEF(__INTPTR_TYPE__, intptr_t) TYPEDEF(__UINTPTR_TYPE__, uintptr_t)
    TYPEDEF(__INTMAX_TYPE__, intmax_t) TYPEDEF(__UINTMAX_TYPE__, uintmax_t)
    TYPEDEF(__SIZE_TYPE__, size_t) TYPEDEF(__PTRDIFF_TYPE__, ssize_t)
    TYPEDEF(__PTRDIFF_TYPE__, ptrdiff_t) TYPEDEF(__WCHAR_TYPE__, wchar_t)
    TYPEDEF(__CHAR16_TYPE__, char16_t) TYPEDEF(__CHAR32_TYPE__, char32_t)
    TYPEDEF(__WINT_TYPE__, wint_t)
#if defined(__SIZEOF_INT128__)
    "typedef __int128 __int128_t;\n"
    "typedef unsigned __int128 __uint128_t;\n"
#endif
    "typedef _Bool bool;\n"
    "static const _Bool true = 1, false = 0;\n"
    "typedef void *nullptr_t;\n"
    "static void *const nullptr = 0;\n"
    VA_LIST
    "typedef __builtin_va_list va_list, __gnuc_va_list;\n"
#if defined(__x86_64__)
    "typedef __builtin_va_list __builtin_sysv_va_list;\n"
    "typedef char *__builtin_ms_va_list;\n"
#endif
    "";

bool decl_builtin(Scope *scope, Error *error) {
  DeclText text = {.text = declarations, .length = strlen(declarations),
                   .name = "built-in"};
  return decl_block(scope, &text, error);
}
