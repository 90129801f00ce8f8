-- sources_spec.lua - zlib and SQLite, compiled from their sources with debug
-- info, tell what their headers and gcc say. All forms: sources_corpus.lua.

local debugforms = require "spec.debugforms"
local sources = require "spec.sources"

local missing = sources.missing()

-- Two that need but one compilation.
local wanted = {["by build id"] = true, ["by .gnu_debuglink, in .debug"] = true}

describe("debug info tells what the source says #slow #source", function()
  if missing then
    it("of zlib and SQLite", function()
      pending(missing)
    end)
    return
  end
  for _, name in ipairs {"zlib", "sqlite3"} do
    for _, form in ipairs(debugforms.rows) do
      if wanted[form[1]] then
        it(("of all of %s: %s"):format(name, form[1]), function()
          sources.check(name, form)
        end)
      end
    end
  end
end)
