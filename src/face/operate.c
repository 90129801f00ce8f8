/* operate.c - see operate.h. */
#include "face/operate.h"

#include "face/access.h"
#include "value/arith.h"

/* ---- pointer arithmetic ---- */

/* A pointer to the element type, `by` elements on. Bounds go with it. */
static int advance(lua_State *L, State *s, CData *cd, int index,
                   lua_Integer by) {
  Span span;
  intptr_t distance;
  const Class *class = cd->class;
  uint64_t stride = class_stride(class);
  cdata_span(L, cd, index, &span);
  if (stride == SIZE_UNKNOWN)
    return luaL_error(L, "arithmetic on '%s': the size of '%s' is not known",
                      push_type(L, class->type),
                      push_type(L, class->element.type));
  if (__builtin_mul_overflow(by, (int64_t)stride, &distance))
    return luaL_error(L, "pointer arithmetic overflows");
  span.offset += (uintptr_t)distance;
  if (class->shape == SHAPE_POINTER && cdata_move(L, cd, index, span.offset))
    return 1;
  const Type *type = class->type->bare;
  if (type->kind == TYPE_ARRAY)
    type = type_pointer(s->global, class->element.type);
  if (type == NULL)
    return luaL_error(L, "not enough memory");
  cdata_refer(L, s, type, SHAPE_POINTER, &span);
  return 1;
}

int operate_difference(lua_State *L, CData *a, CData *b) {
  uint64_t stride = class_stride(a->class);
  const char *x = cdata_at(L, a);
  const char *y = cdata_at(L, b);
  if (stride == SIZE_UNKNOWN || stride == 0 ||
      a->class->element.type->bare != b->class->element.type->bare)
    return luaL_error(L, "'%s' and '%s' have no difference",
                      push_type(L, a->class->type),
                      push_type(L, b->class->type));
  lua_pushinteger(L, (lua_Integer)(x - y) / (lua_Integer)stride);
  return 1;
}

/* pointer + n, n + pointer, pointer - n, pointer - pointer. */
static bool pointer_arith(lua_State *L, State *s, int op) {
  CData *a = cdata_test(L, 1);
  CData *b = cdata_test(L, 2);
  int isinteger;
  lua_Integer n;
  if (operate_counts(a) && operate_counts(b) && op == LUA_OPSUB)
    return operate_difference(L, a, b) == 1;
  if (operate_counts(a) && (op == LUA_OPADD || op == LUA_OPSUB)) {
    n = lua_tointegerx(L, 2, &isinteger);
    return isinteger && advance(L, s, a, 1, op == LUA_OPADD ? n
                                             : (lua_Integer)(0u - (lua_Unsigned)n));
  }
  if (operate_counts(b) && op == LUA_OPADD) {
    n = lua_tointegerx(L, 1, &isinteger);
    return isinteger && advance(L, s, b, 2, n);
  }
  return false;
}

/* ---- arithmetic ---- */

const char *const operate_names[OPERATORS] = {
  [LUA_OPADD] = "__add", [LUA_OPSUB] = "__sub", [LUA_OPMUL] = "__mul",
  [LUA_OPMOD] = "__mod", [LUA_OPPOW] = "__pow", [LUA_OPDIV] = "__div",
  [LUA_OPIDIV] = "__idiv", [LUA_OPBAND] = "__band", [LUA_OPBOR] = "__bor",
  [LUA_OPBXOR] = "__bxor", [LUA_OPSHL] = "__shl", [LUA_OPSHR] = "__shr",
  [LUA_OPUNM] = "__unm", [LUA_OPBNOT] = "__bnot"
};

int operate_arith(lua_State *L) {
  State *s = state_of(L);
  int op = (int)lua_tointeger(L, lua_upvalueindex(2));
  Number a, b;
  lua_settop(L, 2);
  if (pointer_arith(L, s, op))
    return 1;
  if (!number_read(L, 1, &a) || !number_read(L, 2, &b))
    return luaL_error(L, "attempt to perform arithmetic (%s) on %s and %s",
                      operate_names[op] + 2, push_description(L, 1),
                      push_description(L, 2));
  arith(L, s, op, &a, &b);
  return 1;
}

/* ---- comparison ---- */

/* The address that a pointer, array or record stands for; false: none. */
static bool address_of(lua_State *L, int index, uintptr_t *at) {
  CData *cd = cdata_test(L, index);
  if (cd == NULL ||
      (!operate_counts(cd) && !type_is_aggregate(cd->class->type)))
    return false;
  *at = (uintptr_t)cdata_at(L, cd);
  return true;
}

static int compare(lua_State *L) {
  uintptr_t x, y;
  Number a, b;
  state_check(L);
  if (address_of(L, 1, &x) && address_of(L, 2, &y))
    return x < y ? -1 : x > y;
  if (number_read(L, 1, &a) && number_read(L, 2, &b) &&
      a.kind != NUMBER_COMPLEX && b.kind != NUMBER_COMPLEX)
    return number_compare(&a, &b);
  return luaL_error(L, "attempt to compare %s with %s",
                    push_description(L, 1), push_description(L, 2));
}

int operate_lt(lua_State *L) {
  lua_pushboolean(L, compare(L) == -1);
  return 1;
}

int operate_le(lua_State *L) {
  int order = compare(L);
  lua_pushboolean(L, order == -1 || order == 0);
  return 1;
}

int operate_eq(lua_State *L) {
  uintptr_t x, y;
  Number a, b;
  bool equal = false;
  state_check(L);
  if (address_of(L, 1, &x) && address_of(L, 2, &y))
    equal = x == y;
  else if (number_read(L, 1, &a) && number_read(L, 2, &b))
    equal = number_compare(&a, &b) == 0;
  lua_pushboolean(L, equal);
  return 1;
}
