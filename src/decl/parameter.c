/*
** parameter.c - the parameters of a function.
**
**   parameters = "(" ("void" | list)? ")"
**   list       = parameter ("," parameter)* ("," "...")? | "..."
**   parameter  = ("_Out_" | "_Inout_")? specifiers declarator?
*/
#include "decl/grammar.h"

#include <string.h>

typedef struct List {
  const Type **types;
  ParamText *texts;
  size_t count;
} List;

static unsigned annotation(const Parser *p) {
  if (!at(p, TOKEN_NAME) || p->lex.token.text[0] != '_')
    return 0;
  if (token_is(&p->lex.token, "_Out_"))
    return PARAM_OUT;
  return token_is(&p->lex.token, "_Inout_") ? PARAM_INOUT : 0;
}

const Type *adjusted(Parser *p, const Type *type) {
  if (type->kind == TYPE_ARRAY)
    return need_type(p, type_pointer(p->scope, type->target));
  if (type->kind == TYPE_FUNCTION)
    return need_type(p, type_pointer(p->scope, type));
  return type->bare;
}

/* Later parameters may use the name, and it hides what it was before. */
static void remember(Parser *p, const Declarator *d, const Type *type) {
  if (d->name.length == 0)
    return;
  ParamName *name = scratch(p, sizeof *name);
  *name = (ParamName){p->params, type, d->name};
  p->params = name;
}

static unsigned flags_of(const Specifiers *spec, const Declarator *d) {
  unsigned flags = spec->string && d->steps == NULL ? PARAM_STRING : 0;
  if (spec->string && d->steps != NULL && d->steps->kind == OP_FUNCTION)
    return flags;                 /* the result of a function pointer */
  if (d->nearest != NULL ? d->nearest->nonnull : spec->nonnull)
    flags |= PARAM_NONNULL;
  return flags;
}

static void add(Parser *p, List *list, const Declarator *d, const Type *type,
                unsigned flags) {
  if (list->count == LIMIT_PARAMS)
    parse_fail(p, &p->lex.token, "a function has %d parameters at most",
               LIMIT_PARAMS);
  list->types = scratch_grow(p, list->types, list->count,
                             sizeof *list->types);
  list->texts = scratch_grow(p, list->texts, list->count,
                             sizeof *list->texts);
  list->types[list->count] = type;
  list->texts[list->count++] =
      (ParamText){d->name.text, d->name.length, flags};
}

/* ("_Out_" | "_Inout_")? specifiers declarator? */
static void parameter(Parser *p, List *list) {
  Specifiers spec;
  Declarator d;
  unsigned flags = annotation(p);
  Token start = p->lex.token;
  if (flags != 0)
    advance(p);
  specifiers(p, &spec);
  if (spec.storage & ~(unsigned)STORAGE_OTHER)
    parse_fail(p, &spec.where, "no storage class is allowed here");
  declarator(p, &spec, NAME_PARAMETER, &d);
  const Type *type = adjusted(p, d.type);
  if (type->kind == TYPE_VOID)
    parse_fail(p, &spec.where, "a parameter cannot be void");
  if (flags != 0 && (type->kind != TYPE_POINTER ||
                     type->target->kind == TYPE_VOID))
    parse_fail(p, &start, "'%.*s' needs a pointer to a value",
               (int)start.length, start.text);
  add(p, list, &d, type, flags | flags_of(&spec, &d));
  remember(p, &d, type);
}

/* Is all that is between the parentheses a `void`? */
static bool is_void(Parser *p) {
  const Token *token = &p->lex.token;
  if (token->kind == TOKEN_NAME) {
    const Decl *d = look_up(p, NAMES, token);
    if (d == NULL || d->kind != DECL_TYPEDEF || d->type->kind != TYPE_VOID)
      return false;
  }
  else if (token->kind != KEY_VOID)
    return false;
  return lex_peek(&p->lex)->kind == (TokenKind)')';
}

static void list_of(Parser *p, List *list, Signature *signature) {
  do {
    if (accept(p, TOKEN_ELLIPSIS)) {
      signature->variadic = true;
      return;
    }
    parameter(p, list);
  } while (accept(p, ','));
}

void parameters(Parser *p, Op *step) {
  List list = {NULL, NULL, 0};
  ParamName *outer = p->params;
  enter(p);
  p->lists++;
  expect(p, '(');
  if (at(p, ')'))
    step->signature.unprototyped = true;
  else if (is_void(p))
    advance(p);
  else
    list_of(p, &list, &step->signature);
  expect(p, ')');
  p->lists--;
  leave(p);
  p->params = outer;
  step->signature.params = list.types;
  step->signature.nparams = (uint32_t)list.count;
  step->params = list.texts;
}
