-- verify: spend a guess, then judge it.
-- KEYS pin or latest PIN of the number, events
-- ARGV numbers, tenant, number key prefix, PIN id (or PIN key prefix when verifying by number), success key, digests as
-- (key version, digest)…
local given, classes, l1, l2, l3, memory, by_number = unpack_('>I6BI6I6I6I6B', ARGV[1])
local pin_key, pin, judged = KEYS[1], nil, nil
if by_number == 1 then
  local latest = redis.call('GET', pin_key)
  if not latest then return {0, 0, 0, '', false} end
  pin, judged = string.sub(latest, 1, 16), string.sub(latest, 17, 28)
  pin_key = ARGV[4] .. string.gsub(pin, '.', function(byte) return string.format('%02X', string.byte(byte)) end)
else
  pin = ARGV[4]
end
local record = redis.call('GET', pin_key)
if not record then return {0, 0, 0, '', false} end
local version, status, flags, channel, used, max, _, _, key, _, alphabet, created, expires, digest, subject, message, size =
  unpack_('>BBBBBBBBHBBI6I6c12c12c16H', record)
if version ~= 1 then return {11, 0, 0, '', false} end
local guess
for at = 1, #ARGV[6], 14 do
  if unpack_('>H', ARGV[6], at) == key then guess = string.sub(ARGV[6], at + 2, at + 13) end
end
if not guess then return {11, 0, 0, '', false} end
local right = guess == (judged or digest)
local now = clock(given)
local tail = 67 + size

-- A success whose answer was lost is given again to whoever has its key.
if status == VERIFIED and #ARGV[5] > 0 and right and string.sub(record, tail + 6, tail + 13) == ARGV[5] then
  return {1, max - used, now, record, pin}
end
local over = terminal(status, flags, expires, now)
if over then return {3, over, now, record, pin} end
local allowed = alphabet == 0 and 1 or alphabet == 1 and 6 or alphabet == 2 and 3 or alphabet == 3 and 7 or 15
if bit.band(classes, bit.bnot(allowed)) ~= 0 then return {6, 0, now, record, pin} end

local number_key = ARGV[3] .. subject
local lock, locks, vn, vw, ln, lw, failures, sends, checks = read_number(number_key)
if lock > now then return {4, lock - now, now, record, pin} end
local wait, checks = spend(checks, vn, vw, now)
if wait then return {5, wait, now, record, pin} end

used = used + 1
local left, kind, keep = max - used, 11, 'KEEPTTL'
if right then
  status = (left == 0 and flags % 2 == 1) and EXHAUSTED or VERIFIED
  kind, failures, locks = 10, '', 0
  local first = #record >= tail + 5 and string.sub(record, tail, tail + 5) or pack_('>I6', now)
  local key8 = #ARGV[5] > 0 and ARGV[5] or '\0\0\0\0\0\0\0\0'
  record = string.char(version, status, flags, channel, used) .. string.sub(record, 6, tail - 1) .. first .. key8
  redis.call('SET', pin_key, record, 'KEEPTTL')
else
  if left == 0 then status, kind = EXHAUSTED, 12 end
  record = string.char(version, status, flags, channel, used) .. string.sub(record, 6)
  redis.call('SETRANGE', pin_key, 0, string.sub(record, 1, 5))
  local _, failed = spend(failures, ln, lw, now)
  failures = failed or failures
  if spend(failures, ln, lw, now) then
    if now > lock + memory then locks = 0 end
    lock = now + (locks == 0 and l1 or locks == 1 and l2 or l3)
    locks, failures, kind = math.min(locks + 1, 255), '', 13
    keep = math.max(redis.call('PTTL', number_key), lock + memory - now)
  end
end
local number = write_number(lock, locks, vn, vw, ln, lw, failures, sends, checks)
if keep == 'KEEPTTL' then redis.call('SET', number_key, number, 'KEEPTTL') else redis.call('SET', number_key, number, 'PX', keep) end
redis.call('XADD', KEYS[2], '*', 'e', pack_('>BBI6I6I6', kind, channel, now, created, expires) .. ARGV[2] .. pin .. message .. subject)
return {right and 1 or 2, left, now, record, pin}
