/* base.c - errors. */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

bool error_set(Error *error, size_t offset, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  error->offset = offset;
  return false;
}
