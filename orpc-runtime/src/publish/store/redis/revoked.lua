-- Returns the name of the state, '1' if it is another one than that of the caller, and clients that were revoked
-- behind a number: text, number and time that is left in ms of each.
--
-- KEYS: 1 ends of revocations (hash), 2 state (hash), 3 clients in the order of their revocations (sorted set)
-- ARGV: 2 name of the state that the caller knows, 3 number, 4 maximum number of clients

local state = redis.call('HMGET', KEYS[2], 'e', 'n')
local name, number = state[1] or '', tonumber(state[2] or 0)
local is_other = name ~= ARGV[2] or number < tonumber(ARGV[3])
local found = { name, is_other and '1' or '0' }
local behind = is_other and '0' or ARGV[3]
local clients = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. behind, '+inf', 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[4]))
for i = 1, #clients, 2 do
  local last = tonumber(redis.call('HGET', KEYS[1], clients[i]) or 0)
  found[#found + 1], found[#found + 2] = clients[i], clients[i + 1]
  found[#found + 1] = text(math.max(last - now, 0))
end
return found
