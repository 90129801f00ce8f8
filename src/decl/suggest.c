/*
** suggest.c - what may have been meant by an unknown name.
*/
#include "base/nearname.h"
#include "decl/parser.h"

#include <stdio.h>
#include <string.h>

static void consider_scope(NearName *near, const Scope *scope, bool values) {
  for (const Decl *d = scope->first; d != NULL; d = d->next) {
    bool value = d->kind == DECL_CONSTANT || d->kind == DECL_VARIABLE;
    if (!d->hidden && (values ? value : d->kind == DECL_TYPEDEF))
      nearname_offer(near, d->name);
  }
}

static void consider_words(NearName *near) {
  static const char *const words[] = {
    "char", "short", "int", "long", "float", "double", "signed", "unsigned",
    "void", "const", "volatile", "struct", "union", "enum", "typedef",
    "extern", "static", "inline", "_Bool"
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    nearname_offer(near, words[i]);
}

/* C++ has a tag for a type's name: the word that C wants in front, or "". */
static const char *consider_tags(NearName *near, const Scope *scope) {
  const char *word = "";
  for (const Decl *d = scope->first; d != NULL; d = d->next) {
    size_t distance = near->distance;
    if (d->hidden || d->kind != DECL_TAG)
      continue;
    nearname_offer(near, d->name);
    if (near->distance < distance)
      word = d->type->kind == TYPE_ENUM ? "enum "
           : d->type->flags & TYPE_UNION ? "union " : "struct ";
  }
  return word;
}

/* The header of POSIX that declares a type, whatever is near to its name. */
static const char *header_of(const Token *name) {
  static const char *const rows[][2] = {
    {"dirent.h", " DIR "},
    {"glob.h", " glob_t "},
    {"locale.h", " locale_t "},
    {"netinet/in.h", " in_addr_t in_port_t "},
    {"poll.h", " nfds_t "},
    {"pthread.h", " pthread_t pthread_attr_t pthread_cond_t pthread_key_t "
                  "pthread_mutex_t pthread_once_t pthread_rwlock_t "},
    {"regex.h", " regex_t regmatch_t "},
    {"semaphore.h", " sem_t "},
    {"setjmp.h", " jmp_buf sigjmp_buf "},
    {"signal.h", " sigset_t siginfo_t stack_t sig_atomic_t "},
    {"stdio.h", " FILE fpos_t "},
    {"stdlib.h", " div_t ldiv_t lldiv_t "},
    {"sys/resource.h", " rlim_t "},
    {"sys/select.h", " fd_set "},
    {"sys/socket.h", " socklen_t sa_family_t "},
    {"sys/types.h", " blkcnt_t blksize_t caddr_t dev_t gid_t id_t ino_t key_t "
                    "mode_t nlink_t off_t pid_t suseconds_t u_char u_int "
                    "u_long u_short u_int8_t u_int16_t u_int32_t u_int64_t "
                    "uid_t uint ulong useconds_t ushort "},
    {"termios.h", " cc_t speed_t tcflag_t "},
    {"time.h", " clock_t clockid_t time_t timer_t "},
    {"wchar.h", " mbstate_t "}
  };
  char word[32];
  if (name->length > sizeof word - 3)
    return NULL;
  sprintf(word, " %.*s ", (int)name->length, name->text);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strstr(rows[i][1], word) != NULL)
      return rows[i][0];
  return NULL;
}

const char *suggestion(Parser *p, const Token *name, bool values) {
  NearName near;
  const char *word = "";
  if (p->lex.quiet)
    return "";
  const char *header = values ? NULL : header_of(name);
  if (header != NULL) {
    char *text = scratch(p, strlen(header) + 32);
    sprintf(text, ": it is of <%s>, which header() reads", header);
    return text;
  }
  nearname_init(&near, name->text, name->length);
  if (!values)
    consider_words(&near);
  for (const Scope *s = p->scope; s != NULL; s = s->parent)
    consider_scope(&near, s, values);
  for (const Scope *s = values ? NULL : p->scope; s != NULL; s = s->parent) {
    const char *tag = consider_tags(&near, s);
    word = *tag == '\0' ? word : tag;
  }
  if (near.best == NULL)
    return "";
  char *text = scratch(p, strlen(near.best) + 32);
  sprintf(text, ", did you mean '%s%s'?", word, near.best);
  return text;
}
