-- The state of one channel, for both scripts.
--
-- KEYS: 1 events (stream), 2 state (hash), 3 closed parts (list), 4 idempotency keys (hash), 5 their times (sorted set)
-- ARGV: 1 a fresh epoch, 2 the number of the last event that the caller knows, 3 maximum age in ms, 4 time in ms
-- or '' for that of the server
--
-- Numbers are consecutive over all epochs. The events are kept in parts, which are trimmed as a whole; the newest
-- part is in the state. `terms` lists the epochs with the numbers of their first events, from that of the event
-- before the oldest one.

local fresh, age = ARGV[1], tonumber(ARGV[3])

local function text(number)
  return string.format('%.0f', number)
end

-- Names the history of the server, which begins anew when it starts and when a replica takes over: it may have lost
-- the end of the events.
local function history()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

local now
do
  if ARGV[4] == '' then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
  else
    now = tonumber(ARGV[4])
  end
end

-- Returns true if the first events of the epochs have them. After its file was cut off within a script, Redis 7.0 puts
-- what was left of that script before the next one, once it starts again: the event of the next one is refused.
local function has_firsts(terms, floor)
  for first, epoch in string.gmatch(terms, '(%d+):([0-9a-f]+)') do
    if tonumber(first) >= floor then
      local entry = redis.call('XRANGE', KEYS[1], '0-' .. first, '0-' .. first)[1]
      if entry and entry[2][2] ~= epoch then return false end
    end
  end
  return true
end

local channel = {}
do
  local found = redis.call('HMGET', KEYS[2], 'n', 'f', 'e', 'b', 't', 'r', 'c', 'w', 'pn', 'pb', 'pf', 'pu')
  channel.n, channel.f = tonumber(found[1]), tonumber(found[2])
  local count = redis.call('XLEN', KEYS[1])
  if channel.n and count == channel.n - channel.f + 1 and has_firsts(found[5], channel.f) then
    channel.e, channel.b, channel.t, channel.r = found[3], tonumber(found[4]), found[5], found[6]
    channel.pn, channel.pb = tonumber(found[9]), tonumber(found[10])
    channel.pf, channel.pu = tonumber(found[11]), tonumber(found[12])
    -- No time passes if the clock was set back, and no more than expires everything if it was set forward.
    local passed = math.min(math.max(now - tonumber(found[8]), 0), age + age / 16 + 2)
    channel.is_changed = now < tonumber(found[8])
    channel.c = tonumber(found[7]) + passed
  else
    -- The channel is new, or events were deleted, evicted or trimmed by others.
    local last, term = channel.n or tonumber(ARGV[2]), fresh
    if channel.n then
      term = string.match(found[5], '([0-9a-f]+)$')
    end
    if redis.call('EXISTS', KEYS[1]) == 1 then
      local info = redis.call('XINFO', 'STREAM', KEYS[1])
      for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then
          local top = tonumber(string.match(info[i + 1], '%-(%d+)$'))
          if top > last then last, term = top, fresh end
        end
      end
      redis.call('DEL', KEYS[1])
    end
    redis.call('DEL', KEYS[3])
    channel.n, channel.f, channel.e, channel.b, channel.r = last, last + 1, fresh, 0, history()
    channel.t = text(last) .. ':' .. term
    channel.pn, channel.pb, channel.pf, channel.pu = 0, 0, 0, 0
    channel.c = found[7] and tonumber(found[7]) or 0
    channel.is_changed, channel.is_new = true, true
  end
end

-- Returns the events, bytes and last time of the oldest part, or nil.
local function oldest()
  local part = redis.call('LINDEX', KEYS[3], 0)
  if part then
    local events, bytes, last = string.match(part, '^(%d+) (%d+) (%d+)$')
    return tonumber(events), tonumber(bytes), tonumber(last), true
  elseif channel.pn > 0 then
    return channel.pn, channel.pb, channel.pu, false
  end
end

local function drop(events, bytes, is_closed)
  if is_closed then
    redis.call('LPOP', KEYS[3])
  else
    channel.pn, channel.pb = 0, 0
  end
  channel.f, channel.b = channel.f + events, channel.b - bytes
  channel.is_changed, channel.is_trimmed = true, true
end

local function trim(most, room)
  while true do
    local events, bytes, last, is_closed = oldest()
    if not events then break end
    local is_over = is_closed and (channel.n - channel.f + 1 > most or channel.b > room)
    if not is_over and last + age >= channel.c then break end
    drop(events, bytes, is_closed)
  end
  if channel.is_trimmed then
    redis.call('XTRIM', KEYS[1], 'MINID', '0-' .. text(channel.f))
    -- The epochs of trimmed events, but that of the last of them.
    local kept, before = {}, nil
    for first, epoch in string.gmatch(channel.t, '(%d+):([0-9a-f]+)') do
      if tonumber(first) <= channel.f - 1 then
        before = first .. ':' .. epoch
      else
        kept[#kept + 1] = first .. ':' .. epoch
      end
    end
    if before then table.insert(kept, 1, before) end
    channel.t = table.concat(kept, ',')
  end
end

local function save()
  redis.call('HSET', KEYS[2], 'n', text(channel.n), 'f', text(channel.f), 'e', channel.e, 'b', text(channel.b),
    't', channel.t, 'r', channel.r, 'c', text(channel.c), 'w', text(now), 'pn', text(channel.pn),
    'pb', text(channel.pb), 'pf', text(channel.pf), 'pu', text(channel.pu))
end

-- Lets a key last for at least two retentions after the last event or reader of its channel.
local function expire(key)
  redis.call('PEXPIRE', key, text(age * 2.5 + 1000))
end

-- Lets the events of the channel last, which is renewed after half a retention. A key that is made in between has to
-- be let last when it is made.
local function keep()
  if channel.is_new or redis.call('PTTL', KEYS[2]) < age * 2 then
    for i = 1, 3 do expire(KEYS[i]) end
  end
end
