/*
** elfhost.h - which ELF files this process could load, and the names of
** machines, for messages.
*/
#ifndef CPLUGIN_ELFHOST_H
#define CPLUGIN_ELFHOST_H

#include "object/elfimage.h"

/*
** False, with an error that begins with the path and names both sides, when
** the class, byte order, machine or system is not this process's.
*/
bool host_accepts(const ElfHead *head, const char *path, Error *error);

#endif
