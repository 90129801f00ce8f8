/*
** grammar.h - the rules that call each other across files. See parser.h.
*/
#ifndef CPLUGIN_GRAMMAR_H
#define CPLUGIN_GRAMMAR_H

#include "decl/parser.h"

enum {                            /* Specifiers.storage */
  STORAGE_TYPEDEF = 1,
  STORAGE_EXTERN = 2,
  STORAGE_STATIC = 4,
  STORAGE_CONSTEXPR = 8,
  STORAGE_OTHER = 16,             /* auto, register, inline, thread-local */
  STORAGE_THREAD = 32
};

/* What attributes say, as far as it matters. Lists add up. */
typedef struct Attributes {
  bool any;                       /* false: what follows has no value */
  bool packed;
  bool transparent;               /* transparent_union */
  bool nonnull_all;
  uint64_t nonnull[2];            /* a bit for each parameter, from 0 */
  uint32_t aligned;               /* bytes, or 0 */
  uint64_t vector_bytes;          /* vector_size(n), or 0 */
  uint64_t vector_count;          /* ext_vector_type(n), or 0 */
  Token mode;                     /* its name; length 0: none */
  CallConvention convention;
  Token where;                    /* the first one's */
} Attributes;

typedef struct Specifiers {
  const Type *type;               /* qualified */
  unsigned storage;               /* STORAGE_... */
  bool string;                    /* the annotation `string` */
  bool nonnull;                   /* _Nonnull, of a typedef's pointer */
  bool anonymous;                 /* struct or union {...} without a tag */
  bool tagged;                    /* declares by itself: struct, union, enum */
  Attributes attributes;
  Token where;                    /* the first token */
} Specifiers;

typedef enum OpKind { OP_POINTER, OP_ARRAY, OP_FUNCTION } OpKind;

typedef struct ParamText {        /* a Param, its name still in the text */
  const char *name;
  size_t length;                  /* 0: no name */
  unsigned flags;                 /* PARAM_... */
} ParamText;

/* One step from a type to the type of what is declared. */
typedef struct Op Op;
struct Op {
  Op *next;                       /* the step to take after this one */
  OpKind kind;
  unsigned qual;                  /* POINTER */
  bool nonnull;                   /* ARRAY: [static n]; or _Nonnull */
  const char *why;                /* ARRAY: why its count is not constant; */
                                  /* NULL: it is */
  uint64_t count;                 /* ARRAY */
  Signature signature;            /* FUNCTION */
  ParamText *params;              /* FUNCTION: one each */
  Token where;
};

/*
** `*(*name[3])(int)` on `char` takes the steps pointer (char *), function
** (returning that), pointer (to that), array (of 3 of those): what stands
** farthest from the name comes first.
*/
typedef struct Declarator {
  Token name;                     /* length 0: none */
  Op *steps;                      /* the first one to take */
  Op *nearest;                    /* the last one: what the name is */
  Op *function;                   /* the function step nearest to the name */
  Attributes attributes;          /* those of the specifiers, too */
  const char *symbol;             /* __asm__'s string, in scratch; or NULL */
  const Type *type;               /* what it all makes */
} Declarator;

/* Does this token begin a type (a specifier or a qualifier)? */
bool starts_type(Parser *p, const Token *token);

/* Is the name hidden by a parameter of the lists around? */
const ParamName *find_param(const Parser *p, const Token *name);

void specifiers(Parser *p, Specifiers *out);

/* Fails: the name stands where a type must. */
_Noreturn void not_a_type(Parser *p, const Token *name);

/* A type in parentheses, in sizeof and casts: `const char *(*)[3]`. */
const Type *type_name(Parser *p);

/* `struct`, `union` or `enum` is in view. */
Type *record_specifier(Parser *p, Specifiers *spec);
Type *enum_specifier(Parser *p, Specifiers *spec);

/*
** The type of that tag (name space TAGS): an own one if `own`, else found
** along the parents; declared, incomplete, if there is none.
*/
Type *tag_type(Parser *p, const Token *tag, TypeKind kind, unsigned flags,
               bool own);

/* Any number of attributes, [[...]]; _Alignas and __asm__ are apart. */
bool some_attributes(Parser *p, Attributes *out);

static inline bool attributes(Parser *p, Attributes *out) {
  TokenKind kind = p->lex.token.kind;
  return kind >= TOKEN_BRACKETS && kind <= KEY_CONVENTION &&
         some_attributes(p, out);
}

void alignas_specifier(Parser *p, Attributes *out);
void merge_attributes(Attributes *into, const Attributes *from);

/* Where there were none, gives all members a value: zero. */
void settle_attributes(Attributes *list);

/* `type` as attributes before or behind its declarator change it. */
const Type *attributes_on_base(Parser *p, const Attributes *list,
                               const Type *type);

typedef enum NameRule {
  NAME_NEEDED,
  NAME_OPTIONAL,
  NAME_PARAMETER                  /* optional, and an array is a pointer */
} NameRule;

/* A declarator with what may follow it (asm, attributes), and its type. */
void declarator(Parser *p, const Specifiers *spec, NameRule rule,
                Declarator *out);

/* The parentheses behind a function's declarator: fills a function step. */
void parameters(Parser *p, Op *step);

/* C11 6.7.6.3p7 and p8: arrays and functions become pointers. */
const Type *adjusted(Parser *p, const Type *type);

void static_assertion(Parser *p);

/* A declared name comes into the scope, or is merged with what is there. */
void declare(Parser *p, const Specifiers *spec, const Declarator *d);
Decl *declare_constant(Parser *p, const Token *name, const Constant *value);

/*
** What may have been declared by a text that yields is declared by this one:
** the same way, at that token, or otherwise. gives_way: may it be? Then this
** text will be tried again without it, and goes on only to find more of these.
*/
void confirm(Parser *p, Decl *first, const Token *name);
bool gives_way(Parser *p, Decl *first);

/*
** The type that a definition has made, complete, is what the tag (length 0:
** none) stands for. `first` has an equal one before it, which is given back,
** or one that gives way; or it is NULL. Otherwise fails: it is defined `now`.
*/
Type *defined(Parser *p, const Token *tag, Decl *first, Type *type,
              const char *now);

/* Fails: what the token names is declared otherwise, and where. */
_Noreturn void conflict(Parser *p, const Token *name, const Decl *first,
                        const char *now);

/* A change of memory that was there before this block. */
void announce(Parser *p, void *memory, size_t size);

/* Fills kind, type, params, result and symbol of *decl. */
void describe(Parser *p, const Specifiers *spec, const Declarator *d,
              Decl *decl);

#endif
