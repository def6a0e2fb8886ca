-- fall_back: take the next step of a PIN's fallback plan, once: queue its message, or pass it over and say why.
-- Same expiry, same attempts, and the limits count it like a resend.
-- KEYS pin, number, application window, jobs, events, due[, idempotency]
-- ARGV numbers, job without generation and delivery, reason to pass the step over or '', facts of the event that says so, idempotency body
-- and, with bit 16 of the last number, as the last key and argument the window of the recipient's push messages and its limit;
-- behind them, with bit 128, the caps.
local given, nn, nw, an, aw, limits, keep, backlog, memory, channel, generation, deliveries, taken, wait, has =
  unpack_('>I6I4I6I4I6c16I6I4I6BBBBI6B', ARGV[1])
-- 1: an idempotency key; 2: another step follows; 4: and has a timer of its own; 8: somebody waits for the answer.
local capped, caps = take(has >= 128, KEYS, ARGV)
local pushed, rate = take(has % 128 >= 16, KEYS, ARGV)
has = has % 16
local idem = has % 2 == 1 and KEYS[7]
if idem then
  local first = call('GET', idem)
  if first then return {first == ARGV[5] and 1 or 2, 0} end
end
local record = call('GET', KEYS[1])
if not record then return {7, 0} end
local version, status, flags, _, used, attempts, g, d = byte(record, 1, 8)
if version ~= 1 then return {9, 0} end
local now = clock(given)
local over = status > 0 and status or now >= unpack_('>I6', record, 17) and 4
if over then return {8, over} end
if g ~= generation or d ~= deliveries or (flags - flags % 32) / 32 ~= taken then return {10, 0} end

local refused, left, reason, pushes, push_life = nil, 0, ARGV[3], nil, nil
local lock, locks, failures, sends, checks, latest, application, counts = 0, 0, '', '', '', '', nil, nil
if #reason == 0 then
  local number = call('GET', KEYS[2])
  if number then
    local _
    lock, locks, _, failures, sends, checks, latest = unpack_(NUMBER, number)
  end
  if lock > now then
    refused, left, reason = 3, lock - now, 'number_locked'
  else
    left, sends = spend(sends, nn, nw, now)
    if left then
      refused, reason = 4, 'number_limit'
    elseif pushed then
      local most, length = unpack_('>I4I6', rate)
      left, pushes = spend(call('GET', pushed) or '', most, length, now)
      push_life = length
      if left then refused, reason = 23, 'push_limit' end
    end
    if not refused then
      left, application = spend(call('GET', KEYS[3]) or '', an, aw, now)
      if left then refused, reason = 5, 'application_limit' end
      if not left and capped then
        refused, left, counts = spend_caps(capped, caps, now)
        if refused then reason = refused == 20 and 'daily_cap' or 'monthly_cap' end
      end
    end
  end
  if refused and has >= 8 then return {refused, left} end
end

local ids, step = sub(ARGV[2], 2, 33), char(taken + 1)
flags = flags % 32 + 32 * (taken + 1)
if #reason > 0 then
  call('SETRANGE', KEYS[1], '2', char(flags))
  call('XADD', KEYS[5], '*', 'e', '\5' .. ids .. sub(record, 4, 64) .. detail(6, reason) .. ARGV[4])
  -- A step that has no message failed; what a limit refused may pass when the next one has waited.
  if has % 4 >= 2 then
    call('ZADD', KEYS[6], now + (refused and wait or 0), '\3' .. ids .. step .. char(max(d, 1)))
  end
  return {11, refused or 0}
end
deliveries = min(d + 1, 255)
-- It comes in its tenant's turn, like a retry.
local job, length = ARGV[2] .. char(g, deliveries), call('XLEN', KEYS[4])
local full = length >= backlog and 6 or length >= WINDOW and park(KEYS[4], '\1', job, now, length, backlog, math.huge)
if full then return {full, 0} end
if counts then keep_caps(capped, counts) end
keep = number_life(KEYS[2], keep, lock, locks, memory, latest, now)
call('SET', KEYS[2], number_of(lock, locks, limits, failures, sends, checks, latest), 'PX', keep)
if pushes then call('SET', pushed, pushes, 'PX', push_life) end
call('SET', KEYS[3], application, 'PX', an > 100 and 2 * aw or aw)
call('SETRANGE', KEYS[1], '2', char(flags, channel, used, attempts, g, deliveries))
if length < WINDOW then call('XADD', KEYS[4], '*', 'j', job) end
if has % 8 >= 4 then call('ZADD', KEYS[6], now + wait, '\3' .. ids .. step .. '\0') end
if idem then call('SET', idem, ARGV[5], 'PX', '86400000') end
return {0, deliveries}
