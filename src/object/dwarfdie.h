/*
** dwarfdie.h - a debugging information entry (DIE) of DWARF, its attributes
** read in one pass.
**
**   DW_TAG_subprogram
**     DW_AT_name        "crc32"           attrs[ATTR_NAME]
**     DW_AT_type        <0x61>            attrs[ATTR_TYPE]
**     DW_AT_low_pc      0x3f20            attrs[ATTR_LOW_PC]
**
** An entry may be a part of another one, its origin, that has the rest: a
** function that was also inlined, a variable that was declared before.
*/
#ifndef CPLUGIN_DWARFDIE_H
#define CPLUGIN_DWARFDIE_H

#include "object/libdw.h"

enum {                            /* DW_TAG_... */
  TAG_ARRAY = 0x01, TAG_ENUM = 0x04, TAG_PARAMETER = 0x05, TAG_MEMBER = 0x0d,
  TAG_POINTER = 0x0f, TAG_COMPILE_UNIT = 0x11, TAG_STRUCT = 0x13,
  TAG_SUBROUTINE = 0x15, TAG_TYPEDEF = 0x16, TAG_UNION = 0x17,
  TAG_UNSPECIFIED_PARAMETERS = 0x18, TAG_SUBRANGE = 0x21, TAG_BASE = 0x24,
  TAG_CONST = 0x26, TAG_ENUMERATOR = 0x28, TAG_SUBPROGRAM = 0x2e,
  TAG_VARIABLE = 0x34, TAG_VOLATILE = 0x35, TAG_RESTRICT = 0x37,
  TAG_UNSPECIFIED = 0x3b, TAG_ATOMIC = 0x47
};

enum {                            /* DW_FORM_... */
  FORM_BLOCK2 = 0x03, FORM_BLOCK4 = 0x04, FORM_BLOCK = 0x09,
  FORM_BLOCK1 = 0x0a, FORM_SDATA = 0x0d, FORM_EXPRLOC = 0x18,
  FORM_REF_SIG8 = 0x20, FORM_IMPLICIT_CONST = 0x21
};

enum {                            /* DW_OP_... */
  OP_ADDR = 0x03, OP_CONST8U = 0x0e, OP_PLUS_UCONST = 0x23,
  OP_FORM_TLS_ADDRESS = 0x9b, OP_ADDRX = 0xa1, OP_CONSTX = 0xa2,
  OP_GNU_PUSH_TLS = 0xe0, OP_GNU_ADDR_INDEX = 0xfb, OP_GNU_CONST_INDEX = 0xfc
};

enum {                            /* DW_CC_... */
  CC_NORMAL = 0x01, CC_NOCALL = 0x03, CC_LLVM_WIN64 = 0xc1,
  CC_LLVM_X86_64_SYSV = 0xc2
};

/* X(name, DW_AT_...): the attributes that matter here. */
#define DWARF_ATTRIBUTES(X) \
  X(LOCATION, 0x02) X(NAME, 0x03) X(BYTE_SIZE, 0x0b) X(BIT_OFFSET, 0x0c) \
  X(BIT_SIZE, 0x0d) X(LOW_PC, 0x11) X(LANGUAGE, 0x13) X(CONST_VALUE, 0x1c) \
  X(PROTOTYPED, 0x27) X(UPPER_BOUND, 0x2f) \
  X(ABSTRACT_ORIGIN, 0x31) X(CALLING_CONVENTION, 0x36) X(COUNT, 0x37) X(MEMBER_LOCATION, 0x38) \
  X(DECLARATION, 0x3c) X(ENCODING, 0x3e) X(EXTERNAL, 0x3f) \
  X(SPECIFICATION, 0x47) X(TYPE, 0x49) X(RANGES, 0x55) X(SIGNATURE, 0x69) X(DATA_BIT_OFFSET, 0x6b) \
  X(LINKAGE_NAME, 0x6e) X(DWO_NAME, 0x76) X(ALIGNMENT, 0x88) \
  X(GNU_VECTOR, 0x2107) X(GNU_DWO_NAME, 0x2130)

typedef enum DieAttr {
#define DWARF_ATTR_ID(name, code) ATTR_##name,
  DWARF_ATTRIBUTES(DWARF_ATTR_ID)
#undef DWARF_ATTR_ID
  ATTR_COUNT_OF
} DieAttr;

typedef struct Die {
  DwarfDie die;
  int tag;                        /* TAG_..., or another one of DWARF's */
  uint32_t has;                   /* a bit for each DieAttr */
  DwarfAttr attrs[ATTR_COUNT_OF];
} Die;

/* Reads the attributes of an entry. False: it is damaged. */
bool die_read(const LibDw *dw, const DwarfDie *die, Die *out);

static inline bool die_has(const Die *die, DieAttr attr) {
  return (die->has >> attr & 1) != 0;
}

/* NULL where it has none. */
const char *die_string(const LibDw *dw, Die *die, DieAttr attr);

/* False: it has none, or one that is no constant. */
bool die_number(const LibDw *dw, Die *die, DieAttr attr, uint64_t *value);

bool die_flag(const LibDw *dw, Die *die, DieAttr attr);

/* The entry that the attribute refers to. False: none, or it is damaged. */
bool die_refer(const LibDw *dw, Die *die, DieAttr attr, DwarfDie *other);

/* Reads the entry's origin into `out`; false: it has none. */
bool die_origin(const LibDw *dw, Die *die, Die *out);

#endif
