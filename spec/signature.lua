-- signature.lua - random signatures, both ways, against compiled C.
--
--   lua5.4 spec/signature.lua SEED [COMPILER [FLAGS]]
--
-- runs one set; signature_spec.lua runs several.
--
-- Each type has three values, known to C as constants and to Lua as tables.
-- For a signature there are two C functions: one that counts the arguments
-- that are not the expected ones and returns a value, and one that calls a
-- callback with the values and looks at what that returns. Some of the former
-- take their last arguments as variadic ones.

local helper = require "spec.helper"
local randomtype = require "spec.randomtype"
local typekinds = require "spec.typekinds"
local plugin = require "cplugin"

local VALUES = 3
local RECORDS = 60
local SIGNATURES = 250

-- Reasons for which a type may be refused.
local REFUSED = {"^gcc and clang pass it differently %(",
                 "^gcc and clang pass a vector of one",
                 "^the ABI has no rule for a vector of so few _Float16"}
if os.getenv "CPLUGIN_CALL" == "libffi" or
   os.getenv "CPLUGIN_STUB" == "off" or helper.processor() == "i686" then
  table.insert(REFUSED, "libffi")
end

local function allowed(reason)
  for _, pattern in ipairs(REFUSED) do
    if reason:find(pattern) then
      return true
    end
  end
  return false
end

-- The same of AArch64.
for _, pattern in ipairs {"^vectors of less than 8 bytes have no rule",
                          "^gcc and clang disagree whether it is a homogeneous",
                          "^gcc and clang pass its padding differently",
                          "^gcc and clang place packed members of 16"} do
  table.insert(REFUSED, pattern)
end

-- And of i386.
for _, pattern in ipairs {"^vectors have registers that not all",
                          "^gcc and clang align it differently on"} do
  table.insert(REFUSED, pattern)
end

-- ---- making them ----

-- A C type in use: {type, c = its name in C, index, values}.
local function use(world, type)
  local c = world.types:declare(type):gsub("%s+$", "")
  local known = world.used[c]
  if not known then
    known = {type = type, c = c, index = #world.list + 1, values = {}}
    for i = 1, VALUES do
      known.values[i] = world.types:value(type)
    end
    world.used[c] = known
    table.insert(world.list, known)
  end
  return known
end

-- clang before 18 puts an __int128 on the stack where psABI and gcc do not,
-- once registers run out.
local function overflows(world, type, count)
  return world.cc == "clang" and helper.processor() == "x86_64" and
         count > 2 and typekinds.of(type).__int128
end

-- What gcc's own va_arg() misreads. A record of 16 bytes at most that is
-- aligned to 16 comes in any register; optimised, va_arg() reads it as if it
-- stood at a multiple of 16 in the area of saved ones, and a program by gcc
-- alone crashes.
local function has_wide(record)
  local attribute = record.attribute or ""
  local found = attribute:find "aligned%(%d%d" or
                attribute:find "aligned%)" or false
  for _, member in ipairs(record.members) do
    local type = member.type
    while type.kind == "array" do
      type = type.element
    end
    found = found or type.single or member.align or member.alignas or
            (type.members and has_wide(type)) or
            (type.c and type.c:find "^V16_")
  end
  return found
end

local function misread(type)
  return type.members and has_wide(type)
end

-- What clang's own va_arg() misreads. It moves on to the alignment of a record
-- of no bytes, which clang's callers do not: a program by clang alone reads
-- what follows wrongly.
local function is_nothing(type)
  if type.kind == "array" then
    return type.n == 0 or type.n == "" or is_nothing(type.element)
  end
  for _, member in ipairs(type.members or {}) do
    if not (member.bits and not member.name) and
       not is_nothing(member.type) then
      return false
    end
  end
  return type.members ~= nil
end

local misreads = {gcc = helper.processor() == "x86_64" and misread,
                  clang = is_nothing}

-- A type for a signature of `count` parameters.
local function random_type(world, count, variadic)
  local types = world.types
  local type
  repeat
    type = types:chance(40) and types:pick(types.all) or types:scalar()
  until not overflows(world, type, count) and
        not (variadic and misreads[world.cc] and misreads[world.cc](type))
  return use(world, type)
end

-- How many parameters: mostly few, sometimes as many as there may be.
local function random_count(types, i)
  if i % 50 == 0 then
    return 127
  end
  return types:chance(10) and types:random(13, 40) or types:random(0, 12)
end

local function random_signature(world, i)
  local types = world.types
  local count = random_count(types, i)
  local signature = {index = i, params = {}, which = {}}
  if count > 1 and types:chance(30) then
    signature.fixed = types:random(1, count)
  end
  for k = 1, count do
    signature.params[k] = random_type(world, count,
                                      k > (signature.fixed or count))
    signature.which[k] = types:random(1, VALUES)
  end
  if types:chance(85) then
    signature.result = random_type(world, count)
    signature.answer = types:random(1, VALUES)
  end
  return signature
end

-- The type that an argument has after the default promotions. A typedef's own
-- alignment is none of an argument's, but of what gcc's va_arg() reads.
local function promoted(use_)
  local type = use_.type
  local plain = type.plain or use_.c
  if plain == "float" then
    return "double"
  elseif type.bits and type.bits < 32 then
    return "int"
  end
  return plain
end

-- clang before 17 puts a record with __float128 elsewhere on x86-64, and
-- before 15 it has no _Float16 there. It has no _Float32 anywhere. On i386
-- vectors and what is as wide are not passed by value.
local function make_world(seed, cc)
  local isclang = cc == "clang"
  local hasvectors = helper.processor() ~= "i686"
  local types = randomtype.new {
    seed = seed, vectors = hasvectors, odd = true, named = not isclang,
    half = not (isclang and helper.processor() == "x86_64") and
           helper.defined "__FLT16_MAX__" and "_Float16",
    quad = not isclang and hasvectors and "_Float128",
  }
  local world = {types = types, cc = cc, used = {}, list = {},
                 signatures = {}}
  for _ = 1, RECORDS do
    world.types:define()
  end
  for i = 1, SIGNATURES do
    world.signatures[i] = random_signature(world, i)
  end
  return world
end

-- ---- as C ----

-- The constant that is value i of a type. C has no arrays of all types.
local function constant(use_, i)
  return ("value_%d_%d"):format(use_.index, i)
end

-- Constants of a type, and same_N(&value, i), for values that are aligned less
-- than a typedef of their type says, too.
local function type_text(use_)
  local text = {}
  for i, value in ipairs(use_.values) do
    text[i] = ("static const %s %s = %s;"):format(use_.c, constant(use_, i),
                                                  value.c)
  end
  text[#text + 1] = ([[
int same_%d(const void *p, int i) {
  %s v;
  __builtin_memcpy(&v, p, sizeof v);
  switch (i) {]]):format(use_.index, use_.c)
  for i, value in ipairs(use_.values) do
    local tests = {"1"}
    for _, leaf in ipairs(value.leaves) do
      tests[#tests + 1] = ("v%s == %s%s"):format(leaf, constant(use_, i), leaf)
    end
    text[#text + 1] = ("    case %d: return %s;"):format(i - 1,
      table.concat(tests, " && "))
  end
  text[#text + 1] = "  }\n  return 0;\n}"
  return table.concat(text, "\n")
end

local function result_text(signature)
  local result = signature.result
  if not result then
    return "void", "", ""
  end
  local value = constant(result, signature.answer)
  return result.c, ("  return %s;\n"):format(value), value
end

-- The first `last` parameters as a declaration has them.
local function parameters(signature, last, name)
  local list = {}
  for k = 1, last do
    list[k] = signature.params[k].c .. (name and name .. k or "")
  end
  return #list > 0 and table.concat(list, ", ") or "void"
end

-- Those of fN: variadic ones are not named.
local function fixed_parameters(signature, name)
  return parameters(signature, signature.fixed or #signature.params, name) ..
         (signature.fixed and ", ..." or "")
end

local function declaration(signature)
  return ("%s f%d(%s);"):format((result_text(signature)), signature.index,
                                fixed_parameters(signature))
end

local function pointer_declaration(signature)
  return ("int c%d(%s (*f)(%s));"):format(signature.index,
    (result_text(signature)), parameters(signature, #signature.params))
end

-- R fN(...): `wrong` is then the first argument that came out wrong.
local function callee_text(signature)
  local result, answer = result_text(signature)
  local text = {("%s f%d(%s) {\n  wrong = 0;"):format(result,
    signature.index, fixed_parameters(signature, " a"))}
  local last = signature.fixed
  if last then
    text[2] = ("  va_list list;\n  va_start(list, a%d);"):format(last)
  end
  for k, use_ in ipairs(signature.params) do
    if last and k > last then
      text[#text + 1] = ("  %s a%d = va_arg(list, %s);"):format(use_.c, k,
        promoted(use_))
    end
    text[#text + 1] = ("  if (!wrong && !same_%d(&a%d, %d)) wrong = %d;")
      :format(use_.index, k, signature.which[k] - 1, k)
  end
  text[#text + 1] = (last and "  va_end(list);\n" or "") .. answer .. "}"
  return table.concat(text, "\n")
end

-- int cN(R (*f)(...)): did f return what is expected?
local function caller_text(signature)
  local result, _, answer = result_text(signature)
  local arguments = {}
  for k, use_ in ipairs(signature.params) do
    arguments[k] = constant(use_, signature.which[k])
  end
  local call = ("f(%s)"):format(table.concat(arguments, ", "))
  local body = ("  %s;\n  return 1;"):format(call)
  if answer ~= "" then
    body = ("  %s r = %s;\n  return same_%d(&r, %d);"):format(result, call,
      signature.result.index, signature.answer - 1)
  end
  return ("int c%d(%s (*f)(%s)) {\n%s\n}"):format(signature.index, result,
    parameters(signature, #signature.params), body)
end

local function c_text(world)
  local types = world.types
  local text = {"#include <stdarg.h>", types.prelude,
                table.concat(types.out, "\n"), "int wrong;"}
  for _, use_ in ipairs(world.list) do
    text[#text + 1] = type_text(use_)
  end
  for _, signature in ipairs(world.signatures) do
    text[#text + 1] = callee_text(signature)
    text[#text + 1] = caller_text(signature)
  end
  return table.concat(text, "\n")
end

-- ---- as Lua ----

local function lua_value(p, use_, i)
  local value = use_.values[i].lua
  if use_.type.kind == "scalar" and not use_.type.pointer then
    return value
  end
  return randomtype.convert(p, value)
end

-- What goes into a variadic place: values that C's promotions fit. An integer
-- is a `long` there, a larger one a `long long`.
local LONG_BITS = helper.defined "__LP64__" and 64 or 32
local function variadic_value(p, use_, i)
  local value = lua_value(p, use_, i)
  local bits = (use_.type.bits or 0) + (use_.type.unsigned and 1 or 0)
  local plain = use_.type.lua and not use_.c:find "^_Float" and
                (bits <= LONG_BITS or LONG_BITS == 64)
  return (plain or use_.type.pointer) and value or p:new(use_.c, value)
end

-- Is the value the one that C has as value i of the type?
local function is_same(p, use_, value, i)
  if use_.type.lua then
    return value == use_.values[i].lua
  elseif use_.type.pointer then
    return p:address(value) == use_.values[i].lua.address
  end
  return p.C["same_" .. use_.index](p:addressof(value), i - 1) == 1
end

local function declarations(world)
  local text = {world.types.prelude, table.concat(world.types.out, "\n"),
                "int wrong;"}
  for _, use_ in ipairs(world.list) do
    text[#text + 1] = ("int same_%d(const void *, int);"):format(use_.index)
  end
  for _, signature in ipairs(world.signatures) do
    text[#text + 1] = declaration(signature)
    text[#text + 1] = pointer_declaration(signature)
  end
  return table.concat(text, "\n")
end

-- Calls, unless the signature is refused for a known reason. Gives "refused",
-- or "done" and the result.
local function guarded(about, f)
  local results = table.pack(pcall(f))
  if not results[1] then
    local message = tostring(results[2])
    local reason = message:match "by value: ([^\n]*)" or
                   message:match "libffi cannot call"
    if not reason or not allowed(reason) then
      error(about .. results[2], 0)
    end
    return "refused"
  end
  return "done", results[2]
end

local function arguments(p, signature)
  local list = {n = #signature.params}
  for k, use_ in ipairs(signature.params) do
    local convert = signature.fixed and k > signature.fixed and
                    variadic_value or lua_value
    list[k] = convert(p, use_, signature.which[k])
  end
  return list
end

local function check_call(p, signature, about)
  local list = arguments(p, signature)
  local done, result = guarded(about, function()
    return p.C["f" .. signature.index](table.unpack(list, 1, list.n))
  end)
  if done == "refused" then
    return false
  end
  assert(p.C.wrong == 0, ("%s: argument %d is wrong"):format(about,
                                                            p.C.wrong))
  assert(not signature.result or
         is_same(p, signature.result, result, signature.answer),
         about .. ": the result is wrong")
  return true
end

local function check_callback(p, signature, about)
  local called = 0
  local function f(...)
    called = called + 1
    assert(select("#", ...) == #signature.params)
    for k, use_ in ipairs(signature.params) do
      assert(is_same(p, use_, (select(k, ...)), signature.which[k]),
             ("%s: argument %d of the callback is wrong"):format(about, k))
    end
    return signature.result and
           lua_value(p, signature.result, signature.answer)
  end
  local done, right = guarded(about, function()
    return p.C["c" .. signature.index](f)
  end)
  if done == "refused" then
    return false
  end
  assert(called == 1, about .. ": not called")
  assert(right == 1, about .. ": the callback's result is wrong")
  return true
end

-- The definitions of the records that a signature uses, for messages.
local function definitions(world, signature)
  local wanted, list = {}, {}
  local function want(text)
    for tag in text:gmatch "[SFT]%d+" do
      if not wanted[tag] then
        wanted[tag] = true
        for _, definition in ipairs(world.types.out) do
          if definition:find(tag .. "[^%d]") and
             (definition:match "^#?.-([SF]%d+) {" or
              definition:match "^typedef .-(T%d+) ") == tag then
            want(definition)
            list[#list + 1] = definition
          end
        end
      end
    end
  end
  want(declaration(signature))
  for k = signature.fixed and signature.fixed + 1 or math.huge,
          #signature.params do
    want(signature.params[k].c)
    list[#list + 1] = ("variadic argument %d: %s"):format(k,
      signature.params[k].c)
  end
  return table.concat(list, "\n")
end

-- Counts the kinds of types that went that way.
local function note(seen, way, uses)
  seen[way] = seen[way] or {}
  for _, use_ in ipairs(uses) do
    for kind, is in pairs(typekinds.of(use_.type)) do
      seen[way][kind] = (seen[way][kind] or 0) + (is and 1 or 0)
    end
  end
end

local function note_call(seen, signature)
  local fixed = signature.fixed or #signature.params
  note(seen, "argument", {table.unpack(signature.params, 1, fixed)})
  note(seen, "variadic argument", {table.unpack(signature.params, fixed + 1)})
  note(seen, "result", {signature.result})
end

local function note_callback(seen, signature)
  note(seen, "callback's argument", signature.params)
  note(seen, "callback's result", {signature.result})
end

-- gcc 12's own va_arg reads a vector or a small record of floats through
-- another type, and the copy is optimised away (AArch64, -O2).
local FLAGS = " -fno-strict-aliasing"

-- The world of a seed, and its library. A compiler that crashes says nothing
-- of how it passes values: then another seed is taken, three times at most.
local function compile(seed, options, crashes)
  local world = make_world(seed, options.cc)
  local path, why = helper.compile(c_text(world), {
    cc = options.cc, flags = options.flags .. FLAGS,
    seconds = 1200                -- clang takes long for 127 arguments
  })
  if path or crashes == 3 or not why:lower():find "submit a .*bug report" then
    return seed, world, assert(path, why)
  end
  io.stderr:write(("%s %s itself crashes on seed %d: another one is taken\n")
    :format(options.cc, options.flags, seed))
  return compile(seed + 1000000, options, crashes + 1)
end

-- Gives how many calls and callbacks there were; `seen` gets, for each way
-- that a value goes, how often a type of each kind went it.
local function run(first, options, seen)
  local seed, world, path = compile(first, options, 0)
  local p <close> = assert(plugin.open(path))
  local calls, callbacks = 0, 0
  p:cdef(declarations(world))
  for _, signature in ipairs(world.signatures) do
    local about = ("seed %d, %s %s: %s\n%s\n"):format(seed,
      options.cc or "cc", options.flags, declaration(signature),
      definitions(world, signature))
    if check_call(p, signature, about) then
      calls = calls + 1
      note_call(seen, signature)
    end
    if check_callback(p, signature, about) then
      callbacks = callbacks + 1
      note_callback(seen, signature)
    end
  end
  return calls, callbacks
end

if arg and arg[0] and arg[0]:find "signature%.lua$" then
  print(("%d calls, %d callbacks"):format(run(math.tointeger(arg[1]),
    {cc = arg[2] or "gcc", flags = arg[3] or "-O0"}, {})))
end

return {run = run, SIGNATURES = SIGNATURES}
