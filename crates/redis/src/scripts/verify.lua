-- verify: spend a guess, then judge it.
-- KEYS pin or number, events[, where the guess comes from]
-- ARGV one string: clock, classes, then each behind its length tenant and PIN id (or tenant alone, by number), number key
-- prefix, digests as (key version, digest)…; locks, and what the source may be wrong
-- [, success key or ''[, PIN key prefix and purpose by number]]
-- Gives one string: outcome (1), value (6), time (6), and behind a known PIN tenant and PIN id (32) and the record.
-- Right and wrong guesses leave no event here: whoever asked writes them behind the answer, many at once.
local given, classes, ids, number_prefix, digests, behind = unpack_('>I6BHc0Hc0Hc0', ARGV[1])
local pin_key, judged, success_key, number_key, number = KEYS[1], nil, ARGV[2] or '', nil, nil
if ARGV[3] then
  number_key, number = pin_key, call('GET', pin_key)
  local _, latest
  if number then _, _, _, _, _, _, latest = unpack_(NUMBER, number) end
  local at = latest and find_latest(latest, ARGV[4])
  if not at then return '\0' end
  ids, judged = ids .. sub(latest, at + 8, at + 23), sub(latest, at + 24, at + 35)
  pin_key = ARGV[3] .. sub(latest, at + 36, at + 57)
end
local record = call('GET', pin_key)
if not record then return '\0' end
local version, status, flags, channel, used, attempts, _, _, _, alphabet = byte(record, 1, 10)
if version ~= 1 then return '\11' end
local stored = sub(record, 23, 36)
if judged then stored = sub(stored, 1, 2) .. judged end
local right, known = digests == stored, #digests == 14
if known then
  local k1, k2 = byte(digests, 1, 2)
  local r1, r2 = byte(stored, 1, 2)
  known = k1 == r1 and k2 == r2
else
  for at = 1, #digests, 14 do
    right = right or sub(digests, at, at + 13) == stored
    known = known or sub(digests, at, at + 1) == sub(stored, 1, 2)
  end
end
if not known then return '\11' end
local expires, now = unpack_('>I6', record, 17), clock(given)

-- A success whose answer was lost is given again to whoever has its key.
if #success_key > 0 and status == 1 and right then
  local after = 67 + unpack_('>H', record, 65)
  if sub(record, after + 6, after + 13) == success_key then return pack_('>BI6I6', 7, attempts - used, now) .. ids .. record end
end
local over = status == 1 and flags % 2 == 0 and 1 or status == 2 and 2 or status == 3 and 3 or now >= expires and 4
if over then return pack_('>BI6I6', 3, over, now) .. ids .. record end
-- Digits alone belong to every alphabet but letters.
if classes ~= 1 or alphabet == 1 then
  local allowed = alphabet == 0 and 1 or alphabet == 1 and 6 or alphabet == 2 and 3 or (alphabet == 3 or alphabet == 6) and 7 or alphabet == 5 and 17 or 15
  if bit.band(classes, bit.bnot(allowed)) ~= 0 then return pack_('>BI6I6', 6, 0, now) .. ids .. record end
end

-- A number whose key was lost counts from nothing, under the strictest limits.
if not number_key then
  number_key = number_prefix .. sub(record, 37, 48)
  number = call('GET', number_key)
end
local lock, locks, failures, sends, checks, latest = 0, 0, '', '', '', ''
-- One check in three seconds, ten failures in an hour.
local vn, vw, ln, lw = 1, 3000, 10, 3600000
if number then lock, locks, vn, vw, ln, lw, failures, sends, checks, latest = unpack_(NUMBER_AND_LIMITS, number) end
if lock > now then return pack_('>BI6I6', 4, lock - now, now) .. ids .. record end
local wait, checked = spend(checks, vn, vw, now)
if wait then return pack_('>BI6I6', 5, wait, now) .. ids .. record end
-- Whoever is wrong at first at many PINs, as in core/src/spray.rs; counted once the guess is judged.
local source, spent, each, room = KEYS[3], 0, 0, 0
if source then
  local refuses
  refuses, each, room = unpack_('>BI6I6', ARGV[1], behind + 24)
  local before = call('GET', source)
  if before then spent = unpack_('>I6', before) end
  if refuses == 1 and spent - now > room then return pack_('>BI6I6', 5, spent - now - room, now) .. ids .. record end
end

used = used + 1
if source and used == 1 then
  if not right then
    if spent - now <= room and max(spent - now, 0) + each > room then
      call('XADD', KEYS[2], '*', 'e', '\32' .. ids .. sub(record, 4, 64))
    end
    call('SET', source, pack_('>I6', min(max(spent, now) + each, now + room + each)), 'PX', '3600000')
  elseif spent > now then
    call('SETRANGE', source, '0', pack_('>I6', max(spent - each, 0)))
  end
end
-- A number whose key was lost has one again, for as long as its failures count.
local left, keep, locked, answered, is_counted = attempts - used, not number and lw or nil, false, record, true
if right then
  status = (left == 0 and flags % 2 == 1) and 2 or 1
  -- It forgets failures and locks and is no check itself: mostly there is nothing to write.
  is_counted = #failures > 0 or locks > 0
  failures, locks = '', 0
  local after = 67 + unpack_('>H', record, 65)
  local first = #record >= after + 5 and sub(record, after, after + 5) or pack_('>I6', now)
  if #success_key == 0 then success_key = '\0\0\0\0\0\0\0\0' end
  answered = char(version, status, flags, channel, used) .. sub(record, 6, after - 1) .. first .. success_key
  call('SET', pin_key, answered, 'KEEPTTL')
else
  if left == 0 then status = 2 end
  checks = checked
  call('SETRANGE', pin_key, '1', char(status, flags, channel, used))
  local over, failed = spend(failures, ln, lw, now)
  if over or #failed / 6 >= ln then
    local first, second, third, memory = unpack_('>I6I6I6I6', ARGV[1], behind)
    if now > lock + memory then locks = 0 end
    lock = now + (locks == 0 and first or locks == 1 and second or third)
    locks, failed, locked = min(locks + 1, 255), '', true
    keep = max(call('PTTL', number_key), lock + memory - now)
  end
  failures = failed
end
if is_counted then
  number = pack_(NUMBER_AND_LIMITS, lock, locks, vn, vw, ln, lw, #failures, failures, #sends, sends, #checks, checks, #latest, latest)
  -- Lengths are part of the value, so what an earlier, longer one leaves behind its end does not matter.
  if keep then call('SET', number_key, number, 'PX', keep) else call('SETRANGE', number_key, '0', number) end
end
if locked or not right and left == 0 then
  local event = ids .. sub(record, 4, 64)
  if left == 0 then call('XADD', KEYS[2], '*', 'e', '\12' .. event) end
  if locked then call('XADD', KEYS[2], '*', 'e', '\13' .. event) end
end
return pack_('>BI6I6', right and 1 or 2, left, now) .. ids .. answered
