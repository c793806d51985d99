-- Revokes a client, and announces that by the command `announce`.
--
-- KEYS: 1 ends of revocations (hash), 2 state (hash), 3 clients in the order of their revocations (sorted set),
-- 4 clients by the ends (sorted set)
-- ARGV: 2 client, 3 time in ms, 4 a name of a new state, 5 maximum bytes, 6 bytes of a client beside its text,
-- 7 name for announcements
-- Returns 'done' or 'full'.

local place, last = ARGV[2], now + tonumber(ARGV[3])

local known = redis.call('HGET', KEYS[1], place)
if known and tonumber(known) >= last then return 'done' end

local freed = 0
local old = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', '(' .. text(now), 'LIMIT', 0, 64)
for _, name in ipairs(old) do
  if name ~= place then
    redis.call('HDEL', KEYS[1], name)
    redis.call('ZREM', KEYS[3], name)
    redis.call('ZREM', KEYS[4], name)
    freed = freed + #name + tonumber(ARGV[6])
  end
end
local bytes = tonumber(redis.call('HGET', KEYS[2], 'b') or 0) - freed
if not known then
  bytes = bytes + #place + tonumber(ARGV[6])
  if bytes > tonumber(ARGV[5]) then
    if freed > 0 then redis.call('HINCRBY', KEYS[2], 'b', -freed) end
    return 'full'
  end
end

redis.call('HSETNX', KEYS[2], 'e', ARGV[4])
redis.call('HSET', KEYS[2], 'b', text(bytes))
local number = redis.call('HINCRBY', KEYS[2], 'n', 1)
redis.call('HSET', KEYS[1], place, text(last))
redis.call('ZADD', KEYS[3], number, place)
redis.call('ZADD', KEYS[4], text(last), place)
for i = 1, 4 do keep(KEYS[i], last) end
redis.call(announce, ARGV[7], '')
return 'done'
