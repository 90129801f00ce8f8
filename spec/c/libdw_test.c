/*
** libdw_test.c - what object/libdw.h declares of libdw is what elfutils'
** own header says, where that is installed; and the library has it all.
*/
#include <string.h>

#include "check.h"

#include "object/dwarfdie.h"

#if defined(__has_include)
#if __has_include(<elfutils/libdw.h>) && __has_include(<dwarf.h>)
#define HAS_HEADER
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#endif
#endif

#ifdef HAS_HEADER

#define SAME(ours, a, theirs, b) \
  CHECK(offsetof(ours, a) == offsetof(theirs, b) && \
        sizeof((ours){0}.a) == sizeof((theirs){0}.b))

static void test_structs(void) {
  CHECK(sizeof(DwarfDie) == sizeof(Dwarf_Die));
  SAME(DwarfDie, addr, Dwarf_Die, addr);
  SAME(DwarfDie, cu, Dwarf_Die, cu);
  CHECK(sizeof(DwarfAttr) == sizeof(Dwarf_Attribute));
  SAME(DwarfAttr, code, Dwarf_Attribute, code);
  SAME(DwarfAttr, form, Dwarf_Attribute, form);
  SAME(DwarfAttr, bytes, Dwarf_Attribute, valp);
  SAME(DwarfAttr, cu, Dwarf_Attribute, cu);
  CHECK(sizeof(DwarfOp) == sizeof(Dwarf_Op));
  SAME(DwarfOp, atom, Dwarf_Op, atom);
  SAME(DwarfOp, number, Dwarf_Op, number);
  SAME(DwarfOp, number2, Dwarf_Op, number2);
  CHECK(sizeof(ElfHeader) == sizeof(GElf_Shdr));
  SAME(ElfHeader, name, GElf_Shdr, sh_name);
  CHECK(sizeof(ElfBytes) == sizeof(Elf_Data));
  SAME(ElfBytes, start, Elf_Data, d_buf);
  SAME(ElfBytes, size, Elf_Data, d_size);
}

static void test_numbers(void) {
  CHECK((int)TAG_SUBPROGRAM == (int)DW_TAG_subprogram);
  CHECK((int)TAG_VARIABLE == (int)DW_TAG_variable);
  CHECK((int)TAG_STRUCT == (int)DW_TAG_structure_type);
  CHECK((int)TAG_UNION == (int)DW_TAG_union_type);
  CHECK((int)TAG_ENUM == (int)DW_TAG_enumeration_type);
  CHECK((int)TAG_SUBRANGE == (int)DW_TAG_subrange_type);
  CHECK((int)TAG_ATOMIC == (int)DW_TAG_atomic_type);
  CHECK((int)TAG_PARAMETER == (int)DW_TAG_formal_parameter);
  CHECK((int)TAG_UNSPECIFIED_PARAMETERS == (int)DW_TAG_unspecified_parameters);
  CHECK((int)FORM_SDATA == (int)DW_FORM_sdata);
  CHECK((int)FORM_IMPLICIT_CONST == (int)DW_FORM_implicit_const);
  CHECK((int)FORM_EXPRLOC == (int)DW_FORM_exprloc);
  CHECK((int)OP_ADDR == (int)DW_OP_addr);
  CHECK((int)OP_ADDRX == (int)DW_OP_addrx);
  CHECK((int)OP_GNU_ADDR_INDEX == (int)DW_OP_GNU_addr_index);
  CHECK((int)OP_FORM_TLS_ADDRESS == (int)DW_OP_form_tls_address);
  CHECK((int)OP_GNU_PUSH_TLS == (int)DW_OP_GNU_push_tls_address);
  CHECK((int)OP_CONSTX == (int)DW_OP_constx);
  CHECK((int)OP_GNU_CONST_INDEX == (int)DW_OP_GNU_const_index);
  CHECK((int)OP_PLUS_UCONST == (int)DW_OP_plus_uconst);
  CHECK((int)CC_NORMAL == (int)DW_CC_normal);
  CHECK((int)CC_NOCALL == (int)DW_CC_nocall);
}

static void test_attributes(void) {
  static const int theirs[] = {
    DW_AT_location, DW_AT_name, DW_AT_byte_size, DW_AT_bit_offset,
    DW_AT_bit_size, DW_AT_low_pc, DW_AT_language, DW_AT_const_value,
    DW_AT_prototyped, DW_AT_upper_bound,
    DW_AT_abstract_origin, DW_AT_calling_convention, DW_AT_count,
    DW_AT_data_member_location,
    DW_AT_declaration, DW_AT_encoding, DW_AT_external, DW_AT_specification,
    DW_AT_type, DW_AT_ranges, DW_AT_signature, DW_AT_data_bit_offset,
    DW_AT_linkage_name, DW_AT_dwo_name, DW_AT_alignment, DW_AT_GNU_vector,
    DW_AT_GNU_dwo_name
  };
  static const int ours[] = {
#define CODE(name, code) code,
    DWARF_ATTRIBUTES(CODE)
#undef CODE
  };
  CHECK(sizeof ours == sizeof theirs);
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    CHECK(ours[i] == theirs[i]);
}

#endif

static void test_library(void) {
  Error error = {"", 0};
  const LibDw *dw = libdw_open(&error);
  if (dw == NULL)
    CHECK(strstr(error.message, "not installed") != NULL);
  else
    CHECK(dw->dwarf_getattrs != NULL && dw == libdw_open(&error));
}

int main(void) {
#ifdef HAS_HEADER
  test_structs();
  test_numbers();
  test_attributes();
#endif
  test_library();
  return check_report();
}
