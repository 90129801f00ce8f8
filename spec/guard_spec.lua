-- guard_spec.lua - the prompt and the verbs outlive what they call: exit
-- codes, signals, what is left behind. The crashes themselves are transcripts.

local helper = require "spec.helper"

local function command(args)
  return ("%s %s bin/cplugin %s"):format(helper.wrap, helper.lua, args)
end

local function cplugin(args, input)
  return helper.run(command(args), {input = input, env = helper.forked,
                                    seconds = 300})
end

local DECL = ".decl void abort(void); void exit(int); int raise(int); "
  .. "int sleep(int); int getpid(void); int getppid(void);\n"

describe("the exit code #slow", function()
  for _, row in ipairs {
    {"abort()\n", 134}, {"raise(11)\n1\n", 139}, {"exit(3)\n", 1},
    {"nil + 1\nabort()\n1\n", 134}, {"raise(9)\n", 137},
    {"abort()\n.quit\n", 134}, {"os.exit(5)\n", 5}, {"os.exit(true)\n", 0},
    {"1\n", 0},
  } do
    it(("is %d after %s"):format(row[2], row[1]:gsub("\n", "; ")), function()
      local ran = cplugin("", DECL .. row[1])
      assert.are.equal(row[2], ran.code, ran.err)
    end)
  end

  it("of a verb or a script is 128 + N, with a line", function()
    for _, args in ipairs {
      "call c 'void abort(void)'",
      "-e 'plugin.open():lookup(\"abort\", \"void (void)\")()'",
      "-i -e 'plugin.open():lookup(\"abort\", \"void (void)\")()'",
    } do
      local ran = cplugin(args)
      assert.are.equal(134, ran.code, ran.err)
      assert.is_truthy(ran.err:find "^cplugin: SIGABRT[^\n]*\n$", ran.err)
    end
    local ran = cplugin "call c 'size_t strlen(const void *)' 8"
    assert.are.equal(139, ran.code)
    assert.is_truthy(ran.err:find "SIGSEGV at address 0x8 in ", ran.err)
  end)

  it("of exit() in a verb or a script is its own", function()
    local ran = cplugin "call c 'void exit(int)' 7"
    assert.are.equal(7, ran.code)
    assert.are.equal("cplugin: the process was ended by exit(7)\n", ran.err)
    local library = assert(helper.compile("void exit(int); __attribute__(("
      .. "constructor)) static void leave(void) { exit(3); }"))
    ran = cplugin(library, "1\n")
    assert.are.equal("cplugin: the process was ended by exit(3)\n", ran.err)
    assert.are.equal(7, cplugin "-e 'os.exit(7)'".code)
  end)

  it("is the signal's with --direct, where nothing guards", function()
    local ran = cplugin("--direct", DECL .. "x = 1\nabort()\n")
    assert.is_true(ran.signal == 6 or ran.code == 134, ran.err)
  end)
end)

describe("a guarded session #slow", function()
  it("goes on in the process that runs", function()
    local ran = cplugin("", DECL
      .. "pid = getpid()\nparent = getppid()\nx = 1\n"
      .. "getpid() == pid, getppid() == parent\nabort()\n"
      .. "getpid() == pid, getppid() == parent\n")
    assert.are.equal("true\ntrue\nfalse\ntrue\n",
                     (ran.out:gsub("[^\n]* of the program\n", "")))
  end)

  it("leaves no processes behind", function()
    local mark = "mark" .. helper.fresh():gsub("%W", "")
    for _, last in ipairs {"1", "abort()", "exit(1)", "raise(9)", ".quit"} do
      cplugin(("-i -e '--%s'"):format(mark), DECL .. "1\nabort()\n" .. last)
    end
    -- a process that has been killed may need a moment
    local left = helper.tool("sh -c " .. helper.quote(
      ("while pgrep -f 'cplugi[n] .*%s'; do sleep 0.2; done"):format(mark)),
      {seconds = 60})
    assert.is_true(left.ok, left.out)
  end)

  it("keeps the lines that were not read yet", function()
    local lines = {}
    for i = 1, 40 do
      lines[i] = i % 10 == 0 and "abort()" or tostring(i)
    end
    local ran = cplugin("", DECL .. table.concat(lines, "\n") .. "\n")
    local seen = {}
    for line in ran.out:gmatch "([^\n]+)\n" do
      seen[#seen + 1] = line:match "^%d+$"
    end
    assert.are.equal(36, #seen)
    assert.are.equal("39", seen[36])
    local _, deaths = ran.err:gsub("died of SIGABRT", "")
    assert.are.equal(4, deaths)
  end)

  it("runs a file of inputs past a crash, each line once", function()
    local path = helper.write(helper.fresh(), DECL
      .. "1\nexit(2)\n2\nabort()\n3\n")
    local ran = helper.run("sh -c " .. helper.quote(
      command "" .. " <" .. helper.quote(path)), {env = helper.forked})
    assert.are.equal("1\n2\n3\n",
                     (ran.out:gsub("[^\n]* of the program\n", "")), ran.err)
  end)

  it("has the output of C that came before the crash", function()
    local ran = cplugin("", DECL .. ".decl int puts(const char *);\n"
      .. "print 'lua' os.execute 'echo shell'\nprint 'a' puts 'b' abort()\n")
    assert.is_truthy(ran.out:find "lua\nshell\n.*a\nb\n$", ran.out)
  end)

  it("can be told in JSON", function()
    local ran = cplugin("--json", DECL .. "raise(11)\n1\n")
    assert.is_truthy(ran.out:find '{"ok":false,"crash":{[^\n]*"SIGSEGV"',
                     ran.out)
    assert.is_truthy(ran.out:find '\n{"ok":true,"values":%[1%]}\n$', ran.out)
  end)
end)

describe("the report of a crash #slow", function()
  local SOURCE = [[
static __attribute__((noinline)) void inner(int *p) { *p = 1; }
void outer(int *p) { inner(p); __asm__ volatile(""); }
]]
  local INPUT = ".decl void outer(int *);\nouter(plugin.cast('int *', 8))\n"

  local function reported(library)
    return cplugin(library, INPUT).err:match "address 0x8 in (%S+)"
  end

  it("does not take data for the function before it", function()
    local library = assert(helper.compile("int data[4] = {1};"))
    local ran = cplugin(library, ".decl extern int data[4];\n"
      .. "plugin.cast('void (*)(void)', plugin.address(data) + 4)()\n")
    assert.is_truthy(ran.err:find(" in data+0x4 of " .. library:match "[^/]*$",
      1, true), ran.err)
  end)

  it("names static functions where the file has their names", function()
    local library = assert(helper.compile(SOURCE, {flags = "-O1"}))
    assert.is_truthy(reported(library):find "^inner%+")
    assert(helper.tool("strip " .. library).ok)
    assert.is_truthy(reported(library):find("^" .. library:match "[^/]*$"))
  end)
end)

-- Ctrl-C where nobody sits: the shell's script is stopped, so are we.

--- Runs inputs; sends a signal to the first process once it has printed "go".
-- One that does not end then is ended by the limit, with another code.
local function signalled(input, name)
  local out = helper.fresh ".out"
  local source = helper.write(helper.fresh ".in", input)
  local script = ("%s <%s >%s 2>&1 & p=$!; "
    .. "while kill -0 $p && ! grep -q go %s; do sleep 0.05; done; kill -%s $p; "
    .. "wait $p; echo code $?"):format(command "", source, out, out, name)
  local ran = helper.run("bash -c " .. helper.quote("set -m; " .. script),
                         {env = helper.forked, seconds = 300})
  return ran.out:match "code (%d+)", helper.read(out)
end

describe("a signal #slow", function()
  local LOOP = DECL .. ".decl int usleep(unsigned);\n"
  for _, row in ipairs {
    {"while Lua loops", "print 'go' while true do end\n1\n", "INT", "130"},
    {"while C sleeps", "print 'go' sleep(10000)\n1\n", "INT", "130"},
    {"while Lua loops and catches",
      "print 'go' while true do pcall(function() while true do end end) end\n",
      "INT", "130"},
    {"while Lua loops", "print 'go' while true do end\n", "TERM", "143"},
    {"while C sleeps", "print 'go' sleep(10000)\n", "HUP", "129"},
  } do
    it(("%s ends it %s"):format(row[3], row[1]), function()
      local code, out = signalled(LOOP .. row[2], row[3])
      assert.are.equal(row[4], code, out)
      assert.is_nil(out:find "\n1\n")
    end)
  end
end)
