/* lreflect.c - plugin.reflect: types as tables; see docs/manual.md. */
#include "bind/call.h"
#include "face/ltype.h"

static const char *kind_name(const Type *type) {
  static const char *const names[] = {
    [TYPE_VOID] = "void", [TYPE_BOOL] = "bool", [TYPE_INTEGER] = "integer",
    [TYPE_ENUM] = "enum", [TYPE_FLOAT] = "float",
    [TYPE_COMPLEX] = "complex", [TYPE_VECTOR] = "vector",
    [TYPE_POINTER] = "pointer", [TYPE_ARRAY] = "array",
    [TYPE_RECORD] = "struct", [TYPE_FUNCTION] = "function"
  };
  bool isunion = type->kind == TYPE_RECORD && (type->flags & TYPE_UNION);
  return isunion ? "union" : names[type->kind];
}

static void set_type(lua_State *L, State *s, const char *name,
                     const Type *type) {
  push_ctype(L, s, type);
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void set_boolean(lua_State *L, const char *name, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

/* {name=, type=, offset=, bit=, width=}; bit counts from the offset. */
static void push_field(lua_State *L, State *s, const Field *field) {
  lua_createtable(L, 0, 5);
  lua_pushstring(L, field->name);
  lua_setfield(L, -2, "name");
  set_type(L, s, "type", field->type);
  set_integer(L, "offset", field->offset);
  if (field->bitfield) {
    set_integer(L, "bit", field->bit);
    set_integer(L, "width", field->width);
  }
}

static void reflect_record(lua_State *L, State *s, const Type *type) {
  const Record *record = type->record;
  lua_pushstring(L, record->tag);
  lua_setfield(L, -2, "tag");
  if (!type_complete(type))
    return;
  lua_createtable(L, (int)record->nfields, 0);
  for (uint32_t i = 0; i < record->nfields; i++) {
    push_field(L, s, &record->fields[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "fields");
}

static void reflect_enum(lua_State *L, State *s, const Type *type) {
  const Enum *list = type->enumeration;
  lua_pushstring(L, list->tag);
  lua_setfield(L, -2, "tag");
  if (!type_complete(type))
    return;
  set_type(L, s, "underlying", type->target);
  lua_createtable(L, (int)list->count, 0);
  for (uint32_t i = 0; i < list->count; i++) {
    lua_createtable(L, 0, 2);
    lua_pushstring(L, list->enumerators[i].name);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, list->enumerators[i].value);
    lua_setfield(L, -2, "value");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "enumerators");
}

/* {type=, name=, out=, inout=}, but for the type as far as text had them. */
static void push_parameter(lua_State *L, State *s, const Type *type,
                           const Param *param) {
  lua_createtable(L, 0, 3);
  set_type(L, s, "type", type);
  if (param == NULL)
    return;
  lua_pushstring(L, param->name);
  lua_setfield(L, -2, "name");
  if (param->flags & PARAM_OUT)
    set_boolean(L, "out", true);
  if (param->flags & PARAM_INOUT)
    set_boolean(L, "inout", true);
}

static void reflect_function(lua_State *L, State *s, const Type *type,
                             const Param *params) {
  const Signature *signature = type->signature;
  set_type(L, s, "result", type->target);
  set_boolean(L, "variadic", signature->variadic);
  set_boolean(L, "prototyped", !signature->unprototyped);
  if (signature->convention == CALL_MS) {
    lua_pushliteral(L, "ms_abi");
    lua_setfield(L, -2, "convention");
  }
  lua_createtable(L, (int)signature->nparams, 0);
  for (uint32_t i = 0; i < signature->nparams; i++) {
    push_parameter(L, s, signature->params[i],
                   params == NULL ? NULL : &params[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "parameters");
}

static void reflect_element(lua_State *L, State *s, const Type *type) {
  set_type(L, s, type->kind == TYPE_POINTER ? "target" : "element",
           type->target);
  if (type->kind == TYPE_COMPLEX)
    return;
  if (type->kind != TYPE_POINTER && type->count < COUNT_VARIABLE)
    set_integer(L, "count", type->count);
}

static void push_reflection(lua_State *L, State *s, const Type *type,
                            const Param *params) {
  lua_newtable(L);
  lua_pushstring(L, kind_name(type));
  lua_setfield(L, -2, "kind");
  push_type(L, type);
  lua_setfield(L, -2, "name");
  if (type_size(type) != SIZE_UNKNOWN) {
    set_integer(L, "size", type_size(type));
    set_integer(L, "align", type_align(type));
  }
  set_boolean(L, "const", (type_qualifiers(type) & QUAL_CONST) != 0);
  set_boolean(L, "volatile", (type_qualifiers(type) & QUAL_VOLATILE) != 0);
  switch (type->kind) {
    case TYPE_RECORD: reflect_record(L, s, type); break;
    case TYPE_ENUM: reflect_enum(L, s, type); break;
    case TYPE_FUNCTION: reflect_function(L, s, type, params); break;
    case TYPE_INTEGER:
      set_boolean(L, "unsigned", (type->flags & TYPE_UNSIGNED) != 0);
      break;
    case TYPE_POINTER: case TYPE_ARRAY: case TYPE_VECTOR: case TYPE_COMPLEX:
      reflect_element(L, s, type);
      break;
    default: break;
  }
}

/* reflect(type): what is known of it, as a table. */
int type_reflect(lua_State *L, const Env *env) {
  const Callee *callee = callee_test(L, arg(env, 1));
  if (callee != NULL) {
    push_reflection(L, env->state, callee->type, callee->params);
    return 1;
  }
  const Decl *decl = env_decl(L, env, 1);
  push_reflection(L, env->state, decl->type, decl->params);
  return 1;
}
