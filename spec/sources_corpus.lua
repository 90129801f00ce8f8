-- sources_corpus.lua - zlib and SQLite, compiled from their sources with debug
-- info of every form, tell what their headers and gcc say. For `make corpus`.

local debugforms = require "spec.debugforms"
local debuglib = require "spec.debuglib"
local sources = require "spec.sources"

local missing = sources.missing()

describe("debug info tells what the source says", function()
  if missing then
    it("of zlib and SQLite", function()
      pending(missing)
    end)
    return
  end
  for _, name in ipairs {"zlib", "sqlite3"} do
    for _, form in ipairs(debugforms.rows) do
      it(("of all of %s: %s"):format(name, form[1]), function()
        if form[3] and not debuglib.has(form[3]) then
          return pending("there is no " .. form[3])
        end
        sources.check(name, form)
      end)
    end
  end
end)
