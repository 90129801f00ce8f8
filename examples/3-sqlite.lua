-- 3-sqlite.lua - a database: prepared inserts, a query with a Lua callback,
-- an SQL function written in Lua.

local plugin = require "cplugin"

local sqlite = assert(plugin.open("sqlite3", {cdef = [[
  typedef struct sqlite3 DB;
  typedef struct sqlite3_stmt Statement;
  typedef struct sqlite3_context Context;
  typedef struct sqlite3_value Value;
  typedef void Function(Context *, int count, Value **values);
  typedef int Row(void *data, int count, char **values, char **names);
  typedef void Destroy(void *);
  const char *sqlite3_libversion(void), *sqlite3_errmsg(DB *);
  int sqlite3_open(const char *name, DB **db), sqlite3_close(DB *);
  int sqlite3_exec(DB *, const char *sql, Row *, void *data, char **message);
  int sqlite3_prepare_v2(DB *, const char *sql, int length, Statement **,
                         const char **tail);
  int sqlite3_bind_int(Statement *, int place, int value);
  int sqlite3_bind_text(Statement *, int place, const char *text, int length,
                        Destroy *);
  int sqlite3_step(Statement *), sqlite3_reset(Statement *),
      sqlite3_finalize(Statement *);
  int sqlite3_create_function(DB *, const char *name, int count, int encoding,
                              void *data, Function *, Function *, Destroy *);
  const unsigned char *sqlite3_value_text(Value *);
  void sqlite3_result_text(Context *, const char *, int length, Destroy *);
]]}))
local C, text = sqlite.C, plugin.string
local DONE <const>, UTF8 <const> = 101, 1
local TRANSIENT = sqlite:cast("Destroy *", -1)  -- "make a copy of the text"

local slot = sqlite:new "DB *[1]"               -- a `DB **`, for C to fill
assert(C.sqlite3_open(":memory:", slot) == 0)
local db = slot[0]
print("SQLite " .. text(C.sqlite3_libversion()) .. ", a database at "
      .. tostring(db))

local function check(code, expected)
  return code == (expected or 0) or error(text(C.sqlite3_errmsg(db)), 2)
end
local function exec(sql, row)
  check(C.sqlite3_exec(db, sql, row, nil, nil))
end

exec "create table planet (id integer, name text); begin"
slot = sqlite:new "Statement *[1]"
check(C.sqlite3_prepare_v2(db, "insert into planet values (?, ?)", -1, slot,
                           nil))
local insert, start = slot[0], os.clock()
for i = 1, 10000 do
  check(C.sqlite3_bind_int(insert, 1, i))
  check(C.sqlite3_bind_text(insert, 2, "planet " .. i, -1, TRANSIENT))
  check(C.sqlite3_step(insert), DONE)
  check(C.sqlite3_reset(insert))
end
check(C.sqlite3_finalize(insert))
exec "commit"
print(("10,000 prepared inserts in %.0f ms"):format(1e3 * (os.clock() - start)))

print "sqlite3_exec calls a Lua function for each row, for the time of a call:"
local function print_row(_, count, values, names)
  for i = 0, count - 1 do print("  ", text(names[i]), text(values[i])) end
  return 0                                      -- else the query stops
end
exec("select count(*) as planets, max(id) as last from planet", print_row)

print "SQLite keeps an SQL function, so plugin.callback makes it to last:"
local shout = sqlite:callback("Function *", function(context, _, values)
  local loud = text(C.sqlite3_value_text(values[0])):upper() .. "!"
  C.sqlite3_result_text(context, loud, #loud, TRANSIENT)
end)
check(C.sqlite3_create_function(db, "shout", 1, UTF8, nil, shout, nil, nil))
exec("select shout(name) as loud from planet where id in (3, 4)", print_row)
check(C.sqlite3_close(db))
shout:free()
