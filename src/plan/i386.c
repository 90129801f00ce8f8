/*
** i386.c - records on i386 (System V psABI, 2.2.3 "Parameter Passing" and
** 2.2.4 "Functions Returning Structures or Unions").
**
** All of them go through memory, aligned to four bytes whatever their own
** alignment is. That is older than SSE and wide alignments: about these gcc
** and clang do not agree.
*/
#include "plan/abi.h"

#if defined(ABI_I386)

const char *abi_vector(const Type *type) {
  (void)type;
  return "vectors have registers that not all processors of this ABI have";
}

/*
** Does gcc align it by its own alignment on the stack? That is so where a
** scalar's type has 16 bytes or more, and neither packed nor x87's.
*/
static bool is_aligned(const Type *type) {
  const Type *bare = type->bare;
  if (type_align(type) < 16)
    return false;
  if (type->kind == TYPE_ARRAY)
    return is_aligned(type->target);
  if (type->kind == TYPE_RECORD) {
    for (uint32_t i = 0; i < bare->record->nfields; i++)
      if (is_aligned(bare->record->fields[i].type))
        return true;
    return false;
  }
  return bare->rank != BASE_LDOUBLE && bare->rank != BASE_LDOUBLE_COMPLEX;
}

bool abi_record(const Type *type, AbiValue *value, Error *error) {
  if (is_aligned(type))
    return abi_refuse(type, "gcc and clang align it differently on the "
                      "stack", error);
  value->align = 4;
  return true;
}

#endif
