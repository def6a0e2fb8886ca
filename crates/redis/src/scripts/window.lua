-- Sliding windows, as in core/src/window.rs. Exact up to 100 events: 48-bit times, oldest first. Above: start of the
-- current bucket, events of the bucket before, events of the current one.
local unpack_, pack_, floor = struct.unpack, struct.pack, math.floor

-- Gives the milliseconds until one more event fits, or nil and the window after that event.
local function spend(window, limit, length, now)
  if limit <= 100 then
    local size, from = #window, 1
    if size % 6 ~= 0 then size = 0 end
    while from <= size and unpack_('>I6', window, from) + length <= now do from = from + 6 end
    local over = (size - from + 1) / 6 - limit
    if over >= 0 then return unpack_('>I6', window, from + over * 6) + length - now end
    return nil, (from <= size and string.sub(window, from, size) or '') .. pack_('>I6', now)
  end
  local start, previous, current = now - now % length, 0, 0
  if #window == 14 then
    local before, p, c = unpack_('>I6I4I4', window)
    if before >= start then previous, current = p, c elseif before + length == start then previous = c end
  end
  local elapsed = now - start
  if floor(previous * (length - elapsed) / length) + current < limit then
    return nil, pack_('>I6I4I4', start, previous, current + 1)
  end
  if current >= limit then return length - elapsed end
  return math.max(floor(length * (previous - (limit - current)) / previous) + 1 - elapsed, 1)
end
