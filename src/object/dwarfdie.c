/* dwarfdie.c - see dwarfdie.h. */
#include "object/dwarfdie.h"

_Static_assert(ATTR_COUNT_OF <= 32, "Die.has has a bit for each");

/* Which of them a DW_AT_... is; ATTR_COUNT_OF: none that matters. */
static DieAttr attr_of(unsigned code) {
  switch (code) {
#define DWARF_ATTR_CASE(name, code) case code: return ATTR_##name;
    DWARF_ATTRIBUTES(DWARF_ATTR_CASE)
#undef DWARF_ATTR_CASE
    default: return ATTR_COUNT_OF;
  }
}

static int note_attr(DwarfAttr *attr, void *data) {
  Die *die = data;
  DieAttr which = attr_of(attr->code);
  if (which != ATTR_COUNT_OF) {
    die->attrs[which] = *attr;
    die->has |= 1u << which;
  }
  return 0;                       /* DWARF_CB_OK */
}

bool die_read(const LibDw *dw, const DwarfDie *die, Die *out) {
  out->die = *die;
  out->has = 0;
  out->tag = dw->dwarf_tag(&out->die);
  return dw->dwarf_getattrs(&out->die, note_attr, out, 0) >= 0;
}

const char *die_string(const LibDw *dw, Die *die, DieAttr attr) {
  return die_has(die, attr) ? dw->dwarf_formstring(&die->attrs[attr]) : NULL;
}

static bool is_block(unsigned form) {
  return form == FORM_BLOCK || form == FORM_BLOCK1 || form == FORM_BLOCK2 ||
         form == FORM_BLOCK4 || form == FORM_EXPRLOC;
}

/* DWARF 2 has a member's place as an expression: "plus so many". */
static bool block_number(const LibDw *dw, DwarfAttr *attr, uint64_t *value) {
  DwarfOp *ops;
  size_t count;
  if (dw->dwarf_getlocation(attr, &ops, &count) != 0 || count != 1 ||
      ops[0].atom != OP_PLUS_UCONST)
    return false;
  *value = ops[0].number;
  return true;
}

bool die_number(const LibDw *dw, Die *die, DieAttr attr, uint64_t *value) {
  if (!die_has(die, attr))
    return false;
  DwarfAttr *found = &die->attrs[attr];
  if (is_block(found->form))
    return block_number(dw, found, value);
  if (found->form != FORM_SDATA && found->form != FORM_IMPLICIT_CONST)
    return dw->dwarf_formudata(found, value) == 0;
  int64_t number;
  if (dw->dwarf_formsdata(found, &number) != 0)
    return false;
  *value = (uint64_t)number;
  return true;
}

bool die_flag(const LibDw *dw, Die *die, DieAttr attr) {
  bool value;
  return die_has(die, attr) &&
         dw->dwarf_formflag(&die->attrs[attr], &value) == 0 && value;
}

bool die_refer(const LibDw *dw, Die *die, DieAttr attr, DwarfDie *other) {
  return die_has(die, attr) &&
         dw->dwarf_formref_die(&die->attrs[attr], other) != NULL;
}

bool die_origin(const LibDw *dw, Die *die, Die *out) {
  DwarfDie other;
  return (die_refer(dw, die, ATTR_ABSTRACT_ORIGIN, &other) ||
          die_refer(dw, die, ATTR_SPECIFICATION, &other)) &&
         die_read(dw, &other, out);
}
