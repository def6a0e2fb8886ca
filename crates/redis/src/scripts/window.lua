-- Sliding windows, as in core/src/window.rs. Exact up to 100 events: 48-bit times, oldest first. Above: start of the
-- current bucket, events of the bucket before, events of the current one.

-- Gives the milliseconds until one more event fits, or nil and the window after that event.
local function spend(window, limit, length, now)
  local size = #window
  if limit <= 100 then
    if size == 0 then return nil, pack_('>I6', now) end
    local from = 1
    if size % 6 ~= 0 then size = 0 end
    while from <= size and unpack_('>I6', window, from) + length <= now do from = from + 6 end
    local over = (size - from + 1) / 6 - limit
    if over >= 0 then return unpack_('>I6', window, from + over * 6) + length - now end
    return nil, sub(window, from, size) .. pack_('>I6', now)
  end
  local start, previous, current = now - now % length, 0, 0
  if size == 14 then
    local before, p, c = unpack_('>I6I4I4', window)
    if before >= start then previous, current = p, c elseif before + length == start then previous = c end
  end
  local elapsed = now - start
  local faded = previous * (length - elapsed) / length
  if faded - faded % 1 + current < limit then return nil, pack_('>I6I4I4', start, previous, current + 1) end
  if current >= limit then return length - elapsed end
  return max(floor(length * (previous - (limit - current)) / previous) + 1 - elapsed, 1)
end

-- The windows of limits that callers define: keys from `first` on, and limit (4) and length (6) of each in `limits`. Gives
-- the milliseconds until all take one more event, or nil and what to write then.
local function spend_all(keys, first, limits, now)
  local after = {}
  for index = 0, #limits / 10 - 1 do
    local key, limit, length = keys[first + index], unpack_('>I4I6', limits, index * 10 + 1)
    local wait, window = spend(call('GET', key) or '', limit, length, now)
    if wait then return wait end
    after[index + 1] = {key, window, limit > 100 and 2 * length or length}
  end
  return nil, after
end

local function write_all(after)
  for _, window in ipairs(after) do call('SET', window[1], window[2], 'PX', window[3]) end
end

-- What is left of the pause that must lie between two messages of a number. A window that counts by buckets does not know when
-- the last message was: beside it, messages that asked for a pause leave their time behind.
local function pause_left(number, sends, pause, now)
  local last = #sends > 0 and #sends % 6 == 0 and sub(sends, -6) or call('GET', number .. 'p')
  return last and max(unpack_('>I6', last) + pause - now, 0) or 0
end

local function note_message(number, limit, now)
  if limit > 100 then call('SET', number .. 'p', pack_('>I6', now), 'PX', '7200000') end
end
