-- forget_silent: take consumers off a stream's group that were not heard of for long and hold nothing.
-- KEYS stream; ARGV group, silence in milliseconds
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
-- There is no such group yet.
if consumers.err then return 0 end
local forgotten = 0
for _, fields in ipairs(consumers) do
  local of = {}
  for i = 1, #fields, 2 do of[fields[i]] = fields[i + 1] end
  if of.pending == 0 and of.idle >= tonumber(ARGV[2]) then
    call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], of.name)
    forgotten = forgotten + 1
  end
end
return forgotten
