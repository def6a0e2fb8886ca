-- send: write a PIN's record and queue its message, or change nothing.
-- KEYS pin, number, application window, jobs (or events, for a message that is kept back)[, idempotency][, windows of callers' limits…][, due]
-- [, latest PIN of the number]
-- ARGV numbers, record up to its times, record after them, job (or event up to the record's part), lives of pin, number and application keys as text
-- [, idempotency body and PIN id][, wishes: join (1) or supersede (2) the latest PIN, and the pause][, callers' limits]
-- [, wait and fallback timer][, latest-PIN entry]
-- and, with bit 64 of the last number, as the last key and argument the guard's; behind them, with bit 128, the caps.
--
-- A number's key holds: end of its lock (6), how many locks there were (1), the limits its checks follow (16), and three
-- windows, each with its length (2): failures, sends, checks. What Redis reads as text comes as text, because Lua is slow
-- at writing numbers; and what costs a table or a string too many is one string, because Lua is slow at making them.
local given, nn, nw, an, aw, limits, ttl, backlog, bound, memory, has = unpack_('>I6I4I6I4I6c16I6I4I4I6B', ARGV[1])
local capped, caps = take(has >= 128, KEYS, ARGV)
local guarded, places = take(has % 128 >= 64, KEYS, ARGV)
has = has % 64
local idem = has % 2 == 1 and KEYS[5]
if idem then
  local first = call('GET', idem)
  if first then return sub(first, 1, 16) == sub(ARGV[8], 1, 16) and '\1' .. sub(first, 17) or '\2' end
end
local now = clock(given)
local number = call('GET', KEYS[2])
local older, older_key, record, pause = 0, nil, nil, 0
if has % 32 >= 16 then
  older, pause = unpack_('>BI6', ARGV[idem and 9 or 8])
  -- A number that nothing is remembered of has no PIN that waits: its key outlives its PINs.
  local latest = older > 0 and number and call('GET', KEYS[#KEYS])
  -- Keys of PINs differ in the 22 characters at their end.
  older_key = latest and sub(KEYS[1], 1, -23) .. sub(latest, 29)
  record = older_key and call('GET', older_key)
  if not record or byte(record) ~= 1 or byte(record, 2) ~= 0 or now >= unpack_('>I6', record, 17) then
    older = 0
  elseif older == 1 then
    return '\13' .. sub(latest, 1, 16) .. sub(record, 11, 22)
  else
    record = sub(ARGV[4], 2, 17) .. sub(latest, 1, 16) .. sub(record, 4, 64)
  end
end
local lock, locks, failures, sends, checks = 0, 0, '', '', ''
if number then
  local _
  lock, locks, _, failures, sends, checks = unpack_('>I6Bc16Hc0Hc0Hc0', number)
  if lock > now then return pack_('>BI6', 3, lock - now) end
end
if pause > 0 then
  local wait = pause_left(KEYS[2], sends, pause, now)
  if wait > 0 then return pack_('>BI6', 14, wait) end
end
local wait, sends = spend(sends, nn, nw, now)
if wait then return pack_('>BI6', 4, wait) end
local before = call('GET', KEYS[3]) or ''
local wait, application = spend(before, an, aw, now)
if wait then return pack_('>BI6', 5, wait) end
local wait, others
if has >= 32 then
  local first = idem and 1 or 0
  wait, others = spend_all(KEYS, 5 + first, ARGV[8 + first + (has % 32 >= 16 and 1 or 0)], now)
  if wait then return pack_('>BI6', 15, wait) end
end
local queued, length, counts, hit, noted = has % 8 < 4, 0, nil, '', nil
if queued then
  if guarded then
    local refuses
    hit, refuses, noted = guard(guarded, places, now)
    if refuses then return '\22' .. hit end
  end
  if capped then
    local reached, left
    reached, left, counts = spend_caps(capped, caps, now)
    if reached then return pack_('>BI6', reached, left) end
  end
  length = call('XLEN', KEYS[4])
  local refused = length >= backlog and 6 or length >= WINDOW and park(KEYS[4], '\0', ARGV[4], now, length, backlog, bound)
  if refused then return pack_('>BI6', refused, 0) end
end

local keep = ARGV[6]
if locks > 0 then keep = max(tonumber(keep), lock + memory - now) end
call('SET', KEYS[2], pack_('>I6Bc16Hc0Hc0Hc0', lock, locks, limits, #failures, failures, #sends, sends, #checks, checks), 'PX', keep)
if an > 100 and sub(before, 1, 6) == sub(application, 1, 6) then
  -- The bucket is the same, and so is the key's end.
  call('SETRANGE', KEYS[3], '0', application)
else
  call('SET', KEYS[3], application, 'PX', ARGV[7])
end
if counts then keep_caps(capped, counts) end
if noted then keep_guard(noted) end
if others then write_all(others) end
if older > 0 then
  call('SETRANGE', older_key, '1', '\3')
  call('XADD', queued and sub(KEYS[4], 1, -5) .. 'events' or KEYS[4], '*', 'e', '\14' .. record)
end
if pause > 0 then note_message(KEYS[2], nn, now) end
local times = pack_('>I6I6', now, now + ttl)
call('SET', KEYS[1], ARGV[2] .. times .. ARGV[3], 'PX', ARGV[5])
if queued then
  if length < WINDOW then call('XADD', KEYS[4], '*', 'j', ARGV[4]) end
else
  local event = ARGV[4] .. sub(ARGV[2], 4) .. times .. sub(ARGV[3], 1, 42) .. '{"delivery":1,"reason":"line_takes_no_messages"}'
  call('XADD', KEYS[4], '*', 'e', event)
end
if idem then call('SET', idem, ARGV[8] .. times, 'PX', '86400000') end
if has % 4 >= 2 then call('SET', KEYS[#KEYS], ARGV[#ARGV], 'PX', ARGV[5]) end
if has % 16 >= 8 then
  local pointers = has % 4 >= 2 and 1 or 0
  local timer = ARGV[#ARGV - pointers]
  call('ZADD', KEYS[#KEYS - pointers], now + unpack_('>I6', timer), sub(timer, 7))
end
return '\0' .. times .. hit
