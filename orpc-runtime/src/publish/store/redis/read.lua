-- Returns events of a channel, as many as fit: number, epoch, audience and envelope of each.
--
-- KEYS: 1 events
-- ARGV: 1 number of the first event, 2 number of the last one, 3 maximum bytes
-- If the first one does not fit: 'large' and its bytes.

local room, bytes, from, found = tonumber(ARGV[3]), 0, '0-' .. ARGV[1], { 'events' }
while true do
  local entries = redis.call('XRANGE', KEYS[1], from, '0-' .. ARGV[2], 'COUNT', 8)
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    bytes = bytes + #fields[4] + #fields[6] + 64
    if bytes > room then
      if #found == 1 then return { 'large', string.format('%.0f', bytes) } end
      return found
    end
    found[#found + 1] = string.match(entry[1], '%-(%d+)$')
    found[#found + 1], found[#found + 2], found[#found + 3] = fields[2], fields[4], fields[6]
    from = '(' .. entry[1]
  end
  if #entries < 8 then return found end
end
