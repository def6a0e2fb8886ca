-- What a number's key holds: end of its lock, how many locks there were, the limits its checks follow (those of the
-- last send), and three windows: failures, sends, checks.
local NUMBER = '>I6BI4I4I4I4Hc0Hc0Hc0'

-- A number whose key was lost counts from nothing, under the strictest limits.
local function read_number(key)
  local raw = redis.call('GET', key)
  if not raw then return 0, 0, 1, 3000, 10, 3600000, '', '', '' end
  return unpack_(NUMBER, raw)
end

local function write_number(until_, locks, vn, vw, ln, lw, failures, sends, checks)
  return pack_(NUMBER, until_, locks, vn, vw, ln, lw, #failures, failures, #sends, sends, #checks, checks)
end

local function clock(given)
  if given > 0 then return given end
  local time = redis.call('TIME')
  return time[1] * 1000 + floor(time[2] / 1000)
end
