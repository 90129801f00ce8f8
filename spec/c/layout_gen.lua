-- layout_gen.lua - writes a C program that holds layout.c to the compiler.
--
--   lua5.4 layout_gen.lua [SEED [COUNT]] > layout_gen_test.c
--
-- The program has COUNT random structs and unions twice: as C definitions,
-- whose sizes and offsets the compiler computes, and as calls that build the
-- same records through layout_record(). It prints "N passed, N failed".

local seed = math.tointeger(tonumber(arg[1] or 1))
local count = math.tointeger(tonumber(arg[2] or 400))
math.randomseed(seed)

local random = math.random

local function chance(percent)
  return random(100) <= percent
end

local function pick(list)
  return list[random(#list)]
end

local out = {}

local function emit(format, ...)
  out[#out + 1] = select("#", ...) > 0 and format:format(...) or format
end

-- Types: { c = how C declares it, %s for the name; graph = the C expression
-- that gives our type; bits = the most bits of a bit-field }.

local function base(c, id, bits)
  return { c = c .. " %s", graph = "type_base(BASE_" .. id .. ")",
           bits = bits }
end

local integers = {
  base("_Bool", "BOOL", 1), base("char", "CHAR", 8),
  base("signed char", "SCHAR", 8), base("unsigned char", "UCHAR", 8),
  base("short", "SHORT", 16), base("unsigned short", "USHORT", 16),
  base("int", "INT", 32), base("unsigned int", "UINT", 32),
  base("long", "LONG", 64), base("unsigned long", "ULONG", 64),
  base("long long", "LLONG", 64), base("unsigned long long", "ULLONG", 64),
  { c = "enum plain %s", graph = "enum_plain", bits = 32 },
  { c = "enum tiny %s", graph = "enum_tiny", bits = 8 },
  { c = "enum wide %s", graph = "enum_wide", bits = 64 },
  { c = "volatile int %s", bits = 32,
    graph = "type_qualified(scope, type_base(BASE_INT), QUAL_VOLATILE)" },
}

local int128 = { base("__int128", "INT128", 128),
                 base("unsigned __int128", "UINT128", 128) }

local plain = {
  base("float", "FLOAT"), base("double", "DOUBLE"),
  base("long double", "LDOUBLE"), base("float _Complex", "FLOAT_COMPLEX"),
  base("double _Complex", "DOUBLE_COMPLEX"),
  base("long double _Complex", "LDOUBLE_COMPLEX"),
  int128[1], int128[2],
  { c = "void *%s", graph = "type_pointer(scope, type_base(BASE_VOID))" },
  { c = "int (*%s)(void)", graph = "function_pointer" },
  { c = "_Atomic int %s",
    graph = "type_qualified(scope, type_base(BASE_INT), QUAL_ATOMIC)" },
}

-- Typedefs: vectors, changed alignments; name -> C declaration and graph.
local typedefs = {}

-- `align` is the changed one, if it is.
local function typedef(text, name, graph, bits, align)
  emit("typedef " .. text .. ";", name)
  emit("#define GRAPH_%s (%s)", name, graph)
  typedefs[#typedefs + 1] = { c = name .. " %s", graph = "GRAPH_" .. name,
                              bits = bits, align = align }
end

local function write_typedefs()
  for _, vector in ipairs { { "signed char", "SCHAR", 1 },
                            { "int", "INT", 4 }, { "double", "DOUBLE", 8 } } do
    for _, size in ipairs { 8, 16, 32, 64 } do
      -- gcc asks for -mavx before it aligns the wide ones by their size
      typedef(("%s %%s __attribute__((vector_size(%d)%s))")
                :format(vector[1], size,
                        size > 16 and ", aligned(WIDE(" .. size .. "))"
                          or ""),
              ("vector_%s_%d"):format(vector[2], size),
              ("type_vector(scope, type_base(BASE_%s), %d)")
                :format(vector[2], size // vector[3]))
    end
  end
  for _, number in ipairs { { "char", "CHAR", 8 }, { "int", "INT", 32 },
                            { "long", "LONG", 64 }, { "double", "DOUBLE" } } do
    for _, align in ipairs { 1, 2, 4, 8, 16, 32 } do
      typedef(("%s %%s __attribute__((aligned(%d)))")
                :format(number[1], align),
              ("aligned_%s_%d"):format(number[2], align),
              ("type_aligned(scope, type_base(BASE_%s), %d)")
                :format(number[2], align),
              align <= 16 and number[3] or nil, align)
    end
  end
end

-- Records that are done: { name, c, graph, flexible, empty, arrayable }.
local records = {}

local names = 0

local function new_name()
  names = names + 1
  return "m" .. names
end

local function array_of(type, dims)
  local c, graph = type.c, type.graph
  local suffix = ""
  for _ = 1, dims do
    local n = chance(15) and 0 or random(5)
    suffix = ("[%d]"):format(n) .. suffix
    graph = ("type_array(scope, %s, %d)"):format(graph, n)
  end
  return { c = c:format("%s" .. suffix), graph = graph }
end

local function done_record()
  local record = pick(records)
  if chance(15) and not record.flexible then
    local align = pick { 1, 2, 4, 8, 16, 32 }
    local name = ("%s_%d"):format(record.name, align)
    if not record[align] then
      record[align] = true
      emit("typedef %s __attribute__((aligned(%d)));",
           record.c:format(name), align)
    end
    return { c = name .. " %s", changed = true,
             graph = ("type_aligned(scope, %s, %d)")
               :format(record.graph, align) }
  end
  return record
end

local function plain_type()
  local type
  local dice = random(100)
  if dice <= 45 then type = pick(integers)
  elseif dice <= 65 then type = pick(plain)
  elseif dice <= 78 then type = pick(typedefs)
  elseif #records > 0 then type = done_record()
  else type = pick(integers) end
  -- C wants an element's size to be a multiple of its alignment
  local odd = type.flexible or type.changed or
              type.align and type.align * 8 > (type.bits or 64)
  if chance(20) and not odd then
    type = array_of(type, random(2))
  end
  return type
end

local alignments = { 1, 2, 4, 8, 16, 32 }

-- The fields of a record, appended to `record.fields`.

-- Do gcc, which layout.c follows, and clang differ on that bit-field? They do
-- where its type is aligned further than its size, or less than a width that
-- could be loaded at once, or where the bit-field's own alignment is more
-- than #pragma pack or less than its type's.
--
-- (Past 16 bytes gcc rounds from the last multiple of 16, not from the start
-- of the record. There are no such bit-fields here.)
local function differs(field, pack)
  local aligned, type = field.aligned, field.type
  return type.align and (type.align * 8 > type.bits or
                         type.align * 8 < field.width) or
         aligned and (aligned > (pack or 32) or aligned * 8 < type.bits)
end

local function add_bits(record, options)
  local list = options.typed_bits and chance(20) and typedefs or integers
  local type
  repeat type = chance(4) and pick(int128) or pick(list) until type.bits
  local width = random(0, type.bits)
  if chance(30) then width = math.min(width, random(8)) end
  if chance(8) then width = type.bits end
  local field = { type = type, width = width }
  if width > 0 and not chance(12) then field.name = new_name() end
  if chance(options.attributes) and field.name then
    if chance(50) then field.aligned = pick(alignments) end
    if chance(50) then field.packed = true end
  end
  record.gcc_only = record.gcc_only or differs(field, options.pack)
  table.insert(record.fields, field)
end

local function add_plain(record, options)
  local field = { type = plain_type(), name = new_name() }
  if chance(options.attributes) then
    if chance(60) then field.aligned = pick(alignments) end
    if chance(50) then field.packed = true end
    -- C wants _Alignas to be no less than the type has
    field.alignas = field.type.bits and field.aligned and chance(50) and
                    field.aligned * 8 >= field.type.bits and
                    not field.type.align
  end
  table.insert(record.fields, field)
end

local make_record

local function add_anonymous(record, options, depth)
  local inner = make_record(depth + 1, options)
  table.insert(record.fields, { inner = inner })
  record.named = record.named or inner.named
  record.gcc_only = record.gcc_only or inner.gcc_only
end

local function add_flexible(record)
  local type = pick(integers)
  table.insert(record.fields, {
    name = new_name(), flexible = true,
    type = { c = type.c:format("%s[]"),
             graph = ("type_array(scope, %s, COUNT_UNKNOWN)")
               :format(type.graph) } })
  record.flexible = true
end

-- Depth 1 is a definition of its own, what is deeper is anonymous in it.
function make_record(depth, options)
  local record = { fields = {}, union = chance(20) }
  if chance(options.attributes) then
    record.packed = chance(40)
    if chance(40) then record.aligned = pick(alignments) end
  end
  local n = chance(3) and 0 or random(depth == 1 and 8 or 4)
  for _ = 1, n do
    local dice = random(100)
    if dice <= options.bits then add_bits(record, options)
    elseif dice <= 92 or depth > 3 then add_plain(record, options)
    else add_anonymous(record, options, depth) end
  end
  for _, field in ipairs(record.fields) do
    record.named = record.named or field.name ~= nil
  end
  if depth == 1 and not record.union and record.named and chance(10) then
    add_flexible(record)
  end
  return record
end

-- C definitions.

local function attributes(thing)
  local list = {}
  if thing.packed then list[#list + 1] = "packed" end
  if thing.aligned and not thing.alignas then
    list[#list + 1] = ("aligned(%d)"):format(thing.aligned)
  end
  if #list == 0 then return "" end
  return " __attribute__((" .. table.concat(list, ", ") .. "))"
end

local function keyword(record)
  return record.union and "union" or "struct"
end

local function define(record, name, indent)
  emit("%s%s%s %s {", indent, keyword(record), attributes(record), name)
  for _, field in ipairs(record.fields) do
    local text
    if field.inner then
      define(field.inner, "", indent .. "  ")
      emit("%s  ;", indent)
    else
      text = field.type.c:format(field.name or "")
      if field.width then text = text .. " : " .. field.width end
      local alignas = field.alignas and ("_Alignas(%d) "):format(field.aligned)
      emit("%s  %s%s%s;", indent, alignas or "", text, attributes(field))
    end
  end
  emit("%s}", indent)
end

-- Calls that build the same.

local function build(record, tag, pack)
  emit("  {")
  emit("    Type *type = type_record(scope, %s, %s);",
       tag and '"' .. tag .. '"' or "NULL",
       record.union and "TYPE_UNION" or "0")
  emit("    Field fields[16] = {{0}};")
  for i, field in ipairs(record.fields) do
    local at = ("    fields[%d]."):format(i - 1)
    if field.inner then
      build(field.inner, nil, pack)
      emit("%stype = made;", at)
    else
      emit("%stype = %s;", at, field.type.graph)
    end
    if field.name then emit('%sname = "%s";', at, field.name) end
    if field.width then
      emit("%sbitfield = true;", at)
      emit("%swidth = %d;", at, field.width)
    end
    if field.packed then emit("%spacked = true;", at) end
    if field.aligned then emit("%saligned = %d;", at, field.aligned) end
  end
  if record.packed then emit("    type->record->packed = true;") end
  if record.aligned then
    emit("    type->record->aligned = %d;", record.aligned)
  end
  if pack then emit("    type->record->pack = %d;", pack) end
  emit("    made = complete(type, fields, %d);", #record.fields)
  emit("  }")
end

local function compare(record, ctype)
  for _, field in ipairs(record.fields) do
    if field.inner then
      compare(field.inner, ctype)
    elseif field.width and field.name then
      emit("  BITS(%s, %s);", ctype, field.name)
    elseif field.name then
      emit("  PLAIN(%s, %s);", ctype, field.name)
    end
  end
end

local prelude = [[
/* Written by layout_gen.lua, seed %d. */
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "type/layout.h"
#include "type/scope.h"

static Scope *scope;
static Type *enum_plain, *enum_tiny, *enum_wide;
static const Type *function_pointer;
static const Type *made;          /* what complete() gave last */

static const Type *complete(Type *type, const Field *fields, uint32_t n) {
  Error error = {"", 0};
  if (!layout_record(type, fields, n, &error)) {
    fprintf(stderr, "%%s\n", error.message);
    CHECK(!"layout_record");
  }
  return type;
}

static void hold(const char *what, const char *name, uint64_t have,
                 uint64_t want) {
  if (have == want) {
    check_passed++;
    return;
  }
  check_failed++;
  fprintf(stderr, "%%s of %%s: %%llu, the compiler has %%llu\n", what, name,
          (unsigned long long)have, (unsigned long long)want);
}

static const Field *field_of(const char *name, uint64_t *offset) {
  const Field *field = type_field(made, name, strlen(name), offset);
  CHECK(field != NULL);
  return field;
}

#define SIZES(ctype) \
  hold("size", #ctype, type_size(made), sizeof(ctype)); \
  hold("alignment", #ctype, type_align(made), _Alignof(ctype))

#define PLAIN(ctype, name) do { \
  uint64_t offset = 0; \
  field_of(#name, &offset); \
  hold("offset", #ctype " " #name, offset, offsetof(ctype, name)); \
} while (0)

/* Where the compiler puts the bits is seen in an object of zeros. */
static void hold_bits(const char *name, const unsigned char *bytes,
                      size_t size) {
  uint64_t offset = 0, first = 0, n = 0;
  const Field *field = field_of(name, &offset);
  for (size_t i = size * 8; i-- > 0;)
    if ((bytes[i / 8] >> i %% 8 & 1) != 0)
      first = i, n++;
  hold("bit offset", name, offset * 8 + field->bit, first);
  hold("width", name, field->width, n);
}

#define BITS(ctype, name) do { \
  ctype object; \
  memset(&object, 0, sizeof object); \
  object.name = -1; \
  hold_bits(#name, (const unsigned char *)&object, sizeof object); \
} while (0)

#ifdef __aarch64__
#define WIDE(size) 16
#else
#define WIDE(size) size
#endif

enum plain { PLAIN_A, PLAIN_B };
enum tiny { TINY_A, TINY_B } __attribute__((packed));
enum wide { WIDE_A = -1, WIDE_B = 0x7fffffffffffffff };
]]

local main = [[

static Type *an_enum(const char *tag, int64_t a, int64_t b, bool packed) {
  Error error = {"", 0};
  Enumerator enumerators[2] = {{"A", a}, {"B", b}};
  Type *type = type_enum(scope, tag);
  CHECK(layout_enum(type, enumerators, 2, NULL, packed, false, &error));
  return type;
}

int main(void) {
  Signature none = {0};
  scope = scope_new(NULL);
  enum_plain = an_enum("plain", 0, 1, false);
  enum_tiny = an_enum("tiny", 0, 1, true);
  enum_wide = an_enum("wide", -1, INT64_MAX, false);
  function_pointer =
      type_pointer(scope, type_function(scope, type_base(BASE_INT), &none));
  run();
  scope_free(scope);
  return check_report();
}
]]

-- Kinds of records, so that each mix gets its share.
local mixes = {
  { bits = 0, attributes = 0 }, { bits = 70, attributes = 0 },
  { bits = 92, attributes = 0 }, { bits = 40, attributes = 30 },
  { bits = 80, attributes = 40 }, { bits = 5, attributes = 40 },
  { bits = 80, attributes = 30, typed_bits = true },
}

local function main_program()
  emit(prelude, seed)
  write_typedefs()
  local tests = {}
  for i = 1, count do
    local name = "r" .. i
    local pack = chance(20) and pick { 1, 2, 4, 8, 16 } or nil
    local options = pick(mixes)
    options.pack = pack
    local record = make_record(1, options)
    local ctype = keyword(record) .. " " .. name
    if record.gcc_only then emit("#ifndef __clang__") end
    if pack then emit("#pragma pack(push, %d)", pack) end
    define(record, name, "")
    emit(";")
    if pack then emit("#pragma pack(pop)") end
    emit("static const Type *graph_%s;", name)
    emit("static void test_%s(void) {", name)
    build(record, name, pack)
    emit("  graph_%s = made;", name)
    emit("  SIZES(%s);", ctype)
    compare(record, ctype)
    emit("}")
    if record.gcc_only then
      emit("#else")
      emit("static void test_%s(void) {}", name)
      emit("#endif")
    else
      records[#records + 1] = { name = name, c = ctype .. " %s",
                                graph = "graph_" .. name,
                                flexible = record.flexible }
    end
    tests[#tests + 1] = ("  test_%s();"):format(name)
  end
  emit("static void run(void) {\n%s\n}", table.concat(tests, "\n"))
  emit(main)
end

main_program()
io.write(table.concat(out, "\n"), "\n")
