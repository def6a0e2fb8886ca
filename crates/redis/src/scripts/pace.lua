-- pace: whether one more may go now, at most one per interval and a few at once. Who may not is told a time of his own, so
-- that a crowd comes back one by one.
-- KEYS the pace
-- ARGV numbers
-- The key holds when the next one is due and until when others were told to wait, in microseconds.
local given, interval, burst = unpack_('>I6I6I6', ARGV[1])
local now
if given > 0 then now = given * 1000 else
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end
local due, booked = now, now
local pace = call('GET', KEYS[1])
if pace then
  due, booked = unpack_('>I7I7', pace)
  if due < now then due = now end
  if booked < now then booked = now end
end
local wait = 0
if due - now <= burst then
  due = due + interval
else
  if booked < due - burst then booked = due - burst end
  -- Nobody is sent further away than a minute: he looks again then.
  if booked - now > 60000000 then booked = due - burst end
  wait = booked - now
  booked = booked + interval
end
local last = booked > due and booked or due
call('SET', KEYS[1], pack_('>I7I7', due, booked), 'PX', string.format('%d', math.ceil((last - now) / 1000) + 1))
return math.ceil(wait / 1000)
