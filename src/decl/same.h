/*
** same.h - is what is declared twice declared equally?
*/
#ifndef CPLUGIN_SAME_H
#define CPLUGIN_SAME_H

#include "type/type.h"

/*
** Are two records, or two enums, written with the same members? Their tags
** and scopes do not count. Members' types must be the same, or without a tag
** and again written with the same members.
*/
bool same_members(const Type *a, const Type *b);

/*
** Would they be the same if each tag of a scope always stood for one type
** there? It does not where debug info's has given way to another one.
*/
bool same_words(const Type *a, const Type *b);

/*
** May a name be declared with both types in one scope? Yes, if they are the
** same but for records without a tag that have the same members, or if they
** are compatible as C has it between files. Qualifiers count.
*/
bool same_type(const Type *a, const Type *b);

#endif
