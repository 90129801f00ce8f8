-- bench.lua - what things cost beside modules that are written by hand, as
-- ratios: medians of rounds. Run by `make bench BENCH_ARGS="..."`.
--
--   bench.lua [--rounds N] [--passes N] [--least] [--json FILE]
--             [--markdown FILE] [--peers] [--scale] [ROW ...]
--
-- ROW: part of a row's name; all rows if there is none. --passes goes through
-- all rows so often and takes the medians, against what disturbs for longer
-- than a row takes. --least takes the least of all rounds instead of medians,
-- on a machine that is busy. --peers runs the same rows in what other bindings
-- are installed; --scale runs, instead of the rows, curves from 10 to 100,000
-- things. --markdown writes the table as docs/performance.md has it.

local measure = require "bench.measure"

local folder = (os.getenv "CPLUGIN_BUILD" or "build") .. "/bench"

-- ---- options ----

local function parse(list)
  local options = {rounds = 15, passes = 1, names = {}}
  local i = 1
  while list[i] do
    if list[i] == "--rounds" or list[i] == "--passes" then
      options[list[i]:sub(3)] = assert(math.tointeger(list[i + 1]),
        list[i] .. " takes a number")
      i = i + 1
    elseif list[i] == "--json" or list[i] == "--markdown" then
      options[list[i]:sub(3)] = assert(list[i + 1], list[i] .. " takes a file")
      i = i + 1
    elseif list[i] == "--peers" or list[i] == "--scale" or
        list[i] == "--least" then
      options[list[i]:sub(3)] = true
    elseif list[i]:find "^%-" then
      error("no such option: " .. list[i])
    else
      table.insert(options.names, list[i])
    end
    i = i + 1
  end
  return options
end

local function wanted(options, name)
  for _, part in ipairs(options.names) do
    if name:find(part, 1, true) then
      return true
    end
  end
  return #options.names == 0
end

-- ---- rows ----

local function number(x)
  if x >= 1e7 then
    return ("%.1f ms"):format(x / 1e6)
  end
  return x >= 1e4 and ("%.1f us"):format(x / 1e3) or ("%.1f"):format(x)
end

local function print_head(peers)
  io.write(("%-34s %10s %10s %6s %13s %6s"):format("row", "by hand", "ours",
    "ratio", "half within", "limit"))
  for _, peer in ipairs(peers) do
    io.write((" %11s"):format(peer.name))
  end
  print()
end

local function print_row(r, peers)
  io.write(("%-34s %10s %10s %6.2f %5.2f to %4.2f %6s"):format(r.name,
    number(r.hand), number(r.ours), r.ratio, r.low, r.high,
    r.limit and ("%.2f"):format(r.limit) or ""))
  for _, peer in ipairs(peers) do
    local time = r.peers[peer.name]
    io.write((" %11s"):format(time and number(time) or ""))
  end
  print(r.limit and r.ratio > r.limit and "  over" or "")
  io.flush()
end

-- {group, geometric mean, limit} of what was measured.
local GROUPS = {{"calls", 1.05}, {"calls without stubs", 2.0}}

local function means(results)
  local list = {}
  for _, group in ipairs(GROUPS) do
    local ratios = {}
    for _, r in ipairs(results) do
      if r.group == group[1] then
        ratios[#ratios + 1] = r.ratio
      end
    end
    if #ratios > 1 then
      list[#list + 1] = {group = group[1], mean = measure.mean(ratios),
        limit = group[2]}
    end
  end
  return list
end

local function measure_row(row, peers, options)
  local rounds, least = options.rounds, options.least
  local r = measure.compare(row.make, rounds, least)
  for _, peer in ipairs(peers) do
    r[peer.name] = peer.measure(row.name, rounds, least)
  end
  return r
end

-- The medians of a row's passes, or the least.
local function result(row, peers, passes, least)
  local function one(name)
    local list = {}
    for _, r in ipairs(passes) do
      list[#list + 1] = r[name]
    end
    return #list > 0 and (least and measure.least or measure.median)(list)
      or nil
  end
  local r = {name = row.name, limit = row.limit, group = row.group,
    peers = #peers > 0 and {} or nil}
  for _, name in ipairs {"hand", "ours", "ratio", "low", "high"} do
    r[name] = one(name)
  end
  if least then
    r.ratio = r.ours / r.hand
  end
  for _, peer in ipairs(peers) do
    r.peers[peer.name] = one(peer.name)
  end
  return r
end

-- Who does what in less time than we do.
local function print_faster(results, peers)
  for _, peer in ipairs(peers) do
    local names = {}
    for _, r in ipairs(results) do
      if (r.peers[peer.name] or math.huge) < r.ours then
        names[#names + 1] = r.name
      end
    end
    print(("%s (%s) is faster at %s"):format(peer.name, peer.about,
      #names > 0 and table.concat(names, "; ") or "nothing"))
  end
end

local function run_rows(options)
  local peers = options.peers and require "bench.peers" (folder) or {}
  local rows = require "bench.rows" (folder)
  local results, passes = {}, {}
  print_head(peers)
  for pass = 1, options.passes do
    for _, row in ipairs(rows) do
      if wanted(options, row.name) then
        passes[row.name] = passes[row.name] or {}
        table.insert(passes[row.name],
          measure_row(row, peers, options))
        if pass == options.passes then
          results[#results + 1] = result(row, peers, passes[row.name],
            options.least)
          print_row(results[#results], peers)
        end
      end
    end
  end
  local list = means(results)
  for _, it in ipairs(list) do
    print(("geometric mean, %-39s %6.2f %20.2f%s"):format(it.group, it.mean,
      it.limit, it.mean > it.limit and "  over" or ""))
  end
  print_faster(results, peers)
  return {rows = results, means = list}, peers
end

-- ---- JSON ----

local function json(value, indent)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c)
      return ("\\u%04x"):format(c:byte())
    end) .. '"'
  elseif math.type(value) == "float" then
    return ("%.4g"):format(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  end
  local inner, parts = indent .. " ", {}
  if #value > 0 or next(value) == nil then
    for i, element in ipairs(value) do
      parts[i] = inner .. json(element, inner)
    end
    return "[\n" .. table.concat(parts, ",\n") .. "]"
  end
  local names = {}
  for name in pairs(value) do
    names[#names + 1] = name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    parts[i] = json(name, "") .. ": " .. json(value[name], inner)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- ---- Markdown ----

local function markdown(results, peers)
  local lines = {"| row | by hand | ours | ratio | limit |",
                 "|---|---:|---:|---:|---:|"}
  for _, peer in ipairs(peers) do
    lines[1] = lines[1] .. " " .. peer.name .. " |"
    lines[2] = lines[2] .. "---:|"
  end
  for _, r in ipairs(results.rows) do
    local over = r.limit and r.ratio > r.limit
    local line = ("| %s | %s | %s | %s | %s |"):format(r.name,
      number(r.hand), number(r.ours),
      (over and "**%.2f**" or "%.2f"):format(r.ratio), r.limit or "")
    for _, peer in ipairs(peers) do
      local time = r.peers[peer.name]
      line = line .. (" %s |"):format(time and number(time) or "")
    end
    lines[#lines + 1] = line
  end
  for _, it in ipairs(results.means) do
    lines[#lines + 1] = ("| **%s, geometric mean** | | | %.2f | %s |"):format(
      it.group, it.mean, it.limit) .. (" |"):rep(#peers)
  end
  return table.concat(lines, "\n") .. "\n"
end

-- ---- all ----

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
end

local options = parse(arg)
local results, peers
if options.scale then
  results = require "bench.scale" (folder)
else
  results, peers = run_rows(options)
end
if options.json then
  write(options.json, json(results, "") .. "\n")
end
if options.markdown and peers then
  write(options.markdown, markdown(results, peers))
end
