-- Returns the extent of a channel, which is begun if it does not exist: the number of the last event, that of the
-- oldest one, the epochs with their first numbers, and the epoch of the next event.

trim(math.huge, math.huge)
if channel.is_changed then save() end
keep()
return { text(channel.n), text(channel.f), channel.t, channel.e }
