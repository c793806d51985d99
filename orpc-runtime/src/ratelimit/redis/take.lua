-- Takes one token from a bucket, by the clock of the server. The value is the time at which the bucket is full again,
-- in microseconds; a bucket that is full has no key.
--
-- KEYS: the bucket. ARGV: microseconds in which one token comes; the number of tokens of a full bucket.
-- Returns: 1 if there was a token; the number of tokens that remain; microseconds until the next one comes.
local interval = tonumber(ARGV[1])
local whole = interval * tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function keep(full_at)
  redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
end

local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
if full_at > now + whole then
  -- The clock was set back, or the limit is a lower one now: the bucket is empty, and no emptier.
  full_at = now + whole
  keep(full_at)
end
local wait = full_at + interval - now - whole
if wait > 0 then
  return {0, 0, wait}
end
full_at = full_at + interval
keep(full_at)
local missing = full_at - now
local remaining = math.floor((whole - missing) / interval)
return {1, remaining, missing - whole + (remaining + 1) * interval}
