-- Answers the admission of a client; binds its id to its token if that is wanted.
--
-- KEYS: 1 ends of revocations (hash), 2 grants by ids (hash), 3 ids by tokens (hash), 4 ends of both (sorted set)
-- ARGV: 2 client, 3 time for which the id is bound in ms, '' if it is not, or 'named' if the token names the id,
-- 4 hash of channel and id, 5 hash of the token, 6 hash of the grant, 7 '1' if the grant replaces another,
-- 8 maximum number of ids and tokens
-- Returns 'admitted', 'revoked', 'taken' or 'full'.

local id, token, grant = ARGV[4], ARGV[5], ARGV[6]

local ends = redis.call('HGET', KEYS[1], ARGV[2])
if ends and tonumber(ends) > now then return 'revoked' end
if ARGV[3] == 'named' then return 'admitted' end

local function value(kind, key, name)
  local last = redis.call('ZSCORE', KEYS[4], kind .. name)
  return last and tonumber(last) >= now and redis.call('HGET', key, name)
end
local bound, owner = value('t', KEYS[3], token), value('i', KEYS[2], id)
if bound and bound ~= id then return 'taken' end
if owner and owner ~= grant and ARGV[7] ~= '1' then return 'taken' end

local old = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', '(' .. text(now), 'LIMIT', 0, 64)
for _, name in ipairs(old) do
  redis.call('HDEL', string.sub(name, 1, 1) == 't' and KEYS[3] or KEYS[2], string.sub(name, 2))
  redis.call('ZREM', KEYS[4], name)
end
local more = (bound and 0 or 1) + (owner and 0 or 1)
if more > 0 and redis.call('ZCARD', KEYS[4]) + more > tonumber(ARGV[8]) then return 'full' end
if ARGV[3] == '' then return 'admitted' end

local last = now + tonumber(ARGV[3])
redis.call('HSET', KEYS[2], id, grant)
redis.call('HSET', KEYS[3], token, id)
redis.call('ZADD', KEYS[4], 'GT', text(last), 'i' .. id, text(last), 't' .. token)
for i = 2, 4 do keep(KEYS[i], last) end
return 'admitted'
