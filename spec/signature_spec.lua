-- signature_spec.lua - random signatures come out as compiled C has them, see
-- signature.lua. SETS=n makes more of them. #slow

local helper = require "spec.helper"
local signature = require "spec.signature"
local typekinds = require "spec.typekinds"

local compilers = {{"gcc", "-O0"}, {"gcc", "-O2"}, {"clang", "-O0"},
                   {"clang", "-O2"}}
local SETS = tonumber(os.getenv "SETS") or 2
-- Callbacks without code of our own are libffi's, which refuses more.
local least = os.getenv "CPLUGIN_STUB" == "off" and 0.25 or 0.6

describe("random signatures,", function()
  local seen, seed = {}, helper.seed
  local sum = {signatures = 0, calls = 0, callbacks = 0}
  for _ = 1, SETS do
    for _, compiler in ipairs(compilers) do
      local own, cc, flags = seed, table.unpack(compiler)
      seed = seed + 1
      it(("come out right, seed %d, %s %s #slow"):format(own, cc, flags),
         function()
        local calls, callbacks = signature.run(own, {cc = cc, flags = flags},
                                               seen)
        local all = signature.SIGNATURES
        assert.is_true(calls > all * 0.5, calls .. " calls")
        assert.is_true(callbacks > all * math.min(least, 0.5),
          callbacks .. " callbacks")
        sum.signatures = sum.signatures + all
        sum.calls, sum.callbacks = sum.calls + calls, sum.callbacks + callbacks
      end)
    end
  end

  -- Of all sets together; of a single one chance may refuse a little more.
  it("are refused in the lesser part #slow", function()
    assert.is_true(sum.calls > sum.signatures * 0.6, sum.calls .. " calls")
    assert.is_true(sum.callbacks > sum.signatures * least,
      sum.callbacks .. " callbacks")
  end)

  if SETS < 4 then                -- too few to be sure
    return
  end
  it("have types of each kind in each place #slow", function()
    for way, kinds in pairs(seen) do
      for _, kind in ipairs(typekinds.all) do
        assert((kinds[kind] or 0) > 0, kind .. ": never was a " .. way)
      end
    end
  end)
end)

describe("random signatures", function()
  -- The other road, and the first one where there is no memory for code.
  for _, set in ipairs {{"4 gcc -O2", "CPLUGIN_CALL", "libffi"},
                        {"5 clang -O1", "CPLUGIN_CALL", "libffi"},
                        {"6 gcc -O1", "CPLUGIN_STUB", "off"}} do
    local arguments, name, value = table.unpack(set)
    it(("come out right, seed %s, %s=%s #slow"):format(arguments, name, value),
       function()
      local made = helper.run(helper.lua .. " spec/signature.lua " ..
                              arguments, {env = {[name] = value}})
      local calls, callbacks = made.out:match "^(%d+) calls, (%d+) callbacks"
      local few = signature.SIGNATURES * 0.25
      assert(calls and tonumber(calls) > few and tonumber(callbacks) > few,
             made.err .. made.out)
    end)
  end
end)
