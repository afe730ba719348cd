-- Drop what has expired of one tag's inboxes, at most so many messages and remembered ids.
-- Answers: number of messages dropped, 1 if there is more to drop now.
-- KEYS: fence, ids, expiry. ARGV: token, now, at most, beginning of the names of the tag's streams
local ids, expiry, prefix = KEYS[2], KEYS[3], ARGV[4]
local expired = redis.call('ZRANGEBYSCORE', expiry, '-inf', '(' .. ARGV[2], 'LIMIT', 0, ARGV[3])
local streams, dropped = {}, 0
for _, field in ipairs(expired) do
    local record = redis.call('HGET', ids, field)
    redis.call('HDEL', ids, field)
    redis.call('ZREM', expiry, field)
    if record and record ~= '' then
        local size, rest = string.match(field, '^(%d+):(.*)$')
        local stream, id = prefix .. string.sub(rest, 1, tonumber(size)), string.sub(rest, tonumber(size) + 1)
        local entry, origin = string.match(record, '^(%S+) %d (.*)$')
        redis.call('XDEL', stream, entry)
        redis.call('HDEL', stream .. ':attempts', id)
        redis.call('SREM', stream .. ':late', id)
        if origin ~= '' and redis.call('HINCRBY', stream .. ':origins', origin, -1) <= 0 then
            redis.call('HDEL', stream .. ':origins', origin)
        end
        streams[stream] = true
        dropped = dropped + 1
    end
end
for stream in pairs(streams) do
    if redis.call('XLEN', stream) == 0 then
        redis.call('DEL', stream)
    end
end
return {dropped, #expired == tonumber(ARGV[3]) and 1 or 0}
