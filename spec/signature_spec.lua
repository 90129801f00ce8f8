-- signature_spec.lua - random signatures come out as compiled C has them, see
-- signature.lua. SEED=n repeats a run. #slow

local helper = require "spec.helper"
local signature = require "spec.signature"

describe("random signatures", function()
  local fresh = tonumber(os.getenv "SEED") or os.time()
  io.stderr:write("signature_spec: SEED=", fresh, "\n")   -- also after a crash
  local sets = {
    {seed = 1, flags = "-O0"}, {seed = 2, flags = "-O2"},
    {seed = 3, flags = "-O2", cc = "clang"},
    {seed = fresh, flags = "-O0"}, {seed = fresh + 1, flags = "-O2"},
    {seed = fresh + 2, flags = "-O1", cc = "clang"},
  }

  for _, set in ipairs(sets) do
    local cc = set.cc or "gcc"
    if os.execute("command -v " .. cc .. " >/dev/null") then
      it(("come out right, seed %d, %s %s #slow"):format(set.seed, cc,
                                                         set.flags),
         function()
        local calls, callbacks = signature.run(set.seed,
                                               {cc = cc, flags = set.flags})
        local all = signature.SIGNATURES
        assert.is_true(calls > all * 0.6, calls .. " calls")
        assert.is_true(callbacks > all * 0.25, callbacks .. " callbacks")
      end)
    end
  end

  for _, set in ipairs {"4 gcc -O2", "5 clang -O1"} do
    it(("come out right by libffi, seed %s #slow"):format(set), function()
      local made = helper.run(helper.lua .. " spec/signature.lua " .. set,
                              {env = {CPLUGIN_CALL = "libffi"}})
      local calls = tonumber(made.out:match "^(%d+) calls")
      assert(calls and calls > signature.SIGNATURES * 0.3, made.err)
    end)
  end
end)
