-- measure.lua - medians of many short rounds, or the least of them.
--
--   measure.compare(make, rounds [, least])
--       {hand, ours (nanoseconds), ratio, low, high}; make() gives two
--       functions of how often
--
-- A round runs both in turn, first one then the other, and the ratio is the
-- median of the rounds' ratios: what else goes on in the machine disturbs
-- both sides of a round, or it is an outlier. Time is the process's own. The
-- least of many rounds is what nothing has disturbed, if there was such one.

local measure = {}

local ROUND = 0.008               -- seconds that one side runs in a round

function measure.median(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  local middle = (#sorted + 1) // 2
  if #sorted % 2 == 1 then
    return sorted[middle]
  end
  return (sorted[middle] + sorted[middle + 1]) / 2
end

function measure.least(list)
  return math.min(table.unpack(list))
end

function measure.mean(list)       -- geometric
  local sum = 0
  for _, value in ipairs(list) do
    sum = sum + math.log(value)
  end
  return math.exp(sum / #list)
end

local function seconds(body, count)
  collectgarbage()
  local start = os.clock()
  body(count)
  return os.clock() - start
end

-- How often a body runs in a round.
local function repetitions(body)
  local count = 1
  while true do
    local took = seconds(body, count)
    if took > ROUND / 4 then
      return math.max(1, math.ceil(count * ROUND / took))
    end
    count = count * 4
  end
end

function measure.compare(make, rounds, least)
  local hand, ours = make()
  local count = repetitions(hand)
  local a, b, ratios = {}, {}, {}
  for i = 1, rounds do
    if i % 2 == 0 then
      a[i], b[i] = seconds(hand, count), seconds(ours, count)
    else
      b[i], a[i] = seconds(ours, count), seconds(hand, count)
    end
    ratios[i] = b[i] / a[i]
  end
  table.sort(ratios)
  local one = least and measure.least or measure.median
  return {
    hand = one(a) / count * 1e9,
    ours = one(b) / count * 1e9,
    ratio = least and one(b) / one(a) or one(ratios),
    -- the middle half
    low = ratios[math.ceil(#ratios / 4)],
    high = ratios[#ratios + 1 - math.ceil(#ratios / 4)],
  }
end

return measure
