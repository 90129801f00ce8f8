/*
** sample.h - files and small shared objects that a test makes for itself, in
** a folder that sample_end removes.
*/
#ifndef CPLUGIN_SAMPLE_H
#define CPLUGIN_SAMPLE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char sample_folder[64];

static inline void sample_begin(void) {
  char *real;
  strcpy(sample_folder, "/tmp/cplugin-sample-XXXXXX");
  if (mkdtemp(sample_folder) == NULL)
    abort();
  real = realpath(sample_folder, NULL);
  if (real != NULL && strlen(real) < sizeof sample_folder)
    strcpy(sample_folder, real);
  free(real);
}

/* A path in the folder; valid until the eighth call from now. */
static inline const char *sample_path(const char *name) {
  static char paths[8][512];
  static unsigned turn;
  char *path = paths[turn++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", sample_folder, name);
  return path;
}

static inline void sample_write(const char *name, const void *bytes,
                                size_t size) {
  FILE *file = fopen(sample_path(name), "wb");
  if (file == NULL || fwrite(bytes, 1, size, file) != size)
    abort();
  fclose(file);
}

static inline void sample_text(const char *name, const char *text) {
  sample_write(name, text, strlen(text));
}

/* Runs a shell command in the folder; true if it went well. */
static inline int sample_run(const char *format, ...) {
  char command[2048];
  int length = snprintf(command, sizeof command, "cd %s && ", sample_folder);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(command + length, sizeof command - (size_t)length, format,
            arguments);
  va_end(arguments);
  return system(command) == 0;
}

/* cc -shared -o NAME FLAGS, the C text from NAME.c. */
static inline int sample_build(const char *name, const char *flags,
                               const char *source) {
  char file[256];
  snprintf(file, sizeof file, "%s.c", name);
  sample_text(file, source);
  return sample_run("cc -O1 -shared -fPIC -o %s %s.c %s", name, name, flags);
}

static inline void sample_end(void) {
  sample_run("rm -r %s", sample_folder);
}

#endif
