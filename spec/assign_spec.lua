-- assign_spec.lua - assignment to members and elements has short ways, and
-- says and does the same on these as on the long one.

local helper = require "spec.helper"
local plugin = require "cplugin"

describe("assignment", function()
  local library = assert(helper.compile [[
    char memory[4096] __attribute__((aligned(16)));
    const char constants[4096] __attribute__((aligned(16))) = {1};
    void *get(void) { return memory; }
  ]])
  local another = helper.write(helper.fresh ".so", helper.read(library))

  local step = helper.wrap == "" and "1" or "20"    -- one of so many values
  -- Numbers end no links as long as there are no unions with pointers.
  for _, types in ipairs {"plain", "unions"} do
    it("does and keeps the same on each way, types " .. types, function()
      local run = helper.script([[dofile "spec/assign.lua"]],
                                {args = {library, another, types, step}})
      assert.are.same({"well\n", ""}, {run.out, run.err})
    end)
  end

  it("of structs copies what they keep", function()
    plugin.cdef [[
      struct assign_n { struct assign_n *next; int data[4]; };
      struct assign_list { struct assign_n one; struct assign_n many[3]; };
    ]]
    local list = plugin.new "struct assign_list"
    local watch = setmetatable({}, {__mode = "v"})
    watch[1] = plugin.new "struct assign_n"
    list.many[1].next = watch[1]
    for _, copy in ipairs {
      function() list.one = list.many[1] list.many[1] = list.many[0] end,
      function() list.many[2] = list.one list.one = {} end,
      function() list.many = list.many list.many[1] = list.many[2] end,
      function() list.many[2].next = list.one.next end,
    } do
      copy()
      collectgarbage()
      assert.is_not_nil(watch[1])
    end
    list.many[0].data = {1, 2, 3, 4}
    list.one.data = list.many[0].data
    assert.are.same({1, 2, 3, 4}, plugin.totable(list.one.data))
    collectgarbage()
    assert.is_not_nil(watch[1])
    local other = plugin.new "struct assign_list"
    other.one = list.many[1]
    list = nil                    -- luacheck: ignore
    collectgarbage()
    assert.is_not_nil(watch[1])
    other.one = plugin.new "struct assign_n"
    collectgarbage()
    assert.is_nil(watch[1])
  end)
end)
