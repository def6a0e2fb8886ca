-- Spends a guess before it is answered. Returns 0 unknown, 1 right, -n wrong with n guesses spent, -1000 exhausted.
-- KEYS pin, tries
-- ARGV digest of the guess, life ms, attempts
local kept = redis.call('GET', KEYS[1])
if not kept then return 0 end
local spent = redis.call('INCR', KEYS[2])
if spent == 1 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
if spent > tonumber(ARGV[3]) then return -1000 end
if kept == ARGV[1] then
  redis.call('DEL', KEYS[1], KEYS[2])
  return 1
end
return -spent
