-- spend: reserve the price of a message under the caps on money of its tenant and its application, or correct what was reserved.
-- KEYS caps
-- ARGV numbers, (day of what is recorded, for tenant and application the caps of day and month and what is recorded; field)
-- Gives a code and the milliseconds until the period ends when the message would pass a cap, else two zeros.
local given, what, micros = unpack_('>I6BI6', ARGV[1])
local now, read = clock(given), unpack_('>I4', ARGV[2])
local day = (now - now % 86400000) / 86400000
local month, purses, closed = month_of(day), {}, nil
for scope = 0, 1 do
  local daily, monthly, in_day, in_month = unpack_('>I6I6I6I6', ARGV[2], 5 + 24 * scope)
  if daily < NO_MONEY or monthly < NO_MONEY then
    local name = (scope == 0 and 't' or sub(ARGV[2], 53)) .. '$'
    if what ~= 0 or read ~= day then in_day = 0 end
    if what ~= 0 or month_of(read) ~= month then in_month = 0 end
    local day_closed, month_closed, purse = 0, 0, call('HGET', KEYS[1], name)
    if purse then
      local d, dn, m, mn, dc, mc = unpack_('>I4I6I4I6I6I6', purse)
      if d == day then in_day, day_closed = max(in_day, dn), dc end
      if m == month then in_month, month_closed = max(in_month, mn), mc end
    end
    if what == 1 then
      -- There may be room again.
      in_day, in_month, day_closed, month_closed = max(in_day - micros, 0), max(in_month - micros, 0), 0, 0
    elseif what == 0 and daily < NO_MONEY and in_day + micros > daily then
      closed, day_closed = closed or {20, (day + 1) * 86400000 - now}, daily
    elseif what == 0 and monthly < NO_MONEY and in_month + micros > monthly then
      closed, month_closed = closed or {21, first_day_of(month + 1) * 86400000 - now}, monthly
    else
      in_day, in_month = min(in_day + micros, NO_MONEY - 1), min(in_month + micros, NO_MONEY - 1)
    end
    purses[#purses + 1] = {name, in_day, in_month, day_closed, month_closed, purse or ''}
  end
end
for _, it in ipairs(purses) do
  local name, in_day, in_month, day_closed, month_closed, before = unpack(it)
  -- A message that one cap refuses spends nothing of the other.
  if closed then
    local d, dn, m, mn = 0, 0, 0, 0
    if #before > 0 then d, dn, m, mn = unpack_('>I4I6I4I6', before) end
    in_day, in_month = d == day and dn or 0, m == month and mn or 0
  end
  call('HSET', KEYS[1], name, pack_('>I4I6I4I6I6I6', day, in_day, month, in_month, day_closed, month_closed))
end
call('PEXPIRE', KEYS[1], CAPS_LIFE)
return closed or {0, 0}
