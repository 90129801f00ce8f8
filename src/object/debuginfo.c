/* debuginfo.c - see debuginfo.h. */
#define _GNU_SOURCE
#include "object/debuginfo.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object/ctfinfo.h"
#include "object/debugcheck.h"
#include "object/debugfile.h"
#include "object/debugtext.h"
#include "object/dwarfindex.h"
#include "object/dwarfstring.h"
#include "object/dwarftype.h"
#include "object/elfimage.h"
#include "object/elfnames.h"

enum { ELF_C_READ = 1, DWARF_C_READ = 0 };

typedef struct OpenDwarf {
  int fd;                         /* -1: not open */
  Elf *elf;
  Dwarf *dwarf;
} OpenDwarf;

/* Of a file in CTF only `ctf`, else what is there for DWARF. */
struct DebugInfo {
  DebugFile file;
  CtfInfo *ctf;
  const LibDw *dw;
  OpenDwarf main, common;         /* dwz's file is the second */
  DwarfIndex index;
  DwarfReader reader;
  ElfNames hidden;                /* names that the file does not export */
  bool named;                     /* they have been read */
  bool broken;                    /* libdw ran out of memory midway */
  DebugType *type;                /* of the symbol of the text */
  const char *name;
  DebugText text;                 /* the last one */
  DebugText spelled;              /* debuginfo_spelled's */
  DebugPieces known;              /* pieces that the scope has */
  Arena names;                    /* of `known` */
};

/* ---------------------------------------------------------------------
** libdw ends the process when it runs out of memory, unless it is told a
** function that does not return.
*/

static _Thread_local jmp_buf *escape;

static void out_of_memory(void) {
  longjmp(*escape, 1);
}

typedef bool Step(DebugInfo *info, void *data, Error *error);

/* Runs a step that calls libdw. */
static bool guarded(DebugInfo *info, Step *step, void *data, Error *error) {
  jmp_buf here;
  jmp_buf *outer = escape;
  if (info->broken)
    return error_set(error, 0, "%s: its debug info cannot be read any more: "
                     "memory ran out", image_shown(info->file.path));
  escape = &here;
  bool done = setjmp(here) == 0 ? step(info, data, error)
                                : !(info->broken = true);
  escape = outer;
  if (info->broken)
    error_set(error, 0, "not enough memory for debug info");
  return done;
}

/* ---------------------------------------------------------------------
** Opening and closing.
*/

/* Read, not mapped: a file that shrinks meanwhile must not be a SIGBUS. */
static bool open_dwarf(DebugInfo *info, OpenDwarf *open_, const char *path,
                       Error *error) {
  open_->fd = open(path, O_RDONLY | O_CLOEXEC);
  if (open_->fd < 0)
    return error_set(error, 0, "%s: cannot be read: %s", image_shown(path),
                     strerror(errno));
  open_->elf = info->dw->elf_begin(open_->fd, ELF_C_READ, NULL);
  if (open_->elf != NULL)
    open_->dwarf = info->dw->dwarf_begin_elf(open_->elf, DWARF_C_READ, NULL);
  if (open_->dwarf == NULL)
    return error_set(error, 0, "%s: its debug info cannot be read: it is "
                     "damaged, or of a form that this libdw does not know "
                     "(as compressed with zstd)", image_shown(path));
  info->dw->dwarf_new_oom_handler(open_->dwarf, out_of_memory);
  if (!dwarfstring_ends(info->dw, open_->elf))
    return error_set(error, 0, "%s: its debug info is damaged: a section of "
                     "text has no end", image_shown(path));
  return true;
}

static void close_dwarf(DebugInfo *info, OpenDwarf *open_) {
  if (open_->dwarf != NULL && !info->broken)
    info->dw->dwarf_end(open_->dwarf);
  if (open_->elf != NULL && !info->broken)
    info->dw->elf_end(open_->elf);
  if (open_->fd >= 0)
    close(open_->fd);
}

static bool read_dwarf(DebugInfo *info, void *data, Error *error) {
  (void)data;
  if (!open_dwarf(info, &info->main, info->file.path, error))
    return false;
  if (info->file.common != NULL) {
    if (!open_dwarf(info, &info->common, info->file.common, error))
      return false;
    info->dw->dwarf_setalt(info->main.dwarf, info->common.dwarf);
  }
  return dwarfindex_make(&info->index, info->dw, info->main.dwarf, error);
}

static bool read_file(DebugInfo *info, const char *path, const char *folders,
                      Error *error) {
  if (!debugfile_find(&info->file, path, folders, error))
    return false;
  if (!info->file.dwarf) {
    info->ctf = ctfinfo_open(info->file.path, error);
    return info->ctf != NULL;
  }
  info->dw = libdw_open(error);
  if (info->dw == NULL)
    return false;
  dwarfreader_init(&info->reader, info->dw);
  return guarded(info, read_dwarf, NULL, error);
}

DebugInfo *debuginfo_open(const char *path, const char *folders,
                          Error *error) {
  DebugInfo *info = calloc(1, sizeof *info);
  if (info == NULL) {
    error_set(error, 0, "not enough memory for debug info");
    return NULL;
  }
  info->main.fd = info->common.fd = -1;
  arena_init(&info->names, LIMIT_ARENA);
  if (read_file(info, path, folders, error))
    return info;
  debuginfo_close(info);
  return NULL;
}

void debuginfo_close(DebugInfo *info) {
  if (info == NULL)
    return;
  ctfinfo_close(info->ctf);
  close_dwarf(info, &info->main);
  close_dwarf(info, &info->common);
  dwarfindex_free(&info->index);
  debugreader_free(&info->reader.reader);
  debugtext_free(&info->text);
  debugtext_free(&info->spelled);
  debugpieces_free(&info->known);
  arena_free(&info->names);
  elfnames_free(&info->hidden);
  debugfile_free(&info->file);
  free(info);
}

const char *debuginfo_path(const DebugInfo *info) {
  return info->file.path;
}

static DebugReader *reader_of(DebugInfo *info) {
  return info->ctf != NULL ? ctfinfo_reader(info->ctf)
                           : &info->reader.reader;
}

/* ---------------------------------------------------------------------
** A symbol's text.
*/

typedef struct Request {
  const ElfFile *elf;             /* that exports the symbol */
  const ElfSymbol *symbol;
  bool whole;
} Request;

/* By names that only the file itself uses. */
static bool find_hidden(DebugInfo *info, const ElfSymbol *symbol,
                        DwarfDie *die) {
  const char *name;
  size_t at = 0;
  if (!info->named)
    elfnames_read(&info->hidden, info->file.path);
  info->named = true;
  while ((name = elfnames_next(&info->hidden, symbol->value, &at)) != NULL)
    if (dwarfindex_declared(&info->index, name, symbol, die))
      return true;
  return false;
}

/* What C code declares of it, of a function under any of its names. */
static bool find_declared(DebugInfo *info, const Request *request,
                          DwarfDie *die) {
  const ElfSymbol *symbol = request->symbol;
  if (dwarfindex_declared(&info->index, symbol->name, symbol, die))
    return true;
  if (symbol->kind != SYMBOL_FUNCTION && symbol->kind != SYMBOL_IFUNC)
    return false;
  for (size_t i = 0; i < elf_count(request->elf); i++) {
    const ElfSymbol *other = elf_symbol(request->elf, i);
    if (other->value == symbol->value && other->kind == symbol->kind &&
        dwarfindex_declared(&info->index, other->name, other, die))
      return true;
  }
  return find_hidden(info, symbol, die);
}

/* The function that an IFUNC's resolver returns a pointer to. */
static DebugType *resolved(DebugInfo *info, DebugType *type,
                           const char *name, Error *error) {
  DebugReader *reader = reader_of(info);
  type = debug_bare(reader, type);
  DebugType *result = type == NULL || type->kind != DEBUG_FUNCTION
                          ? NULL : debug_bare(reader, type->target);
  DebugType *function = result == NULL || result->kind != DEBUG_POINTER
                            ? NULL : debug_bare(reader, result->target);
  if (function != NULL && function->kind == DEBUG_FUNCTION)
    return function;
  error_set(error, 0, "'%.200s' is chosen at load time by a function that "
            "does not say the type of what it chooses: give a declaration",
            name);
  return NULL;
}

static bool check_known(const DebugType *type, const char *name,
                        Error *error) {
  if (type->kind != DEBUG_FUNCTION || type->prototyped)
    return true;
  return error_set(error, 0, "'%.200s' was compiled without a prototype, as "
                   "f() or in the style of K&R: debug info does not say what "
                   "it takes; give a declaration", name);
}

static DebugType *read_node(DebugInfo *info, const DwarfDie *die) {
  DebugType *type = dwarf_node(&info->reader, die);
  return type != NULL && debug_read(&info->reader.reader, type) ? type : NULL;
}

/*
** A second name may have a type of its own, which only C code that uses it
** knows. What takes another number of arguments is not that (libc's extern
** void error(void), which must not be linked, in a block).
*/
static DebugType *second_type(DebugInfo *info, const ElfSymbol *symbol,
                              DebugType *type) {
  DwarfDie die;
  if (!symbol->isdefault || symbol->kind == SYMBOL_IFUNC ||
      !dwarfindex_declared(&info->index, symbol->name, symbol, &die))
    return type;
  DebugType *own = read_node(info, &die);
  return own == NULL || (own->nmembers == type->nmembers &&
                         own->variadic == type->variadic) ? own : type;
}

/* The node of what the symbol is in DWARF, read. */
static DebugType *dwarf_type(DebugInfo *info, const Request *request,
                              Error *error) {
  DwarfDie die;
  const char *name = request->symbol->name;
  bool named = true;
  bool placed = dwarfindex_find(&info->index, request->elf, request->symbol,
                                &die, &named, error);
  if (!placed && !find_declared(info, request, &die))
    return NULL;
  DebugType *type = read_node(info, &die);
  if (type != NULL && placed && !named)
    type = second_type(info, request->symbol, type);
  if (type == NULL)
    return NULL;
  if (placed && request->symbol->kind == SYMBOL_IFUNC)
    type = resolved(info, type, name, error);
  return type != NULL && check_known(type, name, error) ? type : NULL;
}

static DebugType *symbol_type(DebugInfo *info, const Request *request,
                              Error *error) {
  debugreader_start(reader_of(info), error);
  return info->ctf != NULL
             ? ctfinfo_symbol(info->ctf, request->elf, request->symbol)
             : dwarf_type(info, request, error);
}

static bool make_text(DebugInfo *info, void *data, Error *error) {
  const Request *request = data;
  bool named = request->whole || request->symbol->isdefault;
  const char *name = named ? request->symbol->name : NULL;
  DebugReader *reader = reader_of(info);
  debugtext_free(&info->text);
  DebugType *type = symbol_type(info, request, error);
  if (type == NULL)
    return false;
  info->type = type;
  info->name = named ? debug_copy(reader, name) : NULL;
  return (!named || info->name != NULL) &&
         debugtext_make(reader, type, name,
                        request->whole ? NULL : &info->known, &info->text);
}

const char *debuginfo_text(DebugInfo *info, const ElfFile *elf,
                           const ElfSymbol *symbol, bool whole,
                           size_t *length, bool *clash, Error *error) {
  Request request = {elf, symbol, whole};
  if (!guarded(info, make_text, &request, error))
    return NULL;
  *length = info->text.length;
  *clash = info->text.clash;
  return info->text.bytes;
}

static bool check_text(DebugInfo *info, void *data, Error *error) {
  const Scope *scope = data;
  reader_of(info)->error = error;
  return debug_verify(reader_of(info), &info->text.pieces, info->type,
                     info->name, scope);
}

bool debuginfo_check(void *info, const Scope *scope, Error *error) {
  return guarded(info, check_text, (void *)(uintptr_t)scope, error);
}

static bool spell(DebugInfo *info, void *data, Error *error) {
  int which = *(const int *)data;
  DebugType *type = info->type;
  reader_of(info)->error = error;
  bool function = type->kind == DEBUG_FUNCTION;
  if (function != (which >= 0) || which > (int)type->nmembers)
    return false;
  if (function)
    type = which == 0 ? type->target : type->members[which - 1].type;
  return debugtext_type(reader_of(info), type, &info->spelled);
}

const char *debuginfo_spelled(DebugInfo *info, int which) {
  Error ignored;
  info->spelled.length = 0;
  if (info->type == NULL || !guarded(info, spell, &which, &ignored))
    return NULL;
  return info->spelled.bytes;
}

void debuginfo_forget(DebugInfo *info) {
  debugreader_unsettle(reader_of(info));
  debugpieces_free(&info->known);
  arena_free(&info->names);
}

bool debuginfo_declared(DebugInfo *info) {
  const DebugPieces *pieces = &info->text.pieces;
  for (size_t i = 0; i < pieces->room; i++) {
    DebugPiece piece = pieces->items[i];
    if (piece.name == NULL)
      continue;
    piece.type = NULL;
    piece.name = arena_copy(&info->names, piece.name, strlen(piece.name));
    if (piece.name == NULL || !debugpieces_add(&info->known, &piece))
      return false;
  }
  return debugreader_settle(reader_of(info));
}
