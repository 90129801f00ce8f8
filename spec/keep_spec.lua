-- keep_spec.lua - what stored pointers keep alive, beside a model: of each
-- block of memory a table {offset -> number of the object that is stored
-- there}. Pointers are stored, filled over, copied in pieces that overlap, and
-- overwritten as members of a union, in steps that a seed gives.

local plugin = require "cplugin"

plugin.cdef [[
  typedef union keep_any { void *p; long n; char text[8];
                           struct { int low, high; } half; } keep_any;
  typedef struct __attribute__((packed)) keep_packed {
    char c; void *p; short s; void *q;
  } keep_packed;
]]

local SLOT <const> = plugin.sizeof "void *"
local kinds = {"char[64]", "void *[8]", "keep_packed[3]", "keep_any[8]",
               "long[8]"}

local World = {}
World.__index = World

-- `unit`: offsets and sizes are multiples of it.
local function new_world(seed, unit)
  math.randomseed(seed)
  local world = setmetatable({unit = unit, objects = 0, blocks = {},
    alive = setmetatable({}, {__mode = "v"})}, World)
  for i = 1, 3 do
    local memory = plugin.new(kinds[math.random(#kinds)])
    world.blocks[i] = {memory = memory, size = plugin.sizeof(memory),
                       stored = {}}
  end
  return world
end

-- A block, and an offset in it that has `size` bytes behind it.
function World:place(size)
  local block = self.blocks[math.random(3)]
  return block, math.random(0, (block.size - size) // self.unit) * self.unit
end

local function at(block, offset, type)
  return plugin.cast(type, plugin.cast("char *", block.memory) + offset)
end

local function forget(block, offset, size)
  for first in pairs(block.stored) do
    if first < offset + size and first + SLOT > offset then
      block.stored[first] = nil
    end
  end
end

function World:store()
  local block, offset = self:place(SLOT)
  local object = plugin.new "int[2]"
  local ways = {object, object + 1, plugin.cast("char *", object) + 3}
  self.objects = self.objects + 1
  self.alive[self.objects] = object
  forget(block, offset, SLOT)
  block.stored[offset] = self.objects
  at(block, offset, "void **")[0] = ways[math.random(#ways)]
end

function World:size()
  return math.random(0, 32 // self.unit) * self.unit
end

function World:fill()
  local size = self:size()
  local block, offset = self:place(size)
  forget(block, offset, size)
  plugin.fill(at(block, offset, "char *"), size)
end

function World:copy()
  local size = self:size()
  local from, first = self:place(size)
  local to, target = self:place(size)
  local moved = {}
  for offset, object in pairs(from.stored) do
    if offset >= first and offset + SLOT <= first + size then
      moved[offset - first + target] = object
    end
  end
  forget(to, target, size)
  for offset, object in pairs(moved) do to.stored[offset] = object end
  plugin.copy(at(to, target, "char *"), at(from, first, "char *"), size)
end

function World:overwrite()
  local block, offset = self:place(SLOT)
  local any = at(block, offset, "keep_any *")
  local ways = {
    function() any.n = 3 end, function() any.half = {1, 2} end,
    function() any.text = "1234567" end, function() any.p = nil end,
    function() any[0] = {n = 4} end,
  }
  forget(block, offset, SLOT)
  ways[math.random(#ways)]()
end

function World:step()
  local r = math.random(10)
  if r <= 4 then self:store() elseif r <= 8 then self:copy()
  elseif r == 9 then self:fill() else self:overwrite() end
end

-- Numbers of objects that the model has, and of those that are alive.
function World:check()
  local wanted, found, lost = {}, 0, {}
  for _, block in ipairs(self.blocks) do
    for _, object in pairs(block.stored) do wanted[object] = true end
  end
  collectgarbage()
  for object in pairs(self.alive) do
    found = found + 1
    if not wanted[object] and self.unit == SLOT then
      lost[#lost + 1] = "kept " .. object
    end
  end
  for object in pairs(wanted) do
    if not self.alive[object] then lost[#lost + 1] = "lost " .. object end
  end
  assert.same({}, lost)
  return found
end

describe("what stored pointers keep alive", function()
  for seed = 1, 6 do
    for _, unit in ipairs {SLOT, 1} do
      it(("is what the model has: seed %d, %d bytes"):format(seed, unit),
      function()
        local world, most = new_world(seed, unit), 0
        for _ = 1, 12 do
          for _ = 1, 30 do world:step() end
          most = math.max(most, world:check())
        end
        assert.is_true(most > 2)
      end)
    end
  end
end)
