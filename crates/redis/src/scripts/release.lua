-- release: move due retries back into the queue.
-- KEYS due, jobs; ARGV numbers (clock, most to move)
local given, most = unpack_('>I6I4', ARGV[1])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', clock(given), 'LIMIT', '0', most)
for _, job in ipairs(due) do
  redis.call('ZREM', KEYS[1], job)
  redis.call('XADD', KEYS[2], '*', 'j', job)
end
return #due
