-- Fairness between the tenants of a partition. The stream is short: once it holds a window of messages, further ones are
-- parked, and take their turns from there, one of each tenant at a time, as the stream empties.
--
-- `parked` is a sorted set: a message's score is its round, and a tenant's next message has the next round. A newcomer
-- joins the round after the current one. `turns` holds the last round of each flow that has messages parked: a tenant's new
-- messages are one flow, its retries another. It can be lost: rounds begin again then, and nothing waits for ever, because
-- what is parked is in one place only. While anything is parked the stream holds a window: who takes out, puts in.
local WINDOW, AHEAD = 32, 8

-- Moves parked messages into the stream, so that it holds a window and `ahead` of it is in nobody's hand.
local function feed(jobs, ahead)
  local base = string.sub(jobs, 1, -5)
  local parked = base .. 'parked'
  if redis.call('ZCARD', parked) == 0 then return 0 end
  -- What nobody took from a stream without a group is all of it.
  local length, pending = redis.call('XLEN', jobs), redis.pcall('XPENDING', jobs, 'dispatch')
  local held = pending.err and 0 or pending[1]
  local want = math.max(WINDOW - length, ahead - length + held)
  if want <= 0 then return 0 end
  local taken, last = redis.call('ZPOPMIN', parked, want), {}
  for at = 1, #taken, 2 do
    local entry = taken[at]
    redis.call('XADD', jobs, '*', 'j', string.sub(entry, 8), 'a', string.sub(entry, 1, 6))
    last[string.sub(entry, 7, 7) .. string.sub(entry, 9, 24)] = taken[at + 1]
  end
  if #taken < 2 * want then
    redis.call('DEL', base .. 'turns')
  else
    for flow, round in pairs(last) do
      if redis.call('HGET', base .. 'turns', flow) == round then redis.call('HDEL', base .. 'turns', flow) end
    end
  end
  return #taken / 2
end

-- Parks a message of a flow (0: new ones, 1: retries) for a stream that holds `length`. Gives the reason if it is refused:
-- 6 when the partition's bound is reached, 12 when the tenant's is.
local function park(jobs, flow, job, now, length, backlog, bound)
  local base = string.sub(jobs, 1, -5)
  local parked, turns = base .. 'parked', base .. 'turns'
  local waiting = redis.call('ZCARD', parked)
  if length + waiting >= backlog then return 6 end
  if waiting == 0 then redis.call('DEL', turns) end
  local tenant = flow .. string.sub(job, 2, 17)
  local round = redis.call('HINCRBY', turns, tenant, 1)
  local is_new = round == 1
  if is_new then
    local first = waiting > 0 and redis.call('ZRANGE', parked, '0', '0', 'WITHSCORES')[2] or 1
    round = first + 1
    redis.call('HSET', turns, tenant, round)
  elseif round > bound and round - redis.call('ZRANGE', parked, '0', '0', 'WITHSCORES')[2] >= bound then
    redis.call('HINCRBY', turns, tenant, -1)
    return 12
  end
  redis.call('ZADD', parked, round, struct.pack('>I6', now) .. flow .. job)
  -- Workers may have taken all there was; those that settle something feed themselves, so a flood need not look each time.
  if is_new or waiting < 16 or waiting % 16 == 0 then feed(jobs, AHEAD) end
end
