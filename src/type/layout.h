/*
** layout.h - sizes, alignments and offsets: the one place that knows them.
**
** As gcc and clang lay out for the machine that this is compiled for
** (System V psABI, AAPCS64): C11 6.7.2.1, packed, aligned, #pragma pack,
** bit-fields, flexible arrays, empty records.
*/
#ifndef CPLUGIN_LAYOUT_H
#define CPLUGIN_LAYOUT_H

#include "type/type.h"

/*
** Completes a record of type_record(). The fields are copied into its scope;
** of each, `name type bitfield width packed aligned` are given and the rest
** is computed. record->packed, aligned, pack must be set before. False with
** an error (field of incomplete type, too large ...; `offset` of the error
** is the field's number) and the record as it was, incomplete.
*/
bool layout_record(Type *record, const Field *fields, uint32_t count,
                   Error *error);

/*
** Completes an enum of type_enum(). `underlying` is the written one
** (`enum E : T`), or NULL for the one that gcc chooses: unsigned int, or int
** with a negative value, or the 64-bit one that holds them; the smallest one
** that fits when `packed`. Enumerators are copied. `anyunsigned` says that
** a value given as a negative number is one above INT64_MAX.
*/
bool layout_enum(Type *type, const Enumerator *enumerators, uint32_t count,
                 const Type *underlying, bool packed, bool anyunsigned,
                 Error *error);

#endif
