-- resend: queue a PIN's message again. Same expiry, same attempts; with a new digest, a new code.
-- KEYS pin, number, application window, jobs[, idempotency][, latest PIN of the number]
-- ARGV numbers, job without generation and delivery, trace, new digest, new sealed part, idempotency body, latest-PIN entry
local given, nn, nw, an, aw, vn, vw, ln, lw, backlog, memory, channel, expected, has =
  unpack_('>I6I4I6I4I6I4I4I4I4I4I6BBB', ARGV[1])
local idem = has % 2 == 1 and KEYS[5]
if idem then
  local first = redis.call('GET', idem)
  if first then return {first == ARGV[6] and 1 or 2, 0, 0} end
end
local record = redis.call('GET', KEYS[1])
if not record then return {7, 0, 0} end
local version, status, flags, _, used, max, generation, deliveries, key, length, alphabet, created, expires, digest, subject, message, sealed =
  unpack_(RECORD, record)
if version ~= 1 then return {9, 0, 0} end
local now = clock(given)
local over = terminal(status, flags, expires, now)
if over then return {8, over, 0} end
if generation ~= expected then return {10, 0, 0} end
local lock, locks, _, _, _, _, failures, sends, checks = read_number(KEYS[2])
if lock > now then return {3, lock - now, 0} end
local wait, spent = spend(sends, nn, nw, now)
if wait then return {4, wait, 0} end
local application = redis.call('GET', KEYS[3]) or ''
local wait, application = spend(application, an, aw, now)
if wait then return {5, wait, 0} end
if redis.call('XLEN', KEYS[4]) >= backlog then return {6, 0, 0} end

if #ARGV[4] > 0 then digest = ARGV[4]; generation = (generation + 1) % 256 end
if #ARGV[5] > 0 then sealed = ARGV[5] end
deliveries = math.min(deliveries + 1, 255)
local tail = string.sub(record, 67 + unpack_('>H', record, 65))
local keep = math.max(nw, expires - now + math.max(vw, lw))
if locks > 0 then keep = math.max(keep, lock + memory - now) end
redis.call('SET', KEYS[2], write_number(lock, locks, vn, vw, ln, lw, failures, spent, checks), 'PX', keep)
redis.call('SET', KEYS[3], application, 'PX', an > 100 and 2 * aw or aw)
redis.call('SET', KEYS[1], pack_(RECORD, version, status, flags, channel, used, max, generation, deliveries, key, length, alphabet,
  created, expires, digest, subject, message, #sealed, sealed) .. tail, 'KEEPTTL')
redis.call('XADD', KEYS[4], '*', 'j', ARGV[2] .. string.char(generation, deliveries) .. ARGV[3])
if idem then redis.call('SET', idem, ARGV[6], 'PX', 86400000) end
if has % 4 >= 2 then redis.call('SET', KEYS[#KEYS], ARGV[7], 'KEEPTTL', 'XX') end
return {0, deliveries, expires}
