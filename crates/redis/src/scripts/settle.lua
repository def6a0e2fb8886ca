-- settle: the worker's results for a batch of jobs of one partition. Only the first of two workers that took the same
-- job over settles it; the other's result changes nothing.
-- KEYS jobs, events, due, dead
-- ARGV numbers (clock, bound of the dead letters, how many jobs), group, length of each job's event or 0 (2 bytes each), the
-- events that there are, each behind its length, entry ids; then for jobs that something follows: which one, due time in
-- ms or '', job bytes, dead-letter reason or ''
local given, dead_bound, count = unpack_('>I6I4I4', ARGV[1])
local events, last = ARGV[4], 4 + count
-- Most often all are open: two commands for all of them, and their events as they came.
local settled, closed = count, nil
if call('XACK', KEYS[1], ARGV[2], unpack(ARGV, 5, last)) == count then
  call('XDEL', KEYS[1], unpack(ARGV, 5, last))
else
  -- Entries are acknowledged and deleted in one step: what is still in the stream was not settled by anybody else.
  local happened, at = {}, 1
  settled, closed = 0, {}
  for nth = 1, count do
    local from, length = at, unpack_('>H', ARGV[3], 2 * nth - 1)
    if length > 0 then at = at + 2 + length end
    if call('XDEL', KEYS[1], ARGV[4 + nth]) == 1 then
      settled = settled + 1
      happened[settled] = sub(events, from, at - 1)
    else
      closed[nth] = true
    end
  end
  events = table.concat(happened)
end
for arg = last + 1, #ARGV, 4 do
  local nth, due, job, reason = tonumber(ARGV[arg]), ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3]
  if not (closed and closed[nth]) then
    if #due > 0 and #reason > 0 then
      -- A message that was given up, and the timer that follows.
      local dead = unpack_('>Hc0', job)
      call('ZADD', KEYS[3], clock(given), sub(job, 3 + #dead))
      due, job = '', dead
    end
    if #due > 0 then call('ZADD', KEYS[3], clock(given) + tonumber(due), job) end
    if #reason > 0 then call('XADD', KEYS[4], 'MAXLEN', '~', dead_bound, '*', 'j', job, 'r', reason) end
  end
end
-- What happened goes into one entry: each entry costs more than its bytes.
if #events > 0 then call('XADD', KEYS[2], '*', 'b', events) end
-- Who takes out, puts in: twice as much as ends in the time of a batch keeps every worker busy.
feed(KEYS[1], max(AHEAD, 2 * settled))
return settled
