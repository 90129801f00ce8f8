/*
** compat.h - may a value of one type stand where the other is expected?
*/
#ifndef CPLUGIN_COMPAT_H
#define CPLUGIN_COMPAT_H

#include "type/type.h"

/*
** C11 6.2.7, the rule between files: the same type; or records, unions and
** enums of the same tag where one side is incomplete or both have equal
** members, all the way down (recursive types included); derived types of
** compatible parts. Types without a tag are compatible if their members are.
** Symmetric; qualifiers count, below the top.
*/
bool type_compatible(const Type *a, const Type *b);

/*
** The same for the types of a value and of the place that it goes to. Where
** it is false, writes what of `from` differs: "member 'x': 'int' instead of
** 'long'"; "" where it is the types themselves.
*/
bool type_fits(const Type *to, const Type *from, char *what, size_t size);

#endif
