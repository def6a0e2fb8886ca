-- settle: the worker's results for a batch of jobs of one partition. Only the first of two workers that took the same
-- job over settles it; the other's result changes nothing.
-- KEYS jobs, events, due, dead
-- ARGV numbers, group, then per job: entry id, event or '', due time in ms or '', job bytes, dead-letter reason or ''
local given, dead_bound = unpack_('>I6I4', ARGV[1])
local settled, happened = 0, {}
for arg = 3, #ARGV, 5 do
  local id, event, due, job, reason = ARGV[arg], ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3], ARGV[arg + 4]
  if redis.call('XACK', KEYS[1], ARGV[2], id) == 1 then
    redis.call('XDEL', KEYS[1], id)
    if #event > 0 then happened[#happened + 1] = event end
    if #due > 0 and #reason > 0 then
      -- A message that was given up, and the timer that follows.
      local dead = unpack_('>Hc0', job)
      redis.call('ZADD', KEYS[3], clock(given), sub(job, 3 + #dead))
      due, job = '', dead
    end
    if #due > 0 then redis.call('ZADD', KEYS[3], clock(given) + tonumber(due), job) end
    if #reason > 0 then redis.call('XADD', KEYS[4], 'MAXLEN', '~', dead_bound, '*', 'j', job, 'r', reason) end
    settled = settled + 1
  end
end
-- What happened goes into one entry: each entry costs more than its bytes.
if #happened == 1 then
  redis.call('XADD', KEYS[2], '*', 'e', happened[1])
elseif #happened > 1 then
  for at, event in ipairs(happened) do happened[at] = pack_('>H', #event) .. event end
  redis.call('XADD', KEYS[2], '*', 'b', table.concat(happened))
end
-- Who takes out, puts in: twice as much as ends in the time of a batch keeps every worker busy.
feed(KEYS[1], math.max(AHEAD, 2 * settled))
return settled
