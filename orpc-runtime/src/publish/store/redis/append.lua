-- Appends an event and announces it, by the command `announce`.
--
-- ARGV: 5 envelope, 6 audience or '', 7 maximum events, 8 maximum bytes, 9 name for announcements,
-- 10 idempotency key or '', 11 maximum number of keys
-- Returns its id, the number of the oldest event and 'new'; or the known id, '' and 'known'; or '', '' and 'keys'
-- if there are too many keys.

local envelope, audience, most, room = ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local key = ARGV[10]

if key ~= '' then
  local old = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', '(' .. text(channel.c - age), 'LIMIT', 0, 64)
  if #old > 0 then
    redis.call('ZREM', KEYS[5], unpack(old))
    redis.call('HDEL', KEYS[4], unpack(old))
  end
  local known = redis.call('HGET', KEYS[4], key)
  local time = known and redis.call('ZSCORE', KEYS[5], key)
  if time and tonumber(time) + age >= channel.c then return { known, '', 'known' } end
  if not known and redis.call('HLEN', KEYS[4]) >= tonumber(ARGV[11]) then return { '', '', 'keys' } end
end

local current = history()
if channel.r ~= current then
  channel.e, channel.r = fresh, current
end

local n, bytes = channel.n + 1, #envelope + #audience + 64
if n >= 9007199254740991 then return redis.error_reply('ORPCFULL the channel has used all numbers of events') end
redis.call('XADD', KEYS[1], '0-' .. text(n), 'e', channel.e, 'a', audience, 'd', envelope)
channel.n = n
if string.match(channel.t, '([0-9a-f]+)$') ~= channel.e then
  channel.t = channel.t .. ',' .. text(n) .. ':' .. channel.e
end
local is_part = channel.pn > 0 and channel.pn < math.max(math.floor(most / 16), 1) and
  channel.pb + bytes <= math.floor(room / 16) and channel.c - channel.pf < math.max(math.floor(age / 16), 1)
if not is_part then
  if channel.pn > 0 then
    redis.call('RPUSH', KEYS[3], text(channel.pn) .. ' ' .. text(channel.pb) .. ' ' .. text(channel.pu))
    expire(KEYS[3])
  end
  channel.pn, channel.pb, channel.pf = 0, 0, channel.c
end
channel.pn, channel.pb, channel.pu = channel.pn + 1, channel.pb + bytes, channel.c
channel.b = channel.b + bytes
trim(most, room)
save()

local id = channel.e .. '.' .. text(n)
if key ~= '' then
  redis.call('HSET', KEYS[4], key, id)
  redis.call('ZADD', KEYS[5], text(channel.c), key)
  expire(KEYS[4])
  expire(KEYS[5])
end
keep()
redis.call(announce, ARGV[9], id .. ' ' .. text(channel.f) .. ' ' .. #audience .. ' ' .. audience .. envelope)
return { id, text(channel.f), 'new' }
