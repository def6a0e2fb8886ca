-- settle: the worker's results for a batch of jobs of one partition. Only the first of two workers that took the same
-- job over settles it; the other's result changes nothing.
-- KEYS jobs, events, due, dead
-- ARGV numbers, group, then per job: entry id, event or '', due time in ms or '', job bytes, dead-letter reason or ''
local given, dead_bound = unpack_('>I6I4', ARGV[1])
local now = clock(given)
local settled = 0
for at = 3, #ARGV, 5 do
  local id, event, due, job, reason = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  if redis.call('XACK', KEYS[1], ARGV[2], id) == 1 then
    redis.call('XDEL', KEYS[1], id)
    if #event > 0 then
      -- The event happens by this clock, whatever the worker's says.
      redis.call('XADD', KEYS[2], '*', 'e', string.sub(event, 1, 2) .. pack_('>I6', now) .. string.sub(event, 9))
    end
    if #due > 0 then redis.call('ZADD', KEYS[3], now + tonumber(due), job) end
    if #reason > 0 then redis.call('XADD', KEYS[4], 'MAXLEN', '~', dead_bound, '*', 'j', job, 'r', reason) end
    settled = settled + 1
  end
end
return settled
