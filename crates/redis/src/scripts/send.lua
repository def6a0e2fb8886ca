-- send: write a PIN's record and queue its message, or change nothing.
-- KEYS pin, number, application window, jobs (or events, for a message that is kept back)[, idempotency][, windows of callers' limits…][, due]
-- ARGV numbers, record up to its times, record after them, job (or event up to the record's part), lives of pin, number and application keys as text
-- [, idempotency body and PIN id][, wishes: join (1) or supersede (2) the latest PIN, and the pause][, callers' limits]
-- [, wait and fallback timer][, the entry by which the number leads to the PIN]
-- and, with bit 64 of the last number, as the last key and argument the guard's; behind them, with bit 128, the caps.
--
-- What Redis reads as text comes as text, because Lua is slow at writing numbers; and what costs a table or a string too many
-- is one string, because Lua is slow at making them.
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
local lock, locks, failures, sends, checks, latest = 0, 0, '', '', '', ''
if number then
  local _
  lock, locks, _, failures, sends, checks, latest = unpack_(NUMBER, number)
end
local entry = has % 4 >= 2 and ARGV[#ARGV]
local older, older_key, record, pause = 0, nil, nil, 0
if has % 32 >= 16 then
  older, pause = unpack_('>BI6', ARGV[idem and 9 or 8])
  local at = older > 0 and find_latest(latest, sub(entry, 1, 8))
  -- Keys of PINs differ in the 22 characters at their end.
  older_key = at and sub(KEYS[1], 1, -23) .. sub(latest, at + 36, at + 57)
  record = older_key and call('GET', older_key)
  if not record or byte(record) ~= 1 or byte(record, 2) ~= 0 or now >= unpack_('>I6', record, 17) then
    older = 0
  else
    local id = sub(latest, at + 8, at + 23)
    if older == 1 then return '\13' .. id .. sub(record, 11, 22) end
    record = sub(ARGV[4], 2, 17) .. id .. sub(record, 4, 64)
  end
end
if lock > now then return pack_('>BI6', 3, lock - now) end
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
if locks > 0 or #latest > 0 then keep = number_life(KEYS[2], tonumber(keep), lock, locks, memory, latest, now) end
if entry then latest = put_latest(latest, entry) end
call('SET', KEYS[2], number_of(lock, locks, limits, failures, sends, checks, latest), 'PX', keep)
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
  local event = ARGV[4] .. sub(ARGV[2], 4) .. times .. sub(ARGV[3], 1, 42) .. detail(1, '\1') .. detail(6, 'line_takes_no_messages')
  call('XADD', KEYS[4], '*', 'e', event)
end
if idem then call('SET', idem, ARGV[8] .. times, 'PX', '86400000') end
if has % 16 >= 8 then
  local timer = ARGV[#ARGV - (entry and 1 or 0)]
  call('ZADD', KEYS[#KEYS], now + unpack_('>I6', timer), sub(timer, 7))
end
return '\0' .. times .. hit
