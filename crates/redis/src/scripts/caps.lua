-- Caps by day and month of UTC, as in core/src/caps.rs. One hash per tenant, with a field for the tenant ('t') and one for each
-- application that has caps: day, its messages, month, its messages. Behind a '$', the purse: day, reserved on it, month,
-- reserved in it, and the caps of day and month that refused a message: while they are the caps, nothing more is accepted.

local NO_CAP, NO_MONEY = 4294967295, 281474976710655
local CAPS_LIFE = '3024000000'

local function month_of(day)
  local days = day + 719468
  local in_era = days % 146097
  local era = (days - in_era) / 146097
  local year = floor((in_era - floor(in_era / 1460) + floor(in_era / 36524) - floor(in_era / 146096)) / 365)
  local in_year = in_era - (365 * year + floor(year / 4) - floor(year / 100))
  return (era * 400 + year) * 12 + floor((5 * in_year + 2) / 153) + 2
end

local function first_day_of(month)
  local from_march, year = (month + 10) % 12, floor((month - 2) / 12)
  local in_era = year % 400
  return (year - in_era) / 400 * 146097 + in_era * 365 + floor(in_era / 4) - floor(in_era / 100)
    + floor((153 * from_march + 2) / 5) - 719468
end

-- Gives a code and the milliseconds until the period ends when a cap is reached; else nil, nil and what `keep_caps` keeps.
-- `given`: the day of what is recorded, then for tenant and application the caps, what is recorded, whether the money
-- of day (1) and month (2) is spent, and the caps on it; then the application's field.
local function spend_caps(key, given, now)
  local read = unpack_('>I4', given)
  local day = (now - now % 86400000) / 86400000
  local month, counts = month_of(day), {}
  local is_today, is_this_month = read == day, month_of(read) == month
  for scope = 0, 1 do
    local daily, monthly, in_day, in_month, spent, day_money, month_money = unpack_('>I4I4I4I4BI6I6', given, 5 + 29 * scope)
    if not is_today then in_day = 0 end
    if not is_this_month then in_month = 0 end
    local name = scope == 0 and 't' or sub(given, 63)
    local is_counted = daily < NO_CAP or monthly < NO_CAP
    local counter = is_counted and call('HGET', key, name)
    if counter then
      local d, dn, m, mn = unpack_('>I4I4I4I4', counter)
      if d == day and dn > in_day then in_day = dn end
      if m == month and mn > in_month then in_month = mn end
    end
    local purse = (day_money < NO_MONEY or month_money < NO_MONEY) and call('HGET', key, name .. '$')
    local day_spent, month_spent = is_today and spent % 2 == 1, is_this_month and spent >= 2
    if purse then
      local d, _, m, _, day_closed, month_closed = unpack_('>I4I6I4I6I6I6', purse)
      day_spent = day_spent or d == day and day_closed == day_money
      month_spent = month_spent or m == month and month_closed == month_money
    end
    if daily < NO_CAP and in_day >= daily or day_spent then return 20, (day + 1) * 86400000 - now end
    if monthly < NO_CAP and in_month >= monthly or month_spent then
      return 21, first_day_of(month + 1) * 86400000 - now
    end
    if is_counted then
      counts[#counts + 1] = name
      counts[#counts + 1] = pack_('>I4I4I4I4', day, min(in_day + 1, NO_CAP - 1), month, min(in_month + 1, NO_CAP - 1))
    end
  end
  return nil, nil, counts
end

-- Writes what `spend_caps` counted. A month and some days are remembered.
local function keep_caps(key, counts)
  if #counts == 0 then return end
  for at = 1, #counts, 2 do call('HSET', key, counts[at], counts[at + 1]) end
  call('PEXPIRE', key, CAPS_LIFE)
end
