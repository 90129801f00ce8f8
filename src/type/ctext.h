/*
** ctext.h - type -> C text.
*/
#ifndef CPLUGIN_CTEXT_H
#define CPLUGIN_CTEXT_H

#include "type/type.h"

/*
** Writes the declaration of `name` with that type ("int (*f)(char)"), or the
** type alone where `name` is NULL or "" ("int (*)(char)"), as gcc spells
** types in its messages. Like snprintf: at most `size` bytes with the NUL,
** and returns the length of the whole text. Records and enums are written
** by their tag, without one by their first typedef, else as "struct {...}".
*/
size_t ctext(const Type *type, const char *name, char *buffer, size_t size);

#endif
