/* ltype.c - functions on types; see ltype.h and docs/manual.md. */
#include "face/ltype.h"

#include <string.h>

#include "base/nearname.h"
#include "bind/call.h"
#include "decl/decl.h"
#include "face/lmemory.h"
#include "face/lplugin.h"
#include "face/meta.h"
#include "face/operate.h"

/* ---- from Lua values to types ---- */

Class *push_ctype(lua_State *L, State *s, const Type *type) {
  Shape shape = type->kind == TYPE_POINTER ? SHAPE_POINTER : SHAPE_VALUE;
  return class_push(L, s, type, shape, NULL);
}

/* What the scope's caches have beside classes, by number. */
enum { CACHED_GENERATION = 1, CACHED_TEXTS, CACHED_KNOWN };

/*
** Pushes the scope's table {text -> Decl as light userdata}: texts mean the
** same as long as nothing is declared.
*/
static void push_texts(lua_State *L, const Env *env) {
  lua_Integer now = (lua_Integer)scope_generation(env->scope);
  state_scope_table(L, env->state, STATE_CACHES, env->scope);
  if (lua_rawgeti(L, -1, CACHED_GENERATION) != LUA_TNUMBER ||
      lua_tointeger(L, -1) != now) {
    lua_newtable(L);
    lua_rawseti(L, -3, CACHED_TEXTS);
    lua_pushinteger(L, now);
    lua_rawseti(L, -3, CACHED_GENERATION);
  }
  lua_pop(L, 1);
  lua_rawgeti(L, -1, CACHED_TEXTS);
  lua_remove(L, -2);
}

const char *env_elsewhere(lua_State *L, const Env *env, NameSpace space,
                          const char *name, size_t length) {
  int top = lua_gettop(L);
  const Plugin *found = NULL;
  luaL_checkstack(L, 6, "cplugin");
  state_table(L, env->state, STATE_PLUGINS);
  lua_pushnil(L);
  while (found == NULL && lua_next(L, top + 1) != 0) {
    const Plugin *plugin = lua_touserdata(L, -2);
    if (!plugin->closed && plugin->scope != env->scope &&
        scope_find_here(plugin->scope, space, name, length) != NULL)
      found = plugin;
    lua_pop(L, 1);
  }
  lua_settop(L, top);
  if (found == NULL)
    return lua_pushliteral(L, "");
  return lua_pushfstring(L, "; plugin '%s' declares it: use that plugin's "
                         "new(), cast(), lookup() ...", found->name);
}

/* Throws what the parser said; and who knows the name that it did not. */
static int parse_error(lua_State *L, const Env *env, const Error *error) {
  static const char unknown[] = "unknown type name '";
  const char *name = strstr(error->message, unknown);
  const char *more = "";
  if (name != NULL) {
    name += sizeof unknown - 1;
    more = env_elsewhere(L, env, NAMES, name, strcspn(name, "'"));
  }
  return luaL_error(L, "%s%s%s", error->message, *more == '\0' ? "" : "\n",
                    *more == '\0' ? "" : more + 2);
}

static Decl *parse(lua_State *L, const Env *env, const DeclText *text) {
  Error error;
  Arena *arena = &env->scope->arena;
  NamesMark names = names_mark(env->scope);
  ArenaMark mark = arena_mark(arena);
  Decl *decl = arena_alloc(arena, sizeof *decl);
  if (decl == NULL)
    luaL_error(L, "not enough memory");
  if (!decl_one(env->scope, text, decl, &error)) {
    arena_rollback(arena, mark);  /* it has left nothing behind either */
    parse_error(L, env, &error);
  }
  names_refresh(L, env, names);                 /* a tag or enumerator */
  return decl;
}

/* The text's declaration, parsed once for each key, which it pops. */
static const Decl *keyed_decl(lua_State *L, const Env *env,
                              const DeclText *text) {
  push_texts(L, env);
  lua_pushvalue(L, -2);
  lua_rawget(L, -2);
  const Decl *decl = lua_touserdata(L, -1);
  if (decl == NULL) {
    unsigned long before = scope_generation(env->scope);
    decl = parse(L, env, text);
    if (scope_generation(env->scope) == before) {     /* it declared no tag */
      lua_pushvalue(L, -3);
      lua_pushlightuserdata(L, (void *)(uintptr_t)decl);
      lua_rawset(L, -4);
    }
  }
  lua_pop(L, 3);
  return decl;
}

/* The next look for the string at `index` will find its declaration here. */
static void know_text(lua_State *L, const Env *env, int index,
                      KnownText *known, const Decl *decl) {
  unsigned long generation = scope_generation(env->scope);
  state_scope_table(L, env->state, STATE_CACHES, env->scope);
  lua_pushvalue(L, index);        /* kept, so no other is at its address */
  lua_rawseti(L, -2,
              CACHED_KNOWN + (lua_Integer)(known - env->scope->texts));
  lua_pop(L, 1);
  *known = (KnownText){lua_tostring(L, index), generation, decl};
}

static const Decl *text_decl(lua_State *L, const Env *env, int index) {
  DeclText text = {.text = NULL};
  text.text = lua_tolstring(L, index, &text.length);
  KnownText *known =
      &env->scope->texts[string_place(text.text, KNOWN_TEXTS - 1)];
  unsigned long before = scope_generation(env->scope);
  if (known->text == text.text && known->generation == before)
    return known->decl;
  lua_pushvalue(L, index);
  const Decl *decl = keyed_decl(L, env, &text);
  if (scope_generation(env->scope) == before)
    know_text(L, env, index, known, decl);
  return decl;
}

/* The type of a typeof() value or cdata, or NULL. */
static const Type *value_type(lua_State *L, int index) {
  const Class *class = class_test(L, index);
  if (class != NULL)
    return class->type;
  const CData *cd = cdata_test(L, index);
  return cd == NULL ? NULL : cd->class->type;
}

static int no_type(lua_State *L, int index) {
  return luaL_argerror(L, index, lua_pushfstring(L, "a C type expected (text, "
                       "what typeof() returns, or cdata), got %s",
                       luaL_typename(L, index)));
}

const Type *env_type(lua_State *L, const Env *env, int n) {
  int index = arg(env, n);
  if (lua_type(L, index) == LUA_TSTRING)
    return text_decl(L, env, index)->type;
  const Type *type = value_type(L, index);
  if (type == NULL)
    no_type(L, index);
  return type;
}

/* A declaration for a type that was not given as text, in the scope. */
const Decl *env_decl(lua_State *L, const Env *env, int n) {
  int index = arg(env, n);
  if (lua_type(L, index) == LUA_TSTRING)
    return text_decl(L, env, index);
  const Type *type = env_type(L, env, n);
  const uintptr_t slack = _Alignof(Decl) - 1;   /* Lua aligns to 8 only */
  uintptr_t room = (uintptr_t)lua_newuserdatauv(L, sizeof(Decl) + slack, 1);
  Decl *decl = (Decl *)((room + slack) & ~slack);
  memset(decl, 0, sizeof *decl);
  decl->kind = type->kind == TYPE_FUNCTION ? DECL_FUNCTION : DECL_TYPEDEF;
  decl->type = type;
  lua_pushvalue(L, index);
  lua_setiuservalue(L, -2, 1);
  lua_replace(L, index);          /* lives as long as the argument did */
  return decl;
}

CData *env_cdata(lua_State *L, const Env *env, int n) {
  CData *cd = cdata_test(L, arg(env, n));
  if (cd == NULL)
    luaL_argerror(L, arg(env, n),
                  lua_pushfstring(L, "cdata expected, got %s",
                                  luaL_typename(L, arg(env, n))));
  return cd;
}

/* ---- cdef, typeof ---- */

/* Fills text->arguments, what `$` stand for, from argument `n` on. */
static void take_arguments(lua_State *L, const Env *env, int n,
                           DeclText *text) {
  int count = lua_gettop(L) - arg(env, n) + 1;
  if (count <= 0)
    return;
  const Type **types =
      lua_newuserdatauv(L, (size_t)count * sizeof *types, 0);
  for (int i = 0; i < count; i++) {
    types[i] = value_type(L, arg(env, n + i));
    if (types[i] == NULL)
      luaL_argerror(L, arg(env, n + i),
                    "what typeof() returns, or cdata, expected for a '$'");
    state_scope_uses(L, env->state, env->scope, types[i]->scope);
  }
  text->arguments = types;
  text->narguments = (size_t)count;
}

/*
** Pushes the C text at `index`: a string, or the field `text` of a header
** (see lua/cplugin/header.lua).
*/
static void push_text(lua_State *L, int index, DeclText *text) {
  if (!lua_istable(L, index)) {
    luaL_checkstring(L, index);
    lua_pushvalue(L, index);
  } else {
    lua_pushliteral(L, "text");
    if (lua_rawget(L, index) != LUA_TSTRING)
      luaL_argerror(L, index, "C text or a header expected, got a table");
  }
  text->keeps = lua_istable(L, index);
  text->text = lua_tolstring(L, -1, &text->length);
}

/*
** Of a header, what comes from files that it only includes is not listed.
** `before` is the scope's last declaration before that of the header.
*/
static void unlist(lua_State *L, int index, Scope *scope,
                   const Decl *before) {
  Decl *decl = before == NULL ? scope->first : before->next;
  if (!lua_istable(L, index))
    return;
  lua_pushliteral(L, "files");
  if (lua_rawget(L, index) != LUA_TTABLE)
    return;
  for (; decl != NULL; decl = decl->next) {
    if (decl->place.file == NULL)
      continue;
    lua_pushstring(L, decl->place.file);
    lua_rawget(L, -2);
    decl->unlisted = !lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

void env_cdef(lua_State *L, const Env *env, int n) {
  Error error;
  DeclText text = {.text = NULL};
  NamesMark before = names_mark(env->scope);
  if (lua_isnil(L, arg(env, n)) && lua_isstring(L, arg(env, n + 1)))
    luaL_error(L, "no declarations: %s", lua_tostring(L, arg(env, n + 1)));
  take_arguments(L, env, n + 1, &text);
  push_text(L, arg(env, n), &text);             /* stays while it is read */
  if (!decl_block(env->scope, &text, &error))
    parse_error(L, env, &error);
  unlist(L, arg(env, n), env->scope, before.last);
  names_refresh(L, env, before);
}

static int type_cdef(lua_State *L, const Env *env) {
  env_cdef(L, env, 1);
  return 0;
}

static int type_typeof(lua_State *L, const Env *env) {
  const Type *type;
  if (lua_gettop(L) > arg(env, 1) &&
      lua_type(L, arg(env, 1)) == LUA_TSTRING) {
    DeclText text = {.text = NULL};
    text.text = lua_tolstring(L, arg(env, 1), &text.length);
    take_arguments(L, env, 2, &text);
    lua_pushlstring(L, "", 1);    /* no text begins with a zero byte */
    lua_pushvalue(L, arg(env, 1));
    lua_pushlstring(L, (const char *)text.arguments,
                    text.narguments * sizeof *text.arguments);
    lua_concat(L, 3);
    type = keyed_decl(L, env, &text)->type;
  } else {
    type = env_type(L, env, 1);
  }
  push_ctype(L, env->state, type);
  return 1;
}

static bool is_value(const Decl *decl) {
  return decl->kind == DECL_FUNCTION || decl->kind == DECL_VARIABLE ||
         decl->kind == DECL_CONSTANT;
}

/* "struct point" for a tag, a typedef as it is. */
static void push_type_name(lua_State *L, const Decl *decl) {
  if (decl->kind == DECL_TAG && decl->type->kind == TYPE_ENUM)
    lua_pushfstring(L, "enum %s", decl->name);
  else if (decl->kind == DECL_TAG)
    lua_pushfstring(L, "%s %s", decl->type->flags & TYPE_UNION ? "union"
                    : "struct", decl->name);
  else
    lua_pushstring(L, decl->name);
}

/*
** declares(text): lists of the functions, variables and constants that cdef
** would declare, and of the types.
*/
static int type_declares(lua_State *L, const Env *env) {
  lua_Integer n[2] = {0, 0};
  luaL_checkany(L, arg(env, 1));
  Scope *scope = state_scope_new(L, env->state, env->scope);
  lua_insert(L, 1);
  const Env inner = {env->state, scope, env->base + 1, NULL};
  env_cdef(L, &inner, 1);
  lua_newtable(L);
  lua_newtable(L);
  for (const Decl *decl = scope->first; decl != NULL; decl = decl->next) {
    bool istype = !is_value(decl);
    if (decl->unlisted)
      continue;
    push_type_name(L, decl);
    lua_rawseti(L, istype ? -2 : -3, ++n[istype]);
  }
  return 2;
}

/* The name space that "struct x" or "x" is of; moves past the keyword. */
static NameSpace name_space(const char **name) {
  static const char *const keywords[] = {"struct ", "union ", "enum "};
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
    size_t length = strlen(keywords[i]);
    if (strncmp(*name, keywords[i], length) == 0) {
      *name += length;
      return TAGS;
    }
  }
  return NAMES;
}

/* undeclare(name): takes it out of this scope; was it there? */
static int type_undeclare(lua_State *L, const Env *env) {
  const char *name = luaL_checkstring(L, arg(env, 1));
  NameSpace space = name_space(&name);
  Decl *decl = scope_find_here(env->scope, space, name, strlen(name));
  if (decl != NULL) {
    NamesMark before = names_mark(env->scope);
    scope_remove(env->scope, decl);
    names_refresh(L, env, before);
  }
  lua_pushboolean(L, decl != NULL);
  return 1;
}

/* ---- sizes ---- */

static int push_size(lua_State *L, uint64_t size) {
  if (size == SIZE_UNKNOWN)
    lua_pushnil(L);
  else
    lua_pushinteger(L, (lua_Integer)size);
  return 1;
}

/* Bytes of a value of variable length with as many elements as argument 2. */
static uint64_t size_with(lua_State *L, const Env *env, const Type *type) {
  uint64_t count = check_size(L, env, 2);
  const Field *field = type_flexible(type);
  if (field != NULL)
    return flexible_bytes(L, type, field, count);
  if (type->kind != TYPE_ARRAY || type->count < COUNT_VARIABLE)
    luaL_argerror(L, arg(env, 2),
                  lua_pushfstring(L, "'%s' takes no number of elements; "
                                  "an array with [?] does",
                                  push_type(L, type)));
  return array_bytes(L, type, type->target, count);
}

/* sizeof(type [, n]): n elements for a type of variable length. */
static int type_sizeof(lua_State *L, const Env *env) {
  const Class *class = class_test(L, arg(env, 1));
  const CData *cd = class != NULL ? NULL : cdata_test(L, arg(env, 1));
  const Type *type = env_class_type(L, env, 1, class);
  if (cd != NULL && cd->class->shape == SHAPE_VALUE)
    return push_size(L, cdata_bytes(L, cd, arg(env, 1)));
  if (!lua_isnoneornil(L, arg(env, 2)))
    return push_size(L, size_with(L, env, type));
  return push_size(L, type_size(type));
}

static int type_alignof(lua_State *L, const Env *env) {
  uint32_t align = type_align(env_type(L, env, 1));
  return push_size(L, align == 0 ? SIZE_UNKNOWN : align);
}

/* The member of that name; throws if there is none. `nth` gave the type. */
static const Field *check_member(lua_State *L, const Env *env, int nth,
                                 const Type *type, const char *name,
                                 size_t length, uint64_t *offset) {
  if (type->kind != TYPE_RECORD || !type_complete(type))
    luaL_argerror(L, arg(env, nth), lua_pushfstring(L, "'%s' has no members",
                                                    push_type(L, type)));
  const Field *field = type_field(type, name, length, offset);
  if (field == NULL) {
    name = lua_pushlstring(L, name, length);
    luaL_argerror(L, arg(env, 2),
                  lua_pushfstring(L, "'%s' has no member '%s'%s",
                                  push_type(L, type), name,
                                  push_member_hint(L, type, name)));
  }
  return field;
}

/*
** offsetof(type, member): bytes; of a bit-field also first bit and bits. The
** member may be one of a member: "a.b".
*/
static int type_offsetof(lua_State *L, const Env *env) {
  size_t length;
  uint64_t offset = 0, step;
  int nth = 1;
  const Type *type = env_type(L, env, 1);
  const char *name = luaL_checklstring(L, arg(env, 2), &length);
  const char *dot = memchr(name, '.', length);
  for (; dot != NULL; dot = memchr(name, '.', length)) {
    size_t part = (size_t)(dot - name);
    type = check_member(L, env, nth, type, name, part, &step)->type->bare;
    nth = 2;
    offset += step;
    name += part + 1;
    length -= part + 1;
  }
  const Field *field = check_member(L, env, nth, type, name, length, &step);
  push_size(L, offset + step);
  if (!field->bitfield)
    return 1;
  lua_pushinteger(L, field->bit);
  lua_pushinteger(L, field->width);
  return 3;
}

/* istype(type, value): qualifiers aside; a struct also takes pointers to it. */
static int type_istype(lua_State *L, const Env *env) {
  const Class *class = class_test(L, arg(env, 1));
  const Type *type = env_class_type(L, env, 1, class)->bare;
  const CData *cd = cdata_test(L, arg(env, 2));
  bool is = false;
  if (cd != NULL) {
    const Type *other = cd->class->type->bare;
    is = other == type;
    if (!is && type->kind == TYPE_RECORD && other->kind == TYPE_POINTER)
      is = other->target->bare == type;
  }
  lua_pushboolean(L, is);
  return 1;
}

/* ---- metatype, signature ---- */

/* Metamethods that are no operators of operate_names. */
static const char *const metamethods[] = {
  "__index", "__newindex", "__gc", "__close", "__call", "__new", "__len",
  "__pairs", "__ipairs", "__tostring", "__name", "__eq", "__lt", "__le",
  "__concat", "__mode", "__metatable"
};

/* Throws if a name in the table is nearly that of a metamethod. */
static void check_metamethods(lua_State *L, const Env *env) {
  for (lua_pushnil(L); lua_next(L, arg(env, 2)) != 0; lua_pop(L, 1)) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2)
                                                      : "";
    NearName near;
    nearname_init(&near, name, strlen(name));
    near.distance = 2;            /* one slip: other names are the script's */
    for (size_t i = 0; i < OPERATORS; i++)
      nearname_offer(&near, operate_names[i]);
    for (size_t i = 0; i < sizeof metamethods / sizeof *metamethods; i++)
      nearname_offer(&near, metamethods[i]);
    if (strncmp(name, "__", 2) == 0 && near.best != NULL &&
        strcmp(near.best, name) != 0)
      luaL_argerror(L, arg(env, 2),
                    lua_pushfstring(L, "no metamethod is '%s', did you mean "
                                    "'%s'?", name, near.best));
  }
}

static int type_metatype(lua_State *L, const Env *env) {
  const Type *type = env_type(L, env, 1)->bare;
  luaL_checktype(L, arg(env, 2), LUA_TTABLE);
  check_metamethods(L, env);
  int gc = lua_getfield(L, arg(env, 2), "__gc");
  luaL_argcheck(L, gc == LUA_TNIL || gc == LUA_TFUNCTION, arg(env, 2),
                "its __gc must be a function");
  if (type->kind != TYPE_RECORD)
    return luaL_argerror(L, arg(env, 1),
                         lua_pushfstring(L, "a struct or union expected, got "
                                         "'%s'", push_type(L, type)));
  meta_set(L, env->state, type, arg(env, 2));
  push_ctype(L, env->state, type);
  return 1;
}

/* signature(function): the declaration of a bound function. */
static int type_signature(lua_State *L, const Env *env) {
  const Callee *callee = callee_test(L, arg(env, 1));
  if (callee == NULL)
    return luaL_argerror(L, arg(env, 1), "a function of a plugin expected");
  push_declaration_of(L, callee->type, callee->name);
  return 1;
}

/* declaration(type [, name]): C text. */
static int type_declaration(lua_State *L, const Env *env) {
  const Type *type = env_type(L, env, 1);
  const char *name = luaL_optstring(L, arg(env, 2), NULL);
  push_declaration_of(L, type, name);
  return 1;
}

const EnvEntry type_functions[] = {
  {"alignof", type_alignof},
  {"cdef", type_cdef},
  {"declaration", type_declaration},
  {"declares", type_declares},
  {"istype", type_istype},
  {"metatype", type_metatype},
  {"offsetof", type_offsetof},
  {"reflect", type_reflect},
  {"signature", type_signature},
  {"sizeof", type_sizeof},
  {"typeof", type_typeof},
  {"undeclare", type_undeclare},
  {NULL, NULL}
};
