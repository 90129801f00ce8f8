-- callback_error_spec.lua - errors in callbacks never cross C's frames, and
-- callbacks run on the coroutine of the outer call.

local helper = require "spec.helper"
local plugin = require "cplugin"

local p, C

setup(function()
  p = assert(plugin.open(helper.sample "callbacks"))
  p:cdef [[
    typedef int (*Handler)(int);
    int apply(Handler f, int x), apply_twice(Handler f, int x);
    int each(int count, _Bool (*f)(int i, void *data), void *data);
  ]]
  C = p.C
end)

local function refused(texts, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok, "no error")
  for _, text in ipairs(texts) do
    assert(tostring(message):find(text, 1, true),
           ("%q is missing in: %s"):format(text, message))
  end
  return message
end

describe("an error in a callback", function()
  it("is raised with the traceback when the call returns", function()
    local message = refused({"boom", "stack traceback:", "inner"}, C.apply,
      function()
        local function inner()
          error "boom"
        end
        inner()
        return 1
      end, 1)
    assert.truthy(message:find("callback_error_spec.lua:", 1, true))
  end)

  it("that is no string is raised as it is", function()
    local object = setmetatable({}, {__tostring = function() return "o" end})
    for _, value in ipairs {object, 42, true, print} do
      local ok, message = pcall(C.apply, function() error(value) end, 1)
      assert.is_false(ok)
      assert.equal(value, message)
    end
    local ok, message = pcall(C.apply, function() error() end, 1)
    assert.is_false(ok)
    assert.is_nil(message)
  end)

  it("lets later callbacks of the call run, and is the first", function()
    local runs = 0
    refused({"error 1"}, C.each, 5, function()
      runs = runs + 1
      if runs % 2 == 1 then
        error("error " .. runs)
      end
      return true
    end, nil)
    assert.equal(1, runs)         -- zero is false: C stops
    runs = 0
    local cb <close> = p:callback("_Bool (int, void *)", function()
      runs = runs + 1
      error("error " .. runs)
    end, {onerror = true})
    local message = refused({"error 1"}, C.each, 5, cb, nil)
    assert.is_nil(message:find("error 2", 1, true))
    assert.equal(5, runs)
  end)

  it("inside a nested call comes out of that call", function()
    local inner
    local result = C.apply(function(x)
      local ok
      ok, inner = pcall(C.apply, function() error "inner" end, x)
      assert.is_false(ok)
      return 5
    end, 1)
    assert.equal(5, result)
    assert.truthy(inner:find "inner")
  end)

  it("does not disturb the one that waits for an outer call", function()
    local runs, nested = 0, nil
    local cb <close> = p:callback("Handler", function(x)
      runs = runs + 1
      if runs == 1 then
        error "outer"
      end
      nested = {pcall(C.apply, function() error "nested" end, x)}
      return C.apply(function() return 8 end, 1)
    end)
    refused({"outer"}, C.apply_twice, cb, 1)
    assert.equal(2, runs)
    assert.is_false(nested[1])
    assert.truthy(nested[2]:find "nested")
    assert.is_nil(nested[2]:find "outer")
  end)

  it("leaves a dead callback of the outer call to that call", function()
    local dead = p:callback("Handler", function() return 1 end)
    local inner = true
    local source = [[
      void *own; void set(int (*f)(int)) { own = f; }
      int run(int (*g)(int)) { return ((int (*)(int))own)(1) + g(2); }
    ]]
    local q <close> = assert(plugin.open(assert(helper.compile(source))))
    q:cdef "void set(int (*f)(int)); int run(int (*g)(int));"
    q.C.set(dead)
    dead:free()
    refused({"'run'", "dead callback"}, q.C.run, function(x)
      inner = pcall(C.apply, function(y) return y end, x)
      return 1
    end)
    assert.is_true(inner)
  end)

  it("in deep recursion through C is an error, not a crash", function()
    local depth = 0
    local function f(x)
      depth = depth + 1
      return C.apply(f, x)
    end
    refused({"overflow"}, C.apply, f, 1)
    assert.is_true(depth > 10)
    assert.equal(3, C.apply(function(x) return x + 1 end, 2))
  end)
end)

describe("a callback and coroutines:", function()
  it("it runs on the one that made the call", function()
    local co = coroutine.create(function()
      local me = coroutine.running()
      local seen
      C.apply(function(x)
        seen = coroutine.running()
        return x
      end, 1)
      return me == seen
    end)
    local _, same = assert(coroutine.resume(co))
    assert.is_true(same)
  end)

  it("it cannot yield", function()
    local co = coroutine.create(function()
      return C.apply(function() return coroutine.yield(1) end, 1)
    end)
    local ok, message = coroutine.resume(co)
    assert.is_false(ok)
    assert.truthy(message:find("yield", 1, true))
  end)

  it("it may resume others, which call C", function()
    local co = coroutine.wrap(function(x)
      while true do
        x = coroutine.yield(C.apply(function(y) return y * 2 end, x))
      end
    end)
    assert.equal(20, C.apply(function(x)
      return co(x) + co(x)
    end, 5))
  end)

  it("it stays in the call of a collected coroutine", function()
    for _ = 1, 50 do
      local cb
      coroutine.wrap(function()
        cb = p:callback("Handler", function(x) return x end)
        C.apply(cb, 1)
      end)()
      collectgarbage()
      assert.equal(2, C.apply(cb, 2))
    end
  end)
end)

describe("a callback that was freed", function()
  it("is not stored any more", function()
    plugin.cdef "struct callback_freed { int (*f)(int); };"
    local s = plugin.new "struct callback_freed"
    local cb = plugin.callback("int (int)", function(x) return x end)
    s.f = cb
    assert.equal(5, s.f(5))
    cb:free()
    assert.error_matches(function() s.f = cb end, "has been freed")
  end)
end)

describe("plugin.callback", function()
  it("keeps what onerror points at", function()
    local kept = setmetatable({}, {__mode = "v"})
    kept[1] = plugin.new "int[8]"
    local cb = plugin.callback("int *(void)", error, {onerror = kept[1]})
    collectgarbage()
    collectgarbage()
    assert.truthy(kept[1])
    cb:free()
    cb = nil                      -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_nil(kept[1])
  end)

  it("knows one option", function()
    local f = function() end
    assert.error_matches(function()
      plugin.callback("int (int)", f, {onerr = 1})
    end, "unknown option 'onerr'")
    assert.error_matches(function()
      plugin.callback("int (int)", f, 5)
    end, "table expected")
  end)
end)
