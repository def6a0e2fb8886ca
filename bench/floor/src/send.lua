-- Counts a send against two windows, keeps the PIN's digest, queues the job.
-- KEYS number, application, pin, jobs
-- ARGV number limit, number window ms, application limit, application window ms, digest, life ms, sealed job
local number = redis.call('INCR', KEYS[1])
if number == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
if number > tonumber(ARGV[1]) then return -1 end
local application = redis.call('INCR', KEYS[2])
if application == 1 then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
if application > tonumber(ARGV[3]) then return -2 end
redis.call('SET', KEYS[3], ARGV[5], 'PX', ARGV[6])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', '100000', '*', 'd', ARGV[7])
return number
