-- Requests that differ: `{n}` in path or body counts up, `{id}` is taken in turn from the lines of a file.
-- arguments: path, body, first number or turn, file of ids (or -)
-- The placeholders are cut out once, so that a request costs wrk a concatenation.

local path, body, turn, ids

local function cut(text)
  local before, after = text:match("^(.-){%a+}(.*)$")
  return before and { before, after } or { text }
end

local function fill(parts, value)
  return parts[2] and parts[1] .. value .. parts[2] or parts[1]
end

function init(args)
  path, body, turn = cut(args[1]), cut(args[2]), tonumber(args[3])
  if args[4] ~= "-" then
    ids = {}
    for line in io.lines(args[4]) do
      ids[#ids + 1] = line
    end
  end
end

function request()
  local value = ids and ids[turn % #ids + 1] or string.format("%.0f", turn)
  turn = turn + 1
  return wrk.format("POST", fill(path, value), nil, fill(body, value))
end
