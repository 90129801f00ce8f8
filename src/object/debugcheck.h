/*
** debugcheck.h - has a compiler laid types out as we do? Debug info says
** where it has put each member; our layout says where we do.
*/
#ifndef CPLUGIN_DEBUGCHECK_H
#define CPLUGIN_DEBUGCHECK_H

#include "object/debugpiece.h"
#include "object/debugtype.h"
#include "type/scope.h"

/*
** Compares what `pieces` have declared in the scope, and the declaration of
** `name`, which is of that type, with what debug info says of sizes, offsets
** and bits. False with an error that names the first difference.
*/
bool debug_verify(DebugReader *reader, const DebugPieces *pieces,
                 DebugType *type, const char *name, const Scope *scope);

#endif
