/* debugcheck.c - see debugcheck.h. */
#include "object/debugcheck.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct Check {
  DebugReader *reader;
  const char *piece;              /* that is being compared */
  int depth;
} Check;

static bool differs(Check *check, const char *what, uint64_t is,
                    uint64_t ours) {
  return error_set(check->reader->error, 0, "'%.200s' cannot be declared as "
                   "debug info has it: %s is %" PRIu64 " there, and %" PRIu64
                   " as C is laid out here", check->piece, what, is, ours);
}

static bool is_other(Check *check, const char *what) {
  return error_set(check->reader->error, 0, "'%.200s' cannot be declared as "
                   "debug info has it: %s is something else here",
                   check->piece, what);
}

static bool compare(Check *check, DebugType *type, const Type *ours);

/* ---------------------------------------------------------------------
** Records. Bits without a name are not in debug info.
*/

static bool is_padding(const Field *field) {
  return field->name == NULL && field->bitfield;
}

static bool compare_member(Check *check, const DebugMember *member,
                           const Field *field) {
  char what[200];
  const char *name = member->name == NULL ? "without a name" : member->name;
  bool same = member->name == NULL ? field->name == NULL
                                   : field->name != NULL &&
                                     strcmp(field->name, member->name) == 0;
  snprintf(what, sizeof what, "the place of member %.100s, in bits,", name);
  if (!same)
    return is_other(check, what);
  if (member->bit != field->offset * 8 + field->bit)
    return differs(check, what, member->bit, field->offset * 8 + field->bit);
  snprintf(what, sizeof what, "the width of member %.100s", name);
  if (field->bitfield != (member->width != 0) ||
      (field->bitfield && field->width != member->width))
    return differs(check, what, member->width, field->width);
  return compare(check, member->type, field->type);
}

static bool compare_members(Check *check, const DebugType *type,
                            const Record *record) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    if (is_padding(field))
      continue;
    if (n == type->nmembers)
      return differs(check, "the number of members", n, record->nfields);
    if (!compare_member(check, &type->members[n++], field))
      return false;
  }
  return n == type->nmembers ||
         differs(check, "the number of members", type->nmembers, n);
}

static bool compare_record(Check *check, DebugType *type, const Type *ours) {
  uint64_t size = type_size(ours);
  if (ours->kind != TYPE_RECORD ||
      type->isunion != ((ours->flags & TYPE_UNION) != 0))
    return is_other(check, "a struct or union");
  if (type->incomplete || size == SIZE_UNKNOWN)
    return true;
  if (size != type->size)
    return differs(check, "the size of a struct or union", type->size, size);
  if (type->align > type_align(ours))
    return differs(check, "its alignment", type->align, type_align(ours));
  return compare_members(check, type, ours->bare->record);
}

/* ---------------------------------------------------------------------
** Other types. One that has a name is a piece of its own, but its size.
*/

static bool compare_array(Check *check, DebugType *type, const Type *ours) {
  if (ours->kind != TYPE_ARRAY)
    return is_other(check, "an array");
  if (ours->count != type->count)
    return differs(check, "the length of an array", type->count, ours->count);
  return compare(check, type->target, ours->target);
}

static bool compare_function(Check *check, DebugType *type,
                             const Type *ours) {
  if (ours->kind != TYPE_FUNCTION)
    return is_other(check, "a function");
  const Signature *signature = ours->signature;
  if (type->msabi != (signature->convention == CALL_MS))
    return is_other(check, "a calling convention");
  bool unprototyped = !type->prototyped && type->nmembers == 0;
  if (signature->nparams != type->nmembers ||
      signature->variadic != (type->variadic && !unprototyped))
    return differs(check, "the number of parameters", type->nmembers,
                   signature->nparams);
  for (uint32_t i = 0; i < type->nmembers; i++)
    if (!compare(check, type->members[i].type, signature->params[i]))
      return false;
  return compare(check, type->target, ours->target);
}

static bool compare_tagged(Check *check, DebugType *type, const Type *ours) {
  uint64_t size = type_size(ours);
  if (ours->kind != TYPE_RECORD)
    return is_other(check, type->name);
  if (!type->incomplete && size != SIZE_UNKNOWN && size != type->size)
    return differs(check, type->name, type->size, size);
  return true;
}

static bool compare_enum(Check *check, const DebugType *type,
                         const Type *ours) {
  if (ours->kind != TYPE_ENUM)
    return is_other(check, "an enum");
  return type->incomplete || type_size(ours) == type->size ||
         differs(check, "the size of an enum", type->size, type_size(ours));
}

static bool compare_bare(Check *check, DebugType *type, const Type *ours) {
  switch (type->kind) {
    case DEBUG_BASE:
      return ours->bare == type_base(type->base) ||
             is_other(check, type_base(type->base)->name);
    case DEBUG_POINTER:
      return ours->kind == TYPE_POINTER || is_other(check, "a pointer");
    case DEBUG_VECTOR:
      return ours->kind == TYPE_VECTOR || is_other(check, "a vector");
    case DEBUG_ARRAY: return compare_array(check, type, ours);
    case DEBUG_ENUM: return compare_enum(check, type, ours);
    case DEBUG_FUNCTION: return compare_function(check, type, ours);
    default:
      return type->name == NULL ? compare_record(check, type, ours)
                                : compare_tagged(check, type, ours);
  }
}

/* A name that the parser knows by itself: only it says what that is. */
static bool is_builtin(const DebugType *type) {
  return type->kind == DEBUG_TYPEDEF &&
         strncmp(type->name, "__builtin_", 10) == 0;
}

static bool compare(Check *check, DebugType *type, const Type *ours) {
  while (debug_read(check->reader, type) && !is_builtin(type) &&
         (type->kind == DEBUG_TYPEDEF || type->kind == DEBUG_QUALIFIED))
    type = type->target;
  if (type->kind == DEBUG_UNREAD)
    return false;
  if (++check->depth > LIMIT_DEPTH)
    return error_set(check->reader->error, 0, "debug info is damaged: types "
                     "are nested deeper than %d", LIMIT_DEPTH);
  bool same = is_builtin(type) || compare_bare(check, type, ours);
  check->depth--;
  return same;
}

/* --------------------------------------------------------------------- */

static bool check_piece(Check *check, const DebugPiece *piece,
                        const Scope *scope) {
  const Decl *decl = scope_find_here(scope, piece->istag ? TAGS : NAMES,
                                     piece->name, strlen(piece->name));
  check->piece = piece->name;
  if (decl == NULL)
    return is_other(check, "its name");
  if (piece->type->kind == DEBUG_RECORD)
    return compare_record(check, piece->type, decl->type);
  return compare(check, piece->type, decl->type);
}

bool debug_verify(DebugReader *reader, const DebugPieces *pieces,
                 DebugType *type, const char *name, const Scope *scope) {
  Check check = {reader, name, 0};
  for (size_t i = 0; i < pieces->room; i++)
    if (pieces->items[i].name != NULL &&
        !check_piece(&check, &pieces->items[i], scope))
      return false;
  if (name == NULL)
    return true;
  const Decl *decl = scope_find_here(scope, NAMES, name, strlen(name));
  check.piece = name;
  return decl == NULL ? is_other(&check, "its name")
                      : compare(&check, type, decl->type);
}
