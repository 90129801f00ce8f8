-- coverage.lua - which share of the lines of src/ has run: a line a file and
-- one for all. Run by `make coverage`, with the folder of the objects.

local folder = assert(arg[1], "usage: coverage.lua FOLDER")

-- gcov's "Lines executed:85.71% of 7" for each file of src/.
local function counts()
  local found = {}
  local pipe <close> = assert(io.popen(
    ("find %s/src -name '*.gcda' | xargs -r gcov -n 2>&1"):format(folder)))
  local file
  for line in pipe:lines() do
    file = line:match "^File '(.*)'" or file
    local share, lines = line:match "^Lines executed:([%d.]+)%% of (%d+)"
    if share and file and file:find "^src/.*%.c$" then
      found[#found + 1] = {file = file, lines = tonumber(lines),
        run = math.floor(share * lines / 100 + 0.5)}
      file = nil
    end
  end
  table.sort(found, function(a, b) return a.file < b.file end)
  return found
end

local function show(name, run, lines)
  print(("%-28s %5d of %5d lines  %5.1f %%"):format(name, run, lines,
    100 * run / lines))
end

local run, lines = 0, 0
for _, count in ipairs(counts()) do
  show(count.file, count.run, count.lines)
  run, lines = run + count.run, lines + count.lines
end
assert(lines > 0, "nothing was measured")
show("src/", run, lines)
