/*
** show.c - see show.h.
**
** Memory that C owns, or that is smaller than the type, is shown by its
** address only: a text for a log must not be the access that crashes.
*/
#include "face/show.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "face/access.h"
#include "value/numeral.h"
#include "value/push.h"
#include "value/scalar.h"

#define MOST_PARTS 16             /* members or elements that are shown */
#define MOST_DEPTH 3              /* records in records */
#define MOST_CHARS 128            /* of a string */

static void show_span(lua_State *L, luaL_Buffer *b, State *s,
                      const Type *type, const Span *span, int depth);

/* A string as C would quote it. */
static void add_quoted(luaL_Buffer *b, const char *text, size_t length) {
  luaL_addchar(b, '"');
  for (size_t i = 0; i < length && i < MOST_CHARS; i++) {
    char c = text[i];
    char hex[8];
    if (c == '"' || c == '\\')
      luaL_addchar(b, '\\');
    if (isprint((unsigned char)c)) {
      luaL_addchar(b, c);
    } else {
      snprintf(hex, sizeof hex, "\\%03o", (unsigned)(unsigned char)c);
      luaL_addstring(b, hex);
    }
  }
  luaL_addstring(b, length > MOST_CHARS ? "\"..." : "\"");
}

static void show_number(lua_State *L, luaL_Buffer *b, const Type *type,
                        const char *at) {
  if (type->kind == TYPE_BOOL) {
    luaL_addstring(b, *at ? "true" : "false");
  } else if (scalar_is_plain(type) && type->kind == TYPE_FLOAT) {
    scalar_push(L, type, at);
    luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
    luaL_addvalue(b);
  } else {
    numeral_push(L, type, at);
    luaL_addvalue(b);
  }
}

static void show_enum(lua_State *L, luaL_Buffer *b, const Type *type,
                      const char *at) {
  lua_Integer value = scalar_integer(type, at);
  const Enum *list = type->enumeration;
  for (uint32_t i = 0; i < list->count; i++) {
    if (list->enumerators[i].value == value) {
      luaL_addstring(b, list->enumerators[i].name);
      return;
    }
  }
  show_number(L, b, type->target, at);
}

static bool is_chars(const Type *type) {
  return type->kind == TYPE_ARRAY && type->target->bare->rank == BASE_CHAR &&
         type->target->bare->kind == TYPE_INTEGER;
}

static void show_chars(luaL_Buffer *b, const Span *span) {
  const char *at = span_at(span);
  size_t size = span->high - span->offset;
  const char *end = memchr(at, '\0', size);
  add_quoted(b, at, end == NULL ? size : (size_t)(end - at));
}

static void show_array(lua_State *L, luaL_Buffer *b, State *s,
                       const Type *type, const Span *span, int depth) {
  uint64_t stride = type_size(type->target);
  uint64_t room = span->high - span->offset;
  uint64_t count = type->count < COUNT_VARIABLE || stride == 0
                       ? type->count : room / stride;
  luaL_addchar(b, '{');
  for (uint64_t i = 0; i < count && i < MOST_PARTS; i++) {
    Span part = *span;
    span_narrow(&part, i * stride, stride);
    luaL_addstring(b, i == 0 ? "" : ", ");
    show_span(L, b, s, type->target, &part, depth + 1);
  }
  luaL_addstring(b, count > MOST_PARTS ? ", ...}" : "}");
}

static void show_field(lua_State *L, luaL_Buffer *b, State *s,
                       const Field *field, const Span *span, int depth) {
  const Member member = {.type = field->type, .bit = field->bit,
                         .width = field->width};
  Span part = *span;
  if (field->name != NULL) {
    luaL_addstring(b, field->name);
    luaL_addstring(b, " = ");
  }
  if (field->bitfield) {
    push_bits(L, &member, span_at(span) + field->offset);
    luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
    luaL_addvalue(b);
    return;
  }
  span_narrow(&part, field->offset, type_size(field->type));
  show_span(L, b, s, field->type, &part, depth + 1);
}

static void show_record(lua_State *L, luaL_Buffer *b, State *s,
                        const Type *type, const Span *span, int depth) {
  const Record *record = type->record;
  bool comma = false;
  luaL_addchar(b, '{');
  for (uint32_t i = 0; i < record->nfields; i++) {
    const Field *field = &record->fields[i];
    if (field->name == NULL && field->bitfield)
      continue;
    if (i >= MOST_PARTS) {
      luaL_addstring(b, ", ...");
      break;
    }
    luaL_addstring(b, comma ? ", " : "");
    comma = true;
    show_field(L, b, s, field, span, depth);
  }
  luaL_addchar(b, '}');
}

/* As printf's %p, which takes three times as long. */
static void show_pointer(luaL_Buffer *b, const void *address) {
  char text[2 + 2 * sizeof address];
  size_t start = sizeof text;
  uintptr_t rest = (uintptr_t)address;
  if (rest == 0) {
    luaL_addstring(b, "NULL");
    return;
  }
  for (; rest != 0; rest /= 16)
    text[--start] = "0123456789abcdef"[rest % 16];
  text[--start] = 'x';
  text[--start] = '0';
  luaL_addlstring(b, text + start, sizeof text - start);
}

static void show_span(lua_State *L, luaL_Buffer *b, State *s,
                      const Type *type, const Span *span, int depth) {
  const void *address;
  type = type->bare;
  luaL_checkstack(L, 10, "cplugin");
  switch (type->kind) {
    case TYPE_POINTER:
      memcpy(&address, span_at(span), sizeof address);
      show_pointer(b, address);
      break;
    case TYPE_ARRAY: case TYPE_VECTOR: case TYPE_RECORD:
      if (!type_complete(type) && type->kind == TYPE_RECORD)
        show_pointer(b, span_at(span));
      else if (is_chars(type))
        show_chars(b, span);
      else if (depth >= MOST_DEPTH)
        luaL_addstring(b, "{...}");
      else if (type->kind == TYPE_RECORD)
        show_record(L, b, s, type, span, depth);
      else
        show_array(L, b, s, type, span, depth);
      break;
    case TYPE_ENUM:
      show_enum(L, b, type, span_at(span));
      break;
    default:
      show_number(L, b, type, span_at(span));
  }
}

/*
** Is a whole value in the span's memory? A struct may have been completed
** after its memory was found; where the end is not known, none is.
*/
static bool is_inside(const Type *type, const Span *span) {
  uint64_t size = type_size(type);
  if (span->high == UINTPTR_MAX || span->offset > span->high)
    return false;
  return size == SIZE_UNKNOWN || size <= span->high - span->offset;
}

static void show_cdata(lua_State *L, luaL_Buffer *b, State *s, CData *cd) {
  Span span;
  const Class *class = cd->class;
  if (class->plugin != NULL && class->plugin->closed) {
    luaL_addstring(b, "(its plugin is closed)");
    return;
  }
  cdata_span(L, cd, 1, &span);
  if (!s->usable(L, 1))
    luaL_addstring(b, "(freed) ");
  if (class->shape == SHAPE_POINTER || !span_owned(&span) ||
      !is_inside(class->type, &span))
    show_pointer(b, span_at(&span));
  else
    show_span(L, b, s, class->type, &span, 0);
}

int show_tostring(lua_State *L) {
  State *s = state_of(L);
  CData *cd = check_cdata(L, 1);
  luaL_Buffer b;
  lua_settop(L, 1);
  const char *type = push_type(L, cd->class->type);
  luaL_buffinit(L, &b);
  luaL_addstring(&b, "cdata<");
  luaL_addstring(&b, type);
  luaL_addstring(&b, ">: ");
  show_cdata(L, &b, s, cd);
  luaL_pushresult(&b);
  return 1;
}
