-- The time in milliseconds: given by tests, else Redis' own, one clock for all instances.
local function clock(given)
  if given > 0 then return given end
  local time = call('TIME')
  local micros = time[2] + 0
  return time[1] * 1000 + (micros - micros % 1000) / 1000
end
