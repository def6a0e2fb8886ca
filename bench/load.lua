-- Requests that differ: `{n}` in path or body counts up; `{id}` and `{pin}` are the words of the lines of a file, taken in turn.
-- arguments: path, body, first number or turn, file of lines (or -)
-- The placeholders are cut out once, so that a request costs wrk a concatenation.

local path, body, turn, lines

-- Literal parts and names of placeholders, in turn.
local function cut(text)
  local parts, from = {}, 1
  for before, name, after in text:gmatch("()({%a+})()") do
    parts[#parts + 1] = text:sub(from, before - 1)
    parts[#parts + 1] = name:sub(2, -2)
    from = after
  end
  parts[#parts + 1] = text:sub(from)
  return parts
end

local function fill(parts, values)
  local text = parts[1]
  for at = 2, #parts, 2 do
    text = text .. values[parts[at]] .. parts[at + 1]
  end
  return text
end

function init(args)
  path, body, turn = cut(args[1]), cut(args[2]), tonumber(args[3])
  if args[4] ~= "-" then
    lines = {}
    for line in io.lines(args[4]) do
      local id, pin = line:match("^(%S+) ?(%S*)$")
      lines[#lines + 1] = { id = id, pin = pin }
    end
  end
end

function request()
  local values = lines and lines[turn % #lines + 1] or { n = string.format("%.0f", turn) }
  turn = turn + 1
  return wrk.format("POST", fill(path, values), nil, fill(body, values))
end
