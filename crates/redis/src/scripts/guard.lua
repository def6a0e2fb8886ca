-- The fraud guard, as in core/src/fraud/counter.rs. One hash per tenant and day, with a field for each place that sends are counted
-- by, and beside it one (with a `v` before its name) for those of them that were verified, which processes count behind their answers.
--
-- A place is judged in full once a minute, and then for as many sends as certainly pass: below `bound`, in the same minute and by
-- the same rules, a send is only counted.
local HOUR_MS, DAY_MS, NO_TAIL, MOST_PLACES, NO_BOUND = 3600000, 86400000, 65535, 50000, 4294967295
local BLOCK_MS = {3600000, 21600000, 86400000}
-- Minute and rules (7), bound, sends of the hour, number's end, numbers in a row; then what only a judgement reads.
local COUNT, STATE, STATE_SIZE, MARKS = '>I7I4I4I2B', '>I7I4I4I2BI4I4I4I4I4I4I6BB', 50, 134217728
-- The text of a day is the same all day.
local today, today_ends, today_text = 0, 0, ''

-- How many sends of the hour there may be so that one more is no hit in all of minute `m`, whatever is verified meanwhile.
local function bound_of(m, limit, from, percent, sends, before, young, usual, right, vb)
  local left, bound = HOUR_MS - m * 60000 % HOUR_MS, NO_BOUND
  local faded = floor(before * left / HOUR_MS)
  if limit > 0 then bound = limit - faded end
  if from > 0 and percent > 0 then
    local good = floor((right + floor(vb * (left - 59999) / HOUR_MS)) * 100 / percent)
    bound = min(bound, max(from - 1, good) - faded + min(young, usual, sends + faded) + 1)
  end
  return min(max(bound, 0), NO_BOUND)
end

-- Judges a send at a place in full. Gives the place after it if that is to be kept, the hit or nil, and whether the place is new.
local function judge(prefix, name, nth, state, mode, rules, ends, most, limit, from, percent, now)
  local key, minute, left = prefix .. today_text, floor(now / 60000), HOUR_MS - now % HOUR_MS
  local verified = (call('HGET', key, 'v' .. name) or 0) + 0
  local known, total, mark = state, verified, verified
  if not state then
    local before = call('HMGET', prefix .. string.format('%d', today - 1), name, 'v' .. name)
    known = before[1]
    if known then total, mark = (before[2] or 0) + 0, 0 end
    -- Past its bound a day takes no more places; the country is one of the first.
    if not known and call('HLEN', key) >= MOST_PLACES then return end
  end
  local m, sends, tail, run, base, before, m0, vb, usual, young_before, till, strikes, rule =
    minute, 0, NO_TAIL, 0, 0, 0, mark, 0, 0, 0, 0, 0, 0
  if known and #known == STATE_SIZE then
    local _
    m, _, sends, tail, run, base, before, m0, vb, usual, young_before, till, strikes, rule = unpack_(STATE, known)
    m = floor(m / MARKS)
  end
  local h, hour = floor(m / 60), floor(minute / 60)
  if m < minute then young_before = m + 1 == minute and sends - base or 0 end
  if h < hour then
    local done = max(total - m0, 0)
    local good = sends > 0 and done * 100 >= percent * sends and sends or 0
    usual = max(usual - math.ceil(usual / 8), good)
    if h + 1 == hour then before, vb = sends, done else before, vb = 0, 0 end
    sends, m0 = 0, mark
  end
  if m < minute then m, base = minute, sends end
  local all, young = sends + floor(before * left / HOUR_MS), sends - base + young_before
  local done = max(verified - m0, 0)
  local right = done + floor(vb * left / HOUR_MS)
  local following = run
  if tail ~= ends and tail ~= NO_TAIL then
    local near = tail - ends <= 8 and ends - tail <= 8
    following = near and run < 255 and run + 1 or near and run or run > 0 and run - 1 or 0
  end
  local why, begins
  if till > now and not (rule >= 128 and mode == 2) then
    why = rule % 128
  elseif limit > 0 and all >= limit then
    why = 3
  elseif from > 0 then
    local judged = all - min(young, usual, all)
    if judged >= from and right * 100 < percent * judged then
      why = byte(name) == 99 and 4 or 5
    elseif most > 0 and following >= most and right * 100 < percent * all then
      why = 6
    end
    if why then
      if now > till + DAY_MS then strikes = 0 end
      begins, till = true, now + BLOCK_MS[min(strikes, 2) + 1]
      strikes, rule, run = min(strikes + 1, 255), why + (mode == 1 and 128 or 0), 0
      following = tail == ends and 0 or tail ~= NO_TAIL and math.abs(tail - ends) <= 8 and 1 or 0
      if mode == 2 then
        call('HSET', prefix .. 'blocks', name, pack_('>I6I6BBI4I4', till, now, strikes, why, all, right))
        call('PEXPIRE', prefix .. 'blocks', '176400000')
      end
    end
  end
  local hit = why and pack_('>BBI4I4I6', why, nth - 1, all, right, why == 3 and 0 or till)
  local goes = not (hit and mode == 2)
  -- A block that begins stays, and what a new day finds is carried to it; of other sends that are refused, nothing.
  if not goes and state and not begins then return nil, hit end
  local bound = till <= now and bound_of(m, limit, from, percent, sends, before, young, usual, done, vb) or 0
  if goes then sends, tail, run = sends + 1, ends, following end
  return pack_(STATE, m * MARKS + rules, bound, sends, tail, run, base, before, m0, vb, usual, young_before, till, strikes, rule),
    hit, not state
end

-- `prefix`: the key without the day. `given`: 1 to record or 2 to block, then of each place: a mark of its rules (4), the number's end
-- (2), from how many neighbours on it is a sequence (1), sends an hour (4), from how many sends conversion counts (4), its share in
-- percent (1), its name behind its length (1). Gives the first hit or '', whether it refuses, and what `keep_guard` writes.
local function guard(prefix, given, now)
  local mode, at, nth, first, is_new = byte(given), 2, 0, '', false
  local stamp = (now - now % 60000) / 60000 * MARKS
  if now >= today_ends or now < today_ends - DAY_MS then
    today = floor(now / DAY_MS)
    today_text, today_ends = string.format('%d', today), (today + 1) * DAY_MS
  end
  local key = prefix .. today_text
  local writes, size = {key, false, false, false, false, is_new = false}, 1
  while at <= #given do
    local rules, ends, most, limit, from, percent, name
    rules, ends, most, limit, from, percent, name, at = unpack_('>I4I2BI4I4BBc0', given, at)
    nth = nth + 1
    local state, after = call('HGET', key, name), nil
    if state then
      local marks, bound, sends, tail, run = unpack_(COUNT, state)
      if marks == stamp + rules and sends < bound then
        if tail ~= ends then
          if tail - ends <= 8 and ends - tail <= 8 then
            if run < 255 then run = run + 1 end
          elseif run > 0 then
            run = run - 1
          end
        end
        if most == 0 or run < most then
          after = pack_(COUNT, marks, bound, sends + 1, ends, run) .. sub(state, 19)
        end
      end
    end
    if not after then
      local hit, is_first
      after, hit, is_first = judge(prefix, name, nth, state, mode, rules, ends, most, limit, from, percent, now)
      if hit and first == '' then first = hit end
      if hit and mode == 2 then
        if after then
          call('HSET', key, name, after)
          call('PEXPIRE', key, '176400000')
        end
        return first, true
      end
      is_new = is_new or is_first
    end
    if after then
      writes[size + 1], writes[size + 2], size = name, after, size + 2
    end
  end
  for unused = size + 1, 5 do writes[unused] = nil end
  writes.is_new = is_new
  return first, false, writes
end

-- Writes what `guard` counted; a day is remembered for another one.
local function keep_guard(writes)
  if #writes == 1 then return end
  call('HSET', unpack(writes))
  if writes.is_new then call('PEXPIRE', writes[1], '176400000') end
end

-- Takes the last key and argument out, if they are there.
local function take(is_there, keys, args)
  if not is_there then return end
  local key, arg = keys[#keys], args[#args]
  keys[#keys], args[#args] = nil, nil
  return key, arg
end
