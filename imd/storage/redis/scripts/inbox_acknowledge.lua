-- Take messages off one inbox and remember their ids, no longer than the message would have been kept.
-- KEYS: fence, ids, expiry, stream, attempts, late, origins.
-- ARGV: token, beginning of the inbox's ids, remember until, the same for what its sender cannot repeat, ids
local ids, expiry, stream, attempts, late, origins = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local taken = 0
local tried, some_late = redis.call('EXISTS', attempts) == 1, redis.call('EXISTS', late) == 1
for at = 5, #ARGV do
    local id = ARGV[at]
    local field = ARGV[2] .. id
    local record = redis.call('HGET', ids, field)
    if record and record ~= '' then
        local entry, repeatable, origin = string.match(record, '^(%S+) (%d) (.*)$')
        redis.call('XDEL', stream, entry)
        redis.call('HSET', ids, field, '')
        if tried then
            redis.call('HDEL', attempts, id)
        end
        if some_late then
            redis.call('SREM', late, id)
        end
        if origin ~= '' and redis.call('HINCRBY', origins, origin, -1) <= 0 then
            redis.call('HDEL', origins, origin)
        end
        -- It is in there with the time of its own expiry: whichever comes first.
        redis.call('ZADD', expiry, 'LT', repeatable == '1' and ARGV[3] or ARGV[4], field)
        taken = taken + 1
    end
end
if taken > 0 and redis.call('XLEN', stream) == 0 then
    redis.call('DEL', stream)
end
return taken
