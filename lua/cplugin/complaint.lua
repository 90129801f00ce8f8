-- complaint.lua - what went wrong, in one or two lines for a user.

local complaint = {
  FAILED = 1, USAGE = 2, MISSING = 3,     -- exit codes
}

--- Throws a message that ends a command with that exit code.
function complaint.raise(code, format, ...)
  error({code = code, message = format:format(...)}, 0)
end

--- The value, or throws the message that the world gave instead.
function complaint.missing(value, message)
  return value or complaint.raise(complaint.MISSING, "%s", message)
end

--- The message of what was thrown: without the places in these files.
function complaint.text(thrown)
  if type(thrown) == "table" and thrown.message then return thrown.message end
  local meta = debug.getmetatable(thrown)
  if type(thrown) ~= "string" and not (meta and meta.__tostring) then
    return ("(the error is a %s value)"):format(type(thrown))
  end
  local text = tostring(thrown)
  return (text:gsub("^[^\n:]-cplugin/[%w_]+%.lua:%d+: ", ""))
end

--- Two lines of a message at most: what is behind is for those who ask.
function complaint.short(text)
  local first, second = text:match "^([^\n]*)\n?([^\n]*)"
  if first:find "; tried:$" then return (first:gsub("; tried:$", "")) end
  if second == "" or second:find "^stack traceback" then return first end
  return first .. "\n" .. second
end

--- The exit code that was thrown; Ctrl-C's is that of its signal.
function complaint.code(thrown)
  if type(thrown) == "table" and thrown.code then return thrown.code end
  local text = tostring(thrown)
  return text:find "interrupted!$" and 130 or complaint.FAILED
end

return complaint
