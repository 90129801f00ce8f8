-- watch.lua - expressions that are shown after each input that changes them.

local watch = {}

--- The value of an expression as text; errors are one, too.
local function now(session, text)
  local fine, value = pcall(session.values, session, text)
  if not fine then return require("cplugin.explain").error(session, value) end
  return session.show:value(value)
end

local function look(session)
  for _, item in ipairs(session.watched) do
    local text = now(session, item.text)
    if text ~= item.value then
      session.out(("%s: %s -> %s"):format(item.text, item.value, text))
      item.value = text
    end
  end
end

function watch.watch(session, rest)
  session.watched = session.watched or {}
  if rest == "off" then
    session.watched, session.hooks.watch = nil, nil
    return
  elseif rest ~= "" then
    local chunk, message = load("return " .. rest, "=input", "t")
    if not chunk then error(message, 0) end
    table.insert(session.watched, {text = rest, value = now(session, rest)})
    session.hooks.watch = look
  end
  for _, item in ipairs(session.watched) do
    session.out(("%s: %s"):format(item.text, item.value))
  end
end

return watch
