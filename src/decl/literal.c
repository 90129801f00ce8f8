/* literal.c - see literal.h. */
#include "decl/literal.h"

#include <string.h>

#include "base/decimal.h"

#define BASE_WCHAR \
  _Generic((wchar_t)0, int: BASE_INT, unsigned: BASE_UINT, long: BASE_LONG)

/* The digits of a number without C23's separators, in scratch memory. */
static char *digits_of(Parser *p, const Token *token) {
  if (token->length > LIMIT_NAME)
    parse_fail(p, token, "this number has more than %d bytes", LIMIT_NAME);
  char *copy = scratch(p, token->length + 1), *o = copy;
  for (uint32_t i = 0; i < token->length; i++)
    if (token->text[i] != '\'')
      *o++ = token->text[i];
  return copy;
}

static bool has_prefix(const char *s, char letter) {
  return s[0] == '0' && (s[1] | 0x20) == letter;
}

static bool is_float(const char *s) {
  if (has_prefix(s, 'x'))
    return strpbrk(s, ".pP") != NULL;
  return strpbrk(s, ".eE") != NULL;
}

_Noreturn static void bad_suffix(Parser *p, const Token *token,
                                 const char *suffix) {
  parse_fail(p, token, "'%.40s' is no suffix of a number", suffix);
}

static const struct { char suffix[5]; BaseType type; } float_suffixes[] = {
  {"", BASE_DOUBLE}, {"f", BASE_FLOAT}, {"l", BASE_LDOUBLE},
  {"f16", BASE_FLOAT16}, {"f32", BASE_FLOAT32}, {"f32x", BASE_FLOAT32X},
  {"f64", BASE_FLOAT64}, {"f64x", BASE_FLOAT64X}, {"f128", BASE_FLOAT128},
  {"q", BASE_FLOAT128}, {"w", BASE_FLOAT64X}
};

static bool same_letters(const char *s, const char *lower) {
  while (*s != '\0' && (*s == *lower || (*s | 0x20) == *lower)) {
    s++;
    lower++;
  }
  return *s == *lower;
}

static BaseType float_type(Parser *p, const Token *token,
                           const char *suffix) {
  for (size_t i = 0; i < sizeof float_suffixes / sizeof *float_suffixes; i++)
    if (same_letters(suffix, float_suffixes[i].suffix))
      return float_suffixes[i].type;
  bad_suffix(p, token, suffix);
}

static Value float_number(Parser *p, const Token *token, const char *digits) {
  Floating f;
  bool exact;
  long double number;
  const char *end = decimal_read(&float_binary128, digits,
                                 digits + strlen(digits), &f, &exact);
  const Type *type = type_base(float_type(p, token,
                                          end == NULL ? digits : end));
  char room[sizeof(Quad)];
  float_encode(type_format(type), &f, room);    /* rounded to its type */
  float_decode(type_format(type), room, &f);
  float_encode(&float_long_double, &f, &number);
  return value_float(type, number);
}

static int digit_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* What may follow the digits: u, l, ll in any order. */
typedef struct Suffix {
  bool u, l, ll;
} Suffix;

static Suffix integer_suffix(Parser *p, const Token *token, const char *s) {
  Suffix suffix = {false, false, false};
  for (const char *c = s; *c != '\0'; c++) {
    char letter = (char)(*c | 0x20);
    if (letter == 'u' && !suffix.u)
      suffix.u = true;
    else if (letter == 'l' && !suffix.l) {
      suffix.l = true;
      suffix.ll = c[1] == c[0];
      c += suffix.ll;
    }
    else
      bad_suffix(p, token, s);
  }
  return suffix;
}

/* C11 6.4.4.1p5: the first type of the list that holds the value. */
static const Type *number_type(uint64_t value, bool decimal, Suffix suffix) {
  static const BaseType list[] = {BASE_INT, BASE_UINT, BASE_LONG, BASE_ULONG,
                                  BASE_LLONG, BASE_ULLONG};
  size_t first = suffix.ll ? 4 : suffix.l ? 2 : 0;
  for (size_t i = first; i < sizeof list / sizeof *list; i++) {
    const Type *type = type_base(list[i]);
    bool with_unsigned = (type->flags & TYPE_UNSIGNED) != 0;
    if (with_unsigned ? decimal && !suffix.u : suffix.u)
      continue;
    if (wrap(type, (SignedWide)value) == (SignedWide)value)
      return type;
  }
  return type_base(WIDE_IN_C ? BASE_INT128 : BASE_ULLONG);
}

static Value integer_number(Parser *p, const Token *token, const char *s) {
  int base = has_prefix(s, 'x') ? 16 : has_prefix(s, 'b') ? 2
           : *s == '0' ? 8 : 10;
  uint64_t value = 0;
  s += base == 16 || base == 2 ? 2 : 0;
  for (; digit_value(*s) < (base == 16 ? 16 : 10); s++) {
    int digit = digit_value(*s);
    if (digit >= base)
      parse_fail(p, token, "digit '%c' in a number of base %d", *s, base);
    if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
        __builtin_add_overflow(value, (uint64_t)digit, &value))
      parse_fail(p, token, "this number is larger than 64 bits");
  }
  Suffix suffix = integer_suffix(p, token, s);
  return value_integer(number_type(value, base == 10, suffix),
                       (SignedWide)value);
}

Value literal_number(Parser *p) {
  Token token = p->lex.token;
  char *digits = digits_of(p, &token);
  size_t length = strlen(digits);
  char last = (char)(digits[length - 1] | 0x20);
  advance(p);
  if (last == 'i' || last == 'j')
    return value_open(type_base(BASE_DOUBLE_COMPLEX),
                      "imaginary numbers are not evaluated");
  if (is_float(digits))
    return float_number(p, &token, digits);
  return integer_number(p, &token, digits);
}

/* A character or string token from behind its prefix to its last quote. */
typedef struct Quoted {
  Token token;
  const char *s, *end;            /* between the quotes */
  BaseType element;               /* by the prefix */
} Quoted;

static BaseType element_type(const Token *token) {
  switch (token->text[0]) {
    case 'L': return BASE_WCHAR;
    case 'U': return BASE_UINT;
    case 'u': return token->text[1] == '8' ? BASE_UCHAR : BASE_USHORT;
    default: return BASE_CHAR;
  }
}

static Quoted quoted(const Token *token) {
  Quoted q = {*token, token->text, token->text + token->length - 1,
              element_type(token)};
  while (*q.s != '"' && *q.s != '\'')
    q.s++;
  q.s++;
  return q;
}

/* One unit of a constant: a code point, or a byte as it is. */
typedef struct Unit {
  uint32_t value;
  bool point;                     /* a code point, to be encoded */
} Unit;

static uint32_t digits(Quoted *q, int base, int most) {
  uint32_t value = 0;
  for (; most > 0 && q->s < q->end && digit_value(*q->s) < base; most--)
    value = value * (uint32_t)base + (uint32_t)digit_value(*q->s++);
  return value;
}

static Unit universal_name(Parser *p, Quoted *q, int count) {
  const char *start = q->s;
  Unit unit = {digits(q, 16, count), true};
  if (q->s - start != count || unit.value > 0x10FFFF)
    parse_fail(p, &q->token, "expected %d hexadecimal digits of a character",
               count);
  return unit;
}

static Unit escape(Parser *p, Quoted *q) {
  static const char letters[] = "abfnrtveE", values[] = "\a\b\f\n\r\t\v\33\33";
  char c = *q->s++;
  const char *letter = strchr(letters, c);
  if (c != '\0' && letter != NULL)
    return (Unit){(unsigned char)values[letter - letters], false};
  switch (c) {
    case 'x':
      if (digit_value(*q->s) >= 16)
        parse_fail(p, &q->token, "\\x without hexadecimal digits");
      return (Unit){digits(q, 16, INT32_MAX), false};
    case 'u': return universal_name(p, q, 4);
    case 'U': return universal_name(p, q, 8);
    case '0': case '1': case '2': case '3':
    case '4': case '5': case '6': case '7':
      q->s--;
      return (Unit){digits(q, 8, 3), false};
    default: return (Unit){(unsigned char)c, false};
  }
}

/* A UTF-8 sequence at the cursor; what is none is a byte. */
static Unit decode(Quoted *q) {
  unsigned char lead = (unsigned char)*q->s++;
  int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  uint32_t value = more > 0 ? lead & (0x3Fu >> more) : lead;
  if (more > q->end - q->s)
    return (Unit){lead, false};
  for (int i = 0; i < more; i++) {
    if (((unsigned char)q->s[i] & 0xC0) != 0x80)
      return (Unit){lead, false};
    value = value << 6 | ((unsigned char)q->s[i] & 0x3F);
  }
  q->s += more;
  return (Unit){value, value >= 0x80 && more > 0};
}

/* False at the end. A newline behind a backslash is nothing. */
static bool next_unit(Parser *p, Quoted *q, bool wide, Unit *unit) {
  while (q->s < q->end && *q->s == '\\' && (q->s[1] == '\n' ||
                                             q->s[1] == '\r'))
    q->s += q->s[1] == '\r' && q->s[2] == '\n' ? 3 : 2;
  if (q->s >= q->end)
    return false;
  if (*q->s == '\\') {
    q->s++;
    *unit = escape(p, q);
  }
  else if (wide)
    *unit = decode(q);
  else
    *unit = (Unit){(unsigned char)*q->s++, false};
  return true;
}

static size_t put_utf8(uint32_t point, char *out) {
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  for (size_t i = more; i > 0; i--) {
    out[i] = (char)(0x80 | (point & 0x3F));
    point >>= 6;
  }
  out[0] = (char)((0xFF00u >> (more + 1) & 0xFF) | point);
  return more + 1;
}

static size_t put_utf16(uint32_t point, char *out) {
  uint16_t units[2] = {(uint16_t)point, 0};
  if (point >= 0x10000) {
    units[0] = (uint16_t)(0xD800 | (point - 0x10000) >> 10);
    units[1] = (uint16_t)(0xDC00 | (point & 0x3FF));
  }
  size_t length = point >= 0x10000 ? 4 : 2;
  memcpy(out, units, length);
  return length;
}

/* Bytes written to `out`, at most 4. */
static size_t put_unit(Unit unit, size_t size, char *out) {
  if (size == 1 && unit.point)
    return put_utf8(unit.value, out);
  if (size == 2 && unit.point)
    return put_utf16(unit.value, out);
  if (size == 1)
    *out = (char)unit.value;
  else if (size == 2)
    memcpy(out, &(uint16_t){(uint16_t)unit.value}, 2);
  else
    memcpy(out, &unit.value, 4);
  return size;
}

/* Several characters between the quotes count as gcc counts them. */
static Value narrow_character(Parser *p, Quoted *q) {
  uint32_t value = 0;
  Unit unit;
  char bytes[4];
  size_t count = 0;
  while (next_unit(p, q, false, &unit)) {
    size_t length = put_unit(unit, 1, bytes);
    for (size_t i = 0; i < length; i++, count++)
      value = value << 8 | (unsigned char)bytes[i];
  }
  const Type *type = type_base(count > 1 ? BASE_INT : BASE_CHAR);
  return value_integer(type_base(BASE_INT), wrap(type, (SignedWide)value));
}

Value literal_character(Parser *p) {
  Quoted q = quoted(&p->lex.token);
  Unit unit = {0, false};
  if (q.s == q.end)
    parse_fail(p, &q.token, "an empty character constant");
  advance(p);
  if (q.element == BASE_CHAR)
    return narrow_character(p, &q);
  while (next_unit(p, &q, true, &unit))
    continue;
  return value_integer(type_base(q.element), (SignedWide)unit.value);
}

static char *append(Parser *p, Quoted *q, size_t size, char *out) {
  Unit unit;
  while (next_unit(p, q, size > 1, &unit))
    out += put_unit(unit, size, out);
  return out;
}

/* A growing string. */
typedef struct Strings {
  Quoted *list;
  size_t count, room;             /* `room`: bytes of text, all in all */
  BaseType element;
} Strings;

static void collect(Parser *p, Strings *strings) {
  while (at(p, TOKEN_STRING)) {
    strings->list = scratch_grow(p, strings->list, strings->count,
                                 sizeof *strings->list);
    Quoted q = quoted(&p->lex.token);
    if (q.element != BASE_CHAR)
      strings->element = q.element;
    strings->room += (size_t)(q.end - q.s);
    strings->list[strings->count++] = q;
    advance(p);
  }
}

Value literal_string(Parser *p) {
  Strings strings = {NULL, 0, 0, BASE_CHAR};
  collect(p, &strings);
  if (strings.element == BASE_UCHAR)   /* u8"" is char[] in C11 */
    strings.element = BASE_CHAR;
  const Type *element = type_base(strings.element);
  size_t size = (size_t)element->size;
  char *bytes = scratch(p, (strings.room + 2) * 4), *end = bytes;
  for (size_t i = 0; i < strings.count; i++)
    end = append(p, &strings.list[i], size, end);
  Value value = {.kind = VALUE_STRING, .lvalue = true, .bytes = bytes};
  value.length = (size_t)(end - bytes);
  value.type = need_type(p, type_array(p->scope, element,
                                       value.length / size + 1));
  return value;
}
