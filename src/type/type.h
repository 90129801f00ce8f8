/*
** type.h - the type graph.
**
** A type is a node that never changes once it is complete. Derived types
** (pointers, arrays, functions, qualified types ...) are interned: the same
** type is the same pointer. Structs, unions and enums are nominal: each
** definition is a node of its own, in the scope that it was written in.
**
**   int           { INTEGER size 4 align 4 }
**   const int     { INTEGER qual CONST, bare -> int }
**   const int *   { POINTER target -> const int }
**   int [3]       { ARRAY count 3, target -> int }
**   int (char)    { FUNCTION target -> int, signature -> {char} }
**   struct S      { RECORD record -> {tag, fields} }
**
** `bare` is the type without qualifiers and without a changed alignment, the
** node itself if it has none. Kind, size, rank, target, count and the union
** of a node are those of its bare type, but for records and enums, which may
** be completed later: ask type_size() and type_align().
**
** An array has no qualifiers of its own, its element has them (C11 6.7.3p9).
*/
#ifndef CPLUGIN_TYPE_H
#define CPLUGIN_TYPE_H

#include "base/floating.h"

typedef struct Type Type;
typedef struct Record Record;
typedef struct Enum Enum;
typedef struct Signature Signature;
typedef struct Field Field;
struct Scope;

typedef enum TypeKind {
  TYPE_VOID,
  TYPE_BOOL,
  TYPE_INTEGER,                   /* plain char and __int128 too */
  TYPE_ENUM,                      /* target: the underlying integer type */
  TYPE_FLOAT,
  TYPE_COMPLEX,                   /* target: the type of its parts */
  TYPE_VECTOR,                    /* target, count */
  TYPE_POINTER,                   /* target */
  TYPE_ARRAY,                     /* target, count */
  TYPE_RECORD,                    /* struct or union */
  TYPE_FUNCTION                   /* target: its result; signature */
} TypeKind;

enum {                            /* Type.qual */
  QUAL_CONST = 1,
  QUAL_VOLATILE = 2,
  QUAL_RESTRICT = 4,
  QUAL_ATOMIC = 8
};

enum {                            /* Type.flags */
  TYPE_UNSIGNED = 1,              /* integers; plain char as the ABI has it */
  TYPE_UNION = 2                  /* records */
};

enum {                            /* type_holds() */
  HOLDS_POINTER = 1,
  HOLDS_WIDE_VECTOR = 2,          /* of more than 16 bytes */
  HOLDS_CONST = 4,                /* a member that is const */
  HOLDS_SHARED = 8                /* a pointer where other members are, too */
};

#define SIZE_UNKNOWN UINT64_MAX   /* Type.size of an incomplete type */
#define COUNT_UNKNOWN UINT64_MAX  /* Type.count of `int []` */
#define COUNT_VARIABLE (UINT64_MAX - 1) /* Type.count of `int [?]` */

struct Type {
  uint8_t kind;                   /* TypeKind */
  uint8_t qual;                   /* QUAL_... */
  uint8_t flags;                  /* TYPE_... */
  uint8_t rank;                   /* base types: their place in BASE_TYPES */
  uint32_t align;                 /* bytes; 0 while incomplete */
  uint64_t size;                  /* bytes, or SIZE_UNKNOWN */
  uint64_t count;                 /* elements of an array or vector */
  const Type *bare;               /* without qualifiers; maybe itself */
  const Type *target;             /* see TypeKind */
  union {
    const char *name;             /* base types: how C writes it */
    Record *record;
    Enum *enumeration;
    Signature *signature;
  };
  struct Scope *scope;            /* whose arena it lives in; NULL: static */
  Type *chain;                    /* next one of the same intern bucket */
  uint32_t hash;                  /* of the interned key */
  uint32_t depth;                 /* of nesting, at most LIMIT_DEPTH: derived */
                                  /* types, and records by value */
  void *plan;                     /* FUNCTION: floor 3's, made at first use */
};

struct Field {
  const char *name;               /* NULL: anonymous member, or unnamed bits */
  const Type *type;
  uint64_t offset;                /* bytes from the record's start to the */
                                  /* byte that holds the (first bit of the) */
                                  /* field */
  uint8_t bit;                    /* bit-field: its lowest bit in that byte, */
                                  /* 0 to 7 */
  uint8_t width;                  /* bit-field: how many bits */
  bool bitfield;
  bool packed;                    /* __attribute__((packed)) on the field */
  uint32_t aligned;               /* _Alignas or aligned(n) on it, or 0 */
};

struct Record {
  const char *tag;                /* NULL: none */
  const char *alias;              /* without a tag: the first typedef of it */
  Field *fields;                  /* in the order of the declaration */
  uint32_t nfields;
  bool packed;                    /* __attribute__((packed)) */
  bool transparent;               /* __attribute__((transparent_union)) */
  uint32_t aligned;               /* __attribute__((aligned(n))), or 0 */
  uint32_t pack;                  /* #pragma pack(n) in force, or 0 */
  unsigned holds;                 /* HOLDS_..., of all members */
};

typedef struct Enumerator {
  const char *name;
  int64_t value;                  /* unsigned 64-bit ones as their bits */
} Enumerator;

struct Enum {
  const char *tag;                /* NULL: none */
  const char *alias;              /* as Record.alias */
  Enumerator *enumerators;
  uint32_t count;
  bool fixed;                     /* written `enum E : T` */
};

typedef enum CallConvention {
  CALL_DEFAULT, CALL_CDECL, CALL_STDCALL, CALL_FASTCALL, CALL_THISCALL,
  CALL_MS, CALL_SYSV
} CallConvention;

struct Signature {
  const Type *const *params;      /* adjusted: arrays and functions have */
                                  /* become pointers, top qualifiers gone */
  uint32_t nparams;
  bool variadic;
  bool unprototyped;              /* `int f()` before C23: unknown parameters */
  CallConvention convention;
};

/*
** The base types: constant, the same in every scope.
** X(id, how C writes it, kind, C type for size and alignment, flags)
** Their order is the conversion rank (C11 6.3.1.1) within each kind.
*/
#define CHAR_FLAGS ((char)-1 > 0 ? TYPE_UNSIGNED : 0)
#define BASE_TYPES(X) \
  X(BOOL, "_Bool", TYPE_BOOL, _Bool, TYPE_UNSIGNED) \
  X(CHAR, "char", TYPE_INTEGER, char, CHAR_FLAGS) \
  X(SCHAR, "signed char", TYPE_INTEGER, signed char, 0) \
  X(UCHAR, "unsigned char", TYPE_INTEGER, unsigned char, TYPE_UNSIGNED) \
  X(SHORT, "short", TYPE_INTEGER, short, 0) \
  X(USHORT, "unsigned short", TYPE_INTEGER, unsigned short, TYPE_UNSIGNED) \
  X(INT, "int", TYPE_INTEGER, int, 0) \
  X(UINT, "unsigned int", TYPE_INTEGER, unsigned int, TYPE_UNSIGNED) \
  X(LONG, "long", TYPE_INTEGER, long, 0) \
  X(ULONG, "unsigned long", TYPE_INTEGER, unsigned long, TYPE_UNSIGNED) \
  X(LLONG, "long long", TYPE_INTEGER, long long, 0) \
  X(ULLONG, "unsigned long long", TYPE_INTEGER, unsigned long long, \
    TYPE_UNSIGNED) \
  X(INT128, "__int128", TYPE_INTEGER, SignedWide, 0) \
  X(UINT128, "unsigned __int128", TYPE_INTEGER, Wide, TYPE_UNSIGNED) \
  X(FLOAT16, "_Float16", TYPE_FLOAT, short, 0) \
  X(FLOAT, "float", TYPE_FLOAT, float, 0) \
  X(FLOAT32, "_Float32", TYPE_FLOAT, float, 0) \
  X(FLOAT32X, "_Float32x", TYPE_FLOAT, double, 0) \
  X(DOUBLE, "double", TYPE_FLOAT, double, 0) \
  X(FLOAT64, "_Float64", TYPE_FLOAT, double, 0) \
  X(FLOAT64X, "_Float64x", TYPE_FLOAT, long double, 0) \
  X(LDOUBLE, "long double", TYPE_FLOAT, long double, 0) \
  X(FLOAT128, "_Float128", TYPE_FLOAT, Quad, 0) \
  X(FLOAT16_COMPLEX, "_Float16 _Complex", TYPE_COMPLEX, short _Complex, 0) \
  X(FLOAT_COMPLEX, "float _Complex", TYPE_COMPLEX, float _Complex, 0) \
  X(DOUBLE_COMPLEX, "double _Complex", TYPE_COMPLEX, double _Complex, 0) \
  X(LDOUBLE_COMPLEX, "long double _Complex", TYPE_COMPLEX, \
    long double _Complex, 0) \
  X(FLOAT128_COMPLEX, "_Float128 _Complex", TYPE_COMPLEX, QuadComplex, 0)

typedef enum BaseType {
  BASE_VOID,
#define BASE_ID(id, text, kind, ctype, flags) BASE_##id,
  BASE_TYPES(BASE_ID)
#undef BASE_ID
  BASE_COUNT
} BaseType;

const Type *type_base(BaseType id);

/* The complex type whose parts have that floating type, or are as wide. */
const Type *type_complex(const Type *part);

/* How the bits of a floating type are laid out. */
const FloatFormat *type_format(const Type *type);

/* An enum's integer type; any other type without its qualifiers. */
static inline const Type *type_underlying(const Type *type) {
  return type->bare->kind == TYPE_ENUM ? type->bare->target : type->bare;
}

/*
** Derived types. All return the one node for that type, or NULL when memory
** is out, a limit is reached, or C has no such type (an array whose element
** has no size, or one that is no multiple of its alignment; a vector of
** anything but 2^n numbers; an alignment other than 2^n). They live in the
** deepest of the scopes of their parts; `scope` is where that is none (and
** where the parts come from two scopes that do not see each other).
*/
const Type *type_pointer(struct Scope *scope, const Type *target);
const Type *type_array(struct Scope *scope, const Type *element,
                       uint64_t count);
const Type *type_vector(struct Scope *scope, const Type *element,
                        uint64_t count);
const Type *type_function(struct Scope *scope, const Type *result,
                          const Signature *signature);

/* With these qualifiers (QUAL_...) added; of an array, to its element. */
const Type *type_qualified(struct Scope *scope, const Type *type,
                           unsigned qual);

/* With another alignment, as a typedef with aligned(n) gives it. */
const Type *type_aligned(struct Scope *scope, const Type *type,
                         uint32_t align);

/*
** A new, incomplete struct, union (`flags` TYPE_UNION) or enum of `scope`.
** layout_record() and layout_enum() complete it. `tag` may be NULL and must
** live as long as the scope.
*/
Type *type_record(struct Scope *scope, const char *tag, unsigned flags);
Type *type_enum(struct Scope *scope, const char *tag);

/* Bytes, or SIZE_UNKNOWN (incomplete, function, void, `[]` and `[?]`). */
static inline uint64_t type_size(const Type *type) {
  return type->bare->size;
}

/* Bytes; 0 where the type has none (incomplete, function, void). */
uint32_t type_align(const Type *type);

/* Qualifiers, of an array those of its innermost element. */
unsigned type_qualifiers(const Type *type);

/* What there is in a value of the type, however deep: HOLDS_... */
unsigned type_holds(const Type *type);

/* Is it a member that nothing may be assigned to? */
bool type_is_const_field(const Field *field);

bool type_complete(const Type *type);
bool type_is_number(const Type *type);    /* arithmetic or enum */
bool type_is_scalar(const Type *type);    /* that or a pointer */
bool type_is_aggregate(const Type *type); /* array or record */

/* C11 6.3.1.1p2 on base types and enums: int, unsigned int, or itself. */
const Type *type_promoted(const Type *type);

/*
** The last member of a struct if it is an array without a length (`T name[]`,
** `T name[?]`, gcc's `T name[0]`): elements that follow belong to it. Else
** NULL.
*/
const Field *type_flexible(const Type *type);

/*
** The member of that name, looked for in anonymous members too
** (C11 6.7.2.1p13), or NULL. *offset is then its distance in bytes from the
** start of `record`, which is the outermost record.
*/
const Field *type_field(const Type *record, const char *name, size_t length,
                        uint64_t *offset);

#endif
