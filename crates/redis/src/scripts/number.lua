-- The latest PINs of a number, one for each purpose, newest first: purpose (8), id (16), digest (12) and id as it stands in the
-- key's name (22). They stand at the end of the number's key, which every script reads anyway.
local LATEST, MOST_LATEST = 58, 16

-- Where the PIN for a purpose stands; nil when there is none.
local function find_latest(all, purpose)
  for at = 1, #all, LATEST do
    if sub(all, at, at + 7) == purpose then return at end
  end
end

-- Puts an entry in front, in the place of the one before for its purpose. Of too many purposes the oldest is forgotten.
local function put_latest(all, entry)
  local at = find_latest(all, sub(entry, 1, 8))
  if at then all = sub(all, 1, at - 1) .. sub(all, at + LATEST) end
  return entry .. sub(all, 1, (MOST_LATEST - 1) * LATEST)
end

-- A number's key: end of its lock, how many locks there were, the limits its checks follow, then three windows and the latest
-- PINs, each with its length.
local NUMBER = '>I6Bc16Hc0Hc0Hc0Hc0'
-- The same for who follows the limits: checks and their window, failures and theirs.
local NUMBER_AND_LIMITS = '>I6BI4I4I4I4Hc0Hc0Hc0Hc0'

local function number_of(lock, locks, limits, failures, sends, checks, latest)
  return pack_(NUMBER, lock, locks, limits, #failures, failures, #sends, sends, #checks, checks, #latest, latest)
end

-- How long the key must live, given how long its windows and locks must: what leads to PINs goes no sooner than it would.
local function number_life(key, keep, lock, locks, memory, latest, now)
  if locks > 0 then keep = max(keep, lock + memory - now) end
  return #latest > 0 and max(keep, call('PTTL', key)) or keep
end
