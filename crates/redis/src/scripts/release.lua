-- release: move due retries back into the queue, each in its tenant's turn; and feed the stream, should nobody have.
-- KEYS due, jobs; ARGV numbers (clock, most to move). Gives how many were moved, and whether parked ones have no turn.
local given, most = unpack_('>I6I4', ARGV[1])
local now = clock(given)
local due = call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', '0', most)
for _, job in ipairs(due) do
  call('ZREM', KEYS[1], job)
  local length = call('XLEN', KEYS[2])
  if length < WINDOW then call('XADD', KEYS[2], '*', 'j', job)
  else park(KEYS[2], '\1', job, now, length, math.huge, math.huge) end
end
feed(KEYS[2], AHEAD)
local sum, count = count_parked(KEYS[2])
if sum > count then call('SET', sub(KEYS[2], 1, -5) .. 'parked', sum) end
return {#due, sum < count and 1 or 0}
