-- layout.lua - where the members of a struct or union are: offsets, sizes,
-- holes, padding and bits, as a table and drawn.
--
-- Rows count in bits, so that bit-fields are as good as others:
--   {letter, from, to, text, depth}   a member, `to` not included
--   {hole = true, from, to}           nobody's bits; at the end: padding

local plugin = require "cplugin"

local BYTES_DRAWN <const> = 256
local IN_ROW <const> = 16
local LETTERS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

local layout = {}

local function field_text(field, inner)
  if not field.name and inner.fields then return inner.kind end
  local text = plugin.declaration(field.type, field.name)
  return field.width and text .. " : " .. field.width or text
end

local function hole(rows, from, to, depth, padding)
  if to > from then
    rows[#rows + 1] = {hole = true, padding = padding, from = from, to = to,
                       depth = depth}
  end
end

--- Adds the rows of a record that begins at bit `base`.
local function add_rows(rows, kind, base, depth)
  local top = base
  for _, field in ipairs(kind.fields) do
    local inner = plugin.reflect(field.type)
    local from = base + field.offset * 8 + (field.bit or 0)
    local to = from + (field.width or (inner.size or 0) * 8)
    if kind.kind == "struct" then hole(rows, top, from, depth) end
    local unnamed = not field.name and inner.fields
    rows.count = rows.count + (unnamed and 0 or 1)
    rows[#rows + 1] = {
      letter = unnamed and " " or LETTERS:sub((rows.count - 1) % #LETTERS + 1,
                                              (rows.count - 1) % #LETTERS + 1),
      from = from, to = to, text = field_text(field, inner), depth = depth,
      name = field.name, width = field.width, group = unnamed and true,
    }
    if unnamed then add_rows(rows, inner, from, depth + 1) end
    top = math.max(top, to)
  end
  hole(rows, top, base + kind.size * 8, depth, true)
end

--- The rows of a record type and its reflection; nil if it has no members.
function layout.rows(ctype)
  local kind = plugin.reflect(ctype)
  if not kind.fields then return nil, kind end
  local rows = {count = 0}
  add_rows(rows, kind, 0, 0)
  return rows, kind
end

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

local function bits_text(bits)
  if bits % 8 == 0 then return plural(bits // 8, "byte") end
  return plural(bits, "bit")
end

local function place(row)
  local bit = row.from % 8
  if row.width or bit ~= 0 or row.to % 8 ~= 0 then
    return ("%d:%d"):format(row.from // 8, bit), (row.to - row.from) .. " bit"
  end
  return ("%d"):format(row.from // 8), ("%d"):format((row.to - row.from) // 8)
end

local function row_text(row)
  local offset, size = place(row)
  local text = row.hole and ("(%s of %s)"):format(
    row.padding and "padding" or "hole", bits_text(row.to - row.from))
    or row.text
  return ("%s %8s %7s  %s%s"):format(row.letter or ".", offset, size,
                                     ("  "):rep(row.depth), text)
end

--- The letters of each bit: `.` for nobody's, the last member of a union.
local function owners(rows, size)
  local bits = {}
  for bit = 0, math.min(size, BYTES_DRAWN) * 8 - 1 do bits[bit] = "." end
  for _, row in ipairs(rows) do
    for bit = row.from, math.min(row.to, BYTES_DRAWN * 8) - 1 do
      if not row.hole and not row.group then bits[bit] = row.letter end
    end
  end
  return bits
end

local function byte_letter(bits, byte)
  local letter = bits[byte * 8]
  for bit = byte * 8 + 1, byte * 8 + 7 do
    if bits[bit] ~= letter then return "#" end
  end
  return letter
end

--- Bytes as letters, in rows; below them the bits of those that are shared.
local function draw(rows, size)
  local bits, lines, shared = owners(rows, size), {}, {}
  local last = math.min(size, BYTES_DRAWN)
  for first = 0, last - 1, IN_ROW do
    local cells = {}
    for byte = first, math.min(first + IN_ROW, last) - 1 do
      local letter = byte_letter(bits, byte)
      cells[#cells + 1] = (byte % 8 == 0 and byte ~= first and " " or "")
        .. letter
      if letter == "#" then
        shared[#shared + 1] = ("%10d  bits %s"):format(
          byte, table.concat(bits, " ", byte * 8, byte * 8 + 7))
      end
    end
    lines[#lines + 1] = ("%10d  %s"):format(first, table.concat(cells, " "))
  end
  table.move(shared, 1, #shared, #lines + 1, lines)
  if size > last then
    lines[#lines + 1] = ("            ... %d more"):format(size - last)
  end
  return lines
end

local function lost(rows)
  local holes, padding, count = 0, 0, 0
  for _, row in ipairs(rows) do
    if row.padding then
      padding = padding + row.to - row.from
    elseif row.hole then
      holes, count = holes + row.to - row.from, count + 1
    end
  end
  local parts = {}
  if count > 0 then
    parts[1] = ("%s in %s"):format(bits_text(holes), plural(count, "hole"))
  end
  if padding > 0 then
    parts[#parts + 1] = bits_text(padding) .. " of padding"
  end
  return #parts > 0 and "; " .. table.concat(parts, ", ") or ""
end

--- The layout of a type as lines.
function layout.lines(ctype)
  local rows, kind = layout.rows(ctype)
  if not kind.size then return {kind.name .. " is incomplete"} end
  local title = ("%s: %s, align %d"):format(
    kind.name, plural(kind.size, "byte"), kind.align)
  if not rows then return {title} end
  local lines = {title .. lost(rows), "    offset    size  member"}
  for _, row in ipairs(rows) do lines[#lines + 1] = row_text(row) end
  return table.move(draw(rows, kind.size), 1, kind.size, #lines + 1, lines)
end

--- The layout of a type as a table for JSON.
function layout.data(ctype)
  local rows, kind = layout.rows(ctype)
  local members = {}
  for i, row in ipairs(rows or {}) do
    local bits = row.width or (row.from | row.to) % 8 ~= 0
    members[i] = {
      offset = row.from // 8, name = row.name, declaration = row.text,
      size = not bits and (row.to - row.from) // 8 or nil,
      bit = bits and row.from % 8 or nil,
      width = bits and row.to - row.from or nil,
      hole = row.hole and not row.padding or nil, padding = row.padding,
    }
  end
  return {type = kind.name, size = kind.size, align = kind.align,
          members = rows and members}
end

return layout
