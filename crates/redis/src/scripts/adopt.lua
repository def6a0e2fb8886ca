-- adopt: give turns to flows that have messages parked and no turn, should `turns` have been lost; a part of all keys at a
-- time. When all were looked at, what is parked is counted again.
-- KEYS jobs; ARGV cursor
local base = sub(KEYS[1], 1, -5)
local found = call('SCAN', ARGV[1], 'MATCH', base .. 'parked:*', 'COUNT', '1000')
for _, list in ipairs(found[2]) do
  local flow = sub(list, #base + 8)
  if not call('LPOS', base .. 'turns', flow) then call('RPUSH', base .. 'turns', flow) end
end
if found[1] == '0' then
  local sum = count_parked(KEYS[1])
  if sum > 0 then call('SET', base .. 'parked', sum) else call('DEL', base .. 'parked') end
  feed(KEYS[1], AHEAD)
end
return found[1]
