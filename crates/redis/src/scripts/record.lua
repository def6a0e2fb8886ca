-- A PIN's record, as in redis/src/record.rs.
local RECORD = '>BBBBBBBBHBBI6I6c12c12c16Hc0'
local WAITING, VERIFIED, EXHAUSTED, CANCELED = 0, 1, 2, 3

-- Why the PIN takes no more guesses: 1 verified, 2 exhausted, 3 cancelled, 4 expired; nil when it does.
local function terminal(status, flags, expires, now)
  if status == VERIFIED and flags % 2 == 0 then return 1 end
  if status == EXHAUSTED then return 2 end
  if status == CANCELED then return 3 end
  if now >= expires then return 4 end
end
