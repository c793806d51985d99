-- The clock of the scripts about clients.
--
-- ARGV: 1 time in ms or '' for that of the server

local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end

local function text(number)
  return string.format('%.0f', number)
end

-- Lets a key last until that time at least.
local function keep(key, ends)
  redis.call('PEXPIREAT', key, text(ends + 1000), 'NX')
  redis.call('PEXPIREAT', key, text(ends + 1000), 'GT')
end
