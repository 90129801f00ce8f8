-- oom_spec.lua - memory that runs out: a host whose allocator fails at the
-- n-th allocation, for all n. Each ends well, or with Lua's own error.

local helper = require "spec.helper"

-- host SCRIPT FROM TO STEP MOST: runs the script once for each n, where MOST
-- allocations fail from the n-th on. Afterwards it
-- closes the Lua state; what crashes or hangs is seen from outside. Prints
-- how many failed and how many ended well.
local host = [[
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lua tries again after a full collection, so one failure is no failure. */
static long left, made, taken, refused, most;

static void *allocate(void *ud, void *p, size_t old, size_t size) {
  (void)ud;
  if (size == 0) {
    if (p != NULL)
      taken--;
    free(p);
    return NULL;
  }
  if (p == NULL || size > old) {
    made++;
    if (left >= 0 && left-- <= 0) {
      if (++refused < most)
        left = 0;
      return NULL;
    }
  }
  void *q = realloc(p, size);
  if (p == NULL && q != NULL)
    taken++;
  return q;
}

static int run(lua_State *L) {
  luaL_openlibs(L);
  lua_gc(L, LUA_GCGEN, 0, 0);
  if (luaL_dofile(L, lua_touserdata(L, 1)))
    return lua_error(L);
  return 0;
}

/* 0: well; 1: memory was out; 2: another error. */
static int attempt(const char *script, long n) {
  left = -1;
  lua_State *L = lua_newstate(allocate, NULL);
  if (L == NULL)
    return 1;
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, (void *)script);
  left = n;
  refused = 0;
  int status = lua_pcall(L, 1, 0, 0);
  int result = 0;
  if (status != LUA_OK) {
    const char *message = lua_tostring(L, -1);
    result = message != NULL && strstr(message, "not enough memory") ? 1 : 2;
    if (result == 2)
      fprintf(stderr, "n = %ld: %s\n", n, message ? message : "?");
  }
  left = -1;
  lua_close(L);
  if (taken != 0)
    fprintf(stderr, "n = %ld: %ld blocks are left\n", n, taken), result = 2;
  return result;
}

int main(int argc, char **argv) {
  long from = atol(argv[2]), to = atol(argv[3]), step = atol(argv[4]);
  long counts[3] = {0, 0, 0};
  most = atol(argv[5]);
  for (long n = from; n < to; n += step) {
    made = 0;
    int result = attempt(argv[1], n);
    counts[result]++;
    if (result == 0 && made <= n)
      break;
  }
  printf("%ld well, %ld out of memory, %ld bad\n", counts[0], counts[1],
         counts[2]);
  return counts[2] != 0 || argc < 6;
}
]]

local script = [[
local plugin = require "cplugin"
local p = assert(plugin.open(%q))
p:cdef "struct Object { int number; char text[12]; };\
  struct Object *object_new(const char *text);\
  void object_free(struct Object *object);\
  int call_within(int (*f)(void)); extern int alive;\
  struct Pair { const char *name; struct Pair *next; };"
local o = plugin.gc(p.C.object_new "text", p.C.object_free)
local pair = p:new("struct Pair", {name = ("x"):rep(9)})
local list = p:new("struct Pair[3]", {{"a", pair}, {"b"}})
list[2] = list[0]
list[1].next = list + 2
local cb = plugin.callback("int(void)", function() return #("x"):rep(50) end)
assert(p.C.call_within(cb) == 51)
p.C.call_within(function() return 1 end)
pcall(p.C.call_within, function() error "e" end)
p.C.alive = p.C.alive
tostring(list)
p:metatype("struct Pair", {__index = {m = function(s) return s.next end}})
pair:m()
plugin.string(o.text)
local n = plugin.new("unsigned long long", 5) * 7 / 2
tostring(n)
for _ in pairs(list) do end
plugin.totable(plugin.new("int[4]", {1, 2, 3}))
for _ in p:symbols() do end
p:info()
plugin.open():info()
plugin.inspect(%q):info()
plugin.search "c"
p:lookup("alive", "int")[0] = 3
cb:free()
p:close()
local q = plugin.open(%q)
plugin.open "./no-such-file.so"
plugin.candidates "z"
local d = plugin.open(%q, {debuginfo = true, check = true})
if d then
  d.C.shape_area(d.C.shapes[1])
  d:lookup("shape_scale"):as()
  pcall(d.lookup, d, "shape_area", "int (int)")
  pcall(d.cdef, d, "struct shape { char c; }; enum { BOX = 9 }; !")
  assert(d:sizeof "struct shape" > 1)
  d:typeof "struct shape { char c; }"
  assert(d:sizeof "struct shape" == 1)
  tostring(plugin.inspect(%q, {debuginfo = true}):lookup("shapes").type)
end
local c = plugin.open(%q, {debuginfo = true})
if c then
  c.C.sum {1, 2}
end
pcall(plugin.cdef, "struct broken { int")
]]

local ctf = [[
  struct pair { int a, b; };
  int sum(const struct pair *p) { return p->a + p->b; }
]]

describe("memory that runs out", function()
  local program, path

  setup(function()
    local flags = helper.run("pkg-config --cflags --libs lua5.4").out
    if flags == "" then flags = "-I/usr/include/lua5.4 -llua5.4" end
    program = assert(helper.compile(host, {program = true,
      flags = flags:gsub("\n", " ") .. " -Wl,-E"}))
    local sample = helper.sample "lifetime"
    local described = helper.sample "described"
    path = helper.write(helper.fresh ".lua",
      script:format(sample, sample, sample, described, described,
                    assert(helper.compile(ctf, {cc = "gcc", flags = "-gctf"}))))
  end)

  local function run(from, to, step, most)
    local result = helper.run(("%s %s %s %d %d %d %d"):format(
      helper.wrap, program, path, from, to, step, most), {seconds = 500})
    assert.message(result.out .. result.err ..
                   tostring(result.code or result.signal)).is_true(result.ok)
    return result.out
  end

  for _, most in ipairs {2, 8, 1000000} do
    it("is told, for each allocation, " .. most .. " times #slow", function()
      local out = run(0, 100000, 1, most)
      local well, failed = out:match "(%d+) well, (%d+) out"
      assert.is_true(tonumber(failed) > 500)
      assert.is_true(tonumber(well) >= 1)
    end)
  end

  it("is told, for some", function()
    run(math.random(1, 40), 100000, 97, 2)
  end)
end)
