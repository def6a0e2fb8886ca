-- resend: queue a PIN's message again. Same expiry, same attempts; with a new digest, a new code.
-- KEYS pin, number, application window, jobs[, idempotency][, windows of callers' limits…]
-- ARGV numbers, job without generation and delivery, trace, new digest, new sealed part, idempotency body, the entry by which the
-- number leads to the PIN or '', callers' limits[, pause]
-- and, with bit 32 of the last number, as the last key and argument the window of the recipient's push messages and its limit;
-- behind them, with bit 64, the guard's; behind them, with bit 128, the caps.
local given, nn, nw, an, aw, limits, keep, backlog, bound, memory, channel, expected, seen, has =
  unpack_('>I6I4I6I4I6c16I6I4I4I6BBBB', ARGV[1])
local capped, caps = take(has >= 128, KEYS, ARGV)
local guarded, places = take(has % 128 >= 64, KEYS, ARGV)
local pushed, rate = take(has % 64 >= 32, KEYS, ARGV)
has = has % 32
local idem = has % 2 == 1 and KEYS[5]
if idem then
  local first = call('GET', idem)
  if first then return {first == ARGV[6] and 1 or 2, 0, 0, ''} end
end
local record = call('GET', KEYS[1])
if not record then return {7, 0, 0, ''} end
local version, status, flags, _, used, attempts, generation, deliveries = byte(record, 1, 8)
if version ~= 1 then return {9, 0, 0, ''} end
local now, expires = clock(given), unpack_('>I6', record, 17)
local over = status == 1 and flags % 2 == 0 and 1 or status == 2 and 2 or status == 3 and 3 or now >= expires and 4
if over then return {8, over, 0, ''} end
-- A sealed part is made of the one before: another message may have replaced that meanwhile.
if generation ~= expected or #ARGV[5] > 0 and deliveries ~= seen then return {10, 0, 0, ''} end
local lock, locks, failures, sends, checks, latest = 0, 0, '', '', '', ''
local number = call('GET', KEYS[2])
if number then
  local _
  lock, locks, _, failures, sends, checks, latest = unpack_(NUMBER, number)
  if lock > now then return {3, lock - now, 0, ''} end
end
if ARGV[9] then
  local wait = pause_left(KEYS[2], sends, unpack_('>I6', ARGV[9]), now)
  if wait > 0 then return {14, wait, 0, ''} end
end
local wait, sends = spend(sends, nn, nw, now)
if wait then return {4, wait, 0, ''} end
local pushes, push_life
if pushed then
  local most
  most, push_life = unpack_('>I4I6', rate)
  wait, pushes = spend(call('GET', pushed) or '', most, push_life, now)
  if wait then return {23, wait, 0, ''} end
end
local wait, application = spend(call('GET', KEYS[3]) or '', an, aw, now)
if wait then return {5, wait, 0, ''} end
local wait, others = spend_all(KEYS, idem and 6 or 5, ARGV[8], now)
if wait then return {15, wait, 0, ''} end
local counts
local hit, noted = '', nil
if guarded then
  local refuses
  hit, refuses, noted = guard(guarded, places, now)
  if refuses then return {22, 0, 0, hit} end
end
if capped then
  local reached, left
  reached, left, counts = spend_caps(capped, caps, now)
  if reached then return {reached, left, 0, ''} end
end

local digest, sealed = sub(record, 25, 36), ARGV[5]
local after = 67 + unpack_('>H', record, 65)
if #ARGV[4] > 0 then digest, generation = ARGV[4], (generation + 1) % 256 end
if #sealed == 0 then sealed = sub(record, 67, after - 1) end
deliveries = min(deliveries + 1, 255)
local job, length = ARGV[2] .. char(generation, deliveries) .. ARGV[3], call('XLEN', KEYS[4])
local refused = length >= backlog and 6 or length >= WINDOW and park(KEYS[4], '\0', job, now, length, backlog, bound)
if refused then return {refused, 0, 0, ''} end
if counts then keep_caps(capped, counts) end
if noted then keep_guard(noted) end
if ARGV[9] then note_message(KEYS[2], nn, now) end
keep = number_life(KEYS[2], keep, lock, locks, memory, latest, now)
if #ARGV[7] > 0 and find_latest(latest, sub(ARGV[7], 1, 8)) then latest = put_latest(latest, ARGV[7]) end
call('SET', KEYS[2], number_of(lock, locks, limits, failures, sends, checks, latest), 'PX', keep)
call('SET', KEYS[3], application, 'PX', an > 100 and 2 * aw or aw)
if pushes then call('SET', pushed, pushes, 'PX', push_life) end
write_all(others)
call('SET', KEYS[1], char(version, status, flags, channel, used, attempts, generation, deliveries) .. sub(record, 9, 24) .. digest
  .. sub(record, 37, 64) .. pack_('>H', #sealed) .. sealed .. sub(record, after), 'KEEPTTL')
if length < WINDOW then call('XADD', KEYS[4], '*', 'j', job) end
if idem then call('SET', idem, ARGV[6], 'PX', '86400000') end
return {0, deliveries, expires, hit}
