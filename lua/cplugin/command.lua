-- command.lua - the prompt's own words: a dot, then a word.
--
-- What they do is in the modules of GROUPS, which are loaded at first use;
-- here are the table of them, reading, and help.

local complaint = require "cplugin.complaint"
local later = require "cplugin.later"

local near = later "cplugin.near"

local command = {}

--- name, arguments, what it does in a line. The module has a function of
-- that name: f(session, rest).
local COMMANDS <const> = {
  {"help", "[WORD]", "this, or more on one command", "command"},
  {"open", "LIBRARY ...", "opens libraries; each becomes a global", "look"},
  {"close", "NAME ...", "closes them", "look"},
  {"symbols", "[NAME] [PATTERN]", "what libraries export", "look"},
  {"info", "[NAME]", "what a library says of itself", "look"},
  {"decl", "DECLARATION or HEADER", "declares C text, or all of a header",
    "look"},
  {"proto", "SYMBOL", "its declaration, if debug info has one", "look"},
  {"layout", "TYPE", "offsets, sizes, holes and padding", "look"},
  {"diff", "OLD NEW", "what changed between two files", "look"},
  {"dump", "VALUE [, BYTES]", "memory in hexadecimal, with ASCII", "dump"},
  {"watch", "[EXPRESSION or off]", "shows it after an input that changes it",
    "watch"},
  {"trace", "on or off", "shows calls: arguments, result, errno, time",
    "trace"},
  {"time", "[COUNTx] INPUT, on, off", "how long an input takes", "clock"},
  {"errno", "[NUMBER]", "what errno is, or means", "look"},
  {"save", "FILE", "what was typed as a script that runs", "save"},
  {"edit", "[INPUT]", "the last input in $EDITOR, then runs it", "shell"},
  {"shell", "COMMAND, or !COMMAND", "runs a command of the shell", "shell"},
  {"quit", "", "ends, as Ctrl-D does", "shell"},
}

local by_name = {}
for _, entry in ipairs(COMMANDS) do by_name[entry[1]] = entry end

--- The names of all commands, in the order of the help.
function command.names()
  local names = {}
  for i, entry in ipairs(COMMANDS) do names[i] = entry[1] end
  return names
end

--- The command of a text and what stands behind it, or nothing: `.5` is a
-- number.
function command.parse(text)
  local shell = text:match "^%s*!(.*)$"
  if shell then return "shell", shell end
  return text:match "^%s*%.(%a[%w_]*)%s*(.-)%s*$"
end

--- The command that the word is the beginning of.
local function find(word)
  local found
  for _, entry in ipairs(COMMANDS) do
    if entry[1] == word then return entry end
    if entry[1]:sub(1, #word) == word then
      if found then
        complaint.raise(complaint.USAGE, "'.%s' may be '.%s' or '.%s'", word,
                        found[1], entry[1])
      end
      found = entry
    end
  end
  return found or complaint.raise(complaint.USAGE,
    "unknown command '.%s'%s; .help lists them", word,
    (near.hint(word, by_name):gsub("'(.-)'", "'.%1'")))
end

--- Brackets that a line of C opens, less those that it closes.
local function depth_of(text)
  local depth = 0
  for bracket in text:gmatch "[][(){}]" do
    depth = depth + (bracket:find "[[({]" and 1 or -1)
  end
  return depth
end

--- Tells for each line of an input in turn if it goes on, where the first
-- one is a command: declarations do until their brackets are closed.
function command.reader(first)
  local depth = 0
  return function(lines)
    depth = depth + depth_of(lines[#lines])
    return command.parse(first) == "decl" and depth > 0
  end
end

--- Runs a command; throws complaints.
function command.run(session, word, rest)
  local entry = find(word)
  local module = entry[4] == "command" and command
    or require("cplugin." .. entry[4])
  module[entry[1]](session, rest)
end

--- Throws how the command is used.
function command.usage(name)
  complaint.raise(complaint.USAGE, "usage: .%s %s", name, by_name[name][2])
end

-- .help ----------------------------------------------------------------------

local MORE <const> = {
  open = [[
LIBRARY is what plugin.open takes: z, libz.so.1, ./my.so. The global is named
after the file, libz.so.1 becomes z, and has the methods of docs/manual.md:
z:info(), z:lookup(name, declaration), z.C.name.]],
  decl = [[
  .decl int abs(int)                    a function, which can then be called
  .decl extern int counter              a variable, to be read and assigned
  .decl struct point { int x, y; }      a type, for plugin.new and .layout
  .decl zlib.h                          all that a header declares
Declarations may go over several lines. string instead of const char * gives
a Lua string, _Out_ in front of a pointer parameter makes it a result:
  .decl double frexp(double x, _Out_ int *exponent)]],
  proto = [[
A library that was compiled with -g, or whose debug symbols are installed,
knows how its functions are declared: they can be called at once. What you
declare yourself is compared with that.]],
  diff = [[
OLD and NEW are files or names of open libraries.]],
  symbols = [[
PATTERN is a Lua pattern that names must match: .symbols ^inflate]],
  dump = [[
VALUE is Lua: a cdata, a string, or an address with its number of bytes.
Memory that cannot be read ends it, without a crash.]],
  watch = [[
  .watch counter        shows counter whenever an input has changed it
  .watch                lists what is watched
  .watch off            ends it]],
  time = [[
  .time crc32(0, s, #s)         one run
  .time 1000x crc32(0, s, #s)   the median of 1000 runs
  .time on                      each input, and its checkpoint: what it costs
                                to come back after a crash]],
  save = [[
The script opens the libraries, declares what was declared, and runs the
inputs that made no error: lua5.4 FILE]],
  layout = [[
  .layout struct stat         letters stand for members, dots for holes
  .layout value               of a value's type]],
}

--- What is no command, but told by .help, too.
local TOPICS <const> = {
  memory = [[
C writes into memory that you make, and gives results through it:
  buffer = plugin.new "unsigned char[100]"       for unsigned char *
  size = plugin.new("unsigned long[1]", 100)     for unsigned long *; size[0]
  p = plugin.new("struct point", {x = 1})        for struct point *; p.x
  plugin.string(buffer, size[0])                 its bytes as a Lua string
  #buffer, plugin.sizeof(p)                      elements, bytes
What is const in C takes Lua as it is: a string for const char *, a table for
const struct point *. A function takes the place of a function pointer, nil
that of NULL.]],
}

local function help_line(entry)
  return ("  .%-9s%-24s%s"):format(entry[1], entry[2], entry[3])
end

local function help_all(session)
  session.out [[
Type Lua, and the names of C once they are declared: crc32(0, "hello", 5).
Values are shown, and _ is the last one. Commands:]]
  for _, entry in ipairs(COMMANDS) do session.out(help_line(entry)) end
  session.out [[
First steps: .open z    .symbols    .decl zlib.h    zlibVersion()
Buffers, strings and results through pointers: .help memory]]
end

--- Help for a command, a topic, or a symbol: its declaration.
function command.help(session, word)
  if word == "" then return help_all(session) end
  if TOPICS[word] then return session.out(TOPICS[word]) end
  if session:exporter(word) and not by_name[word] then
    return require("cplugin.look").proto(session, word)
  end
  local entry = find(word:gsub("^%.", ""))
  session.out(help_line(entry))
  if MORE[entry[1]] then session.out(MORE[entry[1]]) end
end

return command
