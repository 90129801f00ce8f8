-- near.lua - "did you mean ...": the name nearest to one that is wrong.

local near = {}

--- Edits between two words, a swap of neighbours being one; `most + 1` stands
-- for all that is more than `most`.
local function distance(a, b, most)
  if math.abs(#a - #b) > most then return most + 1 end
  local above, row = nil, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local before = above
    above, row = row, {[0] = i}
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(above[j] + 1, row[j - 1] + 1,
                        above[j - 1] + (same and 0 or 1))
      if before and j > 1 and a:byte(i) == b:byte(j - 1)
         and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
  end
  return math.min(row[#b], most + 1)
end

--- The nearest of the names (keys of a table, or a list), or nil if none is
-- near enough to have been meant.
function near.best(word, names)
  local best
  local most = #word // 3
  for key, value in pairs(names) do
    local name = type(key) == "string" and key or value
    if type(name) == "string" and name ~= word then
      local edits = distance(word:lower(), name:lower(), most)
      if edits < most or edits == most and (not best or name < best) then
        best, most = name, edits
      end
    end
  end
  return best
end

--- ", did you mean 'x'?", or "" if no name is near.
function near.hint(word, names)
  local best = near.best(word, names)
  return best and (", did you mean '%s'?"):format(best) or ""
end

return near
