-- crash_spec.lua - plugin.crashlog: the line of a process that dies.

local helper = require "spec.helper"
local plugin = require "cplugin"

local FAULTS = [[
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
void read_at(volatile int *p) { (void)*p; }
int divide(int a, int b) { return a / b; }
__attribute__((noinline)) int recurse(volatile char *p) {
  volatile char frame[4096];
  frame[0] = *p;
  return recurse(frame) + frame[0];
}
void end(void) { abort(); }
void send(int sig) { kill(getpid(), sig); }
void trap(void) { __builtin_trap(); }
]]

local library

setup(function() library = assert(helper.compile(FAULTS)) end)

--- What a process writes that runs a line of Lua over the library `p`.
local function crash(line, before)
  return helper.script(([[
    local plugin = require "cplugin"
    local p = plugin.open %q
    local function call(name, type, ...) return p:lookup(name, type)(...) end
    %s
    %s]]):format(library, before or "plugin.crashlog(1)", line))
end

--- valgrind and sanitizers report on their own; a shell tells 128 + signal.
local function ended_by(ran, number)
  return ran.signal == number or ran.code == 128 + number
end

-- what dies, signal, pattern of the line behind it
local ROWS = {
  {[[call("read_at", "void (int *)", plugin.cast("int *", 24))]], 11,
    "^ address 0x18 pc 0x%x+ symbol read_at distance 0x%x offset 0x%x+ file "},
  {[[call("read_at", "void (int *)", nil)]], 11, "^ address 0x0 pc "},
  {[[plugin.cast("int (*)(void)", 0x20)()]], 11, "^ address 0x20 pc 0x20\n"},
  {[[call("divide", "int (int, int)", 1, 0)]], 8,
    "^ address (0x%x+) pc %1 symbol divide distance"},
  {[[call("recurse", "int (const void *)", "")]], 11,
    "^ address 0x%x+ pc 0x%x+ symbol recurse distance"},
  {[[call("end", "void (void)")]], 6, "^ pc 0x%x+.* file .-libc"},
  {[[call("trap", "void (void)")]], 4, "symbol trap distance"},
  {[[call("send", "void (int)", 11)]], 11, "^ pc 0x%x+.* file .-libc"},
  {[[call("send", "void (int)", 5)]], 5, "^ pc 0x%x+"},
}

describe("crashlog #exact", function()
  for _, row in ipairs(ROWS) do
    it("tells of " .. row[1], function()
      local ran = crash(row[1])
      assert.is_true(ended_by(ran, row[2]), ran.err)
      local rest = ran.out:match(("^signal 0x%x(.*)$"):format(row[2]))
      assert.is_truthy(rest and rest:find(row[3]), ran.out)
      local _, lines = ran.out:gsub("\n", "")
      assert.are.equal(1, lines)
    end)
  end

  it("is silent when it was taken back, and never began #house", function()
    for _, before in ipairs {"", "plugin.crashlog(1) plugin.crashlog()"} do
      local ran = crash([[call("send", "void (int)", 11)]], before)
      assert.is_true(ended_by(ran, 11))
      assert.are.equal("", ran.out)
    end
  end)

  it("outlives a file descriptor that is closed", function()
    local ran = crash([[call("divide", "int (int, int)", 1, 0)]],
                      "plugin.crashlog(77)")
    assert.is_true(ended_by(ran, 8))
  end)

  it("refuses what is no file descriptor", function()
    for _, bad in ipairs {-1, "x", {}, 1 << 40} do
      assert.has_error(function() plugin.crashlog(bad) end)
    end
  end)
end)
