-- tell: what one worker knows of a tenant's connections. What silent workers told is forgotten with it.
-- KEYS the tenant's health
-- ARGV numbers, worker, what it tells
local given, keep = unpack_('>I6I6', ARGV[1])
local now = clock(given)
local all = call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local told = all[at + 1]
  if #told < 6 or unpack_('>I6', told) + keep < now then call('HDEL', KEYS[1], all[at]) end
end
call('HSET', KEYS[1], ARGV[2], pack_('>I6', now) .. ARGV[3])
call('PEXPIRE', KEYS[1], string.format('%d', keep))
return 1
