/*
** base.h - what every floor needs: limits and errors.
**
** Floors 0 to 3 do not know Lua. A function there that can fail takes an
** `Error *` and returns NULL, false or a negative number; the error then
** says what was wrong and, for text, at which byte.
*/
#ifndef CPLUGIN_BASE_H
#define CPLUGIN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits: reached with a message, never with a crash. */
#define LIMIT_PARAMS 127          /* parameters of one function (C11 5.2.4.1) */
#define LIMIT_DEPTH 200           /* nesting of declarators and expressions */
#define LIMIT_FRAME (1u << 20)    /* bytes of all arguments and the result */
#define LIMIT_FRAMES (4u << 20)   /* the same of calls within calls */
                                  /* of a call: they go onto C's stack */
#define LIMIT_NAME 1024           /* bytes of one identifier */
#define LIMIT_MESSAGE 1024        /* bytes of one error message, NUL included */
#define LIMIT_ARENA ((size_t)1 << 30)  /* bytes of declarations in one scope */
#define LIMIT_CODE ((size_t)64 << 20)  /* bytes of machine code made here */
#define LIMIT_SIZE ((uint64_t)PTRDIFF_MAX) /* bytes of one C type */

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) \
  __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

typedef struct Error {
  char message[LIMIT_MESSAGE];    /* "" while there is no error */
  size_t offset;                  /* byte of the text that it is about */
} Error;

/*
** Sets the error, cut to fit. Returns false, so that a function can end in
** `return error_set(...)`.
*/
bool error_set(Error *error, size_t offset, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
