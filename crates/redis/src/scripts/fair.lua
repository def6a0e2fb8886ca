-- Fairness between the tenants of a partition. The stream is short: once it holds a window of messages, further ones are
-- parked, and take their turns from there, one tenant after the other, as the stream empties.
--
-- `parked:<flow>` is a list of messages, each behind the time since when; a tenant's new messages are one flow, its retries
-- another. `turns` is the list of flows that have messages parked, `parked` how many those are in all. While anything is
-- parked the stream holds a window: who takes out, puts in.
local WINDOW, AHEAD = 32, 8

-- Moves parked messages into the stream, so that it holds a window and `ahead` of it is in nobody's hand.
local function feed(jobs, ahead)
  local base = sub(jobs, 1, -5)
  local turns = base .. 'turns'
  local flows = call('LLEN', turns)
  if flows == 0 then return end
  -- What nobody took from a stream without a group is all of it.
  local length, pending = call('XLEN', jobs), redis.pcall('XPENDING', jobs, 'dispatch')
  local want = max(WINDOW - length, ahead - length + (pending.err and 0 or pending[1]))
  local each, moved = max(floor(want / flows), 1), 0
  while moved < want do
    local flow = call('LPOP', turns)
    if not flow then break end
    local list, most = base .. 'parked:' .. flow, min(each, want - moved)
    local taken = call('LPOP', list, most) or {}
    for _, entry in ipairs(taken) do
      call('XADD', jobs, '*', 'p', entry)
    end
    moved = moved + #taken
    if #taken == most and call('EXISTS', list) == 1 then call('RPUSH', turns, flow) end
  end
  if moved > 0 and call('DECRBY', base .. 'parked', moved) <= 0 then call('DEL', base .. 'parked') end
end

-- Parks a message of a flow (0: new ones, 1: retries) for a stream that holds `length`. Gives the reason if it is refused:
-- 6 when the partition's bound is reached, 12 when the tenant's is.
local function park(jobs, flow, job, now, length, backlog, bound)
  local base = sub(jobs, 1, -5)
  flow = flow .. sub(job, 2, 17)
  local list = base .. 'parked:' .. flow
  local waiting = call('RPUSH', list, pack_('>I6', now) .. job)
  if waiting > bound then
    call('RPOP', list)
    return 12
  end
  if call('INCR', base .. 'parked') > backlog - length then
    call('DECR', base .. 'parked')
    call('RPOP', list)
    return 6
  end
  if waiting == 1 then call('RPUSH', base .. 'turns', flow) end
  -- Workers may have taken all there was; those that settle something feed themselves, so a flood need not look each time.
  if waiting < 16 or waiting % 16 == 0 then feed(jobs, AHEAD) end
end

-- How many messages the flows that have a turn have parked.
local function count_parked(jobs)
  local base, sum = sub(jobs, 1, -5), 0
  for _, flow in ipairs(call('LRANGE', base .. 'turns', '0', '-1')) do
    sum = sum + call('LLEN', base .. 'parked:' .. flow)
  end
  return sum, tonumber(call('GET', base .. 'parked') or 0)
end
