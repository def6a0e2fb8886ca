-- send: write a PIN's record and queue its message, or change nothing.
-- KEYS pin, number, application window, jobs[, idempotency][, latest PIN of the number]
-- ARGV numbers, record up to its times, record after them, job, idempotency body, latest-PIN entry, PIN id
local given, nn, nw, an, aw, vn, vw, ln, lw, ttl, retention, backlog, memory, has =
  unpack_('>I6I4I6I4I6I4I4I4I4I6I6I4I6B', ARGV[1])
local idem = has % 2 == 1 and KEYS[5]
if idem then
  local first = redis.call('GET', idem)
  if first then
    if string.sub(first, 1, 16) ~= ARGV[5] then return {2, 0, 0, ''} end
    local created, expires = unpack_('>I6I6', first, 33)
    return {1, created, expires, string.sub(first, 17, 32)}
  end
end
local now = clock(given)
local lock, locks, _, _, _, _, failures, sends, checks = read_number(KEYS[2])
if lock > now then return {3, lock - now, 0, ''} end
local wait, spent = spend(sends, nn, nw, now)
if wait then return {4, wait, 0, ''} end
local application = redis.call('GET', KEYS[3]) or ''
local wait, application = spend(application, an, aw, now)
if wait then return {5, wait, 0, ''} end
local queued = has % 8 < 4
if queued and redis.call('XLEN', KEYS[4]) >= backlog then return {6, 0, 0, ''} end

local expires = now + ttl
local keep = math.max(nw, ttl + math.max(vw, lw))
if locks > 0 then keep = math.max(keep, lock + memory - now) end
redis.call('SET', KEYS[2], write_number(lock, locks, vn, vw, ln, lw, failures, spent, checks), 'PX', keep)
redis.call('SET', KEYS[3], application, 'PX', an > 100 and 2 * aw or aw)
redis.call('SET', KEYS[1], ARGV[2] .. pack_('>I6I6', now, expires) .. ARGV[3], 'PX', ttl + retention)
if queued then redis.call('XADD', KEYS[4], '*', 'j', ARGV[4]) end
if idem then redis.call('SET', idem, ARGV[5] .. ARGV[7] .. pack_('>I6I6', now, expires), 'PX', 86400000) end
if has % 4 >= 2 then redis.call('SET', KEYS[#KEYS], ARGV[6], 'PX', ttl + retention) end
return {0, now, expires, ''}
